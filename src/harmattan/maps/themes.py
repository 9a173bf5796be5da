"""What each kind of map shows, in which colours, and what it calls itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from harmattan import layers, words
from harmattan.maps.scales import CHANGE, RISK, WIDTH, Scale
from harmattan.months import target
from harmattan.result import Result


@dataclass(frozen=True)
class Theme:
    """What one kind of map shows.

    Attributes
    ----------
    column
        Column of `harmattan.layers.layer` that is coloured.
    scale
        Its colour classes.
    title, key
        Make the title and the legend's heading of the name of one ("attack") and of the measure ("attacks").
    hatched
        Marks rows of the layer that are hatched; None where nothing is.
    hatch_key
        What hatching means, for the legend.
    named
        Orders the regions by how much they deserve their name on the map.
    label
        Makes the figure that follows a name.
    """

    column: str
    scale: Scale
    title: Callable[[str, str], str]
    key: Callable[[str, str], str]
    hatched: Callable[[pd.DataFrame], pd.Series] | None
    hatch_key: str
    named: Callable[[pd.DataFrame], pd.Series]
    label: Callable[[float], str]


def _doubtful_change(layer: pd.DataFrame) -> pd.Series:
    return layer["within_noise"] & (layer["change"].abs() >= words.SMALLEST_SHIFT)


THEMES = {
    "risk": Theme(
        "p1",
        RISK,
        lambda one, _: f"How likely is at least one {one}?",
        lambda one, _: f"Probability of at least one {one}",
        lambda layer: layer["unsure"],
        "could go either way: between 1 in 3 and 2 in 3",
        lambda layer: layer["p1"],
        words.brief_percent,
    ),
    "uncertainty": Theme(
        "width",
        WIDTH,
        lambda _, measure: f"How sure is the number of {measure}?",
        lambda _, measure: f"Width of the 90 % interval, number of {measure} (95 % quantile less 5 % quantile)",
        None,
        "",
        lambda layer: layer["width"],
        lambda width: f"{width:.0f}",
    ),
    "change": Theme(
        "change",
        CHANGE,
        lambda one, _: f"What changed in a month: probability of at least one {one}",
        lambda one, _: f"Change in the probability of at least one {one}, percentage points",
        _doubtful_change,
        "5 points or more, yet within two standard errors of the simulation",
        lambda layer: layer["change"].abs().where(layer["change"].abs() >= words.SMALLEST_SHIFT),
        lambda change: f"{change * 100:+.0f}".replace("-", "−"),
    ),
}


def title(result: Result, theme: Theme, horizons: Sequence[int]) -> str:
    """Return the title of a map: its question and its window."""
    one, measure = words.singular(result.forecast.measure), result.forecast.measure
    asked, months = (
        theme.title(one, measure),
        words.span([target(result.forecast.origin, h) for h in horizons]),
    )
    return f"{asked} {months}" if asked.endswith("?") else f"{asked}, {months}"


def subtitle(result: Result) -> str:
    """Return the line under a title: what is forecast, from which data, by which model."""
    until = words.month_name(layers.data_to(result))
    return f"{result.caption.title}. Forecast from data to {until}, model: {result.champion}."


def heading(result: Result, theme: Theme, horizons: Sequence[int]) -> str:
    """Return the heading of a legend: quantity, unit and window."""
    one, measure = words.singular(result.forecast.measure), result.forecast.measure
    return f"{theme.key(one, measure)}, {words.span([target(result.forecast.origin, h) for h in horizons])}"

"""One picture of a result: the risk map, past and expected numbers, and the skill over a baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harmattan import layers, maps
from harmattan.maps import themes
from harmattan.maps.sheet import FAINT, INK, new_sheet, place_axes, put_text, write_png
from harmattan.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (1400, 900)
EDGE = maps.EDGE
MAP_WIDTH = 820
PAST = "#4d4d4d"
FAN = "#b35806"
SETS = {"all": ("all regions", "#3b528b"), "onset": ("quiet for a year", "#d98b19")}


def draw(result: Result) -> Figure:
    """Draw the overview.

    Parameters
    ----------
    result
        What the experiment found.

    Returns
    -------
    matplotlib.figure.Figure
        1400 x 900 pixels at 100 dpi: the risk map of the longest default window, the recorded totals of three
        years with the fan of the total's forecast, and the champion's skill by horizon with the number of
        scored forecasts.
    """
    forecast = result.forecast
    ahead = list(layers.windows(forecast.horizons).values())[-1]
    layer, theme = layers.layer(result, ahead), themes.THEMES["risk"]
    figure = new_sheet(*SIZE, dpi=100)
    name, below = themes.title(result, theme, ahead), themes.subtitle(result)
    top = maps.banner(figure, name, below, sizes=(17, 10.5)) + 12
    bottom = top + maps.room(top, maps.caption(figure, result, size=8.5) - 16)
    box = place_axes(figure, left=EDGE, top=top, width=MAP_WIDTH, height=bottom - top)
    outside = maps.regions_on(box, result, layer, theme, shape=MAP_WIDTH / (bottom - top), size=8.0)
    said = themes.heading(result, theme, ahead)
    _beside(figure, result, layer, said, top=top, bottom=bottom, outside=outside)
    return figure


def write(result: Result, path: Path) -> Path:
    """Draw the overview into a PNG file and return its path."""
    return write_png(draw(result), path)


def _beside(
    figure: Figure,
    result: Result,
    layer: pd.DataFrame,
    heading: str,
    *,
    top: float,
    bottom: float,
    outside: bool,
) -> None:
    left, width = 2 * EDGE + MAP_WIDTH, SIZE[0] - 3 * EDGE - MAP_WIDTH
    maps.key(
        figure,
        layer,
        themes.THEMES["risk"],
        heading,
        left=left,
        top=top,
        outside=outside,
        width=width,
        size=9.5,
    )
    free, gap, foot = top + 262, 22.0, 46.0
    height = (bottom - free - gap - 2 * foot) / 2
    for place, chart in enumerate((history, skill)):
        above = free + place * (height + gap + foot)
        title = chart_title(result, chart)
        used = put_text(figure, title, left=left, top=above, width=width, size=9.5, weight="bold") + 6
        axes = place_axes(figure, left=left + 46, top=above + used, width=width - 54, height=height - used)
        chart(axes, result)


def chart_title(result: Result, chart: object) -> str:
    """Return what stands above a chart: quantity, unit and, for skill, against what."""
    measure = result.forecast.measure
    if chart is history:
        what = f"{measure.capitalize()} per month, all regions together"
        return f"{what}: recorded, and forecast with its 50 and 90 % intervals"
    against = layers.rival(result)
    if against is None:
        return "Skill: there is no baseline to compare with"
    return f"Log score of {result.champion} against {against}: above 0 is better"


def history(axes: Axes, result: Result) -> None:
    """Draw recorded totals by month and the fan of the forecast total."""
    past, future = layers.recorded(result), layers.fan(result.forecast)
    axes.plot(pd.PeriodIndex(past.index).to_timestamp(), past.to_numpy(), color=PAST, linewidth=1.4)
    dates = pd.PeriodIndex(future.index).to_timestamp()
    axes.fill_between(dates, future["q05"], future["q95"], color=FAN, alpha=0.2, linewidth=0)
    axes.fill_between(dates, future["q25"], future["q75"], color=FAN, alpha=0.35, linewidth=0)
    axes.plot(dates, future["q50"], color=FAN, linewidth=1.6, marker="o", markersize=2.5)
    by_month(axes)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_ylim(bottom=0)
    plain(axes)


def skill(axes: Axes, result: Result) -> None:
    """Draw the champion's log-score skill by horizon, everywhere and where it was quiet, with n."""
    against = layers.rival(result)
    plain(axes)
    if against is None:
        axes.set_axis_off()
        return
    table = layers.skill(result.scores, result.champion, against)
    horizons = sorted(table["horizon"].unique())
    axes.axhline(0, color=INK, linewidth=0.8)
    counts: dict[int, list[str]] = {h: [str(h)] for h in horizons}
    axes.set_ylim(min(-0.01, 1.1 * table["value"].min()), max(0.01, 1.25 * table["value"].max()))
    for place, (name, (label, colour)) in enumerate(SETS.items()):
        rows = table[table["set"] == name]
        if rows.empty:
            continue
        at = np.array([horizons.index(h) for h in rows["horizon"]]) + (place - 0.5) * 0.38
        axes.bar(at, rows["value"], width=0.36, color=colour, label=label)
        for h, n in zip(rows["horizon"], rows["n"], strict=True):
            counts[h].append(f"{n}")
    axes.set_xticks(range(len(horizons)), ["\n".join(counts[h]) for h in horizons])
    rows_of_ticks = "\n".join(["months", *(f"n {word}" for word in ("all", "quiet")[: len(counts[horizons[0]]) - 1])])
    axes.annotate(
        rows_of_ticks, (0, 0), (-8, -5), xycoords="axes fraction", textcoords="offset points",
        va="top", ha="right", size=8, color=FAINT, linespacing=1.2,
    )  # fmt: skip
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.legend(loc="best", frameon=False, fontsize=8, ncols=2)


def _tick(value: float, _: int) -> str:
    return f"{value * 100:.3g} %".replace("-", "−")


def by_month(axes: Axes) -> None:
    """Write few dates below, years where they change."""
    locator: Any = AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    written: Any = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(written)


def plain(axes: Axes) -> None:
    """Take off what a chart does not need: the frame above and to the right; faint lines across."""
    axes.tick_params(labelsize=8, colors=FAINT, length=3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color="#e2e2e2", linewidth=0.6)
    axes.set_axisbelow(True)

"""Catalogues simulated from the self-exciting point process, from nothing or onward from a fitted history.

The process is a cluster process (Hawkes & Oakes 1974, https://doi.org/10.2307/3212693): background events come by
themselves, uniformly over the outline, and each event has a Poisson number of direct offspring at Gaussian distances
and exponential times, both cut at the reach. Offspring outside the outline are left out, as in the likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from harmattan.models.disc import checked_outline
from harmattan.models.selfexciting_fit import PointFit
from harmattan.models.selfexciting_points import PARAMETERS, Catalogue

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

MOST_EVENTS = 5_000_000


@dataclass(frozen=True, eq=False)
class _Process:
    """Parameters with the window; offspring are born after `opens` and up to `closes`, in days."""

    parameters: Floats
    outline: shapely.Polygon
    reach_days: float
    reach_km: float
    opens: float
    closes: float


def simulate(
    parameters: npt.ArrayLike,
    outline: Floats,
    *,
    days: float,
    rng: np.random.Generator,
    blocks: int = 7,
    reach_days: float = 180.0,
    reach_km: float = 150.0,
) -> Catalogue:
    """Simulate a catalogue that begins with no history.

    Parameters
    ----------
    parameters
        h0, h1, e0, log σ and α, shape (5,), as in `PARAMETERS`.
    outline
        Vertices of the window, km, shape (vertex, 2).
    days
        Length of the window.
    rng
        Source of randomness.
    blocks
        Blocks of equal length, over which the log background grows by h1 each.
    reach_days, reach_km
        Longest time and distance at which an event triggers another.

    Raises
    ------
    ValueError
        If the parameters are not five finite numbers with α above 0, or more than five million events come at once.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [99.0, 0.0], [99.0, 99.0], [0.0, 99.0]])
    >>> made = simulate([-13.0, 0.0, -10.0, 1.6, 0.01], square, days=900.0, rng=np.random.default_rng(1))
    >>> len(made), bool((np.diff(made.day) > 0).all())
    (38, True)
    """
    theta = _checked(parameters)
    polygon = shapely.Polygon(checked_outline(outline))
    process = _Process(theta, polygon, reach_days, reach_km, 0.0, days)
    length = days / blocks
    number = rng.poisson(polygon.area * length * np.exp(theta[0] + theta[1] * np.arange(blocks)))
    day = (np.repeat(np.arange(blocks), number) + 1 - rng.random(int(number.sum()))) * length
    fresh = (np.zeros(len(day), dtype=np.intp), day, _uniform(polygon, len(day), rng))
    _, day, place = _cascade(process, [fresh], rng)
    order = np.argsort(day, kind="stable")
    return Catalogue(day[order], place[order], outline, days)


def simulate_ahead(fit: PointFit, *, days: float, draws: int, rng: np.random.Generator) -> pd.DataFrame:
    """Simulate what follows the catalogue of a fit: its attacks go on triggering, and new background comes.

    The background keeps the rate of the last block.

    Parameters
    ----------
    fit
        Fitted process with its catalogue as history.
    days
        How far ahead.
    draws
        Number of futures.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        One row per event: ``draw`` (from 0; a draw without events has no row), ``day`` counted from the end of the
        catalogue's window, ``x`` and ``y`` in km; sorted by draw and day.

    Raises
    ------
    ValueError
        If `days` or `draws` is not above 0, or more than five million events come at once.
    """
    if not (days > 0 and draws > 0):
        raise ValueError(f"days and draws must be above 0; got {days} and {draws}")
    seen, theta = fit.catalogue, fit.estimates
    polygon = shapely.Polygon(seen.outline)
    process = _Process(theta, polygon, fit.reach_days, fit.reach_km, seen.days, seen.days + days)
    rate = polygon.area * np.exp(theta[0] + theta[1] * (fit.blocks - 1))
    number = rng.poisson(rate * days, draws)
    total = int(number.sum())
    day = seen.days + days * (1 - rng.random(total))
    fresh = (np.repeat(np.arange(draws), number), day, _uniform(polygon, total, rng))
    recent = seen.day > seen.days - fit.reach_days
    past_day, past_place = seen.day[recent], seen.place[recent]
    past = (np.repeat(np.arange(draws), len(past_day)), np.tile(past_day, draws), np.tile(past_place, (draws, 1)))
    draw, day, place = _cascade(process, [fresh, _children(process, past, rng)], rng)
    order = np.lexsort((day, draw))
    columns = {"draw": draw[order], "day": day[order] - seen.days, "x": place[order, 0], "y": place[order, 1]}
    return pd.DataFrame(columns)


_Events = tuple[Places, Floats, Floats]
"""Draw, day and place of events."""


def _checked(parameters: npt.ArrayLike) -> Floats:
    theta = np.asarray(parameters, dtype=np.float64)
    if theta.shape != (len(PARAMETERS),) or not np.isfinite(theta).all() or theta[4] <= 0:
        raise ValueError(
            f"parameters must be five finite numbers, {', '.join(PARAMETERS)}, alpha above 0; got {theta.tolist()}"
        )
    return theta


def _cascade(process: _Process, first: list[_Events], rng: np.random.Generator) -> _Events:
    """All generations that descend from the first, and the first itself."""
    generations = list(first)
    alive = _joined(first)
    while len(alive[0]):
        alive = _children(process, alive, rng)
        generations.append(alive)
    return _joined(generations)


def _children(process: _Process, parents: _Events, rng: np.random.Generator) -> _Events:
    """Direct offspring within the outline, born after the process opens and before it closes."""
    _, _, e0, log_sigma, alpha = process.parameters
    variance = np.exp(2 * log_sigma)
    within_days = -np.expm1(-alpha * process.reach_days)
    within_km = -np.expm1(-(process.reach_km**2) / (2 * variance))
    expected = np.exp(e0) * within_days / alpha * 2 * np.pi * variance * within_km
    times = rng.poisson(min(expected, MOST_EVENTS), len(parents[0]))
    if times.sum() > MOST_EVENTS:
        raise ValueError(
            f"more than {MOST_EVENTS} events come: where each triggers one or more, lower e0 or log_sigma or raise "
            "alpha; else ask for fewer days or draws"
        )
    draw, day, place = (np.repeat(each, times, axis=0) for each in parents)
    day = day - np.log1p(-rng.random(len(day)) * within_days) / alpha
    timely = (day > process.opens) & (day <= process.closes)
    draw, day, place = draw[timely], day[timely], place[timely]
    distance = np.sqrt(-2 * variance * np.log1p(-rng.random(len(day)) * within_km))
    angle = 2 * np.pi * rng.random(len(day))
    place = place + distance[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    inside = shapely.intersects_xy(process.outline, place[:, 0], place[:, 1])
    return draw[inside], day[inside], place[inside]


def _uniform(polygon: shapely.Polygon, number: int, rng: np.random.Generator) -> Floats:
    """Places uniform over a polygon, shape (number, 2), by rejection from its bounding box."""
    low, high = np.array(polygon.bounds[:2]), np.array(polygon.bounds[2:])
    found = np.zeros((0, 2))
    while len(found) < number:
        tried = low + (high - low) * rng.random((2 * (number - len(found)) + 8, 2))
        found = np.concatenate([found, tried[shapely.intersects_xy(polygon, tried[:, 0], tried[:, 1])]])
    return found[:number]


def _joined(parts: list[_Events]) -> _Events:
    draw, day, place = (np.concatenate(each) for each in zip(*parts, strict=True))
    return draw, day, place

"""Futures of self-exciting counts by region: the branching process run forward from the attacks on record.

The process is a cluster process (Hawkes & Oakes 1974, https://doi.org/10.2307/3212693): background events come by
themselves, every event has a Poisson number of direct offspring, and these have offspring in turn. So the future needs
no stepping through time. The offspring that an attack on record has had already are simulated too and left out, which
leaves those to come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harmattan.forecast import Draws
from harmattan.models.selfexciting_places import PlaceFit
from harmattan.models.selfexciting_regions import RegionFit
from harmattan.models.selfexciting_terms import MOST_OFFSPRING, lag_chances

Places = npt.NDArray[np.intp]
Where = npt.NDArray[Any]
"""Regions, shape (event,), or longitudes and latitudes, shape (event, 2), as the fit knows them."""

EVENTS_AT_ONCE = 2_000_000
"""Draws are made in parts of at most about this many events, to bound memory."""


def futures(fit: RegionFit | PlaceFit, lengths: Places, draws: int, rng: np.random.Generator) -> Draws:
    """Simulate what follows, generation by generation, and count by month.

    Parameters
    ----------
    fit
        From `harmattan.models.selfexciting_regions.fit_regions` or `harmattan.models.selfexciting_places.fit_places`.
    lengths
        Days of each coming month, shape (month,).
    draws
        How many futures.
    rng
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Whole counts, shape (draw, month, region).

    Examples
    --------
    Two background events are expected in 30 days, and nothing triggers:

    >>> none = np.zeros(0, dtype=np.intp)
    >>> calm = RegionFit(np.array([0.1, 0.1, 0.0]), 60.0, 20.0, np.array([2 / 30]), np.ones((1, 1)), none, none)
    >>> futures(calm, np.array([30]), 2000, np.random.default_rng(1)).mean().round(1).item()
    2.0
    """
    horizon = int(lengths.sum())
    expected = (fit.background.sum() * horizon + len(fit.age)) / (1 - MOST_OFFSPRING)
    step = max(1, int(EVENTS_AT_ONCE / (expected + 1)))
    parts = [_some_futures(fit, lengths, min(step, draws - at), rng) for at in range(0, draws, step)]
    return np.concatenate(parts)


@dataclass(frozen=True)
class _Generation:
    """Events that come in the days ahead: draw, region, day from 1 and what the fit knows of the place."""

    draw: Places
    region: Places
    day: Places
    where: Where


def _some_futures(fit: RegionFit | PlaceFit, lengths: Places, draws: int, rng: np.random.Generator) -> Draws:
    regions, horizon = len(fit.background), int(lengths.sum())
    month = np.repeat(np.arange(len(lengths)), lengths)
    counted = np.zeros((draws, len(lengths), regions), dtype=np.int32)
    number = rng.poisson(fit.background * horizon, (draws, regions))
    draw, region = np.repeat(np.indices(number.shape).reshape(2, -1), number.ravel(), axis=1)
    fresh = _Generation(draw, region, rng.integers(1, horizon + 1, len(draw)), fit.begun(region, rng))
    draw, past = np.indices((draws, len(fit.age))).reshape(2, -1)
    waiting = [fresh, _offspring(fit, horizon, draw, 1 - fit.age[past], fit.where[past], rng)]
    while waiting:
        each = waiting.pop()
        if len(each.draw):
            np.add.at(counted, (each.draw, month[each.day - 1], each.region), 1)
            waiting.append(_offspring(fit, horizon, each.draw, each.day, each.where, rng))
    return counted


def _offspring(
    fit: RegionFit | PlaceFit, horizon: int, draw: Places, day: Places, where: Where, rng: np.random.Generator
) -> _Generation:
    """The direct offspring that fall into the regions and the days 1 to `horizon`."""
    times = rng.poisson(fit.weights[-1], len(draw))
    draw, day = np.repeat(draw, times), np.repeat(day, times)
    waiting = np.cumsum(lag_chances(fit.mean_days))[:-1]
    day = day + 1 + np.searchsorted(waiting, rng.random(len(day)))
    soon = (day >= 1) & (day <= horizon)
    draw, day = draw[soon], day[soon]
    target, region = fit.spread(np.repeat(where, times, axis=0)[soon], rng)
    stays = region >= 0
    return _Generation(draw[stays], region[stays], day[stays], target[stays])

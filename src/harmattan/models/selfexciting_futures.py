"""Futures of self-exciting counts by region: the branching process run forward from the attacks on record.

The process is a cluster process (Hawkes & Oakes 1974, https://doi.org/10.2307/3212693): background events come by
themselves, every event has a Poisson number of direct offspring, and these have offspring in turn. So the future needs
no stepping through time. The offspring that an attack on record has had already are simulated too and left out, which
leaves those to come.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harmattan.forecast import Draws
from harmattan.models.selfexciting_regions import MOST_OFFSPRING, RegionFit, lag_chances

Places = npt.NDArray[np.intp]

EVENTS_AT_ONCE = 2_000_000
"""Draws are made in parts of at most about this many events, to bound memory."""


def futures(fit: RegionFit, lengths: Places, draws: int, rng: np.random.Generator) -> Draws:
    """Simulate what follows, generation by generation, and count by month.

    Parameters
    ----------
    fit
        From `fit_regions`.
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


def _some_futures(fit: RegionFit, lengths: Places, draws: int, rng: np.random.Generator) -> Draws:
    regions, horizon = len(fit.background), int(lengths.sum())
    number = rng.poisson(fit.background * horizon, (draws, regions))
    draw, region = np.repeat(np.indices(number.shape).reshape(2, -1), number.ravel(), axis=1)
    fresh = (draw, region, rng.integers(1, horizon + 1, len(draw)))
    past = np.indices((draws, len(fit.age))).reshape(2, -1)
    born = _offspring(fit, horizon, (past[0], fit.region[past[1]], 1 - fit.age[past[1]]), rng)
    draw, region, day = (np.concatenate(each) for each in zip(fresh, born, strict=True))
    month = np.repeat(np.arange(len(lengths)), lengths)
    counted = np.zeros((draws, len(lengths), regions), dtype=np.int32)
    while len(draw):
        np.add.at(counted, (draw, month[day - 1], region), 1)
        draw, region, day = _offspring(fit, horizon, (draw, region, day), rng)
    return counted


def _offspring(
    fit: RegionFit, horizon: int, parents: tuple[Places, Places, Places], rng: np.random.Generator
) -> tuple[Places, Places, Places]:
    """Draw, region and day of the direct offspring that fall into the regions and the days 1 to `horizon`."""
    times = rng.poisson(fit.weights[2], len(parents[0]))
    draw, source, day = (np.repeat(each, times) for each in parents)
    waiting = np.cumsum(lag_chances(fit.mean_days))[:-1]
    day = day + 1 + np.searchsorted(waiting, rng.random(len(day)))
    soon = (day >= 1) & (day <= horizon)
    draw, source, day = draw[soon], source[soon], day[soon]
    regions = len(fit.background)
    steps = np.minimum(np.cumsum(fit.chance, axis=1), 1.0) + np.arange(regions)[:, None]
    target = np.searchsorted(steps.ravel(), source + rng.random(len(source))) - source * regions
    stays = target < regions
    return draw[stays], target[stays], day[stays]

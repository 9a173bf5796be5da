"""How far a ranking hangs on the exact weights and scores: both are varied, many times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.protect.scales import HIGHEST, LOWEST, NAMES
from harmattan.protect.scoring import DECIMALS, Floats, ranks, totals
from harmattan.protect.sheet import Worksheet

DRAWS, CONCENTRATION = 2000, 50.0
LOW, HIGH = 0.05, 0.95
_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class Shake:
    """What is done to a sheet in each draw; the same for the sheet as it is and with a measure.

    Attributes
    ----------
    weights
        ``[draw, criterion]``, each summing to 1.
    shifts
        ``[draw, site, rater, criterion]``, -1, 0 or 1; sites and raters by name.
    """

    weights: Floats
    shifts: npt.NDArray[np.int8]


def shake(
    sheet: Worksheet, rng: np.random.Generator, *, draws: int = DRAWS, concentration: float = CONCENTRATION
) -> Shake:
    """Draw weights and shifts of scores.

    Weights are Dirichlet with parameters `concentration` times the sheet's shares, so their means are those of the
    sheet and a weight of 1/6 has a standard deviation of 0.05 at 50; a weight of 0 stays 0. Each score of each rater is
    moved by -1, 0 or 1, equally likely and each for itself.

    Raises
    ------
    ValueError
        If there are no draws, or the concentration is not above 0.
    """
    if draws < 1 or not concentration > 0:
        raise ValueError(f"draws must be 1 or more and concentration above 0; got {draws} and {concentration}")
    shares = sheet.weights / sheet.weights.sum()
    used = shares > 0
    weights = np.zeros((draws, len(NAMES)))
    weights[:, used] = rng.dirichlet(concentration * shares[used], draws)
    return Shake(weights, rng.integers(-1, 2, (draws, *sheet.scores.shape), dtype=np.int8))


def shaken_totals(sheet: Worksheet, moved: Shake) -> Floats:
    """Return the total of each site in each draw, ``[draw, site]``, sites by name; scores stay within 1 to 10."""
    sites, raters = sheet.in_order()
    scores = sheet.scores[sites][:, raters].astype(np.int8)
    found = np.empty((len(moved.weights), len(sites)))
    step = max(1, _AT_ONCE // scores.size)
    for first in range(0, len(found), step):
        part = slice(first, first + step)
        means = np.clip(scores + moved.shifts[part], LOWEST, HIGHEST).mean(axis=2)
        found[part] = totals(means, moved.weights[part, np.newaxis])
    return found


def stability(sheet: Worksheet, moved: Shake) -> pd.DataFrame:
    """Return how the ranking holds.

    Returns
    -------
    pandas.DataFrame
        Index ``site``, by name: ``first``, the share of draws in which the site has the highest total (shared equally
        where several do, so the column sums to 1); ``rank_low`` and ``rank_high``, 5 % and 95 % quantiles of its rank.
    """
    found = shaken_totals(sheet, moved)
    best = found == found.max(axis=1, keepdims=True)
    placed = ranks(found)
    low, high = np.quantile(placed, [LOW, HIGH], axis=0, method="inverted_cdf").astype(np.int64)
    names = pd.Index([sheet.sites[each] for each in sheet.in_order()[0]], name="site")
    first = np.round((best / best.sum(axis=1, keepdims=True)).mean(axis=0), DECIMALS)
    return pd.DataFrame({"first": first, "rank_low": low, "rank_high": high}, index=names)

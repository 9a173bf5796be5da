"""Totals, ranks, and how far the raters agree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from harmattan.protect.scales import NAMES
from harmattan.protect.sheet import Worksheet

Floats = npt.NDArray[np.float64]

TOTAL = "total"
DECIMALS = 9


def totals(scores: Floats, weights: Floats) -> Floats:
    """Return the weighted total, 6 Σ_k w_k s_k / Σ_k w_k, from 6 to 60; with equal weights the sum of six scores.

    Parameters
    ----------
    scores
        ``[..., criterion]``.
    weights
        ``[..., criterion]``, or one for each criterion.

    Examples
    --------
    >>> totals(np.array([5.0, 5, 5, 5, 5, 10]), np.ones(6))
    array(35.)
    """
    shares = weights / weights.sum(axis=-1, keepdims=True)
    # Rounded, so that two totals that are equal on paper are equal here and share a rank.
    return np.asarray(np.round(len(NAMES) * (scores * shares).sum(axis=-1), DECIMALS))


def ranks(values: Floats) -> npt.NDArray[np.int64]:
    """Return ranks along the last axis, 1 for the highest; equal values share the better rank.

    Examples
    --------
    >>> ranks(np.array([30.0, 41.0, 30.0]))
    array([2, 1, 2])
    """
    return np.asarray(rankdata(-values, method="min", axis=-1), dtype=np.int64)


def ranking(sheet: Worksheet) -> pd.DataFrame:
    """Return the sites by rank.

    Returns
    -------
    pandas.DataFrame
        Index ``site``, the highest total first, sites with equal totals by name; ``rank, total, region``, and the mean
        score over raters in every criterion.
    """
    sites, raters = sheet.in_order()
    means = sheet.scores[sites][:, raters].mean(axis=1)
    total = totals(means, sheet.weights)
    table = pd.DataFrame(means, columns=list(NAMES), index=pd.Index([sheet.sites[each] for each in sites], name="site"))
    table.insert(0, "rank", ranks(total))
    table.insert(1, TOTAL, total)
    table.insert(2, "region", [sheet.regions[each] for each in sites])
    return table.sort_values("rank", kind="stable")


def spread(sheet: Worksheet) -> pd.DataFrame:
    """Return how far raters lie apart, site by site.

    Returns
    -------
    pandas.DataFrame
        One row per site and criterion, and per site for its ``total``: ``site, criterion, mean, low, high, range, sd``
        (standard deviation with n - 1; NaN with one rater).
    """
    sites, raters = sheet.in_order()
    values = _with_totals(sheet)[sites][:, raters]
    several = values.shape[1] > 1
    parts = {
        "mean": values.mean(axis=1),
        "low": values.min(axis=1),
        "high": values.max(axis=1),
        "range": values.max(axis=1) - values.min(axis=1),
        "sd": values.std(axis=1, ddof=1) if several else np.full(values[:, 0].shape, np.nan),
    }
    index = pd.MultiIndex.from_product([[sheet.sites[each] for each in sites], [*NAMES, TOTAL]])
    table = pd.DataFrame(
        {name: part.ravel() for name, part in parts.items()}, index=index.set_names(["site", "criterion"])
    )
    return table.reset_index()


def agreement(sheet: Worksheet) -> pd.DataFrame:
    """Return how far raters agree, criterion by criterion and for their totals.

    Returns
    -------
    pandas.DataFrame
        Index ``criterion``, the last ``total``: ``weight`` (share of the sum; NaN for the total), ``alpha`` (see
        `alpha`; NaN with one site), ``sd`` (mean over sites), ``widest`` (largest range) and ``widest_at``, the first
        site that has it.
    """
    apart = spread(sheet)
    sites, raters = sheet.in_order()
    values = _with_totals(sheet)[sites][:, raters]
    rows = {}
    for place, name in enumerate((*NAMES, TOTAL)):
        of = apart[apart["criterion"] == name]
        worst = of.iloc[int(of["range"].to_numpy().argmax())]
        rows[name] = {
            "weight": sheet.weights[place] / sheet.weights.sum() if name != TOTAL else np.nan,
            "alpha": alpha(values[:, :, place]) if len(sites) > 1 else np.nan,
            "sd": float(of["sd"].mean(skipna=False)),
            "widest": float(worst["range"]),
            "widest_at": str(worst["site"]),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("criterion")


def alpha(values: Floats) -> float:
    """Return Krippendorff's alpha for interval data.

    α = 1 - D_o / D_e: D_o is the mean squared difference of two values of one unit, D_e that of any two values; units
    with one value are left out. 1 is full agreement, 0 what chance gives. Krippendorff draws firm conclusions from
    0.800 and tentative ones from 0.667.

    Parameters
    ----------
    values
        ``[unit, rater]``, NaN where a rater gave none.

    Returns
    -------
    float
        NaN where it is not defined: no unit with two values, or all values equal.

    References
    ----------
    Hayes & Krippendorff 2007, 10.1080/19312450709336664.

    Examples
    --------
    >>> alpha(np.array([[2.0, 2.0], [5.0, 5.0], [9.0, 9.0]]))
    1.0
    """
    counts = (~np.isnan(values)).sum(axis=1)
    used, counts = values[counts >= 2], counts[counts >= 2]
    if not len(used):
        return float("nan")
    # The sum of squared differences of all pairs among m values is m times their sum of squares about the mean.
    within = sum(
        float(np.nansum((each - np.nanmean(each)) ** 2)) * m / (m - 1) for each, m in zip(used, counts, strict=True)
    )
    everything = used[~np.isnan(used)]
    among = float(((everything - everything.mean()) ** 2).sum())
    n = len(everything)
    if among <= 0:
        return float("nan")
    return float(1 - (within / n) / (among / (n - 1)))


def _with_totals(sheet: Worksheet) -> Floats:
    """Scores and each rater's own total, ``[site, rater, criterion and total]``."""
    scores = sheet.scores.astype(np.float64)
    return np.concatenate([scores, totals(scores, sheet.weights)[:, :, np.newaxis]], axis=2)

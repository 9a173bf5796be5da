"""What a learner of all horizons at once is taught: features of past months, a horizon, and the count that came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harmattan.features import Feature, columns, design, feature
from harmattan.models.learners import check_known
from harmattan.panel import Panel


@dataclass(frozen=True)
class Pairs:
    """Past months with what came, and the features at the origin.

    Attributes
    ----------
    x
        Features of month s and, in the last column, a horizon h; shape (row, feature + 1).
    y
        Count of month s + h, shape (row,).
    month, region
        Places of s and of the region in the panel, shape (row,).
    now
        Features at the origin with every horizon, shape (horizon, region, feature + 1).
    """

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float64]
    month: npt.NDArray[np.intp]
    region: npt.NDArray[np.intp]
    now: npt.NDArray[np.float32]

    def only(self, keep: npt.NDArray[np.bool_]) -> Pairs:
        """Return some of the rows."""
        return Pairs(self.x[keep], self.y[keep], self.month[keep], self.region[keep], self.now)


def pairs(
    panel: Panel,
    measure: str,
    horizons: tuple[int, ...],
    *,
    features: Sequence[Feature] | None = None,
    months: int | None = None,
    seed: int = 1,
) -> Pairs:
    """Pair every region's past months with one later count each, at a horizon drawn by lot.

    Neighbouring months say nearly the same, so one horizon for each teaches almost as much as all of them at a fraction
    of the time.

    Parameters
    ----------
    panel, measure, horizons
        What is forecast.
    features
        Features to use; those of `own_history` if None.
    months
        Use the newest so many months only; all if None.
    seed
        Decides the lot.

    Raises
    ------
    ValueError
        If no pair of complete features and a known count is left, or the features at the origin have a hole.
    """
    chosen = tuple(own_history(panel, measure) if features is None else features)
    values = design(panel, chosen)
    check_known(values[-1], tuple(columns(chosen)), panel)
    counts = panel.measures[measure].to_numpy()
    last, regions = counts.shape
    first = 0 if months is None else max(last - min(horizons) - months, 0)
    s, r = (each.ravel() for each in np.meshgrid(np.arange(first, last), np.arange(regions), indexing="ij"))
    ahead = np.random.default_rng(seed).choice(horizons, len(s))
    inside = s + ahead < last
    s, r, ahead = s[inside], r[inside], ahead[inside]
    y = counts[s + ahead, r].astype(np.float64)
    x = np.column_stack([values[s, r], ahead.astype(np.float32)])
    known = ~np.isnan(x).any(axis=1) & ~np.isnan(y)
    if not known.any():
        raise ValueError(
            f"nothing to learn from for the horizons {horizons}: {last} months hold none with complete features before "
            f"a known count; use a longer panel, shorter windows or shorter horizons"
        )
    now = np.stack([np.column_stack([values[-1], np.full(regions, h, dtype=np.float32)]) for h in horizons])
    return Pairs(x, y, s, r, now).only(known)


def own_history(panel: Panel, measure: str) -> tuple[Feature, ...]:
    """Return features of a region's own past at many scales, of its neighbours, and of all other measures."""
    chosen = [feature("lag", measure=measure, months=m) for m in (0, 1, 2)]
    chosen += [feature("recent_mean", measure=measure, months=m) for m in (3, 6, 12, 24, 60)]
    chosen += [feature("decayed_mean", measure=measure, half_life=h) for h in (3, 8, 24)]
    chosen += [feature("decayed_share", measure=measure, half_life=h) for h in (3, 8, 24, 96)]
    chosen += [feature("months_since", measure=measure, most=240), feature("total_so_far", measure=measure)]
    chosen += [feature("decayed_log", measure=measure, half_life=h) for h in (3, 8, 24)]
    chosen += [feature(name, measure=measure, months=12) for name in ("largest", "log_spread")]
    chosen += [feature(name, measure=measure) for name in ("large_share", "months_since_large")]
    chosen += [feature("neighbour_mean", measure=measure, months=12)]
    chosen += [feature("neighbour_share", measure=measure, months=12)]
    for other in sorted(set(panel.measures) - {measure}):
        chosen += [feature("decayed_mean", measure=other, half_life=8)]
        chosen += [feature("decayed_share", measure=other, half_life=60)]
    return tuple(chosen)

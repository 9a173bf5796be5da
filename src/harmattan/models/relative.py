"""Forest of rises and falls: what followed months that had come to their level in the same way, however high it was."""

from __future__ import annotations

import pandas as pd

from harmattan.features import Feature, feature
from harmattan.features.history import decay, logged
from harmattan.models.quantiles import OFFSET, QuantileForest
from harmattan.panel import Panel

MEANS = (1, 2, 3, 6, 12, 24, 60, 120)
PEAKS = (12, 60)
WINDOWS = (6, 12, 36)


def relative_forest(
    *,
    half_life: float = 3,
    months: int | None = None,
    trees: int = 60,
    fewest: int = 5,
    share: float = 0.35,
    seed: int = 1,
    measure: str = "attacks",
) -> QuantileForest:
    """Return a `QuantileForest` for the ratio to the recent level, taught with features that are ratios to it too.

    A forest with counts as features puts all wars above its highest split into the same leaves. Ratios of short and
    long means to the recent one say at any level whether a war grows or wanes, so what smaller wars did teaches about
    larger ones than were seen before.

    Parameters
    ----------
    half_life
        Months after which a value weighs half in the recent level.
    months, trees, fewest, share, seed, measure
        As in `harmattan.models.quantiles.QuantileForest`.
    """
    return QuantileForest(
        half_life=half_life,
        features=ratios(measure, half_life),
        months=months,
        trees=trees,
        fewest=fewest,
        share=share,
        seed=seed,
        measure=measure,
    )


def ratios(measure: str, half_life: float) -> tuple[Feature, ...]:
    """Return the features: the level, ratios of means and peaks to it, and how often and how evenly there were any."""
    chosen = [feature("decayed_mean", measure=measure, half_life=half_life)]
    for name, windows in (("relative_mean", MEANS), ("relative_peak", PEAKS)):
        chosen += [
            feature(f"{__name__}:{name}", measure=measure, months=months, half_life=half_life) for months in windows
        ]
    chosen += [feature("active_share", measure=measure, months=months) for months in WINDOWS]
    chosen += [feature("log_spread", measure=measure, months=months) for months in WINDOWS]
    return tuple(chosen)


def relative_mean(panel: Panel, *, measure: str = "attacks", months: int = 12, half_life: float = 3) -> pd.DataFrame:
    """``log((a + 0.3) / (m + 0.3))`` with m the decayed mean and a the mean of the last `months` months, or of those
    there are."""
    wide = panel.measures[measure]
    return _relative(wide.rolling(months, min_periods=1).mean(), wide, half_life)


def relative_peak(panel: Panel, *, measure: str = "attacks", months: int = 12, half_life: float = 3) -> pd.DataFrame:
    """As `relative_mean`, with a the largest count of those months."""
    wide = panel.measures[measure]
    return _relative(wide.rolling(months, min_periods=1).max(), wide, half_life)


def _relative(above: pd.DataFrame, wide: pd.DataFrame, half_life: float) -> pd.DataFrame:
    return logged(above / OFFSET) - logged(decay(wide, half_life) / OFFSET)

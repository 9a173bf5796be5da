"""Features: functions of a panel, named in `FEATURES`, put side by side by `design`.

A feature of one's own is one function ``(panel, *, parameters) -> wide frame`` and one line in `FEATURES`, or
``package.module:function`` in an experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.features import context, history, surroundings, tails
from harmattan.features.cores import cores_allowed
from harmattan.features.shared import placed, sharing
from harmattan.named import find
from harmattan.panel import Panel

FEATURES: dict[str, Callable[..., pd.DataFrame]] = {
    "lag": history.lag,
    "recent_mean": history.recent_mean,
    "active_share": history.active_share,
    "decayed_mean": history.decayed_mean,
    "decayed_share": history.decayed_share,
    "months_since": history.months_since,
    "total_so_far": history.total_so_far,
    "decayed_log": tails.decayed_log,
    "log_spread": tails.log_spread,
    "largest": tails.largest,
    "large_share": tails.large_share,
    "months_since_large": tails.months_since_large,
    "neighbour_mean": surroundings.neighbour_mean,
    "neighbour_share": surroundings.neighbour_share,
    "kernel_sum": surroundings.kernel_sum,
    "frontier_distance": surroundings.frontier_distance,
    "frontier_nearness": surroundings.frontier_nearness,
    "country_mean": surroundings.country_mean,
    "total_mean": surroundings.total_mean,
    "static": context.static,
    "season": context.season,
}
DESIGNS_KEPT = 4
# Features of fewer values than this are computed before threads would have begun.
WORTH_THREADS = 1 << 24


@dataclass(frozen=True)
class Feature:
    """A feature's name and parameters, in the order given."""

    name: str
    parameters: tuple[tuple[str, str | float], ...] = ()

    @property
    def column(self) -> str:
        """The column name, derived from the parameters.

        Examples
        --------
        >>> Feature("decayed_mean", (("measure", "attacks"), ("half_life", 6))).column
        'decayed_mean(measure=attacks, half_life=6)'
        """
        return f"{self.name}({', '.join(f'{key}={value}' for key, value in self.parameters)})"

    def __call__(self, panel: Panel) -> pd.DataFrame:
        """Compute the feature on a panel: months down, regions across."""
        return find(self.name, FEATURES, what="feature")(panel, **dict(self.parameters))


def feature(name: str, **parameters: str | float) -> Feature:
    """Return a feature by name and parameters."""
    return Feature(name, tuple(parameters.items()))


def full(panel: Panel) -> tuple[Feature, ...]:
    """Return some forty features, for learners that choose among many.

    History, surroundings and context of ``attacks``; history and surroundings of ``other_attacks`` where the panel
    has it; each static column the regions have.
    """
    chosen = [feature("lag", measure="attacks", months=m) for m in (0, 1, 2)]
    chosen += [feature("recent_mean", measure="attacks", months=m) for m in (3, 6, 12, 24)]
    chosen += [feature("active_share", measure="attacks", months=m) for m in (6, 12, 24)]
    chosen += [feature("decayed_mean", measure="attacks", half_life=h) for h in (2, 6, 24)]
    chosen += [feature("decayed_share", measure="attacks", half_life=h) for h in (2, 6, 24)]
    chosen += [feature("months_since", measure="attacks"), feature("total_so_far", measure="attacks")]
    chosen += [feature("neighbour_share", measure="attacks", months=m) for m in (3, 12)]
    chosen += [feature("neighbour_mean", measure="attacks", months=12)]
    chosen += [
        feature("kernel_sum", measure="attacks", half_life=h, km=km)
        for h, km in ((4, 80), (12, 40), (12, 80), (12, 160))
    ]
    chosen += [
        feature("frontier_distance"),
        feature("frontier_nearness"),
        feature("total_mean", months=3),
        feature("total_mean", months=12),
    ]
    if panel.regions.table["country"].nunique() > 1 and panel.regions.table["country"].duplicated().any():
        chosen += [feature("country_mean", months=3), feature("country_mean", months=12)]
    if "other_attacks" in panel.measures:
        chosen += [feature("recent_mean", measure="other_attacks", months=3)]
        chosen += [feature("decayed_mean", measure="other_attacks", half_life=12)]
        chosen += [feature("kernel_sum", measure="other_attacks", half_life=6, km=40)]
    chosen += [feature("season", phase="sin"), feature("season", phase="cos")]
    return (*chosen, *(feature("static", column=c) for c in _static_columns(panel)))


def compact(panel: Panel) -> tuple[Feature, ...]:
    """Return the fourteen features that say most: what a learner gets unless an experiment names others."""
    chosen = [feature("lag", measure="attacks", months=0), feature("recent_mean", measure="attacks", months=3)]
    chosen += [feature("decayed_share", measure="attacks", half_life=h) for h in (2, 6, 24)]
    chosen += [feature("decayed_mean", measure="attacks", half_life=6), feature("months_since", measure="attacks")]
    chosen += [feature("total_so_far", measure="attacks"), feature("total_mean", months=12)]
    chosen += [feature("neighbour_share", measure="attacks", months=12), feature("frontier_nearness")]
    chosen += [feature("kernel_sum", measure="attacks", half_life=12, km=80), feature("static", column="area_km2")]
    if "other_attacks" in panel.measures:
        chosen += [feature("decayed_mean", measure="other_attacks", half_life=12)]
    return tuple(chosen)


SETS: dict[str, Callable[[Panel], tuple[Feature, ...]]] = {"compact": compact, "full": full}


_DESIGNS: WeakKeyDictionary[Panel, dict[tuple[Feature, ...], npt.NDArray[np.float32]]] = WeakKeyDictionary()


def design(panel: Panel, features: tuple[Feature, ...]) -> npt.NDArray[np.float32]:
    """Return the features side by side, shape (month, region, feature).

    What several features need is computed once. The newest few results of a panel are kept as long as it is, since all
    learners of one origin share them; the array is read-only, and each feature lies together in memory.

    Raises
    ------
    ValueError
        If a feature is not of the panel's months and regions.
    """
    kept = _DESIGNS.setdefault(panel, {})
    if features not in kept:
        while len(kept) >= DESIGNS_KEPT:
            del kept[next(iter(kept))]
        kept[features] = _side_by_side(panel, features)
    return kept[features]


def _side_by_side(panel: Panel, features: tuple[Feature, ...]) -> npt.NDArray[np.float32]:
    shape = (len(panel.months), len(panel.regions))
    values = np.empty((len(features), *shape), dtype=np.float32)

    def work(place: int) -> None:
        # A feature from elsewhere may keep what it is given.
        with placed(values[place] if features[place].name in FEATURES else None):
            frame = features[place](panel)
        if frame.shape != shape:
            raise ValueError(
                f"{features[place].column} must have the panel's {shape[0]} months and {shape[1]} regions; "
                f"it has the shape {frame.shape}"
            )
        values[place] = frame.to_numpy()

    with sharing():
        _for_each(work, len(features), threads=cores_allowed() if values.size >= WORTH_THREADS else 1)
    values.setflags(write=False)
    return values.transpose(1, 2, 0)


def _for_each(work: Callable[[int], None], number: int, *, threads: int) -> None:
    """Work on 0, 1, 2, ..., in threads that share what is kept; numpy and scipy let them run side by side."""
    if threads < 2:
        for place in range(number):
            work(place)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(copy_context().run, work, place) for place in range(number)]
        for each in waiting:
            each.result()


def columns(features: Sequence[Feature]) -> list[str]:
    """Return the column names of a design."""
    return [each.column for each in features]


def _static_columns(panel: Panel) -> list[str]:
    table = panel.regions.table
    wanted = ("population", "area_km2", "coast_km", "border_km", "road_km", "capital_km")
    return [name for name in wanted if name in table and table[name].notna().all()]

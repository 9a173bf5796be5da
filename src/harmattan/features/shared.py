"""What several features need is computed once: per call of a design, and per set of regions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.panel import Panel
from harmattan.regions import Regions

T = TypeVar("T")
Wide = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Kept:
    """What was made, and a lock for each thing, so that two threads do not make it twice."""

    made: dict[Hashable, Any] = field(default_factory=dict)
    locks: dict[Hashable, RLock] = field(default_factory=dict)


_KEPT: ContextVar[_Kept | None] = ContextVar("_KEPT", default=None)
# A place for one feature, taken from the list by the first that asks.
_PLACE: ContextVar[list[Wide]] = ContextVar("_PLACE")
_OF_REGIONS: WeakKeyDictionary[Regions, _Kept] = WeakKeyDictionary()


@contextmanager
def sharing() -> Iterator[None]:
    """Keep what `once` computes until the block ends, also for threads that run in a copy of the context."""
    token = _KEPT.set(_Kept())
    try:
        yield
    finally:
        _KEPT.reset(token)


@contextmanager
def placed(place: Wide | None) -> Iterator[None]:
    """Give a place, shape (month, region), to the first that asks for `room` in the block; none if it is None."""
    token = _PLACE.set([] if place is None else [place])
    try:
        yield
    finally:
        _PLACE.reset(token)


def once(panel: Panel, key: Hashable, make: Callable[[], T]) -> T:
    """Return ``make()``, computed once for a panel and key inside `sharing`, every time outside."""
    kept = _KEPT.get()
    if kept is None:
        return make()
    place = (id(panel), key)
    with kept.locks.setdefault(place, RLock()):
        if place not in kept.made:
            with placed(None):
                kept.made[place] = make()
    found: T = kept.made[place]
    return found


def of_regions(regions: Regions, key: Hashable, make: Callable[[], T]) -> T:
    """Return ``make()``, computed once for as long as the regions are in use."""
    kept = _OF_REGIONS.setdefault(regions, _Kept())
    with kept.locks.setdefault(key, RLock()):
        if key not in kept.made:
            kept.made[key] = make()
    found: T = kept.made[key]
    return found


def counts(panel: Panel, measure: str) -> Wide:
    """Return a measure, shape (month, region), with the regions of a month side by side in memory."""
    return once(
        panel,
        ("counts", measure),
        lambda: np.ascontiguousarray(panel.measures[measure].to_numpy(), dtype=np.float32),
    )


def active(panel: Panel, measure: str) -> Wide:
    """Return 1 for a month with at least one, 0 for one without, NaN where it is unknown."""

    def make() -> Wide:
        values = counts(panel, measure)
        hit = (values > 0).astype(np.float32)
        if not complete(panel, measure):
            hit[np.isnan(values)] = np.nan
        return hit

    return once(panel, ("active", measure), make)


def complete(panel: Panel, measure: str) -> bool:
    """Return whether a measure has no unknown month."""
    return once(panel, ("complete", measure), lambda: not bool(np.isnan(counts(panel, measure)).any()))


def framed(panel: Panel, values: npt.NDArray[np.floating]) -> pd.DataFrame:
    """Return values as a wide frame, months down and regions across, without a copy of what is float32 already."""
    return pd.DataFrame(values.astype(np.float32, copy=False), panel.months, panel.regions.table.index, copy=False)


def repeated(panel: Panel, values: npt.NDArray[np.floating]) -> pd.DataFrame:
    """Return values that are one for all months, or one for all regions, as a wide frame."""
    out = room(panel)
    out[...] = values
    return framed(panel, out)


def room(panel: Panel) -> Wide:
    """Return an array for a feature's values, shape (month, region): where a design wants them, which saves a copy."""
    shape, place = (len(panel.months), len(panel.regions)), _PLACE.get([])
    return place.pop() if place and place[0].shape == shape else np.empty(shape, dtype=np.float32)

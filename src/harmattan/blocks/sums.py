"""Sums by region and step of time that can be put together in any order: whole numbers, so that none changes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
# Steps lie between these; a region and a step are one number.
SPAN = 2**32
AT_ONCE, SAMPLED = 2_000_000, 1000


@dataclass(frozen=True, eq=False)
class Sums:
    """Events and deaths, one row for each region and step that has an event, by region and then step.

    Attributes
    ----------
    key
        Number of the region times `SPAN` plus the step plus half of `SPAN`, ascending, each once.
    values
        Columns ``attacks``, ``deaths`` and ``deaths_unknown``, the events whose deaths are not known; shape (row, 3).
    """

    key: Whole
    values: Whole

    @property
    def regions(self) -> Whole:
        """Number of the region of each row."""
        return self.key // SPAN

    @property
    def steps(self) -> Whole:
        """Step of each row."""
        return self.key % SPAN - SPAN // 2

    def __len__(self) -> int:
        return len(self.key)


def summed(regions: Whole, steps: Whole, deaths: Whole, unknown: npt.NDArray[np.bool_]) -> Sums:
    """Return the sums of single events.

    Examples
    --------
    >>> found = summed(*(np.array(each) for each in ([7, 7], [-1, -1], [3, 0], [False, True])))
    >>> found.regions.tolist(), found.steps.tolist(), found.values.tolist()
    ([7], [-1], [[2, 3, 1]])
    """
    values = np.column_stack([np.ones(len(regions), dtype=np.int64), deaths, unknown.astype(np.int64)])
    return _sorted(regions * SPAN + steps + SPAN // 2, values)


def together(parts: Sequence[Sums]) -> Sums:
    """Return the sums of all parts; their order and how they are cut do not matter."""
    if not parts:
        return Sums(np.empty(0, dtype=np.int64), np.empty((0, 3), dtype=np.int64))
    if len(parts) == 1:
        return parts[0]
    return _sorted(np.concatenate([each.key for each in parts]), np.concatenate([each.values for each in parts]))


def save(sums: Sums, stream: BinaryIO) -> None:
    """Write sums into a file that is open, for `merged`."""
    np.save(stream, np.column_stack([sums.key, sums.values]))


def merged(files: Sequence[Path]) -> Iterator[Sums]:
    """Yield the sums of all files, in turns of some `AT_ONCE` rows, so that memory does not grow with their number."""
    # A copy each, so that no file stays open: there may be thousands.
    samples = [np.array(np.load(file, mmap_mode="r", allow_pickle=False)[::SAMPLED, 0]) for file in files]
    sample = np.sort(np.concatenate(samples)) if samples else np.empty(0, dtype=np.int64)
    bounds = np.unique(sample[:: max(1, AT_ONCE // SAMPLED)])
    for low, high in pairwise([*bounds.tolist(), np.iinfo(np.int64).max]):
        yield together([_between(file, low, high) for file in files])


def _between(file: Path, low: int, high: int) -> Sums:
    rows = np.load(file, mmap_mode="r", allow_pickle=False)
    part = np.array(rows[slice(*np.searchsorted(rows[:, 0], [low, high]))])
    return Sums(part[:, 0], part[:, 1:])


def _sorted(key: Whole, values: Whole) -> Sums:
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1)) if len(key) else np.empty(0, dtype=np.intp)
    return Sums(key[first], np.add.reduceat(values[order], first, axis=0) if len(first) else values[:0])

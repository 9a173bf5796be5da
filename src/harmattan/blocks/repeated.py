"""Whether an event comes twice, in one partition or in two: an exact check that never holds all names at once.

Of every name a mark of 128 bits is kept. Marks of whole numbers are the numbers themselves, mixed; of texts two hashes
of 64 bits, which are the same for two different texts with a chance of 3e-39 a pair (1e-21 for 10^9 texts).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Marks = npt.NDArray[np.uint64]
AT_ONCE = 4_000_000
LARGEST = 2**53
KEYS = ("harmattan-first0", "harmattan-second")


def marks_of(names: pa.ChunkedArray) -> tuple[Marks, npt.NDArray[np.bool_]]:
    """Return a mark for each name and whether it is one: not missing, and whole if it is a number.

    Returns
    -------
    tuple
        Marks, shape (name, 1) of numbers and (name, 2) of texts, and a mask, shape (name,).

    Examples
    --------
    >>> marks, named = marks_of(pa.chunked_array([[7, None, 7]]))
    >>> bool((marks[0] == marks[2]).all()), named.tolist()
    (True, [True, False, True])
    """
    if pa.types.is_dictionary(names.type):
        names = names.cast(names.type.value_type)
    named = np.asarray(pc.is_valid(names), dtype=bool)
    if pa.types.is_integer(names.type):
        return _of_numbers(np.asarray(pc.fill_null(names, 0)).astype(np.uint64)), named
    if pa.types.is_floating(names.type):
        values = np.asarray(pc.cast(names, pa.float64()))
        named &= np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < LARGEST)
        return _of_numbers(np.where(named, values, 0).astype(np.int64).astype(np.uint64)), named
    texts = np.asarray(pc.fill_null(names, ""), dtype=object)
    return np.column_stack([pd.util.hash_array(texts, hash_key=key, categorize=False) for key in KEYS]), named


def repeated(files: Sequence[Path]) -> int:
    """Return how many marks are more than the first of their kind.

    Parameters
    ----------
    files
        Marks of each partition, ascending by their first number, as numpy stores them; they are read in turns.

    Raises
    ------
    ValueError
        If some are of numbers and some of texts.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> files = [Path(mkdtemp()) / f"{number}.npy" for number in range(2)]
    >>> for file, marks in zip(files, ([[1], [5]], [[1], [6]]), strict=True):
    ...     np.save(file, np.array(marks, dtype=np.uint64))
    >>> repeated(files)
    1
    """
    if not files:
        return 0
    shapes = [np.load(each, mmap_mode="r", allow_pickle=False).shape for each in files]
    if len({width for _, width in shapes}) > 1:
        raise ValueError(
            "events must be named by numbers in all files or by text in all; some have one, some the other"
        )
    number = 0
    for low, high in _turns(sum(length for length, _ in shapes)):
        marks = np.concatenate([_between(each, low, high) for each in files])
        marks = marks[np.argsort(marks[:, 0])]
        same = np.flatnonzero(marks[1:, 0] == marks[:-1, 0])
        if len(same):
            close = marks[np.unique(np.concatenate([same, same + 1]))]
            number += len(close) - len(np.unique(close, axis=0))
    return number


def _turns(number: int) -> Iterator[tuple[int, int]]:
    """Bounds between which about `AT_ONCE` marks lie, since marks are spread evenly."""
    turns = max(1, -(-number // AT_ONCE))
    bounds = [2**64 * turn // turns for turn in range(turns + 1)]
    yield from pairwise(bounds)


def _between(file: Path, low: int, high: int) -> Marks:
    marks = np.load(file, mmap_mode="r", allow_pickle=False)
    first = marks[:, 0]
    start = int(np.searchsorted(first, np.uint64(low)))
    end = len(first) if high >= 2**64 else int(np.searchsorted(first, np.uint64(high)))
    return np.array(marks[start:end])


def _of_numbers(values: npt.NDArray[np.uint64]) -> Marks:
    """Numbers mixed so that they spread evenly, each to another (the finalizer of SplitMix64)."""
    mixed = values
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed[:, None]

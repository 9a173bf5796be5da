"""Draws in order: counted where they are whole numbers, sorted where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from harmattan.scores.inputs import Floats, Numbers

# Few enough rows that their counts stay in the processor's cache.
COUNTED_TOGETHER = 128
# Counting takes time in proportion to draws + largest value, sorting to draws x log(draws).
WIDEST_COUNTED = 16

Integers = npt.NDArray[np.intp]


def counted(draws: Numbers, *, countable: bool = True) -> Iterator[tuple[slice, Integers | None]]:
    """Yield a few rows at a time and how many of their draws are at most 0, 1, ...

    Parameters
    ----------
    draws
        Shape (draw, row).
    countable
        Whether counts are wanted at all.

    Returns
    -------
    Iterator
        Rows, and counts of shape (row, value); None where the draws are not whole numbers, some are negative, or the
        values are so many that sorting is faster.

    Examples
    --------
    >>> [upto.tolist() for _, upto in counted(np.array([[0], [2], [2]]))]
    [[[1, 1, 3]]]
    """
    m, rows = draws.shape
    whole = countable and np.issubdtype(draws.dtype, np.integer) and bool(rows and draws.min() >= 0)
    keys = np.empty((m, min(COUNTED_TOGETHER, rows)), dtype=np.intp)
    for first in range(0, rows, COUNTED_TOGETHER):
        together = slice(first, min(first + COUNTED_TOGETHER, rows))
        x = draws[:, together]
        width = int(x.max()) + 1 if whole else 0
        if not whole or width > WIDEST_COUNTED * m:
            yield together, None
            continue
        n = x.shape[1]
        room = keys[:, :n]
        np.add(x, np.arange(n) * width, out=room)
        yield together, np.bincount(room.ravel(), minlength=n * width).reshape(n, width).cumsum(axis=1)


def ranked(draws: Numbers, places: Sequence[int]) -> Floats:
    """Return the draws at some places of their order, 0 the smallest; shape (place, row).

    Examples
    --------
    >>> ranked(np.array([[5], [1], [3]]), [0, 2]).tolist()
    [[1.0], [5.0]]
    """
    found = np.empty((len(places), draws.shape[1]), dtype=np.float64)
    for rows, upto in counted(draws):
        if upto is None:
            found[:, rows] = np.sort(draws[:, rows], axis=0)[list(places)]
        else:
            for line, place in zip(found, places, strict=True):
                line[rows] = (upto <= place).sum(axis=1)
    return found

"""Arrays as short text: counts that are mostly zero, shares and measures, deflated and written in base64.

The page reads them back with `decode.ts`. Whole counts come back exactly; a share to 1/50,000; a measure to the
``scale`` that is written beside it.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

ESCAPE = 255
MISSING = 65535
SHARE_STEPS = 50_000
LARGEST = 65_000

Packed = dict[str, Any]


def deflated(data: bytes) -> str:
    """Return bytes deflated, in base64; the same bytes give the same text."""
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")


def pack_counts(counts: npt.NDArray[np.integer[Any]]) -> Packed:
    """Return whole counts as the gaps between those above zero and what they are.

    Parameters
    ----------
    counts
        Not negative, any shape; best ordered so that neighbours in the last axis are alike.

    Returns
    -------
    dict
        ``shape`` and ``data``: four bytes, the number of bytes of gaps (little-endian); the gaps, how many zeros stand
        before each count above zero; and those counts less one. Each number is written in bytes, 255 meaning
        "255 and what follows".

    Raises
    ------
    ValueError
        If a count is negative.

    Examples
    --------
    >>> packed = pack_counts(np.array([[0, 0, 3], [0, 1, 0]]))
    >>> zlib.decompress(base64.b64decode(packed["data"])).hex(" ")
    '02 00 00 00 02 01 02 00'
    """
    flat = np.ascontiguousarray(counts).reshape(-1)
    if flat.size and int(flat.min()) < 0:
        raise ValueError(f"counts must not be negative; got {int(flat.min())}")
    places = np.flatnonzero(flat)
    gaps = _escaped(np.diff(places, prepend=-1) - 1)
    values = _escaped(flat[places] - 1)
    head = np.array([len(gaps)], dtype="<u4").tobytes()
    return {"shape": list(counts.shape), "data": deflated(head + gaps + values)}


def unpack_counts(packed: Packed) -> npt.NDArray[np.int64]:
    """Return the counts that `pack_counts` wrote.

    Examples
    --------
    >>> unpack_counts(pack_counts(np.array([[0, 0, 3], [0, 700, 0]]))).tolist()
    [[0, 0, 3], [0, 700, 0]]
    """
    data = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), dtype=np.uint8)
    split = 4 + int(data[:4].view("<u4")[0])
    counts = np.zeros(int(np.prod(packed["shape"])), dtype=np.int64)
    counts[np.cumsum(_unescaped(data[4:split]) + 1) - 1] = _unescaped(data[split:]) + 1
    return counts.reshape(packed["shape"])


def one_by_one(draws: npt.NDArray[np.integer[Any]], *, every: int = 1) -> npt.NDArray[np.integer[Any]]:
    """Return draws whose regions are asked one by one, each region's futures in an order of its own.

    Any run of months and threshold of a region is counted as before; what several regions see together is lost. Sorted
    so, the draws pack into about 60 % of the bytes, and every second one stands for the two.

    Parameters
    ----------
    draws
        Shape (draw, horizon, region).
    every
        Of the sorted futures, every so many are kept.

    Returns
    -------
    numpy.ndarray
        Shape (region, horizon, draw).

    Examples
    --------
    >>> one_by_one(np.array([[[1, 0]], [[0, 2]], [[0, 0]]])).tolist()
    [[[0, 0, 1]], [[0, 0, 2]]]
    """
    regions = draws.transpose(2, 1, 0)
    order = np.stack([np.lexsort(each[::-1]) for each in regions]) if len(regions) else np.zeros((0, len(draws)), int)
    return np.take_along_axis(regions, order[:, None, every // 2 :: every], axis=2)


def pack_shares(shares: npt.ArrayLike) -> Packed:
    """Return probabilities, NaN where there is none, in steps of 1/50,000.

    Raises
    ------
    ValueError
        If one lies outside 0 to 1.
    """
    values = np.asarray(shares, dtype=np.float64)
    if np.nanmin(values, initial=0.0) < 0 or np.nanmax(values, initial=1.0) > 1:
        raise ValueError("probabilities must lie between 0 and 1")
    return _sixteen_bits(values, SHARE_STEPS)


def pack_measures(measures: npt.ArrayLike) -> Packed:
    """Return numbers of at least zero, NaN where there is none, in steps of 1, 1/10, 1/100 … as their largest allows.

    Raises
    ------
    ValueError
        If one is negative or above 65,000,000.
    """
    values = np.asarray(measures, dtype=np.float64)
    largest = float(np.nanmax(values, initial=0.0))
    if np.nanmin(values, initial=0.0) < 0 or largest > LARGEST * 1000:
        raise ValueError("measures must lie between 0 and 65,000,000")
    power = int(np.floor(np.log10(LARGEST / max(largest, 1.0))))
    return _sixteen_bits(values, 10.0 ** min(power, 4))


def _sixteen_bits(values: npt.NDArray[np.float64], scale: float) -> Packed:
    """Low bytes first, then high bytes: each half repeats itself more than the two together."""
    whole = np.where(np.isnan(values), MISSING, np.rint(np.nan_to_num(values) * scale)).astype("<u2").reshape(-1)
    halves = whole.view(np.uint8).reshape(-1, 2)
    return {"shape": list(values.shape), "scale": scale, "data": deflated(halves.T.tobytes())}


def _unescaped(written: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    ends = np.flatnonzero(written != ESCAPE)
    return np.diff(np.cumsum(written, dtype=np.int64)[ends], prepend=0)


def _escaped(numbers: npt.NDArray[np.integer[Any]]) -> bytes:
    full, rest = np.divmod(numbers, ESCAPE)
    size = full + 1
    written = np.full(int(size.sum()), ESCAPE, dtype=np.uint8)
    written[np.cumsum(size) - 1] = rest
    return written.tobytes()

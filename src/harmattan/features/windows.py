"""Running means, decays and extremes along months, all regions at once.

Every function takes an array of shape (month, region), unknown values NaN, and returns one of that shape whose row t
uses rows up to t only; it is written into `out` where one is given. Sums run in float64, so sums of float32 numbers of
like size are exact. `fewest` is how many known months a value takes; with fewer it is NaN. `logged` asks for
``log(1 + x)`` of the result.

What a month shares with those before it is found by reaches that double: a sum of 2 months from two of 1, of 4 from two
of 2. That goes through blocks, of regions or of months, which stay in the processor's cache; a region's values are the
same to the bit whatever other regions there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Wide = npt.NDArray[np.float32]
Values = npt.NDArray[np.floating]
Exact = npt.NDArray[np.float64]
Known = npt.NDArray[np.bool_] | None
T = TypeVar("T", np.float32, np.float64)
# Sums of some months or of some regions: which they are, and the sums, which hold until the next come.
Parts: TypeAlias = Iterator[tuple[slice | tuple[slice, slice], Exact]]
Join: TypeAlias = Callable[[npt.NDArray[T], npt.NDArray[T], int, npt.NDArray[T]], None]
# Blocks of so many fit into a processor's cache.
REGIONS_TOGETHER = 256
MONTHS_TOGETHER = 8
# A variance so much smaller than the squared mean is what rounding leaves of none.
NO_VARIANCE = 1e-12


def window_mean(
    values: Values, months: int, *, fewest: int, times: float = 1, logged: bool = False, out: Wide | None = None
) -> Wide:
    """Mean of the last `months` months that are known, times a factor.

    Raises
    ------
    ValueError
        If `months` is not a whole number of 1 or more.

    Examples
    --------
    >>> window_mean(np.array([[1.0], [3.0], [8.0]]), 2, fewest=2).ravel().tolist()
    [nan, 2.0, 5.5]
    """
    _check_months(months)
    filled, known = _split(values)
    number = _numbers(known, len(filled), months)
    return _means(
        _window_sums(filled, months), number, number >= fewest, _room(values, out), times=times, logged=logged
    )


def window_deviation(values: Values, months: int, *, fewest: int, out: Wide | None = None) -> Wide:
    """Standard deviation of the last `months` months that are known; exactly zero where they are all alike."""
    _check_months(months)
    filled, known = _split(values)
    exact = filled.astype(np.float64)
    number = np.broadcast_to(_numbers(known, len(filled), months), filled.shape)
    out = _room(values, out)
    for (part, total), (_, squares) in zip(
        _window_sums(exact, months), _window_sums(exact * exact, months), strict=True
    ):
        held = np.maximum(number[part], 1)
        mean = total / held
        variance = squares / held - mean * mean
        variance[variance <= NO_VARIANCE * mean * mean] = 0
        out[part] = np.where(number[part] >= fewest, np.sqrt(variance), np.nan)
    return out


def window_most(values: Values, months: int, *, fewest: int, logged: bool = False, out: Wide | None = None) -> Wide:
    """Largest of the last `months` months that are known."""
    out = _reached(values, months, np.fmax, out)
    few = _numbers(_split(values)[1], len(out), months) < fewest
    out[np.broadcast_to(few, out.shape)] = np.nan
    return np.log1p(out, out=out) if logged else out


def window_least(values: Values, months: int, *, out: Wide | None = None) -> Wide:
    """Smallest of the last `months` months, or of those there are."""
    return _reached(values, months, np.fmin, out)


def decayed_mean(
    values: Values, half_life: float, *, fewest: int, times: float = 1, logged: bool = False, out: Wide | None = None
) -> Wide:
    """Mean of all months so far with weights that halve every `half_life` months, times a factor.

    An unknown month leaves the mean as it was while the weights go on halving.

    Raises
    ------
    ValueError
        If the half-life is not positive.

    Examples
    --------
    >>> decayed_mean(np.array([[3.0], [0.0]]), 1, fewest=1).round(4).ravel().tolist()
    [3.0, 1.0]
    """
    if not half_life > 0:
        raise ValueError(f"half_life must be a positive number of months; got {half_life}")
    keep = 0.5 ** (1 / half_life)
    filled, known = _split(values)
    present = np.ones((len(filled), 1)) if known is None else known.astype(np.float64)
    weight = np.empty(present.shape)
    for part, total in _decayed_sums(present, keep):
        weight[part] = total
    enough = np.cumsum(present, axis=0) >= fewest
    return _means(_decayed_sums(filled, keep), weight, enough, _room(values, out), times=times, logged=logged)


def since(hit: npt.NDArray[np.bool_], most: float, *, logged: bool = False, out: Wide | None = None) -> Wide:
    """Months since the last month with a hit, at most `most`; `most` where there was none.

    Examples
    --------
    >>> since(np.array([[False], [True], [False], [False]]), 9).ravel().tolist()
    [9.0, 0.0, 1.0, 2.0]
    """
    out = _room(hit, out)
    for part, passed in _with_all_before(hit.shape, np.float32, partial(_hit_or_never, hit), _sooner):
        np.minimum(passed, np.float32(most), out=out[part])
    return np.log1p(out, out=out) if logged else out


def running_total(values: Values, *, logged: bool = False, out: Wide | None = None) -> Wide:
    """Sum of the known months so far; NaN where the month itself is unknown."""
    filled, known = _split(values)
    out = _room(values, out)
    for part, total in _decayed_sums(filled, 1):
        out[part] = total
    if known is not None:
        out[~known] = np.nan
    return np.log1p(out, out=out) if logged else out


def shifted(values: Values, months: int, *, logged: bool = False, out: Wide | None = None) -> Wide:
    """Each month's value `months` months later; NaN before.

    Raises
    ------
    ValueError
        If `months` is not a whole number of 0 or more: a negative lag would look ahead.
    """
    if not (isinstance(months, (int, np.integer)) and months >= 0):
        raise ValueError(f"months must be a whole number of 0 or more; got {months!r}")
    out = _room(values, out)
    out[:months] = np.nan
    earlier = values[: max(len(values) - months, 0)]
    if logged:
        np.log1p(earlier, out=out[months:], casting="same_kind")
    else:
        out[months:] = earlier
    return out


def _room(values: npt.NDArray[np.generic], out: Wide | None) -> Wide:
    return np.empty(values.shape, dtype=np.float32) if out is None else out


def _means(
    sums: Parts, number: Values, enough: npt.NDArray[np.bool_], out: Wide, *, times: float, logged: bool
) -> Wide:
    """Sums by their number where there is enough, NaN elsewhere; number and enough are one for all regions or not."""
    by = np.broadcast_to(np.where(enough, number, np.nan), out.shape)
    for part, total in sums:
        mean = np.divide(total, by[part], out=out[part], casting="same_kind")
        if times != 1:
            mean *= np.float32(times)
        if logged:
            np.log1p(mean, out=mean)
    return out


def _window_sums(values: Values, months: int) -> Parts:
    """Sums of the last `months` months, or of those there are, from sums of 1, 2, 4, ... months."""
    months = min(months, len(values))
    room = np.empty((3, len(values), min(REGIONS_TOGETHER, values.shape[1])))
    for first in range(0, values.shape[1], REGIONS_TOGETHER):
        part = slice(None), slice(first, first + REGIONS_TOGETHER)
        total, last, twice = room[:, :, : values[part].shape[1]]
        last[...] = values[part]
        done, width = 0, 1
        while done < months:
            if months & width:
                if done:
                    total[done:] += last[:-done]
                else:
                    total[...] = last
                done += width
            if done < months:
                twice[:width] = last[:width]
                np.add(last[width:], last[:-width], out=twice[width:])
                last, twice, width = twice, last, 2 * width
        yield part, total


def _decayed_sums(values: Values, keep: float) -> Parts:
    """Sums of all months so far with weights that shrink to `keep` from month to month."""

    def join(later: Exact, earlier: Exact, months: int, room: Exact) -> None:
        later += np.multiply(earlier, keep**months, out=room)

    return _with_all_before(values.shape, np.float64, lambda part, block: np.copyto(block, values[part]), join)


def _with_all_before(
    shape: tuple[int, ...], kind: type[T], start: Callable[[slice, npt.NDArray[T]], None], join: Join[T]
) -> Iterator[tuple[slice, npt.NDArray[T]]]:
    """Each month joined with all before it, in blocks of months that hold until the next.

    `start` writes the values of some months into a block, `join` months that lie so far before into later ones, with
    room of their shape.
    """
    block, room = np.empty((2, min(MONTHS_TOGETHER, shape[0]), shape[1]), dtype=kind)
    before = np.empty((1, shape[1]), dtype=kind)
    for first in range(0, shape[0], MONTHS_TOGETHER):
        part = slice(first, min(first + MONTHS_TOGETHER, shape[0]))
        now = block[: part.stop - first]
        start(part, now)
        if first:
            join(now[:1], before, 1, room[:1])
        reach = 1
        while reach < len(now):
            join(now[reach:], now[:-reach], reach, room[: len(now) - reach])
            reach *= 2
        yield part, now
        before[...] = now[-1:]


def _hit_or_never(hit: npt.NDArray[np.bool_], part: slice, passed: Wide) -> None:
    passed[...] = np.inf
    passed[hit[part]] = 0


def _sooner(later: Wide, earlier: Wide, months: int, room: Wide) -> None:
    np.minimum(later, np.add(earlier, np.float32(months), out=room), out=later)


def _numbers(known: Known, steps: int, months: int) -> Exact:
    """Known months in the window of each month: shape (month, 1), or (month, region) if some are unknown."""
    if known is None:
        return np.minimum(np.arange(1, steps + 1), months).astype(np.float64)[:, None]
    total = np.cumsum(known, axis=0, dtype=np.float64)
    total[months:] -= total[:-months].copy()
    return total


def _split(values: Values) -> tuple[Values, Known]:
    """Values with zero for NaN, and which are known; None if all are."""
    if not (values.size and np.isnan(values.min())):
        return values, None
    unknown = np.isnan(values)
    return np.where(unknown, 0, values), ~unknown


def _reached(values: Values, months: int, extreme: Callable[..., Wide], out: Wide | None) -> Wide:
    """Extreme of the last `months` months, by windows that double."""
    _check_months(months)
    out = _room(values, out)
    out[...] = values
    width = 1
    while width < min(months, len(out)):
        step = min(width, months - width)
        out[step:] = extreme(out[step:], out[:-step])
        width += step
    return out


def _check_months(months: int) -> None:
    if not (isinstance(months, (int, np.integer)) and months >= 1):
        raise ValueError(f"months must be a whole number of 1 or more; got {months!r}")

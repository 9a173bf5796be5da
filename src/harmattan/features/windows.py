"""Running means, decays and extremes along months, all regions at once.

Every function takes an array of shape (month, region), unknown values NaN, and returns one of that shape whose row t
uses rows up to t only. Sums run in float64, so a window costs about the same however long it is, and sums of float32
numbers of like size are exact. `fewest` is how many known months a value takes; with fewer it is NaN. `logged` asks for
``log(1 + x)`` of the result.

Sums of few regions are made for all months at once, sums of many from month to month, which keeps a month of all
regions in the processor's cache. Sums of whole counts are the same to the bit either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Wide = npt.NDArray[np.float32]
Values = npt.NDArray[np.floating]
Exact = npt.NDArray[np.float64]
Known = npt.NDArray[np.bool_] | None
# Sums of some months: which they are, and one row for each.
Sums = Iterator[tuple[slice, Exact]]
# From so many regions on, going from month to month is the faster way.
MANY = 1000
# A variance so much smaller than the squared mean is what rounding leaves of none.
NO_VARIANCE = 1e-12


def window_mean(values: Values, months: int, *, fewest: int, times: float = 1, logged: bool = False) -> Wide:
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
    return _means(_window_sums(filled, months), filled.shape, number, number >= fewest, times=times, logged=logged)


def window_deviation(values: Values, months: int, *, fewest: int) -> Wide:
    """Standard deviation of the last `months` months that are known; exactly zero where they are all alike."""
    _check_months(months)
    filled, known = _split(values)
    exact = filled.astype(np.float64)
    number = _numbers(known, len(filled), months)
    held = np.maximum(number, 1)
    out = np.empty(filled.shape, dtype=np.float32)
    for (part, total), (_, squares) in zip(
        _window_sums(exact, months), _window_sums(exact * exact, months), strict=True
    ):
        mean = total / held[part]
        variance = squares / held[part] - mean * mean
        variance[variance <= NO_VARIANCE * mean * mean] = 0
        out[part] = np.where(number[part] >= fewest, np.sqrt(variance), np.nan)
    return out


def window_most(values: Values, months: int, *, fewest: int, logged: bool = False) -> Wide:
    """Largest of the last `months` months that are known."""
    out = _reached(values, months, np.fmax)
    few = _numbers(_split(values)[1], len(out), months) < fewest
    out[np.broadcast_to(few, out.shape)] = np.nan
    return np.log1p(out, out=out) if logged else out


def window_least(values: Values, months: int) -> Wide:
    """Smallest of the last `months` months, or of those there are."""
    return _reached(values, months, np.fmin)


def decayed_mean(values: Values, half_life: float, *, fewest: int, times: float = 1, logged: bool = False) -> Wide:
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
    return _means(_decayed_sums(filled, keep), filled.shape, weight, enough, times=times, logged=logged)


def since(hit: npt.NDArray[np.bool_], most: float, *, logged: bool = False) -> Wide:
    """Months since the last month with a hit, at most `most`; `most` where there was none.

    Examples
    --------
    >>> since(np.array([[False], [True], [False], [False]]), 9).ravel().tolist()
    [9.0, 0.0, 1.0, 2.0]
    """
    out = np.empty(hit.shape, dtype=np.float32)
    for part, passed in _passed(hit):
        np.minimum(passed, np.float32(most), out=out[part])
    return np.log1p(out, out=out) if logged else out


def running_total(values: Values, *, logged: bool = False) -> Wide:
    """Sum of the known months so far; NaN where the month itself is unknown."""
    filled, known = _split(values)
    out = np.empty(filled.shape, dtype=np.float32)
    for part, total in _decayed_sums(filled, 1):
        out[part] = total
    if known is not None:
        out[~known] = np.nan
    return np.log1p(out, out=out) if logged else out


def shifted(values: Values, months: int, *, logged: bool = False) -> Wide:
    """Each month's value `months` months later; NaN before.

    Raises
    ------
    ValueError
        If `months` is not a whole number of 0 or more: a negative lag would look ahead.
    """
    if not (isinstance(months, (int, np.integer)) and months >= 0):
        raise ValueError(f"months must be a whole number of 0 or more; got {months!r}")
    out = np.empty(values.shape, dtype=np.float32)
    out[:months] = np.nan
    earlier = values[: max(len(values) - months, 0)]
    if logged:
        np.log1p(earlier, out=out[months:], casting="same_kind")
    else:
        out[months:] = earlier
    return out


def _means(
    sums: Sums, shape: tuple[int, ...], number: Values, enough: npt.NDArray[np.bool_], *, times: float, logged: bool
) -> Wide:
    """Sums by their number where there is enough, NaN elsewhere; number and enough are one for all regions or not."""
    out = np.empty(shape, dtype=np.float32)
    alike = number.shape[1] == 1
    by = np.where(enough, 1 / number, np.nan) if alike else np.where(enough, number, np.nan)
    join = np.multiply if alike else np.divide
    for part, total in sums:
        mean = join(total, by[part], out=out[part], casting="same_kind")
        if times != 1:
            mean *= np.float32(times)
        if logged:
            np.log1p(mean, out=mean)
    return out


def _window_sums(values: Values, months: int) -> Sums:
    """Sums of the last `months` months, or of those there are."""
    if values.shape[1] < MANY:
        yield slice(None), _window_sum(values.astype(np.float64), min(months, len(values)))
        return
    total = np.zeros((1, values.shape[1]))
    for step, row in enumerate(values):
        total += row
        if step >= months:
            total -= values[step - months]
        yield slice(step, step + 1), total


def _window_sum(values: Exact, months: int) -> Exact:
    """As above, for all months at once from the sums of 1, 2, 4, ... months."""
    total, done, part, width = values, 0, values, 1
    while done < months:
        if months & width:
            total = _with_earlier(total, part, done) if done else part
            done += width
        if done < months:
            part, width = _with_earlier(part, part, width), 2 * width
    return total


def _with_earlier(values: Exact, other: Exact, steps: int) -> Exact:
    """Each month's value plus the other's `steps` months before; alone where there is none."""
    out = np.empty_like(values)
    out[:steps] = values[:steps]
    np.add(values[steps:], other[:-steps], out=out[steps:])
    return out


def _decayed_sums(values: Values, keep: float) -> Sums:
    """Sums of all months so far with weights that shrink to `keep` from month to month."""
    if values.shape[1] < MANY:
        yield slice(None), lfilter([1.0], [1.0, -keep], values.astype(np.float64), axis=0)
        return
    total = np.zeros((1, values.shape[1]))
    for step, row in enumerate(values):
        total *= keep
        total += row
        yield slice(step, step + 1), total


def _passed(hit: npt.NDArray[np.bool_]) -> Iterator[tuple[slice, Wide]]:
    """Months since the last hit, infinity before the first."""
    if hit.shape[1] < MANY:
        step = np.arange(len(hit), dtype=np.float32)[:, None]
        yield slice(None), step - np.maximum.accumulate(np.where(hit, step, np.float32(-np.inf)), axis=0)
        return
    passed = np.full((1, hit.shape[1]), np.inf, dtype=np.float32)
    for at, row in enumerate(hit):
        passed += 1
        passed[0, row] = 0
        yield slice(at, at + 1), passed


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


def _reached(values: Values, months: int, extreme: Callable[..., Wide]) -> Wide:
    """Extreme of the last `months` months, by windows that double."""
    _check_months(months)
    out = np.array(values, dtype=np.float32)
    width = 1
    while width < min(months, len(out)):
        step = min(width, months - width)
        out[step:] = extreme(out[step:], out[:-step])
        width += step
    return out


def _check_months(months: int) -> None:
    if not (isinstance(months, (int, np.integer)) and months >= 1):
        raise ValueError(f"months must be a whole number of 1 or more; got {months!r}")

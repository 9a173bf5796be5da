"""Running means, decays and extremes along months, all regions at once.

Every function takes an array of shape (month, region), unknown values NaN, and returns one of that shape whose row t
uses rows up to t only. Sums run in float64 from month to month, so a window costs the same however long it is, and sums
of float32 numbers of like size are exact. `fewest` is how many known months a value takes; with fewer it is NaN.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Wide = npt.NDArray[np.float32]
Values = npt.NDArray[np.floating]
# A variance so much smaller than the squared mean is what rounding leaves of none.
NO_VARIANCE = 1e-12


def window_mean(values: Values, months: int, *, fewest: int, times: float = 1) -> Wide:
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
    out = np.empty(filled.shape, dtype=np.float32)
    total = np.zeros(filled.shape[1])
    for step, number in enumerate(_numbers(known, len(filled), months)):
        total += filled[step]
        if step >= months:
            total -= filled[step - months]
        _divide(total, number, number >= fewest, out[step])
    return _times(out, times)


def window_deviation(values: Values, months: int, *, fewest: int) -> Wide:
    """Standard deviation of the last `months` months that are known; exactly zero where they are all alike."""
    _check_months(months)
    filled, known = _split(values)
    out = np.empty(filled.shape, dtype=np.float32)
    total, squares = np.zeros(filled.shape[1]), np.zeros(filled.shape[1])
    for step, number in enumerate(_numbers(known, len(filled), months)):
        for sign, row in ((1, step), (-1, step - months)):
            if row >= 0:
                exact = filled[row].astype(np.float64)
                total += sign * exact
                squares += sign * exact * exact
        held = np.maximum(number, 1)
        mean = total / held
        variance = squares / held - mean * mean
        variance[variance <= NO_VARIANCE * mean * mean] = 0
        out[step] = np.where(number >= fewest, np.sqrt(variance), np.nan)
    return out


def window_most(values: Values, months: int, *, fewest: int) -> Wide:
    """Largest of the last `months` months that are known."""
    out = _reached(values, months, np.fmax)
    _, known = _split(values)
    for step, number in enumerate(_numbers(known, len(out), months)):
        out[step, np.broadcast_to(number < fewest, out.shape[1:])] = np.nan
    return out


def window_least(values: Values, months: int) -> Wide:
    """Smallest of the last `months` months, or of those there are."""
    return _reached(values, months, np.fmin)


def decayed_mean(values: Values, half_life: float, *, fewest: int, times: float = 1) -> Wide:
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
    out = np.empty(filled.shape, dtype=np.float32)
    total = np.zeros(filled.shape[1])
    weight = np.zeros(()) if known is None else np.zeros(filled.shape[1])
    seen = np.zeros(weight.shape, dtype=np.intp)
    for step, row in enumerate(filled):
        present = 1 if known is None else known[step]
        total *= keep
        total += row
        weight = weight * keep + present
        seen = seen + present
        _divide(total, weight, seen >= fewest, out[step])
    return _times(out, times)


def since(hit: npt.NDArray[np.bool_], most: float) -> Wide:
    """Months since the last month with a hit, at most `most`; `most` where there was none."""
    out = np.empty(hit.shape, dtype=np.float32)
    passed = np.full(hit.shape[1], np.inf, dtype=np.float32)
    for step, row in enumerate(hit):
        passed += 1
        passed[row] = 0
        np.minimum(passed, np.float32(most), out=out[step])
    return out


def running_total(values: Values) -> Wide:
    """Sum of the known months so far; NaN where the month itself is unknown."""
    filled, known = _split(values)
    out = np.empty(filled.shape, dtype=np.float32)
    total = np.zeros(filled.shape[1])
    for step, row in enumerate(filled):
        total += row
        out[step] = total
    if known is not None:
        out[~known] = np.nan
    return out


def shifted(values: Values, months: int) -> Wide:
    """Each month's value `months` months later; NaN before.

    Raises
    ------
    ValueError
        If `months` is not a whole number of 0 or more: a negative lag would look ahead.
    """
    if not (isinstance(months, (int, np.integer)) and months >= 0):
        raise ValueError(f"months must be a whole number of 0 or more; got {months!r}")
    out = np.full(values.shape, np.nan, dtype=np.float32)
    out[months:] = values[: max(len(values) - months, 0)]
    return out


def _times(values: Wide, factor: float) -> Wide:
    if factor != 1:
        values *= np.float32(factor)
    return values


def _divide(total: Values, number: Values, enough: npt.NDArray[np.bool_], out: Wide) -> None:
    """Write ``total / number`` where there is enough, NaN elsewhere; number and enough are a row or one for all."""
    if enough.ndim == 0:
        if enough:
            np.multiply(total, 1 / number, out=out, casting="same_kind")
        else:
            out[:] = np.nan
        return
    out[:] = np.nan
    np.divide(total, number, out=out, where=enough, casting="same_kind")


def _numbers(known: npt.NDArray[np.bool_] | None, steps: int, months: int) -> Values:
    """How many known months the window of each month holds: shape (month,), or (month, region) if some are unknown."""
    if known is None:
        return np.minimum(np.arange(1, steps + 1), months).astype(np.float64)
    total = np.cumsum(known, axis=0, dtype=np.float64)
    total[months:] -= total[:-months].copy()
    return total


def _split(values: Values) -> tuple[Values, npt.NDArray[np.bool_] | None]:
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

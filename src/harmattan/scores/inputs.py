"""What every score asks of its inputs: shapes that fit, and nothing unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]


def outcomes_and_chances(happened: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Return outcomes and probabilities as arrays of one shape.

    Raises
    ------
    ValueError
        If the shapes differ, or a value is unknown or not a probability.
    """
    outcome, p = np.asarray(happened, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    if outcome.shape != p.shape:
        raise ValueError(f"outcomes and probabilities must have one shape; got {outcome.shape} and {p.shape}")
    _refuse(np.isnan(outcome), "outcomes must be known", outcome)
    _refuse((outcome != 0) & (outcome != 1), "outcomes must be 0 or 1", outcome)
    _refuse(np.isnan(p), "probabilities must be known", p)
    _refuse((p < 0) | (p > 1), "probabilities must lie between 0 and 1", p)
    return outcome.astype(np.bool_), p


def counts_and_draws(observed: npt.ArrayLike, draws: npt.ArrayLike) -> tuple[Numbers, Numbers]:
    """Return observed counts, shape (row,), and draws, shape (draw, row), both in the type they came in.

    Raises
    ------
    ValueError
        If the shapes do not fit, there is no draw, or a value is unknown.
    """
    y, x = np.asarray(observed), np.asarray(draws)
    if y.ndim != 1:
        raise ValueError(f"observed counts must have one dimension, the rows; got the shape {y.shape}")
    if x.ndim != 2 or x.shape[1:] != y.shape or len(x) == 0:
        raise ValueError(f"draws must have the shape (draw, {y.shape[0]} rows); got {x.shape}")
    return _known(y, "observed counts"), _known(x, "draws")


def maps_and_draws(observed: npt.ArrayLike, draws: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return observed maps, shape (row, region), and draws, shape (draw, row, region).

    Raises
    ------
    ValueError
        If the shapes do not fit, there is no draw, or a value is unknown.
    """
    y, x = np.asarray(observed, dtype=np.float64), np.asarray(draws, dtype=np.float64)
    if y.ndim != 2:
        raise ValueError(f"observed maps must have the shape (row, region); got {y.shape}")
    if x.ndim != 3 or x.shape[1:] != y.shape or len(x) == 0:
        raise ValueError(f"draws must have the shape (draw, {y.shape[0]} rows, {y.shape[1]} regions); got {x.shape}")
    return _known(y, "observed maps"), _known(x, "draws")


def same_rows(observed: npt.ArrayLike, forecast: Mapping[str, npt.ArrayLike]) -> tuple[Floats, ...]:
    """Return what was observed and numbers that were forecast, given by name, all of one shape and known.

    Raises
    ------
    ValueError
        If the shapes differ or a value is unknown.
    """
    y = _known(np.asarray(observed, dtype=np.float64), "observed counts")
    found = [y]
    for name, values in forecast.items():
        numbers = _known(np.asarray(values, dtype=np.float64), name)
        if numbers.shape != y.shape:
            raise ValueError(f"{name} must have the shape of the observed counts, {y.shape}; got {numbers.shape}")
        found.append(numbers)
    return tuple(found)


def inside(value: float, name: str) -> float:
    """Return a level strictly between 0 and 1.

    Raises
    ------
    ValueError
        If it lies elsewhere.
    """
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1; got {value:g}")
    return value


def _known(values: Numbers, name: str) -> Numbers:
    if np.issubdtype(values.dtype, np.floating):
        _refuse(np.isnan(values), f"{name} must be known", values)
    elif not np.issubdtype(values.dtype, np.integer):
        raise ValueError(f"{name} must be numbers; got {values.dtype}")
    return values


def _refuse(wrong: npt.NDArray[np.bool_], message: str, values: Floats) -> None:
    if wrong.any():
        row = np.argwhere(wrong)[0][-1] if wrong.ndim else 0
        value = values[wrong].flat[0]
        raise ValueError(f"{message}; row {row} is NaN" if np.isnan(value) else f"{message}; row {row} has {value:g}")

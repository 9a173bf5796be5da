"""What a submission must hold: a number for every origin, horizon, region and draw, level or threshold, none twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Kind = Literal["draws", "quantiles", "probabilities"]
Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

WIS_LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
STEP = {"draws": "draw", "quantiles": "level", "probabilities": "at_least"}
SHOWN = 5


class SubmissionError(ValueError):
    """A submission that cannot be scored as it is; the message says what is wrong, where, and what to do."""


@dataclass(frozen=True, eq=False)
class Submission:
    """A forecast made elsewhere.

    Attributes
    ----------
    name
        What it is called beside our models.
    kind
        What it consists of.
    cells
        One row per forecast: ``origin`` and ``month`` (monthly periods), ``horizon``, ``region``; sorted.
    values
        Numbers, shape (row of `cells`, step): draws, quantiles or probabilities.
    steps
        What each column of `values` is: the draw's number, the level, or the threshold.
    measure
        What is forecast.
    file, sha256
        Name of the file and SHA-256 of its bytes.
    notes
        What of the file was left out, in sentences.
    """

    name: str
    kind: Kind
    cells: pd.DataFrame
    values: Numbers
    steps: tuple[float, ...]
    measure: str
    file: str
    sha256: str
    notes: tuple[str, ...] = ()


@dataclass
class Faults:
    """What is wrong with a file, each rule with how many rows break it, the first and the remedy."""

    file: str
    found: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def add(self, rule: str, count: int, first: str, remedy: str) -> None:
        """Count `count` more breaches of a rule; the first breach ever is kept."""
        if count:
            before = self.found.get(rule)
            self.found[rule] = (count + before[0], before[1], remedy) if before else (count, first, remedy)

    def check(self) -> None:
        """Raise one error that names all of it.

        Raises
        ------
        SubmissionError
            If anything is wrong.
        """
        if self.found:
            lines = [
                f"{rule}; {count:,} {'does' if count == 1 else 'do'} not, first {first}: {remedy}"
                for rule, (count, first, remedy) in list(self.found.items())[:SHOWN]
            ]
            raise SubmissionError(f"{self.file}: " + "\n  ".join(lines))


@dataclass(frozen=True)
class Long:
    """The lines of a file as numbers.

    Attributes
    ----------
    origin, horizon
        Month ordinals and months ahead.
    region
        Places in `regions`.
    step
        Draw, level or threshold.
    value
        What is forecast.
    regions
        Region codes.
    """

    origin: Whole
    horizon: Whole
    region: Whole
    step: Numbers
    value: Numbers
    regions: tuple[str, ...]

    def at(self, line: int) -> str:
        """The place of one line in words."""
        return f"{self.regions[self.region[line]]} origin {_text(self.origin[line])} horizon {self.horizon[line]}"


def arranged(long: Long, kind: Kind, faults: Faults) -> tuple[pd.DataFrame, Numbers, tuple[float, ...]]:
    """Return cells, values and steps of `Submission`.

    Raises
    ------
    SubmissionError
        If lines repeat, cells have other steps than the rest, regions are missing somewhere, or a value is out of
        range.
    """
    _check_values(long, kind, faults)
    faults.check()
    order = np.lexsort((long.step, long.region, long.horizon, long.origin))
    key = np.stack([long.origin, long.horizon, long.region])[:, order]
    steps = long.step[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(key, axis=1) != 0).any(axis=0)
    repeated = ~new & (np.diff(steps, prepend=np.nan) == 0)
    name = STEP[kind]
    if repeated.any():
        line = int(order[np.flatnonzero(repeated)[0]])
        faults.add(
            f"every line must be another origin, horizon, region and {name}",
            int(repeated.sum()), f"{long.at(line)} {name} {long.step[line]:g}", "keep one of each",
        )  # fmt: skip
        faults.check()
    starts = np.flatnonzero(new)
    sizes = np.diff(np.append(starts, len(order)))
    usual = int(np.bincount(sizes).argmax())
    expected = _commonest(steps, starts[sizes == usual], usual)
    _check_steps(long, order, starts, sizes, steps, expected, name, faults)
    faults.check()
    cells = pd.DataFrame({
        "origin": _months(key[0, starts]),
        "horizon": key[1, starts],
        "month": _months(key[0, starts] + key[1, starts]),
        "region": np.asarray(long.regions, dtype=object)[key[2, starts]],
    })  # fmt: skip
    _check_holes(cells, faults)
    values = long.value[order].reshape(len(starts), usual)
    _check_order(values, expected, cells, kind, faults)
    faults.check()
    return cells, values, tuple(float(each) for each in expected)


def _check_values(long: Long, kind: Kind, faults: Faults) -> None:
    def breach(wrong: npt.NDArray[np.bool_], rule: str, numbers: npt.NDArray[np.generic], remedy: str) -> None:
        if wrong.any():
            line = int(np.flatnonzero(wrong)[0])
            faults.add(rule, int(wrong.sum()), f"{numbers[line]} at {long.at(line)}", remedy)

    breach(long.horizon < 1, "every month must lie after its origin", long.horizon, "horizons begin with 1")
    if kind == "probabilities":
        breach(
            (long.value < 0) | (long.value > 1), "every probability must lie between 0 and 1", long.value,
            "give shares, not percent",
        )  # fmt: skip
        breach((long.step < 1) | (long.step % 1 != 0), "at_least must be a count of 1 or more", long.step, "correct it")
        return
    breach(long.value < 0, "every count must be zero or more", long.value, "cut it at 0")
    if kind == "draws":
        breach(long.value % 1 != 0, "every draw must be a whole count", long.value, "draw counts, or give quantiles")
        breach(long.value > np.iinfo(np.int32).max, "every draw must be below 2^31", long.value, "correct it")
    else:
        breach(
            (long.step <= 0) | (long.step >= 1), "every level must lie strictly between 0 and 1", long.step,
            "give shares such as 0.05, not percent",
        )  # fmt: skip


def _check_steps(
    long: Long, order: Whole, starts: Whole, sizes: Whole, steps: Numbers, expected: Numbers, name: str, faults: Faults
) -> None:
    """Every cell must have the same draws, levels or thresholds."""
    usual = len(expected)
    odd = sizes != usual
    if odd.any():
        place = int(np.flatnonzero(odd)[0])
        faults.add(
            f"every forecast must have the same number of {name}s, here {usual:,}", int(odd.sum()),
            f"{long.at(int(order[starts[place]]))} with {sizes[place]:,}", "give all the same",
        )  # fmt: skip
        return
    other = (steps.reshape(len(starts), usual) != expected).any(axis=1)
    if other.any():
        place = int(np.flatnonzero(other)[0])
        faults.add(
            f"every forecast must have the same {name}s, {_listed(expected)}", int(other.sum()),
            long.at(int(order[starts[place]])), f"number the {name}s of all alike",
        )  # fmt: skip
    wanted = [each for each in WIS_LEVELS if name == "level" and not np.isclose(expected, each, atol=1e-9).any()]
    if wanted:
        faults.add(
            f"quantiles must have the levels {_listed(WIS_LEVELS)}, which the weighted interval score takes",
            len(wanted), f"{wanted[0]:g}", "give these quantiles, or draws",
        )  # fmt: skip
    if name == "at_least" and expected[0] != 1:
        faults.add(
            "there must be a probability of at least 1", 1, f"{expected[0]:g} is the smallest", "give at_least = 1"
        )


def _check_holes(cells: pd.DataFrame, faults: Faults) -> None:
    """At each origin and horizon there must be every region that the submission forecasts anywhere."""
    regions = np.sort(cells["region"].unique())
    sizes = cells.groupby(["origin", "horizon"]).size()
    short = sizes[sizes < len(regions)]
    if len(short):
        origin, horizon = short.index[0]
        here = cells.loc[(cells["origin"] == origin) & (cells["horizon"] == horizon), "region"]
        first = np.setdiff1d(regions, here)[0]
        faults.add(
            f"every origin and horizon must have all {len(regions)} regions of the file",
            int((len(regions) - short).sum()), f"{first} origin {origin} horizon {horizon}",
            "add them, or leave the region out everywhere (leaving out what is hard would flatter the score)",
        )  # fmt: skip


def _check_order(values: Numbers, steps: Numbers, cells: pd.DataFrame, kind: Kind, faults: Faults) -> None:
    if kind == "draws":
        return
    change = np.diff(values, axis=1)
    crossed = (change < 0) if kind == "quantiles" else (change > 0)
    if crossed.any():
        row, column = (int(each) for each in np.argwhere(crossed)[0])
        cell = cells.iloc[row]
        what = "quantiles must not fall as levels rise" if kind == "quantiles" else "P(at least k) must not rise with k"
        faults.add(
            what, int(crossed.any(axis=1).sum()),
            f"{cell['region']} origin {cell['origin']} horizon {cell['horizon']}: {values[row, column]:g} at "
            f"{steps[column]:g}, {values[row, column + 1]:g} at {steps[column + 1]:g}", "sort them",
        )  # fmt: skip


def _listed(numbers: Sequence[float] | Numbers) -> str:
    shown = [f"{each:g}" for each in numbers[:8]]
    return ", ".join([*shown, "…"] if len(numbers) > 8 else shown)


def _commonest(steps: Numbers, starts: Whole, size: int) -> Numbers:
    """The steps that most cells have, of those with `size` steps."""
    found: Counter[bytes] = Counter(steps[start : start + size].tobytes() for start in starts)
    return np.frombuffer(found.most_common(1)[0][0], dtype=np.float64)


def _months(ordinals: Whole) -> pd.PeriodIndex:
    """Periods by month ordinal, months since January 1970."""
    distinct, places = np.unique(ordinals, return_inverse=True)
    return pd.PeriodIndex([pd.Period(ordinal=int(each), freq="M") for each in distinct], freq="M")[places]


def _text(ordinal: np.int64) -> str:
    return str(pd.Period(ordinal=int(ordinal), freq="M"))

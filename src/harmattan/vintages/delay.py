"""How late attacks are reported, estimated from panels of successive days by the reverse-time hazard.

Of the attacks reported up to age a (whole months after the month's end) the share that was new at age a is the
reverse-time hazard h(a). It needs only months that have reached age a, so months still filling up bias nothing, and the
share reported by age a of all reported by the oldest age seen, A, is the product of 1 - h(b) over b = a + 1 to A.

Sources that publish early also take back: attacks no longer on record later. Their share is estimated in the same way,
going forward: of the attacks on record at age a, the share no longer there at the next age.

References
----------
Lawless (1994), https://doi.org/10.2307/3315668; Lagakos, Barraj & De Gruttola (1988),
https://doi.org/10.1093/biomet/75.3.515.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from harmattan.panel import Panel

Floats = npt.NDArray[np.float64]
_HALF = 0.5
SETTLED = 0.99


@dataclass(frozen=True)
class Delay:
    """Reporting by age, ages 0 to A.

    Attributes
    ----------
    new, by
        For ages 1 to A: attacks that were new at that age, and all that had been reported by it.
    gone, listed
        For the same ages: attacks no longer on record, and those on record one age before.
    shares
        P(an attack is reported by age 0, 1, ...), if it is given and not estimated; the four above are then empty.
    """

    new: tuple[float, ...] = ()
    by: tuple[float, ...] = ()
    gone: tuple[float, ...] = ()
    listed: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()

    @property
    def settled(self) -> int:
        """The age from which a month hardly changes: `SETTLED` of it is on record, and stays there."""
        if self.shares:
            return len(self.shares)
        complete = np.minimum(
            _from_age(_share(self.new, self.by, None)), _from_age(_share(self.gone, self.listed, None))
        )
        return int(np.flatnonzero(complete >= SETTLED)[0])

    def reported(self, ages: Sequence[int], rng: np.random.Generator | None = None) -> Floats:
        """Return P(an attack that will be reported is on record) at each age; one draw of it where `rng` is given.

        A draw takes each hazard from its posterior under Jeffreys' prior, Beta(new + 1/2, by - new + 1/2).

        Examples
        --------
        >>> Delay(new=(5, 1), by=(10, 11), gone=(0, 0), listed=(5, 10)).reported([0, 1, 2]).round(3).tolist()
        [0.455, 0.909, 1.0]
        """
        if self.shares:
            return _at(np.array([*self.shares, 1.0]), ages)
        return _at(_from_age(_share(self.new, self.by, rng)[: self.settled]), ages)

    def kept(self, ages: Sequence[int], rng: np.random.Generator | None = None) -> Floats:
        """Return P(an attack on record stays there) at each age; one draw of it where `rng` is given."""
        if self.shares or not self.gone:
            return np.ones(len(ages))
        return _at(_from_age(_share(self.gone, self.listed, rng)[: self.settled]), ages)


def given(shares: Sequence[float]) -> Delay:
    """Return reporting with known probabilities by age; after the last of them every attack is on record.

    Raises
    ------
    ValueError
        If one does not lie above 0 and up to 1, or they fall with age.

    Examples
    --------
    >>> given([0.5, 0.8]).reported([0, 1, 2]).tolist()
    [0.5, 0.8, 1.0]
    """
    values = np.asarray(shares, dtype=np.float64)
    if not len(values) or not ((values > 0) & (values <= 1)).all() or (np.diff(values) < 0).any():
        raise ValueError(
            f"the shares reported must lie above 0 and up to 1, and not fall with age; got {list(shares)}: withhold "
            "months of which nothing is reported yet with forecast.lag"
        )
    return Delay(shares=tuple(float(each) for each in values))


def estimate(panels: Sequence[tuple[Panel, Sequence[int]]], *, oldest: int = 12) -> Delay:
    """Estimate reporting from the same panel as known on successive days.

    Between two days each region and month adds or takes back: a rise of its attacks is counted as new, a fall as gone.
    Where two days are several ages apart, what changed is shared among these ages alike.

    Parameters
    ----------
    panels
        In the order of the days; each with the ages of its months on that day, the last month first
        (`harmattan.vintages.panels.ages_on`).
    oldest
        Changes after this age are not looked for.

    Raises
    ------
    ValueError
        If no month is told of twice at different ages up to `oldest`.
    """
    sums = np.zeros((4, oldest))
    for (before, ages_before), (after, ages_after) in pairwise(panels):
        told = dict(zip(reversed(after.months), ages_after, strict=False))
        rows = dict(zip(after.months, after.attacks.to_numpy(dtype=np.float64), strict=True))
        earlier = before.attacks.to_numpy(dtype=np.float64)[::-1]
        for month, age, old in zip(reversed(before.months), ages_before, earlier, strict=False):
            if month not in told or age >= oldest or told[month] <= age:
                continue
            upto, now = min(told[month], oldest), rows[month]
            change = np.nan_to_num(now - old)
            _note(
                sums, age, upto, old=float(np.nansum(old)), up=change.clip(min=0).sum(), down=-change.clip(max=0).sum()
            )
    reached = np.flatnonzero(sums[1] + sums[3])
    if not len(reached):
        raise ValueError(
            "delay cannot be estimated: no month is told of by two snapshots at different ages; add earlier snapshots "
            "(`harmattan data add`), or give the shares reported by age in data.delay"
        )
    new, by, gone, listed = (tuple(float(each) for each in row[: reached[-1] + 1]) for row in sums)
    return Delay(new, by, gone, listed)


def _note(sums: Floats, age: int, upto: int, *, old: float, up: float, down: float) -> None:
    """Add what changed from one age to a later one, in equal parts at each age between."""
    steps = upto - age
    for step in range(1, steps + 1):
        place = age + step - 1
        sums[0, place] += up / steps
        sums[1, place] += old + up * step / steps
        sums[2, place] += down / steps
        sums[3, place] += old - down * (step - 1) / steps


def _share(part: Sequence[float], whole: Sequence[float], rng: np.random.Generator | None) -> Floats:
    few, all_ = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    if rng is not None:
        return rng.beta(few + _HALF, np.maximum(all_ - few, 0.0) + _HALF)
    return np.divide(few, all_, out=np.zeros_like(few), where=all_ > 0)


def _from_age(hazard: Floats) -> Floats:
    """Share that is left from each age on: the product of 1 - h over all later ages, 1 in the end."""
    return np.array([*np.cumprod((1 - hazard)[::-1])[::-1], 1.0])


def _at(by_age: Floats, ages: Sequence[int]) -> Floats:
    found: Floats = by_age[np.minimum(np.asarray(ages, dtype=np.intp), len(by_age) - 1)]
    return found

"""Escalation or relocation: does the area grow around places that stay active, or move away from them?

Join counts of two periods, after Schutte & Weidmann 2011. A join is a pair of neighbours of which the first was active
in the earlier period and the second is newly hit: it is one of *escalation* if the first stays active in the later
period and of *relocation* if it does not. A *jump* is a newly hit region without a neighbour that was active.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.expansion.activity import linked
from harmattan.panel import QUIET_MONTHS, Panel

Flags = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float32]

KINDS = ("escalation", "relocation", "jumps")


def exposure(first: Flags, second: Flags, links: Values) -> Values:
    """Return what each region stands beside.

    Parameters
    ----------
    first, second
        Which regions were active in the earlier and in the later period, shapes (..., region).
    links
        1 for neighbours, else 0, shape (region, region).

    Returns
    -------
    numpy.ndarray
        Shape (kind, ..., region), in the order of `KINDS`: the number of neighbours that stay active, of those that do
        not, and 1 where there is neither.
    """
    stays = (first & second).astype(np.float32) @ links
    leaves = (first & ~second).astype(np.float32) @ links
    return np.stack([stays, leaves, (stays + leaves == 0).astype(np.float32)])


def joins(first: Flags, second: Flags, newly: Flags, links: Values) -> Values:
    """Return the number of joins of escalation, of relocation and of jumps from one period to the next.

    Parameters
    ----------
    first, second, links
        As in `exposure`.
    newly
        Regions active in the later period that were quiet in the earlier one, shape (..., region).

    Returns
    -------
    numpy.ndarray
        Shape (kind, ...), in the order of `KINDS`.

    Examples
    --------
    >>> line = np.eye(4, k=1, dtype=np.float32) + np.eye(4, k=-1, dtype=np.float32)
    >>> before = np.array([True, False, False, False])
    >>> grown, moved = np.array([True, True, False, True]), np.array([False, True, False, False])
    >>> joins(before, grown, grown & ~before, line).tolist(), joins(before, moved, moved & ~before, line).tolist()
    ([1.0, 0.0, 1.0], [0.0, 1.0, 0.0])
    """
    return np.asarray((exposure(first, second, links) * newly).sum(axis=-1, dtype=np.float32))


def join_counts(
    panel: Panel,
    *,
    rng: np.random.Generator,
    months: int = QUIET_MONTHS,
    pairs: int = 1,
    permutations: int = 999,
) -> pd.DataFrame:
    """Return join counts between successive periods, and how they would be if new attacks fell anywhere.

    Under permutation the active regions stay as they are and the same number of newly hit regions is placed at random
    among the regions that were quiet, all covered by the source in both periods. p values are (1 + permutations with as
    many or more) / (1 + permutations). Many joins of escalation say that the area grows at its edge; many of
    relocation, that it moves on. Counts are of regions and depend on their size.

    Parameters
    ----------
    panel
        Cut at the origin.
    rng
        Source of randomness.
    months
        Length of each period.
    pairs
        How many pairs of successive periods, counted back from the origin.
    permutations
        How many.

    Returns
    -------
    pandas.DataFrame
        One row per pair, oldest first, and kind, and if there are several pairs also for ``all``: ``later`` (first
        month of the later period, or all), ``kind``, ``newly_hit``, ``quiet`` (regions that could have been newly hit),
        ``joins``, ``expected`` (the exact mean over all permutations), ``p``.

    Raises
    ------
    ValueError
        If the panel is too short for the pairs, or a number is below one.

    References
    ----------
    Schutte & Weidmann 2011, https://doi.org/10.1016/j.polgeo.2011.03.001; p values: Phipson & Smyth 2010,
    https://doi.org/10.2202/1544-6115.1585
    """
    _check(panel, months, pairs, permutations)
    attacks, links = panel.attacks.to_numpy(), linked(panel.regions)
    rows, totals = [], np.zeros((len(KINDS), 2 + permutations))
    hits, quiets = 0, 0
    for pair in range(pairs, 0, -1):
        middle = len(attacks) - pair * months
        earlier, later = attacks[middle - months : middle], attacks[middle : middle + months]
        could = np.asarray((earlier == 0).all(axis=0) & ~np.isnan(later).any(axis=0))
        first, second = (np.asarray((period > 0).any(axis=0)) for period in (earlier, later))
        counts = exposure(first, second, links)[:, could]
        found = _permuted(counts, second[could], permutations, rng)
        newly, quiet = int(second[could].sum()), int(could.sum())
        rows += _rows(str(panel.months[middle]), newly, quiet, found)
        totals, hits, quiets = totals + found, hits + newly, quiets + quiet
    if pairs > 1:
        rows += _rows("all", hits, quiets, totals)
    return pd.DataFrame(rows, columns=["later", "kind", "newly_hit", "quiet", "joins", "expected", "p"])


def _permuted(counts: Values, newly: Flags, permutations: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Joins found, expected and under each permutation, shape (kind, 2 + permutation)."""
    shuffled = rng.permuted(np.tile(newly, (permutations, 1)), axis=1)
    expected = newly.sum() * counts.mean(axis=1) if counts.size else np.zeros(len(counts))
    return np.column_stack([counts @ newly, expected, counts @ shuffled.T]).astype(np.float64)


def _rows(
    later: str, newly: int, quiet: int, found: npt.NDArray[np.float64]
) -> list[tuple[str, str, int, int, int, float, float]]:
    seen, expected, permuted = found[:, 0], found[:, 1], found[:, 2:]
    p = (1 + (permuted >= seen[:, None]).sum(axis=1)) / (1 + permuted.shape[1])
    return [(later, kind, newly, quiet, int(seen[k]), float(expected[k]), float(p[k])) for k, kind in enumerate(KINDS)]


def _check(panel: Panel, months: int, pairs: int, permutations: int) -> None:
    for name, value in {"months": months, "pairs": pairs, "permutations": permutations}.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1; got {value}")
    needed = months * (pairs + 1)
    if len(panel.months) < needed:
        raise ValueError(
            f"{pairs} pairs of periods of {months} months need {needed} months on record; the panel has "
            f"{len(panel.months)}: ask for fewer or shorter periods"
        )

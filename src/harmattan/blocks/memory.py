"""How much memory the features of a block take, by arithmetic before any is made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from harmattan.blocks.halo import Around, Places, cut
from harmattan.features.reach import Reach
from harmattan.sphere import EARTH_KM, unit_vectors

LIBRARIES = 300_000_000
"""Bytes that a worker has taken before it begins: Python and its libraries."""
PER_VALUE = 32
"""Bytes of working arrays for each region of a halo and month: counts, who was active, sums, means, the result."""
PER_PAIR = 100
"""Bytes for each pair of regions within the reach of a kernel, while its weights are made."""
PER_REGION = 1500
"""Bytes for each region of the grid: the table, its index and its neighbours, with copies."""
WRITING = 50_000_000
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class TooLittleMemoryError(ValueError):
    """Even the smallest blocks do not fit."""


def bytes_of(text: str) -> int:
    """Return a size such as ``2GB`` in bytes.

    Raises
    ------
    ValueError
        If it is not one.

    Examples
    --------
    >>> bytes_of("2GB"), bytes_of("500 MB")
    (2000000000, 500000000)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", text.strip().upper())
    if not found or not float(found[1]):
        raise ValueError(f"memory must be a size such as 2GB or 500MB; got {text!r}")
    return int(float(found[1]) * _UNITS[found[2]])


@dataclass(frozen=True, eq=False)
class Plan:
    """Blocks, and what the largest of them takes.

    Attributes
    ----------
    blocks
        Places of the regions of each block.
    need
        Bytes of a worker for the block that takes most.
    widest
        Regions of the largest halo.
    """

    blocks: list[Places]
    need: int
    widest: int


def plan(around: Around, reaches: Sequence[Reach], *, months: int, limit: int, least: int = 1) -> Plan:
    """Return the fewest blocks, of those halved again and again, that fit into the memory of a worker.

    Parameters
    ----------
    around
        All regions.
    reaches
        Reach of each feature.
    months
        How many there are.
    limit
        Bytes that a worker may take.
    least
        At least so many blocks, if there are so many regions: one for each worker.

    Raises
    ------
    TooLittleMemoryError
        If blocks of one region do not fit.
    """
    number = min(max(1, least), len(around.regions))
    while True:
        blocks = cut(around.regions, number)
        found = Plan(blocks, *_most(around, blocks, reaches, months, limit))
        if found.need <= limit:
            return found
        if number == len(around.regions):
            raise TooLittleMemoryError(
                f"a worker may take {limit / 1e6:,.0f} MB, but the features of one region of {len(around.regions)} "
                f"over {months} months take {found.need / 1e6:,.0f} MB with all that they look at, {found.widest} "
                "regions: give it more memory, or leave out features that look far"
            )
        number = min(number * 2, len(around.regions))


def need(around: Around, block: Places, reaches: Sequence[Reach], *, months: int) -> tuple[int, int]:
    """Return the bytes that a worker takes for a block, and the regions of its largest halo."""
    most = widest = 0
    for each in sorted(set(reaches), key=str):
        halo = around.halo(block, each)
        used = len(halo) * months * PER_VALUE
        if each.pairs:
            used += _pairs(around, halo, each.km) * PER_PAIR
        most, widest = max(most, used), max(widest, len(halo))
    values = 4 * months * len(reaches) * len(block)
    return LIBRARIES + PER_REGION * len(around.regions) + values + max(most, WRITING), widest


def _most(
    around: Around, blocks: Sequence[Places], reaches: Sequence[Reach], months: int, limit: int
) -> tuple[int, int]:
    """What the block that takes most takes; no more blocks are looked at after one that takes more than the limit."""
    most = widest = 0
    for block in blocks:
        used, width = need(around, block, reaches, months=months)
        most, widest = max(most, used), max(widest, width)
        if used > limit:
            break
    return most, widest


def _pairs(around: Around, halo: Places, km: float) -> int:
    """Pairs of regions so near to each other."""
    table = around.regions.table.iloc[halo]
    tree = KDTree(unit_vectors(table["lon"], table["lat"]))
    chord = 2 * np.sin(min(km / EARTH_KM, np.pi) / 2)
    return (int(tree.count_neighbors(tree, chord)) - len(halo)) // 2

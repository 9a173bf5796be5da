"""Regions cut into compact blocks, and the halo of a block: the other regions that its features need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from harmattan.blocks.sparse import Sparse
from harmattan.features.links import WHOLE
from harmattan.features.reach import ITSELF, Reach
from harmattan.regions import Regions
from harmattan.sphere import EARTH_KM, unit_vectors

Places = npt.NDArray[np.intp]
# A centre this little beyond a reach is taken in: rounding must leave none out.
TOLERANCE = 1e-9


def cut(regions: Regions, number: int) -> list[Places]:
    """Return regions in so many compact blocks of like size, each by its places in the table, ascending.

    A group of regions is halved across its longest side, in space, until there are enough.

    Raises
    ------
    ValueError
        If there are fewer regions than blocks, or no block is asked for.
    """
    if not 1 <= number <= len(regions):
        raise ValueError(f"{len(regions)} regions can be cut into 1 to {len(regions)} blocks; got {number}")
    points = unit_vectors(regions.table["lon"], regions.table["lat"])
    done: list[Places] = []
    left = [(np.arange(len(regions), dtype=np.intp), number)]
    while left:
        places, parts = left.pop()
        if parts == 1:
            done.append(np.sort(places))
            continue
        side = int(np.ptp(points[places], axis=0).argmax())
        order = places[np.argsort(points[places, side], kind="stable")]
        border = len(order) * (parts // 2) // parts
        left += [(order[border:], parts - parts // 2), (order[:border], parts // 2)]
    return done


@dataclass(frozen=True, eq=False)
class Around:
    """What is needed to find halos.

    Attributes
    ----------
    regions
        All regions.
    seen
        Whether each ever saw an event, shape (region,).
    """

    regions: Regions
    seen: npt.NDArray[np.bool_]

    @cached_property
    def points(self) -> npt.NDArray[np.float64]:
        """Centres as vectors of length one."""
        return unit_vectors(self.regions.table["lon"], self.regions.table["lat"])

    def halo(self, block: Places, reach: Reach, counts: Sparse | None = None, measure: str = "attacks") -> Places:
        """Return the places of a block and of all that a reach adds to it, ascending.

        With the counts, of a reach to the nearest those alone that are nearest in some month. Of a sum over a country
        or over all, one region stands for all outside the block: see `stand_ins`.

        Beyond `harmattan.features.links.WHOLE` regions sums over others are made in another way than up to there. What
        is computed of a block must be made in the way of the whole, so a halo of a larger grid is filled up beyond that
        number, with regions that never saw an event as far as there are any.
        """
        if reach == ITSELF:
            return block
        number = len(self.regions)
        if number <= WHOLE:
            return np.arange(number, dtype=np.intp)
        inside = np.zeros(number, dtype=bool)
        inside[block] = True
        for _ in range(reach.rings):
            inside[self.regions.neighbours.weights[np.flatnonzero(inside)].indices] = True
        inside[list(self.stand_ins(block, reach))] = True
        if reach.km:
            near = self._within(block, reach.km)
            if reach.nearest and counts is not None:
                near = self._ever_nearest(block, near, reach.km, counts, measure)
            inside[near] = True
        lacking = WHOLE + 1 - int(inside.sum())
        if lacking > 0:
            quiet_first = np.argsort(self.seen[~inside], kind="stable")
            inside[np.flatnonzero(~inside)[quiet_first[:lacking]]] = True
        return np.flatnonzero(inside)

    def stand_ins(self, block: Places, reach: Reach) -> dict[int, Places]:
        """Return regions outside a block that stand for others: their place to the places of all they stand for.

        In a sum over a country or over all, the counts of these may be put together in one region. Sums of whole counts
        are exact, so it changes nothing. None are needed up to `harmattan.features.links.WHOLE` regions.
        """
        if len(self.regions) <= WHOLE or not (reach.country or reach.everywhere):
            return {}
        outside = self.seen.copy()
        outside[block] = False
        others = np.flatnonzero(outside)
        if reach.everywhere:
            return {int(others[0]): others} if len(others) else {}
        country = self.regions.table["country"].to_numpy()
        groups = [others[country[others] == each] for each in np.unique(country[block])]
        return {int(each[0]): each for each in groups if len(each)}

    def _within(self, block: Places, km: float) -> Places:
        """Regions that saw an event, so near to one of the block."""
        seen = np.flatnonzero(self.seen)
        if km >= np.pi * EARTH_KM or not len(seen):
            return seen
        near = KDTree(self.points[block]).query(self.points[seen], distance_upper_bound=_chord(km))[0]
        found: Places = seen[np.isfinite(near)]
        return found

    def _ever_nearest(self, block: Places, near: Places, km: float, counts: Sparse, measure: str) -> Places:
        """Regions that in some month are one of the two nearest with an event to a region of the block."""
        found = np.zeros(len(self.regions), dtype=bool)
        for hit in counts.hits(near, measure):
            number = min(2, len(hit))
            who = KDTree(self.points[hit]).query(self.points[block], k=number, distance_upper_bound=_chord(km))[1]
            found[hit[np.unique(who[who < len(hit)])]] = True
        return np.flatnonzero(found)


def _chord(km: float) -> float:
    """The straight line through the sphere that spans so many km along it, and a little more."""
    return float(2 * np.sin(min(km / EARTH_KM, np.pi) / 2) * (1 + TOLERANCE) + TOLERANCE)

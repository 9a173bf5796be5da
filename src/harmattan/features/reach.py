"""How far each feature looks: which other regions can change a region's value.

Whoever computes features of some regions alone needs these others, and no more, to get the same numbers as from all
regions together. A region that never saw an event adds exactly zero to any sum, but as a neighbour it is one of those
that a mean is over.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import TypeAlias

from harmattan.features import FEATURES, Feature
from harmattan.features.links import CUT

# exp(-x) is zero in float32 from here on.
VANISHED = 104.0
Parameters: TypeAlias = dict[str, str | float]


@dataclass(frozen=True)
class Reach:
    """Which other regions can change a region's value.

    Attributes
    ----------
    rings
        All regions so many steps from neighbour to neighbour away, or fewer.
    km
        Regions that ever saw an event and whose centres lie so near.
    country
        Of the regions of the same country, the sum of their counts in each month.
    everywhere
        Of all regions, the sum of their counts in each month.
    pairs
        Whether a weight is kept of each pair of regions within `km`: a matter of memory.
    nearest
        Whether of the regions within `km` only the two nearest that see an event in a month matter in that month; the
        nearest may be the region itself.
    """

    rings: int = 0
    km: float = 0.0
    country: bool = False
    everywhere: bool = False
    pairs: bool = False
    nearest: bool = False


ITSELF = Reach()
REACHES: dict[str, Callable[[Parameters], Reach]] = {
    **dict.fromkeys(
        (
            "lag", "recent_mean", "active_share", "decayed_mean", "decayed_share", "months_since", "total_so_far",
            "decayed_log", "log_spread", "largest", "large_share", "months_since_large", "static", "season",
        ),
        lambda _: ITSELF,
    ),
    "neighbour_mean": lambda given: Reach(rings=int(given["order"])),
    "neighbour_share": lambda given: Reach(rings=int(given["order"])),
    "kernel_sum": lambda given: Reach(km=-log(CUT) * float(given["km"]), pairs=True),
    "frontier_distance": lambda given: Reach(km=float(given["most"]), nearest=True),
    "frontier_nearness": lambda given: Reach(km=VANISHED * float(given["km"]), nearest=True),
    "country_mean": lambda _: Reach(country=True),
    "total_mean": lambda _: Reach(everywhere=True),
}  # fmt: skip


def reach(feature: Feature) -> Reach:
    """Return how far a feature looks on a grid of more than `harmattan.features.links.WHOLE` regions.

    On a smaller one, kernels have no end.

    Raises
    ------
    ValueError
        If it is not of the catalogue, or a parameter is not one of its own.

    Examples
    --------
    >>> round(reach(Feature("kernel_sum", (("km", 80),))).km), reach(Feature("neighbour_mean")).rings
    (737, 1)
    """
    if feature.name not in REACHES:
        raise ValueError(
            f"it is not known how far the feature {feature.name!r} looks, so it cannot be made by blocks; known: "
            f"{', '.join(REACHES)}"
        )
    own = inspect.signature(FEATURES[feature.name]).parameters.values()
    given = {each.name: each.default for each in own if each.default is not each.empty}
    unknown = [name for name, _ in feature.parameters if name not in [each.name for each in own]]
    if unknown:
        raise ValueError(f"{feature.name} has no parameter {unknown[0]!r}; it has {', '.join(given) or 'none'}")
    return REACHES[feature.name](given | dict(feature.parameters))

"""A worksheet: the scores that raters gave to sites, and how much each criterion weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harmattan.protect.cells import HEAVIEST, LIGHTEST, WEIGHT_DECIMALS, WorksheetError, alike, name, usable_weight
from harmattan.protect.scales import HIGHEST, LOWEST, NAMES

MARKING = "Controlled: for the protection of the site; do not pass on"
"""Stands first in every file that is written and first in what is printed."""


@dataclass(frozen=True, eq=False)
class Worksheet:
    """Scores of sites by raters. Sites and raters are kept in the order given.

    Parameters
    ----------
    sites
        Names of the sites, all different.
    raters
        Names of the raters, all different.
    scores
        ``[site, rater, criterion]``, whole numbers from 1 to 10; criteria in the order of
        `harmattan.protect.scales.NAMES`.
    weights
        One per criterion, 0 or from 0.001 to 1000 (six decimals or fewer), not all 0; only their ratios matter.
    regions
        Code of the region of each site, empty if none is given.

    Raises
    ------
    WorksheetError
        If a name comes twice, a score or weight is out of range, or the parts do not fit each other.

    Examples
    --------
    >>> sheet = Worksheet(("Depot",), ("Awa",), np.full((1, 1, 6), 5), np.ones(6), ("",))
    >>> sheet.raters
    ('Awa',)
    """

    sites: tuple[str, ...]
    raters: tuple[str, ...]
    scores: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    regions: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_names("site", self.sites)
        _check_names("rater", self.raters)
        expected = (len(self.sites), len(self.raters), len(NAMES))
        if self.scores.shape != expected or not np.issubdtype(self.scores.dtype, np.integer):
            raise WorksheetError(
                f"scores must be whole numbers of shape (sites, raters, criteria) = {expected}; got "
                f"{self.scores.dtype} of shape {self.scores.shape}"
            )
        if ((self.scores < LOWEST) | (self.scores > HIGHEST)).any():
            raise WorksheetError(
                f"scores must be from {LOWEST} to {HIGHEST}; got {self.scores.min()} to {self.scores.max()}"
            )
        _check_weights(self.weights)
        if len(self.regions) != len(self.sites):
            raise WorksheetError(
                f"every site needs a region or an empty text; {len(self.sites)} sites, {len(self.regions)}"
            )

    def site(self, wanted: str) -> int:
        """Return the place of a site by name; case, width and spaces do not count.

        Raises
        ------
        WorksheetError
            If there is no such site.
        """
        keys = [alike(each) for each in self.sites]
        if alike(wanted) not in keys:
            raise WorksheetError(f"no site is called {wanted!r}; sites: {', '.join(self.sites[:10])}")
        return keys.index(alike(wanted))

    def in_order(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return the places of sites and of raters sorted by name, so that results do not hang on the order of rows."""
        return np.argsort(np.array(self.sites)), np.argsort(np.array(self.raters))


def _check_names(what: str, names: Sequence[str]) -> None:
    if not names:
        raise WorksheetError(f"a worksheet needs at least one {what}; it has none")
    known: dict[str, str] = {}
    for each in names:
        told = name(each, f"{what} {each!r}")
        if told != each:
            raise WorksheetError(
                f"{what} {each!r}: a name has no space around it and is in composed form; use {told!r}"
            )
        if alike(each) in known:
            raise WorksheetError(f"two {what}s have one name, {known[alike(each)]!r} and {each!r}; give each its own")
        known[alike(each)] = each


def _check_weights(weights: npt.NDArray[np.float64]) -> None:
    if weights.shape != (len(NAMES),) or not all(usable_weight(float(each)) for each in weights):
        raise WorksheetError(
            f"weights must be {len(NAMES)} numbers, one per criterion, each 0 or from {LIGHTEST} to {HEAVIEST:.0f} "
            f"with {WEIGHT_DECIMALS} decimals or fewer; got {weights.tolist()}"
        )
    if not weights.sum() > 0:
        raise WorksheetError("at least one weight must be above 0; all are 0")

"""Changes to a fitted endemic-epidemic model: which of its rates are multiplied, and between which regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt

from harmattan.models.endemic.paths import Dynamics
from harmattan.named import nearest
from harmattan.regions import Regions

Floats = npt.NDArray[np.float64]

KINDS = ("activity", "transmission", "cut", "open")
ALL = "*"
ARROW = "->"
GRAMMAR = "'activity PATTERN FACTOR', 'transmission FROM->TO FACTOR', 'cut A B' or 'open A B'"


@dataclass(frozen=True)
class Change:
    """One change, with every pattern resolved to region codes.

    Attributes
    ----------
    kind
        ``activity``: all that is expected in the sources, whatever brings it, times the factor. ``transmission``: what
        attacks in the sources bring to the targets, other than themselves, times the factor; what is held back is not
        sent elsewhere. ``cut``: the link between two regions, both ways, is taken away. ``open``: a link between two
        regions that have none, both ways, with the mean weight of the links there are, beside what they send already.
    sources, targets
        Region codes; an activity has no targets, a cut or opened link one region in each.
    factor
        0 or more; 0 for a cut and 1 for an opened link.

    Raises
    ------
    ValueError
        If the kind is unknown, the factor is negative or not finite, or regions are missing.
    """

    kind: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    factor: float

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a change must be one of {', '.join(KINDS)}; got {self.kind!r}")
        if not (np.isfinite(self.factor) and self.factor >= 0):
            raise ValueError(
                f"the factor of a change must be finite and 0 or more, such as 0.5 to halve; got {self.factor}"
            )
        if not self.sources or (self.kind != "activity" and not self.targets):
            raise ValueError(f"a change of {self.kind} needs regions it acts on; got {self.sources} and {self.targets}")

    def in_words(self) -> str:
        """Say what is changed.

        Examples
        --------
        >>> Change("cut", ("BJ02",), ("BF52",), 0.0).in_words()
        'the link between BJ02 and BF52 cut'
        """
        sources, targets = _few(self.sources), _few(self.targets)
        if self.kind in ("cut", "open"):
            return f"the link between {sources} and {targets} {'cut' if self.kind == 'cut' else 'opened'}"
        where = f"activity in {sources}" if self.kind == "activity" else f"transmission from {sources} to {targets}"
        return f"{where} times {self.factor:g}"


def activity(regions: Regions, pattern: str, factor: float) -> Change:
    """Return the change of all activity in the regions that match.

    Raises
    ------
    ValueError
        As `matching` and `Change`.
    """
    return Change("activity", matching(regions, pattern), (), float(factor))


def transmission(regions: Regions, link: str, factor: float) -> Change:
    """Return the change of what regions on the left of ``FROM->TO`` bring to those on its right.

    A bare ``*`` on one side stands for all regions that are not on the other: ``BFA->*`` is what leaves Burkina Faso,
    ``*->BEN`` what enters Benin.

    Raises
    ------
    ValueError
        As `matching` and `Change`, or if there is no arrow or nothing but one region on both sides.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> change = transmission(bundled("admin1", ["BEN", "TGO"]), "TGO-*->BJ02,BJ04", 0.5)
    >>> len(change.sources), change.targets
    (5, ('BJ02', 'BJ04'))
    """
    left, arrow, right = link.partition(ARROW)
    if not arrow or ARROW in right:
        raise ValueError(f"transmission must be written FROM{ARROW}TO, such as 'BFA-*{ARROW}BEN-*'; got {link!r}")
    sources, targets = (matching(regions, side) for side in (left, right))
    if left.strip() == ALL and right.strip() != ALL:
        sources = _without(sources, targets)
    elif right.strip() == ALL and left.strip() != ALL:
        targets = _without(targets, sources)
    if not sources or not targets or (len({*sources, *targets}) == 1):
        raise ValueError(f"transmission goes from one region to another; {link!r} leaves {len(regions)} regions none")
    return Change("transmission", sources, targets, float(factor))


def cut_link(regions: Regions, a: str, b: str) -> Change:
    """Return the cut of the link between two regions.

    Raises
    ------
    ValueError
        As `matching`, or if a pattern matches several regions or both the same.
    """
    return Change("cut", *_pair(regions, a, b), 0.0)


def open_link(regions: Regions, a: str, b: str) -> Change:
    """Return the opening of a link between two regions.

    Raises
    ------
    ValueError
        As `cut_link`.
    """
    return Change("open", *_pair(regions, a, b), 1.0)


def parse(text: str, regions: Regions) -> Change:
    """Read a change from words.

    Parameters
    ----------
    text
        ``activity PATTERN FACTOR``, ``transmission FROM->TO FACTOR``, ``cut A B`` or ``open A B``; see `matching` for
        patterns.
    regions
        The regions of the model.

    Raises
    ------
    ValueError
        If the text is none of these, or as the functions for each kind.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> parse("transmission BFA->BEN 0.5", bundled("country")).in_words()
    'transmission from BFA to BEN times 0.5'
    """
    words = text.split()
    kind = words[0] if words else ""
    if kind not in KINDS or len(words) != 3:
        raise ValueError(f"a change must be {GRAMMAR}; got {text!r}{nearest(kind, list(KINDS)) if kind else ''}")
    if kind == "cut":
        return cut_link(regions, words[1], words[2])
    if kind == "open":
        return open_link(regions, words[1], words[2])
    try:
        factor = float(words[2])
    except ValueError:
        raise ValueError(f"the factor of {text!r} must be a number of 0 or more; got {words[2]!r}") from None
    return activity(regions, words[1], factor) if kind == "activity" else transmission(regions, words[1], factor)


def matching(regions: Regions, pattern: str) -> tuple[str, ...]:
    """Return the codes of the regions that a pattern names, in the order of the table.

    Parameters
    ----------
    regions
        The regions of the model.
    pattern
        A code, a country (``BEN`` or ``BEN-*``), codes with ``*``, ``?`` and ``[]`` as in file names, or several of
        these with commas between.

    Raises
    ------
    ValueError
        If a part matches nothing; the message gives the nearest code, country or name.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> matching(bundled("admin1", ["BEN", "TGO"]), "TGO,BJ0[12]")[:2]
    ('BJ01', 'BJ02')
    """
    table = regions.table
    found = np.zeros(len(table), dtype=bool)
    for part in (each.strip() for each in pattern.split(",")):
        country = part.removesuffix("-*")
        hit = np.array([fnmatchcase(str(code), part) for code in table.index]) | (table["country"] == country)
        if not hit.any():
            names = dict(zip(table["name"].astype(str), table.index.astype(str), strict=True))
            code = f", whose code is {names[part]}" if part in names else ""
            near = "" if code else nearest(part, [*map(str, table.index), *sorted(set(table["country"])), *names])
            raise ValueError(
                f"{part!r} must be a region, a country or a pattern of codes; none of the {len(table)} regions, such "
                f"as {table.index[0]!r} of {table['country'].iloc[0]}, matches{code}{near}"
            )
        found |= np.asarray(hit)
    return tuple(map(str, table.index[found]))


def apply(dynamics: Dynamics, change: Change, regions: Sequence[str]) -> Dynamics:
    """Return a model with one change; with a factor of one it is the same to the last bit.

    Parameters
    ----------
    dynamics
        A fitted model set to run forward.
    change
        What to change.
    regions
        Codes in the order of the arrays.

    Raises
    ------
    ValueError
        If a region is not among them, or a link to be opened is there already.
    """
    sources, targets = (_places(codes, regions) for codes in (change.sources, change.targets))
    if change.kind in ("activity", "transmission") and change.factor == 1:
        return dynamics
    if change.kind == "activity":
        factor = np.ones(len(regions))
        factor[sources] = change.factor
        rates = dynamics.background * factor, dynamics.own * factor, dynamics.neighbours * factor
        return replace(dynamics, background=rates[0], own=rates[1], neighbours=rates[2])
    weights = dynamics.weights.copy()
    block = np.ix_(sources, targets)
    if change.kind == "transmission":
        weights[block] *= change.factor
        return replace(dynamics, weights=weights)
    if change.kind == "open":
        if weights[block].any() or weights[np.ix_(targets, sources)].any():
            raise ValueError(
                f"a link can only be opened where there is none; {change.sources[0]} and {change.targets[0]} have one: "
                "multiply transmission between them instead"
            )
        links = weights[weights > 0]
        weight = float(links.mean()) if len(links) else 1.0
    else:
        weight = 0.0
    weights[sources, targets] = weights[targets, sources] = weight
    return replace(dynamics, weights=weights)


def _places(codes: Sequence[str], regions: Sequence[str]) -> npt.NDArray[np.intp]:
    place = {code: number for number, code in enumerate(regions)}
    unknown = [code for code in codes if code not in place]
    if unknown:
        raise ValueError(
            f"a change must name regions of the model; {unknown[0]!r} is none of {len(regions)}"
            f"{nearest(unknown[0], list(regions))}"
        )
    return np.array([place[code] for code in codes], dtype=np.intp)


def _pair(regions: Regions, a: str, b: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    ends = matching(regions, a), matching(regions, b)
    for given, found in zip((a, b), ends, strict=True):
        if len(found) > 1:
            raise ValueError(f"a link joins two regions; {given!r} matches {len(found)}: {_few(found)}")
    if ends[0] == ends[1]:
        raise ValueError(f"a link joins two regions; got {ends[0][0]!r} twice")
    return ends


def _without(codes: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in codes if code not in others)


def _few(codes: tuple[str, ...]) -> str:
    return ", ".join(codes) if len(codes) <= 3 else f"{', '.join(codes[:3])} and {len(codes) - 3} more"

"""A worksheet read from CSV or XLSX; every fault is named with its cell or row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harmattan.named import nearest
from harmattan.paths import data_dir
from harmattan.protect import cells
from harmattan.protect.cells import WorksheetError, alike
from harmattan.protect.grids import Grid, Row, cell, grid
from harmattan.protect.scales import NAMES
from harmattan.protect.sheet import Worksheet

WEIGHT = "weight"
COLUMNS = ("site", "rater", *NAMES, "region")
NEEDED = COLUMNS[:-1]


@dataclass(frozen=True)
class _Record:
    """The scores of one row."""

    row: int
    site: str
    rater: str
    scores: list[int]
    region: str


def read(path: Path) -> Worksheet:
    """Read a worksheet.

    A sheet has the columns ``site, rater``, the six criteria and, if wanted, ``region`` (the code of the site's region
    in a forecast), with one row for each site and rater; a row whose site is ``weight`` holds the weights, equal ones
    if it is left out. Lines that begin with ``#`` and have nothing else are the scales; they are passed over.

    Parameters
    ----------
    path
        A .csv (UTF-8; comma, semicolon or tab) or .xlsx file. Of a workbook with several sheets, the one named
        ``Scores``.

    Raises
    ------
    WorksheetError
        If the file cannot be read, or anything in it is wrong; the message names the first fault and its cell.

    Examples
    --------
    >>> from harmattan.protect import example
    >>> read(example()).sites
    ('Civil airport in the north', 'Peacekeeping base in the capital', 'Embassy in the capital')
    """
    found = grid(Path(path))
    columns = _columns(found)
    records, weights = [], None
    for row in found.rows[1:]:
        _check_width(row, found)
        if alike(row.text(columns["site"])) == WEIGHT:
            if weights is not None:
                raise WorksheetError(f"{found.place}, row {row.number}: a second row of weights; keep one")
            if row.text(columns["rater"]):
                raise WorksheetError(
                    f"{cell(found, row, columns['rater'])}: the row of weights has no rater; a site cannot be called "
                    f"{WEIGHT!r}"
                )
            weights = [cells.weight(row.text(columns[each]), cell(found, row, columns[each])) for each in NAMES]
            if not sum(weights) > 0:
                raise WorksheetError(f"{found.place}, row {row.number}: at least one weight must be above 0; all are 0")
        else:
            records.append(_record(row, found, columns))
    if not records:
        raise WorksheetError(f"{found.place}: has no row of scores; expected one for each site and rater")
    return _joined(records, weights or [1.0] * len(NAMES), found.place)


def example() -> Path:
    """Return the worksheet that ships with Harmattan: three generic sites, scored by constructed raters."""
    return data_dir() / "examples" / "worksheet_example.csv"


def _columns(found: Grid) -> dict[str, int]:
    header = found.rows[0]
    columns: dict[str, int] = {}
    for place, heading in enumerate(header.cells):
        told = alike(heading)
        if not told:
            continue
        if told not in COLUMNS:
            raise WorksheetError(
                f"{cell(found, header, place)}: the column {heading[:40]!r} is not known"
                f"{nearest(told, list(COLUMNS))}; known: {', '.join(COLUMNS)}"
            )
        if told in columns:
            raise WorksheetError(f"{cell(found, header, place)}: the column {told} comes twice; keep one")
        columns[told] = place
    missing = [each for each in NEEDED if each not in columns]
    if missing:
        raise WorksheetError(
            f"{found.place}, row {header.number}: the column {missing[0]} is missing; a worksheet needs "
            f"{', '.join(NEEDED)}"
        )
    return columns


def _check_width(row: Row, found: Grid) -> None:
    """Raise if a row holds something where there is no heading."""
    for place, text in enumerate(row.cells):
        if text and not found.rows[0].text(place):
            raise WorksheetError(f"{cell(found, row, place)}: holds {text[:40]!r} below no heading; clear it")


def _record(row: Row, found: Grid, columns: Mapping[str, int]) -> _Record:
    site, rater = (cells.name(row.text(columns[each]), cell(found, row, columns[each])) for each in ("site", "rater"))
    scores = []
    for each in NAMES:
        place = f"{cell(found, row, columns[each])} ({each} of {site!r} by {rater!r})"
        scores.append(cells.score(row.text(columns[each]), place))
    region = row.text(columns["region"]) if "region" in columns else ""
    if region:
        region = cells.name(region, cell(found, row, columns["region"]))
    return _Record(row.number, site, rater, scores, region)


def _joined(records: Iterable[_Record], weights: list[float], place: str) -> Worksheet:
    """Put the rows together; each rater has each site once."""
    sites: dict[str, str] = {}
    raters: dict[str, str] = {}
    regions: dict[str, str] = {}
    known: dict[tuple[str, str], _Record] = {}
    for each in records:
        where = f"{place}, row {each.row}"
        for what, names, given in (("sites", sites, each.site), ("raters", raters, each.rater)):
            first = names.setdefault(alike(given), given)
            if first != given:
                raise WorksheetError(
                    f"{where}: two {what} have one name, {first!r} and {given!r}; write both the same way"
                )
        key = (alike(each.site), alike(each.rater))
        if key in known:
            raise WorksheetError(
                f"{where}: {each.rater!r} has scored {each.site!r} in row {known[key].row} already; two raters need "
                "two names, and so do two sites"
            )
        known[key] = each
        told = regions.setdefault(key[0], each.region) or each.region
        if each.region and told != each.region:
            raise WorksheetError(
                f"{where}: {each.site!r} is in region {told!r} in a row above, here in {each.region!r}"
            )
        regions[key[0]] = told
    for site in sites:
        for rater in raters:
            if (site, rater) not in known:
                raise WorksheetError(
                    f"{place}: {raters[rater]!r} has no row for {sites[site]!r}; every rater scores every site"
                )
    scores = np.array([[known[site, rater].scores for rater in raters] for site in sites], dtype=np.int64)
    return Worksheet(
        tuple(sites.values()), tuple(raters.values()), scores, np.array(weights), tuple(regions[each] for each in sites)
    )

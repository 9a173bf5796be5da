"""Readers of outside data: one module per format. Renaming and quirks live here and nowhere else.

A source is added by one reader, one line in `SOURCES` and one in `LAYOUTS`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harmattan.counts import Counts
from harmattan.events import Events
from harmattan.named import nearest
from harmattan.sources import acled, acled_weekly, hdx, plain, ucdp, ucdp_months
from harmattan.sources.files import SourceError, short, unpacked_once
from harmattan.sources.tables import Layout, headers

Reader = Callable[[Path], Events | Counts]

SOURCES: dict[str, Reader] = {
    "ucdp": ucdp.read_events,
    "ucdp_country_month": ucdp_months.read_country_month,
    "ucdp_dyad_month": ucdp_months.read_dyad_month,
    "acled": acled.read_events,
    "acled_weekly": acled_weekly.read_weekly,
    "hdx": hdx.read_monthly,
    "plain": plain.read_plain,
}
"""Name of a source -> its reader."""

LAYOUTS: dict[str, tuple[Layout, ...]] = {
    "ucdp": (ucdp.LAYOUT,),
    "ucdp_country_month": (ucdp_months.COUNTRY_LAYOUT,),
    "ucdp_dyad_month": (ucdp_months.DYAD_LAYOUT,),
    "acled": (acled.LAYOUT,),
    "acled_weekly": (acled_weekly.LAYOUT,),
    "hdx": (hdx.LAYOUT,),
    "plain": (plain.COUNTS_LAYOUT, plain.EVENTS_LAYOUT),
}
"""Name of a source -> the headings it is known by, in the order in which they are tried."""


def read(path: Path | str, source: str | None = None) -> Events | Counts:
    """Return the events or counts of a file.

    Parameters
    ----------
    path
        The file; it is only read.
    source
        Name of the source, one of `SOURCES`; found from the column headings if not given.

    Raises
    ------
    ValueError
        If no source has that name; the message suggests the nearest.
    SourceError
        If the headings are those of no source, or the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> written = path.write_text("region,month,attacks,deaths\\nML-5,2023-05,2,\\n")
    >>> read(path).table["attacks"].tolist()
    [2.0]
    """
    with unpacked_once():
        name = detect(Path(path)) if source is None else source
        if name not in SOURCES:
            raise ValueError(f"no source is called {name!r}{nearest(name, SOURCES)}; known: {', '.join(SOURCES)}")
        return SOURCES[name](Path(path))


def detect(path: Path) -> str:
    """Return the name of the source whose columns the file has.

    Raises
    ------
    SourceError
        If it has the columns of none; the message says what each source needs and does not find.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> written = path.write_text("date,lon,lat")
    >>> detect(path)
    'plain'
    """
    found = headers(path)
    looked_for = []
    for name, layouts in LAYOUTS.items():
        for layout in layouts:
            absent = min((layout.absent(header) for header in found), key=len)
            if not absent:
                return name
            looked_for.append(f"{name} misses {', '.join(absent[:3])}{' and more' if absent[3:] else ''}")
    titles = ", ".join(short(text) for header in found for text in header[:40] if text.strip()) or "none"
    raise SourceError(f"{path.name}: the columns are those of no known source; {'; '.join(looked_for)}; found {titles}")

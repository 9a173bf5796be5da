"""A folder of snapshots: adding a file, listing, finding by name, and what was known on a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

import pandas as pd

from harmattan.events import Events
from harmattan.named import nearest
from harmattan.sources import detect
from harmattan.sources import read as read_file
from harmattan.sources.files import contents, unpacked_once
from harmattan.vintages.content import canonical, content_hash, kind_of
from harmattan.vintages.coverage import months_of, release_of
from harmattan.vintages.days import day
from harmattan.vintages.snapshot import Snapshot, SnapshotError, keep, load
from harmattan.vintages.terms import terms_of

STORE = Path("vintages")
FEWEST_DIGITS = 6
_NAME = re.compile(r"[\w.+ -]+")


def add(
    file: Path,
    store: Path = STORE,
    *,
    source: str | None = None,
    series: str | None = None,
    release: str | None = None,
    known: str | None = None,
    first: str | None = None,
    last: str | None = None,
    licence: str | None = None,
    citation: str | None = None,
    retrieved: datetime | None = None,
) -> Snapshot:
    """Keep what a file says as a snapshot, and return it.

    Content that is in the store already makes nothing new, whatever the file is called or how it is packed: the
    snapshot there is returned.

    Parameters
    ----------
    file
        Events or counts, in any format of `harmattan.sources.SOURCES`; it is only read.
    store
        Folder of snapshots; made if it does not exist.
    source
        Format of the file; found from its columns if not given.
    series
        Snapshots of one series replace each other month by month; the source if not given.
    release
        The publisher's name of this release; found from the file's name if not given.
    known
        The day from which it was public, ``YYYY-MM-DD``; the day of retrieval if not given.
    first, last
        Months covered, ``YYYY-MM``; by the name of a UCDP release, else from the rows, if not given.
    licence, citation
        Those of the source if not given.
    retrieved
        When the file was fetched; now if not given.

    Raises
    ------
    harmattan.sources.files.SourceError
        If the file cannot be read.
    ValueError
        If a name or day is not written as it must be, or the months do not fit.
    """
    when = (retrieved or datetime.now(UTC)).astimezone(UTC)
    with unpacked_once(), ThreadPoolExecutor(1) as pool:
        # Refuses what is not a file before it is read beside the rest for its hash.
        contents(Path(file))
        hashed = pool.submit(_sha256, Path(file))
        name = source or detect(Path(file))
        found = read_file(Path(file), name)
    label = release or release_of(Path(file).name)
    group = series or name
    for what, text in (("series", group), ("release", label)):
        if not _NAME.fullmatch(text):
            raise ValueError(f"{what} must be made of letters, digits, spaces and . + - _; got {text!r}")
    begin, end = months_of(found, name, label, first, last)
    public = day(known) if known else f"{when:%Y-%m-%d}"
    if pd.Timestamp(public) < end.end_time.normalize():
        raise ValueError(
            f"a file known on {public} cannot cover all of {end}; say the day it was published (--known) and the last "
            "month it covers (--last)"
        )
    rows, terms = canonical(found), terms_of(name, Path(file).name)
    kind = kind_of(found)
    content = content_hash(rows, kind=kind, source=found.source)
    said = Snapshot(
        path=store,
        content=content,
        name=f"{group}-{label}",
        kind=kind,
        source=found.source,
        series=group,
        release=label,
        known=public,
        retrieved=when.isoformat(timespec="seconds"),
        licence=licence or terms.licence,
        citation=citation or terms.citation,
        first=str(begin),
        last=str(end),
        cut_off=f"{end.end_time:%Y-%m-%d}",
        rows=rows.num_rows,
        original=Path(file).name,
        original_sha256=hashed.result(),
        dropped=dict(found.dropped),
        notes=dict(found.notes) if isinstance(found, Events) else {},
    )
    return keep(store, said, rows)


def snapshots(store: Path = STORE) -> tuple[Snapshot, ...]:
    """Return the snapshots of a store, by the day from which they were known; none if there is no store.

    Raises
    ------
    SnapshotError
        If one is not whole or was altered; the message names it.
    """
    folders = sorted(path for path in store.glob("[!.]*") if path.is_dir()) if store.is_dir() else []
    return tuple(sorted((load(path) for path in folders), key=_age))


def find(store: Path, name: str) -> Snapshot:
    """Return the snapshot with a name, or whose content's hash begins so.

    Raises
    ------
    SnapshotError
        If there is none, or several.
    """
    every = snapshots(store)
    digits = name.lower()
    hashed = len(digits) >= FEWEST_DIGITS and not digits.strip("0123456789abcdef")
    found = [each for each in every if each.name == name or (hashed and each.content.startswith(digits))]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(f"{each.content[:12]} (known {each.known})" for each in found)
        raise SnapshotError(f"{len(found)} snapshots in {store} are called {name!r}: say which by its hash: {several}")
    names = [each.name for each in every]
    raise SnapshotError(
        f"no snapshot in {store} is called {name!r}{nearest(name, names)}; there are: {', '.join(names) or 'none'}"
    )


def as_of(store: Path, date: str, series: str | None = None) -> dict[str, tuple[Snapshot, ...]]:
    """Return what was known on a day: by series, the snapshots known by then that still count, the newest first.

    Each month counts by the newest snapshot that covers it, so a snapshot counts as long as it has a month that no
    newer one covers (`harmattan.vintages.stack.joined`).

    Parameters
    ----------
    date
        ``YYYY-MM-DD``.
    series
        Look at this series only.

    Raises
    ------
    ValueError
        If the day is not written so.
    """
    until, found = day(date), dict[str, list[Snapshot]]()
    for each in reversed(snapshots(store)):
        if each.known <= until and series in (None, each.series):
            found.setdefault(each.series, []).append(each)
    return {name: _counting(each) for name, each in sorted(found.items())}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _counting(newest_first: Sequence[Snapshot]) -> tuple[Snapshot, ...]:
    kept: list[Snapshot] = []
    taken: set[pd.Period] = set()
    for each in newest_first:
        months = set(each.months)
        if months - taken:
            kept.append(each)
            taken |= months
    return tuple(kept)


def _age(snapshot: Snapshot) -> tuple[str, str, str]:
    return snapshot.known, snapshot.retrieved, snapshot.content

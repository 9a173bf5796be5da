"""One snapshot: what a file said, with where and when it came from, kept under the hash of its content.

A snapshot is a folder of two files, `table.parquet` and `snapshot.json`, that is written whole or not at all and
never changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harmattan.counts import Counts
from harmattan.events import Events
from harmattan.months import month
from harmattan.vintages.content import Found, content_hash, restored
from harmattan.whole import alone_in, building, explained, write_bytes, write_text

SCHEMA = 1
TABLE, ABOUT = "table.parquet", "snapshot.json"
SHOWN = 16


class SnapshotError(ValueError):
    """A snapshot that cannot be used: altered, incomplete, or not there."""


@dataclass(frozen=True)
class Snapshot:
    """What is said of a snapshot; `harmattan.vintages.read` gives its rows.

    Attributes
    ----------
    path
        Its folder.
    content
        SHA-256 of the rows (`harmattan.vintages.content.content_hash`): the snapshot's address.
    name
        Series and release, such as ``ucdp-23.0.10``.
    kind
        ``events`` or ``counts``.
    source
        The format it was read as, a name in `harmattan.sources.SOURCES`.
    series
        Snapshots of one series replace each other; by default the source.
    release
        The publisher's name of it.
    known
        The day from which it was known, ``YYYY-MM-DD``: as stated, else the day of retrieval.
    retrieved
        When it was read, in UTC.
    licence, citation
        On what terms, and what to cite.
    first, last
        The months it covers, ``YYYY-MM``.
    cut_off
        The last day covered.
    rows
        Events, or regions and months with a count.
    original, original_sha256
        Name and SHA-256 of the file it was read from.
    table_sha256
        SHA-256 of `table.parquet`.
    dropped, notes
        The account of `Events` or `Counts` when it was read.
    """

    path: Path
    content: str
    name: str
    kind: str
    source: str
    series: str
    release: str
    known: str
    retrieved: str
    licence: str
    citation: str
    first: str
    last: str
    cut_off: str
    rows: int
    original: str
    original_sha256: str
    table_sha256: str = ""
    dropped: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def months(self) -> pd.PeriodIndex:
        """The months it covers."""
        return pd.period_range(month(self.first), month(self.last), freq="M")

    def said(self) -> dict[str, Any]:
        """Return what identifies it, for manifests and logs."""
        return {name: getattr(self, name) for name in ("name", "content", "known", "retrieved", "first", "last")}


def keep(store: Path, snapshot: Snapshot, table: pa.Table) -> Snapshot:
    """Write a snapshot into a store, whole or not at all, and return it as it is there.

    If its content is there already, nothing is written and the earlier snapshot is returned.

    Raises
    ------
    SnapshotError
        If the one that is there was altered.
    """
    final = store / snapshot.content[:SHOWN]
    stream = BytesIO()
    pq.write_table(table, stream, compression="zstd")
    stored = stream.getvalue()
    whole = replace(snapshot, path=final, table_sha256=sha256(stored).hexdigest())
    with explained(store), alone_in(store):
        if final.exists():
            return checked(final)
        with building(final) as made:
            write_bytes(made / TABLE, stored)
            write_text(made / ABOUT, _text(whole))
    return whole


def load(folder: Path) -> Snapshot:
    """Return what is said of the snapshot in a folder.

    Raises
    ------
    SnapshotError
        If it is not whole, was altered, or was written by a newer Harmattan.
    """
    try:
        said = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        schema, own = said.pop("schema"), said.pop("sha256")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise SnapshotError(f"{folder} is not a snapshot: {error}; delete it and add the file again") from error
    if schema != SCHEMA:
        raise SnapshotError(f"{folder} has schema {schema!r}, not {SCHEMA}: read it with the harmattan that wrote it")
    if own != _own(said):
        raise SnapshotError(f"{folder / ABOUT} was altered after it was written; delete the folder, add the file again")
    return Snapshot(path=folder, **said)


def read(snapshot: Snapshot) -> Found:
    """Return the events or counts of a snapshot, after checking that they were not altered.

    Raises
    ------
    SnapshotError
        If the table is gone, was altered, or does not have the content it is kept under.
    """
    table = _table(snapshot)
    span = {"first": month(snapshot.first), "last": month(snapshot.last)}
    found = restored(table, kind=snapshot.kind, source=snapshot.source, **span)
    if isinstance(found, Events):
        dropped = {why: int(number) for why, number in snapshot.dropped.items()}
        return Events(found.table, found.source, dropped, snapshot.notes)
    return Counts(found.table, found.source, found.first, found.last, snapshot.dropped)


def checked(folder: Path) -> Snapshot:
    """Return the snapshot in a folder after checking everything, its content too.

    Raises
    ------
    SnapshotError
        As `load` and `read`; or if the rows do not have the hash that the folder is named by.
    """
    snapshot = load(folder)
    found = content_hash(_table(snapshot), kind=snapshot.kind, source=snapshot.source)
    if found != snapshot.content or folder.name != found[:SHOWN]:
        raise SnapshotError(f"{folder} holds content {found[:SHOWN]}, not what it is named by; add the file again")
    return snapshot


def verify(snapshot: Snapshot) -> bytes:
    """Return the stored table of a snapshot, as bytes, after checking that it was not altered.

    Raises
    ------
    SnapshotError
        If it is gone or was altered.
    """
    file = snapshot.path / TABLE
    try:
        stored = file.read_bytes()
    except OSError as error:
        raise SnapshotError(f"{file} is gone; delete the folder and add {snapshot.original} again") from error
    if sha256(stored).hexdigest() != snapshot.table_sha256:
        raise SnapshotError(
            f"{file} was altered after it was written: expected SHA-256 {snapshot.table_sha256[:12]}…, got "
            f"{sha256(stored).hexdigest()[:12]}…; delete the folder and add {snapshot.original} again"
        )
    return stored


def _table(snapshot: Snapshot) -> pa.Table:
    return pq.read_table(pa.BufferReader(verify(snapshot)))


def _text(snapshot: Snapshot) -> str:
    said = {name: value for name, value in asdict(snapshot).items() if name != "path"}
    return json.dumps({"schema": SCHEMA, **said, "sha256": _own(said)}, indent=2, ensure_ascii=False) + "\n"


def _own(said: Mapping[str, Any]) -> str:
    return sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

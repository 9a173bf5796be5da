"""One file over HTTPS: carried on where it broke off, not sent again if unchanged, there whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harmattan.fetching.checks import Check
from harmattan.fetching.problems import FetchError, PassingError, place
from harmattan.fetching.record import Record, digest, publish, read_record, settle
from harmattan.fetching.web import Step, Told, Visit, answer, persistently, pieces, refuse_status
from harmattan.sources.files import LIMIT
from harmattan.whole import explained, hidden

if TYPE_CHECKING:
    import httpx2

HASHES = {32: "md5", 40: "sha1", 64: "sha256"}
"""Length of a checksum in hexadecimal digits -> its kind."""


@dataclass(frozen=True)
class Asked:
    """A file to download.

    Parameters
    ----------
    record
        What is known of it before it comes; size, hash and time are filled in.
    check
        Called with the complete file, still under its hidden name; raises what is wrong with it.
    page
        Where the provider lists its files.
    checksum
        The provider's, in hexadecimal digits; empty if it gives none.
    limit
        Largest size in bytes.
    came_from
        Address of the answer that named this one.
    """

    record: Record
    check: Check
    page: str
    checksum: str = ""
    limit: int = LIMIT
    came_from: str | None = None


@dataclass(frozen=True)
class Fetched:
    """A file that is there, with its record; `new` is False if it had not changed since it was last fetched."""

    path: Path
    record: Record
    new: bool


@dataclass(frozen=True)
class _Mark:
    """Of which version a partial file is."""

    address: str
    etag: str
    modified: str
    total: int | None


def download(visit: Visit, asked: Asked, folder: Path) -> Fetched:
    """Have a file and its record in a folder.

    An earlier partial download of the same version is carried on. If the file is there and the server says that it has
    not changed, nothing is sent. The file appears under its name only when it is whole, is what was asked for and has
    the provider's checksum; until then an older one stays.

    Raises
    ------
    FetchError
        If it cannot be had; one sentence says why.
    harmattan.whole.NotWrittenError
        If the disk is full, or the folder cannot be written; what came by then is carried on with.
    """
    file = folder / asked.record.file
    with explained(folder), alone(file, visit.told):
        settle(file)
        partial = hidden(file)
        kept = _kept(file, asked.record.address)
        came = _come(visit, asked, partial, kept)
        if came is None:
            assert kept is not None
            return Fetched(file, kept, new=False)
        record = finished(asked.record, partial, visit.manners.now(), came.etag, came.modified)
        publish(partial, file, record)
        _state(partial).unlink(missing_ok=True)
        return Fetched(file, record, new=True)


def _come(visit: Visit, asked: Asked, partial: Path, kept: Record | None) -> _Mark | None:
    """Have the whole file, checked, under its hidden name; None if the kept one has not changed."""

    def so_far() -> str:
        return f"; it carries on after {partial.stat().st_size:,} bytes" if partial.exists() else ""

    whole = False
    while True:
        had = [False]
        mark = persistently(lambda: _attempt(visit, asked, partial, kept, had), visit, kept=so_far)  # noqa: B023
        if mark is None:
            return None
        try:
            _proved(asked, partial)
        except FetchError as error:
            _forget(partial)
            # Pieces of several answers may not fit together though the server says so: ask once for the whole.
            if had[0] and not whole:
                whole = True
                continue
            raise FetchError(f"{place(asked.record.address)}: {error}; nothing was kept of it") from None
        return mark


def finished(record: Record, partial: Path, now: datetime, etag: str = "", modified: str = "") -> Record:
    """Return a record with the size, hash and time of a complete file."""
    known = {"sha256": digest(partial), "bytes": partial.stat().st_size, "etag": etag, "modified": modified}
    return Record(**{**asdict(record), **known, "retrieved": f"{now:%Y-%m-%dT%H:%M:%SZ}"})


@contextmanager
def alone(file: Path, told: Told) -> Iterator[None]:
    """Hold the lock of one file, waiting for another fetch of it; the system gives back that of a killed one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f".{file.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told(Step("lock"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _attempt(visit: Visit, asked: Asked, partial: Path, kept: Record | None, had: list[bool]) -> _Mark | None:
    """Ask once, carry the partial file on or begin it anew; None if the kept file has not changed.

    `had` is set if what was there is carried on with.
    """
    mark = _mark(partial, asked.record.address)
    headers = {"Accept-Encoding": "identity", **_conditions(partial, mark, kept)}
    address = asked.record.address
    with answer(visit, address, headers=headers, came_from=asked.came_from) as response:
        if response.status_code == 416:
            if mark is not None and partial.stat().st_size == mark.total:
                # The version is vouched for and there is nothing after the end: all of it is there.
                had[0] = True
                return mark
            _forget(partial)
            raise PassingError(f"{place(address)} has changed or ended where it was to be carried on")
        refuse_status(response, manners=visit.manners, about=asked.record.file, page=asked.page)
        if response.status_code == 304:
            if kept is None or mark is not None:
                raise FetchError(f"{place(address)} answered that nothing has changed, which was not asked")
            return None
        if response.status_code == 206:
            _same_version(response, partial, mark)
            had[0] = True
        else:
            mark = _begin(response, partial, address)
        assert mark is not None
        _append(visit, response, partial, mark.total, asked.limit)
    return mark


def _append(visit: Visit, response: httpx2.Response, partial: Path, total: int | None, limit: int) -> None:
    done, host = partial.stat().st_size, response.url.host
    raw = "content-encoding" not in response.headers
    try:
        if total is not None and total > limit:
            raise FetchError(f"{host} offers {total:,} bytes, more than the {limit:,} that are taken")
        with partial.open("ab") as stream:
            for piece in pieces(response, manners=visit.manners, limit=limit - done, raw=raw):
                stream.write(piece)
                done += len(piece)
                visit.told(Step("bytes", done, total))
            stream.flush()
            os.fsync(stream.fileno())
    except PassingError:
        raise
    except FetchError:
        _forget(partial)
        raise
    if total is not None and done != total:
        raise PassingError(f"{host} sent {done:,} of {total:,} bytes")


def _begin(response: httpx2.Response, partial: Path, address: str) -> _Mark:
    """Start the partial file anew, and note of which version it is before the first byte."""
    packed = "content-encoding" in response.headers
    size = response.headers.get("content-length", "")
    mark = _Mark(
        address,
        "" if packed else response.headers.get("etag", ""),
        "" if packed else response.headers.get("last-modified", ""),
        int(size) if size.isdecimal() and not packed else None,
    )
    partial.write_bytes(b"")
    _state(partial).write_text(json.dumps(asdict(mark)), encoding="utf-8")
    return mark


def _same_version(response: httpx2.Response, partial: Path, mark: _Mark | None) -> None:
    """Refuse a part that does not fit what is there: of another version, place or length."""
    size = partial.stat().st_size if partial.exists() else 0
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("content-range", ""))
    fits = mark is not None and found is not None and int(found[1]) == size
    if fits and mark is not None and found is not None:
        total = mark.total is None or found[3] in ("*", str(mark.total))
        etag = response.headers.get("etag", mark.etag)
        fits = total and etag == mark.etag and "content-encoding" not in response.headers
    if not fits:
        _forget(partial)
        raise PassingError(f"{response.url.host} sent a part that does not fit what was there")


def _conditions(partial: Path, mark: _Mark | None, kept: Record | None) -> Mapping[str, str]:
    """The headers that ask for the rest of a version, or for a file only if it is not the kept one."""
    if mark is not None:
        # A weak ETag does not promise the same bytes, so it cannot vouch for a range.
        vouch = mark.etag if mark.etag and not mark.etag.startswith("W/") else mark.modified
        return {"Range": f"bytes={partial.stat().st_size}-", "If-Range": vouch}
    if kept is None:
        return {}
    asked = {"If-None-Match": kept.etag, "If-Modified-Since": kept.modified}
    return {name: text for name, text in asked.items() if text}


def _mark(partial: Path, address: str) -> _Mark | None:
    """The version of the partial file, if it can be carried on."""
    try:
        mark = _Mark(**json.loads(_state(partial).read_text(encoding="utf-8")))
        size = partial.stat().st_size
    except (FileNotFoundError, TypeError, ValueError):
        _forget(partial)
        return None
    strong = mark.etag and not mark.etag.startswith("W/")
    if mark.address != address or not size or not (strong or mark.modified):
        _forget(partial)
        return None
    return mark


def _kept(file: Path, address: str) -> Record | None:
    """The record of the file that is there, if it came from this address and is as it came."""
    with suppress(ValueError):
        record = read_record(file)
        if record.address == address and (record.etag or record.modified):
            return record
    return None


def _proved(asked: Asked, partial: Path) -> None:
    asked.check(partial)
    kind = HASHES.get(len(asked.checksum))
    if kind is not None and digest(partial, kind) != asked.checksum.lower():
        raise FetchError(f"the file that came does not have the provider's {kind} checksum")


def _state(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.json")


def _forget(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    _state(partial).unlink(missing_ok=True)

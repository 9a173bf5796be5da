"""The file of the ledger, ``ledger.jsonl``, and how a line gets into it so that no killed run leaves it half done.

Beside it stands the head, ``.ledger.head``: how many lines there are, the hash of the last, and the line that is about
to be written. The order is: the line goes into the head, the release gets its name, the line goes into the ledger, the
head tells of it as the last. Whoever comes next sees in the head where a killed run stopped, and finishes (`settle`).
The head also shows when lines are cut off the end, which a chain of hashes alone cannot.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harmattan.ledger.line import START, LedgerError, Line, content_of, parse
from harmattan.whole import alone_in, flush, write_text

LEDGER, HEAD = "ledger.jsonl", ".ledger.head"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Head:
    """How the ledger ends.

    Attributes
    ----------
    lines
        How many lines it has.
    sha256
        The hash of the last; `START` if there is none.
    pending
        The text of the line of a release that is just being written; else None.
    """

    lines: int = 0
    sha256: str = START
    pending: str | None = None


@contextmanager
def recording(
    folder: Path, release: Path, manifest: Mapping[str, Any], *, now: datetime | None = None
) -> Iterator[None]:
    """Append a release to the ledger if what is done inside makes it appear.

    Parameters
    ----------
    folder
        Where releases are kept.
    release
        The folder that the release is about to get; inside `folder`.
    manifest
        Its manifest, files and own hash included.
    now
        The time to state; the present by default.
    """
    with alone_in(folder):
        _settle(folder)
        head = _head_or_end(folder)
        when = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
        line = next_line(head, release.relative_to(folder).as_posix(), manifest, issued=when)
        _write_head(folder, Head(head.lines, head.sha256, line.text()))
        try:
            yield
        finally:
            _settle(folder)


def settle(folder: Path) -> None:
    """Finish what a killed run left: append its release if it is there, else forget the line."""
    found = read_head(folder)
    if found is not None and found.pending is not None:
        with alone_in(folder):
            _settle(folder)


def adopt(folder: Path, manifests: Mapping[str, Mapping[str, Any]], *, now: datetime | None = None) -> list[Line]:
    """Append releases that were written without the ledger, and state how it ends if the head is gone.

    Parameters
    ----------
    manifests
        Their manifests by folder, as seen from that of the ledger, in the order to append them.
    """
    when = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    made = []
    with alone_in(folder):
        _settle(folder)
        head = _head_or_end(folder)
        for place, manifest in manifests.items():
            line = next_line(head, place, manifest, adopted=when)
            head = Head(line.number, line.sha256)
            _append(folder, line)
            made.append(line)
        _write_head(folder, head)
    return made


def next_line(
    head: Head, place: str, manifest: Mapping[str, Any], *, issued: str | None = None, adopted: str | None = None
) -> Line:
    """Return the line that follows the last."""
    return Line(
        number=head.lines + 1,
        experiment=str(manifest["experiment"]),
        folder=place,
        origin=str(manifest["origin"]),
        manifest=str(manifest["sha256"]),
        content=content_of(manifest),
        issued=issued,
        adopted=adopted,
        previous=head.sha256,
    )


def read_lines(folder: Path) -> list[Line | LedgerError]:
    """Return the lines as they stand, and an error for each that is none; nothing if there is no ledger."""
    path = folder / LEDGER
    if not path.is_file():
        return []
    found: list[Line | LedgerError] = []
    for text in path.read_text(encoding="utf-8", errors="replace").removesuffix("\n").split("\n"):
        try:
            found.append(parse(text))
        except LedgerError as error:
            found.append(error)
    return found


def read_head(folder: Path) -> Head | None:
    """Return the head; None if it is not there or cannot be read."""
    try:
        said = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        return Head(int(said["lines"]), str(said["sha256"]), said["pending"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _head_or_end(folder: Path) -> Head:
    """The head, or what the file itself ends with.

    Lines cut off the end stay missed: what is appended follows the line that the head tells of, not the last left.
    """
    found = read_head(folder)
    if found is not None:
        return found
    lines = read_lines(folder)
    known = [each for each in lines if isinstance(each, Line)]
    return Head(max([len(lines), *(each.number for each in known)]), known[-1].sha256 if known else START)


def _settle(folder: Path) -> None:
    """As `settle`, with the lock held."""
    head = read_head(folder)
    if head is None or head.pending is None:
        return
    line = parse(head.pending)
    _cut_torn_end(folder, head.pending)
    lines = read_lines(folder)
    written = bool(lines) and lines[-1] == line
    if not written and not _appeared(folder, line):
        _write_head(folder, Head(head.lines, head.sha256))
        return
    if not written:
        _append(folder, line)
    _write_head(folder, Head(line.number, line.sha256))


def _appeared(folder: Path, line: Line) -> bool:
    try:
        said = json.loads((folder / line.folder / MANIFEST).read_text(encoding="utf-8"))
        return bool(said["sha256"] == line.manifest)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _cut_torn_end(folder: Path, pending: str) -> None:
    """Remove the beginning of a line that a killed run was writing."""
    path = folder / LEDGER
    if not path.is_file():
        return
    stored = path.read_bytes()
    whole = stored.rfind(b"\n") + 1
    if whole < len(stored) and pending.encode().startswith(stored[whole:]):
        with path.open("r+b") as file:
            file.truncate(whole)


def _append(folder: Path, line: Line) -> None:
    path = folder / LEDGER
    stored = path.read_bytes() if path.is_file() else b""
    torn = bool(stored) and not stored.endswith(b"\n")
    with path.open("ab") as file:
        file.write(b"\n" * torn + f"{line.text()}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    flush(folder, inside=False)


def _write_head(folder: Path, head: Head) -> None:
    write_text(folder / HEAD, json.dumps(asdict(head), ensure_ascii=False) + "\n")

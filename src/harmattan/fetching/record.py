"""The record beside a fetched file: what it is, where it came from and when, its terms and its hash."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from harmattan.whole import flush, hidden


@dataclass(frozen=True)
class Record:
    """What is known of a fetched file. Nothing in it is secret.

    Parameters
    ----------
    source, release
        Name of the source in ``addresses.toml``, and which release of it.
    address
        Where it was asked for, with the question and without any login.
    retrieved
        When it was complete, UTC, ``YYYY-MM-DDTHH:MM:SSZ``.
    sha256, bytes
        Hash and size of the file.
    licence, citation
        Terms of use, and what to cite.
    file
        Its name.
    etag, modified
        The server's marks of this version; empty if it gave none.
    """

    source: str
    release: str
    address: str
    retrieved: str
    sha256: str
    bytes: int
    licence: str
    citation: str
    file: str
    etag: str = ""
    modified: str = ""


def beside(file: Path) -> Path:
    """Return the path of the record of a file.

    Examples
    --------
    >>> beside(Path("downloads/ged261-csv.zip")).name
    'ged261-csv.zip.json'
    """
    return file.with_name(f"{file.name}.json")


def read_record(file: Path) -> Record:
    """Return the record of a fetched file, once the file is known to be the one recorded.

    Raises
    ------
    ValueError
        If there is no file or no record, or the file is not the one that was recorded.
    """
    try:
        return _fitting(beside(file), file)
    except ValueError:
        # A fetch that was killed between the two renames of `publish`.
        with suppress(ValueError):
            return _fitting(hidden(beside(file)), file)
        raise


def settle(file: Path) -> None:
    """Finish what a killed fetch of a file left: its record gets its name if it fits, else it goes."""
    waiting = hidden(beside(file))
    try:
        _fitting(waiting, file)
    except ValueError:
        waiting.unlink(missing_ok=True)
    else:
        waiting.replace(beside(file))


def digest(file: Path, algorithm: str = "sha256") -> str:
    """Return the hash of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def publish(partial: Path, file: Path, record: Record) -> None:
    """Put a complete file and its record under their names, on disk before they can be seen.

    The file comes first: if the machine stops between the two, the record that fits is the hidden one, which
    `read_record` finds and the next fetch gives its name.
    """
    waiting = hidden(beside(file))
    waiting.write_text(json.dumps(asdict(record), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for each in (partial, waiting):
        flush(each, inside=False)
    partial.replace(file)
    waiting.replace(beside(file))
    flush(file.parent, inside=False)


def _fitting(place: Path, file: Path) -> Record:
    """The record at a place, once the file is known to be the one recorded."""
    try:
        record = Record(**json.loads(place.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ValueError(f"expected {place.name} beside {file}; there is none: fetch it again") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place} is not a record of a fetched file; fetch it again") from error
    if not file.is_file() or file.stat().st_size != record.bytes or digest(file) != record.sha256:
        raise ValueError(f"{file} is not the file that {place.name} records; fetch it again")
    return record

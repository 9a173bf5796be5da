"""The record beside a fetched file: what it is, where it came from and when, its terms and its hash."""

from __future__ import annotations

import hashlib
import json
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
        record = Record(**json.loads(beside(file).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ValueError(f"expected {beside(file).name} beside {file}; there is none: fetch it again") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"{beside(file)} is not a record of a fetched file; fetch it again") from error
    if not file.is_file() or file.stat().st_size != record.bytes or digest(file) != record.sha256:
        raise ValueError(f"{file} is not the file that {beside(file).name} records; fetch it again")
    return record


def digest(file: Path, algorithm: str = "sha256") -> str:
    """Return the hash of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def publish(partial: Path, file: Path, record: Record) -> None:
    """Put a complete file and its record under their names, on disk before they can be seen.

    The file comes first: if the machine stops between the two, the record does not fit, and the next fetch begins anew.
    """
    waiting = hidden(beside(file))
    waiting.write_text(json.dumps(asdict(record), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for each in (partial, waiting):
        flush(each, inside=False)
    partial.replace(file)
    waiting.replace(beside(file))
    flush(file.parent, inside=False)

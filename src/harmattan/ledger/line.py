"""One line of the ledger: a release, when it was issued, and the hash of the line before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

START = "0" * 64


class LedgerError(ValueError):
    """A line that is no line of a ledger, or was altered."""


@dataclass(frozen=True)
class Line:
    """One release in the ledger.

    Attributes
    ----------
    number
        1 for the first line, and so on.
    experiment, folder, origin
        Of the release; the folder as seen from that of the ledger.
    manifest
        The SHA-256 that the release's manifest states of itself.
    content
        SHA-256 of the names and hashes of its files (`content_of`).
    issued
        When it was written, in UTC; None if that is not known.
    adopted
        When it was taken up, if it was written without the ledger; else None.
    previous
        SHA-256 of the line before; `START` for the first.
    """

    number: int
    experiment: str
    folder: str
    origin: str
    manifest: str
    content: str
    issued: str | None
    adopted: str | None
    previous: str

    @property
    def sha256(self) -> str:
        """SHA-256 of everything the line says."""
        return sha256(json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def text(self) -> str:
        """Return the line as it stands in the ledger, without the line break."""
        return json.dumps({**asdict(self), "sha256": self.sha256}, ensure_ascii=False)


def content_of(manifest: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the names and hashes of a release's files.

    Examples
    --------
    >>> one, two = {"sha256": "aa", "bytes": 1}, {"sha256": "bb", "bytes": 2}
    >>> content_of({"files": {"x": one, "y": two}}) == content_of({"files": {"y": two, "x": one}})
    True
    """
    listed = sorted((str(name), str(each["sha256"])) for name, each in manifest["files"].items())
    return sha256("".join(f"{name}\t{digest}\n" for name, digest in listed).encode()).hexdigest()


def parse(text: str) -> Line:
    """Read a line.

    Raises
    ------
    LedgerError
        If it is not a line of a ledger, or does not have the hash that it states.

    Examples
    --------
    >>> line = Line(1, "small", "small/2023-06", "2023-06", "aa", "bb", "2023-07-02T10:00:00+00:00", None, START)
    >>> parse(line.text()) == line
    True
    >>> parse(line.text().replace("2023-07-02", "2023-07-01"))
    Traceback (most recent call last):
        ...
    harmattan.ledger.line.LedgerError: was edited: small/2023-06 does not have the hash that it states
    """
    try:
        said = json.loads(text)
        stated = said.pop("sha256")
        line = Line(**said)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LedgerError(f"was edited: it is not a line of the ledger ({error})") from error
    if line.sha256 != stated:
        raise LedgerError(f"was edited: {line.folder} does not have the hash that it states")
    return line

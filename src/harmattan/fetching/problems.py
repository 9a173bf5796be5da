"""What can go wrong while fetching, and words about it that never hold a secret."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

WORDS = 200


class FetchError(RuntimeError):
    """A file that cannot be fetched; the message is one sentence with the place and the remedy."""


class PassingError(FetchError):
    """A failure that may pass if tried again, after `wait` seconds if the server asked for that."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def place(address: str) -> str:
    """Return the address as messages show it: no user, no password, no question.

    Examples
    --------
    >>> place("https://me:secret@example.org/a/b.csv?key=secret")
    'https://example.org/a/b.csv'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def plain(text: object, secrets: Collection[str] = ()) -> str:
    """Return a server's own words in one short line, with every secret in them replaced.

    Examples
    --------
    >>> plain("token\\n abc is wrong", ["abc"])
    'token *** is wrong'
    """
    line = _without(str(text), secrets)
    line = " ".join("".join(each if each.isprintable() else " " for each in line).split())
    line = _without(line, secrets)
    return line if len(line) <= WORDS else f"{line[:WORDS]}..."


def _without(line: str, secrets: Collection[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        line = line.replace(secret, "***")
    return line

"""Errors as documents of RFC 9457: what is wrong, with which status, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from starlette.responses import Response

MEDIA = "application/problem+json"
WHERE = "/api/v1/problems"
SHOWN = 80


@dataclass(frozen=True)
class Kind:
    """A kind of error: its HTTP status, what it is called, and what to do about it."""

    status: int
    title: str
    remedy: str


KINDS: dict[str, Kind] = {
    "bad-request": Kind(400, "The request is not valid HTTP", "Send the request as HTTP defines it."),
    "token-needed": Kind(
        401,
        "This server is read with a token",
        "Send the header 'Authorization: Bearer TOKEN'; in a browser give the token as password, with any user name.",
    ),
    "foreign-origin": Kind(403, "Pages of other sites may not read this server", "Open the page this server gives."),
    "not-found": Kind(404, "There is nothing at this address", "See /api/v1/openapi.json for what there is."),
    "unknown-release": Kind(404, "There is no such release", "See /api/v1/releases for those there are."),
    "unknown-region": Kind(404, "The release has no such region", "See its regions.geojson for those there are."),
    "unknown-window": Kind(
        404, "The forecast has no such months", "Take first and last, in this order, from the release's horizons."
    ),
    "unknown-table": Kind(404, "The release has no such table", "See the address without the last part for a list."),
    "unknown-rows": Kind(404, "The score table has no such rows", "See the score table without that parameter."),
    "unknown-file": Kind(404, "The release has no such file", "See the release's address /files for those there are."),
    "page-not-built": Kind(
        404, "The review page is not built", "Run `make page` in the checkout, or install harmattan from a wheel."
    ),
    "method-not-allowed": Kind(405, "This server is only read", "Use GET or HEAD."),
    "damaged-release": Kind(
        409, "The release was altered or is not whole", "Take the release again from where it was made."
    ),
    "body-not-allowed": Kind(413, "A request that reads has no body", "Send the request without a body."),
    "address-too-long": Kind(414, "The address is too long", "Ask for fewer regions at once."),
    "unknown-host": Kind(
        421,
        "This server does not answer to that name",
        "Use the address it was started with, or start it with the name it should answer to.",
    ),
    "wrong-parameter": Kind(
        422, "A parameter is not one this address takes", "See /api/v1/openapi.json for names and bounds."
    ),
    "too-many-requests": Kind(429, "Too many requests from one client", "Wait as long as Retry-After says."),
    "head-too-long": Kind(431, "The head of the request is too long", "Send fewer or shorter headers."),
    "failed": Kind(500, "The server failed to answer", "Try again; if it fails again, look at the server's log."),
    "busy": Kind(503, "The server has all the work it takes on", "Wait as long as Retry-After says."),
    "too-slow": Kind(504, "The answer was not ready in time", "Ask again: what was begun is kept where it can be."),
}


@dataclass(eq=False)
class ProblemError(Exception):
    """An error that is told to the client.

    Attributes
    ----------
    slug
        A key of `KINDS`.
    detail
        What is wrong in this case, in a sentence.
    nearest
        The most similar name there is, if a name was not found.
    errors
        What is wrong with which parameter.
    headers
        Headers the answer needs.
    """

    slug: str
    detail: str
    nearest: str | None = None
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the document that is sent."""
        kind = KINDS[self.slug]
        told: dict[str, Any] = {
            "type": f"{WHERE}#{self.slug}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "remedy": kind.remedy,
        }
        if self.nearest is not None:
            told["nearest"] = self.nearest
        if self.errors:
            told["errors"] = [dict(each) for each in self.errors]
        return told

    def response(self) -> Response:
        """Return the document as an answer that nobody keeps."""
        text = json.dumps(self.document(), ensure_ascii=False)
        headers = {"cache-control": "no-store", **self.headers}
        return Response(text, KINDS[self.slug].status, headers, MEDIA)


def unknown(slug: str, what: str, name: str, known: Sequence[str]) -> ProblemError:
    """Return the problem that a name is not known, with the most similar one.

    Examples
    --------
    >>> unknown("unknown-region", "region", "BF13", ["BF1300", "BF4601"]).nearest
    'BF1300'
    """
    close = get_close_matches(name[:SHOWN], known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return ProblemError(slug, f"no {what} is called {shown(name)}{hint}", nearest=close[0] if close else None)


def shown(text: str) -> str:
    """Return what a client sent as it may be repeated: quoted, and not at length.

    Examples
    --------
    >>> shown("x" * 100)[-5:]
    "xxx…'"
    """
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")

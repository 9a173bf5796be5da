"""Answers with an ETag, given in full only to a client that does not have them yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request, Response

import harmattan

SCHEMA = 1
JSON = "application/json"


def packed(content: Any) -> bytes:
    """Return JSON in as few bytes as it takes; numbers come back to the last bit."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def tag(*parts: str) -> str:
    """Return a weak ETag of what an answer is made from, this version of Harmattan included."""
    told = json.dumps([harmattan.__version__, SCHEMA, *parts])
    return f'W/"{sha256(told.encode()).hexdigest()[:32]}"'


def reply(
    request: Request,
    make: Callable[[], bytes],
    *,
    made_from: Sequence[str] = (),
    media: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer, or 304 if the client has it.

    Parameters
    ----------
    request
        The request, its parameters checked.
    make
        Makes the body. Not called if the client has it.
    made_from
        Hashes of all that the body depends on beside the address; by default the body itself is hashed.
    media
        Its media type.
    headers
        Further headers.
    """
    address = (request.url.path, request.url.query)
    body = b"" if made_from else make()
    etag = tag(*address, *(made_from or (sha256(body).hexdigest(),)))
    told = {**(headers or {}), "etag": etag}
    if etag in _had(request):
        return Response(status_code=304, headers=told)
    body = body or make()
    if "*" in _had(request):
        return Response(status_code=304, headers=told)
    return Response(body, 200, told, media)


def linked(request: Request, *, next_page: Mapping[str, str | int] | None, total: int) -> dict[str, str]:
    """Return the headers of one page of a list: how many there are, and in Link where the next page is."""
    headers = {"total-count": str(total)}
    if next_page is not None:
        query = [pair for pair in request.query_params.multi_items() if pair[0] not in next_page]
        address = f"{quote(request.url.path)}?{urlencode([*query, *next_page.items()])}"
        headers["link"] = f'<{address}>; rel="next"'
    return headers


def _had(request: Request) -> list[str]:
    given = ",".join(request.headers.getlist("if-none-match"))
    tags = [each.strip() for each in given.split(",")]
    return [each if each.startswith("W/") or each == "*" else f"W/{each}" for each in tags]

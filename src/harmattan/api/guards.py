"""What every request must pass before it is answered, and what every answer carries.

Names a browser may be led to by a foreign site are refused (`Host`), so are pages of other sites (`Origin`), everything
but reading, requests that are too long, those without the token, and those that come too fast.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from harmattan.api.limits import Limits
from harmattan.api.problems import ProblemError, shown

METHODS = ("GET", "HEAD", "OPTIONS")
OPEN = ("/api/v1/health",)
SHORTEST_TOKEN = 16
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
ASK = 'Basic realm="Harmattan", charset="UTF-8", Bearer realm="Harmattan"'
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class Rules:
    """Who may read.

    Attributes
    ----------
    hosts
        Names this server answers to, lower case, without port.
    any_address
        Whether it also answers to any IP address: a foreign site leads a browser here by a name, never by an address.
    token
        What a reader must know; None if nobody needs to.
    """

    hosts: frozenset[str]
    any_address: bool = False
    token: str | None = None

    def __post_init__(self) -> None:
        if self.token is not None and (len(self.token) < SHORTEST_TOKEN or not TOKEN.fullmatch(self.token)):
            raise ValueError(
                f"a token must be at least {SHORTEST_TOKEN} letters, digits or any of ._~+/=-; make one with "
                "python -c 'import secrets; print(secrets.token_urlsafe())'"
            )


def refusal(scope: Scope, rules: Rules, limits: Limits) -> ProblemError | None:
    """Return why a request is not answered, None if it may be; the token is not looked at (`unknown_reader`)."""
    headers = Headers(scope=scope)
    return _wrong_host(headers, rules) or _foreign(headers) or _not_reading(scope, headers) or _too_long(scope, limits)


def unknown_reader(scope: Scope, rules: Rules) -> ProblemError | None:
    """Return the problem that a request does not have the token, None if it does or none is needed."""
    if rules.token is None or scope["path"] in OPEN:
        return None
    scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
    said = given.strip() if scheme.lower() == "bearer" else _password(given) if scheme.lower() == "basic" else ""
    if hmac.compare_digest(_digest(said), _digest(rules.token)):
        return None
    why = "the token is not right" if said else "the request has no token"
    return ProblemError("token-needed", why, headers={"www-authenticate": ASK})


def answers_to(host: str, rules: Rules) -> bool:
    """Return whether a server answers to the name in a Host header.

    Examples
    --------
    >>> rules = Rules(frozenset({"localhost"}))
    >>> [answers_to(host, rules) for host in ("localhost:8000", "LOCALHOST", "localhost.evil.org", "127.0.0.1")]
    [True, True, False, False]
    """
    try:
        parts = urlsplit(f"//{host}")
        name = (parts.hostname or "").removesuffix(".")
        usual = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if not usual or not name or any(mark in host for mark in "@/?#\\ \t"):
        return False
    return name in rules.hosts or (rules.any_address and _is_address(name))


def protection(media: str) -> dict[str, str]:
    """Return the headers that keep a browser from doing anything else with an answer of a media type."""
    return ALWAYS | {"content-security-policy": PAGE_POLICY if media.startswith("text/html") else DATA_POLICY}


def _wrong_host(headers: Headers, rules: Rules) -> ProblemError | None:
    given = headers.getlist("host")
    if len(given) == 1 and answers_to(given[0], rules):
        return None
    named = shown(given[0]) if given else "none"
    return ProblemError("unknown-host", f"this server does not answer to the host {named}")


def _foreign(headers: Headers) -> ProblemError | None:
    """A browser tells the page that asks; ours is of the same host, and programs tell none."""
    for origin in headers.getlist("origin"):
        parts = _parts(origin)
        if parts is None or parts[0] not in ("http", "https") or parts[1] != headers.get("host", "").lower():
            return ProblemError("foreign-origin", f"the page {shown(origin)} may not read this server")
    return None


def _parts(origin: str) -> tuple[str, str] | None:
    try:
        found = urlsplit(origin.lower())
    except ValueError:
        return None
    return found.scheme, found.netloc


def _not_reading(scope: Scope, headers: Headers) -> ProblemError | None:
    if scope["method"] not in METHODS:
        allow = {"allow": ", ".join(METHODS)}
        return ProblemError("method-not-allowed", f"{shown(scope['method'])} is not a way to read", headers=allow)
    if headers.get("content-length", "0").strip() != "0" or "transfer-encoding" in headers:
        return ProblemError("body-not-allowed", "the request has a body", headers={"connection": "close"})
    return None


def _too_long(scope: Scope, limits: Limits) -> ProblemError | None:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    address = len(raw) + 1 + len(scope["query_string"])
    if address > limits.url_bytes:
        return ProblemError("address-too-long", f"an address may have {limits.url_bytes} bytes; got {address}")
    size = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    if size > limits.header_bytes:
        return ProblemError("head-too-long", f"headers may have {limits.header_bytes} bytes; got {size}")
    return None


def _password(given: str) -> str:
    try:
        user_and_password = base64.b64decode(given.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return user_and_password.partition(":")[2]


def _digest(text: str) -> bytes:
    """Digests have one length, so that comparing takes one time."""
    return sha256(text.encode("utf-8", "surrogateescape")).digest()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def names(hosts: Sequence[str]) -> frozenset[str]:
    """Return names as they are compared: lower case, addresses without brackets.

    Examples
    --------
    >>> sorted(names(["LocalHost", "[::1]"]))
    ['::1', 'localhost']
    """
    return frozenset(each.lower().removeprefix("[").removesuffix("]") for each in hosts)

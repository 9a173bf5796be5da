"""How much the server takes on: from one client, from all together, and in one request."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Limits:
    """Bounds of a server; each must be above zero.

    A client is an address, of IPv6 its /64 network. All that comes through a proxy is one client.

    Attributes
    ----------
    rate
        Requests a client may make in a second for long.
    burst
        Requests a client may make at once after a pause.
    client_requests, requests
        Requests that are worked on at one time, for one client and for all.
    client_connections, connections
        Open connections of one client and of all.
    seconds
        Time to begin an answer.
    waiting_seconds
        Time a connection may stay open without a whole request.
    sending_seconds
        Time for the whole of an answer, on however slow a line.
    url_bytes, header_bytes
        Longest address with its query, and longest head of a request.
    held_releases
        Releases that are held in memory.
    held_bytes
        Size of the page documents that are held in memory.
    """

    rate: float = 20.0
    burst: int = 100
    client_requests: int = 8
    requests: int = 32
    client_connections: int = 32
    connections: int = 512
    seconds: float = 30.0
    waiting_seconds: float = 10.0
    sending_seconds: float = 600.0
    url_bytes: int = 8_192
    header_bytes: int = 16_384
    held_releases: int = 4
    held_bytes: int = 64_000_000

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name) <= 0:
                raise ValueError(f"the limit {each.name} must be above zero; got {getattr(self, each.name)}")

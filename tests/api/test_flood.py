"""One client tries to keep the server busy in every way there is; another gets each of its answers at once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

ONE = "/api/v1/releases/small/2023-06"
ASKED = f"GET {ONE}/payload HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
LIMITS: dict[str, float] = {"rate": 20, "burst": 40, "client_connections": 8, "connections": 64, "waiting_seconds": 30}
MANY = 40
KINDS: dict[str, bytes] = {
    "half open": b"",
    "a head that drips": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
    "a huge head": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 200_000,
    "many headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 30_000 + b"\r\n",
    "a huge address": b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "pipelined": ASKED * 2_000,
    "never read": ASKED,
    "a body that never comes": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\nx",
    "a body in endless pieces": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"1\r\nx\r\n" * 9_000,
    "no HTTP": b"\x16\x03\x01" + bytes(range(256)) * 100,
}


@pytest.fixture(scope="module")
def server(running: Callable[..., Any]) -> Any:
    return running(limits=LIMITS)


def flood(address: str, sent: bytes, source: str) -> Iterator[socket.socket]:
    """Connections that send what they can without waiting, and read nothing."""
    parts = urlsplit(address)
    for _ in range(MANY):
        try:
            one = socket.create_connection((parts.hostname, parts.port), timeout=20, source_address=(source, 0))
        except OSError:
            continue
        one.setblocking(False)
        with suppress(OSError):
            one.send(sent)
        yield one


def is_open(one: socket.socket) -> bool:
    one.settimeout(0.02)
    try:
        while one.recv(65_536):
            pass
    except TimeoutError:
        return True
    except OSError:
        return False
    return False


def served(address: str, source: str, times: int) -> list[int]:
    """What a well-behaved client gets, each time over a connection of its own and without a second attempt."""
    parts, found = urlsplit(address), []
    for _ in range(times):
        with closing(HTTPConnection(str(parts.hostname), parts.port, timeout=60, source_address=(source, 0))) as own:
            own.request("GET", f"{ONE}/probability?at_least=1")
            answer = own.getresponse()
            answer.read()
            found.append(answer.status)
    return found


@pytest.mark.parametrize(("number", "kind"), list(enumerate(KINDS, 20)), ids=list(KINDS))
def test_a_flood_of_one_kind_holds_nobody_else_up(server: Any, number: int, kind: str) -> None:
    source = f"127.0.1.{number}"
    with ExitStack() as stack:
        held = [stack.enter_context(one) for one in flood(server.address, KINDS[kind], source)]
        assert served(server.address, f"127.0.2.{number}", 3) == [200] * 3
        for one in held:
            with suppress(OSError):
                one.send(b"a")
        assert sum(map(is_open, held)) <= LIMITS["client_connections"]
        assert served(server.address, f"127.0.2.{number}", 2) == [200] * 2


def test_all_kinds_at_once_hold_nobody_else_up_and_leave_nothing_behind(server: Any) -> None:
    with ExitStack() as stack:
        for sent in KINDS.values():
            for one in flood(server.address, sent, "127.0.1.9"):
                stack.enter_context(one)
        assert served(server.address, "127.0.2.9", 8) == [200] * 8
    # Once the flood is over its client is served too.
    first = 0
    for _ in range(50):
        with suppress(OSError):
            first = served(server.address, "127.0.1.9", 1)[0]
        if first == 200:
            break
    assert first in (200, 429)
    assert "Traceback" not in server.log.read_text()

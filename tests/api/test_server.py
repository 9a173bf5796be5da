"""The server itself, in a process of its own: reachable only as told, and in service for others under a flood."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest

from harmattan.api import serve

ONE = "/api/v1/releases/small/2023-06"
TOKEN = "a-secret-of-some-length"
OTHER = "127.0.0.2"
FEW: dict[str, float] = {"rate": 5, "burst": 30, "client_connections": 8, "waiting_seconds": 1.0, "sending_seconds": 60}


@contextmanager
def connected(address: str, source: str = "127.0.0.1") -> Iterator[HTTPConnection]:
    """A connection from a client of its own address."""
    parts = urlsplit(address)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=20, source_address=(source, 0))
    with closing(connection):
        yield connection


def asked(connection: HTTPConnection, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, Any]:
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


def raw(address: str, sent: bytes, source: str = "127.0.0.1") -> socket.socket:
    parts = urlsplit(address)
    found = socket.create_connection((parts.hostname, parts.port), timeout=20, source_address=(source, 0))
    found.sendall(sent)
    return found


@pytest.fixture(scope="module")
def server(running: Callable[..., Any]) -> Any:
    return running(limits=FEW)


def test_it_is_reached_on_this_machine_alone(server: Any) -> None:
    assert urlsplit(server.address).hostname == "127.0.0.1"
    with connected(server.address, "127.0.0.9") as connection:
        status, body, headers = asked(connection, ONE)
        assert status == 200 and b"manifest" in body and "server" not in headers
        status, body, headers = asked(connection, ONE, "HEAD")
        assert status == 200 and body == b"" and int(headers["content-length"]) > 500


def test_one_that_floods_is_told_to_wait_while_others_are_served(server: Any) -> None:
    seen: Counter[int] = Counter()
    stop = threading.Event()

    def flood() -> None:
        with connected(server.address) as connection:
            while not stop.is_set():
                try:
                    status, _, headers = asked(connection, f"{ONE}/probability?at_least=2&last=4&first=1")
                except OSError:
                    connection.close()
                    continue
                seen[status] += 1
                assert status == 200 or int(headers["retry-after"]) >= 1

    threads = [threading.Thread(target=flood) for _ in range(6)]
    for each in threads:
        each.start()
    waited = []
    try:
        with connected(server.address, OTHER) as connection:
            for _ in range(8):
                begun = time.monotonic()
                status, _, _ = asked(connection, f"{ONE}/probability?at_least=3&first=1&last=2")
                waited.append(time.monotonic() - begun)
                assert status == 200
                time.sleep(0.2)
    finally:
        stop.set()
        for each in threads:
            each.join()
    assert set(seen) == {200, 429} and seen[429] > 20
    assert seen[200] <= FEW["burst"] + FEW["rate"] * 20
    assert max(waited) < 3


def test_connections_that_say_nothing_leave_room_for_others(server: Any) -> None:
    silent = [raw(server.address, b"GET / HT", "127.0.0.3") for _ in range(30)]
    try:
        with connected(server.address, "127.0.0.4") as connection:
            assert asked(connection, "/api/v1/health")[0] == 200
        taken = sum(not is_closed(each, 0.05) for each in silent)
        assert taken <= FEW["client_connections"]
        time.sleep(FEW["waiting_seconds"] + 0.5)
        assert all(is_closed(each, 1) for each in silent)
    finally:
        for each in silent:
            each.close()
    with connected(server.address, "127.0.0.3") as connection:
        assert asked(connection, "/api/v1/health")[0] == 200


def is_closed(connection: socket.socket, patience: float) -> bool:
    connection.settimeout(patience)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_a_request_that_trickles_in_is_cut(server: Any) -> None:
    slow = raw(server.address, b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX: ", "127.0.0.5")
    begun = time.monotonic()
    with closing(slow), pytest.raises(ConnectionError):
        while time.monotonic() - begun < 10:
            slow.sendall(b"a")
            time.sleep(0.1)
            if is_closed(slow, 0.01):
                raise ConnectionResetError
    assert time.monotonic() - begun < 5


def test_a_head_without_end_and_nonsense_are_refused(server: Any) -> None:
    for sent in (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000, b"\x16\x03\x01\x02\x00\x01", b"GET /%00 HTTP/9\r\n\r\n"):
        with closing(raw(server.address, sent, "127.0.0.6")) as connection:
            connection.settimeout(10)
            try:
                said = connection.recv(65_536)
            except ConnectionError:
                said = b""
            assert (not said or b" 400 " in said) and b"Traceback" not in said
    with connected(server.address, "127.0.0.6") as connection:
        assert asked(connection, "/api/v1/health")[0] == 200


def test_a_websocket_and_a_body_are_refused(server: Any) -> None:
    with connected(server.address, "127.0.0.7") as connection:
        upgrade = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": "x",
            "Sec-WebSocket-Version": "13",
        }
        connection.request("GET", "/nothing", headers=upgrade)
        answer = connection.getresponse()
        assert answer.status == 404 and answer.read()
        connection.request("POST", ONE, body=b"x" * 1000)
        assert connection.getresponse().status == 405


def test_an_answer_is_not_held_back_for_an_acknowledgement(server: Any) -> None:
    taken = []
    with connected(server.address, "127.0.0.10") as connection:
        for _ in range(25):
            begun = time.monotonic()
            assert asked(connection, "/api/v1/health")[0] == 200
            taken.append(time.monotonic() - begun)
    assert median(taken) < 0.035


def test_names_foreign_to_it_are_refused_on_the_line_too(server: Any) -> None:
    with connected(server.address, "127.0.0.8") as connection:
        assert asked(connection, ONE, Host="evil.org")[0] == 421
        assert asked(connection, ONE, Origin="http://evil.org")[0] == 403


def test_the_log_never_holds_the_token(running: Callable[..., Any]) -> None:
    server = running(token=TOKEN)
    with connected(server.address) as connection:
        assert asked(connection, ONE)[0] == 401
        assert asked(connection, ONE, Authorization=f"Bearer {TOKEN}")[0] == 200
        assert asked(connection, f"{ONE}?token={TOKEN}", Authorization=f"Bearer {TOKEN}")[0] == 422
    with closing(raw(server.address, f"GET /?{TOKEN} nonsense\r\n\r\n".encode())) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    log = server.log.read_text()
    assert log.count(f"GET {ONE} ") == 3 and TOKEN not in log


def test_other_machines_need_a_token(folder: Path) -> None:
    for host in ("0.0.0.0", "::", "192.168.1.4", "example.org"):
        with pytest.raises(ValueError, match=f"listening on {host} lets other machines read; give a token"):
            serve(folder, host=host)


def test_with_a_token_it_listens_for_others(running: Callable[..., Any]) -> None:
    server = running(host="0.0.0.0", token=TOKEN, names=["maps.example.org"])
    authorised = {"Authorization": f"Bearer {TOKEN}"}
    with connected(server.address) as connection:
        assert asked(connection, ONE, Host="10.1.2.3:8000", **authorised)[0] == 200
        assert asked(connection, ONE, Host="maps.example.org", **authorised)[0] == 200
        assert asked(connection, ONE, Host="evil.org", **authorised)[0] == 421
        assert asked(connection, ONE)[0] == 401


def test_a_port_that_is_taken_is_told(folder: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1: port {port} is taken: choose another"):
            serve(folder, port=port)

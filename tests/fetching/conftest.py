"""A publisher on this machine, which answers as a test tells it to."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harmattan.fetching import Fetched, Manners, Plan, Step, fetch
from harmattan.fetching.sources import table

HEADING = (
    "id,type_of_violence,side_a,side_b,where_prec,latitude,longitude,country,date_prec,date_start,date_end,"
    "best,high,low"
)


@dataclass
class Answer:
    """What the publisher sends: after `cut` bytes the connection ends; with `drip` each byte waits; no length if -1."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    cut: int | None = None
    ranges: bool = False
    etag: str = ""
    drip: threading.Event | None = None


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Teller = Callable[[Request], Answer]


class Publisher:
    """Answers by path, in turn; the last answer of a path is given for ever."""

    answer = Answer

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer | Teller]] = {}
        self.asked: list[Request] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                publisher.serve(self)

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def says(self, path: str, *answers: Answer | Teller) -> str:
        self.answers[path] = list(answers)
        return self.url(path)

    def plan(self, path: str = "/events.csv", name: str = "events.csv") -> Plan:
        """The plan of a published table at this publisher."""
        about = replace(table()[0]["ucdp-candidate"], address=self.url(path), citation="Hegre et al. (2020)")
        return Plan("ucdp-candidate", about, "26.0.9", (self.url(path),), name)

    def here(self, plan: Plan) -> Plan:
        """A real plan, asked of this publisher instead of the real one."""
        moved = [self.url(each[each.index("/", 8) :]) for each in (*plan.addresses, plan.about.login or "https://x/")]
        return replace(plan, about=replace(plan.about, login=moved[-1]), addresses=tuple(moved[:-1]))

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers.get("content-length", 0))
        request = Request(
            handler.command,
            handler.path,
            {name.lower(): text for name, text in handler.headers.items()},
            handler.rfile.read(size),
        )
        self.asked.append(request)
        turn = self.answers.get(handler.path.partition("?")[0], [Answer(b"nothing here", 404)])
        answer = turn.pop(0) if len(turn) > 1 else turn[0]
        send(handler, request, answer(request) if callable(answer) else answer)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def send(handler: BaseHTTPRequestHandler, request: Request, answer: Answer) -> None:
    """Send an answer, with ranges and conditions as far as it knows them."""
    body, status, headers = answer.body, answer.status, dict(answer.headers)
    if answer.etag:
        headers["ETag"] = answer.etag
        if request.headers.get("if-none-match") == answer.etag:
            body, status = b"", 304
    modified = headers.get("Last-Modified", answer.etag)
    wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
    if wanted and answer.ranges and status == 200 and request.headers.get("if-range") in (answer.etag, modified):
        start = int(wanted[1])
        if start >= len(body):
            handler.send_response(416)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        body, status = body[start:], 206
    handler.send_response(status)
    for name, text in headers.items():
        handler.send_header(name, text)
    if status != 304 and answer.length != -1:
        handler.send_header("Content-Length", str(len(body) if answer.length is None else answer.length))
    handler.end_headers()
    if answer.drip is not None:
        for number in range(len(body)):
            handler.wfile.write(body[number : number + 1])
            if answer.drip.wait(0.02):
                return
    handler.wfile.write(body if answer.cut is None else body[: answer.cut])
    if answer.cut is not None or answer.length is not None:
        handler.close_connection = True


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher on 127.0.0.1."""
    one = Publisher()
    yield one
    one.close()


@pytest.fixture(scope="session")
def events() -> Callable[..., bytes]:
    """Makes a table of events with the columns of UCDP."""

    def make(count: int, side: str = "Government of Mali") -> bytes:
        rows = [
            f"{number},1,{side},JNIM,1,16.2,-0.1,Mali,1,2023-05-04,2023-05-04,3,4,2" for number in range(1, count + 1)
        ]
        return "\n".join([HEADING, *rows, ""]).encode()

    return make


@pytest.fixture
def left() -> Callable[[Path], list[str]]:
    """The names in a folder, locks aside."""

    def names(folder: Path) -> list[str]:
        return sorted(each.name for each in folder.iterdir() if not each.name.endswith(".lock"))

    return names


@pytest.fixture
def elsewhere() -> Iterator[Publisher]:
    """Another publisher, on another port: another origin."""
    one = Publisher()
    yield one
    one.close()


@dataclass
class Calm:
    """Manners that never wait, and what was waited for and told."""

    waits: list[float] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def fetch(self, plan: Plan, folder: Path, **logins: str) -> Fetched:
        """Fetch without waiting, with these logins."""
        return fetch(plan, folder, look=logins.get, told=self.steps.append, manners=self.manners)

    @property
    def reasons(self) -> list[str]:
        """Why was waited."""
        return [step.words for step in self.steps if step.kind == "wait"]

    @property
    def manners(self) -> Manners:
        return Manners(
            attempts=4,
            connect=2,
            silence=2,
            sleep=self.waits.append,
            now=lambda: datetime(2026, 11, 20, 12, tzinfo=UTC),
        )


@pytest.fixture
def calm() -> Calm:
    """Nothing of a test waits."""
    return Calm()

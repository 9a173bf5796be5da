"""Everything that writes, small enough to be done hundreds of times."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pandas as pd
import pytest
from tests.faults.killing import visible

from harmattan import cache, exports, release
from harmattan.fetching.download import Asked, download
from harmattan.fetching.pages import Api, Page, gather
from harmattan.fetching.record import Record, beside, digest, read_record
from harmattan.fetching.web import Manners, Visit, open_client, silent
from harmattan.ledger.checking import check
from harmattan.release import manifest
from harmattan.result import Result
from harmattan.vintages import add
from harmattan.whole import building, write_bytes

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GED = "GEDEvent_v23_0_5.csv"
EVENTS = (
    "id,type_of_violence,side_a,side_b,where_prec,latitude,longitude,adm_1,country,date_prec,date_start,date_end,best,high,low\n"
    "7,1,Government of Burkina Faso,JNIM,1,14.1,-1.6,Sahel region,Burkina Faso,1,2023-05-31,2023-05-31,2,3,1\n"
)


@dataclass(frozen=True)
class Job:
    """Something that writes.

    Attributes
    ----------
    work
        Does it in a folder.
    before
        Makes what is there before.
    seen
        What a user finds in the folder: the old, the new, or neither.
    """

    work: Callable[[Path], object]
    before: Callable[[Path], object]
    seen: Callable[[Path], object] = visible


class _Publisher(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = EVENTS.encode()
        if self.path.startswith("/page"):
            number = int(self.path[-1])
            body = json.dumps({"rows": [{"id": f"{number}"}], "next": number + 1 if number < 1 else None}).encode()
        start = int(self.headers.get("range", "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        self.wfile.write(body[start:])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Of a publisher on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Publisher)
    server.daemon_threads = True
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def template(small_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a release that has only its forecast: what matters here is when they appear, not what they show."""
    folder = tmp_path_factory.mktemp("template")
    exports.write(small_result.forecast, small_result.panel.regions, folder / "forecast.csv")
    manifest.save(manifest.with_files(manifest.describe(small_result), folder), folder)
    return folder


@pytest.fixture
def short(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases have only their forecast."""

    def copied(result: Result, folder: Path) -> None:
        write_bytes(folder / "forecast.csv", (template / "forecast.csv").read_bytes())
        said = manifest.load(template)
        if result.seed != 1:
            said = manifest.with_files(manifest.describe(result), folder)
        manifest.save(said, folder)

    monkeypatch.setattr(release, "_write_files", copied)


@contextmanager
def visit(now: Callable[[], datetime] = lambda: NOW) -> Iterator[Visit]:
    """A visit that is not made to wait."""
    manners = Manners(attempts=2, sleep=lambda seconds: None, now=now)
    with open_client(manners) as client:
        yield Visit(client, manners, silent)


def downloaded(address: str, folder: Path) -> None:
    """Download the publisher's file."""
    with visit() as one:
        download(one, asked(f"{address}/events.csv"), folder)


def asked(address: str, name: str = "events.csv") -> Asked:
    """The file of the publisher."""
    return Asked(Record("here", "1", address, "", "", 0, "CC BY 4.0", "none", name), lambda path: None, address)


def gathered(address: str, folder: Path, now: Callable[[], datetime] = lambda: NOW) -> None:
    """Fetch the publisher's two pages."""

    def read(found: dict[str, object], at: str, before: int) -> Page:
        following = None if found["next"] is None else f"{address}/page{found['next']}"
        return Page(at, found["rows"], following, None)  # type: ignore[arg-type]

    with visit(now) as one:
        gather(one, asked(address, "pages.csv"), [f"{address}/page0"], Api("rows", address, read, "id"), folder)


def _fetched(name: str) -> Callable[[Path], object]:
    """A file with the record that fits it: the hidden one if a fetch was killed between the two."""

    def seen(folder: Path) -> object:
        file = folder / name
        return (file.read_bytes(), read_record(file)) if file.exists() else None

    return seen


def _older(name: str) -> Callable[[Path], object]:
    """An older file with its record."""

    def make(folder: Path) -> None:
        file = folder / name
        file.write_bytes(b"older\n")
        said = Record("here", "0", "https://example.org", "", digest(file), 6, "", "", name)
        beside(file).write_text(json.dumps(asdict(said)), encoding="utf-8")

    return make


def _nothing(folder: Path) -> None:
    """Nothing is there before."""


@pytest.fixture
def jobs(small_result: Result, template: Path, short: None, address: str) -> dict[str, Job]:
    """Everything that writes, by name."""
    rows = pd.DataFrame({name: [1.0] for name in cache.NEEDED})

    def released(folder: Path) -> object:
        """The releases that are listed, checked, and what the ledger says of them."""
        for path in release.releases(folder)["path"]:
            release.verify(Path(path))
        found = check(folder)
        return [each for each in visible(folder) if each != "ledger.jsonl"], found.lines, found.problems

    def imported(folder: Path) -> None:
        file = folder.parent / GED
        if not file.exists():
            file.write_text(EVENTS, encoding="utf-8")
        add(file, folder, known="2023-06-20", retrieved=NOW)

    def replaced(folder: Path) -> None:
        with building(folder / "profile") as made:
            for name in ("page.html", "numbers.json"):
                write_bytes(made / name, b"new")

    def old_folder(folder: Path) -> None:
        (folder / "profile").mkdir()
        (folder / "profile" / "page.html").write_bytes(b"old")

    def export(folder: Path) -> None:
        exports.write(small_result.forecast, small_result.panel.regions, folder / "forecast.geojson")

    return {
        "a release": Job(lambda folder: release.write(small_result, folder), _nothing, released),
        "a download": Job(
            lambda folder: downloaded(address, folder),
            _older("events.csv"),
            _fetched("events.csv"),
        ),
        "pages": Job(lambda folder: gathered(address, folder), _older("pages.csv"), _fetched("pages.csv")),
        "an import": Job(imported, _nothing),
        "a sweep's rows": Job(lambda folder: cache.write(folder, "ab" * 32, rows), _nothing),
        "a page": Job(
            lambda folder: write_bytes(folder / "page.html", b"new"),
            lambda folder: (folder / "page.html").write_bytes(b"old"),
        ),
        "a folder": Job(replaced, old_folder),
        "an export": Job(export, lambda folder: (folder / "forecast.geojson").write_bytes(b"old")),
    }


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[Job], Path]:
    """Makes a folder with what a job finds there, with nothing left of the last."""

    def make(job: Job) -> Path:
        folder = tmp_path / "place"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        job.before(folder)
        return folder

    return make

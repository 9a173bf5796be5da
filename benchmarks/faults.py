"""Kill what writes at a random moment, many times: is anything ever lost? Written into docs/faults.md.

Run as ``python benchmarks/faults.py [--times 1000] [--seed 1]``. Each time a process that has everything imported is
forked, killed after a random part of the time that the work takes, and what it left is checked. Every tenth time the
work is then done again to its end, and the bytes are compared with those of a work that no one disturbed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import threading
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

import pandas as pd

from harmattan import cache, exports, release, tracking
from harmattan.experiment import run
from harmattan.fetching.download import Asked, download
from harmattan.fetching.record import Record, beside, digest, read_record
from harmattan.fetching.web import Manners, Visit, open_client, silent
from harmattan.ledger.checking import check
from harmattan.release import manifest
from harmattan.result import Result
from harmattan.settings import Experiment
from harmattan.tracking.store import import_mlflow
from harmattan.vintages import add, snapshots
from harmattan.vintages import read as read_snapshot
from harmattan.whole import building, write_bytes

PAGE = Path(__file__).parents[1] / "docs" / "faults.md"
START, END = "<!-- made by benchmarks/faults.py -->", "<!-- end of faults -->"

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENDED_EVERY = 10
PARTS = {"run": 10, "release": 300, "fetch": 200, "import": 200, "sweep": 160, "export": 30, "profile": 100}
WARM = {"run": 1}
EXPERIMENT = {
    "name": "small",
    "title": "Attacks, quickly",
    "data": {"bundled": "attacks_bfa"},
    "regions": {"level": "province"},
    "forecast": {"horizons": 2, "draws": 100},
    "backtest": {"origins": 8, "horizons": [1, 2]},
    "models": {
        "conflictology": {"kind": "conflictology", "baseline": True},
        "discounted": {"kind": "discounted"},
    },
}
EVENT = "1,Government of Burkina Faso,JNIM,1,14.1,-1.6,Sahel region,Burkina Faso,1,2023-05-31,2023-05-31,2,3,1"
HEADING = (
    "id,type_of_violence,side_a,side_b,where_prec,latitude,longitude,adm_1,country,date_prec,date_start,date_end,"
    "best,high,low"
)


@dataclass(frozen=True)
class Work:
    """Something that writes into a folder.

    Attributes
    ----------
    do
        Does it.
    before
        Makes what is there before.
    seen
        What a reader finds, after checking it: equal to that of the start, or to that of the end.
    """

    do: Callable[[Path], object]
    before: Callable[[Path], object]
    seen: Callable[[Path], object]


def main() -> None:
    """Kill, count and put the table between the marks of the page."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1000, help="how many processes are begun")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, publisher() as address:
        place = Path(folder)
        lines = [
            tried(
                name, work, place / "place", max(1, round(given.times * PARTS[name] / sum(PARTS.values()))), given.seed
            )
            for name, work in works(place, address).items()
        ]
    table = pd.DataFrame(lines)
    total = table.select_dtypes("number").sum()
    table = pd.concat([table, pd.DataFrame([{"what": "all", **total, "median_s": "", "note": ""}])], ignore_index=True)
    minutes = (time.monotonic() - begun) / 60
    part = f"{as_markdown(table)}\n\nSeed {given.seed}; {minutes:.0f} minutes on two cores that did other work too."
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    write_bytes(PAGE, f"{before}{START}\n\n{part}\n\n{END}{after}".encode())
    print(part)


def tried(name: str, work: Work, folder: Path, times: int, seed: int) -> dict[str, object]:
    """Kill one work many times and count in which state it was found."""
    import random

    moments, took = random.Random(f"{name} {seed}"), []
    for _ in range(WARM.get(name, 3)):
        renew(folder, work)
        old, begun = work.seen(folder), time.monotonic()
        killed(partial(work.do, folder), None)
        took.append(time.monotonic() - begun)
    new = work.seen(folder)
    assert old != new, name
    found: Counter[str] = Counter()
    for number in range(times):
        renew(folder, work)
        stopped = killed(partial(work.do, folder), moments.uniform(0, min(took)))
        seen = work.seen(folder)
        state = "new" if seen == new else "old" if seen == old else "lost"
        found["killed" if stopped else "came to its end first"] += 1
        found[state] += 1
        if number % ENDED_EVERY == 0:
            killed(partial(work.do, folder), None)
            found["ended"] += 1
            found["same"] += work.seen(folder) == new
    print(f"{name}: {dict(found)}", flush=True)
    return {
        "what": name,
        "killed": found["killed"],
        "ended before the kill": found["came to its end first"],
        "found old": found["old"],
        "found new": found["new"],
        "lost": found["lost"],
        "done again": found["ended"],
        "same bytes": found["same"],
        "median_s": f"{median(took):.2f}",
    }


def killed(work: Callable[[], object], after: float | None) -> bool:
    """Do `work` in a fork, kill it after so many seconds if given; return whether it was killed. It may not fail."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the work failed with {code}")
    return code != 0


def works(place: Path, address: str) -> Mapping[str, Work]:
    """Everything that is killed, by name."""
    result = run(Experiment.model_validate(EXPERIMENT))
    template = place / "template"
    template.mkdir()
    exports.write(result.forecast, result.panel.regions, template / "forecast.csv")
    manifest.save(manifest.with_files(manifest.describe(result), template), template)
    rows = result.rows
    import_mlflow()

    def short(result: Result, folder: Path) -> None:  # noqa: ARG001
        for path in template.iterdir():
            write_bytes(folder / path.name, path.read_bytes())

    def issue(folder: Path) -> None:
        release._write_files = short
        release.write(result, folder)

    def whole_run(folder: Path) -> None:
        release._write_files = short
        again = run(Experiment.model_validate(EXPERIMENT))
        issued = release.write(again, folder / "releases")
        tracking.log(again, store=tracking.default_store(folder), release=issued)

    def profile(folder: Path) -> None:
        with building(folder / "profile") as made:
            for number in range(6):
                write_bytes(made / f"{number}.csv", b"new" * 20_000)

    def old_profile(folder: Path) -> None:
        (folder / "profile").mkdir()
        (folder / "profile" / "0.csv").write_bytes(b"old")

    events = place / "GEDEvent_v23_0_5.csv"
    events.write_text("\n".join([HEADING, *(f"{number},{EVENT}" for number in range(300))]) + "\n", encoding="utf-8")
    return {
        "run": Work(whole_run, nothing, lambda folder: issued(folder / "releases")),
        "release": Work(issue, nothing, issued),
        "fetch": Work(partial(fetch, address), old_file, fetched),
        "import": Work(lambda folder: add(events, folder, known="2023-06-20", retrieved=NOW), nothing, imported),
        "sweep": Work(lambda folder: cache.write(folder, "ab" * 32, rows), nothing, kept),
        "export": Work(
            lambda folder: exports.write(result.forecast, result.panel.regions, folder / "forecast.gpkg"),
            lambda folder: (folder / "forecast.gpkg").write_bytes(b"old"),
            visible,
        ),
        "profile": Work(profile, old_profile, visible),
    }


def nothing(folder: Path) -> None:
    """Nothing is there before."""


def renew(folder: Path, work: Work) -> None:
    """Empty the folder and put there what the work finds."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    work.before(folder)


def visible(folder: Path) -> dict[str, str]:
    """The hash of every file that is not hidden."""
    return {
        str(path.relative_to(folder)): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def issued(folder: Path) -> object:
    """The releases that are listed, each checked against its manifest, and what the ledger says of them."""
    for path in release.releases(folder)["path"]:
        release.verify(Path(path))
    if not folder.is_dir():
        return {}, 0, ()
    found = check(folder)
    return {name: sha for name, sha in visible(folder).items() if name != "ledger.jsonl"}, found.lines, found.problems


def imported(folder: Path) -> object:
    """The snapshots that are listed, each read."""
    return [(each.content, len(read_snapshot(each).table)) for each in snapshots(folder)]


def kept(folder: Path) -> object:
    """The rows of the sweep."""
    rows = cache.read(folder, "ab" * 32)
    return None if rows is None else rows.to_json()


def fetched(folder: Path) -> object:
    """The file, with the record that fits it."""
    return digest(folder / "events.csv"), read_record(folder / "events.csv")


def old_file(folder: Path) -> None:
    """An older file with its record."""
    file = folder / "events.csv"
    file.write_bytes(b"older\n")
    said = Record("here", "0", "https://example.org", "", digest(file), 6, "", "", file.name)
    beside(file).write_text(json.dumps(said.__dict__), encoding="utf-8")


def fetch(address: str, folder: Path) -> None:
    """Download the publisher's file."""
    manners = Manners(attempts=3, sleep=lambda _: None, now=lambda: NOW)
    record = Record("here", "1", f"{address}/events.csv", "", "", 0, "CC BY 4.0", "none", "events.csv")
    with open_client(manners) as client:
        download(Visit(client, manners, silent), Asked(record, lambda _: None, address), folder)


@contextmanager
def publisher() -> Iterator[str]:
    """A publisher on this machine that sends half a megabyte, slowly, and carries on where it was."""
    body = b"".join(b"%07d,line of a table\n" % number for number in range(20_000))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            begin = int(self.headers.get("range", "bytes=0-")[6:-1])
            self.send_response(206 if begin else 200)
            self.send_header("ETag", '"one"')
            self.send_header("Content-Length", str(len(body) - begin))
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
            self.end_headers()
            for place in range(begin, len(body), 40_000):
                self.wfile.write(body[place : place + 40_000])
                time.sleep(0.005)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def as_markdown(table: pd.DataFrame) -> str:
    """The table, counts without decimals."""
    names = [str(name) for name in table if name != "note"]
    heads = ["usual time, s" if name == "median_s" else name for name in names]
    rows = [
        [f"{value:.0f}" if isinstance(value, float) else str(value) for value in row] for row in table[names].to_numpy()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows])


if __name__ == "__main__":
    main()

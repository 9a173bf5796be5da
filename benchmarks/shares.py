"""Where the time of ``harmattan run burkina`` goes, by looking at its stack a hundred times a second.

Run as ``python benchmarks/shares.py``; the table is written into docs/speed.md. The run has one process and a store of
its own, so the making of an MLflow database is part of it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections import defaultdict
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from types import FrameType

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
START, END = "<!-- made by benchmarks/shares.py -->", "<!-- end of shares -->"
EVERY = 0.01

# The first that any frame of the stack fits: a folder or module of the package, or a function with its parentheses.
STAGES = {
    "MLflow": ("tracking/",),
    "review page": ("page/",),
    "outlooks": ("outlooks/",),
    "suspicions": ("scores/flags",),
    "maps and charts": ("maps/", "charts"),
    "tables and files": ("release/", "exports/"),
    "expansion": ("expansion/",),
    "features": ("features/",),
    "scoring": ("score_rows()", "scores/"),
    "drawing": ("forecast()", "joint()"),
    "fitting": ("fit()",),
    "reading": ("read_data()",),
}


def main() -> None:
    """Run, and put the table between the marks of the page."""
    spent: defaultdict[str, float] = defaultdict(float)
    over, runner = threading.Event(), threading.main_thread().ident
    watching = threading.Thread(target=watch, args=(runner, spent, over), daemon=True)
    started, here = perf_counter(), Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.argv = ["harmattan", "run", "burkina", "--workers", "1"]
        watching.start()
        try:
            from harmattan.cli import main as harmattan

            harmattan()
        finally:
            os.chdir(here)
    wall = perf_counter() - started
    over.set()
    watching.join()
    text = "\n\n".join(
        [f"Measured on {date.today()}: {wall:.0f} s, of the processor {process_time():.0f} s.", table(spent)]
    )
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(f"{before}{START}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(text)


def watch(runner: int | None, spent: defaultdict[str, float], over: threading.Event) -> None:
    """Add the processor time since the last look to the stage that the main thread is in."""
    last = process_time()
    while not over.wait(EVERY):
        frame = sys._current_frames().get(runner or 0)
        now = process_time()
        spent[stage(frame)] += now - last
        last = now
        del frame


def stage(frame: FrameType | None) -> str:
    """Name the stage of a stack."""
    said: list[str] = []
    while frame is not None:
        file = frame.f_code.co_filename
        if "importlib._bootstrap" in file:
            return "importing"
        if "/harmattan/" in file:
            said += [file.rpartition("/harmattan/")[2], f"{frame.f_code.co_name}()"]
        frame = frame.f_back
    for name, marks in STAGES.items():
        if any(each == mark or (not mark.endswith(")") and each.startswith(mark)) for each in said for mark in marks):
            return name
    return "other"


def table(spent: defaultdict[str, float]) -> str:
    """Seconds and shares as Markdown, the largest first."""
    total = sum(spent.values())
    most = sorted(spent.items(), key=lambda item: item[1], reverse=True)
    lines = [f"| {name} | {value:.1f} | {value / total:.0%} |" for name, value in most]
    return "\n".join(["| stage | processor s | share |", "| --- | --- | --- |", *lines])


if __name__ == "__main__":
    main()

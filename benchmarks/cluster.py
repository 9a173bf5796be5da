"""What a Dask cluster costs and saves beside processes of one machine. Written into docs/cluster.md.

Run as ``python benchmarks/cluster.py`` (some three minutes on an idle machine). It starts a scheduler and workers of
its own on 127.0.0.1, and ends them.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

import pandas as pd

from harmattan.backtest import backtest
from harmattan.figures import bundled_counts
from harmattan.inputs import models_of
from harmattan.models import Forecaster
from harmattan.models.combine import Pool
from harmattan.months import month_range
from harmattan.panel import Panel, from_counts
from harmattan.regions import bundled
from harmattan.settings import load
from harmattan.workers import Workers, placed, workers

PAGE = Path(__file__).parents[1] / "docs" / "cluster.md"
START, END = "<!-- made by benchmarks/cluster.py -->", "<!-- end of cluster -->"
TASKS = 1000
ORIGINS = 12
MEMBERS = ("conflictology", "discounted", "logistic", "endemic", "selfexciting", "boosting")
# A worker gives memory back after every array otherwise, and asks for it anew.
KEEPS_MEMORY = '{"MALLOC_TRIM_THRESHOLD_": 1073741824, "MALLOC_MMAP_THRESHOLD_": 33554432, "OMP_NUM_THREADS": 1}'
PATIENCE = 60.0

Told = tuple[str, str]


def main() -> None:
    """Measure, print, and put the tables between the marks of the page."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("distributed", "joblib", "numpy"))
    head = (
        f"Measured on {date.today()}: {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, {versions}; load {os.getloadavg()[0]:.1f} before it began."
    )
    tables = [table("what", "time", costs()), table("backtest of 7 models at 12 origins", "s", times())]
    text = "\n\n".join([head, *tables])
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(f"{before}{START}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(text)


def costs() -> Iterator[Told]:
    """What starting takes, and one task that does nothing."""
    begin = perf_counter()
    with cluster(2) as (file, _):
        yield "start a scheduler and two workers, until both are there", f"{perf_counter() - begin:.1f} s"
        spent = []
        for _ in range(3):
            begin = perf_counter()
            with workers(dask=file):
                spent.append(perf_counter() - begin)
        yield "connect, and compare the code of the workers with ours", f"{median(spent):.2f} s"
        yield "one task of 2 processes (joblib)", per_task(placed(2))
        with workers(dask=file) as place:
            yield "one task of 2 workers (Dask)", per_task(place)


def per_task(place: Workers) -> str:
    """What a task takes that does nothing; processes are there already."""
    list(place.each(nothing, [(number,) for number in range(20)]))
    begin = perf_counter()
    list(place.each(nothing, [(number,) for number in range(TASKS)]))
    return f"{1000 * (perf_counter() - begin) / TASKS:.2f} ms"


def nothing(_shared: None, number: int) -> int:
    """Return at once."""
    return number


def times() -> Iterator[Told]:
    """The same backtest everywhere, compared with the first."""
    panel, models = small()
    (rows, _), names = tried(panel, models, 1), {1: "1 process", 2: "2 processes"}
    for number, name in names.items():
        tried(panel, models, number)
        same, spent = tried(panel, models, number)
        pd.testing.assert_frame_equal(rows, same, check_exact=True)
        yield name, f"{spent:.1f}"
    for number in (1, 2):
        with cluster(number) as (file, _), workers(dask=file) as place:
            tried(panel, models, place)
            same, spent = tried(panel, models, place)
            pd.testing.assert_frame_equal(rows, same, check_exact=True)
            yield f"{number} Dask worker{'s' if number > 1 else ''}", f"{spent:.1f}"
    with cluster(2) as (file, _), workers(dask=file) as place:
        tried(panel, models, place)
        victim = process_of_a_worker(file)
        same, spent = tried(panel, models, place, lambda: os.kill(victim, signal.SIGKILL))
        pd.testing.assert_frame_equal(rows, same, check_exact=True)
        yield "2 Dask workers, one killed when a quarter is done", f"{spent:.1f}"


def tried(
    panel: Panel, models: dict[str, Forecaster], where: int | Workers, interrupt: Callable[[], None] | None = None
) -> tuple[pd.DataFrame, float]:
    """The rows of the backtest, and how long it takes; `interrupt` is called when a quarter of it is done."""
    origins = list(month_range(panel.origin - ORIGINS, panel.origin - 1))
    done = 0

    def progress() -> None:
        nonlocal done
        done += 1
        if interrupt is not None and done == ORIGINS // 4:
            interrupt()

    begin = perf_counter()
    found = backtest(panel, models, origins=origins, horizons=(1, 3, 6), workers=where, progress=progress)
    return found.rows, perf_counter() - begin


def small() -> tuple[Panel, dict[str, Forecaster]]:
    """The bundled attacks in 45 provinces, six models of the shipped experiments and a pool of them that learns."""
    every = models_of(load("burkina"))
    models = {name: every[name] for name in MEMBERS}
    panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province"))
    return panel, {**models, "pool": Pool(models, criterion="crps")}


@contextmanager
def cluster(number: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler file and the processes of a cluster on this machine."""
    with TemporaryDirectory(prefix="harmattan-") as folder:
        file = str(Path(folder) / "scheduler.json")
        common = ["--scheduler-file", file, "--host", "127.0.0.1", "--no-dashboard"]
        started = [process("dask_scheduler", "--port", "0", *common)]
        try:
            started += [process("dask_worker", "--nthreads", "1", *common) for _ in range(number)]
            wait_for(file, number)
            yield file, started
        finally:
            for each in started:
                with suppress(ProcessLookupError):
                    os.killpg(each.pid, signal.SIGKILL)
                each.wait()


def process(what: str, *words: str) -> subprocess.Popen[bytes]:
    """Start a process of the cluster in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{what}", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={
            **os.environ,
            "DASK_DISTRIBUTED__NANNY__PRE_SPAWN_ENVIRON": KEEPS_MEMORY,
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
        },
    )


def wait_for(file: str, number: int) -> None:
    """Wait until so many workers are there."""
    from distributed import Client

    begin = perf_counter()
    while not (Path(file).is_file() and Path(file).stat().st_size):
        if perf_counter() - begin > PATIENCE:
            raise TimeoutError(f"no scheduler wrote {file} within {PATIENCE:.0f} s")
        sleep(0.02)
    with Client(scheduler_file=file, set_as_default=False) as client:
        client.wait_for_workers(number, timeout=PATIENCE)


def process_of_a_worker(file: str) -> int:
    """The process that runs the tasks of one worker; its nanny starts another when it dies."""
    from distributed import Client

    with Client(scheduler_file=file, set_as_default=False) as client:
        found: dict[str, Any] = client.run(os.getpid)
        return int(next(iter(found.values())))


def table(what: str, figure: str, lines: Iterator[Told]) -> str:
    """Lines as Markdown, told as they come."""
    told = [(what, figure), ("---", "---")]
    for line in lines:
        print(*line, sep=" | ", file=sys.stderr)
        told.append(line)
    return "\n".join(f"| {name} | {value} |" for name, value in told)


if __name__ == "__main__":
    main()

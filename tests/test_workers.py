"""Wherever tasks run, what they return is the same; what dies is done again, and what was finished is never lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.backtest import Backtest
from harmattan.cache import Cache
from harmattan.experiment import run as run_experiment
from harmattan.experiment import try_on_past
from harmattan.inputs import models_of
from harmattan.models.endemic import Endemic
from harmattan.panel import Panel
from harmattan.paths import PACKAGE, data_dir
from harmattan.scenario import activity, ranking
from harmattan.scenario import run as run_scenario
from harmattan.scenario.outcome import paths
from harmattan.sections import ModelSettings
from harmattan.settings import Experiment, load
from harmattan.sweep import run_sweep
from harmattan.workers import ClusterError, Task, Workers, placed, workers
from harmattan.workers import cluster as reaching

MODELS = {
    "conflictology": ModelSettings(kind="conflictology", baseline=True),
    "discounted": ModelSettings(kind="discounted"),
    "pool": ModelSettings(kind="pool", members=("conflictology", "discounted")),
    "pool of pools": ModelSettings(kind="pool", members=("conflictology", "pool")),
    "learns": ModelSettings(
        kind="pool", members=("conflictology", "pool"), parameters={"criterion": "crps", "shrink": 2}
    ),
}
ORIGINS = 6
# Every model at every origin, and at every origin what the members of the pool that learns forecast.
ENTRIES = ORIGINS * (len(MODELS) + 1)


@pytest.fixture(scope="module", autouse=True)
def _functions_of_this_file_travel() -> Iterator[None]:
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


class Cluster:
    """A scheduler and its workers, each a process, on this machine."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.log = (folder / "log").open("wb")
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--scheduler-file", str(self.file))
        assert eventually(lambda: self.file.is_file() and self.file.stat().st_size > 0)

    def add_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, and its nanny, which starts it again if it dies."""
        return self._start(
            "dask_worker", "--scheduler-file", str(self.file), "--nthreads", "1", "--dashboard-address", "127.0.0.1:0",
            **environment,
        )  # fmt: skip

    def stop(self) -> None:
        for each in self.processes:
            with_children_ended(each)
        self.log.close()

    def _start(self, what: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{what}", "--host", "127.0.0.1", "--no-dashboard", *words]
        own = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
        started = subprocess.Popen(command, stdout=self.log, stderr=self.log, env=own, start_new_session=True)
        self.processes.append(started)
        return started


def with_children_ended(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def cluster_of(folder: Path, number: int) -> Iterator[Cluster]:
    pytest.importorskip("distributed", reason="the extra harmattan[dask] is not installed")
    found = Cluster(folder)
    try:
        for _ in range(number):
            found.add_worker()
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_of(tmp_path_factory.mktemp("cluster"), 2) as found:
        wait_for(found, 2)
        yield found


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    whole = load("burkina").with_backtest({"origins": ORIGINS, "horizons": (1, 3)}).model_dump()
    whole["forecast"] |= {"horizons": 3, "draws": 150}
    return Experiment(**{**whole, "models": MODELS})


@pytest.fixture(scope="module")
def serial(experiment: Experiment, burkina: Panel) -> Backtest:
    return tried(experiment, burkina, maps=True)


def tried(experiment: Experiment, panel: Panel, **asked: Any) -> Backtest:
    return try_on_past(experiment, panel, models_of(experiment), origin=panel.origin, **asked)


def assert_same(one: Backtest, other: Backtest) -> None:
    pd.testing.assert_frame_equal(one.rows, other.rows, check_exact=True)
    pd.testing.assert_frame_equal(one.maps, other.maps, check_exact=True)
    assert one.past is not None and other.past is not None
    pd.testing.assert_frame_equal(one.past.rows, other.past.rows)
    for name, upto in one.past.upto.items():
        np.testing.assert_array_equal(upto, other.past.upto[name])


class Counting:
    """A place that counts what it is given to do."""

    def __init__(self, place: Workers) -> None:
        self.place = place
        self.told = 0
        self.forecast = 0

    def linked(
        self, function: Callable[..., Any], tasks: Sequence[Task], *, shared: Any = None
    ) -> Iterator[tuple[int, Any]]:
        self.told += sum(each.told for each in tasks)
        self.forecast += sum(getattr(each.arguments[0], "__name__", "") != "score_one" for each in tasks)
        return self.place.linked(function, tasks, shared=shared)

    def each(
        self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], *, shared: Any = None
    ) -> Iterator[tuple[int, Any]]:
        return self.linked(function, [Task(each) for each in tasks], shared=shared)


# Tasks


def total(shared: int, own: int, before: tuple[int, ...] = ()) -> int:
    return shared + own + sum(before)


def fails(shared: None, own: int) -> int:
    if own == 4:
        raise ArithmeticError("four cannot be done")
    return own


@st.composite
def graphs(draw: st.DrawFn) -> list[Task]:
    number = draw(st.integers(1, 14))
    found = []
    for place in range(number):
        after = draw(st.sets(st.integers(0, place - 1), max_size=3)) if place else set()
        group = draw(st.sampled_from([None, "a", "b"])) if not after else None
        found.append(Task((place,), tuple(sorted(after)), group, told=draw(st.booleans())))
    return found


def expected(tasks: Sequence[Task], shared: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for place, task in enumerate(tasks):
        found[place] = shared + task.arguments[0] + sum(found[each] for each in task.after)
    return {place: each for place, each in found.items() if tasks[place].told}


GRAPH = [
    Task((1,), group="a", told=False),
    Task((2,), (0,), "a"),
    Task((3,), (0, 1), "a", told=False),
    Task((4,), (1, 2)),
    *(Task((number,), (3,)) for number in range(100)),
]


@settings(max_examples=60)
@given(tasks=graphs(), shared=st.integers(0, 9))
def test_every_task_that_is_told_is_yielded_once_with_what_came_before_it(tasks: list[Task], shared: int) -> None:
    found = list(placed(1).linked(total, tasks, shared=shared))
    assert len(found) == len(dict(found))
    assert dict(found) == expected(tasks, shared)


def test_processes_and_a_cluster_do_as_this_process_does(cluster: Cluster) -> None:
    assert dict(placed(2).linked(total, GRAPH, shared=5)) == expected(GRAPH, 5)
    with workers(dask=str(cluster.file)) as place:
        assert dict(place.linked(total, GRAPH, shared=5)) == expected(GRAPH, 5)
        assert eventually(lambda: not place.client.futures)


def test_an_error_comes_after_what_has_ended_and_as_it_is(cluster: Cluster) -> None:
    with workers(dask=str(cluster.file)) as on_cluster:
        for place in (placed(1), placed(2), on_cluster):
            ended = []
            with pytest.raises(ArithmeticError, match="four cannot be done"):
                ended.extend(each for each, _ in place.each(fails, [(number,) for number in range(9)]))
            assert 4 not in ended


def test_a_task_cannot_wait_for_a_later_one() -> None:
    with pytest.raises(ValueError, match="a task can only come after earlier ones; task 0 names 1"):
        list(placed(1).linked(total, [Task((0,), (1,)), Task((1,))], shared=0))


# Clusters that cannot be used


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("tcp://127.0.0.1:9", r"no Dask scheduler answers at tcp://127.0.0.1:9 within 1 .*: start one with 'dask sch"),
        ("nowhere.json", r"--dask must be the address of a scheduler, such as .*; 'nowhere.json' is neither"),
        ("{file}", r"is no scheduler file: expected what 'dask scheduler --scheduler-file .*' writes"),
    ],
)  # fmt: skip
def test_a_wrong_address_is_told(asked: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra harmattan[dask] is not installed")
    monkeypatch.setattr(reaching, "PATIENCE", 1)
    (tmp_path / "file").write_text("{}")
    with (
        pytest.raises(ClusterError, match=message),
        workers(dask=asked.format(file=tmp_path / "file")),
    ):
        pass


def test_without_the_library_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r'pip install "harmattan\[dask\]"'), workers(dask="tcp://127.0.0.1:9"):
        pass


def test_a_worker_with_other_code_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "src" / "harmattan", ignore=shutil.ignore_patterns("__pycache__", "bundled"))
    shutil.copytree(data_dir(), tmp_path / "data")
    shutil.copytree(data_dir().with_name("experiments"), tmp_path / "experiments")
    with (tmp_path / "src" / "harmattan" / "months.py").open("a") as file:
        file.write("# another version\n")
    with workers(dask=str(cluster.file)) as place:
        other = cluster.add_worker(PYTHONPATH=str(tmp_path / "src"))
        place.client.wait_for_workers(3, timeout=60)
    try:
        with (
            pytest.raises(
                ClusterError, match=r"worker tcp://127.0.0.1:\d+ runs other code .*: Harmattan itself. Install"
            ),
            workers(dask=str(cluster.file)),
        ):
            pass
    finally:
        with_children_ended(other)
    wait_for(cluster, 2)


def wait_for(cluster: Cluster, number: int) -> None:
    """Wait until the scheduler has noticed who is left."""
    import distributed

    with distributed.Client(scheduler_file=str(cluster.file), set_as_default=False) as client:
        assert eventually(lambda: len(client.nthreads()) == number)


def eventually(happens: Callable[[], bool]) -> bool:
    for _ in range(600):
        if happens():
            return True
        sleep(0.05)
    return False


# Backtests


def test_a_backtest_is_the_same_to_the_byte(
    cluster: Cluster, experiment: Experiment, burkina: Panel, serial: Backtest
) -> None:
    assert_same(tried(experiment, burkina, maps=True, workers=2), serial)
    with workers(dask=str(cluster.file)) as place:
        assert_same(tried(experiment, burkina, maps=True, workers=place), serial)


def test_a_worker_that_is_killed_changes_nothing(
    cluster: Cluster, experiment: Experiment, burkina: Panel, serial: Backtest, tmp_path: Path
) -> None:
    with workers(dask=str(cluster.file)) as place:
        process = list(place.client.run(os.getpid).values())

        def kill(_what: str, done: int, _whole: int) -> None:
            if done == 1:
                os.kill(process[0], signal.SIGKILL)

        found = tried(experiment, burkina, maps=True, workers=place, cache=tmp_path, progress=kill)
    assert_same(found, serial)
    assert len(list(tmp_path.rglob("*.parquet"))) == ENTRIES + ORIGINS * len(MODELS)
    wait_for(cluster, 2)


def test_a_scheduler_that_is_killed_loses_nothing_finished(
    experiment: Experiment, burkina: Panel, serial: Backtest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    seen = []
    with cluster_of(tmp_path, 1) as cluster:
        wait_for(cluster, 1)
        monkeypatch.setattr(reaching, "PATIENCE", 2)

        def kill(_what: str, done: int, _whole: int) -> None:
            seen.append(done)
            if done == 1:
                with_children_ended(cluster.scheduler)

        with (
            pytest.raises(
                ClusterError, match=r"was lost .*; what was finished is kept in .*kept, and is not done again: start"
            ),
            workers(dask=str(cluster.file), kept=kept) as place,
        ):
            tried(experiment, burkina, maps=True, workers=place, cache=kept, progress=kill)
    done = len(list(kept.rglob("*.parquet")))
    assert 1 in seen and 0 < done < ENTRIES + ORIGINS * len(MODELS)
    scored = [
        Cache(kept, experiment, burkina).scored(name, origin, earlier, maps=True) is not None
        for name in MODELS
        for origin, earlier in rolling(burkina, name)
    ]
    past = len(
        [
            None
            for origin, _ in rolling(burkina, "learns")
            if Cache(kept, experiment, burkina).past(("conflictology", "pool"), origin)
        ]
    )
    place = Counting(placed(1))
    again = tried(experiment, burkina, maps=True, workers=place, cache=kept)
    assert place.told == ENTRIES - sum(scored) - past
    assert_same(again, serial)
    place = Counting(placed(1))
    assert_same(tried(experiment, burkina, maps=True, workers=place, cache=kept), serial)
    assert place.told == place.forecast == 0


def rolling(panel: Panel, name: str) -> list[tuple[pd.Period, list[pd.Period]]]:
    """The origins, each with those that a model learnt from."""
    origins = [panel.origin - back for back in range(ORIGINS, 0, -1)]
    return [(each, origins[:place] if name == "learns" else []) for place, each in enumerate(origins)]


@settings(max_examples=5)
@given(data=st.data())
def test_whatever_is_missing_is_made_again_the_same(
    data: st.DataObject,
    experiment: Experiment,
    burkina: Panel,
    serial: Backtest,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    whole = _filled(experiment, burkina, tmp_path_factory)
    folder = tmp_path_factory.mktemp("part")
    entries = sorted(whole.rglob("*.parquet"))
    for each in data.draw(st.sets(st.sampled_from(entries), max_size=len(entries))):
        copy = folder / each.relative_to(whole)
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(each, copy)
    assert_same(tried(experiment, burkina, maps=True, cache=folder), serial)


_FILLED: dict[str, Path] = {}


def _filled(experiment: Experiment, panel: Panel, factory: pytest.TempPathFactory) -> Path:
    if "it" not in _FILLED:
        _FILLED["it"] = factory.mktemp("whole")
        tried(experiment, panel, maps=True, cache=_FILLED["it"])
    return _FILLED["it"]


def test_more_origins_take_over_those_of_fewer(experiment: Experiment, burkina: Panel, tmp_path: Path) -> None:
    tried(experiment.with_backtest({"origins": 2}), burkina, cache=tmp_path)
    place = Counting(placed(1))
    tried(experiment.with_backtest({"origins": 3}), burkina, workers=place, cache=tmp_path)
    # A pool that learns learns from another origin now; all others are new at one origin only.
    assert place.told == (len(MODELS) - 1) + 1 + 3


# What else runs on workers


def test_a_run_is_the_same(cluster: Cluster, experiment: Experiment, tmp_path: Path) -> None:
    here = run_experiment(experiment)
    with workers(dask=str(cluster.file)) as place:
        there = run_experiment(experiment, workers=place, cache=tmp_path)
    pd.testing.assert_frame_equal(here.scores, there.scores, check_exact=True)
    assert list(here.forecasts) == list(there.forecasts)
    for name, each in here.forecasts.items():
        np.testing.assert_array_equal(each.draws, there.forecasts[name].draws)
    np.testing.assert_array_equal(here.earlier.draws, there.earlier.draws)


def test_a_sweep_is_the_same(cluster: Cluster, experiment: Experiment, tmp_path: Path) -> None:
    values = experiment.with_backtest({"origins": 3}).model_dump()
    sweep = {"models.learns.parameters.shrink": [2, 9], "forecast.lag": [0, 1]}
    here = run_sweep(values, sweep, cache=tmp_path / "here")
    with workers(dask=str(cluster.file)) as place:
        there = run_sweep(values, sweep, cache=tmp_path / "there", workers=place)
    pd.testing.assert_frame_equal(here.table, there.table, check_exact=True)
    assert (here.tried, here.reused) == (there.tried, there.reused)
    names = [sorted(each.name for each in (tmp_path / side).rglob("*.parquet")) for side in ("here", "there")]
    assert names[0] == names[1]


def test_scenarios_are_the_same_and_share_chance_in_every_block(cluster: Cluster, burkina: Panel) -> None:
    model = Endemic(parameter_draws=3).fit(burkina, (1, 2))
    change = [activity(burkina.regions, "BF5204", 0.5)]
    codes = [str(each) for each in burkina.regions.table.index[:4]]
    with workers(dask=str(cluster.file)) as place:
        found = [run_scenario(model, burkina, change, draws=2200, seed=4, workers=each) for each in (1, place)]
        ranks = [
            ranking(model, burkina, regions=codes, targets=codes, first=2, draws=200, workers=each)
            for each in (1, 2, place)
        ]
    np.testing.assert_array_equal(found[0].changed.draws, found[1].changed.draws)
    pd.testing.assert_frame_equal(found[0].differences, found[1].differences, check_exact=True)
    assert (found[0].changed.draws <= found[0].base.draws).all()
    for each in ranks[1:]:
        pd.testing.assert_frame_equal(ranks[0], each, check_exact=True)
    fewer = paths([model.sets_], draws=1000, seed=4)[0]
    np.testing.assert_array_equal(found[0].base.draws[:1000], fewer)
    assert not np.array_equal(found[0].base.draws[1000:2000], fewer)

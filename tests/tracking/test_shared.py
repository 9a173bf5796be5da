"""Many write to one store at once, at first an empty one: nothing is lost, and one champion comes out."""

from __future__ import annotations

import os
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import sqlalchemy
from tests.faults.killing import PATIENCE, ended
from typer.testing import CliRunner

from harmattan import tracking
from harmattan.backtest import backtest, forecast_all
from harmattan.cli import app
from harmattan.comparison.losses import monthly
from harmattan.models import Forecaster
from harmattan.models.baselines import Conflictology, OwnRate, Zero
from harmattan.models.discounted import Discounted
from harmattan.months import month, month_range
from harmattan.panel import Panel
from harmattan.result import Caption, Result
from harmattan.scores.table import score_table
from harmattan.spreadsheet import as_csv
from harmattan.submissions import Submission, beside, read_submission, score_submission
from harmattan.tracking import advisory, loading, registry, summary
from harmattan.tracking.cards import experiment_card, model_card
from harmattan.tracking.store import alone_with, experiment_id, import_mlflow
from harmattan.tracking.values import log_data

ORIGIN, HORIZONS, DRAWS = month("2023-06"), (1, 3), 50
BASELINE, SHARED, DUEL, SWEEP = "conflictology", "shared", "duel", "shared-sweep"
WRITERS = {"postgresql": 8, "postgresql and a bucket": 4, "sqlite": 4}
CAPTION = Caption("Attacks in Burkina Faso", "A table of counts", "CC BY 4.0")


@dataclass(frozen=True)
class Written:
    """A store that many have written to, and what each wrote."""

    store: str
    results: Mapping[str, Result]
    external: str
    sweep: str
    decisions: tuple[str, str]


def _result(burkina: Panel, seed: int, models: Mapping[str, Forecaster], past: int) -> Result:
    """A real forecast, another one for every seed, tried on some months of the past."""
    panel, chosen = burkina.as_of(ORIGIN), {BASELINE: Conflictology(), **models}
    tried = list(month_range(ORIGIN - past, ORIGIN - 1))
    rows = backtest(panel, chosen, origins=tried, horizons=HORIZONS, draws=DRAWS, seed=seed).rows
    fitted, made = forecast_all(panel, chosen, origin=ORIGIN, horizons=HORIZONS, draws=DRAWS, seed=seed)
    best, settings = next(iter(models)), {"data.bundled": "attacks_bfa", "seed": str(seed)}
    scores = score_table(rows, (BASELINE,))
    return Result(SHARED, settings, CAPTION, panel, fitted, made, made[best], rows, scores, (BASELINE,), best, seed)


@pytest.fixture(scope="module")
def results(burkina: Panel) -> list[Result]:
    count = max(WRITERS.values())
    return [_result(burkina, seed, {"rate": OwnRate(), "discounted": Discounted()}, 2) for seed in range(count)]


@pytest.fixture(scope="module")
def duellists(burkina: Panel) -> list[Result]:
    """A poor champion, and two that are better."""
    whole = _result(burkina, 1, {"zero": Zero(), "rate": OwnRate(), "discounted": Discounted()}, 12)

    def only(name: str) -> Result:
        return replace(
            whole,
            name=DUEL,
            fitted={name: whole.fitted[name]},
            forecasts={name: whole.forecasts[name]},
            rows=whole.rows[whole.rows["model"] == name],
            scores=whole.scores[whole.scores["model"] == name],
            champion=name,
        )

    return [only(each) for each in ("zero", "rate", "discounted")]


@pytest.fixture(scope="module")
def submission(results: list[Result], tmp_path_factory: pytest.TempPathFactory) -> tuple[Submission, pd.DataFrame]:
    """A forecast made elsewhere, with its rows beside those of the first result."""
    rows = results[0].rows[results[0].rows["model"] == BASELINE]
    table = rows[["origin", "horizon", "region"]].assign(at_least=1, probability=0.9 * rows["p1"] + 0.01)
    file = tmp_path_factory.mktemp("submitted") / "mine.csv"
    table.to_csv(file, index=False)
    mine = read_submission(file)
    return mine, beside(mine, score_submission(mine, results[0].panel), results[0].rows).rows


@pytest.fixture(scope="module")
def warm() -> None:
    """What every process would do for itself is done before they part."""
    import_mlflow()
    from mlflow.utils.requirements_utils import _init_packages_to_modules_map

    _init_packages_to_modules_map()


def _start(work: Callable[[], object], told: Path) -> int:
    """Do `work` in a process of its own, which writes what it returns, or how it failed, to a file."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            told.write_text(str(work()))
            code = 0
        except BaseException as error:
            told.write_text(f"{type(error).__name__}: {error}")
        finally:
            os._exit(code)
    return child


def together(folder: Path, *works: Callable[[], object]) -> list[str]:
    """Do all at once, each in a process of its own, and return what each returns."""
    files = [folder / f"told-{number}" for number in range(len(works))]
    children = [_start(work, file) for work, file in zip(works, files, strict=True)]
    codes = [ended(child) for child in children]
    told = [file.read_text() for file in files]
    assert codes == [0] * len(works), "\n\n".join(told)
    return told


def _slowly(function: Callable[..., object]) -> Callable[..., object]:
    def slow(*given: object, **named: object) -> object:
        found = function(*given, **named)
        time.sleep(0.3)
        return found

    return slow


@pytest.fixture(scope="module", params=WRITERS)
def written(
    warm: None,
    request: pytest.FixtureRequest,
    results: list[Result],
    duellists: list[Result],
    submission: tuple[Submission, pd.DataFrame],
    tmp_path_factory: pytest.TempPathFactory,
) -> Written:
    """All write at once; later two are promoted at once."""
    folder = tmp_path_factory.mktemp(request.param)
    store = tracking.default_store(folder)
    root = folder / "artefacts"
    root.mkdir()
    to = {"store": store, "artefacts": str(root)}
    if "postgresql" in request.param:
        to["store"] = store = request.getfixturevalue("postgresql")(request.param.replace(" ", "_"))
    if "bucket" in request.param:
        to["artefacts"] = request.getfixturevalue("bucket")
    pictures = folder / "release" / "maps"
    pictures.mkdir(parents=True)
    (pictures / "p1.png").write_bytes(bytes(range(256)) * 100)
    mine, rows = submission
    first, second = results[:2]
    scores = score_table(rows, (BASELINE,))

    def external() -> str:
        return tracking.log_external(mine, rows, scores, panel=first.panel, caption=CAPTION, experiment=SHARED, **to)

    def sweep() -> str:
        tried = [_combination(each, number) for number, each in enumerate((first, second))]
        table = pd.DataFrame({"combination": ["seed=0", "seed=1"], "model": ["rate", "rate"], "log_score": [0.5, 0.6]})
        return tracking.log_sweep(SHARED, tried, table, caption=CAPTION, **to)

    def duel() -> list[str]:
        return [tracking.log(each, **to) for each in duellists]

    count = WRITERS[request.param]
    works = [lambda each=each: tracking.log(each, release=pictures.parent, **to) for each in results[:count]]
    *runs, other, swept, _ = together(folder, *works, external, sweep, duel)

    def promoted(version: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(registry, "judge", _slowly(registry.judge))
            return str(tracking.promote(store, DUEL, challenger=version, date="2023-07-01"))

    decisions = together(folder, lambda: promoted("2"), lambda: promoted("3"))
    return Written(store, dict(zip(runs, results, strict=False)), other, swept, (decisions[0], decisions[1]))


def _combination(result: Result, number: int) -> SimpleNamespace:
    return SimpleNamespace(
        name=f"seed={number}", changes={"seed": str(number)}, settings=result.settings, panel=result.panel,
        rows=result.rows, scores=result.scores, baselines=result.baselines,
    )  # fmt: skip


@pytest.fixture
def client(written: Written) -> Iterator[object]:
    with tracking.opened(written.store) as opened:
        yield opened


def test_every_run_is_there_and_ended(written: Written, client) -> None:
    runs = len(written.results)
    expected = {SHARED: runs * 4 + 1, DUEL: 6, SWEEP: 3}
    found = {each.name: each.experiment_id for each in client.search_experiments()}
    assert set(found) == {"Default", *expected}
    for name, number in expected.items():
        held = client.search_runs([found[name]])
        assert len(held) == number
        assert {each.info.status for each in held} == {"FINISHED"}
    assert {each.status for each in client.search_logged_models([found[SHARED]])} == {"READY"}


def _same_values(client, run_id: str, params: Mapping[str, str], scores: list[summary.Score]) -> None:
    data = client.get_run(run_id).data
    assert data.params == dict(params)
    wanted: dict[str, dict[int, float]] = {}
    for each in scores:
        wanted.setdefault(each.key, {})[each.horizon] = each.value
    assert data.metrics == {key: steps[max(steps)] for key, steps in wanted.items()}
    for key in ("all/log_score", "onset/brier", "all/crps_mean", "all/crps_skill_vs_conflictology"):
        history = {each.step: each.value for each in client.get_metric_history(run_id, key)}
        assert history == wanted.get(key, {})


def _artefacts(client, run_id: str, to: Path) -> dict[str, bytes]:
    (to / run_id).mkdir()
    place = Path(client.download_artifacts(run_id, "", str(to / run_id)))
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_the_run_of_each_writer_is_whole(written: Written, client, tmp_path: Path) -> None:
    for run_id, result in written.results.items():
        _same_values(client, run_id, summary.settings(result), summary.scores(result.scores, result.champion))
        run = client.get_run(run_id)
        assert summary.tags(result).items() <= run.data.tags.items()
        (used,) = run.inputs.dataset_inputs
        assert used.dataset.digest == result.panel.content_hash()[:32]
        held = _artefacts(client, run_id, tmp_path)
        assert {name: held[name] for name in sorted(held) if name != "losses.parquet"} == {
            "card.md": experiment_card(result).encode(),
            "forecast.csv": as_csv(result.forecast.table()).encode(),
            "maps/p1.png": bytes(range(256)) * 100,
            "scores.csv": as_csv(result.scores).encode(),
        }


def test_the_models_of_each_writer_are_whole_and_load(written: Written, client, tmp_path: Path) -> None:
    for run_id, result in written.results.items():
        home = client.get_run(run_id).info.experiment_id
        below = client.search_runs([home], f"tags.mlflow.parentRunId = '{run_id}'")
        assert {each.data.tags["model"] for each in below} == set(result.fitted)
        for each in below:
            name = each.data.tags["model"]
            scores = summary.scores(result.scores, name)
            _same_values(client, each.info.run_id, summary.parameters(result.fitted[name]), scores)
            assert _artefacts(client, each.info.run_id, tmp_path) == {"card.md": model_card(result, name).encode()}
            kept = each.outputs.model_outputs if each.outputs else []
            assert len(kept) == (name not in result.baselines)
            for output in kept:
                _repeats(loading.load(f"models:/{output.model_id}"), result, name)


def _repeats(model, result: Result, name: str) -> None:
    table = result.forecasts[name].table()
    made = model.predict(table[["region", "horizon"]], params={"draws": DRAWS, "seed": result.seed})
    pd.testing.assert_frame_equal(made, table[made.columns], check_exact=True, check_dtype=False)


def test_a_comparison_reads_all(written: Written) -> None:
    runs = {each.run: each for each in tracking.read_runs(written.store, [SHARED])}
    assert set(runs) == {*written.results, written.external}
    assert runs[written.external].external
    for run_id, result in written.results.items():
        expected = monthly(result.rows)
        found = runs[run_id].losses.astype(expected.dtypes.to_dict())
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert len(tracking.read_runs(written.store, [SWEEP])) == 2


def test_all_registered_beside_one_champion(written: Written, client) -> None:
    name = registry.registered_name(SHARED)
    versions = {str(each.version): each for each in client.search_model_versions(f"name = '{name}'")}
    # The first makes two, every other one challenger.
    assert sorted(map(int, versions)) == list(range(1, len(written.results) + 2))
    aliases = {alias: str(version) for alias, version in client.get_registered_model(name).aliases.items()}
    assert set(aliases) == {"champion", "challenger"} and aliases["champion"] == "2"
    assert {client.get_run(each).data.tags["champion_version"] for each in written.results} == {"2"}
    told = [client.get_run(each).data.tags["challenger_version"] for each in written.results]
    assert sorted(map(int, told)) == [1, *range(3, len(versions) + 1)]
    assert aliases["challenger"] == max(versions, key=int)


def test_two_promotions_at_once_follow_each_other(written: Written, client) -> None:
    name = registry.registered_name(DUEL)
    champion = str(client.get_registered_model(name).aliases["champion"])
    tags = {each: client.get_model_version(name, each).tags for each in ("2", "3")}
    assert champion in tags and tags[champion]["decision"] == "promoted"
    (other,) = set(tags) - {champion}
    compared = {each: found["compared_with"].split(" ")[1] for each, found in tags.items()}
    assert sorted(compared.values()) in (["1", "2"], ["1", "3"])
    earlier = next(each for each, against in compared.items() if against == "1")
    (later,) = set(tags) - {earlier}
    assert compared[later] == earlier and tags[earlier]["decision"] == "promoted"
    assert champion == (later if tags[later]["decision"] == "promoted" else earlier)
    assert [word in " ".join(written.decisions) for word in (f"version {other}", f"version {champion}")] == [True, True]


@pytest.fixture(scope="module")
def tables(postgresql: Callable[[str], str]) -> str:
    """A database for the tests below."""
    return postgresql("tables")


def test_who_is_killed_takes_nothing_along(warm: None, results: list[Result], tables: str, tmp_path: Path) -> None:
    """Killed while it holds the lock of the database: others wait, then go on."""
    store, inside = tables, tmp_path / "inside"

    def log(number: int) -> str:
        return tracking.log(results[number], store=store, artefacts=str(tmp_path), keep=[])

    def doomed() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(registry, "register", lambda *given: (inside.touch(), time.sleep(600)))
            log(0)

    victim = _start(doomed, tmp_path / "victim")
    until = time.monotonic() + PATIENCE
    while not inside.exists() and time.monotonic() < until:
        time.sleep(0.02)
    others = [_start(lambda number=number: log(number), tmp_path / f"other-{number}") for number in (1, 2)]
    time.sleep(0.5)
    assert os.waitpid(-1, os.WNOHANG) == (0, 0)
    os.kill(victim, signal.SIGKILL)
    assert [ended(victim), *map(ended, others)] == [-signal.SIGKILL, 0, 0]
    runs = [(tmp_path / f"other-{number}").read_text() for number in (1, 2)]
    assert {each.run for each in tracking.read_runs(store)} == set(runs)
    again = log(0)
    assert {each.run for each in tracking.read_runs(store)} == {*runs, again}
    with tracking.opened(store) as client:
        home = client.get_experiment_by_name(SHARED).experiment_id
        (dead,) = client.search_runs([home], "attributes.status = 'RUNNING'")
        assert dead.data.params["seed"] == "0" and dead.info.run_id not in (*runs, again)
        _same_values(client, again, summary.settings(results[0]), summary.scores(results[0].scores, "rate"))
        assert {client.get_run(each).data.tags["champion_version"] for each in (*runs, again)} == {"2"}


@pytest.fixture(scope="module")
def small(tables: str) -> str:
    """The same database by another address, so that connections opened here are not those of processes begun here."""
    return f"{tables}&application_name=small"


def test_two_that_log_the_same_data_first(small: str, results: list[Result], tmp_path: Path) -> None:
    """The slower one writes its line while that of the faster one is not committed yet."""
    panel = results[0].panel
    copied = sqlalchemy.text(
        "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source) "
        "SELECT 'theirs', :to, name, digest, dataset_source_type, dataset_source FROM datasets "
        "WHERE experiment_id = :of"
    )
    engine = sqlalchemy.create_engine(small)
    with tracking.opened(small) as client, engine.connect() as faster, engine.connect() as onlooker:
        homes = [experiment_id(client, small, name, str(tmp_path)) for name in ("data", "same data")]
        runs = [client.create_run(home).info.run_id for home in homes]
        log_data(client, panel, CAPTION, runs[0], name="counts", context="training")

        def commit_when_waited_for() -> None:
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'tables' AND wait_event_type = 'Lock'"
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until and not onlooker.exec_driver_sql(waiting).scalar():
                onlooker.rollback()
                time.sleep(0.02)
            faster.commit()

        faster.execute(copied, {"of": int(homes[0]), "to": int(homes[1])})
        other = threading.Thread(target=commit_when_waited_for)
        other.start()
        log_data(client, panel, CAPTION, runs[1], name="counts", context="training")
        other.join()
        (used,) = client.get_run(runs[1]).inputs.dataset_inputs
        assert used.dataset.digest == panel.content_hash()[:32]
        held = sqlalchemy.text("SELECT dataset_uuid FROM datasets WHERE experiment_id = :of")
        assert onlooker.execute(held, {"of": int(homes[1])}).all() == [("theirs",)]
        for each in runs:
            client.set_terminated(each)
    engine.dispose()


def test_a_new_experiment_in_a_database_needs_a_place_for_its_artefacts(small: str, tmp_path: Path) -> None:
    def tried(name: str, *root: str) -> str:
        with tracking.opened(small) as client:
            return experiment_id(client, small, name, *root)

    with pytest.raises(
        tracking.TrackingError, match=r"'placed' is new in the store .*/tables\?\*\*\*, .*--artefacts FOLDER"
    ):
        tried("placed")
    absent = tmp_path / "absent"
    with pytest.raises(tracking.TrackingError, match=f"there is no {absent}: mount it, or make it once"):
        tried("placed", str(absent))
    root = tmp_path / "root of all"
    root.mkdir()
    root.chmod(0o2770)
    made = tried("placed", str(root))
    assert tried("placed") == tried("placed", str(absent)) == made
    for each in (root / "placed", root / "placed" / "models"):
        assert stat.S_IMODE(each.stat().st_mode) == 0o2770
    root.rename(tmp_path / "not mounted")
    with pytest.raises(tracking.TrackingError, match=f"keeps its artefacts in {root / 'placed'}, which is not on this"):
        tried("placed")
    assert not root.exists()


def test_an_experiment_in_a_bucket_needs_one_that_is_there(bucket: str, tmp_path: Path) -> None:
    store = tracking.default_store(tmp_path)
    with pytest.raises(tracking.TrackingError, match="s3://absent: The specified bucket does not exist"):
        tracking.prepare(store, "remote", "s3://absent")
    tracking.prepare(store, "remote", f"{bucket}/")
    with tracking.opened(store) as client:
        assert client.get_experiment_by_name("remote").artifact_location == f"{bucket}/remote"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("harmattan@", "harmattan:wr0ng@"), r"password authentication failed for user \*\*\*"),
        (("/tables", "/absent"), r'database "absent" does not exist'),
        (("host=/", "host=/absent/"), r"No such file or directory"),
    ],
)
def test_a_database_that_is_not_reached_is_said_at_once(small: str, change: tuple[str, str], said: str) -> None:
    started = time.monotonic()
    with pytest.raises(tracking.TrackingError, match=said) as caught, tracking.opened(small.replace(*change)):
        pass
    assert time.monotonic() - started < 20
    assert "wr0ng" not in str(caught.value) and "harmattan@" not in str(caught.value)


UNPLACED = """
name = "unplaced"
title = "Without a place for its artefacts"
data.bundled = "attacks_bfa"
regions.level = "province"
models.zero.kind = "zero"
"""
SWEPT = """
[sweep]
"backtest.origins" = [1, 2]
"""


@pytest.mark.parametrize(("more", "name"), [("", "unplaced"), (SWEPT, "unplaced-sweep")], ids=["run", "sweep"])
def test_nothing_is_computed_for_a_store_that_cannot_take_it(
    small: str, more: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("this is not to be computed")

    monkeypatch.setattr("harmattan.experiment.run", never)
    monkeypatch.setattr("harmattan.sweep.run_sweep", never)
    monkeypatch.chdir(tmp_path)
    Path("unplaced.toml").write_text(UNPLACED + more)
    with pytest.raises(tracking.TrackingError, match=f"'{name}' is new in the store .*--artefacts FOLDER"):
        CliRunner().invoke(app, ["run", "unplaced.toml", "--store", small], catch_exceptions=False)
    assert [each.name for each in tmp_path.iterdir()] == ["unplaced.toml"]


def test_an_object_store_out_of_reach_is_said_at_once(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", nobody)
        with pytest.raises(tracking.TrackingError, match=f"the place of the artefacts failed: Could not .*{nobody}"):
            tracking.prepare(tracking.default_store(tmp_path), "far", bucket)
    monkeypatch.undo()
    tracking.prepare(tracking.default_store(tmp_path), "far", bucket)
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", nobody)
    with pytest.raises(tracking.TrackingError, match=f"the place of the artefacts failed: Could not .*{nobody}"):
        tracking.prepare(tracking.default_store(tmp_path), "far", bucket)


def test_who_holds_a_database_for_long_is_named(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advisory, "SETTINGS", ("SET lock_timeout = '50ms'",))
    with (
        alone_with(small),
        pytest.raises(tracking.TrackingError, match="another run has held the store for long: end that run, or wait"),
        tracking.opened(small),
    ):
        pass

"""What is written to MLflow can be loaded and repeated to the last bit; a broken store says so."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import Birch
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from harmattan import tracking
from harmattan.backtest import backtest, forecast_all
from harmattan.figures import bundled_counts
from harmattan.models import Forecaster
from harmattan.models.baselines import Bootstrap, Conflictology, Last, NeighbourRate, OwnRate, Zero
from harmattan.models.combine import Pool
from harmattan.models.counts import HurdleRegressor, NegativeBinomialRegressor
from harmattan.models.discounted import Discounted
from harmattan.models.learners import Direct
from harmattan.months import month, month_range
from harmattan.panel import Panel, from_counts
from harmattan.regions import bundled
from harmattan.result import Caption, Result
from harmattan.scores.table import score_table
from harmattan.tracking import summary
from harmattan.tracking.cards import experiment_card, model_card
from harmattan.tracking.errors import UntrustedTypeError
from harmattan.tracking.stored import read, rows, stored, untrusted, write

ORIGIN, HORIZONS, DRAWS, SEED = month("2022-06"), (1, 3), 200, 7
BASELINES = ("zero", "last", "conflictology", "neighbours", "rate", "bootstrap")
NAMES = (
    *BASELINES,
    *("discounted", "logistic", "boosting", "forest", "negbin", "hurdle", "alone", "pool", "pool_of_pools"),
)


class Guess(ClassifierMixin, BaseEstimator):
    """A classifier of the user's own: half and half."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Guess:
        self.classes_ = np.array([False, True])
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return np.full((len(X), 2), 0.5)


def _models() -> dict[str, Forecaster]:
    forest = RandomForestClassifier(8, min_samples_leaf=10, random_state=1)
    boosting = HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=6, max_features=0.3, random_state=1)
    singles: dict[str, Forecaster] = {
        "zero": Zero(),
        "last": Last(),
        "conflictology": Conflictology(),
        "neighbours": NeighbourRate(),
        "rate": OwnRate(),
        "bootstrap": Bootstrap(),
        "discounted": Discounted(),
        "logistic": Direct(make_pipeline(StandardScaler(), LogisticRegression(C=0.01))),
        "boosting": Direct(boosting),
        "forest": Direct(forest, months=24),
        "negbin": Direct(NegativeBinomialRegressor(), months=24),
        "hurdle": Direct(HurdleRegressor(), months=24),
    }
    members = ("forest", "discounted", "conflictology")
    pool = Pool(
        {each: singles[each] for each in members},
        weights={"forest": 0.5, "discounted": 0.3, "conflictology": 0.2},
    )
    alone = Pool({"first": OwnRate(), "second": Last()})
    return singles | {
        "alone": alone,
        "pool": pool,
        "pool_of_pools": Pool({"pool": pool, "logistic": singles["logistic"]}),
    }


@pytest.fixture(scope="session")
def panel() -> Panel:
    whole = from_counts(bundled_counts("attacks_bfa")[0], bundled("province"))
    return whole.as_of(ORIGIN)


@pytest.fixture(scope="session")
def result(panel: Panel) -> Result:
    models = _models()
    fitted, made = forecast_all(panel, models, origin=ORIGIN, horizons=HORIZONS, lag=1, draws=DRAWS, seed=SEED)
    origins = list(month_range("2022-01", "2022-02"))
    scored = backtest(panel, models, origins=origins, horizons=HORIZONS, lag=1, draws=100, seed=SEED).rows
    scores = score_table(scored, ("conflictology", "rate"))
    mean = scores[(scores["set"] == "all") & (scores["score"] == "log_score")].groupby("model")["value"].mean()
    champion = str(mean.drop("pool").idxmin())
    caption = Caption("Attacks in Burkina Faso", "A table of counts", "CC BY 4.0", ("Unreported attacks are missing.",))
    settings = {"data.actor": "JNIM", "data.counts": "attacks_bfa", "models.odd:key": "x" * 7000}
    return Result(
        "burkina",
        settings,
        caption,
        panel,
        fitted,
        made,
        made[champion],
        scored,
        scores,
        BASELINES,
        champion,
        SEED,
    )


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("releases") / "2022-06"
    (folder / "maps").mkdir(parents=True)
    (folder / "maps" / "p1.png").write_bytes(b"a picture")
    return folder


@pytest.fixture(scope="session")
def logged(result: Result, release: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A store with the result in it, and the id of its run."""
    store = tracking.default_store(tmp_path_factory.mktemp("store"))
    return store, tracking.log(result, store=store, release=release, keep=["boosting", "pool"])


@pytest.fixture
def client(logged: tuple[str, str]) -> Iterator[object]:
    with tracking.opened(logged[0]) as opened:
        yield opened


def test_importing_tracking_does_not_import_mlflow() -> None:
    code = "import sys, harmattan.tracking; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_model_repeats_its_forecast_to_the_last_bit(name: str, result: Result, tmp_path: Path) -> None:
    write(stored(result, name), tmp_path / "model.skops")
    made = read(tmp_path / "model.skops").forecast(DRAWS, SEED)
    expected = result.forecasts[name]
    assert made.draws.tobytes() == expected.draws.tobytes()
    assert (made.origin, made.horizons, made.measure) == (
        expected.origin,
        expected.horizons,
        expected.measure,
    )
    pd.testing.assert_frame_equal(made.table(), expected.table())


def test_a_pool_of_fresh_members_is_stored_with_the_fitted_ones(panel: Panel, tmp_path: Path) -> None:
    models = {"rate": OwnRate(), "last": Last(), "pool": Pool({"rate": OwnRate(), "last": Last()})}
    fitted, made = forecast_all(panel, models, origin=ORIGIN, horizons=(1,), draws=50, seed=1)
    caption = Caption("", "", "")
    result = Result("x", {}, caption, panel, fitted, made, made["pool"], pd.DataFrame(), pd.DataFrame(), (), "pool", 1)
    write(stored(result, "pool"), tmp_path / "pool.skops")
    assert (read(tmp_path / "pool.skops").forecast(50, 1).draws == made["pool"].draws).all()


def test_the_champion_loads_in_a_fresh_process_and_repeats_the_forecast(
    result: Result, logged: tuple[str, str], tmp_path: Path
) -> None:
    wanted = result.forecast.table()[["region", "horizon"]].sample(frac=1.0, random_state=3)
    wanted.to_parquet(tmp_path / "wanted.parquet")
    code = (
        "import sys, pandas as pd\n"
        "from harmattan.tracking import load_champion\n"
        "model = load_champion(sys.argv[1], 'burkina')\n"
        "made = model.predict(pd.read_parquet('wanted.parquet'), params={'draws': 200, 'seed': 7})\n"
        "made.to_parquet('made.parquet')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, logged[0]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made = pd.read_parquet(tmp_path / "made.parquet")
    first = ["origin", "month", "region", "horizon"]
    assert list(made.columns) == [*first, "p1", "expected", "q05", "q25", "q50", "q75", "q95"]
    expected = (
        result.forecast.table().set_index(["region", "horizon"]).loc[list(wanted.itertuples(index=False, name=None))]
    )
    pd.testing.assert_frame_equal(made, expected.reset_index()[made.columns], check_exact=True, check_dtype=False)


def test_the_run_of_the_experiment_tells_all(result: Result, logged: tuple[str, str], client) -> None:
    run = client.get_run(logged[1])
    assert run.info.status == "FINISHED"
    tags = {
        "origin": "2022-06",
        "data_cutoff": "2022-05",
        "horizons": "1, 3",
        "regions": "45",
        "region_level": "province",
        "countries": "BFA",
        "actor": "JNIM",
        "measure": "attacks",
        "seed": "7",
        "champion": result.champion,
        "release": "2022-06",
        "data_sha256": result.panel.content_hash(),
    }
    assert tags.items() <= run.data.tags.items()
    assert run.data.tags["mlflow.note.content"] == experiment_card(result)
    assert run.data.params["data.counts"] == "attacks_bfa"
    assert len(run.data.params["models.odd_key"]) == 6000
    dataset = run.inputs.dataset_inputs[0].dataset
    assert dataset.digest == result.panel.content_hash()[:32]
    assert '"attacks"' in dataset.schema
    assert {each.path for each in client.list_artifacts(logged[1])} == {
        "card.md",
        "forecast.csv",
        "losses.parquet",
        "maps",
        "scores.csv",
    }
    assert [each.path for each in client.list_artifacts(logged[1], "maps")] == ["maps/p1.png"]


def test_scores_are_logged_by_horizon_with_the_horizon_as_step(result: Result, logged: tuple[str, str], client) -> None:
    table = result.scores.set_index(["model", "set", "score", "horizon"])["value"].sort_index()
    for key in ("all/log_score", "onset/brier", "all/crps_skill_vs_rate"):
        history = {each.step: each.value for each in client.get_metric_history(logged[1], key)}
        assert history == table[(result.champion, *key.split("/"))].to_dict()
    mean = client.get_run(logged[1]).data.metrics["all/log_score_mean"]
    assert mean == pytest.approx(table[(result.champion, "all", "log_score")].mean())


def test_every_model_has_a_run_below_that_of_the_experiment(result: Result, logged: tuple[str, str], client) -> None:
    home = client.get_run(logged[1]).info.experiment_id
    runs = client.search_runs([home], f"tags.mlflow.parentRunId = '{logged[1]}'")
    found = {run.data.tags["model"]: run for run in runs}
    assert sorted(found) == sorted(NAMES)
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert found["forest"].data.params["estimator.min_samples_leaf"] == "10"
    assert found["pool"].data.params["members"] == "forest, discounted, conflictology"
    assert found["pool"].data.params["weights.forest"] == "0.5"
    assert found["zero"].data.tags["baseline"] == "true"
    assert found["forest"].data.tags["mlflow.note.content"] == model_card(result, "forest")
    assert [each.path for each in client.list_artifacts(found["zero"].info.run_id)] == ["card.md"]


def test_kept_models_are_complete_and_hold_no_pickle(result: Result, logged: tuple[str, str], client) -> None:
    models = client.search_logged_models([client.get_run(logged[1]).info.experiment_id])
    best = list(summary.ranking(result).index[:2])
    assert {each.tags["model"] for each in models} == {"boosting", "pool", *best}
    for each in models:
        assert each.status == "READY"
        assert {metric.key for metric in each.metrics} >= {"all/log_score", "onset/crps"}
    folder = Path(logged[0].removeprefix("sqlite:///")).parent / "mlartifacts"
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert {"MLmodel", "model_code.py", "forecaster.skops", "input_example.json", "requirements.txt"} <= names
    assert not [name for name in names if "pkl" in name or "pickle" in name]
    needs = next(folder.rglob("requirements.txt")).read_text().split()
    assert {each.partition("==")[0] for each in needs} >= {"harmattan", "numpy", "scikit-learn", "skops"}
    assert not [each for each in needs if "/" in each]


def test_champion_and_challenger_have_their_aliases(result: Result, logged: tuple[str, str], client) -> None:
    for alias, name in zip(("champion", "challenger"), summary.ranking(result).index, strict=False):
        version = client.get_model_version_by_alias("harmattan-burkina", alias)
        assert version.tags["model"] == name
        assert client.get_logged_model(version.source.removeprefix("models:/")).tags["model"] == name
    assert client.get_model_version_by_alias("harmattan-burkina", "champion").version == 2
    assert client.get_run(logged[1]).data.tags["champion_version"] == "2"
    assert client.get_run(logged[1]).data.tags["challenger_version"] == "1"


def test_a_later_run_names_a_challenger_and_leaves_the_champion(
    result: Result, logged: tuple[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    small = _only(result, ["zero", "conflictology"], "conflictology")
    name, store = "harmattan-small_ a_b", logged[0]
    tracking.log(small, store=store, experiment="small: a/b")
    with tracking.opened(store) as client:
        assert client.get_registered_model(name).aliases == {"champion": 2, "challenger": 1}
    tracking.log(small, store=store, experiment="small: a/b", keep=["zero"])
    with tracking.opened(store) as client:
        assert client.get_registered_model(name).aliases == {"champion": 2, "challenger": 1}
    parent = tracking.log(_only(result, ["zero", "discounted"], "discounted"), store=store, experiment="small: a/b")
    with tracking.opened(store) as client:
        assert client.get_registered_model(name).aliases == {"champion": 2, "challenger": 3}
        assert client.get_model_version(name, "3").tags["model"] == "discounted"
        tags = client.get_run(parent).data.tags
        assert (tags["champion_version"], tags["challenger_version"]) == ("2", "3")
    model = tracking.load_champion(store, "small: a/b")
    assert capfd.readouterr() == ("", "")
    wanted = pd.DataFrame({"region": ["BF1300"], "horizon": [3]})
    assert model.predict(wanted, params={"at_least": 2}).columns[-1] == "p2"


def test_cards_say_what_must_be_known(result: Result) -> None:
    card = experiment_card(result)
    for words in (
        "Attacks in Burkina Faso",
        "CC BY 4.0",
        "Unreported attacks",
        f"**{result.champion}**",
        "2022-05",
        "h = 3",
    ):
        assert words in card
    card = model_card(result, "pool")
    for words in (
        "Linear pool",
        "forest: 0.5",
        "log_score_skill_vs_conflictology",
        "no basis for a decision about a person",
    ):
        assert words in card
    assert "`months_since(measure=attacks)`" in model_card(result, "logistic")
    assert len(summary.note("x" * 9000)) == 8000


def test_a_model_of_foreign_classes_is_tracked_but_not_kept(
    panel: Panel, result: Result, logged: tuple[str, str]
) -> None:
    fitted, made = forecast_all(panel, {"own": Direct(Guess())}, origin=ORIGIN, horizons=HORIZONS, draws=20, seed=1)
    scores = result.scores[result.scores["model"] == "rate"].assign(model="own")
    mixed = replace(
        _only(result, ["rate"], "rate"),
        fitted=dict(fitted) | {"rate": result.fitted["rate"]},
        forecasts=dict(made) | {"rate": result.forecasts["rate"]},
        scores=pd.concat([scores, result.scores[result.scores["model"] == "rate"]]),
    )
    parent = tracking.log(mixed, store=logged[0], experiment="own")
    with tracking.opened(logged[0]) as client:
        home = client.get_run(parent).info.experiment_id
        (run,) = client.search_runs([home], "tags.model = 'own'")
        assert "may hold classes of Harmattan" in run.data.tags["not_kept"]
        assert client.get_model_version_by_alias("harmattan-own", "champion").tags["model"] == "rate"


def test_loading_refuses_what_is_no_class_of_its_own(tmp_path: Path) -> None:
    import skops.io

    skops.io.dump(Guess(), tmp_path / "guess.skops")
    with pytest.raises(UntrustedTypeError, match=r"guess\.skops holds .*Guess: keep such a model as code"):
        read(tmp_path / "guess.skops")
    skops.io.dump({"a": 1}, tmp_path / "dict.skops")
    with pytest.raises(UntrustedTypeError, match=r"dict\.skops must hold a stored forecast model; it holds a dict"):
        read(tmp_path / "dict.skops")
    assert untrusted(["harmattan.models.counts.sm", "harmattan.backtest.backtest", "harmattan.none.X"]) == [
        "harmattan.models.counts.sm",
        "harmattan.backtest.backtest",
        "harmattan.none.X",
    ]


def test_a_model_without_a_form_but_pickle_is_refused(result: Result, tmp_path: Path) -> None:
    odd = replace(stored(result, "rate"), model=Birch())
    with pytest.raises(UntrustedTypeError, match="the model 'rate' cannot be stored without pickle"):
        write(odd, tmp_path / "odd.skops")


def test_keep_must_name_models(result: Result) -> None:
    with pytest.raises(ValueError, match=r"keep must name models of the result, zero, last.*; got 'forst'"):
        tracking.log(result, store="sqlite:///never.db", keep=["forst"])


def test_an_unknown_region_or_horizon_is_named(result: Result) -> None:
    wanted = pd.DataFrame({"region": ["BF1300", "XX"], "horizon": [1, 3]})
    with pytest.raises(
        ValueError,
        match=r"one of 45 regions.* horizons \(1, 3\); 1 of 2 do not, first region 'XX' horizon 3",
    ):
        rows(result.forecast, wanted)


def test_a_run_that_fails_is_marked_failed(
    result: Result, logged: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harmattan.tracking.logged._save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tracking.log(_only(result, ["rate"], "rate"), store=logged[0], experiment="broken")
    with tracking.opened(logged[0]) as client:
        home = client.get_experiment_by_name("broken").experiment_id
        runs = client.search_runs([home])
        assert [run.info.status for run in runs] == ["FAILED", "FAILED"]
        assert [model.status for model in client.search_logged_models([home])] == ["FAILED"]


def test_a_store_that_fails_on_the_way_is_named(
    result: Result, logged: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harmattan.tracking.log_data", full)
    with pytest.raises(
        tracking.TrackingError, match=r"the MLflow store sqlite:///.*mlflow\.db failed: .*no space left"
    ):
        tracking.log(_only(result, ["rate"], "rate"), store=logged[0], experiment="full")
    with tracking.opened(logged[0]) as client:
        home = client.get_experiment_by_name("full").experiment_id
        assert [run.info.status for run in client.search_runs([home])] == ["FAILED"]


def test_a_file_that_is_no_database_is_named_at_once(result: Result, tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(tracking.TrackingError, match=r"mlflow\.db is not a database .*; move it away or name another"):
        tracking.log(result, store=tracking.default_store(tmp_path))


def test_a_locked_store_is_named(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harmattan.tracking.store.PATIENCE", 0.05)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(tracking.TrackingError, match=r"mlflow\.db is locked; another program writes to it"):
            tracking.log(result, store=tracking.default_store(tmp_path))


def test_a_folder_is_no_store(result: Result) -> None:
    with pytest.raises(tracking.TrackingError, match=r"must be a database or a server, such as sqlite:///mlflow\.db"):
        tracking.log(result, store="file:./mlruns")


def test_no_champion_is_an_error_that_names_the_store(logged: tuple[str, str]) -> None:
    with pytest.raises(tracking.TrackingError, match=r"mlflow\.db failed: .*harmattan-none"):
        tracking.load_champion(logged[0], "none")


def test_a_deleted_experiment_is_named(result: Result, logged: tuple[str, str]) -> None:
    with tracking.opened(logged[0]) as client:
        client.delete_experiment(client.create_experiment("gone"))
    with pytest.raises(tracking.TrackingError, match=r"'gone' must be active .* it is deleted\. Restore it"):
        tracking.log(result, store=logged[0], experiment="gone")


def test_two_folders_have_two_stores_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        with tracking.opened("sqlite:///mlflow.db") as client:
            client.create_experiment(name)
            assert {each.name for each in client.search_experiments()} == {"Default", name}
        assert (folder / "mlflow.db").is_file()


def test_logging_leaves_the_stores_of_others_alone(logged: tuple[str, str]) -> None:
    import mlflow

    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    with tracking.opened(logged[0]):
        assert mlflow.get_tracking_uri() == logged[0]
    assert (mlflow.get_tracking_uri(), mlflow.get_registry_uri()) == before
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def _only(result: Result, names: list[str], champion: str) -> Result:
    return replace(
        result,
        fitted={name: result.fitted[name] for name in names},
        forecasts={name: result.forecasts[name] for name in names},
        scores=result.scores[result.scores["model"].isin(names)],
        champion=champion,
    )

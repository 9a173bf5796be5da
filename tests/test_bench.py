"""Forecasts from elsewhere and our own meet in one store: logged, compared, promoted by figures alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan import tracking
from harmattan.backtest import backtest, forecast_all
from harmattan.comparison import compare
from harmattan.models.baselines import Conflictology, OwnRate, Zero
from harmattan.models.discounted import Discounted
from harmattan.months import month, month_range
from harmattan.panel import Panel
from harmattan.result import Caption, Result
from harmattan.scores.table import score_table
from harmattan.submissions import beside, read_submission, score_submission

MODELS = {"zero": Zero, "conflictology": Conflictology, "rate": OwnRate, "discounted": Discounted}
Make = Callable[..., Result]


@pytest.fixture(scope="module")
def make(burkina: Panel) -> Make:
    """Makes a result of some models, tried on the twelve months before an origin."""

    def result(*names: str, origin: str = "2023-09", champion: str | None = None) -> Result:
        models = {name: MODELS[name]() for name in names}
        at, horizons = month(origin), (1, 3)
        panel = burkina.as_of(at)
        past = list(month_range(at - 12, at - 1))
        rows = backtest(panel, models, origins=past, horizons=horizons, draws=100, seed=1).rows
        fitted, made = forecast_all(panel, models, origin=at, horizons=horizons, draws=100, seed=1)
        scores = score_table(rows, [names[0]])
        mean = scores[(scores["set"] == "all") & (scores["score"] == "log_score")].groupby("model")["value"].mean()
        best = champion or str(mean.idxmin())
        caption = Caption("Attacks", "A table", "CC BY 4.0")
        settings = {"forecast.draws": "100"}
        return Result("duel", settings, caption, panel, fitted, made, made[best], rows, scores, (names[0],), best, 1)

    return result


@pytest.fixture(scope="module")
def good(make: Make) -> Result:
    return make("conflictology", "rate", "discounted")


@pytest.fixture(scope="module")
def poor(make: Make) -> Result:
    return make("zero")


def aliases(store: str) -> dict[str, int]:
    with tracking.opened(store) as client:
        return dict(client.get_registered_model("harmattan-duel").aliases)


def test_promotion_needs_better_figures_and_is_recorded(poor: Result, good: Result, tmp_path: Path) -> None:
    store = tracking.default_store(tmp_path)
    tracking.log(poor, store=store)
    tracking.log(good, store=store)
    assert aliases(store) == {"champion": 1, "challenger": 2}
    decision = tracking.promote(store, "duel", date="2026-11-20")
    assert decision.promoted and "is champion now, in place of version 1 (zero, origin 2023-09)" in str(decision)
    assert aliases(store) == {"champion": 2}
    figures = decision.verdict.figures["all"]
    table = good.scores.set_index(["model", "set", "score"]).sort_index()
    assert figures.challenger == pytest.approx(table.loc[(good.champion, "all", "log_score"), "value"].mean())
    with tracking.opened(store) as client:
        tags = client.get_model_version("harmattan-duel", "2").tags
    assert (tags["decision"], tags["decided"]) == ("promoted", "2026-11-20")
    assert tags["compared_with"] == "version 1 (zero, origin 2023-09)"
    assert float(tags["all_difference"]) == pytest.approx(figures.difference, abs=1e-6)
    assert (tags["all_months"], tags["all_rows"]) == ("12", str(figures.rows))
    wanted = pd.DataFrame({"region": ["BF1300"], "horizon": [1]})
    made = tracking.load_champion(store, "duel").predict(wanted)
    assert made["p1"].item() == good.forecast.probability().loc[1, "BF1300"]


def test_a_refusal_says_why_and_moves_nothing(poor: Result, good: Result, tmp_path: Path) -> None:
    store = tracking.default_store(tmp_path)
    tracking.log(good, store=store)
    tracking.log(poor, store=store)
    before = aliases(store)
    decision = tracking.promote(store, "duel", date="2026-11-20")
    assert not decision.promoted and aliases(store) == before
    assert "is not promoted; champion stays version 2" in str(decision)
    assert "On all it is not shown to be better: log_score" in str(decision)
    with tracking.opened(store) as client:
        tags = client.get_model_version("harmattan-duel", str(before["challenger"])).tags
    assert tags["decision"] == "refused" and "95% interval" in tags["reasons"]


def test_a_refit_on_newer_data_need_only_be_no_worse(good: Result, make: Make, tmp_path: Path) -> None:
    store = tracking.default_store(tmp_path)
    tracking.log(good, store=store)
    newer = make("conflictology", "rate", "discounted", origin="2023-11", champion=good.champion)
    tracking.log(newer, store=store)
    decision = tracking.promote(store, "duel", date="2026-11-20")
    assert decision.promoted and "On all it is not worse" in str(decision)
    assert decision.verdict.figures["all"].months == 10
    origins = tracking.load_champion(store, "duel").predict(pd.DataFrame({"region": ["BF1300"], "horizon": [1]}))
    assert origins["origin"].item() == "2023-11"


def test_what_cannot_be_promoted_is_named(good: Result, tmp_path: Path) -> None:
    store = tracking.default_store(tmp_path)
    tracking.log(good, store=store)
    with pytest.raises(tracking.TrackingError, match="version 2 of harmattan-duel is the champion already"):
        tracking.promote(store, "duel", challenger="2", date="2026-11-20")
    with pytest.raises(tracking.TrackingError, match="harmattan-duel has no alias 'chalenger'"):
        tracking.promote(store, "duel", challenger="chalenger", date="2026-11-20")
    with pytest.raises(tracking.TrackingError, match="harmattan-none has no alias 'champion'"):
        tracking.promote(store, "none", date="2026-11-20")


def test_a_submission_is_logged_as_external_and_compared_on_the_same_rows(
    good: Result, burkina: Panel, tmp_path: Path
) -> None:
    store = tracking.default_store(tmp_path)
    parent = tracking.log(good, store=store)
    theirs = good.rows[(good.rows["model"] == "rate") & (good.rows["origin"] >= "2022-11")]
    table = theirs[["origin", "horizon", "region", "p1"]].rename(columns={"p1": "probability"}).assign(at_least=1)
    table.to_parquet(tmp_path / "ours-again.parquet")
    found = read_submission(tmp_path / "ours-again.parquet")
    rows = score_submission(found, good.panel)
    scores = score_table(beside(found, rows, good.rows).rows, ["conflictology"])
    run_id = tracking.log_external(
        found, rows, scores, panel=good.panel, caption=good.caption, store=store, experiment="duel"
    )
    with tracking.opened(store) as client:
        run = client.get_run(run_id)
        assert {
            "external": "true", "model": "ours-again", "kind": "probabilities", "file_sha256": found.sha256,
            "data_sha256": good.panel.content_hash(), "origins": "2022-11 to 2023-08, 10",
        }.items() <= run.data.tags.items()  # fmt: skip
        assert run.inputs.dataset_inputs[0].dataset.digest == good.panel.content_hash()[:32]
        history = {
            each.step: each.value for each in client.get_metric_history(run_id, "all/log_score_skill_vs_conflictology")
        }
        expected = scores.set_index(["model", "set", "score", "horizon"])["value"].sort_index()
        assert history == expected["ours-again", "all", "log_score_skill_vs_conflictology"].to_dict()
        assert not client.search_logged_models([run.info.experiment_id], filter_string=f"source_run_id = '{run_id}'")
    runs = tracking.read_runs(store, ["duel"])
    assert {each.run for each in runs} == {parent, run_id}
    found_table = compare(runs, rng=np.random.default_rng(0))
    own = found_table.table.set_index(["model", "set", "score", "horizon"])["loss"]
    assert own["ours-again", "all", "log_score", "mean"] == pytest.approx(own["rate", "all", "log_score", "mean"])
    assert found_table.notes[0].startswith("Compared on the 10 months that all 2 runs were scored on")


def test_what_is_read_back_is_what_was_logged(good: Result, tmp_path: Path) -> None:
    from harmattan.comparison import monthly

    store = tracking.default_store(tmp_path)
    tracking.log(good, store=store)
    (run,) = tracking.read_runs(store)
    logged = monthly(good.rows)
    pd.testing.assert_frame_equal(run.losses.astype(logged.dtypes), logged)
    assert run.settings == {"forecast.draws": "100"} and run.baselines == ("conflictology",)
    assert run.models["discounted"]["class"].endswith("Discounted")
    assert run.data == good.panel.content_hash()
    with pytest.raises(tracking.TrackingError, match=r"has no experiment 'dual' \(did you mean 'duel'\?\)"):
        tracking.read_runs(store, ["dual"])
    with pytest.raises(tracking.TrackingError, match="holds no run that can be compared"):
        tracking.read_runs(tracking.default_store(tmp_path / "empty"))


def test_another_name_makes_another_experiment(good: Result, tmp_path: Path) -> None:
    store = tracking.default_store(tmp_path)
    tracking.log(replace(good, name="one"), store=store)
    tracking.log(replace(good, name="two"), store=store)
    assert len(tracking.read_runs(store)) == 2 and len(tracking.read_runs(store, ["one"])) == 1
    assert len(tracking.read_runs(store, newest=1)) == 1

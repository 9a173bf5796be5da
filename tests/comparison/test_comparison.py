"""Models of several runs are compared on the rows that all were scored on, or not at all."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.backtest import backtest
from harmattan.comparison import Tracked, compare, monthly, write_page
from harmattan.comparison.gate import judge, paired
from harmattan.comparison.losses import weights
from harmattan.models.baselines import Conflictology, NeighbourRate, OwnRate, Zero
from harmattan.months import month_range
from harmattan.panel import Panel
from harmattan.scores.table import score_table


@pytest.fixture(scope="module")
def rows(burkina: Panel) -> pd.DataFrame:
    models = {"conflictology": Conflictology(), "rate": OwnRate(), "neighbours": NeighbourRate(), "zero": Zero()}
    return backtest(burkina, models, origins=list(month_range("2022-12", "2023-11")), horizons=(1, 3), draws=100).rows


@pytest.fixture(scope="module")
def losses(rows: pd.DataFrame) -> pd.DataFrame:
    return monthly(rows)


def tracked(losses: pd.DataFrame, run: str, started: str = "2026-01-01", **more: object) -> Tracked:
    return Tracked(run, more.pop("name", "burkina 2023-12"), started, more.pop("data", "d"), losses, **more)  # type: ignore[arg-type]


def of(losses: pd.DataFrame, *models: str) -> pd.DataFrame:
    return losses[losses["model"].isin(models)]


def world(
    better: float = 0.0, onset: float = 0.0, months: int = 24, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Losses of a champion and a challenger that is better by so much a month, on all rows and on onsets."""
    rng = np.random.default_rng(seed)
    origins = [str(each) for each in pd.period_range("2020-01", periods=months, freq="M")]
    parts = []
    for name, gain in (("all", better), ("onset", onset)):
        held = rng.normal(0.5, 0.05, months)
        parts.append(
            pd.DataFrame({
                "set": name, "horizon": 1, "origin": origins, "score": "log_score", "n": 40, "rows": "a",
                "held": held, "new": held - gain + rng.normal(0, 0.01, months),
            })
        )  # fmt: skip
    both = pd.concat(parts, ignore_index=True)
    champion, challenger = (both.rename(columns={each: "loss"}).assign(model=each) for each in ("held", "new"))
    return champion, challenger


def test_monthly_losses_have_the_means_of_the_score_table(rows: pd.DataFrame, losses: pd.DataFrame) -> None:
    table = score_table(rows).set_index(["model", "set", "horizon", "score"])["value"]
    for key, part in losses.groupby(["model", "set", "horizon", "score"]):
        assert np.average(part["loss"], weights=part["n"]) == pytest.approx(table[key])


def test_equal_fingerprints_are_equal_rows(rows: pd.DataFrame, losses: pd.DataFrame) -> None:
    again = monthly(rows.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(again, losses)
    assert (losses.groupby(["set", "horizon", "origin"])["rows"].nunique() == 1).all()
    changed = rows.copy()
    changed.loc[changed["origin"] == "2023-05", "observed"] += 1
    other = monthly(changed)["rows"] != losses["rows"]
    assert set(losses.loc[other, "origin"]) == {"2023-05"} and set(losses.loc[~other, "origin"]) != {"2023-05"}


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 9), st.integers(1, 50)), min_size=1, unique_by=lambda c: c[:2])
)
def test_weighted_months_have_the_mean_over_horizons(cells: list[tuple[int, int, int]]) -> None:
    horizon, origin, n = (np.array(each) for each in zip(*cells, strict=True))
    loss = np.linspace(0, 1, len(cells))
    expected = np.mean([np.average(loss[horizon == h], weights=n[horizon == h]) for h in np.unique(horizon)])
    assert np.mean(weights(horizon, origin, n).to_numpy() @ loss) == pytest.approx(expected)


def test_the_table_has_the_scores_of_the_score_table(rows: pd.DataFrame, losses: pd.DataFrame) -> None:
    found = compare([tracked(losses, "a", baselines=("zero", "conflictology"))], rng=np.random.default_rng(0))
    assert found.reference == "conflictology" and found.notes == ()
    table = score_table(rows).set_index(["model", "set", "horizon", "score"])["value"]
    own = found.table.set_index(["model", "set", "horizon", "score"])
    for model, part, horizon, score in own.index:
        expected = (
            table[model, part, int(horizon), score] if horizon != "mean"
            else np.mean([table[model, part, h, score] for h in (1, 3)])
        )  # fmt: skip
        assert own.loc[(model, part, horizon, score), "loss"] == pytest.approx(expected)
    overall = own.xs("mean", level="horizon").xs("log_score", level="score").xs("all", level="set")
    assert overall["best_set"].any() and not overall.loc["zero", "best_set"]
    assert overall["loss"].is_monotonic_increasing and overall["best_set"].iloc[0]
    np.testing.assert_allclose(
        overall["difference"], overall.loc["conflictology", "loss"] - overall["loss"], atol=1e-12
    )


def test_equal_models_are_one_and_others_are_told_apart(losses: pd.DataFrame) -> None:
    changed = losses.copy()
    changed.loc[changed["model"] == "rate", "loss"] *= 1.1
    runs = [
        tracked(losses, "aaaaaaaa1", settings={"forecast.draws": "100"}, models={"rate": {"months": "12"}}),
        tracked(
            changed, "bbbbbbbb2", "2026-02-01", settings={"forecast.draws": "200"}, models={"rate": {"months": "6"}}
        ),
    ]
    found = compare(runs, rng=np.random.default_rng(0))
    assert sorted(found.models["model"]) == [
        "conflictology", "neighbours", "rate, burkina 2023-12 aaaaaaaa", "rate, burkina 2023-12 bbbbbbbb", "zero"
    ]  # fmt: skip
    assert found.models.set_index("model").loc["zero", "runs"] == 2
    assert found.differing.loc["rate, burkina 2023-12 aaaaaaaa"].to_dict() == {
        "forecast.draws": "100",
        "rate.months": "12",
    }
    twins = found.table.drop_duplicates(["model"])["model"]
    assert len(twins) == 5


def test_runs_are_compared_on_the_rows_they_share(losses: pd.DataFrame) -> None:
    late = of(losses, "rate").assign(model="they")
    late = late[late["origin"] >= "2023-02"]
    found = compare(
        [tracked(losses, "a"), tracked(late, "b", name="theirs", external=True)], rng=np.random.default_rng(0)
    )
    assert found.notes == ("Compared on the 10 months that all 2 runs were scored on; 2 others are not counted.",)
    own = found.table.set_index(["model", "set", "horizon", "score"])
    assert own.loc[("they", "all", "mean", "brier"), "loss"] == own.loc[("rate", "all", "mean", "brier"), "loss"]
    assert own.loc[("they", "all", "mean", "brier"), "months"] == 10
    assert found.models.set_index("model").loc["they", "external"]


def test_runs_on_other_rows_are_left_out_by_name_or_refused(losses: pd.DataFrame) -> None:
    other = losses.assign(rows="0" * 16)
    runs = [tracked(losses, "a"), tracked(losses, "b", "2026-03-01"), tracked(other, "cccccccc3", name="other 2023-12")]
    found = compare(runs, rng=np.random.default_rng(0))
    assert found.notes == (
        "1 of 3 runs are left out: scored on other rows than the newest; first other 2023-12 (cccccccc), which shares "
        "0 months with those taken.",
    )
    with pytest.raises(
        ValueError, match=r"no other run was scored on the same rows as burkina 2023-12 \(a\), the newest"
    ):
        alone = losses[losses["model"] == "zero"]
        compare([tracked(alone, "a", "2027"), tracked(other, "b")], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="there is no run to compare"):
        compare([], rng=np.random.default_rng(0))


def test_other_data_are_a_warning(losses: pd.DataFrame) -> None:
    found = compare([tracked(losses, "a"), tracked(losses, "b", data="e")], rng=np.random.default_rng(0))
    assert len(found.data) == 2
    assert found.notes[0].startswith("The runs learnt from 2 versions of the data (content hashes differ).")


def test_unknown_names_are_errors(losses: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"no model is called 'zer' \(did you mean 'zero'\?\); there are"):
        compare([tracked(losses, "a")], reference="zer", rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"no score is called 'bier' \(did you mean 'brier'\?\)"):
        compare([tracked(losses, "a")], scores=["bier"], rng=np.random.default_rng(0))


def test_few_months_give_no_interval_and_say_so(losses: pd.DataFrame) -> None:
    found = compare([tracked(losses[losses["origin"] > "2023-07"], "a")], rng=np.random.default_rng(0))
    assert found.table["lower"].isna().all() and found.table["best_set"].isna().all()
    assert found.notes == ("No interval and no best set where there are fewer than 8 months.",)


def test_the_page_is_whole_and_needs_nothing_else(losses: pd.DataFrame, tmp_path: Path) -> None:
    found = compare(
        [tracked(losses, "a"), tracked(of(losses, "rate").assign(model="<b>&them"), "b")], rng=np.random.default_rng(0)
    )
    text = write_page(found, tmp_path / "new" / "page.html", title="A & B").read_text(encoding="utf-8")
    opened: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in ("script", "link", "img", "iframe")
            if tag != "meta":
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Reader().feed(text)
    assert not opened and "://" not in text and "url(" not in text
    assert "&lt;b&gt;&amp;them" in text and "<b>&them" not in text
    assert text.count("<svg") == len(found.table[["set", "score"]].drop_duplicates())
    for each in ("zero", "conflictology", "Onsets", "Brier score", "0.5"):
        assert each in text


def test_the_gate_passes_who_is_better_and_not_worse_on_onsets() -> None:
    verdict = judge(*world(better=0.05, onset=0.0))
    assert verdict.passed and verdict.reasons[0].startswith("On all it is better: log_score")
    assert verdict.figures["all"].lower > 0 and verdict.figures["all"].months == 24


@pytest.mark.parametrize(
    ("better", "onset", "reason"),
    [
        (0.0, 0.05, "On all it is not shown to be better"),
        (-0.05, 0.05, "On all it is not shown to be better"),
        (0.05, -0.05, "On onset it is not shown to be not worse"),
    ],
)
def test_the_gate_refuses_with_figures(better: float, onset: float, reason: str) -> None:
    verdict = judge(*world(better=better, onset=onset))
    assert not verdict.passed and len(verdict.reasons) == 1
    assert verdict.reasons[0].startswith(reason) and "24 months, 960 rows" in verdict.reasons[0]


def test_the_gate_lets_few_equal_models_pass() -> None:
    passed = [judge(*world(seed=seed)).passed for seed in range(200)]
    assert sum(passed) <= 12


def test_a_refit_need_only_be_no_worse() -> None:
    assert judge(*world(), refitted=True).passed
    assert not judge(*world(better=-0.05), refitted=True).passed
    assert not judge(*world(onset=-0.05), refitted=True).passed


def test_too_few_common_months_are_a_refusal() -> None:
    champion, challenger = world(better=0.05, months=7)
    verdict = judge(champion, challenger)
    assert not verdict.passed and "share 7 months scored on the same rows; the gate needs 8" in verdict.reasons[0]
    assert judge(champion, challenger.assign(rows="b")).reasons[0].startswith("On all the two share 0 months")
    assert paired(champion, challenger.assign(rows="b"), "all") is None


def test_without_onsets_the_gate_says_so() -> None:
    champion, challenger = (each[each["set"] == "all"] for each in world(better=0.05))
    verdict = judge(champion, challenger)
    assert (
        verdict.passed and verdict.reasons[1] == "No region was quiet in any month: there is no onset to be worse on."
    )

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from harmattan.borders import belt
from harmattan.months import month
from harmattan.panel import Panel
from harmattan.regions import COASTAL, bundled
from harmattan.scores.diagnostics import auc, interval_coverage, pit_coverage, pit_histogram, randomised_pit
from harmattan.scores.proper import brier, crps, log_score
from harmattan.scores.sets import SETS, hard, membership, sets_in, within
from harmattan.scores.table import COLUMNS, map_table, score_table

RNG = np.random.default_rng(4)
HAPPENED = RNG.random(200) < 0.3
CHANCE = RNG.uniform(0.01, 0.99, 200)


def test_probability_scores_are_those_of_scikit_learn() -> None:
    assert log_score(HAPPENED, CHANCE).mean() == pytest.approx(log_loss(HAPPENED, CHANCE))
    assert brier(HAPPENED, CHANCE).mean() == pytest.approx(brier_score_loss(HAPPENED, CHANCE))


@pytest.mark.parametrize("chance", [0.0, 1.0, -0.1, 1.2])
def test_certainty_cannot_be_scored(chance: float) -> None:
    with pytest.raises(ValueError, match=f"strictly between 0 and 1; row 1 has {chance:g}"):
        log_score([True, False], [0.5, chance])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: brier([True], [np.nan]), "probabilities must be known; row 0 is NaN"),
        (lambda: brier([True, False], [0.1, 1.2]), "probabilities must lie between 0 and 1; row 1 has 1.2"),
        (lambda: brier([3], [0.1]), "outcomes must be 0 or 1; row 0 has 3"),
        (lambda: brier([True], [0.1, 0.2]), r"must have one shape; got \(1,\) and \(2,\)"),
        (lambda: crps([1, 2, 3], np.zeros((3, 5))), r"draws must have the shape \(draw, 3 rows\); got \(3, 5\)"),
        (lambda: crps(3, np.zeros((3, 5))), r"observed counts must have one dimension, the rows; got the shape \(\)"),
        (lambda: pit_coverage([0.1, np.nan], 0.9), "every row needs a PIT value; 1 have none"),
        (lambda: pit_histogram([1.2]), "at least one value, all known and from 0 to 1"),
        (lambda: pit_histogram([0.2], bins=0), "bins must be 1 or more; got 0"),
    ],
)
def test_messages(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()


def test_the_limits_of_a_pit_histogram_hold_nine_in_ten_calibrated_ones() -> None:
    rng = np.random.default_rng(6)
    inside = [
        ((found["share"] >= found["lower"]) & (found["share"] <= found["upper"])).mean()
        for found in (pit_histogram(rng.random(500)) for _ in range(200))
    ]
    assert np.mean(inside) == pytest.approx(0.91, abs=0.03)
    found = pit_histogram(rng.random(500), bins=7)
    assert found["n"].sum() == 500
    assert found["share"].sum() == pytest.approx(1)


def test_randomised_pit_is_uniform_and_covers_for_a_calibrated_forecast() -> None:
    mean = RNG.gamma(0.5, 1.0, 4000)
    draws, observed = RNG.poisson(mean, (400, 4000)), RNG.poisson(mean)
    pit = randomised_pit(observed, draws, RNG)
    assert np.histogram(pit, bins=10, range=(0, 1))[0] == pytest.approx(np.full(10, 400), abs=80)
    assert pit_coverage(pit, 0.9) == pytest.approx(0.9, abs=0.02)
    raw = interval_coverage(observed, np.quantile(draws, 0.05, axis=0), np.quantile(draws, 0.95, axis=0))
    assert raw > 0.93


def test_an_overconfident_forecast_covers_too_little() -> None:
    observed = RNG.negative_binomial(0.5, 0.2, 4000)
    draws = np.repeat(RNG.poisson(2.0, (400, 1)), 4000, axis=1)
    assert pit_coverage(randomised_pit(observed, draws, RNG), 0.9) < 0.75


def test_auc_is_how_often_a_case_outranks_a_non_case() -> None:
    cases, others = CHANCE[HAPPENED], CHANCE[~HAPPENED]
    assert auc(HAPPENED, CHANCE) == pytest.approx((cases[:, None] > others[None, :]).mean())
    assert auc([True, True], [0.1, 0.2]) is None


def rows() -> pd.DataFrame:
    """Two models, one horizon, four rows; the second model knows a little more."""
    base = pd.DataFrame({
        "horizon": 1, "observed": [0, 2, 0, 1], "onset": [True, False, True, True],
        "q05": 0.0, "q95": 2.0, "pit": [0.2, 0.96, 0.4, 0.9],
        "log_score": [0.2, 1.0, 0.2, 2.0], "brier": [0.1, 0.4, 0.1, 0.6], "crps": [0.1, 1.0, 0.1, 0.8],
    })  # fmt: skip
    one = base.assign(model="plain", p1=[0.2, 0.4, 0.2, 0.1])
    two = base.assign(model="better", p1=[0.1, 0.6, 0.1, 0.3], log_score=base["log_score"] / 2)
    return pd.concat([one, two], ignore_index=True)


def value(table: pd.DataFrame, model: str, name: str, score: str) -> float:
    chosen = table[(table["model"] == model) & (table["set"] == name) & (table["score"] == score)]
    return float(chosen["value"].item())


def test_the_table_has_its_columns_means_and_skill() -> None:
    table = score_table(rows(), ["plain"])
    assert list(table.columns) == COLUMNS == ["model", "set", "horizon", "score", "value", "n"]
    assert value(table, "plain", "all", "log_score") == pytest.approx(0.85)
    assert value(table, "plain", "onset", "log_score") == pytest.approx(0.8)
    assert value(table, "better", "all", "log_score_skill_vs_plain") == pytest.approx(0.5)
    assert value(table, "plain", "all", "log_score_skill_vs_plain") == 0
    assert value(table, "plain", "all", "coverage_90") == 0.75
    assert value(table, "plain", "all", "coverage_raw_90") == 1
    assert value(table, "better", "onset", "auc") == 1
    assert set(table.loc[table["set"] == "onset", "n"]) == {3}


def test_models_scored_on_different_rows_are_not_compared() -> None:
    with pytest.raises(
        ValueError, match=r"scored on the same rows, each once; at horizon 1 they have \{'better': 3, 'plain': 4\} of 4"
    ):
        score_table(rows().iloc[:-1])


def test_every_set_that_is_a_column_is_summarised_and_an_empty_one_says_so() -> None:
    some = rows().assign(hard=lambda r: r["onset"].astype("boolean").where(r["p1"] != 0.2, pd.NA), coastal=False)
    table = score_table(some, ["plain"])
    assert set(table["set"]) == {"all", "onset", "hard", "coastal"}
    assert set(table.loc[(table["set"] == "hard") & (table["model"] == "plain"), "n"]) == {1}
    empty = table[table["set"] == "coastal"]
    assert empty[["model", "horizon", "score", "value", "n"]].to_numpy().tolist() == [
        ["better", 1, "rows", 0.0, 0],
        ["plain", 1, "rows", 0.0, 0],
    ]


def test_every_score_of_the_catalogue_that_is_a_column_is_summarised() -> None:
    table = score_table(rows().assign(ign=2.0, wis=1.0), ["plain"])
    assert value(table, "better", "all", "ign") == 2
    assert value(table, "better", "all", "wis_skill_vs_plain") == 0


def test_rows_that_cannot_be_summarised_are_refused() -> None:
    with pytest.raises(ValueError, match="every row needs a crps; 1 have none, first plain at horizon 1"):
        score_table(rows().assign(crps=lambda r: r["crps"].where(r["crps"] < 1, np.nan)).iloc[[0, 1, 4, 6]])
    with pytest.raises(ValueError, match="rows must have a score among their columns, one of log_score, brier"):
        score_table(rows().drop(columns=["log_score", "brier", "crps"]))
    with pytest.raises(ValueError, match="the set hard must be true, false or unknown for every row; got int64"):
        score_table(rows().assign(hard=1))
    with pytest.raises(ValueError, match="rows must have the column 'belt' to be split by it; they have the sets"):
        within(rows(), "belt")
    twice = rows().assign(origin="2023-01", region="a")
    with pytest.raises(ValueError, match=r"each once; at horizon 1 they have \{'better': 4, 'plain': 4\} of 1"):
        score_table(twice)


def test_maps_are_summarised_by_their_own_scores() -> None:
    some = pd.DataFrame(
        {"model": ["a", "b"] * 2, "origin": ["1", "1", "2", "2"], "horizon": 1, "energy_score": [1, 2, 3, 6.0]}
    )
    table = map_table(some, ["b"])
    assert value(table, "a", "all", "energy_score") == 2
    assert value(table, "a", "all", "energy_score_skill_vs_b") == 0.5
    with pytest.raises(ValueError, match="one of energy_score, variogram_score"):
        map_table(rows())


def test_a_test_of_maps_is_summarised_by_how_often_it_rejects() -> None:
    below, upto = [0.0, 0.99, 0.3, np.nan], [0.01, 1.0, 0.4, np.nan]
    some = pd.DataFrame(
        {"model": "a", "origin": list("1234"), "horizon": 1, "energy_score": 1.0, "number_below": 0.2}
        | {"number_upto": 0.3, "spatial_below": below, "spatial_upto": upto}
    )
    found = map_table(some).set_index("score")[["value", "n"]]
    assert found.loc["number_rejected"].tolist() == [0.0, 4]
    assert found.loc["spatial_rejected"].tolist() == [pytest.approx(2 / 3), 3]
    assert "likelihood_rejected" not in found.index


def test_sets_are_in_a_fixed_order_and_never_silent() -> None:
    some = pd.DataFrame({name: [True] for name in reversed(SETS[1:])})
    assert sets_in(some) == SETS
    assert len(within(some, "all")) == 1


def test_hard_regions_had_no_attack_in_sixty_known_months(burkina: Panel) -> None:
    late, early = burkina.as_of(month("2021-06")), burkina.as_of(month("2019-06"))
    counted = late.attacks.iloc[-60:].sum()
    assert (hard(late) == (counted == 0)).all()
    assert 0 < hard(late).sum() < late.quiet.sum()
    attacked = early.attacks.sum() > 0
    assert (hard(early)[attacked] == False).all()  # noqa: E712
    assert hard(early)[~attacked].isna().all()


def test_each_region_belongs_to_the_sets_it_should(burkina: Panel) -> None:
    assert not membership(burkina)["coastal"].any()
    regions = bundled("admin1", ("BFA", "CIV", "MLI"))
    country = regions.table["country"]
    zeros = pd.DataFrame(0.0, index=burkina.months, columns=country.index, dtype="float32")
    calm = membership(Panel(regions, {"attacks": zeros}, zeros == 0))
    assert (calm["coastal"] == (country == "CIV")).all() and calm["hard"].all() and calm["onset"].all()
    assert not calm["belt"].any()
    attacked = zeros.copy()
    attacked.loc[burkina.months[-3], "BF47"] = 2.0
    found = membership(Panel(regions, {"attacks": attacked}, zeros == 0))
    assert not found.loc["BF47", ["onset", "hard"]].any() and found["onset"].sum() == len(regions) - 1
    inside = found.index[found["belt"]]
    assert "BF47" in inside and set(country[inside]) == {"BFA", "CIV"}
    assert set(inside) == {*belt(regions, "BFA")} & {*country.index[country == "CIV"]} | {*belt(regions, COASTAL)} & {
        *country.index[country == "BFA"]
    }

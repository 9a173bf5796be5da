import numpy as np
import pandas as pd
import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from harmattan.scores.diagnostics import auc, interval_coverage, pit_coverage, randomised_pit
from harmattan.scores.proper import brier, crps, log_score
from harmattan.scores.table import COLUMNS, score_table

RNG = np.random.default_rng(4)
HAPPENED = RNG.random(200) < 0.3
CHANCE = RNG.uniform(0.01, 0.99, 200)


def test_probability_scores_are_those_of_scikit_learn() -> None:
    assert log_score(HAPPENED, CHANCE).mean() == pytest.approx(log_loss(HAPPENED, CHANCE))
    assert brier(HAPPENED, CHANCE).mean() == pytest.approx(brier_score_loss(HAPPENED, CHANCE))


def test_crps_is_that_of_all_pairs_of_draws() -> None:
    draws, observed = RNG.poisson(3, (40, 25)), RNG.poisson(3, 25)
    pairs = np.abs(draws[:, None] - draws[None, :]).mean(axis=(0, 1)) / 2
    np.testing.assert_allclose(crps(observed, draws), np.abs(draws - observed).mean(axis=0) - pairs)
    np.testing.assert_allclose(crps(observed, draws), scoringrules.crps_ensemble(observed, draws.T, estimator="nrg"))


@pytest.mark.parametrize("score", [log_score, brier])
@pytest.mark.parametrize("truth", [0.05, 0.4, 0.9])
def test_the_true_probability_has_the_best_expected_score(score, truth: float) -> None:  # type: ignore[no-untyped-def]
    chances = np.linspace(0.01, 0.99, 99)
    expected = truth * score(np.ones(99, bool), chances) + (1 - truth) * score(np.zeros(99, bool), chances)
    assert chances[expected.argmin()] == pytest.approx(truth, abs=0.011)


def test_the_true_distribution_has_the_best_expected_crps() -> None:
    observed = RNG.poisson(2.0, 4000)
    means = {
        mean: crps(observed, np.repeat(RNG.poisson(mean, (300, 1)), 4000, axis=1)).mean() for mean in (1.0, 2.0, 4.0)
    }
    assert min(means, key=means.__getitem__) == 2.0


@given(st.lists(st.integers(0, 30), min_size=2, max_size=20), st.integers(0, 30))
def test_crps_is_never_negative_and_zero_for_a_certain_hit(draws: list[int], observed: int) -> None:
    assert crps([observed], np.array(draws)[:, None])[0] >= -1e-12
    assert crps([observed], np.full((5, 1), observed))[0] == pytest.approx(0)


@pytest.mark.parametrize("chance", [0.0, 1.0, -0.1, 1.2])
def test_certainty_cannot_be_scored(chance: float) -> None:
    with pytest.raises(ValueError, match=f"strictly between 0 and 1; row 1 has {chance:g}"):
        log_score([True, False], [0.5, chance])


def test_unknown_and_misshapen_forecasts_are_refused() -> None:
    with pytest.raises(ValueError, match="probabilities must be known; row 0 is NaN"):
        brier([True], [np.nan])
    with pytest.raises(ValueError, match=r"must have one shape; got \(1,\) and \(2,\)"):
        brier([True], [0.1, 0.2])
    with pytest.raises(ValueError, match=r"draws must have the shape \(draw, 3 rows\); got \(3, 5\)"):
        crps([1, 2, 3], np.zeros((3, 5)))


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
        ValueError, match=r"scored on the same rows; at horizon 1 they have \{'better': 3, 'plain': 4\}"
    ):
        score_table(rows().iloc[:-1])

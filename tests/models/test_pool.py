"""The pool: what it learns from past forecasts, and that it is not worse than its best member."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc

from harmattan.backtest import backtest, forecast_all
from harmattan.models import Forecaster
from harmattan.models.baselines import Conflictology, OwnRate
from harmattan.models.combine import Pool
from harmattan.models.discounted import Discounted
from harmattan.models.endemic import Endemic
from harmattan.models.weighing import (
    THRESHOLDS,
    WIDTHS,
    Learnt,
    Past,
    beta_shape,
    learn,
    recalibrated_levels,
    remember,
    stacking_weights,
)
from harmattan.months import month, month_range
from harmattan.panel import Panel
from harmattan.regions import bundled
from harmattan.scores.inference import skill_interval
from harmattan.scores.proper import crps
from harmattan.synthetic import endemic_epidemic_world

MEMBERS: dict[str, Forecaster] = {"conflictology": Conflictology(), "rate": OwnRate(), "discounted": Discounted()}
ORIGINS = list(month_range("2022-06", "2023-05"))


def learning(**settings: object) -> Pool:
    return Pool(MEMBERS, **{"criterion": "crps", "shrink": 6.0, **settings})  # type: ignore[arg-type]


def functions(rng: np.random.Generator, members: int, rows: int) -> np.ndarray:
    """Distribution functions of Poisson counts whose means differ by member."""
    draws = rng.poisson(rng.gamma(1.0, 1.5, (members, rows))[:, :, None], (members, rows, 400))
    return (draws[..., None] <= THRESHOLDS).mean(axis=2)


def mean_crps(weights: np.ndarray, upto: np.ndarray, observed: np.ndarray) -> float:
    mixed = np.tensordot(weights, upto, axes=1)
    return float((((mixed - (observed[:, None] <= THRESHOLDS)) ** 2) @ WIDTHS).mean())


def mean_log_score(weights: np.ndarray, upto: np.ndarray, observed: np.ndarray) -> float:
    none = np.clip(np.tensordot(weights, upto[:, :, 0], axes=1), 1e-9, 1 - 1e-9)
    return float(-np.log(np.where(observed > 0, 1 - none, none)).mean())


@pytest.mark.parametrize(("criterion", "score"), [("crps", mean_crps), ("log_score", mean_log_score)])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_no_other_weights_score_better(criterion: str, score: Callable[..., float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    upto = functions(rng, 3, 80)
    observed = rng.poisson(1.0, 80).astype(np.float64)
    found = stacking_weights(upto, observed, criterion)  # type: ignore[arg-type]
    assert found.min() >= 0 and found.sum() == pytest.approx(1)
    others = rng.dirichlet(np.ones(3), 200)
    assert score(found, upto, observed) <= min(score(each, upto, observed) for each in others) + 1e-4


def test_the_crps_on_thresholds_is_that_of_the_draws() -> None:
    rng = np.random.default_rng(2)
    draws, observed = rng.poisson(2.0, (300, 20)), rng.poisson(2.0, 20).astype(np.float64)
    upto = (draws.T[:, :, None] <= THRESHOLDS).mean(axis=1)
    assert mean_crps(np.ones(1), upto[None], observed) == pytest.approx(crps(observed, draws).mean())


@pytest.mark.parametrize("criterion", ["log_score", "crps"])
def test_recalibration_finds_the_transform_that_was_undone(criterion: str) -> None:
    rng = np.random.default_rng(5)
    true = functions(rng, 1, 6000)[0]
    observed = THRESHOLDS[(true < rng.random(6000)[:, None]).sum(axis=1)].astype(np.float64)
    alpha, beta = 1.6, 0.8
    told = np.array([np.interp(true, betainc(alpha, beta, grid), grid) for grid in [np.linspace(0, 1, 4001)]])[0]
    found = beta_shape(told, observed, criterion)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, (alpha, beta), rtol=0.15)


def test_levels_are_recalibrated_by_the_inverse_of_the_transform() -> None:
    at = np.linspace(0.05, 0.95, 7)
    np.testing.assert_allclose(betainc(2.0, 0.7, recalibrated_levels(at, (2.0, 0.7))), at)


@pytest.mark.parametrize(("shrink", "low", "high"), [(0.0, 0.99, 1.0), (1e9, 1 / 3, 1 / 3 + 1e-3)])
def test_shrinkage_decides_between_what_is_learnt_and_what_was_given(shrink: float, low: float, high: float) -> None:
    rows = pd.DataFrame(
        {
            "origin": pd.PeriodIndex(np.repeat(ORIGINS, 10), freq="M"),
            "month": pd.PeriodIndex(np.repeat(ORIGINS, 10), freq="M") + 1,
            "quiet": False,
            "observed": 0.0,
        }
    )
    good, bad = (np.full((len(rows), len(THRESHOLDS)), p, dtype=np.float32) for p in (0.99, 0.2))
    past = Past(rows, {"good": good, "bad": bad, "worse": bad / 2})
    begin = dict.fromkeys(past.upto, 1 / 3)
    found = learn(past, begin, criterion="log_score", recalibrate=False, shrink=shrink)
    assert low <= found.weights["good"] <= high and sum(found.weights.values()) == pytest.approx(1)
    assert found.origins == len(ORIGINS) and found.shape == (1.0, 1.0)


def test_too_little_past_teaches_nothing(burkina: Panel) -> None:
    empty = Past(pd.DataFrame({"origin": [], "month": [], "quiet": [], "observed": []}), {"a": np.zeros((0, 41))})
    assert learn(empty, {"a": 1.0}, criterion="crps", recalibrate=True, shrink=1.0) == Learnt({"a": 1.0})


def test_only_months_known_at_the_origin_teach(burkina: Panel, nonsense_after: Callable[..., Panel]) -> None:
    origin = month("2023-01")
    before = [each for each in ORIGINS if each < origin]
    asked = {"origins": before, "horizons": (1, 6), "draws": 100}
    models = {**MEMBERS, "pool": learning(recalibrate=True)}
    forecasts = []
    for panel in (burkina, nonsense_after(burkina, origin)):
        past = backtest(panel, models, **asked).past
        _, made = forecast_all(panel, models, origin=origin, horizons=(1, 6), draws=100, past=past)
        forecasts.append(made["pool"].draws)
    np.testing.assert_array_equal(*forecasts)


def test_a_pool_learns_from_origin_to_origin(burkina: Panel) -> None:
    models = {**MEMBERS, "equal": Pool(MEMBERS), "pool": learning(shrink=0.0)}
    tried = backtest(burkina, models, origins=ORIGINS, horizons=(1,), draws=100)
    same = tried.rows.pivot_table(index=["origin", "region"], columns="model", values="p1")
    first = same.loc[str(ORIGINS[0])]
    np.testing.assert_allclose(first["pool"], first["equal"])
    assert (same.loc[str(ORIGINS[-1])]["pool"] - same.loc[str(ORIGINS[-1])]["equal"]).abs().max() > 0.02
    fitted, _ = forecast_all(burkina, models, origin=ORIGINS[-1], horizons=(1,), draws=100, past=tried.past)
    learnt = fitted["pool"]
    assert isinstance(learnt, Pool) and learnt.learnt_from_ == len(ORIGINS) - 1
    assert learnt.weights_ != learnt.quiet_weights_ != fitted["equal"].weights_  # type: ignore[attr-defined]


def test_what_is_remembered_is_what_was_said_and_what_came(burkina: Panel) -> None:
    origin = month("2023-10")
    _, made = forecast_all(burkina, MEMBERS, origin=origin, horizons=(1, 2, 3), draws=100)
    past = remember(burkina, made)
    assert len(past.rows) == 2 * 45 and past.known(origin + 1).rows["month"].unique().tolist() == [origin + 1]
    np.testing.assert_array_equal(past.rows["observed"][:45], burkina.attacks.loc[origin + 1])
    none = 1 - made["rate"].probability().loc[1]
    np.testing.assert_allclose(past.upto["rate"][:45, 0], none, atol=0.01)
    assert past.of_class(True).rows["quiet"].all() and not past.of_class(False).rows["quiet"].any()


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ({"pool": learning()}, "pool has conflictology"),
        ({**MEMBERS, "pool": learning(), "other": Pool({"pool": learning()})}, "other has pool"),
        ({**MEMBERS, "pool": learning(criterion="brier")}, "criterion must be one of log_score, crps, or None"),
        ({**MEMBERS, "pool": learning(shrink=-1.0)}, "shrink must be a number of origins"),
    ],
)
def test_a_pool_that_cannot_learn_is_refused(burkina: Panel, models: dict[str, Forecaster], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        backtest(burkina, models, origins=ORIGINS[:2], horizons=(1,), draws=100)


def test_the_pool_is_not_worse_than_its_best_member_by_more_than_noise() -> None:
    """In worlds of one law, where one member knows that law and the others do not, as in worlds where none does."""
    worse = []
    for world in range(4):
        panel = endemic_epidemic_world(
            bundled("province"),
            months=month_range("2016-01", "2023-12"),
            rng=np.random.default_rng([world, 77]),
            background=0.05,
            own=0.3,
            neighbour=0.3,
            overdispersion=1.0,
        )
        members: dict[str, Forecaster] = {
            "endemic": Endemic(kernel="adjacency", lags=1, months=None),
            "discounted": Discounted(),
            "conflictology": Conflictology(),
        }
        pools = {"pool": Pool(members, criterion="crps"), "equal": Pool(members)}
        origins = list(month_range("2021-12", "2023-11"))
        rows = backtest(panel, {**members, **pools}, origins=origins, horizons=(1,), draws=400, seed=world).rows
        for score in ("log_score", "crps"):
            means = rows.groupby("model")[score].mean()
            assert means["pool"] < means["equal"]
            rng = np.random.default_rng(world)
            champion = str(means[list(members)].idxmin())
            skill, _, high = skill_interval(
                rows, model="pool", baseline=champion, score=score, horizon=1, blocks=3, rng=rng
            )
            worse.append(high < 0 and skill < -0.005)
    assert sum(worse) <= 1

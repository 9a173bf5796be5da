"""The models for counts with heavy tails: what each promises, against slow ways to the same numbers and simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.ensemble import RandomForestRegressor

from harmattan.features import feature
from harmattan.features.tails import decayed_log, large_share, largest, log_spread, months_since_large
from harmattan.forecast import Forecast
from harmattan.models import Forecaster
from harmattan.models.baselines import Conflictology
from harmattan.models.bins import Binned
from harmattan.models.combine import Pool
from harmattan.models.decayed import Decayed, decayed_weights
from harmattan.models.pairs import pairs
from harmattan.models.quantiles import OFFSET, QuantileForest
from harmattan.models.relative import ratios, relative_forest, relative_mean, relative_peak
from harmattan.months import month_range
from harmattan.panel import Panel
from harmattan.scores.diagnostics import pit_coverage, randomised_pit
from harmattan.views.countries import world

HORIZONS = (3, 6)
MODELS = {
    "decayed": lambda: Decayed(half_life=24),
    "bins": lambda: Binned(rounds=20, fewest=20),
    "level": lambda: QuantileForest(trees=10),
    "ratio": lambda: QuantileForest(trees=10, half_life=6),
    "relative": lambda: relative_forest(trees=10, half_life=6),
}


def panel_of(values: np.ndarray) -> Panel:
    regions = world(pd.DataFrame({"gw": [432, 439, 436, 475, 500, 530], "name": list("abcdef")}))
    months = month_range("2000-01", pd.Period("2000-01", "M") + len(values) - 1)
    wide = pd.DataFrame(values.astype("float32"), months, regions.table.index)
    return Panel(regions, {"attacks": wide}, pd.DataFrame(True, months, wide.columns))


def drawn(model: Forecaster, panel: Panel, draws: int = 1000) -> Forecast:
    return model.fit(panel, HORIZONS).forecast(draws, np.random.default_rng(1))


@pytest.fixture(scope="module")
def heavy() -> Panel:
    rng = np.random.default_rng(7)
    return panel_of(np.floor(np.exp(rng.normal([0, 1, 2, 3, 4, 5], 1.5, (240, 6)))))


@given(arrays(np.int32, st.tuples(st.integers(1, 30), st.just(6)), elements=st.integers(0, 5000)))
def test_with_a_long_half_life_all_months_weigh_alike(values: np.ndarray) -> None:
    seen, weights = decayed_weights(values.astype(np.float32), 1e9)
    for region in range(6):
        expected = [(values[:, region] == value).sum() for value in seen]
        np.testing.assert_allclose(weights[region], expected, rtol=1e-6)


@given(st.floats(0.5, 60), st.integers(1, 60))
def test_a_value_weighs_half_after_the_half_life(half_life: float, months: int) -> None:
    wide = np.zeros((months + 1, 1), dtype=np.float32)
    wide[0] = 9
    _, weights = decayed_weights(wide, half_life)
    assert weights[0, 1] == pytest.approx(0.5 ** (months / half_life))


def test_unknown_months_weigh_nothing() -> None:
    values, weights = decayed_weights(np.array([[3.0], [np.nan]], dtype=np.float32), 1)
    assert dict(zip(values.tolist(), weights[0].tolist(), strict=True)) == {0: 0.0, 3: 0.5}


@given(arrays(np.int32, st.tuples(st.integers(12, 30), st.just(6)), elements=st.integers(0, 300)), st.floats(1, 300))
def test_a_pool_has_weights_of_high_levels_where_the_decayed_mean_is_and_only_there(
    values: np.ndarray, level: float
) -> None:
    panel = panel_of(values)
    members = {"year": Conflictology(), "quarter": Conflictology(months=3)}
    made = {"year": {"year": 1.0}, "quarter": {"quarter": 1.0}}
    pool = drawn(Pool(members, weights=made["year"], heavy=level, heavy_weights=made["quarter"]), panel, 60).draws
    alone = {name: drawn(Pool(members, weights=made[name]), panel, 60).draws for name in made}
    weight = 0.5 ** (np.arange(len(values))[::-1] / 12)
    mean = weight @ values / weight.sum()
    for region in range(6):
        if np.isclose(mean[region], level, rtol=1e-4):
            continue
        heavy = mean[region] >= level and values[-12:, region].any()
        expected = alone["quarter" if heavy else "year"]
        np.testing.assert_array_equal(np.sort(pool[:, :, region], axis=0), np.sort(expected[:, :, region], axis=0))


@pytest.mark.parametrize(("heavy", "weights"), [(100.0, None), (None, {"year": 1.0}), (0.0, {"year": 1.0})])
def test_a_high_level_and_its_weights_go_together(heavy: float | None, weights: dict[str, float] | None) -> None:
    pool = Pool({"year": Conflictology()}, heavy=heavy, heavy_weights=weights)
    with pytest.raises(ValueError, match="heavy, a positive mean, and heavy_weights go together; got"):
        pool.fit(panel_of(np.ones((20, 6))), HORIZONS)


def test_bins_have_the_chances_the_boosting_gives_them(heavy: Panel) -> None:
    model = Binned(rounds=20, fewest=20).fit(heavy, HORIZONS)
    taught = pairs(heavy, "attacks", HORIZONS, seed=1)
    edges = np.asarray(model.upper)
    chances = model._chances(taught, np.searchsorted(edges, taught.y))
    place = np.searchsorted(edges, model.values_)
    for which in range(len(edges) + 1):
        np.testing.assert_allclose(model.weights_[:, :, place == which].sum(axis=2), chances[:, :, which], atol=1e-12)


def test_the_forest_is_meinshausens(heavy: Panel) -> None:
    model = QuantileForest(trees=5, seed=3).fit(heavy, HORIZONS)
    taught = pairs(heavy, "attacks", HORIZONS, seed=3)
    logs = np.log((taught.y + OFFSET) / OFFSET)
    forest = RandomForestRegressor(
        5, min_samples_leaf=5, max_features=0.35, max_samples=0.5, bootstrap=True, random_state=3
    ).fit(taught.x, logs)
    leaves = forest.apply(taught.x)
    for horizon in range(2):
        for region, own in enumerate(forest.apply(taught.now[horizon])):
            same = leaves == own
            weight = (same / same.sum(axis=0)).mean(axis=1)
            below = (logs <= np.log((20 + OFFSET) / OFFSET) + 1e-9) @ weight
            counts = model.factors_ * OFFSET - OFFSET
            shares = model.weights_[horizon, region] / model.weights_[horizon, region].sum()
            assert shares[counts < 20.5].sum() == pytest.approx(below, abs=1e-9)


def test_a_ratio_carries_over_to_a_level_not_seen_before(heavy: Panel) -> None:
    wide = heavy.attacks.to_numpy().copy()
    wide[-24:, 5] = wide[-24:, 5] * 50 + 5000
    raised = panel_of(wide)
    before = wide[: -24 - max(HORIZONS)].max()
    ratio = drawn(QuantileForest(half_life=3, trees=20), raised).quantile(0.5).iloc[:, 5]
    assert (ratio > 0.5 * before).all()
    assert (drawn(QuantileForest(half_life=3), raised).draws[:, :, 5].max(axis=0) > wide.max()).all()
    assert (drawn(QuantileForest(), raised).draws.max() <= wide.max() * 1.01).all()


def test_ratios_do_not_change_with_the_scale_of_large_counts(heavy: Panel) -> None:
    large = heavy.attacks.to_numpy() * 1000 + 10_000
    once, again = panel_of(large), panel_of(large * 50)
    for each in ratios("attacks", 3)[1:]:
        np.testing.assert_allclose(each(once).iloc[12:], each(again).iloc[12:], atol=2e-3, err_msg=each.column)


def test_what_a_smaller_war_did_is_said_of_a_larger_one(heavy: Panel) -> None:
    large = (heavy.attacks.to_numpy() + 100) * 100
    once = drawn(relative_forest(trees=20), panel_of(large)).quantile(0.5)
    again = drawn(relative_forest(trees=20), panel_of(large * 50)).quantile(0.5)
    np.testing.assert_allclose(again, once * 50, rtol=0.05)


@settings(deadline=None, max_examples=25)
@given(
    arrays(np.int32, st.tuples(st.integers(13, 40), st.just(6)), elements=st.integers(0, 200)),
    st.integers(1, 60),
    st.floats(1, 30),
)
def test_relative_features_agree_with_loops(values: np.ndarray, months: int, half_life: float) -> None:
    panel = panel_of(values)
    weight = 0.5 ** (np.arange(len(values))[::-1] / half_life)
    level = np.log(weight @ values / weight.sum() + OFFSET)
    for made, above in (
        (relative_mean, values[-months:].mean(axis=0)),
        (relative_peak, values[-months:].max(axis=0)),
    ):
        found = made(panel, months=months, half_life=half_life).iloc[-1]
        np.testing.assert_allclose(found, np.log(above + OFFSET) - level, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_ninety_per_cent_of_what_comes_lies_in_the_middle_ninety(name: str) -> None:
    inside = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        values = np.floor(np.exp(rng.normal([0, 1, 2, 3, 4, 5], 1.0, (246, 6))))
        made = drawn(MODELS[name](), panel_of(values[:240]))
        observed = values[[242, 245]].ravel()
        inside.append(randomised_pit(observed, made.draws.reshape(1000, -1), rng))
    assert 0.8 < pit_coverage(np.concatenate(inside), 0.9) < 0.97


@pytest.mark.parametrize("name", MODELS)
def test_the_future_and_the_order_of_calls_change_nothing(heavy: Panel, name: str) -> None:
    cut = heavy.as_of(heavy.months[-13])
    once = drawn(MODELS[name](), cut, 100)
    wide = heavy.attacks.to_numpy().copy()
    wide[-12:] = 7
    again = drawn(MODELS[name](), panel_of(wide).as_of(heavy.months[-13]), 100)
    np.testing.assert_array_equal(once.draws, again.draws)


@pytest.mark.parametrize("name", MODELS)
def test_a_panel_of_zeros_is_forecast_as_zeros(name: str) -> None:
    assert not drawn(MODELS[name](), panel_of(np.zeros((60, 6))), 100).draws.any()


def test_every_horizon_is_taught(heavy: Panel) -> None:
    taught = pairs(heavy, "attacks", HORIZONS)
    assert set(taught.x[:, -1]) == set(HORIZONS)
    counts = heavy.attacks.to_numpy()
    ahead = taught.x[:, -1].astype(int)
    np.testing.assert_array_equal(taught.y, counts[taught.month + ahead, taught.region])


def test_settings_out_of_range_are_named(heavy: Panel) -> None:
    with pytest.raises(ValueError, match="half_life must be a positive number of months; got 0"):
        Decayed(half_life=0).fit(heavy, HORIZONS)
    with pytest.raises(ValueError, match="half_life must be a positive number of months, or None; got -1"):
        QuantileForest(half_life=-1).fit(heavy, HORIZONS)
    with pytest.raises(ValueError, match=r"upper must be the largest counts of bins.*got \(2, 1\)"):
        Binned(upper=(2, 1)).fit(heavy, HORIZONS)
    with pytest.raises(ValueError, match="nothing to learn from for the horizons"):
        pairs(heavy.as_of(heavy.months[10]), "attacks", (12,), features=[feature("lag", measure="attacks")])


@settings(deadline=None, max_examples=25)
@given(arrays(np.int32, st.tuples(st.integers(13, 40), st.just(6)), elements=st.integers(0, 200)), st.integers(1, 60))
def test_features_of_the_tails_agree_with_loops(values: np.ndarray, at_least: int) -> None:
    panel = panel_of(values)
    last = values[-12:].astype(float)
    found = {
        "largest": largest(panel).iloc[-1],
        "spread": log_spread(panel).iloc[-1],
        "log": decayed_log(panel, half_life=5).iloc[-1],
        "share": large_share(panel, at_least=at_least, half_life=5).iloc[-1],
        "since": months_since_large(panel, at_least=at_least, most=30).iloc[-1],
    }
    weight = 0.5 ** (np.arange(len(values))[::-1] / 5)
    np.testing.assert_allclose(found["largest"], np.log1p(last.max(axis=0)), rtol=1e-5)
    np.testing.assert_allclose(found["spread"], np.log1p(last).std(axis=0), atol=1e-3)
    np.testing.assert_allclose(found["log"], weight @ np.log1p(values) / weight.sum(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["share"], weight @ (values >= at_least) / weight.sum(), rtol=1e-4, atol=1e-6)
    for region in range(6):
        hits = np.flatnonzero(values[:, region] >= at_least)
        months = min(len(values) - 1 - hits[-1], 30) if len(hits) else 30
        assert found["since"].iloc[region] == pytest.approx(np.log1p(months), rel=1e-5)

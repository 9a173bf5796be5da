"""The endemic-epidemic model: derivatives, recovery of known worlds, exact splits, and forecasts that keep the laws."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given as hypothesis_given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import approx_fprime

from harmattan.backtest import forecast_all
from harmattan.models.endemic import Endemic
from harmattan.models.endemic.design import Design, design
from harmattan.models.endemic.doubt import posterior
from harmattan.models.endemic.explanation import contributions, explain, growth, parameters
from harmattan.models.endemic.likelihood import derivatives, log_likelihood, penalised
from harmattan.models.endemic.maximum import maximise
from harmattan.models.endemic.paths import Dynamics, counts_at, expected, simulate, simulate_all
from harmattan.models.endemic.regression import EndemicEpidemic
from harmattan.models.endemic.shock import NO_SHOCK, Shock, belief
from harmattan.models.endemic.terms import Structure
from harmattan.models.endemic.weights import Kernel, distance, given, lag_weights, power_law, road
from harmattan.months import month, month_range
from harmattan.neighbours import Neighbours, contiguity
from harmattan.panel import Panel
from harmattan.regions import bundled
from harmattan.sphere import great_circle_km
from harmattan.tracking.stored import untrusted

ORIGIN = month("2021-06")
HORIZONS = (1, 3, 6)
REGIONS = [f"R{place}" for place in range(8)]
VARIANTS: dict[str, Callable[[], Endemic]] = {
    "default": Endemic,
    "hhh4": lambda: Endemic(kernel="adjacency", lags=1, background=("trend", "season")),
    "power law, Poisson": lambda: Endemic(kernel="power_law", family="poisson", lags=3),
    "distance, by country": lambda: Endemic(kernel="distance", overdispersion="country"),
    "road, estimates alone": lambda: Endemic(kernel="road", parameter_draws=0, shock=False),
    "Gaussian, fixed": lambda: Endemic(kernel="gaussian", reach=40.0, months=None),
    "covariates and regions": lambda: Endemic(
        background=("regions", "population", "other_attacks"), own=("season",), neighbours=("road_km",)
    ),
}


@pytest.fixture(params=VARIANTS)
def model(request: pytest.FixtureRequest) -> Endemic:
    return VARIANTS[request.param]()


def ring(regions: int = 8) -> Neighbours:
    codes = [f"R{place}" for place in range(regions)]
    pairs = pd.DataFrame({"a": codes, "b": [*codes[1:], codes[0]]})
    return contiguity(pairs, codes)


def kilometres(regions: int = 8) -> np.ndarray:
    rng = np.random.default_rng(3)
    return great_circle_km(rng.uniform(-3, 3, regions), rng.uniform(10, 14, regions))


CHAINS = pd.DataFrame({"corridor": ["n", "n", "n", "s", "s"], "step": [2, 1, 3, 1, 2]})
CHAINS["region"] = ["R1", "R0", "R4", "R6", "R7"]
KERNELS: dict[str, Callable[[], Kernel]] = {
    "road": lambda: road(ring(), CHAINS),
    "adjacency": lambda: given(ring()),
    "counts as they are": lambda: given(ring(), normalised=False),
    "power law": lambda: power_law(ring(), most=3),
    "power law, not normalised": lambda: power_law(ring(), most=3, normalised=False),
    "exponential": lambda: distance(kilometres()),
    "exponential, not normalised": lambda: distance(kilometres(), normalised=False),
    "Gaussian": lambda: distance(kilometres(), shape="gaussian"),
    "fixed": lambda: distance(kilometres(), bandwidth_km=90.0),
}


def small(kernel: Kernel, structure: Structure, **changed: Any) -> Design:
    rng = np.random.default_rng(5)
    counts = rng.poisson(rng.gamma(0.7, 2.0, (30, 8))).astype(float)
    counts[20, 3] = np.nan
    covariates = {"wide": rng.normal(size=(30, 8)), "static": rng.normal(size=(1, 8))}
    settings = {"covariates": covariates, "groups": ["N", "S"] * 4, "exposure": rng.uniform(0.5, 2, 8)}
    return design(counts, structure, kernel, regions=REGIONS, **{**settings, **changed})


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("family", ["negative_binomial", "poisson"])
@pytest.mark.parametrize("lags", [1, 4])
def test_gradient_and_hessian_are_exact(kernel: str, family: str, lags: int) -> None:
    structure = Structure(
        ("season", "wide"), ("static", "regions"), ("trend", "regions"), family=family, lags=lags, spread=3.0
    )
    data = small(KERNELS[kernel](), structure)
    theta = data.start + np.random.default_rng(7).normal(scale=0.05, size=len(data.start))
    gradient, hessian = derivatives(data, theta)
    assert len(data.names) == len(theta) == len(gradient)
    step = 1e-5 * np.eye(len(theta))
    slopes = [(penalised(data, theta + h) - penalised(data, theta - h)) / 2e-5 for h in step]
    bends = [(derivatives(data, theta + h)[0] - derivatives(data, theta - h)[0]) / 2e-5 for h in step]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(hessian, bends, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("kernel", KERNELS)
def test_weights_of_each_sender_sum_to_one_where_normalised(kernel: str) -> None:
    made = KERNELS[kernel]()
    for theta in (-8.0, made.value, 8.0):
        w, first, second = made.weights(theta)
        assert (w >= 0).all() and (np.diag(w) == 0).all()
        if made.normalised:
            np.testing.assert_allclose(w.sum(axis=1), 1.0)
            np.testing.assert_allclose([first.sum(axis=1), second.sum(axis=1)], 0.0, atol=1e-9)


def test_a_region_without_neighbours_neither_sends_nor_receives() -> None:
    lone = contiguity(pd.DataFrame({"a": ["A"], "b": ["B"]}), ["A", "B", "C"])
    for kernel in (given(lone), power_law(lone)):
        assert kernel.weights(0.5)[0].tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("lags", [1, 2, 12])
def test_lag_weights_fall_geometrically_and_sum_to_one(lags: int) -> None:
    u, first, _ = lag_weights(1.2, lags)
    assert u.sum() == pytest.approx(1) and (u >= 0).all()
    np.testing.assert_allclose(u[1:] / u[:-1], 1 / (1 + np.exp(-1.2)))
    slopes = [approx_fprime([1.2], lambda x, d=d: lag_weights(x[0], lags)[0][d]).item() for d in range(lags)]
    np.testing.assert_allclose(first, slopes, atol=1e-6)


def test_one_lag_is_a_special_case_of_many() -> None:
    one, four = (small(given(ring()), Structure(lags=lags), first=6) for lags in (1, 4))
    theta = np.array([-1.0, -0.8, -1.2, 0.1, 0.2])
    many = np.insert(theta, 3, -30.0)
    assert log_likelihood(four, many) == pytest.approx(log_likelihood(one, theta), rel=1e-9)


def test_a_power_law_of_order_one_is_adjacency() -> None:
    near, plain = (small(each, Structure()) for each in (power_law(ring(), most=1, decay=2.0), given(ring())))
    assert maximise(near).log_likelihood == pytest.approx(maximise(plain).log_likelihood, rel=1e-12)


def test_road_links_weigh_more_and_leave_alone_who_is_on_no_road() -> None:
    plain, none, tenfold = (
        each.weights(each.value)[0]
        for each in (given(ring()), road(ring(), CHAINS), road(ring(), CHAINS, advantage=10))
    )
    place = {code: number for number, code in enumerate(REGIONS)}
    assert tenfold[place["R0"], place["R1"]] == pytest.approx(10 / 11)
    assert tenfold[place["R1"], place["R4"]] == tenfold[place["R1"], place["R0"]] == pytest.approx(10 / 21)
    assert tenfold[place["R4"], place["R1"]] == pytest.approx(10 / 12)
    off = [place[code] for code in ("R2", "R3", "R5")]
    np.testing.assert_allclose(tenfold[off], plain[off])
    np.testing.assert_allclose(none[off], plain[off])
    with pytest.raises(ValueError, match="road links need two of the 8 regions that follow each other on a corridor"):
        road(ring(), CHAINS.assign(region="elsewhere"))


def test_the_advantage_of_roads_is_found() -> None:
    chains = pd.DataFrame({"corridor": "c", "step": range(30), "region": [f"R{3 * place % 30}" for place in range(30)]})
    kernel = road(ring(30), chains[chains["step"] < 10])
    counts = world(kernel, np.log(np.log(6.0)), 1, dispersion=0.3, seed=2)
    table = EndemicEpidemic(counts, Structure(), kernel).fit().table().loc["log_road_advantage"]
    assert abs(table["estimate"] - np.log(np.log(6.0))) < 3 * table["error"] and table["error"] < 0.6


def world(
    kernel: Kernel, theta: float, lags: int, *, dispersion: float, seed: int, shock: Shock = NO_SHOCK
) -> pd.DataFrame:
    """Simulate 150 months of 30 regions with ν = exp(-1), λ = 0.45 and φ = 0.35, the first 30 months dropped."""
    months, regions = 180, len(kernel.base)
    one = np.ones((months, regions))
    truth = Dynamics(
        background=np.exp(-1.0) * one,
        own=0.45 * one,
        neighbours=0.35 * one,
        weights=kernel.weights(theta)[0],
        lags=lag_weights(0.4, lags)[0],
        dispersion=np.full(regions, dispersion),
        history=np.zeros((lags, regions)),
        most=1000.0,
        shock=shock,
    )
    codes = [f"R{place}" for place in range(regions)]
    return pd.DataFrame(simulate(truth, 1, np.random.default_rng(seed))[0, 30:], columns=codes)


TRUTH = {"background:intercept": -1.0, "own:intercept": np.log(0.45), "neighbours:intercept": np.log(0.35)}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("kernel", "theta", "lags", "dispersion", "more"),
    [
        (given(ring(30)), 0.0, 1, 0.0, {}),
        (power_law(ring(30)), 0.4, 1, 0.5, {"log_decay": 0.4, "log_overdispersion": np.log(0.5)}),
        (distance(kilometres(30)), 4.0, 6, 0.8, {"log_bandwidth_km": 4.0, "lag_logit": 0.4}),
    ],
    ids=["hhh4 Poisson", "power law", "distance and lags"],
)
def test_a_fit_finds_the_parameters_of_a_simulated_world(
    kernel: Kernel, theta: float, lags: int, dispersion: float, more: dict[str, float], seed: int
) -> None:
    family = "negative_binomial" if dispersion else "poisson"
    counts = world(kernel, theta, lags, dispersion=dispersion, seed=seed)
    table = EndemicEpidemic(counts, Structure(family=family, lags=lags), kernel).fit().table()
    for name, value in (TRUTH | more).items():
        estimate, error = float(table["estimate"][name]), float(table["error"][name])
        assert abs(estimate - value) < 3.5 * error, (name, estimate, error)
        assert error < 0.6, name


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    kernel, inside = given(ring(30)), []
    for seed in range(40):
        counts = world(kernel, 0.0, 2, dispersion=0.5, seed=100 + seed)
        table = EndemicEpidemic(counts, Structure(lags=2), kernel).fit().table().loc[list(TRUTH)]
        truth = np.array(list(TRUTH.values()))
        inside.append((table["lower"] < truth) & (truth < table["upper"]))
    assert 0.88 < np.mean(inside) <= 1.0


def test_overdispersion_of_each_group_is_found() -> None:
    kernel = given(ring(30))
    counts = world(kernel, 0.0, 1, dispersion=0.3, seed=4)
    loose = world(kernel, 0.0, 1, dispersion=1.5, seed=5)
    both = pd.concat([counts, loose.add_prefix("S")], axis=1)
    base = np.asarray(np.kron(np.eye(2), kernel.base), dtype=np.float64)
    pair = replace(kernel, base=base, gap=np.zeros_like(base))
    groups = pd.Series(["N"] * 30 + ["S"] * 30, index=both.columns)
    table = EndemicEpidemic(both, Structure(), pair, groups=groups).fit().table()["estimate"]
    assert np.exp(table["log_overdispersion:N"]) == pytest.approx(0.3, abs=0.1)
    assert np.exp(table["log_overdispersion:S"]) == pytest.approx(1.5, abs=0.3)


def test_the_results_are_those_of_statsmodels() -> None:
    counts = world(given(ring(30)), 0.0, 1, dispersion=0.5, seed=1)
    static = pd.Series(np.linspace(-1, 1, 30), index=counts.columns)
    found = EndemicEpidemic(counts, Structure(("static",)), given(ring(30)), covariates={"static": static}).fit()
    assert found.aic == pytest.approx(2 * len(found.params) - 2 * found.llf)
    assert "background:static" in str(found.summary())
    assert abs(found.model.score(found.params)).max() < 1e-3
    assert found.dynamics(3, {"static": static}).background.shape == (3, 30)


def test_the_split_of_a_fitted_month_sums_to_its_expected_counts() -> None:
    counts = world(given(ring(30)), 0.0, 4, dispersion=0.5, seed=1)
    found = EndemicEpidemic(counts, Structure(("season",), lags=4), power_law(ring(30))).fit()
    for row in (4, 77, 149):
        split = found.decompose(row)
        np.testing.assert_allclose(split.sum(axis=1), found.fitted().loc[row], atol=1e-10)
        assert (split.to_numpy() >= 0).all()
        assert split["R3"]["R3"] == 0
    with pytest.raises(ValueError, match="row must be a month of the fit, 4 to 149; got 2"):
        found.decompose(2)


def test_the_split_of_a_forecast_sums_to_its_expected_counts(burkina: Panel, model: Endemic) -> None:
    fitted = model.fit(burkina.as_of(ORIGIN), HORIZONS)
    means, _ = expected(fitted.dynamics_)
    for horizon in (1, 2, 6):
        split = contributions(fitted, horizon)
        np.testing.assert_allclose(split.sum(axis=1), means[horizon - 1], atol=1e-10)
    with pytest.raises(ValueError, match="horizon must be a month from 1 to 6.*got 7"):
        contributions(fitted, 7)


def test_simulated_means_are_the_expected_counts(burkina: Panel) -> None:
    fitted = Endemic().fit(burkina.as_of(ORIGIN), HORIZONS)
    free = replace(fitted.dynamics_, most=1e6)
    drawn = simulate(free, 6000, np.random.default_rng(1))
    means, _ = expected(free)
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (abs(drawn.mean(axis=0) - means) < 5 * error + 1e-3).all()


def test_the_counts_have_the_distribution_they_should() -> None:
    level = (np.arange(40_000)[:, None] + 0.5) / 40_000
    mu, psi = np.array([0.05, 0.8, 7.0, 60.0]), np.array([0.0, 0.3, 1.0, 2.5])
    counts = counts_at(np.repeat(level, 4, axis=1), np.broadcast_to(mu, (40_000, 4)), psi)
    np.testing.assert_allclose(counts.mean(axis=0), mu, rtol=3e-3)
    np.testing.assert_allclose(counts.var(axis=0), mu + psi * mu**2, rtol=2e-2)
    exact = stats.nbinom.pmf([[0], [1], [5]], 1 / psi[1:], 1 / (1 + psi[1:] * mu[1:]))
    np.testing.assert_allclose([(counts[:, 1:] == k).mean(axis=0) for k in (0, 1, 5)], exact, atol=5e-5)


@hypothesis_settings(max_examples=60, deadline=None)
@hypothesis_given(
    seed=st.integers(0, 2**32 - 1),
    dispersion=st.floats(0, 30),
    less=st.floats(0, 1),
)
def test_a_smaller_mean_never_counts_more(seed: int, dispersion: float, less: float) -> None:
    rng = np.random.default_rng(seed)
    mu, level = np.exp(rng.normal(-1, 2.5, (500, 1))), rng.random((500, 1))
    psi = np.array([dispersion])
    assert (counts_at(level, less * mu, psi) <= counts_at(level, mu, psi)).all()


def test_draws_are_shared_between_models_run_with_equal_generators(burkina: Panel) -> None:
    sets = Endemic().fit(burkina.as_of(ORIGIN), HORIZONS).sets_
    base, calmer = (
        simulate_all([replace(each, background=factor * each.background) for each in sets], 90, rng)
        for factor, rng in ((1.0, np.random.default_rng(4)), (0.5, np.random.default_rng(4)))
    )
    assert (calmer <= base).all() and calmer.sum() < base.sum()
    np.testing.assert_array_equal(base, simulate_all(sets, 90, np.random.default_rng(4)))


def test_a_region_keeps_its_variance_under_a_shared_shock_and_the_total_gains() -> None:
    one = np.ones((1, 20))
    still = Dynamics(0 * one, one, 0 * one, np.zeros((20, 20)), np.ones(1), np.full(20, 0.9), 4 * one, 1e6)
    calm, shaken = (
        simulate(replace(still, shock=shock), 8000, np.random.default_rng(1))[:, 0]
        for shock in (NO_SHOCK, Shock(0.5, 0.6))
    )
    np.testing.assert_allclose(shaken.mean(axis=0), 4.0, rtol=0.06)
    np.testing.assert_allclose(shaken.var(axis=0), 4 + 0.9 * 4**2, rtol=0.2)
    shared = Shock(0.5).variance * (80**2 - 20 * 4**2)
    assert shaken.sum(axis=1).var() == pytest.approx(calm.sum(axis=1).var() + shared, rel=0.1)


def test_shocks_have_mean_one_and_persist_as_they_should() -> None:
    paths = Shock(0.4, 0.7).paths(100_000, 4, np.random.default_rng(1))
    np.testing.assert_allclose(paths.mean(axis=0), 1.0, atol=0.01)
    logs = np.log(paths)
    np.testing.assert_allclose(logs.std(axis=0), 0.4, atol=0.01)
    np.testing.assert_allclose(np.corrcoef(logs.T)[0], 0.7 ** np.arange(4), atol=0.02)
    assert (NO_SHOCK.paths(5, 3, np.random.default_rng(1)) == 1).all()


@pytest.mark.parametrize("truth", [Shock(0.0, 0.0), Shock(0.35, 0.0), Shock(0.35, 0.8)])
def test_a_shock_is_found_where_there_is_one(truth: Shock) -> None:
    found = []
    for seed in range(4):
        counts = world(given(ring(30)), 0.0, 1, dispersion=0.5, seed=seed, shock=truth).to_numpy(dtype=float)
        data = design(counts, Structure(), given(ring(30)), regions=[f"R{place}" for place in range(30)], covariates={})
        found.append(belief(data, maximise(data).parameters).mean())
    deviation = np.mean([each.deviation for each in found])
    persistence = np.mean([each.persistence for each in found])
    if truth.deviation:
        assert deviation == pytest.approx(truth.deviation, abs=0.1)
        assert persistence == pytest.approx(truth.persistence, abs=0.3)
    else:
        assert deviation < 0.15


def test_sets_of_parameters_follow_the_posterior() -> None:
    counts = world(given(ring(30)), 0.0, 2, dispersion=0.5, seed=3).to_numpy(dtype=float)
    data = design(
        counts, Structure(lags=2), given(ring(30)), regions=[f"R{place}" for place in range(30)], covariates={}
    )
    found = maximise(data)
    drawn = posterior(data, found, 300, np.random.default_rng(1))
    errors = np.sqrt(np.diag(found.covariance))
    assert (abs(drawn.mean(axis=0) - found.parameters) < 0.3 * errors).all()
    np.testing.assert_allclose(drawn.std(axis=0), errors, rtol=0.3)


def test_a_rate_that_data_hardly_tell_does_not_run_away() -> None:
    quiet = np.zeros((24, 8))
    data = design(quiet, Structure(spread=2.0), given(ring()), regions=REGIONS, covariates={})
    found = maximise(data)
    background = np.exp(posterior(data, found, 1000, np.random.default_rng(1))[:, 0])
    grid = np.linspace(-25, 5, 601)
    rest = found.parameters[None, :].repeat(len(grid), axis=0)
    rest[:, 0] = grid
    # Without attacks nothing but the background enters the likelihood, so its posterior is known on a grid.
    weight = np.exp(np.array([penalised(data, theta) for theta in rest]) - penalised(data, found.parameters))
    assert background.mean() == pytest.approx((weight @ np.exp(grid)) / weight.sum(), rel=0.2)


def test_estimates_alone_are_one_set(burkina: Panel) -> None:
    plain = Endemic(parameter_draws=0, shock=False).fit(burkina.as_of(ORIGIN), HORIZONS)
    assert plain.sets_ == (plain.dynamics_,) and plain.dynamics_.shock == NO_SHOCK
    many = Endemic(parameter_draws=7).fit(burkina.as_of(ORIGIN), HORIZONS)
    assert len(many.sets_) == 7
    assert all(each.weights is many.dynamics_.weights for each in many.sets_)
    by_km = Endemic(parameter_draws=7, kernel="distance").fit(burkina.as_of(ORIGIN), HORIZONS)
    assert len({each.weights.tobytes() for each in by_km.sets_}) > 1
    assert growth(many).between(0.5, 1.6).all() and len(growth(many)) == 7


def test_draws_come_from_the_sets_in_turn(burkina: Panel) -> None:
    sets = Endemic(parameter_draws=3).fit(burkina.as_of(ORIGIN), HORIZONS).sets_
    nothing = [replace(each, background=0 * each.background, history=0 * each.history) for each in sets]
    drawn = simulate_all([sets[0], *nothing[1:]], 10, np.random.default_rng(1))
    hit = drawn.any(axis=(1, 2))
    assert hit[[0, 3, 6, 9]].all() and not hit[[1, 2, 4, 5, 7, 8]].any()


def test_doubt_and_shock_widen_totals_until_they_cover() -> None:
    """Worlds of 13 regions with a persistent shock: 90 % intervals of the total 6 months ahead."""
    inside: dict[str, list[bool]] = {"estimates": [], "all": []}
    plain: dict[str, Any] = {"kernel": "adjacency", "lags": 1, "background": (), "months": None}
    variants = {
        "estimates": Endemic(**plain, parameter_draws=0, shock=False),
        "all": Endemic(**plain, parameter_draws=20),
    }
    regions = bundled("admin1", ["BFA"])
    kernel = given(regions.neighbours)
    one = np.ones((100, len(regions)))
    truth = Dynamics(
        np.exp(-1.0) * one, 0.5 * one, 0.35 * one, kernel.weights(0.0)[0], np.ones(1), np.full(13, 0.5),
        np.zeros((1, 13)), 1e4, Shock(0.4, 0.8),
    )  # fmt: skip
    months = month_range("2016-01", "2021-10")
    for seed, path in enumerate(simulate(truth, 30, np.random.default_rng(8))[:, 30:].astype("float32")):
        counts = pd.DataFrame(path, months.rename("month"), regions.table.index)
        panel = Panel(regions, {"attacks": counts}, pd.DataFrame(True, counts.index, counts.columns))
        for name, model in variants.items():
            made = model.fit(panel.as_of(months[-7]), (6,)).forecast(200, np.random.default_rng(seed))
            low, high = np.quantile(made.draws.sum(axis=(1, 2)), [0.05, 0.95])
            inside[name].append(bool(low <= path[-1].sum() <= high))
    assert np.mean(inside["all"]) >= np.mean(inside["estimates"]) + 0.1
    assert 0.75 <= np.mean(inside["all"]) <= 1.0


def test_explosive_parameters_do_not_overflow(burkina: Panel) -> None:
    fitted = Endemic().fit(burkina, (1,))
    one = np.ones((60, 45))
    wild = replace(fitted.dynamics_, background=one, own=9 * one, neighbours=9 * one)
    drawn = simulate(wild, 50, np.random.default_rng(1))
    assert drawn.min() >= 0 and drawn.max() <= 20_000
    assert drawn[:, -1].mean() < 2 * wild.most


def test_an_explanation_names_the_neighbours_that_weigh_most(burkina: Panel) -> None:
    fitted = Endemic().fit(burkina.as_of(month("2023-06")), (1, 6))
    text = explain(fitted, "BF5204")
    row = contributions(fitted, 1).loc["BF5204"]
    largest = burkina.regions.table["name"][str(row.iloc[2:].idxmax())]
    assert text.startswith(f"Kompienga, 2023-07: {row.sum():.2f} attacks expected.")
    assert f"most of it from {largest}" in text
    assert f"{row['own past']:.2f} ({row['own past'] / row.sum():.0%}) comes from its own attacks" in text
    assert "2023-12" in explain(fitted, "BF5204", horizon=6)
    with pytest.raises(ValueError, match="region must be one of 45 codes such as 'BF1300'; got 'BF99'"):
        explain(fitted, "BF99")


def test_parameters_have_errors(burkina: Panel, model: Endemic) -> None:
    table = parameters(model.fit(burkina.as_of(ORIGIN), HORIZONS))
    assert np.isfinite(table.to_numpy()).all() and (table["error"] > 0).all()


@pytest.mark.parametrize("lag", [0, 2])
def test_nothing_after_the_origin_changes_a_forecast(burkina: Panel, model: Endemic, lag: int) -> None:
    asked: dict[str, Any] = {"origin": ORIGIN, "horizons": HORIZONS, "lag": lag, "draws": 50, "seed": 3}
    rng, measures = np.random.default_rng(0), {}
    for name, frame in burkina.measures.items():
        later = (frame.index > ORIGIN - lag)[:, None]
        noise = rng.integers(0, 50, frame.shape).astype("float32")
        measures[name] = pd.DataFrame(np.where(later, noise, frame), frame.index, frame.columns)
    _, honest = forecast_all(burkina, {"m": model}, **asked)
    _, fooled = forecast_all(Panel(burkina.regions, measures, burkina.covered), {"m": model}, **asked)
    np.testing.assert_array_equal(honest["m"].draws, fooled["m"].draws)


def test_a_forecast_is_decided_by_the_generator_alone(burkina: Panel, model: Endemic) -> None:
    before = burkina.content_hash()
    fitted = model.fit(burkina.as_of(ORIGIN), HORIZONS)
    once, again = (fitted.forecast(100, np.random.default_rng(2)) for _ in range(2))
    np.testing.assert_array_equal(once.draws, again.draws)
    assert once.draws.shape == (100, 3, 45) and once.draws.dtype == np.int32
    assert once.origin == ORIGIN and once.horizons == HORIZONS
    assert burkina.content_hash() == before


def test_a_quiet_panel_is_forecast_as_quiet(burkina: Panel, model: Endemic) -> None:
    quiet = {name: frame * 0 for name, frame in burkina.measures.items()}
    made = model.fit(Panel(burkina.regions, quiet, burkina.covered), HORIZONS).forecast(200, np.random.default_rng(1))
    assert (made.probability().to_numpy() < 0.05).all()


@pytest.mark.parametrize("months", [1, 2, 5, 14])
def test_a_short_panel_can_be_forecast(burkina: Panel, model: Endemic, months: int) -> None:
    short = burkina.as_of(burkina.months[months - 1])
    made = model.fit(short, (1, 12)).forecast(50, np.random.default_rng(1))
    assert made.draws.shape == (50, 2, 45)


def test_months_not_covered_are_left_out(burkina: Panel) -> None:
    unknown = burkina.as_of(ORIGIN)
    covered = unknown.covered.copy()
    covered.iloc[-20:-10, 4] = False
    measures = {name: frame.where(covered) for name, frame in unknown.measures.items()}
    made = Endemic().fit(Panel(unknown.regions, measures, covered), HORIZONS).forecast(50, np.random.default_rng(1))
    assert made.draws.shape == (50, 3, 45)


def test_a_fitted_model_is_stored_without_pickle(burkina: Panel, model: Endemic) -> None:
    fitted = model.fit(burkina.as_of(ORIGIN), HORIZONS)
    file = skops.io.dumps(fitted)
    types = skops.io.get_untrusted_types(data=file)
    assert not untrusted(types)
    loaded = skops.io.loads(file, trusted=types)
    once, again = (each.forecast(40, np.random.default_rng(2)).draws for each in (fitted, loaded))
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"measure": "raids"}, "measure must be one of the panel's, attacks, .*got 'raids'"),
        (
            {"kernel": "roads"},
            "kernel must be one of adjacency, border, power_law, distance, gaussian, road; got 'roads'",
        ),
        ({"kernel": "border", "reach": 3.0}, "reach must be None for the kernel 'border'.*got 3.0"),
        ({"kernel": "power_law", "reach": -1.0}, "decay must be a positive number, or None to estimate it; got -1.0"),
        ({"kernel": "distance", "reach": 0.0}, "bandwidth_km must be a positive number.*got 0.0"),
        ({"lags": 13}, "lags must be a number of months from 1 to 12; got 13"),
        ({"family": "normal"}, "family must be one of negative_binomial, poisson; got 'normal'"),
        ({"overdispersion": "each"}, "overdispersion must be 'common' or 'country'; got 'each'"),
        ({"kernel": "road", "reach": 0.5}, "advantage must be a number above 1, or None to estimate it; got 0.5"),
        ({"parameter_draws": -1}, "parameter_draws must be a number of sets, or 0 for none; got -1"),
        ({"months": 0}, "months must be at least 1, or None for all of the panel; got 0"),
        ({"own": ("season", "season")}, "each term of own must be given once; 'season' comes twice"),
        ({"background": ("rain",)}, "a term must be trend, season, regions, a column of the regions .*got 'rain'"),
    ],
)
def test_settings_out_of_range_say_what_to_do(burkina: Panel, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Endemic(**settings).fit(burkina, HORIZONS)


def test_inputs_that_do_not_fit_say_where() -> None:
    counts = pd.DataFrame(1.0, month_range("2020-01", "2021-12"), REGIONS)
    kernel, plain = given(ring()), Structure()
    with pytest.raises(ValueError, match="counts must be whole numbers, zero or more; row 3, R2 is 0.5"):
        EndemicEpidemic(
            counts.mask((counts.index == month("2020-04"))[:, None] & (counts.columns == "R2"), 0.5), plain, kernel
        )
    with pytest.raises(ValueError, match=r"the kernel must have 8 rows and columns, one per region; got \(30, 30\)"):
        EndemicEpidemic(counts, plain, given(ring(30)))
    with pytest.raises(ValueError, match="a term must be one of trend, season, regions, roads; got 'rain'"):
        EndemicEpidemic(counts, Structure(("rain",)), kernel, covariates={"roads": counts})
    with pytest.raises(ValueError, match="covariate 'roads' must cover every region; 1 are missing, first 'R7'"):
        EndemicEpidemic(counts, Structure(("roads",)), kernel, covariates={"roads": counts.iloc[0, :7]})
    with pytest.raises(ValueError, match="covariate 'roads' must have the 24 months of the counts; got 20"):
        EndemicEpidemic(counts, Structure(("roads",)), kernel, covariates={"roads": counts.iloc[:20]})
    with pytest.raises(ValueError, match="first must be at least 1, since a count needs a month before it; got 0"):
        EndemicEpidemic(counts, plain, kernel, first=0)
    with pytest.raises(ValueError, match="exposure must be a positive number for each of 8 regions"):
        EndemicEpidemic(counts, plain, kernel, exposure=pd.Series(0.0, REGIONS))


def test_a_likelihood_without_a_maximum_is_refused() -> None:
    quiet = pd.DataFrame(0.0, month_range("2020-01", "2021-12"), REGIONS)
    with pytest.raises(ValueError, match="the likelihood must have a maximum.*give the structure a spread"):
        EndemicEpidemic(quiet, Structure(), given(ring())).fit()

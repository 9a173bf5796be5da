"""The self-exciting process: values from R, exact integrals, laws of declustering, simulation and forecast."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import dblquad
from scipy.optimize import minimize
from scipy.special import erf

from harmattan.forecast import Forecast
from harmattan.models.disc import checked_outline, discs, gaussian_mass
from harmattan.models.selfexciting import SelfExciting
from harmattan.models.selfexciting_alert import alert_window
from harmattan.models.selfexciting_fit import PointFit, fit_points, reach_profile
from harmattan.models.selfexciting_futures import futures
from harmattan.models.selfexciting_parents import declustering, intensity
from harmattan.models.selfexciting_places import PlaceFit, placed
from harmattan.models.selfexciting_points import (
    PARAMETERS,
    Catalogue,
    compensator,
    log_likelihood,
    offspring,
    prepare,
    scores,
)
from harmattan.models.selfexciting_regions import RegionFit, arrival, fit_regions, place
from harmattan.models.selfexciting_simulate import simulate, simulate_ahead
from harmattan.models.selfexciting_terms import echo, lag_chances
from harmattan.months import month_range
from harmattan.panel import Panel
from harmattan.raster import raster
from harmattan.regions import bundled
from harmattan.synthetic import self_exciting_world
from harmattan.tracking.stored import untrusted

SQUARE = np.array([[0.0, 0.0], [200.0, 0.0], [200.0, 200.0], [0.0, 200.0]])
BENT = np.array([[0.0, 0.0], [90.0, 10.0], [40.0, 40.0], [80.0, 100.0], [-20.0, 70.0]])
TRUTH = np.array([-12.6, 0.15, -9.6, np.log(6.0), 0.02])


@pytest.fixture(scope="module")
def reference(shared: Path) -> dict[str, object]:
    made: dict[str, object] = json.loads((shared / "reference" / "twinstim_reference.json").read_text())
    return made


@pytest.fixture(scope="module")
def attacks(shared: Path) -> Catalogue:
    points = pd.read_csv(shared / "reference" / "bfa_points.csv")
    outline = pd.read_csv(shared / "reference" / "bfa_poly.csv")
    return Catalogue(points["time"].to_numpy(), points[["x", "y"]].to_numpy(), outline.to_numpy(), 2556.0)


@pytest.fixture(scope="module")
def fitted(attacks: Catalogue) -> PointFit:
    return fit_points(attacks)


@pytest.fixture(scope="module")
def world() -> Catalogue:
    return simulate(TRUTH, SQUARE, days=2000.0, rng=np.random.default_rng(11))


def values(part: object) -> np.ndarray:
    assert isinstance(part, dict)
    return np.array(list(part.values()))


# Values from R: surveillance::twinstim, see twinstim.R beside the reference.


def test_the_log_likelihood_is_that_of_r(attacks: Catalogue, reference: dict[str, object]) -> None:
    ready = prepare(attacks, reach_days=180, reach_km=150, blocks=7)
    llf, _ = log_likelihood(ready, values(reference["coef"]))
    assert llf == pytest.approx(reference["loglik"], abs=1e-5)


def test_the_expected_offspring_are_those_of_r(attacks: Catalogue, reference: dict[str, object]) -> None:
    ready = prepare(attacks, reach_days=180, reach_km=150, blocks=7)
    children, _ = offspring(ready, values(reference["coef"]))
    assert children.mean() == pytest.approx(reference["R0_mean"], abs=1e-5)


def test_r_takes_its_standard_errors_from_the_squared_scores(attacks: Catalogue, reference: dict[str, object]) -> None:
    ready = prepare(attacks, reach_days=180, reach_km=150, blocks=7)
    _, gradient = scores(ready, values(reference["coef"]))
    errors = np.sqrt(np.diag(np.linalg.inv(gradient.T @ gradient)))
    np.testing.assert_allclose(errors, values(reference["se"]), rtol=1e-4)


def test_the_fit_climbs_past_where_r_stopped(
    attacks: Catalogue, fitted: PointFit, reference: dict[str, object]
) -> None:
    """R stops where the slope along log σ is still -5.3: the maximum lies 0.15 above, and 0.5 standard errors away."""
    ready = prepare(attacks, reach_days=180, reach_km=150, blocks=7)
    np.testing.assert_allclose(log_likelihood(ready, fitted.estimates)[1], 0, atol=1e-3)
    assert log_likelihood(ready, values(reference["coef"]))[1][3] == pytest.approx(-5.3, abs=0.1)
    assert reference["loglik"] < fitted.llf < reference["loglik"] + 0.5
    apart = np.abs(fitted.estimates - values(reference["coef"]))
    assert (apart / fitted.standard_errors < 0.51).all()
    assert (apart / values(reference["se"]))[[0, 1, 4]].max() < 0.5
    assert fitted.branching_ratio == pytest.approx(reference["R0_mean"], abs=0.02)


def test_r_climbs_to_the_same_maximum_when_told_to_go_on(fitted: PointFit) -> None:
    converged = json.loads((Path(__file__).parents[1] / "reference" / "twinstim_converged.json").read_text())
    apart = np.abs(fitted.estimates - np.array(list(converged["coef"].values()))) / fitted.standard_errors
    assert apart.max() < 0.02
    assert fitted.llf == pytest.approx(converged["loglik"], abs=1e-3)


def test_a_higher_maximum_lies_below_the_precision_of_the_places(fitted: PointFit) -> None:
    profile = reach_profile(fitted, sigma_km=[0.74, 4.0, fitted.sigma_km, 20.0])["difference"]
    assert profile[0] > 150
    assert profile[1] < 0 and profile[3] < -50
    assert profile[2] == pytest.approx(0, abs=1e-4)


def test_a_reach_at_the_precision_is_held_there(attacks: Catalogue) -> None:
    held = fit_points(attacks, precision_km=2.0)
    assert held.sigma_held and held.sigma_km == pytest.approx(2.0)
    assert held.standard_errors[3] == 0 and (held.standard_errors[[0, 1, 2, 4]] > 0).all()


# The integral over polygon and disc.


@pytest.mark.parametrize("sigma", [0.5, 6.0, 40.0])
def test_over_a_rectangle_the_integral_is_a_product_of_error_functions(sigma: float) -> None:
    centre = np.array([[30.0, 170.0]])
    mass, _ = gaussian_mass(discs(SQUARE, centre, cut=1000), sigma)
    side = [erf((200 - c) / (np.sqrt(2) * sigma)) - erf(-c / (np.sqrt(2) * sigma)) for c in centre[0]]
    assert mass[0] == pytest.approx(np.pi * sigma**2 / 2 * side[0] * side[1], rel=1e-12)


def test_a_disc_within_the_polygon_is_whole() -> None:
    mass, _ = gaussian_mass(discs(SQUARE, np.array([[100.0, 90.0]]), cut=60), 50.0)
    assert mass[0] == pytest.approx(2 * np.pi * 2500 * (1 - np.exp(-3600 / 5000)), rel=1e-12)


def test_cut_by_the_disc_the_integral_is_that_of_quadrature() -> None:
    """Above y = 0 and within 60 km of a centre 20 km above it; the sides of the square are out of reach."""
    sigma = 35.0
    mass, _ = gaussian_mass(discs(SQUARE, np.array([[100.0, 20.0]]), cut=60), sigma)
    whole, _ = dblquad(
        lambda x, y: np.exp(-(x**2 + y**2) / (2 * sigma**2)),
        -20,
        60,
        lambda y: -np.sqrt(max(3600 - y**2, 0)),
        lambda y: np.sqrt(max(3600 - y**2, 0)),
        epsabs=1e-9,
        epsrel=1e-9,
    )
    assert mass[0] == pytest.approx(whole, rel=1e-7)


@pytest.mark.parametrize("sigma", [5.0, 25.0])
def test_over_a_bent_polygon_the_integral_is_that_of_a_fine_grid(sigma: float) -> None:
    import shapely

    centres = np.array([[40.0, 39.0], [0.0, 0.0], [60.0, 15.0], [30.0, 60.0]])
    step = 0.1
    x, y = (each.ravel() for each in np.meshgrid(np.arange(-20, 90, step) + step / 2, np.arange(0, 100, step)))
    inside = shapely.contains_xy(shapely.Polygon(BENT), x, y + step / 2)
    x, y = x[inside], y[inside] + step / 2
    mass, _ = gaussian_mass(discs(BENT[::-1], centres, cut=45), sigma)
    for each, (cx, cy) in zip(mass, centres, strict=True):
        squared = (x - cx) ** 2 + (y - cy) ** 2
        grid = step**2 * np.exp(-squared[squared <= 45**2] / (2 * sigma**2)).sum()
        assert each == pytest.approx(grid, rel=3e-3)


def test_the_derivative_of_the_integral_is_its_slope() -> None:
    rng = np.random.default_rng(3)
    over = discs(BENT, rng.uniform(0, 80, (40, 2)), cut=45)
    for sigma in (0.7, 9.0, 60.0):
        up, down = gaussian_mass(over, sigma * (1 + 1e-5))[0], gaussian_mass(over, sigma * (1 - 1e-5))[0]
        np.testing.assert_allclose(gaussian_mass(over, sigma)[1], (up - down) / (2e-5 * sigma), rtol=1e-6, atol=1e-6)


def test_in_parts_the_polygon_weighs_as_much_as_whole() -> None:
    """An event on the line between two halves sees each half exactly."""
    left, right = SQUARE * [0.5, 1], SQUARE * [0.5, 1] + [100, 0]
    centres = np.array([[100.0, 50.0], [99.0, 200.0], [0.0, 0.0]])
    whole, one, two = (gaussian_mass(discs(each, centres, cut=70), 30.0)[0] for each in (SQUARE, left, right))
    np.testing.assert_allclose(one + two, whole, rtol=1e-12)


def test_an_impossible_outline_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at least three vertices, shape \(vertex, 2\); got shape \(2, 2\)"):
        checked_outline(SQUARE[:2])
    with pytest.raises(ValueError, match=r"vertex 1 is \[nan, 1.0\]: leave it out"):
        checked_outline(np.array([[0, 0], [np.nan, 1], [1, 1]]))
    with pytest.raises(ValueError, match="must enclose an area; the 3 vertices given enclose none"):
        checked_outline(np.array([[0, 0], [1, 1], [2, 2]]))


# Likelihood and fit.


def test_the_gradient_is_the_slope_of_the_log_likelihood(world: Catalogue) -> None:
    ready = prepare(world, reach_days=120, reach_km=40, blocks=4)
    at = TRUTH + np.array([0.2, -0.1, 0.3, 0.4, 0.005])
    _, gradient = log_likelihood(ready, at)
    for number, step in enumerate(1e-5 * np.maximum(np.abs(at), 0.1)):
        shift = np.zeros(len(at))
        shift[number] = step
        up, down = log_likelihood(ready, at + shift)[0], log_likelihood(ready, at - shift)[0]
        assert gradient[number] == pytest.approx((up - down) / (2 * step), rel=1e-5), PARAMETERS[number]


def test_the_compensator_is_the_integral_of_the_intensity() -> None:
    """By the midpoint rule over time and a grid of places, for one event near a corner and one late."""
    day, where = np.array([10.0, 80.0]), np.array([[15.0, 10.0], [60.0, 30.0]])
    at = np.array([-9.0, 0.4, -6.0, np.log(12.0), 0.03])
    ready = prepare(Catalogue(day, where, SQUARE, 100.0), reach_days=60, reach_km=30, blocks=5)
    grid = np.arange(0.25, 200, 0.5)
    x, y = np.meshgrid(grid, grid)
    when = np.arange(0.05, 100, 0.1)
    total = 0.1 * np.exp(at[0] + at[1] * np.floor(when / 20)).sum() * 200**2
    for t, (cx, cy) in zip(day, where, strict=True):
        squared = (x - cx) ** 2 + (y - cy) ** 2
        space = 0.25 * np.exp(-squared[squared <= 900] / (2 * 144)).sum()
        lag = when - t
        total += np.exp(at[2]) * space * 0.1 * np.exp(-at[4] * lag[(lag > 0) & (lag <= 60)]).sum()
    assert compensator(ready, at)[0] == pytest.approx(total, rel=1e-3)


def test_the_fit_finds_what_was_simulated() -> None:
    """Over four worlds: no estimate far off, and the Wald statistics as wide as they should be."""
    away = []
    for seed in range(4):
        made = simulate(TRUTH, SQUARE, days=2000.0, rng=np.random.default_rng(seed))
        found = fit_points(made, precision_km=0.5)
        away.append((found.estimates - TRUTH) / found.standard_errors)
    assert np.abs(away).max() < 3.5
    assert 0.4 < np.sqrt(np.mean(np.square(away))) < 1.7


def test_the_summary_and_aic_follow_from_the_estimates(fitted: PointFit) -> None:
    table = fitted.summary
    assert tuple(table.index) == PARAMETERS
    assert (table["low"] < table["estimate"]).all() and (table["estimate"] < table["high"]).all()
    width = (table["high"] - table["low"]) / (2 * 1.959964 * table["standard_error"])
    assert width.drop("log_sigma").between(0.95, 1.1).all()
    assert fitted.aic == pytest.approx(10 - 2 * fitted.llf)
    assert fitted.mean_days == pytest.approx(86, abs=3)


def test_at_the_ends_of_an_interval_the_profile_is_below_by_half_the_quantile(world: Catalogue) -> None:
    """For log σ by `reach_profile`, for all others by a search that knows nothing of the intervals' code."""
    fit = fit_points(world, precision_km=0.5)
    ready = prepare(world, reach_days=180, reach_km=150, blocks=7)
    ends = fit.summary[["low", "high"]].to_numpy()
    below = reach_profile(fit, sigma_km=list(np.exp(ends[3])))["difference"]
    np.testing.assert_allclose(below, -1.9207, atol=0.01)
    for number in (0, 1, 2, 4):
        for end in ends[number]:
            others = [each for each in range(5) if each != number]

            def loss(free: np.ndarray, number: int = number, end: float = end, others: list[int] = others) -> float:
                at = np.empty(5)
                at[number], at[others] = end, free
                return -log_likelihood(ready, at)[0]

            tight = {"xatol": 1e-5, "fatol": 1e-5, "maxiter": 4000, "maxfev": 4000}
            scale = np.array([[0.2, 0.03, 0.2, 0.1, 0.003][each] for each in others])
            simplex = fit.estimates[others] + np.vstack([np.zeros(4), np.diag(scale)])
            found = minimize(loss, simplex[0], method="Nelder-Mead", options={**tight, "initial_simplex": simplex})
            assert -found.fun - fit.llf == pytest.approx(-1.9207, abs=0.02)


def test_the_reach_held_at_the_precision_has_an_interval_above_it(attacks: Catalogue, fitted: PointFit) -> None:
    held = fit_points(attacks, precision_km=2.0).summary.loc["log_sigma"]
    assert held["low"] == held["estimate"] == pytest.approx(np.log(2)) and held["high"] > held["estimate"]
    assert fitted.summary.loc["log_sigma", "low"] == pytest.approx(np.log(4))


def test_without_triggering_the_interval_of_e0_has_no_lower_end() -> None:
    made = simulate([-12.0, 0.0, -60.0, 1.0, 0.1], SQUARE, days=900.0, rng=np.random.default_rng(6))
    table = fit_points(made, precision_km=1.0).summary
    assert table.loc["e0", "low"] == -np.inf
    assert table.loc["h0", "low"] < -12 < table.loc["h0", "high"]


def test_the_causes_of_every_event_sum_to_one(fitted: PointFit) -> None:
    table = declustering(fitted)
    sums = table.groupby("event")["probability"].sum()
    assert len(sums) == len(fitted.catalogue)
    np.testing.assert_allclose(sums, 1)
    assert (table["parent"].isna() | (table["parent"] < table["event"])).all()
    background = table.loc[table["parent"].isna(), "probability"].sum()
    assert background / len(sums) == pytest.approx(1 - fitted.branching_ratio, abs=1e-3)


def test_the_intensity_is_the_background_far_from_all_attacks_and_more_near_one(fitted: PointFit) -> None:
    background = np.exp(fitted.estimates[0] + 6 * fitted.estimates[1])
    x, y = fitted.catalogue.place[-1]
    assert intensity(fitted, day=2556 + 181, place=(x, y)) == pytest.approx(background)
    assert intensity(fitted, day=2556, place=(x, y)) > background + 0.9 * np.exp(fitted.estimates[2])
    with pytest.raises(ValueError, match="day must lie after the window opens, above 0; got 0"):
        intensity(fitted, day=0, place=(x, y))


# What is refused.


def test_a_catalogue_that_does_not_hold_together_is_refused() -> None:
    day, where = np.array([1.0, 2.0, 3.0]), np.full((3, 2), 50.0)
    with pytest.raises(ValueError, match=r"got \(3,\) and \(2, 2\)"):
        Catalogue(day, where[:2], SQUARE, 10.0)
    with pytest.raises(ValueError, match=r"finite; 1 of 3 events do not, first event 1 on day nan at \(50, 50\) km"):
        Catalogue(np.array([1.0, np.nan, 3.0]), where, SQUARE, 10.0)
    with pytest.raises(ValueError, match=r"above 0 and up to 2.5; .* first event 2 on day 3 .* widen the window"):
        Catalogue(day, where, SQUARE, 2.5)
    with pytest.raises(ValueError, match=r"in order of time; 1 of 3 .* event 1 on day 1 .* sort day and place"):
        Catalogue(day[[1, 0, 2]], where, SQUARE, 10.0)
    with pytest.raises(ValueError, match=r"inside the outline; 1 of 3 .* event 2 .* \(50, 250\) km: leave it out"):
        Catalogue(day, where + np.array([[0, 0], [0, 0], [0, 200]]), SQUARE, 10.0)
    with pytest.raises(ValueError, match="days must be the length of the window, above 0; got -1"):
        Catalogue(day, where, SQUARE, -1.0)


def test_a_fit_that_cannot_be_made_is_refused(world: Catalogue) -> None:
    few = Catalogue(np.array([1.0, 2.0]), np.full((2, 2), 50.0), SQUARE, 10.0)
    with pytest.raises(ValueError, match="at least 10 events, .* got 2 events and 1 such pairs"):
        fit_points(few)
    with pytest.raises(ValueError, match="precision_km must lie between 0 and reach_km, 150; got 200"):
        fit_points(world, precision_km=200)
    with pytest.raises(ValueError, match="finite and above 0; got 0 and 150"):
        fit_points(world, reach_days=0)
    with pytest.raises(ValueError, match="blocks must be at least 2, .* got 1"):
        fit_points(world, blocks=1)
    with pytest.raises(ValueError, match="sigma_km must lie above 0 and up to the reach, 150 km; got 0"):
        reach_profile(fit_points(world), sigma_km=[1, 0])


# Simulation.


def test_a_simulated_world_has_as_many_events_as_the_compensator_says() -> None:
    """At the true parameters the number of events less the compensator has mean zero."""
    excess, total = 0.0, 0
    for seed in range(8):
        made = simulate(TRUTH, SQUARE, days=2000.0, rng=np.random.default_rng([2, seed]))
        ready = prepare(made, reach_days=180, reach_km=150, blocks=7)
        excess += len(made) - compensator(ready, TRUTH)[0]
        total += len(made)
    assert abs(excess) < 3 * np.sqrt(total)


def test_the_future_of_a_history_begins_with_its_rate(fitted: PointFit) -> None:
    """The first day holds what the intensity at the end of the window, over the outline, makes expected."""
    made = simulate_ahead(fitted, days=1.0, draws=3000, rng=np.random.default_rng(5))
    assert made["day"].between(0, 1, inclusive="right").all()
    low, high = fitted.catalogue.outline.min(axis=0), fitted.catalogue.outline.max(axis=0)
    assert made[["x", "y"]].ge(low).all(axis=None) and made[["x", "y"]].le(high).all(axis=None)
    lag = fitted.catalogue.days - fitted.catalogue.day
    near = discs(fitted.catalogue.outline, fitted.catalogue.place, cut=150)
    space, _ = gaussian_mass(near, fitted.sigma_km)
    decayed = np.where(lag < 179.5, np.exp(-fitted.estimates[4] * (lag + 0.5)), 0)
    rate = fitted.catalogue.area * np.exp(fitted.estimates[0] + 6 * fitted.estimates[1])
    expected = rate + np.exp(fitted.estimates[2]) * (space * decayed).sum()
    assert len(made) / 3000 == pytest.approx(expected, rel=0.06)
    again = simulate_ahead(fitted, days=1.0, draws=3000, rng=np.random.default_rng(5))
    pd.testing.assert_frame_equal(made, again)


def test_a_simulation_that_cannot_be_made_is_refused(fitted: PointFit) -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match=r"five finite numbers, h0, h1, e0, log_sigma, alpha, alpha above 0; got \[1"):
        simulate([1.0, 2.0], SQUARE, days=10.0, rng=rng)
    with pytest.raises(ValueError, match="more than 5000000 events come: where each triggers one or more, lower e0"):
        simulate([-9.0, 0.0, -3.0, 2.0, 0.01], SQUARE, days=900.0, rng=rng)
    with pytest.raises(ValueError, match="days and draws must be above 0; got 0 and 5"):
        simulate_ahead(fitted, days=0, draws=5, rng=rng)


# After an attack.


def test_the_alert_falls_with_time_and_distance_to_where_the_limits_say(fitted: PointFit) -> None:
    window = alert_window(fitted, share=0.1)
    wide = window.ratio.pivot(index="days", columns="km", values="ratio")
    assert (wide.diff().dropna() <= 0).all(axis=None) and (wide.T.diff().dropna() <= 0).all(axis=None)
    limit = window.limits.set_index("what")["value"]
    near = alert_window(fitted, days=[0.0, limit["half_life"]], km=[0.0, limit["km_until_low"]])
    excess = near.ratio["ratio"].to_numpy() - 1
    assert excess[1] == pytest.approx(0.1)
    assert excess[2] == pytest.approx(excess[0] / 2)
    assert limit["km_of_50"] == pytest.approx(1.1774 * fitted.sigma_km, rel=1e-3)
    assert limit["days_until_low"] == 180
    assert (alert_window(fitted, days=[181.0], km=[0.0]).ratio["ratio"] == 1).all()


def test_the_alert_ends_sooner_where_the_intensity_is_high_anyway(fitted: PointFit) -> None:
    busy = float(np.exp(fitted.estimates[2])) * 5
    limit = alert_window(fitted, share=0.1, without=busy).limits.set_index("what")["value"]
    assert limit["days_until_low"] == pytest.approx(np.log(2) / fitted.estimates[4])
    never = alert_window(fitted, share=0.1, without=busy * 10).limits.set_index("what")["value"]
    assert never["days_until_low"] == never["km_until_low"] == 0


def test_an_alert_for_impossible_times_is_refused(fitted: PointFit) -> None:
    with pytest.raises(ValueError, match="days must be finite and not negative; got -1"):
        alert_window(fitted, days=[0, -1])
    with pytest.raises(ValueError, match="km must be finite and not negative; got nan"):
        alert_window(fitted, km=[np.nan])
    with pytest.raises(ValueError, match="share and without must be above 0; got 0"):
        alert_window(fitted, share=0)


# Regions and months.


def test_counts_are_placed_in_their_month_and_region() -> None:
    counts = np.array([[3.0, np.nan], [0.0, 2.0]])
    days = place(counts, np.array([31, 28]), np.random.default_rng(1))
    np.testing.assert_array_equal([days.counts[:31].sum(axis=0), days.counts[31:].sum(axis=0)], np.nan_to_num(counts))
    np.testing.assert_array_equal(days.known[[0, 58]], [[1, 0], [1, 1]])


def test_the_echo_is_the_sum_over_earlier_days() -> None:
    counts = np.random.default_rng(2).poisson(0.2, (400, 2)).astype(float)
    made = echo(counts, 50.0)
    chances = lag_chances(50.0)
    for day in (0, 1, 5, 180, 181, 399):
        past = counts[max(day - 180, 0) : day][::-1]
        np.testing.assert_allclose(made[day], chances[: len(past)] @ past, atol=1e-12)


def test_offspring_fall_nearby_and_none_is_counted_twice() -> None:
    km = np.array([[0.0, 80, 300], [80, 0, 250], [300, 250, 0]])
    area = np.array([4000.0, 9000, 6000])
    for sigma in (1.0, 30.0, 200.0):
        chance = arrival(km, area, sigma)
        assert (chance.sum(axis=1) <= 1 + 1e-12).all()
    assert (np.diag(arrival(km, area, 20.0)) == arrival(km, area, 20.0).max(axis=1)).all()
    assert np.diag(arrival(km, area, 1.0)).min() > np.diag(arrival(km, area, 30.0)).max()


def test_one_attack_has_a_geometric_number_of_descendants() -> None:
    """η / (1 - η) in all, when nothing leaves the region and time is long."""
    fit = RegionFit(
        weights=np.array([0.1, 0.1, 0.6]),
        mean_days=20.0,
        sigma_km=10.0,
        background=np.zeros(1),
        chance=np.ones((1, 1)),
        region=np.array([0]),
        age=np.array([1]),
    )
    made = futures(fit, np.full(48, 30), 8000, np.random.default_rng(3))
    assert made.sum(axis=(1, 2)).mean() == pytest.approx(1.5, rel=0.08)
    first = made[:, 0].sum(axis=1).mean()
    assert first > made[:, 1].sum(axis=1).mean() > made[:, 4].sum(axis=1).mean()


def test_clustered_counts_trigger_more_than_scattered_ones() -> None:
    rng = np.random.default_rng(8)
    lengths, area, km = np.full(120, 30), np.full(6, 5000.0), 90.0 * np.abs(np.subtract.outer(range(6), range(6)))
    scattered = rng.poisson(1.0, (120, 6)).astype(float)
    none = np.zeros(0, dtype=np.intp)
    source = RegionFit(np.array([0, 0, 0.8]), 40.0, 20.0, np.full(6, 1 / 150), arrival(km, area, 20.0), none, none)
    clustered = futures(source, lengths, 1, rng)[0].astype(float)
    one, two = (
        fit_regions(each, lengths, km=km, area=area, rng=np.random.default_rng(1)) for each in (scattered, clustered)
    )
    assert two.weights[2] > 0.5 > one.weights[2]
    assert 15 < two.mean_days < 120


@pytest.fixture(scope="module")
def forecaster(request: pytest.FixtureRequest) -> SelfExciting:
    return SelfExciting().fit(request.getfixturevalue("burkina"), (1, 3, 6))


def test_the_forecaster_knows_where_attacks_are_and_joins_months(forecaster: SelfExciting, burkina: Panel) -> None:
    made = forecaster.forecast(1000, np.random.default_rng(1))
    assert isinstance(made, Forecast) and made.draws.dtype == np.int32
    assert made.draws.shape == (1000, 3, 45)
    share = (burkina.attacks.iloc[-12:] > 0).mean()
    assert made.probability()[share.idxmax()].mean() > 3 * made.probability()[share.idxmin()].mean()
    recent = burkina.attacks.iloc[-12:].sum(axis=1).mean()
    assert 0.3 < made.expected().sum(axis=1).mean() / recent < 3


def test_the_generator_decides_every_draw(forecaster: SelfExciting) -> None:
    one, two, three = (forecaster.forecast(50, np.random.default_rng(seed)).draws for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, two)
    assert (one != three).any()


def test_nothing_after_the_origin_is_seen(burkina: Panel) -> None:
    origin = burkina.months[-30]
    spoilt = {name: frame.copy() for name, frame in burkina.measures.items()}
    for frame in spoilt.values():
        frame.loc[frame.index > origin] = 77.0
    honest, fooled = (
        SelfExciting().fit(panel.as_of(origin), (1, 2)).forecast(40, np.random.default_rng(1)).draws
        for panel in (burkina, Panel(burkina.regions, spoilt, burkina.covered))
    )
    np.testing.assert_array_equal(honest, fooled)


@pytest.mark.parametrize("months", [1, 12, 96])
def test_a_quiet_panel_stays_quiet(burkina: Panel, months: int) -> None:
    short = {name: frame.iloc[:months] * 0 for name, frame in burkina.measures.items()}
    made = SelfExciting().fit(Panel(burkina.regions, short, burkina.covered.iloc[:months]), (1, 4))
    assert made.forecast(100, np.random.default_rng(1)).draws.sum() == 0


def test_a_region_not_covered_is_forecast_from_the_others(burkina: Panel) -> None:
    covered, counts = burkina.covered.copy(), burkina.attacks.copy()
    covered.iloc[:60, 3] = False
    counts.iloc[:60, 3] = np.nan
    made = SelfExciting().fit(Panel(burkina.regions, {"attacks": counts}, covered), (1,))
    assert made.forecast(400, np.random.default_rng(1)).expected().iloc[0, 3] > 0


def test_large_counts_are_simulated_in_parts(burkina: Panel) -> None:
    many = Panel(burkina.regions, {"attacks": burkina.attacks.iloc[-24:] * 60}, burkina.covered.iloc[-24:])
    made = SelfExciting().fit(many, (1,)).forecast(30, np.random.default_rng(1))
    assert made.draws.shape == (30, 1, 45)
    assert made.expected().sum(axis=1).iloc[0] > 100


def test_it_works_for_whole_countries_and_is_stored_without_pickle(burkina: Panel) -> None:
    skops = pytest.importorskip("skops.io")
    regions = bundled("country")
    counts = pd.DataFrame(0.0, index=burkina.months, columns=regions.table.index, dtype="float32")
    counts["BFA"] = burkina.attacks.sum(axis=1)
    model = SelfExciting().fit(Panel(regions, {"attacks": counts}, counts >= 0), (1, 2))
    packed = skops.dumps(model)
    assert untrusted(skops.get_untrusted_types(data=packed)) == []
    loaded = skops.loads(packed, trusted=skops.get_untrusted_types(data=packed))
    one, two = (each.forecast(60, np.random.default_rng(2)).draws for each in (model, loaded))
    np.testing.assert_array_equal(one, two)


# Points.


@pytest.fixture(scope="module")
def pointed() -> Panel:
    """A self-exciting world with its points."""
    regions = bundled("province")
    area = regions.table["area_km2"].to_numpy()
    return self_exciting_world(
        regions,
        months=month_range("2018-01", "2023-12"),
        rng=np.random.default_rng(12),
        background=0.1 * area / area.mean(),
        offspring=0.6,
        decay_days=60.0,
        spread_km=6.0,
    )


def test_days_and_places_tell_decay_and_reach(pointed: Panel) -> None:
    """Counts by region and month cannot tell a reach below the size of a region."""
    for background in ("area", "region"):
        found = SelfExciting(background=background).fit(pointed, (1,)).process_
        assert isinstance(found, PlaceFit)
        assert found.sigma_km == pytest.approx(6.0, rel=0.2)
        assert found.mean_days == pytest.approx(60.0, rel=0.4)
        assert found.weights[-1] == pytest.approx(0.6, abs=0.15)


def test_the_rate_of_places_integrates_to_the_expected_number(pointed: Panel) -> None:
    """At the maximum the weights, times the integrals of their terms, are the events seen but for the prior."""
    assert pointed.points is not None
    seen = (pointed.points["day"] >= pointed.months[1].start_time).sum()
    found = SelfExciting(background="area").fit(pointed, (1,)).process_
    assert isinstance(found, PlaceFit)
    days = pointed.months[1:].days_in_month.to_numpy().sum()
    ready = placed(pointed, pointed.points, found.cells, np.random.default_rng(1))
    left = days + 31 - ready.day
    opens = np.maximum(31 - ready.day, 0)
    told = np.concatenate([[0.0], np.cumsum(lag_chances(found.mean_days))])
    in_time = told[np.clip(left - 1, 0, 180)] - told[np.clip(opens - 1, 0, 180)]
    inside = np.zeros(len(ready.day))
    rng, many = np.random.default_rng(3), 200
    where = np.stack([ready.lon, ready.lat], axis=1)
    for _ in range(many):
        inside += (found.spread(where, rng)[1] >= 0) / many
    expected = found.background.sum() * days + found.weights[-1] * (in_time * inside).sum()
    assert expected == pytest.approx(seen, rel=0.02)


def test_no_point_after_the_origin_is_seen(pointed: Panel) -> None:
    origin = pointed.months[-10]
    assert pointed.points is not None
    later = (pointed.points["day"] >= (origin + 1).start_time).to_numpy()
    spoilt = pointed.points.assign(
        lon=np.where(later, 0.5, pointed.points["lon"]), region=pointed.points["region"].where(~later, "BF5601")
    )
    counts = pointed.attacks.copy()
    counts.loc[counts.index > origin] = 9.0
    assert later.sum() > 50
    fooled = replace(pointed, measures={"attacks": counts}, points=spoilt.iloc[:-20])
    one, two = (
        SelfExciting().fit(panel.as_of(origin), (1, 2)).forecast(40, np.random.default_rng(1)).draws
        for panel in (pointed, fooled)
    )
    np.testing.assert_array_equal(one, two)


def test_points_change_the_forecast_and_attacks_without_them_are_placed(pointed: Panel) -> None:
    assert pointed.points is not None
    half = replace(pointed, points=pointed.points.iloc[::2].reset_index(drop=True))
    made = placed(half, half.points, raster(half.regions), np.random.default_rng(1))  # type: ignore[arg-type]
    assert len(made.day) == pointed.attacks.to_numpy().sum() and (np.diff(made.day) >= 0).all()
    counted = np.zeros(pointed.attacks.shape)
    np.add.at(counted, (made.month, made.region), 1)
    np.testing.assert_array_equal(counted, pointed.attacks)
    none = replace(pointed, points=None)
    exact, partly, blurred = (
        SelfExciting().fit(panel, (1,)).forecast(60, np.random.default_rng(1)) for panel in (pointed, half, none)
    )
    assert (exact.draws != blurred.draws).any() and (exact.draws != partly.draws).any()
    asked = SelfExciting(points=False).fit(pointed, (1,)).forecast(60, np.random.default_rng(1))
    np.testing.assert_array_equal(asked.draws, blurred.draws)
    ratio = partly.expected().sum(axis=1) / exact.expected().sum(axis=1)
    assert 0.5 < ratio.iloc[0] < 2


@pytest.mark.parametrize("months", [1, 24])
def test_a_panel_of_no_points_and_no_attacks_stays_quiet(pointed: Panel, months: int) -> None:
    assert pointed.points is not None
    short = pointed.as_of(pointed.months[months - 1])
    quiet = replace(short, measures={"attacks": short.attacks * 0}, points=pointed.points.iloc[:0])
    for background in ("area", "region"):
        made = SelfExciting(background=background).fit(quiet, (1, 4))
        assert made.forecast(50, np.random.default_rng(1)).draws.sum() == 0


def test_places_not_covered_are_left_out_of_the_likelihood(pointed: Panel) -> None:
    """Half the provinces unknown for three years: rates come from what is known, not from zeros."""
    covered, counts = pointed.covered.copy(), pointed.attacks.copy()
    covered.iloc[:36, ::2] = False
    counts = counts.where(covered)
    assert pointed.points is not None
    month_of = covered.index.get_indexer(pd.PeriodIndex(pointed.points["day"], freq="M"))
    known = covered.to_numpy()[month_of, covered.columns.get_indexer(pd.Index(pointed.points["region"]))]
    held = Panel(pointed.regions, {"attacks": counts}, covered, pointed.points[known].reset_index(drop=True))
    whole, part = (SelfExciting(background="area").fit(panel, (1,)).process_ for panel in (pointed, held))
    assert part.background.sum() == pytest.approx(whole.background.sum(), rel=0.25)
    assert part.weights[-1] == pytest.approx(whole.weights[-1], abs=0.12)


def test_a_model_of_points_is_stored_without_pickle(pointed: Panel) -> None:
    skops = pytest.importorskip("skops.io")
    model = SelfExciting().fit(pointed, (1,))
    packed = skops.dumps(model)
    assert untrusted(skops.get_untrusted_types(data=packed)) == []
    loaded = skops.loads(packed, trusted=skops.get_untrusted_types(data=packed))
    one, two = (each.forecast(60, np.random.default_rng(2)).draws for each in (model, loaded))
    np.testing.assert_array_equal(one, two)


def test_a_background_it_does_not_know_is_refused(pointed: Panel) -> None:
    with pytest.raises(ValueError, match="background must be one of region, area; got 'flat'"):
        SelfExciting(background="flat").fit(pointed, (1,))

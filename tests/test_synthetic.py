"""Synthetic worlds keep the laws they are drawn from."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from harmattan.months import month_range
from harmattan.neighbours import Neighbours, k_nearest
from harmattan.panel import Panel
from harmattan.raster import raster
from harmattan.regions import Regions, bundled
from harmattan.sphere import great_circle_km
from harmattan.synthetic import (
    endemic_epidemic_world,
    self_exciting_world,
    spreading_front_world,
    with_reporting_delay,
    with_under_reporting,
)

LONG = month_range("2000-01", "2049-12")
SHORT = month_range("2016-01", "2019-12")
World = Callable[..., Panel]


@pytest.fixture(scope="module")
def provinces() -> Regions:
    return bundled("province")


def endemic(regions: Regions, months: pd.PeriodIndex, seed: int, **changed: object) -> Panel:
    given = {"background": 0.2, "own": 0.3, "neighbour": 0.3, "overdispersion": 0.5} | changed
    return endemic_epidemic_world(regions, months=months, rng=np.random.default_rng(seed), **given)


def exciting(regions: Regions, months: pd.PeriodIndex, seed: int, **changed: object) -> Panel:
    given = {"background": 0.2, "offspring": 0.5, "decay_days": 60, "spread_km": 30} | changed
    return self_exciting_world(regions, months=months, rng=np.random.default_rng(seed), **given)


def front(regions: Regions, months: pd.PeriodIndex, seed: int, **changed: object) -> tuple[Panel, pd.Series]:
    given = {"seeds": ["BF5603"], "speed_km": 20, "rate": 2.0} | changed
    return spreading_front_world(regions, months=months, rng=np.random.default_rng(seed), **given)


def front_only(regions: Regions, months: pd.PeriodIndex, seed: int) -> Panel:
    return front(regions, months, seed, noise=0.5)[0]


@pytest.mark.parametrize("world", [endemic, exciting, front_only])
def test_the_generator_decides_the_world(provinces: Regions, world: World) -> None:
    one, same, other = (world(provinces, SHORT, seed).content_hash() for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize("world", [endemic, exciting, front_only])
def test_counts_are_whole_and_every_month_is_there(provinces: Regions, world: World) -> None:
    made = world(provinces, SHORT, 1)
    assert made.months.equals(SHORT) and made.covered.to_numpy().all()
    assert (made.attacks % 1 == 0).all().all() and made.attacks.sum().sum() > 0


def test_endemic_epidemic_mean_is_background_over_one_minus_own_and_neighbours(provinces: Regions) -> None:
    mean = endemic(provinces, LONG, 1).attacks.sum(axis=1).mean()
    assert mean == pytest.approx(45 * 0.2 / (1 - 0.3 - 0.3), rel=0.04)


def test_endemic_epidemic_regression_finds_its_parameters_again(provinces: Regions) -> None:
    y = endemic(provinces, LONG, 2).attacks.to_numpy().astype(float)
    sent = provinces.neighbours.weights.toarray()
    around = y @ (sent / sent.sum(axis=0)).T
    x = np.column_stack([np.ones(y[:-1].size), y[:-1].ravel(), around[:-1].ravel()])
    found = np.linalg.lstsq(x, y[1:].ravel(), rcond=None)[0]
    np.testing.assert_allclose(found, [0.2, 0.3, 0.3], atol=0.03)
    mu = x @ found
    excess = ((y[1:].ravel() - mu) ** 2 - mu).sum() / (mu**2).sum()
    assert excess == pytest.approx(0.5, abs=0.1)


def test_endemic_epidemic_without_overdispersion_and_links_is_poisson(provinces: Regions) -> None:
    y = endemic(provinces, LONG, 3, own=0.0, neighbour=0.0, overdispersion=0.0, background=1.5).attacks.to_numpy()
    assert y.mean() == pytest.approx(1.5, rel=0.02) and y.var() == pytest.approx(1.5, rel=0.04)


def test_season_peaks_in_april_and_background_is_by_region(provinces: Regions) -> None:
    nu = np.where(np.arange(45) < 5, 2.0, 0.0)
    y = endemic(provinces, LONG, 4, own=0.0, neighbour=0.0, background=nu, season=0.8).attacks
    assert (y.iloc[:, 5:] == 0).all().all()
    by_month = y.iloc[:, :5].groupby(y.index.month).mean().mean(axis=1)
    assert by_month[4] == pytest.approx(2 * np.exp(0.8), rel=0.15)
    assert by_month[10] == pytest.approx(2 * np.exp(-0.8), rel=0.2)


def test_attacks_spread_along_the_links_given_and_no_others(provinces: Regions) -> None:
    codes = provinces.table.index
    weights = np.zeros((45, 45))
    weights[1, 0] = 4.0  # only region 0 acts, and only on region 1
    links = Neighbours(codes, csr_array(weights))
    source = np.where(np.arange(45) == 0, 3.0, 0.0)
    y = endemic(provinces, LONG, 5, own=0.0, neighbour=0.5, background=source, weights=links).attacks
    assert y.iloc[:, 1].mean() == pytest.approx(1.5, rel=0.1)
    assert (y.iloc[:, 2:] == 0).all().all()


def test_self_exciting_mean_is_background_over_one_minus_branching_ratio(provinces: Regions) -> None:
    for ratio in (0.0, 0.5, 0.8):
        made = exciting(provinces, LONG, 1, offspring=ratio, background=0.1, spread_km=1.0)
        total = made.attacks.sum(axis=1).mean()
        assert total == pytest.approx(45 * 0.1 / (1 - ratio), rel=0.08)


def test_self_exciting_attacks_stay_as_near_as_the_spread_says(provinces: Regions) -> None:
    seed_only = np.where(np.arange(45) == 0, 1.0, 0.0)
    at_home = exciting(provinces, LONG, 2, background=seed_only, spread_km=0.1).attacks
    assert at_home.iloc[:, 0].sum() > 0.97 * at_home.to_numpy().sum()
    near, far = (exciting(provinces, LONG, 2, background=seed_only, spread_km=km).attacks.sum() for km in (10, 40))
    km = great_circle_km(provinces.table["lon"], provinces.table["lat"])[0]
    assert (near @ km) / near.sum() < (far @ km) / far.sum()


def test_self_exciting_attacks_are_lost_abroad(provinces: Regions) -> None:
    home, lost = (exciting(provinces, LONG, 5, spread_km=km).attacks.to_numpy().sum() for km in (1, 100))
    assert lost < 0.9 * home


def test_self_exciting_points_are_the_attacks_that_are_counted(provinces: Regions) -> None:
    made = exciting(provinces, SHORT, 1)
    assert made.points is not None
    counted = pd.crosstab(pd.PeriodIndex(made.points["day"], freq="M"), made.points["region"])
    wide = counted.reindex(index=made.months, columns=made.attacks.columns, fill_value=0)
    np.testing.assert_array_equal(wide, made.attacks)
    cells = raster(provinces)
    where = cells.region(made.points["lon"].to_numpy(), made.points["lat"].to_numpy())
    assert list(provinces.table.index[where]) == list(made.points["region"])


def test_self_exciting_points_come_back_as_near_and_as_soon_as_they_should(provinces: Regions) -> None:
    """With little background most pairs nearby are an attack and a repeat of it, or two repeats of one."""
    made = exciting(provinces, LONG, 6, background=0.002, offspring=0.5, spread_km=5.0, decay_days=30.0)
    assert made.points is not None
    day = made.points["day"].to_numpy().astype("datetime64[D]").astype(float)
    km = great_circle_km(made.points["lon"], made.points["lat"])
    lag = day[:, None] - day[None, :]
    close = (lag > 0) & (lag <= 180) & (km < 40)
    waits, apart = lag[close], km[close]
    assert 20 < waits.mean() < 60 and 5 < np.median(apart) < 11


def test_self_exciting_counts_cluster_in_time_as_the_decay_says(provinces: Regions) -> None:
    def lag_one(days: float) -> float:
        total = exciting(provinces, LONG, 3, decay_days=days, spread_km=1.0, offspring=0.7).attacks.to_numpy()
        z = total - total.mean(axis=0)
        return float((z[1:] * z[:-1]).sum() / (z**2).sum())

    assert lag_one(40) > 0.2
    assert lag_one(2000) < lag_one(40)


def test_the_front_moves_at_its_speed(provinces: Regions) -> None:
    _, arrival = front(provinces, SHORT, 1, speed_km=10)
    km = great_circle_km(provinces.table["lon"], provinces.table["lat"])[provinces.table.index.get_loc("BF5603")]
    months = np.array([when.ordinal for when in arrival]) - SHORT[0].ordinal
    np.testing.assert_array_equal(months, np.floor(km / 10))
    assert np.polyfit(km, months, 1)[0] == pytest.approx(1 / 10, rel=0.02)
    assert list(arrival.index) == list(provinces.table.index) and arrival.name == "arrival"


@pytest.mark.parametrize("noise", [0.0, 0.6])
def test_the_first_attack_is_the_arrival(provinces: Regions, noise: float) -> None:
    panel, arrival = front(provinces, SHORT, 2, speed_km=10, noise=noise)
    hit = arrival[arrival <= SHORT[-1]]
    assert 5 < len(hit) < 45
    active = panel.attacks > 0
    assert (active[hit.index].idxmax() == hit).all()
    assert not active[arrival.index.difference(hit.index)].any().any()


def test_noise_leaves_the_mean_arrival_and_rate_is_the_mean_after_it(provinces: Regions) -> None:
    exact = front(provinces, SHORT, 1, speed_km=5)[1].map(lambda when: when.ordinal).to_numpy()
    noisy = [front(provinces, SHORT, s, speed_km=5, noise=0.4)[1].map(lambda w: w.ordinal) for s in range(40)]
    apart = np.mean(noisy, axis=0) - exact
    assert abs(apart.mean()) < 1.0 and np.std(noisy, axis=0).max() > 5
    panel, _ = front(provinces, LONG, 1, speed_km=1000)
    assert panel.attacks.iloc[5:].to_numpy().mean() == pytest.approx(2.0, rel=0.02)


def test_a_front_has_as_many_starts_as_seeds(provinces: Regions) -> None:
    _, arrival = front(provinces, SHORT, 1, seeds=["BF5603", "BF4601"])
    assert (arrival[["BF5603", "BF4601"]] == SHORT[0]).all()


def test_delay_thins_recent_months_only_and_never_adds(provinces: Regions) -> None:
    true = endemic(provinces, LONG, 6)
    known = with_reporting_delay(true, np.random.default_rng(1), probability_by_age=[0.2, 0.5, 0.9]).attacks
    assert (known <= true.attacks).all().all()
    pd.testing.assert_frame_equal(known.iloc[:-3], true.attacks.iloc[:-3])
    many = [with_reporting_delay(true, np.random.default_rng(s), probability_by_age=[0.2, 0.5]) for s in range(200)]
    newest = np.mean([each.attacks.iloc[-2:].sum(axis=1) for each in many], axis=0)
    np.testing.assert_allclose(newest / true.attacks.iloc[-2:].sum(axis=1), [0.5, 0.2], rtol=0.1)


def test_under_reporting_keeps_the_share_by_region_and_never_adds(provinces: Regions) -> None:
    true = endemic(provinces, LONG, 7)
    share = np.where(np.arange(45) % 2 == 0, 0.25, 1.0)
    seen = with_under_reporting(true, np.random.default_rng(1), share).attacks
    assert (seen <= true.attacks).all().all()
    kept = (seen.sum() / true.attacks.sum()).to_numpy()
    assert kept[::2] == pytest.approx(0.25, abs=0.06) and (kept[1::2] == 1).all()
    assert with_under_reporting(true, np.random.default_rng(1), 0.0).attacks.sum().sum() == 0


def test_reporting_keeps_what_is_unknown_unknown_and_leaves_deaths_out(burkina: Panel) -> None:
    covered = burkina.covered.copy()
    covered.iloc[3, 2] = False
    holed = Panel(burkina.regions, {n: f.where(covered) for n, f in burkina.measures.items()}, covered)
    seen = with_under_reporting(holed, np.random.default_rng(1), 0.5)
    assert set(seen.measures) == {"attacks", "other_attacks"}
    assert seen.attacks.isna().sum().sum() == 1 and np.isnan(seen.attacks.iloc[3, 2])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"own": 0.6, "neighbour": 0.4}, "own 0.6 and neighbour 0.4 make attacks grow without bound: .* and is 1"),
        ({"own": -0.1}, "own must be zero or more and finite; got -0.1"),
        ({"overdispersion": np.nan}, "overdispersion must be zero or more and finite; got nan"),
        ({"background": [1.0, 2.0]}, r"background must be one number or one for each of 45 regions; got shape \(2,\)"),
        ({"background": -1.0}, "background must be zero or more and finite; got -1.0"),
        ({"season": np.inf}, "season must be finite; got inf"),
        ({"weights": "distance"}, "weights must be 'adjacency' or Neighbours; got 'distance'"),
        (
            {"weights": k_nearest([0, 1], [0, 0], ["A", "B"], k=1)},
            "weights must cover the 45 regions .* cover 2, first 'A'",
        ),
    ],
)
def test_messages_of_the_endemic_epidemic_world(provinces: Regions, changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        endemic(provinces, SHORT, 1, **changed)


def test_messages_of_the_other_worlds(provinces: Regions) -> None:
    with pytest.raises(ValueError, match="offspring must lie from 0 to below 1, or attacks grow without bound; got 1"):
        exciting(provinces, SHORT, 1, offspring=1.0)
    with pytest.raises(ValueError, match="decay_days must be positive and finite; got 0"):
        exciting(provinces, SHORT, 1, decay_days=0)
    with pytest.raises(ValueError, match="reach_days must be positive and finite; got -1"):
        exciting(provinces, SHORT, 1, reach_days=-1)
    with pytest.raises(ValueError, match="seeds must be codes of the 45 regions, such as BF1300; 'XX' is not"):
        front(provinces, SHORT, 1, seeds=["XX"])
    with pytest.raises(ValueError, match="seeds must be codes of the 45 regions, such as BF1300; there is none"):
        front(provinces, SHORT, 1, seeds=[])
    with pytest.raises(ValueError, match="speed_km must be positive and finite; got -3"):
        front(provinces, SHORT, 1, speed_km=-3)


def test_messages_of_reporting(provinces: Regions) -> None:
    panel, _ = front(provinces, SHORT[:2], 1)
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match=r"a list of at most 2 numbers, one for each month; got shape \(3,\)"):
        with_reporting_delay(panel, rng, probability_by_age=[0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="probability_by_age must lie from 0 to 1; got 1.5"):
        with_reporting_delay(panel, rng, probability_by_age=[1.5])
    with pytest.raises(ValueError, match="share must lie from 0 to 1; got -0.5"):
        with_under_reporting(panel, rng, -0.5)
    with pytest.raises(ValueError, match=r"share must be one number or one for each of 45 regions; got shape \(3,\)"):
        with_under_reporting(panel, rng, [0.1, 0.2, 0.3])

from collections.abc import Callable, Iterable
from itertools import product
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import Geod

from harmattan.expansion import QUANTITIES, Quantity, change, quantities, replay, replay_regions, status, summary
from harmattan.expansion.catalogue import STATES
from harmattan.forecast import Forecast
from harmattan.months import month_range
from harmattan.neighbours import Neighbours
from harmattan.panel import Panel
from harmattan.regions import Regions, bundled
from harmattan.sphere import EARTH_KM
from harmattan.synthetic import spreading_front_world

PanelOf = Callable[[np.ndarray], Panel]
ForecastOf = Callable[[Panel, np.ndarray], Forecast]
Sets = dict[str, list[str]]

FEW = st.sampled_from([0, 0, 0, 0, 0, 1, 3])
RECORDS = st.integers(12, 26).flatmap(lambda months: arrays(np.int64, (months, 6), elements=FEW, fill=st.just(0)))
DRAWS = st.integers(1, 14).flatmap(lambda months: arrays(np.int64, (3, months, 6), elements=FEW, fill=st.just(0)))


def column(found: dict[str, Quantity], name: str, scope: str, which: str, horizon: int) -> np.ndarray:
    return found[name].where(scope=scope, name=which, horizon=horizon).values[:, 0]


def by_item(found: dict[str, Quantity], names: Iterable[str]) -> dict[tuple[str, str, str, int], np.ndarray]:
    """The draws of every item by quantity, scope, name and horizon."""
    return {
        (name, *key): draws
        for name in names
        for key, draws in zip(
            found[name].items[["scope", "name", "horizon"]].itertuples(index=False, name=None),
            found[name].values.T,
            strict=True,
        )
    }


def groups_by_hand(regions: Regions, sets: Sets) -> dict[tuple[str, str], list[int]]:
    codes, countries = list(regions.table.index), regions.table["country"]
    every: dict[tuple[str, str], list[int]] = {("all", "all"): list(range(len(codes)))}
    for country in ("NOR", "SUD"):
        every["country", country] = [place for place, each in enumerate(countries) if each == country]
    for name, chosen in sets.items():
        every["set", name] = [codes.index(code) for code in chosen]
    every["corridor", "south"] = [codes.index(code) for code in "abd"]
    every["corridor", "east"] = [codes.index("f")]
    return every


def states_by_hand(path: np.ndarray, month: int, group: list[int], regions: Regions) -> dict[str, float]:
    """The states of one group in one month of one path, counted region by region; `path` holds 12 months before it."""
    links = regions.neighbours.weights.toarray()
    coast = regions.table["coast_km"].tolist()
    recent = [sum(path[step][place] for step in range(month - 11, month + 1)) for place in range(len(coast))]
    active = [place for place in group if recent[place] > 0]
    front = [
        place for place in active if any(links[place, other] and recent[other] == 0 for other in range(len(coast)))
    ]
    new = [
        place
        for place in group
        if path[month][place] > 0 and all(path[step][place] == 0 for step in range(month - 12, month))
    ]
    found = {
        "attacks": sum(path[month][place] for place in group),
        "active_regions": len(active),
        "frontier_regions": len(front),
        "onsets": len(new),
    }
    if not active:
        return found
    weights = np.array([recent[place] for place in active], dtype=float)
    found["reach"] = min(coast[place] for place in active)
    found["coast_distance"] = sum(coast[place] * recent[place] for place in active) / weights.sum()
    places = np.radians(regions.table[["lon", "lat"]].to_numpy()[active])
    return found | place_by_hand(places[:, 0], places[:, 1], weights)


def place_by_hand(lon: np.ndarray, lat: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """Centre by summing vectors; ellipse by the textbook's orthographic map at the centre and NumPy's eigenvalues."""
    x = (weights * np.cos(lat) * np.cos(lon)).sum()
    y = (weights * np.cos(lat) * np.sin(lon)).sum()
    z = (weights * np.sin(lat)).sum()
    lon_0, lat_0 = np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))
    east = EARTH_KM * np.cos(lat) * np.sin(lon - lon_0)
    north = EARTH_KM * (np.cos(lat_0) * np.sin(lat) - np.sin(lat_0) * np.cos(lat) * np.cos(lon - lon_0))
    spread = np.cov(np.stack([east, north]), aweights=weights, ddof=0) if len(lon) > 1 else np.zeros((2, 2))
    values, vectors = np.linalg.eigh(spread)
    found = {
        "centre_lon": float(np.degrees(lon_0)),
        "centre_lat": float(np.degrees(lat_0)),
        "major": float(np.sqrt(max(values[1], 0))),
        "minor": float(np.sqrt(max(values[0], 0))),
    }
    if values[1] - values[0] > 1:
        found["angle"] = float(np.degrees(np.arctan2(vectors[0, 1], vectors[1, 1])) % 180)
    return found


def assert_near(name: str, got: float, want: float) -> None:
    if name == "angle":
        assert abs((got - want + 90) % 180 - 90) < 0.05
    elif name == "minor":
        # A variance of nothing, rounded, has a root of metres.
        assert got == pytest.approx(want, abs=0.05)
    else:
        assert abs(got - want) <= 1e-4 * abs(want) + 2e-3


@settings(max_examples=10, deadline=None)
@given(RECORDS, DRAWS)
def test_every_state_is_what_a_count_by_hand_gives(
    six: Regions,
    sets: Sets,
    corridors: pd.DataFrame,
    panel_of: PanelOf,
    forecast_of: ForecastOf,
    record: np.ndarray,
    draws: np.ndarray,
) -> None:
    panel = panel_of(record)
    found = quantities(panel, forecast_of(panel, draws), sets=sets, corridors=corridors)
    names = [name for name in STATES if name != "exposure"]
    values = by_item(found, names)
    paths = np.concatenate([np.repeat(record[None, -12:], len(draws), axis=0), draws], axis=1).tolist()
    for group, members in groups_by_hand(six, sets).items():
        for draw, month in product(range(len(draws)), range(draws.shape[1])):
            want = states_by_hand(paths[draw], 12 + month, members, six)
            for name in names:
                got = values[(name, *group, month + 1)][draw]
                if name in want:
                    assert_near(name, got, want[name])
                elif name != "angle":
                    assert np.isnan(got)


@settings(max_examples=10, deadline=None)
@given(RECORDS, DRAWS)
def test_everything_since_the_origin_is_what_a_count_by_hand_gives(
    six: Regions,
    sets: Sets,
    corridors: pd.DataFrame,
    panel_of: PanelOf,
    forecast_of: ForecastOf,
    record: np.ndarray,
    draws: np.ndarray,
) -> None:
    panel = panel_of(record)
    found = quantities(panel, forecast_of(panel, draws), sets=sets, corridors=corridors)
    quiet = [place for place in range(6) if record[-12:, place].sum() == 0]
    ball = Geod(a=EARTH_KM * 1000, b=EARTH_KM * 1000)
    values = by_item(found, ("attacks_within", "newly_hit", "arrived", "speed", "moved", "bearing"))
    paths = np.concatenate([np.repeat(record[None, -12:], len(draws), axis=0), draws], axis=1).tolist()
    for group, members in groups_by_hand(six, sets).items():
        before = states_by_hand([[0] * 6, *record[-12:].tolist()], 12, members, six)
        untouched = set(members) <= set(quiet)
        assert (("arrived", *group, 1) in values) == untouched
        for draw, h in product(range(len(draws)), range(1, draws.shape[1] + 1)):
            so_far = draws[draw, :h]
            assert values[("attacks_within", *group, h)][draw] == so_far[:, members].sum()
            new = [place for place in quiet if place in members and so_far[:, place].any()]
            assert values[("newly_hit", *group, h)][draw] == len(new)
            if untouched:
                assert values[("arrived", *group, h)][draw] == so_far[:, members].any()
            after = states_by_hand(paths[draw], 11 + h, members, six)
            speed, moved = (values[(name, *group, h)][draw] for name in ("speed", "moved"))
            if "reach" not in before or "reach" not in after:
                assert np.isnan(speed) and np.isnan(moved)
                continue
            assert speed == pytest.approx((before["reach"] - after["reach"]) / h, rel=1e-5)
            ends = (before["centre_lon"], before["centre_lat"], after["centre_lon"], after["centre_lat"])
            bearing, _, metres = ball.inv(*ends)
            assert moved == pytest.approx(metres / 1000, rel=1e-4, abs=1e-3)
            if metres > 1000:
                assert abs((values[("bearing", *group, h)][draw] - bearing + 180) % 360 - 180) < 0.05


@settings(max_examples=10, deadline=None)
@given(RECORDS, DRAWS)
def test_what_happens_in_a_draw_is_what_replay_tells_once_it_has_happened(
    sets: Sets,
    corridors: pd.DataFrame,
    panel_of: PanelOf,
    forecast_of: ForecastOf,
    record: np.ndarray,
    draws: np.ndarray,
) -> None:
    before, after = panel_of(record), panel_of(np.concatenate([record, draws[0]]))
    known = Panel(
        before.regions,
        {"attacks": after.attacks.iloc[: len(record)]},
        after.covered.iloc[: len(record)],
    )
    found = quantities(known, forecast_of(known, draws[:1]), sets=sets, corridors=corridors)
    told = replay(after, sets=sets, corridors=corridors).set_index(["month", "scope", "name"])
    for name in STATES:
        items = found[name].items
        want = told.loc[pd.MultiIndex.from_frame(items[["month", "scope", "name"]]), name]
        np.testing.assert_allclose(found[name].values[0], want, rtol=1e-5, atol=1e-3, err_msg=name)


@settings(max_examples=10, deadline=None)
@given(RECORDS, DRAWS)
def test_laws_of_every_draw(
    sets: Sets,
    corridors: pd.DataFrame,
    panel_of: PanelOf,
    forecast_of: ForecastOf,
    record: np.ndarray,
    draws: np.ndarray,
) -> None:
    panel = panel_of(record)
    found = quantities(panel, forecast_of(panel, draws), sets=sets, corridors=corridors)
    months = draws.shape[1]
    for name in ("first_attack", "arrived", "newly_hit", "attacks_within", "exposure_within"):
        rising = found[name].values.reshape(len(draws), months, -1)
        assert (np.diff(rising, axis=1) >= 0).all(), f"{name} must not fall with the horizon"
    for h in range(1, months + 1):
        whole = column(found, "reach", "all", "all", h)
        for scope, which in (("country", "NOR"), ("country", "SUD"), ("set", "coast"), ("corridor", "south")):
            part = column(found, "reach", scope, which, h)
            assert (np.isnan(part) | (whole <= part)).all()
        for name in ("active_regions", "frontier_regions", "onsets", "newly_hit", "attacks"):
            parts = column(found, name, "country", "NOR", h) + column(found, name, "country", "SUD", h)
            np.testing.assert_array_equal(column(found, name, "all", "all", h), parts)
        if panel.quiet["f"]:
            np.testing.assert_array_equal(
                column(found, "arrived", "set", "only f", h), column(found, "first_attack", "region", "f", h)
            )
        np.testing.assert_array_equal(
            column(found, "exposure", "corridor", "south", h),
            (draws[:, h - 1, :2] @ [0.5, 0.375] + 0.125 * draws[:, h - 1, 3]).astype(np.float32),
        )
    last = (found["first_attack"].items["horizon"] == months).to_numpy()
    newly = found["first_attack"].values[:, last].sum(axis=1)
    np.testing.assert_array_equal(column(found, "newly_hit", "all", "all", months), newly)


@settings(max_examples=6, deadline=None)
@given(RECORDS, DRAWS, st.randoms(use_true_random=False))
def test_the_order_of_regions_and_of_draws_does_not_matter(
    sets: Sets,
    corridors: pd.DataFrame,
    panel_of: PanelOf,
    forecast_of: ForecastOf,
    record: np.ndarray,
    draws: np.ndarray,
    random: Random,
) -> None:
    panel = panel_of(record)
    forecast = forecast_of(panel, draws)
    order, turn = random.sample(range(6), 6), random.sample(range(len(draws)), len(draws))
    links = panel.regions.neighbours.weights[order][:, order]
    table = panel.regions.table.iloc[order]
    regions = Regions(table, None, Neighbours(table.index, links))
    shuffled = Panel(regions, {"attacks": panel.attacks.iloc[:, order]}, panel.covered.iloc[:, order])
    drawn = Forecast(forecast.draws[turn][..., order], forecast.origin, forecast.horizons, table.index)
    one = quantities(panel, forecast, sets=sets, corridors=corridors)
    two = quantities(shuffled, drawn, sets=sets, corridors=corridors)
    assert set(one) == set(two) == set(QUANTITIES)
    keys = ["scope", "name", "horizon", "month"]
    for name in one:
        a, b = (summary(found[name]).sort_values(keys).reset_index(drop=True) for found in (one, two))
        numbers = [each for each in a.columns if each not in keys and not (name == "bearing" or name == "angle")]
        pd.testing.assert_frame_equal(a[keys], b[keys])
        np.testing.assert_allclose(a[numbers], b[numbers], rtol=1e-4, atol=0.05, err_msg=name)


def test_a_region_hit_with_certainty_in_one_month(panel_of: PanelOf, forecast_of: ForecastOf, sets: Sets) -> None:
    panel = panel_of(np.array([[1, 0, 0, 0, 0, 0]] * 12))
    draws = np.zeros((50, 6, 6))
    draws[:, 3, 4] = 2
    found = quantities(panel, forecast_of(panel, draws), sets=sets)
    assert [column(found, "arrived", "set", "coast", h).mean() for h in range(1, 7)] == [0, 0, 0, 1, 1, 1]
    assert (found["arrival"].where(scope="set", name="coast").values == 4).all()
    assert np.isnan(found["arrival"].where(scope="set", name="only f").values).all()
    assert [column(found, "reach", "all", "all", h)[0] for h in (3, 4)] == [800, 20]
    assert column(found, "speed", "all", "all", 6)[0] == 130
    assert column(found, "onsets", "all", "all", 4)[0] == 1
    assert column(found, "active", "region", "a", 6)[0] == 1
    assert column(found, "frontier", "region", "a", 6)[0] == 1
    assert found["jumps"].values[0, 0] == 1 and found["escalation"].values[0, 0] == 0


def test_regions_without_neighbours_are_never_on_the_frontier(panel_of: PanelOf, forecast_of: ForecastOf) -> None:
    panel = panel_of(np.eye(6)[[5] * 12])
    found = quantities(panel, forecast_of(panel, np.zeros((3, 2, 6))))
    assert column(found, "active", "region", "f", 2).all()
    assert not found["frontier"].values.any()


def test_a_front_is_replayed_as_it_went() -> None:
    regions = bundled("admin1", ["MLI", "BFA", "GHA", "TGO", "BEN", "CIV"])
    seeds = [regions.table["lat"].idxmax()]
    world, truth = spreading_front_world(
        regions,
        months=month_range("2018-01", "2023-12"),
        rng=np.random.default_rng(3),
        seeds=seeds,
        speed_km=25.0,
        rate=3.0,
    )
    told = replay(world)
    onsets = told[told["scope"] == "all"].set_index("month")["onsets"]
    came = truth.value_counts()
    for month, number in onsets.dropna().items():
        assert number == came.get(month, 0)
    reach = told[told["scope"] == "all"].set_index("month")["reach"]
    assert (reach.diff().dropna() <= 0).all() and reach.iloc[-1] < 20 < 500 < reach.iloc[0]
    south = told[told["scope"] == "all"]["bearing_12"].dropna()
    assert south.between(90, 270).mean() > 0.95
    whole = told[told["scope"] == "all"].set_index("month")["speed_24"]
    assert whole[reach.index[-1] - 24] > 0
    np.testing.assert_allclose(whole, (reach.shift(24) - reach) / 24)
    every = told[told["scope"] == "all"].set_index("month")
    start, end = every.loc[every.index[20]], every.loc[every.index[32]]
    bearing, _, metres = Geod(a=EARTH_KM * 1000, b=EARTH_KM * 1000).inv(
        start["centre_lon"], start["centre_lat"], end["centre_lon"], end["centre_lat"]
    )
    assert end["moved_12"] == pytest.approx(metres / 1000, rel=1e-4)
    assert end["bearing_12"] == pytest.approx(bearing % 360, abs=0.05)


def test_the_regions_replayed_add_up_to_the_groups_and_end_where_things_stand(panel_of: PanelOf) -> None:
    panel = panel_of(np.random.default_rng(8).poisson(0.1, (40, 6)))
    each, whole = replay_regions(panel), replay(panel).query("scope == 'all'").set_index("month")
    sums = each.groupby("month")[["attacks", "active", "frontier", "onset"]].sum()
    np.testing.assert_array_equal(sums["active"], whole["active_regions"])
    np.testing.assert_array_equal(sums["frontier"], whole["frontier_regions"])
    np.testing.assert_array_equal(sums["onset"].iloc[1:], whole["onsets"].iloc[1:])
    np.testing.assert_array_equal(sums["attacks"], whole["attacks"])
    last = each[each["month"] == panel.origin].set_index("region")
    pd.testing.assert_frame_equal(last[["active", "frontier"]], status(panel)[["active", "frontier"]])


def test_unknown_months_are_neither_quiet_nor_zero(panel_of: PanelOf, forecast_of: ForecastOf, sets: Sets) -> None:
    counts = np.zeros((20, 6))
    counts[:, 0] = 1
    counts[15, 5] = np.nan
    panel = panel_of(counts)
    found = quantities(panel, forecast_of(panel, np.ones((2, 3, 6))), sets=sets)
    assert "f" not in set(found["first_attack"].items["name"])
    assert not (found["arrived"].items["name"] == "only f").any()
    assert column(found, "onsets", "all", "all", 1)[0] == 4
    assert not status(panel).loc["f", ["active", "quiet"]].any()
    told = replay(panel, sets=sets).set_index(["month", "name"])
    assert np.isnan(told.loc[(panel.months[15], "only f"), "attacks"])
    assert told.loc[(panel.months[15], "coast"), "attacks"] == 0
    assert told.loc[(panel.origin, "only f"), "covered"] == pytest.approx(11 / 12)


def test_without_the_coast_all_else_is_told(panel_of: PanelOf, forecast_of: ForecastOf) -> None:
    panel = panel_of(np.ones((12, 6)))
    inland = Regions(panel.regions.table.drop(columns="coast_km"), None, panel.regions.neighbours)
    bare = Panel(inland, panel.measures, panel.covered)
    found = quantities(bare, forecast_of(bare, np.ones((2, 3, 6))))
    assert set(QUANTITIES) - set(found) == {"reach", "coast_distance", "speed"}
    assert "reach" not in replay(bare)


def test_nothing_quiet_and_nothing_hit_leave_empty_quantities(panel_of: PanelOf, forecast_of: ForecastOf) -> None:
    busy = panel_of(np.ones((12, 6)))
    found = quantities(busy, forecast_of(busy, np.zeros((2, 3, 6))))
    assert [len(summary(found[name])) for name in ("first_attack", "arrived", "arrival", "exposure")] == [0] * 4
    calm = panel_of(np.zeros((12, 6)))
    found = quantities(calm, forecast_of(calm, np.zeros((2, 3, 6))))
    for name in ("reach", "speed", "moved", "bearing", "centre_lon", "major", "angle", "arrival"):
        told = summary(found[name])
        assert (told["undefined"] == 1).all() and told["mean"].isna().all(), name


def test_the_same_forecast_changes_nothing(panel_of: PanelOf, forecast_of: ForecastOf, sets: Sets) -> None:
    rng = np.random.default_rng(2)
    panel = panel_of(rng.poisson(0.1, (20, 6)))
    forecast = forecast_of(panel, rng.poisson(0.3, (30, 6, 6)))
    one, two = (quantities(panel, forecast, sets=sets) for _ in range(2))
    for name in one:
        moved = change(one[name], two[name])
        assert np.nansum(np.abs(moved.values)) == 0 and moved.unit == f"change in {one[name].unit}"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda f: Forecast(f.draws, f.origin - 1, f.horizons, f.regions), "must end at the forecast's origin 2023-11"),
        (lambda f: f.select((1, 3)), r"the months ahead must be 1, 2, ... .* got the horizons \(1, 3\)"),
        (lambda f: f.select(()), "the months ahead must be 1, 2"),
        (
            lambda f: Forecast(f.draws, f.origin, f.horizons, f.regions, "deaths"),
            "a forecast of attacks; got .* deaths",
        ),
        (lambda f: Forecast(f.draws[..., :5], f.origin, f.horizons, f.regions[:5]), "same regions .* got 5 and 6"),
        (lambda f: Forecast(f.draws[:0], f.origin, f.horizons, f.regions), "at least one draw"),
    ],
)
def test_a_forecast_that_does_not_fit_says_why(
    panel_of: PanelOf, forecast_of: ForecastOf, edit: Callable[[Forecast], Forecast], message: str
) -> None:
    panel = panel_of(np.ones((12, 6)))
    with pytest.raises(ValueError, match=message):
        quantities(panel, edit(forecast_of(panel, np.ones((2, 3, 6)))))


def test_a_record_that_is_too_short_says_so(panel_of: PanelOf) -> None:
    with pytest.raises(ValueError, match="at least 12 months .* the panel has 11"):
        replay(panel_of(np.ones((11, 6))))

"""Scenarios: common random numbers, changes that compose and undo each other, and differences that are exact."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.expansion import quantities
from harmattan.expansion.quantity import Quantity
from harmattan.models.endemic import Endemic
from harmattan.models.endemic.paths import Dynamics, expected, simulate, simulate_all
from harmattan.months import month, month_range
from harmattan.panel import Panel
from harmattan.regions import Regions, bundled
from harmattan.scenario import (
    NOTICE,
    Change,
    activity,
    apply,
    changed_sets,
    cut_link,
    differences,
    matching,
    open_link,
    parse,
    ranking,
    run,
    transmission,
)
from harmattan.synthetic import endemic_epidemic_world

COUNTRIES = ["BEN", "BFA", "TGO"]
HORIZONS = (1, 2, 3, 6)


@pytest.fixture(scope="module")
def regions() -> Regions:
    return bundled("admin1", COUNTRIES)


@pytest.fixture(scope="module")
def panel(regions: Regions) -> Panel:
    return endemic_epidemic_world(
        regions,
        months=month_range("2018-01", "2023-12"),
        rng=np.random.default_rng(3),
        background=np.where(regions.table["country"] == "BFA", 0.5, 0.05),
        own=0.45,
        neighbour=0.35,
        overdispersion=0.6,
    )


@pytest.fixture(scope="module")
def model(panel: Panel) -> Endemic:
    return Endemic(kernel="adjacency", parameter_draws=8).fit(panel, HORIZONS)


@pytest.fixture(scope="module")
def plain(panel: Panel) -> Dynamics:
    """At the estimates, without shock, and without an upper limit in reach: what `expected` is exact for."""
    fitted = Endemic(kernel="adjacency", parameter_draws=0, shock=False).fit(panel, HORIZONS)
    return replace(fitted.dynamics_, most=1e6)


CHANGES = [
    "activity BFA {}",
    "activity BJ0[12],TG05 {}",
    "transmission BFA-*->BEN-* {}",
    "transmission BFA->* {}",
    "transmission *->TGO {}",
    "transmission *->* {}",
]


def codes(regions: Regions) -> list[str]:
    return [str(code) for code in regions.table.index]


@pytest.mark.parametrize("text", CHANGES)
def test_a_factor_of_one_changes_nothing_to_the_last_bit(
    model: Endemic, panel: Panel, regions: Regions, text: str
) -> None:
    outcome = run(model, panel, [parse(text.format(1), regions)], draws=60, seed=5)
    np.testing.assert_array_equal(outcome.base.draws, outcome.changed.draws)
    assert (outcome.differences["difference"].dropna() == 0).all()
    ends = outcome.differences[outcome.differences["unit"] != "event"][["q05", "q95"]]
    assert (ends.dropna() == 0).all(axis=None)


def test_the_base_is_the_forecast_of_the_model(model: Endemic, panel: Panel) -> None:
    outcome = run(model, panel, [], draws=60, seed=5)
    assert outcome.base.horizons == (1, 2, 3, 4, 5, 6) and outcome.base.origin == panel.origin
    own = model.forecast(60, np.random.default_rng(5))
    np.testing.assert_array_equal(outcome.base.select(HORIZONS).draws, own.draws)


@settings(max_examples=25, deadline=None)
@given(text=st.sampled_from(CHANGES), factor=st.floats(0, 3), seed=st.integers(0, 1000))
def test_less_never_adds_an_attack_and_more_never_takes_one(
    model: Endemic, regions: Regions, text: str, factor: float, seed: int
) -> None:
    changed = changed_sets(model, [parse(text.format(factor), regions)])
    base, after = (simulate_all(sets, 40, np.random.default_rng(seed)) for sets in (model.sets_, changed))
    assert ((after <= base) if factor <= 1 else (after >= base)).all()


@pytest.mark.parametrize("text", [*(each.format(0.4) for each in CHANGES), "cut BJ02 TG05", "open BF13 BJ02"])
def test_simulated_differences_are_the_exact_ones(plain: Dynamics, regions: Regions, text: str) -> None:
    changed = apply(plain, parse(text, regions), codes(regions))
    base, after = (simulate(each, 3000, np.random.default_rng(2)).sum(axis=1) for each in (plain, changed))
    moved = after - base
    exact = (expected(changed)[0] - expected(plain)[0]).sum(axis=0)
    error = moved.std(axis=0) / np.sqrt(len(moved))
    assert (abs(moved.mean(axis=0) - exact) <= 5 * error + 2e-2).all()
    assert abs(exact).sum() > 0


def test_a_country_cut_off_is_as_if_alone(model: Endemic, regions: Regions) -> None:
    inside = (regions.table["country"] == "BEN").to_numpy()
    off = changed_sets(model, [transmission(regions, "*->BEN", 0)])
    alone = [replace(each, background=each.background * inside, history=each.history * inside) for each in off]
    one, other = (simulate_all(sets, 80, np.random.default_rng(1))[..., inside] for sets in (off, alone))
    np.testing.assert_array_equal(one, other)


def test_a_quiet_country_cut_off_is_left_with_its_background(plain: Dynamics, regions: Regions) -> None:
    inside = (regions.table["country"] == "BEN").to_numpy()
    quiet = replace(plain, history=plain.history * ~inside, own=plain.own * ~inside)
    cut = apply(quiet, transmission(regions, "*->*", 0), codes(regions))
    np.testing.assert_array_equal(expected(cut)[0][:, inside], plain.background[:, inside])
    assert (expected(quiet)[0][1:, inside] > plain.background[1:, inside]).any()


def test_changes_compose(plain: Dynamics, regions: Regions) -> None:
    def after(*texts: str) -> np.ndarray:
        dynamics = plain
        for text in texts:
            dynamics = apply(dynamics, parse(text, regions), codes(regions))
        return expected(dynamics)[0]

    both = after("activity BFA 0.5", "transmission BFA->BEN 0.3")
    np.testing.assert_allclose(both, after("transmission BFA->BEN 0.3", "activity BFA 0.5"))
    np.testing.assert_allclose(after("activity TGO 0.5", "activity TGO 0.4"), after("activity TGO 0.2"))
    np.testing.assert_allclose(
        after("transmission BFA->BEN 0.3", "transmission BFA->TGO 0.3"), after("transmission BFA->BEN,TGO 0.3")
    )
    assert (both <= after("activity BFA 0.5") + 1e-12).all()


def test_opening_then_cutting_a_link_is_nothing(model: Endemic, panel: Panel, regions: Regions) -> None:
    there_and_back = [open_link(regions, "BF13", "BJ02"), cut_link(regions, "BF13", "BJ02")]
    outcome = run(model, panel, there_and_back, draws=40)
    np.testing.assert_array_equal(outcome.base.draws, outcome.changed.draws)
    for before, after in zip(model.sets_, changed_sets(model, there_and_back), strict=True):
        np.testing.assert_array_equal(before.weights, after.weights)


def test_an_opened_link_weighs_as_the_mean_link_and_a_cut_one_nothing(model: Endemic, regions: Regions) -> None:
    place = codes(regions).index
    weights = model.dynamics_.weights
    opened = apply(model.dynamics_, open_link(regions, "BF13", "BJ02"), codes(regions)).weights
    moved = [(place("BF13"), place("BJ02")), (place("BJ02"), place("BF13"))]
    assert {tuple(each) for each in np.argwhere(opened != weights).tolist()} == set(moved)
    assert {opened[each] for each in moved} == {weights[weights > 0].mean()}
    cut = apply(model.dynamics_, cut_link(regions, "BJ02", "TG05"), codes(regions)).weights
    assert weights[place("BJ02"), place("TG05")] > 0
    assert np.argwhere(cut != weights).tolist() == sorted(
        [[place("BJ02"), place("TG05")], [place("TG05"), place("BJ02")]]
    )
    with pytest.raises(ValueError, match="a link can only be opened where there is none; BJ02 and TG05 have one"):
        apply(model.dynamics_, open_link(regions, "BJ02", "TG05"), codes(regions))


def test_transmission_reaches_only_what_it_names(model: Endemic, regions: Regions) -> None:
    country = regions.table["country"].to_numpy()
    weights = model.dynamics_.weights
    for link, acted in {
        "BFA-*->BEN-*": np.outer(country == "BFA", country == "BEN"),
        "BFA->*": np.outer(country == "BFA", country != "BFA"),
        "*->BEN": np.outer(country != "BEN", country == "BEN"),
        "BEN->BEN": np.outer(country == "BEN", country == "BEN"),
        "*->*": np.ones_like(weights, dtype=bool),
    }.items():
        made = apply(model.dynamics_, transmission(regions, link, 0.25), codes(regions)).weights
        np.testing.assert_array_equal(made, np.where(acted, 0.25 * weights, weights))


def test_patterns_name_regions_and_countries(regions: Regions) -> None:
    benin = tuple(code for code in codes(regions) if code.startswith("BJ"))
    assert matching(regions, "BEN") == matching(regions, "BEN-*") == matching(regions, "BJ*") == benin
    assert matching(regions, "TG05, BJ02") == ("BJ02", "TG05")
    assert matching(regions, "*") == tuple(codes(regions))
    assert transmission(regions, "TG05->BJ02", 0.5) == Change("transmission", ("TG05",), ("BJ02",), 0.5)
    assert activity(regions, "TG05", 2).in_words() == "activity in TG05 times 2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("activity BENN 0.5", r"'BENN' must be a region, a country or a pattern of codes.*\(did you mean 'BEN'\?\)"),
        ("activity Atacora 0.5", "'Atacora' must be a region.*matches, whose code is BJ02"),
        ("activity BEN-1 half", "the factor of 'activity BEN-1 half' must be a number of 0 or more; got 'half'"),
        ("activity BEN -1", "the factor of a change must be finite and 0 or more, such as 0.5 to halve; got -1.0"),
        ("activity BEN nan", "the factor of a change must be finite"),
        ("activities BEN 0.5", r"a change must be 'activity PATTERN FACTOR'.*\(did you mean 'activity'\?\)"),
        ("", "a change must be 'activity PATTERN FACTOR'"),
        ("transmission BFA 0.5", "transmission must be written FROM->TO, such as 'BFA-\\*->BEN-\\*'; got 'BFA'"),
        ("transmission BJ02->BJ02 0.5", "transmission goes from one region to another; 'BJ02->BJ02' leaves"),
        ("cut BEN TG05", "a link joins two regions; 'BEN' matches 12: BJ01, BJ02, BJ03 and 9 more"),
        ("open TG05 TG05", "a link joins two regions; got 'TG05' twice"),
    ],
)
def test_a_change_that_cannot_be_says_why(regions: Regions, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text, regions)


def test_a_change_is_checked_at_birth(model: Endemic, regions: Regions) -> None:
    with pytest.raises(ValueError, match="a change must be one of activity, transmission, cut, open; got 'less'"):
        Change("less", ("BJ02",), (), 0.5)
    with pytest.raises(ValueError, match="a change of transmission needs regions it acts on"):
        Change("transmission", ("BJ02",), (), 0.5)
    with pytest.raises(ValueError, match=r"a change must name regions of the model; 'BJ2' is none of 30 \(did you"):
        apply(model.dynamics_, Change("activity", ("BJ2",), (), 0.5), codes(regions))


def test_a_scenario_needs_the_panel_of_its_model(model: Endemic, panel: Panel) -> None:
    other = bundled("admin1", ["GHA"])
    frame = pd.DataFrame(0.0, panel.months, other.table.index, dtype="float32")
    foreign = Panel(other, {"attacks": frame}, frame == 0)
    with pytest.raises(ValueError, match="the panel must have the 30 regions of the model, first 'BF13'.*it has 16"):
        run(model, foreign, [])
    with pytest.raises(ValueError, match="lies after the panel's last month"):
        run(model, panel.as_of(month("2023-06")), [])


def test_every_quantity_of_expansion_has_a_difference(model: Endemic, panel: Panel, regions: Regions) -> None:
    sets = {"belt": ["BJ01", "BJ02", "TG05"]}
    outcome = run(model, panel, [transmission(regions, "BFA->*", 0.2)], draws=100, sets=sets)
    found = [quantities(panel, each, sets=sets) for each in (outcome.base, outcome.changed)]
    table = outcome.differences
    assert list(dict.fromkeys(table["quantity"])) == [name for name, each in found[0].items() if len(each.items)]
    assert len(table) == sum(len(each.items) for each in found[0].values())
    assert "belt" in set(table["name"])
    total = table.query("quantity == 'attacks_within' and scope == 'all' and horizon == 6").iloc[0]
    sums = [each.draws.sum(axis=(1, 2)) for each in (outcome.base, outcome.changed)]
    assert total["base"] == pytest.approx(sums[0].mean()) and total["changed"] == pytest.approx(sums[1].mean())
    assert total["difference"] == pytest.approx((sums[1] - sums[0]).mean()) and total["difference"] < 0
    assert total["q05"] <= total["difference"] <= total["q95"] <= 0
    assert NOTICE == outcome.notice == table.attrs["notice"]
    assert outcome.in_words().endswith(NOTICE) and "times 0.2" in outcome.in_words()


def test_differences_are_taken_within_draws() -> None:
    items = pd.DataFrame({"scope": ["all"], "name": "all", "horizon": 1, "month": month("2024-01")})

    def made(unit: str, *values: float) -> dict[str, Quantity]:
        return {"x": Quantity("x", unit, items, np.array(values, dtype=np.float32)[:, None])}

    reach = differences(made("km", 1, 5, np.nan, 9), made("km", 2, 7, 4, np.nan)).iloc[0]
    assert (reach["base"], reach["difference"], reach["undefined"]) == (5, 1.5, 0.5)
    assert (reach["q05"], reach["q95"]) == (1, 2)
    event = differences(made("event", *[1] * 30, *[0] * 70), made("event", *[1] * 10, *[0] * 90)).iloc[0]
    # Agresti & Min 2005 by hand: 20 draws lose the event, none gains it, half a draw added to each of four outcomes.
    half = 1.6448536269514722 * np.sqrt(20.5 + 0.5 - 20.0**2 / 102) / 102
    np.testing.assert_allclose([event["q05"], event["q95"]], [-20 / 102 - half, -20 / 102 + half])
    assert event["difference"] == pytest.approx(-20 / 100.5)
    with pytest.raises(ValueError, match="base and changed must hold the same quantities in one order; see 'x'"):
        differences(made("km", 1), {})


def test_the_interval_of_an_event_covers_the_difference_as_often_as_it_says() -> None:
    items = pd.DataFrame({"scope": "all", "name": [f"{place}" for place in range(2000)], "horizon": 1})
    items["month"] = month("2024-01")
    rng = np.random.default_rng(6)
    base = rng.random((600, 2000)) < 0.3
    changed = base & (rng.random((600, 2000)) < 0.8)
    one, other = ({"x": Quantity("x", "event", items, each.astype(np.float32))} for each in (base, changed))
    table = differences(one, other)
    assert ((table["q05"] <= -0.06) & (table["q95"] >= -0.06)).mean() == pytest.approx(0.9, abs=0.04)


def test_a_ranking_holds_the_exact_expectations(model: Endemic, panel: Panel, regions: Regions) -> None:
    table = ranking(model, panel, factor=0.5, first=2, draws=400)
    border = {"BJ01", "BJ02", "TG05"}
    assert set(table["region"]) == border and list(table.index) == [1, 2, 3]
    assert all(one >= other for one, other in pairwise(table["averted"]))
    coastal = regions.table["country"].isin(["BEN", "TGO"]).to_numpy()
    for row in table.to_dict("records"):
        less = apply(model.dynamics_, activity(regions, row["region"], 0.5), codes(regions))
        spared = (expected(model.dynamics_)[0] - expected(less)[0])[:, coastal].sum()
        assert row["averted"] == pytest.approx(spared)
        assert row["inside"] + row["elsewhere"] == pytest.approx(row["averted"])
        assert min(row["inside"], row["elsewhere"], row["low"]) > 0 and row["low"] <= row["high"]
    assert table["among_first"].sum() == pytest.approx(2)
    assert table["simulated"].notna().tolist() == [True, True, False]
    assert (table["q05"].dropna() >= 0).all()
    assert table.attrs["notice"] == NOTICE


def test_a_ranking_counts_where_it_is_told(model: Endemic, panel: Panel) -> None:
    table = ranking(model, panel, regions=["BF13", "BJ02"], targets=["BJ02"], factor=0, first=0, draws=10)
    assert table.set_index("region").loc["BF13", "inside"] == 0
    assert table.set_index("region").loc["BJ02", "inside"] == table.set_index("region").loc["BJ02", "averted"]
    with pytest.raises(ValueError, match="factor must be from 0 to below 1, such as 0.5 for half the activity; got 1"):
        ranking(model, panel, factor=1)
    with pytest.raises(ValueError, match="regions must be among the model's 30, such as 'BF13'; got 'XX'"):
        ranking(model, panel, regions=["XX"])
    with pytest.raises(ValueError, match="there must be targets to rank by"):
        ranking(model, panel, targets=[])


def test_a_thousand_paths_of_all_regions_can_be_compared() -> None:
    everywhere = bundled("admin1")
    world = endemic_epidemic_world(
        everywhere, months=month_range("2019-01", "2023-12"), rng=np.random.default_rng(1), background=0.05,
        own=0.5, neighbour=0.3, overdispersion=0.8,
    )  # fmt: skip
    fitted = Endemic(shock=False).fit(world, (12,))
    less = changed_sets(fitted, [transmission(everywhere, "BFA->*", 0.5)])
    base, changed = (simulate_all(sets, 1000, np.random.default_rng(0)) for sets in (fitted.sets_, less))
    assert base.shape == (1000, 12, 286) and changed.sum() < base.sum()

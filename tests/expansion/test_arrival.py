from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harmattan.expansion import (
    arrival_months,
    arrivals,
    likeliest,
    likely_number,
    quantities,
    scopes,
    standing,
    status,
    summary,
)
from harmattan.figures import bundled_counts
from harmattan.forecast import Forecast
from harmattan.panel import Panel, from_counts
from harmattan.regions import bundled

PanelOf = Callable[[np.ndarray], Panel]
ForecastOf = Callable[[Panel, np.ndarray], Forecast]
Sets = dict[str, list[str]]

DRAWS = arrays(np.int64, (7, 5, 6), elements=st.sampled_from([0, 0, 0, 0, 1]), fill=st.just(0))
NORTH_ONLY = np.array([[1, 0, 0, 0, 0, 0]] * 14)


@settings(max_examples=10, deadline=None)
@given(DRAWS)
def test_the_chances_of_every_month_and_of_none_sum_to_one(
    panel_of: PanelOf, forecast_of: ForecastOf, sets: Sets, draws: np.ndarray
) -> None:
    panel = panel_of(NORTH_ONLY)
    found = quantities(panel, forecast_of(panel, draws), sets=sets)
    months = arrival_months(found["arrived"])
    told = arrivals(found["arrived"], standing(panel, scopes(panel.regions, sets=sets))).set_index(["scope", "name"])
    for group, rows in months.groupby(["scope", "name"]):
        assert rows["at"].sum() + told.loc[group, "p_none"] == pytest.approx(1, abs=1e-12)
        assert (rows["at"] >= -1e-12).all() and told.loc[group, "p"] == rows["by"].iloc[-1]
        likely = rows.loc[rows["by"] >= 0.5, "month"]
        assert (likely.iloc[0] == told.loc[group, "median"]) if len(likely) else pd.isna(told.loc[group, "median"])
    first = found["arrival"].where(scope="set", name="coast").values[:, 0]
    for draw, when in zip(draws, first, strict=True):
        hit = [h + 1 for h in range(5) if draw[h, 3:5].any()]
        assert (when == hit[0]) if hit else np.isnan(when)
    by = months.set_index(["name", "horizon"])["by"]
    for h in range(1, 6):
        assert by["coast", h] == pytest.approx(((first <= h).sum() + 0.25) / 7.5)


def test_groups_that_are_reached_say_so(panel_of: PanelOf, forecast_of: ForecastOf, sets: Sets) -> None:
    counts = np.zeros((30, 6))
    counts[20, 0], counts[3, 3] = 1, 1
    counts[25, 5] = np.nan
    panel = panel_of(counts)
    stands = standing(panel, scopes(panel.regions, sets=sets)).set_index("name")
    assert stands["status"].to_dict() == {
        "all": "active",
        "NOR": "active",
        "SUD": "unknown",
        "coast": "quiet",
        "only f": "unknown",
    }
    assert stands.loc["NOR", "last_attack"] == panel.months[20]
    assert stands.loc["coast", "last_attack"] == panel.months[3]
    assert pd.isna(stands.loc["only f", "last_attack"])
    found = quantities(panel, forecast_of(panel, np.ones((4, 2, 6))), sets=sets)
    told = arrivals(found["arrived"], stands.reset_index()).set_index("name")
    assert told["p"].notna().to_dict() == {name: name == "coast" for name in told.index}
    assert told.loc["coast", "median"] == panel.origin + 1


def test_if_nothing_is_quiet_nothing_arrives(panel_of: PanelOf, forecast_of: ForecastOf) -> None:
    panel = panel_of(np.ones((12, 6)))
    found = quantities(panel, forecast_of(panel, np.ones((4, 2, 6))))
    told = arrivals(found["arrived"], standing(panel, scopes(panel.regions)))
    assert (told["status"] == "active").all() and told[["p", "p_none", "median"]].isna().all(axis=None)
    assert likeliest(found["first_attack"], 2, status(panel)).empty


def test_the_likeliest_come_first_and_say_whether_they_were_ever_hit(
    panel_of: PanelOf, forecast_of: ForecastOf
) -> None:
    counts = np.zeros((20, 6))
    counts[-1, 0] = counts[2, 4] = 1
    panel = panel_of(counts)
    draws = np.zeros((8, 3, 6))
    draws[:6, 2, 4] = draws[:3, 0, 1] = 1
    found = quantities(panel, forecast_of(panel, draws))
    told = likeliest(found["first_attack"], 3, status(panel), most=2)
    assert told["region"].tolist() == ["e", "b"] and told["never"].tolist() == [False, True]
    assert told["p"].tolist() == [6.25 / 8.5, 3.25 / 8.5]
    assert told["last_attack"].iloc[0] == panel.months[2]


def test_the_most_likely_number(panel_of: PanelOf, forecast_of: ForecastOf) -> None:
    panel = panel_of(NORTH_ONLY)
    draws = np.zeros((5, 2, 6))
    draws[:3, 0, 1:3] = draws[4, 1, 5] = 1
    found = quantities(panel, forecast_of(panel, draws))
    told = likely_number(found["newly_hit"].where(scope="all"))
    assert told["mode"].tolist() == [2, 2] and told["p_mode"].tolist() == [0.6, 0.6]
    assert told["mean"].tolist() == pytest.approx([1.2, 1.4])
    with pytest.raises(ValueError, match="most likely number needs a count of regions; reach is in km"):
        likely_number(found["reach"])
    with pytest.raises(ValueError, match="arrivals are told from the quantity arrived; got first_attack"):
        arrival_months(found["first_attack"])


def test_the_expected_number_of_newly_hit_is_the_sum_of_their_chances(
    panel_of: PanelOf, forecast_of: ForecastOf
) -> None:
    panel = panel_of(NORTH_ONLY)
    draws = np.random.default_rng(4).poisson(0.2, (300, 4, 6))
    found = quantities(panel, forecast_of(panel, draws))
    chances = summary(found["first_attack"]).groupby("horizon")["mean"].sum()
    numbers = summary(found["newly_hit"].where(scope="all")).set_index("horizon")["mean"]
    np.testing.assert_allclose(chances, numbers)


def test_how_burkina_stands_counted_by_hand() -> None:
    panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province"))
    told = status(panel)
    links = panel.regions.neighbours.weights.toarray() > 0
    codes = list(told.index)
    for place, code in enumerate(codes):
        past = panel.attacks[code]
        assert told.loc[code, "active"] == (past.iloc[-12:].sum() > 0) != told.loc[code, "quiet"]
        assert told.loc[code, "never"] == (past.sum() == 0) == pd.isna(told.loc[code, "last_attack"])
        around = [codes[other] for other in np.flatnonzero(links[place])]
        edge = any(panel.attacks[other].iloc[-12:].sum() == 0 for other in around)
        assert told.loc[code, "frontier"] == (told.loc[code, "active"] and edge)
        if past.sum():
            assert told.loc[code, "last_attack"] == past.index[past > 0].max()

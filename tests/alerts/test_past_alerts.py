"""Alerts of the past: better than simple rules where attacks follow others, no better where they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harmattan.alerts import economic_value, molchan, molchan_area, past_alerts, rule_table, usual_rules
from harmattan.alerts.judged import as_many, hit_rate_interval
from harmattan.alerts.standing import known_points
from harmattan.panel import Panel

FIRST, LAST = pd.Timestamp("2020-01-05"), pd.Timestamp("2022-12-25")


def tried(panel: Panel) -> pd.DataFrame:
    return past_alerts(panel, first=FIRST, last=LAST, every=14, ahead=7, refit_months=18)


@pytest.fixture(scope="module")
def rows(contagious: Panel) -> pd.DataFrame:
    return tried(contagious)


@pytest.fixture(scope="module")
def calm_rows(calm: Panel) -> pd.DataFrame:
    return tried(calm)


def test_where_attacks_follow_others_the_model_beats_the_30_days_rule_and_chance(rows: pd.DataFrame) -> None:
    rules = usual_rules(rows, share=0.5)
    table = rule_table(rows, rules).set_index("rule")
    simple, model = table.loc["attacked in the last 30 days"], table.loc["as many, by the model"]
    assert model["area"] == pytest.approx(simple["area"])
    assert model["hit_rate"] > simple["hit_rate"] > simple["area"] + 0.2
    assert model["after_quiet"] > 0.1 > simple["after_quiet"] == 0
    names = ("attacked in the last 30 days", "as many, by the model")
    gain, low, high = hit_rate_interval(rows, *(rules[name] for name in names[::-1]), rng=np.random.default_rng(1))
    assert gain == pytest.approx(model["hit_rate"] - simple["hit_rate"])
    assert low <= gain <= high
    areas = {name: molchan_area(molchan(rows, name)) for name in ("expected", "ratio", "recent", "windows", "year")}
    assert areas["expected"] == max(areas.values()) > 0.7


def test_where_attacks_come_by_themselves_no_rule_beats_chance(calm_rows: pd.DataFrame) -> None:
    rules = usual_rules(calm_rows, share=0.5)
    table = rule_table(calm_rows, rules).set_index("rule")
    attacks = calm_rows["attacks"].sum()
    error = np.sqrt(table["area"] * (1 - table["area"]) / attacks)
    assert ((table["hit_rate"] - table["area"]).abs() < 3.5 * error + 0.01).all()
    names = ("as many, by the model", "attacked in the last 30 days")
    _, low, high = hit_rate_interval(calm_rows, *(rules[name] for name in names), rng=np.random.default_rng(1))
    assert low < 0 < high
    assert molchan_area(molchan(calm_rows, "expected")) == pytest.approx(0.5, abs=0.08)
    assert (economic_value(calm_rows, chances=["chance"])["value"] < 0.1).all()


def test_chances_of_the_past_come_true_as_often_as_they_say(rows: pd.DataFrame, calm_rows: pd.DataFrame) -> None:
    for each in (rows, calm_rows):
        hit, chance = each["attacks"] > 0, each["chance"]
        assert hit.mean() == pytest.approx(chance.mean(), rel=0.25)
    # Attacks that follow others come in clusters, so their number tells less than the number of windows hit.
    for each, tolerance in ((rows, 0.4), (calm_rows, 0.2)):
        assert each["attacks"].mean() == pytest.approx(each["expected"].mean(), rel=tolerance)


def test_each_row_says_what_was_known_and_what_came(contagious: Panel, rows: pd.DataFrame) -> None:
    points = known_points(contagious)
    for row in rows.sample(60, random_state=3).to_dict("records"):
        own = points.loc[points["region"] == row["region"], "day"]
        ahead = (own - row["day"]).dt.days
        assert row["attacks"] == ahead.between(1, 7).sum()
        came = ahead[ahead.between(1, 7)].min()
        assert row["first_after"] == came or (np.isnan(row["first_after"]) and np.isnan(came))
        assert row["recent"] == ahead.between(-29, 0).sum()
        assert row["windows"] == len(set((-ahead[ahead.between(-83, 0)]) // 7)) / 12
        assert row["year"] == pytest.approx(1 - np.exp(-ahead.between(-364, 0).sum() * 7 / 365))


def test_nothing_after_a_day_changes_what_was_said(contagious: Panel, rows: pd.DataFrame) -> None:
    until = FIRST + pd.Timedelta(140, "D")
    points = known_points(contagious)
    counts = contagious.attacks.copy()
    counts.loc[counts.index > until.to_period("M")] = 7.0
    cut = points[points["day"] <= until + pd.Timedelta(7, "D")].reset_index(drop=True)
    fooled = replace(contagious, measures={"attacks": counts}, points=cut)
    again = past_alerts(fooled, first=FIRST, last=until, every=14, refit_months=18)
    pd.testing.assert_frame_equal(again, rows.iloc[: len(again)])


def test_the_diagram_goes_from_no_alert_to_all_and_counts_attacks(rows: pd.DataFrame) -> None:
    for name in ("expected", "recent"):
        curve = molchan(rows, name)
        assert curve[["area", "missed"]].iloc[[0, -1]].round(12).to_numpy().tolist() == [[0, 1], [1, 0]]
        assert curve["area"].is_monotonic_increasing and curve["missed"].is_monotonic_decreasing
        level = curve["threshold"].iloc[len(curve) // 2]
        on = rows[name] >= level
        at = curve[curve["threshold"] == level].iloc[0]
        assert at["area"] == pytest.approx(on.mean())
        assert at["missed"] == pytest.approx(rows.loc[~on, "attacks"].sum() / rows["attacks"].sum())


def test_perfect_alerts_have_value_one_and_blind_ones_none(rows: pd.DataFrame) -> None:
    hit = (rows["attacks"] > 0).astype(float)
    rules = {"perfect": hit, "always": np.ones(len(rows)), "never": np.zeros(len(rows)), "wrong": 1 - hit}
    value = economic_value(rows, chances=[], rules=rules).pivot(index="ratio", columns="rule", values="value")
    assert value["perfect"].round(9).eq(1).all()
    s = hit.mean()
    assert value.loc[value.index < s, "always"].abs().max() < 1e-9
    assert value.loc[value.index > s, "never"].abs().max() < 1e-9
    assert (value["wrong"] < 0).all() and (value[["always", "never"]] <= 1e-9).all(axis=None)
    # Richardson (2000): at a = s the value is the Peirce skill score, hit rate less false rate.
    table = rule_table(rows, {"simple": (rows["recent"] > 0).astype(float)}).iloc[0]
    at = economic_value(rows, chances=[], rules={"simple": (rows["recent"] > 0).astype(float)}, ratios=[float(s)]).iloc[
        0
    ]
    assert at["value"] == pytest.approx(table["hit_windows"] - table["false_rate"])


def test_a_rule_is_judged_as_counted_by_hand() -> None:
    days = pd.to_datetime(["2020-01-05", "2020-01-12", "2020-01-19"])
    rows = pd.DataFrame(
        {
            "day": np.repeat(days, 2),
            "region": ["A", "B"] * 3,
            "attacks": [0, 2, 0, 1, 1, 0],
            "first_after": [np.nan, 3.0, np.nan, 5.0, 2.0, np.nan],
            "recent": [0, 1, 0, 1, 0, 1],
        }
    )
    found = rule_table(rows, {"rule": [0.0, 1.0, 0.0, 1.0, 0.0, 1.0], "half": [0.5] * 6}).set_index("rule")
    row = found.loc["rule"]
    assert row["area"] == 0.5 and row["hit_rate"] == 0.75 and row["after_quiet"] == 0
    assert row["hit_windows"] == pytest.approx(2 / 3) and row["false_alerts"] == pytest.approx(1 / 3)
    assert row["false_rate"] == pytest.approx(1 / 3)
    # B is under alert from the first day on: attacks 3 days, and 7 + 5 days after.
    assert row["lead"] == 7.5
    assert found.loc["half", ["area", "hit_rate", "after_quiet"]].tolist() == [0.5] * 3
    assert np.isnan(found.loc["half", "lead"])


def test_as_many_regions_are_alerted_as_asked(rows: pd.DataFrame) -> None:
    number = rows.groupby("day")["recent"].transform(lambda of: (of > 0).sum()).to_numpy()
    for name in ("expected", "windows", "recent"):
        made = rows.assign(on=as_many(rows, name, number)).groupby("day")["on"].sum()
        np.testing.assert_allclose(made, pd.Series(number).groupby(rows["day"]).first())


def test_what_cannot_be_judged_is_refused(contagious: Panel, rows: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="nothing can be judged"):
        rule_table(rows.assign(attacks=0), {})
    with pytest.raises(ValueError, match="alerts of 'much' must be shares from 0 to 1"):
        rule_table(rows, {"much": np.full(len(rows), 2.0)})
    with pytest.raises(ValueError, match="ratios must lie between 0 and 1"):
        economic_value(rows, ratios=[1.0])
    with pytest.raises(ValueError, match="every row has an attack"):
        economic_value(rows.assign(attacks=1))
    with pytest.raises(ValueError, match="no day from 2022-12-30 to 2022-12-31 has 7 days of data after it"):
        past_alerts(contagious, first=pd.Timestamp("2022-12-30"), last=pd.Timestamp("2022-12-31"))
    with pytest.raises(ValueError, match="every and ahead must be at least 1"):
        past_alerts(contagious, first=FIRST, last=LAST, ahead=0)

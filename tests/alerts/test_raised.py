"""Open alerts: what is expected, since when and until when, and that nothing after the day is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harmattan.alerts import Standing, bands_reached, bulletin, expected, open_alerts, regions_reached, standing
from harmattan.alerts.standing import known_points, standings
from harmattan.models.selfexciting_alert import alert_window, trigger
from harmattan.models.selfexciting_futures import futures
from harmattan.panel import Panel
from harmattan.result import Caption

CAPTION = Caption("Attacks of a made-up world", "made up", "CC0", ())
ONE_DAY = pd.Timedelta(1, "D")


@pytest.fixture(scope="module")
def month_end(contagious: Panel) -> Standing:
    return standing(contagious, pd.Timestamp("2021-06-30"))


def test_what_is_expected_is_the_mean_of_simulated_futures(month_end: Standing) -> None:
    """At the end of a month the model's own branching futures start from the same state."""
    drawn = futures(month_end.fit, np.array([7, 23]), 8000, np.random.default_rng(1)).astype(float)
    for days, counts in ((7, drawn[:, 0]), (30, drawn.sum(axis=1))):
        told = expected(month_end, days)
        error = counts.std(axis=0) / np.sqrt(len(counts))
        # 64 places stand for a Gaussian, and descendants of those that leave the country may come back.
        assert (np.abs(told.attacks - counts.mean(axis=0)) < 4 * error + 0.05 * told.attacks).all()
        assert told.attacks.sum() == pytest.approx(counts.sum(axis=1).mean(), rel=0.03)
        hit = (counts > 0).mean(axis=0)
        assert (np.abs(told.chance - hit) < 4 * np.sqrt(hit * (1 - hit) / len(counts)) + 0.05 * hit).all()
        assert (told.background <= told.attacks + 1e-12).all()


def test_more_days_bring_more_attacks(now: Standing) -> None:
    rows = [expected(now, days) for days in (1, 7, 30, 200)]
    for name in ("attacks", "background", "chance"):
        values = np.stack([getattr(each, name) for each in rows])
        assert (np.diff(values, axis=0) > 0).all()
    np.testing.assert_allclose(rows[0].attacks, now.fit.background + now.excess(np.array([1]))[0])
    with pytest.raises(ValueError, match="days ahead must be at least 1; got 0"):
        expected(now, 0)


def test_an_alert_lasts_as_long_as_the_ratio_says(now: Standing) -> None:
    share = 0.5
    table = open_alerts(now, share=share).set_index("region")
    codes = now.regions.table.index
    ratio = pd.DataFrame(now.excess(np.arange(-400, 181)) / now.fit.background, columns=codes, index=range(-400, 181))
    assert table["alert"].any() and not table["alert"].all()
    for code, row in table.iterrows():
        of = ratio[code]
        assert row["ratio"] == pytest.approx(1 + of[1])
        assert row["alert"] == (of[1] >= share)
        if not row["alert"]:
            assert pd.isna(row["since"]) and pd.isna(row["until"])
            continue
        until, since = (row["until"] - now.at).days, (row["since"] - now.at).days
        assert of[until] >= share and (until == 180 or of[until + 1] < share)
        assert (of[since + 1 : 1] >= share).all() and of[since] < share
        assert (now.attacks["day"] == row["since"]).any()


def test_alerts_are_listed_first_and_by_what_is_expected(now: Standing) -> None:
    table = open_alerts(now, share=0.5)
    assert table["alert"].is_monotonic_decreasing and sorted(table["region"]) == sorted(now.regions.table.index)
    for _, part in table.groupby("alert"):
        rate = part["ratio"] * part["background_7"]
        assert rate.rank(ascending=False).corr(pd.Series(range(len(part)), part.index).rank()) > 0.95
    lower = open_alerts(now, share=0.1)["alert"].sum()
    assert lower >= table["alert"].sum() >= open_alerts(now, share=2.0)["alert"].sum()


def test_the_excess_of_regions_is_the_sum_of_what_each_attack_brings(now: Standing) -> None:
    reached = regions_reached(now, share=1e-6)
    brought = (reached["now"] - 1).groupby(reached["region"]).sum()
    ratio = open_alerts(now).set_index("region")["ratio"]
    coarse = 0.02
    assert ((ratio[brought.index] - 1 - brought).abs() < coarse).all()
    assert set(reached["region"]) > set(reached["attacked"]) or (reached["region"] != reached["attacked"]).any()


def test_each_attack_reaches_as_long_as_it_says(now: Standing) -> None:
    share, alpha = 0.2, 1 / now.fit.mean_days
    for table in (regions_reached(now, share=share), bands_reached(now, share=share)):
        assert len(table) > 3
        assert (table["now"] >= 1 + share - 1e-12).all() and (table["at_once"] >= table["now"] - 1e-12).all()
        assert (table["until"] > now.at).all() and table["day"].is_monotonic_decreasing
        left = (table["until"] - table["day"]).dt.days.to_numpy()
        at_end = (table["at_once"] - 1) * np.exp(-alpha * (left - 1))
        assert (at_end >= share * (1 - 1e-9)).all()
        assert ((at_end * np.exp(-alpha) < share) | (left == 180)).all()


def test_bands_agree_with_the_alert_window_of_the_model(now: Standing) -> None:
    table = bands_reached(now, share=0.2, km=[0.0, 0.001, 10.0])
    row = table[table["km_from"] == 0].iloc[0]
    region = now.regions.table.loc[row["region"]]
    at = list(now.regions.table.index).index(row["region"])
    without = now.fit.background[at] / region["area_km2"]
    window = alert_window(now.fit, days=[1.0], km=[0.0], without=without, share=0.2)
    assert row["at_once"] == pytest.approx(window.ratio["ratio"].iloc[0], rel=1e-6)
    last = window.limits.set_index("what")["value"]["days_until_low"]
    assert (row["until"] - row["day"]).days == int(last)


def test_the_mean_over_a_ring_is_the_integral_over_it(now: Standing) -> None:
    adds = trigger(now.fit)
    radius = np.linspace(3.0, 12.0, 20001)
    values = adds.excess(np.full_like(radius, 5.0), radius)
    mean = np.trapezoid(values * radius, radius) / np.trapezoid(radius, radius)
    ring = adds.excess_in_ring(np.array([5.0]), np.array([3.0]), np.array([12.0]))
    assert ring[0] == pytest.approx(mean, rel=1e-6)
    # Over all space and time the attack brings the offspring of the fit.
    lags = np.arange(1.0, 181.0)
    disc = adds.excess_in_ring(lags, np.zeros(180), np.full(180, 140.0)) * np.pi * 140.0**2
    assert disc.sum() == pytest.approx(now.fit.weights[-1], rel=1e-3)


def test_a_fit_to_a_panel_needs_the_intensity_without_the_attack(now: Standing) -> None:
    with pytest.raises(ValueError, match="background differs from region to region: give without"):
        alert_window(now.fit)


def spoilt(panel: Panel, at: pd.Timestamp) -> Panel:
    """Nonsense in every count and point that was not known at the end of a day."""
    points = known_points(panel)
    later = points["day"] > at
    elsewhere = panel.regions.table.iloc[-1]
    moved = points.assign(
        lon=points["lon"].where(~later, elsewhere["lon"]),
        lat=points["lat"].where(~later, elsewhere["lat"]),
        region=points["region"].where(~later, panel.regions.table.index[-1]),
    )
    counts = panel.attacks.copy()
    counts.loc[counts.index >= (at + ONE_DAY).to_period("M")] = 9.0
    return replace(
        panel, measures={"attacks": counts}, points=moved.iloc[: int((~later).sum()) + int(later.sum()) // 2]
    )


@pytest.mark.parametrize("at", ["2021-06-17", "2021-06-30"])
def test_nothing_after_the_day_changes_an_alert(contagious: Panel, at: str) -> None:
    day = pd.Timestamp(at)
    fooled = spoilt(contagious, day)
    assert len(known_points(fooled)) < len(known_points(contagious))
    one, two = (bulletin(panel, CAPTION, at=day, permutations=9) for panel in (contagious, fooled))
    assert one.in_words() == two.in_words()
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, two.tables[name])


def test_an_attack_of_the_day_raises_the_risk_at_once(contagious: Panel) -> None:
    at = pd.Timestamp("2021-06-17")
    points = known_points(contagious)
    place = points.iloc[[0]].assign(day=at)
    more = pd.concat([points, place]).sort_values("day", kind="stable", ignore_index=True)
    without, with_it = standing(contagious, at), standing(replace(contagious, points=more), at)
    rise = with_it.excess(np.array([1]))[0] - without.excess(np.array([1]))[0]
    assert with_it.fitted_to == pd.Period("2021-05", "M")
    assert rise[contagious.regions.table.index.get_loc(place["region"].iloc[0])] > 0 and (rise >= -1e-12).all()
    np.testing.assert_allclose(with_it.fit.background, without.fit.background)


def test_parameters_are_fitted_anew_at_the_asked_intervals(contagious: Panel) -> None:
    days = list(pd.date_range("2021-01-31", "2021-09-30", freq="ME"))
    made = list(standings(contagious, days, refit_months=3))
    assert [str(each.fitted_to) for each in made] == ["2021-01"] * 3 + ["2021-04"] * 3 + ["2021-07"] * 3
    assert len({each.fit.mean_days for each in made}) == 3
    alone = standing(contagious, days[3])
    np.testing.assert_array_equal(alone.landing, made[3].landing)
    np.testing.assert_array_equal(alone.fit.background, made[3].fit.background)


def test_attacks_without_a_day_count_when_their_month_is_over(contagious: Panel) -> None:
    points = known_points(contagious)
    fewer = replace(contagious, points=points.iloc[::2].reset_index(drop=True))
    during, after = (standing(fewer, pd.Timestamp(day)) for day in ("2021-06-29", "2021-06-30"))
    coarse = [int((~each.attacks["exact"]).sum()) for each in (during, after)]
    counted = contagious.attacks.loc[:"2021-06"].to_numpy().sum()  # type: ignore[misc]
    assert len(after.attacks) == counted and coarse[1] > coarse[0] > 0
    assert regions_reached(after)["day"].isin(points["day"]).all()


def test_the_words_say_what_the_table_says(contagious: Panel) -> None:
    found = bulletin(contagious, CAPTION, at=pd.Timestamp("2021-06-17"), permutations=9)
    said = found.in_words()
    assert f"{len(found.alerts)} of {len(found.now.regions)} regions" in said[0] and "2021-05" in said[0]
    first = found.alerts.iloc[0]
    assert first["sentence"].startswith(f"{first['name']}: the risk is {first['ratio']:.1f} times the background")
    assert found.regions["sentence"].notna().equals(found.regions["alert"])


def test_data_and_days_that_cannot_be_used_are_refused(contagious: Panel, burkina: Panel) -> None:
    with pytest.raises(ValueError, match="counts by month and region only: give a file of events .*--data FILE"):
        bulletin(burkina, CAPTION, at=pd.Timestamp("2023-06-30"))
    for day in ("2018-11-30", "2023-01-01"):
        with pytest.raises(ValueError, match="must lie from 2018-12-31 to 2022-12-31"):
            standing(contagious, pd.Timestamp(day))
    quiet = replace(contagious, points=known_points(contagious).iloc[:5])
    with pytest.raises(ValueError, match="at least 10 attacks with day and place .* there are 5"):
        standing(quiet, pd.Timestamp("2021-06-17"))
    with pytest.raises(ValueError, match="share must be above 0"):
        bulletin(contagious, CAPTION, at=pd.Timestamp("2021-06-17"), share=0.0)


def test_bands_that_do_not_ascend_are_refused(now: Standing) -> None:
    with pytest.raises(ValueError, match="ends of bands that ascend from 0"):
        bands_reached(now, km=[0.0, 5.0, 5.0])

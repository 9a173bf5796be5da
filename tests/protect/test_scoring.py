"""Laws of totals, ranks, agreement and draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.forecast import Forecast
from harmattan.protect import Worksheet, WorksheetError, assess, measure
from harmattan.protect.measures import Measure, with_measures
from harmattan.protect.scales import BANDS, CRITERIA, NAMES
from harmattan.protect.scoring import agreement, alpha, ranking, spread, totals
from harmattan.protect.stability import shake, shaken_totals, stability
from harmattan.result import Result

some = settings(max_examples=20)


def seeded() -> np.random.Generator:
    return np.random.default_rng(5)


def test_the_example_ranks_airport_base_embassy(sheet: Worksheet) -> None:
    found = assess(sheet, seeded())
    order = ["Civil airport in the north", "Peacekeeping base in the capital", "Embassy in the capital"]
    assert found.ranking.index.tolist() == order
    assert found.ranking["rank"].tolist() == [1, 2, 3]
    assert found.ranking["total"].tolist() == pytest.approx([133 / 3, 127 / 3, 117 / 3])
    assert found.ranking["first"].is_monotonic_decreasing


def test_every_criterion_has_a_question_and_words_for_every_band() -> None:
    assert [name[0] for name in NAMES] == list("carver")
    assert all(each.question.endswith("?") and len(set(each.anchors)) == len(BANDS) for each in CRITERIA)


@some
@given(st.data(), st.sampled_from([0.1, 0.5, 2, 3.7, 100]))
def test_ranks_do_not_hang_on_the_scale_of_weights(
    worksheets: st.SearchStrategy[Worksheet], data: st.DataObject, factor: float
) -> None:
    sheet = data.draw(worksheets)
    one, two = (ranking(each) for each in (sheet, replace(sheet, weights=np.round(sheet.weights * factor, 6))))
    assert one["rank"].to_dict() == two["rank"].to_dict()
    assert one["total"].to_numpy() == pytest.approx(two["total"].to_numpy(), abs=1e-8)


@some
@given(st.data())
def test_the_order_of_sites_and_raters_changes_nothing(
    worksheets: st.SearchStrategy[Worksheet], data: st.DataObject
) -> None:
    sheet = data.draw(worksheets)
    i, j = (data.draw(st.permutations(range(len(each)))) for each in (sheet.sites, sheet.raters))
    turned = Worksheet(
        tuple(sheet.sites[k] for k in i),
        tuple(sheet.raters[k] for k in j),
        sheet.scores[i][:, j],
        sheet.weights,
        tuple(sheet.regions[k] for k in i),
    )
    one, two = (assess(each, seeded(), draws=60) for each in (sheet, turned))
    pd.testing.assert_frame_equal(one.ranking, two.ranking, check_exact=True)
    pd.testing.assert_frame_equal(one.spread, two.spread, check_exact=True)
    pd.testing.assert_frame_equal(one.agreement, two.agreement, check_exact=True)


@some
@given(st.data())
def test_totals_and_shares_stay_within_bounds(worksheets: st.SearchStrategy[Worksheet], data: st.DataObject) -> None:
    sheet = data.draw(worksheets)
    moved = shake(sheet, seeded(), draws=80)
    found, held = ranking(sheet), stability(sheet, moved)
    shaken = shaken_totals(sheet, moved)
    assert found["total"].between(6, 60).all()
    assert shaken.min() >= 6
    assert shaken.max() <= 60
    assert held["first"].sum() == pytest.approx(1, abs=1e-7)
    assert held["first"].between(0, 1).all()
    assert (held["rank_low"] <= held["rank_high"]).all()
    assert held[["rank_low", "rank_high"]].isin(range(1, len(sheet.sites) + 1)).all(axis=None)
    assert moved.weights.sum(axis=1) == pytest.approx(1)
    assert not moved.weights[:, sheet.weights == 0].any()


@some
@given(st.data(), st.integers(0, 5), st.integers(1, 9))
def test_a_measure_lowers_its_site_and_no_other(
    worksheets: st.SearchStrategy[Worksheet], data: st.DataObject, criterion: int, points: int
) -> None:
    sheet = data.draw(worksheets)
    site = sheet.sites[0]
    asked = Measure(site, NAMES[criterion], -points)
    found = assess(sheet, seeded(), measures=[asked], draws=50).changed
    others = found.drop(index=site)
    assert not others[["difference", "difference_low", "difference_high"]].any(axis=None)
    assert found.loc[site, "difference"] <= 0
    assert found.loc[site, "new_rank"] >= found.loc[site, "rank"]
    assert found.loc[site, "new_first"] <= found.loc[site, "first"] + 1e-8
    assert with_measures(sheet, [asked]).scores.min() >= 1
    assert found["new_first"].sum() == pytest.approx(1, abs=1e-7)


def test_equal_weights_give_the_sum_of_six_scores() -> None:
    assert totals(np.arange(1.0, 7), np.full(6, 0.3)) == pytest.approx(21)


def test_equal_totals_share_a_rank_and_the_first_place() -> None:
    scores = np.full((3, 1, 6), 4)
    scores[2] = 3
    sheet = Worksheet(("A", "B", "C"), ("R",), scores, np.full(6, 0.1), ("",) * 3)
    assert ranking(sheet)["rank"].to_dict() == {"A": 1, "B": 1, "C": 3}
    still = replace(shake(sheet, seeded(), draws=10), shifts=np.zeros((10, 3, 1, 6), np.int8))
    assert stability(sheet, still)["first"].to_dict() == {"A": 0.5, "B": 0.5, "C": 0}


def test_weights_vary_as_the_dirichlet_says_and_scores_by_one(sheet: Worksheet) -> None:
    moved = shake(sheet, seeded(), draws=20_000, concentration=50)
    assert moved.weights.mean(axis=0) == pytest.approx(np.full(6, 1 / 6), abs=0.002)
    assert moved.weights.std(axis=0) == pytest.approx(np.sqrt((1 / 6) * (5 / 6) / 51) * np.ones(6), rel=0.05)
    assert [(moved.shifts == step).mean() for step in (-1, 0, 1)] == pytest.approx([1 / 3] * 3, abs=0.002)


def test_blocks_of_draws_are_no_different_from_all_at_once(sheet: Worksheet, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = shake(sheet, seeded(), draws=97)
    whole = shaken_totals(sheet, moved)
    monkeypatch.setattr("harmattan.protect.stability._AT_ONCE", 10 * sheet.scores.size)
    assert (shaken_totals(sheet, moved) == whole).all()


def test_alpha_is_that_of_krippendorffs_example() -> None:
    # Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section D (four observers, twelve units, values
    # missing): interval data give 0.849.
    gone = np.nan
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, gone, gone, gone],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, gone, 3],
        [gone, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, gone],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, gone],
    ]
    assert alpha(np.array(observers).T) == pytest.approx(0.849, abs=0.0005)


@some
@given(st.lists(st.lists(st.integers(1, 10), min_size=3, max_size=3), min_size=2, max_size=6))
def test_alpha_by_pairs(values: list[list[int]]) -> None:
    units = np.array(values, dtype=float)
    everything = units.ravel()
    n, m = len(everything), units.shape[1]
    observed = ((units[:, :, None] - units[:, None, :]) ** 2).sum() / (m - 1) / n
    expected = ((everything[:, None] - everything[None, :]) ** 2).sum() / (n - 1) / n
    if expected == 0:
        assert np.isnan(alpha(units))
    else:
        assert alpha(units) == pytest.approx(1 - observed / expected)


def test_one_rater_or_one_site_says_nothing_of_agreement(sheet: Worksheet) -> None:
    alone = replace(sheet, raters=sheet.raters[:1], scores=sheet.scores[:, :1])
    assert agreement(alone)[["alpha", "sd"]].isna().all(axis=None)
    assert "ask a second" in assess(alone, seeded(), draws=20).in_words()[1]
    single = replace(sheet, sites=sheet.sites[:1], scores=sheet.scores[:1], regions=("",))
    assert agreement(single)["alpha"].isna().all()
    assert "cannot be measured" in assess(single, seeded(), draws=20).in_words()[1]


def test_spread_names_where_raters_lie_apart(sheet: Worksheet) -> None:
    row = spread(sheet).query("site == 'Embassy in the capital' and criterion == 'accessibility'").iloc[0]
    assert row[["mean", "low", "high", "range"]].tolist() == pytest.approx([17 / 3, 4, 7, 3])
    assert row["sd"] == pytest.approx(np.std([6, 7, 4], ddof=1))
    assert agreement(sheet).loc["accessibility", "widest_at"] == "Embassy in the capital"


def test_a_forecast_stands_beside_and_changes_no_total(sheet: Worksheet, small_result: Result) -> None:
    forecast: Forecast = small_result.forecast
    codes = [str(each) for each in forecast.regions[:2]]
    placed = replace(sheet, regions=(*codes, ""))
    plain, beside = assess(placed, seeded()), assess(placed, seeded(), forecast=forecast)
    pd.testing.assert_frame_equal(plain.ranking, beside.ranking.drop(columns="chance"))
    expected = forecast.window((1, 2, 3)).probability().iloc[0]
    assert beside.ranking["chance"].loc[list(sheet.sites[:2])].tolist() == expected[codes].tolist()
    assert np.isnan(beside.ranking["chance"][sheet.sites[2]])
    assert beside.months == "2023-07 to 2023-09"
    assert any("is no part of the total" in line for line in beside.in_words())


def test_a_forecast_that_does_not_fit_is_refused(sheet: Worksheet, small_result: Result) -> None:
    forecast = small_result.forecast
    with pytest.raises(WorksheetError, match="no site has a region"):
        assess(sheet, seeded(), forecast=forecast)
    wrong = replace(sheet, regions=("BF5240", "", ""))
    with pytest.raises(WorksheetError, match=r"'Civil airport in the north' is in region 'BF5240'.*did you mean"):
        assess(wrong, seeded(), forecast=forecast)
    with pytest.raises(WorksheetError, match="lacks month 3 ahead"):
        assess(wrong, seeded(), forecast=forecast.select((1, 2, 4)))
    with pytest.raises(WorksheetError, match="this one is of deaths"):
        assess(wrong, seeded(), forecast=replace(forecast, measure="deaths"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Depot accessibility -3", "expected SITE: CRITERION CHANGE"),
        ("Depot: accessibility 3", "expected SITE: CRITERION CHANGE"),
        ("Depot: acessibility -3", r"no criterion is called 'acessibility' \(did you mean 'accessibility'\?\)"),
        ("Depot: accessibility -0", "a change is from -9 to -1"),
        ("Depot: accessibility +10", "a change is from -9 to -1"),
    ],
)
def test_a_measure_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(WorksheetError, match=message):
        measure(text)


def test_a_measure_names_a_site_of_the_sheet_in_any_case(sheet: Worksheet) -> None:
    found = assess(sheet, seeded(), measures=[measure("EMBASSY in the capital: effect -9")], draws=20)
    assert str(found.measures[0]) == "Embassy in the capital: effect -9"
    with pytest.raises(WorksheetError, match="no site is called 'Port'; sites: Civil airport"):
        assess(sheet, seeded(), measures=[measure("Port: effect -1")])


def test_draws_must_make_sense(sheet: Worksheet) -> None:
    with pytest.raises(ValueError, match="draws must be 1 or more and concentration above 0; got 0"):
        shake(sheet, seeded(), draws=0)

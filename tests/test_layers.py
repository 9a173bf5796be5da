"""What the maps show is what the draws say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harmattan import layers
from harmattan.forecast import Forecast, event_probability
from harmattan.maps.scales import CHANGE, RISK, WIDTH, Scale
from harmattan.panel import Panel
from harmattan.result import Result

ORIGIN = pd.Period("2023-12", "M")


def forecast_of(draws: np.ndarray, origin: pd.Period = ORIGIN) -> Forecast:
    horizons = tuple(range(1, draws.shape[1] + 1))
    regions = pd.Index([f"R{n}" for n in range(draws.shape[2])], name="region")
    return Forecast(draws.astype(np.int32), origin, horizons, regions)


some_draws = hnp.arrays(np.int32, st.tuples(st.integers(2, 30), st.just(4), st.just(3)), elements=st.integers(0, 9))


@given(draws=some_draws)
def test_risk_is_counted_over_joint_draws(draws: np.ndarray) -> None:
    table = layers.risk(forecast_of(draws), (1, 2, 3))
    totals = draws[:, :3].sum(axis=1)
    assert np.allclose(table["p1"], event_probability((totals > 0).sum(axis=0), len(draws)))
    assert np.allclose(table["expected"], totals.mean(axis=0))
    assert (table["width"] == table["q95"] - table["q05"]).all()
    assert (table["width"] >= 0).all()
    assert (table["unsure"] == table["p1"].between(1 / 3, 2 / 3)).all()


@given(draws=some_draws)
def test_a_longer_window_is_never_less_likely(draws: np.ndarray) -> None:
    made = forecast_of(draws)
    assert (layers.risk(made, (1, 2, 3))["p1"] >= layers.risk(made, (1,))["p1"]).all()


@given(draws=some_draws)
def test_the_same_forecast_of_the_same_months_has_not_changed(draws: np.ndarray) -> None:
    now, before = forecast_of(draws[:, 1:]), forecast_of(draws, ORIGIN - 1)
    table = layers.change(now, before, (1, 2))
    assert (table["change"] == 0).all()
    assert table["within_noise"].all()


def test_a_change_is_new_less_old_for_the_same_months() -> None:
    now, before = np.zeros((100, 1, 2), dtype=int), np.zeros((100, 2, 2), dtype=int)
    now[:50, 0, 0] = 1
    before[:, 0, :] = 1
    before[:4, 1, 1] = 1
    table = layers.change(forecast_of(now), forecast_of(before, ORIGIN - 1), (1,))
    assert table["change"].round(2).tolist() == [0.5, -0.04]
    assert table["within_noise"].tolist() == [False, True]
    p1, p0 = event_probability([0, 4], 100)
    assert table["noise"].iloc[1] == pytest.approx(2 * np.sqrt((p1 * (1 - p1) + p0 * (1 - p0)) / 100))


def test_a_change_needs_an_older_forecast_of_the_same_regions() -> None:
    made = forecast_of(np.zeros((2, 2, 2), dtype=int))
    with pytest.raises(ValueError, match="needs a forecast from before 2023-12; the earlier one is from 2023-12"):
        layers.change(made, made, (1,))
    other = Forecast(made.draws, ORIGIN - 1, (1, 2), pd.Index(["X", "Y"], name="region"))
    with pytest.raises(ValueError, match="the same regions in the same order; now 2 from 'R0', earlier 2 from 'X'"):
        layers.change(made, other, (1,))
    older = forecast_of(np.zeros((2, 2, 2), dtype=int), ORIGIN - 1)
    with pytest.raises(ValueError, match=r"missing \[3\]"):
        layers.change(made, older, (2,))


def test_windows_need_horizons() -> None:
    assert list(layers.windows((1, 3))) == ["next_month"]
    with pytest.raises(ValueError, match="made of a forecast's horizons; it has none"):
        layers.windows(())


def test_the_layer_holds_every_region_of_the_panel(small_result: Result) -> None:
    table = layers.layer(small_result, (1, 2, 3))
    assert table.index.equals(small_result.panel.regions.table.index)
    assert table["covered"].all()
    assert table.notna().all(axis=None)
    recent = small_result.panel.attacks.iloc[-12:].sum()
    assert (table["quiet"] == (recent == 0)).all()


def test_a_region_that_is_not_covered_has_no_number_and_no_flag(small_result: Result) -> None:
    panel = small_result.panel
    covered = panel.covered.copy()
    covered.iloc[-1, 0] = False
    holed = Panel(panel.regions, {"attacks": panel.attacks.where(covered)}, covered)
    table = layers.layer(replace(small_result, panel=holed), (1,))
    first = table.iloc[0]
    assert not first["covered"]
    assert pd.isna(first["p1"]) and pd.isna(first["change"]) and pd.isna(first["width"])
    assert not first["unsure"] and not first["within_noise"]
    assert table.iloc[1:]["p1"].notna().all()
    assert layers.recorded(replace(small_result, panel=holed)).notna().all()


def test_withheld_months_are_not_shown_as_known(small_result: Result) -> None:
    late = replace(small_result, settings={"forecast.lag": "2"})
    assert layers.data_to(small_result) == small_result.forecast.origin
    assert layers.data_to(late) == small_result.forecast.origin - 2
    assert layers.recorded(late).index[-1] == small_result.forecast.origin - 2


def test_the_fan_is_of_the_total(small_result: Result) -> None:
    table = layers.fan(small_result.forecast)
    totals = small_result.forecast.draws.sum(axis=2)
    assert np.allclose(table["expected"], totals.mean(axis=0))
    assert table.index.equals(small_result.forecast.months)
    levels = table[["q05", "q25", "q50", "q75", "q95"]].to_numpy()
    assert (np.diff(levels, axis=1) >= 0).all()


def test_skill_is_read_from_the_score_table(small_result: Result) -> None:
    table = layers.skill(small_result.scores, "rate", "conflictology")
    assert set(table["set"]) == {"all", "onset", "hard", "belt"}
    assert table.loc[table["set"] == "all", "horizon"].tolist() == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="must hold log_score_skill_vs_zero of 'rate'; it does not"):
        layers.skill(small_result.scores, "rate", "zero")


def test_the_champion_is_shown_against_another_model(small_result: Result) -> None:
    assert layers.rival(small_result) == "conflictology"
    assert layers.rival(replace(small_result, champion="conflictology")) is None
    assert layers.rival(replace(small_result, baselines=())) is None


@pytest.mark.parametrize("scale", [RISK, WIDTH, CHANGE])
def test_every_class_holds_its_lower_edge(scale: Scale) -> None:
    assert scale.classify(scale.edges[:-1]).tolist() == list(range(len(scale.labels)))
    assert scale.classify([scale.edges[-1] + 1]).tolist() == [len(scale.labels) - 1]


@pytest.mark.parametrize(("points", "label"), [(-5, "down 5 to 9"), (4, "less than 5 either way"), (10, "up 10 to 19")])
def test_a_change_falls_into_the_class_of_its_rounded_figure(points: int, label: str) -> None:
    for hundredths in (-40, 0, 40):
        assert CHANGE.labels[CHANGE.classify([(points + hundredths / 100) / 100])[0]] == label


def test_a_scale_that_does_not_hold_together_is_refused() -> None:
    with pytest.raises(ValueError, match="2 classes have 1 colours and 2 labels"):
        Scale((0.0, 1.0, 2.0), ("#000000",), ("low", "high"))
    with pytest.raises(ValueError, match="the edges of a scale must ascend"):
        Scale((1.0, 0.0), ("#000000",), ("low",))

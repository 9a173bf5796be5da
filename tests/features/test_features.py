from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from harmattan.features import FEATURES, Feature, columns, design, feature, full
from harmattan.months import month
from harmattan.panel import Panel

ALL = [
    *(feature(name) for name in FEATURES if name not in ("static", "season")),
    feature("static", column="population"),
    feature("season", phase="sin"),
    feature("kernel_sum", measure="other_attacks", km=40),
]
ORIGIN = month("2021-06")

Nonsense = Callable[[Panel, pd.Period], Panel]


def one(panel: Panel, name: str, **parameters: str | float) -> pd.DataFrame:
    return feature(name, **parameters)(panel)


def test_every_feature_of_the_catalogue_is_tried() -> None:
    assert {each.name for each in ALL} == set(FEATURES)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.column)
def test_nothing_after_the_origin_changes_a_feature(burkina: Panel, nonsense_after: Nonsense, each: Feature) -> None:
    honest = each(burkina).loc[:ORIGIN]
    fooled = each(nonsense_after(burkina, ORIGIN)).loc[:ORIGIN]
    pd.testing.assert_frame_equal(honest, fooled)
    pd.testing.assert_frame_equal(honest, each(burkina.as_of(ORIGIN)))


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.column)
def test_every_feature_has_the_panels_shape_and_is_known_at_the_origin(burkina: Panel, each: Feature) -> None:
    frame = each(burkina)
    assert frame.shape == burkina.attacks.shape
    assert (frame.dtypes == "float32").all()
    assert frame.iloc[-1].notna().all()
    rest = frame.iloc[1:].copy()
    frame.iloc[0] = -7
    assert (frame.iloc[0] == -7).all()
    pd.testing.assert_frame_equal(frame.iloc[1:], rest)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.column)
def test_an_unknown_month_makes_the_feature_unknown_rather_than_zero(burkina: Panel, each: Feature) -> None:
    covered = burkina.covered.copy()
    covered.iloc[-1] = False
    measures = {name: frame.where(covered) for name, frame in burkina.measures.items()}
    frame = each(Panel(burkina.regions, measures, covered))
    exact = each.name in ("lag", "total_so_far")
    if exact:
        assert frame.iloc[-1].isna().all()
    assert np.isfinite(frame.iloc[-2]).all()


def panel_of(burkina: Panel, values: list[float]) -> Panel:
    """The newest months of the bundled panel with one province's attacks written by hand and all others quiet."""
    quiet = burkina.attacks.iloc[-len(values) :] * 0
    quiet["BF1300"] = np.array(values, dtype="float32")
    return Panel(burkina.regions, {"attacks": quiet}, burkina.covered.iloc[-len(values) :])


def test_history_by_hand(burkina: Panel) -> None:
    panel = panel_of(burkina, [0, 0, 4, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    value = {each.column: each(panel)["BF1300"].iloc[-1] for each in ALL if each.name in ("lag", "months_since")}
    assert value["lag()"] == 0
    assert value["months_since()"] == pytest.approx(np.log1p(7))
    assert one(panel, "recent_mean", months=12)["BF1300"].iloc[-1] == pytest.approx(np.log1p(5))
    assert one(panel, "active_share", months=12)["BF1300"].iloc[-1] == pytest.approx(2 / 12)
    assert one(panel, "total_so_far")["BF1300"].iloc[-1] == pytest.approx(np.log1p(5))


def test_a_decay_halves_every_half_life(burkina: Panel) -> None:
    share = one(panel_of(burkina, [0.0] * 80 + [1] + [0] * 6), "decayed_share", half_life=2)["BF1300"]
    assert share.iloc[-1] == pytest.approx(share.iloc[-3] / 2, rel=1e-4)


def test_only_neighbours_feel_an_attack_next_door(burkina: Panel) -> None:
    panel = panel_of(burkina, [0] * 12 + [6])
    links = burkina.regions.neighbours.weights.toarray()
    touching = links[burkina.regions.table.index.get_loc("BF1300")] > 0
    share = one(panel, "neighbour_share", months=1).iloc[-1].to_numpy()
    assert ((share > 0) == touching).all()


def test_the_frontier_is_where_attacks_were(burkina: Panel) -> None:
    km = np.expm1(one(panel_of(burkina, [0] * 12 + [1]), "frontier_distance").iloc[-1])
    assert km["BF1300"] == pytest.approx(0, abs=1e-3)
    assert km.drop("BF1300").min() > 20
    nowhere = np.expm1(one(panel_of(burkina, [0] * 13), "frontier_distance").iloc[-1])
    np.testing.assert_allclose(nowhere, 2000, rtol=1e-4)


def test_a_design_is_the_features_side_by_side(burkina: Panel) -> None:
    chosen = full(burkina)
    values = design(burkina, chosen)
    assert values.shape == (96, 45, len(chosen)) and len(set(columns(chosen))) == len(chosen)


def test_the_full_set_uses_other_attacks_only_where_there_are_any(burkina: Panel) -> None:
    alone = Panel(burkina.regions, {"attacks": burkina.attacks}, burkina.covered)
    assert any("other_attacks" in name for name in columns(full(burkina)))
    assert not any("other_attacks" in name for name in columns(full(alone)))


def test_wrong_names_say_the_nearest(burkina: Panel) -> None:
    with pytest.raises(ValueError, match=r"no feature is called 'recent_meen' \(did you mean 'recent_mean'\?\)"):
        one(burkina, "recent_meen")
    with pytest.raises(ValueError, match="static needs a complete column of the region table, one of .*; got 'rain'"):
        one(burkina, "static", column="rain")
    with pytest.raises(ValueError, match="static needs a complete column .*; got 'name'"):
        one(burkina, "static", column="name")
    with pytest.raises(ValueError, match="phase must be sin or cos; got 'tan'"):
        one(burkina, "season", phase="tan")

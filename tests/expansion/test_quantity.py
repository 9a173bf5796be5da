import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harmattan.expansion import Quantity, change, summary
from harmattan.expansion.quantity import COUNTS, TURNS
from harmattan.months import month

WITH_GAPS = arrays(np.float32, (9, 3), elements=st.sampled_from([0.0, 1.0, 2.0, 7.0, np.nan]))
ANGLES = arrays(np.float32, (9, 2), elements=st.sampled_from([0.0, 5.0, 40.0, 80.0, np.nan]))


def quantity(values: np.ndarray, unit: str = "km", name: str = "reach") -> Quantity:
    columns = np.shape(values)[1]
    names = [f"r{place}" for place in range(columns)]
    items = pd.DataFrame({"scope": "region", "name": names, "horizon": 1, "month": month("2024-01")})
    return Quantity(name, unit, items, np.asarray(values, dtype=np.float32))


@settings(max_examples=40, deadline=None)
@given(WITH_GAPS)
def test_a_summary_is_of_the_draws_that_have_a_value(values: np.ndarray) -> None:
    told = summary(quantity(values))
    for place, row in told.iterrows():
        known = values[~np.isnan(values[:, place]), place]
        assert row["undefined"] == pytest.approx(1 - len(known) / 9)
        if len(known):
            assert row["mean"] == pytest.approx(known.mean(), rel=1e-6)
            want = np.quantile(known, [0.05, 0.5, 0.95], method="inverted_cdf")
            assert [row["q05"], row["q50"], row["q95"]] == want.tolist()
        else:
            assert row[["mean", "q05", "q50", "q95"]].isna().all()
    assert told["p"].isna().all()


@pytest.mark.parametrize("unit", ["event", *COUNTS])
def test_the_probability_of_an_event_or_of_at_least_one_is_never_certain(unit: str) -> None:
    told = summary(quantity([[0, 1], [0, 1], [0, 1]], unit))
    assert told["p"].tolist() == [0.25 / 3.5, 3.25 / 3.5]
    assert told["q50"].isna().all() == (unit == "event")


@settings(max_examples=40, deadline=None)
@given(ANGLES, st.sampled_from(sorted(TURNS)), st.integers(0, 359))
def test_angles_may_be_turned_before_or_after(values: np.ndarray, unit: str, turned: int) -> None:
    told = summary(quantity((values + turned) % TURNS[unit], unit))
    for place in range(2):
        known = values[~np.isnan(values[:, place]), place].astype(float)
        if not len(known):
            assert told.loc[place, ["mean", "q50"]].isna().all()
            continue
        mean = np.angle(np.exp(2j * np.pi * known / TURNS[unit]).mean()) * TURNS[unit] / (2 * np.pi)
        plain = [mean, *np.quantile(known, [0.05, 0.5, 0.95], method="inverted_cdf")]
        for name, want in zip(("mean", "q05", "q50", "q95"), plain, strict=True):
            gap = told.loc[place, name] - want - turned
            assert abs((gap + TURNS[unit] / 2) % TURNS[unit] - TURNS[unit] / 2) < 1e-3
            assert 0 <= told.loc[place, name] < TURNS[unit]


def test_the_interval_of_a_bearing_goes_round_north() -> None:
    told = summary(quantity([[350.0], [0.0], [10.0], [20.0], [np.nan]], "bearing")).iloc[0]
    assert [told["q05"], told["q50"], told["q95"]] == pytest.approx([350, 0, 20], abs=1e-4)
    assert told["mean"] == pytest.approx(5, abs=1e-4)


def test_a_change_keeps_the_pairing_of_draws() -> None:
    before = quantity([[1.0], [10.0], [np.nan]])
    after = quantity([[3.0], [12.0], [5.0]])
    moved = change(before, after)
    assert moved.values[:2, 0].tolist() == [2, 2] and np.isnan(moved.values[2, 0])
    told = summary(moved).iloc[0]
    assert [told["q05"], told["q95"]] == [2, 2] and moved.unit == "change in km"


def test_where_picks_items_and_says_what_is_missing() -> None:
    two = quantity([[1.0, 2.0]])
    assert two.where(name="r1").values.tolist() == [[2.0]]
    with pytest.raises(ValueError, match="reach has none of its 2 items at name 'r5'"):
        two.where(name="r5")


def test_what_does_not_fit_says_so() -> None:
    with pytest.raises(ValueError, match="unit of reach must be one of event, .*; got 'miles'"):
        quantity([[1.0]], "miles")
    good = quantity([[1.0]])
    with pytest.raises(ValueError, match=r"float32 of the shape \(draw, 1 items\); got float64 \(1, 1\)"):
        Quantity("reach", "km", good.items, np.ones((1, 1)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="items of reach must have the columns scope, name, horizon, month"):
        Quantity("reach", "km", good.items[["name"]], good.values)
    with pytest.raises(ValueError, match=r"same quantity, items and draws .* reach \(1, 1\) and reach \(2, 1\)"):
        change(good, quantity([[1.0], [2.0]]))

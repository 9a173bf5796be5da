"""Comparisons month by month: how often intervals cover, which models a confidence set keeps, what is refused."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from harmattan.months import month, month_range
from harmattan.scores.comparison import (
    confidence_set,
    diebold_mariano,
    hac,
    monthly_losses,
    over_time,
    skill_by_horizon,
)

Floats = npt.NDArray[np.float64]


def series(rng: np.random.Generator, kind: str, count: int = 48) -> Floats:
    """Noise around 0: independent, autocorrelated, or means of six overlapping months."""
    noise = rng.standard_normal(count + 50)
    if kind == "remembers":
        for step in range(1, len(noise)):
            noise[step] += 0.5 * noise[step - 1]
    if kind == "overlaps":
        noise = np.convolve(noise, np.ones(6) / 6, "valid")
    return noise[-count:]


def rows(losses: Floats, horizons: tuple[int, ...] = (1, 3)) -> pd.DataFrame:
    """Score rows of models a, b, ... from losses by origin and model, two regions alike."""
    origins = month_range(month("2018-01"), month("2018-01") + len(losses) - 1).astype(str)
    parts = [
        pd.DataFrame({"model": name, "origin": origins, "horizon": h, "region": region, "log_score": losses[:, place]})
        for place, name in enumerate("abcdef"[: losses.shape[1]])
        for h in horizons
        for region in ("r", "s")
    ]
    return pd.concat(parts, ignore_index=True)


# With 600 series a coverage of 0.94 has a standard error of 0.01.
@pytest.mark.parametrize(
    ("kind", "least_hac", "least_dm"),
    [("independent", 0.925, 0.925), ("remembers", 0.91, 0.0), ("overlaps", 0.90, 0.86)],
)
def test_intervals_cover_the_truth(kind: str, least_hac: float, least_dm: float) -> None:
    rng = np.random.default_rng(12)
    horizon = 6 if kind == "overlaps" else 1
    covered = []
    for _ in range(600):
        d = 0.2 + series(rng, kind)
        robust, dm = hac(d), diebold_mariano(d, horizon=horizon)
        covered.append((robust.lower <= 0.2 <= robust.upper, dm.lower <= 0.2 <= dm.upper))
    share = np.mean(covered, axis=0)
    assert least_hac <= share[0] <= 0.975
    assert least_dm <= share[1] <= 0.975


def test_p_values_are_uniform_where_nothing_differs() -> None:
    rng = np.random.default_rng(4)
    p = np.array([hac(series(rng, "independent")).p for _ in range(800)])
    assert np.histogram(p, bins=4, range=(0, 1))[0] == pytest.approx(np.full(4, 200), abs=45)


def test_a_difference_is_signed_and_its_interval_agrees_with_its_test() -> None:
    d = 0.4 + series(np.random.default_rng(1), "independent")
    for one, other in ((hac(d), hac(-d)), (diebold_mariano(d, horizon=2), diebold_mariano(-d, horizon=2))):
        assert one.mean == pytest.approx(-other.mean)
        assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower))
        assert one.p == pytest.approx(other.p)
        assert (one.p < 0.05) == (one.lower > 0)
    limit = hac(d, level=1 - hac(d).p)
    assert limit.lower == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_equal_differences_leave_no_doubt(value: float) -> None:
    for found in (hac(np.full(12, value)), diebold_mariano(np.full(12, value), horizon=1)):
        assert found.lower == pytest.approx(value)
        assert found.upper == pytest.approx(value)
        assert found.p == (1 if value == 0 else 0)


def test_monthly_losses_are_means_over_regions() -> None:
    some = rows(np.array([[1.0, 2.0], [3.0, 4.0]]))
    some.loc[some["region"] == "s", "log_score"] += 1
    table = monthly_losses(some, horizon=3)
    assert table.to_numpy().tolist() == [[1.5, 2.5], [3.5, 4.5]]
    with pytest.raises(ValueError, match="every model must be scored on the same rows; at horizon 3 a and b differ"):
        monthly_losses(some.iloc[:-1], horizon=3)
    with pytest.raises(ValueError, match="score must be a column of the rows; got 'rmse'"):
        monthly_losses(some, score="rmse", horizon=1)


def test_the_confidence_set_keeps_the_best_and_drops_the_worst() -> None:
    rng = np.random.default_rng(3)
    luck = series(rng, "independent", 96)[:, None]
    losses = 1 + luck + 0.3 * rng.standard_normal((96, 3)) + np.array([0.0, 0.01, 0.5])
    table = confidence_set(monthly_losses(rows(losses), horizon=1), rng=rng, draws=500)
    assert table.set_index("model")["in_set"].to_dict() == {"a": True, "b": True, "c": False}
    assert table["loss"].is_monotonic_increasing
    again = confidence_set(monthly_losses(rows(losses), horizon=1), rng=np.random.default_rng(1), draws=500)
    same = confidence_set(monthly_losses(rows(losses), horizon=1), rng=np.random.default_rng(1), draws=500)
    pd.testing.assert_frame_equal(again, same)


def test_the_confidence_set_holds_the_best_model_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    kept = []
    for _ in range(60):
        monthly = pd.DataFrame(rng.standard_normal((48, 4)) + np.array([0, 0, 0.3, 0.6]), columns=list("abcd"))
        table = confidence_set(monthly, level=0.9, block=2, draws=200, rng=rng).set_index("model")
        kept.append(table.loc[["a", "b"], "in_set"].all())
    assert np.mean(kept) >= 0.85


def test_skill_by_horizon_and_over_time() -> None:
    rng = np.random.default_rng(2)
    some = rows(np.column_stack([rng.uniform(0.5, 0.9, 24), np.ones(24)]))
    table = skill_by_horizon(some, models=["a"], baseline="b", rng=rng)
    assert table["horizon"].tolist() == [1, 3]
    assert ((table["lower"] < table["skill"]) & (table["skill"] < table["upper"])).all()
    months = over_time(some, model="a", baseline="b", horizon=1)
    assert months["total"].iloc[-1] == pytest.approx(months["difference"].sum())
    assert months["difference"].mean() == pytest.approx(table["skill"].iloc[0])


def test_messages() -> None:
    with pytest.raises(ValueError, match=r"at least 8 months; got the shape \(5,\)"):
        hac(np.ones(5))
    with pytest.raises(ValueError, match="every month needs a difference; month 3 has none"):
        hac([1, 2, 3, np.nan, 5, 6, 7, 8])
    with pytest.raises(ValueError, match="cosines must lie from 1 to less than the 8 months; got 8"):
        hac(np.arange(8), cosines=8)
    with pytest.raises(ValueError, match="horizon must lie from 1 to less than the 8 months; got 0"):
        diebold_mariano(np.arange(8), horizon=0)
    with pytest.raises(ValueError, match="variance of 8 months at horizon 2 is not positive: use hac"):
        diebold_mariano([1, -1, 1, -1, 1, -1, 1, -1], horizon=2)
    table = pd.DataFrame(np.random.default_rng(1).random((12, 3)), columns=list("abc"))
    with pytest.raises(ValueError, match="needs 2 models and 8 months or more, every loss known; got 1 models, 12"):
        confidence_set(table[["a"]], rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="models must differ in their losses; a and c are alike: leave one out"):
        confidence_set(table.assign(c=table["a"]), rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="block must lie from 1 to the 12 months; got 13"):
        confidence_set(table, block=13, rng=np.random.default_rng(1))

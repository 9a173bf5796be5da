"""Intervals of skill: what they are of, how often they cover, and what they refuse."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from harmattan.months import month, month_range
from harmattan.scores.inference import circular_blocks, differences, skill_interval

REGIONS = ("a", "b", "c")


def rows_of(model: npt.NDArray[np.float64], baseline: npt.NDArray[np.float64], horizon: int = 1) -> pd.DataFrame:
    """Score rows from scores by origin and region, region b never an onset."""
    origins = month_range(month("2018-01"), month("2018-01") + len(model) - 1).astype(str)
    parts = []
    for name, scores in {"new": model, "old": baseline}.items():
        index = pd.MultiIndex.from_product([origins, REGIONS[: scores.shape[1]]], names=["origin", "region"])
        parts.append(pd.DataFrame({"model": name, "horizon": horizon, "log_score": scores.ravel()}, index=index))
    rows = pd.concat(parts).reset_index()
    return rows.assign(onset=rows["region"] != "b")


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return rows_of(rng.uniform(0.1, 0.5, (24, 3)), rng.uniform(0.2, 0.8, (24, 3)))


def interval(rows: pd.DataFrame, **changed: object) -> tuple[float, float, float]:
    asked: dict[str, object] = {"model": "new", "baseline": "old", "horizon": 1, "draws": 300} | changed
    return skill_interval(rows, rng=np.random.default_rng(5), **asked)  # type: ignore[arg-type]


def test_skill_is_that_of_the_score_table(rows: pd.DataFrame) -> None:
    for onset in (False, True):
        seen = rows[rows["onset"]] if onset else rows
        means = seen.groupby("model")["log_score"].mean()
        assert interval(rows, onset=onset)[0] == pytest.approx(1 - means["new"] / means["old"])


def test_the_interval_surrounds_skill_and_the_seed_and_not_the_order_decides(rows: pd.DataFrame) -> None:
    skill, lower, upper = interval(rows)
    assert lower < skill < upper
    assert interval(rows.sample(frac=1, random_state=1)) == (skill, lower, upper)


def test_a_model_has_no_skill_against_itself(rows: pd.DataFrame) -> None:
    assert interval(rows, baseline="new") == (0.0, 0.0, 0.0)


def test_differences_are_by_origin_and_positive_where_the_model_is_better() -> None:
    table = differences(
        rows_of(np.array([[0.1, 9.0, 0.2], [0.5, 9.0, 0.5]]), np.array([[0.3, 1.0, 0.4], [0.1, 1.0, 0.3]])),
        model="new",
        baseline="old",
        horizon=1,
        onset=True,
    )
    assert list(table.index) == ["2018-01", "2018-02"] and table["n"].tolist() == [2, 2]
    assert table["difference"].tolist() == pytest.approx([0.2, -0.3])


def test_blocks_run_on_from_the_end_and_every_place_is_as_likely() -> None:
    places = circular_blocks(10, length=4, draws=4000, rng=np.random.default_rng(1))
    assert places.shape == (4000, 10)
    steps = np.diff(places, axis=1) % 10
    assert (steps[:, [0, 1, 2, 4, 5, 6, 8]] == 1).all()
    np.testing.assert_allclose(np.bincount(places.ravel()) / places.size, 0.1, atol=0.01)


def autocorrelated(rng: np.random.Generator, count: int, rho: float) -> npt.NDArray[np.float64]:
    noise = rng.standard_normal(count + 50)
    for step in range(1, count + 50):
        noise[step] += rho * noise[step - 1]
    return noise[50:]


@pytest.mark.parametrize(("rho", "least"), [(0.0, 0.93), (0.5, 0.88)])
def test_the_interval_covers_the_true_skill_with_autocorrelated_differences(rho: float, least: float) -> None:
    rng = np.random.default_rng(11)
    covered = []
    for _ in range(200):
        baseline = np.full((48, 2), 1.0)
        loss = 0.9 + 0.1 * autocorrelated(rng, 48, rho)[:, None] * np.ones(2)
        _, lower, upper = skill_interval(
            rows_of(loss, baseline), model="new", baseline="old", horizon=1, draws=200, rng=rng
        )
        covered.append(lower <= 0.1 <= upper)
    assert least <= np.mean(covered) <= 0.995


def test_autocorrelation_widens_the_interval() -> None:
    widths = []
    for rho in (0.0, 0.7):
        noise = autocorrelated(np.random.default_rng(2), 96, rho)
        loss = 0.9 + 0.1 * (noise / noise.std())[:, None]
        _, lower, upper = interval(rows_of(loss, np.ones((96, 1))))
        widths.append(upper - lower)
    assert widths[1] > 1.3 * widths[0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"score": "rmse"}, "score must be a column of the rows, such as log_score, brier, crps; got 'rmse'"),
        ({"model": "nwe"}, r"'nwe' is not among the scored models \['new', 'old'\]"),
        ({"horizon": 3}, r"new has no rows of horizon 3; it has \[1\]"),
        ({"blocks": 9}, "blocks must lie from 1 to a third of the origins, 8 of 24; got 9"),
        ({"blocks": 0}, "blocks must lie from 1 to a third of the origins, 8 of 24; got 0"),
        ({"draws": 10}, "draws must be at least 100 for an interval; got 10"),
    ],
)
def test_messages(rows: pd.DataFrame, changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        interval(rows, **changed)


def test_messages_about_the_rows(rows: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="same rows at horizon 1; they have 71 and 72, first apart: 2018-01 a"):
        interval(rows.iloc[1:])
    with pytest.raises(ValueError, match="each region must be scored once per origin; new has 2018-01 a twice"):
        interval(pd.concat([rows, rows.iloc[:1]]))
    holed = rows.copy()
    holed.loc[4, "log_score"] = np.nan
    with pytest.raises(ValueError, match="every row needs a log_score; 1 of new have none, first 2018-02 b"):
        interval(holed)
    with pytest.raises(ValueError, match="no region was quiet at any origin: new has no onset rows at horizon 1"):
        interval(rows.assign(onset=False), onset=True)
    with pytest.raises(ValueError, match="the log_score of old is 0 in every row"):
        interval(rows.assign(log_score=rows["log_score"].where(rows["model"] == "new", 0.0)))
    rare = rows["log_score"].where((rows["model"] == "new") | (rows["origin"] == "2018-01"), 0.0)
    with pytest.raises(ValueError, match="the log_score of old is 0 at 23 of 24 origins"):
        interval(rows.assign(log_score=rare))

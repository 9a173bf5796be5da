"""Watch lists: who is on them, what they catch, and how long before."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.months import month, month_range
from harmattan.scores.watchlists import by_origin, lead_times, listed, summary


def rows(p1: dict[str, list[float]], observed: dict[str, list[int]], quiet_before: set[str]) -> pd.DataFrame:
    """Rows one month ahead from 2020-01 on; a region is quiet until its first attack if it is named."""
    origins = month_range(month("2020-01"), month("2020-01") + len(next(iter(p1.values()))) - 1)
    parts = []
    for region, chances in p1.items():
        counts = np.array(observed[region])
        earlier = np.concatenate([[0], np.cumsum(counts)[:-1]])
        parts.append(
            pd.DataFrame({
                "model": "m", "origin": origins.astype(str), "horizon": 1, "month": (origins + 1).astype(str),
                "region": region, "p1": chances, "observed": counts, "onset": (region in quiet_before) & (earlier == 0),
            })
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1, max_size=12), st.integers(1, 15))
def test_a_list_of_given_size_has_that_size_however_many_are_tied(chances: list[float], size: int) -> None:
    some = pd.DataFrame({"model": "m", "origin": "2020-01", "horizon": 1, "p1": chances})
    on = listed(some, size=size)
    assert on.sum() == pytest.approx(min(size, len(chances)))
    assert on.between(0, 1).all()
    by_chance = on.groupby(some["p1"]).agg(["min", "max"]).sort_index()
    assert np.allclose(by_chance["min"], by_chance["max"])
    assert by_chance["min"].is_monotonic_increasing


def test_shared_places_are_what_a_lottery_among_ties_gives_on_average() -> None:
    rng = np.random.default_rng(1)
    some = pd.DataFrame({
        "model": "m", "origin": "2020-01", "horizon": 1, "p1": rng.choice([0.1, 0.2, 0.4], 12),
        "observed": rng.poisson(0.5, 12),
    })  # fmt: skip
    drawn = [
        (
            some.sample(frac=1, random_state=k).sort_values("p1", ascending=False, kind="stable")["observed"][:5] > 0
        ).mean()
        for k in range(1000)
    ]
    assert by_origin(some, size=5)["precision"].item() == pytest.approx(np.mean(drawn), abs=0.03)


def test_precision_and_recall_by_threshold_and_over_origins() -> None:
    some = rows({"a": [0.9, 0.1], "b": [0.6, 0.7], "c": [0.1, 0.1]}, {"a": [1, 0], "b": [0, 2], "c": [3, 0]}, set())
    each = by_origin(some, at_least=0.5).set_index("origin")
    assert each.loc["2020-01", ["listed", "attacked", "caught", "precision", "recall"]].tolist() == [2, 2, 1, 0.5, 0.5]
    assert each.loc["2020-02", ["precision", "recall"]].tolist() == [1, 1]
    whole = summary(some, at_least=0.5)
    assert whole[["precision", "recall"]].to_numpy().tolist() == [[2 / 3, 2 / 3]]


def test_nothing_listed_or_nothing_attacked_is_unknown_not_zero() -> None:
    some = rows({"a": [0.1], "b": [0.2]}, {"a": [0], "b": [0]}, set())
    assert by_origin(some, at_least=0.5)[["precision", "recall"]].isna().all(axis=None)


def test_lead_is_from_the_first_warning_and_steady_from_the_last_unbroken_run() -> None:
    quiet, rest = 0.1, 0.5
    some = rows(
        {
            "early": [0.9, quiet, 0.9, 0.9, quiet, quiet],
            "late": [quiet, quiet, quiet, quiet, 0.9, quiet],
            "never": [quiet] * 6,
            "active": [rest] * 6,
        },
        {"early": [0, 0, 0, 1, 2, 0], "late": [0, 0, 0, 0, 0, 1], "never": [0, 0, 0, 0, 1, 0], "active": [1] * 6},
        {"early", "late", "never"},
    )
    found = lead_times(some, horizon=1, at_least=0.8).set_index("region")
    assert set(found.index) == {"early", "late", "never"}
    assert found.loc["early", ["month", "lead", "steady", "origins"]].tolist() == ["2020-05", 4, 2, 4]
    assert found.loc["late", ["month", "lead", "steady", "origins"]].tolist() == ["2020-07", 2, 0, 6]
    assert found.loc["never", ["lead", "steady"]].tolist() == [0, 0]
    short = lead_times(some, horizon=1, at_least=0.8, window=3).set_index("region")
    assert short.loc["early", ["lead", "steady", "origins"]].tolist() == [2, 2, 3]


def test_a_place_shared_by_lot_is_no_warning() -> None:
    some = rows({"a": [0.2, 0.2], "b": [0.2, 0.2]}, {"a": [0, 1], "b": [0, 0]}, {"a", "b"})
    assert lead_times(some, horizon=1, size=1)["lead"].tolist() == [0]
    assert lead_times(some, horizon=1, size=2)["lead"].tolist() == [2]


def test_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    regions = list("abcdef")
    some = rows(
        {r: list(rng.random(20)) for r in regions}, {r: list(rng.poisson(0.1, 20)) for r in regions}, set(regions)
    )
    other = some.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(lead_times(some, horizon=1, size=2), lead_times(other, horizon=1, size=2))
    pd.testing.assert_frame_equal(summary(some, size=2), summary(other, size=2))


def test_messages() -> None:
    some = rows({"a": [0.2]}, {"a": [0]}, set())
    with pytest.raises(ValueError, match="needs either size, how many regions, or at_least, a probability"):
        listed(some)
    with pytest.raises(ValueError, match="needs either size"):
        listed(some, size=1, at_least=0.5)
    with pytest.raises(ValueError, match="size must be at least 1 region; got 0"):
        listed(some, size=0)
    with pytest.raises(ValueError, match="at_least must be a probability strictly between 0 and 1; got 1"):
        listed(some, at_least=1.0)
    with pytest.raises(ValueError, match="every row needs a p1 to be ranked; 1 have none"):
        listed(some.assign(p1=np.nan), size=1)
    with pytest.raises(ValueError, match=r"there is no row of horizon 3; there are \[1\]"):
        lead_times(some, horizon=3, size=1)

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan.counts import Counts, count_events, share_by_days, total
from harmattan.events import Events, event_table
from harmattan.months import month

DAYS = st.dates(pd.Timestamp("1989-01-01").date(), pd.Timestamp("2026-12-31").date())
FIRST, LAST = month("2023-01"), month("2023-12")


def counts(**changes: object) -> Counts:
    columns = {
        "region": ["a", "b"],
        "month": pd.PeriodIndex(["2023-05"] * 2, freq="M"),
        "attacks": [1.0, 2.0],
        "deaths": [0.0, np.nan],
    }
    return Counts(pd.DataFrame(columns | changes), source="invented", first=FIRST, last=LAST)


@given(st.lists(st.tuples(DAYS, st.integers(0, 800)), min_size=1, max_size=20))
def test_shares_sum_to_one_and_follow_the_days(intervals: list[tuple[object, int]]) -> None:
    start = pd.Series(pd.to_datetime([day for day, _ in intervals]))
    end = start + pd.to_timedelta([length for _, length in intervals], unit="D")
    shares = share_by_days(start, end)
    assert np.allclose(shares.groupby("row")["share"].sum(), 1)
    assert (shares["share"] > 0).all()
    days = pd.Series(pd.date_range(start[0], end[0])).dt.to_period("M").value_counts(normalize=True).sort_index()
    first = shares[shares["row"] == 0].set_index("month")["share"]
    assert first.index.tolist() == days.index.tolist()
    assert np.allclose(first, days)


@given(DAYS)
def test_an_interval_inside_a_month_belongs_wholly_to_it(day: object) -> None:
    start = pd.Series(pd.to_datetime([day])).dt.to_period("M").dt.to_timestamp()
    shares = share_by_days(start, start + pd.offsets.MonthEnd(0))
    assert shares["share"].tolist() == [1.0]


def test_share_refuses_an_interval_that_ends_before_it_starts() -> None:
    days = pd.Series(pd.to_datetime(["2023-05-04", "2023-05-09"]))
    with pytest.raises(ValueError, match="1 do not, the first at position 0"):
        share_by_days(days[1:], days[:1])


def test_counts_by_hand() -> None:
    table = event_table(
        {
            "event": list("abcdef"),
            "start": ["2023-05-04", "2023-05-09", "2023-05-31", "2023-05-04", "2022-05-04", "2023-06-01"],
            "end": ["2023-05-04", "2023-05-09", "2023-06-03", "2023-05-04", "2022-05-04", "2023-06-01"],
            "deaths": [1, 2, 4, 8, 16, None],
        }
    )
    events = Events(table, source="invented", dropped={"repeated": 1})
    found = count_events(events, ["x", "x", "x", None, "x", "y"], first=FIRST, last=LAST)
    assert found.table.astype({"month": "str"}).fillna(-1).to_numpy().tolist() == [
        ["x", "2023-05", 2.25, 4.0],
        ["x", "2023-06", 0.75, 3.0],
        ["y", "2023-06", 1.0, -1],
    ]
    assert found.dropped == {"repeated": 1, "in no region": 1.0, "outside 2023-01 to 2023-12": 1.0}
    assert found.attacks_read == events.rows_read


def test_bounds_of_deaths_are_counted_where_a_source_has_them() -> None:
    table = event_table({"event": ["a"], "start": ["2023-05-04"], "deaths_low": [1], "deaths_high": [5]})
    found = count_events(Events(table, source="invented"), ["x"], first=FIRST, last=LAST)
    assert found.measures == ["attacks", "deaths", "deaths_low", "deaths_high"]


def test_no_events_give_no_rows() -> None:
    nothing = Events(event_table({"event": [], "start": []}), source="invented")
    assert len(count_events(nothing, [], first=FIRST, last=LAST)) == 0


@given(st.lists(st.tuples(DAYS, st.integers(0, 90), st.sampled_from(["x", "y", None]), st.integers(0, 9)), min_size=1))
def test_counting_loses_no_attack(rows: list[tuple[object, int, str | None, int]]) -> None:
    start = pd.Series(pd.to_datetime([row[0] for row in rows]))
    end = start + pd.to_timedelta([row[1] for row in rows], unit="D")
    table = event_table({"event": list(range(len(rows))), "start": start, "end": end, "deaths": [r[3] for r in rows]})
    regions = [row[2] for row in rows]
    wide = count_events(Events(table, source="invented"), regions, first=month("1989-01"), last=month("2027-12"))
    narrow = count_events(Events(table, source="invented"), regions, first=FIRST, last=LAST)
    assert np.isclose(wide.attacks_read, len(rows))
    assert np.isclose(narrow.attacks_read, len(rows))
    assert np.isclose(wide.table["deaths"].sum(), sum(row[3] for row in rows if row[2] is not None))


def test_count_events_needs_one_region_per_event() -> None:
    events = Events(event_table({"event": ["a"], "start": ["2023-05-04"]}), source="invented")
    with pytest.raises(ValueError, match=r"one code per event, 1; got shape \(2,\)"):
        count_events(events, ["x", "y"], first=FIRST, last=LAST)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"region": ["a", "a"]}, r"each region and month must come once \(1 of 2 rows, first a 2023-05\)"),
        (
            {"attacks": [1.0, np.nan]},
            r"attacks must be known, finite and not negative \(1 of 2 rows, first b",
        ),
        ({"attacks": [1.0, -1.0]}, "attacks must be known, finite and not negative"),
        ({"deaths": [-1.0, 0.0]}, "deaths must not be negative"),
        ({"region": pd.Series([None, "a"], dtype="str")}, "region must be known"),
        (
            {"month": pd.PeriodIndex(["2023-05", "2024-05"], freq="M")},
            "within the coverage 2023-01 to 2023-12",
        ),
        ({"attacks": [1, 2]}, "column attacks must be of type float64, got int64"),
        ({"month": ["2023-05", "2023-06"]}, r"column month must be of type period\[M\], got str"),
    ],
)
def test_counts_are_checked(changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        counts(**changes)


def test_counts_report_conflicts_together() -> None:
    with pytest.raises(ValueError, match=r"come once.*; deaths must not be negative"):
        counts(region=["a", "a"], deaths=[-1.0, 0.0])


def test_coverage_runs_forward() -> None:
    with pytest.raises(ValueError, match="its last month 2023-01 lies before the first, 2023-12"):
        Counts(counts().table, source="invented", first=LAST, last=FIRST)


def test_total_names_a_missing_measure() -> None:
    parts = pd.DataFrame({"region": ["a"], "month": pd.PeriodIndex(["2023-05"], freq="M"), "attacks": [1.0]})
    with pytest.raises(ValueError, match="column deaths is missing"):
        total(parts, source="invented", first=FIRST, last=LAST, dropped={})

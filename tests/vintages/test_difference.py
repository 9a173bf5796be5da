"""What changed between two snapshots."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.counts import Counts
from harmattan.events import Events, event_table
from harmattan.sources import read
from harmattan.vintages import common_months, diff
from harmattan.vintages.content import Found
from harmattan.vintages.difference import Difference, within

YEAR = (pd.Period("2023-01", freq="M"), pd.Period("2023-12", freq="M"))


def events(rows: list[tuple[str, int, int | None, str | None]]) -> Events:
    table = pd.DataFrame(rows, columns=["event", "month", "deaths", "country"])
    start = pd.to_datetime("2023-" + table.pop("month").astype("str").str.zfill(2) + "-04")
    return Events(event_table(table.astype({"deaths": "Int64"}).assign(start=start)), "example")


def counts(rows: list[tuple[str, int, int]]) -> Counts:
    table = pd.DataFrame(rows, columns=["region", "month", "attacks"])
    table["month"] = pd.PeriodIndex([f"2023-{number:02d}" for number in table["month"]], freq="M")
    table = table.astype({"region": "str", "attacks": "float64"}).assign(deaths=0.0)
    return Counts(table, "example", *YEAR)


someone = st.tuples(
    st.sampled_from("abcdef"), st.integers(1, 12), st.none() | st.integers(0, 3), st.sampled_from(["BFA", "MLI", None])
)
tables = st.lists(someone, min_size=1, max_size=6, unique_by=lambda row: row[0]).map(events) | st.lists(
    st.tuples(st.sampled_from(["BF5602", "BF5601"]), st.integers(1, 12), st.integers(0, 3)),
    min_size=1, max_size=6, unique_by=lambda row: row[:2],
).map(counts)  # fmt: skip


@settings(max_examples=10)
@given(tables)
def test_nothing_differs_from_itself(found: Found) -> None:
    same = diff(found, found, months=YEAR)
    assert same.rows.empty and same.by_month.empty and same.by_region.empty
    assert same.totals["attacks_a"] == same.totals["attacks_b"]


@settings(max_examples=15)
@given(tables, tables)
def test_the_way_back_is_the_mirror(a: Found, b: Found) -> None:
    if type(a) is not type(b):
        with pytest.raises(ValueError, match="events and counts cannot be compared"):
            diff(a, b, months=YEAR)
        return
    there, back = diff(a, b, months=YEAR), diff(b, a, months=YEAR)
    swapped = {"added": "removed", "removed": "added", "revised": "revised"}
    assert {(row.row, swapped[row.change], row.columns) for row in there.rows.itertuples()} == {
        (row.row, row.change, row.columns) for row in back.rows.itertuples()
    }
    assert (
        there.by_month[["attacks", "deaths"]].sum().tolist() == (-back.by_month[["attacks", "deaths"]].sum()).tolist()
    )
    for name in ("attacks", "deaths"):
        change = there.totals[f"{name}_b"] - there.totals[f"{name}_a"]
        assert there.by_month[name].sum() == there.by_region[name].sum() == pytest.approx(change)


def test_what_changed_is_named() -> None:
    before = events([("a", 1, 3, "BFA"), ("b", 1, None, "BFA"), ("c", 2, 1, "MLI"), ("d", 2, 0, None)])
    after = events([("a", 1, 4, "BFA"), ("b", 1, None, "BFA"), ("c", 3, 1, "MLI"), ("e", 2, 2, "MLI")])
    found = diff(before, after, months=YEAR)
    told = found.rows.set_index("row")[["change", "columns"]].to_numpy().tolist()
    assert told == [["revised", "deaths"], ["removed", ""], ["added", ""], ["revised", "end, start"]]
    assert found.lines()[:7] == [
        "months compared: 2023-01 to 2023-12", "added: 1", "removed: 1", "revised: 2",
        "columns revised: deaths 1, end 1, start 1", "attacks: 4 -> 4", "deaths: 4 -> 7",
    ]  # fmt: skip
    assert found.by_region.loc["MLI", "attacks"] == 1 and found.by_region.loc["unknown", "removed"] == 1


def test_only_months_of_both_are_compared() -> None:
    before, after = events([("a", 1, 3, "BFA"), ("b", 5, 1, "BFA")]), events([("b", 6, 1, "BFA"), ("c", 7, 1, "BFA")])
    may = pd.period_range("2023-05", "2023-06", freq="M")
    found = diff(before, after, months=common_months(may, pd.period_range("2023-05", "2023-05", freq="M")))
    assert found.rows["row"].tolist() == ["b"] and found.rows["change"].tolist() == ["revised"]
    none: Difference = diff(before, after, months=common_months(may, pd.period_range("2024-05", "2024-06", freq="M")))
    assert none.lines() == ["no month is covered by both"] and none.rows.empty


def test_the_candidate_release_of_october_against_the_final_record_of_burkina_faso(shared: Path) -> None:
    folder = shared / "data" / "events"
    candidate, final = (
        read(folder / "GEDEvent_v23_0_10.csv.gz"),
        read(folder / "ucdp_ged_burkina_faso_2016_2023.parquet"),
    )
    october = (pd.Period("2023-10", freq="M"),) * 2
    found = diff(within(candidate, ["BFA"]), final, months=october)
    assert (found.totals["attacks_a"], found.totals["attacks_b"]) == (58, 57)
    assert found.rows["change"].tolist() == ["removed"]

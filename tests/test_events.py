from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan.events import COLUMNS, Events, event_table, involving, precise, select, tally, with_regions

DAY = "2023-05-04"


def events(**columns: list[object]) -> Events:
    number = len(next(iter(columns.values())))
    ids = [f"e{position}" for position in range(number)]
    return Events(event_table({"event": ids, "start": [DAY] * number, **columns}), source="invented")


def test_event_table_has_every_column_in_its_type() -> None:
    table = event_table({"event": ["a"], "start": [DAY]})
    assert {name: str(kind) for name, kind in table.dtypes.items()} == COLUMNS
    assert table.drop(columns=["event", "start", "end"]).isna().all(axis=None)


def test_event_table_of_no_events_is_valid() -> None:
    nothing = Events(event_table({"event": [], "start": []}), source="invented")
    assert len(involving(precise(nothing, where_limit=4), ["JNIM"])) == 0
    assert nothing.rows_read == 0


def test_event_table_keeps_optional_columns() -> None:
    table = event_table({"event": ["a"], "start": [DAY], "claimed": [True], "tactic": ["ambush"]})
    assert table[["claimed", "tactic"]].iloc[0].tolist() == [True, "ambush"]


def test_event_table_names_absent_and_foreign_columns() -> None:
    with pytest.raises(ValueError, match=r"needs event and start.*absent: event; not known: latitude"):
        event_table({"start": [DAY], "latitude": [1.0]})


def test_all_conflicts_are_reported_at_once() -> None:
    table = event_table(
        {
            "event": ["a", "a", "c"],
            "start": [DAY, DAY, "2023-05-09"],
            "end": [DAY, DAY, DAY],
            "lon": [0.0, 181.0, None],
            "lat": [-91.0, 0.0, 1.0],
            "where_prec": [8, 1, 1],
            "date_prec": [1, 0, 1],
            "deaths": [1, 2, -3],
        }
    )
    with pytest.raises(ValueError, match="the events of invented do not hold together") as caught:
        Events(table, source="invented")
    message = str(caught.value)
    for rule in (
        "event must be known and unique (1 of 3 events, first 'a')",
        "end must not lie before start (1 of 3 events, first 'c')",
        "lon and lat must be known together (1 of 3 events, first 'c')",
        "lon must lie from -180 to 180 degrees",
        "lat must lie from -90 to 90 degrees",
        "where_prec must be 1 to 7",
        "date_prec must be 1 to 5",
        "deaths must not be negative (1 of 3 events, first 'c')",
    ):
        assert rule in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="lon"), "column lon is missing"),
        (lambda table: table.assign(surplus=1), "column surplus is not part of an event table"),
        (lambda table: table.astype({"deaths": "float64"}), "deaths must be of type Int64, got float64"),
        (lambda table: table.set_axis([5]), "the index must count the rows from 0"),
        (lambda table: table.assign(start=table["start"] + pd.Timedelta(hours=3)), "must be whole days"),
        (lambda table: table.assign(start=pd.Series([pd.NaT], dtype="datetime64[us]")), "must be known"),
        (lambda table: table.assign(start=pd.Series(pd.to_datetime(["1023-05-04"])).astype("datetime64[us]")),
         "dates must lie from 1900 to 2100"),
    ],
)  # fmt: skip
def test_layout_and_days_are_checked(change, message) -> None:
    table = event_table({"event": ["a"], "start": [DAY]})
    with pytest.raises(ValueError, match=message):
        Events(change(table), source="invented")


def test_involving_looks_at_both_sides_and_at_allies() -> None:
    found = involving(
        events(
            actor_a=["JNIM", "Government of Mali", "IS", "Dozo; jnim", None],
            actor_b=["Civilians", "JNIM", "JNIMX", "IS", None],
        ),
        ["JNIM"],
    )
    assert found.table["event"].tolist() == ["e0", "e1", "e3"]
    assert found.dropped == {"none of the chosen actors takes part": 2}


def test_involving_takes_curly_apostrophes_for_straight_ones() -> None:
    assert len(involving(events(actor_a=["Jama’at Nusrat"]), ["Jama'at Nusrat"])) == 1


@pytest.mark.parametrize("actors", [[], "JNIM"])
def test_involving_needs_a_list_of_actors(actors) -> None:
    with pytest.raises(ValueError, match="actors must be a list of at least one name"):
        involving(events(actor_a=["JNIM"]), actors)


def test_precise_counts_what_it_leaves_out_and_lets_unknown_pass() -> None:
    kept = precise(
        events(where_prec=[1, 4, 5, 6, None, 1], date_prec=[1, 4, 1, 5, None, 5]), where_limit=4, date_limit=4
    )
    assert kept.table["event"].tolist() == ["e0", "e1", "e4"]
    assert kept.dropped == {"placed worse than where_prec 4": 2, "dated worse than date_prec 4": 1}


def test_chosen_events_hold_together_as_if_they_were_checked_anew() -> None:
    table = event_table(
        {"event": list("abc"), "start": ["2023-05-04"] * 3, "where_prec": [1, 6, 2], "deaths": [1, 2, 3]}
    )
    events = Events(table, "example", {"repeated event id": 1}, {"noted": 2})
    keep = np.array([True, False, True])
    regions = np.array(["BF1300", "BF5600", None], dtype=object)
    for chosen in (select(events, keep, reason="not wanted"), with_regions(events, regions, keep)):
        anew = Events(chosen.table.copy(), chosen.source, chosen.dropped, chosen.notes)
        assert (len(anew), anew.table["event"].tolist(), chosen.notes) == (2, ["a", "c"], {"noted": 2})
    assert chosen.table["region"].fillna("none").tolist() == ["BF1300", "none"]
    assert select(events, np.ones(3, dtype=bool), reason="not wanted") is events


def test_select_needs_one_value_per_event() -> None:
    with pytest.raises(ValueError, match=r"one value per event, 2; got shape \(1,\)"):
        select(events(actor_a=["a", "b"]), pd.Series([True]).to_numpy(), reason="any")


def test_tally_adds_to_a_reason_and_ignores_none() -> None:
    assert tally({"a": 1}, "a", 2) == {"a": 3}
    assert tally({"a": 1}, "b", 0) == {"a": 1}


@given(
    st.lists(st.tuples(st.sampled_from(["JNIM", "IS", None]), st.integers(1, 7), st.integers(1, 5)), min_size=1),
    st.integers(1, 7),
)
def test_rows_read_never_change(rows: list[tuple[str | None, int, int]], limit: int) -> None:
    actors, places, days = (list(column) for column in zip(*rows, strict=True))
    whole = events(actor_a=actors, where_prec=places, date_prec=days)
    kept = involving(precise(whole, where_limit=limit), ["JNIM"])
    assert kept.rows_read == len(rows)
    assert (kept.table["where_prec"] <= limit).all()

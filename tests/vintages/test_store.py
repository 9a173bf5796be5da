"""Snapshots: one address for one content, whole or not there, never changed."""

from __future__ import annotations

import gzip
import json
import multiprocessing
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.counts import Counts
from harmattan.events import Events, event_table
from harmattan.vintages import SnapshotError, add, as_of, find, joined, known_on, read, snapshots
from harmattan.vintages.content import canonical, content_hash, restored
from harmattan.vintages.coverage import covered_by_name
from harmattan.vintages.snapshot import ABOUT, TABLE
from harmattan.vintages.stack import UncoveredError

Rows = list[dict[str, Any]]
Write = Callable[[str, Rows], Path]
MAY = pd.Period("2023-05", freq="M")


def address(events: Events) -> str:
    return content_hash(canonical(events), kind="events", source=events.source)


@settings(max_examples=12)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "event": st.text("abc\x00|é", min_size=1, max_size=4),
                "deaths": st.none() | st.integers(0, 9),
                "actor_a": st.none() | st.text("JNIM; ", max_size=5),
                "claimed": st.none() | st.booleans(),
            }
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda row: row["event"],
    ),
    st.randoms(use_true_random=False),
)
def test_the_address_is_that_of_the_rows_whatever_their_order(rows: Rows, chance: Any) -> None:
    table = event_table(pd.DataFrame(rows).assign(start=pd.Timestamp("2023-05-04")))
    events = Events(table, "example")
    shuffled = list(range(len(table)))
    chance.shuffle(shuffled)
    other = Events(table.iloc[shuffled].reset_index(drop=True), "example")
    assert address(events) == address(other)
    back = restored(canonical(events), kind="events", source="example", first=MAY, last=MAY)
    assert address(back) == address(events)  # type: ignore[arg-type]
    changed = table.assign(deaths=table["deaths"].fillna(0) + 1)
    assert address(Events(changed, "example")) != address(events)
    assert address(Events(table, "another")) != address(events)


def test_values_cannot_slip_from_one_column_or_row_to_the_next() -> None:
    day = ["2023-05-04"] * 2
    tables = [
        {"event": ["a", "b"], "actor_a": ["x", "yz"]},
        {"event": ["a", "b"], "actor_a": ["xy", "z"]},
        {"event": ["a", "b"], "actor_b": ["x", "yz"]},
        {"event": ["a", "b"], "actor_a": ["x", None], "actor_b": [None, "yz"]},
        {"event": ["a", "b"], "deaths": [0, None]},
        {"event": ["a", "b"], "deaths": [None, 0]},
        {"event": ["a", "b"]},
    ]
    assert len({address(Events(event_table({**each, "start": day}), "example")) for each in tables}) == len(tables)


def test_the_same_content_makes_nothing_new(ged: Write, monthly: Callable[..., Rows], tmp_path: Path) -> None:
    file, store = ged("GEDEvent_v23_0_5.csv", monthly("2023-05", 1, 4)), tmp_path / "vintages"
    first = add(file, store, known="2023-06-20")
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file() and path.name != ".lock"}
    backwards = pd.read_csv(file, dtype=str).iloc[::-1]
    backwards.to_parquet(tmp_path / "again.parquet")
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(file.read_bytes()))
    for again in ("again.parquet", "packed.csv.gz"):
        assert add(tmp_path / again, store) == first
    assert before == {path: path.stat().st_mtime_ns for path in before}
    assert [each.content for each in snapshots(store)] == [first.content]
    assert find(store, "ucdp-23.0.5") == find(store, first.content[:8]) == first


def test_what_is_said_of_a_snapshot(ged: Write, monthly: Callable[..., Rows], tmp_path: Path) -> None:
    file = ged("GEDEvent_v23_0_5.csv", [*monthly("2023-05", 1, 4), {"id": "1", "date_start": "2023-02-01"}])
    kept = add(file, tmp_path / "v", retrieved=datetime(2023, 6, 21, 9, tzinfo=UTC))
    assert (kept.release, kept.first, kept.last, kept.cut_off) == ("23.0.5", "2023-05", "2023-05", "2023-05-31")
    assert (kept.known, kept.retrieved, kept.rows) == ("2023-06-21", "2023-06-21T09:00:00+00:00", 5)
    assert kept.licence == "CC BY 4.0" and "Hegre" in kept.citation
    said = add(file, tmp_path / "w", release="x", series="mine", known="2023-07-01", first="2023-02", licence="own")
    assert (said.name, said.known, said.first, said.licence) == ("mine-x", "2023-07-01", "2023-02", "own")


@pytest.mark.parametrize(
    ("release", "first", "last"),
    [("24.1", "1989-01", "2023-12"), ("23.0.10", "2023-10", "2023-10"), ("23.01.24.03", "2023-01", "2024-03")],
)
def test_a_release_of_ucdp_says_what_it_covers(release: str, first: str, last: str) -> None:
    assert [str(each) for each in covered_by_name("ucdp", release) or ()] == [first, last]
    assert covered_by_name("acled", release) is None


@pytest.mark.parametrize("release", ["23.0.13", "23.13.23.14", "mine", "23", "241"])
def test_other_names_say_nothing(release: str) -> None:
    assert covered_by_name("ucdp", release) is None


def test_counts_are_kept_too(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("region,month,attacks,deaths\nBF5602,2023-01,2,5\nBF5601,2023-03,1,\n")
    kept = add(file, tmp_path / "v")
    found = read(kept)
    assert isinstance(found, Counts) and (str(found.first), str(found.last)) == ("2023-01", "2023-03")
    assert found.table[["region", "attacks"]].to_numpy().tolist() == [["BF5601", 1.0], ["BF5602", 2.0]]
    assert found.table["deaths"].isna().tolist() == [True, False]


@pytest.fixture
def one(ged: Write, monthly: Callable[..., Rows], tmp_path: Path) -> Path:
    return add(ged("GEDEvent_v23_0_5.csv", monthly("2023-05", 1, 4)), tmp_path / "vintages").path


def test_an_altered_table_is_found(one: Path) -> None:
    kept = snapshots(one.parent)[0]
    stored = bytearray((one / TABLE).read_bytes())
    stored[len(stored) // 2] ^= 1
    (one / TABLE).write_bytes(stored)
    with pytest.raises(SnapshotError, match=r"table.parquet was altered after it was written: expected SHA-256"):
        read(kept)
    (one / TABLE).unlink()
    with pytest.raises(SnapshotError, match="is gone; delete the folder and add GEDEvent_v23_0_5.csv again"):
        read(kept)


def test_an_altered_description_is_found(one: Path) -> None:
    said = json.loads((one / ABOUT).read_text())
    (one / ABOUT).write_text(json.dumps({**said, "known": "2020-01-01"}))
    with pytest.raises(SnapshotError, match=r"snapshot.json was altered"):
        snapshots(one.parent)
    (one / ABOUT).write_text(json.dumps({**said, "schema": 9}))
    with pytest.raises(SnapshotError, match="has schema 9"):
        snapshots(one.parent)
    (one / ABOUT).write_text("{")
    with pytest.raises(SnapshotError, match="is not a snapshot"):
        snapshots(one.parent)


def test_a_snapshot_under_another_address_is_found(one: Path, ged: Write, monthly: Callable[..., Rows]) -> None:
    other = add(ged("other.csv", monthly("2023-05", 1, 3)), one.parent.parent / "elsewhere")
    for path in one.iterdir():
        path.unlink()
    one.rmdir()
    other.path.rename(one)
    with pytest.raises(SnapshotError, match="not what it is named by"):
        add(ged("GEDEvent_v23_0_5.csv", monthly("2023-05", 1, 4)), one.parent)


def test_what_a_killed_run_left_is_not_a_snapshot(one: Path, ged: Write, monthly: Callable[..., Rows]) -> None:
    half = one.parent / ".0123456789abcdef.partial"
    half.mkdir()
    (half / TABLE).write_bytes(b"half")
    assert len(snapshots(one.parent)) == 1
    add(ged("more.csv", monthly("2023-06", 1, 4)), one.parent)
    assert not half.exists() and len(snapshots(one.parent)) == 2


def _add_all(files: list[Path], store: Path) -> None:
    for file in files:
        add(file, store, known="2023-06-20")


def test_two_processes_may_add_at_once(ged: Write, monthly: Callable[..., Rows], tmp_path: Path) -> None:
    files = [ged(f"file{number}.csv", monthly("2023-05", 1, 3 + number % 3)) for number in range(6)]
    context = multiprocessing.get_context("fork")
    runs = [context.Process(target=_add_all, args=(order, tmp_path / "v")) for order in (files, files[::-1])]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    kept = snapshots(tmp_path / "v")
    assert [each.exitcode for each in runs] == [0, 0] and len(kept) == 3
    assert sorted(len(read(each)) for each in kept) == [3, 4, 5]


def test_names_are_looked_up_with_care(one: Path, ged: Write, monthly: Callable[..., Rows]) -> None:
    with pytest.raises(SnapshotError, match=r"called 'ucdp-23.0.6' \(did you mean 'ucdp-23.0.5'\?\); there are: "):
        find(one.parent, "ucdp-23.0.6")
    add(ged("b.csv", monthly("2023-05", 1, 5)), one.parent, release="23.0.5")
    with pytest.raises(SnapshotError, match="2 snapshots in .* are called 'ucdp-23.0.5': say which by its hash"):
        find(one.parent, "ucdp-23.0.5")
    with pytest.raises(ValueError, match="a day must be written YYYY-MM-DD"):
        as_of(one.parent, "2023-13-01")
    with pytest.raises(ValueError, match="release must be made of letters"):
        add(ged("c.csv", monthly("2023-05", 1, 6)), one.parent, release="../x")


@pytest.fixture
def history(ged: Write, monthly: Callable[..., Rows], tmp_path: Path) -> Path:
    """A yearly release, Candidate releases of two months before it was known, and the next yearly release."""
    store = tmp_path / "history"
    add(ged("GEDEvent_v23_1.csv", monthly("2022-01", 12, 3)), store, known="2023-06-01", first="2022-01")
    for month, day in (("2023-01", "2023-02-20"), ("2023-02", "2023-03-20")):
        late = [
            {"id": "202211900", "date_start": "2022-11-15"},
            {"id": "202211001", "date_start": "2022-11-02", "best": 9},
        ]
        rows = [*monthly(month, 1, 6), *(late if month == "2023-02" else [])]
        add(ged(f"GEDEvent_v23_0_{int(month[-2:])}.csv", rows), store, known=day)
    final = [*monthly("2022-01", 12, 4), *monthly("2023-01", 12, 4)]
    add(ged("GEDEvent_v24_1.csv", final), store, known="2024-06-01", first="2022-01")
    return store


def counted(store: Path, date: str) -> list[str]:
    return [each.release for each in as_of(store, date).get("ucdp", ())]


def test_what_counted_on_a_day(history: Path) -> None:
    assert counted(history, "2023-02-19") == []
    assert counted(history, "2023-02-20") == ["23.0.1"]
    assert counted(history, "2023-12-31") == ["23.1", "23.0.2", "23.0.1"]
    assert counted(history, "2024-06-01") == ["24.1"]
    assert as_of(history, "2024-06-01", "acled") == {}


@settings(max_examples=25)
@given(st.dates(pd.Timestamp("2023-01-01").date(), pd.Timestamp("2024-12-31").date()), st.integers(0, 400))
def test_what_is_known_only_grows_newer(history_once: Path, days: Any, later: int) -> None:
    early, late = f"{days:%Y-%m-%d}", f"{days + pd.Timedelta(days=later):%Y-%m-%d}"
    before, after = as_of(history_once, early).get("ucdp", ()), as_of(history_once, late).get("ucdp", ())
    assert all(each.known <= early for each in before)
    covered = [{month for each in group for month in each.months} for group in (before, after)]
    assert covered[0] <= covered[1]
    for month in covered[0]:
        newest = [next(each.known for each in group if month in each.months) for group in (before, after)]
        assert newest[0] <= newest[1]


@pytest.fixture(scope="module")
def history_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("counts")
    spans = {
        "2023-03-01": ("2022-01", "2023-02"),
        "2023-07-01": ("2023-03", "2023-06"),
        "2024-03-01": ("2022-06", "2024-01"),
    }
    for number, (known, (first, last)) in enumerate(spans.items()):
        months = pd.period_range(first, last, freq="M")
        lines = [f"BF5602,{month},{number + 1},0" for month in months]
        (store / "file.csv").write_text("\n".join(["region,month,attacks,deaths", *lines]) + "\n")
        add(store / "file.csv", store / "v", known=known, series="ucdp")
    return store / "v"


def test_each_month_is_as_the_newest_snapshot_says(history: Path) -> None:
    known = known_on(history, "2023-12-31")
    events = known.read()
    assert isinstance(events, Events) and (str(known.first), str(known.last)) == ("2022-01", "2023-02")
    number = events.table["start"].dt.to_period("M").value_counts()
    assert number["2023-01"] == number["2023-02"] == 6 and number["2022-12"] == 3
    # The yearly release is newer than the Candidate releases, so what they say of November is not used.
    assert number["2022-11"] == 3 and events.table["event"].is_unique


def test_late_events_of_earlier_months_are_added_once(ged: Write, monthly: Callable[..., Rows], tmp_path: Path) -> None:
    add(ged("GEDEvent_v23_1.csv", monthly("2022-01", 12, 3)), tmp_path / "v", known="2023-01-10", first="2022-01")
    late = [{"id": "9", "date_start": "2022-11-15"}, {"id": "202211001", "date_start": "2022-11-02", "best": 9}]
    add(ged("GEDEvent_v23_0_1.csv", [*monthly("2023-01", 1, 6), *late]), tmp_path / "v", known="2023-02-20")
    table = known_on(tmp_path / "v", "2023-03-01").read().table
    november = table[table["start"].dt.to_period("M") == pd.Period("2022-11", freq="M")]
    assert sorted(november["event"]) == ["202211000", "202211001", "202211002", "9"]
    assert november.set_index("event")["deaths"]["202211001"] == 9


def test_a_month_that_no_snapshot_covers_is_not_zero(history: Path) -> None:
    chosen = [find(history, "ucdp-23.0.2"), find(history, "ucdp-23.1")]
    with pytest.raises(UncoveredError, match="but none covers 2023-01: add a release that does"):
        joined(chosen)
    with pytest.raises(SnapshotError, match="no snapshot in .* was known by 2023-01-01"):
        known_on(history, "2023-01-01")


def test_several_series_must_be_named(history: Path, ged: Write, monthly: Callable[..., Rows]) -> None:
    add(ged("mine.csv", monthly("2023-05", 1, 2)), history, series="mine", known="2023-06-02")
    with pytest.raises(SnapshotError, match="has several series, mine, ucdp: name one in data.vintage"):
        known_on(history, "2024-12-01")
    assert known_on(history, "2024-12-01", "mine").snapshots[0].series == "mine"

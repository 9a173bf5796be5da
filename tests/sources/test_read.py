from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan.counts import Counts
from harmattan.events import Events
from harmattan.sources import LAYOUTS, SOURCES, detect, files, quotes, read
from harmattan.sources.summary import summary

REAL = {
    "GEDEvent_v23_0_10.csv.gz": "ucdp",
    "GEDEvent_v26_0_1.csv.gz": "ucdp",
    "ucdp_ged_burkina_faso_2016_2023.csv.gz": "ucdp",
    "ucdp_ged_burkina_faso_2016_2023.parquet": "ucdp",
    "ucdp_ged_west_africa_four_windows.parquet": "ucdp",
    "ucdp_country_month_west_africa_1989_2026-05.parquet": "ucdp_country_month",
    "ucdp_dyad_month_jnim_family_1989_2026-05.parquet": "ucdp_dyad_month",
}


def test_every_source_has_a_layout() -> None:
    assert list(SOURCES) == list(LAYOUTS)


@pytest.mark.parametrize("name", REAL)
def test_real_files_are_known_by_their_columns(name: str, shared: Path) -> None:
    assert detect(shared / "data/events" / name) == REAL[name]


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_with_the_columns_needed_is_known(source: str, tmp_path: Path) -> None:
    for layout in LAYOUTS[source]:
        path = tmp_path / "a.csv"
        path.write_text(",".join(name.upper() for name in layout.needed) + "\n", encoding="utf-8")
        assert detect(path) == source


def test_a_file_is_unpacked_once_to_be_known_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, unpacked = tmp_path / "a.csv.gz", []
    path.write_bytes(gzip.compress(b"region,month,attacks,deaths\nML-5,2023-05,2,1\n"))
    monkeypatch.setattr(files, "_gunzip", lambda content, place: unpacked.append(place) or gzip.decompress(content))
    read(path)
    assert unpacked == ["a.csv.gz"]
    path.write_bytes(gzip.compress(b"region,month,attacks,deaths\nML-5,2023-05,3,1\n"))
    assert read(path).table["attacks"].tolist() == [3.0]


@given(st.text(alphabet='a,"\n', max_size=60), st.integers(1, 9))
def test_quotation_marks_pair_up_in_blocks_of_any_size(text: str, block: int) -> None:
    content = text.encode()
    whole = quotes.paired(content, ",")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quotes, "_BLOCK", block)
        parts = quotes.paired(content, ",")
        assert (parts is None) == (whole is None)
        if parts is not None:
            before = [quotes.marks_before(content, parts, at) for at in range(len(content) + 1)]
            assert before == [content[:at].count(b'"') for at in range(len(content) + 1)]


def test_unknown_source_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no source is called 'aceld' \(did you mean 'acled'\?\); known: ucdp, "):
        read(tmp_path / "a.csv", "aceld")


def test_summary_of_events(shared: Path) -> None:
    events = read(shared / "data/events/GEDEvent_v26_0_1.csv.gz")
    assert isinstance(events, Events)
    lines = summary(events)
    assert lines[:4] == [
        "source: ucdp", "rows read: 1727", "events kept: 1727", "note: date_prec 0 read as unknown: 3",
    ]  # fmt: skip
    assert "first and last day: 2025-12-22 to 2026-02-05" in lines
    assert "actors not coded yet (XXX): 579" in lines
    assert "place precision (where_prec): 1: 795, 2: 325, 3: 312, 4: 137, 5: 144, 6: 12, 7: 2" in lines


def test_summary_of_counts(shared: Path) -> None:
    counts = read(shared / "data/events/ucdp_dyad_month_jnim_family_1989_2026-05.parquet")
    assert isinstance(counts, Counts)
    lines = summary(counts)
    assert "left out: no single country: JNIM - Civilians: 616" in lines
    assert "first and last month: 1989-01 to 2026-05" in lines


def test_summary_of_no_events(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("date,region\n2023-05-04,x\n", encoding="utf-8")
    events = read(path)
    nothing = Events(events.table.iloc[:0], "plain", dropped={"not wanted": 1})
    assert summary(nothing) == [
        "source: plain", "rows read: 1", "events kept: 0", "left out: not wanted: 1",
    ]  # fmt: skip

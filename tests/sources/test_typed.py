"""Reading with types gives exactly what reading with care gives, or steps aside."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harmattan.events import Events
from harmattan.sources import typed, ucdp
from harmattan.sources.files import SourceError
from harmattan.sources.quotes import paired
from harmattan.sources.typed import read_typed

ROW = {
    "id": "7", "type_of_violence": "3", "side_a": "JNIM, MSA", "side_b": "Civilians", "where_prec": "1",
    "latitude": "14.1", "longitude": "-1.6", "adm_1": "Sahel", "country": "Ivory Coast", "date_prec": "1",
    "date_start": "2023-05-04 00:00:00.000", "date_end": "2023-05-04", "best": "3", "high": "4", "low": "3",
    "source_headline": "a, \"quoted\"\nheadline",
}  # fmt: skip


def with_care(path: Path, monkeypatch: pytest.MonkeyPatch) -> Events | str:
    with monkeypatch.context() as patch:
        patch.setattr(ucdp, "read_typed", lambda path, layout: None)
        return told(path)


def told(path: Path) -> Events | str:
    try:
        return ucdp.read_events(path)
    except (SourceError, ValueError) as error:
        return str(error)


def same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, careful = told(path), with_care(path, monkeypatch)
    if isinstance(fast, str) or isinstance(careful, str):
        assert fast == careful
        return
    pd.testing.assert_frame_equal(fast.table, careful.table)
    assert (fast.dropped, fast.notes) == (careful.dropped, careful.notes)


@pytest.mark.parametrize(
    "name", ["GEDEvent_v23_0_10.csv.gz", "GEDEvent_v26_0_1.csv.gz", "ucdp_ged_burkina_faso_2016_2023.csv.gz"]
)
@pytest.mark.parametrize("part", [1 << 23, 20_000])
def test_real_files_are_read_the_same(name: str, part: int, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one part, and in many that begin amid quoted headlines of several lines."""
    path = shared / "data" / "events" / name
    monkeypatch.setattr(typed, "_BLOCK", part)
    assert read_typed(path, ucdp.LAYOUT) is not None
    if part > 20_000:
        same(path, monkeypatch)
        return
    content = gzip.decompress(path.read_bytes())
    cuts = typed._cuts(content, paired(content, ","))
    assert len(cuts) > 20 and cuts == sorted(set(cuts)) and cuts[-1] == len(content)
    whole = ucdp.read_events(path)
    monkeypatch.setattr(typed, "_BLOCK", 1 << 23)
    pd.testing.assert_frame_equal(whole.table, ucdp.read_events(path).table)


VALUES: dict[str, list[str]] = {
    "id": ["7", " 7", "007", "", "NA", "x"],
    "type_of_violence": ["1", "3", "4", "", "1.0", "x"],
    "side_a": ["JNIM", " JNIM ", "", " NA ", "Clan (Luba, Lulua)", "NULL"],
    "where_prec": ["1", "7", "8", "", " 3 ", "3.0"],
    "latitude": ["14.1", "", "91", "nan", "inf", "1e1", "14,1"],
    "longitude": ["-1.6", "", "-181", "NaN"],
    "date_prec": ["1", "0", "5", "6", ""],
    "date_start": ["2023-05-04", "2023-05-04 00:00:00.000", "05/04/2023", "2023-05-05", "", "2023-02-30", "1850-01-01"],
    "best": ["3", "0", "-1", "", "3.0", "1e3"],
    "country": ["Mali", " Mali", "", "Ivory Coast"],
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 6), max_size=2), min_size=1, max_size=3)
)
def test_whatever_a_value_is_the_answer_is_that_of_careful_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picks: list[dict[str, int]]
) -> None:
    rows: list[dict[str, Any]] = []
    for number, pick in enumerate(picks):
        changed = {name: VALUES[name][place % len(VALUES[name])] for name, place in pick.items()}
        rows.append({**ROW, "id": str(number), **changed})
    pd.DataFrame(rows).to_csv(tmp_path / "ged.csv", index=False)
    same(tmp_path / "ged.csv", monkeypatch)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.removesuffix("\n"),
        lambda text: text.replace("best", "best_est"),
        lambda text: text.replace("country", "Country"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(",", ";"),
        lambda text: text + "\n",
        lambda text: text + ",,\n",
        lambda text: text + '"open\n',
        lambda text: text.replace('"a, ', '"""a, '),
        lambda text: text.replace("best", "id", 1),
        lambda text: text.split("\n")[0] + "\n",
    ],
)
def test_files_written_in_other_ways(change: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = pd.DataFrame([ROW, ROW | {"id": "8"}]).to_csv(index=False)
    (tmp_path / "ged.csv").write_text(change(text), encoding="utf-8", newline="")
    same(tmp_path / "ged.csv", monkeypatch)

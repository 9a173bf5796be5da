from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from harmattan.counts import Counts
from harmattan.events import Events
from harmattan.months import month
from harmattan.sources import read
from harmattan.sources.files import SourceError


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_events_with_everything(tmp_path: Path) -> None:
    events = read(
        write(
            tmp_path,
            "event,start,end,longitude,latitude,actor_a,actor_b,deaths,region,claimed,tactic,target,country\n"
            "a,2023-05-30,2023-06-02,-1.5,14,JNIM,VDP,3,BF-SAH,oui,ambush,convoy,Burkina Faso\n"
            "b,2023-05-30,2023-05-30,,,JNIM,,,BF-SAH,No,,,CIV\n"
            "a,2023-05-30,2023-05-30,,,JNIM,,,BF-SAH,,,,CIV\n",
        )
    )
    assert isinstance(events, Events)
    table = events.table
    assert table["country"].tolist() == ["BFA", "CIV"]
    assert table["claimed"].tolist() == [True, False]
    assert table["deaths"].tolist() == [3, pd.NA]
    assert table[["tactic", "target", "region"]].iloc[0].tolist() == ["ambush", "convoy", "BF-SAH"]
    assert events.dropped == {"repeated event": 1}


def test_events_without_id_are_named_after_their_row(tmp_path: Path) -> None:
    table = read(write(tmp_path, "date,region\n2023-05-04,x\n\n2023-05-05,y\n")).table
    assert table["event"].tolist() == ["row 2", "row 4"]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_remarks_stand_above_the_headings_and_count_as_rows(mark: str, tmp_path: Path) -> None:
    remarks = mark + '# what this list is, and is not\n#\n"# from a spreadsheet",,\n'
    table = read(write(tmp_path, remarks + "date,region\n2023-05-04,x\n\n2023-05-05,#y\n")).table
    assert table["event"].tolist() == ["row 5", "row 7"]
    assert table["region"].tolist() == ["x", "#y"]
    with pytest.raises(SourceError, match="row 5, column start: expected a date"):
        read(write(tmp_path, remarks + "date,region\nsoon,x\n"))
    with pytest.raises(SourceError, match="row 6 has 3 of 2 values"):
        read(write(tmp_path, remarks + "date,region\n2023-05-04,x\n2023-05-05,x,y\n"))


def test_tags_below_the_headings_are_no_remarks(tmp_path: Path) -> None:
    table = read(write(tmp_path, "date,region\n#date,#adm1\n2023-05-04,x\n")).table
    assert table["event"].tolist() == ["row 3"]


def test_who_is_behind_an_attack_is_kept(tmp_path: Path) -> None:
    rows = "2023-05-04,x,Claimed,yes\n2023-05-05,x,présumée,no\n2023-05-06,x,non attribuée,\n2023-05-07,x,,yes\n"
    table = read(write(tmp_path, "date,region,attribution,claimed\n" + rows)).table
    assert table["attribution"].fillna("").tolist() == ["claimed", "suspected", "unattributed", ""]
    assert table["claimed"].tolist() == [True, False, pd.NA, True]


def test_counts_with_further_measures(tmp_path: Path) -> None:
    counts = read(write(tmp_path, "region,month,attacks,deaths,rumours\nx,2023-05,1,2,0.5\nx,2023-07-01,0,,\n"))
    assert isinstance(counts, Counts)
    assert counts.measures == ["attacks", "deaths", "rumours"]
    assert counts.table["rumours"].isna().tolist() == [False, True]
    assert (counts.first, counts.last) == (month("2023-05"), month("2023-07"))


def test_counts_survive_parquet(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"region": ["x"], "month": [pd.Timestamp("2023-05-01")], "attacks": [1.25], "deaths": [float("nan")]}
    )
    table.to_parquet(tmp_path / "mine.parquet")
    found = read(tmp_path / "mine.parquet").table
    assert found["month"].tolist() == [month("2023-05")]
    assert found["attacks"].tolist() == [1.25]
    assert found["deaths"].isna().tolist() == [True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "region,month,attacks,deaths\nx,2023-5-4,1,1\n",
            "column month: expected a month written YYYY-MM, got '2023-5-4'",
        ),
        ("region,month,attacks,deaths\nx,2023-13,1,1\n", "expected a month written YYYY-MM, got '2023-13'"),
        (
            "region,month,attacks,deaths\nx,2023-05,,1\n",
            "column attacks: expected a number from 0 up, got nothing",
        ),
        (
            "region,month,attacks,deaths\nx,2023-05,1,1\nx,2023-05,1,1\n",
            "row 3, column month: expected each region and month once, got '2023-05'",
        ),
        (
            "region,month,attacks,deaths,note\nx,2023-05,1,1,quiet\n",
            "column note: expected a number, got 'quiet'",
        ),
        ("date,actor\n2023-05-04,JNIM\n", "expected columns lon and lat, or region; found start, actor_a"),
        ("date,region,claimed\n2023-05-04,x,maybe\n", "column claimed: expected yes or no, got 'maybe'"),
        ("# only this\n", "has remarks but no column headings"),
        (
            "date,region,attribution\n2023-05-04,x,maybe\n",
            "column attribution: expected one of claimed, suspected, unattributed, got 'maybe'",
        ),
        (
            "date,region,attribution,claimed\n2023-05-04,x,suspected,yes\n",
            "column attribution: expected what the column claimed says, got 'suspected'",
        ),
        ("start,end,region\n2023-05-04,2023-05-01,x\n", "column end: expected a day not before the start"),
    ],
)
def test_bad_tables_are_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message):
        read(write(tmp_path, text))

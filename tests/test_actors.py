from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harmattan.actors import COLUMNS, lineage, members
from harmattan.events import Events, event_table
from harmattan.sources import ucdp

HEADER = ",".join(COLUMNS)


def event(actor: str, start: str, country: str | None = "MLI") -> Events:
    table = event_table({"event": ["a"], "start": [start], "actor_b": [actor], "country": [country]})
    return Events(table, source="invented")


@pytest.mark.parametrize(
    ("actor", "start", "country", "member"),
    [
        ("JNIM", "2017-03-01", "BFA", True),
        ("JNIM", "2017-02-28", "BFA", False),
        ("JNIM", "2023-05-04", None, True),
        ("JNIM: Group for Support of Islam and Muslims", "2023-05-04", "TGO", True),
        ("Dozo Militia; JNIM: Group for Support of Islam and Muslims", "2023-05-04", "MLI", True),
        ("Ansar Dine", "2013-01-10", "MLI", True),
        ("Ansar Dine", "2017-03-01", "MLI", False),
        ("FLM", "2015-05-04", "MLI", True),
        ("Katiba Macina", "2016-05-04", "MLI", True),
        ("al-Murabitun", "2015-05-04", "MLI", True),
        ("Al Mourabitoune Battalion", "2015-05-04", "MLI", True),
        ("AQIM", "2016-01-15", "BFA", True),
        ("AQIM", "2016-01-15", "DZA", False),
        ("AQIM", "2016-01-15", None, False),
        ("AQIM", "2018-01-15", "MLI", False),
        ("AQIM: Al Qaeda in the Islamic Maghreb", "2016-03-13", "CIV", True),
        ("Ansaroul Islam", "2017-03-27", "BFA", False),
        ("IS", "2023-05-04", "MLI", False),
    ],
)
def test_jnim_and_its_predecessors(actor: str, start: str, country: str | None, member: bool) -> None:
    assert members(lineage("JNIM"), event(actor, start, country)).tolist() == [member]


def test_every_event_of_jnim_in_burkina_faso_is_a_member(shared: Path) -> None:
    events = ucdp.read_events(shared / "data/events/ucdp_ged_burkina_faso_2016_2023.parquet")
    member = members(lineage("JNIM"), events)
    named = (events.table[["actor_a", "actor_b"]] == "JNIM").any(axis=1).to_numpy()
    assert named.sum() == 1048
    assert member[named].all()
    # The one event beyond: AQIM's attack in Ouagadougou in January 2016.
    assert events.table[member & ~named][["actor_a", "start"]].astype("str").to_numpy().tolist() == [
        ["AQIM", "2016-01-15"]
    ]


def test_unknown_lineage_suggests_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no lineage is called 'jmin'; known: JNIM; did you mean 'JNIM'\?"):
        lineage("jmin")
    with pytest.raises(ValueError, match=r"no lineage is called 'qqqq'.*add it in a CSV of your own"):
        lineage("qqqq")


def test_own_table_adds_lineages_and_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        f"{HEADER}\nISSP,IS,2015-05,,MLI;BFA;NER,,UCDP,\nJNIM,Ansaroul Islam,2016-12,,,,UCDP,\n",
        encoding="utf-8-sig",
    )
    assert lineage("ISSP", path).actors == ("IS",)
    assert members(lineage("ISSP", path), event("IS", "2020-01-01", "NER")).tolist() == [True]
    assert members(lineage("ISSP", path), event("IS", "2020-01-01", "NGA")).tolist() == [False]
    assert members(lineage("JNIM", path), event("Ansaroul Islam", "2017-01-01", "BFA")).tolist() == [True]
    assert lineage("JNIM").spells == lineage("JNIM", path).spells[:-1]


def test_conflicts_of_own_table_are_reported_together(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEADER}\n,IS,2015,,,,,\nA,B,2016-05,2016-01,,,,\nA,B,,,Mali,,,\nA,B,\n", encoding="utf-8")
    with pytest.raises(ValueError, match="the lineages do not hold together") as caught:
        lineage("A", path)
    for problem in (
        "row 2: lineage is empty",
        "row 2: from: a month must be written YYYY-MM",
        "row 3: until 2016-01 lies before from 2016-05",
        "row 4: countries must be ISO 3166 codes such as MLI;BFA, got 'Mali'",
        "row 5 does not have 8 values",
    ):
        assert problem in str(caught.value)


def test_own_table_must_have_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("lineage,actor\nA,B\n", encoding="utf-8")
    with pytest.raises(ValueError, match="from is missing, found lineage, actor"):
        lineage("A", path)


def test_own_table_must_exist_in_utf8(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no such file of lineages"):
        lineage("A", tmp_path / "none.csv")
    path = tmp_path / "mine.csv"
    path.write_bytes(HEADER.encode() + "\nA,Émirat,,,,,,\n".encode("latin-1"))
    with pytest.raises(ValueError, match="is not in UTF-8"):
        lineage("A", path)


def test_members_of_no_events() -> None:
    nothing = Events(event_table({"event": [], "start": []}), source="invented")
    assert np.array_equal(members(lineage("JNIM"), nothing), np.zeros(0, dtype=bool))

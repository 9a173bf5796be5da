"""What each source can say of tactics and targets; the rows are invented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan.events import Events, event_table
from harmattan.incidents import incidents
from harmattan.incidents.kinds import ACLED_ROLES, ACLED_TACTICS, NOT_STATED, TACTICS, TARGETS, known_words
from harmattan.incidents.templates import PHRASES
from harmattan.regions import Regions
from harmattan.sources import read

JNIM = "JNIM: Group for Support of Islam and Muslims"
ACLED = {
    "event_date": "2023-05-04", "event_type": "Battles", "sub_event_type": "Armed clash", "actor1": JNIM, "actor2": "",
    "inter1": "Rebel group", "inter2": "", "civilian_targeting": "", "country": "Burkina Faso", "latitude": 14.1,
    "longitude": -1.6, "fatalities": 0,
}  # fmt: skip

# Sub-event type, who stands opposite, its kind, civilian targeting; tactic and target expected.
SAID = [
    ("Armed clash", "Military Forces of Burkina Faso (2022-)", "State forces", "", "armed clash", "military"),
    ("Attack", "Civilians (Burkina Faso)", "Civilians", "Civilian targeting", "armed assault", "civilians"),
    ("Suicide bomb", "MINUSMA: United Nations Mission", "External/Other forces", "", "suicide bomb", "peacekeepers"),
    ("Remote explosive/landmine/IED", "", "", "Civilian targeting", "roadside bomb", "civilians"),
    ("Remote explosive/landmine/IED", "", "", "", "roadside bomb", NOT_STATED),
    ("Shelling/artillery/missile attack", "Police Forces of Mali (2021-) Gendarmerie", "1", "", "shelling", "police"),
    ("Abduction/forced disappearance", "Government of Mali (2021-)", "State forces", "", "abduction", "officials"),
    ("Armed clash", "Dozo Communal Militia", "4", "", "armed clash", "armed group"),
    ("Armed clash", "Wagner Group", "External/Other forces", "", "armed clash", NOT_STATED),
    ("Something new", "Unidentified", "", "", NOT_STATED, NOT_STATED),
]


@pytest.mark.parametrize("turned", [False, True])
def test_acled_says_what_its_codes_say(turned: bool, tmp_path: Path, units: Regions) -> None:
    rows = []
    for number, (how, other, role, civilians, _, _) in enumerate(SAID):
        row = ACLED | {"event_id_cnty": f"BFO{number:02}", "sub_event_type": how, "civilian_targeting": civilians}
        sides = [(JNIM, "Rebel group"), (other, role)][:: -1 if turned else 1]
        for place, (actor, kind) in enumerate(sides, start=1):
            row |= {f"actor{place}": actor, f"inter{place}": kind}
        rows.append(row)
    pd.DataFrame(rows).to_csv(tmp_path / "acled.csv", index=False)
    table = incidents(read(tmp_path / "acled.csv"), "JNIM", regions=units).table.sort_values("event")
    assert table["tactic"].tolist() == [each[4] for each in SAID]
    assert table["target"].tolist() == [each[5] for each in SAID]
    assert set(table["attribution"]) == {NOT_STATED}


def test_exports_without_kinds_of_actor_go_by_name(tmp_path: Path, units: Regions) -> None:
    short = {name: value for name, value in ACLED.items() if not name.startswith(("inter", "civilian"))}
    rows = [short | {"event_id_cnty": name, "actor2": name} for name in ("Civilians (Mali)", "Dozo Militia")]
    pd.DataFrame(rows).to_csv(tmp_path / "acled.csv", index=False)
    table = incidents(read(tmp_path / "acled.csv"), "JNIM", regions=units).table
    assert table["target"].tolist() == ["civilians", NOT_STATED]


def test_ucdp_names_the_other_side_and_no_tactic(units: Regions) -> None:
    sides = [
        ("Government of Mali; Government of France", "JNIM", "state forces"),
        ("JNIM", "Civilians", "civilians"),
        ("IS", "JNIM", "armed group"),
        ("XXX512", "JNIM", NOT_STATED),
        ("JNIM", "JNIM", NOT_STATED),
        ("JNIM", None, NOT_STATED),
    ]
    table = event_table(
        {
            "event": [str(number) for number in range(len(sides))],
            "start": ["2023-05-04"] * len(sides),
            "actor_a": [first for first, _, _ in sides],
            "actor_b": [second for _, second, _ in sides],
        }
    )
    found = incidents(Events(table, "ucdp"), "JNIM", regions=units).table
    assert found["target"].tolist() == [target for _, _, target in sides]
    assert set(found["tactic"]) == {NOT_STATED}


def test_words_of_a_list_are_understood_or_kept() -> None:
    told = known_words(pd.Series(["SVBIED", "Enlèvement", "inconnu", "arson", None, "Prise d’une base"]), TACTICS)
    assert told.tolist() == [
        "suicide vehicle", "abduction", NOT_STATED, "arson", NOT_STATED, "capture of a base",
    ]  # fmt: skip


@pytest.mark.parametrize("words", [TACTICS, TARGETS])
def test_every_word_means_one_thing_and_is_itself(words: dict[str, tuple[str, ...]]) -> None:
    for name, others in words.items():
        assert set(known_words(pd.Series([name, *others]), words)) == {name}


def test_every_kind_has_its_word_in_both_languages() -> None:
    for kind in {*TACTICS, *TARGETS, *ACLED_TACTICS.values(), *ACLED_ROLES.values(), NOT_STATED}:
        assert kind in PHRASES
    assert set(ACLED_TACTICS.values()) <= set(TACTICS)
    assert set(ACLED_ROLES.values()) <= set(TARGETS)


def test_who_is_held_to_be_behind_an_attack(tmp_path: Path, units: Regions) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "date,region,country,actor,claimed,attribution\n"
        "2023-01-01,Gao,Mali,JNIM,yes,\n"
        "2023-01-02,Gao,Mali,JNIM,no,\n"
        "2023-01-03,Gao,Mali,JNIM,,Présumée\n"
        "2023-01-04,Gao,Mali,JNIM,,\n"
        "2023-01-05,Gao,Mali,,,\n"
        "2023-01-06,Gao,Mali,,yes,\n"
        "2023-01-07,Gao,Mali,ISGS,yes,\n"
        "2023-01-08,Gao,Mali,JNIM,,unattributed\n",
        encoding="utf-8",
    )
    table = incidents(read(path), "JNIM", regions=units).table
    assert table["attribution"].tolist() == [
        "claimed", "suspected", "suspected", NOT_STATED, "unattributed", "unattributed",
    ]  # fmt: skip
    assert np.isin(["row 7", "row 8"], table["event"]).tolist() == [False, False]

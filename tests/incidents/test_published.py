"""The constructed list says exactly what the report published, and no more."""

from __future__ import annotations

from pathlib import Path

from harmattan.incidents import Profile, caveats, summary


def test_totals_are_those_of_the_report(claimed: Profile) -> None:
    assert claimed.readings.tolist() == [11, 11, 11]
    assert claimed.countries["all"].to_dict() == {"MLI": 7, "BFA": 4}
    assert claimed.regions.set_index("name")["all"].to_dict() == {
        "Gao": 3, "Mopti": 2, "Koulikoro": 1, "Kidal": 1, "Soum": 2, "Kossi": 1, "Kompienga": 1,
    }  # fmt: skip
    assert claimed.tactics["all"].to_dict() == {
        "armed assault": 6, "suicide vehicle": 3, "not stated": 1, "roadside bomb": 1,
    }  # fmt: skip
    assert claimed.targets["all"].to_dict() == {"military": 10, "peacekeepers": 1}
    assert set(claimed.table.loc[claimed.table["tactic"] == "suicide vehicle", "region"]) == {"ML07"}


def test_dates_are_those_of_the_report(claimed: Profile) -> None:
    assert claimed.months["all"].tolist() == [6, 0, 2, 1, 0, 0, 2, 0]
    assert [str(month) for month in claimed.silent] == ["2019-02", "2019-05", "2019-06"]
    assert [str(month) for month in claimed.uncovered] == ["2019-08"]
    assert (claimed.table["day"].dt.day[claimed.table["day"].dt.month < 7] > 20).all()
    cluster = claimed.rhythm.clusters.iloc[0]
    assert (f"{cluster['day']:%Y-%m-%d}", cluster["attacks"], cluster["regions"]) == ("2019-07-22", 2, ["ML07"])


def test_invented_days_say_nothing_of_the_rhythm(claimed: Profile) -> None:
    assert (claimed.rhythm.known, claimed.rhythm.left_out) == (2, 9)
    assert claimed.rhythm.burstiness is None
    assert claimed.rhythm.test is None


def test_each_level_stands_beside_the_other(claimed: Profile) -> None:
    table = claimed.regions.set_index("name")
    assert table.loc[["Gao", "Soum"], "level"].tolist() == [1, 2]
    assert table.loc[["Gao", "Soum", "Kossi"], "unit"].tolist() == ["Gao", "Sahel", "Boucle du Mouhoun"]


def test_the_sentences_say_it(claimed: Profile) -> None:
    said = summary(claimed)
    assert said[0] == "JNIM, January to August 2019: 11 attacks in the file, 7 in Mali and 4 in Burkina Faso."
    assert "Months without an attack: February, May and June 2019." in said
    assert "How: armed assault 6, suicide vehicle 3 (all in Gao), roadside bomb 1, not stated 1." in said
    assert "Several on one day: 22 July 2019, 2 (Gao)." in said
    assert "Mois sans attaque : février, mai et juin 2019." in summary(claimed, "fr")
    assert len(caveats(claimed)) == 1


def test_the_file_says_that_it_is_constructed(example: Path) -> None:
    lines = example.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# CONSTRUCTED, not a record of events.")
    assert not {"lon", "lat", "event"} & set(lines[6].split(","))

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from harmattan.actors import lineage
from harmattan.months import month
from harmattan.sources.files import SourceError
from harmattan.sources.ucdp_months import read_country_month, read_dyad_month

COUNTRY = "data/events/ucdp_country_month_west_africa_1989_2026-05.parquet"
DYAD = "data/events/ucdp_dyad_month_jnim_family_1989_2026-05.parquet"


def test_country_months_keep_every_event(shared: Path) -> None:
    counts = read_country_month(shared / COUNTRY)
    raw = pd.read_parquet(shared / COUNTRY)
    assert len(counts) == len(raw) == 2218
    assert counts.attacks_read == raw[["sb_events", "ns_events", "os_events"]].to_numpy().sum()
    assert counts.table["deaths"].sum() == raw[["sb_deaths", "ns_deaths", "os_deaths"]].to_numpy().sum()
    assert (counts.first, counts.last) == (month("1989-01"), month("2026-05"))
    assert counts.table["region"].nunique() == 18
    assert counts.table["region"].str.fullmatch("[A-Z]{3}").all()


def test_country_months_know_what_is_provisional(shared: Path) -> None:
    table = read_country_month(shared / COUNTRY).table
    assert table.loc[table["provisional"] == 1, "month"].min() == month("2026-01")
    kinds = table["state_based"] + table["non_state"] + table["one_sided"]
    assert (kinds == table["attacks"]).all()


def test_dyad_months_place_what_can_be_placed(shared: Path) -> None:
    counts = read_dyad_month(shared / DYAD)
    raw = pd.read_parquet(shared / DYAD)
    assert counts.attacks_read == raw["events"].sum()
    assert set(counts.dropped) == {
        "no single country: JNIM - Civilians",
        "no single country: AQIM - Civilians",
        "no single country: Ansaroul Islam - Civilians",
        "no single country: IS - JNIM",
    }
    benin = raw[raw["name"] == "Government of Benin - JNIM"]["events"].sum()
    assert counts.table.loc[counts.table["region"] == "BEN", "attacks"].sum() == benin
    assert counts.table["provisional"].isin([0.0, 1.0]).all()


def test_dyad_months_of_a_lineage_leave_out_algeria(shared: Path) -> None:
    counts = read_dyad_month(shared / DYAD, lineage=lineage("JNIM"))
    raw = pd.read_parquet(shared / DYAD)
    assert counts.attacks_read == raw["events"].sum()
    assert not {"DZA", "TUN"} & set(counts.table["region"])
    jnim = raw[
        raw["name"].isin(["Government of Mali - JNIM", "Dozos (Mali) - JNIM", "Dan na Ambassagou - JNIM", "FLA - JNIM"])
    ]
    mali = counts.table[(counts.table["region"] == "MLI") & (counts.table["month"] >= month("2017-03"))]
    assert mali["attacks"].sum() == jnim["events"].sum()


HEADING = "country,year,month,sb_events,sb_deaths,ns_events,ns_deaths,os_events,os_deaths"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["Mali,2023,13,1,1,0,0,0,0"], "row 2, column month: expected a whole number from 1 to 12, got '13'"),
        (
            ["Mali,2023,5,1,1,0,0,0,0"] * 2,
            "row 3, column month: expected each country and month once, got '5'",
        ),
    ],
)
def test_bad_rows_are_named(rows: list[str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        read_country_month(path)


def test_a_repeated_dyad_and_month_is_refused(tmp_path: Path) -> None:
    row = {"dyad_id": 1, "type": "os", "name": "JNIM - Civilians", "year": 2023, "month": 5, "events": 2}
    frame = pd.DataFrame([row | {"deaths": 1, "side_a": None, "side_b": None, "loc": None}] * 2)
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(SourceError, match="row 3, column month: expected each dyad and month once"):
        read_dyad_month(tmp_path / "a.csv")
    frame[:1].to_csv(tmp_path / "a.csv", index=False)
    counts = read_dyad_month(tmp_path / "a.csv", lineage=lineage("JNIM"))
    assert len(counts) == 0
    assert counts.dropped == {"no single country: JNIM - Civilians": 2.0}

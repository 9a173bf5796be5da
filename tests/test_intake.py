"""From files as users have them to panels. ACLED and HDX rows are invented: their data may not be shipped."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from harmattan.intake import read_panel
from harmattan.regions import bundled, from_polygons

PROVINCES = bundled("province")
ADMIN1 = bundled("admin1", ["BFA", "MLI"])


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text.strip() + "\n", encoding="utf-8")
    return file


EVENTS = """
date,lon,lat,actor,deaths,where_prec
2023-01-03,-1.6,14.1,JNIM,3,1
2023-01-09,-1.6,14.1,IS,1,1
2023-02-11,-1.6,14.1,JNIM,0,4
2023-02-12,-1.6,14.1,JNIM,2,1
2023-03-12,2.3,48.9,JNIM,2,1
2023-04-30,-1.6,14.1,IS,2,1
"""


def test_events_of_the_actor_and_of_others_are_counted_apart(tmp_path: Path) -> None:
    file = write(tmp_path, "mine.csv", EVENTS.replace(",where_prec", "").replace(",1\n", "\n").replace(",4\n", "\n"))
    panel, caption = read_panel(file, PROVINCES, title="t", level="province", actor="JNIM")
    soum = panel.regions.table.index[panel.regions.table["name"] == "Soum"].item()
    assert (str(panel.months[0]), str(panel.origin)) == ("2023-01", "2023-04")
    assert panel.attacks[soum].tolist() == [1, 2, 0, 0]
    assert panel.measures["other_attacks"][soum].tolist() == [1, 0, 0, 1]
    assert caption.caveats == ("Covered: BFA, 2023-01 to 2023-04.", "Left out: 1 in no region.")


def test_attacks_placed_and_dated_exactly_are_points(tmp_path: Path) -> None:
    days = [("2023-01-03", "2023-01-03", 1, 1), ("2023-01-30", "2023-02-04", 2, 2), ("2023-02-01", "2023-02-28", 1, 4)]
    days += [("2023-02-09", "2023-02-09", 3, 1), ("2023-02-28", "2023-02-28", 1, 3)]
    rows = pd.DataFrame(days, columns=["date_start", "date_end", "where_prec", "date_prec"])
    rows = rows.assign(
        id=range(5), year=2023, active_year=1, type_of_violence=3, conflict_new_id=1, dyad_new_id=1, side_a="JNIM",
        side_b="Civilians", longitude=-1.6, latitude=14.1, best=1, high=1, low=1, country="Burkina Faso", adm_1="Sahel",
    )  # fmt: skip
    rows.to_csv(tmp_path / "ged.csv", index=False)
    panel, _ = read_panel(tmp_path / "ged.csv", PROVINCES, title="t", level="province", source="ucdp", actor="JNIM")
    soum = panel.regions.table.index[panel.regions.table["name"] == "Soum"].item()
    assert panel.points is not None and panel.attacks.to_numpy().sum() == 5
    assert [f"{day:%m-%d}" for day in panel.points["day"]] == ["01-03", "02-01", "02-28"]
    assert set(panel.points["region"]) == {soum} and set(panel.points["lon"]) == {-1.6}
    assert read_panel(tmp_path / "ged.csv", PROVINCES, title="t", last="2023-01")[0].points.shape == (1, 4)  # type: ignore[union-attr]


def test_months_covered_may_be_said_and_an_unfinished_month_is_not_covered(tmp_path: Path) -> None:
    cut = (
        "\n".join(EVENTS.strip().splitlines()[:-1])
        .replace(",where_prec", "")
        .replace(",1\n", "\n")
        .replace(",4\n", "\n")
    )
    file = write(tmp_path, "mine.csv", cut.removesuffix(",1"))
    assert str(read_panel(file, PROVINCES, title="t")[0].origin) == "2023-02"
    said, _ = read_panel(file, PROVINCES, title="t", first="2022-11", last="2023-03")
    assert (str(said.months[0]), str(said.origin)) == ("2022-11", "2023-03")


def test_an_actor_nobody_names_is_refused(tmp_path: Path) -> None:
    file = write(
        tmp_path, "mine.csv", "date,lon,lat,actor,deaths\n2023-01-03,-1.6,14.1,IS,3\n2023-02-28,-1.6,14.1,IS,3"
    )
    with pytest.raises(ValueError, match="no event of .* has JNIM on either side; check data.actor"):
        read_panel(file, PROVINCES, title="t", actor="JNIM")


def test_a_file_that_covers_no_whole_month_says_so(tmp_path: Path) -> None:
    file = write(tmp_path, "mine.csv", "date,lon,lat,actor,deaths\n2023-01-03,-1.6,14.1,IS,3")
    with pytest.raises(
        ValueError, match="covers no whole month: events run from 2023-01-03 to 2023-01-03; say in data.first"
    ):
        read_panel(file, PROVINCES, title="t")


def test_a_table_of_counts_needs_no_actor(tmp_path: Path) -> None:
    file = write(tmp_path, "counts.csv", "region,month,attacks,deaths\nBF5602,2023-01,2,5\nBF5602,2023-03,1,0")
    panel, _ = read_panel(file, PROVINCES, title="t")
    assert panel.attacks["BF5602"].tolist() == [2, 0, 1]
    assert read_panel(file, PROVINCES, title="t", last="2023-02")[0].attacks["BF5602"].tolist() == [2, 0]
    with pytest.raises(
        ValueError, match="covers 2023-01 to 2023-03; data.first and data.last ask for 2022-01 to 2023-03"
    ):
        read_panel(file, PROVINCES, title="t", first="2022-01")
    with pytest.raises(ValueError, match="counts.csv has counts, not events: it cannot be asked for the actor JNIM"):
        read_panel(file, PROVINCES, title="t", actor="JNIM")


def test_weeks_by_name_become_months_by_code(tmp_path: Path) -> None:
    weeks = pd.date_range("2022-12-31", "2023-04-29", freq="7D")
    rows = [
        f"{week:%Y-%m-%d},Western Africa,Burkina Faso,sahel,Battles,Armed clash,7,14,Political violence,1,14.1,-0.3"
        for week in weeks
    ]
    head = "Week,Region,Country,Admin1,Event_Type,Sub_Event_Type,Events,Fatalities,Disorder_Type,Id,"
    head += "Centroid_Latitude,Centroid_Longitude"
    panel, caption = read_panel(
        write(tmp_path, "weekly.csv", "\n".join([head, *rows])), ADMIN1, title="t", level="admin1"
    )
    sahel = panel.regions.table.index[panel.regions.table["name"] == "Sahel"].item()
    assert [str(each) for each in panel.months] == ["2023-01", "2023-02", "2023-03", "2023-04"]
    assert panel.attacks[sahel].tolist() == [31, 28, 31, 30]
    assert "not to be redistributed" in caption.licence


def test_an_hdx_workbook_is_counted_at_the_level_asked_for(tmp_path: Path) -> None:
    rows = pd.DataFrame({
        "Country": "Burkina Faso", "Admin1": "Sahel", "Admin2": ["Soum", "Oudalan"], "ISO3": "BFA",
        "Admin1 Pcode": "BF56", "Admin2 Pcode": ["BF5602", "BF5601"],
        "Month": ["January", "March"], "Year": 2023, "Events": [4, 2], "Fatalities": [9, 0],
    })  # fmt: skip
    file = tmp_path / "hdx.xlsx"
    with pd.ExcelWriter(file) as book:
        pd.DataFrame({"Terms": ["of use"]}).to_excel(book, sheet_name="Licensing", index=False)
        rows.to_excel(book, sheet_name="Data", index=False)
    by_province, _ = read_panel(file, PROVINCES, title="t", level="province")
    assert by_province.attacks["BF5602"].tolist() == [4, 0, 0]
    by_admin1, _ = read_panel(file, ADMIN1, title="t", level="admin1")
    assert by_admin1.attacks["BF56"].tolist() == [4, 0, 2]


def test_events_fall_into_polygons_of_the_users_own(tmp_path: Path) -> None:
    squares = gpd.GeoDataFrame(
        {"id": ["west", "east"], "label": ["West", "East"], "iso": "BFA"},
        geometry=[box(-3, 12, -1, 15), box(-1, 12, 1, 15)],
        crs="EPSG:4326",
    )
    squares.to_file(tmp_path / "squares.gpkg")
    regions = from_polygons(tmp_path / "squares.gpkg", code="id", name="label", country="iso")
    file = write(
        tmp_path, "mine.csv", "date,lon,lat,actor,deaths\n2023-01-03,-1.6,14.1,JNIM,3\n2023-01-31,0.5,13,JNIM,1"
    )
    panel, _ = read_panel(file, regions, title="t", actor="JNIM")
    assert panel.attacks.iloc[0].to_dict() == {"east": 1, "west": 1}
    assert regions.neighbours.weights.nnz == 2


def test_real_events_by_grid_are_those_by_polygon_but_for_a_few_near_borders(shared: Path) -> None:
    file = shared / "data" / "events" / "ucdp_ged_burkina_faso_2016_2023.parquet"
    panel, caption = read_panel(
        file, PROVINCES, title="t", level="province", actor="JNIM", first="2016-01", last="2023-12"
    )
    moved = (panel.attacks - bundled_attacks()).abs().to_numpy().sum() / 2
    assert 0.99 * 909 < panel.attacks.to_numpy().sum() <= 909 and moved / 909 < 0.03
    assert "in no region" in caption.caveats[-1]
    assert panel.points is not None and 0.6 < len(panel.points) / panel.attacks.to_numpy().sum() < 1


def bundled_attacks() -> pd.DataFrame:
    from harmattan.figures import bundled_counts
    from harmattan.panel import from_counts

    return from_counts(bundled_counts("attacks_bfa")[0], PROVINCES).attacks


def test_countries_the_file_does_not_report_on_get_no_forecast(shared: Path) -> None:
    file = shared / "data" / "events" / "ucdp_ged_burkina_faso_2016_2023.parquet"
    everywhere = bundled("admin1")
    panel, caption = read_panel(file, everywhere, title="t", level="admin1", actor="JNIM")
    assert set(panel.regions.table["country"]) == {"BFA"} and panel.attacks.shape[1] == 13
    assert "Covered: BFA, 2016-01 to 2023-12." in caption.caveats
    both, _ = read_panel(file, everywhere, title="t", level="admin1", actor="JNIM", covers=["BFA", "MLI"])
    assert both.attacks.shape[1] == 13 + 9
    with pytest.raises(ValueError, match="no region lies in FRA; the regions are of BEN, BFA, "):
        read_panel(file, everywhere, title="t", level="admin1", covers=["FRA"])

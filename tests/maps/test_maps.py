"""Maps have their size, their words inside the sheet, and hatching where the layer says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import PathPatch

from harmattan import layers, maps
from harmattan.maps import cartography, overview, themes
from harmattan.maps.scales import NO_DATA, RISK
from harmattan.maps.sheet import new_sheet, put_text, text_width, wrapped, write_png
from harmattan.panel import Panel
from harmattan.regions import from_polygons
from harmattan.result import Caption, Result


def hatched(figure: Figure, pattern: str) -> int:
    patches = [patch for patch in figure.axes[0].patches if isinstance(patch, PathPatch)]
    return sum(patch.get_hatch() == pattern for patch in patches)


def written(figure: Figure) -> str:
    texts = [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
    return " ".join(text.get_text().replace("\n", " ") for text in texts)


def without_first(result: Result) -> Result:
    panel = result.panel
    covered = panel.covered.copy()
    covered.iloc[-1, 0] = False
    return replace(result, panel=Panel(panel.regions, {"attacks": panel.attacks.where(covered)}, covered))


@pytest.mark.parametrize("kind", list(themes.THEMES))
def test_every_map_carries_its_words(small_result: Result, kind: str) -> None:
    figure = maps.draw(small_result, kind=kind)
    said = written(figure)
    for words in (
        "July to September 2023",
        "90 %" if kind == "uncertainty" else "attack",
        "CC BY 4.0",
        "rate",
    ):
        assert words in said
    assert small_result.caption.source in said
    assert "Lethal events only" in said
    assert "no forecast: outside" in said


@pytest.mark.parametrize("kind", list(themes.THEMES))
def test_no_text_leaves_the_sheet_or_the_map(small_result: Result, kind: str) -> None:
    figure = maps.draw(small_result, kind=kind)
    figure.draw_without_rendering()
    sheet, frame = figure.bbox, figure.axes[0].get_window_extent()
    for text in [*figure.texts, *figure.legends[0].get_texts()]:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= sheet.x1 and box.y1 <= sheet.y1, text.get_text()
    names = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(names) > 5
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in names)


def test_dots_lie_exactly_on_the_regions_that_are_unsure(small_result: Result) -> None:
    unsure = layers.layer(small_result, (1,))["unsure"].sum()
    assert unsure > 0
    figure = maps.draw(small_result, horizons=(1,))
    assert hatched(figure, cartography.UNSURE_HATCH) == unsure
    assert "could go either way" in written(figure)


def test_a_region_without_forecast_has_the_pattern_of_the_countries_around(small_result: Result) -> None:
    whole = hatched(maps.draw(small_result), cartography.NO_DATA_HATCH)
    figure = maps.draw(without_first(small_result))
    assert hatched(figure, cartography.NO_DATA_HATCH) == whole + 1


def test_changes_within_noise_are_hatched_only_where_they_have_a_colour(small_result: Result) -> None:
    layer = pd.DataFrame({"change": [0.2, 0.2, 0.01], "within_noise": [True, False, True]})
    mark = themes.THEMES["change"].hatched
    assert mark is not None
    assert mark(layer).tolist() == [True, False, False]


def test_north_is_up_and_degrees_have_their_length() -> None:
    view = cartography.view_of((-5.5, 9.4, 2.4, 15.1), 1.3)
    assert (view.east - view.west) / (view.north - view.south) / view.stretch == pytest.approx(1.3)
    assert view.stretch == pytest.approx(1.0235, abs=1e-3)
    assert view.west < -5.5 and view.east > 2.4 and view.south < 9.4 and view.north > 15.1


def test_files_have_their_size_and_the_same_bytes_again(small_result: Result, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first = maps.write(small_result, tmp_path / "a")
    assert [path.stem for path in first] == [
        f"{kind}_{window}" for window in ("next_month", "next_3_months") for kind in themes.THEMES
    ]
    assert imread(first[0]).shape == (1050, 1500, 4)
    again = write_png(maps.draw(small_result, horizons=(1,)), tmp_path / "b" / first[0].name)
    assert first[0].read_bytes() == again.read_bytes()


def test_the_overview_is_of_screenshot_size(small_result: Result, tmp_path: Path) -> None:
    path = overview.write(small_result, tmp_path / "overview.png")
    assert imread(path).shape == (900, 1400, 4)
    figure = overview.draw(small_result)
    history, skill = figure.axes[1:]
    line = history.lines[0].get_ydata()
    assert list(line) == layers.recorded(small_result).tolist()
    table = layers.skill(small_result.scores, "rate", "conflictology")
    table = table[table["set"].isin(overview.SETS)]
    assert [bar.get_height() for bar in skill.patches] == pytest.approx(table["value"].tolist())
    ticks = [label.get_text().split("\n") for label in skill.get_xticklabels()]
    assert ticks[0] == ["1", *table.loc[table["horizon"] == 1, "n"].astype(str)]


def test_a_champion_without_rival_has_no_skill_chart(small_result: Result) -> None:
    figure = overview.draw(replace(small_result, champion="conflictology", earlier=small_result.earlier))
    assert not figure.axes[2].axison
    assert "there is no baseline to compare with" in written(figure)


def test_polygons_of_the_user_are_drawn_as_they_are(small_result: Result, tmp_path: Path) -> None:
    names = ["$Ségou$", "Département au très long nom qui ne tient pas sur une ligne"]
    frame = gpd.GeoDataFrame(
        {"code": ["A", "B"], "name": names, "country": ["MLI", "MLI"]},
        geometry=[shapely.box(-4, 12, -3, 13), shapely.box(-3, 12, -1, 14)],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "own.gpkg")
    own = from_polygons(tmp_path / "own.gpkg", code="code", name="name", country="country")
    figure = maps.draw(_of(own, small_result))
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert any("$Ségou$" in label for label in labels)
    assert any("Département au très\nlong" in label for label in labels)
    assert "right to about 6 km" not in written(figure)


def _of(regions: object, result: Result) -> Result:
    """The first two provinces of a result, on other regions."""
    from harmattan.regions import Regions

    assert isinstance(regions, Regions)
    codes = regions.table.index
    wide = [frame.iloc[:, :2].set_axis(codes, axis=1) for frame in (result.panel.attacks, result.panel.covered)]
    panel = Panel(regions, {"attacks": wide[0]}, wide[1])

    def cut(made: object) -> object:
        return replace(made, draws=made.draws[:, :, :2], regions=codes)  # type: ignore[attr-defined,type-var]

    forecasts = {name: cut(made) for name, made in result.forecasts.items()}
    return replace(result, panel=panel, forecasts=forecasts, earlier=cut(result.earlier))  # type: ignore[arg-type]


def test_captions_that_are_too_long_say_what_they_leave_out(small_result: Result) -> None:
    long = Caption("Title", "source", "licence", tuple(f"Caveat {n} " + "word " * 60 for n in range(40)))
    said = written(maps.draw(replace(small_result, caption=long)))
    assert "Caveat 0" in said and "Caveat 39" not in said
    assert "More caveats stand in README.txt." in said
    endless = Caption("Title " * 2000, "source", "licence")
    with pytest.raises(ValueError, match=r"a map needs 300 pixels of height.*shorten them in the experiment"):
        maps.draw(replace(small_result, caption=endless))


def test_unknown_kinds_and_missing_folders_are_named(small_result: Result, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="kind must be one of risk, uncertainty, change; got 'fear'"):
        maps.draw(small_result, kind="fear")
    with pytest.raises(ValueError, match=r"missing \[9\]"):
        maps.draw(small_result, horizons=(9,))
    with pytest.raises(FileNotFoundError, match=r"existing folder; make .*nowhere first"):
        write_png(new_sheet(10, 10), tmp_path / "nowhere" / "x.png")


def test_wrapped_lines_fit_and_lose_no_letter() -> None:
    figure = new_sheet(400, 300)
    text = "Koulpélogo and a wordlongerthanthewholelineisforsureindeed end"
    lines = wrapped(figure, text, width=120, size=9)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(figure, line, size=9) <= 121 for line in lines)
    assert put_text(figure, text, left=0, top=0, width=120, size=9) == pytest.approx(len(lines) * 9 * 1.35 * 150 / 72)


def test_hatching_stands_out_on_every_class() -> None:
    assert [cartography.legible_on(colour) for colour in RISK.colours] == ["#333333"] * 6 + ["#ffffff"] * 2
    assert cartography.legible_on(NO_DATA) == "#333333"

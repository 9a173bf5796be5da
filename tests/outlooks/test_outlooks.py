"""Every sentence agrees with its number, every country gets an outlook or a reason why not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from harmattan import words
from harmattan.figures import bundled_counts, region_table
from harmattan.outlooks import HEADINGS, Outlook, coast_in_words, facts, outlook, sheet, write
from harmattan.outlooks.blind import blind_spots, table
from harmattan.outlooks.phrases import amount, between, chance_list, number_word
from harmattan.outlooks.subject import near_country, subject_of
from harmattan.panel import Panel
from harmattan.regions import COASTAL, bundled, shapes
from harmattan.result import Result

ACTIVE = ("BEN", "TGO")
QUIET = tuple(code for code in COASTAL if code not in ACTIVE)
BESIDE = ("CIV", "GHA", "TGO", "BEN")
NUMBER = r"(\d+(?:\.\d+)?|under 0\.05)"


@pytest.fixture(scope="module", params=[*COASTAL, "BFA", "MLI"])
def of_coast(request: pytest.FixtureRequest, coast_result: Result) -> Outlook:
    return outlook(coast_result, request.param)


@pytest.fixture(scope="module", params=[*BESIDE, "BFA"])
def of_units(request: pytest.FixtureRequest, units_result: Result) -> Outlook:
    return outlook(units_result, request.param)


def uncovered(result: Result, country: str) -> Result:
    """The result if the data did not cover a country."""
    panel = result.panel
    covered = panel.covered.copy()
    covered.loc[:, (panel.regions.table["country"] == country).to_numpy()] = False
    measures = {name: frame.where(covered) for name, frame in panel.measures.items()}
    return replace(result, panel=Panel(panel.regions, measures, covered))


def agrees(told: Outlook) -> None:
    """Numbers in the text are those of the tables."""
    within = told.tables["within"].loc[6]
    expected = f"{amount(within['expected'])} attacks"
    interval = f"90 % interval {within['q05']:.0f} to {within['q95']:.0f}"
    assert f"Within six months {expected} are expected, {interval}." in told.paragraphs["How sure"]
    steps = [1, 3, 6, 7]
    assert chance_list(steps, told.tables["within"].loc[steps, "p"]) in told.paragraphs["When"]
    if told.tables["recorded"].iloc[-12:].to_numpy().sum() == 0:
        assert f"{words.percent(within['p'])} chance" in told.headline
        assert f"({words.percent(1 - told.tables['within']['p'].iloc[-1])})" in told.paragraphs["When"]
    else:
        assert f"{expected} expected" in told.headline
        assert interval in told.headline
        month = told.tables["by_month"].iloc[0]
        found = re.search(
            r"gives more than (\S+) attacks? .*? expects " + NUMBER, told.paragraphs["What would be noticed first"]
        )
        assert found is not None
        assert found.groups() == (number_word(int(month["q95"])), amount(month["expected"]))


def test_numbers_of_countries_are_those_of_the_tables(of_coast: Outlook) -> None:
    agrees(of_coast)


def test_numbers_of_belts_are_those_of_the_tables(of_units: Outlook) -> None:
    agrees(of_units)


def test_every_heading_is_there_and_complete(of_coast: Outlook) -> None:
    assert list(of_coast.paragraphs) == list(HEADINGS)
    for text in (of_coast.headline, *of_coast.paragraphs.values()):
        assert text.endswith(".")
        assert not set("{}") & set(text)
        assert "nan" not in text.split()
        assert "  " not in text


def test_the_text_says_what_the_expansion_tables_say(coast_result: Result) -> None:
    ahead = coast_result.expansion["ahead"].query("quantity == 'attacks_within' and scope == 'country'")
    arrivals = coast_result.expansion["arrivals"].query("scope == 'country'").set_index("name")
    for country in COASTAL:
        told = outlook(coast_result, country).tables["within"]
        kept = ahead[ahead["name"] == country].set_index("horizon")
        np.testing.assert_allclose(told["p"], kept["p"])
        np.testing.assert_allclose(told["expected"], kept["mean"], rtol=1e-5)
        assert told["q95"].tolist() == kept["q95"].tolist()
        if country in QUIET:
            assert told["p"].iloc[-1] == pytest.approx(arrivals.loc[country, "p"])
            assert pd.isna(arrivals.loc[country, "median"]) == (told["p"].iloc[-1] < 0.5)


def test_senders_are_the_pressure_on_the_country_and_sum_to_one(coast_result: Result) -> None:
    pressure = coast_result.expansion["pressure"].query("within == 6")
    for country in ("CIV", "BEN"):
        told = outlook(coast_result, country)
        own = pressure[pressure["receiver"] == country].set_index("sender")
        senders = told.tables["senders"].set_index("sender")
        assert senders["share"].sum() == pytest.approx(1)
        np.testing.assert_allclose(senders["share"], own["share"].loc[senders.index])
        text = told.paragraphs["Where the risk comes from"]
        assert f"{words.percent(senders.loc['background', 'share'])} from the background" in text
        assert "does not name causes" in text


def test_a_belt_has_senders_within_it_and_beside_it(units_result: Result) -> None:
    senders = outlook(units_result, "CIV").tables["senders"]
    assert set(senders["kind"]) == {"background", "own past", "inside", "beside"}
    assert set(senders.loc[senders["kind"] == "inside", "sender"]) <= set(subject_of(units_result, "CIV").belt)


@pytest.mark.parametrize("country", QUIET)
def test_quiet_countries_are_told_as_quiet(coast_result: Result, country: str) -> None:
    told = outlook(coast_result, country)
    name = region_table().loc[country, "name"]
    assert told.kind == "one"
    assert told.headline.startswith(f"{name}: no attack on record since January 2016; ")
    assert (
        f"In {name} itself any attack would be the first in this record."
        in told.paragraphs["What would be noticed first"]
    )
    assert f"holds no attack in {name}, which is no evidence of quiet" in told.paragraphs["What the data cannot see"]
    assert "None within seven months is likelier than one" in told.paragraphs["When"]


@pytest.mark.parametrize("country", ACTIVE)
def test_active_countries_are_told_with_their_record(coast_result: Result, country: str) -> None:
    told = outlook(coast_result, country)
    past = told.tables["recorded"]["attacks"]
    last, before = int(past.iloc[-12:].sum()), int(past.iloc[-24:-12].sum())
    assert f"{number_word(last)} attacks recorded in the last twelve months" in told.headline
    change = f"up from {before}" if last > before else f"down from {before}" if last < before else "as many as"
    assert f", {change} in the year before;" in told.paragraphs["When"]
    assert f"holds {number_word(int(past.sum()))} attacks" in told.paragraphs["What the data cannot see"]
    assert "a chance of at most 1 in 20" in told.paragraphs["What would be noticed first"]
    month = told.tables["by_month"].iloc[0]
    draws = coast_result.forecast.draws[:, 0, coast_result.forecast.regions.get_loc(country)]
    assert (draws > month["q95"]).mean() <= 0.05


def test_where_the_forecast_hardly_expects_any_one_attack_is_a_sign(coast_result: Result) -> None:
    place = coast_result.forecast.regions.get_loc("TGO")
    draws = coast_result.forecast.draws.copy()
    draws[:, 0, place] = 0
    calm = replace(coast_result.forecast, draws=draws)
    told = outlook(replace(coast_result, forecasts={**coast_result.forecasts, "discounted": calm}), "TGO")
    assert "gives any attack in Togo in July 2023 a chance of at most 1 in 20" in " ".join(told.paragraphs.values())


def test_active_since_follows_the_last_quiet_year(coast_result: Result) -> None:
    told = facts.record(coast_result, ["BEN"])
    past = facts.by_month(coast_result, ["BEN"])
    assert past[told["since"]] > 0
    assert past[told["since"] - 12 : told["since"] - 1].sum() == 0
    hits = past.index[(past > 0) & (past.index >= told["since"])]
    assert max(np.diff([each.ordinal for each in hits])) <= 12


@pytest.mark.parametrize("country", BESIDE)
def test_without_regions_the_neighbours_belt_is_told(units_result: Result, country: str) -> None:
    told = outlook(units_result, country)
    belt = units_result.expansion["ahead"].query(
        "quantity == 'attacks_within' and name == @belt_name and horizon == 6",
        local_dict={"belt_name": f"BFA near {country}"},
    )
    assert told.kind == "beside"
    assert told.headline.startswith("No forecast for ")
    assert f"{words.percent(belt['p'].item())} chance" in told.headline
    assert "Most exposed: " in told.paragraphs["When"]
    assert "none of its 45 regions lies there" in told.paragraphs["What the data cannot see"]


def test_far_from_all_regions_the_headline_says_why(units_result: Result) -> None:
    told = outlook(units_result, "SEN")
    assert (told.kind, told.paragraphs, told.tables) == ("nothing", {}, {})
    assert told.headline == (
        "This experiment says nothing of Senegal: none of its 45 regions lies there, and no region with data lies "
        "within 50 km of it."
    )
    with pytest.raises(ValueError, match="says nothing of Senegal"):
        sheet.draw(units_result, subject_of(units_result, "SEN"), sheet.outlines_of(units_result))


def test_a_country_without_data_is_told_by_its_neighbours(coast_result: Result) -> None:
    told = outlook(uncovered(coast_result, "GHA"), "GHA")
    assert told.kind == "beside"
    assert told.headline.startswith("No forecast for Ghana itself; 16 regions near it")
    assert "counts nothing in Ghana: the data do not cover it" in told.paragraphs["What the data cannot see"]


def test_a_country_of_several_regions_names_the_most_exposed(units_result: Result) -> None:
    told = outlook(units_result, "BFA")
    risk = units_result.forecast.window(range(1, 7)).expected().iloc[0]
    name = units_result.panel.regions.table.loc[risk.idxmax(), "name"]
    assert told.kind == "several"
    assert f"Most exposed: {name} (" in told.paragraphs["When"]
    first = told.tables["signs"].iloc[0]
    assert f"{first['name']} ({words.percent(first['p'])})" in told.paragraphs["What would be noticed first"]


@pytest.mark.parametrize("country", ["CIV", "GHA"])
def test_a_quiet_country_of_several_regions_names_those_near_the_border(admin_result: Result, country: str) -> None:
    told = outlook(admin_result, country)
    table = admin_result.panel.regions.table
    agrees(told)
    assert told.kind == "several"
    assert f"{told.name}: no attack on record since January 2016; " in told.headline
    assert set(table.loc[told.tables["signs"].index, "country"]) >= {country}
    assert f"still quiet in {told.name} or near its border" in told.paragraphs["What would be noticed first"]
    assert told.tables["active_near"]["km"].is_monotonic_increasing
    assert sheet.draw(admin_result, subject_of(admin_result, country), sheet.outlines_of(admin_result)).axes


def test_own_polygons_lie_as_far_from_a_country_as_the_bundled_regions() -> None:
    regions = bundled("province")
    own = near_country(replace(regions, geometry=shapes(regions)), "TGO")
    kept = near_country(regions, "TGO").query("km < 190")
    np.testing.assert_allclose(own.loc[kept.index, "km"], kept["km"], atol=25)


def test_first_signs_are_quiet_and_the_likeliest_come_first(coast_result: Result) -> None:
    for country in COASTAL:
        subject = subject_of(coast_result, country)
        signs = facts.first_signs(coast_result, subject)
        assert signs["p"].is_monotonic_decreasing
        assert coast_result.panel.quiet.loc[signs.index].all()
        assert set(signs.index) <= set(subject.belt)


def test_models_that_differ_are_said_to(coast_result: Result) -> None:
    subject = subject_of(coast_result, "MRT")
    place = coast_result.forecast.regions.get_loc("MRT")
    draws = coast_result.forecast.draws.copy()
    draws[:, :, place] = 1
    sure = replace(coast_result.forecast, draws=draws)
    told = outlook(replace(coast_result, forecasts={**coast_result.forecasts, "endemic": sure}), "MRT")
    assert told.headline.endswith(", but over 99 % by the other models.")
    assert "The other model puts the chance of an attack within six months at over 99 %." in told.paragraphs["How sure"]
    assert "take the chance as a rough order" in told.paragraphs["How sure"]
    assert "rough order" not in outlook(coast_result, subject.country).paragraphs["How sure"]


def test_past_chances_are_counted_from_the_scored_rows(coast_result: Result) -> None:
    rows = coast_result.rows.query("model == 'discounted' and onset and horizon == 1")
    told = facts.past_chances(coast_result, quiet=True).iloc[0]
    assert (told["n"], told["hits"]) == (len(rows), int((rows["observed"] > 0).sum()))
    text = outlook(coast_result, "CIV").paragraphs["How sure"]
    assert f"an attack came in {words.percent(told['came'])} ({told['hits']:.0f} of {told['n']:.0f})" in text


def test_without_an_endemic_model_nothing_is_split(small_result: Result, tmp_path: Path) -> None:
    told = outlook(small_result, "CIV")
    assert told.tables["senders"].empty
    assert "no endemic-epidemic model" in told.paragraphs["Where the risk comes from"]
    assert "within four" in told.paragraphs["When"]
    assert (tmp_path / "CIV.png") in write(small_result, tmp_path, countries=["CIV"])


def test_blind_spots_agree_with_the_bundled_counts(coast_result: Result) -> None:
    state = bundled_counts("jnim_state")[0].table
    known = table().query("source == 'UCDP'").set_index("country")
    assert set(known.index[known["blind"]]) == {"CIV", "GHA", "GIN", "SEN"}
    assert not set(state.loc[state["attacks"] > 0, "region"]) & {*known.index[known["blind"]], "NGA"}
    last = state.loc[(state["region"] == "MRT") & (state["attacks"] > 0), "month"].max()
    assert words.month_name(last) in known.loc["MRT", "says"]
    for country in known.index:
        assert known.loc[country, "says"] in outlook(coast_result, country).paragraphs["What the data cannot see"]
    other = replace(coast_result, caption=replace(coast_result.caption, source="ACLED"))
    assert blind_spots(other, "CIV").empty
    assert "all but blind" not in outlook(other, "CIV").headline


def test_every_blind_spot_names_a_file_that_exists() -> None:
    root = Path(__file__).parents[2]
    assert all((root / reference).is_file() for reference in table()["reference"])


def test_no_place_within_a_region_is_named(of_coast: Outlook, coast_result: Result) -> None:
    from harmattan.figures import corridor_towns

    regions = {*coast_result.panel.regions.table["name"], *region_table()["name"]}
    towns = set(corridor_towns()["town"]) - regions
    roads = set(of_coast.tables["roads"]["name"])
    text = " ".join([of_coast.headline, *of_coast.paragraphs.values()])
    for road in roads:
        text = text.replace(road, "")
    assert not [town for town in towns if re.search(rf"\b{re.escape(town)}\b", text)]


def test_what_cannot_be_told_is_refused(coast_result: Result) -> None:
    with pytest.raises(ValueError, match="country must be one of .*BEN"):
        outlook(coast_result, "FRA")
    with pytest.raises(ValueError, match="needs tables of expansion"):
        outlook(replace(coast_result, expansion={}), "BEN")
    with pytest.raises(FileNotFoundError, match="existing folder"):
        write(coast_result, Path("nowhere"))


def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


@pytest.mark.parametrize("country", COASTAL)
def test_sheets_keep_their_words_inside(coast_result: Result, country: str) -> None:
    figure = sheet.draw(coast_result, subject_of(coast_result, country), sheet.outlines_of(coast_result))
    assert (figure.bbox.width, figure.bbox.height) == sheet.SIZE
    said = " ".join(texts_of(figure))
    assert coast_result.caption.licence in said
    assert "Lethal events only" in said
    for text in [*figure.texts, *(label for axes in figure.axes[1:] for label in axes.get_yticklabels())]:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width + 1
    bars = figure.axes[-1].patches
    shares = outlook(coast_result, country).tables["senders"]["share"]
    assert sum(bar.get_width() for bar in bars) == pytest.approx(shares.sum())


def test_sheets_of_quiet_countries_draw_the_curve_of_the_champion(coast_result: Result) -> None:
    figure = sheet.draw(coast_result, subject_of(coast_result, "CIV"), sheet.outlines_of(coast_result))
    lines = {str(line.get_label()): line.get_ydata() for line in figure.axes[1].get_lines()}
    np.testing.assert_allclose(lines["discounted, which forecasts"], outlook(coast_result, "CIV").tables["within"]["p"])


def test_files_are_the_same_each_time(coast_result: Result, tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        write(coast_result, folder, countries=["CIV", "BEN"])
    names = sorted(path.name for path in folders[0].iterdir())
    assert names == ["BEN.md", "BEN.png", "CIV.md", "CIV.png", "index.md"]
    assert all((folders[0] / name).read_bytes() == (folders[1] / name).read_bytes() for name in names)
    assert imread(folders[0] / "CIV.png").shape[:2] == sheet.SIZE[::-1]
    page = (folders[0] / "CIV.md").read_text(encoding="utf-8")
    assert "![Map, chances and senders](CIV.png)" in page
    assert all(f"## {heading}\n" in page for heading in HEADINGS)


def test_the_index_says_of_every_country_where_or_why_not(units_result: Result, tmp_path: Path) -> None:
    made = write(units_result, tmp_path)
    assert made[0] == tmp_path / "index.md"
    text = made[0].read_text(encoding="utf-8")
    for country in COASTAL:
        name = region_table().loc[country, "name"]
        assert (f"[{name}]({country}.md)" in text) == (country in BESIDE) == (tmp_path / f"{country}.png").is_file()
        assert name in text


def test_the_coast_in_words_agrees_with_the_tables(coast_result: Result) -> None:
    newly, reached, near, growth = coast_in_words(coast_result)
    tables = coast_result.expansion
    count = tables["newly_hit"].query("scope == 'all' and horizon == 6").iloc[0]
    assert f"most likely {'none' if count['mode'] == 0 else number_word(int(count['mode']))} of the " in newly
    assert f"(90 % interval {count['q05']:.0f} to {count['q95']:.0f})" in newly
    top = tables["first_attacks"].query("horizon == 6").nlargest(1, "first_attack").iloc[0]
    assert f"{top['name']} ({words.percent(top['first_attack'])})" in newly
    assert reached.startswith("Of the coastal states Benin and Togo already see attacks on record; ")
    likely = tables["arrival_months"].query("scope == 'country' and horizon == 6")
    likely = likely[likely["name"].isin(COASTAL)].nlargest(1, "by").iloc[0]
    assert f"are {region_table().loc[likely['name'], 'name']} ({words.percent(likely['by'])})" in reached
    reach = tables["ahead"].query("quantity == 'reach' and scope == 'all' and horizon == 6").iloc[0]
    assert f"may be {reach['q50']:.0f} km (90 % interval {reach['q05']:.0f} to {reach['q95']:.0f})" in near
    edge = tables["joins"].query("later == '2022-07' and kind == 'escalation'").iloc[0]
    assert f"{edge['joins']:.0f} joins" in growth
    assert f"p = {edge['p']:.3g}" in growth
    assert (": the area grows at its edge" in growth) == (edge["p"] < 0.05)


def test_the_coast_in_words_without_coastal_states_tells_the_belts(units_result: Result, small_result: Result) -> None:
    text = " ".join(coast_in_words(units_result))
    chance = units_result.expansion["ahead"].query(
        "quantity == 'attacks_within' and name == 'BFA near CIV' and horizon == 6"
    )["p"]
    assert f"{words.percent(chance.item())} in Burkina Faso near Côte d'Ivoire" in text
    assert coast_in_words(replace(units_result, expansion={})) == []
    assert len(coast_in_words(small_result)) == 4


def test_the_coast_in_words_where_all_coastal_states_are_quiet(admin_result: Result) -> None:
    text = coast_in_words(admin_result)[1]
    assert text.startswith(
        "Of the coastal states here, none of them with an attack on record within a year, the likeliest"
    )
    chance = outlook(admin_result, "GHA").tables["within"].loc[6, "p"]
    assert f"are Ghana ({words.percent(chance)}) and " in text


def test_the_coast_in_words_when_nothing_is_quiet(units_result: Result) -> None:
    told = units_result.expansion["first_attacks"].assign(quiet=False, first_attack=np.nan)
    every = replace(units_result, expansion={**units_result.expansion, "first_attacks": told})
    assert coast_in_words(every)[0] == "Every region has been attacked within a year: none can be newly hit."


def test_ranges_and_chances_in_words() -> None:
    assert between(0.004, 0.999) == "under 1 % to over 99 %"
    assert chance_list([1, 3], [0.5, 0.6]) == "50 % next month and 60 % within three months"
    assert chance_list([2], [0.25]) == "25 % within two months"


def test_months_without_data_are_not_counted_as_zero(coast_result: Result) -> None:
    told = facts.by_month(uncovered(coast_result, "BEN"), ["BEN"])
    assert isinstance(told, pd.Series)
    assert told.isna().all()

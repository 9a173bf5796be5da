"""Both forms of the page, walked through as a user does, in both languages, without a network.

Every test opens the page in the system's Chromium: the one file that `write_report` made, with every request refused,
and the page as Harmattan's own server gives it, with every request refused that is not to that server.
"""

from __future__ import annotations

import csv
import json
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from harmattan import page as review
from harmattan import release

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(review.__file__).parents[2] / "review" / "node_modules" / "axe-core" / "axe.min.js"
WORDS: dict[str, Any] = {
    "en": {
        "watch": "Watch list",
        "coast": "Toward the coast",
        "models": "Models",
        "record": "Record",
        "read": "How to read",
        "map": "Map",
        "take": "Take away",
        "csv": "(CSV)",
        "geojson": "(GeoJSON)",
        "png": "(PNG)",
        "link": "Copy a link",
        "odds": "about \\d+ in 10",
        "recorded": "recorded",
        "less": "Fewer",
        "more": "More",
        "play": "Play",
        "slider": "Choose the first month",
        "months": "Months together",
        "safety": "A low figure is not safety.",
        "find": "Name of a region",
        "back": "Back to the overview",
        "why": "Why",
        "changed": "What changed",
        "alike": "In \\d+ past region-months",
        "other": "Français",
        "filter": "Name contains",
        "interval": "90\u00a0% interval",
        "arrival": "Arrival by country",
        "skill": "better than|worse than",
        "few": "too few past origins",
        "here": "How well it did here",
        "grows": ("No clear sign", "beside regions that stay active"),
        "surprises": "Surprises",
        "caveat": "Lethal events only",
        "country": "Mauritania",
        "source": "own past",
    },
    "fr": {
        "watch": "Liste de veille",
        "coast": "Vers la côte",
        "models": "Modèles",
        "record": "Bilan",
        "read": "Mode d’emploi",
        "map": "Carte",
        "take": "Emporter",
        "csv": "(CSV)",
        "geojson": "(GeoJSON)",
        "png": "(PNG)",
        "link": "Copier un lien",
        "odds": "environ \\d+ sur 10",
        "recorded": "recensé",
        "less": "Moins",
        "more": "Plus",
        "play": "Lire",
        "slider": "Choisissez le premier mois",
        "months": "Durée",
        "safety": "Un chiffre bas ne garantit pas la sécurité.",
        "find": "Nom d’une région",
        "back": "Retour à la vue",
        "why": "Pourquoi",
        "changed": "Ce qui a changé",
        "alike": "On compte \\d+ situations passées",
        "other": "English",
        "filter": "Le nom contient",
        "interval": "Intervalle à 90\u00a0%",
        "arrival": "Arrivée par pays",
        "skill": "meilleur de|moins bon de",
        "few": "trop peu d’origines passées",
        "here": "Qualité des prévisions ici",
        "grows": ("Aucun signe net", "à côté de régions restées actives"),
        "surprises": "Surprises",
        "caveat": "Événements meurtriers seulement",
        "country": "Mauritanie",
        "source": "passé propre",
    },
}
Open = Callable[..., "Page"]


def percent(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def address(page: Page) -> str:
    """What the page's address says now; Playwright's own copy lags behind."""
    return str(page.evaluate("location.href"))


def fills(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all(".map .regions path", "all => all.map(each => each.style.fill)")
    return found


def test_the_map_shows_the_riskiest_region_at_once(opened: Open, language: str, newest: release.Release) -> None:
    page, said = opened(language), WORDS[language]
    likeliest = newest.forecast.probability().iloc[0].idxmax()
    name = newest.table.set_index("region")["name"][likeliest].iloc[0]
    assert name in page.locator(".brief .lead").inner_text()
    assert name in page.locator(".top li").first.inner_text()
    assert len(set(fills(page))) > 4
    assert page.locator(".legend .title").first.inner_text().strip()
    assert said["safety"] in page.locator("footer").inner_text()
    quantities = page.locator(".controls select option").evaluate_all("all => all.map(each => each.value)")
    assert quantities == ["p", "expected", "first", "change", "excess", "width"]
    before = fills(page)
    for quantity in quantities[1:]:
        page.locator(".controls select").first.select_option(quantity)
        assert fills(page) != before and page.locator(".legend .classes li").count() >= 8
        before = fills(page)


def test_the_map_is_walked_by_keyboard(opened: Open, language: str) -> None:
    page, said = opened(language), WORDS[language]
    page.locator(".map svg").first.focus()
    page.keyboard.press("ArrowRight")
    first = page.locator(".map .spoken").inner_text()
    page.keyboard.press("ArrowDown")
    second = page.locator(".map .spoken").inner_text()
    assert first and second and first != second
    page.keyboard.press("Enter")
    assert page.locator("#region-name").inner_text().split("\n")[0][:4] in second
    assert page.evaluate("document.activeElement.id") == "region-name"
    page.locator(".map svg").first.focus()
    page.keyboard.press("+")
    assert "z=1.50" in address(page)
    page.keyboard.press("0")
    assert "z=" not in address(page)
    page.keyboard.press("Escape")
    assert page.get_by_role("heading", name=said["map"]).count() == 0 and page.locator(".brief").count() == 1


def test_time_runs_over_past_and_forecast_months(opened: Open, language: str, toward_coast: Any) -> None:
    page, said = opened(language), WORDS[language]
    slider = page.get_by_role("slider", name=re.compile(said["slider"]))
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert said["recorded"] in page.locator(".kind").inner_text()
    recorded = toward_coast.attacks.loc["2023-06"]
    shown = page.locator(".top li").first.locator("b").first.inner_text()
    assert int(shown) == int(recorded.max())
    page.keyboard.press("End")
    assert "2023" in page.locator(".span").inner_text() and "m=2023-12" in address(page)
    page.get_by_role("button", name=said["play"]).click()
    page.locator(".span", has_text="2018").wait_for()


def test_any_threshold_and_window_is_counted_from_the_draws(
    opened: Open, language: str, newest: release.Release
) -> None:
    page, said = opened(language, where="#view=watch&m=2023-08&n=4"), WORDS[language]
    for _ in range(2):
        page.get_by_role("button", name=said["more"], exact=True).click()
    expected = newest.forecast.window([2, 3, 4, 5]).probability(3).iloc[0]
    rows = page.locator("tbody tr")
    names = newest.table.drop_duplicates("region").set_index("region")["name"]
    for place in (0, 5, 20):
        name = rows.nth(place).locator("th button").inner_text()
        code = names.index[names == name]
        if len(code) == 1:
            shown = rows.nth(place).locator("td.p b").inner_text()
            assert abs(percent(shown) - 100 * expected[code[0]]) <= 0.5 + 1e-9 or shown[0] in "<>"
    assert rows.count() == len(newest.forecast.regions)


def test_a_region_tells_how_likely_why_and_what_changed(opened: Open, language: str) -> None:
    page, said = opened(language, where="#view=map&r=BF5602&m=2023-07&n=3"), WORDS[language]
    panel = page.locator("article.region")
    text = panel.inner_text()
    assert re.search(said["odds"], text) and said["why"] in text and said["changed"] in text
    assert re.search(said["alike"], text) and said["source"] in text and said["caveat"] in text
    assert panel.locator("svg[role=img]").count() == 2
    shares = [percent(each) for each in panel.locator(".drivers b").all_inner_texts()]
    assert 97 <= sum(shares) <= 104
    panel.get_by_role("button", name=re.compile(said["back"])).click()
    assert page.locator(".brief").count() == 1


def test_toward_the_coast(opened: Open, language: str, newest: release.Release) -> None:
    page, said = opened(language, where="#m=2023-07&n=6"), WORDS[language]
    page.get_by_role("button", name=said["coast"]).click()
    arrivals = newest.expansion["arrivals"].set_index(["scope", "name"])["p"]
    card = page.locator(".card", has_text=said["arrival"])
    row = card.locator("tr", has_text=said["country"])
    assert abs(percent(row.locator("td").last.inner_text()) - 100 * arrivals["country", "MRT"]) <= 0.5 + 1e-9
    assert page.locator(".coast svg[role=img]").count() == 1
    assert page.locator(".coast .card").count() >= 6


def test_the_watch_list_is_sorted_and_filtered(opened: Open, language: str) -> None:
    page, said = opened(language, where="#view=watch"), WORDS[language]
    chances = [percent(each) for each in page.locator("td.p b").all_inner_texts()]
    assert chances == sorted(chances, reverse=True)
    header = page.locator("th.expected button")
    header.click()
    assert page.locator("th.expected").get_attribute("aria-sort") == "descending"
    header.press("Enter")
    assert page.locator("th.expected").get_attribute("aria-sort") == "ascending"
    page.get_by_label(said["filter"]).fill("soum")
    assert page.locator("tbody tr").count() == 1
    assert said["interval"] in page.locator("thead").inner_text()
    page.get_by_role("button", name="Soum").press("Enter")
    assert "Soum" in page.locator("#region-name").inner_text()


def test_models_are_compared(opened: Open, language: str, newest: release.Release) -> None:
    page, said = opened(language, where="#view=models"), WORDS[language]
    assert re.search(said["skill"], page.locator(".models .lead").first.inner_text())
    assert page.locator(".maps svg").count() == 3
    before = page.locator(".models .lead").last.inner_text()
    page.locator(".pick select").nth(4).select_option("rate")
    page.locator(".pick select").nth(5).select_option("expected")
    assert page.locator(".models .lead").last.inner_text() != before
    table = newest.scores.query("set == 'all' and model == 'endemic' and score == 'log_score_skill_vs_conflictology'")
    value = table.sort_values("horizon")["value"].iloc[0]
    row = page.locator("tr.chosen td").first.inner_text()
    assert abs(float(re.sub(r"[^\d,.−-]", "", row).replace(",", ".").replace("−", "-")) - 100 * value) <= 0.051


def test_models_shows_the_reliability_of_the_release(opened: Open, language: str, newest: release.Release) -> None:
    page = opened(language, where="#view=models")
    table = pd.read_parquet(newest.path / "reliability.parquet").query("set == 'all' and horizon == 1")
    curve = table.sort_values("probability")
    drawn = page.locator(".reliability svg circle")
    assert drawn.count() == len(curve) > 1
    rows = page.locator(".reliability tbody tr")
    for place, (said, happened, n) in enumerate(curve[["probability", "observed", "n"]].itertuples(index=False)):
        cells = rows.nth(place).locator("td").all_inner_texts()
        assert abs(percent(cells[0]) - 100 * said) <= 0.6 or cells[0][0] in "<>"
        assert abs(percent(cells[1]) - 100 * happened) <= 0.6 or cells[1][0] in "<>"
        assert percent(cells[2]) == n


def test_what_is_suspicious_is_said_in_words(opened: Open, language: str, newest: release.Release) -> None:
    found = pd.read_parquet(newest.path / "suspicions.parquet").query("model == 'endemic'")
    assert set(found["flag"]) == {"few_origins"}
    told = opened(language, where="#view=models").locator(".suspicions li").all_inner_texts()
    assert len(told) == 1 and WORDS[language]["few"] in told[0] and "few_origins" not in told[0]
    assert [int(each) for each in re.findall(r"\d+", told[0])] == sorted(found["horizon"])


def test_a_region_tells_how_the_model_did_there(opened: Open, language: str, newest: release.Release) -> None:
    table = pd.read_parquet(newest.path / "by_region.parquet").set_index("region")
    for code in ("BF5602", "BF4603"):
        page = opened(language, where=f"#view=map&r={code}")
        heading = page.get_by_role("heading", name=WORDS[language]["here"])
        said = heading.locator("xpath=following-sibling::p[1]").inner_text()
        shown = [float(each.replace(",", ".")) for each in re.findall(r"0[.,]\d{3}", said)]
        assert shown == pytest.approx(table.loc[code, ["brier", "brier_baseline"]].tolist(), abs=0.00056)
        assert str(table.loc[code, "n"]) in said


def test_the_coast_says_whether_it_grows_or_moves_on(opened: Open, language: str, newest: release.Release) -> None:
    told = newest.expansion["joins"].query("later != 'all'")
    year = told[told["later"] == told["later"].max()].set_index("kind")
    text = opened(language, where="#view=coast").locator(".growth").inner_text()
    assert WORDS[language]["grows"][bool(year.loc["escalation", "p"] < 0.05)] in text
    numbers = re.findall(r"\d+", text)
    assert {str(year["newly_hit"].iloc[0]), str(year.loc["escalation", "joins"])} <= set(numbers)


def test_past_releases_are_held_against_the_record(
    opened: Open, language: str, earlier: list[release.Release], toward_coast: Any
) -> None:
    page, said = opened(language, where="#view=record"), WORDS[language]
    assert page.locator("tbody tr").count() >= 2
    p = earlier[0].forecast.probability().loc[1]
    happened = (toward_coast.attacks.loc["2023-06"] > 0).astype(float)
    brier = ((p - happened) ** 2).mean()
    cells = page.locator(".record tbody tr").first.locator("td").all_inner_texts()
    assert float(cells[5].replace(",", ".")) == pytest.approx(brier, abs=0.00051)
    assert said["surprises"] in page.locator(".record").inner_text()


def test_what_is_shown_can_be_taken_away(opened: Open, language: str, newest: release.Release, tmp_path: Path) -> None:
    page, said = opened(language, where="#view=map&m=2023-07&n=2&k=2"), WORDS[language]
    page.locator("summary", has_text=said["take"]).click()
    saved = {}
    for kind in ("csv", "geojson", "png"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=re.compile(re.escape(said[kind]))).click()
        saved[kind] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(saved[kind])
    rows = list(csv.DictReader(saved["csv"].read_text(encoding="utf-8").splitlines()))
    expected = newest.forecast.window([1, 2]).probability(2).iloc[0]
    assert len(rows) == len(expected)
    for row in rows:
        assert float(row["probability"]) == pytest.approx(expected[row["region"]], rel=1e-5)
    made = json.loads(saved["geojson"].read_text(encoding="utf-8"))
    assert len(made["features"]) == len(expected) and made["licence"].startswith("CC BY")
    head = saved["png"].read_bytes()[:24]
    assert head.startswith(b"\x89PNG") and struct.unpack(">II", head[16:24])[0] == 2144
    assert saved["png"].stat().st_size > 50_000
    page.get_by_role("button", name=re.compile(said["link"])).click()
    link = page.locator(".take input").input_value()
    assert "k=2" in link and "n=2" in link


def test_a_link_restores_the_exact_view(opened: Open, language: str) -> None:
    page = opened(language, where="#view=map&q=expected&m=2023-08&n=2&r=BF5602&on=borders.towns&theme=dark")
    page.locator(".map svg").first.focus()
    page.keyboard.press("+")
    link = address(page).split("#")[1]
    again = opened(language, where="#" + link, another=True)
    assert address(again).split("#")[1] == link
    assert again.evaluate("document.documentElement.dataset.theme") == "dark"
    assert again.locator(".controls select").first.input_value() == "expected"
    assert again.locator("#region-name").inner_text() == page.locator("#region-name").inner_text()
    assert fills(again) == fills(page)


def test_every_view_speaks_in_plain_words(opened: Open, language: str) -> None:
    page, said = opened(language), WORDS[language]
    page.locator(".brief summary").click()
    assert said["caveat"] in page.locator(".brief").inner_text()
    page.get_by_role("button", name=said["watch"]).first.click()
    assert re.search(r"\d+ (in|sur) 10", page.locator("td.odds").first.inner_text())
    page.get_by_role("button", name=said["read"]).click()
    assert said["caveat"] in page.locator(".read").inner_text()


def test_the_language_is_the_browsers_until_switched(opened: Open, language: str) -> None:
    page, other = opened(language), {"en": "fr", "fr": "en"}[language]
    assert page.evaluate("document.documentElement.lang") == language
    page.get_by_role("button", name=WORDS[language]["other"]).click()
    assert page.evaluate("document.documentElement.lang") == other
    assert page.get_by_role("button", name=WORDS[other]["watch"]).count() >= 1
    assert f"lang={other}" in address(page)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (720, 450)])
def test_nothing_runs_off_a_narrow_screen(opened: Open, language: str, width: int, height: int) -> None:
    """390 pixels is a phone, 720 a laptop of 1440 at 200 %."""
    page, said = opened(language, where="#view=map&r=BF5602", width=width, height=height), WORDS[language]
    for view in ("map", "watch", "coast", "models", "record", "read"):
        page.locator("nav").get_by_role("button", name=said[view]).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view


# The two forms differ in the bar at the top: where the rest is the same to the letter, only that is looked at again.
REST = "document.querySelector('main').innerHTML"
FOUND = """async ([part, tags]) => {
    const told = await axe.run(part ?? document, { runOnly: tags, resultTypes: ['violations'] });
    return told.violations.map((each) => `${each.id}: ${each.nodes[0].target} ${each.help}`);
}"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def looked_at() -> dict[tuple[bool, str], str]:
    """What the main part of each view held, light and dark, when axe looked at it."""
    return {}


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(
    opened: Open, dark: bool, missing: Callable[[str], None], looked_at: dict[tuple[bool, str], str]
) -> None:
    if not AXE.is_file():
        missing("axe-core is not installed: run `make page`, which fills src/review/node_modules")
    language = "fr" if dark else "en"
    page = opened(language, where="#view=map&on=borders.names.water.towns.roads.routes", dark=dark)
    said = WORDS[language]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.locator(".take summary").click()
    found = {}
    for view in ("map", "watch", "coast", "models", "record", "read", "region"):
        if view == "region":
            page.locator("nav").get_by_role("button", name=said["map"]).click()
            page.locator(".top button").first.click()
        else:
            page.locator("nav").get_by_role("button", name=said[view]).click()
        rest = page.evaluate(REST)
        found[view] = page.evaluate(FOUND, ["header" if looked_at.get((dark, view)) == rest else None, TAGS])
        looked_at[dark, view] = rest
    assert {view: told for view, told in found.items() if told} == {}

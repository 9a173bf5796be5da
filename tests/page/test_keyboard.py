"""The page without a mouse: find Togo's riskiest region, see why, compare with last month, download the table.

Only keys are pressed, as a reader would: Tab and Shift+Tab to get about, Enter, letters, arrows. Every stop on the way
must be in sight and marked. The regions are real; their attacks are drawn from a world whose truth is known, with the
riskiest region in the middle of Togo's list, far from the riskiest of all, and moved since the month before.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from harmattan import page as review
from harmattan import release
from harmattan.backtest import backtest, forecast_all
from harmattan.expansion.tables import expansion_tables
from harmattan.models.baselines import OwnRate
from harmattan.models.endemic import Endemic
from harmattan.models.endemic.paths import BACKGROUND, OWN
from harmattan.months import month, month_range
from harmattan.panel import Panel
from harmattan.regions import bundled
from harmattan.result import Caption, Result
from harmattan.scores.table import score_table
from harmattan.synthetic import endemic_epidemic_world

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

BEFORE, NOW = "2023-05", "2023-06"
# More stops than any way through the page has: a walk that does not end in them is lost.
MOST_KEYS = 120
HALF_A_PERCENT = 0.5 + 1e-9
STOP = """wanted => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const marked = getComputedStyle(at).outlineStyle !== 'none';
  return [at === wanted, at !== document.body && inside && marked, at.outerHTML.slice(0, 90)];
}"""
IN_SIGHT = """wanted => {
  const box = wanted.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight
    && wanted.contains(document.elementFromPoint(box.left + 2, box.top + box.height / 2));
}"""
WORDS = {
    "en": {
        "watch": "Watch list",
        "country": "Country",
        "why": "Why",
        "changed": "What changed",
        "take": "Take away",
        "csv": "Table of the chosen months (CSV)",
        BACKGROUND: "background",
        OWN: "its own past",
    },
    "fr": {
        "watch": "Liste de veille",
        "country": "Pays",
        "why": "Pourquoi",
        "changed": "Ce qui a changé",
        "take": "Emporter",
        "csv": "Tableau des mois choisis (CSV)",
        BACKGROUND: "fond permanent",
        OWN: "passé propre",
    },
}


@pytest.fixture(scope="module")
def world() -> Panel:
    regions = bundled("admin1", ["BFA", "TGO", "BEN", "GHA"])
    return endemic_epidemic_world(
        regions,
        months=month_range("2018-01", NOW),
        rng=np.random.default_rng(2),
        background=np.where(regions.table["country"] == "BFA", 0.3, 0.02),
        own=0.05,
        neighbour=0.85,
        overdispersion=0.5,
    )


@pytest.fixture(scope="module")
def issued(world: Panel, tmp_path_factory: pytest.TempPathFactory) -> dict[str, release.Release]:
    """Two releases a month apart, without the printed maps, charts and outlooks, which the page does not use."""
    place = tmp_path_factory.mktemp("issued")
    with pytest.MonkeyPatch.context() as patch:
        for module in (release.maps, release.overview, release.coast, release.outlooks):
            patch.setattr(module, "write", lambda *_, **__: [])
        patch.setattr(release.record, "write_charts", lambda *_: [])
        models = {"rate": OwnRate(), "endemic": Endemic()}
        tried = [month(BEFORE) - 3]
        rows = backtest(world.as_of(month(BEFORE)), models, origins=tried, horizons=(1,), draws=100, seed=1).rows
        paths = {origin: release.write(_result(world.as_of(month(origin)), rows), place) for origin in (BEFORE, NOW)}
    return {origin: release.read(path) for origin, path in paths.items()}


@pytest.fixture(scope="module")
def names(world: Panel) -> pd.Series:
    return world.regions.table["name"].astype(str)


@pytest.fixture(scope="module")
def togo(world: Panel) -> pd.Index:
    country = world.regions.table["country"]
    return country.index[country == "TGO"]


@pytest.fixture(scope="module")
def figures(issued: dict[str, release.Release]) -> pd.DataFrame:
    """What the two releases say of the first month ahead: ``p``, ``before`` and ``expected`` by region."""
    now, before = issued[NOW].forecast, issued[BEFORE].forecast
    same_month = before.probability().iloc[list(before.months).index(now.months[0])]
    told = {"p": now.probability().iloc[0], "before": same_month}
    return pd.DataFrame(told | {"expected": now.expected().iloc[0]})


@pytest.fixture(scope="module")
def file(built: Path, issued: dict[str, release.Release], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return review.write_report(issued[NOW].path, tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture
def page(tabs: Any, file: Path, language: str) -> Iterator[Page]:
    """The page as it opens, nothing focused; at the end no request was made and nothing was complained about."""
    yield tabs.open(file.as_uri(), language)
    tabs.check()


def test_the_riskiest_region_its_reasons_and_the_table_by_keyboard_alone(
    page: Page,
    language: str,
    issued: dict[str, release.Release],
    figures: pd.DataFrame,
    names: pd.Series,
    togo: pd.Index,
    tmp_path: Path,
) -> None:
    said, likeliest = WORDS[language], figures["p"][togo].idxmax()
    assert page.evaluate("document.activeElement === document.body")

    _go(page, page.get_by_role("button", name=said["watch"], exact=True))
    page.keyboard.press("Enter")
    _go(page, page.get_by_role("combobox", name=said["country"], exact=True))
    page.keyboard.type("Togo")
    rows = page.locator(".watch tbody tr")
    listed = rows.locator("th").all_inner_texts()
    assert listed == names[figures["p"][togo].sort_values(ascending=False).index].tolist()
    _go(page, rows.first.get_by_role("button"))
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "region-name"
    assert page.locator("#region-name").inner_text().split("\n")[0] == names[likeliest]
    assert f"r={likeliest}" in page.url

    _read_down_to(page, page.get_by_role("heading", name=said["changed"], exact=True))
    before, now, points = _whole_numbers(_below(page, said["changed"]).inner_text())[:3]
    p, p_before = figures.loc[likeliest, ["p", "before"]]
    assert abs(now - 100 * p) <= HALF_A_PERCENT and abs(before - 100 * p_before) <= HALF_A_PERCENT
    assert abs(points - 100 * (p - p_before)) <= HALF_A_PERCENT
    assert _whole_numbers(rows.first.locator("td.change").inner_text()) == [points]

    _read_down_to(page, page.get_by_role("heading", name=said["why"], exact=True))
    sender, share = _largest_driver(issued[NOW], likeliest)
    largest = page.locator(".drivers li").first
    _read_down_to(page, largest)
    shown = said[sender] if sender in said else f"{names[sender]} ({_country(issued[NOW], sender)})"
    assert largest.locator("span").first.inner_text() == shown
    assert abs(_whole_numbers(largest.locator("b").inner_text())[0] - 100 * share) <= HALF_A_PERCENT

    _go(page, page.locator(".take summary", has_text=said["take"]), key="Shift+Tab")
    page.keyboard.press("Enter")
    _go(page, page.get_by_role("button", name=said["csv"], exact=True))
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    assert saved.suffix == ".csv" and saved.name in page.locator(".take [role=status]").inner_text()
    _check_table(saved, figures, listed, likeliest)


def test_the_world_can_tell_a_right_answer_from_a_wrong_one(
    figures: pd.DataFrame, togo: pd.Index, issued: dict[str, release.Release]
) -> None:
    """The region is neither Togo's first nor the riskiest of all, was not Togo's riskiest, and its figure moved."""
    likeliest = figures["p"][togo].idxmax()
    assert likeliest != togo[0] and likeliest != figures["p"].idxmax() and likeliest != figures["before"][togo].idxmax()
    assert figures["p"][togo].nlargest(2).diff().iloc[1] < -0.01
    assert abs(figures["p"][likeliest] - figures["before"][likeliest]) > 0.05
    assert _largest_driver(issued[NOW], likeliest)[0] in figures.index


def _result(panel: Panel, rows: pd.DataFrame) -> Result:
    origin = panel.origin
    models = {"rate": OwnRate(), "endemic": Endemic()}
    fitted, forecasts = forecast_all(panel, models, origin=origin, horizons=(1, 2, 3), draws=400, seed=1)
    _, earlier = forecast_all(panel, {"rate": OwnRate()}, origin=origin - 1, horizons=(1, 2, 3, 4), draws=400, seed=1)
    told = {}
    if str(origin) == NOW:
        told = expansion_tables(
            panel,
            forecasts["endemic"],
            endemic=fitted["endemic"],  # type: ignore[arg-type]
            rng=np.random.default_rng(1),
        )
    return Result(
        name="drawn",
        settings={"regions.level": "admin1"},
        caption=Caption("Attacks drawn from a model", "drawn, not observed", "CC0"),
        panel=panel,
        fitted=fitted,
        forecasts=forecasts,
        earlier=earlier["rate"],
        rows=rows,
        scores=score_table(rows, ("rate",)),
        baselines=("rate",),
        champion="endemic",
        seed=1,
        expansion=told,
    )


def _go(page: Page, wanted: Locator, *, key: str = "Tab") -> None:
    """Press a key until the focus is on what is wanted; every stop on the way is in sight and marked."""
    wanted.wait_for()
    element = wanted.element_handle()
    for _ in range(MOST_KEYS):
        page.keyboard.press(key)
        arrived, seen, stop = element.evaluate(STOP)
        assert seen, f"the focus cannot be seen at {stop}"
        if arrived:
            return
    pytest.fail(f"{MOST_KEYS} times {key} did not lead to {wanted}; the last stop was {stop}")


def _read_down_to(page: Page, wanted: Locator) -> None:
    """Press the down arrow until something is in sight."""
    element = wanted.element_handle()
    for _ in range(MOST_KEYS):
        if element.evaluate(IN_SIGHT):
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"{MOST_KEYS} times the down arrow did not bring {wanted} in sight")


def _below(page: Page, heading: str) -> Locator:
    return page.get_by_role("heading", name=heading, exact=True).locator("xpath=following-sibling::p[1]")


def _whole_numbers(text: str) -> list[int]:
    return [int(each.replace("−", "-")) for each in re.findall(r"[+−]?\d+", text)]


def _largest_driver(newest: release.Release, region: str) -> tuple[str, float]:
    """Who sends most of the attacks expected in a region within the first month, and which share."""
    table = newest.expansion["pressure"].query("receiver == @region and within == 1")
    sent = table.set_index("sender")["expected"]
    return str(sent.idxmax()), float(sent.max() / sent.sum())


def _country(newest: release.Release, region: str) -> str:
    return str(newest.regions().table.loc[region, "country"])


def _check_table(saved: Path, figures: pd.DataFrame, listed: list[str], likeliest: str) -> None:
    """Every region with the figures of the release; Togo's in the order of the list, its riskiest first."""
    with saved.open(encoding="utf-8", newline="") as lines:
        table = {row["region"]: row for row in csv.DictReader(lines)}
    assert list(table) == list(figures.index)
    for region, row in table.items():
        p, before, expected = figures.loc[region]
        assert row["origin"] == NOW and row["first_month"] == row["last_month"] == "2023-07"
        assert float(row["probability"]) == pytest.approx(p, rel=1e-5)
        assert float(row["expected"]) == pytest.approx(expected, rel=1e-5)
        assert float(row["change"]) == pytest.approx(p - before, rel=1e-5, abs=1e-9)
    own = sorted((row for row in table.values() if row["country"] == "TGO"), key=lambda row: -float(row["probability"]))
    assert [row["name"] for row in own] == listed and own[0]["region"] == likeliest


def test_closing_leads_back_to_where_one_came_from(page: Page, language: str) -> None:
    said = WORDS[language]
    _go(page, page.get_by_role("button", name=said["watch"], exact=True))
    page.keyboard.press("Enter")
    name = page.locator(".watch tbody button").nth(3)
    _go(page, name)
    page.keyboard.press("Enter")
    page.locator("#region-name").wait_for()
    page.keyboard.press("Escape")
    assert name.evaluate("each => each === document.activeElement")
    menu = page.locator(".take summary")
    _go(page, menu, key="Shift+Tab")
    page.keyboard.press("Enter")
    _go(page, page.get_by_role("button", name=said["csv"], exact=True))
    page.keyboard.press("Escape")
    assert menu.evaluate("each => each === document.activeElement")

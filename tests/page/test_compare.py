"""Two models side by side over any window and number, the run in MLflow, and belts by side, as the page tells them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from harmattan import page as review
from harmattan import release
from harmattan.page.packing import unpack_counts
from harmattan.page.places import groups_of, regions_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]
WORDS = {
    "en": {"chosen": "endemic-epidemic", "belt": "Burkina Faso near Benin", "month": "month by month"},
    "fr": {"chosen": "endémique-épidémique", "belt": "Burkina Faso, côté Bénin", "month": "mois par mois"},
}


@pytest.fixture(scope="module")
def rival(newest: release.Release) -> tuple[str, pd.DataFrame]:
    """The other model whose draws are in the page, and its totals of four months by draw and region."""
    held = review.read_notes(newest.path)["rival"]
    draws = unpack_counts(held["draws"])[:, 1:5].sum(axis=1)
    return held["name"], pd.DataFrame(draws.T, columns=newest.forecast.regions)


def test_the_other_models_draws_tell_its_own_figures(newest: release.Release, rival: tuple[str, pd.DataFrame]) -> None:
    name, _ = rival
    draws = unpack_counts(review.read_notes(newest.path)["rival"]["draws"])
    told = newest.models[newest.models["model"] == name].pivot(index="region", columns="horizon", values="expected")
    found = pd.DataFrame(draws.mean(axis=2), newest.forecast.regions, list(newest.forecast.horizons))
    pd.testing.assert_frame_equal(found, told.loc[found.index], check_names=False, check_column_type=False)


def test_any_window_and_number_of_two_models_is_told(
    opened: Open, language: str, newest: release.Release, rival: tuple[str, pd.DataFrame]
) -> None:
    page = opened(language, where="#view=models&m=2023-08&n=4&k=3")
    card = page.locator(".card.wide")
    assert card.locator(".pick select").nth(1).input_value() == rival[0]
    assert (
        card.locator(".pick input.k").input_value() == "3" and card.locator(".pick select").nth(4).input_value() == "4"
    )
    one = newest.forecast.window([2, 3, 4, 5]).probability(3).iloc[0]
    two = ((rival[1] >= 3).sum() + 0.25) / (len(rival[1]) + 0.5)
    widest = (two - one).abs().idxmax()
    said = card.locator(".lead").inner_text()
    assert newest.table.set_index("region")["name"][widest].iloc[0] in said
    shares = [int(each) for each in re.findall(r"(\d+)\s?%", said)]
    assert shares == pytest.approx([100 * one[widest], 100 * two[widest]], abs=0.5 + 1e-9)
    colours = (
        card.locator("svg[role=img]")
        .nth(2)
        .locator(".regions path")
        .evaluate_all("all => all.map(each => each.style.fill)")
    )
    assert len(set(colours)) > 2


def test_models_without_draws_are_compared_month_by_month(opened: Open, language: str, newest: release.Release) -> None:
    page = opened(language, where="#view=models&m=2023-08&n=4&k=3&ab=conflictology~endemic")
    card, names = page.locator(".card.wide"), {"conflictology", "endemic"}
    assert card.locator(".monthly").count() == 1 and card.locator("input.k").count() == 0
    table = newest.models[(newest.models["horizon"] == 2) & newest.models["model"].isin(names)]
    wide = table.pivot(index="region", columns="model", values="p1")
    widest = (wide["endemic"] - wide["conflictology"]).abs().idxmax()
    assert str(newest.table.set_index("region")["name"][widest].iloc[0]) in card.locator(".lead").inner_text()
    assert WORDS[language]["month"] in card.locator(".note").first.inner_text()


def test_the_run_in_mlflow_is_linked_without_its_password(opened: Open, language: str) -> None:
    page = opened(language, where="#view=models")
    told = page.locator(".tracked")
    assert told.locator("code").all_inner_texts() == ["4f2a9c", "https://mlflow.example.org"]
    assert told.locator("a").get_attribute("href") == "https://mlflow.example.org/#/runs/4f2a9c"
    assert "secret" not in page.content()


def test_each_side_of_a_border_is_a_belt_of_its_own(opened: Open, language: str, newest: release.Release) -> None:
    row = opened(language, where="#view=coast&m=2023-07&n=1").locator("tr", has_text=WORDS[language]["belt"])
    belt = next(each for each in groups_of(regions_of(newest)) if (each["name"], each["near"]) == ("BFA", "BEN"))
    codes = newest.forecast.regions[belt["members"]]
    assert all(code.startswith("BF") for code in codes)
    p = (
        newest.forecast.group({code: "belt" if code in codes else "rest" for code in newest.forecast.regions})
        .probability()
        .iloc[0]["belt"]
    )
    shown = re.findall(r"(\d+)\s?%", row.inner_text())[0]
    assert abs(int(shown) - 100 * p) <= 0.5 + 1e-9


def test_what_the_change_is_made_of_is_told_where_it_is_known(opened: Open, language: str) -> None:
    page = opened(language, where="#view=map&r=BF5602&m=2023-07")
    told = page.locator("article.region .parts").inner_text()
    assert re.findall(r"[+−]?\d+", told.split("2023")[1]) == ["0", "+3", "−1"]
    assert opened(language, where="#view=map&r=BF4603&m=2023-07").locator("article.region .parts").count() == 0

"""Rivers, lakes, roads and towns on the map, switched as the reader likes, and the map under fingers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

Open = Callable[..., "Page"]
PHONE = {"width": 390, "height": 844}
LABELS = {
    "en": {"menu": "On the map", "water": "Rivers and lakes", "roads": "Trade roads", "towns": "Towns"},
    "fr": {"menu": "Sur la carte", "water": "Cours d’eau et lacs", "roads": "Routes commerciales", "towns": "Villes"},
}
DRAWN = {"water": ".over .rivers", "roads": ".over .roads:not(.halo)", "towns": ".over .towns circle"}


def test_lines_are_switched_on_and_off_and_kept_in_the_link(opened: Open, language: str) -> None:
    page, said = opened(language), LABELS[language]
    shown = {name: page.locator(css).count() > 0 for name, css in DRAWN.items()}
    assert shown == {"water": True, "roads": False, "towns": False}
    page.locator("summary", has_text=said["menu"]).click()
    for name, css in DRAWN.items():
        page.get_by_label(said[name]).click()
        assert (page.locator(css).count() > 0) is not shown[name], name
    on = re.search(r"on=([\w.]+)", page.evaluate("location.hash"))
    assert on is not None and set(on[1].split(".")) == {"borders", "names", "roads", "towns"}


def test_a_phone_starts_without_lines(opened: Open) -> None:
    page = opened("fr", **PHONE)
    assert [page.locator(css).count() for css in DRAWN.values()] == [0, 0, 0]


def test_towns_are_as_many_as_there_is_room_for(opened: Open) -> None:
    page = opened("en", where="#view=map&on=towns")
    whole = page.locator(DRAWN["towns"]).count()
    assert 20 <= whole <= 45
    names = page.locator(".towns text").all_text_contents()
    assert len(names) == len(set(names)) > 10 and "Bamako" in names and "Hombori" not in names
    far = opened("en", where="#view=map&on=towns&z=6.00_-2518.00_-2577.00")
    assert set(far.locator(".towns text").all_text_contents()) - set(names)


@pytest.fixture
def hand(opened: Open) -> tuple[Page, Callable[..., None]]:
    """The page on a touch screen, and fingers that are put down, moved and lifted."""
    page = opened("en", touch=True, **PHONE)
    session: CDPSession = page.context.new_cdp_session(page)
    box = page.locator(".map").bounding_box()
    assert box is not None

    def touch(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": box["x"] + x, "y": box["y"] + y, "id": place} for place, (x, y) in enumerate(fingers)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return page, touch


def zoom(page: Page) -> list[float]:
    found = re.search(r"z=([\d._-]+)", page.evaluate("location.hash"))
    return [float(each) for each in found[1].split("_")] if found else [1, 0, 0]


def test_two_fingers_zoom_the_map(hand: tuple[Page, Callable[..., None]]) -> None:
    page, touch = hand
    touch("touchStart", (150, 150))
    touch("touchStart", (150, 150), (210, 150))
    touch("touchMove", (120, 150), (240, 150))
    twice = zoom(page)
    assert twice[0] == pytest.approx(2, abs=0.01)
    touch("touchMove", (90, 150), (270, 150))
    assert zoom(page)[0] == pytest.approx(3, abs=0.01)
    touch("touchEnd")
    before = zoom(page)
    touch("touchStart", (150, 150))
    touch("touchMove", (170, 180))
    touch("touchEnd")
    after = zoom(page)
    moved = after[1] - before[1], after[2] - before[2]
    assert after[0] == before[0] and moved[0] > 0 and moved[1] == pytest.approx(1.5 * moved[0], rel=0.02)
    assert page.locator("article.region").count() == 0
    touch("touchStart", (150, 150))
    touch("touchStart", (100, 150), (300, 150))
    touch("touchMove", (180, 150), (200, 150))
    touch("touchEnd")
    assert zoom(page) == [1, 0, 0]


def test_what_lies_between_the_fingers_stays_there(hand: tuple[Page, Callable[..., None]]) -> None:
    page, touch = hand
    held = """([x, y]) => {
        const box = document.querySelector('.map').getBoundingClientRect();
        return document.elementFromPoint(box.x + x, box.y + y).getAttribute('data-region');
    }"""
    middle = [120, 215]
    before = page.evaluate(held, middle)
    assert before is not None
    touch("touchStart", (110, 215))
    touch("touchStart", (110, 215), (130, 215))
    touch("touchMove", (80, 215), (160, 215))
    touch("touchEnd")
    assert zoom(page)[0] == pytest.approx(4, abs=0.01) and page.evaluate(held, middle) == before


# The protocol of the browser lifts all fingers at once; a page's own events lift one.
FINGER = """([kind, id, x, y]) => document.querySelector('.map svg').dispatchEvent(
    new PointerEvent(kind, { pointerId: id, pointerType: 'touch', clientX: x, clientY: y, bubbles: true })
)"""


def test_the_finger_that_stays_goes_on_moving_the_map(opened: Open) -> None:
    page = opened("en", touch=True, **PHONE)
    steps = [("pointerdown", 1, 100, 500), ("pointerdown", 2, 200, 500), ("pointermove", 2, 300, 500)]
    for step in (*steps, ("pointerup", 1, 100, 500)):
        page.evaluate(FINGER, step)
    before = zoom(page)
    assert before[0] == pytest.approx(2, abs=0.01)
    page.evaluate(FINGER, ("pointermove", 2, 320, 530))
    page.evaluate(FINGER, ("pointerup", 2, 320, 530))
    after = zoom(page)
    moved = after[1] - before[1], after[2] - before[2]
    assert after[0] == before[0] and moved[0] > 0 and moved[1] == pytest.approx(1.5 * moved[0], rel=0.02)
    assert page.locator("article.region").count() == 0


def test_a_tap_opens_a_region(hand: tuple[Page, Callable[..., None]]) -> None:
    page, touch = hand
    touch("touchStart", (120, 215))
    touch("touchEnd")
    page.locator("#region-name").wait_for()

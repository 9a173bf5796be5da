"""Releases of three months in a row with everything a page can show, and browsers that open it.

One Chromium serves all tests. Tabs are kept too, one for each form, language, size and theme: a test gets a tab whose
page is loaded anew from an empty one, so that nothing of the test before is left.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd
import pytest
import uvicorn

from harmattan import corridors, release
from harmattan import page as review
from harmattan.api import Limits, create_app
from harmattan.backtest import backtest, forecast_all
from harmattan.expansion.tables import expansion_tables
from harmattan.figures import bundled_counts
from harmattan.models.baselines import Conflictology, OwnRate
from harmattan.models.endemic import Endemic
from harmattan.months import month
from harmattan.page.report import BUILT
from harmattan.panel import Panel, from_counts
from harmattan.regions import bundled
from harmattan.result import Caption, Result
from harmattan.scores.table import score_table

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
LOCALES = {"en": "en-GB", "fr": "fr-FR"}
STORE = "https://someone:secret@mlflow.example.org"
HORIZONS = (1, 2, 3, 4, 5, 6)
ORIGINS = ("2023-04", "2023-05", "2023-06")

Missing = Callable[[str], NoReturn]
Open = Callable[..., "Page"]


@pytest.fixture(scope="session")
def toward_coast() -> Panel:
    """Attacks in Burkina Faso's provinces and the countries around, some of them quiet."""
    counts, about = bundled_counts("attacks_coast")
    return from_counts(counts, bundled(about["level"], about["countries"]))


@pytest.fixture(scope="session")
def folder(toward_coast: Panel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The releases of `ORIGINS`, without the printed maps and charts, which the page does not use."""
    place = tmp_path_factory.mktemp("releases")
    with pytest.MonkeyPatch.context() as patch:
        for module in (release.maps, release.overview, release.coast, release.outlooks):
            patch.setattr(module, "write", lambda *_, **__: [])
        patch.setattr(release.record, "write_charts", lambda *_: [])
        first = month(ORIGINS[0])
        rows = backtest(
            toward_coast.as_of(first), _models(), origins=[first - 7], horizons=(1, 3, 6), draws=200, seed=1
        ).rows
        for origin in ORIGINS:
            result = _result(toward_coast.as_of(month(origin)), rows)
            written = release.write(result, place)
    review.write_notes(written, review.notes_of(result, run="4f2a9c", store=STORE))
    parts = {"BF5602": {"revised": 0.0, "new": 0.031, "model": -0.012}}
    written.with_name(f"{written.name}.changes.json").write_text(json.dumps(parts), encoding="utf-8")
    return place / "small"


@pytest.fixture(scope="session")
def newest(folder: Path) -> release.Release:
    return release.read(folder / ORIGINS[-1])


@pytest.fixture(scope="session")
def earlier(folder: Path) -> list[release.Release]:
    """The two before, the newest first."""
    return [release.read(folder / origin) for origin in reversed(ORIGINS[:-1])]


@pytest.fixture(scope="session")
def missing() -> Missing:
    """Skips for want of something; fails where everything must be there."""

    def say(what: str) -> NoReturn:
        if os.environ.get("CI") == "true":
            pytest.fail(what)
        pytest.skip(what)

    return say


@pytest.fixture(scope="session")
def built(missing: Missing) -> Path:
    """The folder of the built page."""
    if not (BUILT / "index.html").is_file():
        missing("the review page is not built: run `make page`")
    return BUILT


@pytest.fixture(scope="session")
def chromium(missing: Missing) -> str:
    """Path of the system's Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        missing("there is no chromium on this machine: install Debian's package chromium")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str, missing: Missing) -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install -e '.[dev]'")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def file(built: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the newest release as one file."""
    return review.write_report(folder / ORIGINS[-1], tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture(scope="session")
def served_at(built: Path, folder: Path) -> Iterator[str]:
    """A server of the releases on this machine."""
    unhurried = Limits(rate=1e6, burst=10**6, client_requests=64, requests=64)
    config = uvicorn.Config(create_app(folder.parent, limits=unhurried), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()


@dataclass
class Tab:
    """A tab, what it asked for and what it complained about since it was last looked at."""

    context: BrowserContext
    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


class Tabs:
    """Tabs that load a page anew for every test and refuse every request but to the page's own address."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._kept: dict[tuple[Any, ...], Tab] = {}

    def open(
        self,
        home: str,
        language: str = "en",
        *,
        where: str = "",
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        touch: bool = False,
        another: bool = False,
    ) -> Page:
        """Load the page; `another` does so beside the tab that is there already."""
        key = (home, language, width, height, dark, touch, another)
        tab = self._kept.get(key) or self._made(home, LOCALES[language], width, height, dark, touch)
        self._kept[key] = tab
        tab.page.goto("about:blank")
        tab.page.goto(home + where)
        tab.page.wait_for_selector("h1")
        return tab.page

    def check(self) -> None:
        """Fail if anything but a page's own address was asked for, or anything was complained about."""
        strange, complaints = [], []
        for (home, *_), tab in self._kept.items():
            own = "file:" if home.startswith("file:") else home
            strange += [url for url in tab.asked if not url.startswith((own, "data:", "blob:", "about:"))]
            complaints += tab.complaints
            tab.asked.clear()
            tab.complaints.clear()
        assert strange == []
        assert complaints == []

    def close(self) -> None:
        """Close all tabs."""
        for tab in self._kept.values():
            tab.context.close()

    def _made(self, home: str, locale: str, width: int, height: int, dark: bool, touch: bool) -> Tab:
        context = self._browser.new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            has_touch=touch,
        )
        if home.startswith("file:"):
            context.set_offline(True)
        else:
            own = (home, "data:", "blob:")
            context.route(lambda url: not url.startswith(own), lambda route: route.abort())
        tab = Tab(context, context.new_page())
        tab.page.set_default_timeout(10_000)
        tab.page.on("request", lambda request: tab.asked.append(request.url))
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.on("console", lambda said: tab.complaints.append(said.text) if said.type == "error" else None)
        return tab


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> Iterator[Tabs]:
    kept = Tabs(browser)
    yield kept
    kept.close()


@pytest.fixture(params=["file", "served"])
def opened(request: pytest.FixtureRequest, tabs: Tabs, file: Path) -> Iterator[Open]:
    """Opens the page; at the end nothing but its own address was asked for and nothing was complained about."""
    home = request.getfixturevalue("served_at") if request.param == "served" else file.as_uri()

    def open_page(language: str = "en", **how: Any) -> Page:
        return tabs.open(home, language, **how)

    yield open_page
    tabs.check()


@pytest.fixture(params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _models() -> dict[str, Any]:
    return {"conflictology": Conflictology(), "rate": OwnRate(), "endemic": Endemic()}


def _result(panel: Panel, rows: pd.DataFrame) -> Result:
    origin = panel.origin
    about = bundled_counts("attacks_coast")[1]
    fitted, forecasts = forecast_all(panel, _models(), origin=origin, horizons=HORIZONS, draws=400, seed=1)
    _, before = forecast_all(panel, {"rate": OwnRate()}, origin=origin - 1, horizons=(1, 2, 3, 4), draws=400, seed=1)
    told = {}
    if str(origin) == ORIGINS[-1]:
        told = expansion_tables(
            panel,
            forecasts["endemic"],
            endemic=fitted["endemic"],  # type: ignore[arg-type]
            corridors=corridors.bundled(panel.regions),
            rng=np.random.default_rng(1),
        )
    return Result(
        name="small",
        settings={"data.bundled": "attacks_coast", "forecast.lag": "0"},
        caption=Caption(about["title"], about["source"], about["licence"], tuple(about["caveats"])),
        panel=panel,
        fitted=fitted,
        forecasts=forecasts,
        earlier=before["rate"],
        rows=rows,
        scores=score_table(rows, ("conflictology", "rate")),
        baselines=("conflictology", "rate"),
        champion="endemic",
        seed=1,
        expansion=told,
    )

"""The review page measured in headless Chromium, written into docs/review.md, and its pictures for docs/review.

Run as ``python benchmarks/page.py`` to measure, with synthetic releases of up to 3,600 regions; ``python
benchmarks/page.py --pictures RELEASE COAST`` takes the pictures, the last two of a release of the experiment coast.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from harmattan import exports, layers
from harmattan.forecast import Forecast
from harmattan.months import month
from harmattan.page import payload, write_report
from harmattan.page.packing import one_by_one, pack_counts
from harmattan.page.report import built_page, one_file
from harmattan.regions import Regions, bundled, from_polygons
from harmattan.release import Release

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

PAGE = Path(__file__).parents[1] / "docs" / "review.md"
PICTURES = PAGE.parent / "review"
START, END = "<!-- made by benchmarks/page.py -->", "<!-- end -->"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
ORIGIN, MONTHS, HORIZONS, DRAWS = "2023-06", 60, 12, 1000
LEVEL = "province+admin1"
SIZES = (1600, 3600)
MODELS = (
    "zero", "last", "conflictology", "neighbours", "rate", "bootstrap", "negative_binomial", "hurdle", "discounted",
    "logistic", "boosting", "forest", "extra_trees", "endemic", "selfexciting", "first_attack", "pool",
)  # fmt: skip
RIVAL = "forest"
# West of the Greenwich meridian and a little east of it, where the bundled regions are.
BOX = (-12.0, 5.0, 6.0, 17.0)
WIGGLE = 0.05
LOADS = 7
SETTLE = 300
TOO_HEAVY = 150_000
WIDTHS = (1440, 768, 390)
TALLEST = 2400
MARGIN = 13
COLOURS = 96


def main() -> None:
    """Measure, or take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", nargs=2, type=Path, metavar=("RELEASE", "COAST"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        if asked.pictures:
            release, coast = asked.pictures
            take_pictures(browser, release, coast, Path(scratch))
            return
        table = pd.DataFrame([measured(browser, file) for file in synthetic_pages(Path(scratch))])
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    text = "\n".join(as_markdown(table))
    PAGE.write_text(f"{before}{START}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(text)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, started as in the tests."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise SystemExit("there is no chromium on this machine: install Debian's package chromium")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


# Synthetic releases


def synthetic_pages(scratch: Path) -> Iterator[Path]:
    """Pages of synthetic releases, each with one earlier release: the bundled regions, then ever more polygons."""
    rng = np.random.default_rng(1)
    known = bundled(LEVEL)
    yield written(known, scratch, rng)
    for size in SIZES:
        yield written(partition(size, scratch, rng), scratch, rng)


def written(regions: Regions, scratch: Path, rng: np.random.Generator) -> Path:
    """The page of a synthetic release as one file."""
    folder = scratch / f"{len(regions)}" / ORIGIN
    folder.mkdir(parents=True)
    shown, before, other = synthetic(regions, folder, rng)
    notes = {"rival": {"name": RIVAL, "draws": pack_counts(one_by_one(other.draws))}}
    file = scratch / f"{len(regions)}.html"
    file.write_text(one_file(payload(shown, [before], notes=notes), built_page()), encoding="utf-8")
    return file


def partition(size: int, scratch: Path, rng: np.random.Generator) -> Regions:
    """Regions that fill a box without gaps, cells of random points with winding borders."""
    import geopandas as gpd

    frame = shapely.box(*BOX)
    points = shapely.MultiPoint(rng.uniform(BOX[:2], BOX[2:], (size, 2)))
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame)), frame)
    straight = shapely.get_parts(shapely.node(shapely.MultiLineString([cell.exterior for cell in cells])))
    found = shapely.get_parts(shapely.polygonize([winding(line, rng) for line in straight]))
    codes = [f"R{place:04d}" for place in range(len(found))]
    table = pd.DataFrame({"region": codes, "name": [f"Region {code}" for code in codes], "country": "BFA"})
    file = scratch / "regions.gpkg"
    gpd.GeoDataFrame(table, geometry=found, crs=4326).to_file(file, layer="regions", driver="GPKG", engine="pyogrio")
    return from_polygons(file, code="region", name="name", country="country")


def winding(line: shapely.LineString, rng: np.random.Generator) -> shapely.LineString:
    """The line with the middle of every piece moved aside, three times over."""
    points = shapely.get_coordinates(line)
    for _ in range(3):
        aside = np.diff(points, axis=0)[:, ::-1] * (1, -1)
        middles = (points[:-1] + points[1:]) / 2 + aside * rng.uniform(-WIGGLE, WIGGLE, (len(points) - 1, 1))
        woven = np.empty((2 * len(points) - 1, 2))
        woven[::2], woven[1::2] = points, middles
        points = woven
    return shapely.LineString(points)


def synthetic(regions: Regions, folder: Path, rng: np.random.Generator) -> tuple[Release, Release, Forecast]:
    """A release with a record of 60 months, every model and all draws, the one before, and another model's forecast.

    Most regions are quiet.
    """
    rate = rng.lognormal(-2.6, 1.6, len(regions))
    counts = rng.poisson(rate, (MONTHS, len(regions)))
    record = pd.DataFrame(
        counts,
        index=pd.period_range(end=ORIGIN, periods=MONTHS, freq="M").astype(str).rename("month"),
        columns=regions.table.index,
    )
    history = record.reset_index().melt("month", value_name="attacks").assign(covered=True)
    history.to_parquet(folder / "history.parquet")
    own = regions.geometry is not None
    now, before = (drawn(rate, regions, origin, rng) for origin in (ORIGIN, "2023-05"))
    table = exports.tidy(now, regions)
    if own:
        shutil.copy(folder.parents[1] / "regions.gpkg", folder / "forecast.gpkg")
    release = Release(
        folder,
        described(record, own=own),
        now,
        table,
        pd.concat([noisy(table, rng).assign(model=name) for name in MODELS], ignore_index=True),
        of_windows(now, quiet=counts[-12:].sum(axis=0) == 0),
        scored(rng),
        {},
    )
    older = replace(release, forecast=before, manifest={**release.manifest, "origin": "2023-05"})
    return release, older, drawn(rate, regions, ORIGIN, rng)


def drawn(rate: np.ndarray, regions: Regions, origin: str, rng: np.random.Generator) -> Forecast:
    """Overdispersed counts whose level wanders."""
    shape = (DRAWS, HORIZONS, len(rate))
    level = rng.gamma(2, 0.5, (DRAWS, 1, 1)) * rate * np.exp(0.1 * rng.normal(size=shape).cumsum(axis=1))
    draws = rng.negative_binomial(0.7, 0.7 / (0.7 + level)).astype(np.int32)
    return Forecast(draws, month(origin), tuple(range(1, HORIZONS + 1)), regions.table.index)


def described(record: pd.DataFrame, *, own: bool) -> dict[str, Any]:
    """What the page reads of a manifest."""
    return {
        "experiment": "synthetic",
        "origin": ORIGIN,
        "horizons": list(range(1, HORIZONS + 1)),
        "measure": "attacks",
        "champion": "pool",
        "baselines": list(MODELS[:6]),
        "models": {name: {"weights": None} for name in MODELS},
        "draws": DRAWS,
        "seed": 1,
        "settings": {"regions.level": LEVEL, **({"regions.polygons": "regions.gpkg"} if own else {})},
        "caption": {"title": "Synthetic attacks", "source": "a simulation", "licence": "MIT", "caveats": ["Made up."]},
        "data": {"data_to": ORIGIN, "first_month": str(record.index[0])},
        "scored": {"origins": 24, "first": "2021-06", "last": "2023-05"},
        "code": {"harmattan": "", "commit": None, "dirty": None},
        "in_words": [],
        "files": {"history.parquet": {}},
        "sha256": "0" * 64,
    }


def noisy(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Another model's figures."""
    p1 = np.clip(table["p1"] * rng.uniform(0.8, 1.2, len(table)), 0, 1)
    return table.assign(p1=p1, expected=table["expected"] * rng.uniform(0.8, 1.2, len(table)))


def of_windows(forecast: Forecast, *, quiet: np.ndarray) -> pd.DataFrame:
    """The table of windows as far as the page reads it."""
    months = [str(each) for each in forecast.months]
    return pd.concat(
        [
            layers.risk(forecast, horizons)
            .rename_axis("region")
            .reset_index()
            .assign(window=name, first_month=months[horizons[0] - 1], last_month=months[horizons[-1] - 1])
            .assign(earlier=0.1, quiet=quiet, covered=True)
            for name, horizons in layers.windows(forecast.horizons).items()
        ],
        ignore_index=True,
    )


def scored(rng: np.random.Generator) -> pd.DataFrame:
    """A score table of all models against the baselines."""
    names = ["log_score", *(f"log_score_skill_vs_{name}" for name in MODELS[:6])]
    index = pd.MultiIndex.from_product(
        [MODELS, ("all", "onset"), (1, 3, 6, 12), names], names=["model", "set", "horizon", "score"]
    )
    return index.to_frame(index=False).assign(value=rng.uniform(-0.2, 0.4, len(index)), n=1000)


# Measuring

CHANGE = """([chosen, value, event]) => {
    const control = document.querySelectorAll(chosen.css)[chosen.place];
    control.value = value;
    control.dispatchEvent(new Event(event, { bubbles: true }));
}"""
PAINTED = """window.painted = new Promise((told) => {
    const seen = () => document.querySelector('.map .regions path[style]') || document.querySelector('.map canvas');
    const look = () => requestAnimationFrame(seen() ? () => setTimeout(() => told(performance.now())) : look);
    look();
});"""


def measured(browser: Browser, file: Path) -> dict[str, Any]:
    """One row of the table: weight, ready, and what each change costs the main thread."""
    size = len(gzip.compress(file.read_bytes(), 9, mtime=0)) / 1e6
    ready = [loaded(browser, file) for _ in range(LOADS)]
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("h1")
    clock = MainThread(page)
    controls = {"css": ".controls select", "place": 0}
    last = int(page.locator(".timeline input[type=range]").get_attribute("max") or 0)
    slider = {"css": ".timeline input[type=range]", "place": 0}
    months = [str(last - back) for back in (11, 3, 7, 1, 9, 2, 6, 0, 8, 4, 10, 5)]
    row: dict[str, Any] = {"regions": int(file.stem), "MB": size, "ready": ready}
    row["month"] = [clock.of(slider, value, "input") for value in months]
    row["recorded month"] = [clock.of(slider, str(int(value) - 30), "input") for value in months]
    clock.of(slider, str(last - 11), "input")
    threshold = {"css": ".k input", "place": 0}
    row["threshold"] = [clock.of(threshold, str(k), "change") for k in (2, 5, 3, 1, 4, 2, 6, 1, 8, 3, 5, 1)]
    kinds = ("expected", "first", "width", "change", "excess", "p") * 2
    row["quantity"] = [clock.of(controls, kind, "change") for kind in kinds]
    page.goto(file.as_uri() + "#view=models")
    page.wait_for_selector(".maps")
    picked = [name for name in MODELS if name != "conflictology"][:12]
    row["model"] = [clock.of({"css": ".pick select", "place": 4}, name, "change") for name in picked]
    clock.of({"css": ".pick select", "place": 4}, RIVAL, "change")
    together = {"css": ".pick select", "place": 7}
    row["window of two models"] = [
        clock.of(together, str(n), "change") for n in (3, 6, 2, 12, 1, 9, 4, 7, 5, 10, 8, 11)
    ]
    context.close()
    return row


def loaded(browser: Browser, file: Path) -> float:
    """Seconds from navigation to the first painted map, in a fresh context."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.add_init_script(PAINTED)
    page.goto(file.as_uri())
    seconds = float(page.evaluate("window.painted")) / 1000
    context.close()
    return seconds


class MainThread:
    """What the page's main thread spends on a change: script, style, layout and paint, in its own processor time."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.wait_for_timeout(1000)

    def of(self, control: dict[str, Any], value: str, event: str) -> float:
        """Milliseconds that all tasks take until the page has come to rest."""
        before = self._spent()
        self._page.evaluate(CHANGE, [control, value, event])
        self._page.wait_for_timeout(SETTLE)
        return 1000 * (self._spent() - before)

    def _spent(self) -> float:
        told = self._session.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in told if each["name"] == "TaskDuration")


def as_markdown(table: pd.DataFrame) -> list[str]:
    """Median and 90th percentile of everything measured, as a Markdown table."""
    changes = [name for name in table if name not in ("regions", "MB", "ready")]
    head = ["regions", "one file, gzip", "ready", *(f"change of {name}" for name in changes)]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in table.to_dict("records"):
        cells = [f"{row['regions']:,}", f"{row['MB']:.2f} MB", middle(row["ready"], 2) + " s"]
        cells += [middle(row[name], 0) + " ms" for name in changes]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def middle(values: list[float], digits: int) -> str:
    """Median, and the 90th percentile in brackets."""
    return f"{np.median(values):.{digits}f} ({np.quantile(values, 0.9):.{digits}f})"


# Pictures


def take_pictures(browser: Browser, release: Path, coast: Path, scratch: Path) -> None:
    """The map in three widths, light and dark, and with all lines; a region; two models; and the way to the coast."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    pages = {path: write_report(path, scratch / f"{name}.html") for name, path in (("map", release), ("coast", coast))}
    for width in WIDTHS:
        for dark in (False, True):
            name = f"map-{width}-{'dark' if dark else 'light'}"
            picture(browser, pages[release], name, where="", width=width, dark=dark)
    first = pd.read_parquet(release / "forecast.parquet").nsmallest(1, "horizon", keep="all")
    riskiest = first.sort_values("p1").iloc[-1]
    where = f"#view=map&m={riskiest['month']}&n=3&r={riskiest['region']}"
    picture(browser, pages[release], "region", where=where, width=1440, dark=False, part="article.region")
    where = f"#view=map&m={riskiest['month']}&on=borders.names.water.towns.roads"
    picture(browser, pages[release], "lines", where=where, width=1440, dark=False, part=".mapbox", height=900)
    where = f"#view=models&m={riskiest['month']}&n=3&k=2"
    picture(browser, pages[release], "models", where=where, width=1440, dark=True, part=".card.wide")
    where = f"#view=coast&m={riskiest['month']}&n=6"
    picture(browser, pages[coast], "coast", where=where, width=1440, dark=False, part="section.coast")


def picture(
    browser: Browser,
    file: Path,
    name: str,
    *,
    where: str,
    width: int,
    dark: bool,
    part: str | None = None,
    height: int | None = None,
) -> None:
    """One PNG of few colours: what a screen shows, or a part of the page to its end."""
    from PIL import Image

    context = browser.new_context(
        viewport={"width": width, "height": height or (TALLEST if part else 900)},
        color_scheme="dark" if dark else "light",
        locale="en-GB",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(file.as_uri() + where)
    page.wait_for_selector("h1")
    page.wait_for_timeout(SETTLE)
    path = PICTURES / f"{name}.png"
    box = page.locator(part).bounding_box() if part else None
    if box:
        left, top = max(box["x"] - MARGIN, 0), max(box["y"] - MARGIN, 0)
        right, bottom = min(box["x"] + box["width"] + MARGIN, width), box["y"] + box["height"] + MARGIN
        clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        path.write_bytes(page.screenshot(full_page=True, clip=clip))  # type: ignore[arg-type]
    else:
        path.write_bytes(page.screenshot())
    context.close()
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    if path.stat().st_size > TOO_HEAVY:
        raise SystemExit(f"{path.name} must weigh at most {TOO_HEAVY} bytes; it has {path.stat().st_size}")


if __name__ == "__main__":
    main()

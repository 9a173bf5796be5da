"""Speed and memory: Harmattan alone and beside its peers, and how time grows with the data. Written into docs/speed.md.

Run as ``make bench`` or ``python benchmarks/speed.py [--only NAME ...]``. Each case runs in a process of its
own; where there is a peer both sides run in turn and their results are compared first. Seconds are medians.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from importlib.metadata import version
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pcsv
import scoringrules
from scipy.sparse import csr_array
from statsmodels.base.model import GenericLikelihoodModel

from harmattan.backtest import backtest, forecast_all
from harmattan.expansion.tables import belts, expansion_tables
from harmattan.features import Feature, design, feature
from harmattan.figures import bundled_counts
from harmattan.inputs import models_of
from harmattan.intake import read_panel
from harmattan.models import Forecaster
from harmattan.models.baselines import Conflictology, NeighbourRate, OwnRate
from harmattan.models.combine import Pool
from harmattan.models.endemic import Endemic
from harmattan.models.endemic.regression import EndemicEpidemic
from harmattan.models.endemic.terms import Structure
from harmattan.models.endemic.weights import distance
from harmattan.months import month, month_range
from harmattan.neighbours import Neighbours
from harmattan.panel import Panel, from_counts
from harmattan.regions import Regions, bundled, locate, shapes
from harmattan.scores import intervals, proper
from harmattan.sections import DataSettings
from harmattan.settings import load
from harmattan.snapshots import build_panel
from harmattan.sphere import great_circle_km
from harmattan.vintages import known_on
from harmattan.vintages.store import add

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
START, END = "<!-- made by benchmarks/speed.py -->", "<!-- end of speed -->"
REPEATS = 5
# What takes longer is repeated but twice, a peer not at all; what takes even longer is timed in its first call.
SLOW, VERY_SLOW = 3.0, 20.0
GRIDS = {"13,110 x 437": (115, 114, 437), "64,818 x 437": (234, 277, 437)}
# With these settings glibc gives no memory back to the system, so that a call finds what the one before had.
KEPT = "memory kept"
KEEP = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": str(2**33), "MALLOC_TRIM_THRESHOLD_": str(2**35)}
MEASURES = ("attacks", "other_attacks")
AROUND = ("neighbour_mean", "neighbour_share", "kernel_sum", "country_mean")
ROW_SCORES = ("crps", "threshold_weighted_crps", "count_log_score", "ign", "mis", "weighted_interval_score")

ALL_HORIZONS = ",".join(str(each) for each in range(1, 13))
HELP = "import sys; from harmattan.cli import main; sys.argv = ['harmattan', '--help']; main()"

Work = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """Work to be timed, and another way to the same result if there is one, or the seconds it took by its own clock.

    The folder, if there is one, is deleted at the end.
    """

    ours: Work
    peer: str = ""
    theirs: Work | None = None
    seconds: float | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Measured:
    """Medians in seconds, and the most memory that the case's process had taken after the first call, in MB."""

    wall: float
    processor: float
    megabytes: float
    peer: str = ""
    theirs: float | None = None


def main() -> None:
    """Measure, print, and put the tables between the marks of the page."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="these cases alone; the page is left as it is", metavar="NAME")
    given = parser.parse_args()
    if given.only:
        print(as_markdown(cases_table([name for name in CASES if any(part in name for part in given.only)])))
        return
    parts = [f"Measured on {date.today()}: {machine()}.", as_markdown(cases_table(list(CASES)))]
    parts += [as_markdown(alone(models_table)), as_markdown(growth_table())]
    text = "\n\n".join(parts)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(f"{before}{START}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(text)


def machine() -> str:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load_now = os.getloadavg()[0]
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "scipy", "scikit-learn"))
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB, Python {platform.python_version()}, "
        f"{packages}; load {load_now:.1f} from all that ran"
    )


def cases_table(names: Sequence[str]) -> pd.DataFrame:
    """One row for each case."""
    rows = []
    for name in names:
        with patch.dict(os.environ, KEEP if name.endswith(KEPT) else {}):
            each = alone(measured, name)
        ratio = "" if each.theirs is None else f"{each.theirs / each.wall:.3g}"
        theirs = "" if each.theirs is None else seconds(each.theirs)
        rows.append(
            (name, seconds(each.wall), seconds(each.processor), f"{each.megabytes:.0f}", each.peer, theirs, ratio)
        )
        print(*rows[-1], sep=" | ", file=sys.stderr)
    head = ["case", "s", "processor s", "peak MB", "peer", "peer s", "peer / harmattan"]
    return pd.DataFrame(rows, columns=head)


def alone(work: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def measured(name: str) -> Measured:
    """Time a case, in turn with its peer."""
    case = CASES[name]()
    found: Any = None

    def first() -> None:
        nonlocal found
        found = case.ours()

    ours, processor = ([each] for each in timed(first))
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    theirs = [] if case.seconds is None else [case.seconds]
    if case.theirs is not None:
        start = perf_counter()
        other = case.theirs()
        theirs.append(perf_counter() - start)
        np.testing.assert_allclose(np.asarray(found, float), np.asarray(other, float), rtol=2e-3, atol=2e-3)
    del found
    repeats = REPEATS if ours[0] < SLOW else 2 if ours[0] < VERY_SLOW else 0
    if repeats:
        # The first call was for what is made once.
        ours, processor = [], []
    for _ in range(repeats):
        wall, spent = timed(case.ours)
        ours.append(wall)
        processor.append(spent)
        if case.theirs is not None and theirs[0] < SLOW:
            theirs.append(timed(case.theirs)[0])
    if case.folder is not None:
        shutil.rmtree(case.folder)
    return Measured(median(ours), median(processor), peak, case.peer, median(theirs) if theirs else None)


def timed(work: Work) -> tuple[float, float]:
    """Seconds that one call takes, by the clock and of the processor (of a command: its own)."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall, busy = perf_counter(), process_time()
    work()
    wall, busy = perf_counter() - wall, process_time() - busy
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, busy + after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime


# Panels


def provinces() -> Panel:
    """The bundled attacks in 45 provinces, 96 months."""
    return from_counts(bundled_counts("attacks_bfa")[0], bundled("province"))


def made_up(regions: Regions, months: int) -> Panel:
    """Two measures of mostly quiet regions: attacks in 2 % of region-months, in a third of the regions ever."""
    rng = np.random.default_rng(0)
    when = month_range("1989-01", month("1989-01") + months - 1)
    rate = 0.2 * rng.gamma(0.1, 1, len(regions))
    codes = regions.table.index
    wide = {
        name: pd.DataFrame(rng.poisson(rate, (months, len(regions))).astype(np.float32), when, codes, copy=False)
        for name in MEASURES
    }
    return Panel(regions, wide, pd.DataFrame(np.ones((months, len(regions)), dtype=bool), when, codes, copy=False))


def grid(rows: int, columns: int) -> Regions:
    """Cells of half a degree (smaller where the Earth ends), each a neighbour of the eight around it."""
    place = np.arange(rows * columns).reshape(rows, columns)
    pairs = [(place[:, :-1], place[:, 1:]), (place[:-1], place[1:])]
    pairs += [(place[:-1, :-1], place[1:, 1:]), (place[:-1, 1:], place[1:, :-1])]
    a, b = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
    weights = csr_array((np.ones(2 * len(a)), (np.r_[a, b], np.r_[b, a])), shape=(place.size,) * 2)
    codes = pd.Index([f"{each:05d}" for each in range(place.size)], name="region")
    row, column = (each.ravel() for each in np.indices(place.shape))
    step = min(0.5, 120 / rows)
    table = pd.DataFrame(
        {
            "name": codes,
            "country": [f"{y // 14:02d}{x // 14:02d}" for y, x in zip(row, column, strict=True)],
            "lon": -17 + 0.5 * column,
            "lat": -35 + step * row,
            "area_km2": 3000.0,
        },
        index=codes,
    )
    return Regions(table, None, Neighbours(codes, weights))


# Features


def forty() -> tuple[Feature, ...]:
    """Twenty features of each of two measures."""
    chosen = []
    for measure in MEASURES:
        chosen += [feature("lag", measure=measure, months=m) for m in (0, 1, 2)]
        chosen += [feature("recent_mean", measure=measure, months=m) for m in (3, 12, 36)]
        chosen += [feature("active_share", measure=measure, months=m) for m in (6, 24)]
        chosen += [feature("decayed_mean", measure=measure, half_life=h) for h in (2, 6, 24)]
        chosen += [feature("decayed_share", measure=measure, half_life=h) for h in (6, 24)]
        chosen += [feature("months_since", measure=measure)]
        chosen += [feature("neighbour_mean", measure=measure, months=m) for m in (3, 12)]
        chosen += [feature("neighbour_share", measure=measure, months=12)]
        chosen += [feature("neighbour_mean", measure=measure, months=12, order=2)]
        chosen += [feature("kernel_sum", measure=measure, half_life=12, km=80)]
        chosen += [feature("country_mean", measure=measure, months=12)]
    return tuple(chosen)


def features_of(panel: Panel, *, peer: bool = False) -> Case:
    """All forty; the panel is cut anew for each call, so that nothing is kept from the call before but the weights."""
    again = [panel.as_of(panel.origin) for _ in range(REPEATS + 1)]

    def ours() -> Any:
        # A design is kept as long as its panel is.
        values = design(again.pop(), forty())
        return np.nan_to_num(values[-1]) if peer else None

    return Case(ours, "pandas, long table", lambda: in_pandas(panel)) if peer else Case(ours)


def own_past() -> Case:
    """The features that need no other region, beside pandas: with merges for neighbours it has not enough memory."""
    panel = made_up(grid(*GRIDS["13,110 x 437"][:2]), 437)
    chosen = tuple(each for each in forty() if each.name not in AROUND)
    again = [panel.as_of(panel.origin) for _ in range(REPEATS + 1)]

    def theirs() -> Any:
        none = pairs_of(panel.regions.table.index, [], [])
        found = []
        for measure in MEASURES:
            columns = twenty(long_table(panel, measure), none, none, none)
            found += [column.to_numpy() for column in islice(columns, len(chosen) // len(MEASURES))]
        last = np.tile(np.arange(len(panel.months)) == len(panel.months) - 1, len(panel.regions))
        return np.nan_to_num(np.stack([column[last] for column in found], axis=-1))

    return Case(
        lambda: np.nan_to_num(design(again.pop(), chosen)[-1]), "pandas, groupby without merges, timed once", theirs
    )


def in_pandas(panel: Panel) -> Any:
    """The same as most people write it: one long table, groupby and rolling, merges for what is around."""
    regions = panel.regions
    codes, links = regions.table.index, regions.neighbours.weights
    near = pairs_of(codes, *links.nonzero())
    second = near.merge(near.rename(columns={"region": "neighbour", "neighbour": "behind"}), on="neighbour")
    second = second[second["region"] != second["behind"]][["region", "behind"]].drop_duplicates()
    second = second.rename(columns={"behind": "neighbour"}).merge(near.assign(near=1), how="left").query("near != near")
    km = great_circle_km(regions.table["lon"], regions.table["lat"])
    every = pairs_of(codes, *np.nonzero(~np.eye(len(codes), dtype=bool)))
    every["weight"] = np.exp(-km[~np.eye(len(codes), dtype=bool)] / 80)
    found = []
    for measure in MEASURES:
        found += [column.to_numpy() for column in twenty(long_table(panel, measure), near, second, every)]
    last = np.tile(np.arange(len(panel.months)) == len(panel.months) - 1, len(codes))
    return np.nan_to_num(np.stack([column[last] for column in found], axis=-1))


def long_table(panel: Panel, measure: str) -> pd.DataFrame:
    """One row for each region and month."""
    long = panel.measures[measure].melt(ignore_index=False, value_name="n").reset_index()
    long["active"] = (long["n"] > 0).astype(float)
    long["country"] = long["region"].map(panel.regions.table["country"])
    return long


def twenty(long: pd.DataFrame, near: pd.DataFrame, second: pd.DataFrame, every: pd.DataFrame) -> Iterable[Any]:
    """Columns of the long table in the order of `forty`."""
    n, hit = long.groupby("region")["n"], long.groupby("region")["active"]

    def rolled(of: Any, months: int) -> Any:
        return of.transform(lambda each: each.rolling(months, min_periods=min(months, 12)).mean())

    def decayed(of: Any, half_life: float) -> Any:
        return of.transform(lambda each: each.ewm(halflife=half_life, min_periods=12).mean())

    def merged(links: pd.DataFrame, values: pd.Series, *, how: str = "mean") -> pd.Series:
        told = long[["month", "region"]].assign(value=values).rename(columns={"region": "neighbour"})
        around = links.merge(told, on="neighbour")
        if "weight" in around:
            around["value"] *= around["weight"]
        total = around.groupby(["region", "month"])["value"].agg(how).rename("found").reset_index()
        return long[["region", "month"]].merge(total, how="left")["found"]

    yield from (np.log1p(n.shift(months)) for months in (0, 1, 2))
    yield from (np.log1p(12 * rolled(n, months)) for months in (3, 12, 36))
    yield from (rolled(hit, months) for months in (6, 24))
    yield from (np.log1p(12 * decayed(n, half_life)) for half_life in (2, 6, 24))
    yield from (decayed(hit, half_life) for half_life in (6, 24))
    step = long.groupby("region").cumcount()
    yield np.log1p((step - step.where(long["n"] > 0).groupby(long["region"]).ffill()).fillna(60).clip(upper=60))
    yield from (np.log1p(12 * merged(near, rolled(n, months))) for months in (3, 12))
    yield merged(near, rolled(hit, 12))
    yield np.log1p(12 * merged(second, rolled(n, 12)))
    yield np.log1p(12 * merged(every, decayed(n, 12), how="sum"))
    yield np.log1p(12 * rolled(n, 12).groupby([long["country"], long["month"]]).transform("sum"))


def pairs_of(codes: pd.Index, a: Any, b: Any) -> pd.DataFrame:
    """Pairs of regions by code."""
    return pd.DataFrame({"region": codes[a], "neighbour": codes[b]})


def spatial_lag() -> Case:
    """The mean over neighbours of every month, beside libpysal's, month by month."""
    from libpysal.graph import Graph

    panel = made_up(grid(*GRIDS["13,110 x 437"][:2]), 437)
    weights = panel.regions.neighbours.weights.tocoo()
    graph = Graph.from_arrays(*weights.coords, weights.data).transform("r")
    values = panel.attacks.to_numpy()
    mean = feature("neighbour_mean", measure="attacks", months=1)
    return Case(
        lambda: mean(panel).to_numpy(),
        "libpysal Graph.lag",
        lambda: np.log1p(12 * np.stack([graph.lag(row) for row in values])),
    )


# Scores


def scored(name: str, *, rows: int = 100_000, kind: str = "int32") -> Case:
    """A score of `rows` forecasts of 1,000 draws."""
    rng = np.random.default_rng(1)
    mean = rng.gamma(0.3, 8, 10_000)
    draws = np.tile(rng.poisson(mean, (1000, 10_000)).astype(kind), rows // 10_000)
    observed = np.tile(rng.poisson(mean), rows // 10_000)
    score = getattr(proper, name, None) or getattr(intervals, name)
    if rows == 100_000:
        return Case(lambda: score(observed, draws))
    by_row = np.ascontiguousarray(draws.T).astype(np.float64)
    theirs = partial(scoringrules.crps_ensemble, observed, by_row, estimator="qd")
    return Case(lambda: score(observed, draws), "scoringrules, sorting", theirs)


# Data in


def events_file(rows: int = 50_000) -> Path:
    """A file shaped like UCDP GED, in a folder of its own."""
    rng = np.random.default_rng(3)
    start = pd.Timestamp("2016-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 2900, rows)), unit="D")
    day = start.strftime("%Y-%m-%d 00:00:00.000")
    best = rng.poisson(4, rows)
    table = pd.DataFrame(
        {
            "id": np.arange(rows), "relid": [f"BFA-2016-1-{each}" for each in range(rows)], "year": start.year,
            "type_of_violence": rng.integers(1, 4, rows), "conflict_name": "Burkina Faso: Government", "side_a": "JNIM",
            "side_b": "Civilians", "where_prec": rng.integers(1, 5, rows), "where_coordinates": "a village",
            "adm_1": "Sahel region", "latitude": rng.uniform(10.5, 14, rows), "longitude": rng.uniform(-4, 1, rows),
            "country": "Burkina Faso", "date_prec": 1, "date_start": day, "date_end": day, "deaths_a": 0, "deaths_b": 0,
            "deaths_civilians": best, "best": best, "high": best + 2, "low": best,
        }
    )  # fmt: skip
    path = Path(tempfile.mkdtemp()) / "GEDEvent_v24_1.csv"
    table.to_csv(path, index=False)
    return path


def ingest() -> Case:
    """Reading and checking events, beside a bare read of the same file."""
    from harmattan.sources import read

    path = events_file()
    return Case(lambda: [len(read(path).table)], "pandas.read_csv, dates", lambda: [len(bare(path))])


def from_store() -> Case:
    """The same events from a store of vintages, where they are checked against their hash."""
    from harmattan.vintages.snapshot import read

    path = events_file()
    snapshot = add(path, path.parent / "vintages", known="2024-06-01")
    return Case(lambda: [len(read(snapshot).table)], "pandas.read_csv, dates", lambda: [len(bare(path))])


def whole_ged(folder: Path, rows: int = 418_000) -> Path:
    """A file of the size and the 49 columns of GED for the whole world since 1989; no value in it is real."""
    rng = np.random.default_rng(3)

    def text(words: Sequence[str]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(
            pa.array(rng.integers(0, len(words), rows), pa.int32()), list(words)
        ).cast(pa.string())

    def number(most: int) -> pa.Array:
        return pa.array(rng.integers(1, most, rows))

    start = np.datetime64("1989-01-01") + np.sort(rng.integers(0, 12_700, rows))
    day, until = (
        pa.array(np.char.add(each.astype("U10"), " 00:00:00.000")) for each in (start, start + rng.integers(0, 3, rows))
    )
    place = rng.integers(0, 30_000, rows)
    lon, lat = rng.uniform(-17, 25, 30_000).round(6)[place], rng.uniform(0, 25, 30_000).round(6)[place]
    best, count = rng.poisson(4, rows), np.arange(rows)
    groups, none = ["JNIM", *(f"Armed group {each}" for each in range(900))], pa.array(np.zeros(rows, dtype=int))
    told = [f"A report of an attack on the village, the road and the market of place {each}, " for each in range(3000)]
    relid, year = np.char.add("BFA-2016-1-", count.astype("U7")), start.astype("datetime64[Y]").astype(int) + 1970
    points = [f"POINT ({x} {y})" for x, y in zip(lon, lat, strict=True)]
    columns = {
        "id": count, "relid": relid, "year": year, "active_year": none, "code_status": text(["Clear"]),
        "type_of_violence": number(4), "conflict_dset_id": number(999), "conflict_new_id": number(999),
        "conflict_name": text(["Burkina Faso: Government", "Mali: Government"]), "dyad_dset_id": number(999),
        "dyad_new_id": number(999), "dyad_name": text([f"Government - {one}" for one in groups]),
        "side_a_dset_id": number(999), "side_a_new_id": number(999), "side_a": text(groups),
        "side_b_dset_id": number(999), "side_b_new_id": number(999), "side_b": text(["Civilians", *groups]),
        "number_of_sources": number(5),
        "source_article": text([f'"Agency, 2020-01-01, {one}";"Another, 2020-01-02, {one}"' for one in told]),
        "source_office": text(["Agency", "Agency;Another"]), "source_date": day,
        "source_headline": text([f'Attack, "{each}" dead' for each in range(50)]),
        "source_original": text(["police, army", ""]), "where_prec": number(6),
        "where_coordinates": text([f"village {each}" for each in range(5000)]),
        "where_description": text([f"in village {each}, near the road" for each in range(5000)]),
        "adm_1": text([f"Region {each}" for each in range(200)]),
        "adm_2": text([f"Province {each}" for each in range(900)]),
        "latitude": lat, "longitude": lon, "geom_wkt": points, "priogrid_gid": number(200_000),
        "country": text(["Burkina Faso", "Mali", "Niger", "Nigeria", "Chad", "Benin"]), "country_id": number(999),
        "region": text(["Africa"]), "event_clarity": number(2), "date_prec": number(5), "date_start": day,
        "date_end": until, "deaths_a": none, "deaths_b": none, "deaths_civilians": best, "deaths_unknown": none,
        "best": best, "high": best + 2, "low": best, "gwnoa": number(999), "gwnob": number(999),
    }  # fmt: skip
    path = folder / "GEDEvent_v24_1.csv"
    pcsv.write_csv(pa.table(columns), path, pcsv.WriteOptions(quoting_style="needed"))
    return path


def panel_of_ged() -> Case:
    """From the whole of GED to the panel of an actor."""
    folder = Path(tempfile.mkdtemp())
    path, regions = whole_ged(folder), bundled("province")
    return Case(lambda: read_panel(path, regions, title="GED", level="province", actor="JNIM"), folder=folder)


def panel_again() -> Case:
    """The same panel from a store of vintages, in which it was kept when it was first built."""
    folder = Path(tempfile.mkdtemp())
    store, regions = folder / "vintages", bundled("province")
    add(whole_ged(folder), store, known="2024-06-01", last="2023-12")
    asked = DataSettings(vintages=str(store), actor="JNIM")
    return Case(
        lambda: build_panel(store, known_on(store, "2024-06-01"), regions, asked, level="province"), folder=folder
    )


def bare(path: Path) -> pd.DataFrame:
    """A read without any check."""
    return pd.read_csv(path, parse_dates=["date_start", "date_end"])


def placing() -> Case:
    """Points to regions, beside a spatial join."""
    import geopandas as gpd

    regions, rng = bundled("province"), np.random.default_rng(1)
    lon, lat = rng.uniform(-4, 1, 20_000), rng.uniform(10.5, 14, 20_000)
    outlines = gpd.GeoDataFrame(geometry=shapes(regions))

    def joined() -> Any:
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat, crs="EPSG:4326"))
        found = gpd.sjoin(points, outlines, predicate="within", how="left")
        return [found["region"].notna().groupby(found.index).first().mean()]

    return Case(lambda: [np.mean(pd.notna(locate(regions, lon, lat)))], "geopandas sjoin", joined)


def command(*words: str) -> Case:
    """A new Python that does little else."""
    return Case(lambda: subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL))


# Models and what follows


def endemic() -> Case:
    """The endemic-epidemic model, beside R's surveillance with one endemic, one own and one neighbour rate."""
    panel = provinces()
    ours = partial(Endemic().fit, panel, (1,))
    rscript = shutil.which("Rscript")
    here = rscript and subprocess.run([rscript, "-e", "library(surveillance)"], capture_output=True, check=False)
    if not rscript or not here or here.returncode:
        return Case(ours, "R surveillance is not installed")
    folder = Path(tempfile.mkdtemp())
    pd.DataFrame(panel.attacks.to_numpy()).to_csv(folder / "counts.csv", index=False)
    pd.DataFrame(panel.regions.neighbours.weights.toarray()).to_csv(folder / "links.csv", index=False)
    said = subprocess.run([rscript, "-e", IN_R, str(folder)], capture_output=True, text=True, check=True).stdout
    spent = float(said.strip().splitlines()[-1])
    return Case(ours, "R surveillance hhh4, fewer terms and no reach", seconds=spent)


def maximum() -> Case:
    """The maximum of an endemic-epidemic likelihood, beside what statsmodels has for likelihoods of one's own."""
    panel = provinces()
    kernel = distance(great_circle_km(panel.regions.table["lon"], panel.regions.table["lat"]), bandwidth_km=80)
    model = EndemicEpidemic(panel.attacks, Structure(background=("season",)), kernel)

    def theirs() -> Any:
        asked = {"start_params": model.design.start, "method": "bfgs", "maxiter": 500, "disp": 0, "skip_hessian": True}
        return [GenericLikelihoodModel.fit(model, **asked).llf]

    return Case(lambda: [model.loglike(model.fit().params)], "statsmodels, BFGS on the same likelihood", theirs)


IN_R = """
suppressMessages(library(surveillance))
folder <- commandArgs(TRUE)[1]
counts <- as.matrix(read.csv(file.path(folder, "counts.csv")))
links <- as.matrix(read.csv(file.path(folder, "links.csv")))
colnames(counts) <- colnames(links) <- rownames(links) <- paste0("r", seq_len(ncol(counts)))
seen <- sts(counts, start = c(2016, 1), frequency = 12, neighbourhood = links)
asked <- list(ar = list(f = ~1), ne = list(f = ~1, weights = links / pmax(rowSums(links), 1)),
              end = list(f = addSeason2formula(~1 + t, period = 12)), family = "NegBin1")
cat(median(replicate(3, system.time(hhh4(seen, asked))["elapsed"])), "\n")
"""


def experiment(*words: str) -> Case:
    """The bundled experiment from the command line, in a folder of its own."""
    folder = Path(tempfile.mkdtemp())
    start = f"import sys, os; os.chdir({str(folder)!r}); sys.argv = ['harmattan', *{words!r}]; " + HELP.split("; ")[1]
    return replace(command("-c", f"{start}; main()"), folder=folder)


def expansion() -> Case:
    """The tables of expansion from 1,000 draws of 12 months."""
    panel = provinces()
    model = Conflictology().fit(panel, tuple(range(1, 13)))
    forecast = model.forecast(1000, np.random.default_rng(1))
    sets = belts(panel.regions)
    return Case(lambda: expansion_tables(panel, forecast, sets=sets, rng=np.random.default_rng(1)))


def page_data() -> Case:
    """What the review page shows of a release of one model."""
    from harmattan import release
    from harmattan.page.contents import payload
    from harmattan.result import Caption, Result
    from harmattan.scores.table import score_table

    panel = provinces()
    models: dict[str, Forecaster] = {"conflictology": Conflictology(), "rate": OwnRate()}
    origins = list(month_range(panel.origin - 3, panel.origin - 1))
    rows = backtest(panel, models, origins=origins, horizons=(1,), draws=100, seed=1).rows
    fitted, made = forecast_all(panel, models, origin=panel.origin, horizons=range(1, 13), draws=1000, seed=1)
    _, before = forecast_all(panel, models, origin=panel.origin - 1, horizons=range(1, 5), draws=1000, seed=1)
    result = Result(
        name="speed", settings={"data.bundled": "attacks_bfa", "forecast.lag": "0"},
        caption=Caption("Speed", "UCDP", "CC BY 4.0", ()), panel=panel, fitted=fitted, forecasts=made,
        earlier=before["rate"], rows=rows, scores=score_table(rows, ("conflictology",)),
        baselines=("conflictology",), champion="rate", seed=1,
        expansion=expansion_tables(panel, made["rate"], sets=belts(panel.regions), rng=np.random.default_rng(1)),
    )  # fmt: skip
    written = release.read(release.write(result, Path(tempfile.mkdtemp())))
    return Case(lambda: payload(written))


def models_table() -> pd.DataFrame:
    """Seconds to fit each model of the bundled experiment to 12 horizons, and to draw 1,000 futures."""
    panel, rows = provinces(), []
    for name, model in models_of(load("burkina")).items():
        if not isinstance(model, Pool):
            fit = median(timed(partial(model.fit, panel, tuple(range(1, 13))))[1] for _ in range(3))
            draw = median(timed(partial(model.forecast, 1000, np.random.default_rng(1)))[1] for _ in range(3))
            rows.append((name, seconds(fit), seconds(draw)))
    return pd.DataFrame(rows, columns=["model, 45 x 96, 12 horizons", "fit, processor s", "1,000 draws, processor s"])


def backtest_of(*, origins: int = 12, draws: int = 200) -> Work:
    """A backtest of two models."""
    models: dict[str, Forecaster] = {"rate": OwnRate(), "neighbours": NeighbourRate()}
    panel = provinces()
    months = list(month_range(panel.origin - origins, panel.origin - 1))
    return lambda: backtest(panel, models, origins=months, horizons=(1, 3), draws=draws, seed=1)


def crps_of(*, rows: int = 5000, draws: int = 1000) -> Work:
    """The CRPS of made-up counts."""
    rng = np.random.default_rng(1)
    return partial(proper.crps, rng.poisson(2, rows), rng.poisson(2, (draws, rows)))


GROWTH: dict[str, tuple[Sequence[int], Callable[[int], Work]]] = {
    "40 features against regions (96 months)": (
        (4096, 9216, 16_384), lambda n: features_of(made_up(grid(round(n**0.5), round(n**0.5)), 96)).ours
    ),
    "40 features against months (4,096 regions)": (
        (120, 240, 480), lambda n: features_of(made_up(grid(64, 64), n)).ours
    ),
    "CRPS against draws (5,000 rows)": ((500, 1000, 2000, 4000), lambda n: crps_of(draws=n)),
    "CRPS against rows (1,000 draws)": ((5000, 20_000, 80_000), lambda n: crps_of(rows=n)),
    "backtest against origins (2 models)": ((6, 12, 24), lambda n: backtest_of(origins=n)),
    "backtest against draws (2 models, 12 origins)": ((500, 1000, 2000), lambda n: backtest_of(draws=n)),
}  # fmt: skip


def growth_table() -> pd.DataFrame:
    """How processor time and memory grow: the slope of its logarithm against that of the size, and the peaks."""
    rows = []
    for name, (sizes, _) in GROWTH.items():
        found = [alone(grown, name, size) for size in sizes]
        slope = np.polyfit(np.log(sizes), np.log([spent for spent, _ in found]), 1)[0]
        told = (f"{size:,}: {seconds(spent)}, {peak:.0f}" for size, (spent, peak) in zip(sizes, found, strict=True))
        rows.append((name, f"{slope:.2f}", " · ".join(told)))
    return pd.DataFrame(rows, columns=["growth of processor time", "slope", "s, and peak MB, by size"])


def grown(name: str, size: int) -> tuple[float, float]:
    """Processor seconds of one size, and the most memory of the process in MB."""
    work = GROWTH[name][1](size)
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return min(timed(work)[1] for _ in range(4)), peak


def large_grid(size: str) -> Case:
    """Forty features on a grid."""
    rows, columns, months = GRIDS[size]
    return features_of(made_up(grid(rows, columns), months))


def seconds(value: float) -> str:
    """Seconds with what digits mean something."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


def as_markdown(table: pd.DataFrame) -> str:
    """A table as Markdown."""
    lines = [list(map(str, table)), ["---"] * table.shape[1], *table.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


CASES: dict[str, Callable[[], Case]] = {
    "40 features, 45 x 96": lambda: features_of(two_measures(provinces()), peer=True),
    "40 features, 286 x 194": lambda: features_of(made_up(bundled("admin1"), 194), peer=True),
    "40 features, 13,110 x 437": lambda: large_grid("13,110 x 437"),
    "40 features, 64,818 x 437": lambda: large_grid("64,818 x 437"),
    f"40 features, 13,110 x 437, {KEPT}": lambda: large_grid("13,110 x 437"),
    f"40 features, 64,818 x 437, {KEPT}": lambda: large_grid("64,818 x 437"),
    "28 features of a region's own past, 13,110 x 437": own_past,
    "neighbour mean, 13,110 x 437": spatial_lag,
    "CRPS, 10,000 x 1,000": lambda: scored("crps", rows=10_000),
    "CRPS, 10,000 x 1,000, float32": lambda: scored("crps", rows=10_000, kind="float32"),
    **{f"{name}, 100,000 x 1,000": partial(scored, name) for name in ROW_SCORES},
    "ingest, 50,000 events, CSV": ingest,
    "ingest, 50,000 events, from the vintage store": from_store,
    "panel from 418,000 events, CSV": panel_of_ged,
    "panel from 418,000 events, from the vintage store": panel_again,
    "20,000 points to 45 regions": placing,
    "import harmattan": lambda: command("-c", "import harmattan"),
    "harmattan --help": lambda: command("-c", HELP),
    "endemic-epidemic fit, 45 x 96": endemic,
    "endemic-epidemic maximum, one likelihood": maximum,
    "expansion, 45 regions, 12 months, 1,000 draws": expansion,
    "page data, 45 regions, 12 months, 1,000 draws": page_data,
    "harmattan backtest burkina": lambda: experiment("backtest", "burkina"),
    "harmattan backtest burkina, 12 horizons": lambda: experiment("backtest", "burkina", "--horizons", ALL_HORIZONS),
    "harmattan run burkina": lambda: experiment("run", "burkina"),
}  # fmt: skip


def two_measures(panel: Panel) -> Panel:
    """The panel with its attacks as the second measure too, if it has none."""
    return Panel(panel.regions, {name: panel.measures.get(name, panel.attacks) for name in MEASURES}, panel.covered)


if __name__ == "__main__":
    main()

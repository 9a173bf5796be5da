"""Speed: Harmattan beside the way most people would do the same, in turn, in one process.

Run as ``make bench`` or ``python benchmarks/speed.py``. Only the ratio says much: both sides run on the same machine,
in turn, and their results are compared before they are timed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
import scoringrules

from harmattan.features import feature
from harmattan.figures import bundled_counts
from harmattan.panel import Panel, from_counts
from harmattan.regions import bundled, locate, shapes
from harmattan.scores.proper import crps

REPEATS = 5


@dataclass(frozen=True)
class Case:
    """Two ways to the same numbers."""

    name: str
    peer: str
    ours: Callable[[], np.ndarray]
    theirs: Callable[[], np.ndarray]


def main() -> None:
    """Print one row per case: median seconds of each side and the ratio."""
    rows = []
    for case in cases():
        np.testing.assert_allclose(case.ours().astype(float), case.theirs().astype(float), rtol=2e-3, atol=2e-3)
        pairs = [(timed(case.ours), timed(case.theirs)) for _ in range(REPEATS)]
        ours, theirs = (median(side) for side in zip(*pairs, strict=True))
        rows.append((case.name, case.peer, ours, theirs, median(b / a for a, b in pairs)))
    table = pd.DataFrame(rows, columns=["case", "peer", "harmattan s", "peer s", "peer / harmattan"])
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))


def timed(work: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def cases() -> list[Case]:
    """Features, point location and scores."""
    panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province"))
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(-4, 1, 20_000), rng.uniform(10.5, 14, 20_000)
    draws, observed = rng.poisson(2, (1000, 1000)), rng.poisson(2, 1000)
    regions = bundled("province")
    outlines = shapes(regions)
    ours = feature("neighbour_mean", measure="attacks", months=12)
    return [
        Case(
            "neighbour mean, 45 x 96",
            "pandas merge and groupby",
            lambda: tail(ours(panel)),
            lambda: tail(merged(panel)),
        ),
        Case(
            "CRPS, 1,000 x 1,000 draws",
            "scoringrules, all pairs",
            lambda: crps(observed, draws),
            lambda: np.asarray(scoringrules.crps_ensemble(observed, draws.T, estimator="nrg")),
        ),
        Case(
            "20,000 points to regions",
            "geopandas sjoin",
            lambda: np.array([pd.notna(locate(regions, lon, lat)).mean()]),
            lambda: np.array([joined(outlines, lon, lat)]),
        ),
    ]


def tail(wide: pd.DataFrame) -> np.ndarray:
    """The months whose window is whole."""
    return wide.iloc[12:].to_numpy()


def merged(panel: Panel) -> pd.DataFrame:
    """The neighbour mean as most people write it: a long table, a merge on neighbours, groupby."""
    long = panel.attacks.melt(ignore_index=False, value_name="attacks").reset_index()
    long["recent"] = long.groupby("region")["attacks"].transform(lambda each: each.rolling(12).mean())
    codes = panel.regions.table.index
    a, b = panel.regions.neighbours.weights.nonzero()
    links = pd.DataFrame({"region": codes[a], "neighbour": codes[b]})
    around = links.merge(long.rename(columns={"region": "neighbour"}), on="neighbour")
    mean = around.groupby(["month", "region"])["recent"].mean().unstack("region")
    wide = mean[codes]
    return pd.DataFrame(np.log1p(12 * wide.to_numpy()), wide.index, wide.columns)


def joined(outlines: pd.Series, lon: np.ndarray, lat: np.ndarray) -> float:
    """Share of points inside a region, by a spatial join."""
    import geopandas as gpd

    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat, crs="EPSG:4326"))
    found = gpd.sjoin(points, gpd.GeoDataFrame(geometry=outlines), predicate="within", how="left")
    return float(found["region"].notna().groupby(found.index).first().mean())


if __name__ == "__main__":
    main()

"""Panels built from snapshots, kept beside them: building one again from the same content takes a fraction of a second.

What decides a panel is hashed (content of the snapshots, regions, what is asked, the code and tables that count), and
the hash names a file. A file that is damaged is as good as none.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.panel import POINT_COLUMNS, Panel
from harmattan.paths import PACKAGE, data_dir
from harmattan.regions import Regions, only
from harmattan.vintages.snapshot import Snapshot, verify
from harmattan.whole import explained, replacing

FOLDER = ".panels"
_CODE = ("intake", "panel", "counts", "events", "actors", "regions", "grid", "figures", "polygons")

Built = tuple[Panel, Mapping[str, float]]


def panel_kept(
    store: Path, snapshots: Sequence[Snapshot], regions: Regions, asked: Mapping[str, Any], build: Callable[[], Built]
) -> Built:
    """Return a panel and what was left out of it, as kept in the store; else build and keep it.

    Parameters
    ----------
    store
        The folder of the snapshots.
    snapshots
        What it is built from, the newest first.
    regions
        Where to count.
    asked
        Everything else that decides the panel, in plain values.
    build
        Builds it.

    Raises
    ------
    harmattan.vintages.SnapshotError
        If a snapshot was altered.
    """
    told = {
        "snapshots": [each.content for each in snapshots],
        "covers": [(each.first, each.last) for each in snapshots],
        "regions": _regions_hash(regions),
        "asked": dict(asked),
        "code": _code(),
    }
    for each in snapshots:
        verify(each)
    key = sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    path = store / FOLDER / f"{key}.npz"
    found = _read(path, regions)
    if found is None:
        found = build()
        _write(path, *found)
    return found


def _write(path: Path, panel: Panel, dropped: Mapping[str, float]) -> None:
    names = sorted(panel.measures)
    about = {
        "first": str(panel.months[0]),
        "measures": names,
        "countries": sorted(panel.regions.table["country"].unique()),
        "dropped": dict(dropped),
        "points": panel.points is not None,
        "hash": panel.content_hash(),
    }
    arrays: dict[str, npt.NDArray[Any]] = {
        f"measure_{place}": panel.measures[name].to_numpy() for place, name in enumerate(names)
    }
    arrays["covered"] = panel.covered.to_numpy()
    if panel.points is not None:
        codes = {str(code): place for place, code in enumerate(panel.regions.table.index)}
        arrays["day"] = panel.points["day"].to_numpy().astype("datetime64[D]").astype(np.int64)
        arrays["region"] = panel.points["region"].map(codes).to_numpy(dtype=np.int32)
        arrays |= {name: panel.points[name].to_numpy() for name in ("lon", "lat")}
    with explained(path.parent.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            np.savez(partial, allow_pickle=False, about=np.array(json.dumps(about)), **arrays)


def _read(path: Path, regions: Regions) -> Built | None:
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            arrays = {name: stored[name] for name in stored.files if name != "about"}
        panel = _restored(about, arrays, only(regions, about["countries"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return (panel, about["dropped"]) if panel.content_hash() == about["hash"] else None


def _restored(about: Mapping[str, Any], arrays: Mapping[str, Any], regions: Regions) -> Panel:
    index = pd.period_range(about["first"], periods=len(arrays["covered"]), freq="M", name="month")
    codes = regions.table.index
    measures = {
        name: pd.DataFrame(arrays[f"measure_{place}"], index, codes) for place, name in enumerate(about["measures"])
    }
    points = None
    if about["points"]:
        columns = {
            "day": arrays["day"].astype("datetime64[D]").astype("datetime64[us]"),
            "region": codes.to_numpy(dtype=object)[arrays["region"]],
            "lon": arrays["lon"],
            "lat": arrays["lat"],
        }
        points = pd.DataFrame(columns).astype(POINT_COLUMNS)
    return Panel(regions, measures, pd.DataFrame(arrays["covered"], index, codes), points)


def _regions_hash(regions: Regions) -> str:
    digest = sha256("|".join([*map(str, regions.table.index), *regions.table["country"]]).encode())
    if regions.geometry is not None:
        for shape in regions.geometry.to_wkb():
            digest.update(shape)
    return digest.hexdigest()


@cache
def _code() -> str:
    digest = sha256(f"{np.__version__}|{pd.__version__}".encode())
    for path in (*(PACKAGE / f"{name}.py" for name in _CODE), PACKAGE / "actors.csv", data_dir() / "grid.txt"):
        digest.update(path.read_bytes())
    for path in sorted((PACKAGE / "vintages").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()

"""Releases that were altered, with and without a manifest that was made to fit, and stores that are none."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from harmattan.release.manifest import MANIFEST, SCHEMA, own_fingerprint, save, with_files

from .cases import Case, Make, zipped

SAID = {
    "schema": SCHEMA,
    "experiment": "mine",
    "origin": "2023-06",
    "champion": "rate",
    "measure": "attacks",
    "horizons": [1, 2],
    "in_words": ["It was quiet."],
    "code": {"harmattan": "1.0"},
}
TABLES = ("forecast", "models", "windows", "scores")


@cache
def _good() -> dict[str, bytes]:
    """The files of a small release."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        np.savez_compressed(folder / "draws.npz", draws=np.ones((5, 2, 1), np.uint8), horizons=[1, 2], regions=["A"])
        for each in TABLES:
            pd.DataFrame({"region": ["A"], "horizon": [1], "p1": [0.5]}).to_parquet(folder / f"{each}.parquet")
        columns = {"region": ["A"], "name": ["A"], "country": ["MLI"]}
        regions = gpd.GeoDataFrame(columns, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
        regions.to_file(folder / "forecast.gpkg", layer="regions")
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def _write(folder: Path) -> Path:
    place = folder / "mine" / "2023-06"
    place.mkdir(parents=True)
    for name, content in _good().items():
        (place / name).write_bytes(content)
    save(with_files(SAID, place), place)
    return place


def altered(change: Callable[[Path], object]) -> Make:
    """A release that was changed after it was written."""

    def make(folder: Path) -> Path:
        place = _write(folder)
        change(place)
        return place

    return make


def sealed(change: Callable[[Path], object], **said: object) -> Make:
    """A release that was changed, and its manifest made to fit."""

    def make(folder: Path) -> Path:
        place = _write(folder)
        change(place)
        (place / MANIFEST).unlink()
        known = {key: value for key, value in {**SAID, **said}.items() if value is not ...}
        save(with_files(known, place), place)
        return place

    return make


def stated(change: Callable[[dict[str, Any]], object]) -> Make:
    """A release whose manifest was changed, and its own fingerprint made to fit."""

    def make(folder: Path) -> Path:
        place = _write(folder)
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        change(manifest)
        save({**manifest, "sha256": own_fingerprint(manifest)}, place)
        return place

    return make


def put(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda place: (place / name).write_bytes(content)


def _draws(allow: bool = False, **arrays: object) -> bytes:
    stream = io.BytesIO()
    good = {"draws": np.ones((5, 2, 1), np.int32), "horizons": np.array([1, 2]), "regions": np.array(["A"])}
    kept = {name: array for name, array in {**good, **arrays}.items() if array is not ...}
    np.savez(stream, allow_pickle=allow, **{name: np.asarray(array) for name, array in kept.items()})
    return stream.getvalue()


def _link(name: str, target: str) -> Callable[[Path], object]:
    def change(place: Path) -> None:
        (place / name).unlink(missing_ok=True)
        (place / name).symlink_to(target)

    return change


def nothing(place: Path) -> None:
    """Change nothing."""


def refused(name: str, make: Make, message: str, kind: str) -> Case:
    return Case("releases", kind, name, make, message)


HUGE = b"\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (100000000000, 2, 1), }"
PICKLED = np.array([print], dtype=object)
CSV = b"region,p1\nA,0.5\n"

ALTERED = [
    refused(name, altered(change), message, "altered")
    for name, change, message in (
        ("a table edited", put("scores.parquet", CSV), "scores.parquet of the release .* was altered"),
        ("draws edited", put("draws.npz", b"x"), "draws.npz of the release .* was altered"),
        ("GeoPackage edited", put("forecast.gpkg", b"x"), "forecast.gpkg of the release .* was altered"),
        (
            "one byte",
            lambda place: put("draws.npz", _good()["draws.npz"] + b"\0")(place),
            "draws.npz of the release .* was altered",
        ),
        ("file emptied", put("forecast.parquet", b""), "forecast.parquet of the release .* was altered"),
        ("file gone", lambda place: (place / "models.parquet").unlink(), "must hold models.parquet; it is gone"),
        (
            "file is a folder",
            lambda place: ((place / "models.parquet").unlink(), (place / "models.parquet").mkdir()),
            "must hold models.parquet",
        ),
        (
            "link out of the folder",
            _link("scores.parquet", "/etc/passwd"),
            "scores.parquet of the release .* is a link out of it",
        ),
        ("link to a device", _link("scores.parquet", "/dev/zero"), "is a link out of it"),
        (
            "link in a circle",
            _link("scores.parquet", "scores.parquet"),
            "scores.parquet of the release .* is a link out of it",
        ),
        ("manifest gone", lambda place: (place / MANIFEST).unlink(), "expected a release with manifest.json"),
        ("manifest empty", put(MANIFEST, b""), "is not the manifest of a release"),
        ("manifest is a list", put(MANIFEST, b"[]"), "is not the manifest of a release"),
        ("manifest is null", put(MANIFEST, b"null"), "is not the manifest of a release"),
        ("manifest not UTF-8", put(MANIFEST, b"\xff\xfe{}"), "is not the manifest of a release"),
        ("manifest 100,000 deep", put(MANIFEST, b"[" * 100_000), "is not the manifest of a release"),
        (
            "manifest with a number of 10,000 digits",
            put(MANIFEST, b'{"schema": ' + b"9" * 10_000 + b"}"),
            "is not the manifest",
        ),
        ("manifest of a newer schema", put(MANIFEST, b'{"schema": 99, "sha256": ""}'), "must have schema 1; it has 99"),
        (
            "manifest edited",
            put(MANIFEST, json.dumps({**SAID, "files": {}, "sha256": "0"}).encode()),
            "was altered after it was written",
        ),
    )
]
SEALED = [
    refused(name, sealed(change, **said), message, "altered, manifest made to fit")
    for name, change, said, message in (
        (
            "pickled draws",
            put("draws.npz", _draws(allow=True, draws=PICKLED)),
            {},
            "cannot be read: Object arrays cannot be loaded",
        ),
        ("pickled regions", put("draws.npz", _draws(allow=True, regions=PICKLED)), {}, "cannot be read: Object arrays"),
        ("draws are a pickle", put("draws.npz", b"\x80\x05cos\nsystem\n."), {}, "cannot be read"),
        ("draws without regions", put("draws.npz", _draws(regions=...)), {}, "cannot be read: .*regions"),
        (
            "draws of another shape",
            put("draws.npz", _draws(draws=np.ones((5, 3, 1), np.int32))),
            {},
            "draws must have the shape",
        ),
        ("draws are text", put("draws.npz", _draws(draws=np.array(["x"]))), {}, "cannot be read"),
        (
            "draws are negative",
            put("draws.npz", _draws(draws=-np.ones((5, 2, 1), np.int32))),
            {},
            "draws must not be negative",
        ),
        ("draws are halves", put("draws.npz", _draws(draws=np.full((5, 2, 1), 0.5))), {}, "draws must be whole counts"),
        (
            "draws are not numbers",
            put("draws.npz", _draws(draws=np.full((5, 2, 1), np.nan))),
            {},
            "draws must be whole counts",
        ),
        ("no draw", put("draws.npz", _draws(draws=np.ones((0, 2, 1), np.int32))), {}, "at least one draw"),
        (
            "horizons fall",
            put("draws.npz", _draws(horizons=np.array([2, 1]))),
            {},
            "horizons must be distinct, ascending",
        ),
        (
            "region twice",
            put("draws.npz", _draws(draws=np.ones((5, 2, 2), np.int32), regions=np.array(["A", "A"]))),
            {},
            "has the region 'A' twice",
        ),
        ("draws cut off", put("draws.npz", _draws()[:-30]), {}, "cannot be read"),
        ("draws of a claimed terabyte", put("draws.npz", zipped({"draws.npy": HUGE})), {}, "cannot be read"),
        ("table is CSV", put("scores.parquet", CSV), {}, "cannot be read"),
        (
            "table cut off",
            lambda place: put("windows.parquet", _good()["windows.parquet"][:-9])(place),
            {},
            "cannot be read",
        ),
        ("table gone", lambda place: (place / "models.parquet").unlink(), {}, "cannot be read: .*models.parquet"),
        ("no origin", nothing, {"origin": ...}, "origin must be of type str"),
        ("origin is no month", nothing, {"origin": "soon"}, "cannot be read: a month must be written"),
        ("origin climbs out", nothing, {"origin": "../.."}, "cannot be read: a month must be written"),
        ("origin is a list", nothing, {"origin": [1]}, "origin must be of type str"),
        ("no measure", nothing, {"measure": ...}, "measure must be of type str"),
        ("unknown measure", nothing, {"measure": "wounded"}, "measure must be attacks or deaths; got .wounded"),
        ("words are a number", nothing, {"in_words": 5}, "in_words must be of type list"),
        ("no horizons", nothing, {"horizons": []}, "horizons and code.harmattan must be given"),
        ("code is text", nothing, {"code": "1.0"}, "code must be of type dict"),
    )
]
STATED = [
    refused(name, stated(change), message, "altered, manifest made to fit")
    for name, change, message in (
        ("files are a list", lambda said: said.update(files=[]), "files must be of type dict"),
        (
            "a file climbs out",
            lambda said: said["files"].update({"../../../etc/passwd": {"sha256": "0"}}),
            "does not lie in the release",
        ),
        (
            "a file with an absolute name",
            lambda said: said["files"].update({"/etc/passwd": {"sha256": "0"}}),
            "does not lie in the release",
        ),
        (
            "a file without a name",
            lambda said: said["files"].update({"": {"sha256": "0"}}),
            "does not lie in the release",
        ),
        (
            "a file without a fingerprint",
            lambda said: said["files"].update({"draws.npz": {}}),
            "'draws.npz' has no sha256",
        ),
        (
            "a fingerprint that is a number",
            lambda said: said["files"].update({"draws.npz": {"sha256": 5}}),
            "'draws.npz' has no sha256",
        ),
        (
            "a file that is not there",
            lambda said: said["files"].update({"more.csv": {"sha256": "0"}}),
            "must hold more.csv; it is gone",
        ),
    )
]
OUTLINES = [
    Case("outlines of a release", "altered, manifest made to fit", name, sealed(change), message)
    for name, change, message in (
        ("GeoPackage of noise", put("forecast.gpkg", bytes(range(256)) * 20), "forecast.gpkg: cannot be read"),
        ("GeoPackage is CSV", put("forecast.gpkg", CSV), "forecast.gpkg"),
        (
            "GeoPackage cut off",
            lambda place: put("forecast.gpkg", _good()["forecast.gpkg"][:9000])(place),
            "forecast.gpkg",
        ),
        ("GeoPackage gone", lambda place: (place / "forecast.gpkg").unlink(), "nothing is there"),
    )
]
RIGHT = [
    Case(
        "releases",
        "altered",
        "a file beside those listed",
        altered(put("note.txt", b"x")),
        None,
        lambda found: found.forecast.draws.shape,
        (5, 2, 1),
    ),
    Case(
        "releases",
        "altered, manifest made to fit",
        "a link inside the folder",
        sealed(lambda place: _link("more.parquet", "scores.parquet")(place)),
        None,
        lambda found: found.forecast.draws.shape,
        (5, 2, 1),
    ),
]

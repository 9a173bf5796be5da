"""Polygons that are none, cross, repeat, lie elsewhere, or lack what names them."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from .cases import Case, Make, raw, text, zipped

Ring = list[list[float]]


def square(west: float, south: float, side: float = 1.0) -> Ring:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(region: object, shape: object, /, **more: object) -> dict[str, object]:
    named = {"code": region, "name": f"Region {region}", "country": "MLI", **more}
    kept = {key: value for key, value in named.items() if value is not ...}
    geometry = {"type": "Polygon", "coordinates": [shape]} if isinstance(shape, list) else shape
    return {"type": "Feature", "properties": kept, "geometry": geometry}


def geojson(*features: object, name: str = "a.geojson", **more: object) -> Make:
    return text(name, json.dumps({"type": "FeatureCollection", "features": list(features), **more}))


def frame(shapes: Sequence[object], crs: str | None = "EPSG:4326", **columns: object) -> gpd.GeoDataFrame:
    codes = [chr(65 + place) for place in range(len(shapes))]
    named = {"code": codes, "name": codes, "country": "MLI", **columns}
    return gpd.GeoDataFrame(named, geometry=list(shapes), crs=crs)


def written(made: gpd.GeoDataFrame, name: str) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        made.to_parquet(path) if path.suffix == ".parquet" else made.to_file(path)
        return path

    return make


def _zipped_shapefile(*left_out: str) -> Make:
    def make(folder: Path) -> Path:
        inside = folder / "inside"
        inside.mkdir()
        frame([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]).to_file(inside / "a.shp")
        members = {path.name: path.read_bytes() for path in inside.iterdir() if path.suffix not in left_out}
        return raw("a.zip", zipped(members))(folder)

    return make


def _spoilt(name: str, start: int, stop: int) -> Make:
    def make(folder: Path) -> Path:
        path = written(frame([shapely.box(0, 0, 1, 1)]), name)(folder)
        content = bytearray(path.read_bytes())
        content[start:stop] = b"\xff" * len(content[start:stop])
        path.write_bytes(bytes(content))
        return path

    return make


def _cut(name: str) -> Make:
    def make(folder: Path) -> Path:
        path = written(frame([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]), name)(folder)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return path

    return make


def refused(kind: str, name: str, make: Make, message: str) -> Case:
    return Case("polygons", kind, name, make, message)


def right(kind: str, name: str, make: Make, look: Any, expected: object) -> Case:
    return Case("polygons", kind, name, make, None, look, expected)


def codes(regions: Any) -> list[str]:
    return regions.table.index.tolist()


def area(regions: Any) -> int:
    """Area in squares of 1 degree at the equator."""
    return round(regions.table["area_km2"].sum() / 12310)


A, B = feature("A", square(0, 0)), feature("B", square(1, 0))
POINT = {"type": "Point", "coordinates": [0, 0]}
LINE = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
EMPTY = {"type": "Polygon", "coordinates": []}
BOWTIE = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
SPIKE = [[0, 0], [1, 0], [1, 1], [5, 5], [1, 1], [0, 1], [0, 0]]
FLAT = [[0, 0], [1, 0], [2, 0], [0, 0]]
HOLED = {"type": "Polygon", "coordinates": [square(0, 0), square(5, 5)]}
SOLID = {"type": "Polygon", "coordinates": [[[*at, 300.0] for at in square(0, 0)]]}
CLOCKWISE = list(reversed(square(0, 0)))
OPEN = square(0, 0)[:-1]
EAST = {"type": "MultiPolygon", "coordinates": [[square(179, 0)], [square(-180, 0)]]}
MIXED = {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [square(0, 0)]}, POINT]}
CIRCLE = [[math.cos(turn / 10_000 * math.tau), math.sin(turn / 10_000 * math.tau)] for turn in range(10_000)]

GEOMETRY = [
    refused("geometry", "points", geojson(feature("A", POINT), B), "every region needs a polygon.*'A' with a Point"),
    refused("geometry", "lines", geojson(A, feature("B", LINE)), "'B' with a LineString"),
    refused("geometry", "mixed with points", geojson(feature("A", MIXED)), "'A' with a GeometryCollection"),
    refused("geometry", "none", geojson(A, feature("B", None)), "'B' with no geometry"),
    refused("geometry", "empty", geojson(feature("A", EMPTY), B), "'A' has none: draw it again|'A' with"),
    refused("geometry", "without area", geojson(feature("A", FLAT), B), "'A' has none: draw it again"),
    refused("geometry", "a ring of two places", geojson(feature("A", [[0, 0], [1, 1]])), "a.geojson: cannot be read"),
    right("geometry", "crosses itself", geojson(feature("A", BOWTIE), B), codes, ["A", "B"]),
    right("geometry", "with a spike", geojson(feature("A", SPIKE)), area, 1),
    right("geometry", "hole outside", geojson(feature("A", HOLED)), codes, ["A"]),
    right("geometry", "three-dimensional", geojson(feature("A", SOLID), B), area, 2),
    right("geometry", "clockwise", geojson(feature("A", CLOCKWISE), B), area, 2),
    refused("geometry", "ring not closed", geojson(feature("A", OPEN), B), "a.geojson: cannot be read as polygons"),
    right("geometry", "overlapping", geojson(A, feature("B", square(0.5, 0))), codes, ["A", "B"]),
    right("geometry", "the same place twice", geojson(A, feature("B", square(0, 0))), codes, ["A", "B"]),
    right("geometry", "both sides of the antimeridian", geojson(feature("A", EAST)), area, 2),
    right("geometry", "an island of 1 metre", geojson(A, feature("B", square(3, 0, 1e-5))), codes, ["A", "B"]),
    right("geometry", "10,000 corners", geojson(feature("A", [*CIRCLE, CIRCLE[0]])), area, 3),
    refused(
        "geometry",
        "not a number",
        text(
            "a.geojson",
            json.dumps(
                {"type": "FeatureCollection", "features": [feature("A", [[0, 0], [1, math.nan], [1, 1], [0, 0]])]}
            ),
        ),
        "one at .*(nan|inf)|a.geojson: cannot be read",
    ),
    refused(
        "geometry",
        "infinite",
        text(
            "a.geojson",
            json.dumps({"type": "FeatureCollection", "features": [feature("A", [[0, 0], [1, 1e999], [1, 1], [0, 0]])]}),
        ),
        "one at .*(nan|inf)|a.geojson: cannot be read",
    ),
]

UTM = [[each[0] * 1e5 + 5e5, each[1] * 1e5 + 1.5e6] for each in square(0, 0)]
SWAPPED = [[lat, lon] for lon, lat in square(100, 5)]
WORLD = frame([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
COORDINATES = [
    refused(
        "coordinates",
        "no reference system",
        written(frame([shapely.box(0, 0, 1, 1)], crs=None), "a.parquet"),
        "must have a coordinate reference system; a.parquet has none",
    ),
    refused("coordinates", "shapefile without .prj", _zipped_shapefile(".prj"), "a.zip has none: write one into it"),
    refused("coordinates", "metres called degrees", geojson(feature("A", UTM)), "between -180 and 180|degrees"),
    refused(
        "coordinates",
        "latitude and longitude swapped, as the range shows",
        geojson(feature("A", SWAPPED)),
        "between -90 and 90|degrees",
    ),
    refused(
        "coordinates",
        "degrees called metres",
        written(frame([shapely.box(0, 0, 1, 1)], crs="EPSG:32630"), "a.gpkg"),
        "all polygons together are smaller than 0.01 degrees",
    ),
    # GeoJSON is in longitude and latitude, whatever it says (RFC 7946).
    right(
        "coordinates",
        "unknown reference system",
        geojson(A, crs={"type": "name", "properties": {"name": "EPSG:999999"}}),
        area,
        1,
    ),
    right("coordinates", "metres of UTM", written(WORLD.to_crs("EPSG:32631"), "a.gpkg"), area, 2),
    right("coordinates", "metres of the web map", written(WORLD.to_crs("EPSG:3857"), "a.gpkg"), area, 2),
    refused("coordinates", "beyond the pole", geojson(feature("A", square(0, 89.5))), "between -90 and 90"),
    refused("coordinates", "beyond the antimeridian", geojson(feature("A", square(179.5, 0))), "between -180 and 180"),
]

COLUMNS = [
    refused(
        "names and codes", "no code column", geojson(feature("A", square(0, 0), code=...)), "must have a column 'code'"
    ),
    refused(
        "names and codes", "no name column", geojson(feature("A", square(0, 0), name=...)), "must have a column 'name'"
    ),
    refused(
        "names and codes",
        "column in capitals",
        geojson(feature("A", square(0, 0), code=..., CODE="A")),
        "column 'code'; it has .*CODE",
    ),
    refused(
        "names and codes",
        "code twice",
        geojson(A, feature("A", square(1, 0))),
        "region codes must be unique; 'A' comes twice",
    ),
    refused(
        "names and codes",
        "missing code",
        geojson(A, feature(None, square(1, 0))),
        "'code' must have a value in every row; row 1",
    ),
    refused(
        "names and codes",
        "blank code",
        geojson(A, feature("  ", square(1, 0))),
        "'code' must have a value in every row; row 1",
    ),
    refused(
        "names and codes",
        "missing country",
        geojson(A, feature("B", square(1, 0), country=None)),
        "column 'country' must have",
    ),
    refused(
        "names and codes",
        "codes NaN",
        written(frame([shapely.box(0, 0, 1, 1)], code=[math.nan]), "a.gpkg"),
        "'code' must have a value",
    ),
    right(
        "names and codes",
        "codes that are halves",
        written(frame([shapely.box(0, 0, 1, 1)], code=[1.5]), "a.gpkg"),
        codes,
        ["1.5"],
    ),
    right(
        "names and codes",
        "codes as whole numbers",
        written(frame([shapely.box(0, 0, 1, 1)] * 2, code=[7, 8]), "a.gpkg"),
        codes,
        ["7", "8"],
    ),
    right(
        "names and codes",
        "codes as decimal numbers",
        written(frame([shapely.box(0, 0, 1, 1)] * 2, code=[7.0, 8.0]), "a.gpkg"),
        codes,
        ["7", "8"],
    ),
    right("names and codes", "codes with space around", geojson(feature(" A ", square(0, 0)), B), codes, ["A", "B"]),
    right("names and codes", "codes with leading zeros", geojson(feature("007", square(0, 0)), B), codes, ["007", "B"]),
    right("names and codes", "codes in other scripts", geojson(feature("غاو", square(0, 0)), B), codes, ["B", "غاو"]),
    refused(
        "names and codes", "codes that differ by space", geojson(A, feature("A ", square(1, 0))), "'A' comes twice"
    ),
]


def _shape_buffer() -> bytes:
    stream = io.BytesIO()
    frame([shapely.box(0, 0, 1, 1)]).to_parquet(stream)
    return stream.getvalue()


FILES = [
    refused(
        "file",
        "missing",
        lambda folder: folder / "none.gpkg",
        "expected a file of polygons at .*none.gpkg; nothing is there",
    ),
    refused("file", "a folder", lambda folder: folder, "is a folder|cannot be read"),
    refused("file", "empty", raw("a.gpkg", b""), "a.gpkg: cannot be read"),
    refused("file", "noise", raw("a.gpkg", bytes(range(256)) * 9), "a.gpkg: cannot be read"),
    refused(
        "file", "a table", text("a.csv", "code,name,country\nA,A,MLI\n"), "a.csv.* no geometry|a.csv: cannot be read"
    ),
    refused("file", "a picture", raw("a.png", b"\x89PNG\r\n\x1a\n" + bytes(99)), "a.png: cannot be read"),
    refused("file", "GeoPackage cut off", _cut("a.gpkg"), "a.gpkg: cannot be read|a.gpkg"),
    refused("file", "GeoPackage with noise", _spoilt("a.gpkg", 4096, 60_000), "a.gpkg: cannot be read"),
    refused("file", "GeoPackage without a head", _spoilt("a.gpkg", 0, 100), "a.gpkg: cannot be read"),
    refused(
        "file",
        "GeoJSON cut off",
        text("a.geojson", json.dumps({"type": "FeatureCollection", "features": [A]})[:-9]),
        "a.geojson: cannot be read",
    ),
    refused("file", "GeoJSON without features", geojson(), "has no region|no polygon|must have a column"),
    refused("file", "JSON of another kind", text("a.geojson", "[1, 2, 3]"), "a.geojson: cannot be read"),
    refused("file", "JSON 10,000 deep", text("a.geojson", "[" * 10_000), "a.geojson: cannot be read"),
    refused(
        "file",
        "not UTF-8",
        raw("a.geojson", b'{"type": "FeatureCollection", "features": [\xff\xfe]}'),
        "a.geojson: cannot be read",
    ),
    refused("file", "GeoParquet cut off", raw("a.parquet", _shape_buffer()[:-9]), "a.parquet: cannot be read"),
    refused(
        "file",
        "Parquet without geometry",
        written(frame([shapely.box(0, 0, 1, 1)]).drop(columns="geometry"), "a.parquet"),
        "a.parquet: cannot be read",
    ),
    refused("file", "zip without polygons", raw("a.zip", zipped({"readme.txt": b"x"})), "a.zip: cannot be read"),
    refused("file", "zip cut off", raw("a.zip", zipped({"a.geojson": b"x" * 999})[:-30]), "a.zip: cannot be read"),
    refused("file", "shapefile without its table", _zipped_shapefile(".dbf"), "must have a column 'code'|a.zip"),
    refused("file", "shapefile without its shapes", _zipped_shapefile(".shp"), "a.zip|no geometry"),
    right("file", "shapefile in zip", _zipped_shapefile(), codes, ["A", "B"]),
    refused("file", "shapefile without its index", _zipped_shapefile(".shx"), "a.zip: cannot be read"),
    refused("file", "an address", lambda folder: Path("http://127.0.0.1:9/a.geojson"), "nothing is there"),
]

"""Tables that stand beside the data: figures by region, lineages of groups, lines of corridors; and stores of runs."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from .cases import Case, Make, gzipped, raw, text

FIGURES = "region,garrisons\nBEN,4\nTGO,7\n"
LINEAGES = "lineage,actor,from,until,countries,except_countries,source,note\n"
SPELL = "Mine,JNIM,2017-03,,MLI;BFA,,,\n"


def figures(name: str, make: Make | str, message: str) -> Case:
    return Case(
        "figures by region", "own tables", name, text("own.csv", make) if isinstance(make, str) else make, message
    )


def lineages(name: str, make: Make | str, message: str) -> Case:
    return Case("lineages", "own tables", name, text("own.csv", make) if isinstance(make, str) else make, message)


def _garrisons(found: Any) -> list[float]:
    return list(found.table["garrisons"])


OWN = [
    figures("missing", lambda folder: folder / "none.csv", "none.csv; nothing is there"),
    figures("a folder", lambda folder: folder, "is a folder|cannot be read"),
    figures("empty", "", "own.csv: .*empty"),
    figures("headings only", "region,garrisons\n", "must have every region; 2 of 2 are missing, first 'BEN'"),
    figures("region missing", "region,garrisons\nBEN,4\n", "must have every region; 1 of 2 are missing, first 'TGO'"),
    figures("region twice", FIGURES + "BEN,5\n", "one row per region; 'BEN' comes twice"),
    figures("region twice, with space", FIGURES + "BEN ,5\n", "one row per region; 'BEN' comes twice"),
    figures("text", FIGURES.replace("4", "many"), "garrisons of BEN is 'many'"),
    figures("missing value", FIGURES.replace("4", ""), "garrisons of BEN is ''"),
    figures("not a number", FIGURES.replace("4", "nan"), "garrisons of BEN is 'nan'"),
    figures("negative", FIGURES.replace("4", "-4"), "garrisons of BEN is '-4"),
    figures("infinite", FIGURES.replace("4", "inf"), "garrisons of BEN is 'inf'"),
    figures("decimal comma", FIGURES.replace("4", '"4,5"'), "garrisons of BEN is '4,5'"),
    figures("name the regions have", FIGURES.replace("garrisons", "population"), "already have population"),
    figures("column twice", "region,a,a\nBEN,1,2\nTGO,1,2\n", "column 'a' twice|a comes twice"),
    figures("other first column", FIGURES.replace("region", "code"), "must begin with a column region"),
    figures("one column", "region\nBEN\nTGO\n", "must begin with a column region and have others"),
    Case(
        "figures by region",
        "own tables",
        "semicolons",
        text("own.csv", FIGURES.replace(",", ";")),
        None,
        _garrisons,
        [4.0, 7.0],
    ),
    figures("too many values", FIGURES + "GHA,1,2,3\n", "own.csv: .*row|own.csv"),
    figures("Latin-1", raw("own.csv", FIGURES.replace("TGO", "É").encode("latin-1")), "own.csv: .*UTF-8"),
    figures("UTF-16", raw("own.csv", FIGURES.encode("utf-16")), "own.csv: .*UTF-16"),
    figures("NUL", raw("own.csv", FIGURES.encode() + b"\0\0"), "own.csv: .*binary"),
    figures("quotation mark never closed", FIGURES + '"GHA,1\n', "own.csv: .*quotation mark|own.csv: .*values"),
    Case("figures by region", "own tables", "gzip", raw("own.csv", gzipped(FIGURES)), None, _garrisons, [4.0, 7.0]),
    Case(
        "figures by region",
        "own tables",
        "byte-order mark",
        raw("own.csv", FIGURES.encode("utf-8-sig")),
        None,
        _garrisons,
        [4.0, 7.0],
    ),
    Case(
        "figures by region",
        "own tables",
        "regions of others",
        text("own.csv", FIGURES + "GHA,9\n"),
        None,
        _garrisons,
        [4.0, 7.0],
    ),
    Case(
        "figures by region",
        "own tables",
        "other order",
        text("own.csv", "region,garrisons\nTGO,7\nBEN,4\n"),
        None,
        _garrisons,
        [4.0, 7.0],
    ),
    lineages("missing", lambda folder: folder / "none.csv", "none.csv: there is no such file of lineages"),
    lineages("a folder", lambda folder: folder, "is a folder|is not a file|directory"),
    lineages("empty", "", "expected the columns lineage.*found nothing"),
    lineages("other columns", "a,b\n1,2\n", "expected the columns lineage.*found a, b"),
    lineages("headings only", LINEAGES, "no lineage is called 'Mine'"),
    lineages("not closed", LINEAGES + '"Mine,JNIM\n', "own.csv.*row 2 does not have 8 values"),
    lineages("too few values", LINEAGES + "Mine,JNIM\n", "row 2 does not have 8 values"),
    lineages("too many values", LINEAGES + SPELL.replace("\n", ",,,\n"), "row 2 does not have 8 values"),
    lineages("no actor", LINEAGES + SPELL.replace("JNIM", ""), "row 2: actor is empty"),
    lineages("month 13", LINEAGES + SPELL.replace("2017-03", "2017-13"), "row 2: from: a month must be written"),
    lineages(
        "digits of another script",
        LINEAGES + SPELL.replace("2017-03", "٢٠١٧-٠٣"),
        "row 2: from: a month must be written",
    ),
    lineages("until before from", LINEAGES + SPELL.replace("2017-03,", "2017-03,2016-01"), "until 2016-01 lies before"),
    lineages("countries by name", LINEAGES + SPELL.replace("MLI;BFA", "Mali"), "must be ISO 3166 codes"),
    lineages(
        "Latin-1", raw("own.csv", (LINEAGES + SPELL.replace("JNIM", "Émirat")).encode("latin-1")), "is not in UTF-8"
    ),
    lineages("UTF-16", raw("own.csv", (LINEAGES + SPELL).encode("utf-16")), "is not in UTF-8"),
    lineages("NUL", raw("own.csv", (LINEAGES + SPELL.replace("JNIM", "JN\0IM")).encode()), "own.csv: is a binary file"),
    lineages("value of 1 MB", LINEAGES + SPELL.replace("JNIM", "x" * 1_000_000), "own.csv: cannot be read as CSV"),
    lineages(
        "another name", LINEAGES + SPELL.replace("Mine", "Mein"), "no lineage is called 'Mine'.*did you mean 'Mein'"
    ),
    Case(
        "lineages",
        "own tables",
        "byte-order mark",
        raw("own.csv", (LINEAGES + SPELL).encode("utf-8-sig")),
        None,
        lambda found: found.actors,
        ("JNIM",),
    ),
    Case(
        "lineages",
        "own tables",
        "row twice",
        text("own.csv", LINEAGES + SPELL * 2),
        None,
        lambda found: len(found.spells),
        1,
    ),
]


def _lines(*shapes: object, **more: object) -> Make:
    features = [{"type": "Feature", "properties": {"name": "Road", **more}, "geometry": shape} for shape in shapes]
    return text("lines.geojson", json.dumps({"type": "FeatureCollection", "features": features}))


ROAD = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
APART = {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]], [[5, 5], [6, 6]]]}
POINT = {"type": "Point", "coordinates": [0, 0]}


def lines(name: str, make: Make, message: str) -> Case:
    return Case("lines", "own tables", name, make, message)


LINES = [
    lines(
        "missing",
        lambda folder: folder / "none.geojson",
        "expected a file of lines at .*none.geojson; nothing is there",
    ),
    lines("noise", raw("lines.gpkg", bytes(range(256))), "lines.gpkg: cannot be read as lines"),
    lines("points", _lines(POINT), "must be one connected line; 'Road' is a Point"),
    lines("no geometry", _lines(None), "must be one connected line; 'Road' is no geometry"),
    lines("in two parts", _lines(APART), "must be one connected line; 'Road' is a MultiLineString"),
    lines("a name twice", _lines(ROAD, ROAD), "names of their own; 'Road' comes twice"),
    lines(
        "metres", _lines({"type": "LineString", "coordinates": [[5e5, 1.5e6], [6e5, 1.6e6]]}), "between -180 and 180"
    ),
    lines(
        "not a number",
        text(
            "lines.geojson",
            json.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [
                        {
                            "type": "Feature",
                            "properties": {"name": "Road"},
                            "geometry": {"type": "LineString", "coordinates": [[0, float("nan")], [1, 1]]},
                        }
                    ],
                }
            ),
        ),
        "between -180 and 180|cannot be read",
    ),
    lines(
        "cut off",
        text("lines.geojson", '{"type": "FeatureCollection", "features": ['),
        "lines.geojson: cannot be read as lines",
    ),
    Case("lines", "own tables", "a line", _lines(ROAD), None, lambda found: list(found), ["Road"]),
]


def _database(folder: Path) -> str:
    (folder / "mlflow.db").write_bytes(b"no database" * 99)
    return f"sqlite:///{folder}/mlflow.db"


def _other_tables(folder: Path) -> str:
    with sqlite3.connect(folder / "mlflow.db") as connection:
        connection.execute("CREATE TABLE experiments (x)")
        connection.execute("CREATE TABLE alembic_version (version_num)")
        connection.execute("INSERT INTO alembic_version VALUES ('of nobody')")
    connection.close()
    return f"sqlite:///{folder}/mlflow.db"


def _folder(folder: Path) -> str:
    (folder / "mlflow.db").mkdir()
    return f"sqlite:///{folder}/mlflow.db"


def _cut(folder: Path) -> str:
    with sqlite3.connect(folder / "mlflow.db") as connection:
        connection.execute("CREATE TABLE x (y)")
    connection.close()
    content = (folder / "mlflow.db").read_bytes()
    (folder / "mlflow.db").write_bytes(content[:2000])
    return f"sqlite:///{folder}/mlflow.db"


STORES = {
    "a folder": (lambda folder: str(folder), "must be a database or a server"),
    "a folder as address": (lambda folder: f"file:{folder}", "must be a database or a server"),
    "a folder above": (lambda folder: "../runs", "must be a database or a server"),
    "nothing": (lambda folder: "", "must be a database or a server"),
    "unknown kind of address": (lambda folder: "ftp://example.org/x", "failed: .*ftp"),
    "words": (lambda folder: "my store", "must be a database or a server"),
    "SQLite without a file": (lambda folder: "sqlite:///", "is not a database that can be written"),
    "a database of noise": (_database, "is not a database that can be written"),
    "a database that is a folder": (_folder, "is not a database that can be written"),
    "a database cut off": (_cut, "is not a database that can be written"),
    "a database of others": (_other_tables, "failed: .*revision"),
    "a database without its driver": (lambda folder: "mssql+nodriver://h/x", "failed: "),
}

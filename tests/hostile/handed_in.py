"""Forecasts handed in that cannot be scored."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harmattan.submissions.checks import WIS_LEVELS

from .cases import Case, Make, raw, text, zipped

Frame = pd.DataFrame


def draws() -> Frame:
    cells = [("2023-05", each, region, draw) for each in (1, 2) for region in ("BF01", "BF02") for draw in range(3)]
    return pd.DataFrame(cells, columns=["origin", "horizon", "region", "draw"]).assign(value=1)


def quantiles() -> Frame:
    cells = [("2023-05", 1, region, level) for region in ("BF01", "BF02") for level in WIS_LEVELS]
    table = pd.DataFrame(cells, columns=["origin", "horizon", "region", "level"])
    return table.assign(value=table["level"] * 10)


def chances() -> Frame:
    cells = [("2023-05", 1, region, least) for region in ("BF01", "BF02") for least in (1, 2)]
    table = pd.DataFrame(cells, columns=["origin", "horizon", "region", "at_least"])
    return table.assign(probability=0.5 / table["at_least"])


def views() -> Frame:
    cells = [(522, country, draw) for country in (47, 49) for draw in range(3)]
    return pd.DataFrame(cells, columns=["month_id", "country_id", "draw"]).assign(outcome=1)


def refused(kind: str, name: str, make: Make, message: str) -> Case:
    return Case("submissions", kind, name, make, message)


def right(kind: str, name: str, make: Make, look: Any, expected: object) -> Case:
    return Case("submissions", kind, name, make, None, look, expected)


def written(table: Frame) -> Make:
    return text("mine.csv", table.to_csv(index=False))


def spoilt(name: str, good: Callable[[], Frame], column: str, value: object, message: str) -> Case:
    """A table whose first value in a column is another."""
    table = good().astype({column: object})
    table.loc[0, column] = value
    return refused("values", f"{good.__name__}, {name}", written(table), message)


def _packed(table: Frame, **columns: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({**{name: table[name].to_numpy() for name in table}, **columns}), stream)
    return stream.getvalue()


SEEN = lambda found: (found.kind, found.values.shape)  # noqa: E731
HEAD = "origin,horizon,region,draw,value\n"
FILES = [
    refused("file", "missing", lambda folder: folder / "none.csv", "there is no such file"),
    refused("file", "a folder", lambda folder: folder, "is a folder"),
    refused("file", "empty", raw("mine.csv", b""), "is empty"),
    refused("file", "headings only", text("mine.csv", HEAD), "has a header but no line"),
    refused(
        "file", "headings without line end", text("mine.csv", HEAD.strip()), "has a header but no line|cannot be read"
    ),
    refused("file", "UTF-16", raw("mine.csv", draws().to_csv().encode("utf-16")), "is in UTF-16"),
    refused("file", "Latin-1", raw("mine.csv", draws().assign(region="É").to_csv().encode("latin-1")), "not in UTF-8"),
    refused("file", "workbook", raw("mine.xlsx", zipped({"xl/workbook.xml": b""})), "is a workbook; save it as CSV"),
    refused("file", "JSON", text("mine.csv", draws().to_json()), "is JSON"),
    refused(
        "file", "gzip cut off", raw("mine.csv.gz", gzip.compress(draws().to_csv().encode())[:-9]), "damaged or cut off"
    ),
    refused("file", "Parquet cut off", raw("mine.parquet", _packed(draws())[:-9]), "damaged or cut off"),
    refused(
        "file",
        "Parquet with noise",
        raw("mine.parquet", _packed(draws())[:4] + b"\xff" * 99 + _packed(draws())[103:]),
        "cannot be read|damaged",
    ),
    refused(
        "file", "two files in a zip", raw("mine.zip", zipped({"a.csv": b"x", "b.csv": b"y"})), "found a.csv, b.csv"
    ),
    refused("file", "ragged", text("mine.csv", HEAD + "2023-05,1,BF01,0\n"), "cannot be read to its end"),
    refused(
        "file",
        "quotation mark never closed",
        text("mine.csv", HEAD + '2023-05,1,"BF01,0,1\n2023-05,1,BF02,0,1\n'),
        "mine.csv",
    ),
    refused(
        "file",
        "quotation marks far apart",
        text("mine.csv", draws().assign(note="x").to_csv(index=False).replace(",x", ',"x', 2)),
        "line 2: a quotation mark",
    ),
    refused("file", "heading of 2 MB", text("mine.csv", "x" * 2_000_000 + "\n1\n"), "row 1 has more than"),
    refused(
        "file",
        "20,000 columns",
        text("mine.csv", ",".join(f"c{n}" for n in range(20_000)) + "\n"),
        "row 1 has more than 16,384 columns",
    ),
    refused(
        "file",
        "column twice",
        text("mine.csv", "origin,horizon,region,draw,draw\n2023-05,1,A,1,1\n"),
        "column 'draw' twice",
    ),
    refused(
        "file",
        "two byte-order marks",
        raw("mine.csv", b"\xef\xbb\xbf" * 2 + draws().to_csv().encode()),
        "two byte-order marks",
    ),
    right(
        "file",
        "byte-order mark",
        raw("mine.csv", draws().to_csv(index=False).encode("utf-8-sig")),
        SEEN,
        ("draws", (4, 3)),
    ),
    right("file", "semicolons", text("mine.csv", draws().to_csv(index=False, sep=";")), SEEN, ("draws", (4, 3))),
    right(
        "file",
        "line ends of Windows",
        text("mine.csv", draws().to_csv(index=False, lineterminator="\r\n")),
        SEEN,
        ("draws", (4, 3)),
    ),
    right(
        "file",
        "line ends of old Macs",
        text("mine.csv", draws().to_csv(index=False, lineterminator="\r")),
        SEEN,
        ("draws", (4, 3)),
    ),
    right(
        "file",
        "months as days in Parquet",
        raw("mine.parquet", _packed(draws(), origin=pd.to_datetime(["2023-05-01"] * 12))),
        SEEN,
        ("draws", (4, 3)),
    ),
]

LAYOUTS = [
    refused("layout", f"{good.__name__} without {column}", written(good().drop(columns=column)), message)
    for good, column, message in (
        (draws, "origin", "draws need the columns.*'origin' is missing"),
        (draws, "horizon", "'horizon' is missing"),
        (draws, "region", "'region' is missing"),
        (draws, "draw", "are no known layout"),
        (draws, "value", "are no known layout"),
        (quantiles, "level", "are no known layout"),
        (chances, "probability", "are no known layout"),
        (views, "country_id", "are no known layout"),
    )
]
LAYOUTS += [
    refused("layout", "a line of draws missing", written(draws().iloc[1:]), "the same number of draws"),
    refused("layout", "a line twice", written(pd.concat([draws(), draws().iloc[:1]])), "every line must be another"),
    refused(
        "layout",
        "a region missing at one horizon",
        written(draws().iloc[3:]),
        "every origin and horizon must have all 2 regions",
    ),
    refused(
        "layout",
        "draws numbered apart",
        written(draws().assign(draw=[*range(3), *range(5, 8), *range(6)])),
        "the same draws",
    ),
    refused("layout", "a level missing", written(quantiles().query("level != 0.5")), "must have the levels"),
    refused(
        "layout", "no probability of at least 1", written(chances().query("at_least == 2")), "probability of at least 1"
    ),
    refused(
        "layout", "quantiles that cross", written(quantiles().assign(value=lambda t: -t["value"] + 10)), "must not fall"
    ),
    refused(
        "layout",
        "probabilities that rise",
        written(chances().assign(probability=lambda t: t["at_least"] / 4)),
        "must not rise",
    ),
    refused(
        "layout", "month against horizon", written(draws().assign(month="2024-01")), "month must be origin . horizon"
    ),
    refused(
        "layout",
        "nested in Parquet",
        raw("mine.parquet", _packed(draws(), value=pa.array([[1]] * 12))),
        "value must be a finite number|holds list",
    ),
    refused(
        "layout",
        "pickles in Parquet",
        raw("mine.parquet", _packed(draws(), value=pa.array([b"\x80\x05N."] * 12))),
        "finite number|holds",
    ),
    refused(
        "layout",
        "lists for regions in Parquet",
        raw("mine.parquet", _packed(draws(), region=pa.array([["A"]] * 12))),
        "region|holds list",
    ),
    right(
        "layout",
        "region codes with leading zeros",
        written(draws().assign(region=["007"] * 3 + ["7"] * 3 + ["007"] * 3 + ["7"] * 3)),
        lambda found: sorted(set(found.cells["region"])),
        ["007", "7"],
    ),
]

VALUES = [
    spoilt("nothing", draws, "value", "", "value must be a finite number.* line 1"),
    spoilt("text", draws, "value", "many", "value must be a finite number.*'many' in line 1"),
    spoilt("infinite", draws, "value", "inf", "value must be a finite number"),
    spoilt("not a number", draws, "value", "nan", "value must be a finite number"),
    spoilt("negative", draws, "value", "-1", "every count must be zero or more"),
    spoilt("half", draws, "value", "1.5", "every draw must be a whole count"),
    spoilt("1e308", draws, "value", "1e308", "every draw must be below 2.31"),
    spoilt("decimal comma", draws, "value", '"1,5"', "value must be a finite number"),
    spoilt("thousands", draws, "value", "1,000", "value must be a finite number"),
    spoilt("draw is text", draws, "draw", "first", "draw must be a finite number"),
    spoilt("horizon 0", draws, "horizon", "0", "every month must lie after its origin"),
    spoilt("horizon negative", draws, "horizon", "-1", "every month must lie after its origin"),
    spoilt("horizon half", draws, "horizon", "1.5", "horizon must be a whole number of months"),
    spoilt("horizon infinite", draws, "horizon", "inf", "horizon must be a finite number"),
    spoilt("horizon 1e18", draws, "horizon", "1e18", "horizon must|every month must"),
    spoilt("horizon 1e308", draws, "horizon", "1e308", "horizon must|every month must"),
    spoilt("origin 2023-13", draws, "origin", "2023-13", "origin must be a month.*line 1: write it YYYY-MM"),
    spoilt("origin as a number", draws, "origin", "202305", "origin must be a month"),
    spoilt("origin of 1 MB", draws, "origin", "9" * 1_000_000, "^.{1,600}$"),
    spoilt("region blank", draws, "region", " ", "region must be a code"),
    spoilt("region missing", draws, "region", "", "region must be a code"),
    spoilt("level 50", quantiles, "level", "50", "every level must lie strictly between 0 and 1"),
    spoilt("level 0", quantiles, "level", "0", "every level must lie strictly between 0 and 1"),
    spoilt("level not a number", quantiles, "level", "x", "level must be a finite number"),
    spoilt("negative", quantiles, "value", "-0.5", "every count must be zero or more"),
    spoilt("1e308", quantiles, "value", "1e308", "must not fall|below"),
    spoilt("percent", chances, "probability", "50", "every probability must lie between 0 and 1"),
    spoilt("percent sign", chances, "probability", "50%", "probability must be a finite number"),
    spoilt("negative", chances, "probability", "-0.1", "every probability must lie between 0 and 1"),
    spoilt("at least 0", chances, "at_least", "0", "at_least must be a count of 1 or more"),
    spoilt("at least a half", chances, "at_least", "0.5", "at_least must be a count of 1 or more"),
    spoilt("month half", views, "month_id", "522.5", "month_id must be a whole number"),
    spoilt("month infinite", views, "month_id", "inf", "month_id must be a finite number"),
    spoilt("month 1e18", views, "month_id", "1e18", "month_id must"),
    spoilt("outcome negative", views, "outcome", "-2", "every count must be zero or more"),
    spoilt("outcome missing", views, "outcome", "", "outcome must be a finite number"),
]

"""Parquet, Excel and JSON that are damaged, hold other things than a table of values, or too much."""

from __future__ import annotations

import io
import json
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .cases import Case, Make, cells, parquet, raw, text, workbook, zipped
from .files import BOTH, days, refused, right

FIRST, SECOND = "2023-05-04", "2023-06-01"


def _columns(**changes: object) -> dict[str, object]:
    return {"date": [FIRST, SECOND], "lon": [-1.5, -1.5], "lat": [14.0, 14.0], "deaths": [3, None], **changes}


def stored(**changes: object) -> Make:
    return raw("a.parquet", parquet(_columns(**changes)))


def _twice() -> bytes:
    stream = io.BytesIO()
    names = ["date", "lon", "lat", "lat"]
    pq.write_table(pa.Table.from_arrays([pa.array([FIRST]), *[pa.array([1.0])] * 3], names=names), stream)
    return stream.getvalue()


def _plain_frame(**changes: object) -> bytes:
    stream = io.BytesIO()
    pd.DataFrame(_columns(**changes)).to_parquet(stream)
    return stream.getvalue()


GOOD = parquet(_columns())
EAST = timezone(timedelta(hours=2))
PARQUET = [
    right("Parquet", "days as dates", stored(date=[date(2023, 5, 4), date(2023, 6, 1)]), days, BOTH),
    right("Parquet", "days as times", stored(date=[datetime(2023, 5, 4, 23), datetime(2023, 6, 1)]), days, BOTH),
    right("Parquet", "days in UTC", stored(date=[datetime(2023, 5, 4, 23, tzinfo=UTC)] * 2), days, [FIRST] * 2),
    right(
        "Parquet",
        "days in another time zone",
        stored(date=pa.array([datetime(2023, 5, 4, 0, 30, tzinfo=EAST)] * 2, pa.timestamp("us", "+02:00"))),
        days,
        [FIRST] * 2,
    ),
    right(
        "Parquet",
        "days in nanoseconds",
        raw("a.parquet", _plain_frame(date=pd.to_datetime([FIRST, SECOND]))),
        days,
        BOTH,
    ),
    right("Parquet", "categories", raw("a.parquet", _plain_frame(date=pd.Categorical([FIRST, SECOND]))), days, BOTH),
    right(
        "Parquet",
        "decimal numbers",
        stored(deaths=[Decimal("3.00"), None]),
        lambda f: f.table["deaths"].isna().tolist(),
        [False, True],
    ),
    right("Parquet", "index of pandas", raw("a.parquet", _plain_frame()), days, BOTH),
    right(
        "Parquet",
        "nothing but missing values",
        stored(deaths=pa.nulls(2)),
        lambda f: f.table["deaths"].isna().tolist(),
        [True, True],
    ),
    right(
        "Parquet", "nested columns beside those needed", stored(note=[[1], [2, 3]], more=[{"a": 1}, None]), days, BOTH
    ),
    right("Parquet", "pickles beside the columns needed", stored(note=[pickle.dumps(print)] * 2), days, BOTH),
    right("Parquet", "called .csv", raw("a.csv", GOOD), days, BOTH),
    right("Parquet", "in zip", raw("a.zip", zipped({"a.parquet": GOOD})), days, BOTH),
    refused("Parquet", "pickles", stored(date=[pickle.dumps(print)] * 2), "column date holds bytes that are not text"),
    refused(
        "Parquet", "text as bytes of Latin-1", stored(actor=["É".encode("latin-1")] * 2), "column actor holds bytes"
    ),
    refused(
        "Parquet", "lists", stored(lon=[[1.0], [2.0]]), "column lon holds list<.*; expected numbers, dates or text"
    ),
    refused("Parquet", "structures", stored(date=[{"year": 2023}] * 2), "column date holds struct<"),
    refused(
        "Parquet", "maps", stored(actor=pa.array([[("a", 1)]] * 2, pa.map_(pa.string(), pa.int64()))), "holds map<"
    ),
    refused(
        "Parquet",
        "periods of pandas",
        raw("a.parquet", _plain_frame(date=pd.period_range("2023-05", periods=2, freq="M"))),
        "column date holds extension<",
    ),
    refused(
        "Parquet", "extension type", stored(actor=pa.array([bytes(16)] * 2, pa.uuid())), "column actor holds extension<"
    ),
    refused(
        "Parquet",
        "times of day",
        stored(date=pa.array([1, 2], pa.time64("us"))),
        "row 1, column start: expected a date",
    ),
    refused("Parquet", "durations", stored(date=[timedelta(1)] * 2), "column date holds duration|expected a date"),
    refused("Parquet", "days as numbers", stored(date=[45050, 45051]), "row 1, column start: expected a date"),
    refused(
        "Parquet", "year 9999", stored(date=[date(9999, 12, 31)] * 2), "row 1, column start: expected a date from 1900"
    ),
    refused(
        "Parquet",
        "year 200,000",
        stored(date=pa.array([2**43] * 2, pa.timestamp("s"))),
        "row 1, column start: expected",
    ),
    refused("Parquet", "infinite", stored(lon=[float("inf"), 1.0]), "row 1, column lon: expected a number from -180"),
    refused("Parquet", "truth values", stored(deaths=[True, False]), "row 1, column deaths: expected a whole number"),
    refused(
        "Parquet",
        "whole numbers too large",
        stored(deaths=pa.array([2**64 - 1, 1], pa.uint64())),
        "row 1, column deaths",
    ),
    refused("Parquet", "column twice", raw("a.parquet", _twice()), "the column lat comes twice"),
    refused(
        "Parquet",
        "no rows",
        raw("a.parquet", parquet({name: pa.array([], pa.string()) for name in ("date", "lon", "lat")})),
        "no rows",
    ),
    refused("Parquet", "no columns", raw("a.parquet", parquet({})), "no known source"),
    refused("Parquet", "other columns", raw("a.parquet", parquet({"x": [1]})), "no known source.*found x"),
    refused(
        "Parquet",
        "20,000 columns",
        raw("a.parquet", parquet({f"c{n}": [1] for n in range(20_000)})),
        "has 20,000 columns",
    ),
    refused("Parquet", "cut at the end", raw("a.parquet", GOOD[:-10]), "damaged or cut off"),
    refused("Parquet", "cut in the middle", raw("a.parquet", GOOD[: len(GOOD) // 2]), "damaged or cut off"),
    refused("Parquet", "first bytes only", raw("a.parquet", b"PAR1"), "damaged or cut off"),
    refused(
        "Parquet", "footer of noise", raw("a.parquet", b"PAR1" + b"\xff" * 40 + b"\x28\0\0\0PAR1"), "damaged or cut off"
    ),
    refused(
        "Parquet",
        "footer longer than the file",
        raw("a.parquet", b"PAR1" + bytes(40) + b"\xff\xff\xff\x7fPAR1"),
        "damaged or cut off",
    ),
    refused(
        "Parquet", "locked footer", raw("a.parquet", b"PARE" + bytes(40) + b"\x08\0\0\0PARE"), "binary file|UTF-16"
    ),
    refused("Parquet", "values of noise", raw("a.parquet", GOOD[:4] + b"\xff" * 60 + GOOD[64:]), "damaged or cut off"),
]


def sheet(*rows: str) -> Make:
    return raw("a.xlsx", workbook("".join(rows)))


HEADING = cells(1, ["date", "lon", "lat", "deaths"])
FULL = [cells(2, [FIRST, "<v>-1.5</v>", "<v>14</v>", "<v>3</v>"]), cells(3, [SECOND, "<v>-1.5</v>", "<v>14</v>"])]


def _book(**options: Any) -> Make:
    return raw("a.xlsx", workbook("".join([HEADING, *FULL]), **options))


def _cell(xml: str) -> Make:
    """A workbook whose cell D2 is this XML."""
    row = cells(2, [FIRST, "<v>-1.5</v>", "<v>14</v>"]).removesuffix("</row>") + f"{xml}</row>"
    return sheet(HEADING, row, FULL[1])


LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)
) + "]>"  # fmt: skip
LEAK = '<!DOCTYPE x [<!ENTITY leak SYSTEM "file:///etc/passwd">]>'
EXCEL = [
    right(
        "Excel",
        "titles above",
        sheet(
            cells(1, ["Attacks in Mali"]),
            HEADING.replace('r="1"', 'r="2"'),
            FULL[0].replace('r="2"', 'r="3"'),
            FULL[1].replace('r="3"', 'r="4"'),
        ),
        days,
        BOTH,
    ),
    right("Excel", "macros", _book(more={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(99)}), days, BOTH),
    right(
        "Excel", "links to other workbooks", _book(more={"xl/externalLinks/externalLink1.xml": b"<nothing"}), days, BOTH
    ),
    refused("Excel", "entity that reads a file", _book(before=LEAK), "an Excel workbook that is damaged"),
    right(
        "Excel",
        "formula with its result",
        _cell('<c r="D2"><f>1+2</f><v>3</v></c>'),
        lambda f: int(f.table["deaths"][0]),
        3,
    ),
    refused("Excel", "damaged shared texts", _book(strings="<nothing"), "Excel workbook that is damaged"),
    refused("Excel", "formula without a result", _cell('<c r="D2"><f>1+2</f></c>'), "D2.*formula"),
    refused(
        "Excel",
        "formula that failed",
        _cell('<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
        "column deaths: .*#DIV/0!",
    ),
    refused(
        "Excel",
        "billion laughs",
        raw("a.xlsx", workbook(HEADING + cells(2, ["&a11;", "<v>1</v>", "<v>2</v>"]), before=LAUGHS)),
        "Excel workbook that is damaged",
    ),
    refused(
        "Excel",
        "entity used that reads a file",
        raw("a.xlsx", workbook(HEADING + cells(2, ["&leak;", "<v>1</v>"]), before=LEAK)),
        "Excel workbook that is damaged",
    ),
    refused(
        "Excel",
        "row 1,000,000,000",
        sheet(HEADING, FULL[0].replace('r="2"', 'r="1000000000"')),
        "more than 1,048,576 rows|damaged",
    ),
    refused(
        "Excel",
        "shared text that is not there",
        _cell('<c r="D2" t="s"><v>99</v></c>'),
        "Excel workbook that is damaged",
    ),
    refused(
        "Excel", "number that is none", _cell('<c r="D2"><v>many</v></c>'), "workbook that is damaged|column deaths"
    ),
    refused("Excel", "infinite number", _cell('<c r="D2"><v>1e999</v></c>'), "column deaths: expected a whole number"),
    refused("Excel", "not closed", raw("a.xlsx", workbook(HEADING + "<row>")), "Excel workbook that is damaged"),
    refused(
        "Excel",
        "no sheet",
        raw("a.xlsx", zipped({"xl/workbook.xml": b"<workbook/>"})),
        "Excel workbook that is damaged",
    ),
    refused(
        "Excel",
        "workbook of noise",
        raw("a.xlsx", zipped({"xl/workbook.xml": b"\0\1\2"})),
        "Excel workbook that is damaged",
    ),
    refused("Excel", "no cell", sheet(""), "without any filled cell"),
    refused("Excel", "headings only", sheet(HEADING), "no rows"),
    refused(
        "Excel",
        "day as number",
        sheet(HEADING, cells(2, ["<v>45050</v>", "<v>1</v>", "<v>2</v>"])),
        "expected a date.*45050",
    ),
    refused(
        "Excel",
        "thousands as text",
        _cell('<c r="D2" t="inlineStr"><is><t>1,234</t></is></c>'),
        "expected a whole number",
    ),
    refused(
        "Excel", "truth value", _cell('<c r="D2" t="b"><v>1</v></c>'), "column deaths: expected a whole number.*True"
    ),
    refused("Excel", "cut off", raw("a.xlsx", workbook(HEADING)[:-40]), "damaged or cut off"),
    refused(
        "Excel", "column twice", sheet(cells(1, ["date", "lon", "lat", "lat"]), FULL[0]), "the column lat comes twice"
    ),
]

DYAD = {"dyad_id": 1, "type": "sb", "name": "A - B", "side_a": "A", "side_b": "B", "active_years": [2019, 2021]}


def registry(content: object) -> Make:
    return text("a.json", content if isinstance(content, str) else json.dumps(content))


def _dyad(title: str, message: str, /, **changes: object) -> Case:
    return refused("JSON", title, registry([{**DYAD, **changes}]), message)


JSON = [
    refused("JSON", "lists 100,000 deep", registry("[" * 100_000), "a.json: is JSON nested too deeply|is not JSON"),
    refused(
        "JSON", "tables 100,000 deep", registry('{"a":' * 100_000), "a.json: is JSON nested too deeply|is not JSON"
    ),
    refused("JSON", "a number of 10,000 digits", registry("[" + "9" * 10_000 + "]"), "a.json: is not JSON"),
    refused("JSON", "cut off", registry(json.dumps([DYAD])[:-9]), "a.json: is not JSON"),
    refused("JSON", "empty", registry(""), "a.json: is not JSON"),
    refused("JSON", "UTF-16", raw("a.json", json.dumps([DYAD]).encode("utf-16")), "a.json: is not JSON in UTF-8"),
    refused("JSON", "one line per entry", registry(json.dumps(DYAD) + "\n" + json.dumps(DYAD)), "a.json: is not JSON"),
    refused("JSON", "a table", registry({"dyads": [DYAD]}), "expected a list of dyads; got dict"),
    refused("JSON", "a number", registry(5), "expected a list of dyads; got int"),
    refused("JSON", "no entry", registry([]), "expected a list of dyads; got no entry"),
    refused("JSON", "entry is a list", registry([[1, 2]]), "entry 0 is not a dyad"),
    refused("JSON", "entry is nothing", registry([DYAD, None]), "entry 1 is not a dyad"),
    refused("JSON", "key missing", registry([{key: DYAD[key] for key in DYAD if key != "name"}]), "name is missing"),
    refused("JSON", "id twice", registry([DYAD, DYAD]), "entry 1 is not a dyad: dyad_id 1 comes twice"),
    right(
        "JSON",
        "id twice, of two kinds of violence",
        registry([DYAD, {**DYAD, "type": "ns"}]),
        lambda found: found["kind"].tolist(),
        ["state-based", "non-state"],
    ),
    _dyad("type is a list", "entry 0 is not a dyad: type must be one of", type=["sb"]),
    _dyad("unknown type", "entry 0 is not a dyad: type must be one of", type="xx"),
    _dyad("years are a number", "entry 0 is not a dyad: active_years", active_years=2019),
    _dyad("years are text", "entry 0 is not a dyad: active_years", active_years=["2019"]),
    _dyad("years are halves", "entry 0 is not a dyad: active_years", active_years=[2019.5]),
    _dyad("years are not numbers", "entry 0 is not a dyad: active_years", active_years=[float("nan")]),
    _dyad("year of 30 digits", "entry 0 is not a dyad: active_years", active_years=[10**30]),
    _dyad("id of 30 digits", "entry 0 is not a dyad: dyad_id", dyad_id=10**30),
    _dyad("id is a list", "entry 0 is not a dyad: dyad_id", dyad_id=[1]),
    _dyad("name is a table", "entry 0 is not a dyad: name", name={"a": 1}),
    right(
        "JSON",
        "one-sided, without second side",
        registry([{**DYAD, "type": "os", "side_b": None, "active_years": []}]),
        lambda found: (found["side_b"].isna().tolist(), found["last_year"].isna().tolist()),
        ([True], [True]),
    ),
]

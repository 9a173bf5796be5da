"""Tables whose values are wrong: numbers, days, places, identities, in every source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cases import Case, changed, table, text
from .files import days, refused, right
from .good import ACLED, COUNTRY_MONTH, COUNTS, DYAD_MONTH, HDX, PLAIN, UCDP, WEEKLY

Row = Mapping[str, object]


def wrong(kind: str, name: str, row: Row, message: str, **changes: object) -> Case:
    return refused(kind, name, text("a.csv", changed(row, **changes)), message)


def fine(kind: str, name: str, row: Row, look: Any, expected: object, **changes: object) -> Case:
    return right(kind, name, text("a.csv", changed(row, **changes)), look, expected)


def first(column: str) -> Any:
    return lambda found: found.table[column][0]


NUMBER = r"row 2, column {}: expected {}, got {}"


def number(column: str, expected: str, got: str) -> str:
    return NUMBER.format(column, expected, got)


DEATHS = {
    "text": "many",
    "negative": "-3",
    "half": "1.5",
    "not a number": "NaN?",
    "infinite": "inf",
    "minus infinite": "-Infinity",
    "decimal comma": "3,0",
    "thousands with comma": "1,234",
    "thousands with space": "1 234",
    "thousands with apostrophe": "1'234",
    "thousands with point, twice": "1.234.567",
    "with unit": "3 deaths",
    "range": "3-5",
    "about": "~3",
    "plus": "3+",
    "formula": "=1+2",
    "percent": "3%",
    "hexadecimal": "0x10",
    "underscore": "1_000",
    "truth": "True",
    "brackets": "(3)",
    "question mark": "?",
    "dash": "-",
    "two numbers": "3 4",
    "complex": "3j",
    "exponent without number": "e5",
    "1e308": "1e308",
    "1e400": "1e400",
    "20 digits": "99999999999999999999",
    "beyond exact whole numbers": "9007199254740994",
    "5,000 digits": "9" * 5000,
    "million digits": "9" * 1_000_000,
    "currency": "€3",
    "control sign": "3\x07",
}
NUMBERS = [
    wrong("numbers", f"deaths: {name}", PLAIN, "row 2, column deaths: expected a (whole )?number", deaths=value)
    for name, value in DEATHS.items()
]
NUMBERS += [
    fine("numbers", f"deaths: {name}", PLAIN, first("deaths"), expected, deaths=value)
    for name, value, expected in (
        ("with point", "3.0", 3),
        ("exponent", "3e1", 30),
        ("leading zeros", "003", 3),
        ("plus sign", "+3", 3),
        ("white space", "  3\t", 3),
        ("negative zero", "-0", 0),
        ("largest", "9007199254740992", 2**53),
    )
]
NUMBERS += [
    fine(
        "numbers",
        f"unknown deaths written {value!r}",
        PLAIN,
        lambda f: f.table["deaths"].isna().tolist(),
        [True, False],
        deaths=value,
    )
    for value in ("", "NA", "N/A", "NaN", "nan", "NULL", "null")
]
NUMBERS += [
    wrong("numbers", "attacks: negative", COUNTS, "row 2, column attacks: expected a number from 0 up", attacks=-1),
    wrong("numbers", "attacks: infinite", COUNTS, "row 2, column attacks: expected a number from 0 up", attacks="inf"),
    wrong("numbers", "attacks: 1e308", COUNTS, "row 2, column attacks: expected a number", attacks="1e308"),
    wrong("numbers", "attacks: unknown", COUNTS, "row 2, column attacks: expected .*got nothing", attacks=""),
    wrong("numbers", "attacks: decimal comma", COUNTS, "column attacks: expected a number.*got '2,5'", attacks="2,5"),
    wrong(
        "numbers", "further measure: text", {**COUNTS, "schools": 1}, "column schools: expected a number", schools="x"
    ),
    right(
        "numbers",
        "attacks: fraction",
        text("a.csv", table(list(COUNTS), [["ML-5", "2023-05", 0.5, ""]])),
        lambda found: found.table["attacks"].tolist(),
        [0.5],
    ),
    right(
        "numbers",
        "deaths: unknown is not zero",
        text("a.csv", table(list(COUNTS), [["ML-5", "2023-05", 2, ""]])),
        lambda found: found.table["deaths"].isna().tolist(),
        [True],
    ),
    wrong("numbers", "UCDP: half a death", UCDP, "column best: expected a whole number", best=2.5),
    wrong("numbers", "UCDP: negative", UCDP, "column low: expected a whole number", low=-1),
    wrong("numbers", "UCDP: 20 digits", UCDP, "column high: expected a whole number", high="99999999999999999999"),
    wrong("numbers", "UCDP: 18 digits", UCDP, "column high: expected a whole number", high="999999999999999999"),
    wrong("numbers", "UCDP: 1e308", UCDP, "column best: expected a whole number", best="1e308"),
    wrong(
        "numbers",
        "UCDP: kind of violence 4",
        UCDP,
        "type_of_violence: expected a whole number from 1 to 3",
        type_of_violence=4,
    ),
    wrong("numbers", "UCDP: precision 0", UCDP, "where_prec: expected a whole number from 1 to 7", where_prec=0),
    fine(
        "numbers",
        "UCDP: date precision 0",
        UCDP,
        lambda f: dict(f.notes),
        {"date_prec 0 read as unknown": 1},
        date_prec=0,
    ),
    wrong("numbers", "ACLED: negative", ACLED, "column fatalities: expected a whole number", fatalities=-1),
    wrong("numbers", "ACLED: 1e308", ACLED, "column fatalities: expected a whole number", fatalities="1e308"),
    wrong(
        "numbers", "ACLED: precision 9", ACLED, "geo_precision: expected a whole number from 1 to 3", geo_precision=9
    ),
    wrong("numbers", "weekly: half an event", WEEKLY, "column events: expected a whole number", EVENTS=0.5),
    wrong("numbers", "weekly: 1e308", WEEKLY, "column events: expected a whole number", EVENTS="1e308"),
    wrong("numbers", "weekly: events unknown", WEEKLY, "column events: expected .*got nothing", EVENTS=""),
    wrong("numbers", "HDX: negative", HDX, "column events: expected a whole number", Events=-1),
    wrong("numbers", "HDX: thousands", HDX, "column events: expected a whole number.*got '1,000'", Events="1,000"),
    wrong("numbers", "country months: unknown", COUNTRY_MONTH, "sb_events: expected .*got nothing", sb_events=""),
    wrong("numbers", "country months: 1e308", COUNTRY_MONTH, "ns_deaths: expected a whole number", ns_deaths="1e308"),
    wrong("numbers", "dyad months: negative", DYAD_MONTH, "column events: expected a whole number", events=-2),
]

DAYS = {
    "30 February": "2023-02-30",
    "29 February 2023": "2023-02-29",
    "month 13": "2023-13-01",
    "month 0": "2023-00-10",
    "day 0": "2023-05-00",
    "day 32": "2023-05-32",
    "year 0000": "0000-05-04",
    "year 0001": "0001-05-04",
    "year 9999": "9999-12-31",
    "year 1899": "1899-12-31",
    "year 2101": "2101-01-01",
    "year of 5 digits": "12023-05-04",
    "year of 2 digits": "23-05-04",
    "MM/DD or DD/MM": "04/05/2023",
    "DD.MM.YYYY": "04.05.2023",
    "no dashes": "20230504",
    "serial number of Excel": "45050",
    "seconds since 1970": "1683158400",
    "month only": "2023-05",
    "year only": "2023",
    "words": "yesterday",
    "French": "4 mai 2023",
    "missing": "",
    "hour 25": "2023-05-04 25:00",
    "rubbish behind": "2023-05-04 12:00 or so",
    "negative year": "-2023-05-04",
    "week": "2023-W18-4",
    "two days": "2023-05-04/2023-05-06",
    "slashes": "2023/05/04",
    "formula": "=TODAY()",
}
DATES = [
    wrong("days and months", f"day: {name}", PLAIN, "row 2, column start: expected a date", date=value)
    for name, value in DAYS.items()
]
DATES += [
    fine("days and months", f"day: {name}", PLAIN, days, ["2023-05-04"] * 2, date=value)
    for name, value in (
        ("with time", "2023-05-04 23:59:59"),
        ("with time zone", "2023-05-04T23:30:00-05:00"),
        ("in UTC", "2023-05-04T00:30:00Z"),
        ("with fractions", "2023-05-04T12:00:00.123456"),
        ("without leading zeros", "2023-5-4"),
        ("white space", " 2023-05-04 "),
    )
]
DATES += [
    fine("days and months", "day: 29 February 2024", PLAIN, lambda f: days(f)[0], "2024-02-29", date="2024-02-29"),
    wrong(
        "days and months",
        "end before start",
        {**PLAIN, "end": "2023-05-04"},
        "column end: expected a day not before",
        end="2023-05-03",
    ),
    wrong("days and months", "UCDP: 30 February", UCDP, "column date_start: expected a date", date_start="2023-02-30"),
    wrong(
        "days and months", "UCDP: end before start", UCDP, "date_end: expected a day not before", date_end="2023-05-01"
    ),
    wrong(
        "days and months",
        "UCDP: DD/MM/YYYY",
        UCDP,
        "date_start: expected a date written",
        date_start="16/05/2023",
        date_end="16/05/2023",
    ),
    wrong("days and months", "UCDP: year 9999", UCDP, "date_end: expected a date", date_end="9999-12-31"),
    wrong("days and months", "UCDP: year 1500", UCDP, "date_start: expected a date", date_start="1500-01-01"),
    fine(
        "days and months",
        "UCDP: web export, MM/DD/YYYY",
        UCDP,
        lambda f: days(f)[0],
        "2023-05-04",
        date_start="05/04/2023",
        date_end="05/04/2023 12:00:00 AM",
    ),
    wrong(
        "days and months",
        "ACLED: day and month as numbers",
        ACLED,
        "event_date: expected a date",
        event_date="04/05/2023",
    ),
    wrong("days and months", "ACLED: 31 June", ACLED, "event_date: expected a date", event_date="31 June 2023"),
    wrong(
        "days and months", "ACLED: no such month", ACLED, "event_date: expected a date", event_date="4 Mayember 2023"
    ),
    wrong("days and months", "weekly: not a Saturday", WEEKLY, "column week: expected a Saturday", WEEK="2023-04-30"),
    wrong("days and months", "weekly: year 9999", WEEKLY, "column week: expected a date", WEEK="9999-12-25"),
    wrong("days and months", "weekly: no whole month", WEEKLY, "at least one whole month"),
    wrong("days and months", "HDX: month 13", HDX, "column month: expected the name of a month", Month="13"),
    wrong(
        "days and months", "HDX: year 9999", HDX, "column year: expected a whole number from 1989 to 2100", Year=9999
    ),
    wrong("days and months", "country months: year 1988", COUNTRY_MONTH, "from 1989 to 2100", year=1988),
    wrong(
        "days and months",
        "dyad months: month 0",
        DYAD_MONTH,
        "column month: expected a whole number from 1 to 12",
        month=0,
    ),
    wrong(
        "days and months",
        "counts: month 2023-13",
        COUNTS,
        "column month: expected a month written YYYY-MM",
        month="2023-13",
    ),
    wrong("days and months", "counts: second day", COUNTS, "column month: expected a month", month="2023-05-02"),
    wrong("days and months", "counts: year 9999", COUNTS, "column month: expected a month", month="9999-05"),
    wrong("days and months", "counts: year 0000", COUNTS, "column month: expected a month", month="0000-05"),
    wrong("days and months", "counts: missing", COUNTS, "column month: expected a month", month=""),
    wrong("days and months", "counts: quarter", COUNTS, "column month: expected a month", month="2023-Q2"),
    right(
        "days and months",
        "counts: first day",
        text("a.csv", table(list(COUNTS), [["ML-5", "2023-05-01", 2, 1]])),
        lambda found: str(found.table["month"][0]),
        "2023-05",
    ),
]

PLACES = [
    wrong(
        "places",
        f"{source}, {name}: {case}",
        row,
        f"column {name}: expected a number from -{limit} to {limit}",
        **{name: value},
    )
    for source, row, name, limit in (
        ("own list", PLAIN, "lat", 90),
        ("own list", PLAIN, "lon", 180),
        ("UCDP", UCDP, "latitude", 90),
        ("UCDP", UCDP, "longitude", 180),
        ("ACLED", ACLED, "latitude", 90),
        ("ACLED", ACLED, "longitude", 180),
    )
    for case, value in (
        ("too large", str(limit + 0.001)),
        ("in metres", "1543210.5"),
        ("in degrees and minutes", "14°02'N"),
        ("decimal comma", "14,02"),
        ("infinite", "inf"),
    )
]
PLACES += [
    wrong("places", "latitude without longitude", PLAIN, "column lon: expected a longitude beside", lon=""),
    wrong("places", "UCDP: longitude without latitude", UCDP, "latitude: expected a latitude beside", latitude=""),
    wrong("places", "ACLED: longitude without latitude", ACLED, "latitude: expected a latitude beside", latitude=""),
    wrong(
        "places",
        "swapped, as the range shows",
        PLAIN,
        "column lat: expected a number from -90 to 90",
        lon=14.0,
        lat=-101.5,
    ),
    fine("places", "on the antimeridian", PLAIN, first("lon"), 180.0, lon=180),
    fine("places", "on the antimeridian from the east", PLAIN, first("lon"), -180.0, lon=-180),
    fine("places", "at the pole", PLAIN, first("lat"), 90.0, lat=90),
    fine("places", "at zero and zero", PLAIN, first("lat"), 0.0, lat=0, lon=0),
    fine("places", "no place", PLAIN, lambda f: f.table["lon"].isna().tolist(), [True, False], lat="", lon=""),
    refused(
        "places",
        "neither coordinates nor region",
        text("a.csv", "date,actor\n2023-05-04,JNIM\n"),
        "expected columns lon and lat, or region",
    ),
    refused("places", "longitude only", text("a.csv", "date,lon\n2023-05-04,1\n"), "expected columns lon and lat"),
]


def _dropped(found: Any) -> dict[str, float]:
    return dict(found.dropped)


def _doubled(row: Row) -> str:
    return table(list(row), [list(row.values())] * 3)


IDENTITIES = [
    right("identities", "UCDP: an id three times", text("a.csv", _doubled(UCDP)), _dropped, {"repeated event id": 2}),
    right(
        "identities",
        "ACLED: an id three times",
        text("a.csv", _doubled(ACLED)),
        _dropped,
        {"repeated event_id_cnty": 2},
    ),
    right(
        "identities", "own list: an event three times", text("a.csv", _doubled(PLAIN)), _dropped, {"repeated event": 2}
    ),
    refused(
        "identities",
        "counts: region and month twice",
        text("a.csv", _doubled(COUNTS)),
        "row 3, column month: expected each region and month once",
    ),
    refused(
        "identities", "country months: twice", text("a.csv", _doubled(COUNTRY_MONTH)), "each country and month once"
    ),
    refused("identities", "dyad months: twice", text("a.csv", _doubled(DYAD_MONTH)), "each dyad and month once"),
    right(
        "identities",
        "HDX: regions twice are added up",
        text("a.csv", _doubled(HDX)),
        lambda found: found.table["attacks"].tolist(),
        [6.0],
    ),
    wrong("identities", "UCDP: no id", UCDP, "column id: expected a value, got nothing", id=""),
    wrong("identities", "ACLED: no id", ACLED, "column event_id_cnty: expected a value", event_id_cnty=""),
    wrong("identities", "counts: no region", COUNTS, "column region: expected a value", region=""),
    right(
        "identities",
        "HDX: no code is accounted for",
        text("a.csv", table(list(HDX), [list(HDX.values()), list({**HDX, "Admin1 Pcode": ""}.values())])),
        lambda found: (found.table["attacks"].tolist(), dict(found.dropped)),
        ([2.0], {"in no region": 2.0}),
    ),
    right(
        "identities",
        "ids that differ by a leading zero",
        text("a.csv", table(list(UCDP), [list({**UCDP, "id": each}.values()) for each in ("7", "07", "7.0")])),
        lambda found: found.table["event"].tolist(),
        ["7", "07", "7.0"],
    ),
    right(
        "identities",
        "an id of 19 digits",
        text("a.csv", table(list(UCDP), [list({**UCDP, "id": "1234567890123456789"}.values())])),
        lambda found: found.table["event"].tolist(),
        ["1234567890123456789"],
    ),
    right(
        "identities",
        "region codes with leading zeros",
        text("a.csv", table(list(COUNTS), [["007", "2023-05", 2, 1]])),
        lambda found: found.table["region"].tolist(),
        ["007"],
    ),
    right(
        "identities",
        "Namibia is not missing",
        text("a.csv", "date,region,country\n2023-05-04,NAM-1,NAM\n"),
        lambda found: found.table["country"].tolist(),
        ["NAM"],
    ),
    right(
        "identities",
        "ACLED: other types are accounted for",
        text("a.csv", table(list(ACLED), [list({**ACLED, "event_type": "Riots"}.values())])),
        lambda found: (len(found), dict(found.dropped)),
        (0, {"not an attack: Riots": 1}),
    ),
    wrong(
        "identities",
        "claimed: perhaps",
        {**PLAIN, "claimed": "yes"},
        "column claimed: expected yes or no",
        claimed="perhaps",
    ),
    wrong(
        "identities",
        "attribution: guess",
        {**PLAIN, "attribution": "claimed"},
        "column attribution: expected one of",
        attribution="guess",
    ),
    wrong(
        "identities",
        "attribution against claimed",
        {**PLAIN, "claimed": "yes", "attribution": "claimed"},
        "what the column claimed says",
        claimed="no",
    ),
]

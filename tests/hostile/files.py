"""Files that are no files, are packed, damaged, in another encoding or of another form."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

from .cases import Case, Make, gzipped, raw, text, zipped
from .good import GOOD

ROW = "2023-05-04,-1.5,14.0,JNIM,3\n"


def refused(kind: str, name: str, make: Make, message: str) -> Case:
    return Case("events and counts", kind, name, make, message)


def right(kind: str, name: str, make: Make, look: Any, expected: object) -> Case:
    return Case("events and counts", kind, name, make, None, look, expected)


def _deaths(events: Any) -> list[int | None]:
    return [
        None if number is None else int(number)
        for number in events.table["deaths"].astype(object).where(events.table["deaths"].notna(), None)
    ]


def days(events: Any) -> list[str]:
    return events.table["start"].dt.strftime("%Y-%m-%d").tolist()


BOTH = ["2023-05-04", "2023-06-01"]


def _folder(folder: Path) -> Path:
    (folder / "a.csv").mkdir()
    return folder / "a.csv"


def _fifo(folder: Path) -> Path:
    os.mkfifo(folder / "a.csv")
    return folder / "a.csv"


def _link(target: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / "a.csv").symlink_to(target)
        return folder / "a.csv"

    return make


def _good_link(folder: Path) -> Path:
    (folder / "b.csv").write_text(GOOD)
    return _link("b.csv")(folder)


PLACES = [
    refused("not a file", "folder", _folder, "is a folder; name one file in it"),
    refused("not a file", "named pipe", _fifo, "is not a file that can be read from its beginning"),
    refused("not a file", "device", _link("/dev/zero"), "is not a file"),
    refused("not a file", "link in a circle", _link("a.csv"), "there is no such file"),
    refused("not a file", "link to nothing", _link("none.csv"), "there is no such file"),
    refused("not a file", "missing", lambda folder: folder / "none.csv", "there is no such file"),
    refused("not a file", "name with NUL", lambda folder: folder / "a\0.csv", "there is no such file"),
    refused("not a file", "name of 5,000 letters", lambda folder: folder / f"{'a' * 5000}.csv", "too long"),
    right("not a file", "link to a file", _good_link, days, BOTH),
    refused("not a file", "empty", raw("a.csv", b""), "is empty; fetch it again"),
    refused("not a file", "only white space", raw("a.csv", b" \n\t\n"), "is empty"),
    refused("not a file", "only a byte-order mark", raw("a.csv", b"\xef\xbb\xbf"), "is empty"),
    refused("not a file", "unknown ending", text("a.docx", GOOD), r"expected a file named \.csv.*; got \.docx"),
    refused("not a file", "no ending", text("events", GOOD), "got no ending"),
    refused("not a file", "old workbook", raw("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600)), "save it as .xlsx or CSV"),
    refused("not a file", "picture", raw("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(99)), "is a PNG picture"),
    refused("not a file", "document", raw("a.csv", b"%PDF-1.7\n"), "is a PDF document"),
    refused("not a file", "database", raw("a.csv", b"SQLite format 3\0" + bytes(99)), "is a database"),
    refused("not a file", "program", raw("a.csv", b"\x7fELF" + bytes(99)), "is in UTF-16|is a binary file"),
    refused("not a file", "pickle", raw("a.csv", b"\x80\x05cos\nsystem\n(S'true'\ntR."), "is not in UTF-8|binary"),
    refused("not a file", "web page", text("a.csv", "<!DOCTYPE html><html>Log in</html>"), "is a web page or XML"),
    refused("not a file", "JSON", text("a.csv", '{"error": "no access"}'), "is JSON, not CSV"),
    refused("not a file", "GeoJSON", text("a.csv", '{"type": "FeatureCollection"}'), "is JSON, not CSV"),
]


def _utf(encoding: str) -> bytes:
    return GOOD.replace("JNIM", "Émirat").encode(encoding)


ENCODINGS = [
    refused("encoding", "UTF-16 with mark", raw("a.csv", _utf("utf-16")), "is in UTF-16; save it as CSV UTF-8"),
    refused("encoding", "UTF-16 LE", raw("a.csv", _utf("utf-16-le")), "is in UTF-16; save it as CSV UTF-8"),
    refused("encoding", "UTF-16 BE", raw("a.csv", _utf("utf-16-be")), "is in UTF-16; save it as CSV UTF-8"),
    refused("encoding", "UTF-32", raw("a.csv", _utf("utf-32")), "is in UTF-16"),
    refused("encoding", "Latin-1", raw("a.csv", _utf("latin-1")), r"line 2 is not in UTF-8 \(byte 0xC9\)"),
    refused("encoding", "Windows-1252", raw("a.csv", GOOD.replace("JNIM", "“x”").encode("cp1252")), "line 2 is not in"),
    refused("encoding", "DOS code page", raw("a.csv", _utf("cp850")), "line 2 is not in UTF-8"),
    refused(
        "encoding",
        "Latin-1 in line 1,001",
        raw("a.csv", GOOD.encode() + ROW.encode() * 998 + b"\xe9\n"),
        r"line 1002 is not in UTF-8|line 1001 is not in UTF-8",
    ),
    refused(
        "encoding",
        "UTF-8 cut in a letter",
        raw("a.csv", GOOD.encode() + "2023-06-02,1,2,É".encode()[:-1]),
        "line 4 is not in UTF-8",
    ),
    refused(
        "encoding",
        "overlong UTF-8",
        raw("a.csv", GOOD.replace("JNIM", "@").encode().replace(b"@", b"\xc0\xaf")),
        "line 2 is not in UTF-8",
    ),
    refused(
        "encoding",
        "surrogate in UTF-8",
        raw("a.csv", GOOD.encode().replace(b"JNIM", b"\xed\xa0\x80")),
        "line 2 is not in UTF-8",
    ),
    refused("encoding", "NUL in a value", raw("a.csv", GOOD.encode().replace(b"JNIM", b"JN\0IM")), "is a binary file"),
    refused("encoding", "NUL at the end", raw("a.csv", GOOD.encode() + bytes(9)), "is a binary file"),
    right("encoding", "UTF-8 with mark", raw("a.csv", _utf("utf-8-sig")), days, BOTH),
    right(
        "encoding",
        "emoji",
        text("a.csv", GOOD.replace("JNIM", "JNIM \U0001f525")),
        lambda found: found.table["actor_a"][0],
        "JNIM \U0001f525",
    ),
    right(
        "encoding",
        "text from right to left",
        text("a.csv", GOOD.replace("JNIM", "نصرة الإسلام")),
        lambda found: found.table["actor_a"][0],
        "نصرة الإسلام",
    ),
    right(
        "encoding",
        "letters with marks apart",
        text("a.csv", GOOD.replace("JNIM", "Emirat\u0301")),
        lambda found: found.table["actor_a"][0],
        "Emirat\u0301",
    ),
    refused(
        "encoding",
        "two byte-order marks",
        raw("a.csv", b"\xef\xbb\xbf" + _utf("utf-8-sig")),
        "begins with two byte-order marks",
    ),
    refused(
        "encoding",
        "digits of another script",
        text("a.csv", GOOD.replace("2023-05-04", "٢٠٢٣-٠٥-٠٤")),
        "row 2, column start: expected a date",
    ),
    refused(
        "encoding",
        "number in another script",
        text("a.csv", GOOD.replace("JNIM,3", "JNIM,٣")),
        "row 2, column deaths: expected a whole number",
    ),
    refused(
        "encoding",
        "minus sign of typesetters",
        text("a.csv", GOOD.replace("-1.5", "\u22121.5", 1)),
        "row 2, column lon: expected a number",
    ),
    right(
        "encoding",
        "spaces that do not break",
        text("a.csv", GOOD.replace("JNIM,3", "JNIM,\u00a03\u00a0")),
        _deaths,
        [3, None],
    ),
]


def _cut(content: bytes, number: int) -> bytes:
    return content[:-number]


def _entry(name: str, *, link: str | None = None, content: bytes = GOOD.encode()) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        entry = zipfile.ZipInfo(name)
        if link is not None:
            entry.create_system, entry.external_attr, content = 3, 0o120777 << 16, link.encode()
        archive.writestr(entry, content)
    return stream.getvalue()


def _twice() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.csv", GOOD)
        # A second member of the same name, which some readers take for the first.
        archive.writestr("b.csv", GOOD)
    return stream.getvalue().replace(b"b.csv", b"a.csv")


def _locked() -> bytes:
    content = bytearray(_entry("a.csv"))
    content[6] |= 1
    place = content.find(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


def _unknown_method() -> bytes:
    content = bytearray(_entry("a.csv"))
    struct.pack_into("<H", content, 8, 99)
    struct.pack_into("<H", content, content.find(b"PK\x01\x02") + 10, 99)
    return bytes(content)


def _understated() -> bytes:
    """A zip that says its member is of 10 bytes."""
    content = bytearray(zipped({"a.csv": GOOD.encode() * 2000}))
    struct.pack_into("<I", content, content.find(b"PK\x01\x02") + 24, 10)
    return bytes(content)


def _broken(method: int) -> bytes:
    content = bytearray(zipped({"a.csv": (GOOD * 50).encode()}, method))
    content[45:70] = b"\xff" * 25
    return bytes(content)


ARCHIVES = [
    right("archive", "gzip called .csv", raw("a.csv", gzipped(GOOD)), days, BOTH),
    right("archive", "CSV called .gz", text("a.csv.gz", GOOD), days, BOTH),
    right("archive", "CSV called .xlsx", text("a.xlsx", GOOD), days, BOTH),
    right("archive", "zip called .gz", raw("a.gz", zipped({"a.csv": GOOD.encode()})), days, BOTH),
    right(
        "archive",
        "gzip of two parts",
        raw("a.csv.gz", gzipped(GOOD) + gzipped(ROW.replace("05-04", "07-04"))),
        days,
        [*BOTH, "2023-07-04"],
    ),
    refused("archive", "gzip cut off", raw("a.csv.gz", _cut(gzipped(GOOD * 50), 20)), "damaged or cut off"),
    refused("archive", "gzip cut in its check sum", raw("a.csv.gz", _cut(gzipped(GOOD), 4)), "damaged or cut off"),
    refused("archive", "gzip with another check sum", raw("a.csv.gz", _cut(gzipped(GOOD), 8) + bytes(8)), "damaged"),
    refused("archive", "gzip of noise", raw("a.csv.gz", b"\x1f\x8b" + bytes(40)), "gzip file that is damaged"),
    refused("archive", "gzip of nothing", raw("a.csv.gz", gzipped("")), "is empty"),
    refused("archive", "gzip with rubbish behind", raw("a.csv.gz", gzipped(GOOD) + b"rubbish"), "damaged or cut off"),
    refused("archive", "gzip in gzip", raw("a.csv.gz", gzip.compress(gzipped(GOOD))), "packed twice; unpack it first"),
    refused(
        "archive", "zip in zip", raw("a.zip", zipped({"a.zip": zipped({"a.csv": b"x"})})), "file inside; found a.zip"
    ),
    refused(
        "archive", "zip in zip called .csv", raw("a.zip", zipped({"a.csv": zipped({"a.csv": b"x"})})), "packed twice"
    ),
    refused("archive", "gzip in zip", raw("a.zip", zipped({"a.csv": gzipped(GOOD)})), "is packed twice"),
    refused("archive", "bzip2", raw("a.csv.bz2", bz2.compress(GOOD.encode())), r"got \.bz2"),
    refused("archive", "bzip2 called .csv", raw("a.csv", bz2.compress(GOOD.encode())), "a bzip2 archive; unpack it"),
    refused("archive", "xz called .csv", raw("a.csv", lzma.compress(GOOD.encode())), "an xz archive; unpack it"),
    refused("archive", "7-Zip", raw("a.zip", b"7z\xbc\xaf\x27\x1c" + bytes(40)), "a 7-Zip archive; unpack it"),
    refused("archive", "RAR", raw("a.zip", b"Rar!\x1a\x07\x01\x00" + bytes(40)), "a RAR archive; unpack it"),
    refused("archive", "Zstandard called .csv", raw("a.csv", b"\x28\xb5\x2f\xfd" + bytes(40)), "a Zstandard archive"),
    refused("archive", "two tables", raw("a.zip", zipped({"a.csv": b"x", "b.csv": b"y"})), "found a.csv, b.csv"),
    refused("archive", "the same name twice", raw("a.zip", _twice()), "found a.csv, a.csv"),
    refused("archive", "no table", raw("a.zip", zipped({"readme.txt": b"x"})), "found readme.txt"),
    refused("archive", "nothing in it", raw("a.zip", zipped({})), "found nothing"),
    refused("archive", "only a folder", raw("a.zip", zipped({"a.csv/": b""})), "found a.csv/|found nothing"),
    refused("archive", "zip cut off", raw("a.zip", _cut(zipped({"a.csv": GOOD.encode()}), 30)), "damaged or cut off"),
    refused("archive", "zip without its middle", raw("a.zip", _broken(zipfile.ZIP_DEFLATED)), "damaged or cut off"),
    refused("archive", "broken bzip2 in zip", raw("a.zip", _broken(zipfile.ZIP_BZIP2)), "damaged or cut off"),
    refused("archive", "broken LZMA in zip", raw("a.zip", _broken(zipfile.ZIP_LZMA)), "damaged or cut off"),
    right("archive", "LZMA in zip", raw("a.zip", zipped({"a.csv": GOOD.encode()}, zipfile.ZIP_LZMA)), days, BOTH),
    right("archive", "bzip2 in zip", raw("a.zip", zipped({"a.csv": GOOD.encode()}, zipfile.ZIP_BZIP2)), days, BOTH),
    refused("archive", "zip with a password", raw("a.zip", _locked()), "is locked or packed unusually"),
    refused("archive", "unknown way of packing", raw("a.zip", _unknown_method()), "locked or packed unusually"),
    refused("archive", "size understated", raw("a.zip", _understated()), "damaged or cut off"),
    right("archive", "name climbs out of the folder", raw("a.zip", _entry("../../../escaped.csv")), days, BOTH),
    right("archive", "absolute name", raw("a.zip", _entry("/escaped-from-zip.csv")), days, BOTH),
    right("archive", "name with a drive", raw("a.zip", _entry("C:\\escaped.csv")), days, BOTH),
    refused("archive", "link to a file outside", raw("a.zip", _entry("a.csv", link="/etc/passwd")), "no known source"),
    right(
        "archive", "zip with words before it", raw("a.zip", zipped({"a.csv": GOOD.encode()}) + b"comment"), days, BOTH
    ),
    right(
        "archive",
        "files of macOS beside it",
        raw("a.zip", zipped({"a.csv": GOOD.encode(), "__MACOSX/._a.csv": b"\0", ".a.csv": b"x"})),
        days,
        BOTH,
    ),
]


def _form(name: str, content: str, message: str) -> Case:
    return refused("form of the table", name, text("a.csv", content), message)


def _read(name: str, content: str, look: Any = days, expected: object = BOTH) -> Case:
    return right("form of the table", name, text("a.csv", content), look, expected)


HEAD = "date,lon,lat,actor,deaths\n"

FORMS = [
    _read("semicolons", GOOD.replace(",", ";")),
    _read("tabs", GOOD.replace(",", "\t")),
    _form("bars", GOOD.replace(",", "|"), "no known source"),
    _read("line ends of Windows", GOOD.replace("\n", "\r\n")),
    _read("line ends of old Macs", GOOD.replace("\n", "\r")),
    _read("line ends mixed", HEAD.replace("\n", "\r\n") + GOOD.removeprefix(HEAD)),
    _read("no line end at the end", GOOD.rstrip("\n")),
    _read("blank lines between", GOOD.replace("\n", "\n\n")),
    _read("rows of commas at the end", GOOD + ",,,,\n" * 9),
    _read(
        "everything quoted", "".join(",".join(f'"{v}"' for v in line.split(",")) + "\n" for line in GOOD.splitlines())
    ),
    _read("quotation marks inside a value", GOOD.replace("JNIM", 'JN"IM'), lambda f: f.table["actor_a"][0], 'JN"IM'),
    _read("doubled quotation marks", GOOD.replace("JNIM", '"JN""IM"'), lambda f: f.table["actor_a"][0], 'JN"IM'),
    _read("lines inside a value", GOOD.replace("JNIM", '"JN\nIM"'), days, BOTH),
    _form("semicolons in the headings only", HEAD.replace(",", ";") + GOOD.removeprefix(HEAD), "row 2 has 5 of|1 of 5"),
    _form("commas in the headings only", HEAD + GOOD.removeprefix(HEAD).replace(",", ";"), "row 2 has 1 of 5 values"),
    _form("headings only", HEAD, "has column headings but no rows"),
    _form("headings without line end", HEAD.strip(), "has column headings but no rows"),
    _form("headings and blank lines", HEAD + "\n\n\n", "has column headings but no rows"),
    _form("remarks only", "# nothing here\n# nothing\n", "remarks but no column headings"),
    _form("no headings", GOOD.removeprefix(HEAD), "no known source"),
    _form("two rows of headings", HEAD + GOOD, "row 2, column start: expected a date written YYYY-MM-DD, got 'date'"),
    _form("two tables in one file", GOOD + HEAD + ROW, "row 4, column start: expected a date.*got 'date'"),
    _form("a title above", "Attacks in May,,,,\n" + GOOD, "no known source"),
    _form("column twice", "date,lon,lat,lon\n2023-05-04,1,2,3\n", "the column lon comes twice"),
    _form("column twice in other dress", "Date,LON,lat,lon \n2023-05-04,1,2,3\n", "the column lon comes twice"),
    _read(
        "two names of one column",
        "date,lon,longitude,lat\n2023-05-04,1,2,3\n",
        lambda f: f.table["lon"].tolist(),
        [1.0],
    ),
    _form("heading without a name for the day", ",lon,lat\n2023-05-04,1,2\n", "no known source"),
    _form("too few values", GOOD + "2023-06-01,1\n", "row 4 has 2 of 5 values"),
    _form("too many values", GOOD + "2023-06-01,1,2,A,3,4\n", "row 4 has 6 of 5 values"),
    _form("cut off in a row", GOOD + "2023-0", "row 4 has 1 of 5 values"),
    _form("quotation mark never closed", GOOD + '2023-06-01,1,2,"JNIM', "quotation mark is never closed|1 of 5|4 of 5"),
    _form(
        "quotation mark never closed, rows below", HEAD + '2023-05-04,1,2,"JNIM,3\n' + ROW * 3, "never closed|values"
    ),
    _form(
        "quotation mark never closed, last value",
        HEAD + ROW + '2023-05-04,1,2,J,"3\n' + ROW * 3,
        "never closed|values|expected",
    ),
    _form(
        "text in the last value never closed",
        'date,lon,lat,target\n2023-05-04,1,2,x\n2023-05-05,1,2,"school\n2023-05-06,1,2,y\n',
        "never closed",
    ),
    _form("quotation mark behind a value", HEAD + '2023-05-04,1,2,"JN"IM",3\n', "never closed|values|expected"),
    _form("heading never closed", 'date,lon,lat,"actor\n2023-05-04,1,2,A\n', "row 1|never closed"),
    _read("heading over two lines", GOOD.replace("actor", '"actor\n(who)"', 1), days, BOTH),
    _form("spreadsheet error", GOOD.replace("JNIM", "#REF!"), "row 2, column actor_a: .*#REF!"),
    _form("rows of HXL tags only", HEAD + "#date,#geo+lon,#geo+lat,#actor,#affected\n", "no rows"),
    _read("row of HXL tags", HEAD + "#date,#geo+lon,#geo+lat,#actor,#affected\n" + GOOD.removeprefix(HEAD)),
    _form("markdown table", "|date|lon|lat|\n|---|---|---|\n|2023-05-04|1|2|\n", "no known source"),
    _form("columns set with spaces", "date        lon  lat\n2023-05-04  1  2\n", "no known source"),
    _read("unknown columns", GOOD.replace("deaths", "deaths,note").replace(",3", ",3,x").replace(",\n", ",,\n")),
]

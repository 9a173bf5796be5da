"""Worksheets read and written: what goes in comes out, every fault is named, nothing is run."""

from __future__ import annotations

import csv
import io
import re
import stat
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.protect import (
    MARKING,
    Worksheet,
    WorksheetError,
    assess,
    example,
    measure,
    read,
    write,
    write_assessment,
    write_blank,
)
from harmattan.protect.cells import number, weight
from harmattan.protect.scales import CRITERIA, NAMES
from harmattan.protect.writing import RELEASE
from harmattan.release.manifest import MANIFEST
from harmattan.spreadsheet import FORMULA_STARTS, inert, restored


def seeded() -> np.random.Generator:
    return np.random.default_rng(2)


def refusal(path: Path) -> str:
    with pytest.raises(WorksheetError) as found:
        read(path)
    assert "\n" not in str(found.value)
    return str(found.value)


def as_csv(lines: list[str], folder: Path) -> Path:
    path = folder / "sheet.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def as_workbook(lines: list[str], folder: Path, cell: str = "", value: object = None) -> Path:
    """The lines in a workbook of one sheet, numbers as numbers, with one cell changed."""
    book = openpyxl.Workbook()
    for row in csv.reader(lines):
        book.active.append([int(each) if each.isdigit() else each or None for each in row])
    if cell:
        book.active[cell] = value
    path = folder / "sheet.xlsx"
    book.save(path)
    return path


@settings(max_examples=12)
@given(data=st.data())
def test_csv_to_xlsx_to_csv_gives_the_same_bytes(
    worksheets: st.SearchStrategy[Worksheet], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sheet, folder = data.draw(worksheets), tmp_path_factory.mktemp("round")
    first = write(sheet, folder / "a.csv")
    second = write(read(first), folder / "b.xlsx")
    third = write(read(second), folder / "c.csv")
    assert third.read_bytes() == first.read_bytes()
    back = read(third)
    assert (back.sites, back.raters, back.regions) == (sheet.sites, sheet.raters, sheet.regions)
    assert (back.scores == sheet.scores).all()
    assert (back.weights == sheet.weights).all()
    with first.open(encoding="utf-8", newline="") as stream:
        assert not [each for row in csv.reader(stream) for each in row if each.startswith(tuple(FORMULA_STARTS))]
    cells = [cell for each in openpyxl.load_workbook(second) for row in each.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}


@given(st.text())
def test_inert_text_starts_no_formula_and_comes_back(text: str) -> None:
    assert not inert(text).startswith(tuple(FORMULA_STARTS))
    assert restored(inert(text)) == text


@given(st.just(0) | st.integers(1_000, 10**9))
def test_weights_are_written_whole(millionths: int) -> None:
    value = millionths / 1e6
    assert weight(number(value), "C3") == value
    assert float(f"{value:.15g}") == value


def test_the_example_is_written_as_it_ships(sheet: Worksheet, tmp_path: Path) -> None:
    assert write(sheet, tmp_path / "e.csv").read_bytes() == example().read_bytes()
    assert not any(sheet.regions)


def test_every_file_is_marked_and_only_its_owners(sheet: Worksheet, tmp_path: Path) -> None:
    found = assess(sheet, seeded(), measures=[measure("Embassy in the capital: effect -1")], draws=20)
    paths = [write(sheet, tmp_path / f"s.{kind}") for kind in ("csv", "xlsx")]
    paths += [write_assessment(found, tmp_path / f"a.{kind}") for kind in ("csv", "xlsx", "html")]
    for path in paths:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        if path.suffix == ".csv":
            assert path.read_text(encoding="utf-8").splitlines()[0] == MARKING
        if path.suffix == ".html":
            assert f'<div class="mark">{MARKING}</div>' in path.read_text(encoding="utf-8")
        if path.suffix == ".xlsx":
            for each in openpyxl.load_workbook(path):
                assert each["A1"].value == MARKING
                assert each.oddHeader.center.text == MARKING


def test_both_kinds_hold_the_words_of_every_scale(sheet: Worksheet, tmp_path: Path) -> None:
    text = write(sheet, tmp_path / "s.csv").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(write(sheet, tmp_path / "s.xlsx"))
    told = {cell for row in book["Scales"].iter_rows(values_only=True) for cell in row}
    for each in CRITERIA:
        assert all(words in text and words in told for words in (each.question, *each.anchors))


def test_a_blank_sheet_asks_for_its_first_score(tmp_path: Path) -> None:
    for kind in ("csv", "xlsx"):
        path = write_blank(["Depot", "=Clinic"], ["Awa", "Issa"], tmp_path / f"s.{kind}")
        assert f"s.{kind}, cell C4 (criticality of 'Depot' by 'Awa'): expected a whole number" in refusal(path)
        assert refusal(path).endswith("the cell is empty")
    with pytest.raises(WorksheetError, match="two sites have one name, 'Depot' and 'DEPOT'"):
        write_blank(["Depot", "DEPOT"], ["Awa"], tmp_path / "t.csv")
    with pytest.raises(WorksheetError, match="at least one rater"):
        write_blank(["Depot"], [], tmp_path / "t.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_order_of_columns_and_a_missing_row_of_weights(
    lines: list[str], tmp_path: Path, separator: str
) -> None:
    plain = read(as_csv(lines, tmp_path))
    rows = [line.split(",")[::-1] for line in [lines[0], *lines[2:]]]
    turned = read(as_csv([f"\ufeff{MARKING}", "", *(separator.join(row) for row in rows)], tmp_path))
    assert (turned.scores == plain.scores).all()
    assert turned.weights.tolist() == [1] * 6
    assert turned.regions == ("BF5204", "BF5204")


def test_a_marking_that_a_spreadsheet_has_split_is_passed_over(lines: list[str], tmp_path: Path) -> None:
    rows = [MARKING, *(line.replace(",", ";") for line in lines), "# a remark;;;;;;;;"]
    assert read(as_csv(rows, tmp_path)).sites == ("Depot", "Clinic")


def test_a_site_whose_name_looks_like_the_marking_is_kept(lines: list[str], tmp_path: Path) -> None:
    rows = [line.replace("Depot", "Controlled: gate").replace("Clinic", "#2") for line in lines]
    assert read(as_csv(rows, tmp_path)).sites == ("Controlled: gate", "#2")


BAD = {
    "missing criterion": (lambda rows: [",".join(row.split(",")[:7]) for row in rows], "recognisability is missing"),
    "unknown column": (lambda rows: [rows[0] + ",colour", *rows[1:]], "cell J1: the column 'colour' is not known"),
    "misspelt": (
        lambda rows: [rows[0].replace("recognis", "recogniz"), *rows[1:]],
        r"cell H1: .* \(did you mean 'recognisability'\?\)",
    ),
    "column twice": (lambda rows: [rows[0].replace("region", "effect"), *rows[1:]], "column effect comes twice"),
    "beside the table": (lambda rows: [*rows[:3], rows[3] + ",x", *rows[4:]], "cell J4: holds 'x' below no heading"),
    "eleven": (lambda rows: edited(rows, 2, 2, "11"), r"cell C3 \(criticality of 'Depot' by 'Awa'\).*got '11'"),
    "zero": (lambda rows: edited(rows, 2, 2, "0"), "cell C3 .*from 1 to 10; got '0'"),
    "negative": (lambda rows: edited(rows, 2, 2, "-3"), "cell C3 .*got '-3'"),
    "half": (lambda rows: edited(rows, 3, 4, "3.5"), r"cell E4 \(recuperability of 'Depot' by 'Issa'\).*got '3.5'"),
    "words": (lambda rows: edited(rows, 3, 4, "high"), "cell E4 .*got 'high'"),
    "other digits": (lambda rows: edited(rows, 3, 4, "７"), "cell E4 .*got '７'"),
    "sum in CSV": (lambda rows: edited(rows, 3, 4, "=3+4"), "cell E4 .*got '=3[+]4'"),
    "no score": (lambda rows: edited(rows, 3, 4, ""), "cell E4 .*the cell is empty"),
    "no rater": (lambda rows: edited(rows, 3, 1, ""), "cell B4: expected a name; the cell is empty"),
    "one rater twice": (
        lambda rows: [row.replace("Issa", "Awa") for row in rows],
        "row 4: 'Awa' has scored 'Depot' in row 3 already; two raters need two names",
    ),
    "nearly one rater": (lambda rows: edited(rows, 5, 1, "ISSA"), "row 6: two raters have one name, 'Issa' and 'ISSA'"),
    "site twice": (
        lambda rows: [row.replace("Clinic", "Depot") for row in rows],
        "row 5: 'Awa' has scored 'Depot' in row 3 already; .* so do two sites",
    ),
    "nearly one site": (lambda rows: edited(rows, 5, 0, "clinic"), "two sites have one name, 'Clinic' and 'clinic'"),
    "rater left out a site": (lambda rows: rows[:-1], "'Issa' has no row for 'Clinic'; every rater scores every site"),
    "two regions": (lambda rows: edited(rows, 3, 8, "BF5205"), "row 4: 'Depot' is in region 'BF5204' in a row above"),
    "negative weight": (lambda rows: edited(rows, 1, 3, "-1"), "cell D2: expected a weight, .*got '-1'"),
    "weight with a comma": (lambda rows: edited(rows, 1, 3, '"0,5"'), "cell D2: expected a weight, .*got '0,5'"),
    "weight of many digits": (
        lambda rows: edited(rows, 1, 3, "0.1234567"),
        "cell D2: .*6 decimals or fewer, .*got '0.1234567'",
    ),
    "weight beyond all": (lambda rows: edited(rows, 1, 3, "1e999"), "cell D2: expected a weight"),
    "no weight at all": (lambda rows: [rows[0], "weight,,0,0,0,0,0,0,", *rows[2:]], "row 2: at least one weight"),
    "weights twice": (lambda rows: [*rows, rows[1]], "row 7: a second row of weights"),
    "weights of a rater": (lambda rows: edited(rows, 1, 1, "Awa"), "cell B2: the row of weights has no rater"),
    "hidden character": (lambda rows: edited(rows, 3, 0, "De\u200bpot"), r"cell A4: .*cannot be seen \(U\+200B\)"),
    "break in a name": (lambda rows: edited(rows, 3, 0, '"De\npot"'), r"cell A4: .*control character \(U\+000A\)"),
    "endless name": (lambda rows: edited(rows, 3, 0, "x" * 121), "cell A4: a name has 120 characters or fewer"),
    "no rows": (lambda rows: rows[:2], "has no row of scores"),
    "only the marking": (lambda rows: [MARKING], "is empty"),
    "open quotation": (lambda rows: edited(rows, 3, 0, '"Depot'), "row 4: cannot be read as CSV"),
    "huge": (lambda rows: [*rows, *["" for _ in range(5000)], "x,y"], "row 5007: a worksheet has 5,000 rows or fewer"),
}  # fmt: skip


def edited(rows: list[str], row: int, column: int, text: str) -> list[str]:
    cells = rows[row].split(",")
    cells[column] = text
    return [*rows[:row], ",".join(cells), *rows[row + 1 :]]


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_sheet_gets_one_message_that_names_the_place(lines: list[str], tmp_path: Path, fault: str) -> None:
    change, message = BAD[fault]
    assert re.search(message, refusal(as_csv(change(lines), tmp_path)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("sheet.csv", b"", "sheet.csv: is empty"),
        ("sheet.csv", b"\n \n", "sheet.csv: is empty"),
        ("sheet.csv", "site,rater\nSégou,x".encode("latin-1"), "line 2 is not in UTF-8 .* save it as CSV UTF-8"),
        ("sheet.csv", "site".encode("utf-16"), "is in UTF-16"),
        ("sheet.csv", b"x" * 2_000_001, "has 2,000,001 bytes; a worksheet has 2,000,000 or fewer"),
        ("sheet.csv", b"%PDF-1.7", "a PDF document"),
        ("sheet.xlsx", b"PK\x03\x04damaged", "damaged"),
        ("sheet.ods", b"x", "a worksheet is a .csv or .xlsx file; got .ods"),
    ],
)
def test_a_file_that_is_no_worksheet(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert re.search(message, refusal(tmp_path / name))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in refusal(tmp_path / "folder.csv")


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_001)
    assert "unpacks to 50,000,005 bytes" in refusal(tmp_path / "b.xlsx")


@pytest.mark.parametrize(
    ("cell", "value", "message"),
    [
        ("C3", "=3+4", "cell C3: holds a formula; type the value itself"),
        ("A3", '=HYPERLINK("http://x","Depot")', "cell A3: holds a formula"),
        ("K9", "=1", "cell K9: holds a formula"),
        ("C3", 3.5, "cell C3 .*got '3.5'"),
        ("C3", 11, "cell C3 .*got '11'"),
        ("C3", True, "cell C3 .*got 'True'"),
        ("C3", "#REF!", "cell C3 .*got '#REF!'"),
        ("C3", None, "cell C3 .*the cell is empty"),
        ("D2", -0.5, "cell D2: expected a weight, .*got '-0.5'"),
        ("J4", "x", "cell J4: holds 'x' below no heading"),
        ("A6000", "x", "row 6000: a worksheet has 5,000 rows or fewer"),
    ],
)
def test_bad_cells_of_a_workbook(lines: list[str], tmp_path: Path, cell: str, value: object, message: str) -> None:
    assert re.search(message, refusal(as_workbook(lines, tmp_path, cell, value)))


def test_a_workbook_is_read_where_it_says_scores(lines: list[str], tmp_path: Path) -> None:
    path = as_workbook(lines, tmp_path, "C3", 3.0)
    assert read(path).scores[0, 0, 0] == 3
    book = openpyxl.load_workbook(path)
    book.create_sheet("Notes", 0)["A1"] = "=1+1"
    book.save(path)
    assert "expected a sheet named Scores; found Notes, Sheet" in refusal(path)
    book["Sheet"].title = "Scores"
    book.save(path)
    assert read(path).sites == ("Depot", "Clinic")


def test_a_size_that_a_workbook_claims_is_not_believed(lines: list[str], tmp_path: Path) -> None:
    path, told = as_workbook(lines, tmp_path), io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(told, "w") as new:
        for each in old.namelist():
            content = old.read(each)
            new.writestr(each, content.replace(b'<dimension ref="A1:I6"', b'<dimension ref="A1:B3"'))
    path.write_bytes(told.getvalue())
    assert read(path).scores.shape == (2, 2, 6)


def test_names_that_a_spreadsheet_would_run_are_text_everywhere(tmp_path: Path) -> None:
    names = ("=1+1", "+2", "-3", "@SUM(A1)", "＝1", "'=x", "<b>&amp;</b>")
    scores = np.tile(np.arange(1, 7), (len(names), 2, 1))
    sheet = Worksheet(names, ("=cmd|'/c x'!A1", "B"), scores, np.ones(6), names)
    found = assess(sheet, seeded(), measures=[measure("=1+1: effect -1")], draws=20)
    for path in (write(sheet, tmp_path / "s.csv"), write_assessment(found, tmp_path / "a.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            cells = [each for row in csv.reader(stream) for each in row]
        told = [each for each in cells if not each.lstrip("-").replace(".", "").isdigit()]
        assert not [each for each in told if each.startswith(tuple(FORMULA_STARTS))]
        assert "'=1+1" in cells
    for path in (write(sheet, tmp_path / "s.xlsx"), write_assessment(found, tmp_path / "a.xlsx")):
        cells = [cell for each in openpyxl.load_workbook(path) for row in each.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert all(cell.quotePrefix for cell in cells if cell.value == "=1+1")
        assert b"<f>" not in b"".join(zipfile.ZipFile(path).read(each) for each in zipfile.ZipFile(path).namelist())
    html = write_assessment(found, tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<b>&amp;</b>" not in html
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in html


def test_nothing_is_replaced_and_nothing_enters_a_release(sheet: Worksheet, tmp_path: Path) -> None:
    path = write(sheet, tmp_path / "s.csv")
    before = path.read_bytes()
    with pytest.raises(WorksheetError, match="there is such a file already"):
        write_blank(["Depot"], ["Awa"], path)
    assert path.read_bytes() == before
    with pytest.raises(FileNotFoundError, match="make .*none first"):
        write(sheet, tmp_path / "none" / "s.csv")
    with pytest.raises(WorksheetError, match="expected a name that ends with .csv, .xlsx; got .html"):
        write(sheet, tmp_path / "s.html")
    assert RELEASE == MANIFEST
    (tmp_path / "2023-12" / "maps").mkdir(parents=True)
    (tmp_path / "2023-12" / MANIFEST).write_text("{}")
    with pytest.raises(WorksheetError, match="lies in a release"):
        write(sheet, tmp_path / "2023-12" / "maps" / "s.csv")


def test_a_sheet_made_in_python_is_checked() -> None:
    good = {
        "sites": ("A",),
        "raters": ("R",),
        "scores": np.ones((1, 1, 6), int),
        "weights": np.ones(6),
        "regions": ("",),
    }
    for change, message in (
        ({"sites": ("A ",)}, "a name has no space around it"),
        ({"scores": np.ones((1, 1, 6))}, "scores must be whole numbers of shape"),
        ({"scores": np.full((1, 1, 6), 11)}, "scores must be from 1 to 10; got 11 to 11"),
        ({"weights": np.full(6, -1.0)}, "weights must be 6 numbers"),
        ({"weights": np.full(6, np.nan)}, "weights must be 6 numbers"),
        ({"weights": np.full(6, 1 / 3)}, "6 decimals or fewer; got"),
        ({"weights": np.zeros(6)}, "at least one weight must be above 0"),
        ({"regions": ()}, "every site needs a region or an empty text"),
    ):
        with pytest.raises(WorksheetError, match=message):
            Worksheet(**{**good, **change})  # type: ignore[arg-type]


def test_the_page_needs_nothing_else_and_holds_all(sheet: Worksheet, tmp_path: Path) -> None:
    found = assess(sheet, seeded(), measures=[measure("Embassy in the capital: effect -1")], draws=50)
    html = write_assessment(found, tmp_path / "a.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in html
    assert not [each for each in ("http://", "https://", "<script", "<img", "url(") if each in html]
    for each in (*sheet.sites, *sheet.raters, *NAMES, "Embassy in the capital: effect -1"):
        assert each in html

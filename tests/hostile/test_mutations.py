"""Good files with bytes or values changed at random: a clear error that names the file, or a table that adds up."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harmattan.counts import Counts
from harmattan.events import Events
from harmattan.polygons import read_polygons
from harmattan.settings import SettingsError, load
from harmattan.sources import SOURCES, read
from harmattan.sources.files import SourceError
from harmattan.sources.summary import summary
from harmattan.sources.ucdp_registry import read_registry
from harmattan.submissions import SubmissionError, read_submission

from .cases import gzipped, parquet, raw, table, zipped
from .experiments import GOOD as EXPERIMENT
from .good import ACLED, COUNTRY_MONTH, COUNTS, DYAD_MONTH, HDX, PLAIN, UCDP, WEEKLY
from .handed_in import draws
from .packed import DYAD, registry
from .shapes import WORLD as TWO
from .shapes import A, B, geojson, written

ROWS = {
    "plain": PLAIN,
    "ucdp": UCDP,
    "acled": ACLED,
    "hdx": HDX,
    "ucdp_country_month": COUNTRY_MONTH,
    "ucdp_dyad_month": DYAD_MONTH,
    "acled_weekly": WEEKLY,
    "counts": COUNTS,
}
IDENTITY = {
    "plain": "event",
    "ucdp": "id",
    "acled": "event_id_cnty",
    "hdx": "Admin1 Pcode",
    "ucdp_country_month": "country",
    "ucdp_dyad_month": "dyad_id",
    "acled_weekly": "ADMIN1",
    "counts": "region",
}
SOURCE = {"counts": "plain"}
NUMBER = 6

quick = settings(max_examples=12, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows(source: str) -> list[dict[str, object]]:
    """Good rows, each with an identity of its own; two weeks where a whole month is needed."""
    key = IDENTITY[source]
    made = [
        {**ROWS[source], key: f"{number}" if source != "ucdp_country_month" else "Mali"} for number in range(NUMBER)
    ]
    if source == "ucdp_country_month":
        made = [{**row, "month": number + 1} for number, row in enumerate(made)]
    if source == "acled_weekly":
        made = [{**row, "WEEK": "2023-05-27"} for row in made] + made
    return made


def content(source: str) -> str:
    made = rows(source)
    return table(list(made[0]), [list(row.values()) for row in made])


def workbook(source: str) -> bytes:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for line in content(source).splitlines():
        book.active.append(line.split(","))
    book.save(stream)
    return stream.getvalue()


def columns(source: str) -> bytes:
    return parquet({name: [str(row[name]) for row in rows(source)] for name in rows(source)[0]})


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Bytes with up to four places changed: overwritten, cut out, put in, doubled, or all from there cut off."""
    changed = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(changed) - 1, 0)))
        size = draw(st.integers(1, 12))
        how = draw(st.sampled_from(["over", "out", "in", "twice", "off"]))
        if how == "over":
            new = draw(st.binary(min_size=size, max_size=size))
            changed[at : at + size] = new
        elif how == "out":
            del changed[at : at + size]
        elif how == "in":
            changed[at:at] = draw(
                st.one_of(
                    st.binary(min_size=1, max_size=size), st.sampled_from([b'"', b",", b"\n", b"\r", b";", b"\0", b"#"])
                )
            )
        elif how == "twice":
            changed[at:at] = changed[at : at + size]
        else:
            del changed[at:]
    return bytes(changed)


def adds_up(found: Events | Counts) -> None:
    """What every table must be, whatever it was read from."""
    account = list(found.dropped.values())
    assert all(number > 0 for number in account)
    if isinstance(found, Events):
        days = found.table[["start", "end"]]
        assert ((days >= pd.Timestamp("1900-01-01")) & (days <= pd.Timestamp("2100-12-31"))).all(axis=None)
        assert found.table["event"].is_unique
        assert (found.table[["deaths", "deaths_low", "deaths_high"]].fillna(0) >= 0).all(axis=None)
        assert (found.table["lat"].abs().fillna(0) <= 90).all() and (found.table["lon"].abs().fillna(0) <= 180).all()
        assert found.rows_read == len(found) + sum(account)
    else:
        assert ((found.table["month"] >= found.first) & (found.table["month"] <= found.last)).all()
        assert 1900 <= found.first.year <= found.last.year <= 2100
        attacks = found.table["attacks"]
        assert np.isfinite(attacks).all() and (attacks >= 0).all() and not (found.table["deaths"] < 0).any()
        assert found.attacks_read == pytest.approx(attacks.sum() + sum(account))
    assert summary(found)


def met(open_it: Callable[[Path], Any], path: Path, error: type[Exception]) -> Any:
    """Open a file; None if it is refused, by the one kind of error, in a short text that names it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return open_it(path)
    except error as refusal:
        said = str(refusal)
        assert path.name in said, said
        assert len(said) < 6000, said
        return None


FORMS: dict[str, Callable[[str], bytes]] = {
    "a.csv": lambda source: content(source).encode(),
    "a.csv.gz": lambda source: gzipped(content(source)),
    "a.zip": lambda source: zipped({"a.csv": content(source).encode()}),
    "a.parquet": columns,
    "a.xlsx": workbook,
}


@pytest.mark.parametrize("source", ROWS)
@pytest.mark.parametrize("name", FORMS)
def test_the_good_file_is_read_whole(name: str, source: str, tmp_path: Path) -> None:
    found = read(raw(name, FORMS[name](source))(tmp_path))
    adds_up(found)
    assert found.source == SOURCE.get(source, source)
    if isinstance(found, Events):
        assert found.rows_read == NUMBER


@pytest.mark.parametrize("source", ROWS)
@quick
@given(data=st.data())
def test_csv_with_damage(source: str, data: st.DataObject, tmp_path: Path) -> None:
    path = raw("a.csv", data.draw(damaged(content(source).encode())))(tmp_path)
    for named in (None, SOURCE.get(source, source)):
        found = met(lambda at, named=named: read(at, named), path, SourceError)  # type: ignore[misc]
        if found is not None:
            adds_up(found)


@pytest.mark.parametrize("name", [name for name in FORMS if name != "a.csv"])
@quick
@given(data=st.data())
def test_packed_files_with_damage(name: str, data: st.DataObject, tmp_path: Path) -> None:
    whole = WHOLE.setdefault(name, FORMS[name]("ucdp"))
    found = met(lambda at: read(at, "ucdp"), raw(name, data.draw(damaged(whole)))(tmp_path), SourceError)
    if found is not None:
        adds_up(found)


WHOLE: dict[str, bytes] = {}
VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "NA",
            "nan",
            "inf",
            "-1",
            "0",
            "1.5",
            "1e308",
            "1e400",
            "9" * 30,
            "1,5",
            "1 000",
            "2023-02-30",
            "0000-01-01",
            "9999-12-31",
            "2023-05-04",
            "04/05/2023",
            "13/13/2023",
            "4 May 2023",
            "2023-05",
            "May",
            "13",
            "-180",
            "180.0001",
            "90",
            "#REF!",
            "#date",
            "=1+1",
            '"',
            "'",
            "\\N",
            "None",
            "True",
            "yes",
            "[7]",
            "A, B; C",
            "XXX12",
            "\u0000",
            "\ufeff",
            "\u202e",
        ]
    ),
    st.text(max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.dates().map(str),
)


@pytest.mark.parametrize("source", ROWS)
@quick
@given(data=st.data())
def test_csv_with_other_values(source: str, data: st.DataObject, tmp_path: Path) -> None:
    """Of an event file no row may go without a word: as many are read, or left out with a reason, as are written."""
    made = rows(source)
    for _ in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.sampled_from(made))
        row[data.draw(st.sampled_from(list(row)))] = data.draw(VALUES)
    path = raw("a.csv", table(list(made[0]), [list(row.values()) for row in made]).encode("utf-8", "surrogatepass"))(
        tmp_path
    )
    found = met(lambda at: read(at, SOURCE.get(source, source)), path, SourceError)
    if found is None:
        return
    adds_up(found)
    if isinstance(found, Events):
        assert found.rows_read == len(made)
    elif source == "hdx":
        assert found.attacks_read == sum(float(str(row["Events"])) for row in made)
    elif source == "acled_weekly":
        assert found.attacks_read <= sum(float(str(row["EVENTS"])) for row in made) + 1e-9


@quick
@given(data=st.data())
def test_registry_with_damage(data: st.DataObject, tmp_path: Path) -> None:
    whole = registry([DYAD, {**DYAD, "dyad_id": 2}])(tmp_path).read_bytes()
    found = met(read_registry, raw("a.json", data.draw(damaged(whole)))(tmp_path), SourceError)
    if found is not None:
        assert len(found) >= 1
        assert (found["first_year"].fillna(1900) <= found["last_year"].fillna(2100)).all()


@quick
@given(data=st.data())
def test_settings_with_damage(data: st.DataObject, tmp_path: Path) -> None:
    path = raw("a.toml", data.draw(damaged(EXPERIMENT.encode())))(tmp_path)
    found = met(load, path, SettingsError)
    if found is not None:
        assert found.models and found.forecast.horizons >= 1


@quick
@given(data=st.data())
def test_submissions_with_damage(data: st.DataObject, tmp_path: Path) -> None:
    whole = draws().to_csv(index=False).encode()
    found = met(read_submission, raw("a.csv", data.draw(damaged(whole)))(tmp_path), SubmissionError)
    if found is not None:
        assert np.isfinite(found.values).all() and (found.values >= 0).all()
        assert len(found.cells) == len(found.values)


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.parquet"])
@settings(quick, max_examples=6)
@given(data=st.data())
def test_polygons_with_damage(name: str, data: st.DataObject, tmp_path: Path) -> None:
    if name not in POLYGONS:
        made = geojson(A, B) if name == "a.geojson" else written(TWO, name)
        POLYGONS[name] = made(tmp_path).read_bytes()
        (tmp_path / name).unlink()
    path = raw(name, data.draw(damaged(POLYGONS[name])))(tmp_path)
    found = met(read_polygons, path, ValueError)
    if found is not None:
        assert found.crs == "EPSG:4326"


POLYGONS: dict[str, bytes] = {}


def test_every_source_is_tried() -> None:
    assert set(SOURCES) == {SOURCE.get(source, source) for source in ROWS}

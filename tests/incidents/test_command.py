"""The command: what it prints and writes, and one clear message for each kind of wrong input."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from harmattan.cli.profile import profile
from harmattan.incidents import files

APP = typer.Typer()
APP.command()(profile)
PERIOD = ["--actor", "JNIM", "--from", "2019-01", "--to", "2019-08"]


def run(*words: str | Path) -> str:
    done = CliRunner().invoke(APP, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_it_prints_the_summary_and_writes_the_folder(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(files, "_pictures", lambda told, language: dict.fromkeys(("map", "timeline", "kinds"), b""))
    printed = run(example, *PERIOD, "--covers-from", "2018-01", "--covers-to", "2019-08")
    assert "Months without an attack: February, May, June and August 2019.\n" in printed
    assert "Compared with May to December 2018: 11 now, 0 then" in printed
    assert "The file says of itself: CONSTRUCTED, not a record of events. An analyst report" in printed
    page = (tmp_path / "profile-JNIM-2019-01-2019-08" / "profile.html").read_text(encoding="utf-8")
    assert "CONSTRUCTED, not a record of events" in page
    assert printed.endswith("Written: profile-JNIM-2019-01-2019-08\n")
    assert (tmp_path / "profile-JNIM-2019-01-2019-08" / "profile.html").is_file()


def test_places_that_a_list_misnames_are_told_to_its_keeper_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_pictures", lambda told, language: dict.fromkeys(("map", "timeline", "kinds"), b""))
    path = tmp_path / "mine.csv"
    path.write_text("date,country,region,actor\n2019-02-01,Mali,Smalltown,JNIM\n", encoding="utf-8")
    done = CliRunner().invoke(APP, [str(path), *PERIOD, "--out", str(tmp_path / "out")])
    assert "no region is called 'Smalltown' (1 in the file)" in done.stderr
    assert "Smalltown" not in done.stdout
    for made in ("profile.html", "profile.json", "regions.csv"):
        assert "Smalltown" not in (tmp_path / "out" / made).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"--from": "2019-09"}, "months must run forward: the last month 2019-08 lies before the first, 2019-09"),
        ({"--from": "2019"}, "a month must be written YYYY-MM, such as 2023-05; got '2019'"),
        (
            {"--from": "2019-05", "--to": "2019-06"},
            "no attack of JNIM from 2019-05 to 2019-06; its attacks run from",
        ),
        ({"--actor": "ISWAP"}, "'ISWAP' is neither a lineage nor an actor of plain; its most frequent actors: JNIM"),
        ({"--lang": "de"}, "a profile is written in en or fr; got 'de'"),
        ({"--covers-from": "2019-04", "--covers-to": "2019-02"}, "the months a file covers must run forward"),
        ({"--level": "village"}, "level must be one of country, admin1, province"),
        ({"--polygons": "x.gpkg", "--columns": "a,b"}, "--columns must name three columns, code, name and country"),
    ],
)
def test_wrong_use_gets_one_message(change: dict[str, str], message: str, example: Path, tmp_path: Path) -> None:
    options = {**dict(zip(PERIOD[::2], PERIOD[1::2], strict=True)), "--out": str(tmp_path / "out"), **change}
    with pytest.raises(ValueError, match=message):
        run(example, *(word for pair in options.items() for word in pair))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,region,actor\n", "has column headings but no rows"),
        ("# only a remark\n", "has remarks but no column headings"),
        ("region,month,attacks,deaths\nGao,2019-01,1,0\n", "has counts by region and month; a profile needs a list"),
        (
            "date,region\n2019-01-01,Gao\n",
            "no event of plain has JNIM on either side",
        ),
        (
            "date,region,actor,attribution\n2019-01-01,Gao,JNIM,maybe\n",
            "expected one of claimed, suspected",
        ),
        (
            "date,region,actor,claimed,attribution\n2019-01-01,Gao,JNIM,no,claimed\n",
            "expected what the column claimed",
        ),
    ],
)
def test_wrong_files_get_one_message(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        run(path, *PERIOD, "--out", tmp_path / "out")
    assert [each.name for each in tmp_path.iterdir()] == ["mine.csv"]

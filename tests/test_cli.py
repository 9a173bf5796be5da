"""The command line as a user types it."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click import Command, Group

from harmattan import cli

SMALL = """
name = "small"
title = "Attacks by JNIM, quickly"
[data]
bundled = "attacks_bfa"
[regions]
level = "province"
[forecast]
horizons = 4
draws = 200
[backtest]
origins = 3
horizons = [1, 3]
[models.conflictology]
kind = "conflictology"
baseline = true
[models.discounted]
kind = "discounted"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a quick experiment."""
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def harmattan(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str, str]:
    """Run one command and return its exit code, output and messages."""
    monkeypatch.setattr(sys, "argv", ["harmattan", *words])
    try:
        cli.main()
        code = 0
    except SystemExit as leave:
        code = int(leave.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def commands(group: Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Command]]:
    found: list[tuple[tuple[str, ...], Command]] = []
    for name, each in group.commands.items():
        found += commands(each, (*path, name)) if hasattr(each, "commands") else [((*path, name), each)]
    return found


def all_commands() -> list[tuple[tuple[str, ...], Command]]:
    import typer

    return commands(typer.main.get_command(cli.app))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "command"), all_commands(), ids=lambda each: "-".join(each) if isinstance(each, tuple) else ""
)
def test_every_command_has_help_with_an_example_and_every_option_is_explained(
    path: tuple[str, ...], command: Command
) -> None:
    assert command.help is not None and f"`harmattan {' '.join(path)}" in command.help
    for parameter in command.params:
        assert parameter.name == "help" or getattr(parameter, "help", None), f"{path} {parameter.name}"


def test_every_command_that_prints_a_table_has_json() -> None:
    with_json = {path for path, command in all_commands() if any("--json" in each.opts for each in command.params)}
    tables = {"run", "backtest", "releases", "scenario", "reinforce", "compare", "submit", "alerts", "changes"}
    worksheets = {("worksheet", "score"), ("worksheet", "what-if")}
    data = {("data", name) for name in ("add", "check", "diff", "fetch", "list", "nowcast")}
    ledger = {("ledger", name) for name in ("check", "list", "score")}
    grid = {("grid", name) for name in ("count", "features")}
    assert with_json == {*((name,) for name in tables), *data, *worksheets, *ledger, *grid}


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, harmattan.cli; print(sorted({'pandas', 'numpy', 'sklearn', 'mlflow', 'rich'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_run_writes_a_release_logs_it_and_says_what_was_learnt(here: Path, capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = harmattan(capsys, monkeypatch, "run", "small.toml")
    assert code == 0
    assert "Next month (January 2024) the three provinces most likely to see at least one attack are" in out
    assert "Look at: releases/small/2023-12/maps/overview.png" in out
    assert (here / "releases" / "small" / "2023-12" / "maps" / "overview.png").stat().st_size > 20_000
    assert (here / "mlflow.db").is_file()
    code, out, _ = harmattan(capsys, monkeypatch, "releases", "--json")
    listed = json.loads(out)
    assert (code, listed[0]["experiment"], listed[0]["origin"]) == (0, "small", "2023-12")
    code, out, _ = harmattan(capsys, monkeypatch, "export", listed[0]["path"], "small.csv")
    assert code == 0 and (here / "small.csv").read_text(encoding="utf-8").startswith("origin,horizon,month,region")
    code, _, err = harmattan(capsys, monkeypatch, "export", listed[0]["path"], "small.doc")
    assert code == 1 and "a forecast can be exported as csv, " in err


def test_backtest_prints_the_score_table_as_json(here: Path, capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    words = ("backtest", "small.toml", "--origins", "2", "--last", "2023-10", "--horizons", "1,2", "--json")
    code, out, _ = harmattan(capsys, monkeypatch, *words)
    rows = json.loads(out)
    assert code == 0 and set(rows[0]) == {"model", "set", "horizon", "score", "value", "n"}
    assert {(row["horizon"], row["n"]) for row in rows if row["set"] == "all"} == {(1, 90), (2, 90)}
    code, out, _ = harmattan(capsys, monkeypatch, *words[:-1])
    assert code == 0 and "discounted" in out and "coverage_90" in out


def test_data_check_says_what_is_in_a_file(shared: Path, capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    file = shared / "data" / "events" / "GEDEvent_v23_0_10.csv.gz"
    code, out, _ = harmattan(capsys, monkeypatch, "data", "check", str(file))
    assert code == 0 and "rows read: 2391" in out and "actors not coded yet (XXX)" in out


SHARED_EVENTS = [
    "ucdp_ged_burkina_faso_2016_2023.parquet",
    "ucdp_ged_burkina_faso_2016_2023.csv.gz",
    "GEDEvent_v26_0_1.csv.gz",
    "ucdp_ged_west_africa_four_windows.parquet",
    "ucdp_country_month_west_africa_1989_2026-05.parquet",
    "ucdp_dyad_month_jnim_family_1989_2026-05.parquet",
    "ucdp_dyad_registry.json",
]


@pytest.mark.parametrize("file", SHARED_EVENTS)
def test_data_check_reads_every_shared_table_of_events(file: str, shared: Path, capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    code, out, err = harmattan(capsys, monkeypatch, "data", "check", str(shared / "data" / "events" / file), "--json")
    assert (code, err) == (0, "") and json.loads(out)["summary"][0].startswith("source: ")


HEADER = "date,lon,lat,actor,deaths\n"
BAD = {
    "empty.csv": (b"", "is empty"),
    "binary.csv": (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "binary"),
    "latin.csv": ((HEADER + "2023-05-04,1,12,Ansaroul é,2\n").encode("latin-1"), "UTF-8"),
    "columns.csv": (b"day,where\n2023-05-04,there\n", "the columns are those of no known source"),
    "cut.csv.gz": (gzip.compress((HEADER + "2023-05-04,1,12,JNIM,2\n" * 500).encode())[:60], "cut off"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_sentence(name: str, here: Path, capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    content, message = BAD[name]
    (here / name).write_bytes(content)
    code, out, err = harmattan(capsys, monkeypatch, "data", "check", name)
    assert (code, out) == (1, "")
    assert message in err and name in err and len(err.strip().splitlines()) == 1 and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("run", "nowhere"), 2, "there is no experiment 'nowhere'; shipped: "),
        (("run", "--data", "x.csv"), 2, "--data needs the experiment that reads it"),
        (("run", "--colour"), 2, "No such option"),
        (("fly",), 2, "No such command"),
        (("run", "west-africa"), 2, "data needs either bundled, the name of a bundled table, or file"),
        (("run", "small.toml", "--origin", "2030-01"), 2, "forecast.origin must lie in the data, 2016-01 to 2023-12"),
        (("run", "small.toml", "--origin", "May"), 2, "a month must be written YYYY-MM"),
        (("backtest", "small.toml", "--horizons", "1;2"), 2, "must be whole numbers with commas"),
        (("data", "check", "nowhere.csv"), 2, "there is no file nowhere.csv"),
        (("export", "nowhere", "x.csv"), 1, "nowhere"),
    ],
)
def test_wrong_use_and_failure_have_their_exit_codes(words, code, message, here, capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    found, out, err = harmattan(capsys, monkeypatch, *words)
    assert found == code and message in err and "Traceback" not in err and out == ""


def test_a_store_that_cannot_be_used_leaves_the_release(here: Path, capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (here / "broken.db").write_bytes(b"this is not a database, it only looks like one" * 100)
    code, _, err = harmattan(capsys, monkeypatch, "run", "small.toml", "--store", f"sqlite:///{here / 'broken.db'}")
    assert code == 1 and "broken.db" in err.replace("\n", "") and "Traceback" not in err
    assert (here / "releases" / "small" / "2023-12" / "manifest.json").is_file()


def test_a_scenario_says_what_changes_and_that_it_is_the_models_statement(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("scenario", "small.toml", "--horizons", "3", "--draws", "100")
    code, out, _ = harmattan(capsys, monkeypatch, *asked, "--reduce-activity", "BF52*", "0.5", "--json")
    said = json.loads(out)
    assert code == 0 and "not estimates" in said["notice"]
    of_all = [row for row in said["differences"] if row["quantity"] == "attacks_within" and row["name"] == "all"]
    assert of_all[0]["horizon"] == 3 and of_all[0]["difference"] < 0
    code, out, _ = harmattan(capsys, monkeypatch, *asked, "--change", "activity BFA 1")
    assert code == 0 and "difference +0.0" in out
    code, _, err = harmattan(capsys, monkeypatch, *asked)
    assert code == 2 and "give at least one change" in err
    code, _, err = harmattan(capsys, monkeypatch, *asked, "--cut-link", "BF5204", "BF9999")
    assert code == 1 and "BF9999" in err


def test_border_regions_are_ranked_by_what_fewer_attacks_there_would_spare(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = harmattan(capsys, monkeypatch, "reinforce", "small.toml", "--horizons", "3", "--json")
    rows = json.loads(out)
    assert code == 0 and "not estimates" in err
    averted = [row["averted"] for row in rows]
    assert len(rows) >= 5 and averted == sorted(averted, reverse=True) and averted[0] > 0


def test_a_forecast_made_elsewhere_is_judged_compared_and_may_not_be_promoted(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = SMALL.replace("origins = 3", "origins = 9").replace("horizons = [1, 3]", "horizons = [1]")
    (here / "small.toml").write_text(longer, encoding="utf-8")
    code, out, _ = harmattan(capsys, monkeypatch, "run", "small.toml")
    assert code == 0
    origins = [f"2023-{month:02d}" for month in range(3, 12)]
    lines = [f"{origin},1,{region},1,0.3" for origin in origins for region in ("BF5204", "BF5602")]
    (here / "mine.csv").write_text("origin,horizon,region,at_least,probability\n" + "\n".join(lines), encoding="utf-8")
    code, out, err = harmattan(capsys, monkeypatch, "submit", "mine.csv", "--experiment", "small.toml", "--json")
    said = json.loads(out)
    assert code == 0 and {row["model"] for row in said} == {"mine", "conflictology", "discounted"}
    code, out, err = harmattan(capsys, monkeypatch, "compare", "small", "--table", "compare.csv", "--json")
    assert code == 0 and {row["model"] for row in json.loads(out)} >= {"conflictology", "discounted"}
    assert (here / "compare.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (here / "compare.csv").is_file()
    code, out, _ = harmattan(capsys, monkeypatch, "promote", "small")
    assert code == 1 and "is not promoted" in out
    (here / "mine.csv").write_text("origin,horizon,region,at_least,probability\n2023-03,1,BF5204,1,1.2\n")
    code, _, err = harmattan(capsys, monkeypatch, "submit", "mine.csv", "--experiment", "small.toml")
    assert code == 2 and "1.2" in err and "Traceback" not in err


def test_a_sweep_tries_every_combination(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = SMALL.replace("origins = 3", "origins = 9") + '[sweep]\n"forecast.draws" = [100, 200]\n'
    (here / "swept.toml").write_text(swept, encoding="utf-8")
    code, out, _ = harmattan(capsys, monkeypatch, "run", "swept.toml", "--json")
    assert code == 0 and len({row["combination"] for row in json.loads(out)}) == 2
    assert (here / "sweeps").is_dir() and not (here / "releases").exists()
    code, _, err = harmattan(capsys, monkeypatch, "backtest", "swept.toml")
    assert code == 2 and "[sweep] is tried by `harmattan run` only" in err

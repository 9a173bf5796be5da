"""The MLflow store is locked, damaged, too new or not to be written: the release stays, and the next run logs it."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.faults.killing import forked, left

from harmattan import experiment, page, release, tracking
from harmattan.cli import main
from harmattan.result import Result
from harmattan.tracking import logged, summary
from harmattan.tracking import store as stores

SMALL = """
name = "small"
title = "Attacks, quickly"
[data]
bundled = "attacks_bfa"
[regions]
level = "province"
[models.conflictology]
kind = "conflictology"
baseline = true
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with its tables."""
    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    with tracking.opened(f"sqlite:///{file}"):
        pass
    return file


@pytest.fixture
def here(
    made: Path, small_result: Result, short: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder with a store, in which `harmattan run small.toml` takes no time."""
    shutil.copyfile(made, tmp_path / "mlflow.db")
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stores, "PATIENCE", 0.2)
    monkeypatch.setattr(experiment, "run", lambda *given, **named: small_result)
    monkeypatch.setattr(logged, "log_model", lambda *given, **named: None)
    monkeypatch.setattr(tracking.registry, "register", lambda *given: {})
    monkeypatch.setattr(page, "write_notes", lambda *given: None)
    monkeypatch.setattr("harmattan.cli.forecasting._page", lambda folder: None)
    yield tmp_path


def harmattan_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["harmattan", "run", "small.toml"])
    code = 0
    try:
        main()
    except SystemExit as left_with:
        code = int(left_with.code or 0)
    return code, " ".join(capsys.readouterr().err.split())


def _damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096 : len(content) // 2] = os.urandom(len(content) // 2 - 4096)
    file.write_bytes(content)


def _make_newer(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")


STORES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no database": (lambda file: file.write_bytes(b"notes of mine" * 1000), "move it away or name another store"),
    "damaged": (_damage, "move it away"),
    "newer": (_make_newer, "If a newer MLflow has written it, use that one, or name another store"),
}


@pytest.mark.parametrize("what", STORES)
def test_a_store_that_cannot_be_used(what: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    spoil, remedy = STORES[what]
    spoil(here / "mlflow.db")
    before = (here / "mlflow.db").read_bytes()
    code, said = harmattan_run(monkeypatch, capsys)
    assert code == 1 and remedy in said
    assert "the release releases/small/2023-06 is written and stays, but it is not logged: the MLflow store" in said
    assert "Then run the same again: it finds the release and logs it" in said
    release.verify(here / "releases" / "small" / "2023-06")
    assert (here / "mlflow.db").read_bytes() == before


def test_a_locked_store_and_the_run_after_it(here: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    with sqlite3.connect(here / "mlflow.db") as other:
        other.execute("BEGIN EXCLUSIVE")
        code, said = harmattan_run(monkeypatch, capsys)
        other.rollback()
    assert code == 1 and "is locked; another program writes to it: end it, or wait and try again" in said
    manifest = (here / "releases" / "small" / "2023-06" / "manifest.json").read_bytes()
    code, said = harmattan_run(monkeypatch, capsys)
    assert code == 0, said
    assert (here / "releases" / "small" / "2023-06" / "manifest.json").read_bytes() == manifest
    assert [path.name for path in (here / "releases" / "small").iterdir() if path.name[0] != "."] == ["2023-06"]
    with sqlite3.connect(here / "mlflow.db") as database:
        assert database.execute("SELECT count(*) FROM runs WHERE status = 'FINISHED'").fetchone() == (4,)


def test_a_store_without_room(here: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    def full(*given: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(summary, "settings", full)
        code, said = harmattan_run(patch, capsys)
    assert code == 1 and f"there is no space left on the disk of {here}: make room, then run the same again" in said
    with sqlite3.connect(here / "mlflow.db") as database:
        assert database.execute("SELECT status FROM runs").fetchall() == [("FAILED",)]
    assert harmattan_run(monkeypatch, capsys)[0] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_a_store_that_may_only_be_read(made: Path) -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    shutil.copyfile(made, folder / "mlflow.db")

    def use() -> None:
        store = f"sqlite:///{folder / 'mlflow.db'}"
        with tracking.opened(store) as client:
            assert len(client.search_experiments()) == 1
            stores.experiment_id(client, store, "small")

    status, said = forked(use, user=65534)
    assert status == 1 and f"failed: you may not write in {folder}: ask its owner, or name another folder" in said
    assert not left(folder)
    shutil.rmtree(folder)

"""Every bad input is refused in one line that says what is wrong, or read with the right answer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harmattan.inputs import model_class
from harmattan.sources import read
from harmattan.sources.files import SourceError
from harmattan.tracking import TrackingError, opened

from .beside import STORES
from .cases import Case
from .corpus import CASES
from .doors import judge
from .good import GOOD


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_input_is_refused_or_read_right(case: Case, tmp_path: Path) -> None:
    path = case.make(tmp_path)
    before = _files(tmp_path)
    assert judge(case, path) is None
    assert _files(tmp_path) == before, "an input, or a file beside it, was changed"


def test_every_case_has_a_name_of_its_own() -> None:
    number = Counter((case.door, case.kind, case.name) for case in CASES)
    assert [each for each, times in number.items() if times > 1] == []
    assert all((case.message is None) == (case.look is not None) for case in CASES)


@pytest.mark.parametrize("name", STORES)
def test_a_store_that_cannot_be_used_is_refused_at_once(name: str, tmp_path: Path) -> None:
    address, message = STORES[name]
    with pytest.raises(TrackingError, match=message) as caught, opened(address(tmp_path)) as client:
        client.search_experiments()
    assert "\n" not in str(caught.value)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text(GOOD)

    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(SourceError, match=r"a\.csv: cannot be read: Permission denied"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("code", ["raise SystemExit(0)", "raise KeyError", "this is no Python", "1 / 0"])
def test_a_module_that_breaks_while_it_is_imported(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_models.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="the model 'broken_models:Mine' cannot be imported"):
        model_class("broken_models:Mine")


def test_nothing_was_unpacked_outside() -> None:
    assert not Path("/escaped-from-zip.csv").exists()
    assert not Path("escaped").exists()


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Name, size and time of change of what lies in a folder; SQLite may touch the time of a GeoPackage."""
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_size,
            0 if path.suffix == ".gpkg" else path.lstat().st_mtime_ns,
        )
        for path in folder.rglob("*")
        if not path.is_dir() and not path.name.endswith(("-wal", "-shm", "-journal"))
    }

"""A release that was made elsewhere is read, and none of what it names is run."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harmattan.changes import asked, changes, split
from harmattan.settings import Experiment, load

OWNED = "harmattan_owned_by_a_release"
NAMES = f"{OWNED}:Model"


def named(**model: object) -> Experiment:
    given = load("burkina")
    first = next(iter(given.models.values()))
    return given.model_copy(update={"models": {**given.models, "mine": first.model_copy(update=model)}})


@pytest.mark.parametrize(
    "model", [{"kind": NAMES}, {"estimator": NAMES}, {"features": ({"name": NAMES},)}, {"features": NAMES}]
)
def test_code_that_a_release_names_is_not_imported(
    model: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{OWNED}.py").write_text(f"open({str(tmp_path / 'owned')!r}, 'w').close()\nModel = dict\n")
    monkeypatch.syspath_prepend(tmp_path)
    manifest = {"settings": named(**model).flat(), "experiment": "burkina", "measure": "attacks"}
    release = SimpleNamespace(path=tmp_path / "2023-12", manifest=manifest, forecast=SimpleNamespace(origin=1))
    older = SimpleNamespace(**{**vars(release), "manifest": {**manifest, "settings": load("burkina").flat()}})
    monkeypatch.setattr(split, "read", lambda path: release if path.name == "new" else older)
    with pytest.raises(ValueError, match=rf"names code of its own, {NAMES}, which would be run .* --own-code"):
        changes(tmp_path / "old", tmp_path / "new")
    assert asked.code_named(asked.unflattened(manifest["settings"])) == [NAMES]
    assert OWNED not in sys.modules and not (tmp_path / "owned").exists()

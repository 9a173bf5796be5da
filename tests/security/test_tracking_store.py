"""What is secret about a store is told nowhere, and code that lies in a store is never run."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
import yaml

from harmattan import tracking
from harmattan.cli import main
from harmattan.page.notes import notes_of, tracked
from harmattan.result import Result
from harmattan.tracking import store as stores
from harmattan.tracking.errors import UntrustedTypeError

CANARY = "c4nary/p@ss?w#rd"
USER = "awa-of-the-desk"
STORE = f"postgresql+psycopg://{USER}:{CANARY}@db.example.org:5432/mlflow?sslpassword=k3y-canary"
SECRETS = (CANARY, quote(CANARY, safe=""), "c4nary", "k3y-canary", USER)


def told_in(text: str) -> list[str]:
    return [each for each in SECRETS if each in text]


@pytest.fixture(scope="module")
def logged(small_result: Result, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A folder with all that a run has written to a database with a password, its id, and what was said meanwhile."""
    folder = tmp_path_factory.mktemp("secret")
    result = replace(small_result, fitted={"rate": small_result.fitted["rate"]}, baselines=(),
                     forecasts={"rate": small_result.forecasts["rate"]})  # fmt: skip
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        _behind(patch, folder)
        logging.getLogger().addHandler(handler)
        try:
            run = tracking.log(result, store=STORE)
        finally:
            logging.getLogger().removeHandler(handler)
    (folder / "notes.json").write_text(json.dumps(notes_of(result, run=run, store=STORE)))
    return folder, run, "\n".join(lines)


def _behind(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """The database behind that address is a file, so that no server is needed."""
    patch.setattr(stores, "whole", lambda store: f"sqlite:///{folder / 'behind.db'}")


@pytest.fixture
def folder(logged: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, its database in use."""
    _behind(monkeypatch, logged[0])
    return logged[0]


def test_a_run_writes_the_secret_nowhere(logged: tuple[Path, str, str]) -> None:
    folder, run, said = logged
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"behind.db", "notes.json", "MLmodel"} <= {path.name for path in files}
    held = {path.name: told_in(path.read_bytes().decode("latin-1")) for path in files}
    assert {name: found for name, found in held.items() if found} == {}
    assert told_in(said) == []
    assert json.loads((folder / "notes.json").read_text())["tracked"]["run"] == run


@pytest.mark.parametrize(
    "store",
    [STORE, f"http://{USER}:c4nary@127.0.0.1:1/", "http://127.0.0.1:1/?token=c4nary", "gopher://x:c4nary@h/",
     "mssql+nothing://x:c4nary@h/db"],
)  # fmt: skip
def test_an_error_tells_the_store_without_the_secret(
    store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr("sys.argv", ["harmattan", "promote", "burkina", "--store", store])
    with caplog.at_level(logging.DEBUG), pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    assert left.value.code == 1 and "***" in said.err
    assert told_in(said.out + said.err) == []
    assert told_in("\n".join(each.getMessage() for each in caplog.records if "harmattan" in each.name)) == []
    with pytest.raises(tracking.TrackingError) as failed, tracking.opened(store) as client:
        client.search_experiments()
    assert failed.value.__cause__ is None and told_in(str(failed.value)) == []
    assert told_in(tracking.shown(store)) == [] and told_in(json.dumps(tracked("run", store))) == []


def test_nothing_is_hidden_of_a_store_without_a_secret() -> None:
    for store in ("sqlite:////home/a@b/mlflow.db", "https://mlflow.example.org:5000/", "databricks"):
        assert tracking.shown(store) == store


def champion() -> Path:
    """Where the champion lies in the store."""
    with tracking.opened(STORE) as client:
        version = client.get_model_version_by_alias("harmattan-small", "champion")
        place = client.get_logged_model(version.source.removeprefix("models:/")).artifact_location
    return Path(place.removeprefix("file://"))


def test_code_that_was_put_into_a_store_is_not_run(folder: Path, small_result: Result) -> None:
    lies = champion()
    program = (lies / "model_code.py").read_text()
    (lies / "model_code.py").write_text(f"open({str(folder / 'owned')!r}, 'w').close()\n{program}")
    code = str(small_result.forecast.regions[0])
    try:
        made = tracking.load_champion(STORE, "small").predict(pd.DataFrame({"region": [code], "horizon": [1]}))
    finally:
        (lies / "model_code.py").write_text(program)
    assert not (folder / "owned").exists()
    expected = small_result.forecasts["rate"].table().set_index(["region", "horizon"]).loc[(code, 1), "p1"]
    assert made["p1"].iloc[0] == expected


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"loader_module": "owned"}, "other code"),
        ({"code": "code"}, "other code"),
        ({"streamable": True}, "other code"),
        ({"python_model": "python_model.pkl"}, "it has the entry python_model"),
        ({"data": "../elsewhere"}, "it has the entry data"),
        ({"predict_fn": "load_context"}, "it has the entry predict_fn"),
        ({"model_code_path": "owned.py"}, "its code is owned.py"),
        ({"artifacts": {"forecaster": {"path": "../../../../../../../../etc/passwd"}}}, "lies elsewhere"),
        ({"artifacts": {}}, "does not hold one forecaster"),
        (None, "it is of the flavours sklearn"),
    ],
)
def test_a_model_of_another_form_is_refused_before_anything_of_it_runs(
    folder: Path, changed: dict[str, object] | None, message: str
) -> None:
    file = champion() / "MLmodel"
    text = file.read_text()
    said = yaml.safe_load(text)
    if changed is None:
        said["flavors"] = {"sklearn": {"pickled_model": "model.pkl"}}
    else:
        said["flavors"]["python_function"].update(changed)
    file.write_text(yaml.safe_dump(said))
    try:
        with pytest.raises(
            UntrustedTypeError, match=rf"not one that Harmattan logged: .*{message}.*Nothing of it was run"
        ):
            tracking.load_champion(STORE, "small")
    finally:
        file.write_text(text)

"""The MLflow store: opening it quietly, runs that never stay open, and one clear error."""

from __future__ import annotations

import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient

SQLITE = "sqlite:///"
DATABASE = "mlflow.db"
ARTEFACTS = "mlartifacts"
PATIENCE = 5.0
LOGGERS = ("mlflow", "alembic")


class TrackingError(RuntimeError):
    """The store could not be used; the message names it."""


def default_store(folder: Path) -> str:
    """Return the store that lies in a folder: an SQLite file.

    Examples
    --------
    >>> default_store(Path("."))
    'sqlite:///mlflow.db'
    """
    return f"{SQLITE}{(folder / DATABASE).as_posix()}"


def import_mlflow() -> None:
    """Import MLflow with its telemetry switched off, which it looks up when it is imported."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    # Of a server's runs MLflow would print addresses between the lines of a table.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    with warnings.catch_warnings():
        # MLflow checks the type hints of its own classes while it is imported, and finds fault with them.
        warnings.filterwarnings("ignore", message=".*Any type hint is inferred", category=UserWarning)
        import mlflow.pyfunc  # noqa: F401


@contextmanager
def opened(store: str) -> Iterator[MlflowClient]:
    """Give a client of the store, with MLflow pointed at it and quiet; put everything back afterwards.

    Raises
    ------
    TrackingError
        If the store is locked, no database, or fails for another reason while it is in use.
    """
    _check_file(store)
    import_mlflow()
    import mlflow
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SADeprecationWarning, SQLAlchemyError

    with _quiet(), warnings.catch_warnings():
        # MLflow's own table mappings use a loading strategy that SQLAlchemy 2.1 deprecates.
        warnings.filterwarnings("ignore", message="The ``noload`` loader", category=SADeprecationWarning)
        tracking, registry = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
        address = whole(store)
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
        try:
            yield mlflow.MlflowClient(address, address)
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise TrackingError(f"the MLflow store {store} failed: {_first_line(error)}") from error
        finally:
            mlflow.set_tracking_uri(tracking)
            mlflow.set_registry_uri(registry)


def experiment_id(client: MlflowClient, store: str, name: str) -> str:
    """Return the id of the experiment called `name`, made if it is not there yet.

    Its artefacts lie in ``mlartifacts/<name>`` beside an SQLite store, elsewhere where the server keeps them.

    Raises
    ------
    TrackingError
        If the experiment has been deleted.
    """
    found = client.get_experiment_by_name(name)
    if found is None:
        file = database(store)
        place = None if file is None else (file.resolve().parent / ARTEFACTS / plain(name)).as_uri()
        return str(client.create_experiment(name, artifact_location=place))
    if found.lifecycle_stage != "active":
        raise TrackingError(
            f"the experiment {name!r} must be active in the store {store}; it is {found.lifecycle_stage}. "
            f"Restore it (mlflow experiments restore --experiment-id {found.experiment_id}) or name another"
        )
    return str(found.experiment_id)


@contextmanager
def run(client: MlflowClient, experiment: str, name: str, *, parent: str | None = None) -> Iterator[str]:
    """Give the id of a new run, which ends as FINISHED, or as FAILED if an exception leaves the block."""
    tags = {"mlflow.source.name": "harmattan", "mlflow.source.type": "LOCAL"}
    if parent is not None:
        tags["mlflow.parentRunId"] = parent
    run_id = str(client.create_run(experiment, tags=tags, run_name=name).info.run_id)
    try:
        yield run_id
    except BaseException:
        # The first exception tells what happened; a store that also refuses this must not hide it.
        with suppress(Exception):
            client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")


def database(store: str) -> Path | None:
    """Return the file of an SQLite store, None for any other store."""
    return Path(store.removeprefix(SQLITE)) if store.startswith(SQLITE) else None


def whole(store: str) -> str:
    """Return the address of a store with the folder of an SQLite file written out.

    MLflow keeps one connection for an address, so that of
    ``sqlite:///mlflow.db`` in one folder would serve the next folder too.
    """
    file = database(store)
    return store if file is None else f"{SQLITE}{file.resolve().as_posix()}"


def plain(name: str) -> str:
    """Return a name that may stand in paths and as a name in MLflow.

    Examples
    --------
    >>> plain("sahel: 2024/a")
    'sahel_ 2024_a'
    """
    return "".join(each if each.isalnum() or each in "_- " else "_" for each in name)


def _check_file(store: str) -> None:
    """MLflow would retry for minutes where this says at once what is wrong."""
    if store.startswith(("file:", ".", "/")):
        raise TrackingError(
            f"the MLflow store must be a database or a server, such as {SQLITE}{DATABASE}; got the folder "
            f"{store!r}, which MLflow no longer takes: see `mlflow migrate-filestore`"
        )
    file = database(store)
    if file is None:
        return
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        return
    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            connection.rollback()
    except sqlite3.DatabaseError as error:
        locked = "locked" in str(error)
        remedy = (
            "another program writes to it: end it, or wait and try again"
            if locked
            else "move it away or name another store"
        )
        what = "is locked" if locked else f"is not a database that can be written ({error})"
        raise TrackingError(f"the MLflow store {store} {what}; {remedy}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow's and its migrations' progress notes off the terminal."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]

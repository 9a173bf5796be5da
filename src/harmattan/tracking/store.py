"""The MLflow store: opening it quietly, runs that never stay open, and one clear error."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from harmattan.tracking import advisory, artefacts
from harmattan.tracking.errors import TrackingError
from harmattan.tracking.remedies import remedy
from harmattan.whole import LOCK, explained, holding, replacing

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

SQLITE = "sqlite:///"
POSTGRESQL = "postgresql"
DATABASES = (POSTGRESQL, "mysql", "mssql")
DATABASE = "mlflow.db"
ARTEFACTS = "mlartifacts"
PATIENCE = 5.0
LOGGERS = ("mlflow", "alembic")


def default_store(folder: Path) -> str:
    """Return the store that lies in a folder: an SQLite file.

    Examples
    --------
    >>> default_store(Path("."))
    'sqlite:///mlflow.db'
    """
    return f"{SQLITE}{(folder / DATABASE).as_posix()}"


def shown(store: str) -> str:
    """Return a store as messages show it: without user, password and question.

    Examples
    --------
    >>> shown("postgresql+psycopg://awa:secret@db.example.org/mlflow?sslpassword=x")
    'postgresql+psycopg://***@db.example.org/mlflow?***'
    >>> shown("sqlite:///mlflow.db")
    'sqlite:///mlflow.db'
    """
    if database(store) is not None:
        return store
    # A password may hold any mark but "@", so all before the last one goes.
    return re.sub(r"\?.*", "?***", re.sub(r"://.*@", "://***@", store, flags=re.DOTALL), flags=re.DOTALL)


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
        If the store is locked, no database, or fails for another reason while it is in use. The message never holds
        a user or password of the store, and no cause that may is told with it.
    """
    _check_file(store)
    import_mlflow()
    import mlflow
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SADeprecationWarning, SQLAlchemyError

    with _quiet(), warnings.catch_warnings():
        # MLflow's own table mappings use a loading strategy that SQLAlchemy 2.1 deprecates.
        warnings.filterwarnings("ignore", message="The ``noload`` loader", category=SADeprecationWarning)
        tracking, registry = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
        address = whole(store)
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
        file = database(store)
        try:
            with explained(file.resolve().parent) if file is not None else nullcontext():
                if file is not None and not file.exists():
                    with alone_with(address):
                        _make_whole(file.resolve())
                # Here MLflow makes the tables of a database that has none; two at once would break each other.
                with alone_with(address) if file is None else nullcontext():
                    client = mlflow.MlflowClient(address, address)
                yield client
        except (MlflowException, SQLAlchemyError, CommandError, ImportError, OSError) as error:
            said = f"the MLflow store {shown(store)} failed: {_without(_first_line(error), store)}{remedy(error)}"
            raise TrackingError(said) from (error if shown(store) == store else None)
        except Exception as error:
            if not artefacts.is_failure(error):
                raise
            # What follows a question mark may be a signature.
            said = _without(_first_line(error), store).partition("?")[0]
            raise TrackingError(f"the place of the artefacts failed: {said}") from error
        finally:
            mlflow.set_tracking_uri(tracking)
            mlflow.set_registry_uri(registry)


def experiment_id(client: MlflowClient, store: str, name: str, artefact_root: str | None = None) -> str:
    """Return the id of the experiment called `name`, made if it is not there yet.

    A new experiment keeps its artefacts in a folder of its name: under `artefact_root`, else in ``mlartifacts`` beside
    an SQLite store, else where the server keeps them. One that exists keeps its place.

    Raises
    ------
    TrackingError
        If the experiment has been deleted, or is new in a shared database and no place for its artefacts is given.
    harmattan.whole.NotWrittenError
        If the folder of its artefacts is not there.
    """
    with alone_with(store):
        found = client.get_experiment_by_name(name) or _made(client, name, _place(store, name, artefact_root))
    if found.lifecycle_stage != "active":
        raise TrackingError(
            f"the experiment {name!r} must be active in the store {shown(store)}; it is {found.lifecycle_stage}. "
            f"Restore it (mlflow experiments restore --experiment-id {found.experiment_id}) or name another"
        )
    if _is_shared_database(store):
        artefacts.check(str(found.artifact_location))
    return str(found.experiment_id)


def prepare(store: str, name: str, artefact_root: str | None = None) -> None:
    """Make the experiment, if it is not there, in a store or a place for artefacts that others share.

    What is wrong with either is told before hours of computing. A database file of one's own is made when something is
    logged.

    Raises
    ------
    TrackingError, harmattan.whole.NotWrittenError
        As `opened` and `experiment_id`.
    """
    if database(store) is None or artefact_root is not None:
        with opened(store) as client:
            home = experiment_id(client, store, name, artefact_root)
            artefacts.look_at(str(client.get_experiment(home).artifact_location))


@contextmanager
def run(client: MlflowClient, experiment: str, name: str, *, parent: str | None = None) -> Iterator[str]:
    """Give the id of a new run, which ends as FINISHED, or as FAILED if an exception leaves the block."""
    tags = {"mlflow.source.name": "harmattan", "mlflow.source.type": "LOCAL"}
    if parent is not None:
        tags["mlflow.parentRunId"] = parent
    about = client.create_run(experiment, tags=tags, run_name=name).info
    run_id = str(about.run_id)

    def end(status: str) -> None:
        # A clock that was put back in between must not give a run less than no time.
        client.set_terminated(run_id, status, end_time=max(int(time.time() * 1000), about.start_time))

    try:
        yield run_id
    except BaseException:
        # The first exception tells what happened; a store that also refuses this must not hide it.
        with suppress(Exception):
            end("FAILED")
        raise
    end("FINISHED")


@contextmanager
def alone_with(store: str) -> Iterator[None]:
    """Hold the lock of an SQLite file or a PostgreSQL database, waiting for a run that holds it; others have none."""
    address = whole(store)
    file = database(address)
    if file is not None:
        with holding(file.with_name(f".{file.name}{LOCK}")):
            yield
    elif address.startswith(POSTGRESQL):
        with advisory.holding(address):
            yield
    else:
        yield


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


def _is_shared_database(store: str) -> bool:
    return whole(store).startswith(DATABASES)


def _made(client: MlflowClient, name: str, place: str | None) -> Experiment:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_experiment(client.create_experiment(name, artifact_location=place))
    except MlflowException:
        # A server has no lock: another run may have been faster.
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return found


def _place(store: str, name: str, root: str | None) -> str | None:
    """Where a new experiment is to keep its artefacts; None where a server decides."""
    if root is not None:
        return artefacts.made(root, artefacts.plain(name))
    if _is_shared_database(store):
        raise TrackingError(
            f"the experiment {name!r} is new in the store {shown(store)}, and a database does not keep artefacts: name "
            "a folder that all who write to it reach (--artefacts FOLDER; in Python the argument artefacts)"
        )
    file = database(whole(store))
    return None if file is None else (file.parent / ARTEFACTS / artefacts.plain(name)).as_uri()


def _check_file(store: str) -> None:
    """MLflow would retry for minutes where this says at once what is wrong."""
    if store.startswith("file:") or ("://" not in store and store.partition(":")[0] != "databricks"):
        raise TrackingError(
            f"the MLflow store must be a database or a server, such as {SQLITE}{DATABASE}; got the folder "
            f"{shown(store)!r}, which MLflow no longer takes: see `mlflow migrate-filestore`"
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


def _make_whole(file: Path) -> None:
    """Make the database of a new store under a hidden name: MLflow cannot finish one that was left half made."""
    from mlflow.store.tracking import DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    if not file.exists():
        with replacing(file) as partial:
            made = SqlAlchemyStore(f"{SQLITE}{partial.as_posix()}", DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH)  # type: ignore[no-untyped-call]
            made.engine.dispose()


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


def _without(text: str, store: str) -> str:
    """A library's words without what must not be told of a store, which it may write in several ways."""
    if database(store) is not None:
        return text
    login = re.search(r"://(.*)@", store, flags=re.DOTALL)
    user, _, password = login.group(1).partition(":") if login else ("", "", "")
    question = re.findall(r"=([^&#]+)", store.partition("?")[2])
    secrets = {each for one in (password, *question) for each in (one, unquote(one), quote(unquote(one), safe=""))}
    # PostgreSQL writes the user in quotes.
    secrets |= {f"{user}:{password}", f'"{unquote(user)}"'}
    for secret in sorted({store, *secrets} - {"", ":", '""'}, key=len, reverse=True):
        text = text.replace(secret, shown(store) if secret == store else "***")
    return text

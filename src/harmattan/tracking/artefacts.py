"""Where the experiments of a shared database keep their artefacts: a folder that all writers reach, or an address."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from harmattan.whole import NotWrittenError

MODELS = "models"
"""The folder that MLflow makes beside those of the runs, for the models of all."""
SERVED = "mlflow-artifacts:"
LIBRARIES = ("azure", "boto3", "botocore", "google.api_core", "google.auth", "google.cloud", "s3transfer")
"""What reaches object stores: their errors have nothing in common but where they come from."""


def plain(name: str) -> str:
    """Return a name that may stand in paths and as a name in MLflow.

    Examples
    --------
    >>> plain("sahel: 2024/a")
    'sahel_ 2024_a'
    """
    return "".join(each if each.isalnum() or each in "_- " else "_" for each in name)


def made(root: str, name: str) -> str:
    """Return the address of a new experiment's place under `root`, made if that is a folder.

    The folders have the permissions of `root`, so that whoever may write there may write in them too.

    Parameters
    ----------
    root
        A folder that exists, or an address such as ``s3://bucket/mlflow``.
    name
        A plain name, for paths.

    Raises
    ------
    harmattan.whole.NotWrittenError
        If there is no such folder, such as a shared disk that is not mounted.
    mlflow.exceptions.MlflowException, or an error of the object store's library
        If the address cannot be reached.
    """
    if "://" in root and not root.startswith("file:"):
        look_at(root)
        return f"{root.rstrip('/')}/{quote(name)}"
    folder = (_folder(root) or Path(root)).resolve()
    if not folder.is_dir():
        raise NotWrittenError(
            f"the folder for artefacts must exist and be reached by all who write; there is no {folder}: mount it, "
            "or make it once"
        )
    for each in (folder / name, folder / name / MODELS):
        each.mkdir(exist_ok=True)
        shutil.copymode(folder, each)
    return (folder / name).as_uri()


def check(address: str) -> None:
    """See that the folder of an experiment's artefacts is on this machine.

    MLflow would make it anew, where the other writers do not see it.

    Raises
    ------
    harmattan.whole.NotWrittenError
        If it is a folder that is not there.
    """
    folder = _folder(address)
    if folder is not None and not folder.is_dir():
        raise NotWrittenError(
            f"the experiment keeps its artefacts in {folder}, which is not on this machine: mount it, or make it once "
            "if nothing has been written to the experiment"
        )


def look_at(address: str) -> None:
    """Ask an object store for what it has at an address, so that one out of reach fails at once."""
    from mlflow.artifacts import list_artifacts

    if _folder(address) is None and not address.startswith(SERVED):
        list_artifacts(artifact_uri=address)


def is_failure(error: Exception) -> bool:
    """Return whether an error comes from what reaches an object store."""
    return any(f"{each.__module__}.".startswith(f"{name}.") for each in type(error).__mro__ for name in LIBRARIES)


def _folder(address: str) -> Path | None:
    """The folder of a local address, None if it is not local."""
    if "://" not in address and not address.startswith("file:"):
        return Path(address)
    parts = urlsplit(address)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None

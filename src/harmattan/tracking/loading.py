"""Models loaded from a store: what lies there is data, and none of its code is run."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from harmattan.tracking.errors import UntrustedTypeError
from harmattan.tracking.logged import CODE

if TYPE_CHECKING:
    from mlflow.pyfunc import PyFuncModel

LOADER = "mlflow.pyfunc.loaders.code_model"
USUAL = frozenset(
    {
        "artifacts",
        "cloudpickle_version",
        "code",
        "env",
        "loader_module",
        "model_code_path",
        "python_version",
        "streamable",
    }
)


def load(uri: str) -> PyFuncModel:
    """Return a model that `harmattan.tracking.log` wrote.

    MLflow keeps code beside a model and runs it to load it, so whoever can write to a store could run a program on the
    machine that loads from it. Here a copy of the model is loaded with the code of this installation instead, and its
    fitted part by `harmattan.tracking.stored.read`.

    Parameters
    ----------
    uri
        Where MLflow finds it, such as ``models:/harmattan-burkina@champion``; the store must be open.

    Raises
    ------
    UntrustedTypeError
        If it is no model of that form, or holds types that Harmattan does not load; nothing of it has been run then.
    """
    import mlflow.pyfunc
    from mlflow.artifacts import download_artifacts
    from mlflow.models import Model

    with TemporaryDirectory() as folder:
        # A copy of one's own: nobody can change it between the check and the loading.
        path = Path(download_artifacts(artifact_uri=uri, dst_path=folder))
        wrong = _wrong(path, Model.load(path).flavors)
        if wrong is not None:
            raise UntrustedTypeError(
                f"the model {uri} is not one that Harmattan logged: {wrong}. Nothing of it was run; run the experiment "
                "again, or load it with MLflow if you trust all who can write to the store"
            )
        shutil.copyfile(CODE, path / CODE.name)
        model: PyFuncModel = mlflow.pyfunc.load_model(str(path))
    return model


def _wrong(path: Path, flavors: Mapping[str, Any]) -> str | None:
    """In what a model differs from those that Harmattan logs; None if it does not."""
    from harmattan.tracking.served import ARTIFACT

    told = flavors.get("python_function")
    if not isinstance(told, Mapping):
        return f"it is of the flavours {', '.join(map(str, flavors)) or 'none'}"
    strange = sorted(set(map(str, told)) - USUAL)
    if strange:
        return f"it has the entry {strange[0]}"
    if told.get("loader_module") != LOADER or told.get("code") or told.get("streamable"):
        return "MLflow would load it by other code"
    if Path(str(told.get("model_code_path"))).name != CODE.name:
        return f"its code is {told.get('model_code_path')}, not {CODE.name}"
    artifacts = told.get("artifacts")
    if (
        not isinstance(artifacts, Mapping)
        or set(artifacts) != {ARTIFACT}
        or not isinstance(artifacts[ARTIFACT], Mapping)
    ):
        return "it does not hold one forecaster"
    place = (path / str(artifacts[ARTIFACT].get("path"))).resolve()
    if not place.is_relative_to(path.resolve()) or not place.is_file():
        return "its forecaster lies elsewhere"
    return None

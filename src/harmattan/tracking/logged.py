"""Fitted models in MLflow: logged in "models from code" form."""

from __future__ import annotations

import warnings
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from harmattan.result import Result
from harmattan.tracking.artefacts import plain
from harmattan.tracking.cards import model_card
from harmattan.tracking.stored import KEYS, Stored, stored, write
from harmattan.tracking.summary import parameters

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

CODE = Path(__file__).with_name("model_code.py")
PACKAGES = ("harmattan", "numpy", "pandas", "scikit-learn", "scipy", "skops", "statsmodels")
EXAMPLE_LINES = 6


def log_model(client: MlflowClient, result: Result, name: str, *, experiment: str, run_id: str) -> str:
    """Log one fitted model as the output of its run; return its id.

    Raises
    ------
    harmattan.tracking.stored.UntrustedTypeError
        If the model holds objects that cannot be stored without pickle.
    """
    from mlflow.entities import LoggedModelOutput

    with TemporaryDirectory() as folder:
        written, whole = Path(folder) / "forecaster.skops", stored(result, name)
        write(whole, written)
        model = client.create_logged_model(
            experiment, plain(name), run_id, {"model": name}, parameters(result.fitted[name]), "forecaster"
        )
        try:
            _save(Path(folder) / "model", written, whole, run_id, model)
            (Path(folder) / "model" / "README.md").write_text(model_card(result, name), encoding="utf-8")
            client.log_model_artifacts(model.model_id, str(Path(folder) / "model"))
            client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
            client.finalize_logged_model(model.model_id, "READY")
        except BaseException:
            # The first exception tells what happened; a store that also refuses this must not hide it.
            with suppress(Exception):
                client.finalize_logged_model(model.model_id, "FAILED")
            raise
    return str(model.model_id)


def _save(target: Path, written: Path, whole: Stored, run_id: str, model: LoggedModel) -> None:
    import mlflow.pyfunc
    from mlflow.models import Model

    from harmattan.tracking.served import ARTIFACT, signature

    places = [(region, horizon) for horizon in whole.horizons for region in whole.regions]
    example = pd.DataFrame(places[:EXAMPLE_LINES], columns=KEYS)
    params = {"draws": whole.draws, "seed": whole.seed, "at_least": 1}
    with warnings.catch_warnings():
        # MLflow compares an example's columns with a range, which pandas 3 is going to change.
        warnings.filterwarnings("ignore", message="Operation with range", module="mlflow.models")
        mlflow.pyfunc.save_model(
            str(target),
            python_model=str(CODE),
            artifacts={ARTIFACT: str(written)},
            signature=signature(params),
            input_example=(example, params),
            pip_requirements=[f"{each}=={version(each)}" for each in PACKAGES],
            mlflow_model=Model(
                artifact_path=model.artifact_location,
                model_uuid=model.model_id,
                run_id=run_id,
                model_id=model.model_id,
            ),
        )

"""The face that a stored model shows to MLflow: a frame of regions and horizons in, a forecast table out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from harmattan.forecast import QUANTILES
from harmattan.tracking.store import import_mlflow
from harmattan.tracking.stored import Stored, read, rows

import_mlflow()

from mlflow.models import ModelSignature, set_model  # noqa: E402
from mlflow.pyfunc.model import PythonModel, PythonModelContext  # noqa: E402
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema  # noqa: E402

ARTIFACT = "forecaster"


def signature(params: Mapping[str, int]) -> ModelSignature:
    """Return what goes in and comes out, with the defaults of the parameters."""
    long, text, double = DataType.long, DataType.string, DataType.double
    came = {"origin": text, "month": text, "region": text, "horizon": long, "p1": double, "expected": double}
    came |= {f"q{round(level * 100):02d}": long for level in QUANTILES}
    return ModelSignature(
        Schema([ColSpec(text, "region"), ColSpec(long, "horizon")]),
        Schema([ColSpec(kind, name) for name, kind in came.items()]),
        ParamSchema([ParamSpec(name, long, value) for name, value in params.items()]),
    )


class Served(PythonModel):
    """Forecast regions and horizons with the model stored beside it.

    The input has the columns ``region`` and ``horizon``; the output has ``origin, month, region, horizon, p1,
    expected`` and the quantiles, a line for each line of the input. Its parameters are ``draws``,
    ``seed`` and ``at_least``.
    """

    stored: Stored

    def load_context(self, context: PythonModelContext) -> None:
        """Read the stored model."""
        self.stored = read(Path(context.artifacts[ARTIFACT]))

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return the lines asked for; see `harmattan.tracking.stored.rows`."""
        chosen = {"draws": self.stored.draws, "seed": self.stored.seed, "at_least": 1} | (params or {})
        made = self.stored.forecast(int(chosen["draws"]), int(chosen["seed"]))
        return rows(made, model_input, int(chosen["at_least"]))


def serve() -> None:
    """Give MLflow the model that it is loading; it then calls `Served.load_context`."""
    set_model(Served())

"""Plain values into a run, in as few calls as MLflow allows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from harmattan.tracking.summary import Score

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from harmattan.panel import Panel
    from harmattan.result import Caption

DIGEST = 32
METRICS_AT_ONCE = 500
PARAMETERS_AT_ONCE = 100


def log_values(
    client: MlflowClient,
    run_id: str,
    params: Mapping[str, str],
    tags: Mapping[str, str],
    scores: Sequence[Score],
    model_id: str | None = None,
) -> None:
    """Log parameters, tags and scores; scores count for the model too if there is one."""
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    metrics = [Metric(each.key, each.value, now, each.horizon, model_id=model_id, run_id=run_id) for each in scores]
    listed = [Param(key, value) for key, value in params.items()]
    client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
    for start in range(0, len(listed), PARAMETERS_AT_ONCE):
        client.log_batch(run_id, params=listed[start : start + PARAMETERS_AT_ONCE])
    for start in range(0, len(metrics), METRICS_AT_ONCE):
        client.log_batch(run_id, metrics=metrics[start : start + METRICS_AT_ONCE])


def log_data(client: MlflowClient, panel: Panel, caption: Caption, run_id: str, *, name: str, context: str) -> None:
    """Tell MLflow which data were used: columns, number of rows and content hash, but no counts."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.pandas_dataset import from_pandas
    from mlflow.entities import DatasetInput, InputTag
    from mlflow.exceptions import MlflowException

    source = CodeDatasetSource({"source": caption.source, "licence": caption.licence})
    digest = panel.content_hash()[:DIGEST]
    data = from_pandas(long_counts(panel), source=source, name=name, digest=digest)
    inputs = [DatasetInput(data._to_mlflow_entity(), [InputTag("mlflow.data.context", context)])]
    try:
        client.log_inputs(run_id, inputs)
    except MlflowException as error:
        # Of two that log the same data first, the slower is refused as a whole; the second time it finds them there.
        if not any(each in str(error) for each in ("UniqueViolation", "IntegrityError")):
            raise
        client.log_inputs(run_id, inputs)


def long_counts(panel: Panel) -> pd.DataFrame:
    """Return a row for each month and region of the panel: both as text, then the measures."""
    regions = panel.regions.table.index
    place = {
        "month": np.repeat(panel.months.astype(str), len(regions)),
        "region": np.tile(regions.to_numpy(dtype=object), len(panel.months)),
    }
    return pd.DataFrame(place | {name: frame.to_numpy().ravel() for name, frame in panel.measures.items()})

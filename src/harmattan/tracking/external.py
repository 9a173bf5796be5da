"""Forecasts made elsewhere, as runs of their own: scores and data, but no model that could be loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

import harmattan
from harmattan.comparison.losses import monthly
from harmattan.spreadsheet import as_csv
from harmattan.tracking import summary
from harmattan.tracking.recorded import log_losses
from harmattan.tracking.store import experiment_id, opened, run
from harmattan.tracking.values import log_data, log_values

if TYPE_CHECKING:
    from harmattan.panel import Panel
    from harmattan.result import Caption
    from harmattan.submissions import Submission


def log_external(
    submission: Submission,
    rows: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    panel: Panel,
    caption: Caption,
    store: str,
    experiment: str,
    artefacts: str | None = None,
) -> str:
    """Write a scored submission to MLflow and return the id of its run.

    Parameters
    ----------
    submission
        What was read.
    rows
        Its scored rows (`harmattan.submissions.score_submission`), and those of the models it is judged beside, on the
        same rows (`harmattan.submissions.beside`), so that they can be compared later.
    scores
        Score table that holds it, of the rows it was compared on.
    panel, caption
        The data it was scored against.
    store
        Tracking URI.
    experiment
        Name in MLflow, that of the experiment it is compared with.
    artefacts
        Folder or address under which a new experiment keeps its artefacts; a shared database needs one. Where the
        store keeps them by itself if None.

    Raises
    ------
    harmattan.tracking.store.TrackingError
        If the store is locked or broken.
    """
    origins = sorted(rows["origin"].astype(str).unique())
    tags = {
        "external": "true",
        "model": submission.name,
        "kind": submission.kind,
        "measure": submission.measure,
        "file": submission.file,
        "file_sha256": submission.sha256,
        "data_sha256": panel.content_hash(),
        "data_source": caption.source,
        "origins": f"{origins[0]} to {origins[-1]}, {len(origins)}",
        "regions": str(rows["region"].nunique()),
        "harmattan_version": harmattan.__version__,
        "mlflow.note.content": summary.note("\n\n".join(submission.notes) or "Every forecast in the file was scored."),
    }
    with opened(store) as client:
        home = experiment_id(client, store, experiment, artefacts)
        with run(client, home, submission.name) as run_id:
            parameters = {"kind": submission.kind, "file": submission.file, "file_sha256": submission.sha256}
            log_values(client, run_id, parameters, tags, summary.scores(scores, submission.name))
            log_data(client, panel, caption, run_id, name=f"counts of {experiment}", context="evaluation")
            client.log_text(run_id, as_csv(scores), "scores.csv")
            log_losses(
                client, run_id, monthly(rows), data=panel.content_hash(), settings={},
                models={str(name): parameters if name == submission.name else {} for name in rows["model"].unique()},
                external=True,
            )  # fmt: skip
    return run_id

"""Sweeps in MLflow: a run for the sweep with its table, one below it for every combination of settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import pandas as pd

import harmattan
from harmattan.comparison.losses import monthly
from harmattan.spreadsheet import as_csv
from harmattan.tracking import summary
from harmattan.tracking.recorded import log_losses
from harmattan.tracking.store import experiment_id, opened, run
from harmattan.tracking.values import log_data, log_values

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from harmattan.panel import Panel
    from harmattan.result import Caption


class Combination(Protocol):
    """One combination of settings with what became of it."""

    @property
    def name(self) -> str:
        """What is set, such as ``lags=6``."""

    @property
    def changes(self) -> Mapping[str, str]:
        """Swept keys and their values."""

    @property
    def settings(self) -> Mapping[str, str]:
        """All settings, flat."""

    @property
    def panel(self) -> Panel:
        """The data it was scored on."""

    @property
    def rows(self) -> pd.DataFrame:
        """Scored rows of its models."""

    @property
    def scores(self) -> pd.DataFrame:
        """Its score table."""

    @property
    def baselines(self) -> tuple[str, ...]:
        """Models that are baselines."""


def of_sweep(name: str) -> str:
    """Return the name in MLflow of an experiment's sweeps, which stand apart from the runs that make forecasts."""
    return f"{name}-sweep"


def log_sweep(
    name: str,
    combinations: Sequence[Combination],
    table: pd.DataFrame,
    *,
    caption: Caption,
    store: str,
    experiment: str | None = None,
    artefacts: str | None = None,
) -> str:
    """Write a sweep to MLflow and return the id of its run.

    Parameters
    ----------
    name
        Of the sweep.
    combinations
        In order, the first one the one that others are compared with.
    table
        The table at the end (`harmattan.sweep.SweepResult.table`).
    caption
        Of the data.
    store
        Tracking URI.
    experiment
        Name in MLflow; `of_sweep` if None.
    artefacts
        Folder or address under which a new experiment keeps its artefacts; a shared database needs one. Where the
        store keeps them by itself if None.

    Raises
    ------
    harmattan.tracking.store.TrackingError
        If the store is locked or broken.
    """
    first, best = combinations[0], table.iloc[0]
    tags = {
        "sweep": "true",
        "combinations": str(len(combinations)),
        "best": f"{best['combination']}: {best['model']}",
        "data_sha256": first.panel.content_hash(),
        "data_source": caption.source,
        "harmattan_version": harmattan.__version__,
    }
    with opened(store) as client:
        home = experiment_id(client, store, experiment or of_sweep(name), artefacts)
        with run(client, home, f"{name} sweep") as parent:
            params = {summary.key(key): text for key, text in first.settings.items() if key not in first.changes}
            log_values(client, parent, {key: text[:6000] for key, text in params.items()}, tags, [])
            log_data(client, first.panel, caption, parent, name=f"counts of {name}", context="training")
            client.log_text(parent, as_csv(table), "sweep.csv")
            for each in combinations:
                _log_one(client, home, parent, each)
    return parent


def _log_one(client: MlflowClient, home: str, parent: str, each: Combination) -> None:
    with run(client, home, each.name, parent=parent) as run_id:
        params = {summary.key(key): text for key, text in each.changes.items()}
        models = [name for name in dict.fromkeys(each.scores["model"]) if name not in each.baselines]
        scores = [
            summary.Score(f"{summary.key(str(name))}/{score.key}", score.value, score.horizon)
            for name in models
            for score in summary.scores(each.scores, str(name))
        ]
        tags = {"combination": each.name, "data_sha256": each.panel.content_hash()}
        log_values(client, run_id, params, tags, scores)
        log_losses(
            client, run_id, monthly(each.rows), data=each.panel.content_hash(), settings=each.settings,
            models={}, baselines=each.baselines,
        )  # fmt: skip

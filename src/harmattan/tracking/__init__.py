"""Results in MLflow: a run for the experiment, one below it for every model, the champion in the registry.

No other module imports mlflow, and this one does so only when something is logged or loaded.
Models too are imported only where one is logged or loaded: a comparison of runs need not wait for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harmattan.comparison.losses import monthly
from harmattan.spreadsheet import as_csv
from harmattan.tracking import cards, registry, summary
from harmattan.tracking.errors import TrackingError, UntrustedTypeError
from harmattan.tracking.external import log_external
from harmattan.tracking.recorded import log_losses, read_runs
from harmattan.tracking.registry import Decision, promote
from harmattan.tracking.store import alone_with, default_store, experiment_id, opened, prepare, run, shown
from harmattan.tracking.sweeps import log_sweep, of_sweep
from harmattan.tracking.values import log_data, log_values

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.pyfunc import PyFuncModel

    from harmattan.result import Result

__all__ = [
    "Decision",
    "TrackingError",
    "default_store",
    "load_champion",
    "log",
    "log_external",
    "log_sweep",
    "of_sweep",
    "opened",
    "prepare",
    "promote",
    "read_runs",
    "shown",
]

CARD = "card.md"


def log(
    result: Result,
    *,
    store: str,
    release: Path | None = None,
    experiment: str | None = None,
    artefacts: str | None = None,
    keep: Sequence[str] | None = None,
) -> str:
    """Write a result to MLflow.

    Parameters
    ----------
    result
        What an experiment found.
    store
        Tracking URI, such as ``sqlite:///mlflow.db``; see `default_store`.
    release
        Folder of the release; the maps in it are kept with the run.
    experiment
        Name in MLflow; that of the result if None.
    artefacts
        Folder or address under which a new experiment keeps its artefacts; a shared database needs one. Where the
        store keeps them by itself if None.
    keep
        Names of models to keep as files that can be loaded; all that are no baselines if None. The two best are always
        kept. Of these the first run of an experiment registers champion and challenger, later runs a challenger: only
        `promote` moves the champion. A forest of 150 trees for 12 horizons takes 7 MB
        and some seconds.

    Returns
    -------
    str
        The id of the experiment's run; those of the models lie below it.

    Raises
    ------
    ValueError
        If `keep` names a model that the result does not have.
    TrackingError
        If the store is locked or broken. Runs begun by then are marked FAILED.
    """
    kept = [name for name in result.fitted if name not in result.baselines] if keep is None else list(keep)
    unknown = sorted(set(kept) - set(result.fitted))
    if unknown:
        raise ValueError(f"keep must name models of the result, {', '.join(result.fitted)}; got {unknown[0]!r}")
    name = experiment or result.name
    with opened(store) as client:
        home = experiment_id(client, store, name, artefacts)
        with run(client, home, f"{name} {result.forecast.origin}") as parent:
            _log_experiment(client, result, parent, release)
            best = list(summary.ranking(result).index[:2])
            models = {
                each: _log_model(client, result, each, home=home, parent=parent, keep=each in {*best, *kept})
                for each in result.fitted
            }
            with alone_with(store):
                versions = registry.register(client, result, name, models, best)
            for alias in (registry.CHAMPION, registry.CHALLENGER):
                client.set_tag(parent, f"{alias}_version", versions.get(alias, "none"))
    return parent


def load_champion(store: str, experiment_name: str) -> PyFuncModel:
    """Return the champion of an experiment, ready to forecast.

    Its ``predict`` takes a frame with the columns ``region`` and ``horizon`` and the parameters ``draws``,
    ``seed`` and ``at_least``; see `harmattan.tracking.served.Served`.

    No code that lies in the store is run; see `harmattan.tracking.loading`.

    Raises
    ------
    TrackingError
        If the store has no champion of this experiment, or is locked or broken.
    UntrustedTypeError
        If the champion is not a model that Harmattan logged.
    """
    from harmattan.tracking import loading

    with opened(store):
        return loading.load(f"models:/{registry.registered_name(experiment_name)}@{registry.CHAMPION}")


def _log_experiment(client: MlflowClient, result: Result, parent: str, release: Path | None) -> None:
    card = cards.experiment_card(result)
    tags = {**summary.tags(result), "mlflow.note.content": summary.note(card)}
    if release is not None:
        tags["release"] = release.name
    log_values(client, parent, summary.settings(result), tags, summary.scores(result.scores, result.champion))
    log_data(client, result.panel, result.caption, parent, name=f"counts of {result.name}", context="training")
    log_losses(
        client,
        parent,
        monthly(result.rows),
        data=result.panel.content_hash(),
        settings=summary.settings(result),
        models={name: summary.parameters(model) for name, model in result.fitted.items()},
        baselines=result.baselines,
    )
    client.log_text(parent, card, CARD)
    client.log_text(parent, as_csv(result.scores), "scores.csv")
    client.log_text(parent, as_csv(result.forecast.table()), "forecast.csv")
    for picture in sorted((release / "maps").glob("*.png")) if release is not None else ():
        client.log_artifact(parent, str(picture), "maps")


def _log_model(
    client: MlflowClient, result: Result, name: str, *, home: str, parent: str, keep: bool
) -> tuple[str, str | None]:
    """Log a model's run; return its id, and the model's if it has been kept."""
    from harmattan.tracking import logged

    card = cards.model_card(result, name)
    tags = {
        "model": name,
        "baseline": str(name in result.baselines).lower(),
        "origin": str(result.forecast.origin),
        "data_cutoff": summary.data_cutoff(result, name),
        "mlflow.note.content": summary.note(card),
    }
    model_id = None
    with run(client, home, name, parent=parent) as run_id:
        if keep:
            try:
                model_id = logged.log_model(client, result, name, experiment=home, run_id=run_id)
            except UntrustedTypeError as error:
                tags["not_kept"] = str(error)
        scores = summary.scores(result.scores, name)
        log_values(client, run_id, summary.parameters(result.fitted[name]), tags, scores, model_id)
        client.log_text(run_id, card, CARD)
    return run_id, model_id

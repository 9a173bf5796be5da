"""The model registry: who is champion and challenger, and the gate between them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from harmattan.comparison.gate import Verdict, judge
from harmattan.months import month
from harmattan.tracking.artefacts import plain
from harmattan.tracking.errors import TrackingError
from harmattan.tracking.recorded import read_losses
from harmattan.tracking.store import alone_with, opened
from harmattan.tracking.summary import data_cutoff, parameters

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

    from harmattan.result import Result

PREFIX = "harmattan-"
CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True)
class Decision:
    """What became of a challenger.

    Attributes
    ----------
    promoted
        Whether it is the champion now.
    champion, challenger
        What was compared, such as ``version 2, pool, origin 2023-12``.
    verdict
        Why, with figures.
    """

    promoted: bool
    champion: str
    challenger: str
    verdict: Verdict

    def __str__(self) -> str:
        """The decision in sentences."""
        word = "is champion now, in place of" if self.promoted else "is not promoted; champion stays"
        return "\n".join([f"{self.challenger} {word} {self.champion}.", *self.verdict.reasons])


def registered_name(experiment_name: str) -> str:
    """Return the name in the model registry.

    Examples
    --------
    >>> registered_name("sahel")
    'harmattan-sahel'
    """
    return f"{PREFIX}{plain(experiment_name)}"


def register(
    client: MlflowClient,
    result: Result,
    experiment: str,
    models: Mapping[str, tuple[str, str | None]],
    best: Sequence[str],
) -> dict[str, str]:
    """Register the best models of a run and return the versions that bear each alias.

    The first run of an experiment names its best model champion and the second best challenger. Later runs never move
    the champion (`promote` does): their best model that is not the champion's own forecast becomes challenger.

    Parameters
    ----------
    models
        Run and logged model by name; models that were not kept cannot be registered.
    best
        Names of models, best first.
    """
    name = registered_name(experiment)
    aliases = _aliases(client, name, experiment)
    kept = [each for each in best if models[each][1] is not None]
    if CHAMPION not in aliases:
        wanted = [(each, alias) for each, alias in zip(best, (CHAMPION, CHALLENGER), strict=False) if each in kept]
    else:
        holders = [_tags(client, name, version) for version in aliases.values()]
        champion = _tags(client, name, aliases[CHAMPION])
        other = [each for each in kept if _forecast_hash(result, each) != champion.get("forecast_sha256")][:1]
        known = {each.get("forecast_sha256") for each in holders}
        wanted = [(each, CHALLENGER) for each in other if _forecast_hash(result, each) not in known]
    # The champion comes last so that it is the newest version, the one MLflow shows first.
    for model, alias in reversed(wanted):
        run_id, model_id = models[model]
        made = client.create_model_version(
            name, f"models:/{model_id}", run_id, tags=_about(result, model), description=f"{model}, {result.name}",
            model_id=model_id, await_creation_for=0,
        )  # fmt: skip
        client.set_registered_model_alias(name, alias, made.version)
        aliases[alias] = str(made.version)
    return aliases


def promote(store: str, experiment: str, *, challenger: str = CHALLENGER, date: str) -> Decision:
    """Make a challenger the champion if it passes the gate, and record the decision on its version.

    The gate is `harmattan.comparison.gate.judge`: better by log score and not worse on onsets, outside noise, on the
    same rows. The champion's own model and parameters, learnt from newer data, need only be no worse.

    Parameters
    ----------
    store
        Tracking URI.
    experiment
        Name in MLflow.
    challenger
        An alias or a version number of the experiment's registered model.
    date
        Day of the decision, written with it.

    Returns
    -------
    Decision
        Whether it was promoted, and why. If so, it bears the alias ``champion`` and no longer ``challenger``.

    Raises
    ------
    TrackingError
        If there is no champion or challenger, they are the same, or their runs have no losses.
    """
    # Of two at once the second is compared with the champion that the first has made.
    with opened(store) as client, alone_with(store):
        name = registered_name(experiment)
        held, new = _version(client, name, CHAMPION), _version(client, name, challenger)
        if held.version == new.version:
            raise TrackingError(f"version {new.version} of {name} is the champion already; name another version")
        verdict = judge(_losses(client, held), _losses(client, new), refitted=_refitted(held, new))
        decision = Decision(verdict.passed, _said(held), _said(new), verdict)
        _record(client, new, decision, date)
        if verdict.passed:
            client.set_registered_model_alias(name, CHAMPION, new.version)
            if client.get_registered_model(name).aliases.get(CHALLENGER) in (new.version, str(new.version)):
                client.delete_registered_model_alias(name, CHALLENGER)
        return decision


def _aliases(client: MlflowClient, name: str, experiment: str) -> dict[str, str]:
    """Aliases and their versions; the registered model is made if it is not there yet."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description=f"Forecasts of the experiment {experiment}.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    return {alias: str(version) for alias, version in client.get_registered_model(name).aliases.items()}


def _version(client: MlflowClient, name: str, which: str) -> ModelVersion:
    from mlflow.exceptions import MlflowException

    try:
        if which.isdigit():
            return client.get_model_version(name, which)
        return client.get_model_version_by_alias(name, which)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        raise TrackingError(
            f"{name} has no {'version' if which.isdigit() else 'alias'} {which!r}: run the experiment first, or name "
            "an alias or version that `mlflow ui` shows (forecasts made elsewhere have none: they cannot be loaded)"
        ) from error


def _tags(client: MlflowClient, name: str, version: str) -> dict[str, str]:
    return dict(client.get_model_version(name, version).tags)


def _about(result: Result, model: str) -> dict[str, str]:
    made = json.dumps(parameters(result.fitted[model]), sort_keys=True)
    return {
        "model": model,
        "origin": str(result.forecast.origin),
        "data_cutoff": data_cutoff(result, model),
        "data_sha256": result.panel.content_hash(),
        "parameters_sha256": sha256(made.encode()).hexdigest(),
        "forecast_sha256": _forecast_hash(result, model),
    }


def _forecast_hash(result: Result, model: str) -> str:
    made = result.forecasts[model]
    digest = sha256("|".join([str(made.origin), *map(str, made.horizons), *map(str, made.regions)]).encode())
    digest.update(made.draws.astype("<i4").tobytes())
    return digest.hexdigest()


def _losses(client: MlflowClient, version: ModelVersion) -> pd.DataFrame:
    parent = client.get_run(str(version.run_id)).data.tags.get("mlflow.parentRunId", str(version.run_id))
    losses = read_losses(client, parent)
    own = losses[losses["model"] == version.tags.get("model")]
    if own.empty:
        raise TrackingError(f"version {version.version} of {version.name} has no losses in its run {parent}")
    return own


def _refitted(held: ModelVersion, new: ModelVersion) -> bool:
    same = all(held.tags.get(key) == new.tags.get(key) for key in ("model", "parameters_sha256"))
    return same and month(new.tags["data_cutoff"]) > month(held.tags["data_cutoff"])


def _said(version: ModelVersion) -> str:
    return f"version {version.version} ({version.tags.get('model')}, origin {version.tags.get('origin')})"


def _record(client: MlflowClient, new: ModelVersion, decision: Decision, date: str) -> None:
    tags = {
        "decision": "promoted" if decision.promoted else "refused",
        "decided": date,
        "compared_with": decision.champion,
        "reasons": " ".join(decision.verdict.reasons),
    }
    for name, each in decision.verdict.figures.items():
        tags |= {
            f"{name}_difference": f"{each.difference:.6f}",
            f"{name}_interval": f"{each.lower:.6f} to {each.upper:.6f}",
            f"{name}_months": str(each.months),
            f"{name}_rows": str(each.rows),
        }
    for key, text in tags.items():
        client.set_model_version_tag(new.name, str(new.version), key, text)

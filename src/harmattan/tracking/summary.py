"""What of a result goes to MLflow, as plain values: parameters, tags and scores."""

from __future__ import annotations

import inspect
import math
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import harmattan
from harmattan import paths
from harmattan.regions import LEVELS
from harmattan.scores.catalogue import ROW_SCORES

if TYPE_CHECKING:
    from harmattan.models import Forecaster
    from harmattan.result import Result

LONGEST_PARAMETER = 6000
LONGEST_NOTE = 8000


@dataclass(frozen=True)
class Score:
    """One value of one score; MLflow shows horizons as steps."""

    key: str
    value: float
    horizon: int


def scores(table: pd.DataFrame, model: str) -> list[Score]:
    """Return a model's scores: ``<set>/<score>`` by horizon; ``<set>/<score>_mean`` at step 0.

    Parameters
    ----------
    table
        From `harmattan.scores.table.score_table`.
    model
        Name in it.
    """
    table = table[table["model"] == model]
    by_horizon = [
        Score(key(f"{row.set}/{row.score}"), float(row.value), int(row.horizon))  # type: ignore[arg-type]
        for row in table.itertuples()
    ]
    means = [
        Score(key(f"{name}/{score}_mean"), float(part["value"].mean()), 0)
        for (name, score), part in table[table["score"].isin(ROW_SCORES)].groupby(["set", "score"])
    ]
    return [each for each in by_horizon + means if math.isfinite(each.value)]


def ranking(result: Result) -> pd.Series:
    """Return the mean log score by model, horizons weighing alike, best first; the champion is the first."""
    table = result.scores[(result.scores["set"] == "all") & (result.scores["score"] == "log_score")]
    total = table[table["model"].isin(list(result.fitted))].groupby("model")["value"].mean().sort_values(kind="stable")
    first = total.index == result.champion
    ranked: pd.Series = pd.concat([total[first], total[~first]])
    return ranked


def settings(result: Result) -> dict[str, str]:
    """Return the experiment's settings as MLflow takes them."""
    return {key(name): _short(value) for name, value in result.settings.items()}


def parameters(model: Forecaster) -> dict[str, str]:
    """Return what a model was made with: its constructor's arguments, an estimator's own, pool weights."""
    from sklearn.base import BaseEstimator

    from harmattan.models.combine import Pool

    found: dict[str, object] = {"class": f"{type(model).__module__}.{type(model).__qualname__}"}
    for name in inspect.signature(type(model)).parameters:
        value = getattr(model, name, None)
        if isinstance(model, Pool) and name == "members":
            found["members"] = ", ".join(model.members)
        elif isinstance(value, BaseEstimator):
            found[name] = " ".join(repr(value).split())
            found |= {f"{name}.{each}": part for each, part in value.get_params().items() if _is_plain(part)}
        elif isinstance(value, Mapping):
            found |= {f"{name}.{each}": part for each, part in value.items()}
        elif isinstance(value, list | tuple):
            found[name] = ", ".join(str(getattr(each, "column", each)) for each in value)
        else:
            found[name] = value
    return {key(name): _short(str(value)) for name, value in found.items()}


def tags(result: Result) -> dict[str, str]:
    """Return what runs are searched by: data, place, time, seed and code."""
    forecast, table = result.forecast, result.panel.regions.table
    levels = {number: name for name, number in LEVELS.items()}
    held = sorted(set(table["level"])) if "level" in table else []
    found = {
        "title": result.caption.title,
        "champion": result.champion,
        "measure": forecast.measure,
        "origin": str(forecast.origin),
        "horizons": ", ".join(map(str, forecast.horizons)),
        "data_cutoff": data_cutoff(result, result.champion),
        "data_source": result.caption.source,
        "data_sha256": result.panel.content_hash(),
        "regions": str(len(table)),
        "region_level": ", ".join(levels.get(each, str(each)) for each in held) or "own polygons",
        "countries": ", ".join(sorted(table["country"].unique())),
        "seed": str(result.seed),
        "harmattan_version": harmattan.__version__,
    }
    actors = [value for name, value in result.settings.items() if name.rpartition(".")[2] == "actor"]
    if actors:
        found["actor"] = actors[0]
    return {name: _short(value) for name, value in {**found, **_commit()}.items()}


def data_cutoff(result: Result, model: str) -> str:
    """Return the last month a model has seen; before the origin where the newest months were withheld."""
    setting = getattr(result.fitted[model], "setting_", None)
    return str(getattr(setting, "origin", min(result.panel.origin, result.forecast.origin)))


def note(card: str) -> str:
    """Return a card cut to what a note in MLflow holds."""
    rest = "\n\n(cut here; the whole card is among the artefacts)"
    return card if len(card) <= LONGEST_NOTE else card[: LONGEST_NOTE - len(rest)] + rest


def key(name: str) -> str:
    """Return a name made of the characters MLflow takes in names of parameters and metrics.

    Examples
    --------
    >>> key("onset/crps_skill_vs_rate(12)")
    'onset/crps_skill_vs_rate_12_'
    """
    return re.sub(r"[^A-Za-z0-9_. /-]", "_", name)[:250]


def _commit() -> dict[str, str]:
    """The commit of a checkout and whether files differ from it; nothing for an installed package."""
    root = paths.PACKAGE.parents[1]
    if not (root / ".git").exists():
        return {}
    try:
        commit, status = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain")
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"mlflow.source.git.commit": commit, "git_dirty": str(bool(status)).lower()}


def _git(root: Path, *words: str) -> str:
    command = ["git", "-C", str(root), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_PARAMETER else text[: LONGEST_PARAMETER - 1] + "…"

"""Sweeps: every combination of settings tried on the same past, cached by content, and one table at the end.

A model is tried once at each origin for each distinct content of what decides its scores (data, its own settings and
those of its members, horizons, draws, seed and code), so a sweep over one model's parameters tries the others once.
Scored rows lie in the cache (`harmattan.cache`); a sweep that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harmattan.cache import content_key, data_hash
from harmattan.comparison.gate import paired
from harmattan.comparison.losses import monthly
from harmattan.experiment import Progress, try_on_past
from harmattan.inputs import baselines_of, models_of, read_data
from harmattan.months import month
from harmattan.panel import Panel
from harmattan.result import Caption
from harmattan.scores.table import score_table
from harmattan.sweep.grid import combinations
from harmattan.workers import Workers

__all__ = ["Combination", "SweepResult", "run_sweep"]

EVERY = "every"


@dataclass(frozen=True, eq=False)
class Combination:
    """One combination of settings with what became of it.

    Attributes
    ----------
    name
        What is set, such as ``lags=6``.
    changes
        Swept keys and their values as text.
    settings
        All settings, flat.
    panel
        The data it was scored on.
    rows
        Scored rows of its models (`harmattan.backtest.score_rows`).
    scores
        Their score table.
    baselines
        Names of the models that are baselines.
    keys
        The content hash of each model.
    """

    name: str
    changes: Mapping[str, str]
    settings: Mapping[str, str]
    panel: Panel
    rows: pd.DataFrame
    scores: pd.DataFrame
    baselines: tuple[str, ...]
    keys: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class SweepResult:
    """What a sweep found.

    Attributes
    ----------
    name
        Of the experiment.
    caption
        Of its data.
    combinations
        In the order of the grid; the others are compared with the first.
    table
        One row per combination and model, best first: ``combination, model``, the swept keys, ``log_score`` (all
        rows, horizons weighing alike), ``difference, lower, upper`` (the first combination's loss less this one's, of
        the same model on the same rows, above 0 where this is better, 95 % interval; NaN for the first, where rows
        differ, and for models that the sweep does not touch), ``months, rows`` (what the difference is of). A model
        that the combinations do not change stands once, with the combination ``every``.
    tried, reused
        Models that were tried, at some origins at least, and that the cache had at all of them.
    """

    name: str
    caption: Caption
    combinations: tuple[Combination, ...]
    table: pd.DataFrame
    tried: int
    reused: int


def run_sweep(
    experiment_values: Mapping[str, Any],
    sweep: Mapping[str, Any],
    *,
    cache: Path,
    workers: int | Workers = 1,
    progress: Progress | None = None,
) -> SweepResult:
    """Try every combination of settings on the past.

    Parameters
    ----------
    experiment_values
        The experiment as its TOML says (models of ``models_from`` among its own).
    sweep
        A list of values for each dotted key, such as ``{"models.endemic.parameters.lags": [6, 12]}``.
    cache
        Folder of scored rows; made if it is not there. Entries that are damaged are computed again.
    workers
        Processes, or where to run (`harmattan.workers.workers`); the result is the same.
    progress
        Called with what is being done, how many past months are tried and how many there are.

    Raises
    ------
    harmattan.settings.SettingsError
        If a key is unknown or a combination is no experiment; nothing has been tried then.
    """
    grid = combinations(experiment_values, sweep)
    # Every combination is built before the first is tried, so that a wrong parameter is found at once.
    for _, experiment in grid.values():
        models_of(experiment)
    data: dict[str, tuple[Panel, Caption, str]] = {}
    done, tried, reused = 0, 0, 0
    total = sum(experiment.backtest.origins for _, experiment in grid.values())
    found = []
    for name, (changes, experiment) in grid.items():
        place = experiment.model_dump_json(include={"data", "regions", "title"})
        if place not in data:
            panel, caption = read_data(experiment)
            data[place] = panel, caption, data_hash(panel)
        panel, _, mark = data[place]

        def tell(_what: str, part: int, _whole: int, before: int = done) -> None:
            if progress is not None:
                progress("trying combinations", min(before + part, total), total)

        keys = {each: content_key(experiment, each, mark) for each in experiment.models}
        origin = month(experiment.forecast.origin) if experiment.forecast.origin else panel.origin
        past = try_on_past(
            experiment, panel, models_of(experiment), origin=origin, workers=workers, cache=cache, progress=tell
        )
        tried, reused = tried + len(past.tried), reused + len(keys) - len(past.tried)
        done += experiment.backtest.origins
        tell("", 0, 0, done)
        baselines = baselines_of(experiment)
        scores = score_table(past.rows, baselines)
        found.append(Combination(name, changes, experiment.flat(), panel, past.rows, scores, baselines, keys))
    caption = next(iter(data.values()))[1]
    first = next(iter(grid.values()))[1]
    return SweepResult(first.name, caption, tuple(found), _table(found), tried, reused)


def _table(found: Sequence[Combination]) -> pd.DataFrame:
    losses = [monthly(each.rows) for each in found]
    first = {str(name): part for name, part in losses[0].groupby("model")}
    lines = []
    for place, each in enumerate(found):
        means = each.scores[(each.scores["set"] == "all") & (each.scores["score"] == "log_score")]
        for model, mean in ((str(name), value) for name, value in means.groupby("model")["value"].mean().items()):
            untouched = all(other.keys.get(model) == each.keys[model] for other in found)
            if untouched and place:
                continue
            line: dict[str, object] = {"combination": EVERY if untouched else each.name, "model": model}
            line |= {key: "" if untouched else text for key, text in each.changes.items()}
            own = losses[place][losses[place]["model"] == model]
            pair = paired(first[model], own, "all") if place and model in first else None
            line |= {"log_score": mean, "difference": np.nan, "lower": np.nan, "upper": np.nan, "months": 0, "rows": 0}
            if pair is not None:
                line |= {
                    "difference": pair.difference, "lower": pair.lower, "upper": pair.upper,
                    "months": pair.months, "rows": pair.rows,
                }  # fmt: skip
            lines.append(line)
    return pd.DataFrame(lines).sort_values("log_score", ignore_index=True, kind="stable")

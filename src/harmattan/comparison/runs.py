"""A run as a comparison needs it, and which runs can be compared: those that were scored on the same rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import union_categoricals

from harmattan.comparison.losses import CELL
from harmattan.scores.catalogue import ROW_SCORES
from harmattan.scores.comparison import FEWEST_MONTHS

TEXTS = ("model", "set", "origin", "score", "rows")
NUMBERS = ("run", "horizon", "loss", "n")


@dataclass(frozen=True, eq=False)
class Tracked:
    """A run with all its models.

    Attributes
    ----------
    run
        Its id.
    name
        Its name, such as ``burkina 2023-12``.
    started
        When it was logged, ISO 8601.
    data
        Content hash of the data.
    losses
        `harmattan.comparison.losses.monthly` of its models; texts may be categories.
    settings
        The experiment's settings.
    models
        Parameters by model.
    baselines
        Names of the models that are baselines.
    external
        Whether the forecast was made elsewhere.
    """

    run: str
    name: str
    started: str
    data: str
    losses: pd.DataFrame
    settings: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    baselines: tuple[str, ...] = ()
    external: bool = False


@dataclass(frozen=True, eq=False)
class Common:
    """Losses of several runs on the rows that all of them were scored on.

    Attributes
    ----------
    kept
        The runs.
    losses
        Their losses, with a column ``run`` of places in `kept`.
    notes
        What was left out, in sentences.
    """

    kept: tuple[Tracked, ...]
    losses: pd.DataFrame
    notes: tuple[str, ...]


def common(runs: Sequence[Tracked], scores: Collection[str] = ROW_SCORES) -> Common:
    """Take runs, newest first, as long as there are months that all were scored on, and their losses by some scores.

    Months are the same where regions and observed counts are. At least 8 must remain, or as many as the newest run has.

    Raises
    ------
    ValueError
        If there is no run, or the newest has one model and no other run shares rows with it.
    """
    if not runs:
        raise ValueError("there is no run to compare; run an experiment first")
    ordered = sorted(runs, key=lambda each: (each.started, each.run), reverse=True)
    whole = _joined([each.losses for each in ordered], scores)
    cells = whole.groupby(CELL, sort=True, observed=True)
    cell = cells.ngroup().to_numpy()
    facts = cells.size().reset_index()
    has = np.zeros((len(ordered), len(facts)), dtype=bool)
    has[whole["run"].to_numpy(), cell] = True
    shared, kept, notes = _taken(ordered, has, facts)
    if len(kept) == 1 and len(ordered) > 1 and ordered[0].losses["model"].nunique() == 1:
        raise ValueError(
            f"no other run was scored on the same rows as {ordered[0].name} ({ordered[0].run[:8]}), the newest: "
            f"{len(ordered) - 1} others have other regions, origins, horizons or counts; compare runs of the same data"
        )
    places = np.full(len(ordered), -1)
    places[kept] = np.arange(len(kept))
    inside = (places[whole["run"].to_numpy()] >= 0) & shared[cell]
    losses = whole[inside].assign(run=places[whole["run"].to_numpy()[inside]])
    return Common(tuple(ordered[each] for each in kept), losses.reset_index(drop=True), tuple(notes))


def _joined(losses: Sequence[pd.DataFrame], scores: Collection[str]) -> pd.DataFrame:
    """Losses of all runs, the place of each in ``run``; texts as categories, since there may be millions of rows."""
    parts = [each[each["score"].isin(list(scores))].assign(run=place) for place, each in enumerate(losses)]
    columns: dict[str, Any] = {name: np.concatenate([each[name].to_numpy() for each in parts]) for name in NUMBERS}
    for name in TEXTS:
        columns[name] = union_categoricals([_numbered(each[name]) for each in parts], sort_categories=True)
    return pd.DataFrame(columns)


def _numbered(texts: pd.Series) -> pd.Series:
    return texts if isinstance(texts.dtype, pd.CategoricalDtype) else texts.astype("category")


def _taken(
    runs: Sequence[Tracked], has: npt.NDArray[np.bool_], facts: pd.DataFrame
) -> tuple[npt.NDArray[np.bool_], list[int], list[str]]:
    """Cells that the runs taken share, places of these runs, and a note on what was not taken."""
    everywhere = (facts["set"] == "all").to_numpy()
    origins = facts["origin"].to_numpy()

    def months(cells: npt.NDArray[np.bool_]) -> int:
        return len(np.unique(origins[cells & everywhere]))

    shared, kept, out = has[0], [0], []
    enough = min(FEWEST_MONTHS, months(shared))
    for place in range(1, len(runs)):
        both = shared & has[place]
        if months(both) >= enough:
            shared, kept = both, [*kept, place]
        else:
            out.append((runs[place], months(both)))
    notes = []
    if out:
        first, left = out[0]
        notes.append(
            f"{len(out)} of {len(runs)} runs are left out: scored on other rows than the newest; first {first.name} "
            f"({first.run[:8]}), which shares {left} months with those taken."
        )
    every = np.asarray(has[kept].any(axis=0))
    if shared.sum() < every.sum():
        notes.append(
            f"Compared on the {months(shared)} months that all {len(kept)} runs were scored on; "
            f"{months(every) - months(shared)} others are not counted."
        )
    return shared, kept, notes

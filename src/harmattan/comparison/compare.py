"""The comparison of models from several runs: one table, and what differs between the runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from harmattan.comparison.losses import weights
from harmattan.comparison.runs import Common, Tracked, common
from harmattan.named import nearest
from harmattan.scores.catalogue import ROW_SCORES
from harmattan.scores.comparison import FEWEST_MONTHS, confidence_set, hac

OVERALL = "mean"
TESTED = 20
LEVEL = 0.9
REFERENCES = ("conflictology",)
SCORES = ("log_score", "brier", "crps")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models of several runs on the same rows.

    Attributes
    ----------
    table
        One row per model, set, score and horizon (``mean``: over horizons): ``model, set, score, horizon, loss,
        difference, lower, upper, best_set, p, months, rows``. `difference` is the reference's loss less the model's,
        above 0 where the model is better, with a 95 % interval; `best_set` says whether the model is in the 90 % model
        confidence set, for the `TESTED` models of lowest loss and horizon ``mean`` (NA elsewhere).
    reference
        The model that the others are compared with.
    models
        One row per model: ``model, name, run, started, external, baseline, runs`` (how many runs hold it with the same
        losses).
    differing
        Parameters and settings that differ: runs and models down, keys across.
    data
        One row per content hash: ``data, runs, first`` (the first run with it).
    notes
        What was left out and what to be careful about, in sentences.
    """

    table: pd.DataFrame
    reference: str
    models: pd.DataFrame
    differing: pd.DataFrame
    data: pd.DataFrame
    notes: tuple[str, ...]


def compare(
    runs: Sequence[Tracked],
    *,
    reference: str | None = None,
    scores: Sequence[str] = SCORES,
    rng: np.random.Generator,
) -> Comparison:
    """Compare all models of several runs on the rows that all runs were scored on.

    Parameters
    ----------
    runs
        Runs with their monthly losses.
    reference
        Label of the model to compare with; conflictology if there is one, else the first baseline, else the first.
    scores
        Names in `harmattan.scores.catalogue.ROW_SCORES`; those that no model has are left out.
    rng
        Source of randomness of the confidence sets.

    Returns
    -------
    Comparison
        Models with the same name and the same losses are one.

    Raises
    ------
    ValueError
        If the runs share no rows, or there is no such reference or score.
    """
    unknown = [each for each in scores if each not in ROW_SCORES]
    if unknown:
        raise ValueError(f"no score is called {unknown[0]!r}{nearest(unknown[0], list(ROW_SCORES))}")
    shared = common(runs, scores)
    losses, models = _labelled(shared)
    chosen = _reference(models, reference)
    parts = [
        _compared(part, chosen, rng)
        for name in losses["set"].unique()
        for score in scores
        if len(part := losses[(losses["set"] == name) & (losses["score"] == score)])
    ]
    data = _data(shared.kept)
    notes = list(shared.notes)
    if len(data) > 1:
        notes.append(
            f"The runs learnt from {len(data)} versions of the data (content hashes differ). The rows compared have "
            "the same counts, but what models learnt from may not."
        )
    table = pd.concat(parts, ignore_index=True)
    if (table["months"] < FEWEST_MONTHS).any():
        notes.append(f"No interval and no best set where there are fewer than {FEWEST_MONTHS} months.")
    return Comparison(table, chosen, models, _differing(shared.kept, models), data, tuple(notes))


def _labelled(shared: Common) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Losses by label and the models behind them: equal losses under one name are one model."""
    losses = shared.losses
    cells = losses[["set", "score", "horizon", "origin"]].assign(loss=losses["loss"].round(12))
    # A sum does not depend on the order of the rows.
    marks = pd.util.hash_pandas_object(cells, index=False)
    same = marks.groupby([losses["run"], losses["model"]], observed=True).sum().reset_index(name="mark")
    same["model"] = same["model"].astype(str)
    # The newest run, the first, gives a model its name and place.
    same = same.sort_values(["run", "model"], kind="stable")
    first = same.drop_duplicates(["model", "mark"])
    models = first.merge(same.groupby(["model", "mark"]).size().reset_index(name="runs"), on=["model", "mark"])
    models["label"] = _labels([str(each) for each in models["model"]], [shared.kept[each] for each in models["run"]])
    kept = [shared.kept[each] for each in models["run"]]
    about = pd.DataFrame({
        "model": models["label"],
        "name": models["model"],
        "run": [each.run for each in kept],
        "started": [each.started for each in kept],
        "external": [each.external for each in kept],
        "baseline": [name in each.baselines for name, each in zip(models["model"], kept, strict=True)],
        "runs": models["runs"],
    })  # fmt: skip
    return _of_models(losses, models), about


def _of_models(losses: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """The losses of the models kept, with their labels; a merge would take as long as all else."""
    names = pd.Index(losses["model"].cat.categories)
    keys = models["run"].to_numpy() * len(names) + names.get_indexer(pd.Index(models["model"]))
    order = np.argsort(keys)
    key = losses["run"].to_numpy() * len(names) + losses["model"].cat.codes.to_numpy()
    place = np.minimum(np.searchsorted(keys[order], key), len(keys) - 1)
    inside = np.asarray(keys[order][place] == key)
    labels = pd.Categorical.from_codes(place[inside], pd.Index(models["label"].to_numpy()[order]))
    kept: pd.DataFrame = losses[inside].drop(columns="run")
    return kept.assign(model=labels)


def _labels(names: list[str], runs: list[Tracked]) -> list[str]:
    """The model's name; where several go by it, with the run's name, and its id if need be."""
    labels = list(names)
    for more in ([f", {run.name}" for run in runs], [f" {run.run[:8]}" for run in runs]):
        counts = Counter(labels)
        labels = [f"{each}{end}" if counts[each] > 1 else each for each, end in zip(labels, more, strict=True)]
    return labels


def _reference(models: pd.DataFrame, asked: str | None) -> str:
    labels = [str(each) for each in models["model"]]
    if asked is not None:
        if asked not in labels:
            raise ValueError(
                f"no model is called {asked!r}{nearest(asked, labels)}; there are {', '.join(labels[:20])}"
            )
        return asked
    known = models[models["name"].isin(REFERENCES)]["model"]
    baselines = models[models["baseline"]]["model"]
    return str([*known, *baselines, *labels][0])


def _compared(losses: pd.DataFrame, reference: str, rng: np.random.Generator) -> pd.DataFrame:
    """The part of the table of one set and score."""
    name, score = str(losses["set"].iloc[0]), str(losses["score"].iloc[0])
    wide = losses.pivot(index="model", columns=["horizon", "origin"], values="loss").sort_index(axis=1)
    n = losses.drop_duplicates(["horizon", "origin"]).set_index(["horizon", "origin"])["n"].reindex(wide.columns)
    horizons = wide.columns.get_level_values("horizon").to_numpy()
    overall = _series(wide, n).mean(axis=0).sort_values(kind="stable")
    tested = list(overall.index[:TESTED])
    parts = []
    for horizon in [OVERALL, *np.unique(horizons)]:
        cells = np.ones(len(horizons), bool) if horizon == OVERALL else horizons == horizon
        series = _series(wide.loc[:, cells], n[cells])
        sure = list(overall.index) if horizon == OVERALL else tested
        part = _with_intervals(series, overall.index, reference, sure)
        members = _best_set(series[tested], int(horizons.max()), rng) if horizon == OVERALL else {}
        found = [members.get(each, (pd.NA, np.nan)) for each in part["model"]]
        part["best_set"] = pd.array([each[0] for each in found], dtype="boolean")
        part["p"] = [each[1] for each in found]
        parts.append(part.assign(horizon=str(horizon), months=len(series), rows=int(n[cells].sum())))
    table = pd.concat(parts, ignore_index=True).assign(set=name, score=score)
    return table[[
        "model", "set", "score", "horizon", "loss", "difference", "lower", "upper", "best_set", "p", "months", "rows"
    ]]  # fmt: skip


def _series(wide: pd.DataFrame, n: pd.Series) -> pd.DataFrame:
    """Weighted monthly losses, origins down and models across; their means are mean losses."""
    share = weights(n.index.get_level_values("horizon"), n.index.get_level_values("origin"), n.to_numpy())
    return pd.DataFrame(share.to_numpy() @ wide.to_numpy().T, index=share.index, columns=wide.index)


def _with_intervals(series: pd.DataFrame, models: pd.Index, reference: str, sure: Sequence[str]) -> pd.DataFrame:
    wide = series[models].to_numpy()
    gaps = (series[reference].to_numpy()[:, None] if reference in series else np.nan) - wide
    bounds = np.full((len(models), 2), np.nan)
    if reference in series and len(series) >= FEWEST_MONTHS:
        for place in np.flatnonzero(models.isin(sure) & (models != reference)):
            interval = hac(gaps[:, place])
            bounds[place] = interval.lower, interval.upper
    found = {"model": models, "loss": wide.mean(axis=0), "difference": gaps.mean(axis=0)}
    return pd.DataFrame(found).assign(lower=bounds[:, 0], upper=bounds[:, 1])


def _best_set(series: pd.DataFrame, longest: int, rng: np.random.Generator) -> dict[str, tuple[bool, float]]:
    """Membership of the model confidence set and p-value by model; models with equal losses share theirs."""
    distinct = series.loc[:, ~series.round(12).T.duplicated()]
    if len(series) < FEWEST_MONTHS or distinct.shape[1] < 2:
        return {}
    block = min(max(longest, 1), max(1, len(series) // 4))
    table = confidence_set(distinct, level=LEVEL, block=block, draws=1000, rng=rng).set_index("model")
    found = {str(each): (bool(row["in_set"]), float(row["p"])) for each, row in table.iterrows()}
    for model in series:
        if model not in found:
            twin = next(each for each in distinct if np.allclose(distinct[each], series[model], rtol=0, atol=1e-11))
            found[str(model)] = found[str(twin)]
    return found


def _differing(runs: Sequence[Tracked], models: pd.DataFrame) -> pd.DataFrame:
    """Parameters of models that go by one name, and settings of runs, where they are not all alike."""
    by_run = {each.run: each for each in runs}
    lines = []
    for label, name, run in models[["model", "name", "run"]].itertuples(index=False):
        own = {f"{name}.{key}": text for key, text in by_run[run].models.get(name, {}).items()}
        lines.append(pd.Series({**_without_models(by_run[run].settings), **own}, name=label, dtype=object))
    wide = pd.DataFrame(lines)
    differs = [key for key in wide if wide[key].dropna().nunique() > 1]
    return wide[differs].dropna(how="all").rename_axis("model")


def _without_models(settings: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in settings.items() if not key.startswith("models.")}


def _data(runs: Sequence[Tracked]) -> pd.DataFrame:
    table = pd.DataFrame({"data": [each.data for each in runs], "first": [each.name for each in runs]})
    found = table.groupby("data", sort=False).agg(runs=("first", "size"), first=("first", "first"))
    return found.reset_index()

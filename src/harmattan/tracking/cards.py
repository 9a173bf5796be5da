"""Cards in Markdown: what an experiment or a model is, what it learnt from, its scores and its limits."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from harmattan.scores.catalogue import ROW_SCORES
from harmattan.tracking.summary import data_cutoff, ranking

if TYPE_CHECKING:
    from harmattan.models import Forecaster
    from harmattan.result import Result

LIMITS = (
    "Learnt from attacks on record: what nobody reported is not in it.",
    "Probabilities for regions and months, not for places and days; no basis for a decision about a person.",
    "Valid for the origin given above; fit again when new months are in.",
)


def experiment_card(result: Result) -> str:
    """Return the card of an experiment: what, data, caveats, champion, skill."""
    caption, forecast, panel = result.caption, result.forecast, result.panel
    lines = [
        f"# {result.name}: {caption.title}",
        "",
        f"Forecast of {forecast.measure} in {len(forecast.regions)} regions, "
        f"{_horizons(forecast.horizons)} after the origin **{forecast.origin}**.",
        "",
        "## Data",
        "",
        f"- Source: {caption.source}",
        f"- Licence: {caption.licence}",
        f"- Months: {panel.months[0]} to {panel.origin}; used: to {data_cutoff(result, result.champion)}",
        f"- Content (SHA-256): `{panel.content_hash()}`",
        "",
        *_listed("Caveats", caption.caveats),
        "## Champion",
        "",
        f"**{result.champion}**, the best mean log score over {_origins(result)} past origins. "
        f"{_what(result, result.champion)}",
        "",
        "Mean log score of all rows, horizons weighing alike, the lower the better:",
        "",
        *_markdown(ranking(result).rename("log_score").rename_axis("model").reset_index()),
        "",
        "## Skill of the champion",
        "",
        *_skill(result, result.champion),
    ]
    return "\n".join(lines) + "\n"


def model_card(result: Result, name: str) -> str:
    """Return the card of a model: what, features, training data, scores against baselines, limits."""
    model, panel = result.fitted[name], result.panel
    lines = [
        f"# {name}",
        "",
        _what(result, name),
        "",
        f"Experiment {result.name}: {result.caption.title}.",
        "",
        "## Learnt from",
        "",
        f"- {result.caption.source}",
        f"- {len(panel.regions)} regions, {panel.months[0]} to {data_cutoff(result, name)}",
        f"- Origin {result.forecast.origin}, {_horizons(result.forecast.horizons)}",
        f"- Content (SHA-256): `{panel.content_hash()}`",
        "",
        *_listed("Features", _features(model)),
        *_listed("Members and their weights", _members(model)),
        f"## Scores over {_origins(result)} past origins",
        "",
        *_skill(result, name),
        "",
        *_listed("Limits", (*LIMITS, *result.caption.caveats)),
    ]
    return "\n".join(lines) + "\n"


def _what(result: Result, name: str) -> str:
    model = result.fitted[name]
    first = (inspect.getdoc(type(model)) or "").partition("\n\n")[0]
    estimator = getattr(model, "estimator", None)
    of = f" Estimator: `{' '.join(repr(estimator).split())}`." if estimator is not None else ""
    return " ".join(first.split()) + of + (" It is a baseline." if name in result.baselines else "")


def _features(model: Forecaster) -> Sequence[str]:
    return [f"`{each}`" for each in getattr(model, "columns_", ())]


def _members(model: Forecaster) -> Sequence[str]:
    from harmattan.models.combine import Pool

    if not isinstance(model, Pool):
        return []
    heavy = model.heavy_weights_
    return [
        f"{name}: {weight:.3g}, in quiet regions {model.quiet_weights_[name]:.3g}"
        + (f", where there are many events {heavy[name]:.3g}" if heavy else "")
        for name, weight in model.weights_.items()
    ]


def _skill(result: Result, name: str) -> list[str]:
    """A table of scores and of skill against each baseline, for all rows and for onsets, horizons across."""
    table = result.scores[result.scores["model"] == name]
    others = [each for each in result.baselines if each != name]
    skills = [f"{score}_skill_vs_{each}" for each in others for score in ("log_score", "crps")]
    shown = [*ROW_SCORES, "auc", "coverage_90", *skills]
    table = table[table["score"].isin(shown)]
    wide = table.pivot_table(index=["set", "score"], columns="horizon", values="value")
    places = [(part, score) for part in dict.fromkeys(table["set"]) for score in shown]
    wide = wide.loc[[each for each in places if each in wide.index]]
    wide.columns = pd.Index([f"h = {horizon}" for horizon in wide.columns])
    return _markdown(wide.reset_index())


def _markdown(table: pd.DataFrame) -> list[str]:
    """Markdown's lines of a table, numbers with three decimals."""
    cells = [
        [("" if pd.isna(each) else f"{each:.3f}") if isinstance(each, float) else str(each) for each in row]
        for row in table.itertuples(index=False)
    ]
    head = [list(map(str, table.columns)), ["---"] * table.shape[1]]
    return [f"| {' | '.join(row)} |" for row in head + cells]


def _listed(heading: str, items: Sequence[str]) -> list[str]:
    return [f"## {heading}", "", *(f"- {each}" for each in items), ""] if items else []


def _horizons(horizons: Sequence[int]) -> str:
    return f"{', '.join(map(str, horizons))} {'month' if horizons == (1,) else 'months'}"


def _origins(result: Result) -> int:
    return int(result.rows["origin"].nunique())

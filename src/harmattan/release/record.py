"""How the forecasts of a result did on past origins: reliability, region by region, charts, and what is suspicious."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from harmattan import charts
from harmattan.layers import rival
from harmattan.result import Result
from harmattan.scores.comparison import over_time, skill_by_horizon
from harmattan.scores.diagnostics import pit_histogram
from harmattan.scores.flags import flags
from harmattan.scores.reliability import consistency, corp, murphy
from harmattan.scores.sets import sets_in, within

SHOWN = 6
THRESHOLDS = np.linspace(0.0, 1.0, 101)
FEWEST_ORIGINS = 18
EVENT = "at least one attack"


def reliability(rows: pd.DataFrame, model: str) -> pd.DataFrame:
    """Return the reliability of a model's probabilities of at least one, by set and horizon.

    Returns
    -------
    pandas.DataFrame
        Columns ``model, set, horizon, probability`` (mean of the rows that isotonic regression gives one frequency),
        ``observed`` (that frequency) and ``n``; nothing for sets without rows.
    """
    parts = []
    for name in sets_in(rows):
        chosen = within(rows[rows["model"] == model], name)
        for horizon, group in chosen.groupby("horizon", sort=True):
            curve = corp(group["observed"] > 0, group["p1"]).curve
            curve = curve.assign(weighed=curve["probability"] * curve["n"])
            steps = curve.groupby("recalibrated", sort=True)[["weighed", "n"]].sum().reset_index()
            table = pd.DataFrame({"probability": steps["weighed"] / steps["n"], "observed": steps["recalibrated"]})
            parts.append(table.assign(model=model, set=name, horizon=int(str(horizon)), n=steps["n"].astype(int)))
    return pd.concat(parts, ignore_index=True)[["model", "set", "horizon", "probability", "observed", "n"]]


def by_region(rows: pd.DataFrame, model: str, baseline: str) -> pd.DataFrame:
    """Return a model's mean Brier score in each region beside a baseline's.

    Returns
    -------
    pandas.DataFrame
        Columns ``region, model, n, brier, brier_baseline``.
    """
    mean = rows[rows["model"].isin([model, baseline])].groupby(["region", "model"], sort=True)["brier"].mean()
    wide = mean.unstack("model")
    n = rows[rows["model"] == model].groupby("region", sort=True).size()
    return pd.DataFrame({"model": model, "n": n, "brier": wide[model], "brier_baseline": wide[baseline]}).reset_index()[
        ["region", "model", "n", "brier", "brier_baseline"]
    ]


def suspicions(result: Result) -> pd.DataFrame:
    """Return what is suspicious about the scored models, see `harmattan.scores.flags.flags`."""
    return flags(result.rows, rng=np.random.default_rng(result.seed))


def write_charts(result: Result, folder: Path) -> list[Path]:
    """Draw how the champion did into a folder: reliability, PIT, Murphy curve, skill by horizon and over time.

    Charts that compare need a baseline and at least 18 origins, or they would show noise.
    """
    champion, against, rows = result.champion, rival(result), result.rows
    first = int(rows["horizon"].min())
    own = rows[(rows["model"] == champion) & (rows["horizon"] == first)]
    happened, chance = own["observed"] > 0, own["p1"]
    bands, _ = consistency(happened, chance, rng=np.random.default_rng(result.seed))
    drawn = {
        "reliability": charts.reliability(corp(happened, chance), bands, model=champion, event=_event(result, first)),
        "pit": charts.pit(pit_histogram(own["pit"]), model=champion),
    }
    if against is not None and own["origin"].nunique() >= FEWEST_ORIGINS:
        other = rows[(rows["model"] == against) & (rows["horizon"] == first)]
        curves = {
            champion: murphy(happened, chance, THRESHOLDS),
            against: murphy(other["observed"] > 0, other["p1"], THRESHOLDS),
        }
        drawn["murphy"] = charts.murphy(curves, THRESHOLDS, event=_event(result, first))
        best = _best(result, against)
        origins = rows.groupby("horizon")["origin"].transform("nunique")
        enough = rows[origins >= FEWEST_ORIGINS]
        told = skill_by_horizon(enough, models=best, baseline=against, rng=np.random.default_rng(result.seed))
        drawn["skill"] = charts.skill(told, baseline=against)
        course = over_time(rows, model=champion, baseline=against, horizon=first)
        drawn["over_time"] = charts.over_time(course, model=champion, baseline=against, horizon=first)
    return [charts.write_png(figure, folder / f"{name}.png") for name, figure in drawn.items()]


def _best(result: Result, against: str) -> list[str]:
    """The champion and the models with the best log scores after it, for one chart."""
    means = result.scores[(result.scores["set"] == "all") & (result.scores["score"] == "log_score")]
    order = means.groupby("model")["value"].mean().sort_values().index
    others = [str(name) for name in order if name not in (result.champion, against)]
    return [result.champion, *others[: SHOWN - 1]]


def _event(result: Result, horizon: int) -> str:
    one = EVENT if result.forecast.measure == "attacks" else f"at least one of {result.forecast.measure}"
    return f"{one}, {horizon} month ahead" if horizon == 1 else f"{one}, {horizon} months ahead"

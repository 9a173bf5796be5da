"""From scores per row to the score table: means by model, set and horizon, and skill against each baseline."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from harmattan.scores.diagnostics import auc, interval_coverage, pit_coverage

SETS = ("all", "onset")
MEANS = ("log_score", "brier", "crps")
COLUMNS = ["model", "set", "horizon", "score", "value", "n"]


def score_table(rows: pd.DataFrame, baselines: Sequence[str] = ()) -> pd.DataFrame:
    """Summarise scored forecasts.

    Parameters
    ----------
    rows
        One row per model, origin, horizon and region, as `harmattan.backtest.backtest` makes them.
    baselines
        Models that every model is compared with.

    Returns
    -------
    pandas.DataFrame
        Columns ``model, set, horizon, score, value, n``. Scores are the means ``log_score``, ``brier`` and
        ``crps``; ``auc`` (absent where all rows of a set turned out alike); ``coverage_90`` by randomised PIT and
        ``coverage_raw_90`` of the 5-95 % interval; and skill ``<score>_skill_vs_<baseline>`` = 1 - score /
        baseline's score on the same rows.

    Raises
    ------
    ValueError
        If the models were not scored on the same rows, since then no comparison is fair.
    """
    _check_same_rows(rows)
    parts = [_summary(rows if name == "all" else rows[rows["onset"]], name) for name in SETS]
    table = pd.concat(parts, ignore_index=True)
    table = pd.concat([table, *(_skill(table, each) for each in baselines)], ignore_index=True)
    return table.sort_values(COLUMNS[:4], ignore_index=True, kind="stable")[COLUMNS]


def _summary(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    found: list[tuple[str, str, int, str, float, int]] = []
    for (model, horizon), group in rows.groupby(["model", "horizon"], observed=True):
        values: dict[str, float | None] = {score: float(group[score].mean()) for score in MEANS}
        values["auc"] = auc(group["observed"] > 0, group["p1"])
        values["coverage_90"] = pit_coverage(group["pit"], 0.9)
        values["coverage_raw_90"] = interval_coverage(group["observed"], group["q05"], group["q95"])
        found += [(str(model), name, int(str(horizon)), s, v, len(group)) for s, v in values.items() if v is not None]
    return pd.DataFrame(found, columns=COLUMNS)


def _skill(table: pd.DataFrame, baseline: str) -> pd.DataFrame:
    means = table[table["score"].isin(MEANS)]
    against = means[means["model"] == baseline].drop(columns=["model", "n"]).rename(columns={"value": "reference"})
    both = means.merge(against, on=["set", "horizon", "score"])
    both = both[both["reference"] > 0]
    both["value"] = 1 - both["value"] / both["reference"]
    both["score"] = both["score"] + f"_skill_vs_{baseline}"
    return both[COLUMNS]


def _check_same_rows(rows: pd.DataFrame) -> None:
    sizes = rows.groupby(["model", "horizon"], observed=True).size().unstack("horizon")
    uneven = sizes.columns[(sizes.nunique(dropna=False) > 1).to_numpy()]
    if len(uneven):
        raise ValueError(
            f"every model must be scored on the same rows; "
            f"at horizon {uneven[0]} they have {sizes[uneven[0]].to_dict()}"
        )

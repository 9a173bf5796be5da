"""From scores per row to the score table: means by model, set and horizon, and skill against each baseline."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from harmattan.scores.catalogue import MAP_SCORES, ROW_SCORES
from harmattan.scores.consistency import TESTS
from harmattan.scores.diagnostics import auc, interval_coverage, pit_coverage
from harmattan.scores.sets import sets_in, within

TAIL = 0.025
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
        Columns ``model, set, horizon, score, value, n``, for all rows and for every other of
        `harmattan.scores.sets.SETS` that is a column of the rows. Scores are the means of those of
        `harmattan.scores.catalogue.SCORES` that are columns; ``auc`` (absent where all rows of a set turned out
        alike); ``coverage_90`` by randomised PIT and ``coverage_raw_90`` of the 5-95 % interval; and skill
        ``<score>_skill_vs_<baseline>`` = 1 - score / baseline's score on the same rows. A set without a row at a
        horizon has one line for each model there, ``rows`` with the value 0.

    Raises
    ------
    ValueError
        If the models were not scored on the same rows, since then no comparison is fair; if no score is a column, or
        one is unknown in a row.
    """
    return _tabled(rows, ROW_SCORES, baselines)


def map_table(rows: pd.DataFrame, baselines: Sequence[str] = ()) -> pd.DataFrame:
    """Summarise scores and tests of whole maps, of one row per model, origin and horizon.

    Parameters
    ----------
    rows
        Columns ``model, origin, horizon`` and at least one score of maps; for each test there is, ``<test>_below`` and
        ``<test>_upto`` (`harmattan.backtest.map_rows`).
    baselines
        Models that every model is compared with.

    Returns
    -------
    pandas.DataFrame
        As `score_table`, and ``<test>_rejected``: the share of origins whose outcome lies below 2.5 % or above 97.5 %
        of the forecast's own futures. For a true forecast it is 0.05 or less, since counts are whole numbers.

    Raises
    ------
    ValueError
        As `score_table`.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["a", "b"], "origin": "2023-01", "horizon": 1, "energy_score": [1.0, 4.0]})
    >>> map_table(rows, ["b"]).query("model == 'a'")[["score", "value"]].values.tolist()
    [['energy_score', 1.0], ['energy_score_skill_vs_b', 0.75]]
    """
    tested = [pd.DataFrame(found, columns=COLUMNS) for found in (_rejected(rows, test) for test in TESTS) if found]
    table = pd.concat([_tabled(rows, MAP_SCORES, baselines), *tested], ignore_index=True)
    return table.sort_values(COLUMNS[:4], ignore_index=True, kind="stable")


def _rejected(rows: pd.DataFrame, test: str) -> list[tuple[str, str, int, str, float, int]]:
    """One row per model and horizon of the rows where the test could be made; none if there is no such column."""
    if f"{test}_below" not in rows:
        return []
    known = rows.dropna(subset=[f"{test}_below", f"{test}_upto"])
    outside = (known[f"{test}_upto"] < TAIL) | (known[f"{test}_below"] > 1 - TAIL)
    found = outside.groupby([known["model"], known["horizon"]], observed=True).agg(["mean", "size"])
    return [
        (str(model), "all", int(str(horizon)), f"{test}_rejected", float(share), int(n))
        for (model, horizon), share, n in found.itertuples(name=None)
    ]


def _tabled(rows: pd.DataFrame, known: Sequence[str], baselines: Sequence[str]) -> pd.DataFrame:
    scores = [name for name in known if name in rows]
    if not scores:
        raise ValueError(f"rows must have a score among their columns, one of {', '.join(known)}")
    _check_known(rows, scores)
    _check_same_rows(rows)
    groups = rows[["model", "horizon"]].drop_duplicates()
    parts = [_summary(within(rows, name), name, scores, groups) for name in sets_in(rows)]
    table = pd.concat(parts, ignore_index=True)
    table = pd.concat([table, *(_skill(table, each, scores) for each in baselines)], ignore_index=True)
    return table.sort_values(COLUMNS[:4], ignore_index=True, kind="stable")[COLUMNS]


def _summary(rows: pd.DataFrame, name: str, scores: Sequence[str], groups: pd.DataFrame) -> pd.DataFrame:
    found: list[tuple[str, str, int, str, float, int]] = []
    parts = {(str(model), int(str(h))): each for (model, h), each in rows.groupby(["model", "horizon"], observed=True)}
    for model, horizon in groups.itertuples(index=False):
        group = parts.get((str(model), int(horizon)))
        values: dict[str, float | None] = {"rows": 0.0}
        if group is not None:
            values = {score: float(group[score].mean()) for score in scores}
            if {"observed", "p1"} <= set(group):
                values["auc"] = auc(group["observed"] > 0, group["p1"])
            if "pit" in group:
                values["coverage_90"] = pit_coverage(group["pit"], 0.9)
            if {"observed", "q05", "q95"} <= set(group):
                values["coverage_raw_90"] = interval_coverage(group["observed"], group["q05"], group["q95"])
        n = 0 if group is None else len(group)
        found += [(str(model), name, int(horizon), s, v, n) for s, v in values.items() if v is not None]
    return pd.DataFrame(found, columns=COLUMNS)


def _skill(table: pd.DataFrame, baseline: str, scores: Sequence[str]) -> pd.DataFrame:
    means = table[table["score"].isin(scores)]
    against = means[means["model"] == baseline].drop(columns=["model", "n"]).rename(columns={"value": "reference"})
    both = means.merge(against, on=["set", "horizon", "score"])
    both = both[both["reference"] > 0]
    both["value"] = 1 - both["value"] / both["reference"]
    both["score"] = both["score"] + f"_skill_vs_{baseline}"
    return both[COLUMNS]


def _check_known(rows: pd.DataFrame, scores: Sequence[str]) -> None:
    for score in scores:
        holes = rows[score].isna()
        if holes.any():
            first = rows[holes].iloc[0]
            raise ValueError(
                f"every row needs a {score}; {int(holes.sum())} have none, first {first['model']} at horizon "
                f"{first['horizon']}"
            )


def _check_same_rows(rows: pd.DataFrame) -> None:
    key = [name for name in ("origin", "region") if name in rows]
    for horizon, part in rows.groupby("horizon", observed=True):
        sizes = part.groupby("model", observed=True).size().reindex(rows["model"].unique(), fill_value=0)
        distinct = len(part[key].drop_duplicates()) if key else int(sizes.max())
        if sizes.nunique() > 1 or int(sizes.iloc[0]) != distinct:
            raise ValueError(
                f"every model must be scored on the same rows, each once; at horizon {horizon} they have "
                f"{sizes.sort_index().to_dict()} of {distinct}"
            )

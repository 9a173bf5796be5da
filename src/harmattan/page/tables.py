"""Tables of a release beside its forecast, as the page needs them; it shows those that are there.

Older releases lack ``reliability.parquet``, columns ``model, set, horizon, probability, observed, n`` (the reliability
curve of P(at least one) on past origins), ``by_region.parquet``, columns ``region, model, n, brier, brier_baseline``
(how the champion did in each region), or ``suspicions.parquet`` (see `harmattan.scores.flags`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from harmattan.expansion import by_country
from harmattan.models.endemic.paths import BACKGROUND, OWN
from harmattan.regions import Regions
from harmattan.release import Release

SENDERS = 5
SMALLEST = 0.0005
DIGITS = 4
OTHERS = "others"
SHOWN = ("reach", "frontier_regions", "active_regions")
PAST_SHOWN = 60


def optional(release: Release, name: str) -> pd.DataFrame | None:
    """Return a table of a release, None if its manifest does not list it: a file slipped in later is not read."""
    file = f"{name}.parquet"
    return pd.read_parquet(release.path / file) if file in release.manifest["files"] else None


def drivers(release: Release) -> dict[str, Any] | None:
    """Return what expected counts are made of, from the table ``pressure``: the largest senders, the rest together.

    Returns
    -------
    dict or None
        ``sources`` (``background``, ``own past``, region codes, ``others``) and columns of equal length: ``region``
        and ``source`` (positions), ``within`` (so many months ahead together), ``expected``.
    """
    table = release.expansion.get("pressure")
    if table is None:
        return None
    table = table[table["receiver"].isin(release.forecast.regions)]
    fixed = table["sender"].isin([BACKGROUND, OWN])
    rank = table[~fixed].groupby(["receiver", "within"])["expected"].rank(method="first", ascending=False)
    small = ~fixed & ~(rank.reindex(table.index) <= SENDERS)
    told = table.assign(sender=table["sender"].mask(small, OTHERS))
    kept = told.groupby(["receiver", "within", "sender"], sort=True)["expected"].sum().reset_index()
    kept = kept[kept["expected"] >= SMALLEST]
    sources, names = pd.factorize(kept["sender"], sort=True)
    return {
        "sources": names.tolist(),
        "region": release.forecast.regions.get_indexer(pd.Index(kept["receiver"])).tolist(),
        "source": sources.tolist(),
        "within": kept["within"].tolist(),
        "expected": kept["expected"].round(3).tolist(),
    }


def expansion(release: Release, regions: Regions) -> dict[str, dict[str, Any]]:
    """Return of the tables of expansion what the page cannot count from the draws, by name: ``columns`` and ``rows``.

    Returns
    -------
    dict
        ``ahead`` and ``replay`` (``quantity, scope, name, month`` and ``q05, q50, q95``, in the past ``value``) of
        `SHOWN` for all regions and each country, of the past the newest five years; ``pressure`` on each country
        (``within, receiver, sender, share``), its largest senders; ``joins`` (see
        `harmattan.expansion.diffusion.join_counts`) as it is. Those that are there.
    """
    told = {}
    tables = release.expansion
    if "ahead" in tables:
        ahead = _wide_scopes(tables["ahead"])
        columns = ["quantity", "scope", "name", "month", "q05", "q50", "q95"]
        told["ahead"] = ahead.loc[ahead["quantity"].isin(SHOWN), columns]
    if "replay" in tables:
        past = _wide_scopes(tables["replay"])
        months = sorted(past["month"].unique())[-PAST_SHOWN:]
        long = past[past["month"].isin(months)].melt(
            ["month", "scope", "name"], [name for name in SHOWN if name in past], "quantity", "value"
        )
        told["replay"] = long.dropna(subset="value")
    if "pressure" in tables:
        told["pressure"] = _on_countries(tables["pressure"], regions)
    if "joins" in tables:
        told["joins"] = tables["joins"]
    return {name: columns_and_rows(table) for name, table in told.items()}


def suspicions(release: Release) -> dict[str, Any] | None:
    """Return what is suspicious about the champion, ``horizon`` and ``flag``; None if the release does not say."""
    table = optional(release, "suspicions")
    if table is None:
        return None
    return columns_and_rows(table.loc[table["model"] == release.manifest["champion"], ["horizon", "flag"]])


def _wide_scopes(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["scope"].isin(["all", "country"])].astype({"month": str})


def _on_countries(pressure: pd.DataFrame, regions: Regions) -> pd.DataFrame:
    parts = [by_country(part, regions).assign(within=within) for within, part in pressure.groupby("within", sort=True)]
    whole = pd.concat(parts, ignore_index=True)
    largest = whole.groupby(["within", "receiver"], sort=False).head(SENDERS)
    return largest[["within", "receiver", "sender", "share"]]


def columns_and_rows(table: pd.DataFrame) -> dict[str, Any]:
    """Return a table as the page reads it: numbers to four significant digits, missing values as null.

    Examples
    --------
    >>> columns_and_rows(pd.DataFrame({"name": ["A", "B"], "p": [0.123456, float("nan")]}))
    {'columns': ['name', 'p'], 'rows': [['A', 0.1235], ['B', None]]}
    """
    columns = [_plain(table[name]) for name in table.columns]
    return {"columns": [str(name) for name in table.columns], "rows": [list(row) for row in zip(*columns, strict=True)]}


def scores(release: Release, models: list[str]) -> dict[str, Any]:
    """Return the score table by set and score: one row per model, one figure per horizon.

    Returns
    -------
    dict
        ``horizons``, ``models``, ``values[set][score][model][horizon]`` (null where there is none) and
        ``n[set][horizon]``, scored rows.
    """
    table = release.scores
    horizons = sorted(int(h) for h in table["horizon"].unique())
    values: dict[str, dict[str, Any]] = {}
    n: dict[str, list[int]] = {}
    names, steps = pd.Index(models), pd.Index(horizons)
    known = table[table["model"].isin(models)].drop_duplicates(["set", "score", "model", "horizon"])
    for chosen, part in known.groupby("set", sort=True):
        wide = {}
        for score, each in part.groupby("score", sort=True):
            figures = np.full((len(models), len(horizons)), np.nan)
            place = names.get_indexer(pd.Index(each["model"])), steps.get_indexer(pd.Index(each["horizon"]))
            figures[place] = each["value"]
            wide[str(score)] = [_numbers(row) for row in figures]
        values[str(chosen)] = wide
        rows = part[part["score"].isin(["log_score", "rows"])].groupby("horizon")["n"].max().reindex(horizons)
        n[str(chosen)] = rows.fillna(0).astype(int).tolist()
    return {"horizons": horizons, "models": models, "values": values, "n": n}


def _plain(column: pd.Series) -> list[Any]:
    if pd.api.types.is_bool_dtype(column):
        return [bool(value) for value in column]
    if pd.api.types.is_float_dtype(column):
        return _numbers(column.to_numpy(dtype=np.float64))
    if pd.api.types.is_integer_dtype(column):
        return [int(value) for value in column]
    return [None if pd.isna(value) else str(value) for value in column]


def _numbers(values: Any) -> list[float | None]:
    return [None if np.isnan(value) else float(f"{value:.{DIGITS}g}") for value in values]

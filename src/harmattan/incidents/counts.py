"""Totals of attacks: by region, month, tactic and target, under each reading of who is behind them."""

from __future__ import annotations

import pandas as pd

from harmattan.incidents.kinds import NOT_STATED
from harmattan.incidents.placing import at_level
from harmattan.incidents.table import ATTRIBUTIONS

READINGS = {
    "claimed": ("claimed",),
    "claimed_or_suspected": ("claimed", "suspected"),
    "all": ATTRIBUTIONS,
}
"""Reading -> the attributions it counts."""


def totals(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return attacks by the values of a column, the most first.

    Returns
    -------
    pandas.DataFrame
        Index the values of `by`, missing ones as `NOT_STATED`; one column per attribution, and ``all``, their sum.

    Examples
    --------
    >>> table = pd.DataFrame({"tactic": ["shelling", "shelling"], "attribution": ["claimed", "suspected"]})
    >>> totals(table, "tactic").to_dict("records")
    [{'claimed': 1, 'suspected': 1, 'unattributed': 0, 'not stated': 0, 'all': 2}]
    """
    keys = table[by].astype("str").fillna(NOT_STATED)
    crossed = pd.crosstab(keys, table["attribution"]).reindex(columns=list(ATTRIBUTIONS), fill_value=0)
    crossed = crossed.rename_axis(columns=None).assign(all=crossed.sum(axis=1)).sort_index()
    return crossed.sort_values("all", ascending=False, kind="stable")


def readings(table: pd.DataFrame) -> pd.Series:
    """Return the total under each reading; missing where the source says of no attack whether it was claimed.

    Examples
    --------
    >>> readings(pd.DataFrame({"attribution": ["claimed", "suspected", "unattributed"]})).tolist()
    [1, 2, 3]
    >>> readings(pd.DataFrame({"attribution": ["not stated"]})).tolist()
    [<NA>, <NA>, 1]
    """
    said = table["attribution"]
    silent = len(said) > 0 and bool((said == NOT_STATED).all())
    counted = {
        name: None if silent and name != "all" else int(said.isin(held).sum()) for name, held in READINGS.items()
    }
    return pd.Series(counted, dtype="Int64", name="attacks")


def by_region(table: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return attacks by the finest unit known, with its name, country, level and the first-level unit it lies in.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; ``name``, ``country``, ``level``, ``unit`` (name of the first-level unit, empty where the
        region is a country), one column per attribution, and ``all``. Sorted by country's total, then the region's.
        Attacks in no known region come last.
    """
    found = totals(table, "region").rename_axis("region")
    codes = pd.Series(found.index, index=found.index, dtype="str").where(found.index.isin(units.index))
    first = at_level(codes, units, 1).map(units["name"])
    about = {
        "name": codes.map(units["name"]).fillna(NOT_STATED),
        "country": codes.map(units["country"]).fillna(""),
        "level": codes.map(units["level"]).astype("Int64"),
        "unit": first.fillna(""),
    }
    joined = pd.concat([pd.DataFrame(about), found], axis=1)
    weight = joined["all"].groupby(joined["country"]).transform("sum").where(joined["country"] != "", -1)
    order = joined.assign(weight=-weight, all=-joined["all"]).sort_values(["weight", "country", "all", "name"])
    return joined.loc[order.index]


def by_month(table: pd.DataFrame, months: pd.PeriodIndex) -> pd.DataFrame:
    """Return attacks of every month, those without any included: index ``month``, columns as of `totals`."""
    found = totals(table, "month")
    found.index = pd.PeriodIndex(found.index, freq="M")
    return found.reindex(months, fill_value=0).rename_axis("month")


def silent_months(
    months: pd.DataFrame, covered: tuple[pd.Period, pd.Period]
) -> tuple[list[pd.Period], list[pd.Period]]:
    """Return the months without an attack: those that the file covers, and those it may not cover.

    Parameters
    ----------
    months
        From `by_month`.
    covered
        First and last month that the file covers.

    Examples
    --------
    >>> period = pd.period_range("2019-01", "2019-03", freq="M")
    >>> table = pd.DataFrame({"month": [period[0]], "attribution": ["claimed"]})
    >>> silent, open_ = silent_months(by_month(table, period), (period[0], period[1]))
    >>> [str(month) for month in silent], [str(month) for month in open_]
    (['2019-02'], ['2019-03'])
    """
    empty = [month for month in months.index if months.loc[month, "all"] == 0]
    return (
        [month for month in empty if covered[0] <= month <= covered[1]],
        [month for month in empty if not covered[0] <= month <= covered[1]],
    )


def crossed(table: pd.DataFrame) -> pd.DataFrame:
    """Return attacks by tactic (down) and target (across), each the most frequent first, what is not stated last."""
    both = pd.crosstab(table["tactic"], table["target"])
    rows, columns = (_ordered(totals(table, name)) for name in ("tactic", "target"))
    return both.reindex(index=rows, columns=columns, fill_value=0)


def _ordered(found: pd.DataFrame) -> list[str]:
    names = [str(name) for name in found.index]
    return sorted(names, key=lambda name: name == NOT_STATED)

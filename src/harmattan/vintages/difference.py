"""What changed between two snapshots: rows added, removed and revised, by month and region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from harmattan.counts import Counts
from harmattan.events import Events
from harmattan.vintages.content import Found, kind_of

ADDED, REMOVED, REVISED = "added", "removed", "revised"
NOWHERE = "unknown"


@dataclass(frozen=True)
class Difference:
    """How b differs from a in the months that both cover.

    Attributes
    ----------
    months
        The months compared, ``first`` and ``last``; None if they have none in common.
    rows
        One row per event (or region and month) that differs: ``row`` (its id, or ``region|month``), ``change`` (added,
        removed or revised), ``columns`` (those revised, with commas), ``month``, ``region`` and ``attacks`` and
        ``deaths`` before and after (``attacks_a``, ``attacks_b``, ``deaths_a``, ``deaths_b``; an unknown number of
        deaths counts as none).
    by_month, by_region
        Index month or region; columns ``added``, ``removed``, ``revised``, ``attacks`` and ``deaths`` (b less a).
    totals
        ``attacks_a``, ``attacks_b``, ``deaths_a``, ``deaths_b`` in those months.
    """

    months: tuple[pd.Period, pd.Period] | None
    rows: pd.DataFrame
    by_month: pd.DataFrame
    by_region: pd.DataFrame
    totals: Mapping[str, float]

    def lines(self) -> list[str]:
        """Return the difference in plain lines."""
        if self.months is None:
            return ["no month is covered by both"]
        number = self.rows["change"].value_counts()
        revised = self.rows.loc[self.rows["change"] == REVISED, "columns"].str.split(", ").explode().value_counts()
        which = ", ".join(f"{name} {count}" for name, count in revised.items())
        told = [
            f"months compared: {self.months[0]} to {self.months[1]}",
            *(f"{what}: {number.get(what, 0)}" for what in (ADDED, REMOVED, REVISED)),
            *([f"columns revised: {which}"] if which else []),
            f"attacks: {self.totals['attacks_a']:g} -> {self.totals['attacks_b']:g}",
            f"deaths: {self.totals['deaths_a']:g} -> {self.totals['deaths_b']:g}",
        ]
        for title, table in (("by month", self.by_month), ("by region", self.by_region)):
            told += [f"{title}:", *(_line(str(name), each) for name, each in table.iterrows())] if len(table) else []
        return told


def diff(a: Found, b: Found, *, months: tuple[pd.Period, pd.Period] | None) -> Difference:
    """Compare two snapshots of the same kind, row by row.

    Events are matched by their id, counts by region and month. An event is compared if it starts in a month compared in
    one of the two; one that moved out of these months counts as revised.

    Parameters
    ----------
    months
        First and last month that both cover.

    Raises
    ------
    ValueError
        If one holds events and the other counts.

    Examples
    --------
    >>> from harmattan.events import event_table
    >>> before = Events(event_table({"event": ["1", "2"], "start": ["2023-10-04"] * 2, "deaths": [3, 1]}), "example")
    >>> after = Events(event_table({"event": ["1"], "start": ["2023-10-04"], "deaths": [5]}), "example")
    >>> october = pd.Period("2023-10", freq="M")
    >>> diff(before, after, months=(october, october)).lines()[1:5]
    ['added: 0', 'removed: 1', 'revised: 1', 'columns revised: deaths 1']
    """
    if kind_of(a) != kind_of(b):
        raise ValueError(f"events and counts cannot be compared; a holds {kind_of(a)}, b {kind_of(b)}")
    if months is None:
        return Difference(None, _rows({}), _sums(_rows({}), "month"), _sums(_rows({}), "region"), {})
    left, right = _keyed(a), _keyed(b)
    inside = [(frame["_month"] >= months[0]) & (frame["_month"] <= months[1]) for frame in (left, right)]
    totals = {
        f"{name}_{which}": float(frame.loc[where, f"_{name}"].sum())
        for which, frame, where in zip("ab", (left, right), inside, strict=True)
        for name in ("attacks", "deaths")
    }
    compared = left.index[inside[0]].union(right.index[inside[1]])
    left, right = left.loc[left.index.intersection(compared)], right.loc[right.index.intersection(compared)]
    both = left.index.intersection(right.index)
    columns = sorted({str(name) for name in (*left, *right) if not str(name).startswith("_")})
    old, new = left.loc[both].reindex(columns=columns), right.loc[both].reindex(columns=columns)
    unlike = pd.DataFrame({name: _unlike(old[name], new[name]) for name in columns}, index=both)
    changed = unlike.any(axis=1)
    change = {
        **dict.fromkeys(right.index.difference(left.index), (ADDED, "")),
        **dict.fromkeys(left.index.difference(right.index), (REMOVED, "")),
        **{row: (REVISED, ", ".join(unlike.columns[unlike.loc[row]])) for row in both[changed]},
    }
    rows = _rows(change)
    rows["month"] = rows["row"].map(right["_month"]).fillna(rows["row"].map(left["_month"]))
    rows["region"] = rows["row"].map(right["_region"]).fillna(rows["row"].map(left["_region"]))
    for which, frame in (("a", left), ("b", right)):
        for name in ("attacks", "deaths"):
            rows[f"{name}_{which}"] = rows["row"].map(frame[f"_{name}"]).fillna(0.0).astype("float64")
    rows = rows.sort_values(["month", "row"], ignore_index=True)
    return Difference(months, rows, _sums(rows, "month"), _sums(rows, "region"), totals)


def within(found: Found, countries: Sequence[str] | None) -> Found:
    """Return the events of some countries; all if None. Counts are by region, and stay as they are.

    Examples
    --------
    >>> from harmattan.events import event_table
    >>> table = event_table({"event": ["1", "2"], "start": ["2023-10-04"] * 2, "country": ["BFA", "NGA"]})
    >>> len(within(Events(table, "example"), ["NGA"]))
    1
    """
    if countries is None or isinstance(found, Counts):
        return found
    kept = found.table[found.table["country"].isin(countries)].reset_index(drop=True)
    return Events(kept, found.source)


def common_months(a: pd.PeriodIndex, b: pd.PeriodIndex) -> tuple[pd.Period, pd.Period] | None:
    """Return the first and last month in both; None if there is none.

    Examples
    --------
    >>> year, may = pd.period_range("2023-01", "2023-12", freq="M"), pd.period_range("2023-05", "2024-05", freq="M")
    >>> common_months(year, may)
    (Period('2023-05', 'M'), Period('2023-12', 'M'))
    """
    both = a.intersection(b)
    return (both[0], both[-1]) if len(both) else None


def _keyed(found: Found) -> pd.DataFrame:
    """Rows by key, with month, region, attacks and deaths beside the columns compared."""
    if isinstance(found, Counts):
        frame = found.table
        key = frame["region"] + "|" + frame["month"].astype("str")
        named, month, attacks = frame["region"], frame["month"], frame["attacks"]
        compared = frame.drop(columns=["region", "month"])
    else:
        frame = found.table
        key, month, attacks = frame["event"], frame["start"].dt.to_period("M"), pd.Series(1.0, index=frame.index)
        place = frame["country"].str.cat(frame["admin1"], sep=", ").fillna(frame["country"])
        named, compared = place.fillna(NOWHERE), frame.drop(columns="event")
    deaths = frame["deaths"].astype("float64").fillna(0.0)
    beside = {"_month": month, "_region": named, "_attacks": attacks, "_deaths": deaths}
    return compared.assign(**beside).set_index(key.astype("str").rename("row"))


def _unlike(old: pd.Series, new: pd.Series) -> pd.Series:
    missing = old.isna() != new.isna()
    return missing | (old.ne(new).fillna(False).astype(bool) & old.notna() & new.notna())


def _rows(change: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    whole = pd.DataFrame(
        {"row": list(change), "change": [each[0] for each in change.values()],
         "columns": [each[1] for each in change.values()]}, dtype="str",
    )  # fmt: skip
    figures = dict.fromkeys(("attacks_a", "attacks_b", "deaths_a", "deaths_b"), 0.0)
    return whole.assign(month=pd.Series(pd.NaT, index=whole.index, dtype="period[M]"), region="").assign(**figures)


def _sums(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    told = pd.DataFrame(
        {by: rows[by], **{what: (rows["change"] == what).astype(int) for what in (ADDED, REMOVED, REVISED)}}
    )
    for name in ("attacks", "deaths"):
        told[name] = rows[f"{name}_b"] - rows[f"{name}_a"]
    return told.groupby(by, sort=True).sum()


def _line(name: str, each: pd.Series) -> str:
    return (
        f"  {name}: added {each[ADDED]:g}, removed {each[REMOVED]:g}, revised {each[REVISED]:g}, "
        f"attacks {each['attacks']:+g}, deaths {each['deaths']:+g}"
    )

"""Watch lists: how many attacks a short list of regions would have caught, and how long before the first of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from harmattan.months import month

LIST = ["model", "origin", "horizon"]
WARNED_WITHIN = 12


def listed(rows: pd.DataFrame, *, size: int | None = None, at_least: float | None = None) -> pd.Series:
    """Return how surely each row is on its model's watch list for that origin and horizon.

    Parameters
    ----------
    rows
        One row per model, origin, horizon and region with the column ``p1``.
    size
        The list holds this many regions of the highest ``p1``; all if there are fewer.
    at_least
        Or: the list holds every region with a ``p1`` of at least this.

    Returns
    -------
    pandas.Series
        1 on the list, 0 off it, on the index of `rows`. Regions tied for the last places of a list of given size share
        them: with 2 places left for 8 regions each has 1/4. So the order of regions favours no model.

    Raises
    ------
    ValueError
        If not exactly one of `size` and `at_least` is given, it is out of range, or a ``p1`` is unknown.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": "a", "origin": "2023-01", "horizon": 1, "p1": [0.9, 0.2, 0.2, 0.1]})
    >>> listed(rows, size=2).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    if (size is None) == (at_least is None):
        raise ValueError("a watch list needs either size, how many regions, or at_least, a probability")
    if rows["p1"].isna().any():
        raise ValueError(f"every row needs a p1 to be ranked; {int(rows['p1'].isna().sum())} have none")
    if at_least is not None:
        if not 0 < at_least < 1:
            raise ValueError(f"at_least must be a probability strictly between 0 and 1; got {at_least:g}")
        return (rows["p1"] >= at_least).astype(float).rename("listed")
    if size is None or size < 1:
        raise ValueError(f"size must be at least 1 region; got {size}")
    lists = rows.groupby(LIST, observed=True)["p1"]
    last = lists.rank(method="max", ascending=False)
    first = lists.rank(method="min", ascending=False)
    return ((size - first + 1) / (last - first + 1)).clip(0, 1).rename("listed")


def by_origin(rows: pd.DataFrame, *, size: int | None = None, at_least: float | None = None) -> pd.DataFrame:
    """Return what each watch list caught.

    Parameters
    ----------
    rows, size, at_least
        As for `listed`, with the column ``observed``.

    Returns
    -------
    pandas.DataFrame
        One row per model, origin and horizon: ``listed`` (regions on the list), ``attacked`` (regions that had an
        attack), ``caught`` (both; an expectation where ties share places), ``precision`` = caught / listed and
        ``recall`` = caught / attacked, NaN where there is nothing to divide by.

    Raises
    ------
    ValueError
        As `listed`.
    """
    happened = rows["observed"] > 0
    each = rows[LIST].assign(listed=listed(rows, size=size, at_least=at_least), attacked=happened.astype(float))
    each["caught"] = each["listed"] * each["attacked"]
    return _rates(each.groupby(LIST, observed=True)[["listed", "attacked", "caught"]].sum())


def summary(rows: pd.DataFrame, *, size: int | None = None, at_least: float | None = None) -> pd.DataFrame:
    """Return precision and recall of the watch lists of all origins together, by model and horizon.

    Columns as `by_origin`, sums over origins, so origins with many attacks weigh more.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": "a", "origin": "2023-01", "horizon": 1, "p1": [0.9, 0.5, 0.1],
    ...                      "observed": [2, 0, 1]})
    >>> summary(rows, size=2)[["precision", "recall"]].values.tolist()
    [[0.5, 0.5]]
    """
    lists = by_origin(rows, size=size, at_least=at_least)
    return _rates(lists.groupby(["model", "horizon"], observed=True)[["listed", "attacked", "caught"]].sum())


def lead_times(
    rows: pd.DataFrame,
    *,
    horizon: int,
    size: int | None = None,
    at_least: float | None = None,
    window: int = WARNED_WITHIN,
) -> pd.DataFrame:
    """Return how long before each first attack the region was on the watch list.

    A first attack is an attack in a region that was quiet (``onset``) at the last origin before it. The list of an
    origin is that of forecasts `horizon` months ahead; a region counts as listed if it is on it for sure, ties for the
    last places do not warn.

    Parameters
    ----------
    rows
        With the columns ``model, origin, horizon, month, region, p1, observed, onset``, origins and months as text.
    horizon
        Months ahead of the lists.
    size, at_least
        As for `listed`.
    window
        Months before the attack in which a warning counts.

    Returns
    -------
    pandas.DataFrame
        One row per model and first attack: ``model, region, month, lead`` (months before the attack at which the region
        was first on a list, 0 if never), ``steady`` (months before it from which on it stayed listed up to the last
        origin, 0 if it was not listed at the last) and ``origins`` (lists there were in the window).

    Raises
    ------
    ValueError
        As `listed`, and if there is no row of that horizon.
    """
    chosen = rows[rows["horizon"] == horizon]
    if chosen.empty:
        raise ValueError(
            f"there is no row of horizon {horizon}; there are {sorted(map(int, rows['horizon'].unique()))}"
        )
    warned = listed(chosen, size=size, at_least=at_least) >= 1
    lists = chosen[["model", "region"]].assign(at=_ordinal(chosen["origin"]), warned=warned)
    series = {key: part.sort_values("at") for key, part in lists.groupby(["model", "region"], observed=True)}
    first = _first_attacks(rows)
    found = []
    for model in dict.fromkeys(chosen["model"]):
        for region, when in first.itertuples(index=False):
            part = series.get((model, region))
            if part is None:
                continue
            before = part[(part["at"] < when) & (part["at"] >= when - window)]
            if len(before):
                away, on = when - before["at"].to_numpy(), before["warned"].to_numpy()
                steady = int(away[::-1][: len(on) if on.all() else int(np.argmin(on[::-1]))].max(initial=0))
                lead = int(away[on].max(initial=0))
                text = str(pd.Period(ordinal=int(when), freq="M"))
                found.append((str(model), str(region), text, lead, steady, len(before)))
    return pd.DataFrame(found, columns=["model", "region", "month", "lead", "steady", "origins"])


def _first_attacks(rows: pd.DataFrame) -> pd.DataFrame:
    """Region and month (ordinal) of attacks in regions quiet at the nearest origin before."""
    seen = rows.drop_duplicates(["origin", "horizon", "region"]).sort_values("horizon", kind="stable")
    nearest = seen.drop_duplicates(["region", "month"])
    hit = nearest[nearest["onset"].astype(bool) & (nearest["observed"] > 0)]
    return pd.DataFrame({"region": hit["region"], "month": _ordinal(hit["month"])}).sort_values(["month", "region"])


def _ordinal(months: pd.Series) -> pd.Series:
    places = {each: month(str(each)).ordinal for each in months.unique()}
    return months.map(places).astype("int64")


def _rates(sums: pd.DataFrame) -> pd.DataFrame:
    sums["precision"] = sums["caught"] / sums["listed"].where(sums["listed"] > 0)
    sums["recall"] = sums["caught"] / sums["attacked"].where(sums["attacked"] > 0)
    return sums.reset_index()

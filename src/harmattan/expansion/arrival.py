"""First attacks: of a region that is quiet at the origin, of how many, and of a country, a belt or any set."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.expansion.activity import Counts, Flags, Paths
from harmattan.expansion.groups import Scopes
from harmattan.expansion.quantity import Quantity, summary
from harmattan.forecast import event_probability
from harmattan.panel import QUIET_MONTHS, Panel


def hit_by(paths: Paths) -> Flags:
    """Return whether each region has been hit in any month up to each month, shape (draw, month, region)."""
    return np.asarray(np.logical_or.accumulate(paths.attacks > 0, axis=1))


def newly_hit(paths: Paths, scopes: Scopes, quiet: npt.NDArray[np.bool_]) -> Counts:
    """Return how many of the regions quiet at the origin have been hit, shape (draw, month, group)."""
    return scopes.total(hit_by(paths) & quiet)


def arrived(paths: Paths, scopes: Scopes) -> Flags:
    """Return whether any region of each group has been hit up to each month, shape (draw, month, group)."""
    return np.asarray(np.logical_or.accumulate(scopes.total(paths.attacks > 0) > 0, axis=1))


def first_month(reached: Flags) -> Counts:
    """Return the first month ahead (1, 2, ...) that is reached, NaN if none is: (draw, month, group) to (draw, group).

    Examples
    --------
    >>> first_month(np.array([[[False, False], [True, False]]])).tolist()
    [[2.0, nan]]
    """
    first = reached.argmax(axis=1) + 1.0
    return np.where(reached.any(axis=1), first, np.nan).astype(np.float32)


def standing(panel: Panel, scopes: Scopes) -> pd.DataFrame:
    """Return how each group stands at the origin.

    Returns
    -------
    pandas.DataFrame
        Rows as the groups: ``scope``, ``name``, ``status`` (``active``: an attack in the last 12 months; ``quiet``:
        known to have had none; ``unknown``: none known, but not all months are covered) and ``last_attack`` (month, or
        missing if there is none on record).
    """
    recorded = scopes.total(np.nan_to_num(panel.attacks.to_numpy()) > 0) > 0
    latest = panel.months[len(recorded) - 1 - recorded[::-1].argmax(axis=0)]
    quiet = scopes.members @ ~panel.quiet.to_numpy() == 0
    active = recorded[-QUIET_MONTHS:].any(axis=0)
    return scopes.table[["scope", "name"]].assign(
        status=np.select([quiet, active], ["quiet", "active"], "unknown"),
        last_attack=pd.Series(latest).where(np.asarray(recorded.any(axis=0))),
    )


def arrival_months(quantity: Quantity) -> pd.DataFrame:
    """Return when the first attack comes, from the quantity ``arrived``: the chance of each month.

    Returns
    -------
    pandas.DataFrame
        The items, ``by`` = P(first attack in this month or before) and ``at`` = P(first attack in this month). Those of
        one group and ``1 - by`` of the last month, the chance of none, sum to one.
    """
    _check(quantity)
    by = event_probability(quantity.values.sum(axis=0), len(quantity.values))
    before = pd.Series(by).groupby([quantity.items["scope"], quantity.items["name"]]).shift(fill_value=0.0)
    return quantity.items.assign(by=by, at=by - before.to_numpy())


def arrivals(quantity: Quantity, stands: pd.DataFrame) -> pd.DataFrame:
    """Return one row per group: whether it is quiet, and if so how likely and when the first attack comes.

    Parameters
    ----------
    quantity
        The quantity ``arrived``.
    stands
        From `standing`.

    Returns
    -------
    pandas.DataFrame
        `stands` with ``p`` = P(an attack within the months forecast), ``p_none`` = 1 - p, and ``median``, the first
        month by which it is at least as likely as not; missing if it stays less likely. For groups that are not quiet
        all three are missing: they have been reached.
    """
    months = arrival_months(quantity)
    grouped = months.groupby(["scope", "name"], sort=False)
    last = grouped["by"].last().rename("p")
    likely = months[months["by"] >= 0.5].groupby(["scope", "name"], sort=False)["month"].first().rename("median")
    told = pd.concat([last, 1 - last.rename("p_none"), likely], axis=1).reset_index()
    return stands.merge(told, how="left", on=["scope", "name"])


def likeliest(quantity: Quantity, horizon: int, regions: pd.DataFrame, *, most: int = 10) -> pd.DataFrame:
    """Return the quiet regions likeliest to see an attack within `horizon` months, from the quantity ``first_attack``.

    Parameters
    ----------
    quantity
        The quantity ``first_attack``.
    horizon
        Months ahead.
    regions
        From `harmattan.expansion.activity.status`.
    most
        How many to name.

    Returns
    -------
    pandas.DataFrame
        Columns ``region, name, country, never, last_attack, p``, the likeliest first.
    """
    told = summary(quantity, levels=())
    told = told[told["horizon"] == horizon]
    table = regions.loc[told["name"], ["name", "country", "never", "last_attack"]].assign(p=told["p"].to_numpy())
    return table.sort_values("p", ascending=False, kind="stable").head(most).reset_index(names="region")


def likely_number(quantity: Quantity) -> pd.DataFrame:
    """Return the summary of a count with its single most likely number, the smallest if several are.

    Returns
    -------
    pandas.DataFrame
        As `summary`, with ``mode`` and ``p_mode``, the share of draws that show it.

    Raises
    ------
    ValueError
        If the quantity is no count of regions.
    """
    if quantity.unit != "regions":
        raise ValueError(f"a most likely number needs a count of regions; {quantity.name} is in {quantity.unit}")
    whole = quantity.values.astype(np.int64)
    columns = np.arange(whole.shape[1])
    seen = np.zeros((whole.max(initial=0) + 1, whole.shape[1]), dtype=np.int64)
    np.add.at(seen, (whole, columns[None, :]), 1)
    mode = seen.argmax(axis=0)
    return summary(quantity).assign(mode=mode, p_mode=seen[mode, columns] / len(whole))


def _check(quantity: Quantity) -> None:
    if quantity.name != "arrived":
        raise ValueError(f"arrivals are told from the quantity arrived; got {quantity.name}")

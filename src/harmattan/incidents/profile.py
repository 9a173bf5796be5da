"""The profile: all that is said of the attacks of one group in one period, computed and not yet worded or drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from harmattan.incidents.change import Change, change
from harmattan.incidents.counts import by_month, by_region, crossed, readings, silent_months, totals
from harmattan.incidents.kinds import NOT_STATED
from harmattan.incidents.placing import at_level
from harmattan.incidents.rhythm import Rhythm, rhythm
from harmattan.incidents.table import ATTRIBUTIONS, Incidents
from harmattan.months import month, month_range


@dataclass(frozen=True)
class Profile:
    """What the attacks of one group in one period look like.

    Attributes
    ----------
    incidents
        All attacks of the group in the file.
    table
        Those of the period.
    readings
        Total under each reading (`harmattan.incidents.counts.readings`).
    countries, regions, months, tactics, targets
        Attacks by each, one column per attribution and ``all``. `regions` also has ``before``, the attacks of the
        period before (missing where there is nothing to compare with), and rows for regions that were hit only then.
    crossed
        Attacks by tactic and target.
    silent, uncovered
        Months without an attack, and empty months that the file may not cover.
    rhythm
        When attacks come.
    before
        Attacks of every month of as long a period before; None if the file does not cover both.
    change
        The two compared; None as `before`.
    """

    incidents: Incidents
    table: pd.DataFrame
    readings: pd.Series
    countries: pd.DataFrame
    regions: pd.DataFrame
    months: pd.DataFrame
    tactics: pd.DataFrame
    targets: pd.DataFrame
    crossed: pd.DataFrame
    silent: list[pd.Period]
    uncovered: list[pd.Period]
    rhythm: Rhythm
    before: pd.DataFrame | None
    change: Change | None

    @property
    def period(self) -> tuple[pd.Period, pd.Period]:
        """First and last month."""
        return self.months.index[0], self.months.index[-1]


def profile(found: Incidents, first: str | pd.Period, last: str | pd.Period, *, rng: np.random.Generator) -> Profile:
    """Return the profile of a period.

    Parameters
    ----------
    found
        The attacks of a group.
    first, last
        First and last month of the period.
    rng
        Random numbers for the comparison with a Poisson process.

    Raises
    ------
    ValueError
        If the period is reversed, or there is no attack in it.
    """
    months = month_range(first, last)
    table = found.between(months[0], months[-1])
    if table.empty:
        known = found.table["month"]
        span = f"its attacks run from {known.min()} to {known.max()}" if len(known) else "no attack of it can be dated"
        raise ValueError(
            f"the {found.source} file has no attack of {found.actor} from {month(first)} to {month(last)}; {span}"
        )
    counted = by_month(table, months)
    silent, uncovered = silent_months(counted, found.covered)
    earlier = _before(found, months)
    days = (
        min(max(months[0], found.covered[0]).start_time, table["day"].min()),
        max(min(months[-1], found.covered[1]).end_time.normalize(), table["day"].max()),
    )
    return Profile(
        incidents=found,
        table=table,
        readings=readings(table),
        countries=totals(table, "country"),
        regions=_regions(found, table, earlier),
        months=counted,
        tactics=totals(table, "tactic"),
        targets=totals(table, "target"),
        crossed=crossed(table),
        silent=silent,
        uncovered=uncovered,
        rhythm=rhythm(table, days, rng),
        before=earlier,
        change=None if earlier is None else change(counted["all"], earlier["all"]),
    )


def drawn(told: Profile) -> tuple[pd.DataFrame, pd.Series]:
    """Return what a map shows: the attacks of every region of the countries hit, each country at one level.

    The level of a country is the one at which most of its attacks are known, the finer of two that are equal. Attacks
    known more finely are added up; those known only more coarsely cannot be drawn.

    Returns
    -------
    tuple
        Index ``region``, columns ``name``, ``country``, ``level``, ``lon``, ``lat``, ``attacks``; and the attacks
        that are not drawn, by name of the unit they are known for.
    """
    units, regions = told.incidents.units, told.incidents.regions
    placed = told.regions[(told.regions["country"] != "") & (told.regions["all"] > 0)]
    parts, lost = [], []
    for country, rows in placed.groupby("country", sort=True):
        by_level = rows.groupby(rows["level"].astype(int))["all"].sum()
        level = int(by_level[by_level == by_level.max()].index.max())
        codes = at_level(pd.Series(rows.index, index=rows.index, dtype="str"), units, level)
        sums = rows["all"].groupby(codes).sum()
        whole = units[(units["country"] == country) & (units["level"] == level)]
        own = regions.geometry is not None and level > 0
        shown = whole[whole.index.isin(regions.table.index)] if own else whole
        parts.append(shown.assign(attacks=sums.reindex(shown.index, fill_value=0).astype(int)))
        lost.append(rows[codes.isna()].set_index("name")["all"])
    unplaced = told.regions[told.regions["country"] == ""].set_index("name")["all"]
    columns = ["name", "country", "level", "lon", "lat", "attacks"]
    layer = pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns).rename_axis("region")
    return layer, pd.concat([*lost, unplaced[unplaced > 0]])


def _before(found: Incidents, months: pd.PeriodIndex) -> pd.DataFrame | None:
    """Attacks of every month of as long a period before, if the file covers it and the period itself."""
    length = len(months)
    earlier = pd.period_range(months[0] - length, months[0] - 1, freq="M", name="month")
    if not found.covered[0] <= earlier[0] or months[-1] > found.covered[1]:
        return None
    return by_month(found.between(earlier[0], earlier[-1]), earlier)


def _regions(found: Incidents, table: pd.DataFrame, earlier: pd.DataFrame | None) -> pd.DataFrame:
    """Attacks by region now and, where it can be told, before."""
    now = by_region(table, found.units)
    if earlier is None:
        return now.assign(before=pd.array([None] * len(now), dtype="Int64"))
    then = by_region(found.between(earlier.index[0], earlier.index[-1]), found.units)
    gone = then[~then.index.isin(now.index)].copy()
    numbers = [*ATTRIBUTIONS, "all"]
    gone[numbers] = 0
    joined = pd.concat([now, gone])
    return joined.assign(before=then["all"].reindex(joined.index, fill_value=0).astype("Int64"))


def hit_anew(told: Profile) -> tuple[list[str], list[str]]:
    """Return the names of regions hit now and not before, and before and not now; both empty without a comparison.

    Only units of each country's finest level count: an attack known for a larger unit hits no region in particular.
    """
    table = told.regions[told.regions["name"] != NOT_STATED]
    table = table[table["level"] == table.groupby("country")["level"].transform("max")]
    fresh = table[(table["before"] == 0).fillna(False) & (table["all"] > 0)]
    gone = table[(table["before"] > 0).fillna(False) & (table["all"] == 0)]
    return list(fresh["name"]), list(gone.sort_values("before", ascending=False, kind="stable")["name"])

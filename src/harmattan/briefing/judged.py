"""How the last forecast did: what an older release said of months that are on record by now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from harmattan.briefing.facts import YEAR, Facts

NAMED = 10
# Half a percent lower, so that they hold for the rounded figure that is shown.
SURPRISE = 0.095
SURE = 0.795


@dataclass(frozen=True, eq=False)
class Judged:
    """An older release beside the record.

    Attributes
    ----------
    origin
        Of the older release.
    first, last
        The months judged, taken together.
    expected, low, high
        Mean and 90 % interval of all regions together.
    recorded
        What was recorded in them.
    table
        Index ``region``; ``p`` (at least one in those months), ``count`` recorded and ``baseline``, the region's own
        last year as a probability; the likeliest first.
    """

    origin: pd.Period
    first: pd.Period
    last: pd.Period
    expected: float
    low: int
    high: int
    recorded: int
    table: pd.DataFrame

    @property
    def named(self) -> pd.DataFrame:
        """The regions that it called likeliest: ten, or half of them if they are fewer than twenty."""
        return self.table.head(min(NAMED, len(self.table) // 2))

    @property
    def surprises(self) -> pd.DataFrame:
        """Hit where it gave less than 1 in 10, the least likely first."""
        return self.table[(self.table["count"] > 0) & (self.table["p"] < SURPRISE)].iloc[::-1]

    @property
    def stayed_calm(self) -> pd.DataFrame:
        """Nothing recorded where it gave 8 in 10 or more."""
        return self.table[(self.table["count"] == 0) & (self.table["p"] >= SURE)]

    def brier(self, column: str) -> float:
        """Return the mean Brier score of ``p`` or ``baseline``, over regions that have both."""
        told = self.table.dropna(subset=["baseline"])
        return float(((told[column] - (told["count"] > 0)) ** 2).mean())


def judged(facts: Facts) -> Judged | None:
    """Return how the older release did in the months that are on record by now; None if there is none, or no record."""
    if facts.before is None or facts.record is None:
        return None
    forecast = facts.before.forecast
    record = facts.record.dropna(how="all")
    months = [month for month in forecast.months if month in record.index]
    codes = [code for code in forecast.regions if code in record.columns]
    known = record.loc[months, codes].notna().all()
    codes = [code for code in codes if known[code]]
    if not months or not codes:
        return None
    ahead = [month.ordinal - forecast.origin.ordinal for month in months]
    window = forecast.window(ahead)
    total = window.draws[:, 0, forecast.regions.get_indexer(pd.Index(codes))].sum(axis=1)
    counts = record.loc[months, codes].sum()
    p = window.probability().iloc[0].loc[codes]
    table = pd.DataFrame({"p": p, "count": counts, "baseline": _own_year(record[codes], forecast.origin, len(months))})
    low, high = (int(np.quantile(total, level, method="inverted_cdf")) for level in (0.05, 0.95))
    return Judged(
        forecast.origin,
        months[0],
        months[-1],
        float(total.mean()),
        low,
        high,
        int(counts.sum()),
        table.sort_values("p", ascending=False, kind="stable"),
    )


def _own_year(record: pd.DataFrame, origin: pd.Period, months: int) -> pd.Series:
    """P(at least one in so many months) from the region's own year to the origin, each month (k + 1/4) / 12.5."""
    past = record.loc[:origin].iloc[-YEAR:]
    hits = (past > 0).sum().where(past.notna().all() & (len(past) == YEAR))
    return 1 - (1 - (hits + 0.25) / (YEAR + 0.5)) ** months

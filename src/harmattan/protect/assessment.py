"""All that is said of a worksheet, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from harmattan.forecast import Forecast
from harmattan.protect import exposure as around
from harmattan.protect.cells import share
from harmattan.protect.measures import NOTICE, Measure, what_if
from harmattan.protect.scoring import TOTAL, agreement, ranking, spread
from harmattan.protect.sheet import Worksheet
from harmattan.protect.stability import CONCENTRATION, DRAWS, shake, stability

FIRM, TENTATIVE = 0.8, 2 / 3


@dataclass(frozen=True, eq=False)
class Assessment:
    """What is said of a worksheet.

    Attributes
    ----------
    sheet
        The worksheet.
    ranking
        `harmattan.protect.scoring.ranking` with the columns of `harmattan.protect.stability.stability` and, if a
        forecast was given, ``chance``.
    spread, agreement
        See `harmattan.protect.scoring`.
    measures, changed
        What was asked, and `harmattan.protect.measures.what_if`; empty if nothing was.
    months
        The months of ``chance``; empty without a forecast.
    draws
        How many times weights and scores were varied.
    """

    sheet: Worksheet
    ranking: pd.DataFrame
    spread: pd.DataFrame
    agreement: pd.DataFrame
    measures: tuple[Measure, ...]
    changed: pd.DataFrame
    months: str
    draws: int

    def in_words(self) -> list[str]:
        """Return the sentences that must be read beside the table."""
        top = self.ranking.iloc[0]
        said = [
            f"{top.name} has the highest total ({top[TOTAL]:.1f} of 60) and comes first in {share(top['first'])} of "
            f"{self.draws:,} draws with other weights and scores."
        ]
        said.append(_agreement_in_words(self.agreement, len(self.sheet.raters)))
        if self.months:
            said.append(
                f"Chance is the forecast's probability of at least one attack in the site's region, {self.months}. It "
                "speaks of the region, not of the site, and is no part of the total."
            )
        if self.measures:
            place = self.changed.sort_values("new_rank", kind="stable").iloc[0]
            said.append(
                f"With what is asked, {place.name} has the highest total ({place['new_total']:.1f}) and comes first in "
                f"{share(place['new_first'])} of the same draws. {NOTICE}"
            )
        return said


def assess(
    sheet: Worksheet,
    rng: np.random.Generator,
    *,
    measures: Sequence[Measure] = (),
    forecast: Forecast | None = None,
    draws: int = DRAWS,
    concentration: float = CONCENTRATION,
) -> Assessment:
    """Score a worksheet: totals, ranks, how they hold, how raters agree, and what measures would change.

    Parameters
    ----------
    sheet
        The worksheet.
    rng
        Decides the draws; the order of sites and raters in the sheet does not matter.
    measures
        What to try, if anything.
    forecast
        Of attacks, to set the chance in each site's region beside the total.
    draws, concentration
        See `harmattan.protect.stability.shake`.

    Raises
    ------
    WorksheetError
        If a measure names no site of the sheet, or the forecast does not fit it.

    Examples
    --------
    >>> from harmattan.protect import example, read
    >>> found = assess(read(example()), np.random.default_rng(1))
    >>> found.ranking["rank"].to_dict()
    {'Civil airport in the north': 1, 'Peacekeeping base in the capital': 2, 'Embassy in the capital': 3}
    """
    asked = tuple(replace(each, site=sheet.sites[sheet.site(each.site)]) for each in measures)
    moved = shake(sheet, rng, draws=draws, concentration=concentration)
    table = ranking(sheet).join(stability(sheet, moved))
    months = ""
    if forecast is not None:
        found = around.exposure(sheet, forecast)
        table, months = table.join(found.chances), found.months
    changed = what_if(sheet, asked, moved) if asked else pd.DataFrame()
    return Assessment(sheet, table, spread(sheet), agreement(sheet), asked, changed, months, draws)


def _agreement_in_words(table: pd.DataFrame, raters: int) -> str:
    if raters == 1:
        return "One rater scored the sites, so nothing can be said of agreement; ask a second."
    found = float(table["alpha"][TOTAL])
    if np.isnan(found):
        return "With one site, or totals that are all equal, the agreement of raters cannot be measured."
    of = table.drop(index=TOTAL)
    worst = str(of["widest"].idxmax())
    points, site = float(of["widest"][worst]), str(of["widest_at"][worst])
    apart = f"They lie furthest apart in {worst} ({points:.0f} points for {site})." if points else "No score differs."
    return f"Agreement of the {raters} raters on totals: alpha {found:.2f}, {_judged(found)}. {apart}"


def _judged(found: float) -> str:
    """What Krippendorff would conclude from an alpha."""
    if found >= FIRM:
        return "firm enough to rely on"
    if found >= TENTATIVE:
        return "enough for tentative conclusions"
    return "too little to rely on: talk the scores over before using the ranking"

"""What if: a protective measure that would change scores, with the new totals and ranks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from harmattan.named import nearest
from harmattan.protect.cells import WorksheetError, alike
from harmattan.protect.scales import HIGHEST, LOWEST, NAMES
from harmattan.protect.scoring import ranking
from harmattan.protect.sheet import Worksheet
from harmattan.protect.stability import HIGH, LOW, Shake, shaken_totals, stability

NOTICE = (
    "Whether a measure would change a score by so much is the raters' judgement, not a result. "
    "Scores stay within 1 to 10."
)
_WORDS = re.compile(r"(?P<site>.+):\s*(?P<criterion>[^:\s]+)\s+(?P<change>[+-][0-9]{1,2})")


@dataclass(frozen=True)
class Measure:
    """A change of every rater's score of a site in a criterion, from -9 to 9 and not 0."""

    site: str
    criterion: str
    change: int

    def __post_init__(self) -> None:
        if self.criterion not in NAMES:
            raise WorksheetError(
                f"no criterion is called {self.criterion!r}{nearest(self.criterion, list(NAMES))}; known: "
                f"{', '.join(NAMES)}"
            )
        if not 1 <= abs(self.change) <= HIGHEST - LOWEST:
            raise WorksheetError(f"a change is from -9 to -1 or from +1 to +9; got {self.change:+d}")

    def __str__(self) -> str:
        return f"{self.site}: {self.criterion} {self.change:+d}"


def measure(text: str) -> Measure:
    """Return a measure told in words.

    Raises
    ------
    WorksheetError
        If it is not ``SITE: CRITERION CHANGE``.

    Examples
    --------
    >>> measure("Depot: accessibility -3")
    Measure(site='Depot', criterion='accessibility', change=-3)
    """
    found = _WORDS.fullmatch(text.strip())
    if found is None:
        raise WorksheetError(f"expected SITE: CRITERION CHANGE, such as 'Depot: accessibility -3'; got {text!r}")
    return Measure(found["site"].strip(), alike(found["criterion"]), int(found["change"]))


def with_measures(sheet: Worksheet, measures: Sequence[Measure]) -> Worksheet:
    """Return the sheet with measures applied one after the other; scores stop at 1 and 10.

    Raises
    ------
    WorksheetError
        If a site is not in the sheet.
    """
    scores = sheet.scores.copy()
    for each in measures:
        place = sheet.site(each.site), slice(None), NAMES.index(each.criterion)
        scores[place] = np.clip(scores[place] + each.change, LOWEST, HIGHEST)
    return replace(sheet, scores=scores)


def what_if(sheet: Worksheet, measures: Sequence[Measure], moved: Shake) -> pd.DataFrame:
    """Compare a sheet with what measures would make of it, with the same draws for both.

    Returns
    -------
    pandas.DataFrame
        Index ``site``, by the rank before: ``rank, new_rank, total, new_total, difference`` (new less old),
        ``difference_low`` and ``difference_high`` (5 % and 95 % quantiles over the draws), ``first`` and ``new_first``
        (shares of draws with the highest total), ``new_rank_low`` and ``new_rank_high``.

    Raises
    ------
    WorksheetError
        If there is no measure, or a site is not in the sheet.
    """
    if not measures:
        raise WorksheetError("what-if needs at least one measure, such as 'Depot: accessibility -3'")
    changed = with_measures(sheet, measures)
    old, new = (ranking(each)[["rank", "total"]].join(stability(each, moved)) for each in (sheet, changed))
    new = new.loc[old.index]
    apart = shaken_totals(changed, moved) - shaken_totals(sheet, moved)
    low, high = np.quantile(apart, [LOW, HIGH], axis=0)
    by_name = stability(sheet, moved).index
    return pd.DataFrame(
        {
            "rank": old["rank"],
            "new_rank": new["rank"],
            "total": old["total"],
            "new_total": new["total"],
            "difference": new["total"] - old["total"],
            "difference_low": pd.Series(low, by_name),
            "difference_high": pd.Series(high, by_name),
            "first": old["first"],
            "new_first": new["first"],
            "new_rank_low": new["rank_low"],
            "new_rank_high": new["rank_high"],
        },
        index=old.index,
    )

"""What an outlook calls its regions, its window and its numbers."""

from __future__ import annotations

import pandas as pd

from harmattan import words
from harmattan.months import target
from harmattan.outlooks import facts, templates
from harmattan.outlooks.phrases import (
    attacks,
    counted,
    country_name,
    nouns,
)
from harmattan.outlooks.subject import BESIDE, SEVERAL, Subject
from harmattan.result import Result


def why(result: Result, subject: Subject) -> str:
    """Return why a country itself has no forecast."""
    if subject.uncovered:
        return templates.NOT_COVERED
    return templates.NO_REGION.format(count=counted(len(result.panel.regions), "region", "regions"))


def window_words(result: Result) -> dict[str, str]:
    """Return the window in words: ``window`` (``six months``) and ``months`` (``January to June 2024``)."""
    window = facts.window_of(result)
    months = [target(result.forecast.origin, h) for h in (1, window)]
    return {"window": counted(window, "month", "months"), "months": words.span(months)}


def number_words(ahead: facts.Total) -> dict[str, str]:
    """Return the expected number and the ends of the 90 % interval in words."""
    return {"expected": attacks(ahead.expected), "q05": str(ahead.q05), "q95": str(ahead.q95)}


def table_of(result: Result, codes: pd.Index | tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of some regions, in the order given."""
    return result.panel.regions.table.loc[list(codes)]


def counted_regions(result: Result, codes: pd.Index | tuple[str, ...]) -> str:
    """Return how many regions there are: ``five provinces of Burkina Faso``, ``six regions``."""
    table = table_of(result, codes)
    one, several = nouns(table)
    homes = table["country"].unique()
    of = f" of {country_name(str(homes[0]))}" if len(homes) == 1 and one != "country" else ""
    return counted(len(table), one, several) + of


def where_words(result: Result, subject: Subject) -> str:
    """Return where an outlook's numbers hold, as it follows "in"."""
    if subject.kind != BESIDE:
        return subject.name
    return f"the {counted_regions(result, subject.belt)} within {subject.belt_km:.0f} km of {subject.name}"


def near_words(subject: Subject) -> str:
    """Return what an outlook calls the country and its surroundings, as it follows a noun."""
    return f"in {subject.name} or near its border" if subject.kind == SEVERAL else f"near {subject.name}"

"""Names, numbers and nouns as the sentences of an outlook use them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from harmattan import words
from harmattan.figures import region_table

CERTAIN = 0.005


def counted(number: int, one: str, several: str) -> str:
    """Return a number with its noun, in words up to twelve.

    Examples
    --------
    >>> counted(1, "province", "provinces"), counted(13, "attack", "attacks")
    ('one province', '13 attacks')
    """
    return f"{number_word(number)} {one if number == 1 else several}"


def number_word(number: int) -> str:
    """Return a number in words up to twelve.

    Examples
    --------
    >>> number_word(0), number_word(12), number_word(13)
    ('no', 'twelve', '13')
    """
    return words.NUMBERS[number] if number < len(words.NUMBERS) else str(number)


def capital(text: str) -> str:
    """Return a text with its first letter in upper case.

    Examples
    --------
    >>> capital("two provinces of Burkina Faso")
    'Two provinces of Burkina Faso'
    """
    return text[:1].upper() + text[1:]


def amount(expected: float) -> str:
    """Return an expected number with as many digits as it deserves.

    Examples
    --------
    >>> amount(0.013), amount(0.408), amount(87.3)
    ('under 0.05', '0.4', '87')
    """
    if expected < 0.05:
        return "under 0.05"
    return f"{expected:.0f}" if expected >= 9.95 else f"{expected:.1f}"


def attacks(expected: float) -> str:
    """Return an expected number of attacks.

    Examples
    --------
    >>> attacks(1.0), attacks(12.2)
    ('1.0 attacks', '12 attacks')
    """
    return f"{amount(expected)} attacks"


def nouns(regions: pd.DataFrame) -> tuple[str, str]:
    """Return what regions are called, one and several: country, province or region."""
    levels = region_table()["level"].reindex(regions.index).unique()
    return words.KINDS.get(levels[0], ("region", "regions")) if len(levels) == 1 else ("region", "regions")


def country_name(code: str) -> str:
    """Return the name of a country, its code if it is not bundled.

    Examples
    --------
    >>> country_name("CIV"), country_name("XYZ")
    ("Côte d'Ivoire", 'XYZ')
    """
    return str(region_table()["name"].get(code, code))


def places(regions: pd.DataFrame, notes: Sequence[str] = ()) -> str:
    """Return a list of regions with their country and, in brackets, a note on each.

    Parameters
    ----------
    regions
        Index ``region``; ``name`` and ``country``.
    notes
        One for each region, or none at all.

    Examples
    --------
    >>> table = region_table().loc[["BF4604", "BF5002", "MLI"]]
    >>> places(table.head(2), ["9 %", "4 %"]), places(table)
    ('Mouhoun (9 %) and Sanguié (4 %) in Burkina Faso', 'Mouhoun (Burkina Faso), Sanguié (Burkina Faso) and Mali')
    """
    given = list(notes) or [""] * len(regions)
    homes = [
        country_name(str(country)) if str(name) != country_name(str(country)) else ""
        for name, country in zip(regions["name"], regions["country"], strict=True)
    ]
    together = len(set(homes)) == 1 and homes[0] != ""
    texts = []
    for name, home, note in zip(regions["name"], homes, given, strict=True):
        inside = [part for part in ("" if together else home, note) if part]
        texts.append(f"{name} ({'; '.join(inside)})" if inside else str(name))
    return words.and_list(texts) + (f" in {homes[0]}" if together else "")


def chance_list(steps: Sequence[int], chances: Sequence[float]) -> str:
    """Return chances within several numbers of months, the shortest first.

    Examples
    --------
    >>> chance_list([1, 3, 6], [0.02, 0.05, 0.093])
    '2 % next month, 5 % within three months and 9 % within six'
    """
    texts = []
    for place, (step, p) in enumerate(zip(steps, chances, strict=True)):
        unit = " months" if place <= (steps[0] == 1) else ""
        when = "next month" if step == 1 else f"within {number_word(step)}{unit}"
        texts.append(f"{words.percent(p)} {when}")
    return words.and_list(texts)


def between(low: float, high: float) -> str:
    """Return two chances as a range, one if they round to the same.

    Examples
    --------
    >>> between(0.083, 0.1), between(0.081, 0.084)
    ('8 % to 10 %', '8 %')
    """
    lower, upper = words.percent(low), words.percent(high)
    return lower if lower == upper else f"{lower} to {upper}"

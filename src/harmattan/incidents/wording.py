"""How a profile writes months, days, countries and lists in English and French."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from harmattan.figures import region_table
from harmattan.incidents.templates import FRENCH_COUNTRIES, MONTHS, PHRASES

LANGUAGES = ("en", "fr")


def phrases(language: str) -> dict[str, str]:
    """Return the phrases of one language by name.

    Raises
    ------
    ValueError
        If the language is neither English nor French.

    Examples
    --------
    >>> phrases("fr")["roadside bomb"]
    "engin explosif au bord d'une route"
    """
    if language not in LANGUAGES:
        raise ValueError(f"a profile is written in {' or '.join(LANGUAGES)}; got {language!r}")
    place = LANGUAGES.index(language)
    return {name: both[place] for name, both in PHRASES.items()}


def country_words(code: str, language: str, *, inside: bool = False) -> str:
    """Return the name of a country, its code where it is not known; with "in" before it if `inside`.

    Examples
    --------
    >>> country_words("MLI", "fr", inside=True), country_words("MLI", "en", inside=True), country_words("XKX", "en")
    ('au Mali', 'in Mali', 'XKX')
    """
    name = str(region_table()["name"].get(code, code))
    before = "in" if language == "en" else ":"
    if language == "fr" and code in FRENCH_COUNTRIES:
        name, before = FRENCH_COUNTRIES[code]
    return f"{before} {name}" if inside else name


def month_words(month: pd.Period, language: str) -> str:
    """Return a month as it is spoken.

    Examples
    --------
    >>> month_words(pd.Period("2019-02", "M"), "fr")
    'février 2019'
    """
    return f"{MONTHS[language][month.month - 1]} {month.year}"


def period_words(first: pd.Period, last: pd.Period, language: str) -> str:
    """Return first and last month as they are spoken.

    Examples
    --------
    >>> period_words(pd.Period("2019-01", "M"), pd.Period("2019-08", "M"), "en")
    'January to August 2019'
    """
    if first == last:
        return month_words(first, language)
    opening = MONTHS[language][first.month - 1] if first.year == last.year else month_words(first, language)
    return f"{opening} {'to' if language == 'en' else 'à'} {month_words(last, language)}"


def day_words(day: pd.Timestamp, language: str) -> str:
    """Return a day as it is spoken.

    Examples
    --------
    >>> day_words(pd.Timestamp("2019-07-22"), "en"), day_words(pd.Timestamp("2019-05-01"), "fr")
    ('22 July 2019', '1er mai 2019')
    """
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{number} {MONTHS[language][day.month - 1]} {day.year}"


def months_words(months: Sequence[pd.Period], language: str) -> str:
    """Return several months as a list, the year once for each run of months of one year.

    Examples
    --------
    >>> months_words([pd.Period(text, "M") for text in ("2018-12", "2019-02", "2019-05")], "en")
    'December 2018, February and May 2019'
    """
    names = []
    for place, month in enumerate(months):
        ends = place + 1 == len(months) or months[place + 1].year != month.year
        names.append(month_words(month, language) if ends else MONTHS[language][month.month - 1])
    return listed(names, language)


def listed(items: Sequence[str], language: str) -> str:
    """Join items with commas and a last "and".

    Examples
    --------
    >>> listed(["a", "b", "c"], "fr")
    'a, b et c'
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {phrases(language)['and']} {items[-1]}"

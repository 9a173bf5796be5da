"""What a result says of one country: a headline, five paragraphs and the tables behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from harmattan.outlooks import around, facts, sentences
from harmattan.outlooks.subject import NOTHING, Subject, subject_of
from harmattan.result import Result

HEADINGS = {
    "Where the risk comes from": around.where_from,
    "When": sentences.when,
    "How sure": sentences.how_sure,
    "What would be noticed first": around.first_noticed,
    "What the data cannot see": sentences.cannot_see,
}


@dataclass(frozen=True, eq=False)
class Outlook:
    """What a result says of one country.

    Attributes
    ----------
    country, name
        ISO 3166-1 alpha-3 and name.
    kind
        ``one``: the country is one region of the experiment; ``several``: it has several; ``beside``: only its
        neighbours' regions near the border are told of; ``nothing``: nothing is told, and the headline says why.
    headline
        One sentence.
    paragraphs
        Text by heading, in the order of `HEADINGS`; empty where there is nothing to tell.
    tables
        The numbers behind the text, as `harmattan.outlooks.facts` makes them: ``within`` and ``by_month`` (the
        forecast, months added up and alone), ``recorded``, ``models``, ``senders``, ``active_near``, ``roads``,
        ``signs``.
    """

    country: str
    name: str
    kind: str
    headline: str
    paragraphs: Mapping[str, str]
    tables: Mapping[str, pd.DataFrame]


def outlook(result: Result, country: str) -> Outlook:
    """Return what a result says of one country.

    Parameters
    ----------
    result
        What the experiment found, with its tables of expansion.
    country
        ISO 3166-1 alpha-3 code of a bundled country or of one of the regions'.

    Raises
    ------
    ValueError
        If the country is unknown, or the result has no tables of expansion.
    """
    facts.now_of(result)
    subject = subject_of(result, country)
    said = sentences.headline(result, subject)
    if subject.kind == NOTHING:
        return Outlook(country, subject.name, subject.kind, said, {}, {})
    paragraphs = {heading: " ".join(tell(result, subject)) for heading, tell in HEADINGS.items()}
    return Outlook(country, subject.name, subject.kind, said, paragraphs, _tables(result, subject))


def _tables(result: Result, subject: Subject) -> dict[str, pd.DataFrame]:
    return {
        "within": facts.totals(result.forecast, subject.regions, window=True),
        "by_month": facts.totals(result.forecast, subject.regions),
        "recorded": facts.by_month(result, subject.regions).rename("attacks").to_frame(),
        "models": facts.chances(result, subject.regions),
        "senders": facts.senders(result, subject),
        "active_near": facts.active_near(result, subject),
        "roads": facts.roads(result, subject),
        "signs": facts.first_signs(result, subject),
    }

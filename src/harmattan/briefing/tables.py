"""The tables of a briefing: watch list, likeliest first attacks, coastal states and belts, the split of changes."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from harmattan import words as plain
from harmattan.briefing import changed, coast
from harmattan.briefing.naming import Words
from harmattan.briefing.speech import Counted, Country, Points, Share
from harmattan.months import month

WATCHED = 10
QUIET = 5
STATES = 8
MOVED = 8


@dataclass(frozen=True)
class Table:
    """A table as it is shown.

    Attributes
    ----------
    caption
        What it shows.
    header
        One heading per column.
    rows
        Texts; the first of each row names it.
    numbers
        Which columns hold numbers, and stand to the right.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[bool, ...]


def watch_list(words: Words) -> Table | None:
    """Return the regions most likely to see an attack; None if there is no forecast."""
    facts, speech = words.facts, words.speech
    top = facts.covered.head(WATCHED)
    if top.empty:
        return None
    titles = [speech.label(key) for key in ("region", "p", "odds", "expected", "interval", "change", "status")]
    rows = [
        (
            _name(words, str(code)),
            speech.tell(Share(row["p1"])),
            speech.tell(Share(row["p1"]), "odds"),
            speech.number(float(row["expected"])),
            speech.label("interval_of", {"low": int(row["q05"]), "high": int(row["q95"])}),
            _change(words, row),
            speech.label("quiet" if row["quiet"] else "active"),
        )
        for code, row in top.iterrows()
    ]
    key = "watch_caption" if len(facts.covered) > len(top) else "watch_all"
    caption = speech.label(key, {"n": len(top), "event": words.event, "window": words.window})
    return Table(caption, tuple(titles), tuple(rows), (False, True, False, True, True, True, False))


def quiet_regions(words: Words) -> Table | None:
    """Return the quiet regions likeliest to be hit; None if there are none that the watch list leaves out."""
    facts, speech = words.facts, words.speech
    top = facts.quiet.head(QUIET)
    if top.empty or len(facts.covered) <= WATCHED:
        return None
    titles = [speech.label(key) for key in ("region", "p", "odds", "change")]
    rows = [
        (
            _name(words, str(code)),
            speech.tell(Share(row["p1"])),
            speech.tell(Share(row["p1"]), "odds"),
            _change(words, row),
        )
        for code, row in top.iterrows()
    ]
    caption = speech.label("quiet_caption", {"first": words.first, "window": words.window})
    return Table(caption, tuple(titles), tuple(rows), (False, True, False, True))


def coastal(words: Words) -> Table | None:
    """Return the coastal states and border belts; None if the release tells of none."""
    if not coast.has_tables(words.facts):
        return None
    speech, told = words.speech, coast.states(words.facts).head(STATES)
    steps = [name for name in told.columns if not isinstance(name, str)]
    if told.empty or not steps:
        return None
    within = [speech.label("within", {"months": Counted(int(step), "month")}) for step in steps]
    titles = [speech.label("where"), *within, speech.label("status"), speech.label("last_attack")]
    rows = [
        (
            words.belt(str(row["scope"]), str(row["name"])),
            *(speech.tell(Share(row[step])) for step in steps),
            speech.label(str(row["status"])),
            speech.label("never") if pd.isna(row["last_attack"]) else speech.tell(month(str(row["last_attack"]))),
        )
        for _, row in told.iterrows()
    ]
    numbers = (False, *(True for _ in steps), False, False)
    return Table(speech.label("coast_caption"), tuple(titles), tuple(rows), numbers)


def split_table(words: Words, split: changed.Split | None) -> Table | None:
    """Return where the changes of the regions that moved most come from; None if that is not known."""
    if split is None:
        return None
    speech, parts = words.speech, changed.check_split(split, words.facts)
    change = words.facts.window.loc[parts.index, "change"]
    order = change.abs().sort_values(ascending=False, kind="stable").index[:MOVED]
    titles = [speech.label(key) for key in ("region", "split_new", "split_revised", "split_model", "split_total")]
    rows = [
        (
            _name(words, str(code)),
            *(speech.tell(Points(parts.loc[code, part])) for part in changed.PARTS),
            speech.tell(Points(change[code])),
        )
        for code in order
    ]
    return Table(speech.label("split_caption"), tuple(titles), tuple(rows), (False, True, True, True, True))


def _name(words: Words, code: str) -> str:
    place = words.place(code)
    return place.name if place.country is None else f"{place.name} ({words.speech.tell(Country(place.country))})"


def _change(words: Words, row: pd.Series) -> str:
    if pd.isna(row["change"]):
        return "–"
    doubtful = bool(row["within_noise"]) and abs(row["change"]) >= plain.SMALLEST_SHIFT
    return words.speech.label("points_noise" if doubtful else "points", {"points": Points(row["change"])})

"""Numbers, months, chances and names as a reader of one language expects them, and sentences made of them.

A sentence is a text with fields in braces; what a field becomes is decided by the type of its value and by the form
asked for after a colon: ``{month:in}``, ``{regions:words}``. Spaces that must not break are set here, not in the texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

LEAST = 0.005
RARE = 0.095
FEW = 0.05
WHOLE_FROM = 9.95
VOWELS = "aeiouéèêâîôûh"
NARROW, WIDE = "\u202f", "\u00a0"


class Share(float):
    """A probability, told in whole percent."""


class Points(float):
    """A change of a probability, told in percentage points with its sign."""


class Signed(float):
    """A difference of numbers, told with its sign."""


class Score(float):
    """A score, told with three decimals."""


@dataclass(frozen=True)
class Counted:
    """A number of something: ``noun`` is a key of the table ``nouns``."""

    number: float
    noun: str


@dataclass(frozen=True)
class Span:
    """Months from the first to the last."""

    first: pd.Period
    last: pd.Period


@dataclass(frozen=True)
class Country:
    """A country by its ISO 3166-1 alpha-3 code."""

    code: str


@dataclass(frozen=True)
class Place:
    """A region, country or belt by its name, with what is said of it in parentheses."""

    name: str
    country: str | None = None
    said: Any = None


@dataclass(frozen=True)
class FromTo:
    """A value before and now."""

    before: Any
    now: Any


@dataclass(frozen=True)
class Said:
    """A sentence with the key of its template and the values in it."""

    key: str
    text: str
    values: Mapping[str, Any]


class Speech:
    """Speaks one language.

    Parameters
    ----------
    words
        `harmattan.briefing.wording.words_of` a language.
    language
        Its code, ``en`` or ``fr``.

    Examples
    --------
    >>> from harmattan.briefing.wording import words_of
    >>> speech = Speech(words_of("en"), "en")
    >>> speech.say("model_other", {"now": "pool", "before": "forest"}).text
    'Model: pool instead of forest; part of the changes come from that.'
    >>> [speech.tell(Share(0.973), form).replace(WIDE, " ") for form in ("", "odds")]
    ['97 %', 'about 97 in 100']
    """

    def __init__(self, words: Mapping[str, Any], language: str) -> None:
        self.words = words
        self.language = language

    def say(self, key: str, values: Mapping[str, Any] | None = None) -> Said:
        """Return a sentence, filled in and with a capital letter first."""
        told = dict(values or {})
        text = self._filled(self.words["sentences"][key], told)
        return Said(key, text[:1].upper() + text[1:], told)

    def label(self, key: str, values: Mapping[str, Any] | None = None) -> str:
        """Return a heading or a label of the page, filled in."""
        return self._filled(self.words["page"][key], values or {})

    def tell(self, value: Any, form: str = "") -> str:
        """Return one value as it stands in a sentence.

        Raises
        ------
        ValueError
            If there is no way to tell such a value in that form.
        """
        return self.typeset(self._told(value, form))

    def fill(self, key: str, values: Mapping[str, Any]) -> str:
        """Return a turn of phrase that is no sentence, filled in: ``near``, ``from_to``, ``quote``."""
        return self._filled(self.words[key], values)

    def months_ahead(self, horizons: Sequence[int]) -> str:
        """Return months ahead as they are listed: ``1, 3 and 6 months``."""
        noun = self.words["nouns"]["month"]
        several = len(horizons) > 1 or not self._is_one(horizons[0])
        return f"{self._list([str(each) for each in horizons])}{WIDE}{noun['many' if several else 'one']}"

    def model(self, name: str) -> str:
        """Return the name of a model as it is quoted."""
        return self.fill("quote", {"text": self.words["models"].get(name, name)})

    def translated(self, text: str) -> tuple[str, str]:
        """Return a text of the bundled data and its language: English where it is not known in this one."""
        known = self.words["bundled"].get(text)
        return (text, "en") if known is None else (self.typeset(known), self.language)

    def typeset(self, text: str) -> str:
        """Return a text with the spaces that must not break."""
        told = re.sub(r"(?<=\d) (?=(%|km|pts)(\W|$))", NARROW if self.language == "fr" else WIDE, text)
        told = re.sub(r"(?<=\d) (sur|in) (?=\d)", rf"{WIDE}\1{WIDE}", told)
        told = re.sub(rf"({'|'.join(self.words['months'])}) (?=\d{{4}})", rf"\1{WIDE}", told)
        if self.language == "fr":
            told = re.sub(r" (?=[;!?])", NARROW, told)
            told = re.sub(r" (?=[:»])|(?<=«) ", WIDE, told)
        return told

    def _filled(self, entry: str | Mapping[str, str], values: Mapping[str, Any]) -> str:
        text = entry if isinstance(entry, str) else entry[self._form(entry, values[entry["by"]])]
        spoken = {name: _Spoken(self, value) for name, value in values.items()}
        return self.typeset(text.format(**spoken))

    def _form(self, entry: Mapping[str, str], number: Any) -> str:
        value = number.number if isinstance(number, Counted) else number
        if value == 0 and "none" in entry:
            return "none"
        return "one" if self._is_one(value) and "one" in entry else "many"

    def _is_one(self, value: float) -> bool:
        return round(value, 1) < 2 if self.language == "fr" else self.number(value) == "1"

    def _told(self, value: Any, form: str) -> str:
        match value:
            case str():
                return value
            case Share():
                return self._odds(value) if form == "odds" else self._percent(value)
            case Points():
                return self._signed(value)
            case Signed():
                return ("−" if value < 0 else "+") + self.number(abs(float(value)))
            case Score():
                return self._with_mark(f"{value:.3f}")
            case Counted():
                return self._counted(value, form)
            case int() if form == "words":
                return self._in_words(value)
            case int() | float():
                return self.number(value)
            case pd.Period() | Span() | Country():
                return self._named(value, form)
            case FromTo():
                return self.fill("from_to", {"before": value.before, "now": value.now})
            case Place():
                return self._place(value)
            case tuple() | list():
                return self._list([self._told(each, form) for each in value])
        raise ValueError(f"no way is known to tell {value!r} of type {type(value).__name__}")

    def number(self, value: float) -> str:
        """Return a number: whole where it is one or from ten on, else with one decimal."""
        if not isinstance(value, int) and value < FEW:
            return str(self.words["under"].format(figure=self._with_mark("0.05")))
        if isinstance(value, int) or value >= WHOLE_FROM:
            return f"{value:,.0f}".replace(",", NARROW if self.words["thousands"] == " " else self.words["thousands"])
        return self._with_mark(f"{value:.1f}")

    def _with_mark(self, figures: str) -> str:
        return figures.replace(".", self.words["decimal"])

    def _percent(self, p: float) -> str:
        if p <= LEAST:
            return str(self.words["under"].format(figure="1 %"))
        return str(self.words["over"].format(figure="99 %")) if p >= 1 - LEAST else f"{p * 100:.0f} %"

    def _odds(self, p: float) -> str:
        if p <= LEAST:
            return str(self.words["fewer"].format(hits=1, of=100))
        if p >= 1 - LEAST:
            return str(self.words["more"].format(hits=99, of=100))
        of = 100 if p < RARE or p > 1 - RARE else 10
        return str(self.words["odds"].format(hits=round(p * of), of=of))

    def _signed(self, change: float) -> str:
        points = round(change * 100)
        return "0" if points == 0 else f"{points:+d}".replace("-", "−")

    def _in_words(self, number: int) -> str:
        known = self.words["numbers"]
        return str(known[number]) if number < len(known) else self.number(number)

    def _counted(self, counted: Counted, form: str) -> str:
        noun, number = self.words["nouns"][counted.noun], counted.number
        if form == "number":
            return self.number(number)
        if isinstance(number, int) and number == 0:
            return str(noun["none"])
        told = self.number(number)
        if form == "words" and isinstance(number, int):
            told = noun["a"] if number == 1 else self._in_words(number)
        space = WIDE if told[-1].isdigit() else " "
        return f"{told}{space}{noun['one' if self._is_one(number) else 'many']}"

    def _named(self, value: pd.Period | Span | Country, form: str) -> str:
        if isinstance(value, Country):
            known = self.words["countries"].get(value.code, {})
            return str(known.get(form or "name", value.code))
        if isinstance(value, Span):
            return self._span(value, form)
        month = self.words["months"][value.month - 1]
        return (
            self._preposed(f"month_{form}", month, {"month": f"{month} {value.year}"})
            if form
            else f"{month} {value.year}"
        )

    def _span(self, span: Span, form: str) -> str:
        first, last = span.first, span.last
        if first == last:
            return self._named(first, form)
        opening = self.words["months"][first.month - 1] if first.year == last.year else self._named(first, "")
        told = {"first": opening, "last": self._named(last, "")}
        return self._preposed("span_in", opening, told) if form else str(self.words["span"].format(**told))

    def _preposed(self, key: str, month: str, told: Mapping[str, str]) -> str:
        """With the preposition that fits the month: d'avril, de mai."""
        elided = f"{key}_vowel"
        return str(self.words[elided if month[0] in VOWELS and elided in self.words else key].format(**told))

    def _place(self, place: Place) -> str:
        notes = [
            self._told(each, "") for each in (place.country and Country(place.country), place.said) if each is not None
        ]
        return f"{place.name} ({', '.join(notes)})" if notes else place.name

    def _list(self, items: Sequence[str]) -> str:
        return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {self.words['and']} {items[-1]}"


@dataclass(frozen=True)
class _Spoken:
    """Lets a field of a text ask for a form of its value."""

    speech: Speech
    value: Any

    def __format__(self, form: str) -> str:
        return self.speech.tell(self.value, form)

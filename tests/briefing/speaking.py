"""Reads a sentence back: which value stands in which field, parsed by the rules of a language, not by our program."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import Any

import pandas as pd

from harmattan.briefing.speech import (
    Counted,
    Country,
    FromTo,
    Place,
    Points,
    Said,
    Score,
    Share,
    Signed,
    Span,
)

ENGLISH = "January February March April May June July August September October November December"
FRENCH = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
ENGLISH_NUMBERS = "no one two three four five six seven eight nine ten"
FRENCH_NUMBERS = "aucun un deux trois quatre cinq six sept huit neuf dix"
MONTHS = {"en": ENGLISH.split(), "fr": FRENCH.split()}
NUMBERS = {
    "en": {word: n for n, word in enumerate(ENGLISH_NUMBERS.split())},
    "fr": {word: n for n, word in enumerate(FRENCH_NUMBERS.split())} | {"aucune": 0, "une": 1},
}
LIMITS = {"en": ("under ", "over "), "fr": ("moins de ", "plus de ")}
ODDS = {"en": ("about ", "fewer than ", "more than ", " in "), "fr": ("environ ", "moins de ", "plus de ", " sur ")}
JOINS = {"en": " and ", "fr": " et "}


def plain(text: str) -> str:
    """With common spaces only."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def read_back(said: Said, template: str, words: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """The text that stands in each field, with the form asked for; fails if the sentence is not of the template."""
    pattern, names = "", []
    for literal, name, form, _ in string.Formatter().parse(template):
        pattern += re.escape(plain(literal))
        if name is not None:
            names.append((name, form or ""))
            pattern += f"({_looks(said.values[name], form or '', words)})"
    found = re.fullmatch(pattern, plain(said.text), flags=re.IGNORECASE)
    assert found, f"{said.text!r} is not {template!r}"
    told: dict[str, list[tuple[str, str]]] = {}
    for (name, form), text in zip(names, found.groups(), strict=True):
        told.setdefault(name, []).append((form, text))
    return told


def _looks(value: Any, form: str, words: Mapping[str, Any]) -> str:
    """A pattern of what stands in a field: a text stands as it is, a number with a noun ends with it."""
    if isinstance(value, str):
        return re.escape(plain(value))
    if not isinstance(value, Counted) or form == "number":
        return ".+?"
    noun = words["nouns"][value.noun]
    return rf"(?:[^;:]+? (?:{noun['many']}|{noun['one']})|{noun['none']})\b"


def agrees(text: str, value: Any, form: str, language: str, words: Mapping[str, Any]) -> None:
    """Fails if a text does not say a value, to the digits it shows."""
    low = text.lower()
    match value:
        case Share() if form == "odds":
            _odds(low, value, language)
        case Share():
            _percent(low, value, language)
        case Points() | Signed():
            shown = float(number(text.replace("−", "-").replace("+", ""), language)[0])
            scale = 100 if isinstance(value, Points) else 1
            assert abs(shown - value * scale) <= (0.5 if "." not in text and "," not in text else 0.05) + 1e-9
        case Score():
            assert abs(number(text, language)[0] - value) <= 0.0005 + 1e-9
        case Counted():
            _counted(low, value, form, language, words)
        case int() | float():
            _number(low, value, language)
        case pd.Period():
            assert month_in(text, language) == value
        case Span():
            _span(text, value, language)
        case FromTo():
            before, now = re.split(r" (?:to|à) (?=[\d<uompn])", text.removeprefix("de "), maxsplit=1)
            agrees(before, value.before, "", language, words)
            agrees(now, value.now, "", language, words)
        case Country():
            assert words["countries"][value.code]["name"] in text
        case Place():
            _place(text, value, language, words)
        case tuple():
            _places(text, value, language, words)
        case str():
            assert plain(text).lower() == plain(value).lower()
        case _:
            raise AssertionError(f"nothing is known of {value!r}")


def number(text: str, language: str) -> tuple[float, int]:
    """A number in figures or words, and its decimals."""
    word = text.strip().lower()
    if word in NUMBERS[language]:
        return NUMBERS[language][word], 0
    point = "." if language == "en" else ","
    digits = word.replace("," if language == "en" else " ", "")
    _, _, decimals = digits.partition(point)
    return float(digits.replace(point, ".")), len(decimals)


def month_in(text: str, language: str) -> pd.Period:
    found = re.search(rf"({'|'.join(MONTHS[language])}) (\d{{4}})", text, flags=re.IGNORECASE)
    assert found, text
    names = [each.lower() for each in MONTHS[language]]
    return pd.Period(year=int(found[2]), month=names.index(found[1].lower()) + 1, freq="M")


def _percent(text: str, value: float, language: str) -> None:
    under, over = LIMITS[language]
    shown = int(re.fullmatch(r"\D*(\d+) %", text)[1])  # type: ignore[index]
    if text.startswith(under):
        assert shown == 1 and value <= 0.005
    elif text.startswith(over):
        assert shown == 99 and value >= 0.995
    else:
        assert abs(shown - value * 100) <= 0.5 + 1e-9 and 0.005 < value < 0.995


def _odds(text: str, value: float, language: str) -> None:
    about, fewer, more, of = ODDS[language]
    hits, total = (int(re.sub(r"\D", "", part)) for part in text.rsplit(of, 1))
    if text.startswith(fewer):
        assert (hits, total) == (1, 100) and value <= 0.005
    elif text.startswith(more):
        assert (hits, total) == (99, 100) and value >= 0.995
    else:
        assert text.startswith(about) and abs(hits / total - value) <= 0.5 / total + 1e-9 and 0 < hits < total


def _number(text: str, value: float, language: str) -> None:
    under = LIMITS[language][0]
    if text.startswith(under):
        assert number(text.removeprefix(under), language)[0] == 0.05 and value < 0.05
        return
    shown, decimals = number(text, language)
    assert abs(shown - value) <= 0.5 / 10**decimals * (not isinstance(value, int)) + 1e-9
    assert isinstance(value, int) or decimals == (0 if value >= 9.95 else 1)


def _counted(text: str, value: Counted, form: str, language: str, words: Mapping[str, Any]) -> None:
    """The number, and a noun that agrees with the number as it is shown."""
    if form == "number":
        return _number(text, value.number, language)
    noun = words["nouns"][value.noun]
    if text == noun["none"]:
        assert value.number == 0 and isinstance(value.number, int)
        return None
    several = text.endswith(f" {noun['many']}")
    figures = text.removesuffix(f" {noun['many']}" if several else f" {noun['one']}")
    _number(figures, value.number, language)
    if noun["one"] != noun["many"]:
        shown = number(figures.removeprefix(LIMITS[language][0]), language)[0]
        plural = shown >= 2 if language == "fr" else figures not in ("1", "one")
        assert several == plural, text
    return None


def _span(text: str, value: Span, language: str) -> None:
    names = [each.lower() for each in MONTHS[language]]
    found = [names.index(each) for each in re.findall("|".join(names), text.lower())]
    years = re.findall(r"\d{4}", text)
    expected = [value.first] if value.first == value.last else [value.first, value.last]
    assert found == [each.month - 1 for each in expected]
    assert years == [str(each.year) for each in expected[-len(years) :]] and years
    assert len(years) == len({each.year for each in expected})


def _place(text: str, value: Place, language: str, words: Mapping[str, Any]) -> None:
    assert text.startswith(plain(value.name))
    inside = text.removeprefix(plain(value.name)).strip()
    parts = inside[1:-1].split(", ", 1) if inside else []
    if value.country is not None:
        assert parts.pop(0) == words["countries"][value.country]["name"]
    if value.said is not None:
        agrees(parts.pop(0), value.said, "", language, words)
    assert not parts, text


def _places(text: str, value: tuple[Any, ...], language: str, words: Mapping[str, Any]) -> None:
    rest = text
    for place, each in enumerate(value):
        name = plain(each.name) if isinstance(each, Place) else words["countries"][each.code]["name"]
        last = place == len(value) - 1
        until = len(rest) if last else _end_of(rest, value[place + 1], words, JOINS[language])
        assert name in rest[:until]
        agrees(rest[:until], each, "", language, words)
        rest = rest[until:].removeprefix(", ").removeprefix(JOINS[language])
    assert not rest


def _end_of(rest: str, following: Any, words: Mapping[str, Any], join: str) -> int:
    """Where the item before the following one ends."""
    if isinstance(following, Place):
        at = max(rest.find(f"{mark}{plain(following.name)}") for mark in (", ", join))
    else:
        at = max(rest.find(", "), rest.find(join)) if ", " not in rest else rest.find(", ")
    assert at > 0, rest
    return at

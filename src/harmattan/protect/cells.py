"""Text of single cells: names, scores and weights."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from harmattan.protect.scales import HIGHEST, LOWEST

LONGEST_NAME = 120
LIGHTEST, HEAVIEST = 0.001, 1000.0
WEIGHT_DECIMALS = 6

_SCORE = re.compile(r"[0-9]{1,3}")
_WEIGHT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,25})?")
_HIDDEN = {"Cc": "a control character", "Cf": "a character that cannot be seen", "Zl": "a line break"}
_HIDDEN |= {"Zp": "a line break", "Cs": "half a character", "Co": "a character of no script", "Cn": "no character"}


class WorksheetError(ValueError):
    """A worksheet that cannot be used as it is; the message names the cell or row, and what to do."""


def name(text: str, place: str) -> str:
    """Return the name of a site or rater in composed form (NFC), after checking that it can be read and told apart.

    Raises
    ------
    WorksheetError
        If it is empty or too long, or has a character that cannot be seen.
    """
    if not text.strip():
        raise WorksheetError(f"{place}: expected a name; the cell is empty")
    for character in text:
        hidden = _HIDDEN.get(unicodedata.category(character))
        if hidden:
            raise WorksheetError(f"{place}: the name has {hidden} (U+{ord(character):04X}); type the name again")
    told = unicodedata.normalize("NFC", text.strip())
    if len(told) > LONGEST_NAME:
        raise WorksheetError(f"{place}: a name has {LONGEST_NAME} characters or fewer; this one has {len(told)}")
    return told


def alike(told: str) -> str:
    """Return what two names share if people would take them for one: case, width and spaces do not count.

    Examples
    --------
    >>> alike("North  Depot") == alike("north depot")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", told).casefold().split())


def score(text: str, place: str) -> int:
    """Return a score.

    Raises
    ------
    WorksheetError
        If it is not a whole number from 1 to 10.

    Examples
    --------
    >>> score("7", "C4")
    7
    """
    if not _SCORE.fullmatch(text) or not LOWEST <= int(text) <= HIGHEST:
        raise WorksheetError(f"{place}: expected a whole number from {LOWEST} to {HIGHEST}; {_got(text)}")
    return int(text)


def weight(text: str, place: str) -> float:
    """Return a weight.

    Raises
    ------
    WorksheetError
        If it is neither 0 nor a number from 0.001 to 1000 with six decimals or fewer.

    Examples
    --------
    >>> weight("0.5", "C3")
    0.5
    """
    told = float(text) if _WEIGHT.fullmatch(text) else -1.0
    if not usable_weight(told):
        raise WorksheetError(
            f"{place}: expected a weight, 0 or a number from {LIGHTEST} to {HEAVIEST:.0f} with {WEIGHT_DECIMALS} "
            f"decimals or fewer, such as 0.5; {_got(text)}"
        )
    return told


def usable_weight(value: float) -> bool:
    """Return whether a number can be a weight: 0, or from 0.001 to 1000 with six decimals or fewer.

    Workbooks keep 15 digits, so more decimals would not come back as they were.
    """
    return value == 0 or (LIGHTEST <= value <= HEAVIEST and round(value, WEIGHT_DECIMALS) == value)


def number(value: float) -> str:
    """Return a number as it is written in a sheet: whole ones without a point, never with an exponent.

    Examples
    --------
    >>> number(1.0), number(0.25), number(1e-5)
    ('1', '0.25', '0.00001')
    """
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(value: float) -> str:
    """Return a share as per cent; never 0 or 100 unless it is.

    Examples
    --------
    >>> share(0.42), share(0.999), share(0.001)
    ('42 %', 'above 99 %', 'below 1 %')
    """
    if 0 < value < 0.01:
        return "below 1 %"
    return "above 99 %" if 0.99 < value < 1 else f"{100 * value:.0f} %"


def _got(text: str) -> str:
    short = text if len(text) <= 40 else f"{text[:40]}…"
    return f"got {short!r}" if text else "the cell is empty"

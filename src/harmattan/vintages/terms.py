"""On what terms the data of a source come, and how they are cited."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """Words that go with the data of a source.

    Attributes
    ----------
    said
        Where the numbers come from.
    licence, citation
        On what terms, and what to cite.
    """

    said: str
    licence: str
    citation: str


_UCDP = "Sundberg & Melander (2013); Davies et al. (2025); for Candidate releases Hegre et al. (2020)"
_ACLED = Terms(
    "ACLED, the user's copy",
    "ACLED terms of use: not to be redistributed",
    "Raleigh, Kishi & Linke (2023)",
)

TERMS: dict[str, Terms] = {
    "ucdp": Terms("UCDP GED, the user's copy", "CC BY 4.0", _UCDP),
    "acled": _ACLED,
    "acled_weekly": Terms("ACLED weekly aggregates, the user's copy", _ACLED.licence, _ACLED.citation),
    "hdx": Terms("HDX, from ACLED, the user's copy", _ACLED.licence, _ACLED.citation),
}
"""Name of a source -> its terms."""


def terms_of(source: str, file: str) -> Terms:
    """Return the terms of a source; of the user's own file for any other.

    Examples
    --------
    >>> terms_of("plain", "mine.csv").said
    "the user's file mine.csv"
    """
    return TERMS.get(source, Terms(f"the user's file {file}", "the user's own", "none stated"))

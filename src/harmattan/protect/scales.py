"""The six criteria and the words that anchor their scores, read from the side of those who protect a site.

CARVER comes from military planning; the protective reading follows its use in food defence (U.S. Food and Drug
Administration 2009, *CARVER + Shock Primer*): a high score says that a site needs protection here. The words are the
project's own, and generic on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

LOWEST, HIGHEST = 1, 10
BANDS = ("1-2", "3-4", "5-6", "7-8", "9-10")


@dataclass(frozen=True)
class Criterion:
    """One criterion.

    Attributes
    ----------
    name
        Its column in a sheet.
    question
        What a rater answers.
    anchors
        Words for each of `BANDS`, from little need of protection to much.
    """

    name: str
    question: str
    anchors: tuple[str, str, str, str, str]


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "criticality",
        "How much do people depend on what the site does?",
        (
            "little: hardly anyone would notice if it closed",
            "some: a few people would have to go elsewhere",
            "clear: a district would lose a service for a while",
            "great: a region would lose a service that has no near substitute",
            "vital: lives or a whole country's services depend on it",
        ),
    ),
    Criterion(
        "accessibility",
        "How easily can people without permission come near what needs protection?",
        (
            "closed: several barriers, all watched, every entry checked",
            "hard: barriers and checks with few gaps",
            "partly open: a barrier, but checks are not constant",
            "open: one weak barrier or checks by day only",
            "free: no barrier, no check",
        ),
    ),
    Criterion(
        "recuperability",
        "How long until the site works again after serious damage?",
        (
            "a day or less, or a substitute is ready",
            "days",
            "weeks",
            "months",
            "a year or more, or never",
        ),
    ),
    Criterion(
        "vulnerability",
        "How little would protection, training and plans in place limit the harm?",
        (
            "well protected: hardened, people drilled, plans tested in the last year",
            "protected: known gaps are small and being closed",
            "mixed: some protection, plans seldom practised",
            "weak: little protection, plans on paper only",
            "none: no protection, no plan",
        ),
    ),
    Criterion(
        "effect",
        "How far would harm reach beyond the site: people, services, confidence?",
        (
            "the site alone",
            "the neighbourhood, for days",
            "a town or district",
            "a region, or many people at once",
            "the country or beyond",
        ),
    ),
    Criterion(
        "recognisability",
        "How easily is the site known for what it is, by someone who does not know the place?",
        (
            "hardly: nothing shows what it is",
            "with local knowledge only",
            "with some effort, such as asking or searching",
            "easily: signs, shape or uniforms tell",
            "at once and from afar",
        ),
    ),
)

NAMES: tuple[str, ...] = tuple(each.name for each in CRITERIA)


def lines() -> list[str]:
    """Return the scales as lines of text, one for each band of each criterion, below its question.

    Examples
    --------
    >>> lines()[0]
    'criticality: How much do people depend on what the site does?'
    >>> lines()[1]
    'criticality 1-2: little: hardly anyone would notice if it closed'
    """
    told = []
    for each in CRITERIA:
        told.append(f"{each.name}: {each.question}")
        told += [f"{each.name} {band}: {words}" for band, words in zip(BANDS, each.anchors, strict=True)]
    return told

"""How a briefing names regions, states and belts, events and differences: what all its sentences share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harmattan.briefing.facts import Facts
from harmattan.briefing.speech import Counted, Country, Place, Span, Speech
from harmattan.months import target


class Words:
    """What the sentences of one briefing share: its facts, its language, and how it names regions and events."""

    def __init__(self, facts: Facts, speech: Speech) -> None:
        self.facts = facts
        self.speech = speech
        self.noun = facts.measure if facts.measure in speech.words["events"] else "cases"
        self.event = str(speech.words["events"][self.noun]["event"])
        self.first = str(speech.words["events"][self.noun]["first"])
        months = facts.release.forecast.origin, facts.horizons
        self.window = Span(target(months[0], min(months[1])), target(months[0], max(months[1])))
        self._several = facts.window["country"].nunique() > 1

    def place(self, code: str, said: Any = None) -> Place:
        """Return a region by its name, with its country where there are several, and what is said of it."""
        row = self.facts.window.loc[code]
        country = str(row["country"])
        if code == country and country in self.speech.words["countries"]:
            return Place(self.speech.tell(Country(country)), None, said)
        return Place(str(row["name"]), country if self._several and code != country else None, said)

    def places(self, codes: Iterable[Any], said: Iterable[Any]) -> tuple[Place, ...]:
        """Return several regions with what is said of each."""
        return tuple(self.place(str(code), each) for code, each in zip(codes, said, strict=True))

    def counted(self, number: float) -> Counted:
        """Return a number of what is forecast."""
        return Counted(number, self.noun)

    def alike(self, skill: float) -> bool:
        """Return whether a skill is no difference, to the digits it is told with."""
        return round(abs(skill) * 100, 1) == 0

    def better(self, skill: float) -> str:
        """Return a skill in words."""
        sentences, share = (
            self.speech.words["sentences"],
            f"{abs(skill) * 100:.1f}".replace(".", self.speech.words["decimal"]),
        )
        return str(sentences["better" if skill > 0 else "worse"].format(share=f"{share} %"))

    def belt(self, scope: str, name: str) -> str:
        """Return a coastal state or a border belt by its name."""
        countries = self.speech.words["countries"]
        here, _, there = name.partition(" near ")
        if scope == "country":
            return self.speech.tell(Country(name))
        if here not in countries or there not in countries:
            return name
        said = {"here": Country(here), "there": Country(there)}
        return self.speech.fill("near", said)

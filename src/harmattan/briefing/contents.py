"""A briefing as it is laid out: headline, map with its key, and sections of sentences and tables."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from harmattan.briefing import changed, sentences, tables
from harmattan.briefing.drawing import draw_map
from harmattan.briefing.facts import Facts
from harmattan.briefing.naming import Words
from harmattan.briefing.speech import Said, Speech
from harmattan.maps.scales import RISK
from harmattan.page.places import has_own_polygons


@dataclass(frozen=True)
class Section:
    """One part of a briefing: its heading, its sentences, more under a second heading, its tables."""

    key: str
    heading: str
    said: tuple[Said, ...]
    tables: tuple[tables.Table, ...] = ()
    second: str = ""
    more: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Briefing:
    """All that stands in a briefing.

    Attributes
    ----------
    language
        ``en`` or ``fr``.
    title, title_language
        What is forecast where, and the language of these words.
    kind, subtitle, not_safety, footer, page_of
        What kind of paper it is; data, model and release; a warning; what stands at the foot of each page.
    window
        The months told of.
    headline, lead
        One sentence, and those that follow it.
    map_caption, map_alt, map_svg
        The map.
    key
        Its legend: colour and label of each class, the worst first.
    key_unsure, key_none
        What hatching and the pattern for no forecast mean; empty where the map has none.
    sections
        The parts that follow.
    caveats
        Texts with their languages.
    caveats_heading, sources_heading
        Headings.
    sources
        Where data and outlines come from, and how it was made.
    """

    language: str
    title: str
    title_language: str
    kind: str
    subtitle: str
    not_safety: str
    footer: str
    page_of: str
    window: str
    headline: Said
    lead: tuple[Said, ...]
    map_caption: str
    map_alt: str
    map_svg: str
    key_heading: str
    key: tuple[tuple[str, str], ...]
    key_unsure: str
    key_none: str
    sections: tuple[Section, ...]
    caveats_heading: str
    caveats: tuple[tuple[str, str], ...]
    sources_heading: str
    sources: tuple[str, ...]

    @property
    def said(self) -> tuple[Said, ...]:
        """Every sentence made of numbers, in the order in which it is read."""
        parts = [(*section.said, *section.more) for section in self.sections]
        return (self.headline, *self.lead, *(each for part in parts for each in part))

    @property
    def map_data(self) -> str:
        """The map as an address of its own, which needs no second file."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.map_svg.encode()).decode("ascii")


def briefing(facts: Facts, speech: Speech, *, split: changed.Split | None = None) -> Briefing:
    """Return the briefing of a release in one language.

    Parameters
    ----------
    facts
        `harmattan.briefing.facts.facts_of` a release.
    speech
        The language.
    split
        By region the parts ``new, revised, model`` of the change of its probability, if they are known.

    Raises
    ------
    ValueError
        If the split does not fit the changes.
    """
    words = Words(facts, speech)
    said = facts.release.manifest
    title, language = speech.translated(str(said["caption"]["title"]))
    svg, unsure, outside = draw_map(words)
    headline, event = sentences.headline(words), words.event
    licence = speech.translated(str(said["caption"]["licence"]))[0]
    about = {
        "until": facts.data_to,
        "model": speech.model(str(said["champion"])),
        "release": f"{said['experiment']}/{facts.release.path.name}",
    }
    alt = {"title": title, "event": event, "window": words.window, "top": headline.text}
    outlines = "own_outlines" if has_own_polygons(facts.release) else "outlines"
    return Briefing(
        language=speech.language,
        title=title,
        title_language=language,
        kind=speech.label("kind"),
        subtitle=speech.label("subtitle", about),
        not_safety=speech.label("not_safety"),
        footer=speech.label("footer", {"source": str(said["caption"]["source"]), "licence": licence}),
        page_of=str(speech.words["page"]["page_of"]),
        window=_capital(speech.tell(words.window)),
        headline=headline,
        lead=tuple(sentences.lead(words)),
        map_caption=speech.label("map", {"event": event, "window": words.window}),
        map_alt=speech.label("map_alt", alt),
        map_svg=svg,
        key_heading=speech.label("map_key", {"event": event}),
        key=_key(speech),
        key_unsure=speech.label("key_unsure") if unsure else "",
        key_none=speech.label("key_none") if outside else "",
        sections=_sections(words, split),
        caveats_heading=speech.label("caveats"),
        caveats=tuple(sentences.caveats(words)),
        sources_heading=speech.label("sources"),
        sources=(sentences.source(words).text, speech.label(outlines), sentences.made(words).text),
    )


def _sections(words: Words, split: changed.Split | None) -> tuple[Section, ...]:
    label, facts = words.speech.label, words.facts
    changes = Section(
        "changed",
        label("changed" if facts.compared else "changed_month"),
        tuple(sentences.changes(words)),
        _there(tables.split_table(words, split)),
        label("why"),
        tuple(sentences.why(words)),
    )
    watched = _there(tables.watch_list(words), tables.quiet_regions(words))
    doubtful = any("*" in cell for table in watched for row in table.rows for cell in row[1:])
    return (
        changes,
        Section("watch", label("watch"), (), watched),
        Section("coast", label("coast"), tuple(sentences.toward_coast(words)), _there(tables.coastal(words))),
        Section("record", label("record"), tuple(sentences.last_forecast(words))),
        Section("trust", label("trust"), tuple(sentences.trust(words))),
        Section("reading", label("reading"), tuple(sentences.reading(words, doubtful=doubtful))),
    )


def _there(*found: tables.Table | None) -> tuple[tables.Table, ...]:
    return tuple(each for each in found if each is not None)


def _key(speech: Speech) -> tuple[tuple[str, str], ...]:
    """Colour and label of each class, the worst first."""
    percents = [f"{edge * 100:.0f} %" for edge in RISK.edges]
    labels = [str(speech.words["under"]).format(figure=percents[1])]
    for low, high in zip(RISK.edges[1:-2], percents[2:-1], strict=True):
        labels.append(speech.label("key_between", {"low": f"{low * 100:.0f}", "high": high}))
    labels.append(speech.label("key_over", {"low": percents[-2]}))
    told = [speech.typeset(each) for each in labels]
    return tuple(zip(RISK.colours[::-1], told[::-1], strict=True))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

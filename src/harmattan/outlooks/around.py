"""Sentences on what lies around a country: where the risk comes from, and what would be noticed first."""

from __future__ import annotations

from harmattan import words
from harmattan.models.endemic.paths import BACKGROUND, OWN
from harmattan.months import target
from harmattan.outlooks import facts, templates
from harmattan.outlooks.phrases import (
    amount,
    attacks,
    capital,
    counted,
    country_name,
    nouns,
    number_word,
    places,
)
from harmattan.outlooks.subject import BESIDE, ONE, Subject
from harmattan.outlooks.wording import (
    counted_regions,
    near_words,
    number_words,
    table_of,
    where_words,
    window_words,
)
from harmattan.result import Result

NAMED = 3


def where_from(result: Result, subject: Subject) -> list[str]:
    """Return where the risk comes from: the model's split, the nearest active regions, the belt, the corridors."""
    made = [_split(result, subject)]
    if subject.kind != BESIDE:
        made += [_nearest(result, subject), *_belt(result, subject)]
    return made + _roads(result, subject)


def first_noticed(result: Result, subject: Subject) -> list[str]:
    """Return what would be noticed first: the likeliest new regions, a month beyond the forecast, a longer front."""
    made = []
    told = facts.record(result, subject.regions)
    if subject.kind == ONE and not told["last_year"]:
        since = "in this record" if told["last"] is None else f"since {words.month_name(told['last'])}"
        made.append(templates.FIRST_HERE.format(name=subject.name, since=since))
    made += _signs(result, subject)
    made += _beyond(result, subject) if told["last_year"] else []
    return made + _front(result, subject)


def _split(result: Result, subject: Subject) -> str:
    sent = facts.senders(result, subject)
    if sent.empty:
        return templates.NO_SPLIT
    share = sent.groupby("kind")["share"].sum()
    never = facts.record(result, subject.regions)["last"] is None
    own = templates.OWN_EXPECTED if never else templates.OWN_RECORDED
    texts = [
        own.format(p=words.percent(share.get(OWN, 0.0))),
        templates.FROM_BACKGROUND.format(p=words.percent(share.get(BACKGROUND, 0.0))),
    ]
    if "inside" in share:
        texts.append(templates.FROM_EACH_OTHER.format(p=words.percent(share["inside"])))
    if "beside" in share:
        top = sent[sent["kind"] == "beside"].head(NAMED).set_index("sender")
        named = places(table_of(result, top.index), [words.percent(p) for p in top["share"]])
        texts.append(templates.FROM_OTHERS.format(p=words.percent(share["beside"]), places=named))
    return templates.SPLIT.format(
        expected=attacks(sent["expected"].sum()),
        where=f"in {where_words(result, subject)}",
        window=window_words(result)["window"],
        parts=words.and_list(texts),
    )


def _nearest(result: Result, subject: Subject) -> str:
    near = facts.active_near(result, subject).head(NAMED)
    if near.empty:
        return templates.NONE_NEAR
    notes = [
        f"{'at the border' if km == 0 else f'{km:.0f} km away'}, {counted(int(hits), 'attack', 'attacks')} in a year"
        for km, hits in zip(near["km"], near["last_year"], strict=True)
    ]
    return templates.NEAREST.format(places=places(near, notes))


def _belt(result: Result, subject: Subject) -> list[str]:
    if not subject.belt:
        return []
    active = int(facts.now_of(result).loc[list(subject.belt), "active_now"].sum())
    table = table_of(result, subject.belt)
    whole = [country_name(str(code)) for code in table.index if code == table.loc[code, "country"]]
    said = {
        "belt": capital(counted_regions(result, subject.belt)),
        "verb": "lies" if len(table) == 1 else "lie",
        "belt_km": subject.belt_km,
        "active": number_word(active) if active else "none",
        "whole": templates.WHOLE.format(names=words.and_list(whole)) if whole else "",
        "window": window_words(result)["window"],
    }
    return [templates.BELT.format(**said, **number_words(facts.total(result, subject.belt, facts.window_of(result))))]


def _roads(result: Result, subject: Subject) -> list[str]:
    told = facts.roads(result, subject)
    if told.empty:
        return []
    columns = told[["name", "regions", "active", "expected"]].itertuples(index=False)
    texts = [
        templates.ROAD.format(name=name, regions=regions, active=active, expected=amount(expected))
        for name, regions, active, expected in columns
    ]
    lead = capital(counted(len(told), "corridor leads", "corridors lead"))
    return [templates.ROADS.format(lead=lead, roads="; ".join(texts), window=window_words(result)["window"])]


def _signs(result: Result, subject: Subject) -> list[str]:
    """The quiet regions on either side of the border that are likeliest to be hit."""
    near = near_words(subject)
    signs, window = facts.first_signs(result, subject), window_words(result)["window"]
    if signs.empty:
        return [templates.NO_SIGNS.format(near=near)] if subject.belt else []
    top = signs.head(NAMED)
    if len(signs) == 1:
        named = places(top, [f"{words.percent(top['p'].iloc[0])} within {window}"])
        return [templates.ONE_SIGN.format(near=near, places=named)]
    named = places(top, [words.percent(p) for p in top["p"]])
    there = {2: "in either"}.get(len(top), "in any of them")
    quiet = f"the {counted(len(signs), *nouns(signs))}"
    return [templates.SIGNS.format(quiet=quiet, near=near, verb="are", places=named, there=there, window=window)]


def _beyond(result: Result, subject: Subject) -> list[str]:
    """A month with more attacks than the 95 % quantile of the forecast."""
    first = facts.total(result, subject.regions, 1)
    where, month = f"in {where_words(result, subject)}", words.month_name(target(result.forecast.origin, 1))
    more = f"more than {counted(first.q95, 'attack', 'attacks')}" if first.q95 else "any attack"
    return [templates.BEYOND.format(more=more, where=where, month=month, expected=amount(first.expected))]


def _front(result: Result, subject: Subject) -> list[str]:
    codes = list(dict.fromkeys([*subject.regions, *subject.belt]))
    now = facts.now_of(result).loc[codes]
    front = now[now["frontier_now"].to_numpy(dtype=bool)]
    if front.empty:
        return []
    month = words.month_name(target(result.forecast.origin, facts.window_of(result)))
    stands, ahead = counted(len(front), *nouns(front)), f"{now['frontier'].sum():.1f}"
    return [templates.FRONT.format(near=near_words(subject), now=stands, ahead=ahead, month=month)]

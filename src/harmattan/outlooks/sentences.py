"""The headline, when, how sure and what cannot be seen: `facts` in the words of `templates`."""

from __future__ import annotations

import pandas as pd

from harmattan import layers, words
from harmattan.outlooks import facts, templates
from harmattan.outlooks.blind import blind_spots
from harmattan.outlooks.phrases import (
    amount,
    between,
    capital,
    chance_list,
    counted,
    number_word,
    places,
)
from harmattan.outlooks.subject import BESIDE, NOTHING, ONE, SEVERAL, Subject
from harmattan.outlooks.wording import (
    counted_regions,
    number_words,
    table_of,
    where_words,
    why,
    window_words,
)
from harmattan.result import Result

NAMED = 3
SAME = 0.03
FAR_APART = 0.2


def headline(result: Result, subject: Subject) -> str:
    """Return one sentence that says how things stand and what is likeliest."""
    if subject.kind == NOTHING:
        return templates.HEAD_NOTHING.format(name=subject.name, why=why(result, subject), belt_km=subject.belt_km)
    ahead = facts.total(result, subject.regions, facts.window_of(result))
    told = facts.record(result, subject.regions)
    said = {"name": subject.name, "p": words.percent(ahead.p), **number_words(ahead), **window_words(result)}
    if subject.kind == BESIDE:
        return templates.HEAD_BESIDE.format(belt=counted_regions(result, subject.belt), **said)
    if told["last_year"]:
        last = counted(told["last_year"], "attack", "attacks")
        return templates.HEAD_ACTIVE.format(since=words.month_name(told["since"]), last_year=last, **said)
    others = _others(result, subject)
    disagree = _far_apart(others, ahead.p)
    said["others"] = templates.OTHERS_SAY.format(range=between(others.min(), others.max())) if disagree else ""
    a_first = "a first" if told["last"] is None else "an"
    blind = f" {templates.BLIND}" if blind_spots(result, subject.country)["blind"].any() else ""
    return templates.HEAD_QUIET.format(never=_never(result, told), a_first=a_first, **said) + blind


def when(result: Result, subject: Subject) -> list[str]:
    """Return when: chances within 1, 3, 6 and 12 months, and the first attack or the trend."""
    told, last = facts.record(result, subject.regions), len(result.forecast.horizons)
    steps = sorted({min(each, last) for each in facts.WITHIN})
    chances = [facts.total(result, subject.regions, step).p for step in steps]
    where = f" in {where_words(result, subject)}" if subject.kind == BESIDE else ""
    made = [templates.CHANCES.format(where=where, chances=chance_list(steps, chances))]
    made.append(_trend(result, told) if told["last_year"] else _first(result, subject, chances[-1]))
    return made + (_exposed(result, subject) if subject.kind in (SEVERAL, BESIDE) else [])


def how_sure(result: Result, subject: Subject) -> list[str]:
    """Return how sure: the interval, the models' disagreement, what came of past forecasts, how few first attacks."""
    ahead, window = facts.total(result, subject.regions, facts.window_of(result)), window_words(result)["window"]
    made = [templates.NUMBER.format(window=window, **number_words(ahead))]
    others = _others(result, subject)
    if len(others):
        span = between(others.min(), others.max())
        if words.percent(others.min()) != words.percent(others.max()):
            span += f" ({others.idxmin()} lowest, {others.idxmax()} highest)"
        count = "model puts" if len(others) == 1 else f"{number_word(len(others))} models put"
        made.append(templates.MODELS.format(count=count, range=span, window=window))
        made += [templates.WIDE] if _far_apart(others, ahead.p) else []
    quiet = not facts.record(result, subject.regions)["last_year"]
    if subject.kind == ONE and quiet:
        made += _alike(result, subject)
    made += _past(result, quiet=quiet)
    everywhere, coast = facts.first_attacks_on_record(result)
    every = counted(everywhere, "first attack", "first attacks")
    made.append(templates.FEW.format(everywhere=every, coast=number_word(coast) if coast else "none"))
    return made


def cannot_see(result: Result, subject: Subject) -> list[str]:
    """Return what the data cannot see: events of the country on record, known blind spots, the data's own caveats."""
    spots = [str(says) for says in blind_spots(result, subject.country)["says"]]
    return [_events(result, subject), *spots, *result.caption.caveats]


def _never(result: Result, told: pd.Series) -> str:
    if told["last"] is None:
        return f"no attack on record since {words.month_name(result.panel.months[0])}"
    return f"quiet for a year, last attack in {words.month_name(told['last'])}"


def _others(result: Result, subject: Subject) -> pd.Series:
    """P(at least one within the window) by each model that is neither champion nor baseline."""
    models = facts.chances(result, subject.regions)
    return models[(models["horizon"] == facts.window_of(result)) & ~models["champion"]].set_index("model")["p"]


def _far_apart(others: pd.Series, p: float) -> bool:
    return bool(len(others)) and max(others.max(), p) - min(others.min(), p) >= FAR_APART


def _first(result: Result, subject: Subject, p: float) -> str:
    """By when the first attack comes, or that none is likelier."""
    ahead = facts.totals(result.forecast, subject.regions, window=True)
    months, none = counted(len(ahead), "month", "months"), words.percent(1 - p)
    likely = ahead.loc[ahead["p"] >= 0.5, "month"]
    if likely.empty:
        return templates.LIKELY_NONE.format(months=months, p=none)
    return templates.MEDIAN.format(months=months, p=none, month=words.month_name(likely.iloc[0]))


def _trend(result: Result, told: pd.Series) -> str:
    before, last = told["year_before"], told["last_year"]
    return templates.TREND.format(
        last_year=capital(counted(last, "attack", "attacks")),
        until=words.month_name(layers.data_to(result)),
        change=f"up from {before}" if last > before else f"down from {before}" if last < before else "as many as",
        last=words.month_name(told["last"]),
    )


def _exposed(result: Result, subject: Subject) -> list[str]:
    table = layers.risk(result.forecast, range(1, facts.window_of(result) + 1)).loc[list(subject.regions)]
    top = table.nlargest(NAMED, "expected")
    notes = [f"{words.percent(p)}, {amount(e)} expected" for p, e in zip(top["p1"], top["expected"], strict=True)]
    return [templates.EXPOSED.format(places=places(table_of(result, top.index), notes))]


def _alike(result: Result, subject: Subject) -> list[str]:
    """That all countries without an attack on record get much the same chance, if they do."""
    same = facts.alike(result)
    if len(same) < NAMED or subject.country not in set(same["country"]) or same["p"].max() - same["p"].min() > SAME:
        return []
    span = between(same["p"].min(), same["p"].max())
    return [templates.ALIKE.format(count=number_word(len(same)), range=span, name=subject.name)]


def _past(result: Result, *, quiet: bool) -> list[str]:
    told = facts.past_chances(result, quiet=quiet)
    if told.empty:
        return []
    horizon, n, said, came, hits = next(told.itertuples(index=False))
    made = [
        templates.PAST.format(
            ahead=f"{counted(int(horizon), 'month', 'months')} ahead",
            state="quiet" if quiet else "active",
            model=result.champion,
            said=words.percent(said),
            came=words.percent(came),
            hits=hits,
            n=n,
        )
    ]
    rival = layers.rival(result)
    if rival is None:
        return made
    skill = layers.skill(result.scores, result.champion, rival)
    there = skill[skill["set"] == ("onset" if quiet else "all")].head(1)
    for _, ahead, value, rows in there.itertuples(index=False):
        better = f"{abs(value) * 100:.1f} % {'better' if value >= 0 else 'worse'}"
        where, months = ("in quiet regions" if quiet else "everywhere"), counted(int(ahead), "month", "months")
        made.append(templates.SKILL.format(where=where, better=better, rival=rival, ahead=months, n=rows))
    return made


def _events(result: Result, subject: Subject) -> str:
    if subject.kind == BESIDE:
        return templates.NOT_COUNTED.format(name=subject.name, why=why(result, subject))
    told, months = facts.record(result, subject.regions), facts.by_month(result, subject.regions).index
    said = {"months": words.span(list(months)), "name": subject.name}
    if told["first"] is None:
        return templates.NONE_ON_RECORD.format(**said)
    count = counted(told["attacks"], "attack", "attacks")
    return templates.EVENTS.format(count=count, first=words.month_name(told["first"]), **said)

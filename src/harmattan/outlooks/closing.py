"""The whole in a few sentences: how many regions may be newly hit, which coast is reached, how near, how it grows."""

from __future__ import annotations

import pandas as pd

from harmattan import words
from harmattan.outlooks import facts
from harmattan.outlooks.phrases import counted, country_name, nouns, number_word, places
from harmattan.regions import COASTAL
from harmattan.result import Result

NAMED = 3
CLEAR = 0.05
P_WORDS = ((0.01, "hardly chance"), (CLEAR, "unlikely to be chance"), (0.1, "perhaps chance"))
P_ELSE = "no more than chance would bring"

NEWLY = (
    "{opening} most likely {mode} of the {quiet} quiet for a year will be newly hit (90 % interval {q05} to {q95}), "
    "the likeliest {places}."
)
ALL_ACTIVE = "Every region has been attacked within a year: none can be newly hit."
REACHED = "Of the coastal states {active} already {see} attacks on record"
OTHERS = "; of those still quiet, "
NONE_REACHED = "Of the coastal states here, none of them with an attack on record within a year, "
LIKELIEST = "the likeliest to be reached within {window} {verb} {states}"
BELTS = "Near coastal states the chance of an attack within {window} is {belts}."
NEAR = (
    "The active region nearest to the sea lies {now} km from it, measured from its centre; in {month} it may be {q50} "
    "km (90 % interval {q05} to {q95})."
)
GROWTH = (
    "In the twelve months from {month} {newly} newly hit, with {escalation} joins to neighbours that stayed active "
    "where chance would bring {by_chance} (p = {p:.3g}, {chance}): {edge}; {moved} (p = {p_moved:.3g})."
)
EDGE = {True: "the area grows at its edge", False: "no clear sign that the area grows at its edge"}
MOVED = {True: "it also moves on from where it was", False: "no clear sign that it moves on from where it was"}


def p_in_words(p: float) -> str:
    """Return how likely a count of joins is to be chance.

    Examples
    --------
    >>> p_in_words(0.006), p_in_words(0.6)
    ('hardly chance', 'no more than chance would bring')
    """
    return next((text for limit, text in P_WORDS if p < limit), P_ELSE)


def coast_in_words(result: Result) -> list[str]:
    """Return what a result says of the way to the coast, in two to four sentences.

    Each number is one that the release's tables of expansion hold, rounded.

    Returns
    -------
    list
        Sentences in the order in which they should be read; none if the result has no tables of expansion.
    """
    if "first_attacks" not in result.expansion:
        return []
    return [_newly(result), *_coast(result), *_near(result), *_growth(result)]


def _newly(result: Result) -> str:
    now, window = facts.now_of(result), facts.window_of(result)
    quiet = now[now["quiet"].astype(bool)]
    if quiet.empty:
        return ALL_ACTIVE
    told = result.expansion["newly_hit"]
    count = told[(told["scope"] == "all") & (told["horizon"] == window)].iloc[0]
    top = quiet.nlargest(NAMED, "first_attack")
    return NEWLY.format(
        opening=words.window_phrase(result.forecast.origin, range(1, window + 1)),
        mode="none" if count["mode"] == 0 else number_word(int(count["mode"])),
        quiet=counted(len(quiet), *nouns(quiet)),
        q05=f"{count['q05']:.0f}",
        q95=f"{count['q95']:.0f}",
        places=places(top, [words.percent(p) for p in top["first_attack"]]),
    )


def _coast(result: Result) -> list[str]:
    """Which coastal states are reached or may be; their neighbours' belts where none is among the regions."""
    window, ahead, stands = facts.window_of(result), result.expansion["ahead"], result.expansion["arrivals"]
    chances = ahead[(ahead["quantity"] == "attacks_within") & (ahead["horizon"] == window)]
    told = stands.merge(chances[["scope", "name", "p"]], on=["scope", "name"], suffixes=("_ever", ""))
    within = counted(window, "month", "months")
    states = told[(told["scope"] == "country") & told["name"].isin(COASTAL)]
    if states.empty:
        belts = told[(told["scope"] == "set") & told["name"].str.contains(" near ")].nlargest(NAMED + 1, "p")
        texts = [f"{words.percent(p)} in {_belt(name)}" for name, p in zip(belts["name"], belts["p"], strict=True)]
        return [BELTS.format(window=within, belts=words.and_list(texts))] if texts else []
    active = [country_name(name) for name in states.loc[states["status"] == "active", "name"]]
    quiet = states[states["status"] == "quiet"].nlargest(NAMED, "p")
    if not active and quiet.empty:
        return []
    see = "sees" if len(active) == 1 else "see"
    reached = REACHED.format(active=words.and_list(active), see=see) if active else NONE_REACHED
    if quiet.empty:
        return [f"{reached}."]
    named = [f"{country_name(name)} ({words.percent(p)})" for name, p in zip(quiet["name"], quiet["p"], strict=True)]
    verb, states_named = ("is" if len(named) == 1 else "are"), words.and_list(named)
    likeliest = LIKELIEST.format(window=within, verb=verb, states=states_named)
    return [f"{reached}{OTHERS if active else ''}{likeliest}."]


def _belt(name: str) -> str:
    here, _, there = name.partition(" near ")
    return f"{country_name(here)} near {country_name(there)}"


def _near(result: Result) -> list[str]:
    past, ahead = result.expansion["replay"], result.expansion["ahead"]
    if "reach" not in past:
        return []
    now = past.loc[past["scope"] == "all", "reach"].iloc[-1]
    told = ahead[(ahead["quantity"] == "reach") & (ahead["scope"] == "all")]
    row = told[told["horizon"] == facts.window_of(result)].iloc[0]
    if pd.isna(now) or pd.isna(row["q50"]):
        return []
    numbers = {name: f"{row[name]:.0f}" for name in ("q05", "q50", "q95")}
    return [NEAR.format(now=f"{now:.0f}", month=words.month_name(row["month"]), **numbers)]


def _growth(result: Result) -> list[str]:
    """The newest year of the join counts."""
    told = result.expansion.get("joins")
    if told is None:
        return []
    years = told[told["later"] != "all"]
    newest = years[years["later"] == years["later"].max()].set_index("kind")
    grown, moved, newly = newest.loc["escalation"], newest.loc["relocation"], int(newest["newly_hit"].iloc[0])
    if not newly:
        return []
    return [
        GROWTH.format(
            month=words.month_name(pd.Period(str(grown["later"]), "M")),
            newly=counted(newly, "region was", "regions were"),
            chance=p_in_words(grown["p"]),
            edge=EDGE[bool(grown["p"] < CLEAR)],
            escalation=f"{grown['joins']:.0f}",
            by_chance=f"{grown['expected']:.0f}",
            p=grown["p"],
            moved=MOVED[bool(moved["p"] < CLEAR)],
            p_moved=moved["p"],
        )
    ]

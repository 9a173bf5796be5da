"""The summary of a profile in plain sentences, in English or French; regions and months, never places within them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from harmattan.incidents.change import Change
from harmattan.incidents.kinds import NOT_STATED
from harmattan.incidents.profile import Profile, hit_anew
from harmattan.incidents.templates import MONTHS
from harmattan.incidents.wording import (
    country_words,
    day_words,
    listed,
    month_words,
    months_words,
    period_words,
    phrases,
)

MOST_REGIONS = 8
MOST_MONTHS = 12
MOST_DAYS = 4
SIGNIFICANT = 0.05


def summary(told: Profile, language: str = "en") -> list[str]:
    """Return what a profile says, in sentences in the order in which they should be read.

    Raises
    ------
    ValueError
        If the language is neither English nor French.
    """
    return [
        _opening(told, language),
        *_regions(told, language),
        _readings(told, language),
        *_months(told, language),
        *_days(told, language),
        *_kinds(told, language),
        *_deaths(told, language),
        *_change(told, language),
    ]


def caveats(told: Profile, language: str = "en") -> list[str]:
    """Return what must be borne in mind when the numbers are read."""
    say, found, source = phrases(language), told.incidents, told.incidents.source
    sentences = [say["file_says"].format(text=found.remarks)] if found.remarks else []
    sentences.append(say["counted"])
    if source in ("ucdp", "acled"):
        sentences.append(say["both_sides"].format(actor=found.actor))
    if source == "ucdp":
        sentences += [say["state_forces"], say["lethal"]]
    if found.provisional:
        sentences.append(say["provisional"])
    for name, account in (("left_out", found.left_out), ("note", found.notes)):
        if account:
            listing = ", ".join(f"{number} {say.get(why, why)}" for why, number in account.items())
            sentences.append(say[name].format(list=listing))
    return sentences


def decimal(value: float, say: Mapping[str, str], places: int = 2) -> str:
    """Return a number as it is written in the language, with a real minus sign."""
    if not np.isfinite(value):
        return say["no_bound"]
    written = f"{value:.{places}f}"
    return (written.lstrip("-") if float(written) == 0 else written).replace("-", "−").replace(".", say["decimal"])


def p_value(p: float, say: Mapping[str, str]) -> str:
    """Return a p-value after its sign, with no more digits than the simulation gives."""
    return f"< {decimal(0.01, say)}" if p < 0.01 else f"= {decimal(p, say)}"


def _counted(number: int, say: Mapping[str, str]) -> str:
    return f"{number} {say['attack'] if number == 1 else say['attacks']}"


def _opening(told: Profile, language: str) -> str:
    say = phrases(language)
    known = told.countries[told.countries.index != NOT_STATED]["all"]
    places = [f"{n} {country_words(str(code), language, inside=True)}" for code, n in known.items()]
    if len(known) == 1 and len(told.countries) == 1:
        places = [say["one_country"].format(place=country_words(str(known.index[0]), language, inside=True))]
    if NOT_STATED in told.countries.index:
        places.append(say["nowhere"].format(n=told.countries.loc[NOT_STATED, "all"]))
    return say["opening"].format(
        actor=told.incidents.actor,
        period=period_words(*told.period, language),
        n=_counted(len(told.table), say),
        places=listed(places, language),
    )


def _regions(told: Profile, language: str) -> list[str]:
    say, sentences = phrases(language), []
    placed = told.regions[(told.regions["country"] != "") & (told.regions["all"] > 0)]
    for code, rows in placed.groupby("country", sort=False):
        finest = rows["level"].max()
        if finest == 0:
            continue
        parts, larger = rows[rows["level"] == finest], rows[(rows["level"] < finest) & (rows["level"] > 0)]
        most = MOST_REGIONS if len(parts) > MOST_REGIONS + 1 else len(parts)
        items, rest = _numbered(parts.head(most)), parts.iloc[most:]
        if len(rest):
            items.append(say["others"].format(n=rest["all"].sum(), count=len(rest)))
        coarse = _numbered(larger)
        if (rows["level"] == 0).any():
            coarse.append(say["whole_country"].format(n=rows.loc[rows["level"] == 0, "all"].sum()))
        listing = ", ".join(items) + (f"; {say['larger'].format(list=', '.join(coarse))}" if coarse else "")
        sentences.append(say["regions"].format(name=country_words(str(code), language), list=listing))
    return sentences


def _numbered(rows: pd.DataFrame) -> list[str]:
    return [f"{name} {number}" for name, number in zip(rows["name"], rows["all"], strict=True)]


def _readings(told: Profile, language: str) -> str:
    say, totals = phrases(language), told.months.sum()
    if told.readings.isna().any():
        return say["no_readings"].format(all=told.readings["all"])
    return say["readings"].format(
        claimed=told.readings["claimed"],
        both=told.readings["claimed_or_suspected"],
        unattributed=totals["unattributed"],
        silent=totals[NOT_STATED],
        all=told.readings["all"],
    )


def _months(told: Profile, language: str) -> list[str]:
    say, by_month = phrases(language), told.months["all"].drop(told.uncovered)
    if len(by_month) <= MOST_MONTHS:
        years = {month.year for month in by_month.index}
        spoken = [
            MONTHS[language][month.month - 1] if len(years) == 1 else f"{month_words(month, language)}:"
            for month in by_month.index
        ]
        items = [f"{name} {number}" for name, number in zip(spoken, by_month, strict=True) if number]
        sentences = [say["months"].format(list=", ".join(items))]
    else:
        most = month_words(pd.PeriodIndex(by_month.index)[int(by_month.argmax())], language)
        sentences = [say["peak"].format(low=by_month.min(), high=by_month.max(), month=most)]
    silent = say["silent"].format(months=months_words(told.silent, language)) if told.silent else say["no_silent"]
    sentences.append(silent)
    if told.uncovered:
        first, last = (month_words(month, language) for month in told.incidents.covered)
        unknown = months_words(told.uncovered, language)
        sentences.append(say["uncovered"].format(months=unknown, first=first, last=last))
    return sentences


def _days(told: Profile, language: str) -> list[str]:
    say, found = phrases(language), told.rhythm
    sentences = []
    if found.left_out:
        sentences.append(say["day_known"].format(known=found.known, all=found.known + found.left_out))
    sentences.append(_clusters(told, language))
    if len(found.gaps):
        longest = found.gaps.iloc[0]
        since, until = (day_words(longest[name], language) for name in ("since", "until"))
        sentences.append(say["gap"].format(days=longest["days"], since=since, until=until))
    if found.test is None or found.corrected is None or found.burstiness is None:
        return [*sentences, say["few_days"]]
    row, same = (found.test.loc[name].astype(float).to_dict() for name in ("burstiness", "sharing_a_day"))
    sign = "bursts" if row["observed"] > row["expected"] else "even"
    verdict = say[sign] if row["p"] < SIGNIFICANT else say["chance"]
    told_rhythm = say["rhythm"].format(
        corrected=decimal(found.corrected, say), plain=decimal(found.burstiness, say), lower=decimal(row["lower"], say),
        upper=decimal(row["upper"], say), p=p_value(row["p"], say), verdict=verdict,
    )  # fmt: skip
    told_days = say["sharing"].format(
        observed=f"{same['observed']:.0f}", lower=f"{same['lower']:.0f}", upper=f"{same['upper']:.0f}",
        p=p_value(same["p"], say),
    )  # fmt: skip
    return [*sentences, told_rhythm, told_days]


def _clusters(told: Profile, language: str) -> str:
    say, clusters = phrases(language), told.rhythm.clusters
    if clusters.empty:
        return say["no_clusters"]
    if len(clusters) > MOST_DAYS:
        most = clusters.iloc[int(clusters["attacks"].argmax())]
        day = day_words(most["day"], language)
        return say["many_clusters"].format(count=len(clusters), most=most["attacks"], day=day)
    names = told.incidents.units["name"]
    items = []
    for day, number, codes in clusters[["day", "attacks", "regions"]].itertuples(index=False):
        where = f" ({', '.join(names[code] for code in codes)})" if codes else ""
        items.append(f"{day_words(day, language)}, {number}{where}")
    return say["clusters"].format(list="; ".join(items))


def _kinds(told: Profile, language: str) -> list[str]:
    say, sentences = phrases(language), []
    for name, table in (("tactic", told.tactics), ("target", told.targets)):
        if list(table.index) == [NOT_STATED]:
            sentences.append(say[f"no_{name}s"])
            continue
        order = [kind for kind in table.index if kind != NOT_STATED]
        order += [kind for kind in table.index if kind == NOT_STATED]
        items = [_kind(told, name, str(kind), int(table.loc[kind, "all"]), say) for kind in order]
        sentences.append(say[f"{name}s"].format(list=", ".join(items)))
    return sentences


def _kind(told: Profile, column: str, kind: str, number: int, say: Mapping[str, str]) -> str:
    """One tactic or target with its number, and its region where several were all in one of several regions."""
    what = f"{say.get(kind, kind)} {number}"
    where = told.table.loc[told.table[column] == kind, "region"]
    single = number > 1 and where.notna().all() and where.nunique() == 1 and told.table["region"].nunique() > 1
    if not single or kind == NOT_STATED or told.incidents.units["level"][where.iloc[0]] == 0:
        return what
    return say["all_in"].format(what=what, name=told.incidents.units["name"][where.iloc[0]])


def _deaths(told: Profile, language: str) -> list[str]:
    deaths = told.table["deaths"]
    if deaths.isna().all():
        return []
    unknown = int(deaths.isna().sum())
    return [phrases(language)["some_deaths" if unknown else "deaths"].format(deaths=deaths.sum(), unknown=unknown)]


def _change(told: Profile, language: str) -> list[str]:
    say = phrases(language)
    if told.change is None:
        months = (*told.incidents.covered, told.period[0] - len(told.months), told.period[1])
        first, last, need_first, need_last = (month_words(month, language) for month in months)
        return [say["no_change"].format(first=first, last=last, need_first=need_first, need_last=need_last)]
    sentences = [_compared(told.change, say, language)]
    for name, regions in zip(("fresh", "gone"), hit_anew(told), strict=True):
        if regions:
            more = len(regions) - MOST_REGIONS
            shown = [*regions[:MOST_REGIONS], *([say["and_more"].format(n=more)] if more > 0 else [])]
            sentences.append(say[name].format(list=listed(shown, language)))
    return sentences


def _compared(found: Change, say: Mapping[str, str], language: str) -> str:
    assert found.exact is not None  # a period has at least one attack
    period = period_words(found.first, found.last, language)
    exact = [decimal(end, say) for end in (found.exact.lower, found.exact.upper)]
    if found.widened is None or found.dispersion is None:
        return say["change_exact"].format(
            before_period=period, now=found.now, before=found.before, exact_lower=exact[0], exact_upper=exact[1]
        )  # fmt: skip
    verdict = say["more"] if found.widened.lower > 1 else say["fewer"] if found.widened.upper < 1 else say["same"]
    return say["change"].format(
        before_period=period, now=found.now, before=found.before, ratio=decimal(found.ratio, say),
        lower=decimal(found.widened.lower, say), upper=decimal(found.widened.upper, say),
        dispersion=decimal(found.dispersion, say, 1), exact_lower=exact[0], exact_upper=exact[1], verdict=verdict,
    )  # fmt: skip

"""The sentences of a briefing: its facts put into the templates of a language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from harmattan.briefing import changed, coast, judged, trusted
from harmattan.briefing.facts import expected_total, last_year
from harmattan.briefing.naming import Words
from harmattan.briefing.speech import Counted, Country, FromTo, Said, Score, Share, Signed, Span

NAMED = 3
READING = ("read_share", "read_months", "read_interval", "read_quiet", "read_noise", "read_target")


def headline(words: Words) -> Said:
    """Return the briefing in one sentence."""
    facts, speech = words.facts, words.speech
    top = facts.covered.head(NAMED)
    told = {"window": words.window, "event": words.event}
    if top.empty:
        return speech.say("nothing")
    if facts.calm:
        return speech.say("head_calm", told)
    if len(facts.window) == 1:
        row = top.iloc[0]
        return speech.say("head_only", {**told, "region": words.place(str(top.index[0])), "p": Share(row["p1"])})
    named = words.places(top.index, map(Share, top["p1"]))
    return speech.say("head", {**told, "regions": Counted(len(top), "region"), "places": named})


def lead(words: Words) -> list[Said]:
    """Return what follows the headline: how many, how many there were, who is quiet, what moved."""
    facts, speech = words.facts, words.speech
    if facts.covered.empty:
        return []
    made = [_total(words), _recorded(words), _quiet(words)]
    up, down = changed.moved(facts)
    if len(facts.window) > 1:
        key = "basis_release" if facts.compared else "basis_month"
        origin = facts.before.forecast.origin if facts.before is not None else facts.release.forecast.origin - 1
        basis = speech.say(key, {"origin": origin}).text
        counts = {"up": Counted(len(up), "region"), "down": Counted(len(down), "region")}
        sides = {(True, True): "moved", (True, False): "moved_up", (False, True): "moved_down"}
        form = sides.get((len(up) > 0, len(down) > 0), "moved_none")
        made.append(speech.say(form, {"basis": basis[:1].lower() + basis[1:], **counts}))
    return made


def changes(words: Words) -> list[Said]:
    """Return what changed since the last release, or in a month."""
    facts, speech = words.facts, words.speech
    if facts.covered.empty:
        return []
    made = [_compared(words)]
    before = changed.total_before(facts)
    if before is not None:
        first = facts.release.forecast.months[0]
        now = float(expected_total(facts.release, facts.release.forecast.horizons[0])["expected"])
        told = {"month": first, "before": before, "now": words.counted(now)}
        same = speech.number(before) == speech.number(now)
        made.append(speech.say("total_same" if same else "total_moved", told))
    sides = dict(zip(("up", "down"), changed.moved(facts), strict=True))
    for key, rows in sides.items():
        if len(rows):
            top = rows.head(NAMED)
            both = [FromTo(Share(a), Share(b)) for a, b in zip(top["earlier"], top["p1"], strict=True)]
            made.append(speech.say(key, {"places": words.places(top.index, both)}))
    return made if any(len(rows) for rows in sides.values()) else [*made, speech.say("same")]


def why(words: Words) -> list[Said]:
    """Return why it changed: new data, revised data, another model."""
    facts, speech = words.facts, words.speech
    made = _new(words)
    if facts.before is None:
        return made
    number = changed.revised(facts)
    if number is None:
        made.append(speech.say("revised_unknown"))
    else:
        made.append(speech.say("revised", {"changed": Counted(number, "count")}))
    models = [speech.model(str(each.manifest["champion"])) for each in (facts.before, facts.release)]
    made.append(speech.say(f"model_{changed.model_change(facts)}", {"before": models[0], "now": models[1]}))
    parts = changed.model_part(facts)
    if parts is not None:
        told = {"month": facts.release.forecast.months[0], "model": Signed(parts[0]), "data": Signed(parts[1])}
        made.append(speech.say("model_part", told))
    return made


def toward_coast(words: Words) -> list[Said]:
    """Return what the release says of the way to the coast."""
    facts, speech = words.facts, words.speech
    if not coast.has_tables(facts):
        return [speech.say("coast_none")]
    made = [_newly(words)]
    blind = coast.blind(facts)
    if blind:
        made.append(speech.say("blind", {"countries": tuple(map(Country, blind))}))
    reach, front, growth = coast.reach(facts), coast.front(facts), coast.growth(facts)
    if reach is not None:
        numbers = {"now": round(reach.now), "low": round(reach.low), "high": round(reach.high)}
        made.append(speech.say("reach", {**numbers, "middle": round(reach.middle), "month": reach.month}))
    if front is not None and len(facts.window) > 1:
        told = {"month": front.month, "active": front.active, "front": front.front}
        made.append(speech.say("front", told))
    if growth is not None:
        made.append(speech.say("growth", {"month": growth.month, "newly": Counted(growth.newly, "region")}))
        kinds = {(True, True): "both", (True, False): "edge", (False, True): "moves", (False, False): "neither"}
        made.append(speech.say(f"growth_{kinds[growth.edge, growth.moves]}"))
    return made


def last_forecast(words: Words) -> list[Said]:
    """Return how the last forecast did, or why that cannot be told."""
    facts, speech = words.facts, words.speech
    if facts.before is None:
        return [speech.say("not_judged_before")]
    if facts.record is None:
        return [speech.say("not_judged_record")]
    found = judged.judged(facts)
    if found is None:
        return [speech.say("not_judged_months", {"origin": facts.before.forecast.origin})]
    made = [_judged(words, found)]
    if len(found.table) > 1:
        made += _by_region(words, found)
    baseline, score = found.brier("baseline"), found.brier("p")
    if baseline > 0:
        scores = {"brier": Score(score), "baseline": Score(baseline)}
        skill = 1 - score / baseline
        told = {**scores, "better": words.better(skill)}
        made.append(speech.say("brier_equal" if words.alike(skill) else "brier", told))
    return [*made, speech.say("one_month_only")] if found.first == found.last else made


def trust(words: Words) -> list[Said]:
    """Return how far the forecast can be trusted."""
    speech, release = words.speech, words.facts.release
    said = release.manifest
    model = speech.model(str(said["champion"]))
    origins = Counted(int(said["scored"]["origins"]), "origin")
    skill, reliable = trusted.skill(release), trusted.reliable(release)
    if skill is None:
        made = [speech.say("skill_none", {"model": model, "origins": origins})]
    else:
        months = Counted(skill.horizon, "month")
        told = {"model": model, "origins": origins, "baseline": speech.model(skill.baseline), "months": months}
        key = "skill_equal" if words.alike(skill.everywhere) else "skill"
        made = [speech.say(key, {**told, "better": words.better(skill.everywhere)})]
        if skill.onset is not None:
            key = "onset_equal" if words.alike(skill.onset) else "onset"
            made.append(speech.say(key, {"better": words.better(skill.onset)}))
    if len(said["models"]) > 1:
        made.append(speech.say("flattered", {"models": Counted(len(said["models"]), "model")}))
    if reliable is not None:
        rates = {"said": Share(reliable.said), "came": Share(reliable.came)}
        count = {"forecasts": Counted(reliable.forecasts, "forecast"), "months": Counted(reliable.horizon, "month")}
        made.append(speech.say("reliable", {**rates, **count, "event": words.event}))
    return made + _flags(words)


def caveats(words: Words) -> list[tuple[str, str]]:
    """Return what the data cannot see: texts with their languages."""
    return [words.speech.translated(str(each)) for each in words.facts.release.manifest["caption"]["caveats"]]


def reading(words: Words, *, doubtful: bool) -> list[Said]:
    """Return how to read a briefing; with what the mark of a doubtful change means, if there is one."""
    return [words.speech.say(key) for key in READING if doubtful or key != "read_noise"]


def _total(words: Words) -> Said:
    release = words.facts.release
    first = release.forecast.horizons[0]
    row = expected_total(release, first)
    told = {"expected": words.counted(float(row["expected"])), "month": release.forecast.months[0]}
    return words.speech.say("total", {**told, "low": int(row["q05"]), "high": int(row["q95"])})


def _recorded(words: Words) -> Said:
    known = last_year(words.facts)
    if known is None:
        return words.speech.say("no_record")
    total, pace = known
    told = {"recorded": words.counted(int(total.iloc[-1])), "month": total.index[-1], "pace": pace}
    return words.speech.say("recorded", told)


def _quiet(words: Words) -> Said:
    if len(words.facts.window) == 1:
        region = words.place(str(words.facts.window.index[0]))
        key = "only_active" if words.facts.quiet.empty else "only_quiet"
        return words.speech.say(key, {"region": region, "until": words.facts.data_to})
    quiet, top = words.facts.quiet, words.facts.quiet.head(NAMED)
    told = {"regions": Counted(len(quiet), "region"), "until": words.facts.data_to, "first": words.first}
    return words.speech.say("quiet", {**told, "places": words.places(top.index, map(Share, top["p1"]))})


def _compared(words: Words) -> Said:
    facts = words.facts
    if facts.compared and facts.before is not None:
        return words.speech.say("compared_release", {"origin": facts.before.forecast.origin, "window": words.window})
    return words.speech.say("compared_month", {"until": facts.data_to - 1, "window": words.window})


def _new(words: Words) -> list[Said]:
    facts, speech = words.facts, words.speech
    new = changed.new_data(facts)
    if new.first is None or new.last is None:
        return [speech.say("new_none", {"until": facts.data_to})]
    window = Span(new.first, new.last)
    if new.recorded is None:
        return [speech.say("new_unknown", {"window": window})]
    told = {"recorded": words.counted(new.recorded), "window": window}
    if new.expected is None:
        made = [speech.say("new_month", told)]
    else:
        made = [speech.say("new_data", {**told, "expected": words.counted(new.expected)})]
    top = new.most
    if len(top) and len(facts.window) > 1:
        named = words.places(top.index, map(int, top))
        made.append(speech.say("new_most", {"regions": len(top), "places": named}))
    return made


def _newly(words: Words) -> Said:
    facts, speech = words.facts, words.speech
    found = coast.newly(facts)
    if not found.quiet:
        return speech.say("newly_none")
    months = facts.release.forecast.months
    window = Span(months[0], months[found.months - 1])
    if found.quiet == 1:
        return speech.say("newly_one", {"window": window, "likely": found.likely})
    told = {"window": window, "quiet": Counted(found.quiet, "region"), "likely": found.likely}
    return speech.say("newly", {**told, "low": found.low, "high": found.high})


def _judged(words: Words, found: judged.Judged) -> Said:
    where = "below" if found.recorded < found.low else "above" if found.recorded > found.high else "inside"
    told = {
        "origin": found.origin,
        "expected": words.counted(found.expected),
        "window": Span(found.first, found.last),
        "low": found.low,
        "high": found.high,
        "recorded": words.counted(found.recorded),
        "where": words.speech.words["sentences"][where],
    }
    return words.speech.say("judged", told)


def _by_region(words: Words, found: judged.Judged) -> list[Said]:
    speech, table, named = words.speech, found.table, found.named
    hit = named[named["count"] > 0]
    told = {"hits": len(hit), "named": Counted(len(named), "region")}
    key = f"hits{'_all' if len(hit) == len(named) else ''}{'' if words.noun == 'attacks' else '_deaths'}"
    places = words.places(hit.index, [None] * len(hit))
    all_hit, regions = int((table["count"] > 0).sum()), Counted(len(table), "region")
    both = {"expected": Counted(float(table["p"].sum()), "region"), "hit": Counted(all_hit, "region")}
    made = [
        speech.say(key, {**told, "places": places}),
        speech.say("regions_hit", {"event": words.event, "regions": regions, **both}),
    ]
    made.append(speech.say("surprised", _shares(words, found.surprises)))
    if len(found.stayed_calm):
        made.append(speech.say("stayed_calm", _shares(words, found.stayed_calm)))
    return made


def _shares(words: Words, rows: pd.DataFrame) -> dict[str, Any]:
    return {"n": len(rows), "places": words.places(rows.index, map(Share, rows["p"]))}


def _flags(words: Words) -> list[Said]:
    """The same suspicions of several horizons in one sentence."""
    speech, known = words.speech, words.speech.words["sentences"]
    ahead: dict[tuple[str, ...], list[int]] = {}
    for horizon, flags in trusted.flags(words.facts.release):
        ahead.setdefault(tuple(flags), []).append(horizon)
    made = []
    for flags_, horizons in ahead.items():
        texts: Sequence[str] = [str(known[f"flag_{flag}"]) for flag in flags_ if f"flag_{flag}" in known]
        months = speech.months_ahead(horizons)
        if texts:
            made.append(speech.say("flagged", {"months": months, "flags": "; ".join(texts)}))
    return made


def source(words: Words) -> Said:
    """Return where the data come from, and on what terms."""
    said = words.facts.release.manifest["caption"]
    licence = words.speech.translated(str(said["licence"]))[0]
    return words.speech.say("source", {"source": str(said["source"]), "licence": licence})


def made(words: Words) -> Said:
    """Return which release, model and program made the forecast."""
    speech, release = words.speech, words.facts.release
    said = release.manifest
    commit = said["code"].get("commit")
    told = {
        "release": f"{said['experiment']}/{release.path.name}",
        "draws": int(said["draws"]),
        "seed": str(said["seed"]),
        "model": speech.model(str(said["champion"])),
        "version": str(said["code"]["harmattan"]),
        "commit": speech.words["sentences"]["commit"].format(commit=str(commit)[:12]) if commit else "",
        "sha": str(said["sha256"])[:16],
    }
    return speech.say("made", told)

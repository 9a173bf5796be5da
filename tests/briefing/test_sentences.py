"""Every sentence says the numbers of its release: read back from the text in both languages, over every case."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harmattan.briefing import changed, coast, sentences, tables
from harmattan.briefing.contents import Briefing, briefing
from harmattan.briefing.facts import Facts, facts_of
from harmattan.briefing.naming import Words
from harmattan.briefing.speech import Said, Share, Speech
from harmattan.briefing.wording import LANGUAGES, forms_of, words_of
from harmattan.figures import bundled_counts

from .speaking import agrees, plain, read_back

NAMES = (
    "usual", "alone", "calm", "unchanged", "raised", "other model", "other settings", "not all covered", "deaths",
    "one region", "one quiet region", "never attacked", "always attacked", "coast", "longer ago", "withheld",
)  # fmt: skip
PARTS = ("better", "worse", "inside", "below", "above", "commit", "source", "made")


@pytest.fixture(scope="module")
def briefings(cases: dict[str, Facts]) -> dict[tuple[str, str], Briefing]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harmattan.briefing.contents.draw_map", lambda _: ("<svg/>", True, True))
        return {
            (name, language): briefing(facts, Speech(words_of(language), language))
            for name, facts in cases.items()
            for language in LANGUAGES
        }


def test_the_cases_are_all_there(cases: dict[str, Facts]) -> None:
    assert tuple(cases) == NAMES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_read_back_from_its_sentence(
    briefings: dict[tuple[str, str], Briefing], name: str, language: str
) -> None:
    words = words_of(language)
    told = briefings[name, language].said
    assert told
    for said in told:
        fields = read_back(said, _template(said, words), words)
        for field, texts in fields.items():
            for form, text in texts:
                agrees(text, said.values[field], form, language, words)


def _template(said: Said, words: dict[str, Any]) -> str:
    """The form of the sentence that its number asks for, by the grammar of the language."""
    entry = words["sentences"][said.key]
    if isinstance(entry, str):
        return entry
    chosen = said.values[entry["by"]]
    number = getattr(chosen, "number", chosen)
    if number == 0 and "none" in entry:
        return str(entry["none"])
    shown = round(number, 1) if isinstance(number, float) else number
    one = shown < 2 if "décembre" in words["months"] else isinstance(shown, int) and shown == 1
    return str(entry["one"] if one and "one" in entry else entry["many"])


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_say_the_same(briefings: dict[tuple[str, str], Briefing], name: str) -> None:
    english, french = (briefings[name, language].said for language in LANGUAGES)
    assert [each.key for each in english] == [each.key for each in french]
    for one, two in zip(english, french, strict=True):
        numbers = [[v for v in each.values.values() if isinstance(v, float | int)] for each in (one, two)]
        assert numbers[0] == numbers[1]


def test_every_sentence_is_said_in_some_case(briefings: dict[tuple[str, str], Briefing]) -> None:
    said = {each.key for told in briefings.values() for each in told.said}
    unsaid = set(words_of("en")["sentences"]) - said - set(PARTS)
    rest = {key for key in unsaid if not key.startswith(("flag_", "growth_"))}
    told_elsewhere = {
        "nothing",
        "model_code",
        "basis_release",
        "basis_month",
        "skill_equal",
        "onset_equal",
        "brier_equal",
    }
    assert rest <= told_elsewhere | {"hits", "hits_deaths"}


def test_the_headline_and_the_total_are_those_of_the_tables(
    briefings: dict[tuple[str, str], Briefing], folder: Path
) -> None:
    table = pd.read_csv(folder / "2023-06" / "windows.csv")
    top = table[table["window"] == "next_3_months"].nlargest(3, "p1")
    told = briefings["usual", "en"]
    assert [place.name for place in told.headline.values["places"]] == top["name"].tolist()
    assert np.allclose([place.said for place in told.headline.values["places"]], top["p1"])
    draws = np.load(folder / "2023-06" / "draws.npz")["draws"][:, 0].sum(axis=1)
    total = _said(told, "total")
    assert total.values["expected"].number == pytest.approx(draws.mean())
    assert [total.values["low"], total.values["high"]] == [np.sort(draws)[19], np.sort(draws)[379]]


def test_the_record_is_that_of_the_bundled_counts(briefings: dict[tuple[str, str], Briefing]) -> None:
    counts = bundled_counts("attacks_bfa")[0].table
    by_month = counts.groupby(counts["month"].astype(str))["attacks"].sum()
    told = briefings["usual", "fr"]
    said = _said(told, "recorded").values
    year = pd.period_range("2022-07", "2023-06", freq="M").astype(str)
    assert said["recorded"].number == by_month["2023-06"]
    assert said["pace"] == pytest.approx(by_month.reindex(year).fillna(0).mean())
    assert _said(told, "judged").values["recorded"].number == by_month["2023-06"]
    assert _said(told, "new_data").values["recorded"].number == by_month["2023-06"]


def test_what_was_judged_is_the_older_release_beside_the_record(
    briefings: dict[tuple[str, str], Briefing], folder: Path
) -> None:
    said = pd.read_csv(folder / "2023-05" / "forecast.csv").query("horizon == 1").set_index("region")
    counts = bundled_counts("attacks_bfa")[0].table
    hit = set(counts[(counts["month"].astype(str) == "2023-06") & (counts["attacks"] > 0)]["region"])
    told = briefings["usual", "en"]
    regions = _said(told, "regions_hit").values
    assert regions["expected"].number == pytest.approx(said["p1"].sum(), abs=1e-3)
    assert regions["hit"].number == len(hit)
    named = said["p1"].sort_values(ascending=False, kind="stable").index[:10]
    assert _said(told, "hits_all").values["hits"] == len(hit & set(named))
    outcome = said.index.isin(hit)
    brier = _said(told, "brier_equal").values
    assert brier["brier"] == pytest.approx(((said["p1"] - outcome) ** 2).mean(), abs=1e-4)
    past = counts[counts["month"].astype(str).between("2022-06", "2023-05") & (counts["attacks"] > 0)]
    own = (past.groupby("region").size().reindex(said.index).fillna(0) + 0.25) / 12.5
    assert brier["baseline"] == pytest.approx(((own - outcome) ** 2).mean())


def test_the_change_is_that_between_the_two_releases(
    briefings: dict[tuple[str, str], Briefing], cases: dict[str, Facts]
) -> None:
    facts = cases["raised"]
    assert facts.before is not None
    now, then = (each.forecast.draws for each in (facts.release, facts.before))
    p = [((each > 0).sum(axis=0) + 0.25) / 400.5 for each in (now[:, :3].sum(axis=1), then[:, 1:4].sum(axis=1))]
    noise = 2 * np.sqrt(sum(each * (1 - each) for each in p) / 400)
    clear = (np.abs(p[0] - p[1]) >= 0.045) & (np.abs(p[0] - p[1]) > noise)
    said = _said(briefings["raised", "fr"], "moved_up").values
    assert said["up"].number == (clear & (p[0] > p[1])).sum() > 10
    assert said["down"].number == (clear & (p[0] < p[1])).sum()
    largest = np.argsort(-(p[0] - p[1]), kind="stable")[0]
    place = _said(briefings["raised", "en"], "up").values["places"][0]
    assert place.said.now == pytest.approx(p[0][largest]) and place.said.before == pytest.approx(p[1][largest])


def test_another_model_and_newer_data_add_up_to_the_change(briefings: dict[tuple[str, str], Briefing]) -> None:
    told = briefings["other model", "en"]
    total, parts = _said(told, "total_moved").values, _said(told, "model_part").values
    assert parts["model"] + parts["data"] == pytest.approx(total["now"].number - total["before"])
    assert abs(parts["model"]) > 0.1


def test_coastal_states_and_blind_spots_are_told(
    briefings: dict[tuple[str, str], Briefing], cases: dict[str, Facts]
) -> None:
    told = briefings["coast", "fr"]
    section = next(each for each in told.sections if each.key == "coast")
    ahead = cases["coast"].release.expansion["ahead"]
    togo = ahead[(ahead["quantity"] == "attacks_within") & (ahead["name"] == "TGO")].set_index("horizon")["p"]
    row = next(row for row in section.tables[0].rows if row[0] == "Togo")
    speech = Speech(words_of("fr"), "fr")
    assert list(row[1:3]) == [speech.tell(Share(togo[step])) for step in (3, 6)]
    assert "au Ghana" in _said(told, "blind").text and "en Côte d’Ivoire" in _said(told, "blind").text


def test_what_is_not_known_is_said(briefings: dict[tuple[str, str], Briefing]) -> None:
    keys = {name: {each.key for each in briefings[name, "fr"].said} for name in NAMES}
    assert {"no_record", "not_judged_before", "compared_month", "new_unknown"} <= keys["one region"]
    assert {"coast_none"} <= keys["deaths"] and {"not_judged_record", "revised_unknown"} <= keys["never attacked"]
    assert "head_calm" in keys["calm"] and "same" in keys["unchanged"] and "head_only" in keys["one region"]
    assert {"not_judged_months", "new_none"} <= keys["withheld"] and "newly_none" in keys["always attacked"]


def test_regions_without_a_forecast_are_not_named(
    briefings: dict[tuple[str, str], Briefing], cases: dict[str, Facts]
) -> None:
    window = cases["not all covered"].window
    uncovered = set(window[~window["covered"]]["name"])
    assert len(uncovered) == 15
    shown = {
        row[0] for section in briefings["not all covered", "en"].sections for t in section.tables for row in t.rows
    }
    assert shown and not uncovered & shown


def test_nothing_covered_is_said_and_not_more(cases: dict[str, Facts]) -> None:
    facts = cases["alone"]
    empty = facts.window.assign(covered=False)
    words = Words(Facts(facts.release, None, None, None, facts.horizons, empty, False), Speech(words_of("en"), "en"))
    assert sentences.headline(words).key == "nothing"
    assert sentences.lead(words) == sentences.changes(words) == []


@pytest.mark.parametrize(("edge", "moves"), [(True, True), (True, False), (False, True), (False, False)])
def test_growth_and_relocation_are_told_apart(
    cases: dict[str, Facts], monkeypatch: pytest.MonkeyPatch, edge: bool, moves: bool
) -> None:
    found = coast.Growth(pd.Period("2022-07", "M"), 3, edge, moves)
    monkeypatch.setattr(coast, "growth", lambda _: found)
    words = Words(cases["usual"], Speech(words_of("fr"), "fr"))
    keys = [each.key for each in sentences.toward_coast(words)]
    assert (
        keys[-1]
        == {(1, 1): "growth_both", (1, 0): "growth_edge", (0, 1): "growth_moves", (0, 0): "growth_neither"}[edge, moves]
    )


def test_another_version_of_the_program_is_told(cases: dict[str, Facts]) -> None:
    facts = cases["usual"]
    assert facts.before is not None and changed.model_change(facts) == "same"
    said = {**facts.before.manifest, "libraries": {"numpy": "0.1"}}
    assert changed.model_change(replace(facts, before=replace(facts.before, manifest=said))) == "code"


def test_revised_counts_are_told(cases: dict[str, Facts]) -> None:
    facts = cases["usual"]
    assert facts.old_record is not None
    before = facts.old_record.copy()
    before.iloc[-3, 5] += 2
    before.iloc[-9, 1] += 1
    words = Words(replace(facts, old_record=before), Speech(words_of("fr"), "fr"))
    assert "Données révisées\xa0: deux nombres passés ont changé." in [each.text for each in sentences.why(words)]


def test_a_given_split_is_shown_if_it_adds_up(cases: dict[str, Facts]) -> None:
    facts = cases["usual"]
    code = str(facts.window["change"].abs().idxmax())
    change = float(facts.window["change"][code])
    words = Words(facts, Speech(words_of("en"), "en"))
    split = {code: {"new": change + 0.02, "revised": 0.0, "model": -0.02}}
    table = tables.split_table(words, split)
    assert table is not None
    shown = [int(each.replace("−", "-")) for each in table.rows[0][1:]]
    assert shown == [round(100 * (change + 0.02)), 0, -2, round(100 * change)]
    with pytest.raises(ValueError, match="must add up to its change"):
        tables.split_table(words, {code: {"new": 0.5, "revised": 0.0, "model": -0.02}})
    with pytest.raises(ValueError, match="got 'nowhere' with model"):
        tables.split_table(words, {"nowhere": {"model": 0.1}})


def test_the_watch_list_is_the_table_of_the_release(briefings: dict[tuple[str, str], Briefing], folder: Path) -> None:
    window = pd.read_csv(folder / "2023-06" / "windows.csv").query("window == 'next_3_months'")
    top = window.sort_values(["p1", "expected"], ascending=False, kind="stable").head(10)
    section = next(each for each in briefings["usual", "fr"].sections if each.key == "watch")
    rows = section.tables[0].rows
    assert [row[0] for row in rows] == top["name"].tolist()
    for row, (_, wanted) in zip(rows, top.iterrows(), strict=True):
        agrees(plain(row[1]), Share(wanted["p1"]), "", "fr", words_of("fr"))
        agrees(plain(row[2]), Share(wanted["p1"]), "odds", "fr", words_of("fr"))
        agrees(plain(row[3]), float(wanted["expected"]), "", "fr", words_of("fr"))
        assert plain(row[4]) == f"{wanted['q05']:.0f} à {wanted['q95']:.0f}"
        assert row[6] == ("calme" if wanted["quiet"] else "active")


def test_a_release_of_another_experiment_or_a_newer_one_is_refused(cases: dict[str, Facts]) -> None:
    usual = cases["usual"]
    assert usual.before is not None
    with pytest.raises(ValueError, match="must be an older one of small"):
        facts_of(usual.before, usual.release)
    with pytest.raises(ValueError, match=r"\(attacks, before 2023-06\)"):
        facts_of(usual.release, cases["deaths"].before)


def test_suspicions_are_in_the_words_of_the_review_page() -> None:
    known = set(words_of("en")["sentences"])
    text = (Path(__file__).parents[2] / "src/harmattan/scores/flags.py").read_text(encoding="utf-8")
    for flag in ("few_origins", "overconfident", "underconfident", "miscalibrated", "surprised", "too_good"):
        assert f"flag_{flag}" in known and flag in text


def _said(told: Briefing, key: str) -> Said:
    return next(each for each in told.said if each.key == key)


def test_templates_have_no_number_of_their_own_but_those_of_the_method() -> None:
    method = {"90", "50", "1", "5", "8", "10", "30"}
    for language in LANGUAGES:
        path = Path(sentences.__file__).with_name(f"{language}.toml")
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["sentences"].values():
            for text in forms_of(entry):
                figures = {each.strip() for each in _digits(plain(text))}
                assert figures <= method | {"256"}, text


def _digits(text: str) -> list[str]:
    return re.findall(r"\d+", re.sub(r"\{[^}]*\}", "", text))

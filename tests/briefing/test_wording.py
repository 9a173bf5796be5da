"""The words of both languages: complete, well set, the review page's own, and safe to change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan.briefing.speech import Counted, Points, Share, Speech
from harmattan.briefing.wording import FORMS, LANGUAGES, WordsError, fields_of, forms_of, words_of
from harmattan.figures import region_table

from .speaking import agrees, plain

REVIEW = Path(__file__).parents[2] / "src" / "review" / "src" / "lang"
ENGLISH, FRENCH = (Speech(words_of(language), language) for language in LANGUAGES)


def review(name: str) -> str:
    """A file of the review page's words, with common spaces."""
    return plain((REVIEW / f"{name}.ts").read_text(encoding="utf-8"))


def table_in(text: str, name: str) -> dict[str, str]:
    """One table of texts in a file of the review page."""
    found = re.search(rf"\n  {name}: \{{(.*?)\n  \}}", text, flags=re.S)
    assert found, name
    return dict(re.findall(r"(\w+): '([^']*)'", found[1]))


@pytest.mark.parametrize("table", ["page", "sentences", "nouns", "events", "models", "countries"])
def test_both_languages_have_the_same_words(table: str) -> None:
    english, french = (each.words[table] for each in (ENGLISH, FRENCH))
    assert list(english) == list(french)


@pytest.mark.parametrize("table", ["page", "sentences"])
def test_both_languages_put_the_same_numbers_into_a_sentence(table: str) -> None:
    for key, entry in ENGLISH.words[table].items():
        one, two = fields_of(entry), fields_of(FRENCH.words[table][key])
        assert two <= one and one - two <= {"hits", "regions"}, key


def test_every_bundled_country_has_a_name_in_both_languages() -> None:
    countries = set(region_table()["country"])
    for speech in (ENGLISH, FRENCH):
        assert countries <= set(speech.words["countries"])


def test_the_review_page_uses_the_same_words() -> None:
    for language, speech in (("en", ENGLISH), ("fr", FRENCH)):
        text, page, words = review(language), speech.words["page"], speech.words
        assert table_in(text, "models") == words["models"]
        views = table_in(text, "view")
        assert (views["watch"], views["coast"]) == (page["watch"], page["coast"])
        assert f"quiet: '{page['quiet']}'" in text and f"active: '{page['active']}'" in text
        assert page["key_unsure"] in text and page["not_safety"] in text and page["outlines"] in text
        for measure in ("attacks", "deaths"):
            noun = words["nouns"][measure]
            assert f"{measure}: '{noun['one']}'" in text and f"{measure}: '{noun['many']}'" in text


def test_the_review_page_translates_bundled_texts_in_the_same_way() -> None:
    pairs = re.findall(r"'((?:[^'\\]|\\.)+)':\s+'((?:[^'\\]|\\.)+)'", review("bundled"))
    assert len(pairs) > 20
    assert {one.replace("\\'", "'"): two for one, two in pairs} == FRENCH.words["bundled"]


def test_every_bundled_title_and_caveat_is_translated() -> None:
    from harmattan.figures import bundled_counts

    for name in ("attacks_bfa", "attacks_coast", "violence_country", "jnim_state"):
        _, about = bundled_counts(name)
        for text in (about["title"], about["licence"], *about["caveats"]):
            assert FRENCH.translated(text)[1] == "fr", text


def _texts(words: dict[str, Any]) -> list[str]:
    return [text for table in ("page", "sentences") for entry in words[table].values() for text in forms_of(entry)]


def test_french_is_set_as_french() -> None:
    for text in [*_texts(FRENCH.words), *FRENCH.words["bundled"].values()]:
        told = FRENCH.typeset(text)
        assert "'" not in told, text
        assert not re.search(r" [;:!?%»]|« ", told), text
        assert not re.search(r"[^\u202f\u00a0][;!?»]", told), text


def test_english_has_no_spaces_of_french() -> None:
    for text in _texts(ENGLISH.words):
        assert "'" not in text and not re.search(r" [;:!?]", text), text


@given(st.floats(0, 1))
def test_a_chance_is_read_back(p: float) -> None:
    for speech in (ENGLISH, FRENCH):
        for form in ("", "odds"):
            agrees(plain(speech.tell(Share(p), form)), Share(p), form, speech.language, speech.words)


@given(st.one_of(st.floats(0, 5000), st.integers(0, 5000)), st.sampled_from(["attacks", "deaths", "region"]))
def test_a_number_and_its_noun_are_read_back(number: float, noun: str) -> None:
    for speech in (ENGLISH, FRENCH):
        for form in ("", "words", "number"):
            value = Counted(number, noun)
            agrees(plain(speech.tell(value, form)).lower(), value, form, speech.language, speech.words)


@given(st.floats(-1, 1))
def test_a_change_is_read_back(change: float) -> None:
    for speech in (ENGLISH, FRENCH):
        agrees(speech.tell(Points(change)), Points(change), "", speech.language, speech.words)


def test_what_has_no_words_is_refused() -> None:
    with pytest.raises(ValueError, match="no way is known to tell {} of type dict"):
        ENGLISH.tell({})


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="lang must be one of en, fr; got 'pt'"):
        words_of("pt")


def test_words_of_ones_own_replace_ours(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text('[sentences]\nmodel_same = "Modèle : comme le mois dernier."\n', encoding="utf-8")
    changed = words_of("fr", own)
    assert changed["sentences"]["model_same"] == "Modèle : comme le mois dernier."
    assert changed["sentences"]["up"] == FRENCH.words["sentences"]["up"]
    assert words_of("fr")["sentences"]["model_same"] == "Modèle : inchangé."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sentences]\nmodel_sam = 'x'", "there is no key 'model_sam'; did you mean 'model_same'?"),
        ("[sentence]\nup = 'x'", "there is no key 'sentence'; did you mean 'sentences'?"),
        ("[sentences]\nup = '{place}'", r"sentences.up has no field {place}; its fields are: places"),
        ("[sentences]\nup = '{places'", "sentences.up has a brace without its partner"),
        ("[sentences]\nhead = {one = 'x'}", 'sentences.head must have "by", a field, and forms none, one, many'),
        ("[sentences]\nhead = {by = 'regions', many = 'x', few = 'x'}", 'sentences.head must have "by", a field'),
        ("[sentences]\nup = 3", "sentences.up must be a text; got 3"),
        ("[sentences]\nup = '{places.name}'", r"sentences.up has no field {places.name}"),
        ("sentences = 'x'", "sentences must be a table"),
        ("[page", "must be TOML in UTF-8"),
    ],
)
def test_words_that_cannot_be_used_are_refused(tmp_path: Path, text: str, message: str) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(WordsError, match=re.escape(message)):
        words_of("en", own)


def test_a_file_of_words_must_exist(tmp_path: Path) -> None:
    with pytest.raises(WordsError, match="there is no file of words"):
        words_of("en", tmp_path / "none.toml")


def test_forms_are_only_those_that_are_known() -> None:
    for speech in (ENGLISH, FRENCH):
        for table in ("page", "sentences"):
            for entry in speech.words[table].values():
                assert isinstance(entry, str) or set(entry) <= {"by", *FORMS}

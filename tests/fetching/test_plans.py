"""What would be fetched: the table of sources, and the wishes that are refused."""

from __future__ import annotations

import csv
import re
import sys
import types
from datetime import date
from importlib import resources
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.fetching import plans
from harmattan.fetching.credentials import Secret, found, lookup
from harmattan.fetching.problems import FetchError, plain
from harmattan.fetching.sources import PROVIDERS, WISHES, table
from harmattan.sources import SOURCES
from harmattan.sources.names import _COUNTRIES

TODAY = date(2026, 11, 20)


def test_every_source_is_asked_over_https_and_says_its_terms():
    sources, _ = table()
    for name, about in sources.items():
        for address in filter(None, (about.address, about.login, about.page)):
            assert urlsplit(address).scheme == "https", name
        assert about.licence and about.title and about.kind, name
        assert about.citation or name == "ucdp-api"
        assert not about.reader or about.reader in SOURCES
        assert bool(about.credentials) == (about.kind in ("ucdp", "acled")), name
        assert not about.release or re.fullmatch(about.release, about.example), name
    assert {*WISHES[:3], *PROVIDERS.values(), "ucdp-api"} == set(sources)


def test_country_codes_are_those_of_the_readers_and_of_views():
    codes = table()[1]
    assert set(codes) == set(_COUNTRIES)
    with resources.files("harmattan.views").joinpath("countries.csv").open(encoding="utf-8") as stream:
        gw = {row["iso3"]: int(row["gw"]) for row in csv.DictReader(stream)}
    assert {iso3: each["gw"] for iso3, each in codes.items()} == {iso3: gw[iso3] for iso3 in codes}
    assert len({each["iso"] for each in codes.values()}) == len(codes)


@pytest.mark.parametrize(
    ("wish", "release", "address"),
    [
        ("ucdp-ged", "25.1", "https://ucdp.uu.se/downloads/ged/ged251-csv.zip"),
        ("ucdp-candidate", "26.0.9", "https://ucdp.uu.se/downloads/candidateged/GEDEvent_v26_0_9.csv"),
        ("ucdp-candidate", "26.01.26.06", "https://ucdp.uu.se/downloads/candidateged/GEDEvent_v26_01_26_06.csv"),
    ],
)
def test_releases_of_ucdp_are_where_ucdp_puts_them(wish, release, address):
    (plan,) = plans(wish, release=release, today=TODAY)
    assert plan.addresses == (address,) and plan.file == address.rpartition("/")[2]
    assert release in plan.about.citation


REFUSED = {
    "ucdp-ged needs a release such as 26.1; none was given; releases are listed at https": {"wish": "ucdp-ged"},
    "ucdp-ged needs a release such as 26.1; got '26.0.9'": {"wish": "ucdp-ged", "release": "26.0.9"},
    "such as 26.0.9; got '26.0.13'": {"wish": "ucdp-candidate", "release": "26.0.13"},
    "such as 26.0.9; got '26.01.25.06'": {"wish": "ucdp-candidate", "release": "26.01.25.06"},
    "such as 26.0.9; got '../../26.0.9'": {"wish": "ucdp-candidate", "release": "../../26.0.9"},
    r"nothing to fetch is called 'ucdp-gde' \(did you mean 'ucdp-ged'\?\); known: ucdp-ged,": {"wish": "ucdp-gde"},
    "acled needs countries and months: --country BFA": {"wish": "acled", "countries": ["BFA"]},
    r"no country is called 'BFO' \(did you mean 'BFA'\?\)": {
        "wish": "acled",
        "countries": ["BFO"],
        "first": "2023-01",
        "last": "2023-02",
    },
    "the last month 2023-01 lies before the first, 2023-02": {
        "wish": "acled",
        "countries": ["BFA"],
        "first": "2023-02",
        "last": "2023-01",
    },
    "a month must be written YYYY-MM": {"wish": "acled", "countries": ["BFA"], "first": "2023", "last": "2023-01"},
    "boundaries need at least one country": {"wish": "boundaries"},
    "ucdp-ged takes no first; it takes country, release": {"wish": "ucdp-ged", "release": "26.1", "first": "2023-01"},
    "acled takes no release; it takes country, first and last": {"wish": "acled", "release": "26.1"},
    "boundaries takes no last; it takes country, level and provider": {"wish": "boundaries", "last": "2023-01"},
    "the files of cod have all levels; leave level out": {
        "wish": "boundaries",
        "countries": ["BFA"],
        "provider": "cod",
        "level": 1,
    },
    "a country must be a code of three letters such as BFA; got '../'": {"wish": "boundaries", "countries": ["../"]},
    r"no provider of boundaries is called 'codd' \(did you mean 'cod'\?\)": {"wish": "boundaries", "provider": "codd"},
}


@pytest.mark.parametrize("words", REFUSED)
def test_a_wish_that_cannot_be_is_refused_with_the_remedy(words):
    with pytest.raises(ValueError, match=words):
        plans(**REFUSED[words], today=TODAY)


@settings(max_examples=40)
@given(release=st.text(max_size=12), country=st.text(max_size=4))
def test_no_wish_leaves_its_folder_or_its_host(release, country):
    for wish in ("ucdp-ged", "ucdp-candidate", "boundaries"):
        try:
            made = plans(wish, release=release, countries=[country] if wish == "boundaries" else (), today=TODAY)
        except ValueError:
            continue
        for plan in made:
            assert "/" not in plan.file and not plan.file.startswith(".")
            assert urlsplit(plan.addresses[0]).hostname in ("ucdp.uu.se", "www.geoboundaries.org")


@settings(max_examples=40)
@given(secret=st.text("ab ", min_size=3, max_size=9), words=st.text("ab \n\t\x00", max_size=120))
def test_a_secret_is_taken_out_of_any_words(secret, words):
    said = plain(f"{words}{secret}{words}", [secret])
    assert secret not in said
    assert said.isprintable() and len(said) <= 203


def test_a_secret_that_a_line_break_parts_is_taken_out():
    assert plain("the pass\nword is wrong", ["pass word"]) == "the *** is wrong"


def test_a_long_answer_is_cut():
    assert plain("x" * 900) == "x" * 200 + "..."


def test_the_environment_comes_before_the_keyring(monkeypatch):
    keyring = types.ModuleType("keyring")
    errors = types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})
    kept = {("harmattan", "HARMATTAN_UCDP_TOKEN"): "from keyring"}
    keyring.get_password = lambda service, name: kept.get((service, name))
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert lookup({})("HARMATTAN_UCDP_TOKEN") == "from keyring"
    assert lookup({"HARMATTAN_UCDP_TOKEN": "own"})("HARMATTAN_UCDP_TOKEN") == "own"
    assert lookup({})("HARMATTAN_ACLED_USER") is None

    def locked(service, name):
        raise errors.KeyringError("locked")

    keyring.get_password = locked
    assert lookup({})("HARMATTAN_UCDP_TOKEN") is None
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert lookup({"HARMATTAN_UCDP_TOKEN": "  "})("HARMATTAN_UCDP_TOKEN") is None


def test_a_secret_shows_nowhere():
    secret = Secret("HARMATTAN_UCDP_TOKEN", "abc")
    assert "abc" not in f"{secret} {secret!r} {[secret]} {{'a': secret}}"
    assert secret.reveal() == "abc"
    with pytest.raises(FetchError, match="HARMATTAN_UCDP_TOKEN holds a line break") as caught:
        Secret("HARMATTAN_UCDP_TOKEN", "abç")
    assert "abç" not in str(caught.value)
    Secret("HARMATTAN_ACLED_PASSWORD", "mot de passe à moi")
    assert found([], {}.get, title="x", page="y") == {}

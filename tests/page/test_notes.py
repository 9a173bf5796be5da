"""What stands beside a release for its page: the run, the last attacks, another model, the changes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from harmattan import page as review
from harmattan import release
from harmattan.page.last import last_attacks
from harmattan.page.notes import fingerprint, read_notes, tracked, write_notes
from harmattan.page.report import built_page, one_file
from harmattan.result import Caption, Result

if TYPE_CHECKING:
    from playwright.sync_api import Page

BEFORE = {"event": 1, "where_prec": 1, "date_prec": 1, "days": 0, "best": 3, "actor": "JNIM"}
EVENTS = [
    ("BF5602", "2023-06-28", {}),
    ("BF5602", "2023-06-10", {"where_prec": 2, "date_prec": 3, "days": 6, "best": 0}),
    ("BF5602", "2023-05-03", {"where_prec": 3}),
    ("BF5602", "2023-05-01", {"date_prec": 4, "days": 30}),
    ("BF5602", "2023-04-01", {}),
    ("BF5602", "2023-03-01", {"best": 9}),
    ("BF5602", "2023-06-29", {"where_prec": 4}),
    ("BF5602", "2023-06-30", {"actor": "IS"}),
    ("BF5602", "2023-07-01", {}),
    ("BF4603", "2023-02-01", {}),
]


def listed(regions: pd.DataFrame) -> pd.DataFrame:
    """Events as UCDP publishes them, in the middle of regions."""
    rows = []
    for number, (code, day, other) in enumerate(EVENTS):
        said = BEFORE | other
        start = pd.Timestamp(day)
        rows.append(
            {
                "id": number, "type_of_violence": 1, "side_a": "Government of Burkina Faso", "side_b": said["actor"],
                "country": "Burkina Faso", "where_prec": said["where_prec"], "date_prec": said["date_prec"],
                "latitude": regions.loc[code, "lat"], "longitude": regions.loc[code, "lon"],
                "date_start": start, "date_end": start + pd.Timedelta(days=said["days"]),
                "best": said["best"], "high": said["best"] + 1, "low": 0,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def brought(small_result: Result, tmp_path: Path) -> Callable[[str], Result]:
    """A result as if made from a file of the user's own, on given terms."""
    listed(small_result.panel.regions.table).to_csv(tmp_path / "mine.csv", index=False)
    settings = {"data.file": str(tmp_path / "mine.csv"), "data.actor": "JNIM", "regions.level": "province"}

    def of(licence: str) -> Result:
        return replace(small_result, settings=settings, caption=Caption("Mine", "a source", licence))

    return of


def test_the_last_five_events_of_each_region_with_their_precision(brought: Callable[[str], Result]) -> None:
    result = brought("CC BY 4.0")
    told = last_attacks(result)
    assert told is not None and told.pop("kind") == "events"
    table = pd.DataFrame(told)
    codes = result.panel.regions.table.index
    here = table[table["region"] == codes.get_loc("BF5602")]
    assert here["first"].tolist() == ["2023-06-28", "2023-06-10", "2023-05-03", "2023-05-01", "2023-04-01"]
    assert here["last"].tolist()[1] == "2023-06-16" and here["deaths"].tolist() == [3, 0, 3, 3, 3]
    assert here["where_prec"].tolist() == [1, 2, 3, 1, 1] and here["date_prec"].tolist() == [1, 3, 1, 4, 1]
    assert table[table["region"] == codes.get_loc("BF4603")]["first"].tolist() == ["2023-02-01"] and len(table) == 6
    # Nothing says where: neither coordinates nor the names of places and sides.
    assert set(table) == {"region", "first", "last", "where_prec", "date_prec", "deaths"}


@pytest.mark.parametrize(
    ("licence", "why"), [("ACLED terms of use: not to be redistributed", "terms"), ("the user's own", "own")]
)
def test_where_the_terms_do_not_allow_events_there_are_counts_by_month(
    brought: Callable[[str], Result], licence: str, why: str
) -> None:
    result = brought(licence)
    told = last_attacks(result)
    assert told is not None and (told["kind"], told["why"]) == ("months", why)
    assert set(told) == {"kind", "why", "region", "month", "count"}
    table = pd.DataFrame({name: told[name] for name in ("region", "month", "count")})
    attacks = result.panel.attacks
    for region, rows in table.groupby("region"):
        column = attacks.iloc[:, int(str(region))]
        known = column[column > 0].iloc[::-1][:5]
        assert rows["month"].tolist() == known.index.astype(str).tolist() and rows["count"].tolist() == known.tolist()
    assert set(table["region"]) == set(np.flatnonzero((attacks > 0).any()))


def test_months_withheld_are_not_told(brought: Callable[[str], Result]) -> None:
    result = brought("CC BY 4.0")
    told = last_attacks(replace(result, settings={**result.settings, "forecast.lag": "1"}))
    assert told is not None and max(told["first"]) == "2023-05-03"


def test_bundled_counts_have_no_events(small_result: Result) -> None:
    assert last_attacks(small_result) is None


@pytest.mark.parametrize(
    ("store", "shown"),
    [
        ("sqlite:////srv/awa/secret-project/mlflow.db", "sqlite:///mlflow.db"),
        ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
        ("/srv/awa/runs", "file:///runs"),
        ("postgresql+psycopg://awa:secret@db.example.org:5432/mlflow", "postgresql+psycopg://db.example.org/mlflow"),
        ("http://awa:secret@127.0.0.1:5000/", "http://127.0.0.1:5000/"),
    ],
)
def test_a_store_is_told_without_folders_users_and_passwords(store: str, shown: str) -> None:
    said = tracked("4f2a", store)
    assert said["store"] == shown and not {"secret", "awa"} & set(str(said).replace("/", " ").replace(":", " ").split())
    assert (said["link"] is None) == (not store.startswith("http"))


def test_notes_belong_to_one_release(newest: release.Release, tmp_path: Path) -> None:
    copy = tmp_path / "2023-06"
    shutil.copytree(newest.path, copy)
    assert read_notes(copy) == {"changes": None}
    bare = fingerprint(copy)
    assert write_notes(copy, {"tracked": None, "last": None, "rival": None}) == tmp_path / "2023-06.page.json"
    assert read_notes(copy) == {"tracked": None, "last": None, "rival": None, "changes": None}
    assert fingerprint(copy) != bare
    notes = json.loads((tmp_path / "2023-06.page.json").read_text(encoding="utf-8"))
    (tmp_path / "2023-06.page.json").write_text(json.dumps(notes | {"release": "0" * 64}), encoding="utf-8")
    assert read_notes(copy) == {"changes": None}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("page", "{", r"2023-06.page.json must be JSON: .*; make it again or remove it"),
        ("page", "[]", r"2023-06.page.json must hold a JSON object; it holds a list"),
        (
            "changes",
            '{"BF5602": {"new": 1}}',
            r"must give revised, new, model for every region, .*; BF5602 has",
        ),
    ],
)
def test_notes_that_cannot_be_read_are_named(
    newest: release.Release, tmp_path: Path, name: str, text: str, message: str
) -> None:
    copy = tmp_path / "2023-06"
    copy.mkdir()
    shutil.copy(newest.path / "manifest.json", copy)
    (tmp_path / f"2023-06.{name}.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_notes(copy)


EVENTS_TOLD: dict[str, Any] = {
    "kind": "events", "region": [0, 0, 0], "first": ["2023-05-04", "2023-03-01", "2023-01-01"],
    "last": ["2023-05-04", "2023-03-07", "2023-01-31"], "where_prec": [1, 3, None], "date_prec": [1, 3, 4],
    "deaths": [1, None, 0],
}  # fmt: skip
MONTHS_TOLD = {"kind": "months", "why": "terms", "region": [0], "month": ["2023-04"], "count": [7]}
TOLD = {
    "en": (
        [
            "4 May 2023: 1 death; place known",
            "About 1–7 March 2023, the week is known: deaths not known; district known",
            "January 2023: 0 deaths; precision of the place unknown",
        ],
        ["No attack recorded for 2 months", "Apr 2023: 7", "do not allow single events to be passed on"],
    ),
    "fr": (
        [
            "4 mai 2023\u00a0: 1 décès\u00a0; lieu connu",
            "Vers le 1–7 mars 2023, à la semaine près\u00a0: nombre de décès inconnu\u00a0; district connu",
            "janvier 2023\u00a0: 0 décès\u00a0; précision du lieu inconnue",
        ],
        [
            "Aucune attaque recensée depuis 2 mois",
            "avr. 2023\u00a0: 7",
            "interdisent de diffuser les événements un à un",
        ],
    ),
}


@pytest.fixture(scope="module")
def documents(built: Path, newest: release.Release, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages as of runs on a file of the user's own, with events or with months."""
    shown, place = review.payload(newest), tmp_path_factory.mktemp("documents")
    files = {}
    for name, told in (("events", EVENTS_TOLD), ("months", MONTHS_TOLD)):
        files[name] = place / f"{name}.html"
        files[name].write_text(one_file({**shown, "history": None, "last": told}, built_page()), encoding="utf-8")
    return files


def test_the_page_tells_events_one_by_one(
    tabs: Any, documents: dict[str, Path], language: str, newest: release.Release
) -> None:
    where = f"#view=map&r={newest.forecast.regions[0]}"
    page: Page = tabs.open(documents["events"].as_uri(), language, where=where)
    told = page.locator(".attacks li").all_inner_texts()
    assert [re.sub(r"\s*–\s*", "–", each).replace("\u202f", "\u00a0") for each in told] == TOLD[language][0]
    tabs.check()


def test_the_page_tells_counts_by_month_and_why_no_more(
    tabs: Any, documents: dict[str, Path], language: str, newest: release.Release
) -> None:
    where = f"#view=map&r={newest.forecast.regions[0]}"
    page: Page = tabs.open(documents["months"].as_uri(), language, where=where)
    text = page.locator("article.region").inner_text()
    assert all(each in text for each in TOLD[language][1]), text
    tabs.check()

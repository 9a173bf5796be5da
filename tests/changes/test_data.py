"""Which data a release had, and which there are now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harmattan import vintages
from harmattan.changes.data import fingerprint, named, newest, pinned, revised, with_data_of
from harmattan.inputs import read_data
from harmattan.panel import Panel
from harmattan.settings import Experiment
from harmattan.vintages.panels import KnownPanel

from .conftest import Counts

REVISED = {("BF5603", "2023-05"): 14}


@pytest.fixture(scope="module")
def store(counts: Counts, place: Path) -> Path:
    """Two snapshots of one series, a month apart; the second revises a count."""
    folder = place / "snapshots"
    vintages.add(counts("a.csv", "2023-08"), folder, release="one", known="2023-09-20", last="2023-08")
    vintages.add(counts("b.csv", "2023-09", REVISED), folder, release="two", known="2023-10-20", last="2023-09")
    return folder


def asked(**data: Any) -> Experiment:
    models = {"rate": {"kind": "rate"}}
    return Experiment(name="small", title="", data=data, regions={"level": "province"}, models=models)


def manifest(store: Path, name: str) -> dict[str, Any]:
    found = vintages.find(store, name)
    return {"origin": found.last, "data": {"snapshots": [found.said()], "known": found.known}}


@pytest.mark.parametrize("data", [{"vintage": "plain"}, {"known": "2030-01-01"}, {"vintage": "plain-one"}])
def test_a_release_gets_the_snapshots_it_had_back(store: Path, data: dict[str, str]) -> None:
    """However they were asked for: as a series, by day, or by name."""
    panel, _ = read_data(pinned(asked(**data, vintages=str(store)), manifest(store, "plain-one")))
    assert str(panel.origin) == "2023-08" and "plain-one" in named(panel)


@pytest.mark.parametrize("data", [{"vintage": "plain"}, {"known": "2023-09-30"}, {"vintage": "plain-one"}])
def test_the_newest_data_are_all_there_are(store: Path, data: dict[str, str]) -> None:
    panel, _ = read_data(newest(asked(**data, vintages=str(store))))
    assert str(panel.origin) == "2023-09" and "plain-two" in named(panel)


def test_data_without_snapshots_stay_where_they_are() -> None:
    one = asked(bundled="attacks_bfa")
    assert pinned(one, {"data": {}}) == one and newest(one) == one


def test_a_later_panel_tells_of_the_same_months(store: Path) -> None:
    late, _ = read_data(asked(vintage="plain", vintages=str(store)))
    assert isinstance(late, KnownPanel) and len(late.earlier) == 1
    cut = revised(late, manifest(store, "plain-one"))
    assert str(cut.origin) == "2023-08" and cut.attacks.loc["2023-05", "BF5603"] == 14
    assert isinstance(cut, KnownPanel) and cut.earlier == ()
    # Not what was known at the time, which `as_of` gives.
    assert late.as_of(cut.origin).attacks.loc["2023-05", "BF5603"] != 14


def test_the_fingerprint_is_that_of_all_a_forecast_depends_on(store: Path, burkina: Panel) -> None:
    late, _ = read_data(asked(vintage="plain", vintages=str(store)))
    assert isinstance(late, KnownPanel)
    alone = revised(late, {**manifest(store, "plain-one"), "origin": "2023-09"})
    assert fingerprint(late) != fingerprint(alone)
    assert fingerprint(burkina.as_of(burkina.origin)) == fingerprint(burkina)
    assert fingerprint(burkina.as_of(burkina.origin - 1)) != fingerprint(burkina)


def test_where_data_are_goes_with_them_and_how_they_are_counted_does_not() -> None:
    one, two = asked(file="a.csv", actor="JNIM"), asked(file="b.csv", last="2023-09", actor="ISGS")
    both = with_data_of(one, two).data
    assert (both.file, both.last, both.actor) == ("b.csv", "2023-09", "JNIM")
    # A bundled table is counted already: how to count an event file is not its own.
    assert with_data_of(asked(bundled="attacks_bfa"), two).data == two.data

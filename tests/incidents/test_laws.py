"""Totals add up under every reading, whatever the list and its order."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from harmattan.events import Events, event_table
from harmattan.incidents import Incidents, Profile, incidents, profile
from harmattan.incidents.files import numbers
from harmattan.incidents.kinds import NOT_STATED
from harmattan.incidents.profile import drawn, hit_anew
from harmattan.incidents.table import ATTRIBUTIONS
from harmattan.regions import Regions, bundled

UNITS = bundled("province+admin1")
PERIOD = ("2022-03", "2022-10")

rows = st.lists(
    st.fixed_dictionaries(
        {
            "start": st.dates(pd.Timestamp("2021-06-01").date(), pd.Timestamp("2022-12-31").date()).map(pd.Timestamp),
            "region": st.sampled_from(["Soum", "Sahel", "Gao", "ML05", "Nowhere", None]),
            "country": st.sampled_from(["BFA", "MLI", None]),
            "attribution": st.sampled_from(["claimed", "suspected", "unattributed", None]),
            "tactic": st.sampled_from(["IED", "siege", "own word", None]),
            "target": st.sampled_from(["army", "UN", None]),
            "date_prec": st.sampled_from([1, 2, 4, 5, None]),
        }
    ),
    min_size=1,
    max_size=25,
)


def of(records: list[dict[str, object]]) -> Profile:
    records = [{"start": pd.Timestamp("2022-05-05"), "date_prec": 1}, *records]
    table = pd.DataFrame(records).reindex(
        columns=["start", "region", "country", "attribution", "tactic", "target", "date_prec"]
    )
    names = [f"row {number}" for number in range(len(table))]
    events = Events(event_table(table.assign(event=names, actor_a="JNIM")), "plain")
    return profile(incidents(events, "JNIM", regions=UNITS), *PERIOD, rng=np.random.default_rng(1))


@given(rows)
@settings(max_examples=8)
def test_totals_add_up(records: list[dict[str, object]]) -> None:
    told = of(records)
    every = len(told.table)
    for table in (told.countries, told.regions, told.months, told.tactics, told.targets):
        assert table["all"].sum() == every
        assert (table[list(ATTRIBUTIONS)].sum(axis=1) == table["all"]).all()
        assert (table[list(ATTRIBUTIONS)].sum() == told.months[list(ATTRIBUTIONS)].sum()).all()
    assert told.crossed.to_numpy().sum() == every
    shown, lost = drawn(told)
    assert shown["attacks"].sum() + lost.sum() == every
    assert told.rhythm.known + told.rhythm.left_out == every
    known = told.readings.fillna(0)
    assert known["claimed"] <= known["claimed_or_suspected"] <= known["all"] == every
    quiet = [*told.silent, *told.uncovered]
    assert sorted(quiet) == [month for month in told.months.index if told.months.loc[month, "all"] == 0]
    if told.change is not None and told.before is not None:
        assert (told.change.now, told.change.before) == (every, told.before["all"].sum())
        assert told.regions["before"].sum() == told.change.before


def test_every_attack_read_is_counted_or_left_out(busy: Events, units: Regions) -> None:
    late = busy.table.assign(date_prec=busy.table["date_prec"].mask(busy.table.index < 9, 5))
    found = incidents(Events(late, "plain"), "JNIM", regions=units)
    assert len(found.table) + sum(found.left_out.values()) == len(busy)
    assert found.left_out == {"dated worse than date_prec 4": 9}


def test_the_order_of_rows_changes_nothing(busy: Events, units: Regions) -> None:
    mixed = Events(busy.table.sample(frac=1, random_state=3).reset_index(drop=True), "plain")
    told = [
        numbers(profile(incidents(events, "JNIM", regions=units), "2022-01", "2022-12", rng=np.random.default_rng(1)))
        for events in (busy, mixed)
    ]
    assert told[0] == told[1]


@pytest.fixture(scope="module")
def found(busy: Events, units: Regions) -> Incidents:
    return incidents(busy, "JNIM", regions=units)


def test_one_seed_gives_one_profile(found: Incidents) -> None:
    told = [numbers(profile(found, "2022-01", "2022-12", rng=np.random.default_rng(seed))) for seed in (1, 1, 2)]
    assert told[0] == told[1] != told[2]


def test_the_period_before_is_compared_only_where_the_file_covers_both(found: Incidents) -> None:
    rng = np.random.default_rng(1)
    assert profile(found, "2022-01", "2022-12", rng=rng).change is not None
    assert profile(found, "2021-06", "2021-12", rng=rng).change is None
    assert profile(found, "2022-06", "2023-01", rng=rng).change is None
    longer = replace(found, covered=(pd.Period("2020-01", "M"), pd.Period("2023-12", "M")))
    assert profile(longer, "2022-06", "2023-01", rng=rng).change is not None
    early = profile(longer, "2021-01", "2021-12", rng=rng)
    assert early.change is not None
    assert (early.change.before, early.change.ratio, early.change.widened) == (0, np.inf, None)
    assert set(hit_anew(early)[0]) == {"Soum", "Séno", "Kompienga"}


def test_a_source_that_cannot_say_who_claimed_has_one_reading(busy: Events, units: Regions) -> None:
    told = Events(busy.table.drop(columns="attribution"), "plain")
    found = profile(incidents(told, "JNIM", regions=units), "2022-01", "2022-12", rng=np.random.default_rng(1))
    assert found.readings.isna().tolist() == [True, True, False]
    assert found.months[NOT_STATED].sum() == len(found.table)

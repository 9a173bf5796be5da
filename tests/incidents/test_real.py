"""Real attacks: a year of Burkina Faso against the year before, and a Candidate release."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harmattan.incidents import caveats, incidents, profile, summary
from harmattan.incidents.profile import drawn, hit_anew
from harmattan.regions import Regions
from harmattan.sources import read
from harmattan.vintages.coverage import covered_by_name, release_of


def test_a_year_of_attacks_against_the_year_before(shared: Path, units: Regions) -> None:
    events = read(shared / "data" / "events" / "ucdp_ged_burkina_faso_2016_2023.parquet")
    told = profile(incidents(events, "JNIM", regions=units), "2022-01", "2022-12", rng=np.random.default_rng(1))
    said = summary(told)
    assert said[0] == "JNIM, January to December 2022: 169 attacks in the file, all in Burkina Faso."
    assert "The file does not say how attacks were made." in said
    assert "No month of the file was without an attack." in said
    assert told.change is not None
    assert told.change.widened is not None
    assert (told.change.now, told.change.before) == (169, 123)
    assert 1 < told.change.widened.lower < told.change.ratio < told.change.widened.upper < 2
    shown, lost = drawn(told)
    assert set(shown["level"]) == {2}
    assert shown["attacks"].sum() + lost.sum() == 169
    assert "Kompienga" not in hit_anew(told)[0]


def test_a_candidate_release_covers_its_own_month_alone(shared: Path, units: Regions) -> None:
    file = shared / "data" / "events" / "GEDEvent_v26_0_1.csv.gz"
    covered = covered_by_name("ucdp", release_of(file.name))
    assert covered is not None
    found = incidents(read(file), "JNIM", regions=units, covered=covered, provisional=True)
    told = profile(found, "2026-01", "2026-01", rng=np.random.default_rng(1))
    assert told.change is None
    assert told.countries["all"].to_dict() == {"BFA": 68, "MLI": 41, "NER": 4, "BEN": 1, "TGO": 1}
    assert any("Candidate release" in sentence for sentence in caveats(told))
    assert told.rhythm.test is not None
    # So many attacks on so few days look bursty by the index alone; the process read by days does too.
    assert told.rhythm.test.loc["burstiness", "expected"] > 0.2

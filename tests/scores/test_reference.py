"""Scores and tests against R; the code that made the values is beside them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harmattan.scores.comparison import diebold_mariano, hac
from harmattan.scores.consistency import information_gain
from harmattan.scores.diagnostics import auc
from harmattan.scores.intervals import mis, weighted_interval_score
from harmattan.scores.joint import energy_score, variogram_score
from harmattan.scores.proper import crps, threshold_weighted_crps
from harmattan.scores.reliability import corp

R: dict[str, Any] = json.loads((Path(__file__).parent / "reference" / "scores.json").read_text(encoding="utf-8"))
DRAWS, OBSERVED = np.array(R["draws"]), np.array(R["observed"])


@pytest.mark.parametrize(
    ("name", "score"),
    [("crps", crps), ("twcrps", threshold_weighted_crps), ("mis", mis), ("wis", weighted_interval_score)],
)
def test_scores_of_draws_are_those_of_r(name: str, score: Any) -> None:
    np.testing.assert_allclose(score(OBSERVED, DRAWS), R[name], atol=1e-9)


def test_scores_of_maps_are_those_of_r() -> None:
    assert energy_score(OBSERVED[None], DRAWS[:, None]).item() == pytest.approx(R["energy"])
    assert variogram_score(OBSERVED[None], DRAWS[:, None]).item() == pytest.approx(R["variogram"])


def test_isotonic_reliability_is_that_of_r() -> None:
    found = corp(R["happened"], R["probability"])
    np.testing.assert_allclose(found.curve["probability"], R["levels"])
    np.testing.assert_allclose(found.curve["recalibrated"], R["recalibrated"], atol=1e-9)
    for part, value in R["corp"].items():
        assert getattr(found, part) == pytest.approx(value), part
    assert auc(R["happened"], R["probability"]) == pytest.approx(R["auc"])


def test_tests_of_equal_accuracy_are_those_of_r() -> None:
    dm, robust = diebold_mariano(R["difference"], horizon=3), hac(R["difference"], cosines=5)
    assert (dm.statistic, dm.p) == pytest.approx((R["dm"], R["dm_p"]))
    assert (robust.statistic, robust.p) == pytest.approx((R["ewc"], R["ewc_p"]))


def test_information_gain_is_the_t_and_wilcoxon_test_of_r() -> None:
    found = information_gain(R["counts"], R["rate"], R["other"])
    for part, value in R["gain"].items():
        assert getattr(found, part) == pytest.approx(value), part

"""Equality with R: surveillance 1.20.3, hhh4 and oneStepAhead, by shared/reference/hhh4.R."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.sparse import csr_array

from harmattan.models.endemic.paths import expected
from harmattan.models.endemic.regression import EndemicEpidemic, EndemicResults
from harmattan.models.endemic.terms import Structure
from harmattan.models.endemic.weights import Kernel, given, power_law
from harmattan.neighbours import Neighbours

SEASONAL = Structure(background=("trend", "season"))
FIRST = 12
POISSON = {"own:intercept": "ar.1", "neighbours:intercept": "ne.1", "background:intercept": "end.1"}
NEGBIN = POISSON | {
    "background:trend": "end.t",
    "background:sin": "end.sin(2 * pi * t/12)",
    "background:cos": "end.cos(2 * pi * t/12)",
    "log_overdispersion": "overdisp",
}
FITS: dict[str, tuple[Structure, str, dict[str, str]]] = {
    "m0_poisson": (Structure(family="poisson"), "adjacency", POISSON),
    "m1_adjacency_normalized_negbin1": (SEASONAL, "adjacency", NEGBIN),
    "m2_powerlaw_negbin1": (SEASONAL, "power_law", NEGBIN),
}


@pytest.fixture(scope="module")
def counts(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "reference/bfa_counts.csv", index_col=0).T


@pytest.fixture(scope="module")
def kernels(shared: Path, counts: pd.DataFrame) -> dict[str, Kernel]:
    adjacency = pd.read_csv(shared / "reference/bfa_adj.csv", index_col=0).loc[counts.columns, counts.columns]
    neighbours = Neighbours(counts.columns, csr_array(adjacency.to_numpy(dtype=float)))
    return {"adjacency": given(neighbours), "power_law": power_law(neighbours, most=5)}


@pytest.fixture(scope="module")
def reference(shared: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((shared / "reference/hhh4_reference.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def fits(counts: pd.DataFrame, kernels: dict[str, Kernel]) -> dict[str, EndemicResults]:
    return {
        name: EndemicEpidemic(counts, structure, kernels[kernel], first=FIRST).fit()
        for name, (structure, kernel, _) in FITS.items()
    }


@pytest.mark.parametrize("name", FITS)
def test_estimates_errors_and_likelihood_are_those_of_r(
    name: str, fits: dict[str, EndemicResults], reference: dict[str, Any]
) -> None:
    wanted, table = reference[name], fits[name].table()
    assert fits[name].llf == pytest.approx(wanted["loglik"], abs=1e-4)
    assert fits[name].aic == pytest.approx(wanted["aic"], abs=1e-3)
    assert fits[name].nobs == wanted["nobs"]
    for ours, theirs in FITS[name][2].items():
        estimate, error = float(table["estimate"][ours]), float(table["error"][ours])
        if ours == "log_overdispersion":
            estimate, error = np.exp(estimate), np.exp(estimate) * error
        assert estimate == pytest.approx(wanted["coef"][theirs], rel=1e-3), ours
        assert error == pytest.approx(wanted["se"][theirs], rel=1e-3), ours


@pytest.mark.parametrize("name", FITS)
def test_expected_counts_are_those_of_r(name: str, fits: dict[str, EndemicResults], reference: dict[str, Any]) -> None:
    fitted, wanted = fits[name].fitted(), reference[name]
    assert fitted.to_numpy().sum() == pytest.approx(wanted["fitted_sum"], rel=1e-4)
    assert fitted.iloc[-1].to_dict() == pytest.approx(wanted["fitted_last_row"], rel=1e-3)


def test_the_weakly_identified_decay_lies_within_half_its_error(
    fits: dict[str, EndemicResults], reference: dict[str, Any]
) -> None:
    wanted = reference["m2_powerlaw_negbin1"]
    estimate, error = fits["m2_powerlaw_negbin1"].table().loc["log_decay", ["estimate", "error"]]
    assert abs(estimate - wanted["coef"]["neweights.d"]) < wanted["se"]["neweights.d"] / 2
    assert error == pytest.approx(wanted["se"]["neweights.d"], rel=0.01)


def test_one_step_ahead_scores_are_those_of_r(
    counts: pd.DataFrame, kernels: dict[str, Kernel], reference: dict[str, Any]
) -> None:
    wanted, start = reference["one_step_ahead"], None
    scores = []
    for month in range(71, 96):
        fit = EndemicEpidemic(counts.iloc[:month], SEASONAL, kernels["adjacency"], first=FIRST).fit(start)
        start = fit.params
        made = fit.dynamics(1)
        mean, dispersion = expected(made)[0][0], made.dispersion
        scores.append(one_month(counts.iloc[month].to_numpy(dtype=float), mean, dispersion))
    assert np.mean(scores, axis=(0, 2)) == pytest.approx(list(wanted["mean_scores"].values()), rel=1e-3)
    assert list(wanted["mean_scores"]) == ["logs", "rps", "dss", "ses"]
    assert mean == pytest.approx(list(wanted["pred_last"].values()), rel=1e-3)
    assert -np.log(dispersion) == pytest.approx(wanted["psi_last"], rel=1e-3)


def one_month(y: np.ndarray, mean: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """Logarithmic, ranked probability, Dawid-Sebastiani and squared error score, shape (score, region)."""
    law = stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean))
    variance, grid = mean + dispersion * mean**2, np.arange(400)[:, None]
    ranked = np.sum((law.cdf(grid) - (grid >= y)) ** 2, axis=0)
    return np.stack([-law.logpmf(y), ranked, (y - mean) ** 2 / variance + np.log(variance), (y - mean) ** 2])

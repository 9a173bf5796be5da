"""Endemic-epidemic regression as a statsmodels model: estimates, standard errors, tests and the split of each count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.base.model import GenericLikelihoodModel, GenericLikelihoodModelResults, LikelihoodModelResults

from harmattan.models.endemic.design import design
from harmattan.models.endemic.likelihood import derivatives, log_likelihood, mean, unpack
from harmattan.models.endemic.maximum import maximise
from harmattan.models.endemic.paths import BACKGROUND, OWN, Dynamics, ahead, attribute
from harmattan.models.endemic.terms import Structure
from harmattan.models.endemic.weights import Kernel

Floats = npt.NDArray[np.float64]
Covariates = Mapping[str, pd.DataFrame | pd.Series]


class EndemicEpidemic(GenericLikelihoodModel):  # type: ignore[misc]
    """The model hhh4: counts as the sum of a background, the region's own past and its neighbours' past.

    ``y_rt ~ NegBin(μ_rt, ψ)`` with ``μ_rt = ν_rt e_r + λ_rt Σ_d u_d y_{r,t-d} + φ_rt Σ_q w_qr Σ_d u_d y_{q,t-d}``
    and variance μ + ψ μ².

    Parameters
    ----------
    counts
        Months (rows) by regions (columns), whole numbers; NaN where not known: left out as an outcome, none as past.
    structure
        Terms, family and lags.
    kernel
        Neighbour weights, regions in the order of the columns.
    covariates
        Terms by name: a frame like `counts`, or a Series by region.
    exposure
        e by region, positive; ones if None.
    groups
        Group of each region (its country), which share an overdispersion; all of them if None.
    first
        First row whose counts enter the likelihood; `structure.lags` if None.

    Raises
    ------
    ValueError
        As `harmattan.models.endemic.design.design`, and if a covariate does not cover the regions.

    References
    ----------
    Held, Höhle & Hofmann 2005, https://doi.org/10.1191/1471082X05st098oa ·
    Paul & Held 2011, https://doi.org/10.1002/sim.4177 · Meyer & Held 2014, https://doi.org/10.1214/14-AOAS743

    Examples
    --------
    >>> from harmattan.models.endemic.weights import distance
    >>> counts = pd.DataFrame({"A": [0, 1, 2, 1, 3, 2, 4, 1], "B": [1, 0, 0, 2, 1, 3, 1, 2]})
    >>> kernel = distance(np.array([[0.0, 50.0], [50.0, 0.0]]), bandwidth_km=50)
    >>> found = EndemicEpidemic(counts, Structure(family="poisson", spread=1.0), kernel).fit()
    >>> found.decompose(7).loc["A"].round(2).to_dict()
    {'background': 0.53, 'own past': 1.04, 'A': 0.0, 'B': 0.48}
    """

    def __init__(
        self,
        counts: pd.DataFrame,
        structure: Structure,
        kernel: Kernel,
        *,
        covariates: Covariates | None = None,
        exposure: pd.Series | None = None,
        groups: pd.Series | None = None,
        first: int | None = None,
    ) -> None:
        regions = counts.columns
        self.rows = counts.index[structure.lags if first is None else first :]
        self.regions = regions
        self.design = design(
            counts.to_numpy(dtype=np.float64),
            structure,
            kernel,
            regions=[str(code) for code in regions],
            covariates={name: _aligned(name, each, counts) for name, each in (covariates or {}).items()},
            exposure=None if exposure is None else exposure.reindex(regions).to_numpy(dtype=np.float64),
            groups=None if groups is None else [str(each) for each in groups.reindex(regions)],
            first=first,
        )
        super().__init__(self.design.counts[self.design.known], extra_params_names=list(self.design.names))

    def loglike(self, params: npt.ArrayLike) -> float:
        """Log-likelihood, without penalties."""
        return log_likelihood(self.design, np.asarray(params, dtype=np.float64))

    def score(self, params: npt.ArrayLike) -> Floats:
        """Gradient of the log-likelihood, shape (parameter,)."""
        theta = np.asarray(params, dtype=np.float64)
        return derivatives(self.design, theta)[0] + self.design.precision * (theta - self.design.start)

    def hessian(self, params: npt.ArrayLike) -> Floats:
        """Hessian of the log-likelihood, shape (parameter, parameter)."""
        return derivatives(self.design, np.asarray(params, dtype=np.float64))[1] + np.diag(self.design.precision)

    def fit(self, start_params: npt.ArrayLike | None = None) -> EndemicResults:
        """Maximise the likelihood (less penalties, if any), with standard errors from the observed information.

        Raises
        ------
        ValueError
            If there is no maximum: the data do not tell a parameter.
        """
        start = None if start_params is None else np.asarray(start_params, dtype=np.float64)
        found = maximise(self.design, start)
        if not found.converged:
            _, vectors = np.linalg.eigh(-derivatives(self.design, found.parameters)[1])
            loose = self.design.names[int(np.argmax(np.abs(vectors[:, 0])))]
            raise ValueError(
                f"the likelihood must have a maximum; it has none that {self.design.counts.size} counts with a sum of "
                f"{self.design.counts.sum():.0f} tell, {loose} being the least certain: "
                "leave out terms, or give the structure a spread"
            )
        return EndemicResults(self, LikelihoodModelResults(self, found.parameters, found.covariance, scale=1.0))


class EndemicResults(GenericLikelihoodModelResults):  # type: ignore[misc]
    """A fitted endemic-epidemic regression, with all that statsmodels offers: params, bse, llf, aic, summary()."""

    def table(self) -> pd.DataFrame:
        """Return ``estimate, error, lower, upper`` (95 %) by parameter; bandwidths, decay and ψ are logarithms."""
        limits = np.asarray(self.conf_int())
        values = {"estimate": self.params, "error": self.bse, "lower": limits[:, 0], "upper": limits[:, 1]}
        return pd.DataFrame(values, index=pd.Index(self.model.design.names, name="parameter"))

    def fitted(self) -> pd.DataFrame:
        """Return the expected count of every month (row) and region of the fit."""
        parts = mean(self.model.design, unpack(self.model.design, np.asarray(self.params))).parts
        return pd.DataFrame(sum(parts, np.zeros(1)), self.model.rows, self.model.regions)

    def dynamics(self, months: int, covariates: Covariates | None = None) -> Dynamics:
        """Return the model set to run `months` ahead from the last row of the counts.

        Parameters
        ----------
        months
            How many months ahead.
        covariates
            As in the model; frames have one row per month ahead.
        """
        frame = pd.DataFrame(0.0, pd.RangeIndex(months), self.model.regions)
        future = {name: _aligned(name, each, frame) for name, each in (covariates or {}).items()}
        return ahead(self.model.design, np.asarray(self.params), future, months=months)

    def decompose(self, row: Any) -> pd.DataFrame:
        """Return what the expected counts of one month are made of; each row sums to the expected count.

        Parameters
        ----------
        row
            A month of the fit, as in the index of the counts.

        Returns
        -------
        pandas.DataFrame
            One row per receiving region; columns ``background``, ``own past`` and every sending region.

        Raises
        ------
        ValueError
            If the month is not among those fitted.
        """
        if row not in self.model.rows:
            raise ValueError(
                f"row must be a month of the fit, {self.model.rows[0]} to {self.model.rows[-1]}; got {row!r}"
            )
        data, place = self.model.design, self.model.rows.get_loc(row)
        parameters = unpack(data, np.asarray(self.params))
        made = mean(data, parameters)
        nu, own, neighbours = (factor[place] for factor in made.factors)
        values = attribute(nu * data.exposure, own, neighbours, parameters.kernel[0], made.loads[1][place])
        return pd.DataFrame(values, self.model.regions, [BACKGROUND, OWN, *self.model.regions])


def _aligned(name: str, values: pd.DataFrame | pd.Series, counts: pd.DataFrame) -> Floats:
    labels = values.columns if isinstance(values, pd.DataFrame) else values.index
    absent = counts.columns.difference(labels)
    if len(absent):
        raise ValueError(f"covariate {name!r} must cover every region; {len(absent)} are missing, first {absent[0]!r}")
    if isinstance(values, pd.Series):
        return values[counts.columns].to_numpy(dtype=np.float64)[None, :]
    if len(values) != len(counts):
        raise ValueError(f"covariate {name!r} must have the {len(counts)} months of the counts; got {len(values)}")
    return values[counts.columns].to_numpy(dtype=np.float64)

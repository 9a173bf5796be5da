"""First attacks: the hazard of a quiet region, by its size, its past and how near the front has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm
from statsmodels.genmod.families.links import CLogLog

from harmattan.features import Feature, columns, design, feature
from harmattan.forecast import Forecast, event_probability
from harmattan.models.counts import ridge_glm
from harmattan.models.discounted import Discounted
from harmattan.models.learners import check_known, training_pairs
from harmattan.models.marginal import hurdle
from harmattan.panel import QUIET_MONTHS, Panel

Floats = npt.NDArray[np.float64]
FRONT_KM = 80.0
LOG_HAZARD = (-15.0, 2.0)


class FirstAttack:
    """P(attack in month t + h | x_t) = 1 - exp(-exp(α_h + x_t β_h)) where the last 12 months were quiet.

    A discrete-time proportional hazard (complementary log-log link), one fit per horizon h. All region-months teach
    it, whether quiet or not: first attacks are few, and x holds what tells the two apart. Coefficients of the
    standardised x are held back by a ridge. Only quiet regions are forecast by the hazard; regions active in the last
    12 months get the probability of `harmattan.models.discounted.Discounted`. Sizes, given an attack, are those on
    record.

    Parameters
    ----------
    features
        The covariates x; those of `hazard_features` if none are given.
    ridge
        Penalty on the squared standardised coefficients, per row; zero or more.
    measure
        Which measure to forecast.

    References
    ----------
    Prentice & Gloeckler 1978, https://doi.org/10.2307/2529588

    Examples
    --------
    >>> from harmattan.figures import bundled_counts
    >>> from harmattan.panel import from_counts
    >>> from harmattan.regions import bundled
    >>> panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province"))
    >>> model = FirstAttack().fit(panel, (1, 3))
    >>> bool(model.hazard_ratios().loc[1, "static(column=area_km2)"] > 1)
    True
    """

    def __init__(
        self, *, features: Sequence[Feature] | None = None, ridge: float = 0.003, measure: str = "attacks"
    ) -> None:
        self.features = features
        self.ridge = ridge
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Fit one hazard per horizon, and the partner for active regions.

        Raises
        ------
        ValueError
            If the ridge is negative, no pair of complete features and a known count is left to learn from, or a
            feature at the origin is unknown.
        """
        if not self.ridge >= 0:
            raise ValueError(f"ridge must be zero or more; got {self.ridge}")
        chosen = tuple(self.features) if self.features is not None else hazard_features(panel, self.measure)
        values = design(panel, chosen)
        self.columns_ = tuple(columns(chosen))
        check_known(values[-1], self.columns_, panel)
        counts = panel.measures[self.measure].to_numpy()
        fits = [_fitted(values, counts, horizon, self.ridge) for horizon in horizons]
        partner = Discounted(measure=self.measure).fit(panel, horizons)
        self.setting_, self.sizes_ = partner.setting_, partner.sizes_
        self.coef_ = np.stack([coef for coef, _, _ in fits])
        self.center_ = np.stack([center for _, center, _ in fits])
        self.scale_ = np.stack([scale for _, _, scale in fits])
        self.quiet_ = panel.quiet.to_numpy()
        hazard = np.stack([_probability(values[-1], *each) for each in fits])
        self.probability_ = np.where(self.quiet_, hazard, partner.probability_)
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Hurdle draws for every horizon, ordered by recorded paths."""
        pairs = zip(self.probability_, self.sizes_, strict=True)
        each = [hurdle(p, sizes.values, sizes.weights, draws) for p, sizes in pairs]
        return self.setting_.joint(np.stack(each, axis=1), rng)

    def hazard_ratios(self) -> pd.DataFrame:
        """Return exp(β): by how much the hazard is multiplied when a feature grows by one standard deviation.

        Rows are horizons, columns features. A feature that never varied, or a panel without attacks, has ratio one.
        """
        names = pd.Index(self.columns_, name="feature")
        return pd.DataFrame(np.exp(self.coef_[:, 1:]), pd.Index(self.setting_.horizons, name="horizon"), names)


def hazard_features(panel: Panel, measure: str = "attacks") -> tuple[Feature, ...]:
    """Return the covariates a hazard gets unless others are named.

    The share of active months of the region itself, recent and long; its area, since a larger region has more to
    attack; how near the nearest other active region is; active months of the adjacent regions; and attacks by others
    where the panel has them. Coast, roads, population and wide kernels are left out: on record they add nothing once
    these are there.
    """
    chosen = [feature("decayed_share", measure=measure, half_life=h) for h in (6, 24)]
    chosen += [feature("static", column="area_km2"), feature("neighbour_share", measure=measure, months=QUIET_MONTHS)]
    chosen += [feature("frontier_nearness", measure=measure, km=FRONT_KM)]
    if "other_attacks" in panel.measures and measure != "other_attacks":
        chosen += [feature("decayed_mean", measure="other_attacks", half_life=12)]
    return tuple(chosen)


def _fitted(
    values: npt.NDArray[np.float32], counts: npt.NDArray[np.float32], horizon: int, ridge: float
) -> tuple[Floats, Floats, Floats]:
    """Return coefficients (the intercept first), centres and scales of the features."""
    x, y = training_pairs(values, counts, horizon)
    if not len(y):
        raise ValueError(
            f"nothing to learn from for horizon {horizon}: {len(counts)} months hold none with complete features "
            f"{horizon} months before a known count; use a longer panel or shorter horizons"
        )
    happened = (y > 0).astype(np.float64)
    center, spread = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    scale = np.where(spread > 1e-6, spread, 1.0)
    if happened.min() == happened.max():
        coef = np.zeros(1 + len(center))
        coef[0] = np.log(-np.log1p(-event_probability(happened.sum(), len(happened))))
        return coef, center, scale
    # A step of the search may try a hazard so large that its exponential overflows; the likelihood there is finite.
    with np.errstate(over="ignore"):
        coef = ridge_glm(_exog(x, center, scale), happened, sm.families.Binomial(link=CLogLog()), ridge)
    return coef, center, scale


def _exog(x: npt.NDArray[np.float32], center: Floats, scale: Floats) -> Floats:
    return np.asarray(np.column_stack([np.ones(len(x)), (x - center) / scale]))


def _probability(now: npt.NDArray[np.float32], coef: Floats, center: Floats, scale: Floats) -> Floats:
    return np.asarray(-np.expm1(-np.exp(np.clip(_exog(now, center, scale) @ coef, *LOG_HAZARD))))

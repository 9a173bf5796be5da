"""The pool: one forecast made of several, by weights on their draws, given or learnt from past forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from harmattan.features.history import decay
from harmattan.forecast import Draws, Forecast
from harmattan.models.dependence import setting
from harmattan.models.marginal import levels
from harmattan.models.weighing import CRITERIA, Criterion, Learnt, Past, learn, recalibrated_levels
from harmattan.panel import Panel

if TYPE_CHECKING:
    from harmattan.models import Forecaster

LEVEL_HALF_LIFE = 12


class Pool:
    """Linear pool of forecasts: a mixture of the members' distributions, then joined by recorded paths.

    Regions that were quiet for twelve months may have weights of their own, since who is good at saying where violence
    goes on is not who is good at saying where it begins; so may regions where the level is high, whose past grows old
    sooner. Where past forecasts of the members are at hand, weights and a recalibration can be learnt from them, for
    quiet and other regions (`harmattan.models.weighing.learn`); the weights of high levels are kept as given.

    Parameters
    ----------
    members
        Forecasters by name.
    weights
        Weight of each member, not negative; equal if None. They are normalised.
    quiet_weights
        The same for regions without an attack in the twelve months to the origin; as `weights` if None.
    heavy, heavy_weights
        From which decayed mean a month on (half-life of 12 months) a region that is not quiet has weights of its own,
        and these; None for nowhere.
    criterion
        Learn weights that minimise this score of past forecasts, ``log_score`` of at least one event or ``crps``; None
        keeps the weights as given.
    recalibrate
        Whether to learn a beta transform of the mixture too.
    shrink
        How many past origins the given weights are worth beside what is learnt.
    measure
        Which measure the members forecast.
    """

    def __init__(
        self,
        members: Mapping[str, Forecaster],
        *,
        weights: Mapping[str, float] | None = None,
        quiet_weights: Mapping[str, float] | None = None,
        heavy: float | None = None,
        heavy_weights: Mapping[str, float] | None = None,
        criterion: Criterion | None = None,
        recalibrate: bool = False,
        shrink: float = 24.0,
        measure: str = "attacks",
    ) -> None:
        self.members = members
        self.weights = weights
        self.quiet_weights = quiet_weights
        self.heavy = heavy
        self.heavy_weights = heavy_weights
        self.criterion = criterion
        self.recalibrate = recalibrate
        self.shrink = shrink
        self.measure = measure

    @property
    def learns(self) -> bool:
        """Whether past forecasts change it."""
        return self.criterion is not None or self.recalibrate

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Fit every member; weights are as given, since nothing is known of past forecasts."""
        for member in self.members.values():
            member.fit(panel, horizons)
        return self.adopt(panel, horizons)

    def adopt(self, panel: Panel, horizons: tuple[int, ...], past: Past | None = None) -> Self:
        """Take the members as fitted already, on the same panel and horizons, and learn from their past forecasts.

        Parameters
        ----------
        panel, horizons
            What the members were fitted on.
        past
            Forecasts the members made at past origins; those of months after the panel's last are not looked at.

        Raises
        ------
        ValueError
            If there is no member, or a setting is unknown, out of range, or without the one it goes with.
        """
        self._check()
        self.setting_ = setting(panel, horizons, self.measure)
        self.quiet_ = panel.quiet.to_numpy()
        self.heavy_ = self._heavy(panel)
        self.heavy_weights_ = normalised(self.members, self.heavy_weights) if self.heavy is not None else {}
        known = past.known(panel.origin) if past is not None and self.learns else None
        active = self._learn(self.weights, known, quiet=False)
        quiet = self._learn(self.quiet_weights or self.weights, known, quiet=True)
        self.weights_, self.shape_ = dict(active.weights), active.shape
        self.quiet_weights_, self.quiet_shape_ = dict(quiet.weights), quiet.shape
        self.learnt_from_ = max(active.origins, quiet.origins)
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Draw every member, then mix."""
        return self.combine({name: each.forecast(draws, rng) for name, each in self.members.items()}, draws, rng)

    def combine(self, made: Mapping[str, Forecast], draws: int, rng: np.random.Generator) -> Forecast:
        """Mix forecasts that the members have made already."""
        mixed = np.empty((draws, len(self.setting_.horizons), len(self.quiet_)), dtype=np.int32)
        classes = (
            (self.quiet_, self.quiet_weights_, self.quiet_shape_),
            (~self.quiet_ & ~self.heavy_, self.weights_, self.shape_),
            (self.heavy_, self.heavy_weights_, self.shape_),
        )
        for where, weights, shape in classes:
            if not where.any():
                continue
            used = [name for name, weight in weights.items() if weight > 0]
            parts = [made[name].draws[:, :, where] for name in used]
            at = recalibrated_levels(levels(draws), shape)
            mixed[:, :, where] = mixture(parts, [weights[name] for name in used], at)
        return self.setting_.joint(mixed, rng)

    def _heavy(self, panel: Panel) -> npt.NDArray[np.bool_]:
        """Which regions have the weights of high levels."""
        if self.heavy is None:
            return np.zeros(len(self.quiet_), dtype=bool)
        level = decay(panel.measures[self.measure], LEVEL_HALF_LIFE).to_numpy()[-1]
        return np.asarray(~self.quiet_ & (level >= self.heavy))

    def _learn(self, weights: Mapping[str, float] | None, known: Past | None, *, quiet: bool) -> Learnt:
        begin = normalised(self.members, weights)
        if known is None:
            return Learnt(begin)
        return learn(
            known.of_class(quiet),
            begin,
            criterion=self.criterion,
            recalibrate=self.recalibrate,
            shrink=self.shrink,
        )

    def _check(self) -> None:
        if not self.members:
            raise ValueError("a pool needs at least one member; it has none")
        if self.criterion not in (None, *CRITERIA):
            raise ValueError(f"criterion must be one of {', '.join(CRITERIA)}, or None; got {self.criterion!r}")
        if (self.heavy is None) != (self.heavy_weights is None) or (self.heavy is not None and not self.heavy > 0):
            raise ValueError(
                f"heavy, a positive mean, and heavy_weights go together; got {self.heavy} and {self.heavy_weights}"
            )
        if not self.shrink >= 0:
            raise ValueError(f"shrink must be a number of origins, 0 or more; got {self.shrink}")


def normalised(members: Mapping[str, Forecaster], weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return weights that sum to one, equal ones if None; members without a weight get none.

    Raises
    ------
    ValueError
        If a weight is of no member, negative, or all are zero.
    """
    given = dict.fromkeys(members, 1.0) if weights is None else dict(weights)
    fit = all(0 <= weight < np.inf for weight in given.values()) and sum(given.values()) > 0
    if not set(given) <= set(members) or not fit:
        raise ValueError(
            f"a pool needs weights, not negative and not all zero, of its members {sorted(members)}; got {given}"
        )
    return {name: given.get(name, 0.0) / sum(given.values()) for name in members}


def mixture(members: Sequence[Draws], weights: Sequence[float], at: npt.NDArray[np.float64]) -> Draws:
    """Return quantiles of a mixture of forecasts.

    Parameters
    ----------
    members
        Each of shape (own number of draws, horizon, region).
    weights
        One per member, summing to one.
    at
        Levels of the quantiles, ascending, shape (draw,); evenly spaced ones give draws of the mixture.

    Returns
    -------
    numpy.ndarray
        Shape (draw, horizon, region), sorted along the first axis.
    """
    everything = np.concatenate(list(members))
    weight = np.concatenate([np.full(len(m), w / len(m)) for m, w in zip(members, weights, strict=True)])
    order = np.argsort(everything, axis=0, kind="stable")
    values = np.take_along_axis(everything, order, axis=0)
    cumulated = np.cumsum(weight[order], axis=0)
    mixed = np.empty((len(at), *everything.shape[1:]), dtype=np.int32)
    for place in np.ndindex(everything.shape[1:]):
        found = np.searchsorted(cumulated[(slice(None), *place)], at - 1e-12)
        mixed[(slice(None), *place)] = values[(np.minimum(found, len(values) - 1), *place)]
    return mixed

"""The pool: one forecast made of several, by weights on their draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from harmattan.forecast import Draws, Forecast
from harmattan.models.dependence import setting
from harmattan.models.marginal import levels
from harmattan.panel import Panel

if TYPE_CHECKING:
    from harmattan.models import Forecaster


class Pool:
    """Linear pool of forecasts: a mixture of the members' distributions, then joined by recorded paths.

    Regions that were quiet for twelve months may have weights of their own, since who is good at saying where violence
    goes on is not who is good at saying where it begins.

    Parameters
    ----------
    members
        Forecasters by name.
    weights
        Weight of each member, not negative; equal if None. They are normalised.
    quiet_weights
        The same for regions without an attack in the twelve months to the origin; as `weights` if None.
    measure
        Which measure the members forecast.
    """

    def __init__(
        self,
        members: Mapping[str, Forecaster],
        *,
        weights: Mapping[str, float] | None = None,
        quiet_weights: Mapping[str, float] | None = None,
        measure: str = "attacks",
    ) -> None:
        self.members = members
        self.weights = weights
        self.quiet_weights = quiet_weights
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Fit every member."""
        for member in self.members.values():
            member.fit(panel, horizons)
        return self.adopt(panel, horizons)

    def adopt(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Take the members as fitted already, on the same panel and horizons."""
        if not self.members:
            raise ValueError("a pool needs at least one member; it has none")
        self.setting_ = setting(panel, horizons, self.measure)
        self.weights_ = normalised(self.members, self.weights)
        self.quiet_weights_ = normalised(self.members, self.quiet_weights or self.weights)
        self.quiet_ = panel.quiet.to_numpy()
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Draw every member, then mix."""
        return self.combine({name: each.forecast(draws, rng) for name, each in self.members.items()}, draws, rng)

    def combine(self, made: Mapping[str, Forecast], draws: int, rng: np.random.Generator) -> Forecast:
        """Mix forecasts that the members have made already."""
        mixed = np.empty((draws, len(self.setting_.horizons), len(self.quiet_)), dtype=np.int32)
        for where, weights in ((self.quiet_, self.quiet_weights_), (~self.quiet_, self.weights_)):
            used = [name for name, weight in weights.items() if weight > 0]
            parts = [made[name].draws[:, :, where] for name in used]
            mixed[:, :, where] = mixture(parts, [weights[name] for name in used], draws)
        return self.setting_.joint(mixed, rng)


def normalised(members: Mapping[str, Forecaster], weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return weights that sum to one, equal ones if None; members without a weight get none.

    Raises
    ------
    ValueError
        If a weight is of no member, negative, or all are zero.
    """
    given = dict.fromkeys(members, 1.0) if weights is None else dict(weights)
    if not set(given) <= set(members) or min(given.values()) < 0 or sum(given.values()) <= 0:
        raise ValueError(
            f"a pool needs weights, not negative and not all zero, of its members {sorted(members)}; got {given}"
        )
    return {name: given.get(name, 0.0) / sum(given.values()) for name in members}


def mixture(members: Sequence[Draws], weights: Sequence[float], draws: int) -> Draws:
    """Return evenly spaced draws of a mixture of forecasts, sorted along the first axis.

    Parameters
    ----------
    members
        Each of shape (own number of draws, horizon, region).
    weights
        One per member, summing to one.
    draws
        How many draws to return.
    """
    everything = np.concatenate(list(members))
    weight = np.concatenate([np.full(len(m), w / len(m)) for m, w in zip(members, weights, strict=True)])
    order = np.argsort(everything, axis=0, kind="stable")
    values = np.take_along_axis(everything, order, axis=0)
    cumulated = np.cumsum(weight[order], axis=0)
    mixed = np.empty((draws, *everything.shape[1:]), dtype=np.int32)
    for place in np.ndindex(everything.shape[1:]):
        found = np.searchsorted(cumulated[(slice(None), *place)], levels(draws) - 1e-12)
        mixed[(slice(None), *place)] = values[(np.minimum(found, len(values) - 1), *place)]
    return mixed

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

    Parameters
    ----------
    members
        Forecasters by name.
    weights
        Weight of each member, not negative; equal if None. They are normalised.
    measure
        Which measure the members forecast.
    """

    def __init__(
        self,
        members: Mapping[str, Forecaster],
        *,
        weights: Mapping[str, float] | None = None,
        measure: str = "attacks",
    ) -> None:
        self.members = members
        self.weights = weights
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
        weights = dict.fromkeys(self.members, 1.0) if self.weights is None else dict(self.weights)
        if set(weights) != set(self.members) or min(weights.values()) < 0 or sum(weights.values()) <= 0:
            raise ValueError(
                f"a pool needs one weight, not negative, for each of its members {sorted(self.members)}; got {weights}"
            )
        self.weights_ = {name: weights[name] / sum(weights.values()) for name in self.members}
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Draw every member, then mix."""
        return self.combine({name: each.forecast(draws, rng) for name, each in self.members.items()}, draws, rng)

    def combine(self, made: Mapping[str, Forecast], draws: int, rng: np.random.Generator) -> Forecast:
        """Mix forecasts that the members have made already."""
        names = list(self.members)
        mixed = mixture([made[name].draws for name in names], [self.weights_[name] for name in names], draws)
        return self.setting_.joint(mixed, rng)


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

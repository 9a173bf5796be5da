"""What the newest months will come to: draws of the true counts given those reported so far.

Attacks of a region and month are negative binomial around the region's own level times a factor of the month; each
that is on record stays there, and each that is not will come, with the probabilities of `harmattan.vintages.delay`.
Given the k that stay, those still to come are negative binomial again: with size r, mean mu and a share p reported, the
size is r + k and the mean (r + k) (1 - p) / (r / mu + p).

References
----------
Bastos et al. (2019), https://doi.org/10.1002/sim.8303; Hoehle & an der Heiden (2014), https://doi.org/10.1111/biom.12194.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.forecast import Forecast
from harmattan.models import Forecaster
from harmattan.models.combine import Pool
from harmattan.panel import Panel
from harmattan.vintages.delay import Delay
from harmattan.vintages.panels import KnownPanel

Floats = npt.NDArray[np.float64]
LEVEL_MONTHS = 12
EVENTS = ("attacks", "other_attacks")
COPIES = 5


@dataclass(frozen=True)
class Nowcast:
    """Draws of the attacks of the newest months.

    Attributes
    ----------
    draws
        Shape (draws, months, regions), int64; months ascending.
    reported
        The attacks on record, months down and regions across.
    """

    draws: npt.NDArray[np.int64]
    reported: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return ``month, region, reported, expected, q05, q95``, one row per month and region."""
        low, high = np.quantile(self.draws, [0.05, 0.95], axis=0)
        months, regions = self.reported.shape
        told = pd.DataFrame(
            {
                "month": self.reported.index.repeat(regions),
                "region": np.tile(self.reported.columns, months),
                "reported": self.reported.to_numpy().ravel(),
            }
        )
        return told.assign(expected=self.draws.mean(axis=0).ravel(), q05=low.ravel(), q95=high.ravel())

    def totals(self) -> pd.DataFrame:
        """Return the same of all regions together, index month."""
        whole = self.draws.sum(axis=2)
        low, high = np.quantile(whole, [0.05, 0.95], axis=0)
        return pd.DataFrame(
            {"reported": self.reported.sum(axis=1), "expected": whole.mean(axis=0), "q05": low, "q95": high}
        )


def nowcast(panel: KnownPanel, *, draws: int, rng: np.random.Generator, measure: str = "attacks") -> Nowcast:
    """Draw the true counts of the months that are not settled, from a panel that says how late reports are.

    A region's level is the mean of its `LEVEL_MONTHS` newest settled months, drawn towards that of all regions by one
    month's weight. Each month has a factor that all regions share, a gamma variable that the reports of the month tell
    of. Its variance and the size (the reciprocal of overdispersion) are estimated by moments, the variance from how far
    the sums of recent months were off the mean of those before.

    Raises
    ------
    ValueError
        If the panel has no delay, or no settled month to learn the level from.
    """
    if panel.delay is None:
        raise ValueError("a nowcast needs to know how late reports are: set data.delay")
    ages = [age for age in panel.ages if age < panel.delay.settled]
    frame = panel.measures[measure]
    if len(frame) <= len(ages):
        raise ValueError(f"a nowcast needs months that are settled; all {len(frame)} of the panel are still filling up")
    values = np.nan_to_num(frame.to_numpy(dtype=np.float64))
    settled, newest = values[: len(values) - len(ages)], values[len(values) - len(ages) :]
    usual = _usual(settled[-2 * LEVEL_MONTHS :])
    found = np.empty((draws, *newest.shape), dtype=np.int64)
    for draw in range(draws):
        found[draw] = _one(newest, usual, panel.delay, ages[::-1], rng)
    return Nowcast(found, frame.iloc[len(frame) - len(ages) :])


def completed(panel: KnownPanel, rng: np.random.Generator) -> Panel:
    """Return the panel with one draw of the true counts in place of those reported; attacks and other attacks.

    Deaths and points stay as reported.
    """
    measures = dict(panel.measures)
    for name in EVENTS:
        if name in measures:
            drawn = nowcast(panel, draws=1, rng=rng, measure=name)
            frame = measures[name].copy()
            known = frame.loc[drawn.reported.index].notna().to_numpy()
            frame.loc[drawn.reported.index] = np.where(known, drawn.draws[0], np.nan).astype(np.float32)
            measures[name] = frame
    return Panel(panel.regions, measures, panel.covered, panel.points)


class FromNowcast:
    """A model fitted to several completed panels, its draws mixed; the model alone where the panel needs none.

    Multiple imputation: each copy learns from another draw of what the newest months will come to, so the mixture is as
    unsure of the present as it should be.

    Parameters
    ----------
    model
        Any forecaster, unfitted.
    copies
        Panels completed.
    seed
        With the panel's last month it decides how they are completed.
    """

    def __init__(self, model: Forecaster, *, copies: int = COPIES, seed: int = 0) -> None:
        self.model = model
        self.copies = copies
        self.seed = seed

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Complete the panel and fit a copy of the model to each."""
        filling = (
            isinstance(panel, KnownPanel)
            and panel.delay is not None
            and any(age < panel.delay.settled for age in panel.ages)
        )
        panels = [panel]
        if filling:
            assert isinstance(panel, KnownPanel)
            rng = np.random.default_rng([self.seed, panel.origin.ordinal])
            panels = [completed(panel, rng) for _ in range(self.copies)]
        self.fitted_ = [deepcopy(self.model).fit(each, horizons) for each in panels]
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Return the draws of all copies, in random order."""
        if len(self.fitted_) == 1:
            return self.fitted_[0].forecast(draws, rng)
        each = -(-draws // len(self.fitted_))
        made = [model.forecast(each, rng) for model in self.fitted_]
        fewest = min(len(one.draws) for one in made)
        mixed = np.concatenate([one.draws[:fewest] for one in made])
        first = made[0]
        return Forecast(rng.permutation(mixed)[:draws], first.origin, first.horizons, first.regions, first.measure)


def learning_from_nowcasts(models: Mapping[str, Forecaster], *, seed: int) -> dict[str, Forecaster]:
    """Return the models by name, each learning from nowcasts; a pool's members do, and it mixes them as it would."""
    late: dict[str, Forecaster] = {}
    for name, model in models.items():
        if isinstance(model, Pool):
            pool = deepcopy(model)
            pool.members = {each: late.get(each, member) for each, member in model.members.items()}
            late[name] = pool
        else:
            late[name] = FromNowcast(model, seed=seed)
    return late


def plain(model: Forecaster) -> Forecaster:
    """Return a model itself, without what makes it learn from nowcasts; a fitted one as fitted to the first of them."""
    if not isinstance(model, FromNowcast):
        return model
    return model.fitted_[0] if hasattr(model, "fitted_") else model.model


@dataclass(frozen=True)
class _Usual:
    """What regions usually have: mean by region, size, and how much all rise and fall together."""

    level: Floats
    size: float
    together: float

    @property
    def whole(self) -> float:
        """Mean of all regions together."""
        return float(self.level.sum())

    @property
    def dispersion(self) -> float:
        """Variance over mean of all regions together, in a usual month."""
        return 1 + float((self.level**2).sum()) / (self.size * self.whole)


def _usual(settled: Floats) -> _Usual:
    """By moments: excess variance of regions gives the size, that of their sum how much they move together.

    The sum of each of the newest months is set against the mean of the months before it, as it will be again.
    """
    sums, settled = settled.sum(axis=1), settled[-LEVEL_MONTHS:]
    months = len(settled)
    level = np.maximum((settled.sum(axis=0) + settled.mean()) / (months + 1), 1e-3)
    beyond = ((settled - level) ** 2 - level).sum() / (level**2).sum() / months
    alone = _Usual(level, float(1 / np.clip(beyond, 1e-3, 20.0)), 1.0)
    before = np.array(
        [sums[max(0, row - LEVEL_MONTHS) : row].mean() for row in range(len(sums) // 2, len(sums)) if row]
    )
    came = sums[len(sums) - len(before) :]
    common = (((came - before) ** 2 - alone.dispersion * before).sum() / (before**2).sum()) if before.any() else 1.0
    return _Usual(level, alone.size, float(1 / np.clip(common, 0.01, 1.0)))


def _one(
    newest: Floats, usual: _Usual, delay: Delay, ages: list[int], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    share, stays = delay.reported(ages, rng)[:, None], delay.kept(ages, rng)[:, None]
    true = rng.binomial(newest.astype(np.int64), np.broadcast_to(stays, newest.shape))
    told = true.sum(axis=1, keepdims=True) / usual.dispersion
    expected = share * usual.whole / usual.dispersion
    month = rng.gamma(usual.together + told, 1 / (usual.together + expected))
    mean = (usual.size + true) * (1 - share) / (usual.size / (month * usual.level) + share)
    missing = rng.poisson(rng.gamma(usual.size + true, mean / (usual.size + true)))
    whole: npt.NDArray[np.int64] = true + missing
    return whole

"""Joint draws of the future, the one thing every model makes and everything shown is derived from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.months import target

Draws = npt.NDArray[np.int32]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def event_probability(hits: npt.ArrayLike, draws: int) -> npt.NDArray[np.float64]:
    """Return the probability of an event that `hits` of `draws` equally likely draws show.

    ``P = (hits + 1/4) / (draws + 1/2)``, so that no finite set of draws calls an event impossible or certain. With the
    twelve draws of conflictology this is ``(k + 1/4) / 12.5``.

    Examples
    --------
    >>> event_probability(3, 12).round(2).item()
    0.26
    """
    return np.asarray((np.asarray(hits, dtype=np.float64) + 0.25) / (draws + 0.5))


@dataclass(frozen=True)
class Forecast:
    """Joint draws of one measure by horizon and region, made at one origin.

    Attributes
    ----------
    draws
        Whole counts, shape (draw, horizon, region). One draw is one possible future of all regions and months together.
    origin
        The last month whose data were used for judging "now"; horizon h is the h-th month after it.
    horizons
        Months ahead, ascending, one per slice of the second axis.
    regions
        Region codes, one per slice of the third axis.
    measure
        What is counted, ``"attacks"`` or ``"deaths"``.
    """

    draws: Draws
    origin: pd.Period
    horizons: tuple[int, ...]
    regions: pd.Index
    measure: str = "attacks"

    def __post_init__(self) -> None:
        expected = (len(self.horizons), len(self.regions))
        if self.draws.ndim != 3 or self.draws.shape[1:] != expected:
            raise ValueError(
                f"draws must have the shape (draw, {expected[0]} horizons, {expected[1]} regions); "
                f"got {self.draws.shape}"
            )
        if not np.issubdtype(self.draws.dtype, np.integer):
            raise ValueError(f"draws must be whole counts; got numbers of type {self.draws.dtype}")
        if list(self.horizons) != sorted(set(self.horizons)) or (self.horizons and self.horizons[0] < 1):
            raise ValueError(f"horizons must be distinct, ascending and at least 1; got {self.horizons}")
        if self.draws.size and int(self.draws.min()) < 0:
            raise ValueError("draws must not be negative: a count of events cannot be below zero")

    @property
    def months(self) -> pd.PeriodIndex:
        """The target month of every horizon."""
        return pd.PeriodIndex([target(self.origin, h) for h in self.horizons], freq="M", name="month")

    def probability(self, at_least: int = 1) -> pd.DataFrame:
        """P(count >= `at_least`) by horizon (rows) and region (columns)."""
        return self._frame(event_probability((self.draws >= at_least).sum(axis=0), len(self.draws)))

    def expected(self) -> pd.DataFrame:
        """Expected count by horizon (rows) and region (columns)."""
        return self._frame(self.draws.mean(axis=0))

    def quantile(self, level: float) -> pd.DataFrame:
        """The smallest count that at least a share `level` of the draws does not exceed, by horizon and region."""
        return self._frame(np.quantile(self.draws, level, axis=0, method="inverted_cdf"))

    def window(self, horizons: Iterable[int]) -> Forecast:
        """Return the forecast of the total over several months, as one horizon (the last of them).

        Raises
        ------
        ValueError
            If a month asked for is not in this forecast.
        """
        wanted = sorted(horizons)
        missing = [h for h in wanted if h not in self.horizons]
        if missing or not wanted:
            raise ValueError(f"a window must take its months from the horizons {self.horizons}; missing {missing}")
        places = [self.horizons.index(h) for h in wanted]
        total = self.draws[:, places].sum(axis=1, keepdims=True, dtype=np.int32)
        return Forecast(total, self.origin, (wanted[-1],), self.regions, self.measure)

    def select(self, horizons: Sequence[int]) -> Forecast:
        """Return only the given horizons."""
        places = [self.horizons.index(h) for h in horizons]
        return Forecast(self.draws[:, places], self.origin, tuple(horizons), self.regions, self.measure)

    def group(self, membership: Mapping[str, str]) -> Forecast:
        """Return the forecast of sums over groups of regions, such as provinces by country.

        Because draws are joint, probabilities of a group agree with those of its parts.

        Parameters
        ----------
        membership
            Group of each region; every region of the forecast must be in it.

        Raises
        ------
        ValueError
            If a region has no group.
        """
        missing = [code for code in self.regions if code not in membership]
        if missing:
            raise ValueError(f"every region needs a group; {len(missing)} have none, first {missing[0]}")
        groups = pd.Index(sorted({membership[code] for code in self.regions}), name="region")
        indicator = np.zeros((len(self.regions), len(groups)), dtype=np.int32)
        indicator[np.arange(len(self.regions)), groups.get_indexer(pd.Index([membership[c] for c in self.regions]))] = 1
        return Forecast(self.draws @ indicator, self.origin, self.horizons, groups, self.measure)

    def table(self) -> pd.DataFrame:
        """Return the tidy table: one row per horizon and region.

        Columns: ``origin, horizon, month, region, p1`` (at least one), ``expected`` and the quantiles ``q05 … q95``.
        """
        regions = len(self.regions)
        levels = np.quantile(self.draws, QUANTILES, axis=0, method="inverted_cdf").reshape(len(QUANTILES), -1)
        tidy = {
            "origin": str(self.origin),
            "horizon": np.repeat(np.asarray(self.horizons, dtype=np.int64), regions),
            "month": np.repeat(self.months.astype(str).to_numpy(), regions),
            "region": np.tile(self.regions.to_numpy(), len(self.horizons)),
            "p1": self.probability().to_numpy().ravel(),
            "expected": self.expected().to_numpy().ravel(),
        }
        names = [f"q{round(level * 100):02d}" for level in QUANTILES]
        return pd.DataFrame(tidy | dict(zip(names, levels, strict=True)))

    def _frame(self, values: npt.NDArray[np.float64]) -> pd.DataFrame:
        return pd.DataFrame(
            values, index=pd.Index(self.horizons, name="horizon"), columns=self.regions.rename("region")
        )

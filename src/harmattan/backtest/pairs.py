"""One model at one origin: forecast from what was known, and score against what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary
from zlib import crc32

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from harmattan.backtest.scoring import map_rows, score_rows
from harmattan.forecast import Forecast
from harmattan.models import Forecaster
from harmattan.models.combine import Pool
from harmattan.models.weighing import Past, joined, remember
from harmattan.panel import Panel

Models = Mapping[str, Forecaster]

_CUT: WeakKeyDictionary[Panel, tuple[tuple[int, int], Panel]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Asked:
    """What every task of a backtest is given.

    Attributes
    ----------
    panel, models, horizons, lag, draws, seed
        As in `forecast_all`.
    maps
        Whether whole maps are scored too.
    past
        What members of pools that learn forecast at origins that are done already.
    """

    panel: Panel
    models: Models
    horizons: tuple[int, ...]
    lag: int
    draws: int
    seed: int
    maps: bool
    past: Mapping[pd.Period, Past] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Scored:
    """One model at one origin.

    Attributes
    ----------
    rows
        See `harmattan.backtest.score_rows`.
    maps
        See `harmattan.backtest.map_rows`; None if that was not asked for.
    """

    rows: pd.DataFrame
    maps: pd.DataFrame | None


def forecast_all(
    panel: Panel,
    models: Models,
    *,
    origin: pd.Period,
    horizons: Sequence[int],
    lag: int = 0,
    draws: int = 1000,
    seed: int = 0,
    past: Past | None = None,
) -> tuple[dict[str, Forecaster], dict[str, Forecast]]:
    """Fit every model on what was known at `origin` and forecast.

    A pool whose members are among `models` mixes the forecasts they have made, so nothing is fitted twice.

    Parameters
    ----------
    panel
        May reach beyond the origin: it is cut here.
    models
        Unfitted forecasters by name; they are copied.
    origin, horizons, lag
        Months ahead are counted from the origin; the `lag` newest months before it are withheld.
    draws
        Number of joint draws.
    seed
        With the origin and the model's name it decides every draw, so order and number of workers do not matter.
    past
        Earlier forecasts of the pools' members, for pools that learn; only what was known at the origin is used.

    Returns
    -------
    tuple
        Fitted models and forecasts, both by name.
    """
    asked = Asked(panel, models, tuple(horizons), lag, draws, seed, maps=False)
    fitted = dict(deepcopy(dict(models)))
    made: dict[str, Forecast] = {}
    with threadpool_limits(1):
        for name, mixed in mixes(models).items():
            made[name] = _forecast(
                asked, name, fitted[name], origin, horizons, {each: made[each] for each in mixed}, past
            )
    return fitted, made


def mixes(models: Models) -> dict[str, tuple[str, ...]]:
    """Return the models in the order they are made, pools last, and of which others' forecasts each is mixed.

    A pool with a member that is not made before it fits all its members itself, and is mixed of none.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, model in sorted(models.items(), key=lambda item: isinstance(item[1], Pool)):
        members = tuple(model.members) if isinstance(model, Pool) else ()
        found[name] = members if set(members) <= set(found) else ()
    return found


def step(asked: Asked, work: Callable[..., Any], *arguments: Any) -> Any:
    """Do one of the tasks below."""
    return work(asked, *arguments)


def forecast_one(
    asked: Asked, name: str, origin: pd.Period, members: Sequence[str], made: Sequence[Forecast] = ()
) -> Forecast:
    """Forecast with one model; a pool mixes what its `members` made."""
    given = dict(zip(members, made, strict=True))
    model = asked.models[name]
    return _forecast(
        asked, name, copy(model) if given else deepcopy(model), origin, _inside(asked, origin), given, None
    )


def score_one(asked: Asked, name: str, forecasts: Sequence[Forecast]) -> Scored:
    """Score the forecast of one model."""
    made = {name: forecasts[0]}
    return Scored(score_rows(asked.panel, made, seed=asked.seed), map_rows(asked.panel, made) if asked.maps else None)


def try_one(
    asked: Asked, name: str, origin: pd.Period, members: Sequence[str], made: Sequence[Forecast] = ()
) -> Scored:
    """Forecast with one model, and score it."""
    return score_one(asked, name, [forecast_one(asked, name, origin, members, made)])


def remember_all(asked: Asked, members: Sequence[str], made: Sequence[Forecast]) -> Past:
    """Set what all members forecast at one origin beside what came."""
    return remember(asked.panel, dict(zip(members, made, strict=True)), lag=asked.lag)


def try_learning(
    asked: Asked,
    name: str,
    origin: pd.Period,
    members: Sequence[str],
    earlier: Sequence[pd.Period],
    before: Sequence[Forecast | Past],
) -> Scored:
    """Mix what the members made by what is known of their past forecasts, and score it.

    Parameters
    ----------
    earlier
        The origins to learn from.
    before
        The members' forecasts, then what was made at those of `earlier` that were not done already.
    """
    made = [each for each in before if isinstance(each, Forecast)]
    new = iter([each for each in before if isinstance(each, Past)])
    parts = [asked.past[each] if each in asked.past else next(new) for each in earlier]
    given = dict(zip(members, made, strict=True))
    pool, past = copy(asked.models[name]), joined(parts) if parts else None
    return score_one(asked, name, [_forecast(asked, name, pool, origin, made[0].horizons, given, past)])


def _inside(asked: Asked, origin: pd.Period) -> tuple[int, ...]:
    """The horizons whose month the panel has."""
    return tuple(h for h in asked.horizons if origin + h <= asked.panel.origin)


def _forecast(
    asked: Asked,
    name: str,
    model: Forecaster,
    origin: pd.Period,
    horizons: Sequence[int],
    made: Mapping[str, Forecast],
    past: Past | None,
) -> Forecast:
    """Fit a model and forecast, or mix what the members of a pool made."""
    known, ahead = _known(asked.panel, origin, asked.lag), tuple(h + asked.lag for h in horizons)
    rng = np.random.default_rng([asked.seed, origin.ordinal, crc32(name.encode())])
    if made and isinstance(model, Pool):
        one = model.adopt(known, ahead, past).combine(made, asked.draws, rng)
    else:
        one = model.fit(known, ahead).forecast(asked.draws, rng)
    return Forecast(one.draws, origin, tuple(horizons), one.regions, one.measure)


def _known(panel: Panel, origin: pd.Period, lag: int) -> Panel:
    """The panel as of an origin, the same object for all models of one origin: designs are kept as long as it is."""
    key = (origin.ordinal, lag)
    kept = _CUT.get(panel)
    if kept is None or kept[0] != key:
        kept = _CUT[panel] = (key, panel.as_of(origin, lag))
    return kept[1]

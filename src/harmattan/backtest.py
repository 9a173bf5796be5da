"""Rolling origins: forecast as if at each past month, compare with what came, one row per forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from harmattan.forecast import Forecast
from harmattan.models import Forecaster
from harmattan.models.combine import Pool
from harmattan.models.weighing import Past, joined, remember
from harmattan.panel import Panel
from harmattan.scores.catalogue import map_scores, row_scores
from harmattan.scores.consistency import FEWEST_ALIKE, TESTS
from harmattan.scores.diagnostics import randomised_pit
from harmattan.scores.sets import membership

Models = Mapping[str, Forecaster]


@dataclass(frozen=True)
class Backtest:
    """Models tried on past origins.

    Attributes
    ----------
    rows
        Scored forecasts, see `score_rows`.
    maps
        Whole maps scored and tested, see `map_rows`; empty if that was not asked for.
    past
        What the members of pools forecast and what came, for pools to learn from; None if no pool learns.
    """

    rows: pd.DataFrame
    maps: pd.DataFrame
    past: Past | None


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
    known = panel.as_of(origin, lag)
    ahead = tuple(h + lag for h in horizons)
    fitted = dict(deepcopy(dict(models)))
    made: dict[str, Forecast] = {}
    with threadpool_limits(1):
        for name, model in sorted(fitted.items(), key=lambda item: isinstance(item[1], Pool)):
            rng = np.random.default_rng([seed, origin.ordinal, crc32(name.encode())])
            if isinstance(model, Pool) and set(model.members) <= set(made):
                made[name] = model.adopt(known, ahead, past).combine(made, draws, rng)
            else:
                made[name] = model.fit(known, ahead).forecast(draws, rng)
    seen = {
        name: Forecast(each.draws, origin, tuple(horizons), each.regions, each.measure) for name, each in made.items()
    }
    return fitted, seen


def score_rows(panel: Panel, forecasts: Mapping[str, Forecast], *, seed: int = 0) -> pd.DataFrame:
    """Compare forecasts of one origin with what the panel records.

    Returns
    -------
    pandas.DataFrame
        One row per model, horizon and region whose target month is covered: ``model, origin, horizon, month, region,
        observed, p1, expected, q05, q95``; the sets ``onset, hard, coastal, belt``
        (`harmattan.scores.sets.membership`); every score of rows (`harmattan.scores.catalogue.ROW_SCORES`); ``pit``.
    """
    first = next(iter(forecasts.values()))
    belongs = membership(panel.as_of(first.origin))
    rows = [_score_one(panel, name, each, belongs, seed) for name, each in forecasts.items()]
    return pd.concat(rows, ignore_index=True)


def map_rows(panel: Panel, forecasts: Mapping[str, Forecast]) -> pd.DataFrame:
    """Score and test the whole maps of one origin against what the panel records.

    Returns
    -------
    pandas.DataFrame
        One row per model and horizon whose month is known in every region: ``model, origin, horizon``; every score of
        maps (`harmattan.scores.catalogue.MAP_SCORES`); and for the number, spatial and conditional-likelihood tests
        (`harmattan.scores.consistency`) where the outcome lies among the forecast's futures: ``number_below``,
        ``number_upto`` and so on, NaN where there was no attack to place, or too few draws to compare with.
    """
    found: list[dict[str, object]] = []
    for name, each in forecasts.items():
        wide = panel.measures[each.measure].reindex(each.months)[each.regions]
        known = [h for h, whole in zip(each.horizons, wide.notna().all(axis=1), strict=True) if whole]
        if not known:
            continue
        draws = each.select(known).draws
        observed = wide[wide.notna().all(axis=1)].to_numpy(dtype=np.float64)
        scores = map_scores(observed, draws)
        for place, horizon in enumerate(known):
            row = {score: float(values[place]) for score, values in scores.items()}
            for test, tried in TESTS.items():
                enough = test == "number" or len(draws) >= FEWEST_ALIKE
                told = tried(observed[[place]], draws[:, [place]]) if enough else None
                row |= {f"{test}_below": np.nan, f"{test}_upto": np.nan}
                if told is not None:
                    row |= {f"{test}_below": told.below, f"{test}_upto": told.upto}
            found.append({"model": name, "origin": str(each.origin), "horizon": horizon, **row})
    return pd.DataFrame(found)


def backtest(
    panel: Panel,
    models: Models,
    *,
    origins: Sequence[pd.Period],
    horizons: Sequence[int],
    lag: int = 0,
    draws: int = 1000,
    seed: int = 0,
    workers: int = 1,
    maps: bool = False,
    progress: Callable[[], None] | None = None,
) -> Backtest:
    """Forecast at each origin and score against the panel.

    Pools that learn do so from the origins before, of months known by then.

    Parameters
    ----------
    panel, models, horizons, lag, draws, seed
        As in `forecast_all`.
    origins
        Past months to forecast from, ascending. Target months after the panel's last are not scored.
    workers
        Processes; the result does not depend on it.
    maps
        Whether to score and test whole maps too, which takes longer.
    progress
        Called once for every origin done.

    Raises
    ------
    ValueError
        If no origin has a target month in the panel, origins do not ascend, or a pool that learns has a member that is
        not among the models or learns itself.
    """
    useful = [each for each in origins if each + min(horizons) <= panel.origin]
    if not useful:
        raise ValueError(f"nothing to score: no origin has a month {min(horizons)} ahead up to {panel.origin}")
    if any(later <= earlier for earlier, later in pairwise(useful)):
        raise ValueError(f"origins must ascend, since pools learn from those before; got {', '.join(map(str, useful))}")
    learning = _learning(models)
    others = {name: each for name, each in models.items() if name not in learning}
    members = sorted({name for pool in learning.values() for name in pool.members} & set(others))
    tasks = (delayed(_one_origin)(panel, others, each, horizons, lag, draws, seed, members, maps) for each in useful)
    parts: list[pd.DataFrame] = []
    whole: list[pd.DataFrame] = []
    seen: list[Past] = []
    for rows, of_maps, made in Parallel(n_jobs=workers, return_as="generator")(tasks):
        parts.append(rows)
        whole.append(of_maps)
        if learning:
            mixed = _mix(panel, learning, made, joined(seen) if seen else None, lag, draws, seed)
            parts.append(score_rows(panel, mixed, seed=seed))
            whole.append(map_rows(panel, mixed) if maps else pd.DataFrame())
            seen.append(remember(panel, made, lag=lag))
        if progress is not None:
            progress()
    every = pd.concat(whole, ignore_index=True)
    return Backtest(pd.concat(parts, ignore_index=True), every, joined(seen) if seen else None)


def _learning(models: Models) -> dict[str, Pool]:
    """The pools that past forecasts change, after a check of their members."""
    pools = {name: each for name, each in models.items() if isinstance(each, Pool)}
    learning = {name: each for name, each in pools.items() if each.learns}
    known = set(models) - set(learning)
    for name, pool in pools.items():
        wrong = sorted(set(pool.members) - known) if pool.learns else sorted(set(pool.members) & set(learning))
        if wrong:
            raise ValueError(
                f"a pool that learns needs members that are among the models and learn nothing themselves, and is no "
                f"member of another; {name} has {wrong[0]}"
            )
    return learning


def _one_origin(
    panel: Panel,
    models: Models,
    origin: pd.Period,
    horizons: Sequence[int],
    lag: int,
    draws: int,
    seed: int,
    kept: Sequence[str],
    maps: bool,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Forecast]]:
    """Scored rows, scored maps if asked for, and the forecasts of the models in `kept`."""
    inside = tuple(h for h in horizons if origin + h <= panel.origin)
    _, made = forecast_all(panel, models, origin=origin, horizons=inside, lag=lag, draws=draws, seed=seed)
    whole = map_rows(panel, made) if maps else pd.DataFrame()
    return score_rows(panel, made, seed=seed), whole, {name: made[name] for name in kept}


def _mix(
    panel: Panel,
    pools: Mapping[str, Pool],
    made: Mapping[str, Forecast],
    past: Past | None,
    lag: int,
    draws: int,
    seed: int,
) -> dict[str, Forecast]:
    """The forecasts of pools at the origin of their members' forecasts `made`."""
    first = next(iter(made.values()))
    known, ahead = panel.as_of(first.origin, lag), tuple(h + lag for h in first.horizons)
    mixed: dict[str, Forecast] = {}
    for name, pool in pools.items():
        rng = np.random.default_rng([seed, first.origin.ordinal, crc32(name.encode())])
        one = copy(pool).adopt(known, ahead, past).combine(made, draws, rng)
        mixed[name] = Forecast(one.draws, first.origin, first.horizons, one.regions, one.measure)
    return mixed


def _score_one(panel: Panel, name: str, forecast: Forecast, belongs: pd.DataFrame, seed: int) -> pd.DataFrame:
    wide = panel.measures[forecast.measure]
    inside = [h for h in forecast.horizons if forecast.origin + h in wide.index]
    forecast = forecast.select(inside)
    observed = wide.loc[forecast.months, forecast.regions].stack(future_stack=True)
    draws = forecast.draws.reshape(len(forecast.draws), -1)
    table = forecast.table()[["origin", "horizon", "month", "region", "p1", "expected", "q05", "q95"]]
    rng = np.random.default_rng([seed, forecast.origin.ordinal, crc32(name.encode()), 1])
    y = observed.to_numpy()
    known = ~np.isnan(y)
    table = pd.DataFrame(table[known]).assign(observed=y[known].astype(np.int64), model=name)
    for each in belongs:
        table[each] = belongs[each].reindex(table["region"]).array
    for score, values in row_scores(y[known], draws[:, known], table["p1"]).items():
        table[score] = values
    table["pit"] = randomised_pit(y[known], draws[:, known], rng)
    return table

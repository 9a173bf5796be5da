"""Rolling origins: forecast as if at each past month, compare with what came, one row per forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from zlib import crc32

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from harmattan.forecast import Forecast
from harmattan.models import Forecaster
from harmattan.models.combine import Pool
from harmattan.panel import Panel
from harmattan.scores.diagnostics import randomised_pit
from harmattan.scores.proper import brier, crps, log_score

Models = Mapping[str, Forecaster]


def forecast_all(
    panel: Panel,
    models: Models,
    *,
    origin: pd.Period,
    horizons: Sequence[int],
    lag: int = 0,
    draws: int = 1000,
    seed: int = 0,
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
                made[name] = model.adopt(known, ahead).combine(made, draws, rng)
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
        observed, onset, p1, expected, q05, q95, log_score, brier, crps, pit``. `onset` marks regions without an
        attack in the twelve months to the origin.
    """
    return pd.concat([_score_one(panel, name, each, seed) for name, each in forecasts.items()], ignore_index=True)


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
    progress: Callable[[], None] | None = None,
) -> pd.DataFrame:
    """Forecast at each origin and score against the panel; see `score_rows` for the columns.

    Parameters
    ----------
    panel, models, horizons, lag, draws, seed
        As in `forecast_all`.
    origins
        Past months to forecast from. Target months after the panel's last are not scored.
    workers
        Processes; the result does not depend on it.
    progress
        Called once for every origin done.

    Raises
    ------
    ValueError
        If no origin has a target month in the panel.
    """
    useful = [each for each in origins if each + min(horizons) <= panel.origin]
    if not useful:
        raise ValueError(f"nothing to score: no origin has a month {min(horizons)} ahead up to {panel.origin}")
    tasks = (delayed(_one_origin)(panel, models, each, tuple(horizons), lag, draws, seed) for each in useful)
    parts: list[pd.DataFrame] = []
    for part in Parallel(n_jobs=workers, return_as="generator")(tasks):
        parts.append(part)
        if progress is not None:
            progress()
    return pd.concat(parts, ignore_index=True)


def _one_origin(
    panel: Panel,
    models: Models,
    origin: pd.Period,
    horizons: tuple[int, ...],
    lag: int,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    inside = tuple(h for h in horizons if origin + h <= panel.origin)
    _, made = forecast_all(panel, models, origin=origin, horizons=inside, lag=lag, draws=draws, seed=seed)
    return score_rows(panel, made, seed=seed)


def _score_one(panel: Panel, name: str, forecast: Forecast, seed: int) -> pd.DataFrame:
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
    table["onset"] = table["region"].map(panel.as_of(forecast.origin).quiet).to_numpy()
    table["log_score"] = log_score(y[known] > 0, table["p1"])
    table["brier"] = brier(y[known] > 0, table["p1"])
    table["crps"] = crps(y[known], draws[:, known])
    table["pit"] = randomised_pit(y[known], draws[:, known], rng)
    return table

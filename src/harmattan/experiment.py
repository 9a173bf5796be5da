"""Run an experiment: data to panel, models to forecasts, past origins to scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harmattan.backtest import Backtest, backtest, forecast_all
from harmattan.borders import coastal
from harmattan.cache import Cache
from harmattan.expansion.tables import belts, expansion_tables
from harmattan.forecast import Forecast
from harmattan.inputs import baselines_of, corridor_table, models_of, read_data, region_sets
from harmattan.models import Forecaster
from harmattan.models.combine import Pool
from harmattan.models.endemic import Endemic
from harmattan.models.weighing import Past
from harmattan.months import month
from harmattan.panel import Panel
from harmattan.result import Result
from harmattan.scenario import Outcome, parse, ranking
from harmattan.scenario import run as run_scenario
from harmattan.scores.table import score_table
from harmattan.settings import Experiment, SettingsError
from harmattan.snapshots import snapshot_settings
from harmattan.vintages.nowcast import plain
from harmattan.workers import Workers, placed

CHANGE_HORIZONS = 3
YEAR = 12

Progress = Callable[[str, int, int], None]


def run(
    experiment: Experiment,
    *,
    workers: int | Workers = 1,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Result:
    """Forecast, and try the same models on past origins.

    Parameters
    ----------
    experiment
        Settings, from `harmattan.settings.load`.
    workers
        Processes, or where to run (`harmattan.workers.workers`); the result is the same.
    cache
        A folder that keeps what is tried on the past (`harmattan.cache`); what it has already is not tried again.
    progress
        Called with what is being done, how much is done and how much there is.

    Raises
    ------
    SettingsError
        If the settings do not fit together or the data.
    """
    panel, caption = read_data(experiment)
    wanted = experiment.forecast
    origin = month(wanted.origin) if wanted.origin else panel.origin
    if not panel.months[0] < origin <= panel.origin:
        raise SettingsError(f"forecast.origin must lie in the data, {panel.months[0]} to {panel.origin}; got {origin}")
    models = models_of(experiment)
    tried = try_on_past(experiment, panel, models, origin=origin, workers=workers, cache=cache, progress=progress)
    baselines = baselines_of(experiment)
    scores = score_table(tried.rows, baselines)
    champion = best(scores)
    (fitted, forecasts), (_, before) = _forecast_now_and_before(
        experiment, panel, models, champion, origin, tried.past, workers=workers, progress=progress
    )
    known = panel.as_of(origin)
    return Result(
        name=experiment.name,
        settings={**experiment.flat(), **snapshot_settings(panel)},
        caption=caption,
        panel=known,
        fitted=fitted,
        forecasts=forecasts,
        earlier=before[champion],
        rows=tried.rows,
        scores=scores,
        baselines=baselines,
        champion=champion,
        seed=wanted.seed,
        expansion=expand(experiment, known, forecasts[champion], fitted),
    )


def try_on_past(
    experiment: Experiment,
    panel: Panel,
    models: Mapping[str, Forecaster],
    *,
    origin: pd.Period,
    maps: bool = False,
    workers: int | Workers = 1,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Try the models at the rolling origins of an experiment, none later than the month before `origin`.

    Origins with less than a year and the longest horizon before them are left out: there is nothing to learn from.

    Raises
    ------
    SettingsError
        If no origin is left.
    """
    asked = experiment.backtest
    last = min(month(asked.last), origin - 1) if asked.last else origin - 1
    origins = [last - back for back in reversed(range(asked.origins))]
    first = panel.months[0] + YEAR + max(asked.horizons) + experiment.forecast.lag
    origins = [each for each in origins if each >= first]
    if not origins:
        raise SettingsError(
            f"backtest: the first origin with a year and {max(asked.horizons)} months before it is {first}, after the "
            f"last there is, {last}; give more months of data or shorter backtest.horizons"
        )
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        _tell(progress, "trying on the past", done, len(origins))

    _tell(progress, "trying on the past", 0, len(origins))
    known = panel.as_of(origin)
    return backtest(
        known,
        models,
        origins=origins,
        horizons=asked.horizons,
        lag=experiment.forecast.lag,
        draws=experiment.forecast.draws,
        seed=experiment.forecast.seed,
        workers=workers,
        maps=maps,
        kept=Cache(cache, experiment, known) if cache is not None else None,
        progress=one_more,
    )


def expand(
    experiment: Experiment, panel: Panel, forecast: Forecast, fitted: Mapping[str, Forecaster]
) -> dict[str, pd.DataFrame]:
    """Return the tables of expansion (`harmattan.expansion.tables.expansion_tables`); none for other measures.

    Raises
    ------
    SettingsError
        If a set, corridor or line of the experiment does not fit its regions.
    """
    if forecast.measure != "attacks":
        return {}
    endemic = next((model for model in map(plain, fitted.values()) if isinstance(model, Endemic)), None)
    try:
        return expansion_tables(
            panel,
            forecast,
            endemic=endemic,
            sets=region_sets(experiment, panel.regions),
            corridors=corridor_table(experiment, panel.regions),
            rng=np.random.default_rng([experiment.forecast.seed, forecast.origin.ordinal]),
        )
    except (ValueError, FileNotFoundError) as error:
        raise SettingsError(f"expansion: {error}") from error


def what_if(
    experiment: Experiment,
    changes: Sequence[str],
    *,
    horizons: int = 12,
    draws: int = 1000,
    workers: int | Workers = 1,
) -> Outcome:
    """Return what changes would make of the forecast, by the experiment's endemic-epidemic model.

    Parameters
    ----------
    experiment
        Settings.
    changes
        In words, see `harmattan.scenario.parse`.
    horizons
        Months ahead.
    draws
        Joint futures, with and without the changes.
    workers
        As in `run`.

    Raises
    ------
    SettingsError
        If the settings do not fit the data.
    ValueError
        If a change cannot be read.
    """
    panel, model = _endemic_at_origin(experiment, horizons)
    return run_scenario(
        model,
        panel,
        [parse(text, panel.regions) for text in changes],
        draws=draws,
        seed=experiment.forecast.seed,
        sets=region_sets(experiment, panel.regions),
        corridors=corridor_table(experiment, panel.regions),
        workers=workers,
    )


def where_to_reinforce(
    experiment: Experiment, *, factor: float, horizons: int = 12, workers: int | Workers = 1
) -> pd.DataFrame:
    """Rank the regions of border belts by the attacks that lower activity in each would avert.

    Averted attacks count in the coastal states, or everywhere if no region lies in one.

    Returns
    -------
    pandas.DataFrame
        See `harmattan.scenario.ranking`.
    """
    panel, model = _endemic_at_origin(experiment, horizons)
    codes = panel.regions.table.index
    ashore = codes[coastal(panel.regions)]
    belt = {code for chosen in belts(panel.regions, km=experiment.expansion.belt_km).values() for code in chosen}
    alone = panel.regions.table.groupby("country")["name"].transform("size").eq(1)
    belt |= set(codes[alone & coastal(panel.regions)])
    return ranking(
        model,
        panel,
        regions=[str(code) for code in codes if code in belt],
        targets=[str(code) for code in (ashore if len(ashore) else codes)],
        factor=factor,
        seed=experiment.forecast.seed,
        workers=workers,
    )


def _endemic_at_origin(experiment: Experiment, horizons: int) -> tuple[Panel, Endemic]:
    """The panel at the origin of an experiment and its endemic-epidemic model, fitted to it."""
    panel, _ = read_data(experiment)
    known = panel.as_of(month(experiment.forecast.origin) if experiment.forecast.origin else panel.origin)
    found = next(
        (model for model in map(plain, models_of(experiment).values()) if isinstance(model, Endemic)), Endemic()
    )
    return known, found.fit(known, tuple(range(1, horizons + 1)))


def backtest_of(
    experiment: Experiment,
    *,
    maps: bool = False,
    workers: int | Workers = 1,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Try the models of an experiment on the past (`harmattan.backtest.backtest`) without forecasting ahead."""
    panel, _ = read_data(experiment)
    models = models_of(experiment)
    return try_on_past(
        experiment, panel, models, origin=panel.origin, maps=maps, workers=workers, cache=cache, progress=progress
    )


def best(scores: pd.DataFrame) -> str:
    """Return the model with the lowest log score and CRPS over all rows.

    Both scores are taken relative to the median of all models, horizons weighing alike: an analyst asks how likely and
    how many.
    """
    means = scores[(scores["set"] == "all") & scores["score"].isin(("log_score", "crps"))]
    usual = means.groupby(["score", "horizon"])["value"].transform("median")
    relative = means["value"] / usual.where(usual > 0, 1.0)
    return str(relative.groupby(means["model"]).mean().idxmin())


def needed(models: Mapping[str, Forecaster], champion: str) -> dict[str, Forecaster]:
    """The champion and, if it is a pool, its members: all that its forecast takes."""
    chosen = models[champion]
    names = [*chosen.members, champion] if isinstance(chosen, Pool) else [champion]
    return {name: models[name] for name in names}


def _forecast_now_and_before(
    experiment: Experiment,
    panel: Panel,
    models: Mapping[str, Forecaster],
    champion: str,
    origin: pd.Period,
    past: Past | None,
    *,
    workers: int | Workers,
    progress: Progress | None,
) -> list[tuple[dict[str, Forecaster], dict[str, Forecast]]]:
    """Forecast with every model at the origin, and with the champion the same next months from one month before."""
    asked = experiment.forecast
    now = range(1, asked.horizons + 1)
    before = range(1, min(CHANGE_HORIZONS, asked.horizons) + 2)
    tasks = [(tuple(models), origin, now), (tuple(needed(models, champion)), origin - 1, before)]
    shared = (panel, models, {"lag": asked.lag, "draws": asked.draws, "seed": asked.seed, "past": past})
    done = {}
    _tell(progress, "forecasting", 0, len(tasks))
    for place, each in placed(workers).each(_forecast_at, tasks, shared=shared):
        done[place] = each
        _tell(progress, "forecasting", len(done), len(tasks))
    return [done[place] for place in range(len(tasks))]


def _forecast_at(
    shared: tuple[Panel, Mapping[str, Forecaster], dict[str, Any]],
    names: Sequence[str],
    origin: pd.Period,
    horizons: Sequence[int],
) -> tuple[dict[str, Forecaster], dict[str, Forecast]]:
    panel, models, settings = shared
    return forecast_all(panel, {name: models[name] for name in names}, origin=origin, horizons=horizons, **settings)


def _tell(progress: Progress | None, what: str, done: int, total: int) -> None:
    if progress is not None:
        progress(what, done, total)

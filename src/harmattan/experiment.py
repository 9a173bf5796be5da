"""Run an experiment: data to panel, models to forecasts, past origins to scores."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from harmattan.backtest import Tried, forecast_all, try_models
from harmattan.features import Feature
from harmattan.figures import bundled_counts
from harmattan.forecast import Forecast
from harmattan.intake import read_panel
from harmattan.models import ESTIMATORS, MODELS, Forecaster
from harmattan.models.combine import Pool
from harmattan.models.learners import Direct
from harmattan.models.weighing import Past
from harmattan.months import month
from harmattan.named import find
from harmattan.panel import Panel, from_counts
from harmattan.regions import Regions, bundled, from_polygons
from harmattan.result import Caption, Result
from harmattan.scores.table import score_table
from harmattan.settings import DataSettings, Experiment, ModelSettings, RegionSettings, SettingsError

CHANGE_HORIZONS = 3
YEAR = 12

Progress = Callable[[str, int, int], None]


def run(experiment: Experiment, *, workers: int = 1, progress: Progress | None = None) -> Result:
    """Forecast, and try the same models on past origins.

    Parameters
    ----------
    experiment
        Settings, from `harmattan.settings.load`.
    workers
        Processes; the result is the same for any number.
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
    models = _models_of(experiment)
    tried = try_on_past(experiment, panel, models, origin=origin, workers=workers, progress=progress)
    baselines = baselines_of(experiment)
    scores = score_table(tried.rows, baselines)
    champion = best(scores)
    (fitted, forecasts), (_, before) = _forecast_now_and_before(
        experiment, panel, models, champion, origin, tried.past, workers=workers, progress=progress
    )
    return Result(
        name=experiment.name,
        settings=experiment.flat(),
        caption=caption,
        panel=panel.as_of(origin),
        fitted=fitted,
        forecasts=forecasts,
        earlier=before[champion],
        rows=tried.rows,
        scores=scores,
        baselines=baselines,
        champion=champion,
        seed=wanted.seed,
    )


def try_on_past(
    experiment: Experiment,
    panel: Panel,
    models: Mapping[str, Forecaster],
    *,
    origin: pd.Period,
    workers: int = 1,
    progress: Progress | None = None,
) -> Tried:
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
    return try_models(
        panel.as_of(origin),
        models,
        origins=origins,
        horizons=asked.horizons,
        lag=experiment.forecast.lag,
        draws=experiment.forecast.draws,
        seed=experiment.forecast.seed,
        workers=workers,
        progress=one_more,
    )


def backtest_rows(experiment: Experiment, *, workers: int = 1, progress: Progress | None = None) -> pd.DataFrame:
    """Return the scored rows (`harmattan.backtest.score_rows`) of an experiment without forecasting ahead."""
    panel, _ = read_data(experiment)
    models = _models_of(experiment)
    return try_on_past(experiment, panel, models, origin=panel.origin, workers=workers, progress=progress).rows


def baselines_of(experiment: Experiment) -> tuple[str, ...]:
    """Return the names of the models that others are compared with."""
    return tuple(name for name, each in experiment.models.items() if each.baseline)


def read_data(experiment: Experiment) -> tuple[Panel, Caption]:
    """Return the panel of an experiment and its caption.

    Raises
    ------
    SettingsError
        If not exactly one of ``data.bundled`` and ``data.file`` is set.
    """
    data = experiment.data
    if (data.bundled is None) == (data.file is None):
        raise SettingsError(
            "data needs either bundled, the name of a bundled table, or file, a file of your own "
            "(on the command line: --data FILE)"
        )
    if data.bundled is not None:
        counts, about = bundled_counts(data.bundled)
        regions = bundled(about["level"], experiment.regions.countries or about["countries"])
        caption = Caption(experiment.title, about["source"], about["licence"], tuple(about["caveats"]))
        return from_counts(counts, regions), caption
    return _read_file(experiment, data)


def build_models(
    settings: Mapping[str, ModelSettings], *, seed: int, measure: str, months: int | None = None
) -> dict[str, Forecaster]:
    """Return unfitted models by name.

    Estimators that take a ``random_state`` get `seed` unless their parameters set one; direct models learn from the
    newest `months` unless they say from how many.

    Raises
    ------
    SettingsError
        If a model cannot be built as described; the message names it.
    """
    models: dict[str, Forecaster] = {}
    for name, each in settings.items():
        try:
            models[name] = _build(each, models, seed, measure, months)
        except (TypeError, ValueError) as error:
            raise SettingsError(f"models.{name}: {error}") from error
    return models


def best(scores: pd.DataFrame) -> str:
    """Return the model with the lowest log score over all rows, horizons weighing alike."""
    means = scores[(scores["set"] == "all") & (scores["score"] == "log_score")].groupby("model")["value"].mean()
    return str(means.idxmin())


def _read_file(experiment: Experiment, data: DataSettings) -> tuple[Panel, Caption]:
    path = Path(str(data.file)).expanduser()
    if not path.is_file():
        raise SettingsError(f"data.file: there is no file {path}")
    return read_panel(
        path,
        _regions(experiment.regions),
        title=experiment.title,
        level=experiment.regions.level,
        source=data.source,
        actor=data.actor,
        lineages=Path(data.lineages) if data.lineages else None,
        first=data.first,
        last=data.last,
        covers=data.covers,
    )


def _regions(asked: RegionSettings) -> Regions:
    if (asked.level is None) == (asked.polygons is None):
        raise SettingsError("regions needs either level, of the bundled regions, or polygons, a file of your own")
    if asked.polygons is not None:
        return from_polygons(asked.polygons, code=asked.code, name=asked.name, country=asked.country)
    return bundled(str(asked.level), asked.countries)


def _models_of(experiment: Experiment) -> dict[str, Forecaster]:
    wanted = experiment.forecast
    return build_models(experiment.models, seed=wanted.seed, measure=experiment.data.measure, months=wanted.learn_from)


def _build(
    asked: ModelSettings, models: Mapping[str, Forecaster], seed: int, measure: str, months: int | None
) -> Forecaster:
    if asked.kind == "direct":
        estimator = _estimator(asked, seed)
        return Direct(estimator, features=_features(asked), months=asked.months or months, measure=measure)
    if asked.kind == "pool":
        members = list(dict.fromkeys([*(asked.members or ()), *(asked.quiet_members or ())]))
        unknown = [name for name in members if name not in models]
        if unknown or not members:
            raise ValueError(f"members must be models named above it, {list(models)}; got {unknown or 'none'}")
        return Pool(
            {name: models[name] for name in members},
            weights=_weights(asked.members),
            quiet_weights=_weights(asked.quiet_members),
            measure=measure,
            **asked.parameters,
        )
    model = find(asked.kind, MODELS, what="model")
    return model(**{"measure": measure, **asked.parameters})


def _weights(members: Collection[str] | Mapping[str, float] | None) -> dict[str, float] | None:
    """Weights as given, or equal ones for names."""
    if members is None or isinstance(members, Mapping):
        return None if members is None else dict(members)
    return dict.fromkeys(members, 1.0)


def _estimator(asked: ModelSettings, seed: int) -> BaseEstimator:
    if asked.estimator is None:
        raise ValueError("a direct model needs estimator, the scikit-learn estimator it fits")
    kind = find(asked.estimator, ESTIMATORS, what="estimator")
    parameters: dict[str, Any] = dict(asked.parameters)
    if "random_state" in inspect.signature(kind).parameters:
        parameters.setdefault("random_state", seed)
    estimator = kind(**parameters)
    return make_pipeline(StandardScaler(), estimator) if asked.scale else estimator


def _features(asked: ModelSettings) -> tuple[Feature, ...] | str:
    if isinstance(asked.features, str):
        return asked.features
    return tuple(
        Feature(str(each["name"]), tuple((key, value) for key, value in each.items() if key != "name"))
        for each in asked.features
    )


def _needed(models: Mapping[str, Forecaster], champion: str) -> dict[str, Forecaster]:
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
    workers: int,
    progress: Progress | None,
) -> list[tuple[dict[str, Forecaster], dict[str, Forecast]]]:
    """Forecast with every model at the origin, and with the champion the same next months from one month before."""
    asked = experiment.forecast
    settings = {"lag": asked.lag, "draws": asked.draws, "seed": asked.seed, "past": past}
    now = range(1, asked.horizons + 1)
    before = range(1, min(CHANGE_HORIZONS, asked.horizons) + 2)
    tasks = [
        delayed(forecast_all)(panel, models, origin=origin, horizons=now, **settings),
        delayed(forecast_all)(panel, _needed(models, champion), origin=origin - 1, horizons=before, **settings),
    ]
    done = []
    _tell(progress, "forecasting", 0, len(tasks))
    for each in Parallel(n_jobs=min(workers, len(tasks)), return_as="generator")(tasks):
        done.append(each)
        _tell(progress, "forecasting", len(done), len(tasks))
    return done


def _tell(progress: Progress | None, what: str, done: int, total: int) -> None:
    if progress is not None:
        progress(what, done, total)

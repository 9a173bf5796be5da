"""What an experiment is made of: data, regions, models, sets of regions and corridors, built from its settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from harmattan import corridors
from harmattan.expansion.tables import belts
from harmattan.features import FEATURES, SETS, Feature
from harmattan.figures import bundled_counts
from harmattan.intake import read_panel
from harmattan.models import ESTIMATORS, MODELS, Forecaster
from harmattan.models.combine import Pool, normalised
from harmattan.models.learners import Direct
from harmattan.named import find
from harmattan.own_columns import read_columns, with_columns
from harmattan.panel import Panel, from_counts
from harmattan.regions import Regions, bundled, from_polygons
from harmattan.result import Caption
from harmattan.sections import DataSettings, ModelSettings, RegionSettings
from harmattan.settings import Experiment, SettingsError
from harmattan.snapshots import from_snapshots, late_panel
from harmattan.vintages.nowcast import learning_from_nowcasts


def read_data(experiment: Experiment) -> tuple[Panel, Caption]:
    """Return the panel of an experiment and its caption.

    With snapshots (``data.vintage``, ``data.known``) or a delay the panel is a
    `harmattan.vintages.panels.KnownPanel`.

    Raises
    ------
    SettingsError
        If not exactly one of ``data.bundled``, ``data.file`` and snapshots is set.
    """
    data = experiment.data
    snapshots = data.vintage is not None or data.known is not None
    if [data.bundled is not None, data.file is not None, snapshots].count(True) != 1:
        raise SettingsError(
            "data needs either bundled, the name of a bundled table, or file, a file of your own "
            "(on the command line: --data FILE), or snapshots, by vintage or known"
        )
    if data.delay is not None and data.measure != "attacks":
        raise SettingsError(f"data.delay completes attacks; it cannot be used with the measure {data.measure}")
    if snapshots:
        return from_snapshots(experiment, _regions(experiment.regions))
    panel, caption = _read_one(experiment)
    return (panel, caption) if data.delay is None else late_panel(panel, caption, data.delay)


def _read_one(experiment: Experiment) -> tuple[Panel, Caption]:
    """The panel of a bundled table or a file."""
    data = experiment.data
    if data.bundled is not None:
        counts, about = bundled_counts(data.bundled)
        asked = experiment.regions.model_copy(
            update={"level": about["level"], "countries": experiment.regions.countries or about["countries"]}
        )
        regions = _regions(asked)
        caption = Caption(experiment.title, about["source"], about["licence"], tuple(about["caveats"]))
        return from_counts(counts, regions), caption
    return _read_file(experiment, data)


def models_of(experiment: Experiment) -> dict[str, Forecaster]:
    """Return the unfitted models of an experiment by name; with ``data.delay`` each learns from nowcasts."""
    wanted = experiment.forecast
    models = build_models(
        experiment.models, seed=wanted.seed, measure=experiment.data.measure, months=wanted.learn_from
    )
    return models if experiment.data.delay is None else learning_from_nowcasts(models, seed=wanted.seed)


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


def baselines_of(experiment: Experiment) -> tuple[str, ...]:
    """Return the names of the models that others are compared with."""
    return tuple(name for name, each in experiment.models.items() if each.baseline)


def region_sets(experiment: Experiment, regions: Regions) -> dict[str, Sequence[str]]:
    """Return the border belts of the regions and the experiment's own sets."""
    return {**belts(regions, km=experiment.expansion.belt_km), **experiment.expansion.sets}


def corridor_table(experiment: Experiment, regions: Regions) -> pd.DataFrame:
    """Return the bundled corridors as chains of the regions, then the experiment's own."""
    asked = experiment.expansion
    lines = {name: corridors.points(regions, stops) for name, stops in asked.corridors.items()}
    lines |= corridors.read_lines(asked.lines) if asked.lines else {}
    own = [corridors.from_line(regions, line, corridor=name) for name, line in lines.items()]
    return pd.concat([corridors.bundled(regions), *own], ignore_index=True)


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
    """The regions of an experiment, with the user's own columns."""
    regions = _outlined(asked)
    return with_columns(regions, read_columns(asked.columns)) if asked.columns else regions


def _outlined(asked: RegionSettings) -> Regions:
    if (asked.level is None) == (asked.polygons is None):
        raise SettingsError("regions needs either level, of the bundled regions, or polygons, a file of your own")
    if asked.polygons is not None:
        return from_polygons(asked.polygons, code=asked.code, name=asked.name, country=asked.country)
    return bundled(str(asked.level), asked.countries)


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
        chosen = {name: models[name] for name in members}
        weights, quiet_weights = _weights(asked.members), _weights(asked.quiet_members)
        for each in (weights, quiet_weights):
            normalised(chosen, each)
        return Pool(
            chosen,
            weights=weights,
            quiet_weights=quiet_weights,
            measure=measure,
            **asked.parameters,
        )
    return model_class(asked.kind)(**{"measure": measure, **asked.parameters})


def model_class(kind: str) -> Callable[..., Forecaster]:
    """Return the model of that name, or the class of the user's own; anything else is not called.

    Raises
    ------
    ValueError
        If there is none, or it is not a class with ``fit`` and ``forecast``.

    Examples
    --------
    >>> model_class("os:getcwd")
    Traceback (most recent call last):
        ...
    ValueError: the model 'os:getcwd' is not a class with fit and forecast
    """
    found = find(kind, MODELS, what="model")
    if kind not in MODELS and not (inspect.isclass(found) and hasattr(found, "fit") and hasattr(found, "forecast")):
        raise ValueError(f"the model {kind!r} is not a class with fit and forecast")
    return found


def estimator_class(name: str) -> type[BaseEstimator]:
    """Return the estimator of that name, or the class of the user's own; anything else is not called.

    Raises
    ------
    ValueError
        If there is none, or it is not a class that scikit-learn can clone and fit.
    """
    found = find(name, ESTIMATORS, what="estimator")
    if not (inspect.isclass(found) and hasattr(found, "fit") and hasattr(found, "get_params")):
        raise ValueError(f"the estimator {name!r} is not an estimator of scikit-learn, a class with fit and get_params")
    return found


def _weights(members: Collection[str] | Mapping[str, float] | None) -> dict[str, float] | None:
    """Weights as given, or equal ones for names."""
    if members is None or isinstance(members, Mapping):
        return None if members is None else dict(members)
    return dict.fromkeys(members, 1.0)


def _estimator(asked: ModelSettings, seed: int) -> BaseEstimator:
    if asked.estimator is None:
        raise ValueError("a direct model needs estimator, the scikit-learn estimator it fits")
    kind = estimator_class(asked.estimator)
    parameters: dict[str, Any] = dict(asked.parameters)
    if "random_state" in inspect.signature(kind).parameters:
        parameters.setdefault("random_state", seed)
    estimator = kind(**parameters)
    return make_pipeline(StandardScaler(), estimator) if asked.scale else estimator


def _features(asked: ModelSettings) -> tuple[Feature, ...] | str:
    if isinstance(asked.features, str):
        if asked.features not in SETS:
            known = ", ".join(SETS)
            raise ValueError(f"features must be a list of features or one of the sets {known}; got {asked.features!r}")
        return asked.features
    return tuple(_feature(each) for each in asked.features)


def _feature(given: Mapping[str, str | int | float]) -> Feature:
    if "name" not in given:
        raise ValueError(f"every feature needs its name; got {dict(given)}")
    name, parameters = str(given["name"]), {key: value for key, value in given.items() if key != "name"}
    inspect.signature(find(name, FEATURES, what="feature")).bind(None, **parameters)
    return Feature(name, tuple(parameters.items()))

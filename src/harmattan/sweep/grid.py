"""The grid of a sweep: dotted keys of an experiment, the values each takes, and every combination of them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from copy import deepcopy
from itertools import product
from math import prod
from typing import Any

from pydantic import ValidationError

from harmattan.inputs import estimator_class, model_class
from harmattan.named import nearest
from harmattan.sections import ModelSettings, Section
from harmattan.settings import Experiment, SettingsError

MOST = 1000
MODELS_KEY = "models"


def combinations(values: Mapping[str, Any], sweep: Mapping[str, Any]) -> dict[str, tuple[dict[str, str], Experiment]]:
    """Return every combination by name: what is set, as text, and the experiment.

    Parameters
    ----------
    values
        The experiment as its TOML says, sections and models.
    sweep
        A list of values for each dotted key, such as ``{"models.endemic.parameters.lags": [6, 12]}``; tables inside
        tables, as TOML makes them of keys without quotes, mean the same.

    Raises
    ------
    SettingsError
        If a key is unknown (the message gives the nearest known one), a value is not a list or is empty, there are more
        than 1,000 combinations, or one of them is no experiment.
    """
    grid = _dotted("", sweep)
    if not grid:
        raise SettingsError('sweep: names no key; give at least one, such as "forecast.learn_from" = [60, 120]')
    first = experiment_of(values, "the experiment")
    known = known_keys(first)
    for key, each in grid.items():
        if key not in known:
            raise SettingsError(f"sweep: {key!r} is not a key of the experiment{nearest(key, known)}")
        if not isinstance(each, list | tuple) or not each:
            raise SettingsError(f"sweep: {key} must be a list of at least one value; got {each!r}")
    count = prod(len(each) for each in grid.values())
    if count > MOST:
        raise SettingsError(f"sweep: makes {count:,} combinations, more than {MOST:,}; give fewer values")
    short = _short(list(grid))
    found = {}
    for chosen in product(*grid.values()):
        changes = dict(zip(grid, chosen, strict=True))
        name = ", ".join(f"{short[key]}={value}" for key, value in changes.items())
        found[name] = ({key: str(each) for key, each in changes.items()}, experiment_of(_with(values, changes), name))
    if len(found) < count:
        raise SettingsError("sweep: a key has the same value twice; give each once")
    return found


def experiment_of(values: Mapping[str, Any], what: str) -> Experiment:
    """Return the experiment that values make.

    Raises
    ------
    SettingsError
        If they make none; the message begins with `what`.
    """
    try:
        return Experiment(**values)
    except ValidationError as error:
        parts = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}; got {each['input']!r}" for each in error.errors()]
        raise SettingsError(f"{what}: {'; '.join(parts)}") from error


def known_keys(experiment: Experiment) -> list[str]:
    """Return every key that a sweep may set, the parameters of models among them.

    Examples
    --------
    >>> from harmattan.settings import load
    >>> keys = known_keys(load("burkina"))
    >>> "forecast.learn_from" in keys, "models.endemic.parameters.lags" in keys
    (True, True)
    """
    keys = []
    for name, described in Experiment.model_fields.items():
        section = described.annotation
        if inspect.isclass(section) and issubclass(section, Section):
            keys += [f"{name}.{each}" for each in section.model_fields]
    for name, model in experiment.models.items():
        keys += [f"{MODELS_KEY}.{name}.{each}" for each in ModelSettings.model_fields]
        try:
            keys += [f"{MODELS_KEY}.{name}.parameters.{each}" for each in _parameters(model)]
        except ValueError as error:
            raise SettingsError(f"{MODELS_KEY}.{name}: {error}") from error
    return keys


def _parameters(model: ModelSettings) -> list[str]:
    """Names of a model's parameters: those of its estimator if it is direct."""
    direct = model.kind == "direct" and model.estimator is not None
    found: Any = estimator_class(str(model.estimator)) if direct else model_class(model.kind)
    return [name for name in inspect.signature(found).parameters if name not in ("measure", "members")]


def _dotted(prefix: str, table: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        found |= _dotted(name, value) if isinstance(value, Mapping) else {name: value}
    return found


def _with(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    changed = {key: deepcopy(each) for key, each in values.items()}
    for key, value in changes.items():
        *path, last = key.split(".")
        place = changed
        for part in path:
            place[part] = dict(place.get(part) or {})
            place = place[part]
        place[last] = value
    return changed


def _short(keys: Sequence[str]) -> dict[str, str]:
    """Each key's last word, or as many as tell it from the others.

    Examples
    --------
    >>> _short(["forecast.lag", "models.a.parameters.C", "models.b.parameters.C"])["models.b.parameters.C"]
    'models.b.parameters.C'
    """
    last = [key.rpartition(".")[2] for key in keys]
    return {key: word if last.count(word) == 1 else key for key, word in zip(keys, last, strict=True)}

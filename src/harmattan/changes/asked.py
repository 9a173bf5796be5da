"""The experiment of a release, read back from the settings in its manifest."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from harmattan.release import Release
from harmattan.sections import SECTIONS, ModelSettings
from harmattan.settings import Experiment

TEXTS = (str, str | None)
NOT_ASKED = ("data.snapshots",)
"""What a run found and put beside the settings it was asked for."""


def experiment_of(release: Release) -> Experiment:
    """Return the experiment that a release was made by.

    Raises
    ------
    ValueError
        If the settings in the manifest are not a whole experiment of this version of Harmattan.
    """
    settings = {key: text for key, text in release.manifest["settings"].items() if key not in NOT_ASKED}
    try:
        return unflattened(settings)
    except (ValidationError, ValueError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        where = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"the settings in the manifest of {release.path} are not an experiment that this version of Harmattan can "
            f"run again: {where}{': ' if where else ''}{first['msg']}"
        ) from error


def code_named(experiment: Experiment) -> list[str]:
    """Return what the models of an experiment name as ``package.module:object``, which is imported when they are built.

    Examples
    --------
    >>> from harmattan.settings import load
    >>> code_named(load("burkina"))
    []
    """
    named = [
        str(name)
        for model in experiment.models.values()
        for name in (
            model.kind,
            model.estimator,
            *([model.features] if isinstance(model.features, str) else [each.get("name") for each in model.features]),
        )
    ]
    return list(dict.fromkeys(name for name in named if ":" in name))


def unflattened(settings: Mapping[str, str]) -> Experiment:
    """Return the experiment whose `harmattan.settings.Experiment.flat` these settings are.

    Keys that the version which wrote them did not have take their defaults.

    Raises
    ------
    ValueError
        If they are not those of an experiment, or cannot be read back as they are.

    Examples
    --------
    >>> from harmattan.settings import load
    >>> unflattened(load("burkina").flat()) == load("burkina")
    True
    """
    values: dict[str, Any] = {"models": {}}
    for key, text in settings.items():
        section, _, rest = key.partition(".")
        if section == "models" and rest:
            name, field = _model_and_field(rest)
            _put(values["models"].setdefault(name, {}), field, text, ModelSettings)
        elif section in SECTIONS and rest:
            _put(values.setdefault(section, {}), rest, text, SECTIONS[section])
        else:
            values[section] = text
    experiment = Experiment(**values)
    back = experiment.flat()
    changed = [key for key, text in settings.items() if back.get(key) != text]
    if changed:
        raise ValueError(f"{changed[0]} is {settings[changed[0]]!r} and would become {back.get(changed[0])!r}")
    return experiment


def _model_and_field(rest: str) -> tuple[str, str]:
    """``pool.members.rate`` -> ``pool``, ``members.rate``; a model's name may have dots."""
    words = rest.split(".")
    place = next((i for i, word in enumerate(words) if i and word in ModelSettings.model_fields), 1)
    return ".".join(words[:place]), ".".join(words[place:])


def _put(values: dict[str, Any], field: str, text: str, section: type[BaseModel]) -> None:
    name, _, inner = field.partition(".")
    known = section.model_fields.get(name)
    if not inner:
        values[name] = text if known is not None and known.annotation in TEXTS else _value(text)
        return
    held = values.setdefault(name, {})
    # Names of sets, corridors and members may have dots; a table within the parameters of a model has its own keys.
    path = inner.split(".") if name == "parameters" else [inner]
    for each in path[:-1]:
        held = held.setdefault(each, {})
    held[path[-1]] = _value(text)


def _value(text: str) -> Any:
    """A number, a truth, a list or a table as it was before it became text; text that is none of these."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text

"""An experiment as text: frozen sections read from TOML, each of which owns its keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from harmattan.named import nearest
from harmattan.paths import experiments_dir
from harmattan.sections import (
    SECTIONS,
    BacktestSettings,
    DataSettings,
    ExpansionSettings,
    ForecastSettings,
    ModelSettings,
    RegionSettings,
    Section,
)

LARGEST = 1024**2
"""An experiment may have so many bytes."""

_SHOWN, _FAULTS = 200, 10


class SettingsError(ValueError):
    """An experiment file that cannot be used as it is."""


class Experiment(Section):
    """A whole experiment.

    In a file, ``models_from`` may name another file, relative to it, whose models come before its own.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100)
    title: str
    data: DataSettings
    regions: RegionSettings
    forecast: ForecastSettings = Field(default_factory=ForecastSettings)
    backtest: BacktestSettings = Field(default_factory=BacktestSettings)
    expansion: ExpansionSettings = Field(default_factory=ExpansionSettings)
    models: Mapping[str, ModelSettings] = Field(min_length=1)

    def with_data(self, file: str | None) -> Experiment:
        """Return the experiment on another file; the same one if None."""
        if file is None:
            return self
        return self._changed("data", {"file": file, "bundled": None, "vintage": None, "known": None})

    def with_origin(self, origin: str | None) -> Experiment:
        """Return the experiment at another origin; the same one if None."""
        return self if origin is None else self._changed("forecast", {"origin": origin})

    def with_backtest(self, changes: Mapping[str, Any]) -> Experiment:
        """Return the experiment with other settings of ``backtest``."""
        return self._changed("backtest", changes)

    def _changed(self, section: str, changes: Mapping[str, Any]) -> Experiment:
        values = self.model_dump()
        values[section] = {**values[section], **changes}
        try:
            return Experiment(**values)
        except ValidationError as error:
            raise SettingsError(_in_words(error)) from error

    def flat(self) -> dict[str, str]:
        """Return the settings as ``section.key`` -> text, what is not set left out."""
        return _flattened("", self.model_dump(exclude_none=True))


def load(path: str | Path) -> Experiment:
    """Read an experiment from a TOML file, or by name from those that Harmattan ships.

    Raises
    ------
    SettingsError
        If there is no such file, it is not TOML, or a key or value is wrong; the message names the key and the nearest
        known one.

    Examples
    --------
    >>> load("burkina").regions.level
    'province'
    """
    values, sweep = load_sweep(path)
    if sweep:
        raise SettingsError(f"{path}: a table [sweep] is tried by `harmattan run` only; leave it out here")
    try:
        return Experiment(**values)
    except ValidationError as error:
        raise SettingsError(f"{path}: {_in_words(error)}") from error


def load_sweep(path: str | Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the values of an experiment, unchecked, and its table ``[sweep]`` (empty if there is none).

    Raises
    ------
    SettingsError
        If there is no such file, or it is not TOML.
    """
    file = _found(path)
    values = _read_toml(file)
    shared = values.pop("models_from", None)
    if shared is not None:
        own = values.get("models", {})
        # What is no table of models is refused with the rest of what is wrong.
        values["models"] = {**_shared_models(file, str(shared)), **own} if isinstance(own, dict) else own
    sweep = values.pop("sweep", {})
    if not isinstance(sweep, dict):
        raise SettingsError(f"{path}: sweep must be a table of keys with lists of values; got {sweep!r}")
    return values, sweep


def has_sweep(path: str | Path) -> bool:
    """Return whether an experiment has a table ``[sweep]``."""
    return bool(load_sweep(path)[1])


def _found(path: str | Path) -> Path:
    """The file of an experiment: the user's own, or one that Harmattan ships."""
    file = Path(path)
    if not file.is_file() and (experiments_dir() / f"{file.stem}.toml").is_file() and file.suffix in ("", ".toml"):
        file = experiments_dir() / f"{file.stem}.toml"
    if not file.is_file():
        shipped = sorted(each.stem for each in experiments_dir().glob("*.toml"))
        raise SettingsError(
            f"there is no experiment {str(path)!r}{nearest(file.stem, shipped)}; shipped: {', '.join(shipped)}"
        )
    return file


def _read_toml(file: Path) -> dict[str, Any]:
    if file.stat().st_size > LARGEST:
        raise SettingsError(f"{file}: is larger than {LARGEST:,} bytes; expected an experiment in TOML")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except RecursionError as error:
        raise SettingsError(f"{file}: is nested too deeply; expected an experiment in TOML") from error
    except ValueError as error:
        # Besides what is no TOML or not in UTF-8: Python refuses whole numbers of thousands of digits.
        raise SettingsError(f"{file}: is not valid TOML: {error}") from error


def _shared_models(file: Path, name: str) -> dict[str, Any]:
    """The models of the file that ``models_from`` names."""
    shared = file.parent / name
    if not shared.is_file():
        raise SettingsError(f"{file}: models_from names {name}; there is no such file in {file.parent}")
    found = _read_toml(shared)
    if list(found) != ["models"]:
        raise SettingsError(f"{shared}: must have models and nothing else; it has {', '.join(found) or 'nothing'}")
    if not isinstance(found["models"], dict):
        raise SettingsError(f"{shared}: models must be tables, such as [models.rate]; got {_short(found['models'])}")
    return dict(found["models"])


def _in_words(error: ValidationError) -> str:
    """Name every wrong key, with what was expected and the nearest known key."""
    faults = error.errors()
    told = [_one_in_words(each["loc"], each["type"], each["msg"], each["input"]) for each in faults[:_FAULTS]]
    return "; ".join([*told, f"and {len(faults) - _FAULTS} more"] if len(faults) > _FAULTS else told)


def _one_in_words(place: tuple[int | str, ...], kind: str, message: str, given: object) -> str:
    where = ".".join(map(str, place))
    if kind == "extra_forbidden":
        known = _keys_at(place[:-1])
        return f"{where} is not a key{nearest(str(place[-1]), known)}; known: {', '.join(known)}"
    if kind == "missing":
        return f"{where} is missing"
    return f"{where}: {message[0].lower()}{message[1:]}; got {_short(given)}"


def _short(given: object) -> str:
    """A value as text, its beginning if it is long."""
    text = repr(given)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _keys_at(place: tuple[int | str, ...]) -> list[str]:
    if not place:
        return list(Experiment.model_fields)
    return list(SECTIONS.get(str(place[0]), ModelSettings).model_fields)


def _flattened(prefix: str, value: object) -> dict[str, str]:
    if isinstance(value, Mapping) and value:
        parts = [_flattened(f"{prefix}.{key}" if prefix else str(key), each) for key, each in value.items()]
        return {key: text for part in parts for key, text in part.items()}
    return {prefix: str(value)}

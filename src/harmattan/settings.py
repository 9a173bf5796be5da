"""An experiment as text: frozen sections read from TOML, each of which owns its keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from harmattan.months import month
from harmattan.named import nearest
from harmattan.paths import experiments_dir
from harmattan.vintages.days import day

LARGEST = 1024**2
"""An experiment may have so many bytes."""

_YEARS = range(1900, 2101)
_SHOWN, _FAULTS = 200, 10


class SettingsError(ValueError):
    """An experiment file that cannot be used as it is."""


class Section(BaseModel):
    """A part of an experiment: frozen, and without keys that are not its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class DataSettings(Section):
    """Where the counts come from: a bundled table, a file of the user's, or snapshots of files.

    Attributes
    ----------
    bundled
        Name of a bundled table, such as ``attacks_bfa``.
    file
        A file to read instead, relative to the folder the command runs in.
    vintage
        A snapshot to read instead, by its name or the beginning of its hash; or a series of snapshots, read as one.
    known
        Use what was known on this day, ``YYYY-MM-DD``, of the series `vintage`, or of the only one there is; all
        snapshots if not given.
    vintages
        Folder of the snapshots; ``vintages`` if not given.
    delay
        The newest months are still filling up: ``"nowcast"`` estimates how far from successive snapshots, or numbers
        say which share of attacks is on record in the newest month, the one before it, and so on. Models then learn
        from draws of what these months will come to.
    source
        Its format, one of `harmattan.sources.SOURCES`; found from its columns if not given.
    actor
        Lineage whose attacks are counted in an event file; every event if None.
    lineages
        A table of further lineages, laid out as ``src/harmattan/actors.csv``.
    first, last
        Months the file covers, ``YYYY-MM``; found from its events if not given.
    covers
        Countries (ISO 3166-1 alpha-3) that an event file reports on; those with any event in it if not given. Regions
        of other countries get no forecast: no event in the file does not mean none in the country.
    measure
        The measure to forecast.
    """

    bundled: str | None = None
    file: str | None = None
    vintage: str | None = None
    known: str | None = None
    vintages: str | None = None
    delay: Literal["nowcast"] | tuple[float, ...] | None = None
    source: str | None = None
    actor: str | None = None
    lineages: str | None = None
    first: str | None = None
    last: str | None = None
    covers: tuple[str, ...] | None = None
    measure: Literal["attacks", "deaths"] = "attacks"

    @field_validator("first", "last")
    @classmethod
    def _month(cls, value: str | None) -> str | None:
        return _month_of_data(value)

    @field_validator("known")
    @classmethod
    def _day(cls, value: str | None) -> str | None:
        return None if value is None else day(value)


class RegionSettings(Section):
    """Which regions: a bundled level, or polygons of the user's with the columns that name them.

    Attributes
    ----------
    level
        ``country``, ``admin1`` or ``province``; or ``province+country`` and ``province+admin1``, the provinces of
        Burkina Faso with the other countries whole or by first-level unit.
    countries
        Countries (ISO 3166-1 alpha-3) to keep; all that have the level by default.
    polygons
        A file of the user's own polygons instead.
    code, name, country
        Its columns.
    columns
        A CSV of the user's own figures by region, such as protected areas or garrisons, for features and models.
    """

    level: Literal["country", "admin1", "province", "province+country", "province+admin1"] | None = None
    countries: tuple[str, ...] | None = Field(default=None, min_length=1)
    polygons: str | None = None
    code: str = "code"
    name: str = "name"
    country: str = "country"
    columns: str | None = None


class ForecastSettings(Section):
    """When and how far to forecast.

    Attributes
    ----------
    origin
        Last month to use, ``YYYY-MM``; the last month of the data if None.
    horizons
        The largest number of months ahead; every month up to it is forecast.
    lag
        How many of the newest months are withheld because reports are late.
    draws
        Number of joint draws.
    seed
        Decides every random number.
    learn_from
        How many of the newest months ``direct`` models learn from, unless they say so themselves; all if None.
    """

    origin: str | None = None
    learn_from: int | None = Field(default=None, ge=12, le=10_000)
    horizons: int = Field(default=12, ge=1, le=36)
    lag: int = Field(default=0, ge=0, le=12)
    draws: int = Field(default=1000, ge=100, le=100_000)
    seed: int = Field(default=20170302, ge=0, lt=2**32)

    @field_validator("origin")
    @classmethod
    def _month(cls, value: str | None) -> str | None:
        return _month_of_data(value)


class BacktestSettings(Section):
    """How forecasts are tried on the past: the newest `origins` months, and the horizons scored."""

    origins: int = Field(default=24, ge=1, le=1200)
    last: str | None = None
    horizons: tuple[Annotated[int, Field(ge=1, le=36)], ...] = Field(default=(1, 3, 6, 12), min_length=1)

    @field_validator("last")
    @classmethod
    def _month(cls, value: str | None) -> str | None:
        return _month_of_data(value)


class ExpansionSettings(Section):
    """What expansion is told for, beside countries, border belts and the bundled corridors.

    Attributes
    ----------
    belt_km
        Width of border belts, from 0 (regions that touch the border) to 200.
    sets
        Sets of regions of the user's own: region codes by name.
    corridors
        Corridors of the user's own by name: stops in order, each a town of the bundled corridors, a region code or
        ``"lon lat"``.
    lines
        A file of lines that are corridors.
    """

    belt_km: float = Field(default=50.0, ge=0, le=200)
    sets: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    corridors: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    lines: str | None = None


class ModelSettings(Section):
    """One model.

    Attributes
    ----------
    kind
        A name in `harmattan.models.MODELS`, or ``package.module:Class`` of the user's own.
    parameters
        Keyword arguments of the model, of the estimator of a ``direct`` model, or of how a ``pool`` learns.
    estimator
        For ``direct``: a name in `harmattan.models.ESTIMATORS` or ``package.module:Class``.
    scale
        For ``direct``: put a standard scaler before the estimator.
    months
        For ``direct``: learn from the newest so many months only.
    features
        For ``direct``: the name of a set of features, or the features to use, each a table with ``name`` and its
        parameters.
    members
        For ``pool``: names of models above, or a weight by name; equal weights if only names are given.
    quiet_members
        For ``pool``: the same for regions without an attack in the last twelve months; as `members` if None.
    baseline
        Whether the others are compared with it.
    """

    kind: str
    parameters: Mapping[str, Any] = Field(default_factory=dict)
    estimator: str | None = None
    scale: bool = False
    months: int | None = Field(default=None, ge=12)
    features: str | tuple[Mapping[str, str | int | float], ...] = "compact"
    members: tuple[str, ...] | Mapping[str, float] | None = None
    quiet_members: tuple[str, ...] | Mapping[str, float] | None = None
    baseline: bool = False


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


def _month_of_data(value: str | None) -> str | None:
    """A month as text, if data may be of it."""
    if value is None:
        return None
    known = month(value)
    if known.year not in _YEARS:
        raise ValueError(f"a month must lie in the years {_YEARS[0]} to {_YEARS[-1]}")
    return str(known)


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
    sections: dict[str, type[Section]] = {
        "data": DataSettings,
        "regions": RegionSettings,
        "forecast": ForecastSettings,
        "backtest": BacktestSettings,
        "expansion": ExpansionSettings,
        "models": ModelSettings,
    }
    return list((sections[str(place[0])] if place else Experiment).model_fields)


def _flattened(prefix: str, value: object) -> dict[str, str]:
    if isinstance(value, Mapping) and value:
        parts = [_flattened(f"{prefix}.{key}" if prefix else str(key), each) for key, each in value.items()]
        return {key: text for part in parts for key, text in part.items()}
    return {prefix: str(value)}

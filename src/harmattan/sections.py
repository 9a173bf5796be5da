"""The sections of an experiment: frozen, checked when they are made, each with its own keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from harmattan.months import month
from harmattan.vintages.days import day

_YEARS = range(1900, 2101)


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


SECTIONS: Mapping[str, type[Section]] = {
    "data": DataSettings,
    "regions": RegionSettings,
    "forecast": ForecastSettings,
    "backtest": BacktestSettings,
    "expansion": ExpansionSettings,
}
"""The sections there is one of, by their key."""


def _month_of_data(value: str | None) -> str | None:
    """A month as text, if data may be of it."""
    if value is None:
        return None
    known = month(value)
    if known.year not in _YEARS:
        raise ValueError(f"a month must lie in the years {_YEARS[0]} to {_YEARS[-1]}")
    return str(known)

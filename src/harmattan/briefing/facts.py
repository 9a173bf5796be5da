"""What a briefing tells of the months ahead: the regions of one window, the total, the quiet ones and the record."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from harmattan import layers
from harmattan.intake import read_panel
from harmattan.months import month
from harmattan.page import history
from harmattan.page.places import has_own_polygons, regions_of
from harmattan.release import Release

YEAR = 12
CALM = 0.01


@dataclass(frozen=True, eq=False)
class Facts:
    """A release, what came before it and what is on record, as far as it is known.

    Attributes
    ----------
    release
        The release.
    before
        The newest older release of the same experiment that forecasts months of the window too; None if there is none.
    record
        Recorded counts to the last month the release was made from, months down and its regions across, NaN where the
        source does not cover; None if they are not known.
    old_record
        The same of the older release; None if they are not known.
    horizons
        Months ahead of the window that is told of.
    window
        The release's table of that window, index ``region``: ``name, country, p1, expected, q05, q95, unsure,
        earlier, change, noise, within_noise, quiet, covered``; of an older release, if there is one that can be
        compared, ``earlier`` to ``within_noise`` come from that one.
    compared
        Whether they do.
    """

    release: Release
    before: Release | None
    record: pd.DataFrame | None
    old_record: pd.DataFrame | None
    horizons: tuple[int, ...]
    window: pd.DataFrame
    compared: bool

    @property
    def data_to(self) -> pd.Period:
        """The last month the release was made from."""
        return month(self.release.manifest["data"]["data_to"])

    @property
    def measure(self) -> str:
        """What is counted."""
        return self.release.forecast.measure

    @cached_property
    def covered(self) -> pd.DataFrame:
        """The rows of `window` with a forecast, the likeliest first."""
        told = self.window[self.window["covered"]]
        return told.sort_values(["p1", "expected"], ascending=False, kind="stable")

    @property
    def quiet(self) -> pd.DataFrame:
        """The rows with a forecast and no attack in the last twelve months, the likeliest first."""
        return self.covered[self.covered["quiet"]]

    @property
    def calm(self) -> bool:
        """Whether no region is given more than 1 %."""
        return bool(self.covered["p1"].max() <= CALM)


def facts_of(release: Release, before: Release | None = None, *, data: Path | None = None) -> Facts:
    """Return what a briefing tells of a release.

    Parameters
    ----------
    release
        The release.
    before
        An older release of the same experiment.
    data
        The user's copy of the source, of the kind the experiment reads: it gives the record where the release has none.

    Raises
    ------
    ValueError
        If the older release is not older or of another experiment or measure, or the data cannot be read.
    """
    if before is not None:
        _check_older(release, before)
    horizons = list(layers.windows(release.forecast.horizons).values())[-1]
    name = list(layers.windows(release.forecast.horizons))[-1]
    table = release.windows[release.windows["window"] == name].set_index("region")
    compared = before is not None and _comparable(release, before, horizons)
    if compared and before is not None:
        table = _with_change(table, layers.change(release.forecast, before.forecast, horizons))
    record = _record(release, data)
    return Facts(release, before, record, _old_record(before), horizons, table, compared)


def expected_total(release: Release, horizon: int) -> pd.Series:
    """Return ``expected, q05, q95`` of all regions together, so many months ahead."""
    forecast = release.forecast
    return layers.fan(forecast).iloc[forecast.horizons.index(horizon)]


def last_year(facts: Facts) -> tuple[pd.Series, float] | None:
    """Return the recorded total of all regions by month, and its mean over the last twelve; None without a record."""
    if facts.record is None:
        return None
    total = facts.record.sum(axis=1, min_count=1).dropna()
    return (total, float(total.iloc[-YEAR:].mean())) if len(total) else None


def _check_older(release: Release, before: Release) -> None:
    one, two = before.manifest, release.manifest
    same = one["experiment"] == two["experiment"] and one["measure"] == two["measure"]
    if not same or one["origin"] >= two["origin"]:
        raise ValueError(
            f"the earlier release must be an older one of {two['experiment']} ({two['measure']}, before "
            f"{two['origin']}); {before.path} is of {one['experiment']} ({one['measure']}, {one['origin']})"
        )


def _comparable(release: Release, before: Release, horizons: tuple[int, ...]) -> bool:
    apart = release.forecast.origin.ordinal - before.forecast.origin.ordinal
    same = before.forecast.regions.equals(release.forecast.regions)
    return same and {h + apart for h in horizons} <= set(before.forecast.horizons)


def _with_change(table: pd.DataFrame, change: pd.DataFrame) -> pd.DataFrame:
    known = change.reindex(table.index).where(table["covered"], axis=0)
    flags = known["within_noise"].eq(True)
    return table.assign(**{name: known[name] for name in ("earlier", "change", "noise")}, within_noise=flags)


def _old_record(before: Release | None) -> pd.DataFrame | None:
    return None if before is None else _to(history.record(before), before)


def _record(release: Release, data: Path | None) -> pd.DataFrame | None:
    return _to(history.record(release) if data is None else _read_record(release, data), release)


def _to(record: pd.DataFrame | None, release: Release) -> pd.DataFrame | None:
    return None if record is None else record.loc[: month(release.manifest["data"]["data_to"])]


def _read_record(release: Release, data: Path) -> pd.DataFrame:
    """Count the user's file as the experiment does."""
    said = release.manifest["settings"]
    regions = regions_of(release)
    covers = said.get("data.covers")
    panel, _ = read_panel(
        data,
        regions,
        title=release.manifest["caption"]["title"],
        level=None if has_own_polygons(release) else said.get("regions.level"),
        source=said.get("data.source"),
        actor=said.get("data.actor"),
        lineages=Path(said["data.lineages"]) if "data.lineages" in said else None,
        first=said.get("data.first"),
        covers=None if covers is None else ast.literal_eval(covers),
    )
    measure = release.forecast.measure
    if measure not in panel.measures:
        raise ValueError(
            f"{data.name} must hold {measure}, which the release forecasts; it has {sorted(panel.measures)}"
        )
    wide = panel.measures[measure].where(panel.covered).astype("float64")
    return wide.reindex(columns=release.forecast.regions)

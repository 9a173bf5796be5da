"""Releases scored on what has happened since, by the scores of the backtest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harmattan.backtest import forecast_all, score_rows
from harmattan.changes.asked import experiment_of
from harmattan.changes.data import as_issued, named, newest
from harmattan.forecast import Forecast
from harmattan.inputs import read_data
from harmattan.models.baselines import Conflictology
from harmattan.panel import Panel
from harmattan.release import Release, read
from harmattan.scores.table import score_table
from harmattan.settings import Experiment

RELEASE, BASELINE = "release", "conflictology"
ABOUT = ["release", "champion", "data", "baseline_data"]
UNKNOWN = "not kept: as known now"


@dataclass(frozen=True)
class Scored:
    """Releases beside what came.

    Attributes
    ----------
    table
        As `harmattan.scores.table.score_table` of the models ``release`` (its champion) and ``conflictology``, for each
        release: first ``release``, its folder; ``champion``; ``data``, what says what came, by snapshot or panel hash;
        ``baseline_data``, what conflictology was made from.
    left_out
        By folder, why a release could not be scored.
    """

    table: pd.DataFrame
    left_out: dict[str, str]


def score(folder: Path, releases: Sequence[str], *, file: str | None = None) -> Scored:
    """Score releases on the months that are on record now.

    Conflictology is made from the data that the release was made from; where they are not kept, from those months as
    they are known now.

    Parameters
    ----------
    folder
        Where releases are kept.
    releases
        Their folders, as the ledger has them.
    file
        A file of events or counts that tells what came, instead of the data of each release's own settings as they are
        now.

    Raises
    ------
    harmattan.settings.SettingsError
        If the file does not fit the settings of a release.
    """
    parts, left_out = [], {}
    panels: dict[str, Panel] = {}
    for place in releases:
        try:
            release = read(folder / place)
            experiment = experiment_of(release)
        except (OSError, ValueError) as error:
            left_out[place] = str(error)
            continue
        asked = newest(experiment.with_data(file))
        key = repr((asked.data, asked.regions))
        if key not in panels:
            panels[key] = read_data(asked)[0]
        why = _why_not(release, panels[key])
        if why is not None:
            left_out[place] = why
            continue
        parts.append(_scored(place, release, experiment, panels[key]))
    empty = pd.DataFrame(columns=[*ABOUT, "model", "set", "horizon", "score", "value", "n"])
    return Scored(pd.concat(parts, ignore_index=True) if parts else empty, left_out)


def _why_not(release: Release, panel: Panel) -> str | None:
    forecast = release.forecast
    absent = forecast.regions.difference(panel.regions.table.index)
    if len(absent):
        return f"{len(absent)} of its regions are not in the data, first {absent[0]}"
    if forecast.measure not in panel.measures:
        return f"the data do not tell of {forecast.measure}"
    if not panel.months[0] <= forecast.origin <= panel.origin or forecast.months[0] > panel.origin:
        return f"nothing to score yet: it looks ahead from {forecast.months[0]}, the data end in {panel.origin}"
    if panel.measures[forecast.measure].loc[forecast.months[0] :, forecast.regions].isna().all(axis=None):
        return f"nothing to score: the data do not cover its regions from {forecast.months[0]}"
    return None


def _scored(place: str, release: Release, experiment: Experiment, panel: Panel) -> pd.DataFrame:
    forecast = release.forecast
    then, said = _then(release, experiment, panel)
    beside = _beside(release, experiment, then)
    seed = int(release.manifest["seed"])
    rows = score_rows(panel, {RELEASE: forecast, BASELINE: beside}, seed=seed)
    table = score_table(rows, [BASELINE])
    for at, (name, value) in enumerate(
        zip(ABOUT, (place, release.manifest["champion"], named(panel), said), strict=True)
    ):
        table.insert(at, name, value)
    return table


def _then(release: Release, experiment: Experiment, panel: Panel) -> tuple[Panel, str]:
    """What was known at the origin of a release, and how it is called."""
    try:
        then = as_issued(experiment, release.manifest)
    except (OSError, ValueError):
        return panel.as_of(release.forecast.origin), UNKNOWN
    return then, named(then.as_of(release.forecast.origin))


def _beside(release: Release, experiment: Experiment, then: Panel) -> Forecast:
    """Conflictology for the same regions and months."""
    forecast, asked = release.forecast, experiment.forecast
    _, made = forecast_all(
        then,
        {BASELINE: Conflictology(measure=forecast.measure)},
        origin=forecast.origin,
        horizons=forecast.horizons,
        lag=asked.lag,
        draws=asked.draws,
        seed=asked.seed,
    )
    found = made[BASELINE]
    chosen = found.draws[:, :, found.regions.get_indexer(forecast.regions)]
    return Forecast(chosen, forecast.origin, forecast.horizons, forecast.regions, forecast.measure)

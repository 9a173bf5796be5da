"""The challenge's files, in the user's own copy: what came, what was known before, official forecasts and scores.

The folder holds, for each window, a folder named by its year with ``actuals.parquet``, ``forecast_<name>.parquet`` and
``scores_<name>_<score>.csv.gz``; beside them ``country_list.csv``, ``country_id_to_gw.csv`` and the country-months of
UCDP to learn from, `HISTORY`. Month 1 of the challenge is January 1980.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from harmattan.months import month, month_range
from harmattan.panel import Panel
from harmattan.regions import Regions
from harmattan.views.countries import world

WINDOWS = (2018, 2019, 2020, 2021, 2022)
BENCHMARKS = ("conflictology", "last_historical_poisson", "boot_240", "zero")
HORIZONS = tuple(range(3, 15))
HISTORY = "ucdp_country_month_global_1989_2022.parquet"
BEGIN = "1989-01"
LAST_KNOWN = 10
YEAR = 12
COLUMNS = {
    "attacks": ("sb_events",),
    "deaths": ("sb_deaths",),
    "other_attacks": ("ns_events", "os_events"),
    "other_deaths": ("ns_deaths", "os_deaths"),
}


def month_of(number: int) -> pd.Period:
    """Return the month with a number of the challenge's.

    Examples
    --------
    >>> month_of(457)
    Period('2018-01', 'M')
    """
    return pd.Period(ordinal=month("1980-01").ordinal + number - 1, freq="M")


def origin_of(window: int) -> pd.Period:
    """Return the last month that forecasts for a window may use: October of the year before.

    Examples
    --------
    >>> origin_of(2018)
    Period('2017-10', 'M')
    """
    return pd.Period(year=window - 1, month=LAST_KNOWN, freq="M")


def countries(folder: Path) -> Regions:
    """Return the challenge's countries, in the order of its numbers."""
    names = _csv(folder / "country_list.csv", ("country_id", "name"))
    codes = _csv(folder / "country_id_to_gw.csv", ("country_id", "gleditsch_ward"))
    both = codes.merge(names, on="country_id", how="left", validate="one_to_one").sort_values("country_id")
    return world(both.rename(columns={"gleditsch_ward": "gw"})[["gw", "name"]].reset_index(drop=True))


def actuals(folder: Path, window: int, regions: Regions) -> pd.DataFrame:
    """Return what came: deaths in state-based conflict by month (rows) and country (columns).

    Raises
    ------
    ValueError
        If months or countries are not those of the window.
    """
    return _wide(_read(folder, window, "actuals.parquet")["outcome"].unstack(), regions, window, "actuals.parquet")


def official_forecast(folder: Path, window: int, name: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return an official benchmark's draws, shape (draw, month x country), months slowest, draws in their order."""
    table = _read(folder, window, f"forecast_{name}.parquet")["outcome"].unstack("draw")
    return table.sort_index().to_numpy(dtype=np.float64).T


def official_scores(folder: Path, window: int, name: str, score: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return an official benchmark's scores by month and country, months slowest; ``crps``, ``ign`` or ``mis``."""
    table = _csv(folder / str(window) / f"scores_{name}_{score}.csv.gz", ("month_id", "country_id", "value"))
    return table.sort_values(["month_id", "country_id"])["value"].to_numpy(dtype=np.float64)


def known_panel(folder: Path, window: int, regions: Regions) -> Panel:
    """Return what was known in October before a window: measures of `COLUMNS` since 1989.

    Where an earlier window's actuals tell the deaths of a month, or the values that conflictology of this or an earlier
    window is made of, they replace the history's, which for about one cell in twenty is of another vintage. For
    windows before the first the history is all there is.

    Raises
    ------
    FileNotFoundError
        If a file of the layout is missing.
    """
    measures = _history(folder, regions, origin_of(window))
    deaths = measures["deaths"]
    for each in (w for w in WINDOWS if w <= window):
        better = [_twelve_before(folder, each, regions)]
        if each < window:
            better.append(actuals(folder, each, regions))
        for told in better:
            rows = told.index.intersection(deaths.index)
            deaths.loc[rows] = told.loc[rows].to_numpy(dtype="float32")
    measures["attacks"] = measures["attacks"].clip(lower=(deaths > 0).astype("float32"))
    covered = pd.DataFrame(True, index=deaths.index, columns=deaths.columns)
    return Panel(regions, measures, covered)


def truth(folder: Path, window: int, regions: Regions) -> pd.DataFrame:
    """Return what came in a window: the actuals, or the history's deaths for a year before the first window."""
    if window in WINDOWS:
        return actuals(folder, window, regions)
    wide = _history(folder, regions, pd.Period(year=window, month=YEAR, freq="M"))["deaths"]
    return wide.iloc[-YEAR:]


def _history(folder: Path, regions: Regions, last: pd.Period) -> dict[str, pd.DataFrame]:
    if not (folder / HISTORY).is_file():
        raise FileNotFoundError(f"the history to learn from is missing: {folder / HISTORY}")
    table = pd.read_parquet(folder / HISTORY)
    numbers = _csv(folder / "country_id_to_gw.csv", ("country_id", "gleditsch_ward")).sort_values("country_id")
    code = dict(zip(numbers["gleditsch_ward"], regions.table.index, strict=True))
    days = pd.to_datetime(pd.DataFrame({"year": table["year"], "month": table["month"], "day": 1}))
    table = table.assign(region=table["gwno"].map(code), when=days.dt.to_period("M")).dropna(subset="region")
    sums = table.groupby(["when", "region"])[[each for parts in COLUMNS.values() for each in parts]].sum()
    months = month_range(BEGIN, last)
    return {
        name: sums[list(parts)]
        .sum(axis=1)
        .unstack("region")
        .reindex(index=months, columns=regions.table.index)
        .fillna(0.0)
        .astype("float32")
        for name, parts in COLUMNS.items()
    }


def _twelve_before(folder: Path, window: int, regions: Regions) -> pd.DataFrame:
    """The twelve months to October that conflictology repeats: its draws, in the order of the months."""
    draws = _read(folder, window, "forecast_conflictology.parquet")["outcome"].unstack("draw").sort_index()
    first = draws.loc[draws.index.get_level_values("month_id")[0]]
    last = origin_of(window)
    return pd.DataFrame(first.to_numpy().T, month_range(last - YEAR + 1, last), regions.table.index)


def _wide(table: pd.DataFrame, regions: Regions, window: int, file: str) -> pd.DataFrame:
    months = month_range(f"{window}-01", f"{window}-12")
    found = [month_of(int(each)) for each in table.index]
    if found != list(months) or table.shape[1] != len(regions) or table.isna().to_numpy().any():
        raise ValueError(
            f"{file} of {window} must have the 12 months of the year and {len(regions)} countries without a hole; it "
            f"has {table.shape[0]} months, first {found[0] if found else 'none'}, and {table.shape[1]} countries"
        )
    return pd.DataFrame(table.to_numpy(dtype=np.float64), months, regions.table.index)


def _read(folder: Path, window: int, file: str) -> pd.DataFrame:
    path = folder / str(window) / file
    if not path.is_file():
        raise FileNotFoundError(f"the copy of the challenge in {folder} has no {window}/{file}")
    return pd.read_parquet(path)


def _csv(path: Path, wanted: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise FileNotFoundError(f"the copy of the challenge has no {path.name} in {path.parent}")
    table = pd.read_csv(path)
    absent = [column for column in wanted if column not in table]
    if absent:
        raise ValueError(f"{path.name} must have the columns {', '.join(wanted)}; {absent[0]} is missing")
    return table

"""All that a release says of expansion, as tables: the same quantities for the months ahead and for the past."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from harmattan.borders import belt
from harmattan.expansion.activity import status
from harmattan.expansion.arrival import arrival_months, arrivals, likely_number, standing
from harmattan.expansion.catalogue import quantities, replay
from harmattan.expansion.diffusion import join_counts
from harmattan.expansion.groups import scopes
from harmattan.expansion.pressure import pressures
from harmattan.expansion.quantity import summary
from harmattan.forecast import Forecast
from harmattan.models.endemic import Endemic
from harmattan.panel import QUIET_MONTHS, Panel
from harmattan.regions import COASTAL, Regions

Sets = Mapping[str, Iterable[str]]

OF_REGIONS = ("first_attack", "active", "frontier")
TOLD_APART = (*OF_REGIONS, "arrived", "arrival")
PERIODS = 4
WINDOWS = (1, 3, 6, 12)


def belts(regions: Regions, *, km: float = 50.0) -> dict[str, list[str]]:
    """Return the border belts of the coastal states as sets of regions, named like ``BEN near BFA``.

    For each coastal state and each other country, the regions of either within `km` of the other; of two countries one
    of which has no regions here, the other's side alone. Belts that are a whole country are left out: the country
    stands for itself.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> found = belts(bundled("admin1", ["BFA", "TGO"]), km=0)
    >>> found["BFA near TGO"], found["TGO near BFA"]
    (['BF48', 'BF52'], ['TG05'])
    """
    country = regions.table["country"]
    present = sorted(country.unique())
    found: dict[str, list[str]] = {}
    for here in present:
        own = set(country.index[country == here])
        for there in sorted({*present, *COASTAL} - {here}):
            if here not in COASTAL and there not in COASTAL:
                continue
            near = [code for code in belt(regions, there, km=km) if code in own]
            if near and len(near) < len(own):
                found[f"{here} near {there}"] = near
    return found


def expansion_tables(
    panel: Panel,
    forecast: Forecast,
    *,
    endemic: Endemic | None = None,
    sets: Sets | None = None,
    corridors: pd.DataFrame | None = None,
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
    """Return what a forecast and the record say of expansion.

    Parameters
    ----------
    panel
        Cut at the origin.
    forecast
        Joint draws of attacks for the months 1, 2, ... after it.
    endemic
        A fitted endemic-epidemic model, which splits expected attacks by where they come from.
    sets, corridors
        See `harmattan.expansion.groups.scopes`.
    rng
        For the permutations of `harmattan.expansion.diffusion.join_counts`.

    Returns
    -------
    dict
        ``first_attacks``: P(first attack within h) of quiet regions, and of every region whether it is active or at the
        frontier, by month; ``arrivals``: one row per country, set and corridor with its standing and when it may be
        reached; ``arrival_months``: the chance of each month; ``ahead``: every other quantity, by group and month, with
        interval; ``newly_hit``: how many regions, with the likeliest number; ``replay``: the same quantities of past
        months; ``joins``: escalation or relocation, by year; ``pressure``: where the attacks expected within 1, 3, 6
        and 12 months come from, if there is an endemic-epidemic model.

    Raises
    ------
    ValueError
        If panel and forecast do not fit each other, or a set or corridor does not fit the regions.
    """
    found = quantities(panel, forecast, sets=sets, corridors=corridors)
    stands = standing(panel, scopes(panel.regions, sets=sets, corridors=corridors))
    told = [summary(each).assign(quantity=name, unit=each.unit) for name, each in found.items()]
    everything = pd.concat([each for each in told if len(each)], ignore_index=True)
    of_regions = everything[everything["quantity"].isin(OF_REGIONS)]
    made = {
        "first_attacks": _by_region(of_regions, status(panel)),
        "arrivals": arrivals(found["arrived"], stands),
        "arrival_months": arrival_months(found["arrived"]),
        "ahead": _first(everything[~everything["quantity"].isin(TOLD_APART)], "quantity", "unit"),
        "newly_hit": likely_number(found["newly_hit"]),
        "replay": replay(panel, sets=sets, corridors=corridors),
    }
    periods = min(PERIODS, len(panel.months) // QUIET_MONTHS - 1)
    if periods:
        made["joins"] = join_counts(panel, rng=rng, pairs=periods)
    if endemic is not None:
        made["pressure"] = pd.concat([_pressed(endemic, each) for each in _windows(forecast)], ignore_index=True)
    return made


def _windows(forecast: Forecast) -> list[tuple[int, ...]]:
    """The first months ahead together, as far as they are forecast: 1, 3, 6, 12."""
    last = len(forecast.horizons)
    return [tuple(range(1, months + 1)) for months in sorted({min(each, last) for each in WINDOWS})]


def _pressed(endemic: Endemic, horizons: tuple[int, ...]) -> pd.DataFrame:
    told = pressures(endemic, horizons)
    told.insert(0, "within", len(horizons))
    return told


def _by_region(told: pd.DataFrame, stands: pd.DataFrame) -> pd.DataFrame:
    """One row per region and month: P(first attack within h), P(active), P(at the frontier)."""
    wide = told.pivot_table(index=["name", "horizon", "month"], columns="quantity", values="p", sort=False)
    wide = wide.reset_index().rename(columns={"name": "region"})
    wide = wide.reindex(columns=["region", "horizon", "month", *OF_REGIONS])
    return wide.merge(stands.reset_index(names="region"), on="region", how="left", suffixes=("", "_now"))


def _first(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return table[[*columns, *(name for name in table if name not in columns)]].reset_index(drop=True)

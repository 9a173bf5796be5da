"""What a forecast says of the regions that sites lie in. It stands beside the scores and never enters them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from harmattan.forecast import Forecast
from harmattan.named import nearest
from harmattan.protect.cells import WorksheetError
from harmattan.protect.sheet import Worksheet

MONTHS = (1, 2, 3)


@dataclass(frozen=True, eq=False)
class Exposure:
    """The chance of an attack around each site.

    Attributes
    ----------
    chances
        Index ``site``: probability of at least one attack in the site's region in the next three months; NaN for a site
        without a region.
    months
        The first and the last month, such as ``2024-01 to 2024-03``.
    """

    chances: pd.Series
    months: str


def exposure(sheet: Worksheet, forecast: Forecast) -> Exposure:
    """Look up the regions of the sites in a forecast of attacks.

    Raises
    ------
    WorksheetError
        If the forecast is not of attacks, lacks one of the next three months or a region of the sheet, or the sheet
        names no region.
    """
    if forecast.measure != "attacks":
        raise WorksheetError(f"exposure needs a forecast of attacks; this one is of {forecast.measure}")
    missing = [each for each in MONTHS if each not in forecast.horizons]
    if missing:
        raise WorksheetError(f"exposure needs the next three months; the forecast lacks month {missing[0]} ahead")
    if not any(sheet.regions):
        raise WorksheetError(
            "no site has a region; fill in the column region with codes of the forecast, then ask again"
        )
    known = [str(each) for each in forecast.regions]
    for site, region in zip(sheet.sites, sheet.regions, strict=True):
        if region and region not in known:
            raise WorksheetError(
                f"{site!r} is in region {region!r}, which the forecast does not have{nearest(region, known)}; "
                f"it has {len(known)}, first {known[0]}"
            )
    chances = forecast.window(MONTHS).probability().iloc[0]
    chances.index = pd.Index(known)
    told = chances.reindex(list(sheet.regions)).to_numpy(dtype=float)
    months = f"{forecast.origin + MONTHS[0]} to {forecast.origin + MONTHS[-1]}"
    return Exposure(pd.Series(told, index=pd.Index(sheet.sites, name="site"), name="chance"), months)

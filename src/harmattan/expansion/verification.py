"""Verification: where what came lay among the draws of the quantities of expansion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.expansion.arrival import first_month
from harmattan.expansion.catalogue import quantities
from harmattan.expansion.quantity import Quantity
from harmattan.forecast import Forecast
from harmattan.panel import Panel
from harmattan.scores.diagnostics import randomised_pit

WINDOWS = (1, 3, 6, 12)
AREA = ("newly_hit", "active_regions", "reach", "speed", "attacks", "attacks_within")
NEVER = 1e6
"""Stands for what there is not: later than any month, farther than any coast."""


def pits(
    panel: Panel,
    forecast: Forecast,
    *,
    rng: np.random.Generator,
    sets: Mapping[str, Iterable[str]] | None = None,
    windows: Sequence[int] = WINDOWS,
) -> pd.DataFrame:
    """Return the randomised PIT of quantities of expansion; those of a calibrated forecast are uniform from 0 to 1.

    Judged are the first month with an attack of every region, country and set that is quiet at the origin (``arrival``;
    no attack in the months forecast counts as later than all of them, so that nothing is left out for want of one), and
    those named in `AREA` for all regions together.

    Parameters
    ----------
    panel
        Reaches to the last month forecast or beyond, every region covered.
    forecast
        Joint draws of attacks for the months 1, 2, ... after the origin.
    rng
        Source of the randomisation.
    sets
        Region codes by the name of the set.
    windows
        Months ahead at which the quantities of the whole area are judged; those beyond the forecast are passed over.

    Returns
    -------
    pandas.DataFrame
        One row per item: ``quantity, scope, name, horizon, pit``, ``expected`` and ``came``: the mean of the draws and
        what happened, NaN where a draw, or what happened, has none.

    Raises
    ------
    ValueError
        If a month is not on record, or as `harmattan.expansion.quantities`.

    Examples
    --------
    >>> from harmattan.figures import bundled_counts
    >>> from harmattan.models.hazard import FirstAttack
    >>> from harmattan.months import month
    >>> from harmattan.panel import from_counts
    >>> from harmattan.regions import bundled
    >>> panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province"))
    >>> forecast = FirstAttack().fit(panel.as_of(month("2022-06")), (1, 2, 3)).forecast(200, np.random.default_rng(1))
    >>> found = pits(panel, forecast, rng=np.random.default_rng(1))
    >>> found.query("quantity == 'newly_hit' and horizon == 3")[["expected", "came"]].round(1).values.tolist()
    [[2.5, 1.0]]
    """
    known = panel.as_of(forecast.origin)
    told = quantities(known, forecast, sets=sets)
    came = quantities(known, recorded(panel, forecast), sets=sets)
    parts = [_placed(_first_attacks(told), _first_attacks(came), rng)]
    for name in ("arrival", *AREA):
        if name not in told:
            continue
        items = told[name].items
        at_windows = (items["scope"] == "all") & items["horizon"].isin(list(windows))
        keep = (items["scope"] != "all" if name == "arrival" else at_windows).to_numpy()
        parts.append(_placed(_only(told[name], keep), _only(came[name], keep), rng))
    return pd.concat(parts, ignore_index=True)


def recorded(panel: Panel, forecast: Forecast) -> Forecast:
    """Return what came in the months of a forecast, as a forecast of one draw.

    Raises
    ------
    ValueError
        If a region and month is not on record.
    """
    came = panel.attacks.reindex(forecast.months)[list(forecast.regions)]
    missing = came.isna().to_numpy()
    if missing.any():
        month, region = np.argwhere(missing)[0]
        raise ValueError(
            f"what came must be on record in every month and region forecast; {missing.sum()} are not, first "
            f"{forecast.regions[region]} {forecast.months[month]}: shorten the forecast with Forecast.select"
        )
    draws = came.to_numpy(dtype=np.int32)[None]
    return Forecast(draws, forecast.origin, forecast.horizons, forecast.regions, forecast.measure)


def _first_attacks(found: Mapping[str, Quantity]) -> Quantity:
    """The first month with an attack, of every region quiet at the origin."""
    by = found["first_attack"]
    hit = by.values.reshape(len(by.values), max(by.items["horizon"].nunique(), 1), -1) > 0
    last = by.items.tail(hit.shape[2]).reset_index(drop=True)
    return Quantity("arrival", "months", last, first_month(hit))


def _only(quantity: Quantity, keep: npt.NDArray[np.bool_]) -> Quantity:
    return Quantity(quantity.name, quantity.unit, quantity.items[keep].reset_index(drop=True), quantity.values[:, keep])


def _placed(told: Quantity, came: Quantity, rng: np.random.Generator) -> pd.DataFrame:
    """Items with the PIT of what came."""
    draws, seen = (np.nan_to_num(each.values.astype(np.float64), nan=NEVER) for each in (told, came))
    table = told.items.drop(columns="month").assign(quantity=told.name)
    expected = told.values.mean(axis=0, dtype=np.float64)
    return table.assign(pit=randomised_pit(seen[0], draws, rng), expected=expected, came=came.values[0])

"""Every quantity of a forecast, draw by draw, and the same quantities of the past."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.expansion import activity, arrival, diffusion, direction, reach
from harmattan.expansion.activity import Flags, Paths
from harmattan.expansion.groups import Scopes, scopes
from harmattan.expansion.quantity import EVENT, Quantity
from harmattan.forecast import Forecast
from harmattan.panel import QUIET_MONTHS, Panel

Values = npt.NDArray[np.floating]
Sets = Mapping[str, Iterable[str]]

STATES = {
    "attacks": "attacks",
    "active_regions": "regions",
    "frontier_regions": "regions",
    "onsets": "regions",
    "reach": "km",
    "coast_distance": "km",
    "centre_lon": "degrees",
    "centre_lat": "degrees",
    "major": "km",
    "minor": "km",
    "angle": "axis",
    "exposure": "attacks per region",
}
SINCE_ORIGIN = {
    "attacks_within": "attacks",
    "newly_hit": "regions",
    "arrived": EVENT,
    "arrival": "months",
    "speed": "km per month",
    "moved": "km",
    "bearing": "bearing",
    "exposure_within": "attacks per region",
}
OF_REGIONS = {"active": EVENT, "frontier": EVENT, "first_attack": EVENT}
JOINS = {"escalation": "joins", "relocation": "joins", "jumps": "regions"}
QUANTITIES = STATES | SINCE_ORIGIN | OF_REGIONS | JOINS
PAST_SPEEDS = (12, 24)


def quantities(
    panel: Panel, forecast: Forecast, *, sets: Sets | None = None, corridors: pd.DataFrame | None = None
) -> dict[str, Quantity]:
    """Return every quantity of a forecast, draw by draw.

    For all regions, each country, set and corridor, and each month ahead h: ``attacks`` in the month and
    ``attacks_within`` h months; ``active_regions`` (an attack in the 12 months to it) and ``frontier_regions`` (active
    with a neighbour that is not); ``onsets`` (regions hit in this month after 12 quiet ones); ``reach`` (smallest km
    from an active region to the coast), ``coast_distance`` (mean km of the last 12 months' attacks to the coast) and
    ``speed`` (km per month by which the reach has come nearer since the origin); ``centre_lon`` and ``centre_lat`` of
    the last 12 months' attacks, how far they have ``moved`` since the origin and on what ``bearing``; ``major``,
    ``minor`` and ``angle`` of their deviational ellipse; ``newly_hit`` (regions quiet at the origin that are hit within
    h months). For groups quiet at the origin: ``arrived`` (an attack within h months) and ``arrival`` (the first month
    with one). For corridors: ``exposure`` and ``exposure_within``, attacks in the region around an average kilometre of
    the corridor, so that regions weigh by its length in them; all other quantities of a corridor are of the regions it
    crosses, each whole. For regions: ``active``, ``frontier``, and ``first_attack`` (hit within h months) where quiet
    at the origin. For all together, the last W months beside the next W, with W = 12 or the longest horizon if that is
    shorter: joins of ``escalation``, of ``relocation``, and ``jumps``, see `harmattan.expansion.diffusion`.

    A quantity may be without any item (no corridor, nothing quiet). ``reach``, ``coast_distance`` and ``speed`` are
    left out where the regions have no ``coast_km``.

    Parameters
    ----------
    panel
        Cut at the origin.
    forecast
        Joint draws of attacks for the months 1, 2, ... after it, in the panel's regions.
    sets, corridors
        See `harmattan.expansion.groups.scopes`.

    Raises
    ------
    ValueError
        If panel and forecast do not fit each other (see `harmattan.expansion.activity.ahead`) or a set or corridor
        does not fit the regions.

    Examples
    --------
    >>> from harmattan.expansion import quantities, summary
    >>> from harmattan.figures import bundled_counts
    >>> from harmattan.models.endemic import Endemic
    >>> from harmattan.months import month
    >>> from harmattan.panel import from_counts
    >>> from harmattan.regions import bundled
    >>> panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province")).as_of(month("2023-06"))
    >>> forecast = Endemic().fit(panel, (1, 2, 3)).forecast(400, np.random.default_rng(1))
    >>> found = quantities(panel, forecast)
    >>> summary(found["newly_hit"].where(scope="all", horizon=3))[["q05", "q50", "q95"]].iloc[0].tolist()
    [0.0, 2.0, 5.0]
    """
    groups = scopes(panel.regions, sets=sets, corridors=corridors)
    now, paths = activity.origin_of(panel), activity.ahead(panel, forecast)
    front, spread = activity.frontier(paths), direction.spread(paths, groups)
    states = _states(paths, groups, front, spread)
    start = direction.spread(now, groups)
    found = states | _since_origin(panel, now, paths, groups, states, (start.centre, spread.centre))
    steps = [(h, when) for h, when in zip(forecast.horizons, forecast.months, strict=True)]
    quiet_groups = (arrival.standing(panel, groups)["status"] == "quiet").to_numpy()
    along = (groups.table["scope"] == "corridor").to_numpy()
    kept = {"arrived": quiet_groups, "arrival": quiet_groups, "exposure": along, "exposure_within": along}
    made = {}
    for name, values in found.items():
        keep = kept.get(name, np.ones(len(groups.table), dtype=bool))
        when = steps[-1:] if name == "arrival" else steps
        made[name] = _quantity(name, values[..., keep], when, groups.table.loc[keep, ["scope", "name"]])
    return made | _of_regions(panel, paths, front, steps) | _joins(panel, forecast)


def replay(panel: Panel, *, sets: Sets | None = None, corridors: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the quantities of every past month, from the record.

    Parameters
    ----------
    panel
        Cut at the origin.
    sets, corridors
        See `harmattan.expansion.groups.scopes`.

    Returns
    -------
    pandas.DataFrame
        One row per month and group, from the first month with 12 months on record: ``month``, ``scope``, ``name``,
        those of `STATES` as `quantities` defines them, and ``covered``, the share of the region-months of the 12 months
        that the source covers. Further ``speed_12`` and ``speed_24`` (km per month by which the reach has come nearer
        to the coast since 12 or 24 months before), ``moved_12`` (km that the centre has moved since 12 months before)
        and ``bearing_12``. NaN where there is no active region or the record does not reach back.

    Raises
    ------
    ValueError
        As `quantities`.
    """
    groups, paths = scopes(panel.regions, sets=sets, corridors=corridors), activity.record(panel)
    front, spread = activity.frontier(paths), direction.spread(paths, groups)
    found = {name: values[0].astype(np.float64) for name, values in _states(paths, groups, front, spread).items()}
    known = panel.covered.rolling(QUIET_MONTHS).mean().to_numpy(dtype=np.float64)[QUIET_MONTHS - 1 :]
    found["covered"] = (known @ groups.members.T) / groups.members.sum(axis=1)
    found["onsets"][0] = np.nan
    found["exposure"][:, (groups.table["scope"] != "corridor").to_numpy()] = np.nan
    if "reach" in found:
        for months in PAST_SPEEDS:
            found[f"speed_{months}"] = (_shifted(found["reach"], months) - found["reach"]) / months
    before = np.stack([_shifted(component, 12) for component in spread.centre[:, 0]])
    found["moved_12"], found["bearing_12"] = direction.moved(before, spread.centre[:, 0])
    size = len(groups.table)
    told = {
        "month": np.repeat(paths.months, size),
        "scope": np.tile(groups.table["scope"], len(paths.months)),
        "name": np.tile(groups.table["name"], len(paths.months)),
    }
    return pd.DataFrame(told | {name: values.ravel() for name, values in found.items()})


def replay_regions(panel: Panel) -> pd.DataFrame:
    """Return how every region stood in every past month.

    Returns
    -------
    pandas.DataFrame
        One row per month and region, from the first month with 12 months on record: ``month``, ``region``,
        ``attacks``, and whether it was ``active``, on the ``frontier``, and an ``onset`` (hit after 12 months known to
        be quiet, which none is known to be in the first of these months).

    Raises
    ------
    ValueError
        If the panel is shorter than 12 months.
    """
    paths = activity.record(panel)
    codes = panel.regions.table.index
    told = {
        "attacks": paths.attacks[0],
        "active": paths.active[0],
        "frontier": activity.frontier(paths)[0],
        "onset": paths.onset[0],
    }
    return pd.DataFrame(
        {"month": np.repeat(paths.months, len(codes)), "region": np.tile(codes, len(paths.months))}
        | {name: values.ravel() for name, values in told.items()}
    )


def _states(paths: Paths, groups: Scopes, front: Flags, spread: direction.Spread) -> dict[str, Values]:
    """What `STATES` names, shape (draw, month, group)."""
    found: dict[str, Values] = {
        "attacks": groups.total(paths.attacks),
        "active_regions": groups.total(paths.active),
        "frontier_regions": groups.total(front),
        "onsets": groups.total(paths.onset),
    }
    if "coast_km" in paths.regions.table:
        found["reach"] = reach.reach(paths, groups)
        found["coast_distance"] = reach.coast_distance(paths, groups)
    lon, lat = direction.lon_lat(spread.centre)
    major, minor, angle = direction.ellipse(spread)
    found |= {"centre_lon": lon, "centre_lat": lat, "major": major, "minor": minor, "angle": angle}
    found["exposure"] = groups.exposure(paths.attacks)
    return found


def _since_origin(
    panel: Panel,
    now: Paths,
    paths: Paths,
    groups: Scopes,
    states: Mapping[str, Values],
    centres: tuple[direction.Floats, direction.Floats],
) -> dict[str, Values | Flags]:
    """What `SINCE_ORIGIN` names, shape (draw, month, group)."""
    reached = arrival.arrived(paths, groups)
    km, bearing = direction.moved(*centres)
    since: dict[str, Values | Flags] = {
        "attacks_within": np.cumsum(states["attacks"], axis=1),
        "newly_hit": arrival.newly_hit(paths, groups, panel.quiet.to_numpy()),
        "arrived": reached,
        "arrival": arrival.first_month(reached)[:, None],
        "moved": km,
        "bearing": bearing,
        "exposure_within": np.cumsum(states["exposure"], axis=1),
    }
    if "reach" in states:
        since["speed"] = reach.speed(reach.reach(now, groups), states["reach"])
    return since


def _of_regions(panel: Panel, paths: Paths, front: Flags, steps: list[tuple[int, pd.Period]]) -> dict[str, Quantity]:
    """What `OF_REGIONS` names."""
    every = pd.DataFrame({"scope": "region", "name": panel.regions.table.index})
    quiet = panel.quiet.to_numpy()
    return {
        "active": _quantity("active", paths.active, steps, every),
        "frontier": _quantity("frontier", front, steps, every),
        "first_attack": _quantity("first_attack", arrival.hit_by(paths)[..., quiet], steps, every[quiet]),
    }


def _joins(panel: Panel, forecast: Forecast) -> dict[str, Quantity]:
    """What `JOINS` names: the last months against as many months ahead."""
    window = min(QUIET_MONTHS, len(forecast.horizons))
    before = panel.attacks.iloc[-window:].to_numpy()
    second = np.asarray((forecast.draws[:, :window] > 0).any(axis=1))
    first = np.broadcast_to((before > 0).any(axis=0), second.shape)
    newly = second & (before == 0).all(axis=0)
    found = diffusion.joins(first, second, newly, activity.linked(panel.regions))
    step = [(forecast.horizons[window - 1], forecast.months[window - 1])]
    every = pd.DataFrame({"scope": ["all"], "name": ["all"]})
    return {
        kind: _quantity(kind, counts[:, None, None], step, every)
        for kind, counts in zip(diffusion.KINDS, found, strict=True)
    }


def _quantity(
    name: str, values: npt.NDArray[np.generic], steps: list[tuple[int, pd.Period]], groups: pd.DataFrame
) -> Quantity:
    """Values of the shape (draw, month, group) as one column per month and group."""
    items = pd.DataFrame(
        {
            "scope": np.tile(groups["scope"], len(steps)),
            "name": np.tile(groups["name"], len(steps)),
            "horizon": np.repeat([horizon for horizon, _ in steps], len(groups)),
            "month": pd.PeriodIndex([when for _, when in steps], freq="M").repeat(len(groups)),
        }
    )
    flat = np.asarray(values.reshape(len(values), -1), dtype=np.float32)
    return Quantity(name, QUANTITIES[name], items, flat)


def _shifted(values: npt.NDArray[np.float64], months: int) -> npt.NDArray[np.float64]:
    """The values so many months before, NaN where there are none."""
    earlier = np.full_like(values, np.nan)
    earlier[months:] = values[:-months]
    return earlier

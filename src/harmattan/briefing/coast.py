"""What a release says of the way to the coast: newly hit regions, coastal states and belts, reach, frontier, growth."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from harmattan.briefing.facts import Facts
from harmattan.outlooks.blind import table
from harmattan.regions import COASTAL

WINDOW = 6
WITHIN = (3, 6, 12)
CLEAR = 0.05


@dataclass(frozen=True)
class Newly:
    """How many of the quiet regions are newly hit within the window: the likeliest number and the 90 % interval."""

    months: int
    quiet: int
    likely: int
    low: int
    high: int


@dataclass(frozen=True)
class Reach:
    """Km from the nearest active region to the sea, now and at the end of the window."""

    now: float
    month: pd.Period
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Front:
    """Active regions, and those of them with a quiet neighbour, in the last month known."""

    month: pd.Period
    active: int
    front: int


@dataclass(frozen=True)
class Growth:
    """Regions newly hit in the twelve months from ``month``, and whether beside active or fallen-quiet ones."""

    month: pd.Period
    newly: int
    edge: bool
    moves: bool


def has_tables(facts: Facts) -> bool:
    """Return whether the release has tables of expansion."""
    return "first_attacks" in facts.release.expansion


def window_of(facts: Facts) -> int:
    """Return the months ahead that are looked at: six, or as many as are forecast."""
    return min(WINDOW, len(facts.release.forecast.horizons))


def newly(facts: Facts) -> Newly:
    """Return how many quiet regions are newly hit."""
    within, tables = window_of(facts), facts.release.expansion
    row = _of_all(tables["newly_hit"], within)
    regions = tables["first_attacks"]
    quiet = regions.loc[regions["horizon"] == within, "quiet"].astype(bool)
    return Newly(within, int(quiet.sum()), int(row["mode"]), int(row["q05"]), int(row["q95"]))


def states(facts: Facts) -> pd.DataFrame:
    """Return the chance of an attack in each coastal state and border belt, the likeliest first.

    Returns
    -------
    pandas.DataFrame
        ``scope`` (``country`` or ``set``), ``name``, ``status`` (``active``, ``quiet``, ``unknown``), ``last_attack``
        (text, None if none is on record) and a column for each of 3, 6 and 12 months, as far as forecast.
    """
    tables = facts.release.expansion
    ahead = tables["ahead"]
    chosen = ahead[(ahead["quantity"] == "attacks_within") & ahead["horizon"].isin(WITHIN)]
    coastal = (chosen["scope"] == "country") & chosen["name"].isin(COASTAL)
    wide = chosen[coastal | (chosen["scope"] == "set")].pivot(index=["scope", "name"], columns="horizon", values="p")
    wide = wide.sort_values(list(wide.columns)[::-1], ascending=False, kind="stable")
    stands = tables["arrivals"].set_index(["scope", "name"]).reindex(wide.index)
    return wide.assign(status=stands["status"], last_attack=stands["last_attack"]).reset_index()


def blind(facts: Facts) -> list[str]:
    """Return the coastal states among `states` where the source records next to nothing, in their order."""
    told = table()
    source = str(facts.release.manifest["caption"]["source"])
    used = told[told["blind"] & told["source"].map(lambda name: name in source)]
    shown = states(facts)
    return [str(name) for name in shown.loc[shown["scope"] == "country", "name"] if name in set(used["country"])]


def reach(facts: Facts) -> Reach | None:
    """Return how near the coast is; None if the release does not say."""
    past, ahead = facts.release.expansion["replay"], facts.release.expansion["ahead"]
    if "reach" not in past:
        return None
    row = _of_all(ahead[ahead["quantity"] == "reach"], window_of(facts))
    now = past.loc[past["scope"] == "all", "reach"].iloc[-1]
    if pd.isna(now) or pd.isna(row["q50"]):
        return None
    month = pd.Period(str(row["month"]), "M")
    return Reach(float(now), month, float(row["q05"]), float(row["q50"]), float(row["q95"]))


def front(facts: Facts) -> Front | None:
    """Return how many regions are active, and on the frontier; None if that is not known."""
    past = facts.release.expansion["replay"]
    row = past[past["scope"] == "all"].iloc[-1]
    if pd.isna(row["active_regions"]) or pd.isna(row["frontier_regions"]) or not row["active_regions"]:
        return None
    return Front(pd.Period(str(row["month"]), "M"), int(row["active_regions"]), int(row["frontier_regions"]))


def growth(facts: Facts) -> Growth | None:
    """Return how the newly hit regions of the newest year lie; None if there were none or the release does not say."""
    told = facts.release.expansion.get("joins")
    years = told[told["later"] != "all"] if told is not None else None
    if years is None or years.empty:
        return None
    newest = years[years["later"] == years["later"].max()].set_index("kind")
    number = int(newest["newly_hit"].iloc[0])
    if not number:
        return None
    edge, moves = (bool(newest.loc[kind, "p"] < CLEAR) for kind in ("escalation", "relocation"))
    return Growth(pd.Period(str(newest["later"].iloc[0]), "M"), number, edge, moves)


def _of_all(table: pd.DataFrame, within: int) -> pd.Series:
    return table[(table["scope"] == "all") & (table["horizon"] == within)].iloc[0]

"""The attacks a profile is drawn from: one row per attack, with its region, day, tactic, target and attribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.actors import involves, lineage
from harmattan.events import Events, actor_key, mentions, precise
from harmattan.incidents.kinds import NOT_STATED, tactics, targets
from harmattan.incidents.placing import gazetteer, place
from harmattan.regions import Regions

COLUMNS = {
    "event": "str",
    "day": "datetime64[us]",
    "day_known": "bool",
    "month": "period[M]",
    "region": "str",
    "country": "str",
    "tactic": "str",
    "target": "str",
    "attribution": "str",
    "deaths": "Int64",
}
ATTRIBUTIONS = ("claimed", "suspected", "unattributed", NOT_STATED)
SHOWN = 5


@dataclass(frozen=True)
class Incidents:
    """The attacks of one group in one file.

    Parameters
    ----------
    table
        One row per attack, sorted by day, with the columns of `COLUMNS`. `day` is the first one, `day_known` whether it
        is known to the day; `region` is the finest unit known (missing where none is), `attribution` one of
        `ATTRIBUTIONS`.
    actor
        The group.
    source
        Name of the source.
    covered
        First and last month that the file covers.
    regions
        The finest units wanted.
    units
        What the codes of `region` mean, from `harmattan.incidents.placing.gazetteer`.
    left_out
        Reason -> attacks of the group that cannot be counted.
    notes
        Remark -> attacks that are counted but known less well.
    unknown
        Region as the file writes it -> attacks whose region cannot be known because it is not a bundled or own one.
        These names may be those of places: they are for the person who keeps the file, not for the profile.
    provisional
        Whether the file is a release that will be revised.
    remarks
        What the file says of itself.

    Raises
    ------
    ValueError
        If a column is missing or of another type, a day, tactic, target or attribution is missing, an attribution or a
        region is unknown.
    """

    table: pd.DataFrame
    actor: str
    source: str
    covered: tuple[pd.Period, pd.Period]
    regions: Regions
    units: pd.DataFrame
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    provisional: bool = False
    remarks: str = ""

    def __post_init__(self) -> None:
        types = {name: str(kind) for name, kind in self.table.dtypes.items()}
        if types != COLUMNS:
            raise ValueError(f"a table of attacks must have the columns and types {COLUMNS}; got {types}")
        table = self.table
        broken = {
            "day, tactic, target and attribution must be known": table[["day", "tactic", "target", "attribution"]]
            .isna()
            .any(axis=1),
            f"attribution must be one of {', '.join(ATTRIBUTIONS)}": ~table["attribution"].isin(ATTRIBUTIONS),
            "region must be a known unit": ~table["region"].isin(self.units.index) & table["region"].notna(),
        }
        for rule, wrong in broken.items():
            if wrong.any():
                first = table.loc[wrong, "event"].iloc[0]
                raise ValueError(f"{rule}; {int(wrong.sum())} of {len(table)} attacks break it, first {first!r}")

    def between(self, first: pd.Period, last: pd.Period) -> pd.DataFrame:
        """Return the attacks of some months, both included."""
        chosen = (self.table["month"] >= first) & (self.table["month"] <= last)
        return self.table[chosen].reset_index(drop=True)


def incidents(
    events: Events,
    actor: str,
    *,
    regions: Regions,
    lineages: Path | None = None,
    covered: tuple[pd.Period | None, pd.Period | None] = (None, None),
    provisional: bool = False,
    remarks: str = "",
) -> Incidents:
    """Return the attacks of one group.

    An attack is an event in which the group takes part, on either side. One that lasts several days counts once, on its
    first day. In an own list, attacks without any actor are kept as unattributed, unless they are claimed.

    Parameters
    ----------
    events
        From `harmattan.sources.read`.
    actor
        A lineage (`harmattan.actors`), or a name that the file uses.
    regions
        The finest units wanted.
    lineages
        The user's own table of lineages.
    covered
        First and last month that the file covers; where None, the month in which its first event of any actor ends
        and its last one starts.
    provisional
        Whether the file is a release that will be revised, such as UCDP Candidate.
    remarks
        What the file says of itself, from `harmattan.sources.tables.remarks`.

    Raises
    ------
    ValueError
        If there is no event, the group takes part in none, or the months covered are reversed.

    Examples
    --------
    >>> from harmattan.events import event_table
    >>> from harmattan.regions import bundled
    >>> table = event_table({"event": ["a"], "start": ["2023-05-04"], "actor_a": ["JNIM"], "actor_b": ["Civilians"],
    ...                      "lon": [-1.6], "lat": [14.1]})
    >>> found = incidents(Events(table, source="ucdp"), "JNIM", regions=bundled("province"))
    >>> found.table[["region", "target", "attribution"]].iloc[0].tolist()
    ['BF5603', 'civilians', 'not stated']
    """
    if not len(events):
        raise ValueError(f"{events.source} has no event to draw a profile of; what was dropped: {dict(events.dropped)}")
    sides = _sides(events, actor, lineages)
    ours, said = sides.any(axis=1), _attribution(events)
    nobody = events.table[["actor_a", "actor_b"]].isna().all(axis=1).to_numpy() & (events.source == "plain")
    said = said.mask(nobody & (said != "claimed").to_numpy(), "unattributed")
    kept = ours | (nobody & (said == "unattributed").to_numpy())
    theirs = Events(events.table[kept].reset_index(drop=True), events.source, notes=events.notes)
    dated = precise(theirs, where_limit=7)
    known = theirs.table["event"].isin(dated.table["event"]).to_numpy()
    units = gazetteer(regions)
    codes, unknown = place(dated, regions, units)
    table = _table(dated, codes, units, sides[kept][known], said[kept][known].reset_index(drop=True))
    doubts = _doubts(dated, codes, sum(unknown.values()))
    months = _covered(events, covered)
    return Incidents(
        table, actor, events.source, months, regions, units, dated.dropped, doubts, unknown, provisional, remarks
    )


def _covered(events: Events, said: tuple[pd.Period | None, pd.Period | None]) -> tuple[pd.Period, pd.Period]:
    # A monthly release begins with events that started before its month and ended in it.
    first, last = (day.to_period("M") for day in (events.table["end"].min(), events.table["start"].max()))
    begin, end = said[0] or first, said[1] or last
    if end < begin:
        raise ValueError(f"the months a file covers must run forward; got {begin} to {end}")
    return begin, end


def _sides(events: Events, actor: str, lineages: Path | None) -> npt.NDArray[np.bool_]:
    """Whether the group is on each side of each event, shape (events, 2)."""
    named = mentions(events.table)
    wanted = actor_key(pd.Series([actor], dtype="str")).iloc[0]
    try:
        group = lineage(actor, lineages)
    except ValueError:
        if wanted not in set(named):
            often = ", ".join(str(name) for name in _names(events).value_counts().index[:SHOWN]) or "no actor at all"
            raise ValueError(
                f"{actor!r} is neither a lineage nor an actor of {events.source}; its most frequent actors: {often}"
            ) from None
        group = None
    sides = np.zeros((len(events), 2), dtype=bool)
    for column, other in enumerate(("actor_b", "actor_a")):
        alone = events.table.assign(**{other: pd.Series([None] * len(events), dtype="str")})
        if group is not None:
            sides[:, column] = involves(group, alone)
        else:
            held = mentions(alone)
            sides[held.index[held == wanted], column] = True
    if not sides.any():
        often = ", ".join(str(name) for name in _names(events).value_counts().index[:SHOWN]) or "no actor at all"
        raise ValueError(f"no event of {events.source} has {actor} on either side; its most frequent actors: {often}")
    return sides


def _names(events: Events) -> pd.Series:
    both = pd.concat([events.table["actor_a"], events.table["actor_b"]])
    names: pd.Series = both.dropna().str.split(";").explode().str.strip()
    return names


def _attribution(events: Events) -> pd.Series:
    """Who each event is held to be by: as the list says, else claimed, or suspected where it is said not to be."""
    table = events.table
    found = pd.Series([None] * len(table), dtype="str")
    if "attribution" in table:
        found = found.fillna(table["attribution"])
    if "claimed" in table:
        found = found.fillna(table["claimed"].astype(object).map({True: "claimed", False: "suspected"}).astype("str"))
    return found.fillna(NOT_STATED)


def _table(
    events: Events, codes: pd.Series, units: pd.DataFrame, sides: npt.NDArray[np.bool_], said: pd.Series
) -> pd.DataFrame:
    table = events.table
    columns = {
        "event": table["event"],
        "day": table["start"],
        "day_known": (table["date_prec"].fillna(1) <= 1) & (table["start"] == table["end"]),
        "month": table["start"].dt.to_period("M"),
        "region": codes,
        "country": codes.map(units["country"]).fillna(table["country"]),
        "tactic": tactics(events),
        "target": targets(events, sides),
        "attribution": said,
        "deaths": table["deaths"],
    }
    return pd.DataFrame(columns).astype(COLUMNS).sort_values(["day", "event"], ignore_index=True)


def _doubts(events: Events, codes: pd.Series, misnamed: int) -> dict[str, int]:
    table = events.table
    spans = table["start"].dt.to_period("M") != table["end"].dt.to_period("M")
    found = {
        "with a region whose name is not known": misnamed,
        "in no known region": int(codes.isna().sum()),
        "spanning months, counted in the first": int(spans.sum()),
    }
    return {why: number for why, number in found.items() if number}

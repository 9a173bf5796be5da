"""Monthly UCDP tables: events and deaths by country and month, and by dyad and month.

The two disagree where actors are not assigned yet. Both are complete from January 1989, where UCDP GED
begins, to the last month they hold: a month without a row is a month without a recorded event.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from harmattan.actors import Lineage, involves
from harmattan.counts import Counts, total
from harmattan.sources.columns import numbers, refuse, texts
from harmattan.sources.names import iso3
from harmattan.sources.tables import Layout, Table, read_table

COUNTRY_LAYOUT = Layout(
    needed=(
        "country", "year", "month", "sb_events", "sb_deaths", "ns_events", "ns_deaths", "os_events",
        "os_deaths",
    ),
    optional=("provisional",),
)  # fmt: skip
DYAD_LAYOUT = Layout(
    needed=("dyad_id", "type", "name", "year", "month", "events", "deaths", "side_a", "side_b"),
    optional=("loc", "provisional"),
)
BEGIN = pd.Period("1989-01", freq="M")
"""First month of UCDP GED."""

GOVERNMENT = "Government of "

_GW_CODES = {
    404: "GNB", 420: "GMB", 432: "MLI", 433: "SEN", 434: "BEN", 435: "MRT", 436: "NER", 437: "CIV", 438:
    "GIN", 439: "BFA", 450: "LBR", 451: "SLE", 452: "GHA", 461: "TGO", 471: "CMR", 475: "NGA", 483: "TCD",
    615: "DZA", 616: "TUN", 620: "LBY",
}  # fmt: skip
"""Gleditsch-Ward number -> ISO 3166 code, for West Africa and its neighbours."""


def read_country_month(path: Path) -> Counts:
    """Return attacks and deaths by country and month, with the events of each type of violence as further
    measures.

    Returns
    -------
    Counts
        `region` is the country's ISO 3166 code, `attacks` the sum of `state_based`, `non_state` and
        `one_sided`, and `provisional` is 1 where the figures come from Candidate data and will be revised.

    Raises
    ------
    SourceError
        If the file cannot be read, a column is missing, or a value does not fit.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> row = {"country": "Mali", "year": 2023, "month": 5, "sb_events": 2, "sb_deaths": 5, "ns_events": 0,
    ...        "ns_deaths": 0, "os_events": 1, "os_deaths": 1}
    >>> pd.DataFrame([row]).to_csv(path, index=False)
    >>> read_country_month(path).table[["region", "attacks", "deaths"]].to_numpy().tolist()
    [['MLI', 3.0, 6.0]]
    """
    table = read_table(Path(path), COUNTRY_LAYOUT)
    events = {kind: _counts(table, f"{kind}_events") for kind in ("sb", "ns", "os")}
    deaths = {kind: _counts(table, f"{kind}_deaths") for kind in ("sb", "ns", "os")}
    parts = pd.DataFrame(
        {
            "region": iso3(texts(table, "country", required=True)),
            "month": _months(table),
            "attacks": events["sb"] + events["ns"] + events["os"],
            "deaths": deaths["sb"] + deaths["ns"] + deaths["os"],
            "state_based": events["sb"],
            "non_state": events["ns"],
            "one_sided": events["os"],
            "provisional": numbers(table, "provisional", low=0, high=1, whole=True),
        }
    )
    refuse(table, "month", parts.duplicated(["region", "month"]), "each country and month once")
    return total(parts, source="ucdp_country_month", first=BEGIN, last=parts["month"].max(), dropped={})


def read_dyad_month(path: Path, *, lineage: Lineage | None = None) -> Counts:
    """Return attacks and deaths by country and month from a table by dyad and month.

    A dyad is not a place. Events of a government's dyad are put in that government's country; those of other
    dyads in the one country UCDP lists as their location. Dyads with several locations or none, such as
    one-sided violence by JNIM, cannot be placed: they are left out and their attacks counted by dyad. A
    government's dyad may include a few events across its border.

    Parameters
    ----------
    lineage
        Group to follow; all dyads of the file if not given.

    Raises
    ------
    SourceError
        If the file cannot be read, a column is missing, or a value does not fit.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> row = {"dyad_id": 1, "type": "sb", "name": "Government of Mali - JNIM", "year": 2023, "month": 5,
    ...        "events": 2, "deaths": 5, "side_a": "Government of Mali", "side_b": "JNIM"}
    >>> pd.DataFrame([row]).to_csv(path, index=False)
    >>> read_dyad_month(path).table[["region", "attacks", "deaths"]].to_numpy().tolist()
    [['MLI', 2.0, 5.0]]
    """
    table = read_table(Path(path), DYAD_LAYOUT)
    parts = pd.DataFrame(
        {"region": _dyad_country(table), "month": _months(table), "attacks": _counts(table, "events")}
    ).assign(deaths=_counts(table, "deaths"))
    if "provisional" in table.frame:
        parts["provisional"] = numbers(table, "provisional", low=0, high=1, whole=True)
    refuse(table, "month", table.frame.duplicated(["dyad_id", "year", "month"]), "each dyad and month once")
    last = parts["month"].max()
    name = texts(table, "name", required=True)
    dropped: dict[str, float] = {}
    if lineage is not None:
        sides = pd.DataFrame({"actor_a": _allies(_side_a(table)), "actor_b": _allies(texts(table, "side_b"))})
        sides = sides.assign(country=parts["region"], start=parts["month"].dt.to_timestamp())
        member = pd.Series(involves(lineage, sides))
        dropped = _by_reason(parts["attacks"][~member], f"not of the lineage {lineage.name}")
        parts, name = parts[member], name[member]
    placed = parts["region"].notna()
    dropped |= _by_reason(parts["attacks"][~placed], "no single country: " + name[~placed])
    sums = total(parts[placed], source="ucdp_dyad_month", first=BEGIN, last=last, dropped=dropped)
    if "provisional" not in sums.table:
        return sums
    revised = sums.table.assign(provisional=sums.table["provisional"].clip(upper=1.0))
    return Counts(revised, sums.source, sums.first, sums.last, sums.dropped)


def _dyad_country(table: Table) -> pd.Series:
    side = _side_a(table)
    government = texts(table, "type").eq("sb") & side.str.startswith(GOVERNMENT)
    by_side = iso3(side.str.removeprefix(GOVERNMENT)).where(government)
    located = texts(table, "loc").str.extract(r"^\[(\d+)\]$")[0].astype("float64")
    return by_side.fillna(located.map(_GW_CODES).astype("str"))


def _side_a(table: Table) -> pd.Series:
    # One-sided dyads have no sides, only a name such as "JNIM - Civilians".
    return texts(table, "side_a").fillna(texts(table, "name").str.removesuffix(" - Civilians"))


def _allies(names: pd.Series) -> pd.Series:
    return names.str.replace(r"\s*,\s+", "; ", regex=True)


def _by_reason(attacks: pd.Series, reason: str | pd.Series) -> dict[str, float]:
    sums = attacks.groupby(reason if isinstance(reason, pd.Series) else [reason] * len(attacks)).sum()
    return {str(why): float(number) for why, number in sums.items() if number > 0}


def _counts(table: Table, column: str) -> pd.Series:
    return numbers(table, column, low=0, whole=True, required=True)


def _months(table: Table) -> pd.Series:
    year = numbers(table, "year", low=1989, high=2100, whole=True, required=True).astype("int64")
    month = numbers(table, "month", low=1, high=12, whole=True, required=True).astype("int64")
    days = pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": 1}))
    periods: pd.Series = days.dt.to_period("M")
    return periods

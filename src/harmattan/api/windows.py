"""What a question is about: which regions, which run of months, and how the answer says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harmattan.api.answers import records, risk
from harmattan.api.asked import Window
from harmattan.api.problems import ProblemError, unknown
from harmattan.api.shelf import Entry
from harmattan.release import Release


def codes(held: Release, asked: Sequence[str]) -> list[str]:
    """Return region codes out of repeated parameters and lists with commas; a code may have a comma in it.

    Raises
    ------
    ProblemError
        If the release has no such region; it names the nearest.
    """
    known = [str(code) for code in held.forecast.regions]
    every = set(known)
    parts = [part for each in asked for part in ([each] if each in every else each.split(","))]
    for part in parts:
        if part not in every:
            raise unknown("unknown-region", "region of this release", part, known)
    return list(dict.fromkeys(parts))


def window(held: Release, asked: Window) -> list[int]:
    """Return the months ahead that are asked for; as `run`."""
    first = held.forecast.horizons[0] if asked.first is None else asked.first
    return run(held, first, first if asked.last is None else asked.last)


def run(held: Release, first: int, last: int) -> list[int]:
    """Return the months ahead from the first to the last.

    Raises
    ------
    ProblemError
        If the forecast lacks one of them, or the last comes before the first.
    """
    known = held.forecast.horizons
    wanted = list(range(first, last + 1))
    missing = [h for h in wanted if h not in known]
    if missing or not wanted:
        why = f"{missing[0]} is not among them" if missing else "last comes before first"
        raise ProblemError("unknown-window", f"months ahead {first} to {last} must be a run of {list(known)}: {why}")
    return wanted


def said(entry: Entry, held: Release, horizons: Sequence[int], at_least: int) -> dict[str, Any]:
    """Return which question is answered, as `harmattan.api.schemas.WindowSaid` tells it."""
    months = dict(zip(held.forecast.horizons, held.forecast.months.astype(str), strict=True))
    return {
        "release": entry.id,
        "measure": held.forecast.measure,
        "draws": len(held.forecast.draws),
        "at_least": at_least,
        "first": horizons[0],
        "last": horizons[-1],
        "first_month": months[horizons[0]],
        "last_month": months[horizons[-1]],
    }


def risks(held: Release, horizons: Sequence[int], at_least: int, regions: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return `harmattan.api.answers.risk` with the names of the regions, as JSON can hold it."""
    table = risk(held.forecast, horizons, at_least=at_least, regions=regions)
    names = held.table.drop_duplicates("region").set_index("region")[["name", "country"]]
    return records(names.loc[table.index].join(table).rename_axis("region").reset_index())

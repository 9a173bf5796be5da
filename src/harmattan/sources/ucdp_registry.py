"""UCDP's registry of dyads: who fights or has fought whom, and in which years. For finding actors, not for counting."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from harmattan.sources.files import SourceError, short

KEYS = ("dyad_id", "type", "name", "side_a", "side_b", "active_years")
_LARGEST, _YEARS = 2**53, (1900, 2100)
KINDS = {"sb": "state-based", "ns": "non-state", "os": "one-sided"}


def read_registry(path: Path) -> pd.DataFrame:
    """Return the dyads of a registry in JSON.

    Returns
    -------
    pandas.DataFrame
        Index ``dyad``; columns ``kind``, ``name``, ``side_a``, ``side_b`` (missing in one-sided violence),
        ``first_year`` and ``last_year`` of activity (missing where none is given).

    Raises
    ------
    SourceError
        If the file is not such a list; it names the first entry and key that do not fit.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.json"
    >>> written = path.write_text('[{"dyad_id": 1, "type": "sb", "name": "A - B", "side_a": "A", "side_b": "B",'
    ...                           ' "active_years": [2019, 2021]}]')
    >>> read_registry(path)["last_year"].tolist()
    [2021]
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise SourceError(f"{path.name}: is JSON nested too deeply; expected a list of dyads") from error
    except ValueError as error:
        # Not only what the decoder raises: Python refuses whole numbers of thousands of digits.
        raise SourceError(f"{path.name}: is not JSON in UTF-8: {error}") from error
    if not isinstance(entries, list) or not entries:
        got = "no entry" if entries == [] else type(entries).__name__
        raise SourceError(f"{path.name}: expected a list of dyads; got {got}")
    # UCDP numbers the dyads of each kind of violence apart.
    seen: set[tuple[str, int]] = set()
    for place, entry in enumerate(entries):
        what = _fault(entry)
        if what is None and (entry["type"], entry["dyad_id"]) in seen:
            what = f"dyad_id {entry['dyad_id']} comes twice"
        if what is not None:
            raise SourceError(f"{path.name}: entry {place} is not a dyad: {what}")
        seen.add((entry["type"], entry["dyad_id"]))
    table = pd.DataFrame([{key: entry[key] for key in KEYS} for entry in entries], columns=list(KEYS))
    years = table.pop("active_years")
    for name, pick in (("first_year", min), ("last_year", max)):
        table[name] = pd.array([pick(each) if each else None for each in years], dtype="Int64")
    table["type"] = table["type"].map(KINDS)
    return table.rename(columns={"dyad_id": "dyad", "type": "kind"}).set_index("dyad")


def _fault(entry: object) -> str | None:
    """What is wrong with an entry; None if it is a dyad."""
    if not isinstance(entry, dict):
        return f"{KEYS[0]} is missing"
    absent = [key for key in KEYS if key not in entry]
    if absent:
        return f"{absent[0]} is missing"
    if entry["type"] not in list(KINDS):
        return f"type must be one of {', '.join(KINDS)}; got {short(repr(entry['type']))}"
    if not _whole(entry["dyad_id"], 0, _LARGEST):
        return f"dyad_id must be a whole number; got {short(repr(entry['dyad_id']))}"
    unnamed = [key for key in ("name", "side_a", "side_b") if not isinstance(entry[key], str | None)]
    if unnamed:
        return f"{unnamed[0]} must be text; got {short(repr(entry[unnamed[0]]))}"
    years = entry["active_years"]
    if not isinstance(years, list | None) or not all(_whole(each, *_YEARS) for each in years or []):
        return f"active_years must be a list of years; got {short(repr(years))}"
    return None


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def registry_summary(table: pd.DataFrame) -> list[str]:
    """Return plain lines on a registry: how many dyads of each kind, and the newest year."""
    kinds = ", ".join(f"{kind} {number}" for kind, number in table["kind"].value_counts().items())
    newest = table["last_year"].max()
    return ["source: ucdp_registry", f"dyads: {len(table)}", f"kinds: {kinds}", f"newest year: {newest}"]

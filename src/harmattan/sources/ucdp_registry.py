"""UCDP's registry of dyads: who fights or has fought whom, and in which years. For finding actors, not for counting."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from harmattan.sources.files import SourceError

KEYS = ("dyad_id", "type", "name", "side_a", "side_b", "active_years")
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
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{path.name}: is not JSON in UTF-8: {error}") from error
    if not isinstance(entries, list):
        raise SourceError(f"{path.name}: expected a list of dyads; got {type(entries).__name__}")
    for place, entry in enumerate(entries):
        absent = [key for key in KEYS if not isinstance(entry, dict) or key not in entry]
        if absent or entry["type"] not in KINDS:
            what = f"{absent[0]} is missing" if absent else f"type must be one of {', '.join(KINDS)}"
            raise SourceError(f"{path.name}: entry {place} is not a dyad: {what}")
    table = pd.DataFrame([{key: entry[key] for key in KEYS} for entry in entries], columns=list(KEYS))
    years = table.pop("active_years")
    for name, pick in (("first_year", min), ("last_year", max)):
        table[name] = pd.array([pick(each) if each else None for each in years], dtype="Int64")
    table["type"] = table["type"].map(KINDS)
    return table.rename(columns={"dyad_id": "dyad", "type": "kind"}).set_index("dyad")


def registry_summary(table: pd.DataFrame) -> list[str]:
    """Return plain lines on a registry: how many dyads of each kind, and the newest year."""
    kinds = ", ".join(f"{kind} {number}" for kind, number in table["kind"].value_counts().items())
    newest = table["last_year"].max()
    return ["source: ucdp_registry", f"dyads: {len(table)}", f"kinds: {kinds}", f"newest year: {newest}"]

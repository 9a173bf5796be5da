"""Lineages of armed groups: under which names, when and where a group and its predecessors are counted.

The bundled lineage follows JNIM, founded in March 2017, back through Ansar Dine, the Macina Liberation Front,
al-Murabitun and AQIM's Sahara branch, in the spellings of UCDP and ACLED. Ansaroul Islam is not part of it:
UCDP and ACLED keep it apart from JNIM. Nor are MUJAO and the Signed-in-Blood Battalion, which ended before
JNIM began. A CSV of the same layout adds lineages, or names to a lineage.
"""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.events import Events, actor_key, mentions
from harmattan.months import month

COLUMNS = ("lineage", "actor", "from", "until", "countries", "except_countries", "source", "note")


@dataclass(frozen=True)
class Spell:
    """A name that counts as part of a lineage for some months and in some countries.

    Parameters
    ----------
    actor
        Name as a source spells it; compared whole, without regard to case.
    first, last
        First and last month in which it counts, both included; None is open.
    countries, except_countries
        ISO 3166 codes of the only countries in which it counts, and of those in which it does not; empty is
        everywhere. With either, an event whose country is unknown does not count.
    source, note
        Who spells the name so, and why the spell is as it is.
    """

    actor: str
    first: pd.Period | None
    last: pd.Period | None
    countries: frozenset[str]
    except_countries: frozenset[str]
    source: str
    note: str


@dataclass(frozen=True)
class Lineage:
    """A group and its predecessors, as spells of names.

    Examples
    --------
    >>> lineage("JNIM").actors[:2]
    ('JNIM', 'JNIM: Group for Support of Islam and Muslims')
    """

    name: str
    spells: tuple[Spell, ...]

    @property
    def actors(self) -> tuple[str, ...]:
        """Names of the lineage, whenever and wherever they count, in the order of the file."""
        return tuple(dict.fromkeys(spell.actor for spell in self.spells))


def lineage(name: str, path: Path | None = None) -> Lineage:
    """Return the lineage called `name`, from the bundled table and that at `path`.

    Parameters
    ----------
    name
        Name of the lineage, as in the column `lineage`.
    path
        A CSV with the columns of `COLUMNS` (`source` and `note` may be empty), months written YYYY-MM and
        countries separated by ``;``. Its rows are added to the bundled ones.

    Raises
    ------
    ValueError
        If the table at `path` has conflicts, all reported at once, or no lineage has that name.

    Examples
    --------
    >>> lineage("JNIM").spells[0].first
    Period('2017-03', 'M')
    """
    bundled = resources.files("harmattan").joinpath("actors.csv").read_text(encoding="utf-8")
    records = _records(bundled, "the bundled actors.csv")
    if path is not None:
        records += _records(_text(Path(path)), str(path))
    names = list(dict.fromkeys(record["lineage"] for record in records))
    if name not in names:
        near = difflib.get_close_matches(name.lower(), [known.lower() for known in names], n=1, cutoff=0.4)
        nearest = next((known for known in names if near and known.lower() == near[0]), None)
        hint = f"did you mean {nearest!r}?" if nearest else "add it in a CSV of your own."
        raise ValueError(f"no lineage is called {name!r}; known: {', '.join(names)}; {hint}")
    chosen = [record for record in records if record["lineage"] == name]
    return Lineage(name, tuple(dict.fromkeys(_spell(record) for record in chosen)))


def members(lineage: Lineage, events: Events) -> npt.NDArray[np.bool_]:
    """Return, for each event, whether a member of the lineage takes part on either side on the day it starts.

    Examples
    --------
    >>> from harmattan.events import event_table
    >>> table = event_table({"event": ["a", "b"], "start": ["2016-05-04"] * 2, "actor_a": ["AQIM"] * 2,
    ...                      "country": ["MLI", "DZA"]})
    >>> members(lineage("JNIM"), Events(table, source="example")).tolist()
    [True, False]
    """
    return involves(lineage, events.table)


def involves(lineage: Lineage, table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return, for each row of any table with `actor_a`, `actor_b`, `start` and `country`, whether a member
    takes part.

    Examples
    --------
    >>> rows = pd.DataFrame({"actor_a": ["JNIM", "IS"], "actor_b": ["IS", "JNIM"], "country": ["MLI", "MLI"],
    ...                      "start": pd.to_datetime(["2017-02-28", "2017-03-02"])})
    >>> involves(lineage("JNIM"), rows).tolist()
    [False, True]
    """
    named = mentions(table)
    months, country = table["start"].dt.to_period("M"), table["country"]
    inside = np.zeros(len(table), dtype=bool)
    keys = actor_key(pd.Series([spell.actor for spell in lineage.spells], dtype="str"))
    for spell, key in zip(lineage.spells, keys, strict=True):
        counted = np.zeros(len(table), dtype=bool)
        counted[named.index[named == key]] = True
        if spell.first is not None:
            counted &= (months >= spell.first).to_numpy()
        if spell.last is not None:
            counted &= (months <= spell.last).to_numpy()
        if spell.countries or spell.except_countries:
            counted &= country.notna().to_numpy()
        if spell.countries:
            counted &= country.isin(spell.countries).to_numpy()
        inside |= counted & ~country.isin(spell.except_countries).to_numpy()
    return inside


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ValueError(f"{path}: there is no such file of lineages") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not in UTF-8; save it as CSV UTF-8") from error
    except OSError as error:
        raise ValueError(f"{path}: cannot be read as a file of lineages: {error.strerror}") from error


def _records(text: str, place: str) -> list[dict[str, str]]:
    if "\0" in text:
        raise ValueError(f"{place}: is a binary file, not a table of lineages")
    reader = csv.DictReader(text.splitlines(), restkey="surplus", restval=None)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise ValueError(f"{place}: cannot be read as CSV: {error}") from error
    absent = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
    if absent:
        found = ", ".join(reader.fieldnames or []) or "nothing"
        raise ValueError(f"{place}: expected the columns {', '.join(COLUMNS)}; {absent[0]} is missing, found {found}")
    records: list[dict[str, str]] = []
    problems: list[str] = []
    for number, row in enumerate(rows, start=2):
        if "surplus" in row or None in row.values():
            problems.append(f"row {number} does not have {len(COLUMNS)} values")
            continue
        record = {name: row[name].strip() for name in COLUMNS}
        problems += [f"row {number}: {problem}" for problem in _problems(record)]
        records.append(record)
    if problems:
        raise ValueError(f"{place}: the lineages do not hold together: {'; '.join(problems)}")
    return records


def _problems(record: dict[str, str]) -> list[str]:
    problems = [f"{name} is empty" for name in ("lineage", "actor") if not record[name]]
    for name in ("from", "until"):
        try:
            _month(record[name])
        except ValueError as error:
            problems.append(f"{name}: {error}")
    for name in ("countries", "except_countries"):
        wrong = [code for code in _codes(record[name]) if not re.fullmatch("[A-Z]{3}", code)]
        problems += [f"{name} must be ISO 3166 codes such as MLI;BFA, got {code!r}" for code in sorted(wrong)]
    if not problems:
        first, last = _month(record["from"]), _month(record["until"])
        if first is not None and last is not None and last < first:
            problems.append(f"until {last} lies before from {first}")
    return problems


def _spell(record: dict[str, str]) -> Spell:
    return Spell(
        actor=record["actor"],
        first=_month(record["from"]),
        last=_month(record["until"]),
        countries=_codes(record["countries"]),
        except_countries=_codes(record["except_countries"]),
        source=record["source"],
        note=record["note"],
    )


def _month(text: str) -> pd.Period | None:
    return month(text) if text else None


def _codes(text: str) -> frozenset[str]:
    return frozenset(code.strip() for code in text.split(";") if code.strip())

"""The files of a profile: page, pictures and numbers in one folder that is written whole or not at all."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harmattan.incidents.change import Interval
from harmattan.incidents.drawing import attack_map, kinds_chart, rhythm_chart, time_line
from harmattan.incidents.page import page
from harmattan.incidents.profile import Profile
from harmattan.incidents.sentences import caveats, summary
from harmattan.vintages.terms import terms_of
from harmattan.whole import building, write_bytes

PAGE, NUMBERS = "profile.html", "profile.json"


def write(told: Profile, folder: Path, *, language: str = "en", file: str = "") -> Path:
    """Write a profile into a folder and return it.

    The folder holds ``profile.html``, ``map.png``, ``timeline.png``, ``kinds.png`` and, where enough attacks are
    known to the day, ``rhythm.png``; ``profile.json`` with every number, and ``regions.csv``, ``months.csv`` and
    ``kinds.csv``. It appears whole or not at all; an earlier profile there is replaced.

    Parameters
    ----------
    told
        From `harmattan.incidents.profile.profile`.
    folder
        Where to; the folders above it are made.
    language
        ``en`` or ``fr``, of page, pictures and sentences; names of columns are English.
    file
        Name of the file the attacks were read from.

    Raises
    ------
    FileExistsError
        If the folder holds something other than a profile.
    ValueError
        If the language is neither English nor French.
    """
    if folder.exists() and not _is_profile(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} holds something other than a profile; name another folder with --out")
    terms = terms_of(told.incidents.source, file)
    pictures = _pictures(told, language)
    files = {f"{name}.png": content for name, content in pictures.items()}
    files[PAGE] = page(told, language, pictures, source=terms.said, licence=terms.licence).encode()
    files |= _numbers(told, language, source=terms.said, licence=terms.licence)
    with building(folder) as made:
        for name, content in files.items():
            write_bytes(made / name, content)
    return folder


def numbers(told: Profile, language: str = "en", *, source: str = "", licence: str = "") -> dict[str, Any]:
    """Return every number of a profile in plain types; what is not known is None."""
    found, rhythm = told.incidents, told.rhythm
    return {
        "actor": found.actor,
        "first": str(told.period[0]),
        "last": str(told.period[1]),
        "source": source or found.source,
        "licence": licence,
        "covered": [str(month) for month in found.covered],
        "attacks": len(told.table),
        "readings": {name: None if pd.isna(value) else int(value) for name, value in told.readings.items()},
        "countries": _records(told.countries),
        "regions": _records(told.regions),
        "months": _records(told.months),
        "months_without_attack": [str(month) for month in told.silent],
        "months_perhaps_not_covered": [str(month) for month in told.uncovered],
        "tactics": _records(told.tactics),
        "targets": _records(told.targets),
        "rhythm": {
            "known_to_the_day": rhythm.known,
            "not_known_to_the_day": rhythm.left_out,
            "burstiness": rhythm.burstiness,
            "burstiness_corrected": rhythm.corrected,
            "same_day": _records(rhythm.clusters),
            "gaps": _records(rhythm.gaps),
            "against_poisson": None if rhythm.test is None else _records(rhythm.test),
        },
        "change": None if told.change is None else {name: _plain(value) for name, value in vars(told.change).items()},
        "left_out_of_file": dict(found.left_out),
        "notes_on_file": dict(found.notes),
        "summary": summary(told, language),
        "caveats": caveats(told, language),
    }


def _pictures(told: Profile, language: str) -> dict[str, bytes]:
    draw = {"map": attack_map, "timeline": time_line, "kinds": kinds_chart}
    if told.rhythm.band is not None:
        draw["rhythm"] = rhythm_chart
    pictures = {}
    for name, make in draw.items():
        held = io.BytesIO()
        make(told, language).savefig(held, format="png", metadata={"Software": None})
        pictures[name] = held.getvalue()
    return pictures


def _numbers(told: Profile, language: str, *, source: str, licence: str) -> dict[str, bytes]:
    everything = numbers(told, language, source=source, licence=licence)
    kinds = told.table.groupby(["tactic", "target", "attribution"]).size().rename("attacks").reset_index()
    tables = {"regions.csv": told.regions.reset_index(), "months.csv": told.months.reset_index(), "kinds.csv": kinds}
    files = {name: table.to_csv(index=False, lineterminator="\n").encode() for name, table in tables.items()}
    return {**files, NUMBERS: (json.dumps(everything, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    named = table.reset_index() if table.index.name else table
    return [{str(name): _plain(value) for name, value in row.items()} for row in named.to_dict("records")]


def _plain(value: Any) -> Any:
    """The value as JSON has it; days and months as text, intervals as their two ends, what is not finite as None."""
    if isinstance(value, Interval):
        return [_plain(value.lower), _plain(value.upper)]
    if isinstance(value, list):
        return value
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, pd.Period | str):
        return str(value)
    if pd.isna(value) or not np.isfinite(value):
        return None
    return int(value) if float(value).is_integer() and not isinstance(value, float) else float(value)


def _is_profile(folder: Path) -> bool:
    return (folder / PAGE).is_file() and (folder / NUMBERS).is_file()

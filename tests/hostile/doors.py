"""The doors where input comes in: what opens each, and the errors that may refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harmattan import release
from harmattan.actors import lineage
from harmattan.corridors import read_lines
from harmattan.inputs import models_of, read_data
from harmattan.own_columns import read_columns, with_columns
from harmattan.regions import bundled, from_polygons
from harmattan.settings import load, load_sweep
from harmattan.sources import read
from harmattan.sources.files import SourceError
from harmattan.sources.ucdp_registry import read_registry
from harmattan.submissions import SubmissionError, read_submission
from harmattan.sweep.grid import combinations

from .cases import Case


def _table(path: Path) -> object:
    return read_registry(path) if path.suffix == ".json" else read(path)


def _polygons(path: Path) -> object:
    return from_polygons(path, code="code", name="name", country="country")


def _experiment(path: Path) -> object:
    """What `harmattan run` does before it forecasts."""
    values, sweep = load_sweep(path)
    if sweep:
        grid = combinations(values, sweep)
        return [models_of(each) for _, each in grid.values()]
    experiment = load(path)
    read_data(experiment)
    models_of(experiment)
    return experiment


OPEN: dict[str, Callable[[Path], Any]] = {
    "events and counts": _table,
    "polygons": _polygons,
    "settings": _experiment,
    "figures by region": lambda path: with_columns(bundled("country", ["BEN", "TGO"]), read_columns(path)),
    "lineages": lambda path: lineage("Mine", path),
    "lines": read_lines,
    "submissions": read_submission,
    "releases": release.read,
    "outlines of a release": lambda path: release.read(path).regions(),
}
REFUSALS: dict[str, tuple[type[Exception], ...]] = {
    "events and counts": (SourceError, OSError),
    "polygons": (ValueError, OSError),
    "settings": (ValueError, OSError),
    "figures by region": (ValueError, OSError),
    "lineages": (ValueError,),
    "lines": (ValueError, OSError),
    "submissions": (SubmissionError,),
    "releases": (ValueError, OSError),
    "outlines of a release": (ValueError, OSError),
}


def judge(case: Case, path: Path) -> str | None:
    """What is wrong with how an input is met; None if it is refused, or read, as it should be."""
    try:
        found = OPEN[case.door](path)
    except REFUSALS[case.door] as error:
        said = str(error)
        if case.message is None:
            return f"refused, but should be read: {said[:500]}"
        if "\n" in said:
            return f"the refusal has several lines: {said[:500]}"
        return None if re.search(case.message, said) else f"the refusal does not say {case.message!r}: {said[:500]}"
    if case.look is None:
        return "read, but should be refused"
    got = case.look(found)
    return None if got == case.expected else f"expected {case.expected!r}, got {got!r}"

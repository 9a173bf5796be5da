"""The data of a release: as they were known when it was made, and those of one release with the settings of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from harmattan.inputs import read_data
from harmattan.panel import Panel
from harmattan.sections import DataSettings
from harmattan.settings import Experiment
from harmattan.vintages import STORE, find
from harmattan.vintages.panels import KnownPanel

SOURCE = ("bundled", "file", "vintage", "known", "vintages", "source", "last")
"""Keys of ``data`` that say where the data are; the others say how they are counted."""

NO_DAY = ""


def pinned(experiment: Experiment, manifest: Mapping[str, Any]) -> Experiment:
    """Return the experiment on the very snapshots that the manifest of its release names; the same one without.

    Raises
    ------
    harmattan.vintages.SnapshotError
        If a snapshot is gone.
    """
    told = manifest["data"].get("snapshots")
    if not told:
        return experiment
    newest, data = told[0], experiment.data
    store = Path(data.vintages).expanduser() if data.vintages else STORE
    asked = data.vintage or ""
    if len(told) == 1 and asked and (asked == newest["name"] or newest["content"].startswith(asked.lower())):
        return _with(experiment, {"vintage": newest["content"]})
    return _with(experiment, {"vintage": find(store, newest["content"]).series, "known": newest["known"]})


def newest(experiment: Experiment) -> Experiment:
    """Return the experiment on all that is known of its data now."""
    data = experiment.data
    if data.vintage is None and data.known is None:
        return _with(experiment, {"last": None})
    store = Path(data.vintages).expanduser() if data.vintages else STORE
    try:
        series = find(store, data.vintage).series if data.vintage else None
    except ValueError:
        series = data.vintage
    return _with(experiment, {"vintage": series, "known": None if series else "9999-12-31", "last": None})


def with_data_of(one: Experiment, other: Experiment) -> Experiment:
    """Return an experiment on the data of another, counted as itself says.

    Where one reads a bundled table and the other a file or snapshots, how to count goes with the data too.
    """
    theirs, mine = other.data.model_dump(), one.data.model_dump()
    alike = (one.data.bundled is None) == (other.data.bundled is None)
    return _with(one, {key: value for key, value in theirs.items() if key in SOURCE} if alike else {**mine, **theirs})


def is_that_of(panel: Panel, manifest: Mapping[str, Any]) -> bool:
    """Return whether a panel, cut at the origin of a release, is the one that the release was made from."""
    return _cut(panel, manifest).content_hash() == str(manifest["data"]["panel_sha256"])


def as_issued(experiment: Experiment, manifest: Mapping[str, Any]) -> Panel:
    """Return the data that a release was made from.

    Raises
    ------
    ValueError, OSError
        If they are not to be had any more; the message says what is there instead.
    """
    panel, _ = read_data(pinned(experiment, manifest))
    origin = pd.Period(manifest["origin"], "M")
    if not panel.months[0] <= origin <= panel.origin:
        raise ValueError(f"its data now end in {panel.origin}, before its origin {origin}")
    if not is_that_of(panel, manifest):
        raise ValueError(
            f"its data are not those it was made from: expected the panel {manifest['data']['panel_sha256'][:12]}, got "
            f"{_cut(panel, manifest).content_hash()[:12]}"
        )
    return panel


def revised(panel: Panel, manifest: Mapping[str, Any]) -> Panel:
    """Return the months that a release was made from as a later panel tells of them.

    What was known on days before the release stays as it was known: no revision changes that.
    """
    origin = pd.Period(manifest["origin"], "M")
    if not isinstance(panel, KnownPanel):
        return panel.as_of(origin)
    cut = replace(panel, earlier=()).as_of(origin)
    day = _known(manifest)
    return replace(cut, known=NO_DAY, earlier=tuple(each for each in panel.earlier if each.known < day))


def fingerprint(panel: Panel) -> str:
    """Return the hash of all in a panel that a forecast from its last month depends on."""
    digest = sha256()
    for each in (panel, *(panel.earlier if isinstance(panel, KnownPanel) else ())):
        digest.update(Panel.content_hash(each).encode())
        digest.update(each.covered.to_numpy().tobytes())
        if isinstance(each, KnownPanel):
            # The day of the panel itself decides nothing, those of earlier ones do.
            digest.update(f"{NO_DAY if each is panel else each.known}|{each.delay}|{each.ages}".encode())
    return digest.hexdigest()


def named(panel: Panel) -> str:
    """Return which data a panel holds, in words: its snapshots, or the beginning of its hash."""
    if isinstance(panel, KnownPanel) and panel.snapshots:
        return ", ".join(f"{each['name']} {each['content'][:12]}" for each in panel.snapshots)
    return f"panel {panel.content_hash()[:12]}"


def _cut(panel: Panel, manifest: Mapping[str, Any]) -> Panel:
    return panel.as_of(pd.Period(manifest["origin"], "M"))


def _known(manifest: Mapping[str, Any]) -> str:
    told = manifest["data"].get("snapshots")
    return str(told[0]["known"]) if told else NO_DAY


def _with(experiment: Experiment, changes: Mapping[str, Any]) -> Experiment:
    data = DataSettings(**{**experiment.data.model_dump(), **changes})
    return experiment.model_copy(update={"data": data})

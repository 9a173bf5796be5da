"""Scores kept by content: what decides those of a model at an origin is hashed, and the hash names a Parquet file."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from hashlib import sha256
from importlib import import_module
from inspect import getsourcefile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harmattan.backtest import Scored
from harmattan.models.weighing import THRESHOLDS, Past
from harmattan.panel import Panel
from harmattan.sections import ModelSettings
from harmattan.settings import Experiment
from harmattan.whole import explained, replacing
from harmattan.workers import code

KEY = b"harmattan_content"
VALUES = b"harmattan_values"
NEEDED = ("model", "origin", "horizon", "region", "observed", "log_score")
_PAST = ("origin", "month", "quiet", "observed")


class Cache:
    """What is finished of backtests, one file for each model and origin, in a folder that experiments share.

    A model at an origin has the same name wherever all that decides its scores is the same, so a backtest of more
    origins takes over those of a shorter one.

    Parameters
    ----------
    folder
        Made when there is something to keep.
    experiment
        Whose models are tried.
    panel
        What they are tried on, cut as it is given to `harmattan.backtest.backtest`.
    """

    def __init__(self, folder: Path, experiment: Experiment, panel: Panel) -> None:
        self.folder = folder
        self.experiment = experiment
        self.mark = data_hash(panel)

    def scored(self, name: str, origin: pd.Period, earlier: Sequence[pd.Period], *, maps: bool) -> Scored | None:
        """Return a model's scores at an origin; None if they are not kept whole."""
        rows = read(self.folder, self.key("rows", name, origin, earlier))
        whole = read(self.folder, self.key("maps", name, origin, earlier), needed=()) if maps else None
        return None if rows is None or (maps and whole is None) else Scored(rows, whole)

    def keep(self, name: str, origin: pd.Period, earlier: Sequence[pd.Period], scored: Scored) -> None:
        """Keep a model's scores at an origin."""
        write(self.folder, self.key("rows", name, origin, earlier), scored.rows)
        if scored.maps is not None:
            write(self.folder, self.key("maps", name, origin, earlier), scored.maps)

    def past(self, members: Sequence[str], origin: pd.Period) -> Past | None:
        """Return what members of pools that learn forecast at an origin; None if that is not kept whole."""
        table = read(self.folder, self._past_key(members, origin), needed=_PAST)
        if table is None:
            return None
        levels = len(THRESHOLDS)
        upto = {
            name: np.stack([table[f"{place}.{level}"].to_numpy() for level in range(levels)], axis=1)
            for place, name in enumerate(members)
        }
        return Past(table[list(_PAST)], upto)

    def keep_past(self, members: Sequence[str], origin: pd.Period, past: Past) -> None:
        """Keep what members of pools that learn forecast at an origin."""
        columns = {
            f"{place}.{level}": past.upto[name][:, level]
            for place, name in enumerate(members)
            for level in range(len(THRESHOLDS))
        }
        table = pd.concat([past.rows, pd.DataFrame(columns, index=past.rows.index)], axis=1)
        write(self.folder, self._past_key(members, origin), table)

    def key(self, what: str, name: str, origin: pd.Period, earlier: Sequence[pd.Period] = ()) -> str:
        """Return the hash of all that decides the scores of one model at one origin."""
        said = self._said(name) | {"what": what, "at": str(origin), "learnt from": [str(each) for each in earlier]}
        return _hash(said)

    def _past_key(self, members: Sequence[str], origin: pd.Period) -> str:
        return _hash({"what": "past", "at": str(origin), "of": [self._said(name) for name in members]})

    def _said(self, name: str) -> dict[str, Any]:
        return _said(self.experiment, name, self.mark)


def content_key(experiment: Experiment, name: str, panel_hash: str) -> str:
    """Return the hash of all that decides the scores of one model of an experiment at all its origins.

    That is the data, its settings and those of a pool's members, how and where it is tried, and the code of Harmattan,
    of the libraries it counts with and of classes of the user's own.
    """
    tried = experiment.backtest.model_dump(mode="json")
    return _hash(_said(experiment, name, panel_hash) | {"tried": tried, "origin": experiment.forecast.origin})


def data_hash(panel: Panel) -> str:
    """Return the hash of a panel with the static facts of its regions and who neighbours whom."""
    table, links = panel.regions.table, panel.regions.neighbours.weights
    facts = table.drop(columns=[name for name in table if str(name) == "geometry"]).to_csv()
    digest = sha256(f"{panel.content_hash()}|{facts}".encode())
    for array, kind in ((links.indptr, "<i8"), (links.indices, "<i8"), (links.data, "<f8")):
        digest.update(np.ascontiguousarray(array, dtype=kind).tobytes())
    return digest.hexdigest()


def read(folder: Path, key: str, *, needed: Collection[str] = NEEDED) -> pd.DataFrame | None:
    """Return the table kept under a key; None if there is none, or it is damaged, which is as good as none."""
    path = _place(folder, key)
    if not path.is_file():
        return None
    try:
        table = pq.read_table(path, page_checksum_verification=True, memory_map=False)
        found = table.to_pandas()
    except (pa.ArrowException, OSError, ValueError):
        return None
    said = table.schema.metadata or {}
    # Checksums of pages do not cover their headers.
    whole = said.get(KEY) == key.encode() and said.get(VALUES) == _values_hash(found)
    return found if whole and set(needed) <= set(found) else None


def write(folder: Path, key: str, rows: pd.DataFrame) -> None:
    """Keep a table under a key, whole or not at all."""
    path = _place(folder, key)
    table = pa.Table.from_pandas(rows, preserve_index=False)
    table = table.replace_schema_metadata(
        {**(table.schema.metadata or {}), KEY: key.encode(), VALUES: _values_hash(rows)}
    )
    with explained(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            pq.write_table(table, partial, compression="zstd", write_page_checksum=True)


def members(model: ModelSettings) -> list[str]:
    """Return the names of a pool's members; none for other models."""
    return list(dict.fromkeys([*(model.members or ()), *(model.quiet_members or ())]))


def _said(experiment: Experiment, name: str, panel_hash: str) -> dict[str, Any]:
    """What decides the scores of a model, but for where it is tried."""
    asked = experiment.forecast
    return {
        "data": panel_hash,
        "model": _content(experiment, name),
        "horizons": experiment.backtest.horizons,
        "measure": experiment.data.measure,
        "delay": experiment.data.delay,
        "forecast": {"lag": asked.lag, "draws": asked.draws, "seed": asked.seed},
        "code": code(),
    }


def _hash(said: dict[str, Any]) -> str:
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _values_hash(table: pd.DataFrame) -> bytes:
    """The hash of the names, types and values of all columns."""
    digest = sha256()
    for name in table:
        column = table[name]
        plain = isinstance(column.dtype, np.dtype) and column.dtype.kind in "bif"
        values = column.to_numpy() if plain else pd.util.hash_pandas_object(column, index=False).to_numpy()
        digest.update(f"{name}|{column.dtype}|{len(column)}|".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest().encode()


def _place(folder: Path, key: str) -> Path:
    return folder / key[:2] / f"{key}.parquet"


def _content(experiment: Experiment, name: str) -> dict[str, Any]:
    model = experiment.models[name]
    found: dict[str, Any] = {"name": name, **model.model_dump(mode="json", exclude={"baseline"})}
    if model.kind == "direct" and model.months is None:
        found["months"] = experiment.forecast.learn_from
    found["members_are"] = [_content(experiment, each) for each in members(model) if each in experiment.models]
    found["own_code"] = [_source(each) for each in (model.kind, model.estimator) if each and ":" in each]
    return found


def _source(name: str) -> str:
    """The hash of the file that defines a class of the user's own."""
    file = getsourcefile(import_module(name.partition(":")[0]))
    return sha256(Path(file).read_bytes()).hexdigest() if file else name

"""Scored rows kept by content: what decides a model's scores is hashed, and the hash names a Parquet file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache as once
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from inspect import getsourcefile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harmattan.panel import Panel
from harmattan.paths import PACKAGE, data_dir
from harmattan.sections import ModelSettings
from harmattan.settings import Experiment
from harmattan.whole import explained, replacing

LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "statsmodels")
KEY = b"harmattan_content"
NEEDED = ("model", "origin", "horizon", "region", "observed", "log_score")


def content_key(experiment: Experiment, name: str, panel_hash: str) -> str:
    """Return the hash of all that decides the scores of one model of an experiment.

    That is the data, its settings and those of a pool's members, how and where it is tried, and the code of Harmattan,
    of the libraries it counts with and of classes of the user's own.
    """
    asked = experiment.forecast
    said = {
        "data": panel_hash,
        "model": _content(experiment, name),
        "tried": experiment.backtest.model_dump(mode="json"),
        "measure": experiment.data.measure,
        "forecast": {"origin": asked.origin, "lag": asked.lag, "draws": asked.draws, "seed": asked.seed},
        "code": _code(),
    }
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def data_hash(panel: Panel) -> str:
    """Return the hash of a panel with the static facts of its regions and who neighbours whom."""
    table = panel.regions.table
    facts = table.drop(columns=[name for name in table if str(name) == "geometry"]).to_csv()
    return sha256(f"{panel.content_hash()}|{facts}".encode()).hexdigest()


def read(folder: Path, key: str) -> pd.DataFrame | None:
    """Return the rows kept under a key; None if there are none, or they are damaged, which is as good as none."""
    path = _place(folder, key)
    if not path.is_file():
        return None
    try:
        table = pq.read_table(path, page_checksum_verification=True, memory_map=False)
    except (pa.ArrowException, OSError):
        return None
    if (table.schema.metadata or {}).get(KEY) != key.encode() or not set(NEEDED) <= set(table.column_names):
        return None
    rows = table.to_pandas()
    return None if rows.empty else rows


def write(folder: Path, key: str, rows: pd.DataFrame) -> None:
    """Keep rows under a key, whole or not at all."""
    path = _place(folder, key)
    table = pa.Table.from_pandas(rows, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), KEY: key.encode()})
    with explained(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            pq.write_table(table, partial, compression="zstd", write_page_checksum=True)


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


def members(model: ModelSettings) -> list[str]:
    """Return the names of a pool's members; none for other models."""
    return list(dict.fromkeys([*(model.members or ()), *(model.quiet_members or ())]))


def _source(name: str) -> str:
    """The hash of the file that defines a class of the user's own."""
    file = getsourcefile(import_module(name.partition(":")[0]))
    return sha256(Path(file).read_bytes()).hexdigest() if file else name


@once
def _code() -> Mapping[str, str]:
    digest = sha256()
    for path in [*sorted(PACKAGE.rglob("*.py")), *sorted(data_dir().glob("*.csv")), *sorted(data_dir().glob("*.toml"))]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return {"harmattan": digest.hexdigest(), **{name: version(name) for name in LIBRARIES}}

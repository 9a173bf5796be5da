"""The folder of features made by blocks: a file for each block, which region is in which, and what was made.

The file of a block has one row for each month and region of it: ``region``, ``month`` (``YYYY-MM``) and a column of
float32 for each feature, by month and then region. ``manifest.json`` comes last: without it the folder is not finished.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harmattan.blocks.halo import Places
from harmattan.whole import replacing, write_text

KEY = b"harmattan_block"
MANIFEST, MEMBERS = "manifest.json", "regions.parquet"
ROWS_TOGETHER = 250_000
Values = npt.NDArray[np.float32]


def name_of(place: int) -> str:
    """Return the file name of a block.

    Examples
    --------
    >>> name_of(7)
    'block-00007.parquet'
    """
    return f"block-{place:05d}.parquet"


def write_block(
    file: Path, values: Values, codes: Sequence[str], months: pd.PeriodIndex, names: Sequence[str], key: str
) -> None:
    """Write the features of a block, shape (feature, month, region), whole or not at all."""
    number, together = len(codes), max(1, ROWS_TOGETHER // len(codes))
    text = pa.dictionary(pa.int32(), pa.string())
    fields = [pa.field("region", text), pa.field("month", text), *(pa.field(each, pa.float32()) for each in names)]
    schema = pa.schema(fields, {KEY: key})
    regions, steps = pa.array(codes, pa.string()), pa.array([str(each) for each in months], pa.string())
    with (
        replacing(file) as partial,
        pq.ParquetWriter(
            partial,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=["region", "month"],
            write_page_checksum=True,
        ) as writer,
    ):
        for first in range(0, len(months), together):
            part = values[:, first : first + together]
            length = part.shape[1]
            where = np.tile(np.arange(number, dtype=np.int32), length)
            when = np.repeat(np.arange(first, first + length, dtype=np.int32), number)
            keyed = [pa.DictionaryArray.from_arrays(*each) for each in ((where, regions), (when, steps))]
            writer.write_table(pa.table([*keyed, *(pa.array(each.reshape(-1)) for each in part)], schema=schema))


def finish(
    out: Path, key: str, regions: Sequence[str], blocks: Sequence[Places], keys: Sequence[str], told: Mapping[str, Any]
) -> None:
    """Write which region is in which file, then the manifest, and take away files of an earlier cut."""
    block = np.empty(len(regions), dtype=np.int32)
    for place, members in enumerate(blocks):
        block[members] = place
    with replacing(out / MEMBERS) as partial:
        pq.write_table(pa.table({"region": list(regions), "block": block}), partial)
    about = [{"file": name_of(place), "regions": len(blocks[place]), "key": each} for place, each in enumerate(keys)]
    write_text(out / MANIFEST, json.dumps({"key": key, **told, "blocks": about}, indent=1))
    for file in out.glob("block-*.parquet"):
        if file.name not in {name_of(place) for place in range(len(keys))}:
            file.unlink()


def is_made(file: Path, key: str) -> bool:
    """Return whether a file is the one of this key; a file appears whole or not at all."""
    try:
        return (pq.read_schema(file).metadata or {}).get(KEY) == key.encode()
    except (pa.ArrowException, OSError):
        return False


def finished_files(out: Path, key: str) -> list[Path] | None:
    """Return the files of a folder that holds these features, all of them; None if it does not yet.

    Raises
    ------
    ValueError
        If it holds others.
    """
    told = _manifest(out)
    if told is None:
        return None
    if told["key"] != key:
        raise ValueError(f"{out} holds features of other counts, regions, settings or code; name another folder")
    files = [out / each["file"] for each in told["blocks"]]
    made = all(is_made(file, each["key"]) for file, each in zip(files, told["blocks"], strict=True))
    return files if made else None


def read_features(
    folder: Path, *, regions: Sequence[str] | None = None, first: str | None = None, last: str | None = None,
    features: Sequence[str] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return features of some regions and months; only the files and parts of files that hold them are read.

    Parameters
    ----------
    folder
        What `write_features` wrote.
    regions
        Codes; None for all.
    first, last
        Months, both included; None for no bound.
    features
        Column names; None for all.

    Returns
    -------
    DataFrame
        Columns ``region``, ``month`` and the features, by month and then region.

    Raises
    ------
    FileNotFoundError
        If the folder holds no finished features.
    ValueError
        If a region or a feature is not among them, or a file is not the one that was written.
    """
    told = _manifest(folder)
    if told is None:
        raise FileNotFoundError(f"{folder} holds no features, or a run that is not finished: there is no {MANIFEST}")
    held = pd.read_parquet(folder / MEMBERS)
    codes = list(held["region"]) if regions is None else list(regions)
    names = list(told["features"]) if features is None else list(features)
    _check_known(folder, "region", codes, held["region"])
    _check_known(folder, "feature", names, told["features"])
    where = [("month", ">=", first or told["first"]), ("month", "<=", last or told["last"])]
    inside = held[held["region"].isin(codes)]
    parts = []
    for block in np.unique(inside["block"].to_numpy()):
        about = told["blocks"][int(block)]
        some = list(inside["region"][inside["block"] == block])
        these = [] if len(some) == about["regions"] else [("region", "in", some)]
        file = folder / about["file"]
        if not is_made(file, about["key"]):
            raise ValueError(f"{file} is not the file that was written here; make the features again")
        parts.append(pq.read_table(file, columns=["region", "month", *names], filters=[*where, *these]).to_pandas())
    found = pd.concat(parts, ignore_index=True).astype({"region": "str", "month": "str"})
    place = pd.Index(held["region"]).get_indexer(pd.Index(found["region"]))
    order = np.lexsort([place, found["month"].to_numpy()])
    ordered: pd.DataFrame = found.iloc[order].reset_index(drop=True)
    return ordered


def _check_known(folder: Path, what: str, asked: Sequence[str], known: Sequence[str] | pd.Series) -> None:
    """Raise if something asked for is not there."""
    there = set(known)
    lost = [each for each in asked if each not in there]
    if lost:
        raise ValueError(f"{folder} has no {what} {lost[0]!r}; it has {len(there)}, such as {min(there)!r}")


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told

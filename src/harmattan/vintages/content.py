"""What is hashed and stored of events or counts: one table, its rows in one order, missing values alike everywhere."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from harmattan.counts import KEY, Counts
from harmattan.events import COLUMNS, OPTIONAL, Events, event_table

Found = Events | Counts

_KINDS = {
    "str": pa.string(), "datetime64[us]": pa.timestamp("us"), "float64": pa.float64(), "Int64": pa.int64(),
    "boolean": pa.bool_(),
}  # fmt: skip


def kind_of(found: Found) -> str:
    """Return ``events`` or ``counts``."""
    return "events" if isinstance(found, Events) else "counts"


def canonical(found: Found) -> pa.Table:
    """Return the rows sorted by event, or by region and month, without optional columns that say nothing.

    Months are written ``YYYY-MM``. Two tables of the same rows in any order give the same.

    Examples
    --------
    >>> table = event_table({"event": ["b", "a"], "start": ["2023-05-04"] * 2})
    >>> canonical(Events(table, source="example")).column("event").to_pylist()
    ['a', 'b']
    """
    if isinstance(found, Events):
        types = {**COLUMNS, **{name: kind for name, kind in OPTIONAL.items() if name in found.table}}
        told = [name for name in types if name in COLUMNS or found.table[name].notna().any()]
        columns = {name: _array(found.table[name], _KINDS[types[name]]) for name in told}
        order = [("event", "ascending")]
    else:
        measures = [name for name in found.table if name not in KEY]
        columns = {
            "region": _array(found.table["region"], pa.string()),
            "month": _array(found.table["month"].astype("str"), pa.string()),
            **{str(name): _array(found.table[name], pa.float64()) for name in measures},
        }
        order = [("region", "ascending"), ("month", "ascending")]
    table = pa.table(columns)
    return table.take(pc.sort_indices(table, sort_keys=order)).combine_chunks()


def content_hash(table: pa.Table, *, kind: str, source: str) -> str:
    """Return the SHA-256 of a canonical table: the same rows of the same source, whatever file they came in.

    It does not depend on the order of rows, on how a file is packed or on the version of a library.
    """
    digest = sha256(f"{kind}|{source}|{table.num_rows}".encode())
    for name in table.column_names:
        column = pa.concat_arrays(table.column(name).chunks) if table.num_rows else pa.array([], table[name].type)
        digest.update(f"|{name}|{column.type}|".encode())
        digest.update(np.array(pc.is_null(column), dtype=bool).tobytes())
        for part in _parts(column):
            digest.update(part)
    return digest.hexdigest()


def restored(table: pa.Table, *, kind: str, source: str, first: pd.Period, last: pd.Period) -> Found:
    """Return events or counts as they were before `canonical`, in its order."""
    mapper = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame = table.to_pandas(types_mapper=mapper.get)
    if kind == "events":
        return Events(event_table(frame), source)
    frame["month"] = pd.PeriodIndex(frame["month"], freq="M")
    return Counts(frame, source, first, last)


def _array(values: pd.Series, kind: pa.DataType) -> pa.Array:
    array = pa.Array.from_pandas(values, type=kind)
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def _parts(column: pa.Array) -> list[bytes]:
    """The values as bytes, what stands under a missing one left out of account."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        filled = pc.fill_null(column, "")
        lengths = np.array(pc.binary_length(filled), dtype="<i8")
        return [lengths.tobytes(), pc.binary_join(pa.array([filled.to_pylist()]), "")[0].as_py().encode()]
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values = np.array(pc.fill_null(column, pa.scalar(0, pa.int64()).cast(column.type)))
    # Minus zero is zero.
    return [(values + 0.0).astype("<f8").tobytes()] if values.dtype.kind == "f" else [values.astype("<i8").tobytes()]

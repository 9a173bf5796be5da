"""Columns of a Parquet file as text, within bounds: a file of a few bytes may say that it holds billions of values."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harmattan.sources.files import LIMIT, SourceError, short

MOST_ROWS = 20_000_000


def opened(content: bytes, place: str) -> pq.ParquetFile:
    """Return a Parquet file, of which only the schema has been read.

    Raises
    ------
    SourceError
        If it is damaged, or has too many rows.
    """
    return _opened(content, place, [])


def text_columns(content: bytes, wanted: Sequence[str], place: str) -> pd.DataFrame:
    """Return the columns wanted as text, NaN where missing.

    Raises
    ------
    SourceError
        If the file is damaged or too large, or a column holds anything but numbers, dates or text.

    Examples
    --------
    >>> stream = io.BytesIO()
    >>> pq.write_table(pa.table({"region": ["ML-5"], "attacks": [2.0]}), stream)
    >>> text_columns(stream.getvalue(), ["attacks"], "a.parquet")["attacks"].tolist()
    ['2']
    """
    schema = _opened(content, place, []).schema_arrow
    for name in wanted:
        kind = schema.field(name).type
        if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
            raise SourceError(f"{place}: column {name} holds {short(str(kind))}; expected numbers, dates or text")
    # As a dictionary a value that is repeated a million times takes the memory of one.
    file = _opened(content, place, list(wanted))
    _refuse_larger(_packed_size(file, wanted), place)
    try:
        table = file.read(columns=list(wanted))
    except (pa.ArrowException, OSError, KeyError) as error:
        raise SourceError(f"{place}: is a Parquet file that is damaged or cut off; fetch it again") from error
    _refuse_larger(sum(_size(table.column(name)) for name in wanted), place)
    return pd.DataFrame({name: _text(table.column(name), name, place) for name in wanted})


def _opened(content: bytes, place: str, repeated: list[str]) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(io.BytesIO(content), read_dictionary=repeated)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{place}: is a Parquet file that is damaged or cut off; fetch it again") from error
    if file.metadata.num_rows > MOST_ROWS:
        raise SourceError(f"{place}: has {file.metadata.num_rows:,} rows, more than {MOST_ROWS:,}; split it by year")
    return file


def _packed_size(file: pq.ParquetFile, wanted: Sequence[str]) -> int:
    """Bytes that the columns wanted take before values that repeat are written out, as the file states them."""
    groups = [file.metadata.row_group(each) for each in range(file.metadata.num_row_groups)]
    columns = [group.column(place) for group in groups for place in range(group.num_columns)]
    return sum(each.total_uncompressed_size for each in columns if each.path_in_schema in wanted)


def _size(column: pa.ChunkedArray) -> int:
    """Bytes of a column with every value written out."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    total = 0
    for chunk in column.chunks:
        lengths = np.asarray(pc.fill_null(pc.binary_length(chunk.dictionary), 0), dtype=np.int64)
        places = np.asarray(pc.drop_null(chunk.indices), dtype=np.int64)
        total += int(np.bincount(places, minlength=len(lengths))[: len(lengths)] @ lengths) if len(places) else 0
    return total


def _refuse_larger(size: int, place: str) -> None:
    if size > LIMIT:
        raise SourceError(f"{place}: unpacks to more than {LIMIT:,} bytes; split it by year")


def _text(column: pa.ChunkedArray, name: str, place: str) -> pd.Series:
    try:
        text: pd.Series = pc.cast(column, pa.string()).to_pandas().astype("str")
    except pa.ArrowNotImplementedError as error:
        kind = short(str(column.type))
        raise SourceError(f"{place}: column {name} holds {kind}; expected numbers, dates or text") from error
    except pa.ArrowException as error:
        raise SourceError(f"{place}: column {name} holds bytes that are not text in UTF-8") from error
    return text

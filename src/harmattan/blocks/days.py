"""Dates of many kinds as numbers of days since 1970-01-01."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

YEARS = (1900, 2100)
Days = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def days_of(columns: Sequence[pa.ChunkedArray]) -> tuple[Days, Mask]:
    """Return days since 1970-01-01 and whether each row has a date from 1900 to 2100; days are 0 where it has none.

    Parameters
    ----------
    columns
        One column of dates, times (with a time zone: the day there), text ``YYYY-MM-DD`` (a time may follow) or
        ``YYYYMMDD``, or numbers ``YYYYMMDD``; or three of year, month and day.

    Examples
    --------
    >>> days, known = days_of([pa.chunked_array([[19700102, 20230230, None]])])
    >>> days.tolist(), known.tolist()
    ([1, 0, 0], [True, False, False])
    """
    if len(columns) == 3:
        return _calendar(*(_whole(each) for each in columns))
    kind = columns[0].type
    held = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_date(held) or pa.types.is_timestamp(held):
        return _from_dates(columns[0].cast(held))
    if pa.types.is_integer(held) or pa.types.is_floating(held):
        number = _whole(columns[0])
        return _calendar(number // 10000, number // 100 % 100, number % 100)
    return _from_text(columns[0])


def _from_dates(column: pa.ChunkedArray) -> tuple[Days, Mask]:
    if pa.types.is_timestamp(column.type) and column.type.tz:
        column = pc.local_timestamp(column)
    days = pc.cast(pc.cast(column, pa.date32(), safe=False), pa.int32())
    known = np.asarray(pc.is_valid(column), dtype=bool)
    return _within(np.asarray(pc.fill_null(days, 0), dtype=np.int64), known)


def _from_text(column: pa.ChunkedArray) -> tuple[Days, Mask]:
    """Each text that occurs is read once."""
    packed = column.combine_chunks() if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    packed = packed.combine_chunks() if isinstance(packed, pa.ChunkedArray) else packed
    read = [_day(each) for each in packed.dictionary.to_pylist()]
    place = np.asarray(pc.fill_null(packed.indices, len(read)), dtype=np.int64)
    days = np.array([*(0 if each is None else each for each in read), 0], dtype=np.int64)
    known = np.array([*(each is not None for each in read), False])
    return _within(days[place], known[place])


def _day(text: str | None) -> int | None:
    """The day of a text; None if it is not one."""
    written = (text or "").strip()
    if len(written) > 10 and written[10] in " T":
        written = written[:10]
    if len(written) not in (8, 10) or not written.replace("-", "").isdigit() or not written.isascii():
        return None
    try:
        return date.fromisoformat(written).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None


def _whole(column: pa.ChunkedArray) -> Days:
    """Whole numbers; -1 where there is none."""
    held = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    if pa.types.is_string(held.type) or pa.types.is_large_string(held.type) or pa.types.is_string_view(held.type):
        texts = held.dictionary_encode().combine_chunks()
        read = np.array([*map(_digits, texts.dictionary.to_pylist()), -1], dtype=np.int64)
        return read[np.asarray(pc.fill_null(texts.indices, len(read) - 1), dtype=np.int64)]
    values = pc.cast(held, pa.float64(), safe=False).to_numpy()
    good = np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < 1e9)
    return np.where(good, values, -1).astype(np.int64)


def _digits(text: str | None) -> int:
    written = (text or "").strip()
    return int(written) if written.isascii() and written.isdigit() and len(written) < 9 else -1


def _calendar(year: Days, month: Days, day: Days) -> tuple[Days, Mask]:
    known = (year >= YEARS[0]) & (year <= YEARS[1]) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = np.where(known, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (np.where(known, day, 1) - 1)
    known &= days.astype("datetime64[M]") == months
    return np.where(known, days.astype(np.int64), 0), known


def _within(days: Days, known: Mask) -> tuple[Days, Mask]:
    first, last = (np.datetime64(f"{year}", "D").astype(np.int64) for year in (YEARS[0], YEARS[1] + 1))
    known = known & (days >= first) & (days < last)
    return np.where(known, days, 0), known

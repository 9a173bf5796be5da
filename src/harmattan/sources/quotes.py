"""Whether the quotation marks of a CSV pair up: one that is never closed would swallow rows without a word."""

from __future__ import annotations

import csv
import io
import sys

import numpy as np

_BLOCK = 1 << 24
_MARK = ord('"')


def pair_up(content: bytes, separator: str) -> bool:
    """Whether every quotation mark begins or ends a value, or is doubled inside one.

    Marks inside values without quotation marks around them do no harm, but are not told apart here: where the answer
    is no, ask `first_unpaired`, which is slow.

    Examples
    --------
    >>> pair_up(b'a,b\\n1,"x ""y"" z"\\n', ","), pair_up(b'a,b\\n1,"x\\n2,"y\\n', ",")
    (True, False)
    """
    whole = np.frombuffer(content, dtype=np.uint8)
    parts = [np.flatnonzero(whole[at : at + _BLOCK] == _MARK) + at for at in range(0, len(whole), _BLOCK)]
    marks = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
    if len(marks) % 2:
        return False
    edges = np.frombuffer(f'{separator}\n\r"'.encode(), dtype=np.uint8)
    before, after = marks[::2] - 1, marks[1::2] + 1
    opened = np.isin(whole[np.maximum(before, 0)], edges) | (before < 0)
    # A byte-order mark may stand before the first of them.
    opened |= before == 2
    closed = np.isin(whole[np.minimum(after, len(whole) - 1)], edges) | (after == len(whole))
    return bool(opened.all() and closed.all())


def first_unpaired(content: bytes, separator: str) -> int | None:
    """Return the line on which the first value begins whose quotation mark is not closed where the value ends.

    Examples
    --------
    >>> first_unpaired(b'a,b\\n1,2\\n1,"x\\n2,"y\\n', ",")
    3
    >>> first_unpaired(b'a,b\\n1,5" gun\\n', ",")
    """
    usual = csv.field_size_limit(sys.maxsize)
    line = 1
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator, strict=True)
        for _ in reader:
            line = reader.line_num + 1
    except csv.Error:
        return line
    finally:
        csv.field_size_limit(usual)
    return None

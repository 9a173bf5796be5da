"""Whether the quotation marks of a CSV pair up: one that is never closed would swallow rows without a word."""

from __future__ import annotations

import csv
import io
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

_BLOCK, _THREADS = 1 << 20, 2
_MARK = ord('"')

Counts = npt.NDArray[np.int64]


def pair_up(content: bytes, separator: str) -> bool:
    """Whether every quotation mark begins or ends a value, or is doubled inside one.

    Marks inside values without quotation marks around them do no harm, but are not told apart here: where the answer
    is no, ask `first_unpaired`, which is slow.

    Examples
    --------
    >>> pair_up(b'a,b\\n1,"x ""y"" z"\\n', ","), pair_up(b'a,b\\n1,"x\\n2,"y\\n', ",")
    (True, False)
    """
    return paired(content, separator) is not None


def paired(content: bytes, separator: str) -> Counts | None:
    """Return how many quotation marks stand before each block of the content, for `marks_before`.

    None if they do not pair up.
    """
    whole = np.frombuffer(content, dtype=np.uint8)
    edge = np.zeros(256, dtype=bool)
    edge[list(f'{separator}\n\r"'.encode())] = True

    def look(start: int) -> tuple[int, bool, bool]:
        """The number of marks, and whether they fit if the first of them begins a value, or ends one."""
        marks = np.flatnonzero(whole[start : start + _BLOCK] == _MARK) + start
        # A byte-order mark may stand before the first of them.
        opens = edge[whole[np.maximum(marks - 1, 0)]] | (marks == 0) | (marks == 3)
        closes = edge[whole[np.minimum(marks + 1, len(whole) - 1)]] | (marks + 1 == len(whole))
        begins, ends = (bool(opens[at::2].all() and closes[1 - at :: 2].all()) for at in (0, 1))
        return len(marks), begins, ends

    starts = range(0, len(whole), _BLOCK)
    with ThreadPoolExecutor(_THREADS) as pool:
        found = list(pool.map(look, starts) if len(starts) > 1 else map(look, starts))
    counts = np.cumsum([0, *(number for number, _, _ in found)])
    fit = all(fits[before % 2] for before, (_, *fits) in zip(counts.tolist(), found, strict=False))
    return counts if fit and counts[-1] % 2 == 0 else None


def marks_before(content: bytes, counts: Counts, at: int) -> int:
    """Return how many quotation marks stand before a place in the content.

    Examples
    --------
    >>> content = b'a,"b"'
    >>> marks_before(content, paired(content, ","), 4)
    1
    """
    block = at // _BLOCK
    return int(counts[block]) + content.count(b'"', block * _BLOCK, at)


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

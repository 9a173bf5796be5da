"""Known blind spots: what a source does not record of a country, with where that is stated."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from harmattan.result import Result


@cache
def table() -> pd.DataFrame:
    """Return what is known of blind spots.

    Returns
    -------
    pandas.DataFrame
        ``source`` (a word of its caption), ``country``, ``blind`` (whether next to nothing is recorded there), ``says``
        and ``reference``, where that is stated.

    Examples
    --------
    >>> table().query("source == 'UCDP' and blind")["country"].tolist()
    ['CIV', 'GHA', 'GIN', 'SEN']
    """
    told = pd.read_csv(Path(__file__).with_name("blind_spots.csv"), keep_default_na=False, dtype=str)
    return told.assign(blind=told["blind"] == "yes")


def blind_spots(result: Result, country: str) -> pd.DataFrame:
    """Return the rows of `table` that hold for a country and the source of a result."""
    known = table()
    used = known["source"].map(lambda source: source in result.caption.source)
    return known[used & (known["country"] == country)]

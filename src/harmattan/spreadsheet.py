"""Tables as CSV that is safe to open in a spreadsheet: text that it would run as a formula stays text.

Names of regions, models and sites come from files of others. Parquet holds text as it is.

Reference
---------
OWASP, *CSV Injection*, https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import re

import pandas as pd

FORMULA_STARTS = "=+-@＝＋－＠﹦﹢﹣﹫\t\r\n\x00"

_RUNS = re.compile(f"'*[{re.escape(FORMULA_STARTS)}]")
_MARKED = re.compile(f"'+[{re.escape(FORMULA_STARTS)}]")


def inert(text: str) -> str:
    """Return text as it is safe in a cell.

    A spreadsheet runs a cell that begins with ``= + - @``, their full-width and small forms, a tab or a line break; an
    apostrophe before it makes it text. Apostrophes that already stand there get one more, so that `restored` gives back
    the same text.

    Examples
    --------
    >>> inert("=1+1"), inert("Depot = north"), inert("'=1")
    ("'=1+1", 'Depot = north', "''=1")
    """
    return f"'{text}" if _RUNS.match(text) else text


def restored(text: str) -> str:
    """Return what `inert` was given.

    Examples
    --------
    >>> restored("'=1+1"), restored("'t Huis")
    ('=1+1', "'t Huis")
    """
    return text[1:] if _MARKED.match(text) else text


def as_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV text without its index, every text in it and every heading `inert`.

    Examples
    --------
    >>> as_csv(pd.DataFrame({"name": ["=1", "Gao"], "change": [-1, 2]}))
    "name,change\\n'=1,-1\\nGao,2\\n"
    """
    texts = table.select_dtypes(include=["object", "string", "category"]).columns
    safe = {column: table[column].astype(object).map(_inert, na_action="ignore") for column in texts}
    named = table.assign(**safe).rename(columns=_inert)
    return str(named.to_csv(index=False, lineterminator="\n"))


def _inert(value: object) -> object:
    return inert(value) if isinstance(value, str) else value

"""Days as text, ``YYYY-MM-DD``."""

from __future__ import annotations

from datetime import datetime


def day(text: str) -> str:
    """Return a day written ``YYYY-MM-DD``.

    Raises
    ------
    ValueError
        If it is written otherwise, or there is no such day.

    Examples
    --------
    >>> day("2023-11-05")
    '2023-11-05'
    """
    try:
        parsed = datetime.strptime(text, "%Y-%m-%d")
    except ValueError as error:
        raise ValueError(f"a day must be written YYYY-MM-DD, such as 2023-11-05; got {text!r}") from error
    return f"{parsed:%Y-%m-%d}"

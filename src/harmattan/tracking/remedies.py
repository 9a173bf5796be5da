"""What to do when a store fails, by what its library says."""

from __future__ import annotations

REMEDIES = (
    (
        ("malformed", "not a database"),
        "; the file is damaged: move it away, then a new one is made, or name another store",
    ),
    (("database schema",), " If a newer MLflow has written it, use that one, or name another store"),
    (("lock timeout",), "; another run has held the store for long: end that run, or wait and try again"),
    (("No module named 'boto3",), '; install what reaches it: pip install "harmattan[s3]"'),
    (("No module named 'psycopg",), '; install the driver: pip install "harmattan[postgresql]"'),
)


def remedy(error: BaseException) -> str:
    """Return what to do, to be written after the error; nothing if it is not known.

    Examples
    --------
    >>> remedy(RuntimeError("database disk image is malformed"))
    '; the file is damaged: move it away, then a new one is made, or name another store'
    """
    said = str(error)
    return next((told for marks, told in REMEDIES if any(each in said for each in marks)), "")

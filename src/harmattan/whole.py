"""Folders that appear whole or not at all: built under a hidden name, flushed to disk, then renamed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial"
LOCK = ".lock"


def hidden(final: Path) -> Path:
    """Return the name under which a folder is built, beside its final place.

    Examples
    --------
    >>> hidden(Path("releases/2023-12")).name
    '.2023-12.partial'
    """
    return final.with_name(f".{final.name}{PARTIAL}")


@contextmanager
def alone_in(place: Path) -> Iterator[None]:
    """Hold the lock of an existing folder, waiting for other runs that hold it.

    The system gives the lock of a killed run back, so whatever is half built while the lock is held was left
    by such a run: it is removed.
    """
    with (place / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in place.glob(f".*{PARTIAL}"):
            shutil.rmtree(left)
        yield


def flush(folder: Path, *, inside: bool = True) -> None:
    """Have the system write a folder to disk, with everything inside it unless told otherwise."""
    for path in [*(folder.rglob("*") if inside else ()), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

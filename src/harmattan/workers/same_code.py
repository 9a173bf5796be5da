"""Which code runs: the same on every machine, or nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache as once
from hashlib import sha256
from importlib.metadata import version

from harmattan.paths import PACKAGE, data_dir

LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "statsmodels")


class ClusterError(RuntimeError):
    """A Dask cluster cannot be used, or was lost; the message says what to do."""


@once
def code() -> Mapping[str, str]:
    """Return what decides results besides data and settings: a hash of Harmattan, and versions of libraries.

    Computed once in a process.
    """
    digest = sha256()
    for path in [*sorted(PACKAGE.rglob("*.py")), *sorted(data_dir().glob("*.csv")), *sorted(data_dir().glob("*.toml"))]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return {"harmattan": digest.hexdigest(), **{name: version(name) for name in LIBRARIES}}


def check_code(theirs: object, ours: Mapping[str, str], worker: str) -> None:
    """Raise if a worker runs other code than the process that gives it tasks; name what differs."""
    if theirs == ours:
        return
    if isinstance(theirs, Mapping):
        other = [name for name in ours if theirs.get(name) != ours[name]]
        told = ", ".join(
            "Harmattan itself" if name == "harmattan" else f"{name} {theirs.get(name)}, here {ours[name]}"
            for name in other
        )
    else:
        told = last_line(theirs)
    raise ClusterError(
        f"the Dask worker {worker} runs other code than the process that gives it tasks, so results would not be the "
        f"same: {told}. Install the same versions on every machine and start the workers again"
    )


def last_line(error: object) -> str:
    """Return the last line of what an error says, or its name."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()

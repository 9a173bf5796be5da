"""How many of the processor's cores a computation may use."""

from __future__ import annotations

import os

from joblib import cpu_count


def cores_allowed() -> int:
    """Number of cores this process may use; no more than OMP_NUM_THREADS, as in the libraries for arrays.

    Workers of joblib and Dask are told by it to leave cores to each other.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(cpu_count(), int(asked)) if asked.isdigit() and int(asked) else int(cpu_count())

"""Where tasks run: in this process, in several on this machine (joblib), or on a Dask cluster.

What a task returns must depend on its arguments alone, so that the result is the same wherever it runs. `workers` gives
the place; `Workers.each` calls a function once for every task, `Workers.linked` also hands tasks what others returned.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harmattan.workers.cluster import Cluster, connected
from harmattan.workers.here import Here
from harmattan.workers.same_code import ClusterError, code
from harmattan.workers.tasks import Task, Workers

__all__ = ["ClusterError", "Task", "Workers", "code", "placed", "workers"]


@contextmanager
def workers(number: int = 1, *, dask: str | None = None, kept: Path | None = None) -> Iterator[Workers]:
    """Give a place to run tasks.

    Parameters
    ----------
    number
        Processes on this machine; with 1 everything runs in this one.
    dask
        A Dask scheduler to use instead: its address (``tcp://host:port``), or the path of its scheduler file.
    kept
        A folder where the caller keeps what is finished; a message about a lost cluster names it.

    Raises
    ------
    ClusterError
        If `distributed` is not installed, nobody answers at the address, the cluster has no workers, or one of them
        runs other code than this process. While tasks run: if the scheduler is lost, or workers die again and again
        over one task.

    Examples
    --------
    >>> def power(base, exponent):
    ...     return base**exponent
    >>> with workers() as place:
    ...     sorted(place.each(power, [(2,), (3,)], shared=10))
    [(0, 100), (1, 1000)]
    """
    if dask is None:
        yield Here(number)
        return
    with connected(dask) as client:
        yield Cluster(client, dask, kept)


def placed(where: int | Workers) -> Workers:
    """Return where to run: so many processes on this machine, or the place that is given."""
    return Here(where) if isinstance(where, int) else where

"""A Dask cluster: reaching it, and what is said when that fails or it is lost."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmattan.workers.running import Running
from harmattan.workers.same_code import ClusterError, check_code, code, last_line
from harmattan.workers.tasks import Task, Workers

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 10
"""Seconds to wait for a scheduler to answer and for its first worker."""
_ADDRESS = re.compile(r"[\w.\-]+:\d+|\[[0-9a-fA-F:]+\]:\d+")


@contextmanager
def connected(asked: str) -> Iterator[Client]:
    """A client of the cluster whose workers run our code."""
    try:
        import distributed
    except ImportError as error:
        raise ClusterError(
            '--dask needs the library distributed, which is not installed: pip install "harmattan[dask]"'
        ) from error
    address, how = _address(asked)
    # Of a scheduler that is lost we tell ourselves.
    log = logging.getLogger("distributed.client")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False, name="harmattan")
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        log.setLevel(level)
        raise ClusterError(
            f"no Dask scheduler answers at {address} within {PATIENCE} seconds ({last_line(error)}): start one with "
            f"'dask scheduler', then on every machine 'dask worker {how} --nthreads 1', or leave out --dask"
        ) from error
    try:
        _check_workers(client, address, how)
        yield client
    finally:
        client.close(timeout=PATIENCE)
        log.setLevel(level)


def _address(asked: str) -> tuple[str, str]:
    """The address of a scheduler, and how its workers are told of it."""
    if "://" in asked:
        return asked, asked
    file = Path(asked)
    if file.is_file():
        from json import loads

        try:
            return str(loads(file.read_text(encoding="utf-8"))["address"]), f"--scheduler-file {asked}"
        except (ValueError, KeyError, TypeError) as error:
            raise ClusterError(
                f"{asked} is no scheduler file: expected what 'dask scheduler --scheduler-file {asked}' writes"
            ) from error
    if _ADDRESS.fullmatch(asked):
        return f"tcp://{asked}", f"tcp://{asked}"
    raise ClusterError(
        f"--dask must be the address of a scheduler, such as tcp://192.168.0.5:8786, or its scheduler file; {asked!r} "
        f"is neither, and there is no such file: 'dask scheduler --scheduler-file {asked}' would make it"
    )


def _check_workers(client: Client, address: str, how: str) -> None:
    """Raise if there is no worker, or one of them runs other code."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise ClusterError(
            f"the Dask cluster at {address} has no workers: start some, on every machine "
            f"'dask worker {how} --nthreads 1'"
        ) from error
    for worker, said in client.run(code, on_error="return").items():
        check_code(said, code(), worker)


@dataclass(frozen=True)
class Cluster(Workers):
    """A Dask cluster."""

    client: Client
    asked: str
    kept: Path | None

    def linked(
        self, function: Callable[..., Any], tasks: Sequence[Task], *, shared: Any = None
    ) -> Iterator[tuple[int, Any]]:
        """See `harmattan.workers.Workers`."""
        from distributed import CancelledError
        from distributed.comm.core import CommClosedError

        running = Running(self.client, function, tasks, shared)
        try:
            yield from running.results()
        except (CommClosedError, CancelledError, OSError) as error:
            if self.client.status == "running" and not isinstance(error, CommClosedError | CancelledError):
                raise
            raise self._lost(error) from error
        finally:
            running.release()

    def _lost(self, error: BaseException) -> ClusterError:
        stays = f"what was finished is kept in {self.kept}, and is not done again" if self.kept else "nothing was kept"
        return ClusterError(
            f"the Dask scheduler at {self.asked} was lost ({last_line(error)}); {stays}: start the cluster and run "
            "the same again"
        )

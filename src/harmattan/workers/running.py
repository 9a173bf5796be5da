"""Tasks on their way through a Dask cluster, and what a worker does with one."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harmattan.workers.same_code import ClusterError, check_code, code
from harmattan.workers.tasks import Task, needed, one_thread

if TYPE_CHECKING:
    from distributed import Client, Future

IN_FLIGHT = 64
PER_THREAD = 4
ATTEMPTS = 3
_ALONE = threading.Lock()


class Running:
    """Tasks on their way through a cluster, a bounded number at a time."""

    def __init__(self, client: Client, function: Callable[..., Any], tasks: Sequence[Task], shared: Any) -> None:
        from uuid import uuid4

        self.client, self.function, self.tasks, self.data = client, function, tasks, shared
        self.name = f"{function.__name__.strip('_')}-{uuid4().hex[:12]}"
        self.left = needed(tasks)
        self.futures: dict[int, Future] = {}
        self.under: dict[int, str] = {}
        self.attempts: dict[int, int] = defaultdict(int)
        self.shared: Future | None = None

    def results(self) -> Iterator[tuple[int, Any]]:
        """Yield the results of tasks that are told, as they end."""
        from distributed import as_completed

        told = iter([place for place, task in enumerate(self.tasks) if task.told])
        flying: dict[Any, int] = {}
        completed = as_completed(loop=self.client.loop)
        failed: BaseException | None = None
        room = self._room()
        ended = 0
        while failed is None or completed.has_ready():
            while failed is None and len(flying) < room and (place := next(told, None)) is not None:
                future = self._submitted(place)
                flying[future.key] = place
                completed.add(future)
            if not flying:
                break
            batch = completed.next_batch()
            whole = [each for each in batch if each.status == "finished"]
            found = dict(zip([each.key for each in whole], self.client.gather(whole), strict=True))
            for future in batch:
                place = flying.pop(future.key)
                if future.key in found:
                    self._over(place)
                    yield place, found.pop(future.key)
                elif future.status == "error":
                    failed = failed or future.exception()
                else:
                    self._check_lost(future)
                    again = self._again(place)
                    flying[again.key] = place
                    completed.add(again)
            ended += len(batch)
            if ended >= room:
                room, ended = self._room(), 0
        if failed is not None:
            raise _plain(failed)

    def release(self) -> None:
        """Let the cluster forget everything."""
        for each in [*self.futures.values(), *([self.shared] if self.shared else [])]:
            each.release()
        self.futures.clear()

    def _room(self) -> int:
        """How many tasks may be under way: enough that no worker waits."""
        threads = sum(self.client.nthreads().values())
        return int(max(IN_FLIGHT, PER_THREAD * threads))

    def _submitted(self, place: int) -> Future:
        """The future of a task, with those of the tasks before it."""
        if place not in self.futures:
            task = self.tasks[place]
            if self.shared is None:
                (self.shared,) = self.client.scatter([self.data], broadcast=True, hash=False)
            before = [self._submitted(each) for each in task.after]
            self.under[place] = self.shared.key
            self.futures[place] = self.client.submit(
                _on_worker, dict(code()), self.function, self.shared, task.arguments, *before,
                key=f"{self.name}-{place}-{self.attempts[place]}", pure=False,
            )  # fmt: skip
        return self.futures[place]

    def _over(self, place: int) -> None:
        """A task has ended: let go of its result unless others need it, and of what it was the last to need."""
        if not self.left[place]:
            self.futures.pop(place).release()
        for need in self.tasks[place].after:
            self.left[need] -= 1
            if self.left[need]:
                continue
            if self.tasks[need].told:
                self.futures.pop(need).release()
            else:
                self._over(need)

    def _again(self, place: int) -> Future:
        """Submit a task anew whose data died with the workers that had them."""
        self.attempts[place] += 1
        if self.attempts[place] > ATTEMPTS:
            raise ClusterError(
                f"task {place + 1} of {len(self.tasks)} was lost {ATTEMPTS} times with the workers that had its data: "
                "look at their logs, and give them more memory"
            )
        if self.shared is not None and self.shared.key == self.under[place]:
            self.shared = None
        self._forget_dead(place)
        return self._submitted(place)

    def _forget_dead(self, place: int) -> None:
        """Forget the futures of a task and of those before it that the cluster does not have any more."""
        for need in self.tasks[place].after:
            if need in self.futures and self.futures[need].status not in ("pending", "finished"):
                self.attempts[need] += 1
                self._forget_dead(need)
        self.futures.pop(place, None)

    def _check_lost(self, future: Future) -> None:
        """Raise what a future says if it is gone because the scheduler is."""
        said = future._state.exception if future._state is not None else None
        if self.client.status != "running" or str(getattr(said, "reason", "")).startswith("scheduler"):
            raise said or OSError("no connection")


def _on_worker(
    expected: Mapping[str, str], function: Callable[..., Any], shared: Any, arguments: tuple[Any, ...], *before: Any
) -> Any:
    """Run one task on a worker that runs the code expected, with one thread for what it calls.

    One at a time in a process, since the number of threads belongs to the whole process.
    """
    from distributed import get_worker

    check_code(code(), expected, get_worker().address)
    with _ALONE, one_thread():
        return function(shared, *arguments, *((before,) if before else ()))


def _plain(error: BaseException) -> BaseException:
    """An error of a task; what says nothing to a user of Harmattan in plain words."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return ClusterError(
            f"the workers that ran one task died, {error.allowed_failures + 1} of them, the last at "
            f"{error.last_worker.address}: look at their logs, and give them more memory"
        )
    return error

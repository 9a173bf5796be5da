"""What runs: tasks, what they need of each other, and what every place can do with them."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


@dataclass(frozen=True)
class Task:
    """One call of a function.

    Attributes
    ----------
    arguments
        What the function is given after what is shared.
    after
        Places of earlier tasks; what they returned follows the arguments as one tuple, if there are any.
    group
        On one machine, tasks of one group run one after the other in one process, so that what they hand each other is
        not copied; each is a group of its own if None. On a cluster it means nothing.
    told
        Whether the result is yielded; where it is not, it stays where it was made until the tasks after it have ended.
    """

    arguments: tuple[Any, ...]
    after: tuple[int, ...] = ()
    group: Hashable = None
    told: bool = True


class Workers(ABC):
    """A place where tasks run."""

    def each(
        self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], *, shared: Any = None
    ) -> Iterator[tuple[int, Any]]:
        """Call ``function(shared, *task)`` for every task.

        Yields the place of a task and what it returned, as they end. An error in a task is raised here after those that
        ended have been yielded.
        """
        return self.linked(function, [Task(each) for each in tasks], shared=shared)

    @abstractmethod
    def linked(
        self, function: Callable[..., Any], tasks: Sequence[Task], *, shared: Any = None
    ) -> Iterator[tuple[int, Any]]:
        """Call ``function(shared, *task.arguments)`` for every task, followed by what those before it returned.

        As `each`, for tasks that need one another.
        """


def needed(tasks: Sequence[Task]) -> dict[int, int]:
    """Return how many tasks need each."""
    found = dict.fromkeys(range(len(tasks)), 0)
    for place, task in enumerate(tasks):
        for need in task.after:
            if need >= place:
                raise ValueError(f"a task can only come after earlier ones; task {place} names {need}")
            found[need] += 1
    return found


@contextmanager
def one_thread() -> Iterator[None]:
    """Have libraries of linear algebra and loops use one thread: how many there are decides the last bits of sums."""
    with _threads(len(sys.modules)).limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _threads(modules: int) -> ThreadpoolController:  # noqa: ARG001
    """What controls these libraries; looked up again when modules have been loaded, which takes milliseconds."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()

"""This machine: one process, or several by joblib."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from harmattan.workers.tasks import Task, Workers, needed, one_thread


@dataclass(frozen=True)
class Here(Workers):
    """This process, or several on this machine."""

    number: int

    def linked(
        self, function: Callable[..., Any], tasks: Sequence[Task], *, shared: Any = None
    ) -> Iterator[tuple[int, Any]]:
        """See `harmattan.workers.Workers`."""
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for place, task in enumerate(tasks):
            groups[("alone", place) if task.group is None else ("group", task.group)].append(place)
        held = _Held(tasks)
        apart: list[list[int]] = []
        waiting: list[list[int]] = []
        for places in groups.values():
            inside = set(places)
            (apart if all(set(tasks[each].after) <= inside for each in places) else waiting).append(places)
        outside = {need for places in waiting for each in places for need in tasks[each].after}
        given = [(places, {each for each in places if each in outside}) for places in apart]
        yield from self._ready(function, tasks, shared, waiting, held)
        for ended in self._run(function, tasks, shared, given):
            for place, result in ended.items():
                held.keep(place, result)
                if tasks[place].told:
                    yield place, result
            yield from self._ready(function, tasks, shared, waiting, held)

    def _run(
        self,
        function: Callable[..., Any],
        tasks: Sequence[Task],
        shared: Any,
        groups: Sequence[tuple[list[int], set[int]]],
    ) -> Iterator[dict[int, Any]]:
        """What the tasks of each group returned, as groups end; None for what nobody outside needs."""
        told = [({each: tasks[each] for each in places}, outside) for places, outside in groups]
        if min(self.number, len(told)) <= 1:
            for mine, outside in told:
                yield _group(function, shared, mine, outside)
            return
        from joblib import Parallel, delayed

        failed: list[Exception] = []
        calls = (delayed(_caught)(function, shared, mine, outside) for mine, outside in told if not failed)
        run = Parallel(n_jobs=min(self.number, len(told)), return_as="generator_unordered")
        with closing(run(calls)) as ended:
            for each, error in ended:
                yield each
                if error is not None:
                    failed.append(error)
        if failed:
            raise failed[0]

    def _ready(
        self,
        function: Callable[..., Any],
        tasks: Sequence[Task],
        shared: Any,
        waiting: list[list[int]],
        held: _Held,
    ) -> Iterator[tuple[int, Any]]:
        """Run, in this process, the groups whose needs are there now."""
        ran = True
        while ran:
            ran = False
            for places in list(waiting):
                inside = set(places)
                if not all(need in inside or need in held.results for each in places for need in tasks[each].after):
                    continue
                waiting.remove(places)
                ran = True
                for place in places:
                    with one_thread():
                        result = _call(function, shared, tasks[place], held.results)
                    held.keep(place, result)
                    if tasks[place].told:
                        yield place, result


class _Held:
    """Results that tasks still need."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = tasks
        self.left = needed(tasks)
        self.results: dict[int, Any] = {}

    def keep(self, place: int, result: Any) -> None:
        """Keep a result as long as it is needed, and let go of what it was the last to need."""
        if self.left[place]:
            self.results[place] = result
        for need in self.tasks[place].after:
            self.left[need] -= 1
            if not self.left[need]:
                self.results.pop(need, None)


def _call(function: Callable[..., Any], shared: Any, task: Task, results: Mapping[int, Any]) -> Any:
    before = (tuple(results[each] for each in task.after),) if task.after else ()
    return function(shared, *task.arguments, *before)


def _group(function: Callable[..., Any], shared: Any, tasks: Mapping[int, Task], outside: set[int]) -> dict[int, Any]:
    """Run the tasks of a group, and return what is told and what others need, None for the rest."""
    results: dict[int, Any] = {}
    with one_thread():
        for place, task in tasks.items():
            results[place] = _call(function, shared, task, results)
    return {place: each if tasks[place].told or place in outside else None for place, each in results.items()}


def _caught(
    function: Callable[..., Any], shared: Any, tasks: Mapping[int, Task], outside: set[int]
) -> tuple[dict[int, Any], Exception | None]:
    """As `_group`, with an error returned: joblib would drop what others have finished."""
    try:
        return _group(function, shared, tasks, outside), None
    except Exception as error:
        return {}, error

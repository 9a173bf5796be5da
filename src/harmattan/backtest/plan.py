"""The tasks of a backtest: what is not done yet, and which of it needs what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pandas as pd

from harmattan.backtest.pairs import (
    Models,
    Scored,
    forecast_one,
    mixes,
    remember_all,
    score_one,
    try_learning,
    try_one,
)
from harmattan.models.combine import Pool
from harmattan.models.weighing import Past
from harmattan.workers import Task


class Kept(Protocol):
    """What is finished, by model and origin, of this and earlier runs."""

    def scored(self, name: str, origin: pd.Period, earlier: Sequence[pd.Period], *, maps: bool) -> Scored | None:
        """Return a model's scores at an origin, if they are kept; `earlier` are the origins it learnt from."""
        ...

    def keep(self, name: str, origin: pd.Period, earlier: Sequence[pd.Period], scored: Scored) -> None:
        """Keep them, whole or not at all."""
        ...

    def past(self, members: Sequence[str], origin: pd.Period) -> Past | None:
        """Return what members of pools forecast at an origin, if that is kept."""
        ...

    def keep_past(self, members: Sequence[str], origin: pd.Period, past: Past) -> None:
        """Keep it, whole or not at all."""
        ...


class Plan:
    """What a backtest has to do, and what of it is done.

    Attributes
    ----------
    scored
        What is done, by model and origin.
    past
        What members of pools that learn forecast, by origin; draws are not kept, so that a pool that is not done makes
        its members forecast again, at its origin alone.
    """

    def __init__(self, models: Models, origins: Sequence[pd.Period], kept: Kept | None, *, maps: bool) -> None:
        self.learning = learning(models)
        self.mixes = mixes({name: each for name, each in models.items() if name not in self.learning})
        learners = {name for pool in self.learning.values() for name in pool.members}
        self.members = tuple(sorted(learners & set(self.mixes)))
        self.origins, self.kept = list(origins), kept
        self.scored: dict[tuple[str, pd.Period], Scored] = {}
        self.past: dict[pd.Period, Past] = {}
        if kept is not None:
            self._take(kept, maps=maps)

    @property
    def names(self) -> list[str]:
        """All models, in the order of their rows."""
        return [*self.mixes, *self.learning]

    def tasks(self) -> tuple[list[Task], dict[int, tuple[str, pd.Period]]]:
        """Return the tasks, and of those that are told, which model and origin they end; the model is "" for pasts."""
        tasks: list[Task] = []
        ends: dict[int, tuple[str, pd.Period]] = {}
        pasts: dict[pd.Period, int] = {}
        for origin in self.origins:
            remembered = not self.learning or origin in self.past
            made: dict[str, int] = {}
            shared = self._forecasts(origin, () if remembered else self.members)
            for name, members in self.mixes.items():
                missing, after = (
                    (name, origin) not in self.scored,
                    tuple(made[each] for each in members if each in made),
                )
                if name in shared:
                    made[name] = len(tasks)
                    tasks.append(Task((forecast_one, name, origin, members), after, origin, told=False))
                    after = (made[name],)
                if missing:
                    ends[len(tasks)] = name, origin
                    work = (score_one, name) if name in shared else (try_one, name, origin, members)
                    tasks.append(Task(work, after, origin))
            members_made = tuple(made[each] for each in self.members if each in made)
            if not remembered:
                pasts[origin] = len(tasks)
                ends[len(tasks)] = "", origin
                tasks.append(Task((remember_all, self.members), members_made, origin))
            for name, pool in self.learning.items():
                if (name, origin) in self.scored:
                    continue
                ends[len(tasks)] = name, origin
                earlier = self.earlier(name, origin)
                own = tuple(pool.members)
                after = (*(made[each] for each in own), *(pasts[each] for each in earlier if each in pasts))
                tasks.append(Task((try_learning, name, origin, own, earlier), after, ("learning", origin)))
        return tasks, ends

    def add(self, name: str, origin: pd.Period, result: Scored | Past) -> None:
        """Take what a task returned, and keep it."""
        if isinstance(result, Past):
            self.past[origin] = result
            if self.kept is not None:
                self.kept.keep_past(self.members, origin, result)
        else:
            self.scored[name, origin] = result
            if self.kept is not None:
                self.kept.keep(name, origin, self.earlier(name, origin), result)

    def earlier(self, name: str, origin: pd.Period) -> tuple[pd.Period, ...]:
        """The origins that a model learns from beside the data: none, unless it is a pool that learns."""
        return tuple(each for each in self.origins if each < origin) if name in self.learning else ()

    def _take(self, kept: Kept, *, maps: bool) -> None:
        """Take what is done already."""
        for origin in self.origins:
            for name in self.names:
                found = kept.scored(name, origin, self.earlier(name, origin), maps=maps)
                if found is not None:
                    self.scored[name, origin] = found
            past = kept.past(self.members, origin) if self.learning else None
            if past is not None:
                self.past[origin] = past

    def _forecasts(self, origin: pd.Period, remembered: Sequence[str]) -> set[str]:
        """The models whose forecasts others need at an origin."""
        found = set(remembered)
        for name, pool in self.learning.items():
            found |= set(pool.members) if (name, origin) not in self.scored else set()
        # Pools come after their members, so a pool that is needed adds its members in time.
        for name, members in reversed(self.mixes.items()):
            if name in found or (name, origin) not in self.scored:
                found |= set(members)
        return found


def learning(models: Models) -> dict[str, Pool]:
    """Return the pools that past forecasts change, after a check of their members.

    Raises
    ------
    ValueError
        If a pool that learns has a member that is not among the models or learns itself, or is a member of another.
    """
    pools = {name: each for name, each in models.items() if isinstance(each, Pool)}
    found = {name: each for name, each in pools.items() if each.learns}
    known = set(models) - set(found)
    for name, pool in pools.items():
        wrong = sorted(set(pool.members) - known) if pool.learns else sorted(set(pool.members) & set(found))
        if wrong:
            raise ValueError(
                f"a pool that learns needs members that are among the models and learn nothing themselves, and is no "
                f"member of another; {name} has {wrong[0]}"
            )
    return found

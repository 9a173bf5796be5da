"""Rolling origins: forecast as if at each past month, compare with what came, one row per forecast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from harmattan.backtest.pairs import Asked, Models, Scored, forecast_all, remember_all, step
from harmattan.backtest.plan import Kept, Plan
from harmattan.backtest.scoring import map_rows, score_rows
from harmattan.models.weighing import Past, joined
from harmattan.panel import Panel
from harmattan.workers import Task, Workers, placed

__all__ = ["Backtest", "Kept", "Models", "Scored", "backtest", "forecast_all", "map_rows", "score_rows"]


@dataclass(frozen=True)
class Backtest:
    """Models tried on past origins.

    Attributes
    ----------
    rows
        Scored forecasts, see `score_rows`.
    maps
        Whole maps scored and tested, see `map_rows`; empty if that was not asked for.
    past
        What the members of pools forecast and what came, for pools to learn from; None if no pool learns.
    tried
        Names of the models that forecast at one origin at least; the others were all kept from before.
    """

    rows: pd.DataFrame
    maps: pd.DataFrame
    past: Past | None
    tried: frozenset[str] = frozenset()


def backtest(
    panel: Panel,
    models: Models,
    *,
    origins: Sequence[pd.Period],
    horizons: Sequence[int],
    lag: int = 0,
    draws: int = 1000,
    seed: int = 0,
    workers: int | Workers = 1,
    maps: bool = False,
    kept: Kept | None = None,
    progress: Callable[[], None] | None = None,
) -> Backtest:
    """Forecast at each origin and score against the panel.

    Pools that learn do so from the origins before, of months known by then.

    Parameters
    ----------
    panel, models, horizons, lag, draws, seed
        As in `forecast_all`.
    origins
        Past months to forecast from, ascending. Target months after the panel's last are not scored.
    workers
        Processes, or where to run (`harmattan.workers.workers`); the result does not depend on it.
    maps
        Whether to score and test whole maps too, which takes longer.
    kept
        What is done already, and where to keep what gets done, as soon as it is.
    progress
        Called once for every origin done.

    Raises
    ------
    ValueError
        If no origin has a target month in the panel, origins do not ascend, or a pool that learns has a member that is
        not among the models or learns itself.
    """
    useful = [each for each in origins if each + min(horizons) <= panel.origin]
    if not useful:
        raise ValueError(f"nothing to score: no origin has a month {min(horizons)} ahead up to {panel.origin}")
    if any(later <= earlier for earlier, later in pairwise(useful)):
        raise ValueError(f"origins must ascend, since pools learn from those before; got {', '.join(map(str, useful))}")
    plan = Plan(models, useful, kept, maps=maps)
    asked = Asked(panel, models, tuple(horizons), lag, draws, seed, maps, dict(plan.past))
    tasks, ends = plan.tasks()
    left = Counter(origin for _, origin in ends.values())
    tell = progress or (lambda: None)
    for _ in (origin for origin in useful if not left[origin]):
        tell()
    for place, result in placed(workers).linked(step, tasks, shared=asked):
        name, origin = ends[place]
        plan.add(name, origin, result)
        left[origin] -= 1
        if not left[origin]:
            tell()
    return _whole(plan, tasks)


def _whole(plan: Plan, tasks: Sequence[Task]) -> Backtest:
    """All that is done as one, by origin and model."""
    found = [plan.scored[name, origin] for origin in plan.origins for name in plan.names]
    every = pd.concat([pd.DataFrame(), *(each.maps for each in found if each.maps is not None)], ignore_index=True)
    past = joined([plan.past[origin] for origin in plan.origins]) if plan.learning else None
    tried = frozenset(str(name) for each in tasks for work, name, *_ in [each.arguments] if work is not remember_all)
    return Backtest(pd.concat([each.rows for each in found], ignore_index=True), every, past, tried)

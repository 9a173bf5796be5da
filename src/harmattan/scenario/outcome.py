"""Run a fitted model forward without and with changes, and say what the changes make of the forecast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.expansion import quantities
from harmattan.forecast import Forecast
from harmattan.models.endemic import Endemic
from harmattan.models.endemic.paths import Dynamics, simulate_all
from harmattan.months import month
from harmattan.panel import Panel
from harmattan.scenario.changes import Change, apply
from harmattan.scenario.differences import differences
from harmattan.workers import Workers, placed

BLOCK = 1000
NOTICE = (
    "These are statements of the model about itself: what it would expect if some of its rates were others. "
    "They are not estimates of what a measure on the ground would cause."
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a change makes of a forecast.

    Attributes
    ----------
    changes
        What was changed, in order.
    base, changed
        Forecasts of all months ahead without and with the changes; draw i of both shares all chance.
    differences
        See `harmattan.scenario.differences.differences`; its ``attrs`` hold the notice.
    notice
        What must stand beside every number of it.
    """

    changes: tuple[Change, ...]
    base: Forecast
    changed: Forecast
    differences: pd.DataFrame
    notice: str = NOTICE

    def in_words(self) -> str:
        """Say in plain words what the changes make of the total, with the notice.

        Examples
        --------
        >>> from textwrap import fill
        >>> from harmattan.figures import bundled_counts
        >>> from harmattan.panel import from_counts
        >>> from harmattan.regions import bundled
        >>> from harmattan.scenario import activity
        >>> panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province")).as_of(month("2023-06"))
        >>> model = Endemic().fit(panel, (1, 3))
        >>> outcome = run(model, panel, [activity(panel.regions, "BF5204", 0.5)], draws=400)
        >>> outcome.in_words().endswith(NOTICE)
        True
        """
        horizon = max(self.base.horizons)
        row = self.differences.query("quantity == 'attacks_within' and scope == 'all' and horizon == @horizon").iloc[0]
        told = "; ".join(each.in_words() for each in self.changes) or "nothing changed"
        months = "1 month" if horizon == 1 else f"{horizon} months"
        return (
            f"With {told}: {row['changed']:.1f} {self.base.measure} expected in the {months} after "
            f"{self.base.origin}, against {row['base']:.1f} without; difference {row['difference']:+.1f} "
            f"(90% of draws from {row['q05']:+.0f} to {row['q95']:+.0f}). {self.notice}"
        )


def run(
    model: Endemic,
    panel: Panel,
    changes: Sequence[Change],
    *,
    draws: int = 1000,
    seed: int = 0,
    sets: Mapping[str, Iterable[str]] | None = None,
    corridors: pd.DataFrame | None = None,
    workers: int | Workers = 1,
) -> Outcome:
    """Run a fitted model forward without and with changes, and compare every quantity of expansion.

    Parameters
    ----------
    model
        Fitted, with attacks as its measure; its longest horizon says how far.
    panel
        What it was fitted on; later months are cut off.
    changes
        Applied one after the other.
    draws, seed
        How many joint draws, and what decides them.
    sets, corridors
        Groups to compare, see `harmattan.expansion.quantities`.
    workers
        Processes, or where to run (`harmattan.workers.workers`); the result is the same.

    Raises
    ------
    ValueError
        If the panel is not that of the model, or a change does not fit it.
    """
    known = panel_of(model, panel)
    both = (model.sets_, changed_sets(model, changes))
    base, changed = (_forecast(model, each) for each in paths(both, draws=draws, seed=seed, workers=workers))
    found = (quantities(known, each, sets=sets, corridors=corridors) for each in (base, changed))
    table = differences(*found)
    table.attrs["notice"] = NOTICE
    return Outcome(tuple(changes), base, changed, table)


def paths(
    models: Sequence[Sequence[Dynamics]], *, draws: int, seed: int, workers: int | Workers = 1
) -> list[npt.NDArray[np.int32]]:
    """Draw joint paths of several models that share all chance, in blocks of 1,000 draws with a seed of their own.

    Parameters
    ----------
    models
        The sets of parameters of each, see `harmattan.models.endemic.paths.simulate_all`.
    draws, seed, workers
        As in `run`.

    Returns
    -------
    list of numpy.ndarray
        One per model, shape (draw, H, R); draw i of each shares all chance.
    """
    blocks = [(number, min(BLOCK, draws - start)) for number, start in enumerate(range(0, draws, BLOCK))]
    tasks = [(model, number, size) for model in range(len(models)) for number, size in blocks]
    shape = models[0][0].background.shape
    found = [np.empty((draws, *shape), dtype=np.int32) for _ in models]
    for place, drawn in placed(workers).each(_block, tasks, shared=(tuple(models), seed)):
        model, number, size = tasks[place]
        found[model][number * BLOCK : number * BLOCK + size] = drawn
    return found


def _block(
    shared: tuple[Sequence[Sequence[Dynamics]], int], model: int, number: int, draws: int
) -> npt.NDArray[np.int32]:
    models, seed = shared
    rng = np.random.default_rng([seed, number] if number else seed)
    return simulate_all(models[model], draws, rng)


def changed_sets(model: Endemic, changes: Sequence[Change]) -> tuple[Dynamics, ...]:
    """Return the sets of parameters of a fitted model with changes applied to each."""
    sets = list(model.sets_)
    for change in changes:
        sets = [apply(each, change, model.setting_.regions) for each in sets]
    return tuple(sets)


def panel_of(model: Endemic, panel: Panel) -> Panel:
    """Return what a fitted model knew, cut at its origin; raise if it is not its panel."""
    codes, origin = model.setting_.regions, month(model.setting_.origin)
    if tuple(map(str, panel.regions.table.index)) != codes:
        raise ValueError(
            f"the panel must have the {len(codes)} regions of the model, first {codes[0]!r}; it has "
            f"{len(panel.regions)}, first {panel.regions.table.index[0]!r}"
        )
    if model.measure != "attacks":
        raise ValueError(f"a scenario needs a model of attacks; this one is of {model.measure}")
    return panel.as_of(origin)


def _forecast(model: Endemic, paths: npt.NDArray[np.int32]) -> Forecast:
    regions = pd.Index(model.setting_.regions, name="region")
    horizons = tuple(range(1, paths.shape[1] + 1))
    return Forecast(paths, month(model.setting_.origin), horizons, regions, model.measure)

"""Which border regions would spare the most attacks, by the model, if activity in them were lower."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.borders import borders
from harmattan.models.endemic import Endemic
from harmattan.models.endemic.paths import Dynamics, expected, simulate_all
from harmattan.panel import Panel
from harmattan.regions import COASTAL
from harmattan.scenario.changes import Change, apply
from harmattan.scenario.outcome import NOTICE, changed_sets, panel_of
from harmattan.workers import Workers, placed

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

LOW, HIGH = 0.05, 0.95


def ranking(
    model: Endemic,
    panel: Panel,
    *,
    regions: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    factor: float = 0.5,
    first: int = 5,
    draws: int = 1000,
    seed: int = 0,
    workers: int | Workers = 1,
) -> pd.DataFrame:
    """Rank regions by the attacks the model would expect to be averted if activity in each alone were lower.

    A starting point for deciding where prevention is worth a closer look: it names regions, and says nothing of what in
    them could be done, or whether it would work. Expectations are exact (the recursion of
    `harmattan.models.endemic.paths.expected`), at the estimates; the sets of parameters say how far they can be
    trusted. The first few are simulated too, with common random numbers.

    Parameters
    ----------
    model
        Fitted, with attacks as its measure; its longest horizon says over how many months.
    panel
        What it was fitted on.
    regions
        Codes to rank; by default the coastal states' regions on the land border with another country that is not one.
    targets
        Codes where averted attacks count; all regions of the coastal states by default.
    factor
        What activity in a region is multiplied by, from 0 to below 1.
    first
        How many of the first are simulated.
    draws, seed
        Of that simulation.
    workers
        Processes, or where to run (`harmattan.workers.workers`), by region; the result is the same.

    Returns
    -------
    pandas.DataFrame
        Index ``rank``; ``region``, ``name``, ``country``; ``averted``, attacks in the targets averted over all months
        at the estimates, of which ``inside`` the region itself and ``elsewhere``; ``low`` and ``high``, 5 % and 95 %
        quantiles of ``averted`` over the sets of parameters; ``among_first``, the share of sets in which the region is
        among the first; and ``simulated``, ``q05``, ``q95``, mean and quantiles of what is averted in a draw (NaN after
        the first few). ``attrs["notice"]`` must stand beside it.

    Raises
    ------
    ValueError
        If the factor is out of range, a code is unknown, or there is no region to rank.
    """
    if not 0 <= factor < 1:
        raise ValueError(f"factor must be from 0 to below 1, such as 0.5 for half the activity; got {factor}")
    known, codes = panel_of(model, panel), list(model.setting_.regions)
    ranked = list(_border_regions(known) if regions is None else regions)
    coastal = known.regions.table["country"].isin(COASTAL)
    wanted = list(known.regions.table.index[coastal] if targets is None else targets)
    _check(ranked, wanted, codes)
    places, where = (np.array([codes.index(code) for code in each]) for each in (ranked, wanted))
    where_to_run = placed(workers)
    averted, inside, across = _averted_by(where_to_run, model, ranked, factor, where)
    order = np.argsort(-averted, kind="stable")
    table = known.regions.table.iloc[places][["name", "country"]].rename_axis("region").reset_index()
    table = table.assign(
        averted=averted,
        inside=inside,
        elsewhere=averted - inside,
        low=np.quantile(across, LOW, axis=0),
        high=np.quantile(across, HIGH, axis=0),
        among_first=_among_first(across, first),
        **dict.fromkeys(("simulated", "q05", "q95"), np.nan),
    ).iloc[order]
    # The draws of a thousand regions are too many to send, so each task returns what the targets count.
    tasks = [(None,), *((str(region),) for region in table["region"].iloc[:first])]
    counted = dict(where_to_run.each(_counted, tasks, shared=(model, factor, where, draws, seed)))
    for place, row in enumerate(table.index[:first], start=1):
        spared = counted[0] - counted[place]
        low, high = np.quantile(spared, [LOW, HIGH], method="inverted_cdf")
        table.loc[row, ["simulated", "q05", "q95"]] = [float(spared.mean()), float(low), float(high)]
    table.index = pd.RangeIndex(1, len(table) + 1, name="rank")
    table.attrs["notice"] = NOTICE
    return table


def _averted_by(
    where_to_run: Workers, model: Endemic, ranked: Sequence[str], factor: float, where: Places
) -> tuple[Floats, Floats, Floats]:
    """Attacks averted by each region in all targets and in itself, and in all targets by every set of parameters."""
    every = (model.dynamics_, *model.sets_)
    base = [expected(each)[0].sum(axis=0) for each in every]
    found = np.empty((len(ranked), len(every), 2))
    codes = model.setting_.regions
    for place, spared in where_to_run.each(
        _averted, [(code,) for code in ranked], shared=(every, base, codes, factor, where)
    ):
        found[place] = spared
    return found[:, 0, 0], found[:, 0, 1], found[:, 1:, 0].T


def _averted(
    shared: tuple[Sequence[Dynamics], Sequence[Floats], Sequence[str], float, Places], code: str
) -> list[tuple[float, float]]:
    """Expected attacks averted in the targets, and in the region itself where it is one of them, by each model."""
    every, bases, codes, factor, where = shared
    itself, change = list(codes).index(code), Change("activity", (code,), (), factor)
    found = []
    for dynamics, base in zip(every, bases, strict=True):
        spared = base - expected(apply(dynamics, change, codes))[0].sum(axis=0)
        found.append((float(spared[where].sum()), float(spared[itself]) if itself in where else 0.0))
    return found


def _counted(shared: tuple[Endemic, float, Places, int, int], region: str | None) -> npt.NDArray[np.int64]:
    """Attacks in the targets by draw, with lower activity in a region if one is given."""
    model, factor, where, draws, seed = shared
    sets = changed_sets(model, [Change("activity", (region,), (), factor)]) if region else model.sets_
    return np.asarray(simulate_all(sets, draws, np.random.default_rng(seed))[:, :, where].sum(axis=(1, 2)))


def _among_first(across: Floats, first: int) -> Floats:
    place = np.argsort(np.argsort(-across, axis=1, kind="stable"), axis=1)
    return np.asarray((place < first).mean(axis=0))


def _border_regions(panel: Panel) -> list[str]:
    found: set[str] = set()
    for line in borders(panel.regions).to_dict("records"):
        for own, other in (("a", "b"), ("b", "a")):
            if line[own] in COASTAL and line[other] not in COASTAL:
                found |= set(line[f"side_{own}"])
    return [str(code) for code in panel.regions.table.index if code in found]


def _check(ranked: Sequence[str], wanted: Sequence[str], codes: Sequence[str]) -> None:
    for what, chosen, default in (("regions", ranked, "border regions"), ("targets", wanted, "regions")):
        unknown = [code for code in chosen if code not in codes]
        if unknown:
            raise ValueError(f"{what} must be among the model's {len(codes)}, such as {codes[0]!r}; got {unknown[0]!r}")
        if not len(chosen):
            raise ValueError(
                f"there must be {what} to rank by; the model has no {default} of coastal states: give some"
            )

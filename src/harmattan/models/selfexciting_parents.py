"""Who triggered whom, and how high the risk stands at a moment and place, by a fitted self-exciting point process.

Examples
--------
>>> from harmattan.models.selfexciting_fit import fit_points
>>> from harmattan.models.selfexciting_simulate import simulate
>>> square = np.array([[0.0, 0.0], [99.0, 0.0], [99.0, 99.0], [0.0, 99.0]])
>>> made = simulate([-12.0, 0.0, -10.0, 1.8, 0.02], square, days=2000.0, rng=np.random.default_rng(4))
>>> fit = fit_points(made, precision_km=1.0)
>>> declustering(fit).groupby("event")["probability"].sum().round(9).unique().tolist()
[1.0]
>>> bool(intensity(fit, day=2000.0, place=(50.0, 50.0)) >= np.exp(fit.estimates[0] + 6 * fit.estimates[1]))
True
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harmattan.models.selfexciting_fit import PointFit
from harmattan.models.selfexciting_points import prepare, rates


def declustering(fit: PointFit) -> pd.DataFrame:
    """Tell for each event how likely it is background, and how likely each earlier event triggered it.

        P(i background) = μ_i / λ_i,   P(j triggered i) = g_ij / λ_i

    Returns
    -------
    pandas.DataFrame
        Columns ``event, parent, probability``; events are numbered from 0 in the order of the catalogue, and a missing
        parent stands for the background. The probabilities of each event sum to one. Sorted by event, background first.

    References
    ----------
    Zhuang, Ogata & Vere-Jones 2002, https://doi.org/10.1198/016214502760046925
    """
    again = prepare(fit.catalogue, reach_days=fit.reach_days, reach_km=fit.reach_km, blocks=fit.blocks)
    background, triggered = rates(again, fit.estimates)
    whole = background + np.bincount(again.child, triggered, minlength=len(background))
    own = pd.DataFrame({"event": np.arange(len(whole)), "parent": -1, "probability": background / whole})
    pairs = {"event": again.child, "parent": again.parent, "probability": triggered / whole[again.child]}
    table = pd.concat([own, pd.DataFrame(pairs)], ignore_index=True).sort_values(["event", "parent"], ignore_index=True)
    table["parent"] = table["parent"].astype("Int64").mask(table["parent"] < 0)
    return table


def intensity(fit: PointFit, *, day: float, place: tuple[float, float]) -> float:
    """Return λ at a moment and place given the catalogue's earlier events, per km² and day.

    After the window the background keeps the rate of its last block.

    Raises
    ------
    ValueError
        If the day lies before the window.
    """
    if not day > 0:
        raise ValueError(f"day must lie after the window opens, above 0; got {day}")
    h0, h1, e0, _, alpha = fit.estimates
    block = min(int(np.ceil(day * fit.blocks / fit.catalogue.days)) - 1, fit.blocks - 1)
    lag = day - fit.catalogue.day
    squared = ((fit.catalogue.place - np.asarray(place)) ** 2).sum(axis=1)
    near = (lag > 0) & (lag <= fit.reach_days) & (squared <= fit.reach_km**2)
    excess = np.exp(e0 - alpha * lag[near] - squared[near] / (2 * fit.sigma_km**2)).sum()
    return float(np.exp(h0 + h1 * block) + excess)

"""Why the model expects what it expects: background, own past, and which neighbours, by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from harmattan.models.endemic import Endemic
from harmattan.models.endemic.paths import BACKGROUND, OWN, split
from harmattan.months import month, target


def parameters(model: Endemic) -> pd.DataFrame:
    """Return ``estimate`` and ``error`` of a fitted model by parameter; bandwidths, decay and ψ are logarithms."""
    index = pd.Index(model.names_, name="parameter")
    return pd.DataFrame({"estimate": model.estimates_, "error": model.errors_}, index)


def growth(model: Endemic) -> pd.Series:
    """Return how fast the epidemic part of a fitted model grows, for each of its sets of parameters.

    It is the spectral radius of diag(λ) + diag(φ) Wᵀ in the first month ahead: by what the attacks of one generation
    are multiplied in the next. Above one they would grow without bound, and `Dynamics.most` keeps paths within reason.
    """
    index = pd.RangeIndex(1, len(model.sets_) + 1, name="set")
    return pd.Series([each.growth for each in model.sets_], index, name="growth")


def contributions(model: Endemic, horizon: int) -> pd.DataFrame:
    """Return what the expected counts of a fitted model are made of, exactly.

    For horizons above 1 the past holds months not seen yet, which stand at their expected counts.

    Parameters
    ----------
    model
        Fitted.
    horizon
        One of its horizons, or any month before the last of them.

    Returns
    -------
    pandas.DataFrame
        One row per receiving region, columns ``background``, ``own past`` and every sending region; rows sum to the
        expected count.

    Raises
    ------
    ValueError
        If the model does not reach so far.
    """
    reached = len(model.dynamics_.background)
    if not 1 <= horizon <= reached:
        raise ValueError(f"horizon must be a month from 1 to {reached}, as far as the model was fitted; got {horizon}")
    regions = pd.Index(model.setting_.regions, name="region")
    return pd.DataFrame(split(model.dynamics_, horizon - 1), regions, [BACKGROUND, OWN, *regions])


def explain(model: Endemic, region: str, *, horizon: int = 1, most: int = 3) -> str:
    """Say in plain words how much of a region's expected count comes from where.

    Parameters
    ----------
    model
        Fitted.
    region
        Code of the region.
    horizon
        Months ahead of the last month the model learnt from.
    most
        How many neighbours to name.

    Raises
    ------
    ValueError
        If the region or the horizon is not the model's.

    Examples
    --------
    >>> from textwrap import fill
    >>> from harmattan.figures import bundled_counts
    >>> from harmattan.panel import from_counts
    >>> from harmattan.regions import bundled
    >>> panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province")).as_of(month("2023-06"))
    >>> print(fill(explain(Endemic().fit(panel, (1,)), "BF5204"), 100))
    Kompienga, 2023-07: 2.03 attacks expected. 1.48 (73%) comes from its own attacks in the 12 months
    before, 0.01 (under 1%) from the background, and 0.54 (27%) from other regions, most of it from
    Koulpélogo 0.35 (17%), Tapoa 0.11 (6%) and Gourma 0.07 (3%). This is how the model splits its
    expectation, not an estimate of causes.
    """
    regions = model.setting_.regions
    if region not in regions:
        raise ValueError(f"region must be one of {len(regions)} codes such as {regions[0]!r}; got {region!r}")
    row = contributions(model, horizon).loc[region].to_numpy(dtype=np.float64)
    total, senders = float(row.sum()), row[2:]
    order = [place for place in np.argsort(-senders, kind="stable")[:most] if senders[place] > 0]
    named = [f"{model.labels_[place]} {_amount(senders[place], total)}" for place in order]
    span = len(model.dynamics_.lags)
    past = "the month before" if span == 1 else f"the {span} months before"
    when = target(month(model.setting_.origin), horizon)
    around = f", most of it from {_listed(named)}" if named else ""
    return (
        f"{model.labels_[regions.index(region)]}, {when}: {total:.2f} {model.measure} expected. "
        f"{_amount(row[1], total)} comes from its own {model.measure} in {past}, "
        f"{_amount(row[0], total)} from the background, and "
        f"{_amount(senders.sum(), total)} from other regions{around}. "
        "This is how the model splits its expectation, not an estimate of causes."
    )


def _amount(value: float, total: float) -> str:
    if total <= 0:
        return f"{value:.2f}"
    share = "under 1%" if 0 < value < 0.01 * total else f"{value / total:.0%}"
    return f"{value:.2f} ({share})"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"

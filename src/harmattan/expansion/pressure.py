"""Pressure: which share of the expected attacks comes from which neighbour, by the endemic-epidemic split.

These are statements of the model about its own expectation, not estimates of causes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from harmattan.models.endemic import Endemic
from harmattan.models.endemic.explanation import contributions
from harmattan.models.endemic.paths import BACKGROUND, OWN
from harmattan.regions import Regions


def pressures(model: Endemic, horizons: Sequence[int], receivers: Iterable[str] | None = None) -> pd.DataFrame:
    """Return where the expected attacks of some months together come from, sender by sender.

    Parameters
    ----------
    model
        Fitted; it reaches at least as far as the horizons.
    horizons
        Months ahead to add up.
    receivers
        Region codes; all by default.

    Returns
    -------
    pandas.DataFrame
        ``receiver``, ``sender`` (``background``, ``own past`` or a region code), ``expected`` and ``share`` of the
        receiver's expected attacks, the largest first; senders of nothing are left out. Shares of a receiver sum to
        one.

    Raises
    ------
    ValueError
        If there is no horizon, or a receiver is not a region of the model.
    """
    if not len(horizons):
        raise ValueError("pressure needs at least one month ahead; got none")
    total = sum(contributions(model, horizon) for horizon in horizons)
    assert isinstance(total, pd.DataFrame)
    chosen = list(total.index if receivers is None else receivers)
    unknown = [code for code in chosen if code not in total.index]
    if unknown or not chosen:
        what = f"{unknown[0]!r} is not" if unknown else "there is none"
        raise ValueError(f"receivers must be among the model's {len(total)} regions; {what}")
    wide = total.loc[chosen].rename_axis(index="receiver")
    return _shares(wide.reset_index().melt("receiver", var_name="sender", value_name="expected"))


def by_country(sent: pd.DataFrame, regions: Regions, *, senders: str = "region") -> pd.DataFrame:
    """Return pressure on whole countries, from regions or from countries: x % of Benin's comes from Burkina Faso's Est.

    What a region brings upon itself stays ``own past``; what comes from other regions of the receiver's own country is
    told by their code or, from countries, by the country.

    Parameters
    ----------
    sent
        From `pressures`.
    regions
        The regions of the model.
    senders
        ``"region"`` or ``"country"``.

    Returns
    -------
    pandas.DataFrame
        As from `pressures`, with countries as receivers and the column ``country``, the sender's (empty for the
        background and the own past).

    Raises
    ------
    ValueError
        If `senders` is neither.
    """
    if senders not in ("region", "country"):
        raise ValueError(f"senders must be 'region' or 'country'; got {senders!r}")
    home = regions.table["country"]
    whole = sent.assign(receiver=sent["receiver"].map(home), country=sent["sender"].map(home).fillna(""))
    if senders == "country":
        whole["sender"] = whole["country"].where(~whole["sender"].isin([BACKGROUND, OWN]), whole["sender"])
    return _shares(whole.groupby(["receiver", "sender", "country"])["expected"].sum().reset_index())


def _shares(long: pd.DataFrame) -> pd.DataFrame:
    share = long["expected"] / long.groupby("receiver")["expected"].transform("sum")
    told = long.drop(columns="share", errors="ignore").assign(share=share)[long["expected"] > 0]
    order = pd.Categorical(told["receiver"], categories=long["receiver"].unique(), ordered=True)
    return (
        told.assign(order=order)
        .sort_values(["order", "share"], ascending=[True, False], kind="stable")
        .drop(columns="order")
        .reset_index(drop=True)
    )

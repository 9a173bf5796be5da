"""How good alerts of the past were: hits, false alerts, area, lead, and what they are worth to those who act on them.

All functions take the rows of `harmattan.alerts.past.past_alerts`. The unit is a region and the days ahead of one day;
the area under alert is the share of these. As in earthquake forecasting, attacks missed are set against area (Molchan
1991, https://doi.org/10.1016/0040-1951(91)90336-Q). The value of alerts is that of Richardson (2000,
https://doi.org/10.1002/qj.49712656313): who can save the loss L of an attack by paying C beforehand pays less with good
alerts than by acting always or never.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.scores.inference import circular_blocks

Floats = npt.NDArray[np.float64]

RATIOS = tuple(
    float(each) for each in np.round(np.concatenate([np.arange(0.01, 0.1, 0.01), np.arange(0.1, 1, 0.05)]), 2)
)
BLOCK_DAYS = 56


def as_many(rows: pd.DataFrame, score: str, number: npt.ArrayLike) -> Floats:
    """Alert on each day as many regions as given, those with the highest score; ties share what is left of them.

    Parameters
    ----------
    rows
        Past alerts.
    score
        Column, the higher the likelier.
    number
        Regions to alert on the day of each row, shape (row,).

    Returns
    -------
    numpy.ndarray
        Share of each row that is under alert, 0 or 1 but for ties, shape (row,).

    Examples
    --------
    >>> rows = pd.DataFrame({"day": 0, "score": [3.0, 1.0, 1.0, 0.0]})
    >>> as_many(rows, "score", [2, 2, 2, 2]).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    ranked = rows.groupby("day")[score].rank(method="min", ascending=False).to_numpy()
    tied = rows.groupby(["day", score])[score].transform("size").to_numpy()
    return np.asarray(np.clip((np.asarray(number, dtype=np.float64) - ranked + 1) / tied, 0.0, 1.0))


def usual_rules(rows: pd.DataFrame, *, share: float) -> dict[str, Floats]:
    """Return the rules that are worth comparing, by name, as `rule_table` takes them.

    They are the simple rule, every region attacked in the last 30 days; the same number of regions on each day, chosen
    by what the model expects, by the last 12 windows, or by the last year; and the regions under alert, where the model
    has the risk raised by at least `share` of the background, with the same number chosen by what it expects.
    """
    recent: Floats = (rows["recent"] > 0).to_numpy().astype(np.float64)
    raised: Floats = (rows["ratio"] >= 1 + share).to_numpy().astype(np.float64)
    often, many = (pd.Series(each).groupby(rows["day"].to_numpy()).transform("sum") for each in (recent, raised))
    return {
        "attacked in the last 30 days": recent,
        "as many, by the model": as_many(rows, "expected", often),
        "as many, by the last 12 windows": as_many(rows, "windows", often),
        "as many, by the last year": as_many(rows, "year", often),
        f"raised by {share:.0%}".replace("%", " %"): raised,
        "as many as raised, by the model": as_many(rows, "expected", many),
    }


def rule_table(rows: pd.DataFrame, alerts: Mapping[str, npt.ArrayLike]) -> pd.DataFrame:
    """Judge rules that say where to be alert.

    Parameters
    ----------
    rows
        Past alerts.
    alerts
        By the rule's name the share of each row under alert, 0 to 1, shape (row,).

    Returns
    -------
    pandas.DataFrame
        Columns ``rule``; ``area``, the share of region-days under alert; ``hit_rate``, the share of attacks that came
        under alert; ``after_quiet``, the same of attacks where there was none in the 30 days before; ``hit_windows``,
        the share of attacked rows under alert; ``false_alerts``, the share of alerts that no attack followed;
        ``false_rate``, the share of rows without an attack under alert; and ``lead``, median days from the opening of
        the alert (full and unbroken) to the first attack under it.

    Raises
    ------
    ValueError
        If there are no rows, or shares are not between 0 and 1.
    """
    attacks, hit = _outcome(rows)
    quiet = (rows["recent"] == 0).to_numpy()
    made = []
    for name, shares in alerts.items():
        alert = np.asarray(shares, dtype=np.float64)
        if alert.shape != attacks.shape or not ((alert >= 0) & (alert <= 1)).all():
            raise ValueError(f"alerts of {name!r} must be shares from 0 to 1, one per row, {len(attacks)}")
        row = {
            "rule": name,
            "area": alert.mean(),
            "hit_rate": _share(alert, attacks),
            "after_quiet": _share(alert, attacks * quiet),
            "hit_windows": _share(alert, hit.astype(np.float64)),
            "false_alerts": _share((~hit).astype(np.float64), alert),
            "false_rate": _share(alert, (~hit).astype(np.float64)),
            "lead": _lead(rows, alert),
        }
        made.append(row)
    return pd.DataFrame(made)


def molchan(rows: pd.DataFrame, score: str) -> pd.DataFrame:
    """Return the Molchan diagram of a score: attacks missed against area under alert, at every threshold.

    Returns
    -------
    pandas.DataFrame
        Columns ``threshold, area, missed``, from no alert (area 0, all missed) on; alerts are where the score is at
        least the threshold.

    Examples
    --------
    >>> rows = pd.DataFrame({"day": 0, "attacks": [2, 0, 1, 0], "score": [0.9, 0.5, 0.5, 0.1]})
    >>> molchan(rows, "score")[["area", "missed"]].round(3).to_numpy().tolist()
    [[0.0, 1.0], [0.25, 0.333], [0.75, 0.0], [1.0, 0.0]]
    """
    attacks, _ = _outcome(rows)
    grouped = pd.DataFrame({"threshold": rows[score].to_numpy(), "rows": 1, "attacks": attacks}).groupby("threshold")
    levels = grouped.sum().sort_index(ascending=False).cumsum()
    start = pd.DataFrame({"threshold": [np.inf], "area": [0.0], "missed": [1.0]})
    curve = {
        "threshold": levels.index.to_numpy(dtype=np.float64),
        "area": levels["rows"].to_numpy() / len(rows),
        "missed": 1 - levels["attacks"].to_numpy() / attacks.sum(),
    }
    return pd.concat([start, pd.DataFrame(curve)], ignore_index=True)


def molchan_area(curve: pd.DataFrame) -> float:
    """Return the area above a Molchan curve: 0.5 by chance, near 1 at best. Ties lie on a straight line.

    Examples
    --------
    >>> molchan_area(pd.DataFrame({"area": [0.0, 1.0], "missed": [1.0, 0.0]}))
    0.5
    """
    return float(1 - np.trapezoid(curve["missed"], curve["area"]))


def economic_value(
    rows: pd.DataFrame,
    *,
    chances: Sequence[str] = ("chance", "windows", "year"),
    rules: Mapping[str, npt.ArrayLike] | None = None,
    ratios: Sequence[float] = RATIOS,
) -> pd.DataFrame:
    """Return the relative economic value V of chances and rules, by cost-loss ratio α = C / L.

        V = (min(α, s) - E) / (min(α, s) - s α),   E = F (1 - s) α - H s (1 - α) + s

    with s the share of rows with an attack, H the share of these under alert and F that of the others. V is 1 for
    perfect alerts, 0 for acting always or never, whichever is cheaper, and below 0 for worse. Who has chances acts
    where they are at least α.

    Parameters
    ----------
    rows
        Past alerts.
    chances
        Columns that are probabilities.
    rules
        As for `rule_table`; the same alerts at every α.
    ratios
        α, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        Columns ``rule, ratio, value``.

    Raises
    ------
    ValueError
        If a ratio is not between 0 and 1, or every row or none has an attack.
    """
    if not all(0 < each < 1 for each in ratios):
        raise ValueError(f"cost-loss ratios must lie between 0 and 1; got {list(ratios)}")
    _, hit = _outcome(rows)
    s = float(hit.mean())
    if s == 1:
        raise ValueError("every row has an attack: alerts cannot be worth anything")
    made = []
    for name in [*chances, *(rules or {})]:
        fixed = None if rules is None or name not in rules else np.asarray(rules[name], dtype=np.float64)
        for ratio in ratios:
            alert = (rows[name].to_numpy() >= ratio).astype(np.float64) if fixed is None else fixed
            cost = alert[~hit].mean() * (1 - s) * ratio - alert[hit].mean() * s * (1 - ratio) + s
            plain = min(ratio, s)
            made.append((name, ratio, (plain - cost) / (plain - s * ratio)))
    return pd.DataFrame(made, columns=["rule", "ratio", "value"])


def hit_rate_interval(
    rows: pd.DataFrame, one: npt.ArrayLike, other: npt.ArrayLike, *, rng: np.random.Generator, draws: int = 2000
) -> tuple[float, float, float]:
    """Return how much higher the hit rate of one rule is than another's, with its 95 % interval.

    Days are resampled in blocks of eight weeks.

    Parameters
    ----------
    rows
        Past alerts.
    one, other
        Shares under alert, shape (row,).
    rng
        Draws the blocks.
    draws
        How many times.
    """
    attacks, _ = _outcome(rows)
    gain = (np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)) * attacks
    by_day = pd.DataFrame({"day": rows["day"].to_numpy(), "gain": gain, "n": attacks}).groupby("day").sum()
    step = (by_day.index[1] - by_day.index[0]).days if len(by_day) > 1 else 1
    length = min(max(1, BLOCK_DAYS // step), len(by_day))
    drawn = circular_blocks(len(by_day), length=length, draws=draws, rng=rng)
    gains, number = (by_day[name].to_numpy()[drawn].sum(axis=1) for name in ("gain", "n"))
    low, high = np.quantile(gains / np.maximum(number, 1), [0.025, 0.975])
    return float(gain.sum() / attacks.sum()), float(low), float(high)


def _outcome(rows: pd.DataFrame) -> tuple[Floats, npt.NDArray[np.bool_]]:
    attacks = rows["attacks"].to_numpy(dtype=np.float64)
    if not attacks.sum():
        raise ValueError("there is no attack in the days ahead of any past alert: nothing can be judged")
    return attacks, attacks > 0


def _share(of: Floats, weight: Floats) -> float:
    """Weighted mean, NaN without weight."""
    return float((of * weight).sum() / weight.sum()) if weight.sum() else float("nan")


def _lead(rows: pd.DataFrame, alert: Floats) -> float:
    """Median days from the day an alert opened to the first attack in a window under it."""
    table = pd.DataFrame({"day": rows["day"], "region": rows["region"], "on": alert >= 1}).reset_index(drop=True)
    table = table.sort_values(["region", "day"], kind="stable")
    begins = table["on"] & ~(table.groupby("region")["on"].shift(fill_value=False))
    opened = table["day"].where(begins).groupby(table["region"]).ffill()
    waited = (table["day"] - opened).dt.days + rows["first_after"].reset_index(drop=True).reindex(table.index)
    return float(waited[table["on"]].dropna().median())

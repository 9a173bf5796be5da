"""The gate that a challenger must pass to become champion, and a verdict that says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from harmattan.comparison.losses import CELL, weights
from harmattan.scores.comparison import FEWEST_MONTHS, hac

SCORE = "log_score"
LEVEL = 0.95


@dataclass(frozen=True)
class Figures:
    """Two models on the same rows of one set.

    Attributes
    ----------
    champion, challenger
        Mean losses, horizons weighing alike.
    difference, lower, upper
        Champion's less challenger's, above 0 where the challenger is better, with its interval (NaN of fewer than
        8 months).
    months, rows
        How many both were scored on.
    """

    champion: float
    challenger: float
    difference: float
    lower: float
    upper: float
    months: int
    rows: int

    def __str__(self) -> str:
        """The figures in a line."""
        return (
            f"{SCORE} {self.challenger:.4f} against {self.champion:.4f}, difference {self.difference:+.4f} "
            f"({LEVEL:.0%} interval {self.lower:+.4f} to {self.upper:+.4f}) over {self.months} months, {self.rows} rows"
        )


@dataclass(frozen=True)
class Verdict:
    """Whether a challenger passes.

    Attributes
    ----------
    passed
        Whether it may become champion.
    reasons
        Why, in sentences with figures: all that it failed, or what it passed.
    figures
        By set, ``all`` and ``onset``.
    """

    passed: bool
    reasons: tuple[str, ...]
    figures: Mapping[str, Figures]


def judge(champion: pd.DataFrame, challenger: pd.DataFrame, *, refitted: bool = False) -> Verdict:
    """Say whether a challenger may become champion.

    It must be better by log score over all rows, with the whole 95 % interval of the paired monthly differences
    (`harmattan.scores.comparison.hac`) above 0, and not worse on onsets: that interval must not lie wholly below 0.

    Parameters
    ----------
    champion, challenger
        Monthly losses of one model each (`harmattan.comparison.losses.monthly`). Only rows that both were scored on
        count.
    refitted
        Whether the challenger is the champion's own model and parameters, learnt from newer data. It need not be better
        then, but must not be worse, on all rows or onsets.

    Returns
    -------
    Verdict
        Not passed, with the reason, where there are too few common months to tell.
    """
    figures: dict[str, Figures] = {}
    failed, held = [], []
    for name in ("all", "onset"):
        if name == "onset" and not _has(champion, name) and not _has(challenger, name):
            held.append("No region was quiet in any month: there is no onset to be worse on.")
            continue
        found = paired(champion, challenger, name)
        if found is None or found.months < FEWEST_MONTHS:
            failed.append(
                f"On {name} the two share {found.months if found else 0} months scored on the same rows; the gate "
                f"needs {FEWEST_MONTHS}: try both on the same past months of the same data."
            )
            continue
        figures[name] = found
        better = found.lower > 0 or (refitted and not found.upper < 0) if name == "all" else not found.upper < 0
        wanted = "better" if name == "all" and not refitted else "not worse"
        (held if better else failed).append(f"On {name} it is {'' if better else 'not shown to be '}{wanted}: {found}.")
    return Verdict(not failed, tuple(failed or held), figures)


def _has(losses: pd.DataFrame, name: str) -> bool:
    return bool((losses["set"] == name).any())


def paired(champion: pd.DataFrame, challenger: pd.DataFrame, name: str) -> Figures | None:
    """Compare two models by log score on the rows of one set that both were scored on; None if there is none.

    Parameters
    ----------
    champion, challenger
        As for `judge`.
    name
        A set of `harmattan.scores.sets.SETS`.
    """
    one, other = (each[(each["set"] == name) & (each["score"] == SCORE)] for each in (champion, challenger))
    pairs = one[[*CELL, "n", "loss"]].merge(other[[*CELL, "loss"]], on=CELL, suffixes=("", "_challenger"))
    if pairs.empty:
        return None
    share = weights(pairs["horizon"], pairs["origin"], pairs["n"]).to_numpy()
    held, new = share @ pairs["loss"].to_numpy(), share @ pairs["loss_challenger"].to_numpy()
    gap, rows = held - new, int(pairs["n"].sum())
    means = float(np.mean(held)), float(np.mean(new)), float(np.mean(gap))
    if len(gap) < FEWEST_MONTHS:
        return Figures(*means, np.nan, np.nan, len(gap), rows)
    interval = hac(gap, level=LEVEL)
    return Figures(*means, interval.lower, interval.upper, len(gap), rows)

"""Charts of how good forecasts are; each draws what `harmattan.scores` computes, and computes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harmattan.charts.sheet import chart, direct_labels, percent, signed
from harmattan.maps.scales import CHANGE, RISK
from harmattan.maps.sheet import FAINT, INK, write_png
from harmattan.scores.reliability import Reliability

__all__ = ["murphy", "over_time", "pit", "reliability", "skill", "write_png"]

STRONG = RISK.colours[6]
NOISE = "#d9d9d9"
BETTER, WORSE = CHANGE.colours[0], CHANGE.colours[8]
WIDE, SQUARE = (1000, 640), (820, 820)
MOST_LINES = 6
# Worse than this is written, not drawn: it would flatten all that matters.
WORST_SHOWN = -0.5


def reliability(found: Reliability, bands: pd.DataFrame | None = None, *, model: str, event: str) -> Figure:
    """Draw the reliability curve: how often the event came where the model gave it each probability.

    Parameters
    ----------
    found
        From `harmattan.scores.reliability.corp`.
    bands
        From `harmattan.scores.reliability.consistency`; None draws no band.
    model
        Its name.
    event
        What the probabilities are of, such as "at least one attack, 3 months ahead".

    Returns
    -------
    matplotlib.figure.Figure
        820 x 820 pixels: the curve with its band, the share of rows by probability below, and the split of the Brier
        score.
    """
    below = (
        f"Probability of {event}. Brier score {found.score:.3f} = miscalibration {found.miscalibration:.3f} "
        f"− discrimination {found.discrimination:.3f} + uncertainty {found.uncertainty:.3f}."
    )
    figure, axes, under = chart(f"Are the probabilities of {model} what they say?", below, SQUARE, strip=0.16)
    assert under is not None
    curve = found.curve
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)))
    if bands is not None:
        axes.fill_between(
            bands["probability"],
            bands["lower"],
            bands["upper"],
            color=NOISE,
            linewidth=0,
            label="calibrated, by chance",
        )
    axes.plot(curve["probability"], curve["recalibrated"], color=STRONG, linewidth=2, label="what came")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_ylabel("frequency of the event", color=INK)
    axes.legend(loc="upper left", frameon=False, fontsize=9)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(percent))
    axes.tick_params(labelbottom=False)
    edges = np.linspace(0, 1, 41)
    n, _ = np.histogram(curve["probability"], bins=edges, weights=curve["n"])
    under.bar(edges[:-1], n / n.sum(), width=1 / 40, align="edge", color=FAINT)
    under.set_xlim(0, 1)
    under.xaxis.set_major_formatter(FuncFormatter(percent))
    under.yaxis.set_major_formatter(FuncFormatter(percent))
    under.yaxis.set_major_locator(MaxNLocator(2))
    under.set_xlabel("forecast probability", color=INK)
    under.set_ylabel("rows", color=INK)
    return figure


def pit(histogram: pd.DataFrame, *, model: str) -> Figure:
    """Draw the PIT histogram: where in its forecast distributions the outcomes fell.

    Parameters
    ----------
    histogram
        From `harmattan.scores.diagnostics.pit_histogram`.
    model
        Its name.
    """
    below = (
        f"Share of {int(histogram['n'].sum()):,} outcomes by place in the forecast distribution; level if calibrated. "
        "High at both ends: too sure. High in the middle: not sure enough. High on the right: too low."
    )
    figure, axes, _ = chart(f"Do outcomes fall where {model} says?", below, WIDE)
    width = histogram["right"] - histogram["left"]
    axes.bar(histogram["left"], histogram["share"], width=width, align="edge", color=RISK.colours[2], edgecolor="white")
    low, high = float(histogram["lower"].iloc[0]), float(histogram["upper"].iloc[0])
    axes.axhspan(low, high, color=FAINT, alpha=0.35, linewidth=0, label="calibrated, by chance")
    axes.axhline(float(width.iloc[0]), color=INK, linewidth=0.9)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.15 * max(float(histogram["share"].max()), high))
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["lowest", "lower quarter", "middle", "upper quarter", "highest"])
    axes.set_ylabel("share of outcomes", color=INK)
    axes.yaxis.set_major_formatter(FuncFormatter(percent))
    axes.legend(loc="upper right", frameon=False, fontsize=9)
    return figure


def murphy(curves: Mapping[str, np.ndarray], thresholds: Sequence[float] | np.ndarray, *, event: str) -> Figure:
    """Draw Murphy curves: which model serves whom, from those who act on small risks to those who act on large ones.

    Parameters
    ----------
    curves
        Mean elementary scores by model (`harmattan.scores.reliability.murphy`), at most six.
    thresholds
        Where they were computed.
    event
        What the probabilities are of.

    Raises
    ------
    ValueError
        If there is no curve or there are more than six.
    """
    _check_lines(list(curves))
    below = (
        f"Probability of {event}. Mean loss of someone who acts when it exceeds a threshold: an action in vain costs "
        "the threshold, an event without action 1 less the threshold. Lower is better."
    )
    figure, axes, _ = chart("Whom does each model serve?", below, WIDE)
    for name, (colour, style) in zip(curves, _styles(), strict=False):
        axes.plot(thresholds, curves[name], color=colour, linestyle=style, linewidth=1.8, label=name)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("act when the probability exceeds", color=INK)
    axes.set_ylabel("mean loss", color=INK)
    axes.xaxis.set_major_formatter(FuncFormatter(percent))
    axes.legend(loc="upper right", frameon=False, fontsize=9)
    return figure


def skill(table: pd.DataFrame, *, baseline: str, score: str = "log score") -> Figure:
    """Draw skill by horizon with 95 % intervals.

    Parameters
    ----------
    table
        From `harmattan.scores.comparison.skill_by_horizon`, at most six models.
    baseline
        What they are compared with.
    score
        Name of the score in words.

    Raises
    ------
    ValueError
        If there is no model or there are more than six.
    """
    models = list(dict.fromkeys(table["model"]))
    _check_lines(models)
    below = (
        f"Skill in {score} against {baseline} by months ahead, with 95 % intervals; above 0 is better than {baseline}."
    )
    figure, axes, _ = chart(f"How much better than {baseline}?", below, WIDE)
    horizons = sorted(table["horizon"].unique())
    axes.axhline(0, color=INK, linewidth=0.9)
    for place, (model, (colour, _)) in enumerate(zip(models, _styles(), strict=False)):
        part = table[table["model"] == model]
        at = np.array([horizons.index(h) for h in part["horizon"]]) + (place - (len(models) - 1) / 2) * 0.12
        seen = (part["skill"] >= WORST_SHOWN).to_numpy()
        drawn = part[seen]
        reach = [drawn["skill"] - drawn["lower"], drawn["upper"] - drawn["skill"]]
        axes.errorbar(at[seen], drawn["skill"], yerr=reach, fmt="o", color=colour, linewidth=1.6, label=model)
        for x, value in zip(at[~seen], part["skill"][~seen], strict=True):
            axes.annotate(
                f"{model}\n{signed(round(value, 2), 0)} ↓", (x, 0), (0, 6), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="center", va="bottom", size=8.5, color=colour,
            )  # fmt: skip
    low, high = axes.get_ylim()
    low = max(low, WORST_SHOWN)
    axes.set_ylim(low - 0.1 * (high - low), high + 0.15 * (high - low))
    axes.set_xlim(-0.5, len(horizons) - 0.5)
    axes.set_xticks(range(len(horizons)), [str(h) for h in horizons])
    axes.set_xlabel("months ahead", color=INK)
    axes.yaxis.set_major_formatter(FuncFormatter(signed))
    axes.legend(loc="upper right", frameon=False, fontsize=9, ncols=2)
    return figure


def over_time(table: pd.DataFrame, *, model: str, baseline: str, horizon: int, score: str = "log score") -> Figure:
    """Draw when a model was better than a baseline: differences in score month by month, and their running total.

    Parameters
    ----------
    table
        From `harmattan.scores.comparison.over_time`.
    model, baseline
        Their names.
    horizon
        Months ahead.
    score
        Name of the score in words.
    """
    months = "1 month" if horizon == 1 else f"{horizon} months"
    below = (
        f"Mean {score} of {baseline} less that of {model}, {months} ahead, by month of origin (bars) and added up "
        "(line below). Above 0 the model was better."
    )
    figure, axes, under = chart(f"When was {model} better than {baseline}?", below, WIDE, strip=0.3)
    assert under is not None
    at = np.arange(len(table))
    better = table["difference"].to_numpy() >= 0
    axes.bar(at, table["difference"], width=0.8, color=np.where(better, BETTER, WORSE))
    direct_labels(axes, {"better": BETTER, "worse": WORSE})
    under.plot(at, table["total"], color=INK, linewidth=1.6)
    ticks = at[:: max(1, len(at) // 8)]
    for each in (axes, under):
        each.axhline(0, color=INK, linewidth=0.9)
        each.set_xlim(-0.7, len(at) - 0.3)
        each.set_xticks(ticks, table["origin"].iloc[ticks])
        each.yaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(labelbottom=False)
    axes.set_ylabel("each month", color=INK)
    under.set_ylabel("added up", color=INK)
    return figure


def _styles() -> list[tuple[str, object]]:
    """Colours that colour-blind readers tell apart, with line styles so that grey prints do too."""
    return [
        ("#8c2d04", "-"), ("#3b528b", "-"), ("#d98b19", "-"),
        ("#222222", (0, (1, 1.5))), ("#21908d", (0, (5, 2))), ("#8c6bb1", (0, (5, 2, 1, 2))),
    ]  # fmt: skip


def _check_lines(names: list[str]) -> None:
    if not 1 <= len(names) <= MOST_LINES:
        raise ValueError(f"a chart shows 1 to {MOST_LINES} models that readers can tell apart; got {len(names)}")

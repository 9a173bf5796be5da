"""Bars of where expected attacks come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from harmattan import words
from harmattan.maps.overview import FAN
from harmattan.maps.sheet import FAINT, INK, place_axes, put_text
from harmattan.models.endemic.paths import BACKGROUND, OWN
from harmattan.outlooks import facts, templates
from harmattan.outlooks.phrases import counted, number_word
from harmattan.outlooks.subject import Subject
from harmattan.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_SENDERS = 6
CHART_TOP = 40
COLOURS = {OWN: "#7a7a7a", BACKGROUND: "#cfcfcf", "inside": "#e0a15c", "beside": FAN}


def draw_senders(
    figure: Figure, result: Result, subject: Subject, *, left: float, top: float, width: float, bottom: float
) -> None:
    """Draw where the attacks expected within the window come from, by the endemic-epidemic model."""
    sent = facts.senders(result, subject)
    window = number_word(facts.window_of(result))
    title = f"Where the endemic-epidemic model's attacks of {window} months come from"
    put_text(figure, title, left=left, top=top, width=width, size=9, weight="bold")
    if sent.empty:
        put_text(figure, templates.NO_SPLIT, left=left, top=top + 40, width=width, size=9, colour=FAINT)
        return
    top_rows, rest = sent.head(MOST_SENDERS), sent.iloc[MOST_SENDERS:]
    labels = [_sender(result, str(sender)) for sender in top_rows["sender"]]
    values, colours = list(top_rows["share"]), [COLOURS[kind] for kind in top_rows["kind"]]
    if len(rest):
        labels.append(f"{counted(len(rest), 'other', 'others')}")
        values.append(float(rest["share"].sum()))
        colours.append(FAN)
    above = top + CHART_TOP
    axes = place_axes(figure, left=left + 130, top=above, width=width - 180, height=bottom - above)
    _bars(axes, labels, values, colours)


def _bars(axes: Axes, labels: Sequence[str], values: Sequence[float], colours: Sequence[str]) -> None:
    at = MOST_SENDERS - np.arange(len(labels))
    axes.barh(at, values, color=list(colours), height=0.62)
    for height, value in zip(at, values, strict=True):
        axes.annotate(
            words.brief_percent(value),
            (value, height),
            (4, 0),
            textcoords="offset points",
            va="center",
            size=8,
            color=INK,
        )
    axes.set_yticks(at, list(labels))
    axes.set_xticks([])
    axes.set_xlim(0, max(values))
    axes.set_ylim(-0.5, MOST_SENDERS + 0.5)
    axes.tick_params(labelsize=8, colors=INK, length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)


def _sender(result: Result, sender: str) -> str:
    if sender == OWN:
        return "own, months before"
    if sender == BACKGROUND:
        return "background"
    row = result.panel.regions.table.loc[sender]
    return str(row["name"]) if sender == row["country"] else f"{row['name']} ({row['country']})"

"""The frame all charts share: title, what is shown, and axes in the style of the maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from harmattan.maps.sheet import FAINT, INK, new_sheet, place_axes, put_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EDGE = 28.0
LEFT, BOTTOM, GAP = 92.0, 62.0, 16.0


def chart(title: str, below: str, size: tuple[int, int], *, strip: float = 0.0) -> tuple[Figure, Axes, Axes | None]:
    """Return a sheet with title and explanation, the axes, and the lower axes if a strip of the height is kept.

    Examples
    --------
    >>> figure, axes, under = chart("A question?", "What is shown.", (800, 500), strip=0.2)
    >>> under is not None
    True
    """
    figure = new_sheet(*size, dpi=100)
    width = size[0] - 2 * EDGE
    top = EDGE * 0.8
    top += put_text(figure, title, left=EDGE, top=top, width=width, size=15, weight="bold") + 4
    top += put_text(figure, below, left=EDGE, top=top, width=width, size=9.5, colour=FAINT) + 18
    height = size[1] - top - BOTTOM
    kept = strip * height
    upper = height - kept - (GAP if strip else 0.0)
    axes = place_axes(figure, left=LEFT, top=top, width=size[0] - LEFT - EDGE, height=upper)
    under = None
    if strip:
        under = place_axes(figure, left=LEFT, top=top + upper + GAP, width=size[0] - LEFT - EDGE, height=kept)
    for each in (axes, under):
        if each is not None:
            _plain(each)
    return figure, axes, under


def direct_labels(axes: Axes, colours: Mapping[str, str]) -> None:
    """Write what colours mean into the upper right corner, in the colours themselves."""
    for line, (name, colour) in enumerate(colours.items()):
        axes.annotate(
            name, (1, 1), (-4, -4 - 14 * line), xycoords="axes fraction", textcoords="offset points",
            ha="right", va="top", size=9, color=colour, weight="bold",
        )  # fmt: skip


def percent(value: float, _: int) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.25, 0)
    '25 %'
    """
    return f"{100 * value:.3g} %"


def signed(value: float, _: int) -> str:
    """Write a share as a percentage with its sign.

    Examples
    --------
    >>> signed(-0.1, 0), signed(0.0, 0)
    ('−10 %', '0 %')
    """
    return f"{100 * value:+.3g} %".replace("-", "−").replace("+0 %", "0 %")


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=9, colors=FAINT, length=3)
    axes.xaxis.label.set_fontsize(9.5)
    axes.yaxis.label.set_fontsize(9.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(INK)
    axes.grid(axis="y", color="#e2e2e2", linewidth=0.6)
    axes.set_axisbelow(True)

"""The sheet a picture is drawn on: its size in pixels, text that is wrapped to fit, and the file it becomes.

Matplotlib's object interface only, so that nothing is shared between two drawings; the same figure gives the
same bytes.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from harmattan.whole import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#222222"
FAINT = "#6b6b6b"
LINE_HEIGHT = 1.35
POINTS_PER_INCH = 72.0


def new_sheet(width: int, height: int, *, dpi: int = 150) -> Figure:
    """Return an empty white figure of `width` x `height` pixels.

    Examples
    --------
    >>> sheet = new_sheet(600, 300)
    >>> float(sheet.bbox.width), float(sheet.bbox.height)
    (600.0, 300.0)
    """
    figure = Figure(figsize=(width / dpi, height / dpi), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def text_width(figure: Figure, text: str, *, size: float, weight: str = "normal") -> float:
    """Return how wide one line of text is, in pixels; `size` in points."""
    return _measured(text, size, weight, float(figure.dpi))


@lru_cache(maxsize=4096)
def _measured(text: str, size: float, weight: str, dpi: float) -> float:
    font = FontProperties(size=size, weight=weight)
    renderer: Any = RendererAgg(1, 1, dpi)  # type: ignore[no-untyped-call]
    return float(renderer.get_text_width_height_descent(text, font, ismath=False)[0])


def wrapped(figure: Figure, text: str, *, width: float, size: float, weight: str = "normal") -> list[str]:
    """Break text into lines no wider than `width`, at spaces, or inside a word that is wider on its own.

    Parameters
    ----------
    figure
        A sheet; its resolution decides how wide letters are.
    text
        Any text; runs of white space count as one space.
    width
        Pixels.
    size
        Points.

    Examples
    --------
    >>> wrapped(new_sheet(600, 300), "one two three", width=90, size=10)
    ['one two', 'three']
    """
    lines: list[str] = []
    reached, space = (
        0.0,
        text_width(figure, "n n", size=size, weight=weight) - text_width(figure, "nn", size=size, weight=weight),
    )
    for word in text.split():
        wide = text_width(figure, word, size=size, weight=weight)
        if lines and reached + space + wide <= width:
            lines[-1] = f"{lines[-1]} {word}"
            reached += space + wide
            continue
        while wide > width and len(word) > 1:
            fits = _letters_that_fit(figure, word, width=width, size=size, weight=weight)
            lines.append(word[:fits])
            word = word[fits:]
            wide = text_width(figure, word, size=size, weight=weight)
        lines.append(word)
        reached = wide
    return lines


def _letters_that_fit(figure: Figure, word: str, *, width: float, size: float, weight: str) -> int:
    for length in range(1, len(word)):
        if text_width(figure, word[: length + 1], size=size, weight=weight) > width:
            return length
    return len(word)


def put_text(
    figure: Figure,
    text: str,
    *,
    left: float,
    top: float,
    width: float,
    size: float,
    colour: str = INK,
    weight: str = "normal",
) -> float:
    """Write wrapped text and return how many pixels below `top` it reaches.

    Parameters
    ----------
    left, top, width
        Pixels from the left and upper edge of the sheet.
    size
        Points.
    """
    lines = wrapped(figure, text, width=width, size=size, weight=weight)
    step = size * LINE_HEIGHT * figure.dpi / POINTS_PER_INCH
    for place, line in enumerate(lines):
        figure.text(
            left / figure.bbox.width,
            1 - (top + place * step) / figure.bbox.height,
            line,
            size=size,
            weight=weight,
            color=colour,
            va="top",
            ha="left",
            parse_math=False,
        )
    return len(lines) * step


def text_height(figure: Figure, text: str, *, width: float, size: float) -> float:
    """Return how many pixels wrapped text takes."""
    step = size * LINE_HEIGHT * figure.dpi / POINTS_PER_INCH
    return len(wrapped(figure, text, width=width, size=size)) * step


def place_axes(figure: Figure, *, left: float, top: float, width: float, height: float) -> Axes:
    """Return axes in a box given in pixels from the left and upper edge of the sheet."""
    across, down = figure.bbox.width, figure.bbox.height
    return figure.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))


def write_png(figure: Figure, path: Path) -> Path:
    """Write the sheet as PNG, without a date or the name of the program, and return its path.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"a picture is written into an existing folder; make {path.parent} first")
    with replacing(path) as partial:
        figure.savefig(partial, format="png", metadata={"Software": None})
    return path

"""The page that stands beside the files of a release."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from harmattan.layers import data_to, windows
from harmattan.months import target
from harmattan.result import Result
from harmattan.words import month_name, singular, span

READING = (
    "How to read it: p1 is the probability of at least one {one}; expected is the mean number; q05 to q95 is "
    "the 90 % interval. 30 % means that of ten such forecasts about three come true. A low figure is not "
    "safety."
)
WINDOWS = (
    "Windows: {windows}. A window's probability counts its months together. On the risk maps, dots mark "
    "probabilities between 1 in 3 and 2 in 3; grey diagonals mark where there is no forecast."
)
FILES = (
    "Files: forecast (by month), windows (by window, with the change in a month), models (every model), "
    "scores, reliability, by_region and suspicions (how the models did on past origins; drawn in charts), "
    "draws.npz (the joint draws), expansion (first attacks, arrivals, the way to the coast), outlooks "
    "(half a page and a sheet for each coastal state; begin with index.md), forecast.gpkg (for QGIS: layer "
    "regions first; layer forecast has dates for the temporal controller) and maps, overview.png and "
    "toward_coast.png among them. In the CSV files text that a spreadsheet would run as a formula has a leading "
    "apostrophe. manifest.json says how it was made and lists each file with its SHA-256."
)
OUTLINES = (
    "Outlines are right to about 6 km, computed from OCHA COD-AB (CC BY-IGO), geoBoundaries (CC BY 4.0), "
    "Who's On First (CC0) and Natural Earth (public domain)."
)


def readme(result: Result, sentences: Sequence[str]) -> str:
    """Return the page as text: what the release is, what it says, how to read it, on what terms.

    Parameters
    ----------
    result
        What the experiment found.
    sentences
        What `harmattan.words.in_words` returned.
    """
    forecast, said = result.forecast, result.caption
    until = month_name(data_to(result))
    shown = [
        f"{name} ({span([target(forecast.origin, h) for h in run])})"
        for name, run in windows(forecast.horizons).items()
    ]
    paragraphs = [
        f"{said.title}: forecast from data to {until}, experiment {result.name}, model {result.champion}.",
        *sentences,
        READING.format(one=singular(forecast.measure)),
        WINDOWS.format(windows="; ".join(shown)),
        FILES,
        f"Data: {said.source}. Licence: {said.licence}.",
    ]
    if result.panel.regions.geometry is None:
        paragraphs.append(OUTLINES)
    return "\n\n".join(_paragraph(each) for each in paragraphs) + "\n"


def _paragraph(text: str) -> str:
    kept_together = text.replace(" %", "\N{NO-BREAK SPACE}%")
    return fill(kept_together, width=88, break_on_hyphens=False).replace("\N{NO-BREAK SPACE}", " ")

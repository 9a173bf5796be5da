"""The files of the outlooks: one page of Markdown and one picture for each country, and an index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harmattan import layers, words
from harmattan.maps.sheet import write_png
from harmattan.outlooks import sheet
from harmattan.outlooks.outlook import Outlook, outlook
from harmattan.outlooks.subject import NOTHING, subject_of
from harmattan.regions import COASTAL
from harmattan.result import Result
from harmattan.whole import write_text

INDEX = "index.md"
FOOT = (
    "Statements of a model about regions and months, never about places within them; not causes, and no measure of "
    "safety. Forecast of {model} from data to {until}, experiment {name}. Data: {source}. Licence: {licence}."
)


def page(result: Result, told: Outlook) -> str:
    """Return the page of one country as Markdown."""
    parts = [f"# {told.name}", told.headline, f"![Map, chances and senders]({told.country}.png)"]
    parts += [f"## {heading}\n\n{text}" for heading, text in told.paragraphs.items()]
    return _without_tags("\n\n".join([*parts, _foot(result)]) + "\n")


def index(result: Result, told: Sequence[Outlook]) -> str:
    """Return the index as Markdown: every country's headline, with its page where there is one."""
    lines = [
        f"- {each.headline}" if each.kind == NOTHING else f"- [{each.name}]({each.country}.md): {each.headline}"
        for each in told
    ]
    return _without_tags(
        "\n\n".join([f"# Country outlooks: {result.caption.title}", "\n".join(lines), _foot(result)]) + "\n"
    )


def write(result: Result, folder: Path, *, countries: Sequence[str] = COASTAL) -> list[Path]:
    """Write ``<ISO>.md`` and ``<ISO>.png`` for each country of which something can be said, and ``index.md``.

    Parameters
    ----------
    result
        What the experiment found, with its tables of expansion.
    folder
        An existing folder.
    countries
        ISO 3166-1 alpha-3 codes; the eight coastal states by default.

    Returns
    -------
    list
        The files, the index first.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    ValueError
        If a country is unknown, or the result has no tables of expansion.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"outlooks are written into an existing folder; make {folder} first")
    told = [outlook(result, country) for country in countries]
    outlines = sheet.outlines_of(result)
    made = [_written(folder / INDEX, index(result, told))]
    for each in told:
        if each.kind == NOTHING:
            continue
        made.append(_written(folder / f"{each.country}.md", page(result, each)))
        figure = sheet.draw(result, subject_of(result, each.country), outlines)
        made.append(write_png(figure, folder / f"{each.country}.png"))
    return made


def _foot(result: Result) -> str:
    said, until = result.caption, words.month_name(layers.data_to(result))
    return FOOT.format(model=result.champion, until=until, name=result.name, source=said.source, licence=said.licence)


def _without_tags(text: str) -> str:
    """Names come from files of others, and Markdown hands tags on to a browser."""
    return text.replace("<", "&lt;")


def _written(path: Path, text: str) -> Path:
    return write_text(path, text)

"""The monthly briefing: two to four pages on a release, as HTML and PDF, in English or French.

A headline in plain words, a map, what changed since the last release and why, a watch list, the way to the coast, how
the last forecast did, how far to trust it, what the data cannot see, and sources. Every sentence is a template of
``en.toml`` or ``fr.toml`` filled with numbers of the release; `harmattan.briefing.facts` says where they come from. It
speaks of regions and months, never of a place within a region, and never of a target.
"""

from __future__ import annotations

from pathlib import Path

from harmattan import release as releases
from harmattan.briefing.changed import Split, read_split
from harmattan.briefing.contents import Briefing, briefing
from harmattan.briefing.facts import facts_of
from harmattan.briefing.layout import to_html
from harmattan.briefing.pdf import PdfMissingError, to_pdf
from harmattan.briefing.speech import Speech
from harmattan.briefing.wording import LANGUAGES, WordsError, words_of
from harmattan.page.report import beside
from harmattan.release.manifest import load
from harmattan.whole import write_bytes

__all__ = ["LANGUAGES", "Briefing", "PdfMissingError", "Split", "WordsError", "briefing", "last_before", "write"]


def write(
    release_path: Path,
    *,
    language: str,
    destination: Path | None = None,
    data: Path | None = None,
    words: Path | None = None,
    changes: Path | None = None,
    pdf: bool = True,
) -> list[Path]:
    """Write the briefing of a release, each file whole or not at all; the release itself is only read.

    The newest older release of the same experiment in the same folder tells what changed and how the last forecast
    did. The same releases, data and words give the same bytes.

    Parameters
    ----------
    release_path
        Folder of a release.
    language
        ``en`` or ``fr``.
    destination
        File to write, ``.html``; by default beside the release, ``<origin>.briefing.<language>.html``. The PDF gets
        the same name with ``.pdf``.
    data
        The user's copy of the source, see `harmattan.briefing.facts.facts_of`.
    words
        TOML file of words that shall read otherwise, see `harmattan.briefing.wording.words_of`.
    changes
        Table of `harmattan changes --out` between the release before it and this one: what the changes are made of.
    pdf
        Whether to write the PDF too.

    Returns
    -------
    list
        The files: the HTML and, if asked for, the PDF.

    Raises
    ------
    PdfMissingError
        If what makes the PDF is not installed; the HTML is then written.
    FileNotFoundError
        If there is no release, or the folder to write into does not exist.
    ValueError
        If the language is unknown, the destination is no ``.html`` or lies in the release, or a file is wrong.
    """
    speech = Speech(words_of(language, words), language)
    path = release_path.resolve()
    html_path = path.with_name(f"{path.name}.briefing.{language}.html") if destination is None else destination
    _check_place(html_path, path)
    before = last_before(path)
    facts = facts_of(releases.read(path), None if before is None else releases.read(before), data=data)
    told = briefing(facts, speech, split=None if changes is None else read_split(changes, facts))
    text = to_html(told, colon=str(speech.words["colon"]))
    made = [write_bytes(html_path, text.encode("utf-8"))]
    if pdf:
        made.append(write_bytes(html_path.with_suffix(".pdf"), to_pdf(text, told)))
    return made


def last_before(release_path: Path) -> Path | None:
    """Return the newest older release of the same experiment in the folder of a release; None if there is none.

    Of several with one origin it is the latest revision, ``2023-12.10`` after ``2023-12.2``.
    """
    return max(beside(release_path), key=_age, default=None)


def _age(path: Path) -> tuple[str, int]:
    _, _, number = path.name.partition(".")
    return str(load(path)["origin"]), int(number) if number.isdigit() else 1


def _check_place(destination: Path, release_path: Path) -> None:
    if destination.suffix != ".html":
        raise ValueError(
            f"the briefing is an HTML file, and a PDF of the same name: it must end in .html; got {destination.name!r}"
        )
    if not destination.parent.is_dir():
        raise FileNotFoundError(f"the briefing is written into an existing folder; make {destination.parent} first")
    if destination.resolve().is_relative_to(release_path):
        raise ValueError(f"a release is never changed: write the briefing beside {release_path}, not in it")

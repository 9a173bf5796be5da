"""The ledger beside the releases there are: what was edited, removed or put in another order, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from harmattan.ledger.book import HEAD, LEDGER, Head, adopt, read_head, read_lines, settle
from harmattan.ledger.line import START, LedgerError, Line, content_of
from harmattan.release import verify
from harmattan.release.manifest import MANIFEST, load

COLUMNS = ["line", "release", "issued", "adopted", "manifest"]


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it was issued.

    Attributes
    ----------
    where
        The line (``line 3``) or the folder of the release.
    what
        In words.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes
    ----------
    lines
        How many lines are as they were written.
    end
        The hash of the last line. Whoever keeps a copy of it elsewhere can show that nothing before it was changed.
    problems
        None if everything is as issued.
    adopted
        Folders of the releases that were taken up.
    """

    lines: int
    end: str
    problems: tuple[Problem, ...]
    adopted: tuple[str, ...] = ()


def listed(folder: Path) -> pd.DataFrame:
    """Return the lines of the ledger that are as they were written: `COLUMNS`, in their order.

    ``issued`` is empty where only the day of adoption is known.
    """
    lines = [each for each in read_lines(folder) if isinstance(each, Line)]
    rows = [(each.number, each.folder, each.issued or "", each.adopted or "", each.manifest) for each in lines]
    return pd.DataFrame(rows, columns=COLUMNS)


def check(folder: Path, *, take_up: bool = False) -> Checked:
    """Check every line, and every release against its line.

    What a killed run left undone is finished first (`harmattan.ledger.book.settle`).

    Parameters
    ----------
    folder
        Where releases are kept.
    take_up
        Append the releases that are not in the ledger, if they are as their manifests say.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder of releases {folder}; name it with --releases")
    settle(folder)
    lines, head = read_lines(folder), read_head(folder)
    known = {each.folder: each for each in lines if isinstance(each, Line)}
    manifests: dict[str, dict[str, Any]] = {}
    problems = [*chain(lines), *_end(lines, head)]
    for place in sorted({*known, *_present(folder)}):
        found, wrong = _release(folder, place, known.get(place))
        problems += wrong
        if found is not None and place not in known:
            manifests[place] = found
    problems += _replaced([each for each in lines if isinstance(each, Line)], known)
    adopted: list[str] = []
    if take_up and (manifests or (head is None and lines)):
        adopted = [each.folder for each in adopt(folder, _oldest_first(manifests))]
        head = read_head(folder)
        problems = [each for each in problems if each.where not in (*adopted, HEAD)]
    whole = sum(isinstance(each, Line) for each in lines) + len(adopted)
    return Checked(whole, head.sha256 if head else START, tuple(problems), tuple(adopted))


def chain(lines: Sequence[Line | LedgerError]) -> list[Problem]:
    """Return what is wrong with lines by themselves: edited, removed, repeated, or in another order.

    Examples
    --------
    >>> one = Line(1, "small", "small/2023-06", "2023-06", "aa", "bb", "2023-07-02T10:00:00+00:00", None, START)
    >>> two = Line(2, "small", "small/2023-07", "2023-07", "cc", "dd", "2023-08-02T10:00:00+00:00", None, one.sha256)
    >>> chain([one, two]), str(chain([two])[0])
    ([], 'line 1: was removed')
    """
    problems = []
    numbers = [each.number for each in lines if isinstance(each, Line)]
    for place, each in enumerate(lines, start=1):
        if isinstance(each, LedgerError):
            problems.append(Problem(f"line {_number(lines, place)}", str(each)))
    if len(set(numbers)) < len(numbers):
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        problems += [Problem(f"line {number}", "stands there more than once") for number in twice]
    elif numbers != sorted(numbers):
        after = next(b for a, b in pairwise(numbers) if b < a)
        problems.append(Problem(f"line {after}", "stands after a later one: lines were put in another order"))
    edited = {_number(lines, place) for place, each in enumerate(lines, start=1) if isinstance(each, LedgerError)}
    gone = set(range(1, max(numbers, default=0))) - set(numbers) - edited
    problems += [Problem(f"line {number}", "was removed") for number in sorted(gone)]
    hashes = {each.number: each.sha256 for each in lines if isinstance(each, Line)} | {0: START}
    for each in lines:
        before = hashes.get(each.number - 1) if isinstance(each, Line) else None
        if isinstance(each, Line) and before is not None and before != each.previous:
            problems.append(
                Problem(f"line {each.number - 1}", f"was edited: it is not the one that line {each.number} follows")
            )
    return problems


def _number(lines: Sequence[Line | LedgerError], place: int) -> int:
    """The number of an edited line: one more than the last line before it that is whole."""
    for back in range(1, place):
        before = lines[place - 1 - back]
        if isinstance(before, Line):
            return before.number + back
    return place


def _end(lines: Sequence[Line | LedgerError], head: Head | None) -> list[Problem]:
    if head is None:
        gone = "is gone or damaged, so lines may have been cut off the end; `ledger check --adopt` makes it anew"
        return [Problem(HEAD, gone)] if lines else []
    numbers = [each.number for each in lines if isinstance(each, Line)]
    last = max([len(lines), *numbers])
    if last < head.lines:
        which = f"line {head.lines}" if last + 1 == head.lines else f"lines {last + 1} to {head.lines}"
        return [Problem(which, f"{'was' if last + 1 == head.lines else 'were'} removed from the end of {LEDGER}")]
    ends = [each for each in lines if isinstance(each, Line) and each.number == head.lines]
    if ends and ends[-1].sha256 != head.sha256:
        return [Problem(f"line {head.lines}", "was edited: it is not the one that was written last")]
    return []


def _present(folder: Path) -> list[str]:
    return [path.parent.relative_to(folder).as_posix() for path in folder.glob(f"[!.]*/[!.]*/{MANIFEST}")]


def _release(folder: Path, place: str, line: Line | None) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The manifest of a release that is whole, and what is wrong with it."""
    try:
        verify(folder / place)
        said = load(folder / place)
    except (OSError, ValueError) as error:
        missing = not (folder / place).exists()
        return None, [Problem(place, "is in the ledger, but gone" if missing else str(error))]
    if line is None:
        return said, [Problem(place, "is not in the ledger; `ledger check --adopt` takes it up")]
    if (said["sha256"], content_of(said)) != (line.manifest, line.content):
        return None, [Problem(place, f"is not the release that line {line.number} tells of: it was put in its place")]
    return said, []


def _replaced(lines: Sequence[Line], known: dict[str, Line]) -> list[Problem]:
    """Lines whose release was removed and issued again with other content."""
    return [
        Problem(each.folder, f"line {each.number} tells of a release that line {known[each.folder].number} replaced")
        for each in lines
        if each.manifest != known[each.folder].manifest
    ]


def _oldest_first(manifests: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return dict(sorted(manifests.items(), key=lambda item: (str(item[1]["origin"]), item[0])))

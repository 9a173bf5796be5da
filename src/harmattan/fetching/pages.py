"""Answers that come page by page: each page is kept, so that the next attempt carries on, then all become one CSV."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from harmattan.fetching.credentials import Secret
from harmattan.fetching.download import Asked, Fetched, alone, finished
from harmattan.fetching.problems import FetchError, PassingError, plain
from harmattan.fetching.record import publish
from harmattan.fetching.web import Step, Visit, answer, persistently, pieces, refuse_status
from harmattan.whole import explained, write_text

FRESH = timedelta(hours=6)
"""How long pages of an unfinished fetch are carried on with; after that the data may be other data."""

PAGE_LIMIT = 64 * 1024**2
MOST_PAGES = 4000


@dataclass(frozen=True)
class Page:
    """One page: its rows, the address of the next (None for the last), and how many rows all pages have, if said."""

    address: str
    rows: Sequence[Mapping[str, object]]
    following: str | None
    total: int | None


Read = Callable[[Any, str, int], Page]
"""Turns the JSON of an answer, its address and the number of rows before it into a page; refuses what is no page."""


class ChangedError(FetchError):
    """Pages that do not fit together: the data changed while they were read."""


@dataclass(frozen=True)
class Api:
    """How pages are asked for and read.

    Parameters
    ----------
    about, page
        What is asked for, in words, and where the provider explains its API.
    read
        Turns an answer into a page.
    key
        Column whose value no two rows share.
    login, names
        Headers sent to the addresses' own host, and the variables they come from, in words.
    passing
        Statuses of a later page that may pass, besides the usual ones.
    """

    about: str
    page: str
    read: Read
    key: str
    login: Mapping[str, str] = field(default_factory=dict, repr=False)
    names: str = ""
    passing: tuple[int, ...] = ()


def ask_json(
    visit: Visit,
    address: str,
    *,
    about: str,
    page: str,
    login: Mapping[str, str] | None = None,
    names: str = "",
    passing: Sequence[int] = (),
) -> Any:
    """Return the JSON that an address answers with, asking again if that may help; parameters as of `Api`.

    Raises
    ------
    FetchError
        If it answers something else, or not at all.
    """

    def ask() -> Any:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        with answer(visit, address, headers=headers, login=login) as response:
            host = response.url.host
            if response.status_code in passing:
                raise PassingError(f"{host} cannot answer now ({response.status_code})")
            refuse_status(response, manners=visit.manners, about=about, page=page, login=names)
            body = b"".join(pieces(response, manners=visit.manners, limit=PAGE_LIMIT))
        if body.lstrip()[:1] == b"<":
            raise FetchError(f"{host} answered with a web page, not with data; it may be down or behind a proxy")
        try:
            return json.loads(body)
        except ValueError:
            raise PassingError(f"{host} sent an answer that is cut off or not JSON") from None

    return persistently(ask, visit)


def gather(visit: Visit, asked: Asked, firsts: Sequence[str], api: Api, folder: Path) -> Fetched:
    """Have all pages in a folder as one CSV with its record; `firsts` is the first address of each series of pages.

    Raises
    ------
    FetchError
        If a page cannot be had, the data change while they are read, twice, or there are no rows.
    """
    mark = sha256("\n".join(firsts).encode()).hexdigest()[:12]
    parts = folder / f".{asked.record.source}-{mark}.parts"
    with explained(folder), alone(parts, visit.told):
        _renew(parts, firsts, visit.manners.now())
        partial = parts / asked.record.file
        try:
            rows = _gathered(visit, firsts, api, parts, partial)
        except ChangedError:
            shutil.rmtree(parts)
            _renew(parts, firsts, visit.manners.now())
            rows = _gathered(visit, firsts, api, parts, partial)
        if not rows:
            shutil.rmtree(parts)
            raise FetchError(f"{asked.record.file}: the source has no rows for this question; nothing was written")
        try:
            asked.check(partial)
        except FetchError as error:
            shutil.rmtree(parts)
            raise FetchError(f"{asked.record.file}: {error}; nothing was kept of it") from None
        record = finished(replace(asked.record, address=" ".join(firsts)), partial, visit.manners.now())
        file = folder / asked.record.file
        publish(partial, file, record)
        shutil.rmtree(parts)
        return Fetched(file, record, new=True)


def _gathered(visit: Visit, firsts: Sequence[str], api: Api, parts: Path, partial: Path) -> int:
    paths = [path for number, first in enumerate(firsts) for path in _series(visit, first, number, api, parts)]
    return _as_csv(paths, api.key, partial)


def _series(visit: Visit, first: str, number: int, api: Api, parts: Path) -> list[Path]:
    """Read the pages of one series that are not there yet; return the paths of all of them."""
    paths, seen, total, address = [], 0, None, first
    for count in range(MOST_PAGES):
        path = parts / f"{number:03}-{count:05}.json"
        page = _stored(path)
        if page is None:
            passing = api.passing if count else ()
            found = ask_json(
                visit, address, about=api.about, page=api.page, login=api.login, names=api.names, passing=passing
            )
            page = api.read(found, address, seen)
            _store(page, path)
        if total is not None and page.total is not None and page.total != total:
            raise ChangedError("the data changed while its pages were read, twice; run it again later")
        total = page.total if page.total is not None else total
        seen += len(page.rows)
        paths.append(path)
        visit.told(Step("rows", seen, total))
        if page.following is None:
            break
        address = page.following
    else:
        raise FetchError(f"the answer has more than {MOST_PAGES:,} pages; ask for fewer countries or months")
    if total is not None and seen != total:
        raise ChangedError(
            f"the source promised {total:,} rows and gave {seen:,}, twice; run it again later, and ask for less at once"
        )
    return paths


def _as_csv(paths: Sequence[Path], key: str, partial: Path) -> int:
    """Write the rows of all pages and return how many there are."""
    columns: dict[str, None] = {}
    known: set[str] = set()
    count = 0
    for row in _rows(paths):
        columns.update(dict.fromkeys(row))
        mark = str(row.get(key, ""))
        if not mark or mark in known:
            raise ChangedError(f"the source gave rows without {key}, or one twice; run it again later")
        known.add(mark)
        count += 1
    with partial.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        for row in _rows(paths):
            writer.writerow({name: _cell(value) for name, value in row.items()})
    return count


def _cell(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _rows(paths: Sequence[Path]) -> Iterator[Mapping[str, object]]:
    for path in paths:
        page = _stored(path)
        assert page is not None
        yield from page.rows


def _stored(path: Path) -> Page | None:
    with suppress(FileNotFoundError, ValueError, TypeError):
        return Page(**json.loads(path.read_text(encoding="utf-8")))
    return None


def _store(page: Page, path: Path) -> None:
    write_text(path, json.dumps(asdict(page), ensure_ascii=False))


def _renew(parts: Path, firsts: Sequence[str], now: datetime) -> None:
    """Begin anew unless fresh pages of the same question are there."""
    begun = parts / "begun.json"
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        state = json.loads(begun.read_text(encoding="utf-8"))
        if state["firsts"] == list(firsts) and timedelta(0) <= now - datetime.fromisoformat(state["at"]) < FRESH:
            return
    shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir()
    write_text(begun, json.dumps({"firsts": list(firsts), "at": now.isoformat()}))


def no_page(host: str, words: object, secrets: Iterable[Secret], page: str) -> FetchError:
    """Return the error for an answer that is JSON but no data, with the provider's words."""
    said = plain(words, [each.reveal() for each in secrets])
    return FetchError(f"{host} answered without data{f': {said}' if said else ''}; see {page}")


def said(found: object) -> object:
    """Return a provider's words about what went wrong, wherever it puts them."""
    if not isinstance(found, dict):
        return ""
    names = ("error_description", "message", "Message", "messages", "error", "errors", "detail")
    return next((found[name] for name in names if found.get(name)), "")

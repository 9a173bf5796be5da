"""The table of sources, and which file a wish becomes: address, name, terms."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib import resources
from urllib.parse import urlencode

from harmattan.fetching.record import Record
from harmattan.months import month
from harmattan.named import nearest

WISHES = ("ucdp-ged", "ucdp-candidate", "acled", "boundaries")
PROVIDERS = {"geoboundaries": "geoboundaries", "cod": "cod-ab"}
PAGE_ROWS = {"ucdp": 1000, "acled": 5000}
"""Rows that the APIs give at once, at most."""


@dataclass(frozen=True)
class Source:
    """One row of ``addresses.toml``."""

    title: str
    kind: str
    address: str
    page: str
    licence: str
    citation: str = ""
    file: str = ""
    reader: str = ""
    release: str = ""
    example: str = ""
    login: str = ""
    credentials: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Plan:
    """One file to fetch.

    Parameters
    ----------
    source
        Its name in the table.
    about
        Its row.
    release
        Which release; for boundaries and ACLED it is known, or set to the day, when the answer comes.
    addresses
        Where to ask, without any login; several for an API that is asked country by country.
    file
        Name of the resulting file.
    last
        Last day asked for, of ACLED.
    iso3
        The country, of boundaries.
    """

    source: str
    about: Source
    release: str
    addresses: tuple[str, ...]
    file: str
    last: date | None = None
    iso3: str = ""


@cache
def table() -> tuple[Mapping[str, Source], Mapping[str, Mapping[str, int]]]:
    """Return the sources by name, and the codes of countries by ISO 3166 code."""
    text = resources.files("harmattan.fetching").joinpath("addresses.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)
    countries = rows.pop("countries")
    return {name: _source(row) for name, row in rows.items()}, countries


def plans(
    wish: str,
    *,
    release: str | None = None,
    countries: Sequence[str] = (),
    first: str | None = None,
    last: str | None = None,
    level: int | None = None,
    provider: str | None = None,
    today: date,
) -> list[Plan]:
    """Return the files that a wish asks for.

    Parameters
    ----------
    wish
        ``ucdp-ged``, ``ucdp-candidate``, ``acled`` or ``boundaries``.
    release
        For UCDP: ``26.1`` of GED; ``26.0.9`` or ``26.01.26.06`` of Candidate.
    countries
        ISO 3166 three-letter codes. With them UCDP is asked through its API; ACLED and boundaries need at least one.
    first, last
        First and last month, ``YYYY-MM``, of ACLED.
    level, provider
        Of boundaries: level of the units, 1 if None, and ``geoboundaries``, which None means, or ``cod``, whose files
        have all levels.
    today
        Day of the fetch, UTC, which is the release of a source that has none.

    Raises
    ------
    ValueError
        If something is missing, unknown, not of its form, or of no use with this wish.

    Examples
    --------
    >>> plan, = plans("ucdp-ged", release="26.1", today=date(2026, 11, 20))
    >>> plan.addresses[0], plan.file
    ('https://ucdp.uu.se/downloads/ged/ged261-csv.zip', 'ged261-csv.zip')
    """
    codes = list(dict.fromkeys(code.upper() for code in countries))
    _refuse_idle(wish, {"release": release, "first": first, "last": last, "level": level, "provider": provider})
    if wish == "boundaries":
        return _boundaries(codes, level, provider or "geoboundaries")
    if wish == "acled":
        return [_acled(codes, first, last, today)]
    if wish not in WISHES:
        raise ValueError(
            f"nothing to fetch is called {wish!r}{nearest(wish, list(WISHES))}; known: {', '.join(WISHES)}"
        )
    return [_ucdp(wish, release, codes)]


def _refuse_idle(wish: str, given: Mapping[str, object]) -> None:
    """Refuse what would be passed over in silence."""
    used = {"acled": ("first", "last"), "boundaries": ("level", "provider")}.get(wish, ("release",))
    idle = [name for name, value in given.items() if value is not None and name not in used]
    if wish in WISHES and idle:
        raise ValueError(f"{wish} takes no {idle[0]}; it takes country, {' and '.join(used)}")


def _ucdp(wish: str, release: str | None, codes: list[str]) -> Plan:
    about = table()[0][wish]
    if release is None or not re.fullmatch(about.release, release):
        got = "none was given" if release is None else f"got {release!r}"
        raise ValueError(f"{wish} needs a release such as {about.example}; {got}; releases are listed at {about.page}")
    told = {"release": release, "short": release.replace(".", ""), "under": release.replace(".", "_")}
    about = _filled(about, told)
    if not codes:
        return Plan(wish, about, release, (about.address,), about.file)
    api = _filled(table()[0]["ucdp-api"], told)
    question = {"pagesize": PAGE_ROWS["ucdp"], "Country": ",".join(str(_code(code, "gw")) for code in codes)}
    address = f"{api.address}?{urlencode(question, safe=',')}"
    file = f"{wish}_{release}_{'-'.join(codes)}.csv"
    return Plan(wish, replace(api, citation=about.citation), release, (address,), file)


def _acled(codes: list[str], first: str | None, last: str | None, today: date) -> Plan:
    if not codes or first is None or last is None:
        raise ValueError("acled needs countries and months: --country BFA --first 2020-01 --last 2025-12")
    start, end = month(first), month(last)
    if end < start:
        raise ValueError(f"the last month {end} lies before the first, {start}")
    about = _filled(table()[0]["acled"], {"release": today.isoformat()})
    days = f"{start.start_time:%Y-%m-%d}|{end.end_time:%Y-%m-%d}"
    shared = {"_format": "json", "event_date": days, "event_date_where": "BETWEEN", "limit": PAGE_ROWS["acled"]}
    addresses = tuple(
        f"{about.address}?{urlencode({**shared, 'iso': _code(code, 'iso'), 'with_total': 'true', 'page': 1})}"
        for code in codes
    )
    file = f"acled_{'-'.join(codes)}_{start}_{end}_{today}.csv"
    return Plan("acled", about, today.isoformat(), addresses, file, last=end.end_time.date())


def _boundaries(codes: list[str], level: int | None, provider: str) -> list[Plan]:
    if provider not in PROVIDERS:
        raise ValueError(
            f"no provider of boundaries is called {provider!r}{nearest(provider, PROVIDERS)}; "
            f"known: {', '.join(PROVIDERS)}"
        )
    if not codes:
        raise ValueError("boundaries need at least one country: --country BFA")
    if provider == "cod" and level is not None:
        raise ValueError("the files of cod have all levels; leave level out")
    found = []
    for code in codes:
        if not re.fullmatch("[A-Z]{3}", code):
            raise ValueError(f"a country must be a code of three letters such as BFA; got {code!r}")
        name = PROVIDERS[provider]
        told = {"iso3": code.lower() if provider == "cod" else code, "level": str(1 if level is None else level)}
        about = _filled(table()[0][name], told)
        found.append(Plan(name, about, "current", (about.address,), about.file, iso3=code))
    return found


def _code(iso3: str, which: str) -> int:
    known = table()[1]
    if iso3 not in known:
        raise ValueError(f"no country is called {iso3!r}{nearest(iso3, known)}; known: {', '.join(known)}")
    return known[iso3][which]


def _source(row: dict[str, object]) -> Source:
    names = row.pop("credentials", [])
    assert isinstance(names, list)
    return Source(**{name: str(text) for name, text in row.items()}, credentials=tuple(map(tuple, names)))


def _filled(about: Source, told: Mapping[str, str]) -> Source:
    texts = {name: getattr(about, name) for name in ("address", "file", "citation")}
    return replace(about, **{name: text.format_map(told) for name, text in texts.items()})


def record_of(plan: Plan) -> Record:
    """Return the record of a plan, before its file has come."""
    about = plan.about
    return Record(plan.source, plan.release, plan.addresses[0], "", "", 0, about.licence, about.citation, plan.file)

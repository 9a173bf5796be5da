"""Events from the APIs of UCDP and ACLED: how each is logged in to, and how its pages are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from harmattan.fetching.checks import table_check
from harmattan.fetching.credentials import Secret
from harmattan.fetching.download import Asked, Fetched
from harmattan.fetching.pages import Api, Page, gather, no_page, said
from harmattan.fetching.problems import FetchError
from harmattan.fetching.sources import Plan, record_of
from harmattan.fetching.web import Visit, answer, persistently, pieces, refuse_status

TOKEN_LIMIT = 1 << 20


def from_ucdp(visit: Visit, plan: Plan, folder: Path) -> Fetched:
    """Read the pages of the UCDP API.

    It has been seen to answer 400 when asked too fast, so a 400 to a later page of the same question may pass.
    """
    token = visit.secrets["HARMATTAN_UCDP_TOKEN"]

    def read(found: Any, address: str, _before: int) -> Page:
        rows = found.get("Result") if isinstance(found, dict) else None
        if not _are_rows(rows):
            raise no_page(_host(plan), said(found), [token], plan.about.page)
        following = parse_qs(urlsplit(str(found.get("NextPageUrl") or "")).query).get("page", [""])[0]
        # Only the number is taken over, so that no answer can send the token elsewhere.
        more = following.isdecimal() and bool(rows)
        return Page(address, rows, _turned(address, following) if more else None, _count(found.get("TotalCount")))

    login = {"x-ucdp-access-token": token.reveal()}
    api = Api(f"release {plan.release}", plan.about.page, read, "id", login, token.name, passing=(400,))
    asked = Asked(record_of(plan), table_check(plan.about.reader), plan.about.page)
    return gather(visit, asked, plan.addresses, api, folder)


def from_acled(visit: Visit, plan: Plan, folder: Path) -> Fetched:
    """Log in to ACLED and read the pages of each country.

    An account may be barred from recent events. ACLED then answers without them, as if there were none; such an answer
    is refused, since a month that may not be seen is not a month without events.
    """
    token = visit.secrets.get("HARMATTAN_ACLED_TOKEN") or _acled_token(visit, plan)

    def read(found: Any, address: str, before: int) -> Page:
        rows = found.get("data") if isinstance(found, dict) else None
        fine = isinstance(found, dict) and found.get("success") is not False and str(found.get("status", 200)) == "200"
        if not fine or not _are_rows(rows):
            raise no_page(_host(plan), said(found), [*visit.secrets.values(), token], plan.about.page)
        _refuse_barred(found, plan.last)
        total = _count(found.get("total_count"))
        # A page may hold fewer rows than asked for: without a total, only an empty one is the last.
        more = bool(rows) and (total is None or before + len(rows) < total)
        number = int(parse_qs(urlsplit(address).query)["page"][0])
        return Page(address, rows, _turned(address, str(number + 1)) if more else None, total)

    login = {"Authorization": f"Bearer {token.reveal()}"}
    api = Api("these events", plan.about.page, read, "event_id_cnty", login, " and ".join(visit.secrets))
    asked = Asked(record_of(plan), table_check(plan.about.reader), plan.about.page)
    return gather(visit, asked, plan.addresses, api, folder)


def _acled_token(visit: Visit, plan: Plan) -> Secret:
    user, password = visit.secrets["HARMATTAN_ACLED_USER"], visit.secrets["HARMATTAN_ACLED_PASSWORD"]
    form = {"username": user.reveal(), "password": password.reveal(), "grant_type": "password", "client_id": "acled"}
    names, page = f"{user.name} and {password.name}", plan.about.page

    def ask() -> Secret:
        with answer(visit, plan.about.login, headers={"Accept": "application/json"}, form=form) as response:
            host = response.url.host
            if response.status_code in (400, 401):
                raise FetchError(f"{host} did not accept {names} ({response.status_code}); see {page}")
            refuse_status(response, manners=visit.manners, about="a login", page=page, login=names)
            body = b"".join(pieces(response, manners=visit.manners, limit=TOKEN_LIMIT))
        try:
            token = json.loads(body)["access_token"]
        except (ValueError, KeyError, TypeError):
            token = None
        if not isinstance(token, str) or not token:
            raise FetchError(f"{host} answered the login without a token; see {page}")
        return Secret("HARMATTAN_ACLED_TOKEN", token)

    return persistently(ask, visit)


def _refuse_barred(found: Mapping[str, Any], last: date | None) -> None:
    barred = found.get("data_query_restrictions")
    recency = barred.get("date_recency") if isinstance(barred, dict) else None
    until = recency.get("date") if isinstance(recency, dict) else None
    try:
        known = date.fromisoformat(str(until)[:10])
    except ValueError:
        return
    if last is not None and known < last:
        whole = known.replace(day=1) - timedelta(days=1)
        raise FetchError(
            f"this ACLED account may read events up to {known} only, and later months would look quiet; "
            f"ask for --last {whole:%Y-%m} or earlier, or ask ACLED for access"
        )


def _are_rows(rows: object) -> TypeGuard[list[dict[str, object]]]:
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def _count(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() else None


def _host(plan: Plan) -> str:
    return urlsplit(plan.addresses[0]).hostname or ""


def _turned(address: str, page: str) -> str:
    """The address of another page of the same question."""
    parts = urlsplit(address)
    question = {name: texts[0] for name, texts in parse_qs(parts.query, keep_blank_values=True).items()}
    return urlunsplit(parts._replace(query=urlencode({**question, "page": page}, safe=",")))

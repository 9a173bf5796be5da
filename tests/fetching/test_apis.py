"""The APIs of UCDP and ACLED, page by page: nothing lost, nothing twice, and a login that only its host ever sees."""

from __future__ import annotations

import json
import logging
import traceback
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from harmattan.fetching import FetchError, fetch, plans
from harmattan.sources import read

TOKEN = "token-5f3a91"
LOGIN = {"HARMATTAN_ACLED_USER": "me@example.org", "HARMATTAN_ACLED_PASSWORD": "pass word-77c1"}
TODAY = date(2026, 11, 20)


@pytest.fixture
def ucdp(publisher):
    """A plan for two countries of a UCDP release, asked of the publisher."""
    (plan,) = plans("ucdp-ged", release="25.1", countries=["bfa", "MLI"], today=TODAY)
    return publisher.here(plan)


@pytest.fixture
def acled(publisher):
    """A plan for two countries of ACLED, asked of the publisher."""
    (plan,) = plans("acled", countries=["BFA", "MLI"], first="2023-01", last="2023-12", today=TODAY)
    publisher.says("/oauth/token", publisher.answer(b'{"access_token": "%s", "expires_in": 86400}' % TOKEN.encode()))
    return publisher.here(plan)


def ucdp_row(number):
    return {
        "id": number,
        "type_of_violence": 1,
        "active_year": True,
        "side_a": "Government of Mali",
        "side_b": "JNIM",
        "where_prec": 1,
        "latitude": 16.2,
        "longitude": -0.1,
        "country": "Mali",
        "date_prec": 1,
        "date_start": "2023-05-04T00:00:00",
        "date_end": "2023-05-04T00:00:00",
        "best": 3,
        "high": 4,
        "low": 2,
        "source_headline": 'Énigme, "dit-on"\nà Gao',
        "gwnob": None,
    }


def acled_row(country, number):
    return {
        "event_id_cnty": f"{country}{number}",
        "event_date": "2023-05-04",
        "event_type": "Battles",
        "sub_event_type": "Armed clash",
        "actor1": "JNIM",
        "actor2": "Military Forces",
        "country": "Mali",
        "latitude": "16.2",
        "longitude": "-0.1",
        "fatalities": 3,
    }


def ucdp_server(publisher, count, *, size=4, total=None):
    """Answers with pages of some rows, the first of which is number 0."""

    def tell(request):
        question = parse_qs(urlsplit(request.path).query)
        page = int(question.get("page", ["0"])[0])
        rows = [ucdp_row(number) for number in range(page * size + 1, min((page + 1) * size, count) + 1)]
        more = (page + 1) * size < count
        found = {
            "TotalCount": count if total is None else total,
            "TotalPages": -(-count // size),
            "NextPageUrl": f"http://evil.example/steal?page={page + 1}" if more else "",
            "Result": rows,
        }
        return publisher.answer(json.dumps(found).encode())

    return tell


def acled_server(publisher, counts, **more):
    """Answers with three rows a page of each country, by its number."""

    def tell(request):
        question = {name: text[0] for name, text in parse_qs(urlsplit(request.path).query).items()}
        count, page = counts[question["iso"]], int(question["page"])
        rows = [acled_row(question["iso"], number) for number in range((page - 1) * 3 + 1, min(page * 3, count) + 1)]
        found = {"status": 200, "success": True, "count": len(rows), "total_count": count, "data": rows, **more}
        return publisher.answer(json.dumps(found).encode())

    return tell


def test_the_pages_of_ucdp_become_one_file_that_is_read(publisher, calm, ucdp, tmp_path, left):
    publisher.says("/api/gedevents/25.1", ucdp_server(publisher, 10))
    got = calm.fetch(ucdp, tmp_path, HARMATTAN_UCDP_TOKEN=TOKEN)
    assert got.path.name == "ucdp-ged_25.1_BFA-MLI.csv"
    found = read(got.path).table
    assert found["event"].tolist() == [str(number) for number in range(1, 11)]
    assert 'Énigme, ""dit-on""\nà Gao' in got.path.read_text()
    first, second, third = publisher.asked
    assert first.path == "/api/gedevents/25.1?pagesize=1000&Country=439,432"
    assert [parse_qs(urlsplit(each.path).query)["page"] for each in (second, third)] == [["1"], ["2"]]
    assert {each.headers["x-ucdp-access-token"] for each in publisher.asked} == {TOKEN}
    assert got.record.source == "ucdp-ged" and got.record.release == "25.1" and got.record.licence == "CC BY 4.0"
    assert got.record.citation.endswith("UCDP GED 25.1")
    assert left(tmp_path) == [got.path.name, f"{got.path.name}.json"]
    assert [step.done for step in calm.steps if step.kind == "rows"] == [4, 8, 10]


def test_the_pages_of_acled_become_one_file_that_is_read(publisher, calm, acled, tmp_path):
    publisher.says("/api/acled/read", acled_server(publisher, {"854": 7, "466": 3}))
    got = calm.fetch(acled, tmp_path, **LOGIN)
    assert got.path.name == "acled_BFA-MLI_2023-01_2023-12_2026-11-20.csv"
    assert len(read(got.path).table) == 10
    login, *pages = publisher.asked
    assert (login.method, login.path) == ("POST", "/oauth/token")
    assert parse_qs(login.body.decode()) == {
        "username": ["me@example.org"],
        "password": ["pass word-77c1"],
        "grant_type": ["password"],
        "client_id": ["acled"],
    }
    asked = [{name: text[0] for name, text in parse_qs(urlsplit(each.path).query).items()} for each in pages]
    assert [(each["iso"], each["page"]) for each in asked] == [("854", "1"), ("854", "2"), ("854", "3"), ("466", "1")]
    assert {(each["event_date"], each["event_date_where"]) for each in asked} == {("2023-01-01|2023-12-31", "BETWEEN")}
    assert {each.headers["authorization"] for each in pages} == {f"Bearer {TOKEN}"}
    assert got.record.release == "2026-11-20" and "not to be redistributed" in got.record.licence


def test_without_a_total_pages_are_read_until_one_is_empty(publisher, calm, acled, tmp_path):
    publisher.says("/api/acled/read", acled_server(publisher, {"854": 7, "466": 3}, total_count=None))
    assert len(read(calm.fetch(acled, tmp_path, **LOGIN).path).table) == 10
    assert len(publisher.asked) == 1 + 4 + 2


def test_a_server_that_knows_no_pages_is_noticed(publisher, calm, acled, tmp_path, left):
    same = publisher.answer(json.dumps({"success": True, "data": [acled_row("BFA", 1)]}).encode())
    publisher.says("/api/acled/read", *[same, same, publisher.answer(b'{"success": true, "data": []}')] * 2)
    with pytest.raises(FetchError, match="event_id_cnty, or one twice"):
        calm.fetch(replace(acled, addresses=acled.addresses[:1]), tmp_path, HARMATTAN_ACLED_TOKEN=TOKEN)
    assert not list(tmp_path.glob("*.csv"))


def test_a_token_of_ones_own_needs_no_password(publisher, calm, acled, tmp_path):
    publisher.says("/api/acled/read", acled_server(publisher, {"854": 1, "466": 1}))
    calm.fetch(acled, tmp_path, HARMATTAN_ACLED_TOKEN=TOKEN)
    assert all(each.path.startswith("/api") for each in publisher.asked)


def test_pages_that_came_are_not_asked_for_again(publisher, calm, acled, tmp_path, left):
    whole = acled_server(publisher, {"854": 7, "466": 3})
    publisher.says("/api/acled/read", whole, whole, publisher.answer(status=503))
    with pytest.raises(FetchError, match=r"cannot answer now \(503\), tried 4 times; run it again later"):
        calm.fetch(acled, tmp_path, **LOGIN)
    assert not list(tmp_path.glob("*.csv"))
    publisher.asked.clear()
    publisher.says("/api/acled/read", whole)
    assert len(read(calm.fetch(acled, tmp_path, **LOGIN).path).table) == 10
    assert [parse_qs(urlsplit(each.path).query).get("page") for each in publisher.asked] == [None, ["3"], ["1"]]
    assert len(left(tmp_path)) == 2


def test_pages_of_long_ago_are_asked_for_again(publisher, calm, ucdp, tmp_path):
    whole = ucdp_server(publisher, 10)
    publisher.says("/api/gedevents/25.1", whole, publisher.answer(status=404))
    with pytest.raises(FetchError, match=r"does not have release 25.1 \(404\)"):
        calm.fetch(ucdp, tmp_path, HARMATTAN_UCDP_TOKEN=TOKEN)
    publisher.asked.clear()
    publisher.says("/api/gedevents/25.1", whole)
    later = replace(calm.manners, now=lambda: datetime(2026, 11, 21, tzinfo=UTC))
    fetch(ucdp, tmp_path, look={"HARMATTAN_UCDP_TOKEN": TOKEN}.get, manners=later)
    assert len(publisher.asked) == 3


def test_data_that_change_while_they_are_read_are_read_anew_once(publisher, calm, ucdp, tmp_path, left):
    publisher.says("/api/gedevents/25.1", ucdp_server(publisher, 10), ucdp_server(publisher, 11))
    assert len(read(calm.fetch(ucdp, tmp_path, HARMATTAN_UCDP_TOKEN=TOKEN).path).table) == 11
    for wrong, words in ((9, "promised 9 rows and gave 10, twice"), (None, "one twice")):
        (tmp_path / "ucdp-ged_25.1_BFA-MLI.csv").unlink(missing_ok=True)
        same = publisher.answer(json.dumps({"Result": [ucdp_row(1), ucdp_row(1)], "TotalCount": 2}).encode())
        publisher.says("/api/gedevents/25.1", ucdp_server(publisher, 10, total=wrong) if wrong else same)
        with pytest.raises(FetchError, match=words):
            calm.fetch(ucdp, tmp_path, HARMATTAN_UCDP_TOKEN=TOKEN)
        assert not (tmp_path / "ucdp-ged_25.1_BFA-MLI.csv").exists()


def test_ucdp_that_is_asked_too_fast_is_asked_again(publisher, calm, ucdp, tmp_path):
    whole = ucdp_server(publisher, 10)
    publisher.says("/api/gedevents/25.1", whole, publisher.answer(status=400), whole)
    assert calm.fetch(ucdp, tmp_path, HARMATTAN_UCDP_TOKEN=TOKEN).new
    assert len(calm.waits) == 1
    publisher.says("/api/gedevents/25.1", publisher.answer(status=400))
    with pytest.raises(FetchError, match="answered 400 when asked for release 25.1"):
        calm.fetch(ucdp, tmp_path, HARMATTAN_UCDP_TOKEN=TOKEN)


def test_a_month_that_may_not_be_seen_is_not_a_quiet_month(publisher, calm, acled, tmp_path, left):
    barred = {"date_recency": {"quantity": 12, "unit": "Months", "date": "2023-11-20"}}
    publisher.says("/api/acled/read", acled_server(publisher, {"854": 0, "466": 0}, data_query_restrictions=barred))
    with pytest.raises(FetchError, match=r"up to 2023-11-20 only, .* ask for --last 2023-10 or earlier"):
        calm.fetch(acled, tmp_path, **LOGIN)
    barred["date_recency"]["date"] = "2024-01-15"
    publisher.says("/api/acled/read", acled_server(publisher, {"854": 2, "466": 0}, data_query_restrictions=barred))
    assert len(read(calm.fetch(acled, tmp_path, **LOGIN).path).table) == 2


def test_no_rows_are_said_and_nothing_is_written(publisher, calm, acled, ucdp, tmp_path, left):
    publisher.says("/api/acled/read", acled_server(publisher, {"854": 0, "466": 0}))
    publisher.says("/api/gedevents/25.1", ucdp_server(publisher, 0))
    for plan, login in ((acled, LOGIN), (ucdp, {"HARMATTAN_UCDP_TOKEN": TOKEN})):
        with pytest.raises(FetchError, match="the source has no rows for this question; nothing was written"):
            calm.fetch(plan, tmp_path, **login)
    assert left(tmp_path) == []


REFUSALS = {
    r"answered without data: The user of \*\*\* is blocked; see": (
        200,
        {"status": 403, "success": False, "error": [], "message": f"The user of {TOKEN} is\nblocked"},
    ),
    "answered without data; see": (200, {"status": 200, "data": "none"}),
    "answered without data: Access denied": (200, {"success": False, "messages": "Access denied"}),
    r"refuses these events \(403\): the account of HARMATTAN_ACLED_USER and HARMATTAN_ACLED_PASSWORD may lack": (
        403,
        {},
    ),
    r"did not accept HARMATTAN_ACLED_USER and HARMATTAN_ACLED_PASSWORD \(401\)": (401, {}),
}


@pytest.mark.parametrize("words", REFUSALS)
def test_a_refusal_of_acled_is_said_with_its_words(publisher, calm, acled, tmp_path, words):
    status, found = REFUSALS[words]
    publisher.says("/api/acled/read", publisher.answer(json.dumps(found).encode(), status))
    with pytest.raises(FetchError, match=words):
        calm.fetch(acled, tmp_path, **LOGIN)
    assert calm.waits == []


LOGINS = {
    r"did not accept HARMATTAN_ACLED_USER and HARMATTAN_ACLED_PASSWORD \(400\)": (400, b'{"error": "invalid_grant"}'),
    r"did not accept .* \(401\)": (401, b"{}"),
    "answered the login without a token": (200, b'{"token": 1}'),
    "answered the login without a token; see https": (200, b"<html>"),
    r"cannot answer now \(503\), tried 4 times": (503, b""),
}


@pytest.mark.parametrize("words", LOGINS)
def test_a_login_that_fails_is_said(publisher, calm, acled, tmp_path, words):
    status, body = LOGINS[words]
    publisher.says("/oauth/token", publisher.answer(body, status))
    with pytest.raises(FetchError, match=words):
        calm.fetch(acled, tmp_path, **LOGIN)


def test_answers_that_are_no_data_are_said(publisher, calm, ucdp, tmp_path):
    publisher.says("/api/gedevents/25.1", publisher.answer(b"<html>maintenance</html>"))
    with pytest.raises(FetchError, match="answered with a web page, not with data"):
        calm.fetch(ucdp, tmp_path, HARMATTAN_UCDP_TOKEN=TOKEN)
    publisher.says("/api/gedevents/25.1", publisher.answer(b'{"Result": ['))
    with pytest.raises(FetchError, match="cut off or not JSON, tried 4 times"):
        calm.fetch(ucdp, tmp_path, HARMATTAN_UCDP_TOKEN=TOKEN)
    publisher.says("/api/gedevents/25.1", publisher.answer(json.dumps({"Result": [{"id": 1}]}).encode()))
    with pytest.raises(FetchError, match="misses the column type_of_violence; nothing was kept of it"):
        calm.fetch(ucdp, tmp_path, HARMATTAN_UCDP_TOKEN=TOKEN)


def test_a_redirect_to_another_host_never_carries_the_login(publisher, elsewhere, calm, ucdp, acled, tmp_path):
    for path in ("/api/gedevents/25.1", "/api/acled/read"):
        away = publisher.answer(status=307, headers={"Location": elsewhere.url(path)})
        publisher.says(path, away)
        back = publisher.url("/back")
        elsewhere.says(path, elsewhere.answer(status=302, headers={"Location": back}))
    publisher.says("/back", publisher.answer(status=401))
    for plan, login in ((acled, LOGIN), (ucdp, {"HARMATTAN_UCDP_TOKEN": TOKEN})):
        with pytest.raises(FetchError, match="401"):
            calm.fetch(plan, tmp_path, **login)
    strange = [*elsewhere.asked, *(each for each in publisher.asked if each.path == "/back")]
    assert len(strange) == 4
    for each in strange:
        assert not {"authorization", "x-ucdp-access-token", "cookie"} & set(each.headers)
        assert TOKEN not in repr(each)
    publisher.says("/oauth/token", publisher.answer(status=307, headers={"Location": elsewhere.url("/oauth/token")}))
    with pytest.raises(FetchError, match="sends the login on to another place, which is not followed"):
        calm.fetch(acled, tmp_path, **LOGIN)
    assert len(elsewhere.asked) == 2


def test_no_secret_is_in_a_log_a_message_a_file_or_an_address(publisher, calm, acled, ucdp, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    secrets = [TOKEN, LOGIN["HARMATTAN_ACLED_PASSWORD"], LOGIN["HARMATTAN_ACLED_USER"]]
    wholes = [acled_server(publisher, {"854": 7, "466": 3}), ucdp_server(publisher, 10)]
    echo = publisher.answer(json.dumps({"message": f"bad {' '.join(secrets)}", "success": False}).encode())
    own = publisher.answer(json.dumps({"message": f"bad {TOKEN}", "Result": None}).encode())
    said = []
    broken, barred = publisher.answer(status=500), publisher.answer(status=403)
    for ends in ([broken, broken], [echo, own], [barred, barred], []):
        publisher.says("/api/acled/read", wholes[0], *ends[:1])
        publisher.says("/api/gedevents/25.1", wholes[1], *ends[1:])
        for plan, login in ((acled, LOGIN), (ucdp, {"HARMATTAN_UCDP_TOKEN": TOKEN})):
            try:
                said.append(repr(calm.fetch(plan, tmp_path, **login)))
            except FetchError as error:
                said += ["".join(traceback.format_exception(error)), repr(error)]
    written = "".join(each.read_text() for each in tmp_path.rglob("*") if each.is_file())
    everything = "".join([written, *map(str, tmp_path.rglob("*")), *said, caplog.text, *capfd.readouterr(), repr(calm)])
    assert "acled" in everything and len(caplog.records) > 20
    assert not [secret for secret in secrets if secret in everything]
    assert not [each for each in publisher.asked if any(secret in each.path for secret in secrets)]


def test_a_missing_login_is_said_before_anything_is_asked(publisher, calm, acled, ucdp, tmp_path):
    with pytest.raises(
        FetchError, match="set HARMATTAN_UCDP_TOKEN in the environment or the keyring; see https://ucdp"
    ):
        calm.fetch(ucdp, tmp_path)
    words = "set HARMATTAN_ACLED_USER and HARMATTAN_ACLED_PASSWORD, or HARMATTAN_ACLED_TOKEN in the environment"
    with pytest.raises(FetchError, match=words):
        calm.fetch(acled, tmp_path, HARMATTAN_ACLED_USER="me")
    with pytest.raises(FetchError, match="HARMATTAN_UCDP_TOKEN holds a line break or a letter"):
        calm.fetch(ucdp, tmp_path, HARMATTAN_UCDP_TOKEN="abc\r\nHost: evil")
    assert publisher.asked == [] and not list(Path(tmp_path).iterdir())

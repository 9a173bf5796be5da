"""Who may read: the right host, no foreign page, only reading, nothing too long, the token, no faster than allowed."""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from harmattan.api import Limits, create_app
from harmattan.api.guards import Rules, answers_to
from harmattan.api.pace import MOST_CLIENTS, Pace

ONE = "/api/v1/releases/small/2023-06"
TOKEN = "a-secret-of-some-length"
PROTECTION = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}


def slug(answer: Any) -> str:
    return str(answer.json()["type"].partition("#")[2])


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "localhost."])
def test_its_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/v1/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.org", "localhost.evil.org", "evil.org:8000", "127.0.0.2", "127.0.0.1.nip.io", "", "localhost@evil.org",
     "evil.org#localhost", "localhost:99999", "localhost:x", "[::1", "0.0.0.0", "local host", "user@localhost"],
)  # fmt: skip
def test_a_name_it_was_not_started_with_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/api/v1/releases", headers={"host": host})
    assert answer.status_code == 421 and slug(answer) == "unknown-host"


@given(name=st.text(st.characters(codec="ascii"), max_size=30))
def test_no_text_is_taken_for_a_host_but_the_names_themselves(name: str) -> None:
    rules = Rules(frozenset({"localhost"}))
    if answers_to(name, rules):
        assert name.lower().partition(":")[0].rstrip(".") == "localhost"


def test_any_address_but_no_other_name_where_that_is_asked(folder: Path) -> None:
    client = TestClient(create_app(folder, any_address=True, token=TOKEN), base_url="http://192.168.1.4")
    assert client.get("/api/v1/health").status_code == 200
    assert client.get("/api/v1/health", headers={"host": "[fe80::1]:80"}).status_code == 200
    assert client.get("/api/v1/health", headers={"host": "evil.org"}).status_code == 421


@pytest.mark.parametrize(
    "origin",
    ["http://evil.org", "https://localhost", "http://localhost:3000", "null", "file://", "http://localhost.evil.org",
     "http://localhost:8000@evil.org", "http://[", "chrome-extension://abc", ""],
)  # fmt: skip
def test_pages_of_other_sites_may_not_read(client: TestClient, origin: str) -> None:
    answer = client.get("/api/v1/releases", headers={"host": "localhost:8000", "origin": origin})
    assert answer.status_code == 403 and slug(answer) == "foreign-origin"
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_its_own_page_may_read_and_nobody_gets_cors(client: TestClient) -> None:
    answer = client.get("/api/v1/releases", headers={"host": "localhost:8000", "origin": "http://localhost:8000"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    asking = {"host": "localhost", "origin": "http://evil.org", "access-control-request-method": "GET"}
    assert client.options("/api/v1/releases", headers=asking).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"])
@pytest.mark.parametrize("address", ["/", ONE, "/api/v1/health", "/nothing"])
def test_it_is_only_read(client: TestClient, method: str, address: str) -> None:
    answer = client.request(method, address)
    assert answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert slug(answer) == "method-not-allowed"


def test_options_tell_the_methods(client: TestClient) -> None:
    answer = client.options(ONE)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "GET, HEAD, OPTIONS", b"")


def test_bodies_long_addresses_and_long_heads_are_refused(client: TestClient) -> None:
    assert slug(client.request("GET", ONE, content=b"x")) == "body-not-allowed"
    assert slug(client.request("GET", ONE, content=iter([b"x"]))) == "body-not-allowed"
    assert client.request("GET", "/api/v1/health", headers={"content-length": "0"}).status_code == 200
    assert slug(client.get(f"{ONE}/probability?regions=" + "x" * 9000)) == "address-too-long"
    assert slug(client.get("/" + "x" * 9000)) == "address-too-long"
    assert slug(client.get(ONE, headers={"cookie": "x" * 17_000})) == "head-too-long"
    assert slug(client.get(ONE, headers={f"x-{n}": "y" for n in range(4000)})) == "head-too-long"


@pytest.mark.parametrize("address", ["/api/v1/health", "/", f"{ONE}/nothing", f"{ONE}/files/csv", "/assets/review.js"])
def test_every_answer_is_protected(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert {name: answer.headers[name] for name in PROTECTION} == PROTECTION
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert "default-src 'none'" in policy or answer.headers["content-type"].startswith("text/html")


CLOSED = ("/", ONE, f"{ONE}/files/csv", "/api/v1/releases", "/api/v1/openapi.json", "/nothing", "/assets/review.js")


def basic(password: str, user: str = "anybody") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("given_token", [f"Bearer {TOKEN}", f"bearer   {TOKEN}", basic(TOKEN), basic(TOKEN, "")])
def test_the_token_opens_everything(folder: Path, open_client: Callable[..., TestClient], given_token: str) -> None:
    client = open_client(folder, token=TOKEN)
    for address in (ONE, "/api/v1/releases", "/api/v1/openapi.json"):
        answer = client.get(address, headers={"authorization": given_token})
        assert answer.status_code == 200 and answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    "given_token",
    ["", "Bearer", "Bearer ", "Bearer wrong", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, f"Token {TOKEN}",
     basic("wrong"), basic("", TOKEN), "Basic %%%", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Bearer é"],
)  # fmt: skip
def test_nothing_but_health_is_read_without_it(
    folder: Path, open_client: Callable[..., TestClient], given_token: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = open_client(folder, token=TOKEN)
    headers = {"authorization": given_token.encode()} if given_token else {}
    with caplog.at_level(logging.DEBUG):
        for address in (
            "/",
            ONE,
            f"{ONE}/files/csv",
            "/api/v1/releases",
            "/api/v1/openapi.json",
            "/nothing",
            "/assets/review.js",
        ):
            answer = client.get(address, headers=headers)
            assert answer.status_code == 401 and slug(answer) == "token-needed"
            assert answer.headers["www-authenticate"].startswith("Basic realm=")
            assert TOKEN not in answer.text
        assert client.get("/api/v1/health", headers=headers).status_code == 200
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("harmattan")]
    assert len(ours) == 8 and not any(TOKEN in each or "wrong" in each for each in ours)


def test_a_token_is_not_taken_from_the_address_and_not_logged(
    folder: Path, open_client: Callable[..., TestClient], caplog: pytest.LogCaptureFixture
) -> None:
    client = open_client(folder, token=TOKEN)
    with caplog.at_level(logging.INFO, logger="harmattan.api"):
        assert client.get(f"/api/v1/releases?token={TOKEN}").status_code == 401
        answer = client.get(f"/api/v1/releases?token={TOKEN}", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 422 and TOKEN not in answer.text
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("harmattan")]
    assert len(ours) == 2 and not any(TOKEN in each for each in ours)


@pytest.mark.parametrize("token", ["", "short", "a token with spaces in it", "ünlautes-geheimnis-lang"])
def test_a_weak_token_is_refused(folder: Path, token: str) -> None:
    with pytest.raises(ValueError, match="a token must be at least 16 letters, .*; make one with") as refused:
        create_app(folder, token=token)
    assert not token or token not in str(refused.value)


def test_the_description_tells_how_a_token_is_sent(folder: Path, open_client: Callable[..., TestClient]) -> None:
    with_token = create_app(folder, token=TOKEN).openapi()
    assert set(with_token["components"]["securitySchemes"]) == {"bearer", "basic"}
    assert "securitySchemes" not in create_app(folder).openapi()["components"]


def test_a_bucket_fills_with_time_and_is_each_clients_own() -> None:
    now = [0.0]
    pace = Pace(Limits(rate=2, burst=3), clock=lambda: now[0])
    assert [pace.refusal("a") is None for _ in range(4)] == [True, True, True, False]
    assert pace.refusal("b") is None
    refused = pace.refusal("a")
    assert refused is not None and refused.slug == "too-many-requests" and refused.headers["retry-after"] == "1"
    now[0] = 1.0
    assert [pace.refusal("a") is None for _ in range(3)] == [True, True, False]
    now[0] = 1000.0
    assert sum(pace.refusal("a") is None for _ in range(10)) == 3


def test_places_are_bounded_for_each_client_and_for_all() -> None:
    pace = Pace(Limits(client_requests=2, requests=3))
    leave = [pace.enter("a"), pace.enter("a")]
    refused = pace.refusal("a")
    assert refused is not None and refused.slug == "too-many-requests"
    assert pace.refusal("b") is None
    pace.enter("b")
    busy = pace.refusal("c")
    assert busy is not None and busy.slug == "busy" and busy.headers["retry-after"] == "1"
    leave[0]()
    leave[0]()
    assert pace.refusal("a") is None and pace.refusal("c") is None and pace.working == 2


def test_what_is_known_of_clients_is_bounded() -> None:
    pace = Pace(Limits(burst=1))
    for number in range(MOST_CLIENTS + 100):
        assert pace.refusal(f"client {number}") is None
    assert len(pace._clients) == MOST_CLIENTS


def test_a_limit_must_be_above_zero() -> None:
    with pytest.raises(ValueError, match="the limit burst must be above zero; got 0"):
        Limits(burst=0)


def test_work_that_takes_too_long_is_given_up_and_keeps_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(folder, limits=Limits(rate=1e6, burst=10**6, seconds=0.3, client_requests=1))
    shelf, hold = app.state.shelf, threading.Event()
    real = shelf.release
    monkeypatch.setattr(shelf, "release", lambda entry: (hold.wait(20), real(entry))[1])
    with TestClient(app, base_url="http://localhost") as client:
        begun = time.monotonic()
        late = client.get(f"{ONE}/scores")
        assert late.status_code == 504 and slug(late) == "too-slow" and time.monotonic() - begun < 5
        assert "default-src 'none'" in late.headers["content-security-policy"]
        waiting = client.get(ONE)
        assert waiting.status_code == 429 and int(waiting.headers["retry-after"]) >= 1
        hold.set()
        until = time.monotonic() + 10
        while client.get(f"{ONE}/scores").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.05)

"""The command: what it prints, its exit codes, and a publisher whose certificate nobody vouches for."""

from __future__ import annotations

import datetime as dt
import io
import ipaddress
import json
import re
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rich.console import Console
from rich.progress import Progress
from typer.testing import CliRunner

from harmattan.cli.fetch import _teller, fetch
from harmattan.fetching import FetchError, Step

app = typer.Typer()
app.command()(fetch)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs the command in an empty folder, without any login."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "keyring", None)
    for name in ("UCDP_TOKEN", "ACLED_USER", "ACLED_PASSWORD", "ACLED_TOKEN"):
        monkeypatch.delenv(f"HARMATTAN_{name}", raising=False)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_dry_run_says_all_and_asks_no_one(run, monkeypatch, tmp_path):
    monkeypatch.setenv("HARMATTAN_ACLED_USER", "me@example.org")
    done = run("acled", "--country", "BFA", "--country", "MLI", "--first", "2020-01", "--last", "2025-10", "--dry-run")
    assert done.exit_code == 0
    for words in (
        "would fetch: downloads/acled_BFA-MLI_2020-01_2025-10_",
        "from: https://acleddata.com/api/acled/read?_format=json&event_date=2020-01-01%7C2025-10-31",
        "licence: ACLED terms of use: not to be redistributed",
        "login: HARMATTAN_ACLED_USER (set), HARMATTAN_ACLED_PASSWORD (missing); or HARMATTAN_ACLED_TOKEN (missing)",
    ):
        assert words in done.stdout
    assert "me@example.org" not in done.output and not list(tmp_path.iterdir())
    (row,) = json.loads(run("ucdp-ged", "--release", "26.1", "--to", "here", "--dry-run", "--json").stdout)
    assert (row["file"], row["logins"], row["licence"]) == ("here/ged261-csv.zip", [], "CC BY 4.0")
    assert row["addresses"] == ["https://ucdp.uu.se/downloads/ged/ged261-csv.zip"]
    assert "login: none needed" in run("boundaries", "--country", "BFA", "--dry-run").stdout


def test_a_fetch_says_what_came_and_then_that_nothing_changed(run, publisher, calm, events, monkeypatch):
    publisher.says("/events.csv", publisher.answer(status=503, headers={"Retry-After": "0"}))
    publisher.answers["/events.csv"].append(publisher.answer(events(3), etag='"a"'))
    monkeypatch.setattr("harmattan.fetching.plans", lambda *asked, **more: [publisher.plan()])
    monkeypatch.setattr("harmattan.fetching.Manners", lambda: calm.manners)
    done = run("ucdp-candidate", "--release", "26.0.9")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"downloads/events.csv: {len(events(3)):,} bytes, fetched\n  licence: CC BY 4.0\n")
    assert re.search(r"127.0.0.1 cannot answer now \(503\); trying again in [12] s$", done.stderr, flags=re.M)
    again = run("ucdp-candidate", "--release", "26.0.9")
    assert "bytes, not changed since 20" in again.stdout
    (found,) = json.loads(run("ucdp-candidate", "--release", "26.0.9", "--json").stdout)
    assert found["path"] == "downloads/events.csv" and found["new"] is False and found["source"] == "ucdp-candidate"


def test_progress_and_waits_are_shown_on_a_terminal():
    screen = io.StringIO()
    with Progress("{task.description} {task.fields[done]}", console=Console(file=screen, force_terminal=True)) as bar:
        tell = _teller("events.csv", bar)
        for step in (
            Step("bytes", 2_500_000, None),
            Step("wait", 3, words="no [answer]"),
            Step("lock"),
            Step("rows", 7, 9),
        ):
            tell(step)
            bar.refresh()
    shown = screen.getvalue()
    for words in (
        "events.csv 2.5 MB",
        "no [answer]; trying again in 3 s\n",
        "another fetch of events.csv is",
        "7 rows",
    ):
        assert words in shown


@pytest.mark.parametrize(
    "words", [["ucdp"], ["ucdp-ged"], ["acled"], ["boundaries"], ["boundaries", "--country", "BFA", "--level", "9"]]
)
def test_a_wrong_wish_is_wrong_use(run, words):
    assert run(*words).exit_code == 2


def test_a_failure_is_one_sentence(run, publisher, monkeypatch):
    monkeypatch.setattr("harmattan.fetching.plans", lambda *asked, **more: [publisher.plan("/none")])
    done = run("ucdp-ged", "--release", "26.1")
    assert isinstance(done.exception, FetchError) and "does not have events.csv (404)" in str(done.exception)
    missing = run("acled", "--country", "BFA")
    assert isinstance(missing.exception, FetchError)


def test_a_certificate_that_nobody_vouches_for_ends_it(calm, publisher, tmp_path):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda request, client_address: None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "own.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    plan = publisher.plan()
    own = f"https://127.0.0.1:{server.server_address[1]}/events.csv"
    try:
        with pytest.raises(FetchError, match="the certificate of 127.0.0.1 cannot be verified; nothing was sent to it"):
            calm.fetch(type(plan)(plan.source, plan.about, plan.release, (own,), plan.file), tmp_path / "to")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == [] and calm.waits == []


def self_signed(path):
    """Write a key and a certificate that it signed itself, and return the path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(1))
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()) + signed.public_bytes(pem))
    return path

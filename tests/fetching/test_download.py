"""One published file: whole or not at all, carried on, not sent again, and every failure in one sentence."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import threading
import time
import zipfile
from dataclasses import replace
from unittest.mock import patch

import pytest

from harmattan.fetching import FetchError, fetch, read_record
from harmattan.fetching.checks import table_check
from harmattan.fetching.download import Asked, download
from harmattan.fetching.sources import record_of
from harmattan.fetching.web import Visit, _allowed, open_client
from harmattan.sources import read


def packed(name, body):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    return file.getvalue()


def test_a_fetched_file_is_whole_with_its_record_beside(publisher, calm, events, tmp_path, left):
    publisher.says("/events.csv", publisher.answer(events(3), etag='"a"', headers={"Last-Modified": "yesterday"}))
    got = calm.fetch(publisher.plan(), tmp_path / "new" / "downloads")
    assert got.new and got.path.read_bytes() == events(3)
    assert json.loads((got.path.parent / "events.csv.json").read_text()) == {
        "source": "ucdp-candidate",
        "release": "26.0.9",
        "address": publisher.url("/events.csv"),
        "retrieved": "2026-11-20T12:00:00Z",
        "sha256": hashlib.sha256(events(3)).hexdigest(),
        "bytes": len(events(3)),
        "licence": "CC BY 4.0",
        "citation": "Hegre et al. (2020)",
        "file": "events.csv",
        "etag": '"a"',
        "modified": "yesterday",
    }
    assert left(got.path.parent) == ["events.csv", "events.csv.json"]
    assert len(read(got.path).table) == 3
    assert calm.waits == []


def test_real_releases_are_taken_as_published(shared, publisher, calm, tmp_path):
    for name in ("GEDEvent_v26_0_1.csv.gz", "GEDEvent_v23_0_10.csv.gz", "ucdp_ged_burkina_faso_2016_2023.csv.gz"):
        body = (shared / "data" / "events" / name).read_bytes()
        publisher.says(f"/{name}", publisher.answer(body))
        assert calm.fetch(publisher.plan(f"/{name}", name), tmp_path).path.read_bytes() == body
        plain = gzip.decompress(body)
        publisher.says("/plain", publisher.answer(packed("GED.csv", plain)))
        assert calm.fetch(publisher.plan("/plain", f"{name}.zip"), tmp_path).new


def test_a_broken_connection_is_carried_on_where_it_ended(publisher, calm, events, tmp_path):
    body = events(500)
    whole = publisher.answer(body, ranges=True, etag='"a"')
    publisher.says("/events.csv", replace(whole, cut=9000), replace(whole, cut=4000), whole)
    got = calm.fetch(publisher.plan(), tmp_path)
    assert got.path.read_bytes() == body
    assert [each.headers.get("range") for each in publisher.asked] == [None, "bytes=9000-", "bytes=13000-"]
    assert {each.headers.get("if-range") for each in publisher.asked[1:]} == {'"a"'}
    assert [step.words for step in calm.steps if step.kind == "wait"] == [
        "the connection to 127.0.0.1 failed or broke off"
    ] * 2
    assert 1 <= calm.waits[0] <= 2 and 2 <= calm.waits[1] <= 3
    assert max(step.done for step in calm.steps if step.kind == "bytes") == len(body)


def test_the_next_fetch_carries_on_what_an_earlier_one_left(publisher, calm, events, tmp_path, left):
    body = events(500)
    whole = publisher.answer(body, ranges=True, etag='"a"')
    publisher.says("/events.csv", replace(whole, cut=9000), replace(whole, status=500, body=b""))
    with pytest.raises(FetchError, match=r"now \(500\), tried 4 times; .* it carries on after 9,000 bytes$"):
        calm.fetch(publisher.plan(), tmp_path)
    assert left(tmp_path) == [".events.csv.partial", ".events.csv.partial.json"]
    publisher.says("/events.csv", whole)
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == body
    assert publisher.asked[-1].headers["range"] == "bytes=9000-"
    assert left(tmp_path) == ["events.csv", "events.csv.json"]


@pytest.mark.parametrize("ranges", [True, False], ids=["asked with If-Range", "ranges ignored"])
def test_a_file_that_changed_between_attempts_is_begun_again(publisher, calm, events, tmp_path, ranges):
    old, new = events(500), events(600, "Government of Niger")
    first = publisher.answer(old, ranges=ranges, etag='"old"', cut=9000)
    publisher.says("/events.csv", first, publisher.answer(new, ranges=ranges, etag='"new"'))
    got = calm.fetch(publisher.plan(), tmp_path)
    assert got.path.read_bytes() == new and got.record.etag == '"new"'


def test_a_date_vouches_for_a_version_that_has_no_strong_mark(publisher, calm, events, tmp_path):
    date = "Fri, 20 Nov 2026 09:00:00 GMT"
    whole = publisher.answer(events(500), etag='W/"weak"', headers={"Last-Modified": date}, ranges=True)
    publisher.says("/events.csv", replace(whole, cut=9000), whole)
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == events(500)
    last = publisher.asked[-1].headers
    assert (last["range"], last["if-range"]) == ("bytes=9000-", date)


def test_a_part_of_a_part_is_carried_on(publisher, calm, events, tmp_path):
    body = events(500)
    whole = publisher.answer(body, etag='"a"', ranges=True)
    some = publisher.answer(body[9000:9500], 206, {"Content-Range": f"bytes 9000-9499/{len(body)}"}, etag='"a"')
    publisher.says("/events.csv", replace(whole, cut=9000), some, whole)
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == body
    assert publisher.asked[-1].headers["range"] == "bytes=9500-"


def test_ranges_that_are_ignored_give_the_whole_file_once(publisher, calm, events, tmp_path):
    whole = publisher.answer(events(500), etag='"a"')
    publisher.says("/events.csv", replace(whole, cut=9000), whole)
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == events(500)


def test_without_a_mark_of_the_version_nothing_is_carried_on(publisher, calm, events, tmp_path):
    for etag in ("", 'W/"weak"'):
        whole = publisher.answer(events(500), etag=etag, ranges=True)
        publisher.says("/events.csv", replace(whole, cut=9000), whole)
        assert calm.fetch(publisher.plan(name=f"{len(etag)}.csv"), tmp_path).path.read_bytes() == events(500)
    assert not any("range" in each.headers for each in publisher.asked)


def test_a_part_that_does_not_fit_is_thrown_away(publisher, calm, events, tmp_path):
    body = events(500)
    whole = publisher.answer(body, etag='"a"', ranges=True)
    wrong = [
        {"Content-Range": f"bytes 8000-{len(body) - 1}/{len(body)}"},
        {"Content-Range": f"bytes 9000-{len(body)}/{len(body) + 1}"},
        {"Content-Range": "nonsense"},
        {},
    ]
    for number, headers in enumerate(wrong):
        part = publisher.answer(body[9000:], 206, headers)
        publisher.says("/events.csv", replace(whole, cut=9000), part, whole)
        assert calm.fetch(publisher.plan(name=f"{number}.csv"), tmp_path).path.read_bytes() == body
        assert calm.reasons[-1] == "127.0.0.1 sent a part that does not fit what was there"
    publisher.says("/events.csv", replace(whole, cut=9000), publisher.answer(status=416), whole)
    assert calm.fetch(publisher.plan(name="416.csv"), tmp_path).path.read_bytes() == body


def test_a_part_of_another_version_is_noticed_by_its_mark(publisher, calm, events, tmp_path):
    old, new = events(500), events(500, "Government of Togo")
    assert len(old) == len(new)
    whole = publisher.answer(new, etag='"new"', ranges=True)
    part = replace(
        whole, body=new[9000:], status=206, headers={"Content-Range": f"bytes 9000-{len(new) - 1}/{len(new)}"}
    )
    publisher.says("/events.csv", publisher.answer(old, etag='"old"', cut=9000), part, whole)
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == new


def test_parts_that_make_no_whole_are_asked_for_once_more_as_a_whole(publisher, calm, events, tmp_path):
    body = gzip.compress(events(2000, "Å" * 9), mtime=0)
    lying = publisher.answer(body[:50] + bytes(len(body) - 50), etag='"a"', ranges=True)
    whole = publisher.answer(body, etag='"a"', ranges=True)
    publisher.says("/events.csv", replace(whole, cut=50), lying, whole)
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == body


def test_an_unchanged_file_is_not_sent_again_and_a_changed_one_is(publisher, calm, events, tmp_path):
    publisher.says("/events.csv", publisher.answer(events(3), etag='"a"'))
    first = calm.fetch(publisher.plan(), tmp_path)
    again = calm.fetch(publisher.plan(), tmp_path)
    assert not again.new and again.record == first.record
    assert publisher.asked[-1].headers["if-none-match"] == '"a"'
    publisher.says("/events.csv", publisher.answer(events(4), etag='"b"'))
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == events(4)
    (tmp_path / "events.csv").write_bytes(events(4).replace(b"JNIM", b"ISGS"))
    with pytest.raises(ValueError, match=r"events.csv is not the file that events.csv.json records; fetch it again"):
        read_record(tmp_path / "events.csv")
    mended = calm.fetch(publisher.plan(), tmp_path)
    assert mended.new and mended.path.read_bytes() == events(4)
    assert "if-none-match" not in publisher.asked[-1].headers


FINAL = {
    401: r"127.0.0.1 asks for a login \(401\); see https://ucdp.uu.se/downloads/$",
    403: r"127.0.0.1 refuses events.csv \(403\); see https://ucdp.uu.se/downloads/$",
    404: r"127.0.0.1 does not have events.csv \(404\); what there is, is listed at https://ucdp.uu.se/downloads/$",
    410: r"does not have events.csv \(410\)",
    418: r"127.0.0.1 answered 418 when asked for events.csv",
    304: r"nothing has changed, which was not asked",
}


@pytest.mark.parametrize("status", FINAL)
def test_a_refusal_is_said_once_and_what_was_there_stays(publisher, calm, events, tmp_path, left, status):
    publisher.says("/events.csv", publisher.answer(events(3)))
    kept = calm.fetch(publisher.plan(), tmp_path)
    publisher.says("/events.csv", publisher.answer(b"", status))
    with pytest.raises(FetchError, match=FINAL[status]):
        calm.fetch(publisher.plan(), tmp_path)
    assert read_record(kept.path) == kept.record
    assert left(tmp_path) == ["events.csv", "events.csv.json"]
    assert len(publisher.asked) == 2 and calm.waits == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_tried_again(publisher, calm, events, tmp_path, status):
    publisher.says("/events.csv", publisher.answer(status=status), publisher.answer(events(3)))
    assert calm.fetch(publisher.plan(), tmp_path).new
    assert len(calm.waits) == 1


def test_the_wait_that_a_server_asks_for_is_kept(publisher, calm, events, tmp_path):
    busy = [
        publisher.answer(status=429, headers={"Retry-After": "120"}),
        publisher.answer(status=503, headers={"Retry-After": "Fri, 20 Nov 2026 12:01:30 GMT"}),
        publisher.answer(status=503, headers={"Retry-After": "soon"}),
    ]
    publisher.says("/events.csv", *busy, publisher.answer(events(3)))
    calm.fetch(publisher.plan(), tmp_path)
    assert calm.waits[:2] == [120, 90] and 4 <= calm.waits[2] <= 5


def test_a_longer_wait_than_there_is_patience_for_ends_it(publisher, calm, tmp_path):
    publisher.says("/events.csv", publisher.answer(status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(FetchError, match=r"\(429\) and asks to wait 86,400 seconds; run it again then$"):
        calm.fetch(publisher.plan(), tmp_path)
    assert calm.waits == []


WRONG = {
    "a web page came instead": lambda events: b"<!DOCTYPE html><html><body>Log in</body></html>",
    "a message came instead of the file": lambda events: b'{"error": "no such release"}',
    "the file that came is empty": lambda events: b"",
    "misses the column id": lambda events: b"region,month\nBF,2023-01\n",
    "has no rows": lambda events: events(0),
    "is cut off: its last row has 4 of 14 cells": lambda events: events(30)[:-50],
    "the gzip that came is damaged or cut off": lambda events: gzip.compress(events(300))[:-9],
    "the zip that came is damaged or cut off": lambda events: packed("a.csv", events(300))[:-30],
    "should hold one CSV; it holds 0": lambda events: packed("a.txt", b"x"),
    "is not text in UTF-8": lambda events: events(1) + b"\xff\xfe\n",
    "a pointer to the file came": lambda events: b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_not_the_file_never_gets_its_name(publisher, calm, events, tmp_path, left, words):
    publisher.says("/events.csv", publisher.answer(WRONG[words](events)))
    with pytest.raises(FetchError, match=words) as caught:
        calm.fetch(publisher.plan(), tmp_path)
    assert str(caught.value).startswith(f"{publisher.url('/events.csv')}: ")
    assert str(caught.value).endswith("; nothing was kept of it")
    assert left(tmp_path) == []


def test_a_corrupt_byte_in_a_gzip_is_found(publisher, calm, events, tmp_path, left):
    body = bytearray(gzip.compress(events(3000)))
    body[len(body) // 2] ^= 255
    publisher.says("/events.csv", publisher.answer(bytes(body)))
    with pytest.raises(FetchError, match="the gzip that came is damaged|is not CSV|not text|cut off"):
        calm.fetch(publisher.plan(), tmp_path)
    assert left(tmp_path) == []


def test_a_file_that_unpacks_to_too_much_is_refused(events, tmp_path):
    bomb = events(20_000)
    for name, body in (("bomb.gz", gzip.compress(bomb)), ("bomb.zip", packed("a.csv", bomb))):
        (tmp_path / name).write_bytes(body)
        table_check("ucdp")(tmp_path / name)
        with pytest.raises(FetchError, match="unpacks to"):
            table_check("ucdp", limit=100_000)(tmp_path / name)


@pytest.mark.parametrize("length", [None, -1], ids=["that is said", "that is not said"])
def test_a_size_beyond_the_limit_is_not_taken(publisher, calm, events, tmp_path, left, length):
    address = publisher.says("/events.csv", publisher.answer(events(300), length=length))
    asked = Asked(record_of(publisher.plan()), table_check("ucdp"), "https://x", limit=100)
    with open_client(calm.manners) as client, pytest.raises(FetchError, match=r"127.0.0.1 (offers|sends more than) "):
        download(Visit(client, calm.manners, calm.steps.append), asked, tmp_path)
    assert address == asked.record.address and left(tmp_path) == []


def test_a_length_that_is_too_long_or_too_short_is_noticed(publisher, calm, events, tmp_path, left):
    body = events(30)
    publisher.says("/events.csv", publisher.answer(body, length=len(body) + 7))
    with pytest.raises(FetchError, match="failed or broke off, tried 4 times"):
        calm.fetch(publisher.plan(), tmp_path)
    publisher.says("/events.csv", publisher.answer(body, length=len(body) - 30))
    with pytest.raises(FetchError, match="is cut off: its last row has"):
        calm.fetch(publisher.plan(), tmp_path)
    assert "events.csv" not in left(tmp_path)


def test_a_packed_answer_is_unpacked_though_nobody_asked_for_it(publisher, calm, events, tmp_path):
    answer = publisher.answer(gzip.compress(events(30)), headers={"Content-Encoding": "gzip"}, etag='"a"')
    publisher.says("/events.csv", answer)
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == events(30)


def test_redirects_are_followed_five_times(publisher, calm, events, tmp_path):
    for number in range(5):
        publisher.says(f"/{number}", publisher.answer(status=302, headers={"Location": f"/{number + 1}"}))
    publisher.says("/5", publisher.answer(events(3)))
    got = calm.fetch(publisher.plan("/0"), tmp_path)
    assert got.record.address == publisher.url("/0") and len(publisher.asked) == 6
    publisher.says("/round", publisher.answer(status=301, headers={"Location": "/round"}))
    with pytest.raises(FetchError, match="/round was redirected more than 5 times; try again later"):
        calm.fetch(publisher.plan("/round"), tmp_path)


@pytest.mark.parametrize("target", ["http://example.org/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "https://"])
def test_nothing_leads_out_of_https(publisher, calm, tmp_path, target):
    publisher.says("/events.csv", publisher.answer(status=302, headers={"Location": target}))
    with pytest.raises(FetchError, match="only https is asked|failed or broke off"):
        calm.fetch(publisher.plan(), tmp_path)
    with pytest.raises(FetchError, match="only https is asked, and http://example.org/a is not"):
        calm.fetch(replace(publisher.plan(), addresses=("http://me:pw@example.org/a?key=1",)), tmp_path)


def test_no_other_host_leads_to_this_machine():
    for address in ("http://127.0.0.1/x", "http://localhost/x"):
        with pytest.raises(FetchError, match="only https is asked"):
            _allowed(address, "https://example.org/a")
    assert str(_allowed("https://me:pw@example.org/a?b=c", None)) == "https://example.org/a?b=c"


def test_a_slow_answer_is_given_up_and_carried_on(publisher, calm, events, tmp_path):
    done = threading.Event()
    body = events(40)
    slow = publisher.answer(body, etag='"a"', ranges=True, drip=done)
    publisher.says("/events.csv", slow, replace(slow, drip=None))
    manners = replace(calm.manners, slowest=1000, window=0.2)
    got = fetch(publisher.plan(), tmp_path, look=lambda name: None, told=calm.steps.append, manners=manners)
    done.set()
    assert got.path.read_bytes() == body
    assert int(publisher.asked[1].headers["range"][6:-1]) > 0
    assert [step.words for step in calm.steps if step.kind == "wait"] == [
        "127.0.0.1 sends fewer than 1,000 bytes a second"
    ]


def test_silence_is_given_up(publisher, calm, tmp_path):
    done = threading.Event()

    def silent(request):
        done.wait(5)
        return publisher.answer()

    publisher.says("/events.csv", silent)
    manners = replace(calm.manners, silence=0.1, attempts=2)
    with pytest.raises(FetchError, match="127.0.0.1 did not answer in time, tried 2 times; run it again later$"):
        fetch(publisher.plan(), tmp_path, look=lambda name: None, manners=manners)
    done.set()


def test_nobody_there_is_said(calm, publisher, tmp_path, left):
    plan = publisher.plan()
    publisher.close()
    with pytest.raises(FetchError, match="the connection to 127.0.0.1 failed or broke off, tried 4 times"):
        calm.fetch(plan, tmp_path)
    assert left(tmp_path) == []


def test_two_fetches_of_one_file_wait_for_each_other(publisher, calm, events, tmp_path):
    body = events(2000)
    asked = threading.Event()

    def slowly(request):
        asked.set()
        time.sleep(0.2)
        return publisher.answer(body, etag='"a"')

    publisher.says("/events.csv", slowly, publisher.answer(body, etag='"a"'))
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(calm.fetch(publisher.plan(), tmp_path))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.new for each in results) == [False, False, True]
    assert {each.record.sha256 for each in results} == {hashlib.sha256(body).hexdigest()}
    assert sum(step.kind == "lock" for step in calm.steps) == 2


def test_a_full_disk_leaves_the_old_file(publisher, calm, events, tmp_path, left):
    publisher.says("/events.csv", publisher.answer(events(3)))
    kept = calm.fetch(publisher.plan(), tmp_path)
    publisher.says("/events.csv", publisher.answer(events(4)))
    full = patch("harmattan.fetching.record.flush", side_effect=OSError(28, "No space left on device"))
    with full, pytest.raises(OSError, match="no space left"):
        calm.fetch(publisher.plan(), tmp_path)
    assert read_record(kept.path) == kept.record
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == events(4)
    assert left(tmp_path) == ["events.csv", "events.csv.json"]


def test_an_interrupt_leaves_what_came(publisher, calm, events, tmp_path):
    whole = publisher.answer(events(5000), etag='"a"', ranges=True)
    publisher.says("/events.csv", whole)

    def stop(step):
        if step.kind == "bytes":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(publisher.plan(), tmp_path, look=lambda name: None, told=stop, manners=calm.manners)
    assert not (tmp_path / "events.csv").exists()
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == events(5000)
    assert publisher.asked[-1].headers["range"].startswith("bytes=")


def test_what_had_come_whole_before_an_interrupt_is_not_sent_again(publisher, calm, events, tmp_path):
    publisher.says("/events.csv", publisher.answer(events(3), etag='"a"', ranges=True))
    stopped = patch("harmattan.fetching.download.digest", side_effect=KeyboardInterrupt)
    with stopped, pytest.raises(KeyboardInterrupt):
        calm.fetch(publisher.plan(), tmp_path)
    calm.steps.clear()
    assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == events(3)
    assert calm.steps == [] and len(publisher.asked) == 2


def test_damaged_state_of_a_partial_file_is_forgotten(publisher, calm, events, tmp_path):
    publisher.says("/events.csv", publisher.answer(events(3), etag='"a"', ranges=True))
    (tmp_path / ".events.csv.partial").write_bytes(b"half")
    for text in ("", "[]", '{"address": 1}', '{"address": "x", "etag": "y", "modified": "", "total": 9}'):
        (tmp_path / ".events.csv.partial.json").write_text(text)
        assert calm.fetch(publisher.plan(), tmp_path).path.read_bytes() == events(3)
    assert not any("range" in each.headers for each in publisher.asked)

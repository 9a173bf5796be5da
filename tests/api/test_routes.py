"""Every address tells what the release holds; lists come whole in parts; what a client has is not sent again."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from starlette.testclient import TestClient

import harmattan
from harmattan import page, release
from harmattan.api.app import NOT_BUILT
from harmattan.api.problems import KINDS
from harmattan.page import report
from harmattan.release import Release

ONE = "/api/v1/releases/small/2023-06"
INDEX = """<!doctype html><html><head><title>Harmattan</title>
<script type="module" crossorigin src="./assets/review.js"></script>
<link rel="stylesheet" crossorigin href="./assets/review.css">
</head><body><div id="app"></div></body></html>"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built page of a few words."""
    built = tmp_path / "built"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text(INDEX, encoding="utf-8")
    (built / "assets" / "review.js").write_text("export {};", encoding="utf-8")
    (built / "assets" / "review.css").write_text("body { margin: 0 }", encoding="utf-8")
    (built / "licences.md").write_text("MIT", encoding="utf-8")
    monkeypatch.setattr(report, "BUILT", built)
    return built


def walk(client: TestClient, path: str) -> list[Any]:
    """All parts of a list, along the header Link."""
    found: list[Any] = []
    following: str | None = path
    while following is not None:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        found += answer.json()
        link = answer.headers.get("link")
        following = link.partition(">")[0].removeprefix("<") if link else None
        assert int(answer.headers["total-count"]) >= len(found)
    return found


def same(rows: list[dict[str, Any]], table: pd.DataFrame) -> bool:
    """Whether rows are those of a table, numbers to the last bit."""
    if [list(row) for row in rows] != [list(table.columns)] * len(table):
        return False
    pairs = [
        (value, told)
        for name in table.columns
        for value, told in zip(table[name], (row[name] for row in rows), strict=True)
    ]
    return all(told is None if pd.isna(value) else told == value for value, told in pairs)


def test_health_tells_the_version(client: TestClient) -> None:
    assert client.get("/api/v1/health").json() == {"status": "ok", "harmattan": harmattan.__version__}


def test_problems_are_all_listed(client: TestClient) -> None:
    told = client.get("/api/v1/problems").json()
    assert [each["type"].partition("#")[2] for each in told] == list(KINDS)


def test_releases_come_newest_first_and_tell_what_the_page_needs(client: TestClient) -> None:
    told = client.get("/api/v1/releases").json()
    assert [each["id"] for each in told] == ["other/2023-06", "small/2023-06.2", "small/2023-06", "small/2023-04"]
    shown = client.get(f"{ONE}/payload").json()["release"]
    entry = told[2]
    assert {key: entry[key] for key in ("id", "experiment", "origin", "champion", "measure")} == {
        key: shown[key] for key in ("id", "experiment", "origin", "champion", "measure")
    }
    assert entry["title"] == shown["caption"]["title"] and entry["problem"] is None


def test_releases_of_one_experiment(client: TestClient) -> None:
    told = client.get("/api/v1/releases", params={"experiment": "other"}).json()
    assert [each["id"] for each in told] == ["other/2023-06"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_releases_walked_in_parts_come_once_each(client: TestClient, limit: int) -> None:
    whole = client.get("/api/v1/releases").json()
    assert walk(client, f"/api/v1/releases?limit={limit}") == whole


def test_a_release_that_comes_while_walking_moves_nothing(
    copied: Path, open_client: Any, small_result: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = open_client(copied)
    first = client.get("/api/v1/releases?limit=2")
    (copied / "small" / "2023-06.2").rename(copied / "small" / "2023-06.3")
    (copied / "other" / "2023-06").rename(copied / "other" / "2023-06.2")
    again = client.get("/api/v1/releases?limit=4").json()
    rest = client.get("/api/v1/releases", params={"limit": 2, "after": "small/2023-06.3"}).json()
    assert len(first.json()) == 2 and [each["id"] for each in rest] == [each["id"] for each in again][2:]


def test_a_release_tells_its_manifest_and_words(client: TestClient, held: Release) -> None:
    told = client.get(ONE).json()
    assert told["manifest"] == held.manifest and told["in_words"] == held.in_words
    assert told["regions"] == 45 and told["draws"] == 400
    assert told["expansion"] == sorted(held.expansion)
    assert told["files"] == ["csv", "gpkg", "parquet", "report.html"]


def test_the_payload_is_the_pages_document(client: TestClient, held: Release, folder: Path) -> None:
    earlier = [release.read(path) for path in report.beside(held.path)]
    assert [each.path.name for each in earlier] == ["2023-04"]
    expected = json.loads(json.dumps(page.payload(held, earlier)))
    assert client.get(f"{ONE}/payload").json() == expected
    plain = client.get(f"{ONE}/payload", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.json() == expected


def test_what_is_written_beside_a_release_is_in_its_payload(
    open_client: Callable[..., TestClient], copied: Path
) -> None:
    client, place = open_client(copied), copied / "small" / "2023-06"
    before = client.get(f"{ONE}/payload")
    assert before.json()["tracked"] is None
    page.write_notes(place, {"tracked": {"run": "4f2a", "store": "sqlite:///mlflow.db", "link": None}})
    after = client.get(f"{ONE}/payload", headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200 and after.json()["tracked"]["run"] == "4f2a"
    again = client.get(f"{ONE}/payload", headers={"if-none-match": after.headers["etag"]})
    assert again.status_code == 304
    place.with_name("2023-06.changes.json").write_text("{", encoding="utf-8")
    wrong = client.get(f"{ONE}/payload")
    assert (
        wrong.status_code >= 400 and "2023-06.changes.json must be JSON" in wrong.text and str(copied) not in wrong.text
    )


@pytest.mark.parametrize("limit", [7, 100, 5000])
def test_the_forecast_walked_is_the_whole_table(client: TestClient, held: Release, limit: int) -> None:
    assert same(walk(client, f"{ONE}/forecast?limit={limit}"), held.table)


def test_the_forecast_of_some_regions_and_one_month(client: TestClient, held: Release) -> None:
    rows = walk(client, f"{ONE}/forecast?regions=BF5204,BF1300&horizon=3&limit=1")
    table = held.table
    assert same(rows, table[table["region"].isin(["BF5204", "BF1300"]) & (table["horizon"] == 3)])


def test_scores_walked_are_the_whole_table(client: TestClient, held: Release) -> None:
    assert same(walk(client, f"{ONE}/scores?limit=37"), held.scores)
    table = held.scores
    some = table[(table["model"] == "rate") & (table["score"] == "crps") & (table["set"] == "all")]
    assert len(some) and same(walk(client, f"{ONE}/scores?model=rate&score=crps&set=all"), some)
    assert same(walk(client, f"{ONE}/scores?horizon=2&limit=11"), table[table["horizon"] == 2])


def test_every_table_of_expansion_is_told(client: TestClient, held: Release) -> None:
    names = client.get(f"{ONE}/expansion").json()
    assert names == sorted(held.expansion)
    for name in names:
        assert same(walk(client, f"{ONE}/expansion/{name}?limit=50"), held.expansion[name])
    assert client.get("/api/v1/releases/small/2023-04/expansion").json() == []


def test_files_are_those_of_the_release(client: TestClient, held: Release) -> None:
    for told in client.get(f"{ONE}/files").json()[:-1]:
        answer = client.get(f"{ONE}/files/{told['kind']}")
        assert answer.content == (held.path / told["name"]).read_bytes()
        assert (len(answer.content), sha256(answer.content).hexdigest()) == (told["bytes"], told["sha256"])
        assert answer.headers["content-type"].partition(";")[0] == told["media_type"]
        assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''small-2023-06.{told['kind']}"


def test_the_page_as_one_file_is_the_one_that_is_written(
    client: TestClient, held: Release, stand_in: Path, tmp_path: Path
) -> None:
    answer = client.get(f"{ONE}/files/report.html")
    assert answer.status_code == 200
    assert answer.content == page.write_report(held.path, tmp_path / "page.html").read_bytes()


def test_the_page_is_given_with_a_policy_that_fits_it(client: TestClient, stand_in: Path) -> None:
    answer = client.get("/")
    assert answer.text == INDEX and answer.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    script = client.get("/assets/review.js")
    assert script.text == "export {};" and script.headers["content-type"].startswith("text/javascript")
    assert client.get("/", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


def test_a_page_that_was_never_built_says_how_and_the_api_works(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "BUILT", tmp_path / "nothing")
    answer = client.get("/")
    assert answer.status_code == 404 and answer.text == NOT_BUILT and "make page" in answer.text
    assert client.get("/assets/review.js").json()["type"].endswith("#not-found")
    assert client.get(f"{ONE}/files/report.html").json()["type"].endswith("#page-not-built")
    assert client.get(ONE).status_code == 200


ADDRESSES = [
    "/api/v1/health",
    "/api/v1/problems",
    "/api/v1/openapi.json",
    "/api/v1/releases",
    ONE,
    *(
        f"{ONE}/{last}"
        for last in (
            "payload", "forecast?limit=3", "probability?at_least=2", "group?regions=BF1300,BF5204", "scores", "files",
            "expansion", "expansion/ahead", "regions.geojson", "files/csv", "files/gpkg", "files/parquet",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_a_client_has_is_not_sent_again(client: TestClient, address: str) -> None:
    whole = client.get(address)
    etag = whole.headers["etag"]
    assert whole.status_code == 200 and whole.headers["cache-control"] == "no-cache"
    for had in (etag, f'"other", {etag}', etag.removeprefix("W/"), "*"):
        again = client.get(address, headers={"if-none-match": had})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get(address, headers={"if-none-match": '"other"'}).content == whole.content


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_head_is_that_of_the_answer(client: TestClient, address: str) -> None:
    whole, head = client.get(address), client.head(address)
    assert head.status_code == 200 and head.content == b""
    assert dict(head.headers) == dict(whole.headers)


@pytest.mark.parametrize("address", ADDRESSES)
def test_long_answers_are_compressed_for_those_who_read_it(client: TestClient, address: str) -> None:
    plain = client.get(address, headers={"accept-encoding": "identity"})
    small = client.get(address, headers={"accept-encoding": "gzip"})
    assert small.content == plain.content and small.headers["etag"] == plain.headers["etag"]
    if len(plain.content) >= 500:
        assert small.headers["content-encoding"] == "gzip" and "accept-encoding" in small.headers["vary"].lower()
        assert int(small.headers["content-length"]) < len(plain.content)


def test_etags_differ_with_what_is_asked_and_what_is_there(client: TestClient) -> None:
    addresses = [*ADDRESSES, f"{ONE}/probability?at_least=3", "/api/v1/releases/small/2023-06.2/payload"]
    etags = [client.get(address).headers["etag"] for address in addresses]
    assert len(set(etags)) == len(addresses)


def test_the_payloads_etag_changes_with_an_earlier_release(copied: Path, open_client: Any) -> None:
    client = open_client(copied)
    before = client.get(f"{ONE}/payload")
    (copied / "small" / "2023-04").rename(copied / "small" / ".2023-04")
    after = client.get(f"{ONE}/payload", headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200 and len(before.json()["earlier"]) == 1 and after.json()["earlier"] == []


def test_the_packed_payload_is_held(client: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get(f"{ONE}/payload")
    monkeypatch.setattr(page, "payload", lambda *_: pytest.fail("it was made again"))
    assert client.get(f"{ONE}/payload").content == first.content


def test_missing_values_are_null(client: TestClient, held: Release) -> None:
    name = "ahead"
    gaps = held.expansion[name].isna().any(axis=1).to_numpy().nonzero()[0]
    assert len(gaps)
    row = client.get(f"{ONE}/expansion/{name}", params={"offset": int(gaps[0]), "limit": 1}).json()[0]
    assert None in row.values()

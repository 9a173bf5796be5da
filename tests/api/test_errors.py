"""Whatever goes wrong, the client gets a document that says what and what to do, and nothing of the server's inside."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from harmattan.api import create_app, windows
from harmattan.api.problems import KINDS
from harmattan.release.manifest import fingerprint, load, own_fingerprint

ONE = "/api/v1/releases/small/2023-06"


def problem(answer: httpx2.Response, slug: str) -> dict[str, Any]:
    """The document of an error, checked to be of a kind."""
    told: dict[str, Any] = answer.json()
    kind = KINDS[slug]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.status_code == told["status"] == kind.status, told
    assert (told["type"], told["title"], told["remedy"]) == (f"/api/v1/problems#{slug}", kind.title, kind.remedy)
    return told


@pytest.mark.parametrize(
    ("address", "slug", "detail", "nearest"),
    [
        ("/api/v1/releases/smal/2023-06", "unknown-release", "no release is called 'smal/2023-06'", "small/2023-06"),
        ("/api/v1/releases/small/2023-6", "unknown-release", "did you mean 'small/2023-06'", "small/2023-06"),
        ("/api/v1/releases?experiment=smal", "unknown-release", "no experiment is called 'smal'", "small"),
        ("/api/v1/releases?after=small/2023-5", "unknown-release", "no release", "small/2023-06"),
        (f"{ONE}/probability?regions=BF1300,BF520", "unknown-region", "called 'BF520'; did you", "BF5205"),
        (f"{ONE}/group?regions=BF4601x", "unknown-region", "region of this release", "BF4601"),
        (f"{ONE}/forecast?regions=", "wrong-parameter", "regions.0: String should have at least 1", None),
        (f"{ONE}/group", "wrong-parameter", "regions: Field required", None),
        (f"{ONE}/forecast?horizon=5", "unknown-window", r"must be a run of [1, 2, 3, 4]: 5 is not among them", None),
        (f"{ONE}/probability?first=2&last=9", "unknown-window", "5 is not among them", None),
        (f"{ONE}/probability?first=3&last=1", "unknown-window", "last comes before first", None),
        (f"{ONE}/expansion/joint", "unknown-table", "no table of expansion is called 'joint'", "joins"),
        (f"{ONE}/scores?model=rates", "unknown-rows", "no model of the score table is called 'rates'", "rate"),
        (f"{ONE}/files/csw", "unknown-file", "no file of a release is called 'csw'", "csv"),
        (f"{ONE}/files/draws.npz", "unknown-file", "no file of a release is called 'draws.npz'", None),
        (f"{ONE}/nothing", "not-found", "there is nothing at '/api/v1/releases/small/2023-06/nothing'", None),
        (f"{ONE}/probability?at_lest=2", "wrong-parameter", "(did you mean 'at_least'?)", None),
        ("/api/v1/health?verbose=1", "wrong-parameter", "verbose: there is no such parameter; known: none", None),
        (f"{ONE}/probability?at_least=0", "wrong-parameter", "at_least: Input should be greater", None),
        (f"{ONE}/probability?at_least=2.5", "wrong-parameter", "at_least: Input should be a valid integer", None),
        (f"{ONE}/probability?at_least=9999999999", "wrong-parameter", "at_least: Input should be less", None),
        (f"{ONE}/probability?at_least=1&at_least=2", "wrong-parameter", "at_least is given more than once", None),
        (f"{ONE}/forecast?limit=0", "wrong-parameter", "limit: ", None),
        (f"{ONE}/forecast?limit=5001", "wrong-parameter", "limit: ", None),
        (f"{ONE}/forecast?offset=-1", "wrong-parameter", "offset: ", None),
    ],
)
def test_what_is_asked_wrongly_is_told_with_the_nearest_name(
    client: TestClient, address: str, slug: str, detail: str, nearest: str | None
) -> None:
    told = problem(client.get(address), slug)
    assert detail in told["detail"] and told.get("nearest") == nearest
    if slug == "wrong-parameter":
        assert all(each["parameter"] and each["problem"] for each in told["errors"])


@pytest.mark.parametrize(
    "path",
    [
        "releases/../../etc/passwd",
        "releases/..%2f..%2fetc/passwd",
        "releases/%2e%2e/%2e%2e",
        "releases/small/%2e%2e%2fother%2f2023-06",
        "releases/small/2023-06/files/..%2fmanifest.json",
        "releases/small/2023-06/files/%2e%2e",
        "releases/small/2023-06/files/manifest.json",
        "releases/small/2023-06/files/%2fetc%2fpasswd",
        "releases/small/2023-06/files/..%5c..%5cmanifest.json",
        "releases/small/2023-06/files/forecast.csv%00",
        "releases/small/2023-06/expansion/..%2fforecast",
        "releases/small/2023-06/expansion/%2e%2e%2fscores",
        "releases/.hidden/2023-06",
        "releases//2023-06",
    ],
)
def test_no_address_leads_out_of_a_release(folder: Path, path: str) -> None:
    with TestClient(create_app(folder), base_url="http://localhost") as client:
        for root in ("/api/v1/", "/", "/assets/"):
            answer = client.get(httpx2.URL("http://localhost", raw_path=(root + path).encode()))
            page = root != "/api/v1/" and answer.text == client.get("/").text
            assert page or answer.headers["content-type"] == "application/problem+json"
            assert page or answer.status_code in (404, 422)


def test_a_failure_tells_nothing_of_the_inside(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a secret of the inside, of somebody")

    monkeypatch.setattr(windows, "risk", broken)
    answer = client.get(f"{ONE}/probability?at_least=7")
    problem(answer, "failed")
    assert not any(word in answer.text for word in ("Traceback", "secret", "RuntimeError", "somebody", ".py"))
    assert "a secret of the inside" in caplog.text
    monkeypatch.undo()
    assert client.get(f"{ONE}/probability?at_least=7").status_code == 200


@pytest.mark.parametrize("name", ["release", "outlines", "document", "file", "entries"])
def test_every_reader_may_fail(copied: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    app = create_app(copied)

    def broken(*_: Any, **__: Any) -> Any:
        raise MemoryError("no room in line 17")

    monkeypatch.setattr(app.state.shelf, name, broken)
    with TestClient(app, base_url="http://localhost") as client:
        for last in ("", "/payload", "/regions.geojson", "/files/csv", "/forecast", "/scores"):
            answer = client.get(f"{ONE}{last}")
            assert answer.status_code in (200, 500) and "line 17" not in answer.text
            if answer.status_code == 500:
                problem(answer, "failed")


def spoil_table(path: Path) -> None:
    content = bytearray((path / "scores.parquet").read_bytes())
    content[len(content) // 2] ^= 1
    (path / "scores.parquet").write_bytes(content)


def spoil_manifest(path: Path) -> None:
    file = path / "manifest.json"
    file.write_text(file.read_text("utf-8").replace('"champion": "rate"', '"champion": "best"'), "utf-8")


def no_manifest(path: Path) -> None:
    (path / "manifest.json").write_bytes(b"\xff\xfe{")


def lose_draws(path: Path) -> None:
    (path / "draws.npz").unlink()


def cut_short(path: Path) -> None:
    content = (path / "models.parquet").read_bytes()
    (path / "models.parquet").write_bytes(content[:-10])


def wrong_draws(path: Path) -> None:
    """A release whose hashes fit but whose content does not."""
    (path / "draws.npz").write_bytes(b"nothing")
    said = load_unchecked(path)
    said["files"]["draws.npz"] = {"bytes": 7, "sha256": fingerprint(path / "draws.npz")}
    said["sha256"] = own_fingerprint(said)
    (path / "manifest.json").write_text(json.dumps(said), "utf-8")


def load_unchecked(path: Path) -> dict[str, Any]:
    return dict(json.loads((path / "manifest.json").read_text("utf-8")))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (spoil_table, "scores.parquet of the release small/2023-06 was altered"),
        (spoil_manifest, "manifest.json was altered"),
        (no_manifest, "is not the manifest of a release"),
        (lose_draws, "draws.npz is gone"),
        (cut_short, "models.parquet was altered after it was written: expected"),
        (wrong_draws, ""),
    ],
)
def test_a_damaged_release_is_listed_with_its_problem_and_never_read(
    copied: Path, open_client: Callable[..., TestClient], spoil: Callable[[Path], None], why: str
) -> None:
    spoil(copied / "small" / "2023-06")
    client = open_client(copied)
    for last in ("", "/payload", "/forecast", "/probability", "/regions.geojson", "/files", "/files/csv", "/scores"):
        answer = client.get(f"{ONE}{last}")
        told = problem(answer, "damaged-release")
        assert "the release small/2023-06 cannot be used" in told["detail"] and why in told["detail"]
        assert str(copied) not in answer.text
    listed = client.get("/api/v1/releases").json()
    assert [each["id"] for each in listed] == ["other/2023-06", "small/2023-06.2", "small/2023-04", "small/2023-06"]
    assert why in listed[-1]["problem"] and not any(each["problem"] for each in listed[:-1])
    assert client.get("/api/v1/releases/small/2023-06.2/payload").status_code == 200


def test_a_release_damaged_while_served_is_noticed_and_read_again_when_it_is_whole(
    copied: Path, open_client: Callable[..., TestClient]
) -> None:
    client, path = open_client(copied), copied / "small" / "2023-06"
    before = client.get(f"{ONE}/probability").json()
    kept = (path / "scores.parquet").read_bytes()
    spoil_table(path)
    problem(client.get(f"{ONE}/probability"), "damaged-release")
    (path / "scores.parquet").write_bytes(kept)
    assert client.get(f"{ONE}/probability").json() == before


def test_a_file_damaged_between_reading_and_sending_is_not_sent(
    copied: Path, open_client: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = open_client(copied)
    assert client.get(f"{ONE}/files/csv").status_code == 200
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: real(path) + b" " if path.suffix == ".csv" else real(path))
    told = problem(client.get(f"{ONE}/files/csv"), "damaged-release")
    assert "forecast.csv was altered" in told["detail"]


def test_a_damaged_earlier_release_is_left_out_of_the_page(
    copied: Path, open_client: Callable[..., TestClient]
) -> None:
    spoil_table(copied / "small" / "2023-04")
    assert open_client(copied).get(f"{ONE}/payload").json()["earlier"] == []


def test_a_new_release_is_seen_and_one_taken_away_is_gone(copied: Path, open_client: Callable[..., TestClient]) -> None:
    client, path = open_client(copied), copied / "small" / "2023-06"
    assert client.get(ONE).status_code == 200
    path.rename(copied / "small" / ".away")
    problem(client.get(ONE), "unknown-release")
    (copied / "small" / ".away").rename(path)
    assert client.get(ONE).json()["manifest"] == load(path)


def test_an_empty_folder_is_a_list_of_none(tmp_path: Path, open_client: Callable[..., TestClient]) -> None:
    client = open_client(tmp_path)
    assert client.get("/api/v1/releases").json() == []
    problem(client.get(ONE), "unknown-release")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected a folder of releases at .*; make one with `harmattan run`"):
        create_app(tmp_path / "none")


def test_names_of_files_that_latin_1_cannot_write(copied: Path, open_client: Callable[..., TestClient]) -> None:
    (copied / "other").rename(copied / "дюна")
    answer = open_client(copied).get("/api/v1/releases/дюна/2023-06/files/csv")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith("''%D0%B4%D1%8E%D0%BD%D0%B0-2023-06.csv")


def test_the_log_has_a_line_for_each_request_without_its_query(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="harmattan.api"):
        client.get(f"{ONE}/probability?at_least=12345")
    assert f"testclient GET {ONE}/probability 200" in caplog.text and "12345" not in caplog.text

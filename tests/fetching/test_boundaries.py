"""Boundaries: the provider's description says where the file is and under which licence."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date

import pytest

from harmattan.fetching import FetchError, plans
from harmattan.polygons import read_polygons

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
COLLECTION = {
    "type": "FeatureCollection",
    "features": [{"type": "Feature", "properties": {"shapeName": "Boucle du Mouhoun"}, "geometry": SQUARE}],
}
META = "/api/current/gbOpen/BFA/ADM1/"
HDX = "/api/3/action/package_show"


@pytest.fixture
def shapes(publisher):
    """A plan of geoBoundaries, asked of the publisher, and its description."""
    (plan,) = plans("boundaries", countries=["bfa"], today=date(2026, 11, 20))
    described = {
        "boundaryISO": "BFA",
        "boundaryYearRepresented": "2020",
        "boundarySource": "IGB, OCHA",
        "boundaryLicense": "Creative Commons Attribution 3.0 Intergovernmental Organisations",
        "buildDate": "Dec 12, 2023",
        "gjDownloadURL": publisher.url("/bfa.geojson"),
    }
    publisher.says("/bfa.geojson", publisher.answer(json.dumps(COLLECTION).encode(), etag='"a"'))
    publisher.says(META, publisher.answer(json.dumps(described).encode()))
    return publisher.here(plan), described


def zipped(**files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name.replace("__", "."), body)
    return file.getvalue()


def flipped(body):
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 255]) + body[middle + 1 :]


def hdx(publisher, body, *, checksum="", name="bfa_admin_boundaries.geojson.zip", licence="CC BY-IGO", **other):
    """A plan of HDX, asked of the publisher, which describes one zip and a workbook."""
    (plan,) = plans("boundaries", countries=["BFA"], provider="cod", today=date(2026, 11, 20))
    url = publisher.says(f"/download/{name}", publisher.answer(body))
    resources = [
        {"url": publisher.url("/download/bfa.xlsx"), "format": "XLSX"},
        {"url": url, "format": "GeoJSON", "hash": checksum, "last_modified": "2026-01-26T10:00:00"},
    ]
    found = {"success": True, "result": {"license_title": licence, "resources": resources}, **other}
    publisher.says(HDX, publisher.answer(json.dumps(found).encode()))
    return publisher.here(plan)


def test_the_file_of_geoboundaries_is_fetched_with_its_own_licence(publisher, shapes, calm, tmp_path):
    plan, described = shapes
    got = calm.fetch(plan, tmp_path)
    assert got.path.name == "geoBoundaries-BFA-ADM1.geojson"
    assert read_polygons(got.path)["shapeName"].tolist() == ["Boucle du Mouhoun"]
    record = got.record
    assert (record.licence, record.release) == (described["boundaryLicense"], "Dec 12, 2023")
    assert record.address == described["gjDownloadURL"]
    assert record.citation.endswith("pone.0231866; source: IGB, OCHA, 2020")
    assert not calm.fetch(plan, tmp_path).new


@pytest.mark.parametrize("name", ["boundaryLicense", "gjDownloadURL", "boundaryISO"])
def test_boundaries_without_a_licence_are_not_fetched(publisher, shapes, calm, tmp_path, name):
    plan, described = shapes
    publisher.says(META, publisher.answer(json.dumps({**described, name: None}).encode()))
    with pytest.raises(FetchError, match="without its address, licence or country; see https://www.geoboundaries.org"):
        calm.fetch(plan, tmp_path)


def test_a_level_that_is_not_there_is_said(publisher, shapes, calm, tmp_path):
    publisher.says(META, publisher.answer(status=404))
    with pytest.raises(FetchError, match=r"does not have geoBoundaries-BFA-ADM1.geojson \(404\)"):
        calm.fetch(shapes[0], tmp_path)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"type": "FeatureCollection", "features": [', "is not JSON, or is cut off"),
        (b'{"type": "FeatureCollection", "features": []}', "is not a GeoJSON collection of units"),
        (b"[1, 2]", "is not a GeoJSON collection"),
        (b"<html>", "a web page came instead"),
        (b"version https://git-lfs.github.com/spec/v1", "a pointer to the file came"),
    ],
)
def test_what_is_no_geojson_is_refused(publisher, shapes, calm, tmp_path, left, body, words):
    publisher.says("/bfa.geojson", publisher.answer(body))
    with pytest.raises(FetchError, match=words):
        calm.fetch(shapes[0], tmp_path)
    assert left(tmp_path) == []


def test_a_description_cannot_lead_out_of_https(publisher, shapes, calm, tmp_path):
    plan, described = shapes
    for address in ("http://example.org/a.geojson", "file:///etc/passwd", "nonsense"):
        publisher.says(META, publisher.answer(json.dumps({**described, "gjDownloadURL": address}).encode()))
        with pytest.raises(FetchError, match="only https is asked"):
            calm.fetch(plan, tmp_path)


def test_the_zip_of_hdx_is_fetched_and_its_checksum_compared(publisher, calm, tmp_path, left):
    body = zipped(bfa_admin1__geojson=json.dumps(COLLECTION))
    plan = hdx(publisher, body, checksum=hashlib.md5(body, usedforsecurity=False).hexdigest())
    got = calm.fetch(plan, tmp_path)
    assert got.path.name == "cod-ab-bfa.zip" and got.path.read_bytes() == body
    assert (got.record.licence, got.record.release) == ("CC BY-IGO", "2026-01-26")
    for checksum in (hashlib.sha256(b"other").hexdigest(), "0" * 40, "0" * 32):
        with pytest.raises(FetchError, match=r"does not have the provider's (md5|sha1|sha256) checksum"):
            calm.fetch(hdx(publisher, body, checksum=checksum), tmp_path / "other")
    assert left(tmp_path / "other") == []
    assert calm.fetch(hdx(publisher, body, checksum="unknown kind"), tmp_path / "other").new


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (zipped(readme__txt="x"), "holds neither GeoJSON nor Shapefiles"),
        (zipped(a__geojson="x" * 5000)[:-40], "damaged or cut off"),
        (flipped(zipped(a__geojson=" ".join(map(str, range(5000))))), "damaged or cut off"),
        (zipped(**{f"a{number}__geojson": "" for number in range(1001)}), "unpacks to more than .* or 1,000 files"),
        (b"<html>", "a web page came"),
    ],
)
def test_a_zip_that_is_no_boundaries_is_refused(publisher, calm, tmp_path, left, body, words):
    with pytest.raises(FetchError, match=words):
        calm.fetch(hdx(publisher, body), tmp_path)
    assert left(tmp_path) == []


def test_hdx_without_a_zip_a_licence_or_success_is_said(publisher, calm, tmp_path):
    for plan in (lambda: hdx(publisher, b"", name="a.xlsx"), lambda: hdx(publisher, b"", licence="")):
        with pytest.raises(FetchError, match="HDX has no zip of GeoJSON or Shapefiles, or no licence, for BFA"):
            calm.fetch(plan(), tmp_path)
    failed = hdx(publisher, b"", success=False, error={"message": "Not found"})
    with pytest.raises(FetchError, match="answered without data: .*Not found"):
        calm.fetch(failed, tmp_path)

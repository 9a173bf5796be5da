"""Files of a release that can be taken away: a short list, each checked by hash when it is sent."""

from __future__ import annotations

import gzip
import json
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from harmattan.api.problems import ProblemError, unknown
from harmattan.api.replies import reply
from harmattan.api.shelf import Entry, Shelf
from harmattan.page.report import built_page, one_file

REPORT = "report.html"
FILES = {"csv": "forecast.csv", "gpkg": "forecast.gpkg", "parquet": "forecast.parquet"}
MEDIA = {
    "csv": "text/csv",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
    REPORT: "text/html",
}


def available(entry: Entry) -> list[dict[str, Any]]:
    """Return the files of a release: kind, name, media type, size, hash; the page is made when asked for."""
    listed = (entry.manifest or {}).get("files", {})
    told = [
        {"kind": kind, "name": name, "media_type": MEDIA[kind], **listed[name]}
        for kind, name in FILES.items()
        if name in listed
    ]
    return [*told, {"kind": REPORT, "name": REPORT, "media_type": MEDIA[REPORT], "bytes": None, "sha256": None}]


def downloaded(request: Request, shelf: Shelf, entry: Entry, kind: str) -> Response:
    """Return one file.

    Raises
    ------
    ProblemError
        If there is no such file, the release is damaged, or the page was never built.
    """
    shelf.release(entry)
    known = [each["kind"] for each in available(entry)]
    if kind not in known:
        raise unknown("unknown-file", "file of a release", kind, known)
    name = f"{entry.experiment}-{entry.name}.{'html' if kind == REPORT else kind}"
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    if kind == REPORT:
        return reply(request, lambda: _page(shelf, entry), media=MEDIA[kind], headers=headers)
    return reply(
        request,
        lambda: shelf.file(entry, FILES[kind]),
        made_from=[entry.sha256],
        media=MEDIA[kind],
        headers=headers,
    )


def _page(shelf: Shelf, entry: Entry) -> bytes:
    shown = json.loads(gzip.decompress(shelf.document(entry)))
    try:
        return one_file(shown, built_page()).encode()
    except FileNotFoundError as error:
        raise ProblemError("page-not-built", "the review page is not built, so it cannot be taken away") from error

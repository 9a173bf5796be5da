"""The application: addresses, page, errors, guards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.models import HTTPBase
from fastapi.security.base import SecurityBase
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from harmattan.api.gate import Gate
from harmattan.api.guards import Rules, names
from harmattan.api.limits import Limits
from harmattan.api.problems import KINDS, MEDIA, ProblemError, shown
from harmattan.api.routes import open_router, router
from harmattan.api.schemas import ProblemDocument
from harmattan.api.shelf import GZIP_LEVEL, Shelf
from harmattan.page import built_page

SEVERAL = 3
DESCRIPTION = """Forecasts of attacks by region and month: read-only. Chances of any threshold and window are counted
over joint draws. Every answer has an ETag; lists that grow come in parts, the next of which the header Link names.
Errors are documents of RFC 9457 that say what to do."""
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Harmattan</title>
<h1>The review page is not built</h1>
<p>Run <code>make page</code> in the checkout (needs Node 20 with npm), or install harmattan from a wheel, which
holds it. Then load this address again.</p>
<p>The API works: <a href="/api/v1/releases">releases</a>, <a href="/api/v1/openapi.json">description</a>.</p></html>
"""


def create_app(
    releases: Path,
    *,
    token: str | None = None,
    hosts: Sequence[str] = ("127.0.0.1", "localhost", "::1"),
    any_address: bool = False,
    limits: Limits | None = None,
) -> FastAPI:
    """Return the application that reads a folder of releases.

    Parameters
    ----------
    releases
        The folder, as `harmattan.release.write` fills it; releases that come later are seen.
    token
        What a reader must send; nothing by default.
    hosts
        Names and addresses it answers to (header ``Host``, without port).
    any_address
        Whether it also answers to any IP address.
    limits
        How much it takes on.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If the token is too short.
    """
    if not releases.is_dir():
        raise FileNotFoundError(f"expected a folder of releases at {releases}; make one with `harmattan run`")
    rules, bounds = Rules(names(hosts), any_address, token), limits or Limits()
    app = FastAPI(
        title="Harmattan",
        description=DESCRIPTION,
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
        responses=_errors(),
    )
    app.state.shelf = Shelf(releases.resolve(), releases=bounds.held_releases, size=bounds.held_bytes)
    app.include_router(open_router)
    app.include_router(router, dependencies=_schemes(token))
    app.mount("/", _page)
    app.add_exception_handler(ProblemError, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=GZIP_LEVEL)
    app.add_middleware(Gate, rules=rules, limits=bounds)
    return app


class Scheme(SecurityBase):
    """How a token is sent, for the description alone; the gate checks it."""

    def __init__(self, scheme: str) -> None:
        self.model = HTTPBase(scheme=scheme)
        self.scheme_name = scheme

    async def __call__(self) -> None:
        """Check nothing."""


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    """The built page, or how to build it; it may be built while the server runs."""
    try:
        folder = built_page()
    except FileNotFoundError:
        if scope["path"] not in ("/", "/index.html"):
            raise HTTPException(404) from None
        await Response(NOT_BUILT, 404, media_type="text/html")(scope, receive, send)
        return
    await StaticFiles(directory=folder, html=True)(scope, receive, send)


def _errors() -> dict[int | str, dict[str, Any]]:
    """Every kind of error by status, as the description tells them."""
    reference = {"schema": {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}}
    by_status: dict[int | str, dict[str, Any]] = {}
    for kind in KINDS.values():
        title = by_status.get(kind.status, {}).get("description", "")
        by_status[kind.status] = {
            "model": ProblemDocument,
            "description": f"{title}; {kind.title}" if title else kind.title,
            "content": {MEDIA: reference},
        }
    by_status[304] = {"description": "The client has this answer: If-None-Match names its ETag."}
    return by_status


def _schemes(token: str | None) -> list[Any]:
    return [] if token is None else [Depends(Scheme("bearer")), Depends(Scheme("basic"))]


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return error.response()


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = [{"parameter": _parameter(each), "problem": str(each["msg"])} for each in error.errors()]
    detail = "; ".join(f"{each['parameter']}: {each['problem']}" for each in wrong[:SEVERAL])
    return ProblemError("wrong-parameter", detail, errors=wrong).response()


def _parameter(wrong: Mapping[str, Any]) -> str:
    """The name of a parameter, without whether it stands in the path or the query."""
    given = wrong.get("ctx", {}).get("name")
    return str(given or ".".join(str(part) for part in wrong["loc"][1:]))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    slug = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "bad-request")
    return ProblemError(slug, f"there is nothing at {shown(request.url.path)}").response()

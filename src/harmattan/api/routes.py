"""The addresses below /api/v1: each checks what is asked and hands on to the functions that answer."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Depends, Path, Query, Request, Response

import harmattan
from harmattan.api import schemas
from harmattan.api.answers import records, together
from harmattan.api.asked import ForecastRows, Listing, Nothing, Rows, ScoreRows, Window, WindowOfGroup, WindowOfRegions
from harmattan.api.downloads import MEDIA, available, downloaded
from harmattan.api.problems import KINDS, WHERE, ProblemError, shown, unknown
from harmattan.api.replies import linked, packed, reply
from harmattan.api.shelf import Entry, Shelf
from harmattan.api.windows import codes, risks, run, said, window
from harmattan.page.contents import SCHEMA as PAGE_SCHEMA

ONE = "/releases/{experiment}/{name}"
GEOJSON = "application/geo+json"
SEVERAL = frozenset({"regions"})


def once(request: Request) -> None:
    """Refuse a parameter that is given twice."""
    names = [name for name, _ in request.query_params.multi_items()]
    twice = [name for name in names if names.count(name) > 1 and name not in SEVERAL]
    if twice:
        wrong = {"parameter": shown(twice[0])[1:-1], "problem": "is given more than once"}
        raise ProblemError("wrong-parameter", f"{wrong['parameter']} {wrong['problem']}", errors=[wrong])


def found(request: Request, experiment: Named, name: Named) -> Entry:
    """Return the release an address names."""
    return shelf(request).entry(experiment, name)


def shelf(request: Request) -> Shelf:
    """Return the releases of this server."""
    kept: Shelf = request.app.state.shelf
    return kept


Named = Annotated[str, Path(min_length=1, max_length=200)]
Found = Annotated[Entry, Depends(found)]
router, open_router = (APIRouter(prefix="/api/v1", dependencies=[Depends(once)]) for _ in range(2))


@open_router.get("/health", response_model=schemas.Health, summary="Whether the server works; needs no token.")
def health(request: Request, _: Annotated[Nothing, Query()]) -> Response:
    """Answer."""
    return reply(request, lambda: packed({"status": "ok", "harmattan": harmattan.__version__}))


@router.get("/openapi.json", include_in_schema=False)
def description(request: Request, _: Annotated[Nothing, Query()]) -> Response:
    """Return the OpenAPI description of these addresses."""
    return reply(request, lambda: packed(request.app.openapi()))


@router.get("/problems", response_model=list[schemas.ProblemKind], summary="The kinds of errors.")
def problems(request: Request, _: Annotated[Nothing, Query()]) -> Response:
    """List what can go wrong and what to do."""
    told = [
        {"type": f"{WHERE}#{slug}", "status": each.status, "title": each.title, "remedy": each.remedy}
        for slug, each in KINDS.items()
    ]
    return reply(request, lambda: packed(told))


@router.get("/releases", response_model=list[schemas.ReleaseEntry], summary="The releases, newest first.")
def releases(request: Request, asked: Annotated[Listing, Query()]) -> Response:
    """List releases; those that are damaged come last, with what is wrong."""
    entries = shelf(request).entries()
    experiments = sorted({each.experiment for each in entries})
    if asked.experiment is not None:
        if asked.experiment not in experiments:
            raise unknown("unknown-release", "experiment", asked.experiment, experiments)
        entries = [each for each in entries if each.experiment == asked.experiment]
    start = 0
    if asked.after is not None:
        ids = [each.id for each in entries]
        if asked.after not in ids:
            raise unknown("unknown-release", "release", asked.after, ids)
        start = ids.index(asked.after) + 1
    shown_now = entries[start : start + asked.limit]
    more = {"after": shown_now[-1].id} if start + asked.limit < len(entries) else None
    headers = linked(request, next_page=more, total=len(entries))
    return reply(request, lambda: packed([entry_told(each) for each in shown_now]), headers=headers)


@router.get(ONE, response_model=schemas.ReleaseDetail, summary="A release: manifest and words.")
def one(request: Request, entry: Found, _: Annotated[Nothing, Query()]) -> Response:
    """Tell what a release is."""
    held = shelf(request).release(entry)
    more = {
        "in_words": held.in_words,
        "regions": len(held.forecast.regions),
        "draws": len(held.forecast.draws),
        "expansion": sorted(held.expansion),
        "files": [each["kind"] for each in available(entry)],
        "manifest": dict(held.manifest),
    }
    return reply(request, lambda: packed(entry_told(entry) | more), made_from=[entry.sha256])


@router.get(f"{ONE}/payload", response_model=dict[str, Any], summary="All that the review page shows of a release.")
def payload(request: Request, entry: Found, _: Annotated[Nothing, Query()]) -> Response:
    """Return the document of `harmattan.page.payload`, which the README of that package describes."""
    kept = shelf(request)
    kept.release(entry)
    made_from = [str(PAGE_SCHEMA), kept.noted(entry), *(each.sha256 for each in [entry, *kept.before(entry)])]
    small = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"vary": "Accept-Encoding"} | ({"content-encoding": "gzip"} if small else {})

    def make() -> bytes:
        document = kept.document(entry)
        return document if small else gzip.decompress(document)

    return reply(request, make, made_from=made_from, headers=headers)


@router.get(f"{ONE}/forecast", response_model=list[schemas.ForecastRow], summary="The forecast by month and region.")
def forecast(request: Request, entry: Found, asked: Annotated[ForecastRows, Query()]) -> Response:
    """Return rows of the table of `harmattan.exports.tidy`."""
    held = shelf(request).release(entry)
    table = held.table
    if asked.regions:
        table = table[table["region"].isin(codes(held, asked.regions))]
    if asked.horizon is not None:
        run(held, asked.horizon, asked.horizon)
        table = table[table["horizon"] == asked.horizon]
    return _rows(request, entry, table, asked)


@router.get(
    f"{ONE}/probability", response_model=schemas.ProbabilityAnswer, summary="Any threshold and window, by region."
)
def probability(request: Request, entry: Found, asked: Annotated[WindowOfRegions, Query()]) -> Response:
    """Count over the joint draws, as ``Forecast.window(...).probability(at_least)`` does."""
    held = shelf(request).release(entry)
    horizons, wanted = window(held, asked), codes(held, asked.regions)

    def make() -> bytes:
        return packed(
            said(entry, held, horizons, asked.at_least) | {"regions": risks(held, horizons, asked.at_least, wanted)}
        )

    return reply(request, make, made_from=[entry.sha256])


@router.get(f"{ONE}/group", response_model=schemas.GroupAnswer, summary="Any threshold and window, regions together.")
def group(request: Request, entry: Found, asked: Annotated[WindowOfGroup, Query()]) -> Response:
    """Count over the joint draws: what happens together is neither added up nor multiplied."""
    held = shelf(request).release(entry)
    horizons, wanted = window(held, asked), codes(held, asked.regions)

    def make() -> bytes:
        counted = together(held.forecast, horizons, at_least=asked.at_least, regions=wanted)
        return packed(said(entry, held, horizons, asked.at_least) | {"regions": wanted} | counted)

    return reply(request, make, made_from=[entry.sha256])


@router.get(f"{ONE}/scores", response_model=list[schemas.ScoreRow], summary="How the models did on past origins.")
def scores(request: Request, entry: Found, asked: Annotated[ScoreRows, Query()]) -> Response:
    """Return rows of the score table."""
    table = shelf(request).release(entry).scores
    wanted = {name: getattr(asked, name) for name in ("model", "set", "score", "horizon")}
    for name, value in wanted.items():
        if value is not None:
            known = sorted(table[name].astype(str).unique())
            if str(value) not in known:
                raise unknown("unknown-rows", f"{name} of the score table", str(value), known)
            table = table[table[name] == value]
    return _rows(request, entry, table, asked)


@router.get(f"{ONE}/expansion", response_model=list[str], summary="Tables on the way to the coast.")
def expansion_tables(request: Request, entry: Found, _: Annotated[Nothing, Query()]) -> Response:
    """List the tables of expansion."""
    names = sorted(shelf(request).release(entry).expansion)
    return reply(request, lambda: packed(names), made_from=[entry.sha256])


@router.get(
    f"{ONE}/expansion/{{table}}",
    response_model=list[dict[str, schemas.Value]],
    summary="A table on the way to the coast.",
)
def expansion(request: Request, entry: Found, table: Named, asked: Annotated[Rows, Query()]) -> Response:
    """Return rows of one table of expansion."""
    held = shelf(request).release(entry).expansion
    if table not in held:
        raise unknown("unknown-table", "table of expansion", table, sorted(held))
    return _rows(request, entry, held[table], asked)


@router.get(
    f"{ONE}/regions.geojson",
    response_model=schemas.FeatureCollection,
    responses={200: {"content": {GEOJSON: {}}}},
    summary="The regions with their outlines, for any threshold and window.",
)
def regions(request: Request, entry: Found, asked: Annotated[Window, Query()]) -> Response:
    """Return GeoJSON as RFC 7946 has it."""
    kept = shelf(request)
    held = kept.release(entry)
    horizons = window(held, asked)

    def make() -> bytes:
        drawn = kept.outlines(entry)
        boxes = pd.DataFrame(drawn.bounds.values())
        head = {
            "type": "FeatureCollection",
            "bbox": [*boxes[[0, 1]].min().tolist(), *boxes[[2, 3]].max().tolist()],
            "window": said(entry, held, horizons, asked.at_least),
        }
        features = b",".join(
            _feature(each, drawn.geometry[each["region"]], drawn.bounds[each["region"]])
            for each in risks(held, horizons, asked.at_least)
        )
        return packed(head)[:-1] + b',"features":[' + features + b"]}"

    return reply(request, make, made_from=[entry.sha256], media=GEOJSON)


@router.get(f"{ONE}/files", response_model=list[schemas.FileEntry], summary="Files to take away.")
def files(request: Request, entry: Found, _: Annotated[Nothing, Query()]) -> Response:
    """List the files that can be taken away."""
    shelf(request).release(entry)
    return reply(request, lambda: packed(available(entry)), made_from=[entry.sha256])


@router.get(
    f"{ONE}/files/{{kind}}",
    response_class=Response,
    responses={200: {"content": {media: {} for media in MEDIA.values()}, "description": "The file."}},
    summary="A file to take away: csv, gpkg, parquet, report.html.",
)
def file(request: Request, entry: Found, kind: Named, _: Annotated[Nothing, Query()]) -> Response:
    """Return a file of the release, checked by hash, or its page as one file."""
    return downloaded(request, shelf(request), entry, kind)


def entry_told(entry: Entry) -> dict[str, Any]:
    """Return a release as the list tells it."""
    said = entry.manifest or {}
    return {
        "id": entry.id,
        "experiment": entry.experiment,
        "name": entry.name,
        "origin": said.get("origin", entry.name.partition(".")[0]),
        "champion": said.get("champion"),
        "measure": said.get("measure"),
        "horizons": said.get("horizons", []),
        "title": said["caption"]["title"] if said else entry.id,
        "sha256": said.get("sha256"),
        "problem": entry.problem,
    }


def _feature(region: dict[str, Any], geometry: str, bounds: Sequence[float]) -> bytes:
    """A region as GeoJSON; its outline is text already."""
    told = packed({"type": "Feature", "id": region["region"], "bbox": bounds, "properties": region})
    return told[:-1] + b',"geometry":' + geometry.encode() + b"}"


def _rows(request: Request, entry: Entry, table: pd.DataFrame, asked: Rows) -> Response:
    end = asked.offset + asked.limit
    more = {"offset": end} if end < len(table) else None
    headers = linked(request, next_page=more, total=len(table))
    return reply(
        request, lambda: packed(records(table.iloc[asked.offset : end])), made_from=[entry.sha256], headers=headers
    )

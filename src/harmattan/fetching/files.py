"""Published files: releases of UCDP, and boundaries, whose address and licence the provider's description gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harmattan.fetching.checks import geojson, packed_boundaries, table_check
from harmattan.fetching.download import Asked, Fetched, download
from harmattan.fetching.pages import ask_json, no_page, said
from harmattan.fetching.problems import FetchError, plain
from harmattan.fetching.sources import Plan, record_of
from harmattan.fetching.web import Visit


def from_file(visit: Visit, plan: Plan, folder: Path) -> Fetched:
    """Download a published table, such as a release of UCDP GED."""
    return download(visit, Asked(record_of(plan), table_check(plan.about.reader), plan.about.page), folder)


def from_geoboundaries(visit: Visit, plan: Plan, folder: Path) -> Fetched:
    """Ask geoBoundaries where the file of a country and level is and under which licence, and download it."""
    found = _described(visit, plan)
    texts = {name: found.get(name) for name in ("gjDownloadURL", "boundaryLicense", "boundaryISO")}
    if not all(isinstance(text, str) and text for text in texts.values()) or texts["boundaryISO"] != plan.iso3:
        raise FetchError(
            f"geoBoundaries describes {plan.file} without its address, licence or country; see {plan.about.page}"
        )
    origin = [plain(found[name]) for name in ("boundarySource", "boundaryYearRepresented") if found.get(name)]
    record = replace(
        record_of(plan),
        address=str(texts["gjDownloadURL"]),
        release=plain(found.get("buildDate") or plan.release),
        licence=plain(texts["boundaryLicense"]),
        citation="; ".join([plan.about.citation, *(["source: " + ", ".join(origin)] if origin else [])]),
    )
    return download(visit, Asked(record, geojson, plan.about.page, came_from=plan.addresses[0]), folder)


def from_cod(visit: Visit, plan: Plan, folder: Path) -> Fetched:
    """Ask HDX for the operational boundaries of a country and download its zip, of GeoJSON if there is one."""
    found = _described(visit, plan).get("result")
    found = found if isinstance(found, dict) else {}
    resources = [each for each in found.get("resources") or [] if isinstance(each, dict)]
    endings = (".geojson.zip", ".shp.zip", ".zip")
    chosen = next((each for ending in endings for each in resources if _ends(each, ending)), None)
    licence = found.get("license_title") or found.get("license_id")
    if chosen is None or not licence:
        raise FetchError(
            f"HDX has no zip of GeoJSON or Shapefiles, or no licence, for {plan.iso3}; see {plan.about.page}"
        )
    release = str(chosen.get("last_modified") or found.get("last_modified") or plan.release)[:10]
    record = replace(record_of(plan), address=str(chosen["url"]), release=plain(release), licence=plain(licence))
    checksum = str(chosen.get("hash") or "")
    checksum = checksum if set(checksum.lower()) <= set("0123456789abcdef") else ""
    asked = Asked(record, packed_boundaries, plan.about.page, checksum, came_from=plan.addresses[0])
    return download(visit, asked, folder)


def _described(visit: Visit, plan: Plan) -> dict[str, Any]:
    found = ask_json(visit, plan.addresses[0], about=plan.file, page=plan.about.page)
    if not isinstance(found, dict) or found.get("success") is False:
        raise no_page(urlsplit(plan.addresses[0]).hostname or "", said(found), [], plan.about.page)
    return found


def _ends(resource: Mapping[str, Any], ending: str) -> bool:
    return str(resource.get("url") or "").lower().endswith(ending)

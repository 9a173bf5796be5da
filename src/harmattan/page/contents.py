"""Everything the page shows of a release, as one document of numbers and names."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from harmattan.forecast import Forecast
from harmattan.page import earlier as past
from harmattan.page.history import history
from harmattan.page.notes import Notes, thinned
from harmattan.page.outlines import countries, outlines
from harmattan.page.packing import pack_counts, pack_measures, pack_shares
from harmattan.page.places import BELT_KM, groups_of, has_own_polygons, regions_of
from harmattan.page.tables import columns_and_rows, drivers, expansion, optional, scores, suspicions
from harmattan.regions import Regions
from harmattan.release import Release

SCHEMA = 2
NOTED = ("tracked", "last", "changes")
SAID = ("experiment", "origin", "horizons", "measure", "champion", "baselines", "seed", "scored", "code", "in_words")
BUDGET = 900_000
# Every so many draws of the release, of the one before it and of another model are kept, the fullest first.
KEPT = ((1, 1, 1), (1, 2, 2), (1, 4, 4), (2, 4, 4), (4, 4, 8))


def payload(release: Release, earlier: Iterable[Release] = (), *, notes: Notes | None = None) -> dict[str, Any]:
    """Return what the review page shows of a release.

    Parameters
    ----------
    release
        The release.
    earlier
        Releases of the same experiment in the same folder, the newest first; those with older origins tell how past
        releases turned out, the newest of them what changed. They are taken one by one: of a generator the first and
        one more are in memory at once.
    notes
        What `harmattan.page.notes.read_notes` found beside the release.

    Returns
    -------
    dict
        JSON can hold it; the package's README names every entry. All draws are in it unless it would then weigh more
        than 0.9 MB compressed: then every second or fourth is, first of the earlier release and the other model, and
        ``forecast.n``, ``previous.n`` and ``rival.n`` say so.

    Raises
    ------
    ValueError
        If an earlier release is of another experiment or they are not given the newest first, or a share is none.
    """
    regions, told, before = regions_of(release), [], None
    for each in past.comparable(release, earlier):
        told.append(past.told(release, each))
        before = before or each
        # Not held while the next one is read.
        del each
    noted = dict(notes or {})
    rest = _without_draws(release, regions) | {"earlier": told} | {name: noted.get(name) for name in NOTED}
    left = BUDGET - compressed_size(rest)
    sizes: dict[str, Any] = {}
    for now, older, other in KEPT:
        sizes = {
            "forecast": _draws(release.forecast, now),
            "previous": past.previous(release, before, older) if before is not None else None,
            "rival": thinned(noted.get("rival"), other),
        }
        if compressed_size(sizes) <= left:
            break
    return rest | sizes


def compressed_size(content: dict[str, Any]) -> int:
    """Return how many bytes a document takes on the line, deflated."""
    return len(zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 1))


def _without_draws(release: Release, regions: Regions) -> dict[str, Any]:
    windows = release.windows
    return {
        "schema": SCHEMA,
        "release": _about(release),
        "regions": _regions(release, regions),
        "countries": countries(sorted(set(regions.table["country"]))),
        "outlines": outlines(regions, own=has_own_polygons(release)),
        "groups": groups_of(regions, km=float(release.manifest["settings"].get("expansion.belt_km", BELT_KM))),
        "models": _models(release),
        "windows": {
            str(name): {
                "horizons": _run(part["first_month"].iloc[0], part["last_month"].iloc[0], release),
                "earlier": pack_shares(part.set_index("region")["earlier"].reindex(regions.table.index)),
            }
            for name, part in windows.groupby("window", sort=True)
        },
        "scores": scores(release, sorted(release.models["model"].unique())),
        "history": history(release),
        "drivers": drivers(release),
        "reliability": _whole_table(release, "reliability"),
        "by_region": _whole_table(release, "by_region"),
        "suspicions": suspicions(release),
        "expansion": expansion(release, regions),
        "links": {},
    }


def _about(release: Release) -> dict[str, Any]:
    said = release.manifest
    return {key: said[key] for key in SAID} | {
        "id": f"{said['experiment']}/{release.path.name}",
        "draws": said["draws"],
        "data_to": said["data"]["data_to"],
        "first_month": said["data"]["first_month"],
        "caption": dict(said["caption"]),
        "weights": {
            name: {key: each[key] for key in ("weights", "quiet_weights", "heavy_weights") if each.get(key)}
            for name, each in said["models"].items()
            if each["weights"]
        },
        "rough_outlines": not has_own_polygons(release),
        "sha256": said["sha256"],
    }


def _regions(release: Release, regions: Regions) -> dict[str, Any]:
    table = regions.table
    first = release.windows.drop_duplicates("region").set_index("region").reindex(table.index)
    return {
        "code": table.index.astype(str).tolist(),
        "name": table["name"].astype(str).tolist(),
        "country": table["country"].astype(str).tolist(),
        "lon": table["lon"].round(4).tolist(),
        "lat": table["lat"].round(4).tolist(),
        "covered": first["covered"].astype(bool).astype(int).tolist(),
        "quiet": first["quiet"].astype(bool).astype(int).tolist(),
        "population": _whole_or_none(table.get("population")),
    }


def _whole_or_none(column: Any) -> list[int] | None:
    return None if column is None else [int(value) for value in column]


def _models(release: Release) -> dict[str, Any]:
    names = sorted(release.models["model"].unique())
    table = release.models.set_index(["model", "horizon", "region"]).sort_index()
    codes, horizons = list(release.forecast.regions), list(release.forecast.horizons)
    packed = {}
    for column, pack in (("p1", pack_shares), ("expected", pack_measures)):
        values = [
            table.loc[name][column].unstack("region").reindex(index=horizons, columns=codes).to_numpy(dtype=np.float64)
            for name in names
        ]
        packed[column] = pack(np.stack(values))
    return {"names": names, **packed}


def _run(first: str, last: str, release: Release) -> list[int]:
    months = [str(each) for each in release.forecast.months]
    horizons = release.forecast.horizons
    return [int(horizons[months.index(first)]), int(horizons[months.index(last)])]


def _draws(forecast: Forecast, thin: int) -> dict[str, Any]:
    """Joint draws as (region, horizon, draw): the counts of one region and month stand together."""
    kept = forecast.draws[::thin]
    return {"n": len(kept), "horizons": list(forecast.horizons), "draws": pack_counts(kept.transpose(2, 1, 0))}


def _whole_table(release: Release, name: str) -> dict[str, Any] | None:
    table = optional(release, name)
    return None if table is None else columns_and_rows(table)

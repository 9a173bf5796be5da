"""Recorded counts for the page, where they may be passed on, and what of them was revised between two releases.

A release holds no record, because a source's licence may forbid passing it on. The page shows one in two cases: the
release has the table ``history.parquet`` (columns ``month, region, <measure>, covered``; written where the licence
allows it), or it was made from counts that Harmattan bundles and these are still, to the last value, those it was
made from, which the manifest's hash of the panel proves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from harmattan.figures import bundled_counts
from harmattan.months import month
from harmattan.page.packing import pack_counts
from harmattan.page.places import regions_of
from harmattan.page.tables import optional
from harmattan.panel import from_counts
from harmattan.release import Release

LONGEST = 120
MOST_REVISIONS = 200


def record(release: Release) -> pd.DataFrame | None:
    """Return the recorded counts of a release, months down and its regions across; None where they are not known.

    NaN where the source does not cover a region.
    """
    table = optional(release, "history")
    if table is None:
        return _bundled_record(release)
    table = table.assign(month=pd.PeriodIndex(table["month"].astype(str), freq="M"))
    measure = release.forecast.measure
    counts = table[measure].astype("float64").where(table["covered"].astype(bool))
    wide = table.assign(count=counts).pivot(index="month", columns="region", values="count")
    return wide.reindex(columns=release.forecast.regions)


def history(release: Release) -> dict[str, Any] | None:
    """Return the record as the page reads it: the newest ten years that the forecast was made from.

    Returns
    -------
    dict or None
        ``first`` month; ``counts``, packed, shape (region, month), 0 where not covered; ``uncovered``, pairs of
        region and month (positions) that the source does not cover; ``months``, how many.
    """
    wide = record(release)
    if wide is None:
        return None
    shown = wide.loc[: month(release.manifest["data"]["data_to"])].iloc[-LONGEST:]
    counts = shown.to_numpy(dtype=np.float64).T
    return {
        "first": str(shown.index[0]),
        "months": len(shown),
        "counts": pack_counts(np.nan_to_num(counts).astype(np.int64)),
        "uncovered": np.argwhere(np.isnan(counts)).tolist(),
    }


def revisions(release: Release, before: Release) -> dict[str, Any] | None:
    """Return which recorded counts differ between two releases; None where one of the records is not known.

    Returns
    -------
    dict or None
        ``changed``, how many counts differ in months that both know, and ``rows``, at most 200 of them, the newest
        first: ``region`` (position), ``month``, ``before``, ``now`` (null where not covered).
    """
    new, old = record(release), record(before)
    if new is None or old is None:
        return None
    old = old.loc[: month(before.manifest["data"]["data_to"])]
    months = new.index.intersection(old.index)
    codes = [code for code in new.columns if code in old.columns]
    one, two = old.loc[months, codes].to_numpy(), new.loc[months, codes].to_numpy()
    differs = np.argwhere(~((one == two) | (np.isnan(one) & np.isnan(two))))
    place = {code: number for number, code in enumerate(new.columns)}
    rows = [
        {
            "region": place[codes[column]],
            "month": str(months[row]),
            "before": _whole(one[row, column]),
            "now": _whole(two[row, column]),
        }
        for row, column in differs[::-1][:MOST_REVISIONS]
    ]
    return {"changed": len(differs), "rows": rows}


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


def _bundled_record(release: Release) -> pd.DataFrame | None:
    name = release.manifest["settings"].get("data.bundled")
    if name is None:
        return None
    counts, about = bundled_counts(name)
    regions = regions_of(release)
    if regions.geometry is not None or release.forecast.measure not in about["measures"]:
        return None
    panel = from_counts(counts, regions)
    origin = month(release.manifest["data"]["last_month"])
    if not panel.months[0] <= origin <= panel.origin:
        return None
    known = panel.as_of(origin)
    if known.content_hash() != release.manifest["data"]["panel_sha256"]:
        return None
    return known.measures[release.forecast.measure].where(known.covered)

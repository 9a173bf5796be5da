"""Releases that came before, as the page needs them: what each said, and the last one's draws for what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harmattan.months import month
from harmattan.page.history import revisions
from harmattan.page.packing import one_by_one, pack_counts, pack_measures, pack_shares
from harmattan.release import Release

MOST = 24
MOVING = {"forecast.origin", "data.snapshots"}
"""Settings that differ from month to month though nobody changed them."""


def newest_first(manifests: Mapping[Path, Mapping[str, Any]], said: Mapping[str, Any]) -> list[Path]:
    """Return the folders of releases made before another by the same experiment of the same measure, the newest first.

    Of several with one origin the latest revision comes first.

    Parameters
    ----------
    manifests
        Folders of releases with their manifests.
    said
        The manifest of the other.
    """
    before = {
        path: each
        for path, each in manifests.items()
        if all(each[key] == said[key] for key in ("experiment", "measure"))
        and month(each["origin"]) < month(said["origin"])
    }
    order = sorted(before, key=lambda path: (before[path]["origin"], _revision(path.name)), reverse=True)
    return list(order)


def comparable(release: Release, earlier: Iterable[Release]) -> Iterator[Release]:
    """Yield, of releases given the newest first, the first of each origin that was made before another, at most 24.

    They are read as they are asked for: whoever lets one go before taking the next holds only one in memory.

    Raises
    ------
    ValueError
        If one of them is not of this experiment, or they are not given the newest first; the message names it.
    """
    last, found = release.forecast.origin, 0
    for each in earlier:
        if each.manifest["experiment"] != release.manifest["experiment"]:
            raise ValueError(
                f"earlier releases must be of the experiment {release.manifest['experiment']}; {each.path} is of "
                f"{each.manifest['experiment']}"
            )
        origin = each.forecast.origin
        if found and origin > last:
            raise ValueError(f"earlier releases must be given the newest first; {each.path} comes after {last}")
        if origin < last and each.forecast.measure == release.forecast.measure:
            last, found = origin, found + 1
            yield each
        # Not held while the next one is read.
        del each
        if found == MOST:
            return


def told(release: Release, before: Release) -> dict[str, Any]:
    """Return what one earlier release said of the regions there are now.

    Returns
    -------
    dict
        ``origin``, ``champion``, ``commit``, ``horizons`` and, packed, shape (horizon, region), ``p1`` and
        ``expected``; missing for regions it did not know.
    """
    forecast = before.forecast
    place = forecast.regions.get_indexer(release.forecast.regions)
    known = place >= 0
    p1 = np.where(known, forecast.probability().to_numpy()[:, place], np.nan)
    expected = np.where(known, forecast.expected().to_numpy()[:, place], np.nan)
    return {
        "origin": str(forecast.origin),
        "champion": before.manifest["champion"],
        "commit": before.manifest["code"]["commit"],
        "horizons": list(forecast.horizons),
        "p1": pack_shares(p1),
        "expected": pack_measures(expected),
    }


def previous(release: Release, before: Release, thin: int) -> dict[str, Any] | None:
    """Return the draws of an earlier release for the months that this one forecasts too; None if it cannot be compared.

    Returns
    -------
    dict or None
        ``origin``, ``horizons`` (counted from this release's origin), ``draws`` packed as those of the forecast, but
        each region's in an order of its own, ``n``, ``same`` (which of ``champion, settings, code`` are the same in
        both) and ``revisions``.
    """
    old, new = before.forecast, release.forecast
    if not pd.Index(old.regions).equals(new.regions):
        return None
    apart = new.origin.ordinal - old.origin.ordinal
    shared = [h for h in new.horizons if h + apart in old.horizons]
    if not shared:
        return None
    places = [old.horizons.index(h + apart) for h in shared]
    draws = one_by_one(old.draws[:, places], every=thin)
    return {
        "origin": str(old.origin),
        "horizons": shared,
        "n": draws.shape[2],
        "draws": pack_counts(draws),
        "champions": [before.manifest["champion"], release.manifest["champion"]],
        "same": _same(release, before),
        "revisions": revisions(release, before),
    }


def same_settings(one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    """Return whether two manifests have the same settings, but for those in `MOVING`."""
    settings = [{key: value for key, value in each["settings"].items() if key not in MOVING} for each in (one, two)]
    return settings[0] == settings[1]


def _same(release: Release, before: Release) -> dict[str, bool]:
    one, two = before.manifest, release.manifest
    return {
        "champion": one["champion"] == two["champion"],
        "settings": same_settings(one, two),
        "code": one["code"] == two["code"],
    }


def _revision(name: str) -> tuple[str, int]:
    origin, _, number = name.partition(".")
    return origin, int(number) if number.isdigit() else 1

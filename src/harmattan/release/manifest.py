"""The manifest of a release: what was forecast, from which data, by which code, and its files."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from platform import python_version
from typing import Any

import harmattan
from harmattan.layers import data_to
from harmattan.outlooks import coast_in_words
from harmattan.panel import Panel
from harmattan.paths import PACKAGE
from harmattan.result import Result
from harmattan.vintages.panels import KnownPanel
from harmattan.whole import write_text
from harmattan.words import in_words

SCHEMA = 1
MANIFEST = "manifest.json"
LIBRARIES = (
    "numpy", "pandas", "scipy", "scikit-learn", "statsmodels",
    "pyarrow", "geopandas", "shapely", "pyogrio", "matplotlib",
)  # fmt: skip


def describe(result: Result) -> dict[str, Any]:
    """Return everything the manifest says except the list of files.

    There is no time of day in it: the same result gives the same manifest. `data_to` is the last month the
    models have seen, which lies before the origin where months were withheld.
    """
    forecast, panel = result.forecast, result.panel
    origins = sorted(result.rows["origin"].astype(str).unique())
    return {
        "schema": SCHEMA,
        "experiment": result.name,
        "origin": str(forecast.origin),
        "horizons": list(forecast.horizons),
        "measure": forecast.measure,
        "champion": result.champion,
        "baselines": list(result.baselines),
        "models": {name: _weights(model) for name, model in sorted(result.fitted.items())},
        "draws": len(forecast.draws),
        "seed": result.seed,
        "settings": dict(result.settings),
        "caption": {
            "title": result.caption.title,
            "source": result.caption.source,
            "licence": result.caption.licence,
            "caveats": list(result.caption.caveats),
        },
        "data": {
            "panel_sha256": panel.content_hash(),
            "first_month": str(panel.months[0]),
            "last_month": str(panel.months[-1]),
            "data_to": str(data_to(result)),
            "regions": len(panel.regions),
            "measures": sorted(panel.measures),
            **_snapshots(panel),
        },
        "scored": {"origins": len(origins), "first": origins[0], "last": origins[-1]},
        "code": {"harmattan": harmattan.__version__, **checkout(PACKAGE.parents[1])},
        "libraries": {"python": python_version(), **{name: version(name) for name in LIBRARIES}},
        "in_words": [*in_words(result), *coast_in_words(result)],
    }


def with_files(said: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the manifest with size and SHA-256 of every file in a folder, and of itself.

    Parameters
    ----------
    said
        What `describe` returned.
    folder
        The release, all its files but the manifest written.
    """
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": fingerprint(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    whole = {**said, "files": files}
    return {**whole, "sha256": own_fingerprint(whole)}


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def own_fingerprint(manifest: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a manifest, leaving out the entry that holds it.

    Examples
    --------
    >>> own_fingerprint({"a": 1}) == own_fingerprint({"a": 1, "sha256": "any"})
    True
    """
    rest = {key: value for key, value in manifest.items() if key != "sha256"}
    return sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def load(folder: Path) -> dict[str, Any]:
    """Read the manifest of a release.

    Raises
    ------
    FileNotFoundError
        If the folder holds no manifest.
    ValueError
        If it cannot be read, was altered, or was written by a newer Harmattan.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"expected a release with {MANIFEST} at {folder}; it is not there")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        schema, stated = manifest["schema"], manifest["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is not the manifest of a release: {error}; make the release again") from error
    if schema != SCHEMA:
        raise ValueError(
            f"{path} must have schema {SCHEMA}; it has {schema!r}: read it with the harmattan that wrote it"
        )
    if own_fingerprint(manifest) != stated:
        raise ValueError(f"{path} was altered after it was written; take the release from where it was made")
    fault = _fault(manifest)
    if fault is not None:
        raise ValueError(f"{path} is not the manifest of a release: {fault}; make the release again")
    return dict(manifest)


def _fault(manifest: Mapping[str, Any]) -> str | None:
    """What is wrong with a manifest whose fingerprint fits: whoever changes it can make that fit too."""
    kinds = {
        "experiment": str, "origin": str, "champion": str, "measure": str, "horizons": list, "in_words": list,
        "code": dict, "files": dict,
    }  # fmt: skip
    for key, kind in kinds.items():
        if not isinstance(manifest.get(key), kind):
            return f"{key} must be of type {kind.__name__}; got {str(manifest.get(key))[:80]!r}"
    if manifest["measure"] not in ("attacks", "deaths"):
        return f"measure must be attacks or deaths; got {manifest['measure'][:80]!r}"
    if not manifest["horizons"] or not isinstance(manifest["code"].get("harmattan"), str):
        return "horizons and code.harmattan must be given"
    for name, stated in manifest["files"].items():
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or "\\" in name or not place.parts:
            return f"the file {name[:80]!r} does not lie in the release"
        if not isinstance(stated, dict) or not isinstance(stated.get("sha256"), str):
            return f"the file {name[:80]!r} has no sha256"
    return None


def save(manifest: Mapping[str, Any], folder: Path) -> None:
    """Write the manifest into a release's folder."""
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    write_text(folder / MANIFEST, text)


def checkout(root: Path) -> dict[str, str | bool | None]:
    """Return the commit a checkout is at and whether it has changes since; both None outside a checkout.

    Returns
    -------
    dict
        ``commit`` (None before the first) and ``dirty``.
    """
    if not (root / ".git").exists():
        return {"commit": None, "dirty": None}
    status = _git(root, "status", "--porcelain")
    return {
        "commit": _git(root, "rev-parse", "--verify", "HEAD"),
        "dirty": None if status is None else bool(status),
    }


def _snapshots(panel: Panel) -> dict[str, Any]:
    """The snapshots a panel was made from, and the days of those that its backtest used beside them."""
    if not isinstance(panel, KnownPanel):
        return {}
    told = {"snapshots": [dict(each) for each in panel.snapshots], "known": panel.known}
    return {**told, "earlier": [each.known for each in panel.earlier]} if panel.snapshots else {}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _weights(model: object) -> dict[str, Any]:
    said: dict[str, Any] = {"class": f"{type(model).__module__}:{type(model).__qualname__}", "weights": None}
    for key in ("weights", "quiet_weights", "heavy_weights"):
        weights = getattr(model, f"{key}_", None)
        if isinstance(weights, Mapping) and (weights or key == "weights"):
            said[key] = {str(name): float(weight) for name, weight in weights.items()}
    return said

"""What the page tells of a release that is not in it: the run in MLflow, the last attacks, another model, the changes.

A release has the same bytes however it was tracked and holds no recorded counts. So what comes on top stands in a file
beside its folder, ``<name>.page.json``, and names by hash the release it belongs to. A second file,
``<name>.changes.json``, may say what the change since the release before is made of. Without them the page says less.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harmattan.page.last import last_attacks
from harmattan.page.packing import one_by_one, pack_counts, unpack_counts
from harmattan.release.manifest import load
from harmattan.result import Result
from harmattan.whole import write_text

NOTES, CHANGES = ".page.json", ".changes.json"
PARTS = ("revised", "new", "model")
WEB = ("http", "https")

Notes = Mapping[str, Any]


def notes_of(result: Result, *, run: str | None = None, store: str | None = None) -> dict[str, Any]:
    """Return what the page of a result tells on top of its release.

    Parameters
    ----------
    run, store
        Id of the run in MLflow and its store, if it was tracked.

    Returns
    -------
    dict
        ``tracked``, see `tracked`, None if it was not; ``last``, see `harmattan.page.last.last_attacks`; ``rival``, the
        model that scored best beside the champion: ``name`` and ``draws`` packed as (region, horizon, draw), each
        region's in an order of its own; None if there is no other.
    """
    from harmattan.tracking.summary import ranking

    others = [name for name in ranking(result).index if name != result.champion]
    rival = None
    if others:
        rival = {"name": str(others[0]), "draws": pack_counts(one_by_one(result.forecasts[others[0]].draws))}
    return {
        "tracked": tracked(run, store) if run is not None and store is not None else None,
        "last": last_attacks(result),
        "rival": rival,
    }


def tracked(run: str, store: str) -> dict[str, str | None]:
    """Return a run in MLflow as a page may tell it: without the folders of this machine, users and passwords.

    Returns
    -------
    dict
        ``run``, ``store`` and ``link``, the address of the run where the store is one on the web, else None.

    Examples
    --------
    >>> tracked("4f2a", "sqlite:////home/awa/work/mlflow.db")
    {'run': '4f2a', 'store': 'sqlite:///mlflow.db', 'link': None}
    >>> tracked("4f2a", "https://awa:secret@mlflow.example.org/")["link"]
    'https://mlflow.example.org/#/runs/4f2a'
    """
    # A password may hold any mark but "@", those that end a host too.
    parts = urlsplit(re.sub(r"://[^/].*@", "://", store, flags=re.DOTALL))
    if parts.scheme in WEB:
        shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
        return {"run": run, "store": shown, "link": f"{shown.rstrip('/')}/#/runs/{run}"}
    if parts.netloc:
        return {"run": run, "store": f"{parts.scheme}://{parts.hostname}{parts.path}", "link": None}
    return {"run": run, "store": f"{parts.scheme or 'file'}:///{Path(parts.path).name}", "link": None}


def write_notes(release_path: Path, notes: Notes) -> Path:
    """Write what the page tells on top of a release beside its folder, whole or not at all.

    Raises
    ------
    FileNotFoundError, ValueError
        As `harmattan.release.manifest.load`.
    """
    destination = _beside(release_path, NOTES)
    text = json.dumps({"release": load(release_path)["sha256"], **notes}, separators=(",", ":"), allow_nan=False)
    write_text(destination, text + "\n")
    return destination


def read_notes(release_path: Path) -> dict[str, Any]:
    """Return what stands beside a release for its page: the notes if they are of this release, and the changes.

    Raises
    ------
    ValueError
        If a file is there that cannot be read; the message names it.
    """
    found = _json(_beside(release_path, NOTES))
    notes = found if found.pop("release", None) == load(release_path)["sha256"] else {}
    changes = _json(_beside(release_path, CHANGES))
    for region, parts in changes.items():
        if not isinstance(parts, dict) or not all(isinstance(parts.get(name), int | float) for name in PARTS):
            raise ValueError(
                f"{_beside(release_path, CHANGES)} must give {', '.join(PARTS)} for every region, as numbers; {region} "
                f"has {parts!r}: make it again or remove it"
            )
    return {**notes, "changes": changes or None}


def beside(release_path: Path) -> list[Path]:
    """Return where the files beside a release are, whether or not they are there."""
    return [_beside(release_path, ending) for ending in (NOTES, CHANGES)]


def fingerprint(release_path: Path) -> str:
    """Return the SHA-256 of the files beside a release together."""
    held = [path.read_bytes() if path.is_file() else b"" for path in beside(release_path)]
    return sha256(b"".join(sha256(each).digest() for each in held)).hexdigest()


def thinned(rival: Mapping[str, Any] | None, every: int) -> dict[str, Any] | None:
    """Return another model's draws, every so many of them: ``name``, ``n``, ``draws``."""
    if rival is None:
        return None
    kept = unpack_counts(rival["draws"])[:, :, every // 2 :: every] if every > 1 else None
    draws = rival["draws"] if kept is None else pack_counts(kept)
    return {"name": rival["name"], "n": draws["shape"][2], "draws": draws}


def _beside(release_path: Path, ending: str) -> Path:
    return release_path.with_name(release_path.name + ending)


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} must be JSON: {error}; make it again or remove it") from error
    if not isinstance(found, dict):
        raise ValueError(
            f"{path} must hold a JSON object; it holds a {type(found).__name__}: make it again or remove it"
        )
    return found

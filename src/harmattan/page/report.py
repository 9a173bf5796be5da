"""The page as one HTML file that opens from disk: program, style and data in it, and no request ever made."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from harmattan import release as releases
from harmattan.page.contents import payload
from harmattan.page.earlier import newest_first
from harmattan.page.notes import read_notes
from harmattan.page.packing import deflated
from harmattan.release.manifest import MANIFEST, load
from harmattan.whole import write_text

BUILT = Path(__file__).resolve().parent / "built"
SCRIPT = re.compile(r'<script type="module"[^>]*\ssrc="\./([^"]+)"[^>]*></script>')
STYLE = re.compile(r'<link rel="stylesheet"[^>]*\shref="\./([^"]+)"[^>]*>')
POLICY = (
    "default-src 'none'; script-src 'sha256-{script}'; style-src 'unsafe-inline'; img-src data: blob:; "
    "connect-src 'none'; form-action 'none'; base-uri 'none'"
)


def built_page() -> Path:
    """Return the folder of the built page, with ``index.html``.

    Raises
    ------
    FileNotFoundError
        If the page was never built.
    """
    if not (BUILT / "index.html").is_file():
        raise FileNotFoundError(
            f"the review page is not built: there is no index.html in {BUILT}; run `make page` in the checkout "
            "(needs Node 20 with npm), or install harmattan from a wheel, which holds it"
        )
    return BUILT


def write_report(release_path: Path, destination: Path) -> Path:
    """Write the review page of a release as one file, whole or not at all.

    Releases of the same experiment beside it tell how past releases turned out and what changed, its notes
    (`harmattan.page.notes`) the run in MLflow, the last attacks and another model. The same files give the same bytes.

    Parameters
    ----------
    release_path
        Folder of a release.
    destination
        File to write, ``.html``; replaced if it exists.

    Returns
    -------
    Path
        `destination`.

    Raises
    ------
    FileNotFoundError
        If there is no release, the page was never built, or the folder to write into does not exist.
    ValueError
        If the destination is no ``.html``, or as `harmattan.release.read`.
    """
    if destination.suffix != ".html":
        raise ValueError(f"the page is one HTML file: destination must end in .html; got {destination.name!r}")
    if not destination.parent.is_dir():
        raise FileNotFoundError(f"the page is written into an existing folder; make {destination.parent} first")
    folder = built_page()
    shown = releases.read(release_path)
    others = (releases.read(path) for path in beside(release_path))
    text = one_file(payload(shown, others, notes=read_notes(release_path)), folder)
    return write_text(destination, text)


def beside(release_path: Path) -> list[Path]:
    """Return the older releases of the same experiment in the folder of a release, the newest first."""
    found = sorted(release_path.resolve().parent.glob(f"[!.]*/{MANIFEST}"))
    return newest_first({path.parent: load(path.parent) for path in found}, load(release_path))


def one_file(content: Mapping[str, Any], built: Path) -> str:
    """Return the built page with its program, style and data inside it.

    The page's policy allows that program alone and no connection. The licences of the libraries in the program stand at
    the end.

    Raises
    ------
    ValueError
        If the built page does not have exactly one program and one style; the message says which.
    """
    page = (built / "index.html").read_text(encoding="utf-8")
    script = _only(SCRIPT, page, built, "program").replace("</script", "<\\/script")
    style = _only(STYLE, page, built, "style").replace("</style", "<\\/style")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    licences = (built / "licences.md").read_text(encoding="utf-8").replace("--", "- -")
    data = deflated(json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode())
    title = escape(f"{content['release']['caption']['title']}, {content['release']['origin']}")
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(script=digest)}">\n'
        f"<title>{title}</title>\n<style>{style}</style>"
    )
    body = (
        f'<script type="application/octet-stream" id="payload">{data}</script>\n'
        f'<script type="module">{script}</script>\n</body>'
    )
    page = STYLE.sub("", SCRIPT.sub("", page))
    page = re.sub(r"<title>.*?</title>", lambda _: head, page, count=1)
    return page.replace("</body>", body) + f"<!--\n{licences}-->\n"


def _only(pattern: re.Pattern[str], page: str, built: Path, what: str) -> str:
    found: list[str] = pattern.findall(page)
    if len(found) != 1:
        raise ValueError(
            f"the built page must have one {what}; {built / 'index.html'} has {len(found)}: build it again"
        )
    return (built / found[0]).read_text(encoding="utf-8")

"""Names and captions come from files of others: in no page do they become tags, attributes or program."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harmattan.backtest import backtest
from harmattan.briefing.contents import Briefing, Section
from harmattan.briefing.layout import to_html
from harmattan.briefing.pdf import _quoted
from harmattan.briefing.speech import Said
from harmattan.briefing.tables import Table
from harmattan.comparison import Tracked, compare, monthly
from harmattan.comparison.page import page as comparison_page
from harmattan.events import Events, event_table
from harmattan.incidents import incidents, profile
from harmattan.incidents.page import page as profile_page
from harmattan.models.baselines import OwnRate, Zero
from harmattan.months import month
from harmattan.outlooks.outlook import Outlook
from harmattan.outlooks.pages import index as outlook_index
from harmattan.outlooks.pages import page as outlook_page
from harmattan.page.report import one_file
from harmattan.panel import Panel
from harmattan.protect import Worksheet, assess
from harmattan.protect.page import page as worksheet_page
from harmattan.regions import bundled
from harmattan.result import Caption, Result

REVIEW = Path(__file__).parents[2] / "src" / "review" / "src"
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "</title></style></head></body><img src=x onerror=alert(3)>",
    '" onmouseover="alert(4)" x=\'',
    "<!--<svg/onload=alert(5)>",
    "`<b>` {{ 7 * 7 }} {% raw %}",
]
TOGETHER = " ".join(HOSTILE)
PLAIN = {
    "!doctype", "html", "head", "meta", "title", "style", "body", "header", "main", "section", "footer", "h1", "h2",
    "h3", "p", "div", "span", "ul", "li", "b", "em", "br", "small", "code", "details", "summary", "table", "thead",
    "tbody", "caption", "tr", "th", "td", "img", "svg", "g", "line", "circle", "path", "text", "rect",
}  # fmt: skip


class Seen(HTMLParser):
    """Every tag and attribute of a page, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.comments: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def seen(text: str, *, allowed: frozenset[str] | set[str] = frozenset()) -> Seen:
    """What a page holds, after a check that nothing in it runs or is fetched."""
    found = Seen(text)
    assert {tag for tag, _ in found.tags} <= PLAIN | allowed
    for _, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert "49" not in "".join(found.words).split() or "7 * 7" in "".join(found.words)
    return found


def all_shown(found: Seen) -> None:
    """Each hostile text is there, as text."""
    words = "".join(found.words)
    assert [each for each in HOSTILE[:3] if each not in words] == []


def test_the_comparison_of_models(burkina: Panel) -> None:
    models = {HOSTILE[0]: OwnRate(), HOSTILE[1][:30]: Zero()}
    losses = monthly(
        backtest(burkina, models, origins=[month("2023-06"), month("2023-08")], horizons=(1,), draws=50).rows
    )
    about = {name: {"rate": TOGETHER[:40]} for name in models}
    runs = [Tracked("run", TOGETHER, "2026-01-01", HOSTILE[0], losses, settings={HOSTILE[2]: HOSTILE[0]}, models=about)]
    told = replace(compare(runs, rng=np.random.default_rng(1)), notes=tuple(HOSTILE))
    found = seen(comparison_page(told, TOGETHER))
    all_shown(found)
    assert (
        "meta",
        {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"},
    ) in found.tags


def test_the_worksheet() -> None:
    sites, raters = tuple(HOSTILE), ("Awa", HOSTILE[0])
    scores = np.random.default_rng(1).integers(1, 11, (len(sites), 2, 6))
    sheet = Worksheet(sites, raters, scores, np.ones(6), (HOSTILE[0],) * len(sites))
    all_shown(seen(worksheet_page(assess(sheet, np.random.default_rng(1), draws=50))))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_profile_of_attacks(language: str) -> None:
    table = event_table(
        {
            "event": [f"row {n}" for n in range(6)],
            "start": ["2021-01-03", "2021-01-20", "2021-02-02", "2021-03-05", "2021-04-01", "2021-04-02"],
            "date_prec": [1] * 6,
            "actor_a": "JNIM",
            "country": "BFA",
            "region": ["Soum", "Séno", *HOSTILE[:2], "Soum", None],
            "tactic": HOSTILE,
            "target": HOSTILE,
            "deaths": 1,
        }
    )
    held = incidents(Events(table, TOGETHER), "JNIM", regions=bundled("province"), remarks=TOGETHER)
    told = profile(held, "2021-01", "2021-06", rng=np.random.default_rng(1))
    regions = told.regions.assign(name=TOGETHER)
    pictures = dict.fromkeys(("map", "timeline", "kinds", "rhythm"), b"a picture")
    found = seen(profile_page(replace(told, regions=regions), language, pictures, source=TOGETHER, licence=TOGETHER))
    all_shown(found)
    assert [each for each in found.tags if each[1].get("http-equiv") == "Content-Security-Policy"]


def test_the_briefing() -> None:
    said = Said("key", TOGETHER, {})
    table = Table(TOGETHER, tuple(HOSTILE[:2]), ((HOSTILE[0], HOSTILE[1]),), (False, True))
    special: dict[str, Any] = {
        "headline": said,
        "lead": (said,),
        "key": (("#ffffff", TOGETHER),),
        "sections": (Section("coast", TOGETHER, (said,), (table,), TOGETHER, (said,)),),
        "caveats": ((TOGETHER, "en"),),
        "sources": (TOGETHER,),
    }
    told = Briefing(**{each.name: special.get(each.name, TOGETHER) for each in fields(Briefing)})
    found = seen(to_html(told, colon=TOGETHER))
    all_shown(found)
    assert "{{ 7 * 7 }}" in "".join(found.words)
    quoted = _quoted(TOGETHER + '\\"; } body { background: url(x)\n')
    assert not re.search(r'["<>\n]|\\(?![0-9a-f]+ )', quoted)


def built(folder: Path) -> Path:
    """A page as it is built, with a small program."""
    (folder / "assets").mkdir()
    (folder / "index.html").write_text(
        '<!doctype html><html><head><title>Harmattan</title><script type="module" src="./assets/a.js"></script>'
        '<link rel="stylesheet" href="./assets/a.css"></head><body><div id="app"></div></body></html>'
    )
    (folder / "assets" / "a.js").write_text('const a = "</script>"')
    (folder / "assets" / "a.css").write_text("body{}")
    (folder / "licences.md").write_text("A licence --> <script>alert(1)</script>")
    return folder


def test_the_review_page(tmp_path: Path) -> None:
    content = {"release": {"caption": {"title": TOGETHER}, "origin": HOSTILE[1]}, "regions": HOSTILE}
    text = one_file(content, built(tmp_path))
    found = seen(text, allowed={"script"})
    scripts = [attributes for tag, attributes in found.tags if tag == "script"]
    assert scripts == [{"type": "application/octet-stream", "id": "payload"}, {"type": "module"}]
    program = text.partition('<script type="module">')[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(program.encode()).digest()).decode()
    policy = next(each["content"] for _, each in found.tags if each.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy and "connect-src 'none'" in policy
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", text.partition('id="payload">')[2].partition("</script>")[0])
    assert len(found.comments) == 1 and text.endswith("-->\n")
    assert json.dumps(content)[:20] not in text


def test_the_program_of_the_page_writes_text_and_never_html() -> None:
    sources = [path for path in REVIEW.rglob("*") if path.suffix in (".svelte", ".ts")]
    assert len(sources) > 20
    writes = re.compile(r"\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|new Function|\beval\(|srcdoc")
    assert [path.name for path in sources if writes.search(path.read_text(encoding="utf-8"))] == []


def test_the_country_outlooks(small_result: Result) -> None:
    caption = Caption(TOGETHER, TOGETHER, TOGETHER, ())
    result = replace(small_result, caption=caption)
    told = Outlook("BFA", TOGETHER, "one", TOGETHER, dict.fromkeys(HOSTILE, TOGETHER), {})
    for text in (outlook_page(result, told), outlook_index(result, [told, replace(told, kind="nothing")])):
        assert "<" not in text and "&lt;script>" in text

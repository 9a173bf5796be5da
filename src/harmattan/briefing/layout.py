"""The briefing as one HTML file, which the PDF is made from too."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from harmattan.briefing.contents import Briefing

FOLDER = Path(__file__).resolve().parent
CODE = re.compile("`([^`]+)`")


def to_html(told: Briefing, *, colon: str) -> str:
    """Return the briefing as a page that opens from disk and makes no request; the same briefing gives the same text.

    Parameters
    ----------
    told
        The briefing.
    colon
        The colon of its language, with the space before it where there is one.
    """
    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    return _template().render(b=told, colon=colon, style=Markup(style))


@cache
def _template() -> jinja2.Template:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["code"] = _code
    return found.get_template("page.html.jinja")


def _code(text: str) -> Markup:
    """Words between backticks are what one types."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))

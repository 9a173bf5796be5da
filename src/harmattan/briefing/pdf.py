"""The briefing as a tagged PDF, made from its HTML by WeasyPrint: accessible, with its fonts, the same each time."""

from __future__ import annotations

import hashlib
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl

from harmattan.briefing.contents import Briefing
from harmattan.briefing.layout import FOLDER

FACES = {"normal": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}
INSTALL = (
    "the PDF was not written, since {what}. It needs WeasyPrint (pip install 'harmattan[pdf]') and the library Pango "
    "(Debian and Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0; macOS: brew install pango); "
    "--no-pdf leaves it out"
)


class PdfMissingError(RuntimeError):
    """What makes the PDF is not installed."""


def to_pdf(html: str, told: Briefing) -> bytes:
    """Return the PDF of a briefing.

    A4, tagged after PDF/UA-1, with the language, alternative texts and page numbers; the letters are those of DejaVu
    Sans, which comes with Matplotlib, so that no font has to be installed.

    Parameters
    ----------
    html
        `harmattan.briefing.layout.to_html` of it.
    told
        The briefing.

    Raises
    ------
    PdfMissingError
        If WeasyPrint or Pango is not installed; the message says how to get them.
    """
    weasyprint = _weasyprint()
    styled = html.replace("</style>", f"{_style(told)}</style>", 1)
    document = weasyprint.HTML(string=styled, url_fetcher=_only(weasyprint, set(_fonts().values())))
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    return bytes(document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier))


def _weasyprint() -> Any:
    try:
        # It prints a page of advice where Pango is missing; ours is the one message.
        with redirect_stdout(StringIO()):
            import weasyprint
    except ImportError as error:
        raise PdfMissingError(INSTALL.format(what="WeasyPrint is not installed")) from error
    except OSError as error:
        raise PdfMissingError(INSTALL.format(what="WeasyPrint found no Pango on this machine")) from error
    return weasyprint


def _only(weasyprint: Any, allowed: set[str]) -> Any:
    """Return a fetcher of what is inside the page and of our fonts: a briefing makes no request and reads no file."""

    class Fetcher(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith("data:") and url not in allowed:
                raise ValueError(f"a briefing holds all it needs; it asks for {url[:80]}")
            return super().fetch(url, headers)

    return Fetcher()


def _fonts() -> dict[str, str]:
    """Addresses of the font files by weight."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return {weight: (folder / name).as_uri() for weight, name in FACES.items()}


def _style(told: Briefing) -> str:
    faces = "\n".join(
        f'@font-face {{ font-family: "Briefing"; font-weight: {weight}; src: url("{address}"); }}'
        for weight, address in _fonts().items()
    )
    page = '" counter(page) "'.join(_quoted(each) for each in told.page_of.split("{page}"))
    page = page.replace("{pages}", '" counter(pages) "')
    style = (FOLDER / "pdf.css").read_text(encoding="utf-8")
    return faces + style.replace("{{ footer }}", _quoted(told.footer)).replace("{{ page_of }}", page)


def _quoted(text: str) -> str:
    """Return a text as it stands between the quotes of a style sheet."""
    return re.sub(r'["\\\n<>]', lambda found: f"\\{ord(found.group()):x} ", text)

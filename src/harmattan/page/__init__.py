"""The review page of a release: its data as one document, and the page as one HTML file.

The program of the page is written in TypeScript (``src/review``) and built into this package's folder ``built``.
`payload` makes what it shows; `write_report` puts program and data into one file that opens from disk. Served by
Harmattan's own server the same program fetches the same document: README.md beside this file names every entry of it
and the addresses the page asks for.
"""

from __future__ import annotations

from harmattan.page.contents import payload
from harmattan.page.notes import notes_of, read_notes, write_notes
from harmattan.page.report import built_page, write_report

__all__ = ["built_page", "notes_of", "payload", "read_notes", "write_notes", "write_report"]

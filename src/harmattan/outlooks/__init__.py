"""Country outlooks: half a page in words and a sheet of three figures for each coastal state.

`outlook` says of one country where the risk comes from, when, how sure that is, what would be noticed first and what
the data cannot see. Every number is that of a table it carries (`Outlook.tables`), every sentence one of
`harmattan.outlooks.templates`. `write` makes the pages and pictures of all eight, `coast_in_words` a few sentences on
the whole. All of it is about regions and months: never a place within a region, and never a target.
"""

from __future__ import annotations

from harmattan.outlooks.closing import coast_in_words
from harmattan.outlooks.outlook import HEADINGS, Outlook, outlook
from harmattan.outlooks.pages import write

__all__ = ["HEADINGS", "Outlook", "coast_in_words", "outlook", "write"]

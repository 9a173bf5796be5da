"""What changed between two releases and why: revised data, new data or model, exactly, by making forecasts again.

`changes` splits the change, `sentences` tells it, `write_table` and `write_for_page` keep it. The order of the steps is
fixed (`harmattan.changes.split.changes`): each of them is a forecast that somebody could have issued. The mean over all
orders (Shorrocks 2013, https://doi.org/10.1007/s10888-011-9214-z) would need new months without the revisions that came
with them, data that nobody ever had, and twice the runs.
"""

from __future__ import annotations

from harmattan.changes.split import Changes, changes
from harmattan.changes.told import of_window, sentences, why_not_on_page, write_for_page, write_table
from harmattan.page.notes import PARTS

__all__ = ["PARTS", "Changes", "changes", "of_window", "sentences", "why_not_on_page", "write_for_page", "write_table"]

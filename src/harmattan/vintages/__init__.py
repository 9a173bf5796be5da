"""Data as they were known: immutable snapshots of sources, what was known on a day, and what changed since.

`add` keeps a file as a snapshot; `as_of` says which snapshots counted on a day; `read` gives the rows of one and
`joined` those of several; `diff` compares two. `harmattan.vintages.panels` holds the panel that knows when its numbers
were known, `harmattan.vintages.delay` how late attacks are reported, and `harmattan.vintages.nowcast` what the newest
months will come to.
"""

from __future__ import annotations

from harmattan.vintages.difference import Difference, common_months, diff
from harmattan.vintages.snapshot import Snapshot, SnapshotError, read
from harmattan.vintages.stack import Known, joined, known_on
from harmattan.vintages.store import STORE, add, as_of, find, snapshots

__all__ = [
    "STORE", "Difference", "Known", "Snapshot", "SnapshotError",
    "add", "as_of", "common_months", "diff", "find", "joined", "known_on", "read", "snapshots",
]  # fmt: skip

"""What if: a fitted endemic-epidemic model with some of its rates changed, run forward beside itself.

Both runs share all chance (common random numbers), so a change that changes nothing gives the same forecast to the
last bit, and one that takes away never adds an attack in any draw. `parse`, `activity`, `transmission`, `cut_link` and
`open_link` make a `Change`; `run` compares all quantities of expansion without and with changes; `ranking` asks in
which border regions lower activity would spare most. Every outcome carries `NOTICE`.
"""

from __future__ import annotations

from harmattan.scenario.changes import Change, activity, apply, cut_link, matching, open_link, parse, transmission
from harmattan.scenario.differences import differences
from harmattan.scenario.outcome import NOTICE, Outcome, changed_sets, run
from harmattan.scenario.ranking import ranking

__all__ = [
    "NOTICE",
    "Change",
    "Outcome",
    "activity",
    "apply",
    "changed_sets",
    "cut_link",
    "differences",
    "matching",
    "open_link",
    "parse",
    "ranking",
    "run",
    "transmission",
]

"""How the armed group's area moves: frontier, first attacks, arrival, reach, direction, pressure and corridors.

`quantities` computes everything of a forecast draw by draw: joint draws go on from the record as `activity.Paths`,
added up over `scopes` (all, countries, sets, corridors); `replay` and `replay_regions` tell the same of the past.
`summary` says what the draws say of a `Quantity`; `change` takes differences of two forecasts, draw by draw, before
that. `arrivals`, `arrival_months`, `likeliest` and `likely_number` read the quantities of first attacks, `standing` and
`status` how things stand at the origin. `pressures` needs an endemic-epidemic model, `join_counts` the record alone.
Regions and months are all that is told: never a place within a region, and never a target.
"""

from __future__ import annotations

from harmattan.expansion.activity import status
from harmattan.expansion.arrival import arrival_months, arrivals, likeliest, likely_number, standing
from harmattan.expansion.catalogue import QUANTITIES, quantities, replay, replay_regions
from harmattan.expansion.diffusion import join_counts
from harmattan.expansion.groups import Scopes, scopes
from harmattan.expansion.pressure import by_country, pressures
from harmattan.expansion.quantity import Quantity, change, summary
from harmattan.expansion.verification import pits

__all__ = [
    "QUANTITIES",
    "Quantity",
    "Scopes",
    "arrival_months",
    "arrivals",
    "by_country",
    "change",
    "join_counts",
    "likeliest",
    "likely_number",
    "pits",
    "pressures",
    "quantities",
    "replay",
    "replay_regions",
    "scopes",
    "standing",
    "status",
    "summary",
]

"""Who should be alert after an attack: regions and distances with raised risk, since when, until when and how much.

Alerts are of regions and of bands of distance, by a statistical model and by the near repeats on record; they name no
target.
"""

from harmattan.alerts.bulletin import Bulletin, bulletin
from harmattan.alerts.folder import write
from harmattan.alerts.judged import economic_value, molchan, molchan_area, rule_table, usual_rules
from harmattan.alerts.knox import knox
from harmattan.alerts.past import past_alerts
from harmattan.alerts.raised import bands_reached, expected, open_alerts, regions_reached
from harmattan.alerts.standing import Standing, standing

__all__ = [
    "Bulletin",
    "Standing",
    "bands_reached",
    "bulletin",
    "economic_value",
    "expected",
    "knox",
    "molchan",
    "molchan_area",
    "open_alerts",
    "past_alerts",
    "regions_reached",
    "rule_table",
    "standing",
    "usual_rules",
    "write",
]

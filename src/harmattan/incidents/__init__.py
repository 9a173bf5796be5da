"""What recorded attacks look like: where, when, in what rhythm, how, against whom, claimed or not, and what changed.

It is what an analyst draws by hand from a list of attacks. `incidents` makes the list of one group's attacks from the
events of any source, `profile` computes, `summary` words it and `write` writes the folder. Regions and months are
named, never places.
"""

from harmattan.incidents.files import write
from harmattan.incidents.profile import Profile, profile
from harmattan.incidents.sentences import caveats, summary
from harmattan.incidents.table import Incidents, incidents

__all__ = ["Incidents", "Profile", "caveats", "incidents", "profile", "summary", "write"]

"""Fetching data from those who publish them: what to ask where, with which login, and the file and record that result.

`harmattan.fetching.sources.plans` says what would be fetched; `fetch` fetches it.
"""

from __future__ import annotations

from pathlib import Path

from harmattan.fetching.credentials import Lookup, found
from harmattan.fetching.download import Fetched
from harmattan.fetching.problems import FetchError
from harmattan.fetching.record import Record, read_record
from harmattan.fetching.sources import Plan, plans
from harmattan.fetching.web import Manners, Step, Told, Visit, open_client, silent

__all__ = ["FetchError", "Fetched", "Manners", "Plan", "Record", "Step", "fetch", "plans", "read_record"]


def fetch(plan: Plan, folder: Path, *, look: Lookup, told: Told = silent, manners: Manners | None = None) -> Fetched:
    """Have the file of a plan, and its record, in a folder.

    Parameters
    ----------
    folder
        Made if it is not there.
    look
        Gives the value of a login variable, or None; see `harmattan.fetching.credentials.lookup`.
    told
        Called with each step, to show progress.
    manners
        How patient to be.

    Returns
    -------
    Fetched
        Path, record, and whether the file is new.

    Raises
    ------
    FetchError
        If it cannot be had. What was there before is left as it was, and what has come of it is carried on next time.
    """
    from harmattan.fetching.apis import from_acled, from_ucdp
    from harmattan.fetching.files import from_cod, from_file, from_geoboundaries

    ways = {
        "file": from_file,
        "ucdp": from_ucdp,
        "acled": from_acled,
        "geoboundaries": from_geoboundaries,
        "cod": from_cod,
    }

    about = plan.about
    secrets = found(about.credentials, look, title=about.title, page=about.page)
    polite = Manners() if manners is None else manners
    with open_client(polite) as client:
        return ways[about.kind](Visit(client, polite, told, secrets), plan, folder)

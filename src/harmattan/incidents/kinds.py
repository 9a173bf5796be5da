"""How an attack was made and whom it hit: the words of a profile, and what each source can say.

Where a source does not say, the answer is `NOT_STATED`; nothing is inferred from numbers of deaths, places or the
usual ways of a group. UCDP names the two sides and no tactics. ACLED's sub-event types are translated where they mean
the same and keep a class of their own where they do not: an armed clash does not say who attacked, a suicide bomb not
whether there was a vehicle. Words of an analyst's own list that are not known here stay as they are written.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.events import Events
from harmattan.sources.names import place_key

NOT_STATED = "not stated"

TACTICS: dict[str, tuple[str, ...]] = {
    "armed assault": ("assault", "armed attack", "attack", "attaque armée", "assaut", "fusillade"),
    "suicide vehicle": ("suicide vehicle assault", "SVBIED", "VBIED suicide", "suicide car bomb", "véhicule suicide"),
    "suicide bomb": ("suicide bombing", "attentat suicide"),
    "roadside bomb": ("IED", "EEI", "mine", "landmine", "engin explosif", "engin explosif improvisé", "roadside IED"),
    "shelling": ("indirect fire", "rockets", "mortar", "mortars", "tirs indirects", "bombardement", "obus"),
    "air or drone strike": ("drone", "drone strike", "frappe de drone"),
    "grenade": (),
    "chemical weapon": (),
    "abduction": ("kidnapping", "enlèvement", "forced disappearance"),
    "sexual violence": ("violence sexuelle",),
    "capture of a base": ("base overrun", "overrun of a base", "prise d'une base", "prise de base"),
    "capture of territory": (),
    "attack on a convoy": ("convoy attack", "ambush of a convoy", "attaque de convoi"),
    "blockade": ("siege", "blocus"),
    "armed clash": ("clash", "affrontement"),
    "territory lost": (),
}
"""How an attack was made -> other words for it in lists, in English and French."""

TARGETS: dict[str, tuple[str, ...]] = {
    "military": ("army", "armed forces", "base", "military base", "armée", "militaires", "forces armées", "militaire"),
    "police": ("gendarmerie", "gendarmes", "policiers"),
    "state forces": ("security forces", "forces de sécurité", "FDS"),
    "peacekeepers": ("UN peacekeepers", "MINUSMA", "UN", "casques bleus"),
    "officials": ("authorities", "administration", "élus", "autorités", "official", "government"),
    "civilians": ("civilian", "civils", "population"),
    "infrastructure": ("infrastructures",),
    "supply convoy": ("supply convoys", "fuel convoy", "convoi", "convoi de ravitaillement"),
    "armed group": ("militia", "self-defence group", "groupe armé", "milice"),
}
"""Whom an attack hit -> other words for it in lists; `state forces` are army or police where a source does not tell."""

ACLED_TACTICS = {
    "Armed clash": "armed clash",
    "Government regains territory": "territory lost",
    "Non-state actor overtakes territory": "capture of territory",
    "Air/drone strike": "air or drone strike",
    "Chemical weapon": "chemical weapon",
    "Grenade": "grenade",
    "Remote explosive/landmine/IED": "roadside bomb",
    "Shelling/artillery/missile attack": "shelling",
    "Suicide bomb": "suicide bomb",
    "Abduction/forced disappearance": "abduction",
    "Attack": "armed assault",
    "Sexual violence": "sexual violence",
}
"""ACLED's sub-event type -> tactic."""

ACLED_ROLES = {
    "State forces": "state forces",
    "Rebel group": "armed group",
    "Political militia": "armed group",
    "Identity militia": "armed group",
    "Rioters": "civilians",
    "Protesters": "civilians",
    "Civilians": "civilians",
}
"""ACLED's kind of actor -> target; `External/Other forces` are told apart by name alone."""

# The first that matches counts: ACLED writes the gendarmerie of a country among its police forces.
ACLED_NAMES = {
    "^Civilians": "civilians",
    "^MINUSMA|^United Nations|^UN:": "peacekeepers",
    "^Military Forces": "military",
    "^Police Forces": "police",
    "^Government of": "officials",
}
UCDP_NAMES = {"^Civilians$": "civilians", "^Government of": "state forces", "^XXX": NOT_STATED, "^.": "armed group"}


def known_words(values: pd.Series, known: dict[str, tuple[str, ...]]) -> pd.Series:
    """Return the words of a list in the words used here; others as they are written, `NOT_STATED` where missing.

    Examples
    --------
    >>> known_words(pd.Series(["IED", "Roadside bomb", None, "spoofing"]), TACTICS).tolist()
    ['roadside bomb', 'roadside bomb', 'not stated', 'spoofing']
    """
    spellings = {place_key(word): name for name, others in known.items() for word in (name, *others)}
    spellings |= {place_key(word): NOT_STATED for word in (NOT_STATED, "unknown", "inconnu", "non précisé")}
    found = {word: spellings.get(place_key(word), word) for word in values.dropna().unique()}
    return values.map(found).astype("str").fillna(NOT_STATED)


def tactics(events: Events) -> pd.Series:
    """Return how each attack was made, as far as the source says.

    Examples
    --------
    >>> from harmattan.events import event_table
    >>> table = event_table({"event": ["a"], "start": ["2023-05-04"], "kind": ["Battles: Armed clash"]})
    >>> tactics(Events(table, source="acled")).tolist(), tactics(Events(table, source="ucdp")).tolist()
    (['armed clash'], ['not stated'])
    """
    table = events.table
    if "tactic" in table:
        return known_words(table["tactic"], TACTICS)
    if events.source != "acled":
        return pd.Series([NOT_STATED] * len(table), dtype="str")
    return table["kind"].str.partition(": ")[2].map(ACLED_TACTICS).astype("str").fillna(NOT_STATED)


def targets(events: Events, ours: npt.NDArray[np.bool_]) -> pd.Series:
    """Return whom each attack hit, as far as the source says.

    From UCDP and ACLED it is the other side's first actor. Neither says for certain who attacked whom: of a battle with
    the army the target is the army, whoever began it. Where the group stands on both sides, or the other side is
    empty, it is not stated, unless ACLED says that civilians were the main or only target.

    Parameters
    ----------
    ours
        Shape (events, 2): whether the group is on the first and on the second side.

    Examples
    --------
    >>> from harmattan.events import event_table
    >>> table = event_table({"event": ["a"], "start": ["2023-05-04"], "actor_a": ["Government of Mali"],
    ...                      "actor_b": ["JNIM"]})
    >>> targets(Events(table, source="ucdp"), np.array([[False, True]])).tolist()
    ['state forces']
    """
    table = events.table
    if "target" in table:
        return known_words(table["target"], TARGETS)
    if events.source not in ("ucdp", "acled"):
        return pd.Series([NOT_STATED] * len(table), dtype="str")
    first, second = ours[:, 0], ours[:, 1]
    other = table["actor_b"].where(first, table["actor_a"]).mask(first == second).astype("str")
    other = other.str.split(";").str[0].astype("str").str.strip()
    if events.source == "ucdp":
        return _by_name(other, UCDP_NAMES).fillna(NOT_STATED)
    found = _by_name(other, ACLED_NAMES)
    if {"role_a", "role_b"} <= set(table):
        role = table["role_b"].where(first, table["role_a"]).mask(first == second)
        found = found.fillna(role.map(ACLED_ROLES).astype("str"))
    if "civilians_targeted" in table:
        found = found.mask(table["civilians_targeted"].fillna(False).astype(bool), "civilians")
    return found.fillna(NOT_STATED)


def _by_name(names: pd.Series, patterns: dict[str, str]) -> pd.Series:
    found = pd.Series([None] * len(names), dtype="str")
    for pattern, target in patterns.items():
        found = found.mask(found.isna() & names.str.contains(pattern, regex=True, na=False), target)
    return found

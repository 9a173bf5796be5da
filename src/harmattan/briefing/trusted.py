"""How far a release can be trusted: its score on past months, whether its chances come true, what is suspicious."""

from __future__ import annotations

from dataclasses import dataclass

from harmattan import layers
from harmattan.page.tables import optional
from harmattan.release import Release

EVEN = 0.5


@dataclass(frozen=True)
class Skill:
    """Log-score skill of the champion against a baseline at the shortest horizon scored, everywhere and after quiet."""

    baseline: str
    horizon: int
    everywhere: float
    onset: float | None


@dataclass(frozen=True)
class Reliable:
    """Past forecasts of 50 % or more: how many, what they said on average, and how often it came true."""

    horizon: int
    forecasts: int
    said: float
    came: float


def skill(release: Release) -> Skill | None:
    """Return the skill against conflictology, or the first baseline scored; None if there is none."""
    said = release.manifest
    compared = set(release.scores["score"])
    others = [b for b in said["baselines"] if b != said["champion"] and f"log_score_skill_vs_{b}" in compared]
    if not others:
        return None
    against = "conflictology" if "conflictology" in others else others[0]
    table = layers.skill(release.scores, said["champion"], against)
    horizon = int(table.loc[table["set"] == "all", "horizon"].min())
    at = table[table["horizon"] == horizon].set_index("set")["value"]
    return Skill(against, horizon, float(at["all"]), float(at["onset"]) if "onset" in at.index else None)


def reliable(release: Release) -> Reliable | None:
    """Return how the likely forecasts of past months came out; None if the release does not say or had none."""
    table = optional(release, "reliability")
    if table is None:
        return None
    own = table[(table["model"] == release.manifest["champion"]) & (table["set"] == "all")]
    horizon = own["horizon"].min()
    likely = own[(own["horizon"] == horizon) & (own["probability"] >= EVEN)]
    n = int(likely["n"].sum())
    if not n:
        return None
    said, came = ((likely[name] * likely["n"]).sum() / n for name in ("probability", "observed"))
    return Reliable(int(horizon), n, float(said), float(came))


def flags(release: Release) -> list[tuple[int, list[str]]]:
    """Return what is suspicious about the champion, by months ahead."""
    table = optional(release, "suspicions")
    if table is None:
        return []
    own = table[table["model"] == release.manifest["champion"]]
    return [(int(str(h)), sorted(set(part["flag"]))) for h, part in own.groupby("horizon", sort=True)]

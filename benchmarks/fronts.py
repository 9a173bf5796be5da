"""Worlds with a known front: do intervals of reach, speed and arrival hold what comes? Written into docs/fronts.md.

Run as ``python benchmarks/fronts.py [--worlds 80] [--workers 1]``.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from harmattan.backtest import forecast_all
from harmattan.expansion import verification
from harmattan.expansion.tables import belts
from harmattan.models import Forecaster
from harmattan.models.baselines import Conflictology
from harmattan.models.combine import Pool
from harmattan.models.endemic import Endemic
from harmattan.models.hazard import FirstAttack
from harmattan.models.selfexciting import SelfExciting
from harmattan.months import month, month_range
from harmattan.panel import Panel
from harmattan.regions import Regions, bundled
from harmattan.scores.diagnostics import pit_coverage
from harmattan.synthetic import spreading_front_world

PAGE = Path(__file__).parents[1] / "docs" / "fronts.md"
START, END = "<!-- made by benchmarks/fronts.py -->", "<!-- end of fronts -->"

COUNTRIES = ("BEN", "BFA", "CIV", "GHA", "MLI", "NER", "TGO")
SEED_REGION = "ML07"
FIRST = month("2016-01")
SPEED_KM, RATE, NOISE, BEHIND_KM = (8.0, 25.0), (0.3, 2.0), (0.3, 0.5), (350.0, 700.0)
LEAST_MONTHS = 26
AHEAD = 12
DRAWS = 400
SHOWN = ("pool", "endemic", "first_attack", "selfexciting")
TOLERATED = (0.85, 0.95)

JUDGED = {
    ("arrival", "region"): "first month with an attack, each quiet region",
    ("arrival", "set"): "first month with an attack, each quiet belt",
    ("arrival", "country"): "first month with an attack, each quiet country",
    ("reach", "all"): "reach, km",
    ("speed", "all"): "speed, km per month",
    ("newly_hit", "all"): "quiet regions hit",
}


@dataclass(frozen=True, eq=False)
class World:
    """A front and the month from which it is forecast; the panel goes on for a year after it."""

    panel: Panel
    origin: pd.Period
    speed_km: float


def main() -> None:
    """Compute the table and put it between the marks of the page."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=80, help="worlds to be drawn")
    parser.add_argument("--workers", type=int, default=1, help="processes; the table does not depend on it")
    given = parser.parse_args()
    regions = bundled("admin1", COUNTRIES)
    sets = near_the_front(regions)
    tasks = (delayed(tried)(world, regions, sets) for world in range(given.worlds))
    rows = pd.concat(Parallel(n_jobs=given.workers)(tasks), ignore_index=True)
    part = table(rows, given.worlds)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n\n{part}\n\n{END}{after}", encoding="utf-8")
    print(part)


def models() -> dict[str, Forecaster]:
    """Models of contagion, and the pool of standard.toml without its trees."""
    single: dict[str, Forecaster] = {
        "conflictology": Conflictology(),
        "endemic": Endemic(),
        "first_attack": FirstAttack(),
        "selfexciting": SelfExciting(),
    }
    active, quiet = ("conflictology", "endemic", "selfexciting"), ("selfexciting", "first_attack")
    pool = Pool(single, weights=dict.fromkeys(active, 1.0), quiet_weights=dict.fromkeys(quiet, 1.0))
    return {**single, "pool": pool}


def near_the_front(regions: Regions) -> dict[str, list[str]]:
    """The border belts of the coastal states toward the countries the front comes from."""
    inland = ("BFA", "MLI", "NER")
    return {name: codes for name, codes in belts(regions).items() if name[:3] not in inland and name[-3:] in inland}


def draw(number: int, regions: Regions) -> World:
    """A front from the north of Mali, seen when it has gone 350 to 700 km on average, or after 26 months."""
    rng = np.random.default_rng([number, 11])
    speed, rate = (float(np.exp(rng.uniform(*np.log(limits)))) for limits in (SPEED_KM, RATE))
    noise, behind = rng.uniform(*NOISE), rng.uniform(*BEHIND_KM)
    gone = max(LEAST_MONTHS, int(behind / speed))
    when = month_range(FIRST, FIRST + gone + AHEAD)
    panel, _ = spreading_front_world(
        regions, months=when, rng=rng, seeds=[SEED_REGION], speed_km=speed, rate=rate, noise=noise
    )
    return World(panel, when[gone], speed)


def tried(number: int, regions: Regions, sets: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Forecast a world with every model and set it beside what came."""
    world = draw(number, regions)
    _, made = forecast_all(
        world.panel, models(), origin=world.origin, horizons=range(1, AHEAD + 1), draws=DRAWS, seed=number
    )
    parts = []
    for name in SHOWN:
        rng = np.random.default_rng([number, world.origin.ordinal])
        found = verification.pits(world.panel, made[name], sets=sets, rng=rng, windows=(3, 6, 12))
        parts.append(found.assign(model=name, world=number))
    return pd.concat(parts, ignore_index=True)


def table(rows: pd.DataFrame, worlds: int) -> str:
    """Coverage of 90 % intervals by model, bold outside `TOLERATED`, and the mean of what came, as Markdown.

    In brackets the bias, the mean of the draws less what came, over the rows where both are numbers.
    """
    lines = []
    for (quantity, scope), title in JUDGED.items():
        of = rows[(rows["quantity"] == quantity) & (rows["scope"] == scope)]
        for ahead, part in of.groupby("horizon"):
            first = part[part["model"] == SHOWN[0]]
            cells = [cell(part[part["model"] == name]) for name in SHOWN]
            told = "" if quantity == "arrival" else f"{first['came'].mean():.1f}"
            lines.append([title, str(ahead), str(len(first)), told, *cells])
    header = ["quantity", "months", "rows", "came, mean", *SHOWN]
    head = f"**{worlds} worlds**: share of 90 % intervals that hold what came (bias)"
    return "\n".join([head, "", *(f"| {' | '.join(line)} |" for line in [header, ["---"] * len(header), *lines])])


def cell(part: pd.DataFrame) -> str:
    """Coverage and bias of one model and quantity."""
    share = pit_coverage(part["pit"], 0.9)
    shown = f"{share:.2f}" if TOLERATED[0] <= round(share, 2) <= TOLERATED[1] else f"**{share:.2f}**"
    bias = (part["expected"] - part["came"]).mean()
    return shown if part["quantity"].iloc[0] == "arrival" else f"{shown} ({bias:+.1f})"


if __name__ == "__main__":
    main()

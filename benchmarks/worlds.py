"""Worlds whose truth is known: do intervals cover it, and does the model that made a world forecast it best?

Run as ``python benchmarks/worlds.py [--worlds 200] [--workers 1]``; the tables go into docs/worlds.md.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from harmattan.backtest import backtest
from harmattan.models import Forecaster
from harmattan.models.baselines import Conflictology
from harmattan.models.discounted import Discounted
from harmattan.models.endemic import Endemic
from harmattan.models.endemic.regression import EndemicEpidemic
from harmattan.models.endemic.terms import Structure
from harmattan.models.endemic.weights import given
from harmattan.models.selfexciting import SelfExciting
from harmattan.models.selfexciting_fit import fit_points
from harmattan.models.selfexciting_points import PARAMETERS
from harmattan.models.selfexciting_simulate import simulate
from harmattan.months import month, month_range
from harmattan.panel import Panel
from harmattan.regions import bundled
from harmattan.synthetic import endemic_epidemic_world, self_exciting_world

PAGE = Path(__file__).parents[1] / "docs" / "worlds.md"
START, END = "<!-- made by benchmarks/worlds.py -->", "<!-- end -->"
LAST = "2023-12"
TOLERATED = (0.92, 0.98)
COVERAGE = ["parameter", "truth", "median estimate", "half-width (largest)", "too low", "too high", "covers"]

BACKGROUND, OWN, NEIGHBOUR, OVERDISPERSION, SEASON = 0.1, 0.3, 0.3, 0.5, 0.5
ENDEMIC = {
    "background:intercept": np.log(BACKGROUND),
    "background:sin": SEASON,
    "background:cos": 0.0,
    "own:intercept": np.log(OWN),
    "neighbours:intercept": np.log(NEIGHBOUR),
    "log_overdispersion": np.log(OVERDISPERSION),
}

OUTLINE = np.array([[0.0, 0.0], [120.0, 0.0], [120.0, 80.0], [60.0, 140.0], [0.0, 80.0]])
SIGMA_KM, MEAN_DAYS, OFFSPRING, PRECISION_KM = 8.0, 40.0, 0.5, 2.0
POINTS = dict(
    zip(
        PARAMETERS,
        (
            float(np.log(1.2e-5)),
            0.1,
            float(np.log(OFFSPRING / (2 * np.pi * SIGMA_KM**2 * MEAN_DAYS))),
            float(np.log(SIGMA_KM)),
            1 / MEAN_DAYS,
        ),
        strict=True,
    )
)

CONTESTS = 20
ORIGINS = [month("2020-12") + 3 * step for step in range(12)]
HORIZONS = (1, 3)
SCORES = {"log_score": "log score", "crps": "CRPS"}


@dataclass(frozen=True)
class Found:
    """What a fit found: columns ``estimate, low, high`` by parameter, None where it raised; and how many attacks."""

    table: pd.DataFrame | None
    attacks: int


@dataclass(frozen=True)
class Case:
    """A kind of world to be drawn and fitted, with the truth by parameter."""

    title: str
    seed: int
    truth: Mapping[str, float]
    fit: Callable[[np.random.Generator], Found]


@dataclass(frozen=True)
class Contest:
    """A kind of world to be drawn and forecast.

    The model named `maker` has the law and the structure of the world, its rivals are as they come; `told` are models
    of another law that know of the structure what they can, and stand outside the contest.
    """

    title: str
    seed: int
    draw: Callable[[np.random.Generator], Panel]
    maker: str
    models: Mapping[str, Forecaster]
    told: Mapping[str, Forecaster]


def main() -> None:
    """Compute the tables and put them between the marks of the page."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200, help="worlds for each table of coverage")
    parser.add_argument("--workers", type=int, default=1, help="processes; the tables do not depend on it")
    given = parser.parse_args()
    parts = [coverage(case, given.worlds, given.workers) for case in cases()]
    parts += [contest(each, CONTESTS, given.workers) for each in contests()]
    write(parts)
    print("\n\n".join(parts))


def write(parts: list[str]) -> None:
    """Put the tables between the marks of the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}", encoding="utf-8")


def cases() -> list[Case]:
    """Both laws, with much data and with little."""
    return [
        Case(
            "Endemic-epidemic, 45 provinces, 120 months",
            42,
            ENDEMIC,
            partial(fit_endemic, level="province", months=120),
        ),
        Case("Endemic-epidemic, 13 regions, 36 months", 39, ENDEMIC, partial(fit_endemic, level="admin1", months=36)),
        Case("Self-exciting points, 2000 days", 31, POINTS, partial(fit_self_exciting, days=2000.0)),
        Case("Self-exciting points, 700 days", 30, POINTS, partial(fit_self_exciting, days=700.0)),
    ]


def fit_endemic(rng: np.random.Generator, *, level: str, months: int) -> Found:
    """Draw an endemic-epidemic world and fit the structure it has, without prior."""
    world = endemic_world(rng, level=level, months=months)
    attacks = int(world.attacks.to_numpy().sum())
    model = EndemicEpidemic(world.attacks, Structure(background=("season",)), given(world.regions.neighbours))
    try:
        table = model.fit().table()
    except ValueError:
        return Found(None, attacks)
    return Found(table.rename(columns={"lower": "low", "upper": "high"}), attacks)


def fit_self_exciting(rng: np.random.Generator, *, days: float) -> Found:
    """Draw a catalogue of points and fit it with the blocks and the reach it was drawn with."""
    catalogue = simulate(list(POINTS.values()), OUTLINE, days=days, rng=rng)
    try:
        return Found(fit_points(catalogue, precision_km=PRECISION_KM).summary, len(catalogue))
    except ValueError:
        return Found(None, len(catalogue))


def endemic_world(rng: np.random.Generator, *, level: str, months: int) -> Panel:
    """An endemic-epidemic world that ends with `LAST` and begins with a January."""
    return endemic_epidemic_world(
        bundled(level, ["BFA"]),
        months=month_range(month(LAST) - (months - 1), LAST),
        rng=rng,
        background=BACKGROUND,
        own=OWN,
        neighbour=NEIGHBOUR,
        overdispersion=OVERDISPERSION,
        season=SEASON,
    )


def branching_world(rng: np.random.Generator) -> Panel:
    """A self-exciting world with the reach, decay and offspring of attacks in Burkina Faso; all of it is on record."""
    regions = bundled("province")
    area = regions.table["area_km2"].to_numpy(dtype=np.float64)
    return self_exciting_world(
        regions,
        months=month_range(month(LAST) - 119, LAST),
        rng=rng,
        background=0.08 * area / area.mean(),
        offspring=0.6,
        decay_days=85.0,
        spread_km=5.0,
    )


def coverage(case: Case, worlds: int, workers: int) -> str:
    """Fit every world and report, as Markdown, how often 95 % intervals cover the truth, and where they lie else."""
    tasks = (delayed(case.fit)(np.random.default_rng([world, case.seed])) for world in range(worlds))
    found: list[Found] = Parallel(n_jobs=workers)(tasks)
    tables = [each.table for each in found if each.table is not None]
    rows = [
        covered(name, truth, pd.DataFrame([table.loc[name] for table in tables])) for name, truth in case.truth.items()
    ]
    failed = worlds - len(tables)
    sizes = [each.attacks for each in found]
    told = f"{np.median(sizes):.0f} attacks (median; {min(sizes)} to {max(sizes)}); {failed} of {worlds} fits failed"
    return "\n".join([f"**{case.title}**: {told}", "", *markdown(COVERAGE, rows)])


def covered(name: str, truth: float, rows: pd.DataFrame) -> list[str]:
    """One line of the table; a share outside `TOLERATED` is bold."""
    low, high = float((rows["high"] < truth).mean()), float((rows["low"] > truth).mean())
    share = float(((rows["low"] <= truth) & (rows["high"] >= truth)).mean())
    shown = f"{share:.1%}".replace("%", " %")
    shown = shown if TOLERATED[0] <= share <= TOLERATED[1] else f"**{shown}**"
    sides = [f"{side:.1%}".replace("%", " %") for side in (low, high)]
    half = (rows["high"] - rows["low"]) / 2
    width = f"{half.median():.3f} ({half.max():.3f})"
    return [f"`{name}`", f"{truth:.3f}", f"{rows['estimate'].median():.3f}", width, *sides, shown]


def contests() -> list[Contest]:
    """Both laws counted by region and month, the self-exciting one with its points."""
    one_month = Endemic(kernel="adjacency", lags=1, months=None, shock=False)
    by_distance = Endemic(kernel="gaussian", background=("area_km2",), months=None)
    simple: dict[str, Forecaster] = {"discounted": Discounted(), "conflictology": Conflictology()}
    return [
        Contest(
            "Endemic-epidemic worlds",
            23,
            partial(endemic_world, level="province", months=120),
            "endemic",
            {"endemic": one_month, "selfexciting": SelfExciting(), **simple},
            {},
        ),
        Contest(
            "Self-exciting worlds",
            20,
            branching_world,
            "selfexciting",
            {"selfexciting": SelfExciting(background="area"), "endemic": Endemic(), **simple},
            {"endemic, told": by_distance},
        ),
    ]


def contest(each: Contest, worlds: int, workers: int) -> str:
    """Forecast every world with every model and report, as Markdown, mean scores, the gap to the maker, and wins."""
    means: list[pd.DataFrame] = Parallel(n_jobs=workers)(delayed(scored)(each, world) for world in range(worlds))
    columns: dict[str, pd.Series] = {}
    for score, title in SCORES.items():
        wide = pd.DataFrame([mean[score] for mean in means])
        gap = wide.sub(wide[each.maker], axis=0)
        error = gap.std() / np.sqrt(worlds)
        columns[title] = wide.mean().map("{:.4f}".format)
        columns[f"{title} less maker's"] = gap.mean().map("{:+.4f}".format) + " ± " + error.map("{:.4f}".format)
        columns[f"maker's {title} lower"] = (gap > 0).sum().map(str)
        wins = int((gap[list(each.models)] >= 0).all(axis=1).sum())
        columns[f"{title} less maker's"][each.maker] = "made it"
        columns[f"maker's {title} lower"][each.maker] = f"**wins {wins}**"
    table = pd.DataFrame(columns).sort_values("CRPS")
    rows = [[str(name), *map(str, row)] for name, row in table.T.items()]
    return "\n".join([f"**{each.title}**: {worlds} worlds", "", *markdown(["model", *table.columns], rows)])


def scored(each: Contest, world: int) -> pd.DataFrame:
    """Mean scores of every model in one world."""
    panel = each.draw(np.random.default_rng([world, each.seed]))
    models = {**each.models, **each.told}
    rows = backtest(panel, models, origins=ORIGINS, horizons=HORIZONS, seed=world).rows
    return rows.groupby("model")[list(SCORES)].mean()


def markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return [f"| {' | '.join(line)} |" for line in [header, ["---"] * len(header), *rows]]


if __name__ == "__main__":
    main()

"""Are the statements on expansion calibrated? Past origins of Burkina Faso and the coast, written into docs/fronts.md.

Run as ``python benchmarks/expansion.py [--workers 2] [--quick]``; --quick takes every third origin and writes nothing.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm
from joblib import Parallel, delayed
from statsmodels.genmod.families.links import CLogLog

from harmattan import corridors
from harmattan.backtest import forecast_all
from harmattan.expansion import quantities, verification
from harmattan.expansion.tables import belts
from harmattan.forecast import Forecast, event_probability
from harmattan.inputs import models_of, read_data
from harmattan.models import Forecaster
from harmattan.models.combine import Pool
from harmattan.models.counts import ridge_glm
from harmattan.models.weighing import Past, joined, remember
from harmattan.months import month_range
from harmattan.panel import QUIET_MONTHS, Panel
from harmattan.regions import Regions, bundled
from harmattan.scores.diagnostics import auc, pit_coverage
from harmattan.scores.inference import skill_interval
from harmattan.scores.proper import brier, log_score
from harmattan.scores.reliability import corp
from harmattan.settings import load
from harmattan.sphere import great_circle_km

Floats = npt.NDArray[np.float64]
Sets = Mapping[str, Sequence[str]]

PAGE = Path(__file__).parents[1] / "docs" / "fronts.md"
START, END = "<!-- made by benchmarks/expansion.py -->", "<!-- end of expansion -->"

ORIGINS = month_range("2018-12", "2023-11")
HORIZONS = tuple(range(1, 13))
WINDOWS = (1, 3, 6, 12)
CHAMPION = "pool"
BASELINES = ("distance", "onset rate", "conflictology", "rate")
RIDGE = 1e-4
TOP = 10
TOLERATED = 0.1
TITLES = {
    ("arrival", "region"): "first month with an attack, each quiet province",
    ("arrival", "set"): "first month with an attack, each quiet region of the country",
    ("newly_hit", "all"): "quiet provinces hit, number",
    ("active_regions", "all"): "active provinces, number",
    ("reach", "all"): "reach, km to the coast",
    ("attacks", "all"): "attacks in that month, whole country",
    ("attacks_within", "all"): "attacks in all months up to it, whole country",
}
COLUMNS = (
    "model",
    "mean P",
    "miscalibration",
    "discrimination",
    "AUC",
    "log score",
    "pool's log score is lower by",
)


@dataclass(frozen=True)
class Found:
    """What past origins say: chances of a first attack by window, and where outcomes lay among the draws.

    Attributes
    ----------
    rows
        ``model, origin, horizon, region, observed, p1, log_score, brier``, one for each model, window and region that
        was quiet at the origin; ``horizon`` is the length of the window.
    pits
        As `harmattan.expansion.verification.pits`, with ``ahead``, the number of months on record after the origin.
    """

    rows: pd.DataFrame
    pits: pd.DataFrame


def main() -> None:
    """Compute the tables and put them between the marks of the page."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2, help="processes; the tables do not depend on it")
    parser.add_argument("--quick", action="store_true", help="every third origin, nothing is written")
    given = parser.parse_args()
    experiment = load("burkina")
    panel, _ = read_data(experiment)
    apart = 3 if given.quick else 1
    models, sets = needed(models_of(experiment)), by_parent(panel.regions)
    found = try_pool(panel, models, list(ORIGINS[::apart]), sets=sets, workers=given.workers)
    parts = [first_attacks(found.rows, apart=apart), by_province(found.rows, panel), countries(given.workers)]
    parts += [calibration(found.pits), speed()]
    if not given.quick:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{START}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}", encoding="utf-8")
    print("\n\n".join(parts))


def needed(models: Mapping[str, Forecaster]) -> dict[str, Forecaster]:
    """The champion, its members, and the baselines that are models."""
    pool = models[CHAMPION]
    assert isinstance(pool, Pool)
    names = {*pool.members, CHAMPION, *BASELINES} & set(models)
    return {name: models[name] for name in sorted(names)}


def by_parent(regions: Regions) -> dict[str, list[str]]:
    """Provinces by the region of the country that they belong to, as sets."""
    groups = regions.table.groupby("parent").groups
    return {str(name): list(codes) for name, codes in groups.items() if len(codes) > 1}


def try_pool(
    panel: Panel,
    models: Mapping[str, Forecaster],
    origins: Sequence[pd.Period],
    *,
    sets: Sets,
    workers: int = 1,
    seed: int = 1,
) -> Found:
    """Forecast from each origin, the pool learning from those before, and set it beside what came.

    Parameters
    ----------
    panel
        Reaches beyond the origins.
    models
        The pool, its members, and baselines.
    origins
        Ascending.
    sets
        Groups of regions whose arrival is judged.
    """
    pool = models[CHAMPION]
    assert isinstance(pool, Pool)
    others = {name: model for name, model in models.items() if name != CHAMPION}
    tasks = (delayed(_members)(panel, others, origin, seed) for origin in origins)
    seen: list[Past] = []
    rows, pits = [], []
    for origin, made in zip(origins, Parallel(n_jobs=workers, return_as="generator")(tasks), strict=True):
        known = panel.as_of(origin)
        rng = np.random.default_rng([seed, origin.ordinal, crc32(CHAMPION.encode())])
        one = copy(pool).adopt(known, HORIZONS, joined(seen) if seen else None).combine(made, 1000, rng)
        ahead = [h for h in HORIZONS if origin + h <= panel.origin]
        learnt = {name: made[name].select([h for h in WINDOWS if h in ahead]) for name in pool.members}
        seen.append(remember(panel, learnt))
        asked = {CHAMPION: one} | {name: made[name] for name in BASELINES if name in made}
        rows.append(window_rows(panel, {name: each.select(ahead) for name, each in asked.items()}))
        rng = np.random.default_rng([seed, origin.ordinal])
        pits.append(verification.pits(panel, one.select(ahead), sets=sets, rng=rng).assign(ahead=len(ahead)))
    return Found(pd.concat(rows, ignore_index=True), pd.concat(pits, ignore_index=True))


def _members(panel: Panel, models: Mapping[str, Forecaster], origin: pd.Period, seed: int) -> dict[str, Forecast]:
    return forecast_all(panel, models, origin=origin, horizons=HORIZONS, seed=seed)[1]


def window_rows(panel: Panel, made: Mapping[str, Forecast]) -> pd.DataFrame:
    """Chances of a first attack within each window, for regions quiet at the origin, with what came."""
    first = next(iter(made.values()))
    known = panel.as_of(first.origin)
    quiet = known.quiet.to_numpy()
    parts = []
    for window in (w for w in WINDOWS if w in first.horizons):
        came = (panel.attacks.loc[first.origin + 1 : first.origin + window] > 0).any().to_numpy()[quiet]
        chances = {name: within(each, window)[quiet] for name, each in made.items()}
        chances |= dict(zip(("distance", "onset rate"), from_quiet_past(known, window), strict=True))
        for name, p in chances.items():
            told = {"model": name, "origin": str(first.origin), "horizon": window, "region": first.regions[quiet]}
            scores = {"log_score": log_score(came, p), "brier": brier(came, p)}
            parts.append(pd.DataFrame(told | {"observed": came, "p1": p} | scores))
    return pd.concat(parts, ignore_index=True)


def within(forecast: Forecast, window: int) -> Floats:
    """P(an attack within the first months), shape (region,), from joint draws."""
    hits = (forecast.draws[:, :window] > 0).any(axis=1).sum(axis=0)
    return event_probability(hits, len(forecast.draws))


def from_quiet_past(known: Panel, window: int) -> tuple[Floats, Floats]:
    """P(an attack within the window) of regions now quiet, taught by all quiet region-months whose window is on record.

    First by distance alone: 1 - exp(-exp(a + b log(1 + d))), d km to the nearest region with an attack in the last
    twelve months. Then the share of them that were hit.
    """
    hit = known.attacks.to_numpy() > 0
    active = np.stack([hit[max(0, t - QUIET_MONTHS + 1) : t + 1].any(axis=0) for t in range(len(hit))])
    km = great_circle_km(known.regions.table["lon"], known.regions.table["lat"])
    near = np.stack([km[:, at].min(axis=1) if at.any() else np.full(len(at), km.max()) for at in active])
    months = range(QUIET_MONTHS - 1, len(hit) - window)
    came = np.stack([hit[t + 1 : t + 1 + window].any(axis=0) for t in months])
    past, x = ~active[list(months)], np.log1p(near)
    share = event_probability(came[past].sum(), int(past.sum()))
    center, spread = x[list(months)][past].mean(), x[list(months)][past].std()
    exog = np.column_stack([np.ones(past.sum()), (x[list(months)][past] - center) / spread])
    coef = ridge_glm(exog, came[past].astype(np.float64), sm.families.Binomial(link=CLogLog()), RIDGE)
    now = (x[-1][~active[-1]] - center) / spread
    return -np.expm1(-np.exp(coef[0] + coef[1] * now)), np.full(len(now), share)


def first_attacks(rows: pd.DataFrame, *, apart: int) -> str:
    """Calibration and skill of the chance of a first attack, as Markdown; origins lie `apart` months apart."""
    parts = []
    for window in WINDOWS:
        chosen = rows[rows["horizon"] == window]
        scores = chosen.groupby("model")["log_score"].mean().sort_values()
        lines = [judged(chosen, str(model), window, apart) for model in scores.index]
        champion = chosen[chosen["model"] == CHAMPION]
        told = (
            f"{chosen['origin'].nunique()} origins, {len(champion)} rows, {champion['observed'].mean():.3f} of them hit"
        )
        head = f"**Within {months(window)}** ({told}; chance alone: miscalibration up to {by_chance(champion):.3f})"
        parts.append("\n".join([head, "", *markdown(COLUMNS, lines)]))
    return "\n\n".join(parts)


def judged(rows: pd.DataFrame, model: str, window: int, apart: int) -> list[str]:
    """One line of a table of first attacks."""
    part = rows[rows["model"] == model]
    happened, p = part["observed"], part["p1"]
    split = corp(happened, p)
    off, apart_by = split.miscalibration / split.uncertainty, split.discrimination / split.uncertainty
    told = [model, f"{p.mean():.3f}", f"{off:.3f}" if off < TOLERATED else f"**{off:.3f}**", f"{apart_by:.3f}"]
    told += [f"{auc(happened, p):.2f}", f"{part['log_score'].mean():.4f}"]
    return [*told, skill(rows, model, window, apart)]


def by_chance(rows: pd.DataFrame) -> float:
    """Miscalibration over uncertainty that 95 of 100 forecasts stay below if all chances are right, rows apart."""
    rng = np.random.default_rng(1)
    p = rows["p1"].to_numpy()
    splits = [corp(rng.random(len(p)) < p, p) for _ in range(200)]
    return float(np.quantile([each.miscalibration / each.uncertainty for each in splits], 0.95))


def skill(rows: pd.DataFrame, model: str, window: int, apart: int) -> str:
    """By how much the champion's log score is below the model's, with its 95 % interval."""
    if model == CHAMPION:
        return ""
    blocks = max(6, window) // apart
    rng = np.random.default_rng(1)
    found = skill_interval(rows, model=CHAMPION, baseline=model, horizon=window, blocks=blocks, rng=rng)
    middle, low, high = (f"{100 * each:+.1f} %" for each in found)
    return f"{middle} ({low} to {high})"


def by_province(rows: pd.DataFrame, panel: Panel) -> str:
    """The chance given to each province 1, 3, 6 and 12 months before its first attack on record, as Markdown."""
    first = {code: when for code, when in first_months(panel).items() if when > ORIGINS[0]}
    return before_hits(rows, first, panel.regions, "province")


def first_months(panel: Panel) -> dict[str, pd.Period]:
    """The month of the first attack on record by region, ascending; regions without one are left out."""
    hit = panel.attacks.to_numpy() > 0
    found = {str(code): panel.months[at.argmax()] for code, at in zip(panel.attacks, hit.T, strict=True) if at.any()}
    return dict(sorted(found.items(), key=lambda each: each[1]))


def before_hits(rows: pd.DataFrame, first: Mapping[str, pd.Period], regions: Regions, what: str) -> str:
    """The chance given to each region the months of `WINDOWS` before it was first hit, by model, as Markdown.

    In brackets the place of the region among those quiet at that origin, after all with the same chance; the medians
    are over those that have a chance.
    """
    shown = [CHAMPION, *BASELINES[:2]]
    wide = rows[rows["model"].isin(shown)].pivot(index=["origin", "horizon", "region"], columns="model", values="p1")
    place = wide[CHAMPION].groupby(level=["origin", "horizon"]).rank(ascending=False, method="max")
    chances = {key: tuple(row) for key, row in zip(wide.index, wide[shown].to_numpy().tolist(), strict=True)}
    places = dict(zip(wide.index, place.astype(int).tolist(), strict=True))
    lines, told = [], []
    for code, when in first.items():
        cells = [str(regions.table.loc[code, "name"]), str(when)]
        for window in WINDOWS:
            key = (str(when - window), window, code)
            cells.append(f"{slashed(chances[key])} ({places[key]})" if key in chances else "")
            if key in chances:
                told.append((window, places[key] <= TOP, *chances[key]))
        lines.append(cells)
    by_window = pd.DataFrame(told, columns=["window", "top", *shown]).groupby("window")
    lines.append(["median", "", *(slashed(row) for row in by_window[shown].median().to_numpy().tolist())])
    lines.append([f"among the {TOP} likeliest", "", *(f"{part.sum()} of {len(part)}" for _, part in by_window["top"])])
    header = [what, "first attack", *(f"{months(window)} before" for window in WINDOWS)]
    title = f"**Before the first attack on record**: {' / '.join(shown)} (place)"
    return "\n".join([title, "", *markdown(header, lines)])


def slashed(chances: Sequence[float]) -> str:
    """Several chances in one cell."""
    return " / ".join(f"{each:.2f}" for each in chances)


def countries(workers: int) -> str:
    """The same for the states that are first hit after the first origin in the bundled counts, each country whole."""
    experiment = load("coast")
    panel, _ = read_data(experiment)
    level = panel.regions.table["level"]
    first = {code: when for code, when in first_months(panel).items() if when > ORIGINS[0] and level[code] == 0}
    origins = sorted({when - window for when in first.values() for window in WINDOWS})
    models = needed(models_of(experiment))
    pool = models[CHAMPION]
    assert isinstance(pool, Pool)
    # The origins are too few and too far apart to learn weights from.
    models[CHAMPION] = Pool(pool.members, weights=pool.weights, quiet_weights=pool.quiet_weights)
    found = try_pool(panel, models, origins, sets={}, workers=workers)
    return before_hits(found.rows, first, panel.regions, "country")


def calibration(pits: pd.DataFrame) -> str:
    """Coverage of 90 and 50 % intervals by randomised PIT, and the shares below and above, as Markdown."""
    lines = []
    for (name, scope), title in TITLES.items():
        of = pits[(pits["quantity"] == name) & (pits["scope"] == scope)]
        # Arrivals are judged where all months are on record, so that they all mean the same.
        of = of[of["ahead"] == HORIZONS[-1]] if name == "arrival" else of
        for window, part in of.groupby("horizon"):
            pit = part["pit"].to_numpy()
            told = [
                pit_coverage(pit, 0.9),
                pit_coverage(pit, 0.5),
                (pit < 0.05).mean(),
                (pit > 0.95).mean(),
                pit.mean(),
            ]
            lines.append([title, str(window), str(len(pit)), *(f"{each:.2f}" for each in told)])
    header = ["quantity", "months", "rows", "90 %", "50 %", "below", "above", "mean PIT"]
    return "\n".join(["**Where what came lay among the draws**", "", *markdown(header, lines)])


def speed() -> str:
    """How long all quantities of a large forecast take."""
    regions = bundled("admin1")
    rng = np.random.default_rng(1)
    when = month_range("2021-01", "2023-12")
    counts = pd.DataFrame(rng.poisson(0.05, (len(when), len(regions))), when, regions.table.index, dtype="float32")
    panel = Panel(regions, {"attacks": counts}, counts.notna())
    draws = rng.poisson(0.05, (1000, len(HORIZONS), len(regions))).astype(np.int32)
    forecast = Forecast(draws, panel.origin, HORIZONS, regions.table.index)
    sets, roads = belts(regions), corridors.bundled(regions)
    begin = time.process_time()
    quantities(panel, forecast, sets=sets, corridors=roads)
    taken = time.process_time() - begin
    what = f"1,000 draws of {len(HORIZONS)} months in {len(regions)} regions, {len(sets)} belts and "
    return f"**Speed**: every quantity of {what}{roads['corridor'].nunique()} corridors in {taken:.1f} s of one core."


def months(number: int) -> str:
    """A number of months in words."""
    return "1 month" if number == 1 else f"{number} months"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return [f"| {' | '.join(line)} |" for line in [header, ["---"] * len(header), *rows]]


if __name__ == "__main__":
    main()

"""What is suspicious about a model's scored rows, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from harmattan.scores.comparison import FEWEST_MONTHS, hac
from harmattan.scores.diagnostics import auc
from harmattan.scores.reliability import consistency, corp

COLUMNS = ["model", "horizon", "flag", "said"]
LEVEL = 0.9
SURE = 0.01
COVERAGE_OFF = 0.03
# So far off is a fault even if a few bad months made it.
COVERAGE_FAR_OFF = 0.1
SAVED_BY_RECALIBRATION = 0.05
TOO_SHARP = 0.9
TOO_GOOD_AUC = 0.98
ENOUGH_ATTACKS = 10
IMPROBABLE = 0.02


def flags(rows: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """Say what is suspicious about each model's rows: too sure, not sure enough, off, surprised, or too good.

    A flag is a question for whoever made the model, not a verdict. Calibration is judged at the 1 % level, and only
    where recalibrating would save 5 % of the Brier score; coverage at the 1 % level if it is off by 3 points or more,
    and from 10 points on in any case.

    Parameters
    ----------
    rows
        One row per model, origin, horizon and region with ``observed, onset, p1, pit``, as
        `harmattan.backtest.backtest` makes them.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        Columns ``model, horizon, flag, said``, nothing for models without fault. Flags: ``few_origins`` (fewer than 8,
        too few to judge by), ``overconfident`` and ``underconfident`` (90 % intervals hold too little or too much),
        ``miscalibrated`` (probabilities of an attack are off), ``surprised`` (attacks where the model all but ruled
        them out), ``too_good`` (attacks are foretold better than is credible: has the model seen the future?).

    Raises
    ------
    ValueError
        If a column is missing, or a value is unknown.
    """
    missing = [name for name in ("model", "origin", "horizon", "observed", "onset", "p1", "pit") if name not in rows]
    if missing:
        raise ValueError(f"rows must have the columns that backtest makes; {', '.join(missing)} are missing")
    found: list[tuple[str, int, str, str]] = []
    for (model, horizon), part in rows.groupby(["model", "horizon"], observed=True, sort=True):
        h = int(str(horizon))
        origins = part["origin"].nunique()
        if origins < FEWEST_MONTHS:
            found.append((str(model), h, "few_origins", f"{origins} origins are too few to judge it by"))
            continue
        for flag, said in (*_coverage(part), *_calibration(part, rng), *_surprises(part), *_too_good(part)):
            found.append((str(model), h, flag, said))
    return pd.DataFrame(found, columns=COLUMNS)


def _coverage(part: pd.DataFrame) -> Iterator[tuple[str, str]]:
    inside = ((part["pit"] - 0.5).abs() <= LEVEL / 2).groupby(part["origin"]).mean().sort_index()
    share = hac(inside, level=1 - SURE)
    off = share.mean - LEVEL
    by_chance = share.lower <= LEVEL <= share.upper
    if abs(off) < COVERAGE_OFF or (by_chance and abs(off) < COVERAGE_FAR_OFF):
        return
    said = f"its 90 % intervals hold {_percent(share.mean)} of what came ({_percent(max(share.lower, 0))} to "
    said += f"{_percent(min(share.upper, 1))} allowing for chance)"
    yield (
        ("overconfident", f"{said}: surer than it may be")
        if off < 0
        else ("underconfident", f"{said}: wider than need be")
    )


def _calibration(part: pd.DataFrame, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    happened = part["observed"] > 0
    found = corp(happened, part["p1"])
    saved = found.miscalibration / found.score if found.score > 0 else 0.0
    if saved < SAVED_BY_RECALIBRATION:
        return
    _, p = consistency(happened, part["p1"], draws=200, rng=rng)
    if p <= SURE:
        mean = f"{_percent(part['p1'].mean())} on average, attacks in {_percent(happened.mean())} of rows"
        yield (
            "miscalibrated",
            f"recalibrating its probabilities would save {_percent(saved)} of its Brier score; {mean}",
        )


def _surprises(part: pd.DataFrame) -> Iterator[tuple[str, str]]:
    unlikely = part[part["p1"] < IMPROBABLE]
    expected, seen = float(unlikely["p1"].sum()), int((unlikely["observed"] > 0).sum())
    if seen > 2 * expected and stats.poisson.sf(seen - 1, expected) < SURE / 10:
        yield "surprised", f"{seen} attacks where it said less than {_percent(IMPROBABLE)}; it expected {expected:.1f}"


def _too_good(part: pd.DataFrame) -> Iterator[tuple[str, str]]:
    happened = part["observed"] > 0
    if happened.sum() >= ENOUGH_ATTACKS:
        found = corp(happened, part["p1"])
        sharp = found.discrimination / found.uncertainty if found.uncertainty > 0 else 0.0
        if sharp > TOO_SHARP:
            yield (
                "too_good",
                f"it tells {_percent(sharp)} of the variance of attacks in advance: has it seen the future?",
            )
    first = part[part["onset"].astype("boolean").fillna(False).astype(bool)]
    if (first["observed"] > 0).sum() >= ENOUGH_ATTACKS:
        area = auc(first["observed"] > 0, first["p1"])
        if area is not None and area > TOO_GOOD_AUC:
            yield (
                "too_good",
                f"it ranks first attacks above quiet regions in {_percent(area)} of pairs: has it seen them?",
            )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"

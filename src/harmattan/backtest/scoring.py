"""Forecasts of one origin beside what came: one row for each, and one for each whole map."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary
from zlib import crc32

import numpy as np
import pandas as pd

from harmattan.forecast import Forecast
from harmattan.panel import Panel
from harmattan.scores.catalogue import map_scores, row_scores
from harmattan.scores.consistency import FEWEST_ALIKE, TESTS
from harmattan.scores.diagnostics import randomised_pit
from harmattan.scores.sets import membership

_SETS: WeakKeyDictionary[Panel, tuple[pd.Period, pd.DataFrame]] = WeakKeyDictionary()


def score_rows(panel: Panel, forecasts: Mapping[str, Forecast], *, seed: int = 0) -> pd.DataFrame:
    """Compare forecasts of one origin with what the panel records.

    Returns
    -------
    pandas.DataFrame
        One row per model, horizon and region whose target month is covered: ``model, origin, horizon, month, region,
        observed, p1, expected, q05, q95``; the sets ``onset, hard, coastal, belt``
        (`harmattan.scores.sets.membership`); every score of rows (`harmattan.scores.catalogue.ROW_SCORES`); ``pit``.
    """
    belongs = _belongs(panel, next(iter(forecasts.values())).origin)
    rows = [_score_one(panel, name, each, belongs, seed) for name, each in forecasts.items()]
    return pd.concat(rows, ignore_index=True)


def map_rows(panel: Panel, forecasts: Mapping[str, Forecast]) -> pd.DataFrame:
    """Score and test the whole maps of one origin against what the panel records.

    Returns
    -------
    pandas.DataFrame
        One row per model and horizon whose month is known in every region: ``model, origin, horizon``; every score of
        maps (`harmattan.scores.catalogue.MAP_SCORES`); and for the number, spatial and conditional-likelihood tests
        (`harmattan.scores.consistency`) where the outcome lies among the forecast's futures: ``number_below``,
        ``number_upto`` and so on, NaN where there was no attack to place, or too few draws to compare with.
    """
    found: list[dict[str, object]] = []
    for name, each in forecasts.items():
        wide = panel.measures[each.measure].reindex(each.months)[each.regions]
        known = [h for h, whole in zip(each.horizons, wide.notna().all(axis=1), strict=True) if whole]
        if not known:
            continue
        draws = each.select(known).draws
        observed = wide[wide.notna().all(axis=1)].to_numpy(dtype=np.float64)
        scores = map_scores(observed, draws)
        for place, horizon in enumerate(known):
            row = {score: float(values[place]) for score, values in scores.items()}
            for test, tried in TESTS.items():
                enough = test == "number" or len(draws) >= FEWEST_ALIKE
                told = tried(observed[[place]], draws[:, [place]]) if enough else None
                row |= {f"{test}_below": np.nan, f"{test}_upto": np.nan}
                if told is not None:
                    row |= {f"{test}_below": told.below, f"{test}_upto": told.upto}
            found.append({"model": name, "origin": str(each.origin), "horizon": horizon, **row})
    return pd.DataFrame(found)


def _belongs(panel: Panel, origin: pd.Period) -> pd.DataFrame:
    """Which sets each region belongs to; of a panel's last origin it is kept, since models are scored one by one."""
    kept = _SETS.get(panel)
    if kept is None or kept[0] != origin:
        kept = _SETS[panel] = (origin, membership(panel.as_of(origin)))
    return kept[1]


def _score_one(panel: Panel, name: str, forecast: Forecast, belongs: pd.DataFrame, seed: int) -> pd.DataFrame:
    wide = panel.measures[forecast.measure]
    inside = [h for h in forecast.horizons if forecast.origin + h in wide.index]
    forecast = forecast.select(inside)
    observed = wide.loc[forecast.months, forecast.regions].stack(future_stack=True)
    draws = forecast.draws.reshape(len(forecast.draws), -1)
    table = forecast.table()[["origin", "horizon", "month", "region", "p1", "expected", "q05", "q95"]]
    rng = np.random.default_rng([seed, forecast.origin.ordinal, crc32(name.encode()), 1])
    y = observed.to_numpy()
    known = ~np.isnan(y)
    table = pd.DataFrame(table[known]).assign(observed=y[known].astype(np.int64), model=name)
    for each in belongs:
        table[each] = belongs[each].reindex(table["region"]).array
    for score, values in row_scores(y[known], draws[:, known], table["p1"]).items():
        table[score] = values
    table["pit"] = randomised_pit(y[known], draws[:, known], rng)
    return table

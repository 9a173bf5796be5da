"""Models in the challenge: forecast every window with what was known in October, score as there, compare by window."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.backtest import Models, forecast_all
from harmattan.forecast import Forecast
from harmattan.scores.intervals import mis
from harmattan.scores.proper import crps, ign
from harmattan.views.layout import BENCHMARKS, HORIZONS, WINDOWS, actuals, countries, known_panel, official_forecast

SCORES: dict[str, Callable[[npt.ArrayLike, npt.ArrayLike], npt.NDArray[np.float64]]] = {
    "crps": crps,
    "ign": ign,
    "mis": mis,
}
BASELINE = "conflictology"


def score_draws(observed: pd.DataFrame, draws: npt.ArrayLike) -> pd.DataFrame:
    """Score draws of a window.

    Parameters
    ----------
    observed
        Counts by month (rows) and country (columns).
    draws
        Shape (draw, month x country), months slowest. The IGN of fewer than 1,000 depends on their order.

    Returns
    -------
    pandas.DataFrame
        One row per month and country: ``month, region, observed`` and each of `SCORES`.

    Examples
    --------
    >>> came = pd.DataFrame({"MLI": [3.0]}, index=pd.PeriodIndex(["2018-01"], freq="M"))
    >>> score_draws(came, np.full((1000, 1), 3))[["crps", "ign", "mis"]].round(3).to_numpy().tolist()
    [[0.0, 0.014, 0.0]]
    """
    y = observed.to_numpy(dtype=np.float64).ravel()
    table = {
        "month": observed.index.repeat(observed.shape[1]),
        "region": np.tile(observed.columns.to_numpy(), len(observed)),
        "observed": y,
    }
    return pd.DataFrame(table | {name: score(y, draws) for name, score in SCORES.items()})


def take_part(
    folder: Path,
    models: Models,
    *,
    windows: Sequence[int] = WINDOWS,
    draws: int = 1000,
    seed: int = 0,
    progress: Callable[[], None] | None = None,
) -> pd.DataFrame:
    """Score models, and the official benchmarks from their own draws, in every window.

    Parameters
    ----------
    folder
        The user's copy of the challenge, see `harmattan.views.layout`.
    models
        Unfitted forecasters of ``deaths`` by name.
    windows, draws, seed
        Which years; how many draws; with the window and the model's name the seed decides every draw.
    progress
        Called once for every window done.

    Returns
    -------
    pandas.DataFrame
        Rows of `score_draws` with ``model`` and ``window``.

    Raises
    ------
    ValueError
        If a model has the name of an official benchmark or forecasts another measure.
    """
    taken = sorted(set(models) & set(BENCHMARKS))
    if taken:
        raise ValueError(
            f"{', '.join(BENCHMARKS)} are the official benchmarks; give the model {taken[0]!r} another name"
        )
    regions = countries(folder)
    parts = []
    for window in windows:
        observed = actuals(folder, window, regions)
        panel = known_panel(folder, window, regions)
        _, made = forecast_all(panel, models, origin=panel.origin, horizons=HORIZONS, draws=draws, seed=seed)
        scored = {name: score_draws(observed, official_forecast(folder, window, name)) for name in BENCHMARKS}
        scored |= {name: score_draws(observed, _flat(name, each)) for name, each in made.items()}
        parts += [each.assign(model=name, window=window) for name, each in scored.items()]
        if progress is not None:
            progress()
    return pd.concat(parts, ignore_index=True)


def by_window(
    rows: pd.DataFrame, model: str, *, baseline: str = BASELINE, without: Collection[str] = ()
) -> pd.DataFrame:
    """Compare a model with a baseline, window by window.

    Parameters
    ----------
    rows
        From `take_part`.
    model, baseline
        Names of models among the rows.
    without
        Codes of countries to leave out.

    Returns
    -------
    pandas.DataFrame
        One row per window, then ``mean`` (over windows; its ratio is that of the means) and ``geometric`` (geometric
        means over windows). For each score the columns ``<score>``, ``<score>_baseline`` and ``<score>_ratio``.

    Raises
    ------
    ValueError
        If a model or country is not among the rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["a", "b"], "window": 2018, "region": "MLI", "crps": [1.0, 2.0]})
    >>> by_window(rows.assign(ign=1.0, mis=1.0), "a", baseline="b")["crps_ratio"].tolist()
    [0.5, 0.5, 0.5]
    """
    unknown = {*without} - {*rows["region"]} | {model, baseline} - {*rows["model"]}
    if unknown:
        raise ValueError(f"models and countries must be among the rows; {', '.join(sorted(unknown))} are not")
    kept = rows[~rows["region"].isin(list(without))]
    table = pd.DataFrame(index=pd.Index([*sorted(rows["window"].unique()), "mean", "geometric"], name="window"))
    for score in SCORES:
        means = kept.pivot_table(index="window", columns="model", values=score, aggfunc="mean")
        for column, name in ((score, model), (f"{score}_baseline", baseline)):
            values = means[name].to_numpy()
            table[column] = [*values, values.mean(), np.exp(np.log(values).mean())]
        table[f"{score}_ratio"] = table[score] / table[f"{score}_baseline"]
    return table


def _flat(name: str, forecast: Forecast) -> npt.NDArray[np.int32]:
    if forecast.measure != "deaths":
        raise ValueError(f"the challenge is about deaths; the model {name!r} forecasts {forecast.measure}")
    return forecast.draws.reshape(len(forecast.draws), -1)

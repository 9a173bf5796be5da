"""What the maps and tables show, region by region: risk, how sure, and what changed in a month.

Everything here is computed from joint draws; drawing is in `harmattan.maps`. A *window* is a run of target
months taken together: P(at least one in three months) is counted over the draws, never multiplied from three
monthly figures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from harmattan.forecast import Forecast
from harmattan.result import Result

UNSURE = (1 / 3, 2 / 3)
STANDARD_ERRORS = 2.0


def windows(horizons: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Return the windows that are shown by default, by name, the shortest first.

    Parameters
    ----------
    horizons
        Months ahead that the forecast has.

    Returns
    -------
    dict
        ``next_month`` (horizon 1) and ``next_3_months`` (1 to 3), as far as the horizons have them; else the
        first horizon alone, named ``month_<h>``.

    Raises
    ------
    ValueError
        If there is no horizon.

    Examples
    --------
    >>> windows((1, 2, 3, 6))
    {'next_month': (1,), 'next_3_months': (1, 2, 3)}
    >>> windows((4, 5))
    {'month_4': (4,)}
    """
    if not horizons:
        raise ValueError("windows are made of a forecast's horizons; it has none")
    usual = {"next_month": (1,), "next_3_months": (1, 2, 3)}
    found = {name: run for name, run in usual.items() if set(run) <= set(horizons)}
    return found or {f"month_{min(horizons)}": (min(horizons),)}


def risk(forecast: Forecast, horizons: Sequence[int]) -> pd.DataFrame:
    """Return how likely and how many, over one window.

    Parameters
    ----------
    forecast
        Joint draws.
    horizons
        The window's months ahead, all of them in the forecast.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; ``p1``, P(at least one); ``expected`` count; the quantiles ``q05``, ``q50``, ``q95``
        and ``width`` = q95 - q05, the width of the 90 % interval, all in counts; ``unsure``, whether ``p1``
        lies between 1/3 and 2/3, so that the forecast says neither that it will happen nor that it will not.

    Raises
    ------
    ValueError
        If a month of the window is not in the forecast.

    Examples
    --------
    >>> draws = np.array([[[0, 2]], [[0, 0]], [[0, 3]]], dtype=np.int32)
    >>> made = Forecast(draws, pd.Period("2023-12", "M"), (1,), pd.Index(["A", "B"], name="region"))
    >>> risk(made, [1])[["width", "unsure"]].to_dict("list")
    {'width': [0, 3], 'unsure': [False, True]}
    """
    total = forecast.window(horizons)
    low, middle, high = (total.quantile(level).iloc[0].astype(np.int64) for level in (0.05, 0.5, 0.95))
    p1 = total.probability().iloc[0]
    return pd.DataFrame(
        {
            "p1": p1,
            "expected": total.expected().iloc[0],
            "q05": low,
            "q50": middle,
            "q95": high,
            "width": high - low,
            "unsure": p1.between(*UNSURE),
        }
    )


def change(forecast: Forecast, earlier: Forecast, horizons: Sequence[int]) -> pd.DataFrame:
    """Return how P(at least one) in the same months changed since an earlier forecast.

    Parameters
    ----------
    forecast
        The newer forecast.
    earlier
        One with an older origin, which looks at the same target months through longer horizons.
    horizons
        The window's months ahead, counted from the newer origin.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; ``earlier``, the older probability; ``change`` = newer - older; ``noise``, two
        standard errors of that difference from the finite number of draws, sqrt(p (1 - p) / draws + ...);
        ``within_noise``, whether the change is no larger.

    Raises
    ------
    ValueError
        If the earlier forecast is not older, is of other regions, or lacks a target month.
    """
    months_between = forecast.origin.ordinal - earlier.origin.ordinal
    if months_between < 1:
        raise ValueError(
            f"a change needs a forecast from before {forecast.origin}; the earlier one is from {earlier.origin}"
        )
    if not earlier.regions.equals(forecast.regions):
        raise ValueError(
            f"a change needs the same regions in the same order; now {len(forecast.regions)} from "
            f"{forecast.regions[0]!r}, earlier {len(earlier.regions)} from {earlier.regions[0]!r}"
        )
    now = forecast.window(horizons).probability().iloc[0]
    then = earlier.window([h + months_between for h in horizons]).probability().iloc[0]
    variance = now * (1 - now) / len(forecast.draws) + then * (1 - then) / len(earlier.draws)
    table = pd.DataFrame({"earlier": then, "change": now - then, "noise": STANDARD_ERRORS * np.sqrt(variance)})
    return table.assign(within_noise=table["change"].abs() <= table["noise"])


def layer(result: Result, horizons: Sequence[int]) -> pd.DataFrame:
    """Return all that the maps of one window show, one row per region of the panel.

    Parameters
    ----------
    result
        What the experiment found.
    horizons
        The window's months ahead.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; ``name``, ``country``, the columns of `risk` and of `change`, ``quiet`` (no attack
        in the twelve months to `data_to`) and ``covered`` (whether the data reach the region in the last
        month known). Where `covered` is False there is no forecast: numbers are NaN and flags False.
    """
    regions, forecast = result.panel.regions.table, result.forecast
    table = regions[["name", "country"]].join(risk(forecast, horizons))
    table = table.join(change(forecast, result.earlier, horizons))
    known = result.panel.covered.loc[: data_to(result)]
    covered = known.iloc[-1].reindex(regions.index) & regions.index.isin(forecast.regions)
    flags = ["unsure", "within_noise"]
    numbers = [str(name) for name in table if name not in {"name", "country", *flags}]
    table[numbers] = table[numbers].where(covered, axis=0)
    table[flags] = table[flags].eq(True) & covered.to_numpy()[:, None]
    return table.assign(quiet=result.panel.as_of(data_to(result)).quiet, covered=covered.astype(bool))


def data_to(result: Result) -> pd.Period:
    """Return the last month whose data the forecast was made from.

    It lies before the origin where the experiment withholds the newest months (a setting named ``lag``).
    """
    lag = next((int(text) for key, text in result.settings.items() if key.split(".")[-1] == "lag"), 0)
    return min(result.panel.origin, result.forecast.origin - lag)


def recorded(result: Result, months: int = 36) -> pd.Series:
    """Return the recorded total of all covered regions by month, the newest `months` up to `data_to`."""
    wide = result.panel.measures[result.forecast.measure].loc[: data_to(result)]
    return wide.iloc[-months:].sum(axis=1, min_count=1)


def fan(forecast: Forecast) -> pd.DataFrame:
    """Return quantiles ``q05 q25 q50 q75 q95`` and ``expected`` of the total of all regions, by target month.

    Totals are added within each draw, so the interval is that of the sum and not the sum of intervals.
    """
    total = forecast.group(dict.fromkeys(forecast.regions, "all"))
    levels = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
    columns = {name: total.quantile(level)["all"].to_numpy() for name, level in levels.items()}
    return pd.DataFrame(columns, index=forecast.months).assign(expected=total.expected()["all"].to_numpy())


def skill(scores: pd.DataFrame, model: str, baseline: str) -> pd.DataFrame:
    """Return the log-score skill of a model against a baseline, by set and horizon.

    Parameters
    ----------
    scores
        A score table (`harmattan.scores.table.score_table`).
    model, baseline
        Names in it.

    Returns
    -------
    pandas.DataFrame
        Columns ``set, horizon, value, n``; value = 1 - score / baseline's score, above 0 where the model is
        better.

    Raises
    ------
    ValueError
        If the table does not compare the two.
    """
    wanted = f"log_score_skill_vs_{baseline}"
    found = scores[(scores["model"] == model) & (scores["score"] == wanted)]
    if found.empty:
        raise ValueError(f"the score table must hold {wanted} of {model!r}; it does not: name {baseline!r} a baseline")
    return found[["set", "horizon", "value", "n"]].sort_values(["set", "horizon"], ignore_index=True)


def rival(result: Result) -> str | None:
    """Return the baseline the champion is shown against, None if there is none.

    It is conflictology, or the best of the others where the champion is conflictology itself.
    """
    others = [name for name in result.baselines if name != result.champion]
    compared = [name for name in others if (result.scores["score"] == f"log_score_skill_vs_{name}").any()]
    if "conflictology" in compared or not compared:
        return "conflictology" if compared else None
    scores = result.scores
    wanted = (scores["score"] == "log_score") & (scores["set"] == "all") & scores["model"].isin(compared)
    return str(scores[wanted].groupby("model")["value"].mean().idxmin())

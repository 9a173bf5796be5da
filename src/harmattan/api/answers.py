"""What is asked of a forecast: any threshold, any run of months, regions alone or together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from harmattan.forecast import Forecast, event_probability

TOGETHER = "together"


def risk(forecast: Forecast, horizons: Sequence[int], *, at_least: int, regions: Sequence[str] = ()) -> pd.DataFrame:
    """Return how likely and how many, by region, over one window.

    Parameters
    ----------
    forecast
        Joint draws.
    horizons
        The window's months ahead, all of them in the forecast.
    at_least
        The threshold, in counts of the whole window.
    regions
        Codes of the forecast; all of them by default.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; ``probability`` of at least `at_least`, that of ``forecast.window(horizons)``; ``expected``
        count and the quantiles ``q05 … q95``, those of its ``table()``.

    Examples
    --------
    >>> draws = np.array([[[0, 2]], [[0, 0]], [[0, 3]]], dtype=np.int32)
    >>> made = Forecast(draws, pd.Period("2023-12", "M"), (1,), pd.Index(["A", "B"], name="region"))
    >>> risk(made, [1], at_least=2)["probability"].round(3).to_dict()
    {'A': 0.071, 'B': 0.643}
    """
    total = _only(forecast, regions).window(horizons)
    table = total.table().set_index("region")
    quantiles = [name for name in table if str(name).startswith("q")]
    chances = total.probability(at_least).iloc[0]
    return pd.DataFrame({"probability": chances, "expected": table["expected"]}).join(table[quantiles].astype("int64"))


def together(forecast: Forecast, horizons: Sequence[int], *, at_least: int, regions: Sequence[str]) -> dict[str, Any]:
    """Return what regions see together over one window, from the joint draws.

    Parameters
    ----------
    forecast, horizons, at_least
        As for `risk`.
    regions
        Codes of the forecast, one or more.

    Returns
    -------
    dict
        ``any``, the probability that at least one of the regions sees at least `at_least`; ``every``, that each of
        them does; ``total``, that their sum is at least `at_least`; ``expected`` sum and its quantiles ``q05 … q95``.

    Examples
    --------
    >>> draws = np.array([[[0, 2]], [[1, 0]], [[0, 0]]], dtype=np.int32)
    >>> made = Forecast(draws, pd.Period("2023-12", "M"), (1,), pd.Index(["A", "B"], name="region"))
    >>> said = together(made, [1], at_least=1, regions=["A", "B"])
    >>> round(said["any"], 3), round(said["every"], 3), said["expected"]
    (0.643, 0.071, 1.0)
    """
    part = _only(forecast, regions)
    hit = part.window(horizons).draws[:, 0] >= at_least
    total = risk(part.group(dict.fromkeys(part.regions, TOGETHER)), horizons, at_least=at_least).iloc[0]
    return {
        "any": float(event_probability(hit.any(axis=1).sum(), len(hit))),
        "every": float(event_probability(hit.all(axis=1).sum(), len(hit))),
        "total": float(total["probability"]),
        "expected": float(total["expected"]),
        **{str(name): int(value) for name, value in total.items() if str(name).startswith("q")},
    }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON can hold them: numbers to the last bit, None where there is none.

    Examples
    --------
    >>> records(pd.DataFrame({"name": ["A", None], "p": [0.1, float("nan")], "n": [1, 2]}))
    [{'name': 'A', 'p': 0.1, 'n': 1}, {'name': None, 'p': None, 'n': 2}]
    """
    columns = [_plain(table[name]) for name in table.columns]
    names = [str(name) for name in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _only(forecast: Forecast, regions: Sequence[str]) -> Forecast:
    if not regions:
        return forecast
    wanted = pd.Index(regions, name="region")
    places = forecast.regions.get_indexer(wanted)
    return Forecast(forecast.draws[:, :, places], forecast.origin, forecast.horizons, wanted, forecast.measure)


def _plain(column: pd.Series) -> list[Any]:
    if column.dtype.kind in "biuf" and isinstance(column.dtype, np.dtype):
        return [None if value != value else value for value in column.tolist()]
    return [None if pd.isna(value) else str(value) for value in column]

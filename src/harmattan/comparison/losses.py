"""Monthly losses: what is kept of scored rows so that models of different runs can be compared later.

One row per model, set, horizon, origin and score holds the mean and how many rows it is of. A fingerprint of these
rows, their regions and what was observed, says of two models whether they were scored on the same.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.scores.catalogue import ROW_SCORES
from harmattan.scores.sets import sets_in, within

COLUMNS = ["model", "set", "horizon", "origin", "score", "loss", "n", "rows"]
CELL = ["set", "horizon", "origin", "rows"]
FINGERPRINT = 16


def monthly(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each score by model, set, horizon and origin.

    Parameters
    ----------
    rows
        One row per model, origin, horizon and region, as `harmattan.backtest.backtest` makes them.

    Returns
    -------
    pandas.DataFrame
        Columns ``model, set, horizon, origin, score, loss, n, rows``: n rows with the mean score `loss`; equal `rows`
        (16 hexadecimal digits) are the same regions with the same counts observed.

    Raises
    ------
    ValueError
        If there is no row, or no score is a column.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": "a", "origin": "2023-01", "horizon": 1, "region": ["r", "s"], "observed": [0, 2],
    ...                      "brier": [0.1, 0.3]})
    >>> monthly(rows)[["set", "score", "loss", "n"]].values.tolist()
    [['all', 'brier', 0.2, 2]]
    """
    scores = [name for name in ROW_SCORES if name in rows]
    if rows.empty or not scores:
        raise ValueError(f"there must be rows with a score among their columns, one of {', '.join(ROW_SCORES)}")
    plain = rows.assign(origin=rows["origin"].astype(str), model=rows["model"].astype(str))
    sets = {name: within(plain, name) for name in sets_in(plain)}
    parts = [_of_set(part, name, scores) for name, part in sets.items() if len(part)]
    table = pd.concat(parts, ignore_index=True)[COLUMNS]
    return table.sort_values(COLUMNS[:5], ignore_index=True, kind="stable")


def weights(horizon: npt.ArrayLike, origin: npt.ArrayLike, n: npt.ArrayLike) -> pd.DataFrame:
    """Return the weight of each cell in a monthly series whose mean is the mean over horizons of the mean over rows.

    Parameters
    ----------
    horizon, origin, n
        Of each cell, and the number of its rows; shape (cell,).

    Returns
    -------
    pandas.DataFrame
        Origins down, ascending, cells across; a cell weighs something at its own origin only.

    Examples
    --------
    >>> weights([1, 1, 6], ["2023-01", "2023-02", "2023-01"], [10, 10, 10]).values.tolist()
    [[0.5, 0.0, 1.0], [0.0, 0.5, 0.0]]
    """
    cells = pd.DataFrame({"horizon": horizon, "origin": origin, "n": n})
    origins = np.sort(cells["origin"].unique())
    share = cells["n"] / cells.groupby("horizon")["n"].transform("sum") / cells["horizon"].nunique()
    table = np.where(origins[:, None] == cells["origin"].to_numpy()[None, :], share.to_numpy() * len(origins), 0.0)
    return pd.DataFrame(table, index=pd.Index(origins, name="origin"))


def _of_set(rows: pd.DataFrame, name: str, scores: list[str]) -> pd.DataFrame:
    groups = rows.groupby(["model", "horizon", "origin"], sort=False)
    means = groups[scores].mean().assign(n=groups.size())
    marks = rows[["model", "horizon", "origin"]].assign(
        each=rows["region"].astype(str) + "=" + rows["observed"].astype("int64").astype(str)
    )
    means["rows"] = marks.groupby(["model", "horizon", "origin"], sort=False)["each"].agg(_fingerprint)
    long = means.reset_index().melt(
        ["model", "horizon", "origin", "n", "rows"], scores, var_name="score", value_name="loss"
    )
    return long.assign(set=name)


def _fingerprint(each: pd.Series) -> str:
    return sha256("|".join(sorted(each)).encode()).hexdigest()[:FINGERPRINT]

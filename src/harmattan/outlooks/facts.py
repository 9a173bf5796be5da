"""The numbers behind an outlook: chances, totals, the record, senders, corridors, first signs and past skill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan import corridors, layers
from harmattan.figures import corridor_table, region_table
from harmattan.forecast import Forecast, event_probability
from harmattan.models.endemic.paths import BACKGROUND, OWN
from harmattan.outlooks.subject import BESIDE, Subject
from harmattan.panel import QUIET_MONTHS
from harmattan.regions import COASTAL, Regions
from harmattan.result import Result

WINDOW = 6
WITHIN = (1, 3, 6, 12)
LEVELS = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}


def window_of(result: Result) -> int:
    """Return the months ahead that an outlook looks at first: six, or as many as are forecast."""
    return min(WINDOW, len(result.forecast.horizons))


def now_of(result: Result) -> pd.DataFrame:
    """Return the table ``first_attacks`` at the end of the window, index ``region``.

    Raises
    ------
    ValueError
        If the result has no tables of expansion.
    """
    if "first_attacks" not in result.expansion:
        raise ValueError("an outlook needs tables of expansion, which are made for attacks; the result has none")
    said = result.expansion["first_attacks"]
    return said[said["horizon"] == window_of(result)].set_index("region")


def totals(forecast: Forecast, codes: Sequence[str], *, window: bool = False) -> pd.DataFrame:
    """Return the forecast of attacks in some regions together, added up within each draw.

    Parameters
    ----------
    forecast
        Joint draws.
    codes
        Of the regions.
    window
        Whether months are added up from the first; else each stands alone.

    Returns
    -------
    pandas.DataFrame
        Index ``horizon``; ``month``, ``p`` (at least one), ``expected`` and the quantiles ``q05 q25 q50 q75 q95``.

    Examples
    --------
    >>> draws = np.array([[[0, 2], [1, 0]], [[0, 0], [0, 0]]], dtype=np.int32)
    >>> made = Forecast(draws, pd.Period("2023-12", "M"), (1, 2), pd.Index(["A", "B"], name="region"))
    >>> totals(made, ["A", "B"], window=True)[["expected", "q95"]].to_dict("list")
    {'expected': [1.0, 1.5], 'q95': [2, 3]}
    """
    sums = _sums(forecast, codes)
    sums = sums.cumsum(axis=1) if window else sums
    made = {"month": forecast.months, "p": event_probability((sums > 0).sum(axis=0), len(sums))}
    made |= {"expected": sums.mean(axis=0)}
    levels = np.quantile(sums, list(LEVELS.values()), axis=0, method="inverted_cdf")
    made |= dict(zip(LEVELS, levels, strict=True))
    return pd.DataFrame(made, index=pd.Index(forecast.horizons, name="horizon"))


@dataclass(frozen=True)
class Total:
    """Attacks in some regions together within some months: P(at least one), mean and 90 % interval."""

    p: float
    expected: float
    q05: int
    q95: int


def total(result: Result, codes: Sequence[str], months: int) -> Total:
    """Return the champion's forecast of attacks in some regions together within so many months."""
    told = totals(result.forecast, codes, window=True).to_dict("index")[months]
    return Total(float(told["p"]), float(told["expected"]), int(told["q05"]), int(told["q95"]))


def chances(result: Result, codes: Sequence[str]) -> pd.DataFrame:
    """Return P(at least one attack in some regions within h months) by model, baselines left out but for a champion.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``champion``, ``horizon``, ``month``, ``p``.
    """
    shown = [name for name in result.forecasts if name not in result.baselines or name == result.champion]
    parts = []
    for name in shown:
        forecast = result.forecasts[name]
        by = np.logical_or.accumulate(_sums(forecast, codes) > 0, axis=1)
        told = {"model": name, "champion": name == result.champion, "horizon": forecast.horizons}
        p = event_probability(by.sum(axis=0), len(by))
        parts.append(pd.DataFrame(told | {"month": forecast.months, "p": p}))
    return pd.concat(parts, ignore_index=True)


def _sums(forecast: Forecast, codes: Sequence[str]) -> npt.NDArray[np.int64]:
    """Attacks of some regions together, shape (draw, horizon)."""
    places = forecast.regions.get_indexer(pd.Index(codes))
    return np.asarray(forecast.draws[:, :, places].sum(axis=2), dtype=np.int64)


def by_month(result: Result, codes: Sequence[str]) -> pd.Series:
    """Return the recorded attacks of some regions together by month, to the last month known; NaN where none covers."""
    known = result.panel.attacks.loc[: layers.data_to(result), list(codes)]
    return known.sum(axis=1, min_count=1)


def record(result: Result, codes: Sequence[str]) -> pd.Series:
    """Return what is on record of some regions together.

    Returns
    -------
    pandas.Series
        ``attacks`` in all, in the ``last_year`` (twelve months) and the ``year_before``, in how many of the last twelve
        ``months`` there were any, the ``first`` and ``last`` month with one (None if there is none), and ``since``, the
        first month after the last twelve quiet months together.
    """
    told = by_month(result, codes)
    hits = told.index[(told > 0).to_numpy()]
    spell = None
    if len(hits):
        gaps = np.diff([month.ordinal for month in hits]) > QUIET_MONTHS
        spell = hits[int(np.flatnonzero(gaps)[-1]) + 1 if gaps.any() else 0]
    last = told.iloc[-QUIET_MONTHS:]
    return pd.Series(
        {
            "attacks": int(told.sum()),
            "last_year": int(last.sum()),
            "year_before": int(told.iloc[-2 * QUIET_MONTHS : -QUIET_MONTHS].sum()),
            "months": int((last > 0).sum()),
            "first": hits[0] if len(hits) else None,
            "last": hits[-1] if len(hits) else None,
            "since": spell,
        },
        dtype=object,
    )


def senders(result: Result, subject: Subject) -> pd.DataFrame:
    """Return where the endemic-epidemic model expects the window's attacks to come from, the largest first.

    Returns
    -------
    pandas.DataFrame
        ``sender``, ``kind`` (``background``, ``own past``, ``inside``: another of the regions spoken of, ``beside``:
        any other), ``expected`` and ``share``, which sum to one; empty if there is no such model.
    """
    told = result.expansion.get("pressure")
    if told is None:
        return pd.DataFrame({"sender": [], "kind": [], "expected": [], "share": []})
    chosen = told[(told["within"] == window_of(result)) & told["receiver"].isin(subject.regions)]
    sent = chosen.groupby("sender", sort=False)["expected"].sum().sort_values(ascending=False, kind="stable")
    kinds = [
        code if code in (BACKGROUND, OWN) else "inside" if code in subject.regions else "beside" for code in sent.index
    ]
    made = {"sender": sent.index, "kind": kinds, "expected": sent.to_numpy(), "share": (sent / sent.sum()).to_numpy()}
    return pd.DataFrame(made)


def active_near(result: Result, subject: Subject) -> pd.DataFrame:
    """Return the active regions of other countries within 200 km, the nearest first and of those the most attacked.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; ``name``, ``country``, ``km`` and ``last_year``, attacks of the last twelve months.
    """
    active = now_of(result)["active_now"].loc[subject.near.index].to_numpy(dtype=bool)
    near = subject.near.loc[active]
    known = result.panel.attacks.loc[: layers.data_to(result), near.index].iloc[-QUIET_MONTHS:]
    table = near.assign(last_year=known.sum().astype(int))
    return table.sort_values(["km", "last_year"], ascending=[True, False], kind="stable")


def roads(result: Result, subject: Subject) -> pd.DataFrame:
    """Return the bundled corridors that lead into the country and what is expected along them outside it.

    Returns
    -------
    pandas.DataFrame
        ``corridor``, ``name``, ``regions`` (how many of the experiment's it crosses outside the country), ``active``
        (how many of these are) and ``expected`` attacks in them within the window, each region taken whole.
    """
    country, everywhere = region_table()["country"], corridor_table()
    lead = everywhere.loc[country.loc[everywhere["region"]].to_numpy() == subject.country, "corridor"].unique()
    chain = _chain(result.panel.regions)
    home, now = result.panel.regions.table["country"], now_of(result)
    expected = result.forecast.window(range(1, window_of(result) + 1)).expected().iloc[0]
    rows = []
    for corridor, part in chain[chain["corridor"].isin(lead)].groupby("corridor", sort=False):
        crossed = [code for code in dict.fromkeys(part["region"]) if code and home[code] != subject.country]
        active = int(now.loc[crossed, "active_now"].sum())
        rows.append((corridor, part["name"].iloc[0], len(crossed), active, float(expected[crossed].sum())))
    made = pd.DataFrame(rows, columns=["corridor", "name", "regions", "active", "expected"])
    return made[made["regions"] > 0].sort_values("expected", ascending=False, kind="stable", ignore_index=True)


@lru_cache(maxsize=4)
def _chain(regions: Regions) -> pd.DataFrame:
    return corridors.bundled(regions)


def first_signs(result: Result, subject: Subject) -> pd.DataFrame:
    """Return the quiet regions on either side of the border, likeliest to be hit within the window first.

    The country itself is not among them where it is a single region.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; ``name``, ``country``, ``never``, ``p``.
    """
    now = now_of(result)
    inside = () if subject.kind == "one" or subject.kind == BESIDE else subject.regions
    told = now.loc[[*inside, *subject.belt]]
    told = told[told["quiet"].to_numpy(dtype=bool)].rename(columns={"first_attack": "p"})
    return told[["name", "country", "never", "p"]].sort_values("p", ascending=False, kind="stable")


def alike(result: Result) -> pd.DataFrame:
    """Return P(first attack within the window) of every country without an attack on record, the likeliest first.

    Only countries that are one region each; the columns are ``country``, ``p``.
    """
    now = now_of(result)
    single = now[~now["country"].duplicated(keep=False) & now["never"].astype(bool) & now["quiet"].astype(bool)]
    told = single[["country", "first_attack"]].rename(columns={"first_attack": "p"})
    return told.sort_values("p", ascending=False, kind="stable", ignore_index=True)


def past_chances(result: Result, *, quiet: bool) -> pd.DataFrame:
    """Return what the champion said on past origins beside what came, by months ahead, where it was quiet or active.

    Returns
    -------
    pandas.DataFrame
        ``horizon``, ``n``, ``said`` (mean P), ``came`` (share hit), ``hits``.
    """
    rows = result.rows[(result.rows["model"] == result.champion) & (result.rows["onset"] == quiet)]
    grouped = rows.assign(hit=rows["observed"] > 0).groupby("horizon")
    told = grouped.agg(n=("p1", "size"), said=("p1", "mean"), came=("hit", "mean"), hits=("hit", "sum"))
    return told.reset_index()


def first_attacks_on_record(result: Result) -> tuple[int, int]:
    """Return how many regions were hit after a quiet year, in the whole record and in coastal states."""
    past = result.expansion["replay"]
    everywhere = past.loc[past["scope"] == "all", "onsets"].sum()
    coast = past.loc[(past["scope"] == "country") & past["name"].isin(COASTAL), "onsets"].sum()
    return int(everywhere), int(coast)

"""What a standing process says: where the risk is raised, since when, until when, how much, and what is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.alerts.standing import Standing
from harmattan.models.selfexciting_alert import trigger
from harmattan.models.selfexciting_terms import REACH_DAYS, lag_chances

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

SHARE = 0.5
ALONE = 0.1
AHEAD = (7, 30)
KM = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0)
FARTHEST_BACK = 730


@dataclass(frozen=True, eq=False)
class Expected:
    """What is expected of each region in some days ahead, shape (R,) each.

    Attributes
    ----------
    attacks
        Expected number, with what the new attacks trigger within these days.
    background
        The same had there been no attack in the last 180 days.
    chance
        Of at least one attack: one less the Poisson chance that no chain of attacks enters the region.
    """

    attacks: Floats
    background: Floats
    chance: Floats


def expected(now: Standing, days: int) -> Expected:
    """Return what the process expects of the next days.

    With b the background per day and T the matrix of the numbers η q_{s-u} that an attack on day u triggers on day
    s > u, the attacks a that those on record trigger directly have T a offspring, T² a in the next generation and so
    on, in all (I - T)⁻¹ a; the variance of their places grows by σ² with each generation. Those of the third and after
    are placed as the third.

    Parameters
    ----------
    now
        The process at the end of a day.
    days
        At least 1.

    Raises
    ------
    ValueError
        If `days` is below 1.
    """
    if days < 1:
        raise ValueError(f"days ahead must be at least 1; got {days}")
    recent = now.age <= REACH_DAYS
    direct = now.triggered(np.arange(1, days + 1))[:, recent]
    chances = np.append(now.fit.weights[-1] * lag_chances(now.fit.mean_days), 0.0)
    lag = np.subtract.outer(np.arange(days), np.arange(days))
    step = np.where(lag > 0, chances[np.clip(lag - 1, 0, REACH_DAYS)], 0.0)
    own = np.ones(days)
    first = own @ step
    second = first @ step
    later = np.linalg.solve(np.eye(days) - step.T, own) - own - first
    calm = now.fit.background
    sent = np.array([first.sum(), second.sum(), (later - second).sum()])[:, None] * calm
    brought = np.stack([own @ direct, first @ direct, later @ direct])
    landing = now.landing[:, recent]
    background = days * calm + _landed(sent, now.between)
    stays = np.diag(now.between[0])
    entering = _landed(brought, _entering(landing, stays))
    entering += _landed(sent, _entering(now.between, stays) * (1 - np.eye(len(calm))))
    return Expected(background + _landed(brought, landing), background, -np.expm1(-days * calm - entering))


def _landed(number: Floats, landing: Floats) -> Floats:
    """Attacks by region, of so many by generation and place they come from."""
    return np.asarray(np.einsum("ga,gar->r", number, landing))


def _entering(landing: Floats, stays: Floats) -> Floats:
    """Chances of landing in a region without a parent that did, `stays` being how likely offspring stay in theirs."""
    later = np.maximum(landing[1:] - landing[:-1] * stays, 0.0)
    return np.concatenate([landing[:1], later])


def open_alerts(now: Standing, *, share: float = SHARE, ahead: Sequence[int] = AHEAD) -> pd.DataFrame:
    """Say of every region whether attacks on record still raise the risk, since when, until when and by how much.

    A region is under alert while the attacks triggered per day by attacks on record, in it or near it, are at least
    `share` of its background. The background is what the model expects of it without any attack in the last 180 days;
    it is higher where there were many attacks before. So the ratio tells where the risk is above what is usual, and not
    where it is highest: a region that is attacked every week may have no alert, which is why all regions are listed.

    Parameters
    ----------
    now
        The process at the end of a day.
    share
        Excess over background, as a share of the background, at which an alert ends; above 0.
    ahead
        Days ahead for which attacks are expected.

    Returns
    -------
    pandas.DataFrame
        One row per region, first those under alert, then most attacks expected tomorrow first: ``region, name, country,
        alert, since`` (the attack that raised the risk, then not below the share to this day; looked for over two
        years; attacks without a day stand in the middle of their month), ``until`` (if no further attack comes; both
        missing without alert), ``last_attack`` (in the region, of those with a day; missing if none), ``attacks`` (in
        the region, last 180 days), ``from_others`` (share of the excess that attacks in other regions bring; NaN
        without excess), ``ratio`` (to the background, tomorrow), and for each number of days ahead ``expected_7,
        background_7, chance_7``.

    Raises
    ------
    ValueError
        If `share` is not above 0.
    """
    excess, limit = now.excess(np.arange(1, REACH_DAYS + 1)), _limit(now, share)
    table, codes = now.regions.table, now.regions.table.index
    of = codes.get_indexer(pd.Index(now.attacks["region"]))
    own = np.bincount(
        of, now.triggered(np.array([1]))[0] * now.landing[0, np.arange(len(of)), of], minlength=len(codes)
    )
    alert = excess[0] >= limit
    never = np.datetime64("NaT")
    columns: dict[str, object] = {
        "region": codes,
        "name": table["name"].to_numpy(),
        "country": table["country"].to_numpy(),
        "alert": alert,
        "since": np.where(alert, _since(now, limit), never),
        "until": np.where(alert, _after(now.at, (excess >= limit).sum(axis=0)), never),
        "last_attack": now.attacks[now.attacks["exact"]].groupby("region")["day"].max().reindex(codes).to_numpy(),
        "attacks": np.bincount(of[now.age <= REACH_DAYS], minlength=len(codes)),
        "from_others": 1 - np.divide(own, excess[0], out=np.full(len(codes), np.nan), where=excess[0] > 0),
        "ratio": 1 + excess[0] / now.fit.background,
    }
    for days in ahead:
        told = expected(now, days)
        columns[f"expected_{days}"] = told.attacks
        columns[f"background_{days}"] = told.background
        columns[f"chance_{days}"] = told.chance
    order = np.lexsort((-(now.fit.background + excess[0]), ~alert))
    return pd.DataFrame(columns).iloc[order].reset_index(drop=True)


def regions_reached(now: Standing, *, share: float = ALONE) -> pd.DataFrame:
    """List which regions each attack of the last 180 days raises the risk of by itself, its own and others.

    Attacks whose day and place are not known are left out here and in `bands_reached`.

    Returns
    -------
    pandas.DataFrame
        One row per attack and region where the excess of this attack alone is at least `share` of the background, the
        newest attack first: ``day, attacked`` (code), ``region, name, at_once`` (ratio to the background on the day
        after the attack), ``now`` (tomorrow), ``until``.

    Raises
    ------
    ValueError
        If `share` is not above 0.
    """
    limit, eta = _limit(now, share), now.fit.weights[-1]
    chances = np.append(eta * lag_chances(now.fit.mean_days), 0.0)
    adds = now.triggered(np.array([1]))[0]
    exact = now.attacks["exact"].to_numpy()[:, None]
    attack, region = np.nonzero(exact & (adds[:, None] * now.landing[0] >= np.maximum(limit, 1e-300)))
    lands = now.landing[0, attack, region]
    # Chances fall with the lag, so the days above the limit are counted by how many of them reach it.
    lasts = len(chances) - np.searchsorted(chances[::-1], limit[region] / lands, side="left")
    days = now.attacks["day"].to_numpy()[attack]
    columns = {
        "day": days,
        "attacked": now.attacks["region"].to_numpy()[attack],
        "region": now.regions.table.index[region],
        "name": now.regions.table["name"].to_numpy()[region],
        "at_once": 1 + chances[0] * lands / now.fit.background[region],
        "now": 1 + adds[attack] * lands / now.fit.background[region],
        "until": days + lasts * np.timedelta64(1, "D"),
    }
    return pd.DataFrame(columns).sort_values(["day", "now"], ascending=False, kind="stable", ignore_index=True)


def bands_reached(now: Standing, *, share: float = SHARE, km: Sequence[float] = KM) -> pd.DataFrame:
    """List within which distances of its place each attack of the last 180 days still raises the risk by itself.

    Per km² and day, as the mean over the ring ``from <= distance < to``, against the background of the attacked region.

    Parameters
    ----------
    now, share
        As for `open_alerts`.
    km
        Ends of the bands, from 0, ascending.

    Returns
    -------
    pandas.DataFrame
        One row per attack and band, the newest attack first: ``day, region, name, km_from, km_to, at_once, now, until``
        as in `regions_reached`.

    Raises
    ------
    ValueError
        If `share` is not above 0, or the bands do not ascend from 0.
    """
    edges = np.asarray(km, dtype=np.float64)
    if len(edges) < 2 or edges[0] != 0 or not (np.diff(edges) > 0).all():
        raise ValueError(f"km must be at least two ends of bands that ascend from 0; got {list(km)}")
    table, adds = now.regions.table, trigger(now.fit)
    limit = _limit(now, share) / table["area_km2"].to_numpy(dtype=np.float64)
    recent = np.flatnonzero((now.age <= REACH_DAYS) & now.attacks["exact"].to_numpy())
    of = table.index.get_indexer(pd.Index(now.attacks["region"]))[recent]
    attack, band = (each.ravel() for each in np.meshgrid(recent, np.arange(len(edges) - 1), indexing="ij"))
    of = np.repeat(of, len(edges) - 1)
    first, today = (
        adds.excess_in_ring(lag.astype(np.float64), edges[band], edges[band + 1])
        for lag in (np.ones_like(attack), now.age[attack])
    )
    lasts = np.floor(1 + np.log(np.maximum(first / limit[of], 1.0)) / adds.alpha + 1e-9)
    days = now.attacks["day"].to_numpy()[attack]
    without = limit[of] / share
    columns = {
        "day": days,
        "region": table.index[of],
        "name": table["name"].to_numpy()[of],
        "km_from": edges[band],
        "km_to": edges[band + 1],
        "at_once": 1 + first / without,
        "now": 1 + today / without,
        "until": days + np.minimum(lasts, REACH_DAYS).astype(np.int64) * np.timedelta64(1, "D"),
    }
    made: pd.DataFrame = pd.DataFrame(columns).loc[today >= limit[of]]
    return made.sort_values(["day", "region", "km_from"], ascending=[False, True, True], ignore_index=True)


def _limit(now: Standing, share: float) -> Floats:
    """Excess per day at which the alert of a region ends, shape (R,)."""
    if not (np.isfinite(share) and share > 0):
        raise ValueError(f"share must be above 0, such as 0.5 for half the background; got {share}")
    return np.asarray(share * now.fit.background)


def _since(now: Standing, limit: Floats) -> npt.NDArray[np.datetime64]:
    """Day of the attack from which on the excess was never below the limit, shape (R,)."""
    above = now.excess(np.arange(1, -FARTHEST_BACK, -1)) >= limit
    run = np.where(above.all(axis=0), len(above), np.argmin(above, axis=0))
    return _after(now.at, 1 - run)


def _after(at: pd.Timestamp, days: Places) -> npt.NDArray[np.datetime64]:
    """The day some days after `at`."""
    return np.asarray(np.datetime64(at, "us") + days * np.timedelta64(1, "D"))

"""Near repeats without a model: are attacks that are near each other in space also near in time, more than by chance?

The Knox test counts pairs of attacks by distance and by time between them, and sets the counts beside those of
catalogues in which the dates are dealt out anew (Knox 1964, https://doi.org/10.2307/2985220; Johnson et al. 2007,
https://doi.org/10.1007/s10940-007-9025-3; the near-repeat calculator of Ratcliffe 2009).

Dealing all dates anew supposes that where and when are independent but for repeats. Where attacks move from one part
of the country to another over the years they are not, and every band of short times then holds too many near pairs.
Dealing dates within blocks of time keeps what changes more slowly than a block; what is left is nearer to repeats
proper.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

KM = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0)
DAYS = (0.0, 1.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0)
FEWEST = 3
ROUNDING = 1 + 1e-9


def knox(
    day: npt.ArrayLike,
    place: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    km: Sequence[float] = KM,
    days: Sequence[float] = DAYS,
    permutations: int = 999,
    block_days: float | None = None,
) -> pd.DataFrame:
    """Count pairs of events by distance and by time, and compare with dates dealt out anew.

    A pair is in a band if ``from <= distance < to`` and ``from <= |difference of days| < to``. The last band of both is
    open above, so that every pair is in exactly one cell. The expected number is exact: with all dates dealt anew
    n_space n_time / n_pairs, and within blocks the sum of this over the pairs of blocks. The p-value is
    (r + 1) / (n + 1), r being the permutations with at least as many pairs as observed, or at most as many.

    Parameters
    ----------
    day
        Time of each event in days, shape (event,).
    place
        Coordinates in km, on a plane or in space, shape (event, dimension).
    rng
        Deals the dates.
    km, days
        Lower ends of the bands, from 0, ascending; the last one opens the band without an end.
    permutations
        How many times the dates are dealt.
    block_days
        Dates are dealt only among events in the same block of so many days, counted from the first event; all together
        if None.

    Returns
    -------
    pandas.DataFrame
        One row per cell: ``km_from, km_to, days_from, days_to, observed, expected, ratio, p`` (at least as many) and
        ``p_fewer`` (at most as many); the ends of open bands are infinite, and the ratio is NaN where nothing is
        expected.

    Raises
    ------
    ValueError
        If there are fewer than 3 events, a value is not finite, shapes disagree, or the bands do not ascend from 0.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> home = rng.uniform(0, 500, (40, 2))
    >>> day = rng.uniform(0, 2000, 40)
    >>> table = knox(np.append(day, day + 3), np.vstack([home, home + 0.5]), rng=rng, km=[0, 2], days=[0, 7])
    >>> table[["km_from", "days_from", "observed", "p"]].iloc[0].tolist()
    [0.0, 0.0, 40.0, 0.001]
    """
    times, places = _checked(day, place)
    near, late = (_checked_bands(name, each) for name, each in (("km", km), ("days", days)))
    if permutations < 1 or (block_days is not None and not block_days > 0):
        raise ValueError(f"permutations and block_days must be above 0; got {permutations} and {block_days}")
    length = np.inf if block_days is None else block_days
    block = np.unique(np.floor((times - times.min()) / length), return_inverse=True)[1].astype(np.intp)
    first, second, band = _near_pairs(places, near)
    in_time = _pairs_in_time(times, block, late)
    whole = in_time.sum(axis=0)

    def counted(when: Floats) -> Floats:
        lag = np.abs(when[first] - when[second])
        cell = band * len(late) + np.searchsorted(late[1:], lag, side="right")
        inside = np.bincount(cell, minlength=(len(near) - 1) * len(late)).reshape(-1, len(late))
        return np.vstack([inside, whole - inside.sum(axis=0)])

    observed, reached = counted(times), np.zeros((2, len(near), len(late)))
    order = np.argsort(block, kind="stable")
    for _ in range(permutations):
        dealt = np.empty_like(times)
        dealt[order] = times[np.lexsort((rng.random(len(times)), block))]
        made = counted(dealt)
        reached += np.stack([made >= observed, made <= observed])
    expected = _expected(block, first, second, band, len(near), in_time)
    return _table(near, late, observed, expected, (reached + 1) / (permutations + 1))


def _checked(day: npt.ArrayLike, place: npt.ArrayLike) -> tuple[Floats, Floats]:
    times, places = np.asarray(day, dtype=np.float64), np.asarray(place, dtype=np.float64)
    if times.ndim != 1 or places.ndim != 2 or len(times) != len(places):
        raise ValueError(
            f"day must be of shape (event,) and place of shape (event, dimension); got {times.shape} and {places.shape}"
        )
    if len(times) < FEWEST:
        raise ValueError(f"near repeats can be told only from at least {FEWEST} events; got {len(times)}")
    wrong = ~(np.isfinite(times) & np.isfinite(places).all(axis=1))
    if wrong.any():
        raise ValueError(f"day and place must be finite; {int(wrong.sum())} are not, first event {int(wrong.argmax())}")
    return times, places


def _checked_bands(name: str, ends: Sequence[float]) -> Floats:
    edges = np.asarray(ends, dtype=np.float64)
    if len(edges) < 2 or edges[0] != 0 or not (np.isfinite(edges).all() and (np.diff(edges) > 0).all()):
        raise ValueError(f"{name} must begin at 0, ascend and be at least two; got {list(ends)}")
    return edges


def _near_pairs(places: Floats, near: Floats) -> tuple[Places, Places, Places]:
    """The pairs nearer than the last band's lower end: both events and the number of the band."""
    pairs = cKDTree(places).query_pairs(near[-1] * ROUNDING, output_type="ndarray")
    first, second = pairs[:, 0], pairs[:, 1]
    apart = np.sqrt(((places[first] - places[second]) ** 2).sum(axis=1))
    band = np.searchsorted(near[1:], apart, side="right")
    kept = band < len(near) - 1
    return first[kept], second[kept], band[kept]


def _pairs_in_time(times: Floats, block: Places, late: Floats) -> Floats:
    """Pairs by time between them, of all pairs of blocks, shape (pair of blocks, band); a <= b, row by row."""
    sorted_times = [np.sort(times[block == each]) for each in range(block.max() + 1)]
    rows = []
    for number, one in enumerate(sorted_times):
        for other in sorted_times[number:]:
            same = other is one
            up, down = one[:, None] + late[1:], one[:, None] - late[1:]
            nearer = np.searchsorted(other, up, side="left") - np.searchsorted(other, down, side="right")
            until = nearer.sum(axis=0).astype(np.float64)
            every = float(len(one) * len(other))
            if same:
                until, every = (until - len(one)) / 2, (every - len(one)) / 2
            rows.append(np.diff(np.concatenate([[0.0], until, [every]])))
    return np.array(rows)


def _expected(block: Places, first: Places, second: Places, band: Places, bands: int, in_time: Floats) -> Floats:
    """Σ over pairs of blocks of n_space n_time / n_pairs, shape (band of distance, band of time)."""
    low, high = np.minimum(block[first], block[second]), np.maximum(block[first], block[second])
    blocks = int(block.max()) + 1
    pair = low * blocks - low * (low - 1) // 2 + high - low
    in_space = np.bincount(pair * (bands - 1) + band, minlength=len(in_time) * (bands - 1)).reshape(len(in_time), -1)
    every = in_time.sum(axis=1)
    in_space = np.column_stack([in_space, every - in_space.sum(axis=1)])
    share = in_time / np.maximum(every, 1.0)[:, None]
    return np.asarray(in_space.T @ share)


def _table(near: Floats, late: Floats, observed: Floats, expected: Floats, p: Floats) -> pd.DataFrame:
    km_from, days_from = (each.ravel() for each in np.meshgrid(near, late, indexing="ij"))
    ends = (np.append(near[1:], np.inf), np.append(late[1:], np.inf))
    km_to, days_to = (each.ravel() for each in np.meshgrid(*ends, indexing="ij"))
    ratio = np.divide(observed, expected, out=np.full_like(expected, np.nan), where=expected > 0)
    columns = {
        "km_from": km_from,
        "km_to": km_to,
        "days_from": days_from,
        "days_to": days_to,
        "observed": observed.ravel().astype(np.int64),
        "expected": expected.ravel(),
        "ratio": ratio.ravel(),
        "p": p[0].ravel(),
        "p_fewer": p[1].ravel(),
    }
    return pd.DataFrame(columns)

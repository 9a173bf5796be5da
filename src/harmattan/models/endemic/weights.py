"""Who acts on whom, and after how long: neighbour weights and lag weights, with the derivatives a fit needs.

Weights have senders in rows and receivers in columns: ``w[q, r]`` is the share of what q sends that r receives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.neighbours import Neighbours, contiguity, order

Floats = npt.NDArray[np.float64]
Derivatives = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, eq=False)
class Kernel:
    """Neighbour weights ``w_qr = b_qr exp(-exp(k θ) v_qr)``, normalised or not so that each sender's sum to one.

    Every choice is of this form: with v = log o and k = 1 the power law of adjacency order, o⁻ᵈ with d = exp(θ); with
    v = km and k = -1 an exponential kernel of bandwidth exp(θ) km; with v = km² / 2 and k = -2 a Gaussian one; with
    v = 1 off the roads and 0 along them road links; with v = 0 given weights. A sender without any receiver keeps
    weights of zero.

    Parameters
    ----------
    base
        b, shape (sender, receiver), not negative, zero on the diagonal.
    gap
        v, same shape, not negative.
    power
        k.
    parameter
        Name of θ in tables.
    value
        θ: where the search begins, or the fixed value.
    estimated
        Whether θ is estimated.
    normalised
        Whether each sender's weights sum to one.

    References
    ----------
    Meyer & Held 2014, https://doi.org/10.1214/14-AOAS743
    """

    base: Floats
    gap: Floats
    power: int
    parameter: str
    value: float
    estimated: bool
    normalised: bool

    def weights(self, theta: float) -> Derivatives:
        """Return w and its first and second derivatives by θ, each of shape (sender, receiver)."""
        linked = self.base > 0
        gap = np.where(linked, self.gap, 0.0)
        if self.normalised:
            # Taking off each sender's smallest gap changes no share, and keeps a narrow kernel from vanishing.
            gap = np.where(linked, gap - np.min(gap, axis=1, initial=np.inf, where=linked, keepdims=True), 0.0)
        slope = self.power * np.exp(np.clip(self.power * theta, -50.0, 50.0)) * gap
        raw = self.base * np.exp(-slope / self.power)
        first = -raw * slope
        second = raw * slope * (slope - self.power)
        if not self.normalised:
            return raw, first, second
        total = np.where(linked.any(axis=1, keepdims=True), raw.sum(axis=1, keepdims=True), 1.0)
        w, d_total, dd_total = raw / total, first.sum(axis=1, keepdims=True), second.sum(axis=1, keepdims=True)
        dw = (first - w * d_total) / total
        return w, dw, (second - 2 * dw * d_total - w * dd_total) / total


def given(neighbours: Neighbours, *, normalised: bool = True) -> Kernel:
    """Return fixed weights: adjacency, border lengths or road links as they are.

    Parameters
    ----------
    neighbours
        Row i, column j is the weight with which region j acts on region i, so its transpose is w.
    normalised
        Whether each sender's weights are made to sum to one.

    Examples
    --------
    >>> import pandas as pd
    >>> from harmattan.neighbours import contiguity
    >>> chain = contiguity(pd.DataFrame({"a": ["A", "B"], "b": ["B", "C"]}), ["A", "B", "C"])
    >>> given(chain).weights(0.0)[0].tolist()
    [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]]
    """
    base = neighbours.weights.T.toarray()
    return Kernel(base, np.zeros_like(base), 1, "", 0.0, False, normalised)


def power_law(neighbours: Neighbours, *, most: int = 5, decay: float | None = None, normalised: bool = True) -> Kernel:
    """Return the power law o⁻ᵈ of adjacency order o, zero beyond the order `most`.

    Parameters
    ----------
    neighbours
        Links whose number on the shortest path is the order.
    most
        Largest order with a weight, at least 1.
    decay
        d, positive; estimated (as log d) if None.
    normalised
        Whether each sender's weights sum to one.

    Raises
    ------
    ValueError
        If `most` or `decay` is out of range.

    Examples
    --------
    >>> import pandas as pd
    >>> from harmattan.neighbours import contiguity
    >>> chain = contiguity(pd.DataFrame({"a": ["A", "B"], "b": ["B", "C"]}), ["A", "B", "C"])
    >>> power_law(chain, decay=2.0).weights(np.log(2.0))[0].round(2).tolist()
    [[0.0, 0.8, 0.2], [0.5, 0.0, 0.5], [0.2, 0.8, 0.0]]
    """
    if most < 1:
        raise ValueError(f"most must be an adjacency order of at least 1; got {most}: 1 gives adjacency weights")
    _check_positive("decay", decay)
    steps = order(neighbours).to_numpy().T
    base = ((steps >= 1) & (steps <= most)).astype(np.float64)
    gap = np.where(base > 0, np.log(np.where(base > 0, steps, 1.0)), 0.0)
    return Kernel(base, gap, 1, "log_decay", float(np.log(decay or 2.0)), decay is None, normalised)


def distance(
    km: npt.NDArray[np.floating],
    *,
    bandwidth_km: float | None = None,
    shape: Literal["exponential", "gaussian"] = "exponential",
    normalised: bool = True,
) -> Kernel:
    """Return a kernel of the distance d between regions: exp(-d/b), or exp(-d²/2b²) if Gaussian.

    Parameters
    ----------
    km
        Distances between all regions, shape (region, region).
    bandwidth_km
        b in km, positive; estimated (as log b) if None, from the median distance to the nearest region on.
    shape
        Shape of the kernel.
    normalised
        Whether each sender's weights sum to one.

    Raises
    ------
    ValueError
        If the bandwidth is not positive, the shape is unknown, or a distance is missing.

    Examples
    --------
    >>> km = np.array([[0.0, 50.0, 100.0], [50.0, 0.0, 50.0], [100.0, 50.0, 0.0]])
    >>> distance(km, bandwidth_km=50).weights(np.log(50))[0].round(2).tolist()
    [[0.0, 0.73, 0.27], [0.5, 0.0, 0.5], [0.27, 0.73, 0.0]]
    """
    _check_positive("bandwidth_km", bandwidth_km)
    if shape not in ("exponential", "gaussian"):
        raise ValueError(f"shape must be 'exponential' or 'gaussian'; got {shape!r}")
    far = np.asarray(km, dtype=np.float64)
    if not np.isfinite(far).all():
        row, column = np.argwhere(~np.isfinite(far))[0]
        raise ValueError(f"every distance must be a finite number of km; row {row}, column {column} is not")
    base = 1.0 - np.eye(len(far))
    nearest = np.min(far, axis=1, initial=1e4, where=base > 0)
    value = float(np.log(bandwidth_km or max(np.median(nearest), 1.0)))
    gap, power = (far, -1) if shape == "exponential" else (far**2 / 2, -2)
    return Kernel(base, gap, power, "log_bandwidth_km", value, bandwidth_km is None, normalised)


def road(
    neighbours: Neighbours, chains: pd.DataFrame, *, advantage: float | None = None, normalised: bool = True
) -> Kernel:
    """Return adjacency in which links along a road weigh more: all others have exp(-δ) of their weight.

    Two regions are linked along a road if they follow each other on one of the chains. A sender on no road, or with no
    other links, shares among its neighbours as with adjacency alone, so δ is told by the senders that have both.

    Parameters
    ----------
    neighbours
        Which regions are adjacent.
    chains
        Roads as chains of regions: columns ``corridor``, ``step`` and ``region``, as `harmattan.corridors.bundled`.
    advantage
        How many times as much a link along a road weighs, exp(δ), above 1; estimated (as log δ) if None.
    normalised
        Whether each sender's weights sum to one.

    Raises
    ------
    ValueError
        If the advantage is not above one, or no two regions follow each other on a chain.

    Examples
    --------
    >>> from harmattan.neighbours import contiguity
    >>> near = contiguity(pd.DataFrame({"a": ["A", "A", "B"], "b": ["B", "C", "C"]}), ["A", "B", "C"])
    >>> chains = pd.DataFrame({"corridor": "coast", "step": [1, 2], "region": ["A", "B"]})
    >>> road(near, chains, advantage=3.0).weights(np.log(np.log(3.0)))[0].round(2).tolist()
    [[0.0, 0.75, 0.25], [0.75, 0.0, 0.25], [0.5, 0.5, 0.0]]
    """
    if advantage is not None and not (np.isfinite(advantage) and advantage > 1):
        raise ValueError(f"advantage must be a number above 1, or None to estimate it; got {advantage}")
    ordered = chains.sort_values(["corridor", "step"], kind="stable")
    after = ordered.groupby("corridor")["region"].shift(-1)
    links = pd.DataFrame({"a": ordered["region"], "b": after}).dropna()
    links = links[links.isin(set(neighbours.regions)).all(axis=1) & (links["a"] != links["b"])]
    links = pd.DataFrame(np.sort(links.to_numpy(dtype=object), axis=1), columns=["a", "b"]).drop_duplicates()
    if links.empty:
        raise ValueError(
            f"road links need two of the {len(neighbours.regions)} regions that follow each other on a corridor; there "
            "are none: choose the kernel adjacency"
        )
    along = contiguity(links, neighbours.regions).weights.toarray() > 0
    base = ((neighbours.weights.T.toarray() > 0) | along).astype(np.float64)
    value = float(np.log(np.log(advantage or 2.0)))
    return Kernel(base, base * ~along, 1, "log_road_advantage", value, advantage is None, normalised)


def lag_weights(logit: float, lags: int) -> Derivatives:
    """Return geometric weights of the last months, ``u_d = ρ^(d-1) / Σ_k ρ^(k-1)`` with ρ = 1 / (1 + exp(-logit)).

    Parameters
    ----------
    logit
        Log odds of ρ, the ratio of the weights of one month and the month after it.
    lags
        How many months D, at least 1; with one the weight is 1 whatever ρ.

    Returns
    -------
    tuple
        u and its first and second derivatives by the logit, each of shape (lag,), the newest month first.

    Examples
    --------
    >>> lag_weights(0.0, 3)[0].round(3).tolist()
    [0.571, 0.286, 0.143]
    """
    rho = 1 / (1 + np.exp(-np.clip(logit, -30.0, 30.0)))
    age = np.arange(lags, dtype=np.float64)
    u = rho**age / np.sum(rho**age)
    centred = age - u @ age
    first = (1 - rho) * centred
    second = -rho * (1 - rho) * centred - (1 - rho) ** 2 * (u @ centred**2)
    return u, u * first, u * (first**2 + second)


def _check_positive(name: str, value: float | None) -> None:
    if value is not None and not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a positive number, or None to estimate it; got {value}")

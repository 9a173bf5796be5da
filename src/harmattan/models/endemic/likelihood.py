"""Likelihood of an endemic-epidemic model with its exact gradient and Hessian.

With L_rt = Σ_d u_d y_{r,t-d} and N_rt = Σ_q w_qr L_qt,

    μ_rt = ν_rt e_r + λ_rt L_rt + φ_rt N_rt

where log ν, log λ and log φ are linear, w depends on one parameter and u on another.

References
----------
Held, Höhle & Hofmann 2005, https://doi.org/10.1191/1471082X05st098oa ·
Paul & Held 2011, https://doi.org/10.1002/sim.4177 · Meyer & Held 2014, https://doi.org/10.1214/14-AOAS743
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from harmattan.models.endemic.design import Design
from harmattan.models.endemic.weights import Derivatives, lag_weights

Floats = npt.NDArray[np.float64]

LARGEST_LOG = 60.0
NO_MEAN = 1e-100


@dataclass(frozen=True, eq=False)
class Parameters:
    """A vector of parameters taken apart.

    Attributes
    ----------
    coefficients, effects
        Per part: of the columns, and of the regions (zeros if it has none).
    kernel, lags
        Neighbour weights and lag weights with their derivatives.
    size
        1 / ψ of every region, shape (region,); infinite for Poisson.
    """

    coefficients: tuple[Floats, ...]
    effects: tuple[Floats, ...]
    kernel: Derivatives
    lags: Derivatives
    size: Floats


@dataclass(frozen=True, eq=False)
class Mean:
    """Expected counts and what they are made of, shapes (month, region).

    Attributes
    ----------
    factors
        ν, λ and φ.
    loads
        What they multiply: e, L and N.
    """

    factors: tuple[Floats, ...]
    loads: tuple[Floats, ...]

    @property
    def parts(self) -> tuple[Floats, ...]:
        """The three parts of the mean."""
        return tuple(factor * load for factor, load in zip(self.factors, self.loads, strict=True))


def unpack(data: Design, theta: Floats) -> Parameters:
    """Take a vector of parameters apart."""
    regions = data.counts.shape[1]
    coefficients, effects, place = [], [], 0
    for columns, regional in zip(data.columns, data.regional, strict=True):
        coefficients.append(theta[place : place + len(columns)])
        place += len(columns)
        effects.append(theta[place : place + regions] if regional else np.zeros(regions))
        place += regions if regional else 0
    kernel = data.kernel.weights(theta[place] if data.kernel.estimated else data.kernel.value)
    place += data.kernel.estimated
    lags = lag_weights(theta[place] if len(data.lagged) > 1 else 0.0, len(data.lagged))
    place += len(data.lagged) > 1
    log_dispersion = np.clip(theta[place:], -LARGEST_LOG / 3, LARGEST_LOG / 3)
    size = np.exp(-log_dispersion[data.group]) if len(data.group) else np.full(regions, np.inf)
    return Parameters(tuple(coefficients), tuple(effects), kernel, lags, size)


def mean(data: Design, parameters: Parameters) -> Mean:
    """Return the expected counts of the rows of a design."""
    factors = []
    for columns, beta, effect in zip(data.columns, parameters.coefficients, parameters.effects, strict=True):
        linear = np.tensordot(beta, columns, axes=1) + effect
        factors.append(np.exp(np.clip(linear, -LARGEST_LOG, LARGEST_LOG)))
    past = np.tensordot(parameters.lags[0], data.lagged, axes=1)
    exposure = np.broadcast_to(data.exposure, past.shape)
    return Mean(tuple(factors), (exposure, past, past @ parameters.kernel[0]))


def log_likelihood(data: Design, theta: Floats) -> float:
    """Return the log-likelihood, without penalties."""
    parameters = unpack(data, theta)
    return _log_likelihood(data, parameters, _total(mean(data, parameters)))


def penalised(data: Design, theta: Floats) -> float:
    """Return the log-likelihood less half the precision-weighted squares of the distance from the start."""
    return log_likelihood(data, theta) - float(data.precision @ (theta - data.start) ** 2) / 2


def derivatives(data: Design, theta: Floats) -> tuple[Floats, Floats]:
    """Return gradient and Hessian of `penalised`, shapes (parameter,) and (parameter, parameter)."""
    parameters = unpack(data, theta)
    made = mean(data, parameters)
    by_mean = _by_mean(data, parameters, _total(made))
    firsts, seconds = _nonlinear(data, parameters, made)
    # Along each block of parameters the mean changes in proportion to one of these.
    along = [*made.parts, *(own + neighbours for own, neighbours in firsts)]
    linear = len(made.parts)

    def bend(i: int, j: int) -> Floats | float:
        """Second derivative of the mean along blocks i and j, i <= j."""
        if j < linear:
            return made.parts[i] if i == j else 0.0
        if i < linear:
            return (0.0, *firsts[j - linear])[i]
        return seconds[i - linear][j - linear]

    gradient = [_reduced(data, i, by_mean.first * each) for i, each in enumerate(along)]
    rows: list[list[Floats]] = [[np.zeros((0, 0))] * len(along) for _ in along]
    for i, one in enumerate(along):
        for j, other in enumerate(along[i:], start=i):
            rows[i][j] = _crossed(data, i, j, by_mean.second * one * other + by_mean.first * bend(i, j))
            rows[j][i] = rows[i][j].T
    whole, hessian = _with_dispersion(data, by_mean, along, np.concatenate(gradient), np.block(rows))
    return whole - data.precision * (theta - data.start), hessian - np.diag(data.precision)


@dataclass(frozen=True, eq=False)
class _ByMean:
    """First and second derivative of the log-likelihood by the mean, and what the overdispersion adds.

    `mixed` is the derivative by mean and log ψ, shape (month, region); `gradient` and `curvature` those by log ψ of
    each group.
    """

    first: Floats
    second: Floats
    mixed: Floats
    gradient: Floats
    curvature: Floats


def _total(made: Mean) -> Floats:
    background, own, neighbours = made.parts
    return np.asarray(np.maximum(background + own + neighbours, NO_MEAN))


def _log_likelihood(data: Design, parameters: Parameters, mu: Floats) -> float:
    y, known, k = data.counts, data.known, parameters.size
    constant = float(np.sum(gammaln(y + 1)))
    if not len(data.group):
        return float(np.sum((y * np.log(mu) - mu)[known])) - constant
    # Γ(y + k) / Γ(k) is the product of k + j over j < y, so counts enter through how many exceed each j.
    rising = np.log(_rising(data, k))
    each = y * np.log(mu / (k + mu)) - k * np.log1p(mu / k)
    return float(np.sum(each[known]) + np.sum(data.exceed * rising)) - constant


def _by_mean(data: Design, parameters: Parameters, mu: Floats) -> _ByMean:
    y, known, k = data.counts, data.known, parameters.size
    if not len(data.group):
        none = np.zeros(0)
        return _ByMean((y / mu - 1) * known, -y / mu**2 * known, np.zeros_like(mu), none, none)
    ratio = (y + k) / (k + mu)
    first, second = (y / mu - ratio) * known, (ratio / (k + mu) - y / mu**2) * known
    mixed = -k * (y - mu) / (k + mu) ** 2 * known
    by_k = ((mu - y) / (k + mu) - np.log1p(mu / k)) * known
    by_kk = (1 / k - 1 / (k + mu) + (y - mu) / (k + mu) ** 2) * known
    groups, rising = len(data.exceed), _rising(data, k)
    slope = np.bincount(data.group, by_k.sum(axis=0), groups) + np.sum(data.exceed / rising, axis=1)
    bend = np.bincount(data.group, by_kk.sum(axis=0), groups) - np.sum(data.exceed / rising**2, axis=1)
    size = _sizes(data, k)
    return _ByMean(first, second, mixed, -size * slope, size**2 * bend + size * slope)


def _sizes(data: Design, k: Floats) -> Floats:
    """1 / ψ of every group."""
    sizes = np.empty(len(data.exceed))
    sizes[data.group] = k
    return sizes


def _rising(data: Design, k: Floats) -> Floats:
    """k + j for every group and j below its largest count."""
    return _sizes(data, k)[:, None] + np.arange(data.exceed.shape[1])


def _nonlinear(
    data: Design, parameters: Parameters, made: Mean
) -> tuple[list[tuple[Floats, Floats]], list[list[Floats]]]:
    """Derivatives of the own and the neighbours' part by the kernel's and the lags' parameter, those estimated."""
    (_, own, other), (_, past, _) = made.factors, made.loads
    w, dw, ddw = parameters.kernel
    firsts: list[tuple[Floats, Floats]] = []
    seconds: list[list[Floats]] = []
    if data.kernel.estimated:
        firsts.append((np.zeros_like(past), other * (past @ dw)))
        seconds.append([other * (past @ ddw)])
    if len(data.lagged) > 1:
        d_past, dd_past = (np.tensordot(u, data.lagged, axes=1) for u in parameters.lags[1:])
        firsts.append((own * d_past, other * (d_past @ w)))
        if data.kernel.estimated:
            mixed = other * (d_past @ dw)
            seconds[0].append(mixed)
            seconds.append([mixed])
        else:
            seconds.append([])
        seconds[-1].append(own * dd_past + other * (dd_past @ w))
    return firsts, seconds


def _reduced(data: Design, block: int, weight: Floats) -> Floats:
    """Sum over rows of `weight` times each column and region of a part; plain sum for a single parameter."""
    if block >= len(data.columns):
        return np.array([np.sum(weight)])
    columns = data.columns[block]
    summed = columns.reshape(len(columns), -1) @ weight.ravel()
    return np.concatenate([summed, weight.sum(axis=0)]) if data.regional[block] else summed


def _crossed(data: Design, one: int, other: int, weight: Floats) -> Floats:
    """Sum over rows of `weight` times the outer product of the columns and regions of two blocks."""
    if other >= len(data.columns):
        return _reduced(data, one, weight)[:, None]
    left, right = data.columns[one], data.columns[other]
    scaled = left * weight
    both = scaled.reshape(len(left), -1) @ right.reshape(len(right), -1).T
    blocks = [[both]]
    if data.regional[other]:
        blocks[0].append(scaled.sum(axis=1))
    if data.regional[one]:
        lower = [np.sum(right * weight, axis=1).T]
        if data.regional[other]:
            lower.append(np.diag(weight.sum(axis=0)))
        blocks.append(lower)
    return np.block(blocks)


def _with_dispersion(
    data: Design, by_mean: _ByMean, along: list[Floats], gradient: Floats, hessian: Floats
) -> tuple[Floats, Floats]:
    groups = len(by_mean.gradient)
    if not groups:
        return gradient, hessian
    border = []
    for place in range(groups):
        mine = by_mean.mixed * (data.group == place)
        border.append(np.concatenate([_reduced(data, i, mine * each) for i, each in enumerate(along)]))
    edge = np.stack(border, axis=1)
    whole = np.block([[hessian, edge], [edge.T, np.diag(by_mean.curvature)]])
    return np.concatenate([gradient, by_mean.gradient]), whole

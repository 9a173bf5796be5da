"""Self-exciting counts by region and day: what a panel of counts by month lets one fit, and its future.

A panel says how many attacks a region had in a month, not where and when. Each is placed on a day of its month at
random; its place is spread over a disc of the region's area around its centre. With N_r(d) events in region r on day d

    λ_r(d) = δ G_r(d) + ω H_r(d) + η Σ_s P_sr(σ) Σ_{k=1}^{180} q_k(α) N_s(d - k)

events are expected there. q is exp(-α k) scaled to sum to one, so η is the expected number of direct offspring. P_sr is
the chance that an event triggered from s falls into r: a Gaussian widened by both discs. The background of the kind
``region`` has two parts, both from earlier months only: H_r, the region's own discounted rate, and G_r, the rate of all
regions by share of area. That of the kind ``area`` is the same per km² and day everywhere and always; H_r is left out.

Spread below the size of a region cannot be told from such data: σ then only says how much stays in the region.

The form is that of Meyer, Elias & Höhle 2012 (https://doi.org/10.1111/j.1541-0420.2011.01684.x), summed over regions
and days; the background from past rates takes the place of their covariates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harmattan.models.selfexciting_terms import (
    LIMITS,
    REACH_DAYS,
    USUAL_WEIGHTS,
    backgrounds,
    echo,
    held,
    maximised,
)

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Days:
    """A panel's counts placed on days; `place` makes it.

    Attributes
    ----------
    counts
        Events, shape (day, region).
    known
        1 where the region was covered in that month, else 0, same shape.
    month
        Number of each day's month, from 0, shape (day,).
    """

    counts: Floats
    known: Floats
    month: Places


def place(counts: Floats, lengths: Places, rng: np.random.Generator) -> Days:
    """Place each event on a day of its month, all days equally likely; months not covered stay without events.

    Parameters
    ----------
    counts
        Events by month and region, NaN where not covered, shape (month, region).
    lengths
        Days of each month, shape (month,).
    rng
        Source of randomness.

    Examples
    --------
    >>> days = place(np.array([[2.0], [0.0]]), np.array([31, 28]), np.random.default_rng(1))
    >>> days.counts.shape, days.counts[:31].sum().item()
    ((59, 1), 2.0)
    """
    whole = np.nan_to_num(counts).astype(np.int64)
    first = np.cumsum(lengths) - lengths
    which, region = np.nonzero(whole)
    times = whole[which, region]
    which, region = np.repeat(which, times), np.repeat(region, times)
    day = first[which] + (rng.random(len(which)) * lengths[which]).astype(np.int64)
    placed = np.zeros((int(lengths.sum()), counts.shape[1]))
    np.add.at(placed, (day, region), 1.0)
    month = np.repeat(np.arange(len(lengths)), lengths)
    return Days(placed, (~np.isnan(counts))[month].astype(np.float64), month)


def arrival(km: Floats, area: Floats, sigma: float) -> Floats:
    """Chance that an event triggered from region s falls into region r, shape (s, r).

        P_sr = A_r / (2π v) exp(-d² / 2v),   v = σ² + (A_s + A_r) / 4π

    A disc of area A has the variance A / 4π along each axis. What falls outside all regions is lost; rows above one,
    which the approximation can give, are scaled to one.

    Parameters
    ----------
    km
        Distances between centres, shape (region, region).
    area
        Areas in km², shape (region,).
    sigma
        Reach of the Gaussian, km.

    Examples
    --------
    >>> arrival(np.array([[0.0]]), np.array([400.0]), 1e-6).round(6).item()
    1.0
    """
    variance = sigma**2 + (area[:, None] + area[None, :]) / (4 * np.pi)
    chance = area[None, :] / (2 * np.pi * variance) * np.exp(-(km**2) / (2 * variance))
    return np.asarray(chance / np.maximum(chance.sum(axis=1, keepdims=True), 1.0))


@dataclass(frozen=True, eq=False)
class RegionFit:
    """What was fitted, in numbers and arrays only.

    Attributes
    ----------
    weights
        Those of the background's parts, δ and ω or δ alone, and η last, shape (part + 1,).
    mean_days, sigma_km
        1 / α and σ.
    background
        Expected background events per day after the last month, shape (region,).
    chance
        `arrival` at σ, shape (region, region).
    region, age
        Where each event of the last 180 days was and how many days ago; 1 is the last day. Shape (event,).
    """

    weights: Floats
    mean_days: float
    sigma_km: float
    background: Floats
    chance: Floats
    region: Places
    age: Places

    @property
    def where(self) -> Places:
        """Where each recent event was: its region."""
        return self.region

    def begun(self, region: Places, rng: np.random.Generator) -> Places:
        """Where background events of the given regions are, as far as is known."""
        return region

    def spread(self, where: Places, rng: np.random.Generator) -> tuple[Places, Places]:
        """Where the offspring of given events are, one of each, and their regions; -1 outside all."""
        regions = len(self.background)
        steps = np.minimum(np.cumsum(self.chance, axis=1), 1.0) + np.arange(regions)[:, None]
        target = np.searchsorted(steps.ravel(), where + rng.random(len(where))) - where * regions
        target = np.where(target < regions, target, -1)
        return target, target


@dataclass(frozen=True, eq=False)
class _Terms:
    """The three terms of the intensity: their values where events are, and their sums over days and regions."""

    days: Days
    parts: Floats
    lengths: Places
    km: Floats
    area: Floats

    def cells(self) -> tuple[Places, Places]:
        """Day and region of every cell with events; the first month only serves as history."""
        day, region = np.nonzero((self.days.counts > 0) & (self.days.month[:, None] > 0))
        return day, region

    def values(self, free: Floats) -> tuple[Floats, Floats]:
        """For log 1 / α and log σ: shape (cell, 3) and (3,)."""
        mean_days, sigma = np.exp(free)
        chance = arrival(self.km, self.area, float(sigma))
        excess = echo(self.days.counts, float(mean_days))
        day, region = self.cells()
        triggered = np.einsum("ij,ij->i", excess[day], chance[:, region].T)
        rate = np.stack([*self.parts[:, self.days.month[day], region], triggered], axis=1)
        first = np.cumsum(self.lengths) - self.lengths
        known = self.days.known[first][1:]
        sent = ((np.add.reduceat(excess, first)[1:] @ chance) * known).sum()
        return rate, np.array([*held(self.parts, self.days.known[first], self.lengths), sent])


def fit_regions(
    counts: Floats, lengths: Places, *, km: Floats, area: Floats, rng: np.random.Generator, background: str = "region"
) -> RegionFit:
    """Maximise the likelihood of the placed counts, with weak priors that decide where the panel is quiet.

    Parameters
    ----------
    counts
        Events by month and region, NaN where not covered, shape (month, region).
    lengths
        Days of each month, shape (month,).
    km, area
        As in `arrival`.
    rng
        Decides on which day of its month an event is placed.
    background
        ``region`` or ``area``.
    """
    days, parts = place(counts, lengths, rng), backgrounds(counts, lengths, area, background)
    terms = _Terms(days, parts, lengths, km, area)
    weights, mean_days, sigma = maximised(terms.values, days.counts[terms.cells()], USUAL_WEIGHTS[background], LIMITS)
    recent = days.counts[::-1][:REACH_DAYS]
    age, region = np.nonzero(recent)
    times = recent[age, region].astype(np.int64)
    return RegionFit(
        weights=weights,
        mean_days=mean_days,
        sigma_km=sigma,
        background=np.asarray(weights[:-1] @ parts[:, -1]),
        chance=arrival(km, area, sigma),
        region=np.repeat(region, times),
        age=np.repeat(age + 1, times),
    )

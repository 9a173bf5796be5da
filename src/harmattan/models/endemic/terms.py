"""The terms of the three log-linear parts, and their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PARTS = ("background", "own", "neighbours")
FAMILIES = ("negative_binomial", "poisson")
MOST_LAGS = 12


@dataclass(frozen=True)
class Structure:
    """Terms of the three log-linear parts, family, lags and penalties.

    A term is ``"trend"`` (t, in months from the first row), ``"season"`` (sine and cosine of 2πt/12), ``"regions"`` (an
    effect of each region, with a ridge) or the name of a covariate. Every part has an intercept.

    Parameters
    ----------
    background, own, neighbours
        Terms of log ν, log λ and log φ.
    family
        ``"negative_binomial"`` with variance μ + ψ μ², or ``"poisson"``.
    lags
        How many past months D feed λ and φ, 1 to 12; with more than one, weights are geometric.
    ridge
        Precision of the effects of regions, which are taken as normal around zero.
    spread
        Standard deviation of a weak normal prior on every other parameter around the start of the search, which keeps
        them finite where data do not tell; None for plain maximum likelihood. Log-likelihood and AIC leave out both
        penalties.

    Raises
    ------
    ValueError
        If a value is out of range or a term comes twice.
    """

    background: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    family: str = "negative_binomial"
    lags: int = 1
    ridge: float = 1.0
    spread: float | None = None

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise ValueError(f"family must be one of {', '.join(FAMILIES)}; got {self.family!r}")
        if not 1 <= self.lags <= MOST_LAGS:
            raise ValueError(f"lags must be a number of months from 1 to {MOST_LAGS}; got {self.lags}")
        if not self.ridge > 0 or (self.spread is not None and not self.spread > 0):
            raise ValueError(f"ridge and spread must be positive; got ridge {self.ridge} and spread {self.spread}")
        for part in PARTS:
            terms = self.terms(part)
            twice = [term for place, term in enumerate(terms) if term in terms[:place]]
            if twice:
                raise ValueError(f"each term of {part} must be given once; {twice[0]!r} comes twice")

    def terms(self, part: str) -> tuple[str, ...]:
        """Return the terms of one part."""
        return tuple({"background": self.background, "own": self.own, "neighbours": self.neighbours}[part])


def predictors(
    terms: Sequence[str], months: npt.NDArray[np.int_], covariates: Mapping[str, Floats], regions: int
) -> dict[str, Floats]:
    """Return the columns of one part by name, intercept first, each of shape (month, region).

    Parameters
    ----------
    terms
        Terms of the part.
    months
        Number t of each month, counted from the first row of the counts.
    covariates
        Arrays by name that broadcast to (month, region).
    regions
        How many.

    Raises
    ------
    ValueError
        If a term is unknown, or a covariate has a hole or another shape.

    Examples
    --------
    >>> list(predictors(("season", "roads"), np.arange(3), {"roads": np.ones((1, 2))}, 2))
    ['intercept', 'sin', 'cos', 'roads']
    """
    t = months[:, None].astype(np.float64)
    built_in = {"trend": {"trend": t}, "season": {"sin": np.sin(t * np.pi / 6), "cos": np.cos(t * np.pi / 6)}}
    held: dict[str, Floats] = {"intercept": np.ones((1, 1))}
    for term in terms:
        if term in built_in:
            held |= built_in[term]
        elif term in covariates:
            held[term] = np.asarray(covariates[term], dtype=np.float64)
        elif term != "regions":
            known = ", ".join(["trend", "season", "regions", *covariates])
            raise ValueError(f"a term must be one of {known}; got {term!r}: add it to the covariates")
    shape = (len(months), regions)
    for name, values in held.items():
        if not np.isfinite(values).all():
            raise ValueError(f"covariate {name!r} must be known and finite for every region and month it is used in")
        if any(have not in (1, want) for have, want in zip(values.shape, shape, strict=True)):
            raise ValueError(
                f"covariate {name!r} must cover {shape[0]} months and {regions} regions; got {values.shape}"
            )
    return {name: np.broadcast_to(values, shape) for name, values in held.items()}

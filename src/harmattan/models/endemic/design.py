"""The arrays the likelihood of an endemic-epidemic model needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harmattan.models.endemic.terms import PARTS, Structure, predictors
from harmattan.models.endemic.weights import Kernel

Floats = npt.NDArray[np.float64]

OWN_START, NEIGHBOURS_START = np.log(0.4), np.log(0.3)


@dataclass(frozen=True, eq=False)
class Design:
    """Arrays of the rows a model is fitted to; T months, R regions, D lags.

    Attributes
    ----------
    structure, kernel
        What is fitted.
    counts
        y, shape (T, R); zero where not known.
    known
        Which counts are known and enter the likelihood, shape (T, R).
    lagged
        y of d = 1 to D months before, shape (D, T, R); what is not known counts as none.
    columns
        Covariates of each part with the intercept first, shape (column, T, R).
    regional
        Whether each part has effects of regions.
    exposure
        e, shape (R,).
    group
        Place of each region's overdispersion, shape (R,); empty for Poisson.
    names
        Name of every parameter, in order: the columns and regions of each part, kernel, lags, overdispersion.
    start, precision
        Where the search begins, and the precision of the normal prior around it; both of shape (parameter,).
    exceed
        How many known counts of each group are above 0, 1, 2, ..., shape (group, largest count).
    recent
        Counts of the last D months, newest first, shape (D, R).
    next_month
        Number t of the month after the last row.
    """

    structure: Structure
    kernel: Kernel
    counts: Floats
    known: npt.NDArray[np.bool_]
    lagged: Floats
    columns: tuple[Floats, Floats, Floats]
    regional: tuple[bool, bool, bool]
    exposure: Floats
    group: npt.NDArray[np.intp]
    names: tuple[str, ...]
    start: Floats
    precision: Floats
    exceed: Floats
    recent: Floats
    next_month: int


def design(
    counts: Floats,
    structure: Structure,
    kernel: Kernel,
    *,
    regions: Sequence[str],
    covariates: Mapping[str, Floats],
    exposure: Floats | None = None,
    groups: Sequence[str] | None = None,
    first: int | None = None,
) -> Design:
    """Lay out the arrays of a fit.

    Parameters
    ----------
    counts
        Shape (month, region), whole numbers; NaN where not known.
    structure, kernel
        What to fit.
    regions
        Codes, for the names of effects.
    covariates
        Arrays by name that broadcast to (month, region): wide frames, or a row of one value per region.
    exposure
        e by region, positive; ones if None.
    groups
        Regions of one group (a country) share an overdispersion; all of them if None.
    first
        First row whose counts enter the likelihood, at least 1; `structure.lags` if None. Earlier rows are past only.

    Raises
    ------
    ValueError
        If counts are negative or not whole, a term is unknown, or the kernel or exposure does not fit the regions.
    """
    months, places = counts.shape
    begin = structure.lags if first is None else first
    _check(counts, kernel, exposure, begin, regions)
    known = ~np.isnan(counts)
    filled = np.where(known, counts, 0.0)
    past = lagged(filled, structure.lags)
    group, labels = _grouped(structure.family, groups, places)
    columns, names, start, precision = [], [], [], []
    centres = _centres(filled[begin:], known[begin:], exposure)
    weak = 0.0 if structure.spread is None else structure.spread**-2
    for part, centre in zip(PARTS, centres, strict=True):
        held = predictors(structure.terms(part), np.arange(months), covariates, places)
        columns.append(np.stack([column[begin:] for column in held.values()]))
        effects = [f"{part}:{code}" for code in regions] if "regions" in structure.terms(part) else []
        names += [f"{part}:{name}" for name in held] + effects
        start += [centre] + [0.0] * (len(held) - 1 + len(effects))
        precision += [weak] * len(held) + [structure.ridge] * len(effects)
    tail = {kernel.parameter: kernel.value} if kernel.estimated else {}
    tail |= {"lag_logit": 0.0} if structure.lags > 1 else {}
    tail |= dict.fromkeys(labels, 0.0)
    return Design(
        structure=structure,
        kernel=kernel,
        counts=filled[begin:],
        known=known[begin:],
        lagged=past[:, begin:months],
        columns=(columns[0], columns[1], columns[2]),
        regional=("regions" in structure.background, "regions" in structure.own, "regions" in structure.neighbours),
        exposure=np.ones(places) if exposure is None else np.asarray(exposure, dtype=np.float64),
        group=group,
        names=(*names, *tail),
        start=np.array([*start, *tail.values()]),
        precision=np.array([*precision, *([weak] * len(tail))]),
        exceed=_exceedances(filled[begin:], known[begin:], group, len(labels)),
        recent=past[:, months],
        next_month=months,
    )


def lagged(counts: Floats, lags: int) -> Floats:
    """Return the counts of 1 to `lags` months before each row and before the row after the last.

    Returns
    -------
    numpy.ndarray
        Shape (lag, month + 1, region); zero before the first month.

    Examples
    --------
    >>> lagged(np.array([[1.0], [2.0], [3.0]]), 2)[:, :, 0].tolist()
    [[0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 1.0, 2.0]]
    """
    months, regions = counts.shape
    past = np.zeros((lags, months + 1, regions))
    for back in range(1, min(lags, months) + 1):
        past[back - 1, back:] = counts[: months + 1 - back]
    return past


def _centres(counts: Floats, known: npt.NDArray[np.bool_], exposure: Floats | None) -> tuple[float, float, float]:
    size = known.sum() if exposure is None else (known * exposure).sum()
    mean = (counts.sum() + 0.5) / max(float(size), 1e-9) if counts.size else 0.01
    return float(np.log(mean / 3)), float(OWN_START), float(NEIGHBOURS_START)


def _grouped(family: str, groups: Sequence[str] | None, regions: int) -> tuple[npt.NDArray[np.intp], tuple[str, ...]]:
    if family == "poisson":
        return np.zeros(0, dtype=np.intp), ()
    if groups is None:
        return np.zeros(regions, dtype=np.intp), ("log_overdispersion",)
    labels, place = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    return place.astype(np.intp), tuple(f"log_overdispersion:{label}" for label in labels)


def _exceedances(counts: Floats, known: npt.NDArray[np.bool_], group: npt.NDArray[np.intp], groups: int) -> Floats:
    most = int(counts.max(initial=0.0))
    exceed = np.zeros((groups, most))
    for place in range(groups):
        mine = counts[:, group == place][known[:, group == place]].astype(np.int64)
        exceed[place] = len(mine) - np.cumsum(np.bincount(mine, minlength=most + 1))[:most]
    return exceed


def _check(counts: Floats, kernel: Kernel, exposure: Floats | None, first: int, regions: Sequence[str]) -> None:
    places = counts.shape[1]
    if first < 1:
        raise ValueError(f"first must be at least 1, since a count needs a month before it; got {first}")
    wrong = np.argwhere(~np.isnan(counts) & ((counts < 0) | (counts != np.floor(counts)) | np.isinf(counts)))
    if len(wrong):
        when, where = wrong[0]
        raise ValueError(
            f"counts must be whole numbers, zero or more; row {when}, {regions[where]} is {counts[when, where]}"
        )
    if kernel.base.shape != (places, places):
        raise ValueError(f"the kernel must have {places} rows and columns, one per region; got {kernel.base.shape}")
    if exposure is not None and (np.shape(exposure) != (places,) or not (np.asarray(exposure) > 0).all()):
        raise ValueError(f"exposure must be a positive number for each of {places} regions; got {exposure!r}")

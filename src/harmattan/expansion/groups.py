"""What quantities are given for: all regions, countries, named sets of regions, and corridors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from harmattan.regions import Regions

Floats = npt.NDArray[np.float64]
Totals = npt.NDArray[np.float32]

CORRIDOR_COLUMNS = ("corridor", "region", "km")


@dataclass(frozen=True, eq=False)
class Scopes:
    """Groups of regions by name; a region may be in many.

    Attributes
    ----------
    table
        One row per group: ``scope`` (all, country, set or corridor), ``name``, ``regions`` (how many), ``km`` (length
        of a corridor in these regions, else NaN) and ``covered`` (share of the corridor's km that lies in them).
    members
        Which regions belong to each, shape (group, region).
    km
        Length of each corridor in each region, shape (group, region); zero for other groups.
    """

    table: pd.DataFrame
    members: npt.NDArray[np.bool_]
    km: Floats

    @property
    def along(self) -> Floats:
        """Share of each corridor's km that lies in each region, shape (group, region); zero for other groups."""
        length = self.km.sum(axis=1, keepdims=True)
        share = np.zeros_like(self.km)
        np.divide(self.km, length, out=share, where=length > 0)
        return share

    def total(self, values: npt.ArrayLike) -> Totals:
        """Return sums over the regions of each group: shape (..., region) becomes (..., group).

        NaN where a region of the group has NaN.
        """
        return across(csr_array(self.members, dtype=np.float32), values)

    def exposure(self, values: npt.ArrayLike) -> Totals:
        """Return means over the regions of each corridor, weighted by its km in them; zero for other groups."""
        return across(csr_array(self.along, dtype=np.float32), values)


def scopes(
    regions: Regions,
    *,
    sets: Mapping[str, Iterable[str]] | None = None,
    corridors: pd.DataFrame | None = None,
) -> Scopes:
    """Return the groups of some regions: all together, each country, the sets and the corridors.

    Parameters
    ----------
    regions
        The regions of the panel.
    sets
        Region codes by the name of the set, such as a border belt.
    corridors
        One row for each step of a corridor, as `harmattan.corridors` makes them: ``corridor``, ``region`` (empty, or
        any other code, outside the regions) and ``km``, its length there; rows of one region are added up, other
        columns are not read. ``covered`` tells how much of it lies in the regions; one that never enters is left out.

    Raises
    ------
    ValueError
        If a set is empty or holds an unknown code, or corridors lack a column or a length that is positive.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> scopes(bundled("admin1", ["BEN", "TGO"]), sets={"north": ["BJ01", "BJ02"]}).table["name"].tolist()
    ['all', 'BEN', 'TGO', 'north']
    """
    codes, n = regions.table.index, len(regions)
    country = regions.table["country"].to_numpy()
    rows: list[tuple[str, str, float, float]] = [("all", "all", np.nan, np.nan)]
    members, lengths = [np.ones(n, dtype=bool)], [np.zeros(n)]
    for each in sorted(set(country)):
        rows.append(("country", str(each), np.nan, np.nan))
        members.append(country == each)
        lengths.append(np.zeros(n))
    for name, chosen in (sets or {}).items():
        rows.append(("set", name, np.nan, np.nan))
        members.append(_member(name, list(chosen), codes))
        lengths.append(np.zeros(n))
    for name, km, length in _along(corridors, codes):
        rows.append(("corridor", name, km.sum(), km.sum() / length))
        members.append(km > 0)
        lengths.append(km)
    table = pd.DataFrame(rows, columns=["scope", "name", "km", "covered"])
    holds = np.stack(members)
    table.insert(2, "regions", holds.sum(axis=1))
    return Scopes(table, holds, np.stack(lengths))


def across(weights: csr_array, values: npt.ArrayLike) -> npt.NDArray[np.floating]:
    """Return weighted sums over the last axis: (row, region) weights turn values (..., region) into (..., row).

    Weights that are zero are not stored, so the NaN of one region stays out of the rows it is not in.
    """
    given = np.asarray(values)
    flat = given.reshape(-1, given.shape[-1]).astype(weights.dtype, copy=False)
    sums = weights @ flat.T
    return np.asarray(sums.T.reshape(*given.shape[:-1], weights.shape[0]))


def _member(name: str, chosen: list[str], codes: pd.Index) -> npt.NDArray[np.bool_]:
    unknown = [code for code in chosen if code not in codes]
    if unknown or not chosen:
        what = f"{len(unknown)} of {len(chosen)} are none, first {unknown[0]!r}" if unknown else "there is none"
        raise ValueError(
            f"the set {name!r} must be codes of the {len(codes)} regions, such as {codes[0]!r}; {what}: "
            "correct it or leave the set out"
        )
    return np.asarray(codes.isin(chosen))


def _along(corridors: pd.DataFrame | None, codes: pd.Index) -> list[tuple[str, Floats, float]]:
    """Name, km in each region and whole length of every corridor that enters the regions, in the order given."""
    if corridors is None or corridors.empty:
        return []
    absent = [column for column in CORRIDOR_COLUMNS if column not in corridors]
    if absent:
        raise ValueError(f"corridors must have the columns {', '.join(CORRIDOR_COLUMNS)}; {', '.join(absent)} missing")
    wrong = corridors[~(corridors["km"] > 0)]
    if len(wrong):
        first = wrong.iloc[0]
        raise ValueError(
            f"corridors need a positive km in every row; {len(wrong)} have none, "
            f"first {first['corridor']} in {first['region']} with {first['km']}"
        )
    placed = corridors.assign(region=corridors["region"].fillna(""))
    wide = placed.pivot_table(index="corridor", columns="region", values="km", aggfunc="sum", sort=False)
    length = wide.sum(axis=1).to_numpy(dtype=np.float64)
    inside = wide.reindex(columns=codes).fillna(0.0).to_numpy(dtype=np.float64)
    each = zip(map(str, wide.index), inside, length, strict=True)
    return [(name, km, float(whole)) for name, km, whole in each if km.any()]

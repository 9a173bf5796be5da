"""The panel: every region and every month of a set of measures, and the only place that cuts time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import pandas as pd

from harmattan.counts import Counts
from harmattan.months import month_range
from harmattan.regions import Regions

QUIET_MONTHS = 12
POINT_COLUMNS = {"day": "datetime64[us]", "region": "str", "lon": "float64", "lat": "float64"}


@dataclass(frozen=True, eq=False)
class Panel:
    """Measures by month (rows) and region (columns), with nothing missing that is not said to be missing.

    Attributes
    ----------
    regions
        The regions, in the order of the columns, with their neighbours and static facts.
    measures
        One frame per measure, ``attacks`` among them, months down and regions across, float32. Zero is a fact;
        NaN stands only where `covered` is False.
    covered
        Whether the source reports on a region in a month; same shape.
    points
        The attacks whose day and place are known, one row each with the columns of `POINT_COLUMNS`, by day; None where
        the source has counts only. They need not be all of ``attacks``: others are known by month and region.
    """

    regions: Regions
    measures: Mapping[str, pd.DataFrame]
    covered: pd.DataFrame
    points: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        if "attacks" not in self.measures:
            raise ValueError(f"a panel needs the measure attacks; got {sorted(self.measures)}")
        months = month_range(self.covered.index[0], self.covered.index[-1])
        if not self.covered.index.equals(months):
            raise ValueError("the months of a panel must follow one another without a gap or a repeat")
        for name, frame in self.measures.items():
            if list(frame.columns) != list(self.regions.table.index) or not frame.index.equals(months):
                raise ValueError(
                    f"{name} must have the panel's {len(months)} months and {len(self.regions.table)} regions"
                )
            _check_values(name, frame, self.covered)
        if self.points is not None:
            _check_points(self.points, self.covered)

    @property
    def months(self) -> pd.PeriodIndex:
        """The months, ascending, without gaps."""
        return pd.PeriodIndex(self.covered.index)

    @property
    def origin(self) -> pd.Period:
        """The last month of the panel."""
        return self.months[-1]

    @property
    def attacks(self) -> pd.DataFrame:
        """The measure ``attacks``."""
        return self.measures["attacks"]

    @property
    def quiet(self) -> pd.Series:
        """Whether each region had no attack in the `QUIET_MONTHS` months to the origin: its next would be an onset."""
        return (self.attacks.iloc[-QUIET_MONTHS:] == 0).all()

    def as_of(self, origin: pd.Period, lag: int = 0) -> Panel:
        """Return what was known at `origin`: months up to `origin` less the `lag` newest, which are withheld.

        Points are cut like the measures: those after the last month kept are left out.

        Raises
        ------
        ValueError
            If that leaves no month, or the origin lies after the last month of the panel.
        """
        if origin > self.origin:
            raise ValueError(f"the origin {origin} lies after the panel's last month {self.origin}: no data tell of it")
        last = origin - lag
        if last < self.months[0]:
            raise ValueError(f"nothing is known at origin {origin} with lag {lag}: the panel begins {self.months[0]}")
        return Panel(
            self.regions,
            {name: frame.loc[:last] for name, frame in self.measures.items()},
            self.covered.loc[:last],
            None if self.points is None else _until(self.points, last),
        )

    def content_hash(self) -> str:
        """SHA-256 of regions, months, values and points: two panels are the same data if and only if this is equal."""
        digest = sha256("|".join([*map(str, self.regions.table.index), str(self.months[0])]).encode())
        for name in sorted(self.measures):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.measures[name].to_numpy(dtype="<f4")).tobytes())
        if self.points is not None:
            digest.update("|".join(["points", *self.points["region"]]).encode())
            digest.update(self.points["day"].to_numpy().astype("<M8[D]").tobytes())
            digest.update(self.points[["lon", "lat"]].to_numpy(dtype="<f8").tobytes())
        return digest.hexdigest()


def from_counts(counts: Counts, regions: Regions) -> Panel:
    """Build a panel from a count table, over the months the counts cover.

    Fractions (weeks or events shared between months by days) become whole counts by rounding each region's running
    total, which keeps totals and looks only backward. A covered month without a row is zero. Counts of regions that are
    not among `regions` are left out; measures with unknown values (deaths a source does not give) are not in the panel.

    Raises
    ------
    ValueError
        If no region of the counts is among the regions.
    """
    months = month_range(counts.first, counts.last)
    codes = regions.table.index
    table = counts.table[counts.table["region"].isin(codes)]
    if len(counts.table) and table.empty:
        raise ValueError(
            f"the counts of {counts.source} are for other regions: they have {counts.table['region'].iloc[0]!r}, "
            f"the {len(codes)} regions begin with {codes[0]!r}"
        )
    covered = pd.DataFrame(True, index=months, columns=codes)
    measures = {}
    for name in counts.measures:
        if table[name].notna().all():
            wide = table.pivot(index="month", columns="region", values=name).reindex(index=months, columns=codes)
            measures[name] = whole_counts(wide.astype("float64").fillna(0.0)).astype("float32")
    return Panel(regions, measures, covered)


def whole_counts(wide: pd.DataFrame) -> pd.DataFrame:
    """Round each column's running total and difference it: whole numbers, totals kept to within one half.

    Examples
    --------
    >>> whole_counts(pd.DataFrame({"r": [0.6, 0.4, 1.0]}))["r"].tolist()
    [1.0, 0.0, 1.0]
    """
    running = np.floor(wide.cumsum().to_numpy() + 0.5 + 1e-9)
    return pd.DataFrame(np.diff(running, axis=0, prepend=0.0), wide.index, wide.columns)


def _check_values(name: str, frame: pd.DataFrame, covered: pd.DataFrame) -> None:
    values, known = frame.to_numpy(), covered.to_numpy()
    holes = np.argwhere(np.isnan(values) & known)
    if len(holes):
        when, where = holes[0]
        raise ValueError(
            f"{name} must cover every region and month; {len(holes)} are missing, "
            f"first {frame.columns[where]} {frame.index[when]}"
        )
    wrong = np.argwhere((values < 0) | np.isinf(values))
    if len(wrong):
        when, where = wrong[0]
        raise ValueError(
            f"{name} must be zero or more and finite; "
            f"{frame.columns[where]} {frame.index[when]} is {values[when, where]}"
        )


def _until(points: pd.DataFrame, last: pd.Period) -> pd.DataFrame:
    return points[points["day"] < (last + 1).start_time].reset_index(drop=True)


def _check_points(points: pd.DataFrame, covered: pd.DataFrame) -> None:
    types = {str(name): str(kind) for name, kind in points.dtypes.items()}
    if types != POINT_COLUMNS:
        raise ValueError(f"points must have the columns {POINT_COLUMNS}; they have {types}")
    row = covered.index.get_indexer(pd.PeriodIndex(points["day"], freq="M"))
    column = covered.columns.get_indexer(pd.Index(points["region"]))
    known = covered.to_numpy()[np.maximum(row, 0), np.maximum(column, 0)]
    broken = {
        "days must be whole, ascending": (points["day"] != points["day"].dt.normalize())
        | (points["day"].diff() < pd.Timedelta(0)),
        "each must lie in a region and month that the panel covers": (row < 0) | (column < 0) | ~known,
        "lon and lat must be places on Earth": ~((points["lon"].abs() <= 180) & (points["lat"].abs() <= 90)),
    }
    for rule, wrong in broken.items():
        if wrong.any():
            first = points[np.asarray(wrong)].iloc[0]
            raise ValueError(
                f"points: {rule}; {int(wrong.sum())} of {len(points)} do not, first {first['region']} "
                f"{first['day']:%Y-%m-%d} at ({first['lon']:g}, {first['lat']:g})"
            )

"""What is doubtful in a file of events: placed in another country, twice, missing, late, too many, not coded yet.

Nothing is corrected here: a person decides. Limits are robust, so that one wild month does not hide another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.counts import Counts
from harmattan.events import Events
from harmattan.figures import region_table
from harmattan.regions import bundled, locate
from harmattan.sources.summary import uncoded
from harmattan.vintages.content import Found
from harmattan.vintages.difference import Difference

LIMIT, LATE = 5.0, 2.0
"""A spike is this many robust deviations above the usual, a late month so many below, on the scale of square roots."""

USUAL = 24
NEWEST = 3
NEAR_KM = 25.0
SHOWN = 5
KM_PER_DEGREE = 111.2

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Finding:
    """One thing looked for.

    Attributes
    ----------
    check
        Its name.
    number, of
        How many rows (or months) are doubtful, of how many looked at.
    said
        What that means, in a sentence.
    rows
        The doubtful ones, a column for each thing to look at.
    """

    check: str
    number: int
    of: int
    said: str
    rows: pd.DataFrame

    def lines(self) -> list[str]:
        """Return the finding in plain lines, the first few rows below it."""
        told = [f"{self.check}: {self.number} of {self.of}: {self.said}"]
        if self.number:
            told += [
                f"  {', '.join(f'{name} {value}' for name, value in row.items())}" for row in self.records()[:SHOWN]
            ]
            told += [f"  and {self.number - SHOWN} more"] if self.number > SHOWN else []
        return told

    def records(self) -> list[dict[str, str | int | float | None]]:
        """Return the rows as plain values; months and days as text."""
        return [{str(name): _plain(value) for name, value in row.items()} for row in self.rows.to_dict("records")]


def findings(found: Found, *, since: Difference | None = None) -> list[Finding]:
    """Look a file over.

    Parameters
    ----------
    found
        Events or counts, as read.
    since
        How it differs from an earlier snapshot, to list revised rows; not looked at if None.

    Returns
    -------
    list of Finding
        One for every check, also where nothing is doubtful.

    Examples
    --------
    >>> from harmattan.events import event_table
    >>> place = {"lon": [2.638], "lat": [12.961], "country": ["BFA"]}
    >>> table = event_table({"event": ["1"], "start": ["2023-06-09"], **place})
    >>> outside = {each.check: each for each in findings(Events(table, "example"))}["outside the stated country"]
    >>> outside.number, outside.records()[0]["in"], outside.records()[0]["if"]
    (1, 'NER', 'longitude -2.638')
    """
    made = _of_events(found) if isinstance(found, Events) else _of_counts(found)
    return [*made, _revised(since)] if since is not None else made


def coverage(found: Found) -> pd.DataFrame:
    """Return attacks by country and month (of regions, for counts): index month, one column each, zero where none."""
    if isinstance(found, Counts):
        table = pd.DataFrame({"month": found.table["month"], "of": found.table["region"], "n": found.table["attacks"]})
    else:
        where = found.table["country"].fillna("unknown")
        table = pd.DataFrame({"month": found.table["start"].dt.to_period("M"), "of": where, "n": 1.0})
    wide = table.pivot_table(index="month", columns="of", values="n", aggfunc="sum")
    months = pd.period_range(wide.index.min(), wide.index.max(), freq="M", name="month")
    return wide.reindex(months).fillna(0.0)


def coverage_lines(found: Found) -> list[str]:
    """Return a line for each of the countries with most attacks: first and last month, months with any, attacks."""
    wide = coverage(found)
    order = wide.sum().sort_values(ascending=False, kind="stable").index
    told = []
    for name in order[:SHOWN]:
        filled = wide.index[wide[name] > 0]
        told.append(
            f"  {name}: {filled[0]} to {filled[-1]}, {len(filled)} months with any of {len(wide)}, {wide[name].sum():g}"
        )
    more = len(order) - SHOWN
    return [
        f"attacks by country, {wide.index[0]} to {wide.index[-1]}:",
        *told,
        *([f"  and {more} more"] if more > 0 else []),
    ]


def _of_events(events: Events) -> list[Finding]:
    table = events.table
    if table.empty:
        return []
    wide = coverage(events)
    checks: tuple[Callable[[pd.DataFrame], Finding], ...] = (_twice, _uncoded, _nobody, _outside, _nowhere, _coarse)
    repeated = events.dropped.get("repeated event id", 0)
    same = Finding("same id", repeated, events.rows_read, "the first of each is kept", pd.DataFrame())
    return [same, *(check(table) for check in checks), *_months(wide)]


def _of_counts(counts: Counts) -> list[Finding]:
    table, known = counts.table, region_table().index
    named = table["region"].str.contains("|", regex=False)
    unknown = table[~table["region"].isin(known) & ~named].drop_duplicates("region")[["region"]]
    where = Finding(
        "unknown regions", len(unknown), table["region"].nunique(), "not a bundled region; use polygons", unknown
    )
    return [where, *_months(coverage(counts))]


def _months(wide: pd.DataFrame) -> list[Finding]:
    whole = wide.sum(axis=1)
    empty = pd.DataFrame({"month": whole.index[(whole == 0).to_numpy()]})
    gaps = Finding("months without any row", len(empty), len(whole), "zero, or not collected?", empty)
    usual, spread = _usual(wide)
    off = (np.sqrt(wide.to_numpy()) - usual.to_numpy()) / spread.to_numpy()
    newest = np.arange(len(wide))[:, None] >= len(wide) - NEWEST
    spikes = _months_table(wide, usual**2, off > LIMIT)
    late = _months_table(wide, usual**2, (off < -LATE) & newest)
    said = f"more than {LIMIT:g} robust deviations above the usual"
    return [
        gaps,
        Finding("late months", len(late), NEWEST * wide.shape[1], "fewer than usual: reports may still come in", late),
        Finding("spikes", len(spikes), wide.size, said, spikes),
    ]


def _usual(wide: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Median and robust deviation of the square roots of the months before; at least that of a Poisson count, 1/2.

    Unknown where fewer than half of these months are there.
    """
    root = np.sqrt(wide.to_numpy())
    padded = np.concatenate([np.full((USUAL, root.shape[1]), np.nan), root[:-1]])
    before = np.lib.stride_tricks.sliding_window_view(padded, USUAL, axis=0)
    usual, spread = np.full(root.shape, np.nan), np.full(root.shape, np.nan)
    first = USUAL // 2
    if len(root) > first:
        usual[first:] = np.nanmedian(before[first:], axis=2)
        spread[first:] = 1.4826 * np.nanmedian(np.abs(before[first:] - usual[first:, :, None]), axis=2)
    return (
        pd.DataFrame(usual, wide.index, wide.columns),
        pd.DataFrame(np.maximum(spread, 0.5), wide.index, wide.columns),
    )


def _months_table(wide: pd.DataFrame, usual: pd.DataFrame, chosen: Flags) -> pd.DataFrame:
    row, column = np.nonzero(chosen)
    return pd.DataFrame(
        {
            "month": wide.index[row],
            "of": wide.columns[column].astype(str),
            "attacks": wide.to_numpy()[row, column],
            "usual": usual.to_numpy()[row, column].round(1),
        }
    )


def _twice(table: pd.DataFrame) -> Finding:
    same = table.duplicated(["start", "lon", "lat", "actor_a", "actor_b"], keep=False) & table["lon"].notna()
    rows = table[same].sort_values(["start", "lon", "lat", "event"])
    return Finding(
        "same day, place and sides", len(rows), len(table), "one attack recorded twice, or two attacks?", _told(rows)
    )


def _uncoded(table: pd.DataFrame) -> Finding:
    sides = [table[side].str.contains(r"\bXXX\d+", na=False) for side in ("actor_a", "actor_b")]
    rows = table[sides[0] | sides[1]]
    said = "actors not coded yet (XXX and a number); they may turn out to be the group"
    return Finding("actors not coded", uncoded(table), len(table), said, _told(rows, "actor_a", "actor_b"))


def _nobody(table: pd.DataFrame) -> Finding:
    pattern = r"^(?:unknown|unidentified|unnamed|not known)\b"
    sides = [
        table[side].isna() | table[side].str.contains(pattern, case=False, na=False) for side in ("actor_a", "actor_b")
    ]
    rows = table[sides[0] | sides[1]]
    return Finding(
        "actors unknown",
        len(rows),
        len(table),
        "no name on a side, or an unknown one",
        _told(rows, "actor_a", "actor_b"),
    )


def _coarse(table: pd.DataFrame) -> Finding:
    coarse = (table["where_prec"] > 4).fillna(False) | (table["date_prec"] > 4).fillna(False)
    rows = table[coarse.to_numpy(dtype=bool)]
    said = "placed worse than a province, or dated worse than a month"
    return Finding("placed or dated coarsely", len(rows), len(table), said, _told(rows, "where_prec", "date_prec"))


def _nowhere(table: pd.DataFrame) -> Finding:
    ours = table["country"].isin(region_table()["country"].unique()).to_numpy()
    codes = np.full(len(table), None, dtype=object)
    codes[ours] = locate(bundled("country"), table["lon"].to_numpy()[ours], table["lat"].to_numpy()[ours])
    rows = table[ours & pd.isna(codes)]
    return Finding(
        "in no region", len(rows), int(ours.sum()), "no coordinates, or off the bundled regions", _told(rows)
    )


def _outside(table: pd.DataFrame) -> Finding:
    """Events whose place lies in another bundled country, or none, farther from the stated one than `NEAR_KM`."""
    countries = bundled("country")
    lon, lat, stated = (table[name].to_numpy() for name in ("lon", "lat", "country"))
    looked = np.isin(stated.astype(object), countries.table.index.to_numpy(dtype=object)) & np.isfinite(lon)
    looked &= ~(table["where_prec"] >= 6).fillna(False).to_numpy(dtype=bool)
    at = np.flatnonzero(looked)
    x, y, said = lon[at], lat[at], stated[at].astype(object)
    inside = locate(countries, x, y)
    wrong = inside != said
    at, x, y, said, inside = at[wrong], x[wrong], y[wrong], said[wrong], inside[wrong]
    far = ~_near(x, y, said)
    at, x, y, said, inside = at[far], x[far], y[far], said[far], inside[far]
    rows = table.iloc[at][["event", "start", "country", "lon", "lat"]].reset_index(drop=True)
    rows = rows.assign(**{"in": pd.Series(inside, dtype=object).fillna("none of the countries known")})
    rows = rows.assign(**{"if": _remedies(x, y, said)})
    told = f"coordinates more than {NEAR_KM:g} km outside; 'if' says what would put them inside"
    return Finding("outside the stated country", len(rows), int(looked.sum()), told, rows)


def _near(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], said: npt.NDArray[np.object_]) -> Flags:
    """Whether a place within `NEAR_KM` in one of sixteen directions lies in the stated country."""
    countries = bundled("country")
    found = np.zeros(len(x), dtype=bool)
    for turn in np.arange(16) * np.pi / 8:
        for km in (NEAR_KM / 2, NEAR_KM):
            step = km / KM_PER_DEGREE
            east = step * np.cos(turn) / np.maximum(np.cos(np.radians(y)), 0.1)
            found |= locate(countries, x + east, y + step * np.sin(turn)) == said
    return found


def _remedies(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], said: npt.NDArray[np.object_]) -> list[str]:
    """The usual slips of the pen, where undoing one puts the place into the stated country."""
    tried: Mapping[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = {
        "longitude": (-x, y),
        "latitude": (x, -y),
        "both": (-x, -y),
        "swapped": (y, x),
    }
    right = {name: locate(bundled("country"), *place) == said for name, place in tried.items()}
    words = {
        "longitude": lambda place: f"longitude {-x[place]:.3f}",
        "latitude": lambda place: f"latitude {-y[place]:.3f}",
        "both": lambda place: f"longitude {-x[place]:.3f} and latitude {-y[place]:.3f}",
        "swapped": lambda place: f"longitude {y[place]:.3f} and latitude {x[place]:.3f}",
    }
    return [
        next((words[name](place) for name in tried if right[name][place]), "nothing simple") for place in range(len(x))
    ]


def _revised(since: Difference) -> Finding:
    changed = since.rows[since.rows["change"] != "added"]
    rows = changed[["row", "change", "columns", "month", "region"]].rename(columns={"row": "event"})
    said = "revised or removed since the earlier snapshot, in the months of both"
    compared = int(since.totals.get("attacks_a", 0))
    return Finding("revised since", len(rows), compared, said, rows.reset_index(drop=True))


def _told(rows: pd.DataFrame, *more: str) -> pd.DataFrame:
    return rows[["event", "start", "country", "lon", "lat", *more]].reset_index(drop=True)


def _plain(value: object) -> str | int | float | None:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, np.integer | int):
        return int(value)
    return round(float(value), 3) if isinstance(value, np.floating | float) else str(value)

"""A split change told: sentences by region, a file for other programs, and the file that the review page reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from harmattan.changes.split import Changes
from harmattan.exports import write_csv, write_parquet
from harmattan.page.earlier import newest_first
from harmattan.page.notes import PARTS, beside
from harmattan.release.manifest import MANIFEST, load
from harmattan.whole import write_text
from harmattan.words import and_list, labels, percent, singular, span

WRITERS = {".csv": write_csv, ".parquet": write_parquet}
SAID = {"revised": "revised data", "new": "new data", "model": "model"}


def of_window(changes: Changes, window: str | None = None, *, quantity: str = "p1") -> pd.DataFrame:
    """Return the rows of one window, by default the nearest, the largest changes first.

    Raises
    ------
    ValueError
        If there is no such window.
    """
    chosen = next(iter(changes.windows)) if window is None else window
    if chosen not in changes.windows:
        raise ValueError(f"the releases share the windows {', '.join(changes.windows)}; got {chosen!r}")
    table = changes.table[(changes.table["window"] == chosen) & (changes.table["quantity"] == quantity)]
    order = table["change"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def sentences(changes: Changes, rows: pd.DataFrame) -> list[str]:
    """Return one sentence for each row of `of_window`: what changed, by how much, and why."""
    every = changes.table.drop_duplicates("region").set_index("region")
    names = labels(every[["name", "country"]])
    return [_sentence(changes, row, str(names[row["region"]])) for _, row in rows.iterrows()]


def points(before: float, after: float, parts: Mapping[str, float]) -> tuple[int, dict[str, int]]:
    """Return the change between two chances and its parts in whole percentage points that add up.

    The change is that of the chances in whole percent, as they are shown beside it; the rounding that is left over goes
    to the largest part.

    Examples
    --------
    >>> points(0.44, 0.6, {"revised": 0.014, "new": 0.132, "model": 0.014})
    (16, {'revised': 1, 'new': 14, 'model': 1})
    """
    whole = round(100 * after) - round(100 * before)
    rounded = {name: round(100 * part) for name, part in parts.items()}
    largest = max(parts, key=lambda name: abs(parts[name]))
    rounded[largest] += whole - sum(rounded.values())
    return whole, rounded


def write_table(changes: Changes, file: Path) -> None:
    """Write the whole table as CSV or Parquet, by the file's ending.

    Raises
    ------
    ValueError
        If it has another ending.
    """
    if file.suffix not in WRITERS:
        raise ValueError(f"the table of changes is written as {' or '.join(WRITERS)}; got {file.name}")
    WRITERS[file.suffix](changes.table, file)


def write_for_page(changes: Changes) -> Path | None:
    """Write the parts of the first month ahead beside the newer release, where its review page finds them.

    Returns
    -------
    Path or None
        The file; None if the page has no use for it (`why_not_on_page`).
    """
    if why_not_on_page(changes) is not None:
        return None
    rows = of_window(changes).set_index("region")
    told = {str(code): {name: float(row[name]) for name in PARTS} for code, row in rows.iterrows()}
    return write_text(beside(changes.newer)[1], json.dumps(told, allow_nan=False) + "\n")


def why_not_on_page(changes: Changes) -> str | None:
    """Return why the review page of the newer release does not show the parts; None if it does."""
    said = load(changes.newer)
    first = pd.Period(said["origin"], "M") + said["horizons"][0]
    if next(iter(changes.windows.values())) != [first]:
        return f"the older release does not forecast {first}, the month that the page tells of"
    if not changes.separable:
        return "revised data and code cannot be told apart"
    others = {path.parent: load(path.parent) for path in changes.newer.resolve().parent.glob(f"[!.]*/{MANIFEST}")}
    compared = next(iter(newest_first(others, said)), None)
    if compared is None or compared.resolve() != changes.older.resolve():
        return f"it compares the newer release with {compared or 'none'}"
    return None


def _sentence(changes: Changes, row: pd.Series, name: str) -> str:
    months = span(list(changes.windows[str(row["window"])]))
    parts = {each: float(row[each]) for each in PARTS if not pd.isna(row[each])}
    whole, told = points(float(row["before"]), float(row["after"]), parts)
    opening = f"{name}: the chance of at least one {singular(changes.measure)} in {months}"
    if not any(parts.values()):
        return f"{opening} is {percent(row['after'])} as before."
    moved = "is nearly as before" if whole == 0 else "rose" if whole > 0 else "fell"
    change = f"from {percent(row['before'])} to {percent(row['after'])}"
    by = f", by {abs(whole)} {'point' if abs(whole) == 1 else 'points'}" if whole else ""
    causes = [each for each in PARTS if parts.get(each)]
    listed = and_list([f"{SAID[each]} {told[each]:+d}".replace("+0", "0") for each in causes])
    if len(causes) == 1:
        listed = f"all of it {SAID[causes[0]]}"
    untold = "" if changes.separable else " (the model's part holds what revised data changed)"
    chance = " This is within the noise of the draws." if abs(row["change"]) <= row["noise"] else ""
    return f"{opening} {moved}{'' if whole == 0 else ' ' + change}{by}: {listed}{untold}.{chance}"

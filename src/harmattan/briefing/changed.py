"""What changed since the last release, and why: new data, revised data or another model, as far as releases tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from harmattan import layers, words
from harmattan.briefing.facts import Facts
from harmattan.months import month
from harmattan.page.earlier import same_settings
from harmattan.release import Release

PARTS = ("new", "revised", "model")
ROUNDING = 0.006
MOST = 3

Split = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class New:
    """The months whose data the older release did not have.

    Attributes
    ----------
    first, last
        The months; None if both were made from the same.
    recorded
        What was recorded in them; None if that is not known.
    expected
        What the older release expected in them; None if it did not forecast them all.
    most
        The regions with the largest counts, at most three and none that others equal, index ``region``.
    """

    first: pd.Period | None
    last: pd.Period | None
    recorded: int | None
    expected: float | None
    most: pd.Series


def moved(facts: Facts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the regions that went up and those that went down, the largest changes first.

    Changes of 5 points or more, beyond two standard errors of the simulation.
    """
    table = facts.covered
    clear = table[(table["change"].abs() >= words.SMALLEST_SHIFT) & ~table["within_noise"]]
    up, down = clear[clear["change"] > 0], clear[clear["change"] < 0]
    return (
        up.sort_values("change", ascending=False, kind="stable"),
        down.sort_values("change", kind="stable"),
    )


def total_before(facts: Facts) -> float | None:
    """Return what the older release expected in the first month ahead; None if it did not forecast it."""
    before, now = facts.before, facts.release.forecast
    if before is None or not facts.compared:
        return None
    ahead = now.months[0].ordinal - before.forecast.origin.ordinal
    if ahead not in before.forecast.horizons:
        return None
    return float(before.forecast.expected().loc[ahead].to_numpy().sum())


def new_data(facts: Facts) -> New:
    """Return what the months hold that are new in a release; without an older one, of the newest month."""
    known_to = facts.data_to - 1 if facts.before is None else month(facts.before.manifest["data"]["data_to"])
    if known_to >= facts.data_to:
        return New(None, None, None, None, pd.Series(dtype=float))
    first, last = known_to + 1, facts.data_to
    counts = None if facts.record is None else facts.record.loc[first:last].sum(min_count=1)
    if counts is None or counts.isna().all():
        return New(first, last, None, _expected_in(facts.before, first, last), pd.Series(dtype=float))
    most = _clear_most(counts[counts > 0].sort_values(ascending=False, kind="stable"))
    return New(first, last, int(counts.sum()), _expected_in(facts.before, first, last), most)


def revised(facts: Facts) -> int | None:
    """Return how many past counts differ between the two releases; None if that is not known."""
    now, then = facts.record, facts.old_record
    if now is None or then is None:
        return None
    months, codes = now.index.intersection(then.index), now.columns.intersection(then.columns)
    one, two = (each.loc[months, codes].to_numpy(dtype=np.float64) for each in (then, now))
    return int((~((one == two) | (np.isnan(one) & np.isnan(two)))).sum())


def model_change(facts: Facts) -> str:
    """Return which of ``other``, ``settings``, ``code`` or ``same`` holds of the model since the older release."""
    if facts.before is None:
        return "same"
    one, two = facts.before.manifest, facts.release.manifest
    if one["champion"] != two["champion"]:
        return "other"
    if not same_settings(one, two):
        return "settings"
    return "same" if (one["code"], one["libraries"]) == (two["code"], two["libraries"]) else "code"


def read_split(file: Path, facts: Facts) -> Split:
    """Return the split of the changes that `harmattan changes --out` wrote, for the briefing's window.

    Raises
    ------
    ValueError
        If it is no such table, or holds nothing of the window; the message names the file.
    """
    table = pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file)
    missing = {"region", "window", "quantity", *PARTS} - set(table)
    if missing:
        raise ValueError(
            f"{file.name} must be a table of `harmattan changes --out`; it has no column {', '.join(sorted(missing))}"
        )
    window = list(layers.windows(facts.release.forecast.horizons))[-1]
    rows = table[(table["window"] == window) & (table["quantity"] == "p1")].set_index("region")[list(PARTS)].dropna()
    if rows.empty:
        raise ValueError(f"{file.name} says nothing of the window {window}: make it again from these two releases")
    return {str(code): {name: float(row[name]) for name in PARTS} for code, row in rows.iterrows()}


def check_split(split: Split, facts: Facts) -> pd.DataFrame:
    """Return a given split of the changes as a table, after checking it.

    Parameters
    ----------
    split
        By region the parts ``new, revised, model`` of the change of its probability, which add up to it.

    Raises
    ------
    ValueError
        If a region is unknown, a part is missing, or parts do not add up to the change to half a percentage point.
    """
    rows = {}
    for code, parts in split.items():
        if code not in facts.window.index or set(parts) != set(PARTS):
            raise ValueError(
                f"the split of changes must have regions of the release, each with {', '.join(PARTS)}; "
                f"got {code!r} with {', '.join(sorted(parts)) or 'nothing'}"
            )
        total, change = sum(parts.values()), float(facts.window["change"][code])
        if not abs(total - change) <= ROUNDING:
            raise ValueError(f"the parts of {code} must add up to its change, {change:.3f}; they make {total:.3f}")
        rows[code] = dict(parts)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(PARTS))


def model_part(facts: Facts) -> tuple[float, float] | None:
    """Return how much of the change in the total of the first month comes from another champion, and from newer data.

    The older release has what the present champion expected then: from the champion of then to it is the model's part,
    from it to now the data's. None where the champion is the same, or the older release does not tell.
    """
    before, now = facts.before, facts.release
    old = total_before(facts)
    if before is None or old is None or model_change(facts) != "other":
        return None
    ahead = now.forecast.months[0].ordinal - before.forecast.origin.ordinal
    rows = before.models[(before.models["model"] == now.manifest["champion"]) & (before.models["horizon"] == ahead)]
    if rows.empty:
        return None
    between, new = float(rows["expected"].sum()), float(now.forecast.expected().iloc[0].sum())
    return between - old, new - between


def _clear_most(counts: pd.Series) -> pd.Series:
    """The first three, without those that have no more than the next; all three if that leaves none."""
    top = counts.head(MOST)
    if len(counts) <= MOST:
        return top
    clear = top[top > counts.iloc[MOST]]
    return clear if len(clear) else top.head(0)


def _expected_in(before: Release | None, first: pd.Period, last: pd.Period) -> float | None:
    if before is None:
        return None
    forecast = before.forecast
    ahead = [month_.ordinal - forecast.origin.ordinal for month_ in pd.period_range(first, last, freq="M")]
    if not set(ahead) <= set(forecast.horizons):
        return None
    return float(forecast.expected().loc[ahead].to_numpy().sum())

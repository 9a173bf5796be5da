"""The alerts of one day, all that belongs to them, and what they say in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from harmattan.alerts.knox import knox
from harmattan.alerts.raised import ALONE, SHARE, bands_reached, open_alerts, regions_reached
from harmattan.alerts.standing import Standing, known_points, standing
from harmattan.models.selfexciting_alert import alert_window
from harmattan.panel import Panel
from harmattan.result import Caption
from harmattan.sphere import EARTH_KM, unit_vectors
from harmattan.words import MONTH_NAMES, percent

BLOCK_DAYS = 365
DEALT = {"all dates": None, f"within {BLOCK_DAYS} days": float(BLOCK_DAYS)}
"""How the Knox test deals dates: all of them, or within blocks of a year, by the name in the table."""

NOTABLE_SHARE = 0.1
SIGNIFICANT = 0.05
LEAST_EXPECTED = 0.05
MOST_NAMED = 5


@dataclass(frozen=True, eq=False)
class Bulletin:
    """The alerts at the end of a day; `bulletin` makes it.

    Attributes
    ----------
    caption
        What the data are.
    now
        The process at the end of the day.
    share
        Excess over background, as a share of it, at which an alert ends.
    regions
        From `harmattan.alerts.raised.open_alerts`, with a column ``sentence``, missing where there is no alert.
    reached, bands
        Which regions and which distances each attack still raises the risk of by itself.
    knox
        From `harmattan.alerts.knox.knox`, with a column ``dealt``.
    """

    caption: Caption
    now: Standing
    share: float
    regions: pd.DataFrame
    reached: pd.DataFrame
    bands: pd.DataFrame
    knox: pd.DataFrame

    @property
    def alerts(self) -> pd.DataFrame:
        """The regions under alert, most attacks expected tomorrow first."""
        return self.regions[self.regions["alert"]].drop(columns="alert")

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables by name, days as text and missing ones as None."""
        named = {"regions": self.regions, "regions_reached": self.reached, "bands_reached": self.bands}
        return {name: days_as_text(table) for name, table in {**named, "knox": self.knox}.items()}

    def in_words(self) -> list[str]:
        """Return how many regions are under alert, where else to look, what one attack does, and the near repeats."""
        regions, under = len(self.now.regions), int(self.regions["alert"].sum())
        limit = alert_window(self.now.fit, days=[0.0], km=[0.0], without=1.0).limits.set_index("what")["value"]
        eta = self.now.fit.weights[-1]
        told = [
            f"Alerts at the end of {spoken(self.now.at)}: {under} of {regions} regions, where attacks on record raise "
            f"the risk by at least {self.share:.0%} of the background. The model was fitted to data to "
            f"{self.now.fitted_to}.".replace("%", " %"),
            *_busy_anyway(self.regions),
            f"By the model an attack brings {eta:.2f} further ones directly: half of them within "
            f"{limit['days_of_50']:.0f} days and {limit['km_of_50']:.0f} km, nine tenths within "
            f"{limit['days_of_90']:.0f} days and {limit['km_of_90']:.0f} km.",
        ]
        return [*told, _near_repeats(self.knox)]


def bulletin(
    panel: Panel, caption: Caption, *, at: pd.Timestamp, share: float = SHARE, permutations: int = 999, seed: int = 1
) -> Bulletin:
    """Return the alerts at the end of a day, from data up to that day.

    Parameters
    ----------
    panel
        Attacks with points.
    caption
        What the data are.
    at
        A day of the panel.
    share
        As for `harmattan.alerts.raised.open_alerts`.
    permutations, seed
        Of the Knox test.

    Raises
    ------
    ValueError
        As `harmattan.alerts.standing.standing` and `harmattan.alerts.raised.open_alerts`.
    """
    now = standing(panel, at)
    regions = open_alerts(now, share=share)
    said = [sentence(row) if row["alert"] else None for _, row in regions.iterrows()]
    points = known_points(panel)
    points = points[points["day"] <= at]
    day = (points["day"] - panel.months[0].start_time).dt.days.to_numpy(dtype=np.float64)
    place = EARTH_KM * unit_vectors(points["lon"], points["lat"])
    tested = []
    for name, block in DEALT.items():
        rng = np.random.default_rng(seed)
        table = knox(day, place, rng=rng, permutations=permutations, block_days=block)
        tested.append(table.assign(dealt=name))
    return Bulletin(
        caption=caption,
        now=now,
        share=share,
        regions=regions.assign(sentence=pd.Series(said, dtype="object")),
        reached=regions_reached(now, share=min(share, ALONE)),
        bands=bands_reached(now, share=share),
        knox=pd.concat(tested, ignore_index=True),
    )


def sentence(row: Mapping[str, object] | pd.Series) -> str:
    """Return what a row of `harmattan.alerts.raised.open_alerts` says.

    Examples
    --------
    >>> row = {"name": "Tuy", "ratio": 2.35, "since": pd.Timestamp("2023-01-22"), "until": pd.Timestamp("2023-12-13"),
    ...     "expected_7": 0.13, "background_7": 0.05, "chance_7": 0.12, "expected_30": 0.53, "background_30": 0.25,
    ...     "from_others": 0.34}
    >>> from textwrap import fill
    >>> print(fill(sentence(row), 100))
    Tuy: the risk is 2.4 times the background, raised since 22 January 2023 and, if no further attack
    comes, until 13 December 2023. Expected attacks: 0.13 within 7 days (background 0.05) and 0.53
    within 30 (0.25); chance of at least one within 7 days: 12 %. Attacks in other regions bring 34 % of
    the rise.
    """
    since, until = (spoken(pd.Timestamp(str(row[name]))) for name in ("since", "until"))
    numbers = {name: float(str(value)) for name, value in row.items() if name in _NUMBERS}
    told = (
        f"{row['name']}: the risk is {numbers['ratio']:.1f} times the background, raised since {since} and, if no "
        f"further attack comes, until {until}. Expected attacks: {numbers['expected_7']:.2f} within 7 days (background "
        f"{numbers['background_7']:.2f}) and {numbers['expected_30']:.2f} within 30 ({numbers['background_30']:.2f}); "
        f"chance of at least one within 7 days: {percent(numbers['chance_7'])}."
    )
    if numbers["from_others"] < NOTABLE_SHARE:
        return told
    return f"{told} Attacks in other regions bring {percent(numbers['from_others'])} of the rise."


_NUMBERS = ("ratio", "expected_7", "background_7", "chance_7", "expected_30", "background_30", "from_others")


def spoken(day: pd.Timestamp) -> str:
    """Return a day as it is spoken.

    Examples
    --------
    >>> spoken(pd.Timestamp("2023-06-30"))
    '30 June 2023'
    """
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def _busy_anyway(regions: pd.DataFrame) -> list[str]:
    """The regions without alert of which as much is expected as of half of those under alert, if there are any."""
    under = regions["alert"]
    usual = regions.loc[under, "expected_7"].median() if under.any() else 0.0
    busy = regions[~under & (regions["expected_7"] >= max(usual, LEAST_EXPECTED))].head(MOST_NAMED)
    if busy.empty:
        return []
    named = ", ".join(f"{row['name']} ({row['expected_7']:.2f})" for row in busy.to_dict("records"))
    return [f"Not above what is usual there, yet high, by attacks expected within 7 days: {named}."]


def _near_repeats(table: pd.DataFrame) -> str:
    """What the nearest band of distance says of the days after the day of an attack."""
    strict = table[(table["dealt"] != next(iter(DEALT))) & (table["km_from"] == 0) & (table["days_from"] > 0)]
    low = strict[(strict["p"] <= SIGNIFICANT) & np.isfinite(strict["days_to"])]
    km, few = strict["km_to"].iloc[0], strict["days_to"].iloc[0]
    first = strict.iloc[0]
    said = (
        f"Near repeats without a model: pairs of attacks within {km:g} km and {first['days_from']:g} to {few - 1:g} "
        f"days came {first['ratio']:.1f} times as often as with dates dealt anew within a year (p = {first['p']:.3f})"
    )
    if low.empty:
        return f"{said}; no band of time after the first day stands out."
    bands = ", ".join(f"{row.days_from:g} to {row.days_to - 1:g}" for row in low.itertuples())
    return f"{said}; bands of days that stand out at 5 %: {bands}."


def days_as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with days as text and missing days as None."""
    shown = table.copy()
    for name in table.select_dtypes("datetime").columns:
        text = table[name].dt.strftime("%Y-%m-%d").astype(object)
        shown[name] = text.where(table[name].notna(), None)
    return shown

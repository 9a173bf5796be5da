"""A panel that knows on which day its numbers were on record, and what they were on earlier days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import pandas as pd

from harmattan.panel import Panel
from harmattan.vintages.delay import Delay

PATIENCE = pd.Timedelta(days=45)
"""How long after the end of an origin a snapshot that first tells of it may come and still be what was known then."""


@dataclass(frozen=True, eq=False)
class KnownPanel(Panel):
    """A panel with the same panel as it was known on earlier days.

    `as_of` gives what was known at an origin: the panel of the first day on which the months asked for were covered,
    but of the origin's last day if that is later. An origin that no snapshot tells of within `PATIENCE` has the newest
    numbers, cut at the origin, as any panel does.

    Attributes
    ----------
    known
        Day from which the numbers were known, ``YYYY-MM-DD``; empty where they are the newest for want of a snapshot of
        the time.
    snapshots
        What is said of the snapshots it was made from (`harmattan.vintages.Snapshot.said`), the newest first.
    earlier
        The panels of earlier days, ascending, with the same regions and first month.
    delay
        How late attacks are reported; None if that is not asked for.
    ages
        For the newest months, the last first, as long as they are not settled: how many whole months after its end each
        was known.
    """

    known: str = ""
    snapshots: tuple[Mapping[str, str], ...] = ()
    earlier: tuple[KnownPanel, ...] = ()
    delay: Delay | None = None
    ages: tuple[int, ...] = ()

    def as_of(self, origin: pd.Period, lag: int = 0) -> KnownPanel:
        """Return what was known at `origin`; see the class and `Panel.as_of`."""
        if origin > self.origin:
            raise ValueError(f"the origin {origin} lies after the panel's last month {self.origin}: no data tell of it")
        last = origin - lag
        then = self.version(origin, lag)
        chosen = self if then is None else then
        cut = Panel.as_of(chosen, last)
        gone = chosen.origin.ordinal - last.ordinal
        told = then is not None
        return KnownPanel(
            cut.regions,
            cut.measures,
            cut.covered,
            cut.points,
            known=chosen.known if told else "",
            snapshots=chosen.snapshots,
            earlier=tuple(each for each in self.earlier if not told or each.known < chosen.known),
            delay=chosen.delay,
            ages=chosen.ages[gone:],
        )

    def version(self, origin: pd.Period, lag: int = 0) -> KnownPanel | None:
        """Return the whole panel that was known at an origin; None if no snapshot tells of it in time.

        At the last month it is this panel: the forecast of today uses all that is known today.
        """
        if origin == self.origin:
            return self if self.known else None
        last, ended = origin - lag, origin.end_time.normalize()
        every = [each for each in (*self.earlier, self) if each.known and each.origin >= last]
        if not every or pd.Timestamp(every[0].known) > ended + PATIENCE:
            return None
        by = max(pd.Timestamp(every[0].known), ended)
        return [each for each in every if pd.Timestamp(each.known) <= by][-1]

    def content_hash(self) -> str:
        """SHA-256 of the values, those of earlier days, and when they were known."""
        own = super().content_hash()
        if not self.earlier and self.delay is None:
            return own
        digest = sha256(f"{own}|{self.known}|{self.ages}|{self.delay}".encode())
        for each in self.earlier:
            # Each by itself: an earlier panel's own earlier ones are among these.
            digest.update(f"{each.known}|{Panel.content_hash(each)}|{each.ages}|{each.delay}".encode())
        return digest.hexdigest()


def known_panel(
    panel: Panel,
    *,
    known: str,
    snapshots: Iterable[Mapping[str, str]] = (),
    earlier: Iterable[KnownPanel] = (),
    delay: Delay | None = None,
    ages: tuple[int, ...] = (),
) -> KnownPanel:
    """Return a panel with the day from which its numbers were known, and what was known before.

    Earlier panels that begin in another month or are of other regions cannot stand for this one and are left out.

    Raises
    ------
    ValueError
        If the earlier panels do not ascend by day, or one is not earlier.
    """
    like = [
        each
        for each in earlier
        if each.months[0] == panel.months[0] and each.regions.table.index.equals(panel.regions.table.index)
    ]
    days = [*(each.known for each in like), known]
    if days != sorted(set(days)):
        raise ValueError(f"panels of earlier days must ascend and end before {known}; got {', '.join(days)}")
    return KnownPanel(
        panel.regions,
        panel.measures,
        panel.covered,
        panel.points,
        known=known,
        snapshots=tuple(snapshots),
        earlier=tuple(like),
        delay=delay,
        ages=ages,
    )


def known_origins(panel: KnownPanel, lag: int = 0) -> list[pd.Period]:
    """Return the months that are told of as they were known when they were the origin."""
    return [origin for origin in panel.months[lag:] if panel.version(origin, lag) is not None]


def ages_on(known: str, months: pd.PeriodIndex) -> tuple[int, ...]:
    """Return how many whole months (of 30.44 days) after its end each month was known on a day, the last month first.

    Examples
    --------
    >>> ages_on("2023-11-20", pd.period_range("2023-08", "2023-10", freq="M"))
    (0, 1, 2)
    """
    days = [(pd.Timestamp(known) - month.end_time.normalize()).days for month in reversed(months)]
    return tuple(max(0, int(each / 30.44)) for each in days)

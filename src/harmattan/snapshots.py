"""From snapshots to the panel of an experiment, with the panels of earlier days that its backtest needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harmattan.intake import caption_of, panel_of
from harmattan.panel import Panel
from harmattan.regions import Regions
from harmattan.result import Caption
from harmattan.sections import DataSettings
from harmattan.settings import Experiment, SettingsError
from harmattan.vintages import STORE, Known, SnapshotError, as_of, find, joined, known_on, snapshots
from harmattan.vintages.delay import Delay, estimate, given
from harmattan.vintages.kept import Built, panel_kept
from harmattan.vintages.nowcast import COPIES
from harmattan.vintages.panels import KnownPanel, ages_on, known_origins, known_panel
from harmattan.vintages.stack import UncoveredError

EVER = "9999-12-31"


def from_snapshots(experiment: Experiment, regions: Regions) -> tuple[KnownPanel, Caption]:
    """Return the panel of the snapshots an experiment names, with those of earlier days, and its caption.

    Raises
    ------
    SettingsError
        If there are no such snapshots.
    harmattan.vintages.SnapshotError
        If one was altered.
    """
    data = experiment.data
    store = Path(data.vintages).expanduser() if data.vintages else STORE
    newest, before = _asked(store, data)
    built, dropped = build_panel(store, newest, regions, data, level=experiment.regions.level)
    covers = sorted(built.regions.table["country"].unique())
    earlier: list[KnownPanel] = []
    for each in before:
        panel, _ = build_panel(store, each, regions, data, level=experiment.regions.level, covers=covers)
        earlier.append(_with_delay(panel, each, data, earlier))
    panel = _with_delay(built, newest, data, earlier)
    caption = caption_of(
        newest.snapshots[0].source, panel, title=experiment.title, dropped=dropped, file=newest.snapshots[0].original
    )
    said = (*caption.caveats, *_caveats(newest, panel, experiment.forecast.lag))
    return panel, Caption(caption.title, caption.source, newest.snapshots[0].licence, said)


def build_panel(
    store: Path,
    known: Known,
    regions: Regions,
    data: DataSettings,
    *,
    level: str | None,
    covers: Sequence[str] | None = None,
) -> Built:
    """Return the panel of what was known on a day, as the settings ask for it, and what was left out by reason.

    It is kept in the store and not built a second time.
    """
    first = data.first or str(known.first)
    last = min(data.last or str(known.last), str(known.last))
    asked = {
        "level": level,
        "actor": data.actor,
        "lineages": Path(data.lineages).read_text(encoding="utf-8") if data.lineages else None,
        "first": first,
        "last": last,
        "covers": list(covers or data.covers or []) or None,
    }

    def build() -> Built:
        return panel_of(
            known.read(),
            regions,
            level=level,
            actor=data.actor,
            lineages=Path(data.lineages) if data.lineages else None,
            first=first,
            last=last,
            covers=covers or data.covers,
        )

    return panel_kept(store, known.snapshots, regions, asked, build)


def late_panel(panel: Panel, caption: Caption, delay: str | tuple[float, ...]) -> tuple[KnownPanel, Caption]:
    """Return a panel whose newest months are not all reported yet, without snapshots, and its caption.

    Raises
    ------
    SettingsError
        If the delay is to be estimated, which takes snapshots, or the shares do not hold together.
    """
    if isinstance(delay, str):
        raise SettingsError(
            "data.delay = 'nowcast' is estimated from snapshots: name them in data.vintage, or give the shares "
            "reported, such as delay = [0.5, 0.8]"
        )
    late = KnownPanel(
        panel.regions, panel.measures, panel.covered, panel.points, delay=_given(delay), ages=tuple(range(len(delay)))
    )
    said = (*caption.caveats, _completed(late))
    return late, Caption(caption.title, caption.source, caption.licence, said)


def snapshot_settings(panel: Panel) -> dict[str, str]:
    """Return the snapshots of a panel as a setting to log, ``data.snapshots``; nothing for other panels."""
    if not isinstance(panel, KnownPanel) or not panel.snapshots:
        return {}
    return {"data.snapshots": ", ".join(f"{each['name']}@{each['content'][:12]}" for each in panel.snapshots)}


def _asked(store: Path, data: DataSettings) -> tuple[Known, list[Known]]:
    """What the settings name, and what was known on earlier days, ascending."""
    every = snapshots(store)
    if not every:
        raise SettingsError(f"data: there is no snapshot in {store}; add one with `harmattan data add FILE`")
    series = data.vintage if data.vintage in {each.series for each in every} else None
    try:
        if data.vintage is not None and series is None:
            if data.known is not None:
                raise SettingsError(
                    f"data.vintage names the snapshot {data.vintage!r}, so data.known has nothing to choose; leave it "
                    "out, or name a series"
                )
            return joined([find(store, data.vintage)]), []
        newest = known_on(store, data.known or EVER, series)
    except SnapshotError as error:
        raise SettingsError(f"data: {error}") from error
    of = newest.snapshots[0].series
    days = sorted({each.known for each in every if each.series == of and each.known < newest.known})
    before = []
    for day in days:
        try:
            before.append(joined(as_of(store, day, of)[of]))
        except UncoveredError:
            continue
    return newest, [each for each in before if each.first == newest.first]


def _with_delay(panel: Panel, known: Known, data: DataSettings, earlier: Sequence[KnownPanel]) -> KnownPanel:
    ages = ages_on(known.known, panel.months)
    delay = _delay(panel, ages, data.delay, earlier)
    if isinstance(data.delay, tuple):
        ages = tuple(range(len(data.delay)))
    told = [each.said() for each in known.snapshots]
    filling = tuple(age for age in ages if delay is not None and age < delay.settled)
    return known_panel(panel, known=known.known, snapshots=told, earlier=earlier, delay=delay, ages=filling)


def _delay(
    panel: Panel, ages: Sequence[int], asked: str | tuple[float, ...] | None, earlier: Sequence[KnownPanel]
) -> Delay | None:
    """What could be told of reporting on the day of the panel, from it and those before."""
    if asked is None or not isinstance(asked, str):
        return None if asked is None else _given(asked)
    told = [(each, ages_on(each.known, each.months)) for each in earlier]
    try:
        return estimate([*told, (panel, ages)])
    except ValueError:
        return None


def _given(shares: tuple[float, ...]) -> Delay:
    try:
        return given(shares)
    except ValueError as error:
        raise SettingsError(f"data.delay: {error}") from error


def _caveats(newest: Known, panel: KnownPanel, lag: int) -> list[str]:
    names = ", ".join(f"{each.name} (known {each.known}, {each.content[:12]})" for each in newest.snapshots)
    told = known_origins(panel, lag)[:-1]
    past = f"{told[0]} to {told[-1]} ({len(told)} months)" if told else "none"
    said = [
        f"Snapshots: {names}.",
        f"Origins tried on the past with the data known at the time: {past}; all others with the newest, whose counts "
        "may have been revised since.",
    ]
    return said if panel.delay is None else [*said, _completed(panel)]


def _completed(panel: KnownPanel) -> str:
    assert panel.delay is not None
    number = sum(age < panel.delay.settled for age in panel.ages)
    return (
        f"The newest {number} months are still filling up: models learn from {COPIES} draws of what they will come to."
    )

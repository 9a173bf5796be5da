"""The change between two releases, split into revised data, new data and model, one thing changed at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.changes.again import Step, champion_again, same_code
from harmattan.changes.asked import code_named, experiment_of
from harmattan.changes.data import as_issued, is_that_of, named, pinned, revised, with_data_of
from harmattan.experiment import Progress
from harmattan.forecast import Forecast
from harmattan.inputs import read_data
from harmattan.layers import STANDARD_ERRORS, windows
from harmattan.page.notes import PARTS
from harmattan.panel import Panel
from harmattan.release import Release, read
from harmattan.settings import Experiment

QUANTITIES = ("p1", "expected")
COLUMNS = [
    "region", "name", "country", "window", "first_month", "last_month", "quantity", "before", "after", "change",
    *PARTS, "code", "noise",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Months = Mapping[str, Sequence[pd.Period]]


@dataclass(frozen=True)
class Changes:
    """What the change between two releases is made of.

    Attributes
    ----------
    older, newer
        Folders of the releases.
    measure
        What is forecast.
    windows
        Months by window, as `harmattan.layers.windows` and then single months.
    table
        One row per region, window and quantity (``p1``, P(at least one), or ``expected`` count), with `COLUMNS`:
        ``change`` = ``after`` - ``before`` = ``revised`` + ``new`` + ``model``; ``code``, how much of ``model`` comes
        from another version of Harmattan or its libraries; ``noise``, two standard errors of ``change`` from the finite
        number of draws.
    separable
        Whether ``revised`` can be told from ``code``. If not, both are missing and ``model`` holds them.
    notes
        What was compared with what, in words.
    """

    older: Path
    newer: Path
    measure: str
    windows: Months
    table: pd.DataFrame
    separable: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Steps:
    """The way from one release to the other; a step that cannot be told is None."""

    again: Forecast | None
    revised: Forecast
    new: Forecast
    model: Forecast


def changes(
    older: Path, newer: Path, *, workers: int = 1, progress: Progress | None = None, own_code: bool = False
) -> Changes:
    """Split the change between two releases of an experiment exactly, by making forecasts again.

    One thing is changed at a time, in the order in which an analyst could have known it: the older release as issued;
    the same made here; the same on its months as the newer release's data tell of them (revised data); the same model
    and settings on all the data of the newer release, at its origin (new data); its champion and settings (model); the
    newer release as issued. What differs between an issued release and the same made here is the code, and part of the
    model. Each release keeps its seed, so what is not changed gives the same draws and a part of exactly zero.

    Parameters
    ----------
    older, newer
        Folders of the releases; the months that both forecast are compared.
    workers
        Processes; the result does not depend on it.
    progress
        Called with what is being done, how much is done and how much there is.
    own_code
        Whether models may be made that a release names as ``package.module:object``. That imports the module and
        calls the object, so it is for releases of one's own.

    Raises
    ------
    ValueError, FileNotFoundError
        If a release names such code without `own_code`, a file of a release was altered, they are not of one experiment
        and measure, the second is not the later, they share no month or region, or the data of the newer one are not
        to be had any more.
    """
    one, two = read(older), read(newer)
    _comparable(one, two)
    if not own_code:
        _without_code(one, two)
    shared = _shared(one.forecast, two.forecast)
    steps, separable, notes = _steps(one, two, workers, progress)
    path = [one.forecast, steps.again, steps.revised, steps.new, steps.model, two.forecast]
    known = [each for each in path if each is not None]
    regions = [code for code in two.forecast.regions if all(code in each.regions for each in known)]
    if not regions:
        raise ValueError(f"{older} and {newer} must have a region in common; they have none")
    left_out = len(set(one.forecast.regions) | set(two.forecast.regions)) - len(regions)
    if left_out:
        notes.append(f"{left_out} regions are not in all of the forecasts and are left out.")
    parts = [_rows(two, name, months, path, regions) for name, months in shared.items()]
    return Changes(
        older, newer, two.forecast.measure, shared, pd.concat(parts, ignore_index=True), separable, tuple(notes)
    )


def order_of(release: Release) -> tuple[pd.Period, int]:
    """Return origin and revision: later releases of an experiment have the larger."""
    _, _, number = release.path.name.partition(".")
    return release.forecast.origin, int(number) if number.isdigit() else 1


def _comparable(one: Release, two: Release) -> None:
    for key in ("experiment", "measure"):
        if one.manifest[key] != two.manifest[key]:
            raise ValueError(
                f"changes are told of two releases of one {key}; {one.path} has {one.manifest[key]}, {two.path} has "
                f"{two.manifest[key]}"
            )
    if order_of(one) > order_of(two):
        raise ValueError(f"the second release must be the later; {two.path} is older than {one.path}: swap them")


def _without_code(*releases: Release) -> None:
    for release in releases:
        named = code_named(experiment_of(release))
        if named:
            raise ValueError(
                f"the release {release.path} names code of its own, {', '.join(named)}, which would be run on this "
                "machine: if you made the release yourself, or trust who did, allow it with --own-code (own_code=True)"
            )


def _shared(before: Forecast, now: Forecast) -> dict[str, list[pd.Period]]:
    """The windows and months that both forecast."""
    both = [month for month in now.months if month in before.months]
    if not both:
        raise ValueError(
            f"the releases must forecast a month in common; the older one looks to {before.months[-1]}, the newer one "
            f"begins with {now.months[0]}"
        )
    found = {name: [now.origin + h for h in ahead] for name, ahead in windows(now.horizons).items()}
    found = {name: months for name, months in found.items() if set(months) <= set(both)}
    alone = [months[0] for months in found.values() if len(months) == 1]
    return {**found, **{str(month): [month] for month in both if month not in alone}}


def _steps(one: Release, two: Release, workers: int, progress: Progress | None) -> tuple[_Steps, bool, list[str]]:
    """Make the forecasts between the two releases; those that are decided by the same things are made once."""
    theirs, ours = experiment_of(one), experiment_of(two)
    then, lost = _then(theirs, one)
    now = _now(ours, two)
    onto = with_data_of(theirs, pinned(ours, two.manifest))
    late = now if onto.data == pinned(ours, two.manifest).data and onto.regions == ours.regions else read_data(onto)[0]
    origins = one.forecast.origin, two.forecast.origin
    known = late if origins[0] == origins[1] else revised(late, one.manifest)
    if then is None and is_that_of(known, one.manifest):
        then = known
    champions = str(one.manifest["champion"]), str(two.manifest["champion"])
    run = _once(workers, progress, 3 + (then is not None))
    again = run(Step(theirs, champions[0], then, origins[0])) if then is not None else None
    if again is None and same_code(one.manifest):
        # By the same code it would be made to the bit as it was issued.
        again = one.forecast
    steps = _Steps(
        again,
        run(Step(onto, champions[0], known, origins[0])),
        run(Step(onto, champions[0], late, origins[1])),
        run(Step(ours, champions[1], now, origins[1])),
    )
    return steps, again is not None, _notes(one, two, then, now, lost, steps)


def _once(workers: int, progress: Progress | None, total: int) -> Callable[[Step], Forecast]:
    made: dict[tuple[object, ...], Forecast] = {}
    asked: list[Step] = []

    def run(step: Step) -> Forecast:
        asked.append(step)
        key = step.key()
        if key not in made:
            made[key] = champion_again(step, workers=workers, progress=progress)
        if progress is not None:
            progress("making the forecasts again", len(asked), total)
        return made[key]

    return run


def _then(experiment: Experiment, release: Release) -> tuple[Panel | None, str]:
    """The data of the older release, or None and why they are not to be had."""
    try:
        return as_issued(experiment, release.manifest), ""
    except (ValueError, OSError) as error:
        return None, str(error)


def _now(experiment: Experiment, release: Release) -> Panel:
    try:
        return as_issued(experiment, release.manifest)
    except (ValueError, OSError) as error:
        raise ValueError(
            f"{release.path} cannot be made again, so the change cannot be split: {error}; give its data "
            "back, or issue it again from data that stay, such as snapshots (`harmattan data add`)"
        ) from error


def _rows(
    two: Release, window: str, months: Sequence[pd.Period], path: Sequence[Forecast | None], regions: Sequence[str]
) -> pd.DataFrame:
    about_region = two.table.drop_duplicates("region").set_index("region").loc[list(regions), ["name", "country"]]
    told = [None if each is None else _figures(each, months, regions) for each in path]
    first, last = told[0], told[-1]
    assert first is not None and last is not None
    tables = []
    for place, quantity in enumerate(QUANTITIES):
        issued, again, known, late, here, after = (None if each is None else each[0][place] for each in told)
        assert issued is not None and known is not None and late is not None and here is not None and after is not None
        unknown = np.full(len(regions), np.nan)
        code = unknown if again is None else (again - issued) + (after - here)
        mixed = (known - issued) + (after - here) if again is None else code
        values = {
            "before": issued,
            "after": after,
            "change": after - issued,
            "revised": unknown if again is None else known - again,
            "new": late - known,
            "model": mixed + (here - late),
            "code": code,
            "noise": STANDARD_ERRORS * np.sqrt(first[1][place] + last[1][place]),
        }
        about = {"window": window, "first_month": str(months[0]), "last_month": str(months[-1]), "quantity": quantity}
        tables.append(about_region.reset_index().assign(**about, **values))
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def _figures(
    forecast: Forecast, months: Sequence[pd.Period], regions: Sequence[str]
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """P(at least one) and expected count over some months by region, and the variance of either from the draws."""
    total = forecast.window([month.ordinal - forecast.origin.ordinal for month in months])
    draws = total.draws[:, 0, total.regions.get_indexer(pd.Index(regions))].astype(np.float64)
    p1 = total.probability()[list(regions)].to_numpy()[0]
    number = len(draws)
    return (p1, draws.mean(axis=0)), (p1 * (1 - p1) / number, draws.var(axis=0) / number)


def _notes(one: Release, two: Release, then: Panel | None, now: Panel, lost: str, steps: _Steps) -> list[str]:
    origins = one.forecast.origin, two.forecast.origin
    said = []
    if then is not None:
        said.append(f"Older release: {named(then.as_of(origins[0]))}. Newer release: {named(now.as_of(origins[1]))}.")
    elif steps.again is not None:
        said.append(
            f"The data of the older release are not kept ({lost}). It was made by the code that is installed, so it "
            "stands for itself as issued."
        )
    else:
        said.append(
            f"The data of the older release are not kept ({lost}), and the code has changed: what revised data changed "
            "cannot be told from what the code changed. Both are in the part of the model."
        )
    if then is not None and steps.again is not None:
        equal = np.array_equal(steps.again.draws, one.forecast.draws)
        said.append(
            "Made again from the same data, the older release has the same draws to the bit."
            if equal
            else "Made again from the same data, the older release has other draws: the code or its libraries changed."
        )
    if not np.array_equal(steps.model.draws, two.forecast.draws):
        said.append("Made again, the newer release has other draws: it is of another version of the code.")
    if one.manifest["champion"] != two.manifest["champion"]:
        said.append(f"Champion: {one.manifest['champion']} before, {two.manifest['champion']} now.")
    if origins[0] == origins[1]:
        said.append(f"Both have the origin {origins[0]}: there are no new months.")
    return said

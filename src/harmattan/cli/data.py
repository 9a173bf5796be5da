"""Commands that look at data before it is used, and keep it as it was known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harmattan.cli.options import AsJson, DataFile, ExperimentName

if TYPE_CHECKING:
    import pandas as pd

    from harmattan.vintages import Difference, Snapshot
    from harmattan.vintages.content import Found

Vintages = Annotated[Path, typer.Option("--vintages", help="Folder of the snapshots.", metavar="FOLDER")]
Source = Annotated[
    str | None, typer.Option("--source", help="Its format; found from its columns by default.", metavar="NAME")
]
Countries = Annotated[
    str | None, typer.Option("--countries", help="Compare these only, such as BFA,MLI.", metavar="LIST")
]
FOLDER = Path("vintages")


def check(
    file: Annotated[Path, typer.Argument(help="File of events or counts.")],
    source: Source = None,
    vintages: Vintages = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Read a file as a forecast would and say what is in it, what was left out, and what is doubtful.

    Where there is an earlier snapshot of the same source, revised rows are listed too.

    **Examples**

    `harmattan data check GEDEvent_v24_1.csv.zip`

    `harmattan data check my-list.csv --source plain --json`
    """
    from harmattan.sources import detect, read
    from harmattan.sources.summary import summary
    from harmattan.sources.ucdp_registry import read_registry, registry_summary
    from harmattan.vintages.quality import coverage, coverage_lines, findings

    if not file.exists():
        raise typer.BadParameter(f"there is no file {file}", param_hint="FILE")
    if source is None and file.suffix == ".json":
        _print(registry_summary(read_registry(file)), {"file": str(file)}, as_json)
        return
    name = source or detect(file)
    found = read(file, name)
    lines = summary(found)
    doubts = findings(found, since=_since(found, name, file, vintages)) if len(found) else []
    if as_json:
        by_month = coverage(found) if len(found) else None
        told = {
            "file": str(file),
            "summary": lines,
            "findings": [
                {"check": each.check, "number": each.number, "of": each.of, "said": each.said, "rows": each.records()}
                for each in doubts
            ],
            "attacks": {} if by_month is None else _by_month(by_month),
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    doubtful = [each for each in doubts if each.number]
    fine = ", ".join(each.check for each in doubts if not each.number)
    typer.echo("\n".join([*lines, *(coverage_lines(found) if len(found) else [])]))
    typer.echo("\n".join(line for each in doubtful for line in each.lines()))
    if fine:
        typer.echo(f"nothing doubtful: {fine}")


def add(
    file: Annotated[Path, typer.Argument(help="File of events or counts.")],
    source: Source = None,
    vintages: Vintages = FOLDER,
    release: Annotated[
        str | None, typer.Option("--release", help="The publisher's name of it; by default that in the file's name.")
    ] = None,
    series: Annotated[
        str | None, typer.Option("--series", help="Snapshots of one series replace each other; the source by default.")
    ] = None,
    known: Annotated[
        str | None, typer.Option("--known", help="Day it was published, YYYY-MM-DD; today by default.", metavar="DAY")
    ] = None,
    first: Annotated[str | None, typer.Option("--first", help="First month covered.", metavar="MONTH")] = None,
    last: Annotated[str | None, typer.Option("--last", help="Last month covered.", metavar="MONTH")] = None,
    licence: Annotated[str | None, typer.Option("--licence", help="Terms, if not those of the source.")] = None,
    citation: Annotated[str | None, typer.Option("--citation", help="What to cite, if not the source's.")] = None,
    as_json: AsJson = False,
) -> None:
    """Keep what a file says as a snapshot that never changes.

    **Examples**

    `harmattan data add GEDEvent_v23_0_10.csv --known 2023-11-20`

    `harmattan data add my-list.csv --series my-list --release 2024-05`
    """
    from harmattan import vintages as store

    if not file.exists():
        raise typer.BadParameter(f"there is no file {file}", param_hint="FILE")
    before = {each.content for each in store.snapshots(vintages)}
    kept = store.add(
        file,
        vintages,
        source=source,
        series=series,
        release=release,
        known=known,
        first=first,
        last=last,
        licence=licence,
        citation=citation,
    )
    word = "already there" if kept.content in before else "kept"
    lines = [
        f"{word}: {kept.name} ({kept.content[:12]}), {kept.rows} {kept.kind}, {kept.first} to {kept.last}, "
        f"known {kept.known}"
    ]
    _print(lines, {"new": kept.content not in before, **_told(kept)}, as_json)


def list_snapshots(
    vintages: Vintages = FOLDER,
    known: Annotated[
        str | None, typer.Option("--known", help="Only what counted on this day, YYYY-MM-DD.", metavar="DAY")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the snapshots, the newest last; with a day, those that counted then.

    **Example**

    `harmattan data list --known 2023-12-01`
    """
    from harmattan import vintages as store

    found = list(store.snapshots(vintages))
    if known is not None:
        counted = {each.content for group in store.as_of(vintages, known).values() for each in group}
        found = [each for each in found if each.content in counted]
    if as_json:
        typer.echo(json.dumps([_told(each) for each in found], ensure_ascii=False, indent=2))
        return
    if not found:
        typer.echo(f"no snapshot in {vintages}; add one with `harmattan data add FILE`")
    for each in found:
        typer.echo(
            f"{each.known}  {each.name}  {each.content[:12]}  {each.rows} {each.kind}  {each.first} to {each.last}  "
            f"{each.licence}"
        )


def diff(
    a: Annotated[str, typer.Argument(help="The earlier snapshot: its name or the beginning of its hash.")],
    b: Annotated[str, typer.Argument(help="The later one.")],
    vintages: Vintages = FOLDER,
    countries: Countries = None,
    as_json: AsJson = False,
) -> None:
    """Say what changed between two snapshots, in the months that both cover: rows added, removed and revised.

    **Example**

    `harmattan data diff ucdp-23.0.10 ucdp-24.1 --countries BFA,NGA`
    """
    from harmattan import vintages as store
    from harmattan.vintages.difference import within

    one, other = store.find(vintages, a), store.find(vintages, b)
    chosen = [each.strip() for each in countries.split(",")] if countries else None
    rows = [within(store.read(each), chosen) for each in (one, other)]
    found = store.diff(rows[0], rows[1], months=store.common_months(one.months, other.months))
    heading = f"{one.name} (known {one.known}) -> {other.name} (known {other.known})"
    if not as_json:
        typer.echo("\n".join([heading, *found.lines()]))
        return
    typer.echo(json.dumps({"a": _told(one), "b": _told(other), **_difference(found)}, ensure_ascii=False, indent=2))


def nowcast(
    experiment: ExperimentName,
    data: DataFile = None,
    draws: Annotated[int, typer.Option("--draws", min=100, help="Draws of the true counts.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Say what the newest months will come to, of an experiment with `delay` in its data.

    **Example**

    `harmattan data nowcast mine.toml`
    """
    import numpy as np

    from harmattan.cli.options import loaded
    from harmattan.inputs import read_data
    from harmattan.settings import SettingsError
    from harmattan.vintages.nowcast import nowcast as drawn
    from harmattan.vintages.panels import KnownPanel

    settings = loaded(experiment, data, None)
    panel, _ = read_data(settings)
    if not isinstance(panel, KnownPanel) or panel.delay is None:
        raise SettingsError(
            "data.delay must say how late reports are: 'nowcast' where there are snapshots of several days, or the "
            "shares reported, such as [0.5, 0.8]"
        )
    found = drawn(panel, draws=draws, rng=np.random.default_rng([settings.forecast.seed, panel.origin.ordinal]))
    totals = found.totals()
    if as_json:
        rows = found.table().assign(month=lambda table: table["month"].astype(str))
        typer.echo(rows.to_json(orient="records", indent=2))
        return
    for month, row in totals.iterrows():
        typer.echo(
            f"{month}: {row['reported']:g} reported, {row['expected']:.1f} expected in the end "
            f"({row['q05']:g} to {row['q95']:g})"
        )


def _since(found: Found, source: str, file: Path, folder: Path) -> Difference | None:
    """How a file differs from what was known of its source before, if there is a snapshot with other content."""
    from pandas import period_range

    from harmattan import vintages as store
    from harmattan.vintages.content import canonical, content_hash, kind_of
    from harmattan.vintages.coverage import months_of, release_of

    kind = kind_of(found)
    own = content_hash(canonical(found), kind=kind, source=found.source)
    like = [each for each in store.snapshots(folder) if each.series == source and each.kind == kind]
    earlier = [each for each in like if each.content != own]
    if not earlier:
        return None
    first, last = months_of(found, source, release_of(file.name))
    months = period_range(first, last, freq="M")
    common = store.common_months(earlier[-1].months, months)
    return store.diff(store.read(earlier[-1]), found, months=common)


def _told(snapshot: Snapshot) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(snapshot), "path": str(snapshot.path)}


def _difference(found: Difference) -> dict[str, Any]:
    def records(table: pd.DataFrame) -> Any:
        told = table.assign(month=table["month"].astype(str)) if "month" in table else table
        return json.loads(told.to_json(orient="records"))

    months = None if found.months is None else [str(each) for each in found.months]
    return {
        "months": months,
        "totals": dict(found.totals),
        "rows": records(found.rows),
        "by_month": records(found.by_month.reset_index()),
        "by_region": records(found.by_region.reset_index()),
    }


def _by_month(wide: pd.DataFrame) -> dict[str, dict[str, float]]:
    return {str(name): {str(month): float(number) for month, number in wide[name].items() if number} for name in wide}


def _print(lines: list[str], told: dict[str, Any], as_json: bool) -> None:
    typer.echo(json.dumps({**told, "summary": lines}, ensure_ascii=False, indent=2) if as_json else "\n".join(lines))

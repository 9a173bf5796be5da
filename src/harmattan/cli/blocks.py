"""Commands for grids larger than memory: events counted by cell and step, features made block by block."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harmattan.cli.options import AsJson, Dask, Workers

if TYPE_CHECKING:
    from harmattan.regions import Regions

Degrees = Annotated[float, typer.Option("--cells", help="Side of a cell in degrees; 0.5 is PRIO-GRID.")]
Level = Annotated[
    str | None, typer.Option("--level", help="Bundled regions instead of cells, such as admin1.", metavar="LEVEL")
]
TIMES_TOLD = 20


def count(
    events: Annotated[Path, typer.Argument(help="Parquet file of events, or a folder of them.", metavar="EVENTS")],
    out: Annotated[Path, typer.Option("--out", help="Parquet file to write.", metavar="FILE")],
    date: Annotated[
        str, typer.Option("--date", help="Column of the date; or those of year, month and day: year,month,day.")
    ] = "date",
    lon: Annotated[str, typer.Option("--lon", help="Column of the longitude.")] = "longitude",
    lat: Annotated[str, typer.Option("--lat", help="Column of the latitude.")] = "latitude",
    event: Annotated[
        str | None, typer.Option("--event", help="Column that names each event once; checked over all files.")
    ] = None,
    deaths: Annotated[str | None, typer.Option("--deaths", help="Column of deaths, whole numbers.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Count rows with one of these values: EventRootCode=18,19,20. May be repeated."),
    ] = None,
    step: Annotated[str, typer.Option("--step", help="month or day.")] = "month",
    degrees: Degrees = 0.5,
    level: Level = None,
    first: Annotated[str | None, typer.Option("--first", help="First month or day covered.")] = None,
    last: Annotated[str | None, typer.Option("--last", help="Last month or day covered.")] = None,
    workers: Workers = 1,
    dask: Dask = None,
    as_json: AsJson = False,
) -> None:
    """Count events of any number of Parquet files by cell and month or day.

    A run that is stopped goes on where it was when the same command is given again.

    **Examples**

    `harmattan grid count gdelt/ --out counts.parquet --date SQLDATE --lon ActionGeo_Long --lat ActionGeo_Lat
    --event GLOBALEVENTID --only EventRootCode=18,19,20 --workers 2`

    `harmattan grid count ged.parquet --out days.parquet --date date_start --deaths best --step day`
    """
    from harmattan.blocks.cells import Cells
    from harmattan.blocks.counting import count as counted
    from harmattan.blocks.reading import Asked
    from harmattan.regions import bundled

    if step not in ("month", "day"):
        raise typer.BadParameter(f"expected month or day; got {step!r}", param_hint="--step")
    asked = Asked(
        date=date,
        lon=lon,
        lat=lat,
        event=event,
        deaths=deaths,
        only=dict(_choice(each) for each in only or ()),
        step="month" if step == "month" else "day",
        where=Cells(degrees) if level is None else bundled(level),
        first=_step_number(first, step, "--first"),
        last=_step_number(last, step, "--last"),
    )
    found = counted(events, out, asked, number=workers, dask=dask, told=_progress("partitions"))
    if as_json:
        told = {"table": str(out), "rows": found.rows, "partitions": found.partitions, "resumed": found.resumed}
        typer.echo(json.dumps({**told, "written": found.written, "covers": [found.first, found.last]}, indent=2))
        return
    rows = found.rows
    typer.echo(f"{rows['read']:,} rows read from {found.files} files, {rows['counted']:,} counted")
    if rows["not asked for"]:
        typer.echo(f"  {rows['not asked for']:,} not asked for")
    for why, lost in found.dropped.items():
        typer.echo(f"  {lost:,} dropped: {why}")
    typer.echo(f"{out}: {found.written:,} rows by region and {step}, {found.first} to {found.last}")


def features(
    counts: Annotated[Path, typer.Argument(help="Table that `harmattan grid count` wrote.", metavar="COUNTS")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write.", metavar="FOLDER")],
    places: Annotated[
        Path | None,
        typer.Option("--regions", help="CSV or Parquet of all cells: region (or gid), country, and any facts."),
    ] = None,
    degrees: Degrees = 0.5,
    level: Level = None,
    chosen: Annotated[str, typer.Option("--features", help="A set of features: compact or full.")] = "full",
    other: Annotated[
        Path | None, typer.Option("--other", help="Table of counts of all else, for features of other_attacks.")
    ] = None,
    memory: Annotated[str, typer.Option("--memory", help="What one worker may take, such as 2GB.")] = "2GB",
    workers: Workers = 1,
    dask: Dask = None,
    as_json: AsJson = False,
) -> None:
    """Make features of a grid larger than memory, block by block, from counts by month.

    The numbers are those of the whole grid at once. A run that is stopped goes on where it was. There are at least as
    many blocks as workers, on a cluster too.

    **Examples**

    `harmattan grid features counts.parquet --regions cells.csv --out features --memory 2GB --workers 2`

    `harmattan grid features counts.parquet --regions cells.csv --out features --dask tcp://10.0.0.5:8786`
    """
    from harmattan.blocks.features import chosen as set_of
    from harmattan.blocks.features import write_features
    from harmattan.blocks.memory import bytes_of
    from harmattan.blocks.sparse import read_counts

    regions = _regions(places, degrees, level)
    read = read_counts(counts, regions, other=other)
    wanted = set_of(chosen, regions, list(read.values))
    found = write_features(
        read, regions, wanted, out, memory=bytes_of(memory), number=workers, dask=dask, told=_progress("blocks")
    )
    if as_json:
        told = {
            name: getattr(found, name)
            for name in ("blocks", "resumed", "regions", "months", "features", "need", "bytes", "left_out")
        }
        typer.echo(json.dumps({"folder": str(found.folder), **told}, indent=2))
        return
    typer.echo(
        f"{found.folder}: {found.features} features of {found.regions:,} regions and {found.months} months in "
        f"{found.blocks} block{'' if found.blocks == 1 else 's'}, {found.bytes / 1e6:,.1f} MB; "
        f"a worker takes up to {found.need / 1e6:,.0f} MB"
    )
    for measure, lost in found.left_out.items():
        typer.echo(f"  {lost:,.0f} {measure} left out: their regions are not among those given")


def _choice(text: str) -> tuple[str, list[str]]:
    name, sign, values = text.partition("=")
    wanted = [each.strip() for each in values.split(",") if each.strip()]
    if not (name.strip() and sign and wanted):
        raise typer.BadParameter(f"expected COLUMN=VALUE,VALUE; got {text!r}", param_hint="--only")
    return name.strip(), wanted


def _step_number(text: str | None, step: str, option: str) -> int | None:
    """Months or days since January 1970."""
    if text is None:
        return None
    from datetime import date

    from harmattan.months import month

    try:
        if step == "month":
            return month(text).ordinal
        return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def _regions(places: Path | None, degrees: float, level: str | None) -> Regions:
    from harmattan.blocks.cells import Cells, read_facts
    from harmattan.regions import bundled

    if places is not None and level is None:
        return Cells(degrees).regions(read_facts(places))
    if level is not None and places is None:
        return bundled(level)
    raise typer.BadParameter("give either --regions, a file of all cells, or --level", param_hint="--regions")


def _progress(what: str) -> Callable[[int, int], None]:
    """Tell on standard error how far it is, some twenty times in all."""

    def told(done: int, number: int) -> None:
        if done == number or done % max(1, number // TIMES_TOLD) == 0:
            typer.echo(f"{done} of {number} {what}", err=True)

    return told

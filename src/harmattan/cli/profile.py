"""The command that draws a profile of recorded attacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harmattan.regions import Regions

SEED = 1


def profile(
    file: Annotated[Path, typer.Argument(help="File of attacks: UCDP GED, ACLED or a list of your own.")],
    actor: Annotated[
        str, typer.Option("--actor", help="Armed group: a lineage, or a name the file uses.", metavar="NAME")
    ],
    first: Annotated[str, typer.Option("--from", help="First month, YYYY-MM.", metavar="MONTH")],
    last: Annotated[str, typer.Option("--to", help="Last month, YYYY-MM.", metavar="MONTH")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write; profile-ACTOR-FROM-TO by default.", metavar="FOLDER"),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language: en or fr.", metavar="LANGUAGE")] = "en",
    source: Annotated[
        str | None,
        typer.Option("--source", help="Format of the file; found from its columns by default.", metavar="NAME"),
    ] = None,
    lineages: Annotated[
        Path | None, typer.Option("--lineages", help="Your own table of groups and their names.", metavar="FILE")
    ] = None,
    covers_from: Annotated[
        str | None,
        typer.Option(
            "--covers-from", help="First month the file covers; by its name or first row by default.", metavar="MONTH"
        ),
    ] = None,
    covers_to: Annotated[
        str | None,
        typer.Option(
            "--covers-to", help="Last month the file covers; by its name or last row by default.", metavar="MONTH"
        ),
    ] = None,
    level: Annotated[
        str,
        typer.Option("--level", help="Finest regions: country, admin1, province, or several joined by +."),
    ] = "province+admin1",
    polygons: Annotated[
        Path | None, typer.Option("--polygons", help="Your own regions, instead of --level.", metavar="FILE")
    ] = None,
    columns: Annotated[
        str,
        typer.Option("--columns", help="Columns of --polygons: code,name,country.", metavar="NAMES"),
    ] = "code,name,country",
) -> None:
    """Draw what recorded attacks look like: where, when, in what rhythm, how, against whom, and what changed.

    Prints a summary and writes a folder with a page, pictures and numbers. Only regions and months are named.

    **Examples**

    `harmattan profile my-list.csv --actor JNIM --from 2019-01 --to 2019-08`

    `harmattan profile GEDEvent_v24_1.csv.zip --actor JNIM --from 2022-01 --to 2022-12 --lang fr --out year-2022`
    """
    import numpy as np

    from harmattan.events import Events
    from harmattan.incidents import caveats, incidents, summary, write
    from harmattan.incidents import profile as drawn
    from harmattan.incidents.wording import phrases
    from harmattan.months import month, month_range
    from harmattan.sources import read
    from harmattan.sources.tables import remarks
    from harmattan.vintages.coverage import covered_by_name, release_of

    phrases(lang)
    month_range(first, last)
    events = read(file, source)
    if not isinstance(events, Events):
        raise ValueError(f"{file.name} has counts by region and month; a profile needs a list of single attacks")
    release = release_of(file.name)
    named = covered_by_name(events.source, release) or (None, None)
    candidate = named[0] is not None and release.count(".") > 1
    covered = (month(covers_from) if covers_from else named[0], month(covers_to) if covers_to else named[1])
    regions = _regions(level, polygons, columns)
    found = incidents(
        events,
        actor,
        regions=regions,
        lineages=lineages,
        covered=covered,
        provisional=candidate,
        remarks=remarks(file),
    )
    for name, number in found.unknown.items():
        typer.echo(f"harmattan: no region is called {name!r} ({number} in the file)", err=True)
    told = drawn(found, first, last, rng=np.random.default_rng(SEED))
    folder = out or Path(f"profile-{''.join(letter if letter.isalnum() else '-' for letter in actor)}-{first}-{last}")
    written = write(told, folder, language=lang, file=file.name)
    typer.echo("\n".join([*summary(told, lang), *caveats(told, lang)]))
    typer.echo(f"Written: {written}")


def _regions(level: str, polygons: Path | None, columns: str) -> Regions:
    from harmattan.regions import bundled, from_polygons

    if polygons is None:
        return bundled(level)
    names = [name.strip() for name in columns.split(",")]
    if len(names) != 3:
        raise ValueError(f"--columns must name three columns, code, name and country; got {columns!r}")
    return from_polygons(polygons, code=names[0], name=names[1], country=names[2])

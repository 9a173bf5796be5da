"""Commands that look at data before it is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from harmattan.cli.options import AsJson


def check(
    file: Annotated[Path, typer.Argument(help="File of events or counts.")],
    source: Annotated[
        str | None,
        typer.Option("--source", help="Its format; found from its columns by default.", metavar="NAME"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a file as a forecast would and say what is in it and what was left out, and why.

    **Examples**

    `harmattan data check GEDEvent_v24_1.csv.zip`

    `harmattan data check my-list.csv --source plain`
    """
    from harmattan.sources import read
    from harmattan.sources.summary import summary
    from harmattan.sources.ucdp_registry import read_registry, registry_summary

    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}", param_hint="FILE")
    registry = source is None and file.suffix == ".json"
    lines = registry_summary(read_registry(file)) if registry else summary(read(file, source))
    if as_json:
        typer.echo(json.dumps({"file": str(file), "summary": lines}, ensure_ascii=False, indent=2))
        return
    typer.echo("\n".join(lines))

"""Command that says what changed between two releases, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harmattan.cli.options import Workers
from harmattan.cli.show import progress, records, show

if TYPE_CHECKING:
    import pandas as pd


def changes(
    older: Annotated[Path, typer.Argument(help="Folder of the older release.", metavar="OLDER")],
    newer: Annotated[Path, typer.Argument(help="Folder of the newer release.", metavar="NEWER")],
    window: Annotated[
        str | None,
        typer.Option("--window", help="next_month, next_3_months or a month YYYY-MM; the nearest by default."),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many regions to print.")] = 10,
    out: Annotated[Path | None, typer.Option("--out", help="Table to write, .csv or .parquet.", metavar="FILE")] = None,
    workers: Workers = 2,
    own_code: Annotated[
        bool, typer.Option("--own-code", help="Run code that the releases name; only for releases you trust.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole table as JSON and nothing else.")] = False,
) -> None:
    """Say what changed between two releases of an experiment: revised data, new data or model.

    The forecasts are made again with one thing changed at a time, so the parts add up exactly. That takes as long as
    the champion's part of a run, for each thing that has changed. If the review page of the newer release compares it
    with the older one, the parts are written beside it, where the page reads them.

    **Examples**

    `harmattan changes releases/burkina/2023-11 releases/burkina/2023-12`

    `harmattan changes releases/burkina/2023-11 releases/burkina/2023-12 --window next_3_months --out changes.csv`
    """
    from harmattan.changes import changes as split
    from harmattan.changes import of_window, sentences, why_not_on_page, write_for_page, write_table
    from harmattan.changes.told import WRITERS

    if out is not None and out.suffix not in WRITERS:
        raise typer.BadParameter(f"must end with .csv or .parquet; got {out.name}", param_hint="--out")
    with progress("What changed") as tell:
        found = split(older, newer, workers=workers, progress=tell, own_code=own_code)
    rows = of_window(found, window).head(top)
    if out is not None:
        write_table(found, out)
    page = write_for_page(found)
    if as_json:
        told = {"notes": found.notes, "separable": found.separable, "changes": json.loads(records(found.table))}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    show(rows, as_json=False, view=_view)
    for sentence in sentences(found, rows):
        typer.echo(sentence)
    typer.echo("")
    for note in found.notes:
        typer.echo(note)
    typer.echo(f"For the review page: {page}" if page else f"Not for the review page: {why_not_on_page(found)}.")


def _view(rows: pd.DataFrame) -> pd.DataFrame:
    """The chances of one window and their parts."""
    return rows[["name", "before", "after", "change", "revised", "new", "model", "noise"]]

"""What commands print: tables for people, records for programs, and progress on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

ROWS_SHOWN = 40


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show what is being done on standard error, one line per step."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        steps: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in steps:
                steps[what] = progress.add_task(f"{title}: {what}", total=total)
            progress.update(steps[what], completed=done, total=total)

        yield tell


def show(table: pd.DataFrame, as_json: bool, view: Callable[[pd.DataFrame], pd.DataFrame] | None = None) -> None:
    """Print a table, or what `view` makes of it; as records and whole if `as_json`."""
    if as_json:
        print_json(table)
        return
    from rich.console import Console
    from rich.table import Table

    shown = view(table) if view else table
    grid = Table()
    for name in shown.columns:
        grid.add_column(str(name), overflow="fold")
    for row in shown.head(ROWS_SHOWN).itertuples(index=False):
        grid.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row))
    Console().print(grid)
    if len(shown) > ROWS_SHOWN:
        typer.echo(f"{len(shown) - ROWS_SHOWN} more rows; --json prints them all.")


def print_json(table: pd.DataFrame) -> None:
    """Print a table as JSON records."""
    typer.echo(records(table))


def records(table: pd.DataFrame) -> str:
    """Records; months as text, missing values as null."""
    import pandas

    months = [name for name in table if isinstance(table[name].dtype, pandas.PeriodDtype)]
    told = table.copy()
    for name in months:
        told[name] = table[name].astype(str).where(table[name].notna(), None)
    return str(told.to_json(orient="records", force_ascii=False, indent=2))

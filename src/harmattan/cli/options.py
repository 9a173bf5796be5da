"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harmattan.settings import Experiment

ExperimentName = Annotated[
    str, typer.Argument(help="TOML file, or name of a shipped experiment.", metavar="EXPERIMENT")
]
Store = Annotated[
    str | None, typer.Option("--store", help="MLflow store; sqlite in this folder by default.", metavar="URI")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the table as JSON records and nothing else.")]
Releases = Annotated[Path, typer.Option("--releases", help="Folder that holds the releases.", metavar="FOLDER")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Processes; the result is the same for any number.")]
DataFile = Annotated[
    Path | None,
    typer.Option("--data", help="Read this file of events or counts instead of the experiment's.", metavar="FILE"),
]
Origin = Annotated[str | None, typer.Option("--origin", help="Last month to use, YYYY-MM.", metavar="MONTH")]


def loaded(name: str, data: Path | None, origin: str | None) -> Experiment:
    """Return an experiment by name or file, on another file of data or at another origin if these are given."""
    from harmattan.settings import load

    return load(name).with_data(str(data) if data else None).with_origin(origin)

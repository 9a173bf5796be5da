"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harmattan.settings import Experiment
    from harmattan.workers import Workers as Place

CACHE = Path("sweeps")
"""Where sweeps and clusters keep what they have tried, if nothing else is said."""

ExperimentName = Annotated[
    str, typer.Argument(help="TOML file, or name of a shipped experiment.", metavar="EXPERIMENT")
]
Store = Annotated[
    str | None, typer.Option("--store", help="MLflow store; sqlite in this folder by default.", metavar="URI")
]
Artefacts = Annotated[
    str | None,
    typer.Option(
        "--artefacts",
        help="Where a new experiment keeps its artefacts; needed with a shared database.",
        metavar="FOLDER",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the table as JSON records and nothing else.")]
Releases = Annotated[Path, typer.Option("--releases", help="Folder that holds the releases.", metavar="FOLDER")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Processes; the result is the same for any number.")]
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        help="Run on a Dask cluster instead: the address of its scheduler, or its scheduler file.",
        metavar="ADDRESS",
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        help="Keep what is tried on the past here, and take from here what is done; sweeps and --dask use 'sweeps'.",
        metavar="FOLDER",
    ),
]
DataFile = Annotated[
    Path | None,
    typer.Option("--data", help="Read this file of events or counts instead of the experiment's.", metavar="FILE"),
]
Origin = Annotated[str | None, typer.Option("--origin", help="Last month to use, YYYY-MM.", metavar="MONTH")]


def loaded(name: str, data: Path | None, origin: str | None) -> Experiment:
    """Return an experiment by name or file, on another file of data or at another origin if these are given."""
    from harmattan.settings import load

    return load(name).with_data(str(data) if data else None).with_origin(origin)


@contextmanager
def running(number: int, dask: str | None, cache: Path | None = None) -> Iterator[tuple[Place, Path | None]]:
    """Give where to run, and the folder that keeps what is tried: on a cluster there is always one."""
    from harmattan.workers import workers

    kept = cache or (CACHE if dask else None)
    with workers(number, dask=dask, kept=kept) as place:
        yield place, kept

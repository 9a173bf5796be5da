"""Commands for releases: what there is, and files for others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harmattan.cli.options import AsJson, Releases
from harmattan.cli.show import show


def list_releases(releases: Releases = Path("releases"), as_json: AsJson = False) -> None:
    """List the releases in a folder, newest first.

    **Example**

    `harmattan releases`
    """
    from harmattan.release import releases as found

    show(found(releases), as_json)


def export(
    release: Annotated[Path, typer.Argument(help="Folder of a release, as `harmattan releases` lists it.")],
    destination: Annotated[
        Path, typer.Argument(help="File to write; its ending says the format: csv, geojson, gpkg, parquet.")
    ],
) -> None:
    """Write the forecast of a release to one file for a spreadsheet or a GIS.

    **Example**

    `harmattan export releases/burkina/2023-12 burkina.gpkg`
    """
    from harmattan.release import export as write

    typer.echo(f"Written: {write(release, destination)}")


def report(
    release: Annotated[Path, typer.Argument(help="Folder of a release, as `harmattan releases` lists it.")],
    destination: Annotated[Path, typer.Argument(help="HTML file to write.")],
) -> None:
    """Write the review page of a release as one file that opens anywhere, without a network.

    **Example**

    `harmattan report releases/burkina/2023-12 burkina.html`
    """
    from harmattan.page import write_report

    typer.echo(f"Written: {write_report(release, destination)}")

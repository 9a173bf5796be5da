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


def serve(
    releases: Releases = Path("releases"),
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; any but this machine's needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    token: Annotated[
        str | None, typer.Option("--token", envvar="HARMATTAN_TOKEN", show_envvar=True, help="What readers must send.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="File that holds the token.", metavar="FILE")
    ] = None,
    names: Annotated[
        list[str] | None, typer.Option("--name", help="A further name readers use, such as a proxy's.")
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Serve the review page and an API, read-only, on this machine.

    **Example**

    `harmattan serve --open`
    """
    import logging

    from harmattan.api import serve as run_server

    if token_file is not None:
        token = token_file.read_text(encoding="utf-8").strip()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

    def ready(address: str) -> None:
        typer.echo(f"The page is at {address}  (stop with Ctrl+C)")
        if open_page:
            typer.launch(address)

    run_server(releases, host=host, port=port, token=token, names=names or [], ready=ready)

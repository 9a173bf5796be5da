"""Command for the monthly briefing of a release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def briefing(
    release: Annotated[Path, typer.Argument(help="Folder of a release, as `harmattan releases` lists it.")],
    lang: Annotated[str, typer.Option("--lang", help="en or fr.")] = "en",
    out: Annotated[
        Path | None, typer.Option("--out", help="HTML file to write; the PDF gets the same name.", metavar="FILE")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Your copy of the source, where the release cannot hold its counts.", metavar="FILE"
        ),
    ] = None,
    changes: Annotated[
        Path | None,
        typer.Option(
            "--changes", help="What `harmattan changes --out` wrote: what the changes are made of.", metavar="FILE"
        ),
    ] = None,
    words: Annotated[
        Path | None, typer.Option("--words", help="TOML file of sentences that shall read otherwise.", metavar="FILE")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Write the PDF too.")] = True,
) -> None:
    """Write the monthly briefing of a release: two to four pages, HTML and PDF, in English or French.

    The release before it in the same folder tells what changed and how the last forecast did.

    **Examples**

    `harmattan briefing releases/burkina/2023-12`

    `harmattan briefing releases/burkina/2023-12 --lang fr --no-pdf`
    """
    from harmattan.briefing import write

    for path in write(release, language=lang, destination=out, data=data, words=words, changes=changes, pdf=pdf):
        typer.echo(f"Written: {path}")

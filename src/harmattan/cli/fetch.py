"""The command that fetches data from those who publish them."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harmattan.cli.options import AsJson

if TYPE_CHECKING:
    from rich.progress import Progress

    from harmattan.fetching import Fetched, Plan
    from harmattan.fetching.credentials import Lookup
    from harmattan.fetching.web import Told


def fetch(
    what: Annotated[str, typer.Argument(help="ucdp-ged, ucdp-candidate, acled or boundaries.", metavar="WHAT")],
    release: Annotated[
        str | None, typer.Option("--release", help="Release of UCDP: 26.1 of GED, 26.0.9 of Candidate.", metavar="NAME")
    ] = None,
    country: Annotated[
        list[str] | None, typer.Option("--country", help="Code of three letters; may be repeated.", metavar="ISO3")
    ] = None,
    first: Annotated[str | None, typer.Option("--first", help="First month, of ACLED.", metavar="MONTH")] = None,
    last: Annotated[str | None, typer.Option("--last", help="Last month, of ACLED.", metavar="MONTH")] = None,
    level: Annotated[
        int | None, typer.Option("--level", min=0, max=4, help="Level of boundaries; 1 by default.")
    ] = None,
    provider: Annotated[
        str | None,
        typer.Option("--provider", help="Of boundaries: geoboundaries, the default, or cod.", metavar="NAME"),
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="Folder for the files.", metavar="FOLDER")] = Path("downloads"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be fetched; ask no one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch events or boundaries from their publisher, with a record of where they come from beside each file.

    A download that broke off is carried on. A file that has not changed is not sent again.
    Logins are read from the environment or the keyring, and are sent to their publisher alone.

    **Examples**

    `harmattan data fetch ucdp-ged --release 26.1`

    `harmattan data fetch ucdp-candidate --release 26.0.9`

    `harmattan data fetch acled --country BFA --country MLI --first 2020-01 --last 2025-10`

    `harmattan data fetch boundaries --country BFA --level 2`
    """
    import os
    from datetime import UTC, datetime

    from harmattan.fetching import plans
    from harmattan.fetching.credentials import lookup

    try:
        wanted = plans(
            what,
            release=release,
            countries=country or (),
            first=first,
            last=last,
            level=level,
            provider=provider,
            today=datetime.now(UTC).date(),
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    look = lookup(os.environ)
    if dry_run:
        _say_plans(wanted, to, look, as_json)
        return
    done = []
    for plan in wanted:
        got = _fetched(plan, to, look)
        done.append({"path": str(got.path), "new": got.new, **asdict(got.record)})
        if not as_json:
            _say_fetched(got)
    if as_json:
        typer.echo(json.dumps(done, ensure_ascii=False, indent=2))


def _say_fetched(got: Fetched) -> None:
    record = got.record
    state = "fetched" if got.new else f"not changed since {record.retrieved}"
    typer.echo(f"{got.path}: {record.bytes:,} bytes, {state}")
    typer.echo(f"  licence: {record.licence}\n  cite: {record.citation}\n  sha256: {record.sha256}")


def _fetched(plan: Plan, folder: Path, look: Lookup) -> Fetched:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from harmattan.fetching import fetch as fetch_plan

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"), TimeRemainingColumn())
    # Without a terminal nothing is drawn, and only the waits are said.
    shown = Progress(*columns, console=console, transient=True) if console.is_terminal else nullcontext()
    with shown as bar:
        return fetch_plan(plan, folder, look=look, told=_teller(plan.file, bar))


def _teller(name: str, bar: Progress | None) -> Told:
    """A function that shows each step of a fetch."""
    from harmattan.fetching import Step

    task = bar.add_task(name, total=None, done="") if bar is not None else None

    def say(words: str) -> None:
        if bar is not None:
            bar.console.print(words, markup=False, highlight=False, soft_wrap=True)
        else:
            typer.echo(words, err=True)

    def tell(step: Step) -> None:
        if step.kind == "wait":
            say(f"{step.words}; trying again in {step.done:,.0f} s")
        elif step.kind == "lock":
            say(f"another fetch of {name} is under way; waiting for it")
        elif bar is not None and task is not None:
            size = f"{step.done / 1e6:,.1f} MB" if step.kind == "bytes" else f"{step.done:,.0f} rows"
            bar.update(task, completed=step.done, total=step.total, done=size)

    return tell


def _say_plans(wanted: list[Plan], folder: Path, look: Lookup, as_json: bool) -> None:
    if as_json:
        found = [
            {
                "file": str(folder / plan.file),
                "source": plan.source,
                "release": plan.release,
                "addresses": plan.addresses,
                "licence": plan.about.licence,
                "citation": plan.about.citation,
                "logins": [{name: look(name) is not None for name in names} for names in plan.about.credentials],
            }
            for plan in wanted
        ]
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for plan in wanted:
        about = plan.about
        typer.echo(f"would fetch: {folder / plan.file}\n  source: {about.title}, {plan.release}")
        for address in plan.addresses:
            typer.echo(f"  from: {address}")
        typer.echo(f"  licence: {about.licence}\n  cite: {about.citation}\n  login: {_logins(plan, look)}")


def _logins(plan: Plan, look: Lookup) -> str:
    """Which logins the plan needs, and which of them are there."""
    choices = [
        ", ".join(f"{name} ({'missing' if look(name) is None else 'set'})" for name in names)
        for names in plan.about.credentials
    ]
    return "; or ".join(choices) or "none needed"

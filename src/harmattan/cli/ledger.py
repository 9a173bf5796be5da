"""Commands for the ledger of releases: what was issued, whether it is as it was issued, and how it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harmattan.cli.options import AsJson, DataFile, Releases
from harmattan.cli.show import print_json, show

if TYPE_CHECKING:
    import pandas as pd

SHOWN = ("log_score", "brier", "crps")


def list_lines(releases: Releases = Path("releases"), as_json: AsJson = False) -> None:
    """List what was issued when, in the order of the ledger.

    **Example**

    `harmattan ledger list`
    """
    from harmattan.ledger.checking import listed

    show(listed(releases), as_json, lambda table: table.assign(manifest=table["manifest"].str[:12]))


def check(
    releases: Releases = Path("releases"),
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Take up releases that are whole but not in the ledger.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON and nothing else.")] = False,
) -> None:
    """Check that every release is as it was issued, and that no line of the ledger was edited, removed or moved.

    Leaves with 1 and names what is wrong if anything is.

    **Examples**

    `harmattan ledger check`

    `harmattan ledger check --adopt`
    """
    from dataclasses import asdict

    from harmattan.ledger.checking import check as checked

    found = checked(releases, take_up=adopt)
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2))
    else:
        for place in found.adopted:
            typer.echo(f"Taken up: {place}")
        for problem in found.problems:
            typer.echo(str(problem))
        if not found.problems:
            typer.echo(
                f"{found.lines} {'line' if found.lines == 1 else 'lines'}, all as issued; the last is {found.end}"
            )
    if found.problems:
        raise typer.Exit(1)


def score(
    experiment: Annotated[
        str | None, typer.Option("--experiment", help="Only the releases of this experiment.", metavar="NAME")
    ] = None,
    data: DataFile = None,
    to: Annotated[Path | None, typer.Option("--to", help="Table to write, .csv or .parquet.", metavar="FILE")] = None,
    releases: Releases = Path("releases"),
    as_json: AsJson = False,
) -> None:
    """Score the releases in the ledger on what has happened since, beside conflictology.

    Nothing is written without --to.

    **Examples**

    `harmattan ledger score`

    `harmattan ledger score --experiment west-africa --data GEDEvent_v26_0_5.csv --to scores.csv`
    """
    from harmattan.exports import write_csv, write_parquet
    from harmattan.ledger.checking import listed
    from harmattan.ledger.scoring import score as scored

    writers = {".csv": write_csv, ".parquet": write_parquet}
    if to is not None and to.suffix not in writers:
        raise typer.BadParameter(f"must end with .csv or .parquet; got {to.name}", param_hint="--to")
    places = [str(each) for each in listed(releases)["release"].drop_duplicates()]
    chosen = [each for each in places if experiment is None or each.split("/")[0] == experiment]
    if not chosen:
        raise ValueError(
            f"the ledger in {releases} has no release{f' of {experiment}' if experiment else ''}; see "
            "`harmattan ledger list`"
        )
    found = scored(releases, chosen, file=str(data) if data else None)
    if to is not None:
        writers[to.suffix](found.table, to)
    for place, why in found.left_out.items():
        typer.echo(f"{place} is left out: {why}", err=True)
    if as_json:
        print_json(found.table)
        return
    show(found.table, as_json=False, view=_wide)
    for text in found.table["data"].drop_duplicates():
        typer.echo(f"What came: {text}")


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    """Mean scores over all rows, one line per release, horizon and model."""
    chosen = table[table["score"].isin(SHOWN) & (table["set"] == "all")]
    wide = chosen.pivot_table(index=["release", "horizon", "model", "n"], columns="score", values="value")
    wide = wide.reset_index().rename_axis(columns=None)
    return wide.reindex(columns=["release", "horizon", "model", "n", *[name for name in SHOWN if name in wide]])

"""Commands for those who protect sites: make a worksheet, score it, and ask what a measure would change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harmattan.cli.options import AsJson
from harmattan.cli.show import records, show

if TYPE_CHECKING:
    import pandas as pd

    from harmattan.protect import Assessment

Sheet = Annotated[Path, typer.Argument(help="Worksheet, .csv or .xlsx.", metavar="FILE")]
Release = Annotated[
    Path | None,
    typer.Option("--release", help="Release whose forecast of the sites' regions is set beside.", metavar="FOLDER"),
]
To = Annotated[
    list[Path] | None,
    typer.Option("--to", help="Write it too: .html to print, .xlsx or .csv; can be given again.", metavar="FILE"),
]
Draws = Annotated[int, typer.Option("--draws", min=100, max=100_000, help="How often weights and scores are varied.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Decides every draw.")]


def new(
    file: Annotated[Path, typer.Argument(help="Worksheet to write, .csv or .xlsx; must not exist.")],
    sites: Annotated[list[str] | None, typer.Option("--site", help="A site of yours; once for each.")] = None,
    raters: Annotated[list[str] | None, typer.Option("--rater", help="A rater; once for each.")] = None,
    like: Annotated[
        Path | None, typer.Option("--from", help="Copy this worksheet, such as from CSV to XLSX.", metavar="FILE")
    ] = None,
) -> None:
    """Write a worksheet to fill in for your own sites, or the example if no site is given.

    **Examples**

    `harmattan worksheet new sheet.xlsx --site Depot --site Clinic --rater Awa --rater Issa`

    `harmattan worksheet new example.csv`
    """
    from harmattan.protect import MARKING, example, read, write, write_blank

    if like is not None and (sites or raters):
        raise typer.BadParameter("a copy has the sites and raters it has; leave out --site and --rater")
    if bool(sites) != bool(raters):
        raise typer.BadParameter("a worksheet to fill in needs at least one --site and one --rater")
    if sites and raters:
        write_blank(sites, raters, file)
    else:
        write(read(like or example()), file)
    typer.echo(f"{MARKING}\nWritten: {file}")


def score(
    file: Sheet, release: Release = None, to: To = None, draws: Draws = 2000, seed: Seed = 0, as_json: AsJson = False
) -> None:
    """Score a worksheet: totals, ranks, how far they hold, and how far the raters agree.

    **Examples**

    `harmattan worksheet score sheet.xlsx --to sheet.html`

    `harmattan worksheet score sheet.csv --release releases/burkina/2023-12`
    """
    found = _assessed(file, [], release, draws, seed)
    if as_json:
        _print_json(found, ranking=found.ranking, agreement=found.agreement)
    else:
        _say(found, _ranking_view(found.ranking))
        show(_agreement_view(found.agreement), as_json=False)
    _write(found, to, as_json)


def what_if(
    file: Sheet,
    measures: Annotated[
        list[str],
        typer.Argument(
            help="What would change, such as 'Depot: accessibility -3'.", metavar="'SITE: CRITERION CHANGE'..."
        ),
    ],
    release: Release = None,
    to: To = None,
    draws: Draws = 2000,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Ask what protective measures would do to totals and ranks, if they changed scores by so much.

    **Example**

    `harmattan worksheet what-if sheet.csv 'Depot: accessibility -3' --to after.html`
    """
    found = _assessed(file, measures, release, draws, seed)
    if as_json:
        _print_json(found, ranking=found.ranking, changed=found.changed)
    else:
        _say(found, _changed_view(found.changed))
    _write(found, to, as_json)


def _assessed(file: Path, measures: list[str], release: Path | None, draws: int, seed: int) -> Assessment:
    import numpy as np

    from harmattan.protect import assess, measure, read

    forecast = None
    if release is not None:
        from harmattan.release import read as read_release

        forecast = read_release(release).forecast
    asked = [measure(each) for each in measures]
    return assess(read(file), np.random.default_rng(seed), measures=asked, forecast=forecast, draws=draws)


def _say(found: Assessment, table: pd.DataFrame) -> None:
    from rich.markup import escape

    from harmattan.protect import MARKING

    typer.echo(MARKING)
    show(table.assign(site=table["site"].map(escape)), as_json=False)
    typer.echo("\n".join(found.in_words()))


def _print_json(found: Assessment, **tables: pd.DataFrame) -> None:
    from harmattan.protect import MARKING

    said: dict[str, Any] = {"marking": MARKING, "in_words": found.in_words()}
    said |= {name: json.loads(records(table.reset_index())) for name, table in tables.items()}
    typer.echo(json.dumps(said, ensure_ascii=False, indent=2))


def _write(found: Assessment, to: list[Path] | None, as_json: bool) -> None:
    from harmattan.protect import write_assessment

    for path in to or []:
        typer.echo(f"Written: {write_assessment(found, path)}", err=as_json)


def _ranking_view(ranking: pd.DataFrame) -> pd.DataFrame:
    from harmattan.protect.cells import share

    told = ranking.reset_index()
    told["rank in 90 %"] = told["rank_low"].astype(str) + "-" + told["rank_high"].astype(str)
    told["total"], told["first"] = told["total"].map("{:.1f}".format), told["first"].map(share)
    if "chance" in told:
        told["chance"] = told["chance"].map(share, na_action="ignore").fillna("not given")
    beside = ["region", "chance"] if "chance" in told else []
    return told[["rank", "site", "total", "first", "rank in 90 %", *beside]]


def _agreement_view(agreement: pd.DataFrame) -> pd.DataFrame:
    told = agreement.drop(columns="widest_at").reset_index()
    for name in ("weight", "alpha", "sd"):
        told[name] = told[name].map("{:.2f}".format, na_action="ignore").astype(object).fillna("-")
    return told.assign(widest=told["widest"].map("{:.0f}".format))


def _changed_view(changed: pd.DataFrame) -> pd.DataFrame:
    from harmattan.protect.cells import share

    told = changed.reset_index()
    for name, form in (("total", "{:.1f}".format), ("first", share), ("rank", str)):
        told[name] = told[name].map(form) + " → " + told[f"new_{name}"].map(form)
    return told[["site", "total", "rank", "first"]]

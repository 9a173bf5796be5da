"""The command line: a thin face over the functions of the package.

Heavy imports happen inside the commands, so that ``harmattan --help`` answers at once. Tables and closing words go to
standard output, progress to standard error. Exit codes: 0 done, 1 failed, 2 wrong use.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

    from harmattan.settings import Experiment

STANDARD = ("burkina", "countries")
ROWS_SHOWN = 40
LEAST_SHOWN = 0.005

app = typer.Typer(
    help="Forecasts of attacks by an armed group, by region and month: how likely, how sure, and why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="Look at data before it is used.", no_args_is_help=True, rich_markup_mode="markdown")
app.add_typer(data_app, name="data")

AsJson = Annotated[bool, typer.Option("--json", help="Print the table as JSON records and nothing else.")]
Releases = Annotated[Path, typer.Option("--releases", help="Folder that holds the releases.", metavar="FOLDER")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Processes; the result is the same for any number.")]
DataFile = Annotated[
    Path | None,
    typer.Option("--data", help="Read this file of events or counts instead of the experiment's.", metavar="FILE"),
]
Origin = Annotated[str | None, typer.Option("--origin", help="Last month to use, YYYY-MM.", metavar="MONTH")]


@app.command()
def run(
    experiments: Annotated[
        list[str] | None,
        typer.Argument(help="TOML files, or names of shipped experiments.", metavar="[EXPERIMENT]..."),
    ] = None,
    data: DataFile = None,
    origin: Origin = None,
    releases: Releases = Path("releases"),
    store: Annotated[
        str | None,
        typer.Option("--store", help="MLflow store; sqlite in this folder by default.", metavar="URI"),
    ] = None,
    workers: Workers = 2,
    as_json: AsJson = False,
) -> None:
    """Forecast, try the models on the past, write a release with maps, and log it all to MLflow.

    Without an argument it runs the two bundled experiments, burkina and countries.

    **Examples**

    `harmattan run`

    `harmattan run burkina --origin 2023-06`

    `harmattan run west-africa --data GEDEvent.csv.gz`
    """
    if data is not None and not experiments:
        raise typer.BadParameter("--data needs the experiment that reads it, such as west-africa", param_hint="--data")
    from harmattan import release, tracking
    from harmattan.experiment import run as run_experiment
    from harmattan.words import in_words

    destination = store or tracking.default_store(Path.cwd())
    tables = {}
    for name in experiments or STANDARD:
        experiment = _load(name, data, origin)
        with _progress(experiment.title) as tell:
            result = run_experiment(experiment, workers=workers, progress=tell)
            tell("writing the release", 0, 1)
            folder = release.write(result, releases)
            tell("writing the release", 1, 1)
            tell("logging to MLflow", 0, 1)
            tracking.log(result, store=destination, release=folder)
            tell("logging to MLflow", 1, 1)
        tables[result.name] = result.scores
        if not as_json:
            _say(result.caption.title, in_words(result), folder)
    if as_json:
        _print_json(_joined(tables))
        return
    typer.echo(f"\nCompare the models:  mlflow ui --backend-store-uri {store or 'sqlite:///mlflow.db'}")


@app.command()
def backtest(
    experiment: Annotated[str, typer.Argument(help="TOML file, or name of a shipped experiment.")],
    data: DataFile = None,
    origins: Annotated[
        int | None, typer.Option("--origins", min=1, help="How many past months to forecast from.")
    ] = None,
    last: Annotated[str | None, typer.Option("--last", help="Newest of them, YYYY-MM.", metavar="MONTH")] = None,
    horizons: Annotated[
        str | None, typer.Option("--horizons", help="Months ahead to score, such as 1,3,6.", metavar="LIST")
    ] = None,
    workers: Workers = 2,
    as_json: AsJson = False,
) -> None:
    """Try the models of an experiment on past months and print the score table.

    **Examples**

    `harmattan backtest burkina --origins 48 --last 2023-11 --horizons 1,3,6`

    `harmattan backtest countries --json`
    """
    from harmattan.experiment import backtest_rows
    from harmattan.inputs import baselines_of
    from harmattan.scores.table import score_table

    settings = _load(experiment, data, None)
    changes: dict[str, Any] = {"origins": origins, "last": last, "horizons": _numbers(horizons)}
    changed = {key: value for key, value in changes.items() if value is not None}
    settings = settings.with_backtest(changed)
    with _progress(settings.title) as tell:
        rows = backtest_rows(settings, workers=workers, progress=tell)
    scores = score_table(rows, baselines_of(settings))
    _show(scores, as_json, _skill_view)


@app.command()
def scenario(
    experiment: Annotated[str, typer.Argument(help="TOML file, or name of a shipped experiment.")],
    reduce_transmission: Annotated[
        tuple[str, float] | None,
        typer.Option(help="Attacks that spread from some regions to others, times a factor.", metavar="'FROM->TO' F"),
    ] = None,
    reduce_activity: Annotated[
        tuple[str, float] | None,
        typer.Option(help="Attacks in some regions, and those they bring about, times a factor.", metavar="WHERE F"),
    ] = None,
    cut_link: Annotated[tuple[str, str] | None, typer.Option(help="Nothing spreads between two regions.")] = None,
    open_link: Annotated[
        tuple[str, str] | None, typer.Option(help="Attacks spread between two regions as between neighbours.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--change", help="Any of these in words, as often as needed: 'activity BF52* 0.5'.", metavar="TEXT"
        ),
    ] = None,
    data: DataFile = None,
    origin: Origin = None,
    horizons: Annotated[int, typer.Option("--horizons", min=1, max=36, help="Months ahead.")] = 12,
    draws: Annotated[int, typer.Option("--draws", min=100, help="Joint futures, with and without the change.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Ask what would change if attacks spread less, or more: what if, by the endemic-epidemic model.

    Regions are named by code, by country, or by a pattern such as BFA-* (all regions of a country) or BF52*.

    **Examples**

    `harmattan scenario coast --reduce-transmission 'BFA-*->BEN-*' 0.5`

    `harmattan scenario burkina --reduce-activity BF5204 0.5 --cut-link BF5204 BF5205`
    """
    from harmattan.experiment import what_if
    from harmattan.scenario import NOTICE

    asked = {
        "transmission": reduce_transmission,
        "activity": reduce_activity,
        "cut": cut_link,
        "open": open_link,
    }
    told = [f"{kind} {each[0]} {each[1]}" for kind, each in asked.items() if each is not None] + (changes or [])
    if not told:
        raise typer.BadParameter("give at least one change, such as --reduce-transmission 'BFA-*->BEN-*' 0.5")
    outcome = what_if(_load(experiment, data, origin), told, horizons=horizons, draws=draws)
    last = outcome.differences
    last = last[(last["horizon"] == last["horizon"].max()) & (last["scope"] != "region")]
    if as_json:
        said = {"notice": NOTICE, "in_words": outcome.in_words(), "differences": json.loads(_as_json(last))}
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    typer.echo(outcome.in_words())
    _show(last, as_json=False, view=_changed_view)


@app.command()
def reinforce(
    experiment: Annotated[str, typer.Argument(help="TOML file, or name of a shipped experiment.")],
    factor: Annotated[
        float, typer.Option("--factor", min=0, max=1, help="What is left of a region's own and sent attacks.")
    ] = 0.5,
    data: DataFile = None,
    origin: Origin = None,
    horizons: Annotated[int, typer.Option("--horizons", min=1, max=36, help="Months ahead.")] = 12,
    as_json: AsJson = False,
) -> None:
    """Rank border regions by the attacks the model expects to be averted if attacks there were fewer.

    **Example**

    `harmattan reinforce burkina --factor 0.5`
    """
    from harmattan.experiment import where_to_reinforce
    from harmattan.scenario import NOTICE

    table = where_to_reinforce(_load(experiment, data, origin), factor=factor, horizons=horizons)
    _show(table, as_json)
    typer.echo(NOTICE, err=as_json)


@data_app.command()
def check(
    file: Annotated[Path, typer.Argument(help="File of events or counts.")],
    source: Annotated[
        str | None,
        typer.Option("--source", help="Its format; found from its columns by default.", metavar="NAME"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a file as a forecast would and say what is in it and what was left out, and why.

    **Examples**

    `harmattan data check GEDEvent_v24_1.csv.zip`

    `harmattan data check my-list.csv --source plain`
    """
    from harmattan.sources import read
    from harmattan.sources.summary import summary
    from harmattan.sources.ucdp_registry import read_registry, registry_summary

    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}", param_hint="FILE")
    registry = source is None and file.suffix == ".json"
    lines = registry_summary(read_registry(file)) if registry else summary(read(file, source))
    if as_json:
        typer.echo(json.dumps({"file": str(file), "summary": lines}, ensure_ascii=False, indent=2))
        return
    typer.echo("\n".join(lines))


@app.command(name="releases")
def list_releases(releases: Releases = Path("releases"), as_json: AsJson = False) -> None:
    """List the releases in a folder, newest first.

    **Example**

    `harmattan releases`
    """
    from harmattan.release import releases as found

    _show(found(releases), as_json)


@app.command()
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


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        app(standalone_mode=False)
    except typer.Exit as leave:
        sys.exit(leave.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        _complain("stopped before it was done; nothing half-written is left")
        sys.exit(1)
    except (ValueError, OSError, RuntimeError) as error:
        _complain(str(error))
        sys.exit(_exit_code(error))
    except Exception as error:
        if not hasattr(error, "exit_code"):
            raise
        error.show()  # type: ignore[attr-defined]
        sys.exit(error.exit_code)


def _exit_code(error: Exception) -> int:
    """2 for an experiment that cannot be used as it is, 1 for a run that failed."""
    from harmattan.settings import SettingsError

    return 2 if isinstance(error, SettingsError) else 1


def _load(name: str, data: Path | None, origin: str | None) -> Experiment:
    from harmattan.settings import load

    return load(name).with_data(str(data) if data else None).with_origin(origin)


def _numbers(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(each) for each in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"must be whole numbers with commas, such as 1,3,6; got {text!r}") from error


@contextmanager
def _progress(title: str) -> Iterator[Callable[[str, int, int], None]]:
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


def _say(title: str, lines: list[str], folder: Path) -> None:
    typer.echo(f"\n{title}\n" + "\n".join(f"  {line}" for line in lines))
    typer.echo(f"  Look at: {folder / 'maps' / 'overview.png'}\n  All of it: {folder}")


def _show(table: pd.DataFrame, as_json: bool, view: Callable[[pd.DataFrame], pd.DataFrame] | None = None) -> None:
    if as_json:
        _print_json(table)
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


def _skill_view(scores: pd.DataFrame) -> pd.DataFrame:
    """The columns a reader compares models by: one row per model, set and horizon."""
    wanted = ["log_score_skill_vs_conflictology", "crps_skill_vs_conflictology", "auc", "coverage_90"]
    chosen = scores[scores["score"].isin(wanted) & (scores["set"] == "all")]
    wide = chosen.pivot_table(index=["horizon", "model"], columns="score", values="value").reset_index()
    return wide.reindex(columns=["horizon", "model", *wanted])


def _changed_view(differences: pd.DataFrame) -> pd.DataFrame:
    """What changes most: attacks, regions newly hit, arrivals and reach of countries, sets and corridors."""
    told = differences[differences["quantity"].isin(("attacks_within", "newly_hit", "arrived", "reach"))]
    told = told[told["difference"].abs() >= LEAST_SHOWN]
    order = told["difference"].abs().sort_values(ascending=False, kind="stable").index
    return told.loc[order, ["quantity", "name", "base", "changed", "difference", "q05", "q95"]]


def _print_json(table: pd.DataFrame) -> None:
    typer.echo(_as_json(table))


def _as_json(table: pd.DataFrame) -> str:
    """Records; months as text, missing values as null."""
    import pandas

    months = [name for name in table if isinstance(table[name].dtype, pandas.PeriodDtype)]
    told = table.copy()
    for name in months:
        told[name] = table[name].astype(str).where(table[name].notna(), None)
    return str(told.to_json(orient="records", force_ascii=False, indent=2))


def _joined(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One score table; with a column that names the experiment where there are several."""
    import pandas

    named = [scores.assign(experiment=name) if len(tables) > 1 else scores for name, scores in tables.items()]
    return pandas.concat(named, ignore_index=True)


def _complain(message: str) -> None:
    typer.echo(f"harmattan: {message}", err=True)

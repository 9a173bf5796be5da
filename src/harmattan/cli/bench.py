"""Commands of the bench: forecasts made elsewhere, comparison of runs, and who is champion."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harmattan.cli.options import Artefacts, AsJson, Store, Workers
from harmattan.cli.show import progress, show

if TYPE_CHECKING:
    import pandas as pd


def submit(
    file: Annotated[Path, typer.Argument(help="Draws, quantiles or probabilities as CSV or Parquet.", metavar="FILE")],
    experiment: Annotated[str, typer.Option("--experiment", help="Experiment it is judged beside.", metavar="NAME")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it; the file's name by default.")] = None,
    measure: Annotated[str, typer.Option("--measure", help="What it counts: attacks or deaths.")] = "attacks",
    least: Annotated[
        float | None, typer.Option("--least", help="Take probabilities of 0 and 1 as this and 1 less this.")
    ] = None,
    store: Store = None,
    artefacts: Artefacts = None,
    workers: Workers = 2,
    as_json: AsJson = False,
) -> None:
    """Score a forecast made elsewhere beside the models of an experiment, on the same rows, and log it to MLflow.

    **Example**

    `harmattan submit mine.csv --experiment burkina`
    """
    from harmattan import tracking
    from harmattan.experiment import backtest_of
    from harmattan.inputs import baselines_of, read_data
    from harmattan.scores.table import score_table
    from harmattan.settings import load
    from harmattan.submissions import beside, read_submission, score_submission

    settings = load(experiment)
    panel, caption = read_data(settings)
    given = read_submission(file, name=name, measure=measure)
    scored = score_submission(given, panel, least=least)
    with progress(settings.title) as tell:
        ours = backtest_of(settings, workers=workers, progress=tell).rows
    both = beside(given, scored, ours)
    scores = score_table(both.rows, baselines_of(settings))
    destination = store or tracking.default_store(Path.cwd())
    tracking.log_external(
        given, both.rows, scores, panel=panel, caption=caption, store=destination, experiment=settings.name,
        artefacts=artefacts,
    )  # fmt: skip
    for note in both.notes:
        typer.echo(note, err=True)
    show(scores, as_json, _means_view)


def compare(
    experiments: Annotated[
        list[str] | None,
        typer.Argument(help="Experiments to compare; all in the store by default.", metavar="[NAME]..."),
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="Page to write.", metavar="FILE")] = Path("compare.html"),
    table: Annotated[
        Path | None, typer.Option("--table", help="Table to write too, .csv or .parquet.", metavar="FILE")
    ] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", help="Model the others are compared with.", metavar="MODEL")
    ] = None,
    newest: Annotated[int, typer.Option("--newest", min=1, help="At most so many runs, the newest.")] = 200,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Compare the models of logged runs: losses with intervals, and which belong to the best set, as table and page.

    **Example**

    `harmattan compare burkina --to compare.html --table compare.csv`
    """
    import numpy as np

    from harmattan import tracking
    from harmattan.comparison import SCORES, write_page
    from harmattan.comparison import compare as compared

    place = store or tracking.default_store(Path.cwd())
    runs = tracking.read_runs(place, experiments or None, newest=newest, scores=SCORES)
    found = compared(runs, reference=reference, rng=np.random.default_rng(0))
    write_page(found, to, title=", ".join(experiments or ["All experiments"]))
    if table is not None:
        _write_table(found.table, table)
    for note in found.notes:
        typer.echo(note, err=True)
    show(found.table, as_json, _all_view)
    typer.echo(f"Look at: {to}", err=as_json)


def promote(
    experiment: Annotated[str, typer.Argument(help="Name of the experiment in the store.")],
    challenger: Annotated[
        str, typer.Option("--challenger", help="Alias or version that asks to be champion.", metavar="NAME")
    ] = "challenger",
    store: Store = None,
) -> None:
    """Make the challenger champion if it is better by log score and not worse on onsets, outside noise.

    If it is not, this says why, with figures, and leaves with 1.

    **Example**

    `harmattan promote burkina`
    """
    from harmattan import tracking

    destination = store or tracking.default_store(Path.cwd())
    decision = tracking.promote(destination, experiment, challenger=challenger, date=date.today().isoformat())
    typer.echo(str(decision))
    if not decision.promoted:
        raise typer.Exit(1)


def _write_table(table: pd.DataFrame, file: Path) -> None:
    from harmattan.exports import write_csv, write_parquet

    writers = {".csv": write_csv, ".parquet": write_parquet}
    if file.suffix not in writers:
        raise typer.BadParameter(f"must end with .csv or .parquet; got {file.name}", param_hint="--table")
    writers[file.suffix](table, file)


def _means_view(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean scores over all rows, one line per model and horizon."""
    wanted = ["log_score", "brier", "crps", "wis", "auc", "coverage_90"]
    chosen = scores[scores["score"].isin(wanted) & (scores["set"] == "all")]
    wide = chosen.pivot_table(index=["horizon", "model"], columns="score", values="value").reset_index()
    return wide.reindex(columns=["horizon", "model", *[name for name in wanted if name in wide]])


def _all_view(table: pd.DataFrame) -> pd.DataFrame:
    """The log score over all rows and horizons, the best first."""
    chosen = table[(table["set"] == "all") & (table["score"] == "log_score") & (table["horizon"] == "mean")]
    return chosen.sort_values("loss")[["model", "loss", "difference", "lower", "upper", "best_set", "months"]]

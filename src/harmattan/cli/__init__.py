"""The command line: a thin face over the functions of the package.

Heavy imports happen inside the commands, so that ``harmattan --help`` answers at once. Tables and closing words go to
standard output, progress to standard error. Exit codes: 0 done, 1 failed, 2 wrong use.
"""

from __future__ import annotations

import sys

import typer

from harmattan.cli import (
    alerts,
    bench,
    blocks,
    briefing,
    changes,
    data,
    fetch,
    forecasting,
    ledger,
    profile,
    releases,
    worksheet,
)

READERS = ("pyarrow", "pyogrio", "pyproj", "shapely", "openpyxl", "xml", "zipfile", "zlib", "_lzma", "sqlite3")
"""Libraries that read files: an error of theirs is the file's, where any other would be a mistake in this program."""

app = typer.Typer(
    help="Forecasts of attacks by an armed group, by region and month: how likely, how sure, and why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
worksheet_app = typer.Typer(
    help="Worksheets for those who protect sites; kept apart from all else.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
data_app = typer.Typer(
    help="Fetch data and look at them before they are used.", no_args_is_help=True, rich_markup_mode="markdown"
)

grid_app = typer.Typer(
    help="Grids larger than memory: events counted by cell, features made block by block.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
ledger_app = typer.Typer(
    help="What was issued when, in a chain that shows edits.", no_args_is_help=True, rich_markup_mode="markdown"
)

app.command()(forecasting.run)
app.command()(forecasting.backtest)
app.command()(forecasting.scenario)
app.command()(forecasting.reinforce)
app.command()(profile.profile)
app.command()(alerts.alerts)
app.command()(bench.compare)
app.command()(bench.promote)
app.command()(bench.submit)
app.command()(changes.changes)
app.add_typer(grid_app, name="grid")
grid_app.command()(blocks.count)
grid_app.command()(blocks.features)
app.add_typer(ledger_app, name="ledger")
ledger_app.command(name="list")(ledger.list_lines)
ledger_app.command()(ledger.check)
ledger_app.command()(ledger.score)
app.command(name="releases")(releases.list_releases)
app.command()(releases.export)
app.command()(releases.report)
app.command()(briefing.briefing)
app.command()(releases.serve)
app.add_typer(worksheet_app, name="worksheet")
worksheet_app.command()(worksheet.new)
worksheet_app.command()(worksheet.score)
worksheet_app.command()(worksheet.what_if)
app.add_typer(data_app, name="data")
data_app.command()(fetch.fetch)
data_app.command()(data.check)
data_app.command()(data.add)
data_app.command(name="list")(data.list_snapshots)
data_app.command()(data.diff)
data_app.command()(data.nowcast)


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        left = app(standalone_mode=False)
        if isinstance(left, int) and left:
            sys.exit(left)
    except (typer.Abort, KeyboardInterrupt):
        _complain("stopped before it was done; nothing half-written is left")
        sys.exit(1)
    except (ValueError, OSError, RuntimeError) as error:
        _complain(str(error) or type(error).__name__)
        sys.exit(_exit_code(error))
    except MemoryError:
        _complain("there is not enough memory for this; give it less data, fewer draws or a smaller area")
        sys.exit(1)
    except Exception as error:
        if hasattr(error, "exit_code"):
            error.show()  # type: ignore[attr-defined]
            sys.exit(error.exit_code)
        if type(error).__module__.partition(".")[0] not in READERS:
            raise
        _complain(f"a file cannot be read: {' '.join(str(error).split())}")
        sys.exit(1)


def _exit_code(error: Exception) -> int:
    """2 for an experiment that cannot be used as it is, 1 for a run that failed."""
    from harmattan.protect import WorksheetError
    from harmattan.settings import SettingsError
    from harmattan.submissions import SubmissionError

    return 2 if isinstance(error, SettingsError | SubmissionError | WorksheetError) else 1


def _complain(message: str) -> None:
    typer.echo(f"harmattan: {message}", err=True)

"""Commands that forecast, try models on the past, and ask what if."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harmattan.cli.options import (
    CACHE,
    Artefacts,
    AsJson,
    Cache,
    Dask,
    DataFile,
    Origin,
    Releases,
    Workers,
    loaded,
    running,
)
from harmattan.cli.show import print_json, progress, records, show

if TYPE_CHECKING:
    import pandas as pd

    from harmattan.result import Result
    from harmattan.settings import Experiment
    from harmattan.workers import Workers as Place

STANDARD = ("burkina", "coast")
LEAST_SHOWN = 0.005


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
    artefacts: Artefacts = None,
    workers: Workers = 2,
    dask: Dask = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Forecast, try the models on the past, write a release with maps, and log it all to MLflow.

    Without an argument it runs the two bundled experiments, burkina and coast. An experiment with a table [sweep] is
    tried on the past with every combination of its settings instead, and no release is written.

    **Examples**

    `harmattan run`

    `harmattan run burkina --origin 2023-06`

    `harmattan run west-africa --data GEDEvent.csv.gz`

    `harmattan run coast --dask tcp://192.168.0.5:8786`
    """
    if data is not None and not experiments:
        raise typer.BadParameter("--data needs the experiment that reads it, such as west-africa", param_hint="--data")
    from harmattan import tracking
    from harmattan.outlooks import coast_in_words
    from harmattan.settings import has_sweep
    from harmattan.words import in_words

    destination = store or tracking.default_store(Path.cwd())
    tables = {}
    with running(workers, dask, cache) as (place, kept):
        for name in experiments or STANDARD:
            if has_sweep(name):
                tables[name] = _swept(name, cache or CACHE, destination, artefacts, place, as_json)
                continue
            experiment = loaded(name, data, origin)
            result, folder, page = _issued(experiment, releases, destination, artefacts, place, kept)
            tables[result.name] = result.scores
            if not as_json:
                _say(result.caption.title, [*in_words(result), *coast_in_words(result)], folder, page)
    if as_json:
        print_json(_joined(tables))
        return
    typer.echo(f"\nCompare the models:  mlflow ui --backend-store-uri {tracking.shown(store or 'sqlite:///mlflow.db')}")


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
    maps: Annotated[
        bool, typer.Option("--maps", help="Score and test whole maps: energy, variogram, number, place, likelihood.")
    ] = False,
    workers: Workers = 2,
    dask: Dask = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Try the models of an experiment on past months and print the score table.

    **Examples**

    `harmattan backtest burkina --origins 48 --last 2023-11 --horizons 1,3,6`

    `harmattan backtest burkina --maps --horizons 1`

    `harmattan backtest countries --json`

    `harmattan backtest coast --dask scheduler.json`
    """
    from harmattan.experiment import backtest_of
    from harmattan.inputs import baselines_of
    from harmattan.scores.table import map_table, score_table

    settings = loaded(experiment, data, None)
    changes: dict[str, Any] = {"origins": origins, "last": last, "horizons": _numbers(horizons)}
    changed = {key: value for key, value in changes.items() if value is not None}
    settings = settings.with_backtest(changed)
    with running(workers, dask, cache) as (place, kept), progress(settings.title) as tell:
        tried = backtest_of(settings, maps=maps, workers=place, cache=kept, progress=tell)
    if maps:
        show(map_table(tried.maps, baselines_of(settings)), as_json, _maps_view)
    else:
        show(score_table(tried.rows, baselines_of(settings)), as_json, _skill_view)


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
    workers: Workers = 1,
    dask: Dask = None,
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
    with running(workers, dask) as (place, _):
        outcome = what_if(loaded(experiment, data, origin), told, horizons=horizons, draws=draws, workers=place)
    last = outcome.differences
    last = last[(last["horizon"] == last["horizon"].max()) & (last["scope"] != "region")]
    if as_json:
        said = {"notice": NOTICE, "in_words": outcome.in_words(), "differences": json.loads(records(last))}
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    typer.echo(outcome.in_words())
    show(last, as_json=False, view=_changed_view)


def reinforce(
    experiment: Annotated[str, typer.Argument(help="TOML file, or name of a shipped experiment.")],
    factor: Annotated[
        float, typer.Option("--factor", min=0, max=1, help="What is left of a region's own and sent attacks.")
    ] = 0.5,
    data: DataFile = None,
    origin: Origin = None,
    horizons: Annotated[int, typer.Option("--horizons", min=1, max=36, help="Months ahead.")] = 12,
    workers: Workers = 1,
    dask: Dask = None,
    as_json: AsJson = False,
) -> None:
    """Rank border regions by the attacks the model expects to be averted if attacks there were fewer.

    **Example**

    `harmattan reinforce burkina --factor 0.5`
    """
    from harmattan.experiment import where_to_reinforce
    from harmattan.scenario import NOTICE

    with running(workers, dask) as (place, _):
        settings = loaded(experiment, data, origin)
        table = where_to_reinforce(settings, factor=factor, horizons=horizons, workers=place)
    show(table, as_json)
    typer.echo(NOTICE, err=as_json)


def _issued(
    experiment: Experiment, releases: Path, store: str, artefacts: str | None, place: Place, kept: Path | None
) -> tuple[Result, Path, str]:
    """Run an experiment, write its release, log it, and return it with its folder and where its page is."""
    from harmattan import release, tracking
    from harmattan.experiment import run as run_experiment
    from harmattan.page import notes_of, write_notes

    tracking.prepare(store, experiment.name, artefacts)
    with progress(experiment.title) as tell:
        result = run_experiment(experiment, workers=place, cache=kept, progress=tell)
        tell("writing the release", 0, 1)
        folder = release.write(result, releases)
        tell("writing the release", 1, 1)
        tell("logging to MLflow", 0, 1)
        try:
            run_id = tracking.log(result, store=store, release=folder, artefacts=artefacts)
        except tracking.TrackingError as error:
            raise tracking.TrackingError(
                f"the release {folder} is written and stays, but it is not logged: {error}. Then run the same "
                "again: it finds the release and logs it"
            ) from error
        tell("logging to MLflow", 1, 1)
        write_notes(folder, notes_of(result, run=run_id, store=store))
        return result, folder, _page(folder)


def _swept(name: str, cache: Path, store: str, artefacts: str | None, place: Place, as_json: bool) -> pd.DataFrame:
    """Try every combination of a sweep, log them below one run, and return the table."""
    from harmattan import tracking
    from harmattan.settings import load_sweep
    from harmattan.sweep import run_sweep
    from harmattan.sweep.grid import combinations

    values, sweep = load_sweep(name)
    _, first = next(iter(combinations(values, sweep).values()))
    tracking.prepare(store, tracking.of_sweep(first.name), artefacts)
    with progress(str(values.get("title", name))) as tell:
        found = run_sweep(values, sweep, cache=cache, workers=place, progress=tell)
    tracking.log_sweep(
        found.name, found.combinations, found.table, caption=found.caption, store=store, artefacts=artefacts
    )
    if not as_json:
        show(found.table, as_json=False)
        typer.echo(f"Tried {found.tried} models, took {found.reused} from {cache}")
    return found.table


def _numbers(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(each) for each in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"must be whole numbers with commas, such as 1,3,6; got {text!r}") from error


def _page(folder: Path) -> str:
    """Write the review page beside a release and return where it is, or how to get it."""
    from harmattan.page import built_page, write_report

    try:
        built_page()
    except FileNotFoundError as missing:
        return f"none, since {missing}"
    return str(write_report(folder, folder.with_name(f"{folder.name}.html")))


def _say(title: str, lines: list[str], folder: Path, page: str) -> None:
    typer.echo(f"\n{title}\n" + "\n".join(f"  {line}" for line in lines))
    typer.echo(f"  Look at: {folder / 'maps' / 'overview.png'} and toward_coast.png\n  All of it: {folder}")
    typer.echo(f"  Review page, to open in a browser: {page}")


def _skill_view(scores: pd.DataFrame) -> pd.DataFrame:
    """The columns a reader compares models by: one row per model, set and horizon."""
    wanted = ["log_score_skill_vs_conflictology", "crps_skill_vs_conflictology", "auc", "coverage_90"]
    chosen = scores[scores["score"].isin(wanted) & (scores["set"] == "all")]
    wide = chosen.pivot_table(index=["horizon", "model"], columns="score", values="value").reset_index()
    return wide.reindex(columns=["horizon", "model", *wanted])


def _maps_view(scores: pd.DataFrame) -> pd.DataFrame:
    """The columns a reader compares whole maps by: skill of both scores, and how often each test rejects."""
    wanted = [f"{score}_skill_vs_conflictology" for score in ("energy_score", "variogram_score")]
    wanted += [f"{test}_rejected" for test in ("number", "spatial", "likelihood")]
    wide = scores.pivot_table(index=["horizon", "model"], columns="score", values="value").reset_index()
    return wide.reindex(columns=["horizon", "model", *wanted])


def _changed_view(differences: pd.DataFrame) -> pd.DataFrame:
    """What changes most: attacks, regions newly hit, arrivals and reach of countries, sets and corridors."""
    told = differences[differences["quantity"].isin(("attacks_within", "newly_hit", "arrived", "reach"))]
    told = told[told["difference"].abs() >= LEAST_SHOWN]
    order = told["difference"].abs().sort_values(ascending=False, kind="stable").index
    return told.loc[order, ["quantity", "name", "base", "changed", "difference", "q05", "q95"]]


def _joined(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One score table; with a column that names the experiment where there are several."""
    import pandas

    named = [scores.assign(experiment=name) if len(tables) > 1 else scores for name, scores in tables.items()]
    return pandas.concat(named, ignore_index=True)

"""The command that says who should be alert after recorded attacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harmattan.cli.options import AsJson, DataFile, loaded
from harmattan.cli.show import records, show

if TYPE_CHECKING:
    import pandas as pd

    from harmattan.settings import Experiment


def alerts(
    experiment: Annotated[
        str, typer.Argument(help="TOML file, or name of a shipped experiment: its regions and its data.")
    ] = "burkina",
    data: DataFile = None,
    actor: Annotated[
        str | None, typer.Option("--actor", help="Attacks of this group only, such as JNIM.", metavar="NAME")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Last day to use, YYYY-MM-DD; the last of the data if not given.")
    ] = None,
    share: Annotated[
        float, typer.Option("--share", help="An alert ends when the rise is below this share of the background.")
    ] = 0.5,
    past_from: Annotated[
        str | None, typer.Option("--past-from", help="Also judge the alerts of every week from this day on.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="New folder for tables, map and charts.", metavar="FOLDER")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which regions and distances have a raised risk after recorded attacks, since when, until when and how much.

    It needs the days and places of attacks, from a file of events of your own: bundled data are counts by month.
    Nothing after the day is used. With --past-from the alerts of past weeks are set beside what came.

    **Examples**

    `harmattan alerts --data GEDEvent.csv.gz --actor JNIM --at 2023-06-30`

    `harmattan alerts west-africa --data acled.csv --out alerts-june`
    """
    from harmattan import alerts as of
    from harmattan.inputs import read_data

    settings = _of_actor(loaded(experiment, data, None), actor)
    panel, caption = read_data(settings)
    day = _day(at, "--at") if at is not None else panel.origin.end_time.normalize()
    found = of.bulletin(panel, caption, at=day, share=share)
    past = rules = None
    if past_from is not None:
        past = of.past_alerts(panel, first=_day(past_from, "--past-from"), last=day, until=day)
        rules = of.rule_table(past, of.usual_rules(past, share=share))
    written = of.write(found, out, past=past, rules=rules) if out is not None else None
    if as_json:
        tables = {name: json.loads(records(table)) for name, table in found.tables.items()}
        judged = {} if rules is None else {"rules": json.loads(records(rules))}
        about = {"at": f"{day:%Y-%m-%d}", "fitted_to": str(found.now.fitted_to), "share": share}
        said = {**about, "in_words": found.in_words(), **tables, **judged}
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    typer.echo("\n".join(found.in_words()))
    if len(found.alerts):
        typer.echo("Attacks expected in the next 7 and 30 days, in brackets without the attacks of the last 180 days:")
        show(found.alerts, as_json=False, view=_alert_view)
    if rules is not None:
        typer.echo("Past alerts of every week, beside what came:")
        show(rules, as_json=False)
    if written is not None:
        typer.echo(f"Written: {written}")


def _of_actor(settings: Experiment, actor: str | None) -> Experiment:
    if actor is None:
        return settings
    return settings.model_copy(update={"data": settings.data.model_copy(update={"actor": actor})})


def _day(text: str, option: str) -> pd.Timestamp:
    import pandas

    try:
        return pandas.to_datetime(text, format="%Y-%m-%d")
    except ValueError as error:
        raise typer.BadParameter(f"must be a day, YYYY-MM-DD; got {text!r}", param_hint=option) from error


def _alert_view(alerts: pd.DataFrame) -> pd.DataFrame:
    """The columns a reader needs first; days as text, expected attacks with the background in brackets."""
    from harmattan.alerts.bulletin import days_as_text

    shown = days_as_text(alerts)
    told = shown[["name", "since", "until"]].assign(ratio=[f"{each:.1f}" for each in shown["ratio"]])
    for days in (7, 30):
        pairs = zip(shown[f"expected_{days}"], shown[f"background_{days}"], strict=True)
        told[f"{days} days"] = [f"{number:.2f} ({usual:.2f})" for number, usual in pairs]
    return told

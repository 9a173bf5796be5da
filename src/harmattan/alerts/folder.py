"""The files of one day's alerts: tables, a map and charts in a folder that appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from harmattan.alerts.bulletin import Bulletin, days_as_text
from harmattan.alerts.pictures import alert_map, knox_chart, molchan_chart, value_chart
from harmattan.maps.sheet import write_png
from harmattan.spreadsheet import as_csv
from harmattan.whole import building, write_text


def write(
    found: Bulletin, folder: Path, *, past: pd.DataFrame | None = None, rules: pd.DataFrame | None = None
) -> Path:
    """Write the alerts of a day: ``<table>.csv``, ``alerts.txt``, ``map.png``, ``knox.png``, and past alerts if given.

    Everything is written into a hidden folder beside the target and then renamed. The same alerts give the same bytes.

    Parameters
    ----------
    found
        The alerts.
    folder
        A folder that does not exist yet; folders above it are made.
    past, rules
        From `harmattan.alerts.past.past_alerts` and `harmattan.alerts.judged.rule_table`: written as ``past.csv`` and
        ``rules.csv``, with ``molchan.png`` and ``value.png``.

    Raises
    ------
    FileExistsError
        If there is such a file or folder.
    """
    if folder.exists():
        raise FileExistsError(f"alerts are never written over others: {folder} exists, name a new folder")
    with building(folder) as made:
        _write_files(found, made, past, rules)
        # Another run may have written them while this one drew.
        if folder.exists():
            raise FileExistsError(f"alerts are never written over others: {folder} exists, name a new folder")
    return folder


def _write_files(found: Bulletin, folder: Path, past: pd.DataFrame | None, rules: pd.DataFrame | None) -> None:
    said = [*found.in_words(), *found.alerts["sentence"], *found.caption.caveats]
    write_text(folder / "alerts.txt", "\n".join(said) + "\n")
    for name, table in found.tables.items():
        write_text(folder / f"{name}.csv", as_csv(table))
    write_png(alert_map(found), folder / "map.png")
    write_png(knox_chart(found.knox), folder / "knox.png")
    if past is not None:
        write_text(folder / "past.csv", as_csv(days_as_text(past)))
        write_png(molchan_chart(past), folder / "molchan.png")
        write_png(value_chart(past), folder / "value.png")
    if rules is not None:
        write_text(folder / "rules.csv", as_csv(rules))

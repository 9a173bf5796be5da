"""The files of one day's alerts: tables, a map and charts in a folder that appears whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from harmattan.alerts.bulletin import Bulletin, days_as_text
from harmattan.alerts.pictures import alert_map, knox_chart, molchan_chart, value_chart
from harmattan.maps.sheet import write_png
from harmattan.whole import flush, hidden


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
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = hidden(folder)
    # What a killed run left behind.
    shutil.rmtree(building, ignore_errors=True)
    try:
        building.mkdir()
        _write_files(found, building, past, rules)
        flush(building)
        building.rename(folder)
        flush(folder.parent, inside=False)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder


def _write_files(found: Bulletin, folder: Path, past: pd.DataFrame | None, rules: pd.DataFrame | None) -> None:
    said = [*found.in_words(), *found.alerts["sentence"], *found.caption.caveats]
    (folder / "alerts.txt").write_text("\n".join(said) + "\n", encoding="utf-8")
    for name, table in found.tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    write_png(alert_map(found), folder / "map.png")
    write_png(knox_chart(found.knox), folder / "knox.png")
    if past is not None:
        days_as_text(past).to_csv(folder / "past.csv", index=False, lineterminator="\n")
        write_png(molchan_chart(past), folder / "molchan.png")
        write_png(value_chart(past), folder / "value.png")
    if rules is not None:
        rules.to_csv(folder / "rules.csv", index=False, lineterminator="\n")

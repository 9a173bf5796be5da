"""Small files as UCDP publishes them, with a known history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ROW = {
    "type_of_violence": 1, "side_a": "Government of Burkina Faso", "side_b": "JNIM", "where_prec": 1,
    "latitude": 14.1, "longitude": -1.6, "adm_1": "Sahel region", "country": "Burkina Faso", "date_prec": 1,
    "best": 2, "high": 3, "low": 1,
}  # fmt: skip

Rows = list[dict[str, Any]]


@pytest.fixture
def ged(tmp_path: Path) -> Callable[[str, Rows], Path]:
    """Writes rows as a file of UCDP, in the folder of the test."""

    def write(name: str, rows: Rows) -> Path:
        frame = pd.DataFrame([{**ROW, **row} for row in rows])
        frame["date_end"] = frame.get("date_end", frame["date_start"])
        frame.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return write


@pytest.fixture
def monthly() -> Callable[..., Rows]:
    """Makes so many events in each of so many months, the last on the month's last day; ids tell month and place."""

    def make(first: str, number: int, each: int, **changed: Any) -> Rows:
        rows: Rows = []
        for month in pd.period_range(first, periods=number, freq="M"):
            days = [*range(1, each), month.days_in_month]
            rows += [
                {"id": f"{month.year}{month.month:02d}{k:03d}", "date_start": f"{month}-{day:02d}", **changed}
                for k, day in enumerate(days)
            ]
        return rows

    return make

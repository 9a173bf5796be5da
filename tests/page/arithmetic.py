"""Writes what Python counts from some draws to ``src/review/tests/arithmetic.json``, for the page's own tests.

Run it from the checkout, ``python tests/page/arithmetic.py``, when `harmattan.forecast` counts differently.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harmattan.forecast import Forecast
from harmattan.layers import change, risk
from harmattan.months import month
from harmattan.page.packing import pack_counts, pack_measures, pack_shares

FIXTURE = Path(__file__).parents[2] / "src" / "review" / "tests" / "arithmetic.json"
REGIONS, MONTHS, DRAWS = 7, 5, 400
WINDOWS = ((0, 0), (1, 3), (0, 4), (4, 4))
THRESHOLDS = (1, 2, 5, 40)


def counted() -> dict[str, Any]:
    """Return draws, packed, and what Python says of them for some thresholds and windows."""
    rng = np.random.default_rng(7)
    rates = np.array([0.0, 0.02, 0.3, 1.0, 3.0, 20.0, 400.0])
    draws = rng.negative_binomial(0.8, 0.8 / (0.8 + rates), (DRAWS, MONTHS, REGIONS)).astype(np.int32)
    codes = pd.Index([f"R{number}" for number in range(REGIONS)], name="region")
    forecast = Forecast(draws, month("2023-12"), tuple(range(1, MONTHS + 1)), codes)
    older = Forecast(np.roll(draws, 3, axis=2)[::2], month("2023-11"), tuple(range(1, MONTHS + 1)), codes)
    whole = forecast.group({code: "first" if number < 4 else "rest" for number, code in enumerate(codes)})
    cases = []
    for first, last in WINDOWS:
        horizons = range(first + 1, last + 2)
        total = forecast.window(horizons)
        of_groups = whole.window(horizons)
        table = risk(forecast, list(horizons))
        moved = change(forecast, older, list(horizons)) if last + 2 <= MONTHS else None
        before = total.draws[:, 0] if first == 0 else forecast.window(range(1, first + 1)).draws[:, 0]
        newly = (total.draws[:, 0] > 0) & ((before == 0) if first else True)
        cases.append(
            {
                "from": first,
                "to": last,
                "probability": {str(k): total.probability(k).iloc[0].tolist() for k in THRESHOLDS},
                "expected": total.expected().iloc[0].tolist(),
                "q05": table["q05"].tolist(),
                "q50": table["q50"].tolist(),
                "q95": table["q95"].tolist(),
                "unsure": table["unsure"].tolist(),
                "groups": {str(k): of_groups.probability(k).iloc[0].tolist() for k in THRESHOLDS},
                "first": ((newly.sum(axis=0) + 0.25) / (DRAWS + 0.5)).tolist(),
                "noise": None if moved is None else moved["noise"].tolist(),
                "earlier": None if moved is None else moved["earlier"].tolist(),
            }
        )
    shares = [0.0, 1.0, float("nan"), 0.123456, 0.5]
    return {
        "draws": pack_counts(draws.transpose(2, 1, 0)),
        "n": DRAWS,
        "horizons": list(forecast.horizons),
        "sums": draws.sum(axis=(0, 1)).tolist(),
        "cases": cases,
        "shares": {"packed": pack_shares(shares), "values": [None if np.isnan(each) else each for each in shares]},
        "measures": {"packed": pack_measures([0.0, 3.14159, 250.0]), "values": [0.0, 3.14159, 250.0]},
    }


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(counted(), indent=1) + "\n", encoding="utf-8")

"""The VIEWS prediction challenge: every window, the official benchmarks and our models, written into docs/views.md.

Run as ``python benchmarks/views.py [FOLDER]`` with a copy of the challenge's data; without one it is looked for in
``data/bench/views_challenge`` of the folder that HARMATTAN_SHARED names, or of ``../shared``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pandas as pd

from harmattan.inputs import build_models
from harmattan.settings import load
from harmattan.views.challenge import BASELINE, SCORES, by_window, take_part

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "views.md"
START, END = "<!-- made by benchmarks/views.py -->", "<!-- end -->"
BEST = "pool"
HEAVY = ("ETH", "UKR")
DIGITS = {"crps": 2, "ign": 3, "mis": 1}


def main() -> None:
    """Compute the tables and put them between the marks of the page."""
    experiment = load("views-challenge")
    models = build_models(experiment.models, seed=experiment.forecast.seed, measure=experiment.data.measure)
    rows = take_part(folder(), models, draws=experiment.forecast.draws, seed=experiment.forecast.seed)
    parts = [
        "**All countries**\n\n" + windows(rows, ()),
        "**Without Ethiopia and Ukraine**\n\n" + windows(rows, HEAVY),
        "**Every model**: mean over the windows, and the geometric mean of its ratio to conflictology\n\n"
        + every(rows),
    ]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}", encoding="utf-8")
    print("\n\n".join(parts))


def folder() -> Path:
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    return Path(os.environ.get("HARMATTAN_SHARED", ROOT.parent / "shared")) / "data" / "bench" / "views_challenge"


def windows(rows: pd.DataFrame, without: tuple[str, ...]) -> str:
    """The pool beside conflictology by window, as a Markdown table."""
    table = by_window(rows, BEST, without=without)
    titles = [f"{score.upper()} {part}" for score in SCORES for part in ("pool", BASELINE, "ratio")]
    lines = ["| window | " + " | ".join(titles) + " |", "|---" * (len(titles) + 1) + "|"]
    for window, row in table.iterrows():
        cells = []
        for score, digits in DIGITS.items():
            cells += [f"{row[name]:.{digits}f}" for name in (score, f"{score}_baseline")]
            cells.append(f"{row[f'{score}_ratio']:.3f}")
        name = "geometric mean" if window == "geometric" else window
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def every(rows: pd.DataFrame) -> str:
    """All models and benchmarks, the best IGN first."""
    lines = ["| model | " + " | ".join(f"{s.upper()} | ratio" for s in SCORES) + " |", "|---" * 7 + "|"]
    tables = {str(name): by_window(rows, str(name)) for name in rows["model"].unique()}
    for name, table in sorted(tables.items(), key=lambda item: float(item[1]["ign"]["mean"])):
        cells = [
            f"{table[score]['mean']:.{digits}f} | {table[f'{score}_ratio']['geometric']:.3f}"
            for score, digits in DIGITS.items()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

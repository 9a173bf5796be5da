"""Skill on the provinces of Burkina Faso: 48 origins, every model, written into docs/skill.md.

Run as ``make docs`` or ``python benchmarks/skill.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from harmattan.experiment import backtest_rows
from harmattan.scores.inference import skill_interval
from harmattan.scores.table import score_table
from harmattan.settings import load

PAGE = Path(__file__).parents[1] / "docs" / "skill.md"
START, END = "<!-- made by benchmarks/skill.py -->", "<!-- end -->"
BACKTEST = {"origins": 48, "last": "2023-11", "horizons": (1, 3, 6, 12)}
SHOWN = {
    ("all", "log_score_skill_vs_conflictology"): "log score",
    ("all", "crps_skill_vs_conflictology"): "CRPS",
    ("all", "coverage_90"): "90 % coverage",
    ("onset", "auc"): "onset AUC",
    ("onset", "log_score_skill_vs_conflictology"): "onset log score",
}


def main() -> None:
    """Compute the table and put it between the marks of the page."""
    rows = backtest_rows(load("burkina").with_backtest(BACKTEST), workers=2)
    scores = score_table(rows, ["conflictology"])
    parts = [section(scores, rows, int(horizon)) for horizon in sorted(scores["horizon"].unique())]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}", encoding="utf-8")
    print("\n\n".join(parts))


def section(scores: pd.DataFrame, scored: pd.DataFrame, horizon: int) -> str:
    """One horizon as a Markdown table, the best log score first."""
    chosen = scores[scores["horizon"] == horizon]
    rows = {
        title: chosen[(chosen["set"] == name) & (chosen["score"] == score)].set_index("model")["value"]
        for (name, score), title in SHOWN.items()
    }
    table = pd.DataFrame(rows).sort_values("log score", ascending=False)
    table.insert(1, "95 % interval", [interval(scored, str(model), horizon) for model in table.index])
    n = chosen.groupby("set")["n"].max()
    months = "1 month" if horizon == 1 else f"{horizon} months"
    lines = [f"**{months} ahead** ({n['all']} rows, {n['onset']} of them onset)", ""]
    lines += ["| model | " + " | ".join(table.columns) + " |", "|---" * (len(table.columns) + 1) + "|"]
    lines += [f"| {model} | " + " | ".join(map(cell, row, table.columns)) + " |" for model, row in table.T.items()]
    return "\n".join(lines)


def interval(scored: pd.DataFrame, model: str, horizon: int) -> str:
    """Interval of the log score's skill by a block bootstrap over origins, six months a block."""
    if model == "conflictology":
        return ""
    rng = np.random.default_rng(1)
    _, low, high = skill_interval(scored, model=model, baseline="conflictology", horizon=horizon, rng=rng)
    return f"{low:+.1%} to {high:+.1%}".replace("%", " %")


def cell(value: float | str, title: str) -> str:
    """Skill as a signed percentage, coverage and AUC as they are."""
    if isinstance(value, str):
        return value
    return f"{value:.3f}" if "AUC" in title or "coverage" in title else f"{value:+.1%}".replace("%", " %")


if __name__ == "__main__":
    main()

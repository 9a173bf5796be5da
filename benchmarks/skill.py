"""Skill on the provinces of Burkina Faso: 48 origins, every model, written into docs/skill.md.

Run as ``make docs`` or ``python benchmarks/skill.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from harmattan.experiment import backtest_of
from harmattan.scores.inference import skill_interval
from harmattan.scores.table import map_table, score_table
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
    ("hard", "log_score_skill_vs_conflictology"): "hard log score",
    ("belt", "log_score_skill_vs_conflictology"): "belt log score",
}
WHOLE = {
    "energy_score_skill_vs_conflictology": "energy score",
    "variogram_score_skill_vs_conflictology": "variogram score",
    "number_rejected": "number test rejects",
    "spatial_rejected": "spatial test rejects",
    "likelihood_rejected": "likelihood test rejects",
}


def main() -> None:
    """Compute the table and put it between the marks of the page."""
    tried = backtest_of(load("burkina").with_backtest(BACKTEST), maps=True, workers=2)
    rows, scores = tried.rows, score_table(tried.rows, ["conflictology"])
    horizons = sorted(int(each) for each in scores["horizon"].unique())
    parts = [section(scores, rows, horizon) for horizon in horizons]
    whole = map_table(tried.maps, ["conflictology"])
    parts += ["## Whole maps", *(of_maps(whole, horizon) for horizon in horizons)]
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
    among = ", ".join(f"{n[name]} {name}" for name in ("onset", "hard", "belt"))
    return markdown(f"{ahead(horizon)} ({n['all']} rows; {among})", table)


def of_maps(scores: pd.DataFrame, horizon: int) -> str:
    """One horizon of the scores and tests of whole maps, the best energy score first."""
    chosen = scores[scores["horizon"] == horizon]
    table = chosen.pivot(index="model", columns="score", values="value")[list(WHOLE)].rename(columns=WHOLE)
    n = chosen.groupby("score")["n"].max()
    return markdown(f"{ahead(horizon)} ({n['energy_score']} maps)", table.sort_values("energy score", ascending=False))


def ahead(horizon: int) -> str:
    """How far ahead, in bold."""
    return "**1 month ahead**" if horizon == 1 else f"**{horizon} months ahead**"


def markdown(title: str, table: pd.DataFrame) -> str:
    """A table with its title."""
    lines = [title, "", "| model | " + " | ".join(table.columns) + " |", "|---" * (len(table.columns) + 1) + "|"]
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
    if pd.isna(value):
        return ""
    if "rejects" in title:
        return f"{value:.0%}".replace("%", " %")
    return f"{value:.3f}" if "AUC" in title or "coverage" in title else f"{value:+.1%}".replace("%", " %")


if __name__ == "__main__":
    main()

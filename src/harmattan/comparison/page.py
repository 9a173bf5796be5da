"""The comparison as one HTML page that needs nothing else: pictures of differences, tables, what differs."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from harmattan.comparison.compare import OVERALL, TESTED, Comparison
from harmattan.whole import write_text

SETS = {
    "all": "All rows",
    "onset": "Onsets: no attack in the twelve months before",
    "hard": "Hard onsets: no attack in the sixty months before",
    "coastal": "Coastal states",
    "belt": "Border belts",
}
NAMES = {"log_score": "log score", "brier": "Brier score", "crps": "CRPS", "wis": "weighted interval score"}
HOW = (
    "Dots are differences of mean losses, horizons weighing alike, with 95 % intervals of monthly differences; to the "
    "right of the line is better. Filled dots are in the 90 % model confidence set: the data do not tell them from the "
    "best. Where many models are compared, the best one looks better than it is."
)
ROW, LABEL, PLOT, RIGHT = 22, 250, 380, 150
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:1080px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #d5dae0}
h3{font-size:1rem;margin:1.2rem 0 .2rem}p.lead{color:#4a5560;margin-top:0}
.note{background:#fff6dd;border-left:4px solid #b97f00;padding:.5rem .8rem;margin:.5rem 0}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .55rem;text-align:right;border-bottom:1px solid #e7eaee;white-space:nowrap}
th:first-child,td:first-child{text-align:left}tr.best td:first-child{font-weight:600}
svg text{font:13px system-ui,sans-serif;fill:#1b1f24}svg .soft{fill:#5b6670;font-size:12px}
code{font-size:12px}details{margin:.6rem 0}
"""


def write_page(comparison: Comparison, path: Path, *, title: str = "Models compared") -> Path:
    """Write a comparison as a page.

    Parameters
    ----------
    comparison
        From `harmattan.comparison.compare`.
    path
        File to write; its folder is made if it is not there.
    title
        Heading of the page.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_text(path, page(comparison, title))


def page(comparison: Comparison, title: str) -> str:
    """Return the HTML of a comparison."""
    table = comparison.table
    parts = [f'<div class="note">{escape(each)}</div>' for each in comparison.notes]
    for name in dict.fromkeys(table["set"]):
        parts.append(f"<h2>{escape(SETS.get(name, name))}</h2>")
        for score in dict.fromkeys(table.loc[table["set"] == name, "score"]):
            chosen = table[(table["set"] == name) & (table["score"] == score)]
            parts.append(_section(chosen, comparison.reference, score))
    parts += [
        _heading("Parameters and settings that differ", comparison.differing.reset_index(), "None differ."),
        _heading("Data the models learnt from", comparison.data, ""),
        _heading("Models", comparison.models, ""),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f'<h1>{escape(title)}</h1><p class="lead">Each model on the same rows, beside {escape(comparison.reference)}. '
        f"{HOW}</p>{''.join(parts)}</body></html>\n"
    )


def _section(table: pd.DataFrame, reference: str, score: str) -> str:
    overall = table[table["horizon"] == OVERALL].reset_index(drop=True)
    first = overall.iloc[0]
    more = len(overall) - TESTED
    rest = f" The {TESTED} best of {len(overall)} models are drawn." if more > 0 else ""
    return (
        f"<h3>{escape(NAMES.get(score, score))}</h3><p class=lead>{int(first['rows'])} rows of {int(first['months'])} "
        f"months, the lower the better.{rest}</p>"
        f'<div class="wide">{_picture(overall.head(TESTED), reference)}</div>'
        f'<details><summary>By horizon</summary><div class="wide">{_by_horizon(table)}</div></details>'
    )


def _picture(rows: pd.DataFrame, reference: str) -> str:
    """Differences to the reference as dots with intervals, best model first."""
    low, high = _scale(rows)

    def x(value: float) -> float:
        return LABEL + PLOT * (min(max(value, low), high) - low) / (high - low)

    height = ROW * (len(rows) + 2)
    lines = [
        f'<line x1="{x(0):.1f}" y1="4" x2="{x(0):.1f}" y2="{height - ROW}" stroke="#8a949e"/>',
        f'<text class="soft" x="{x(0):.1f}" y="{height - 6}" text-anchor="middle">'
        f"as {escape(_short(reference))}</text>",
    ]
    for place, row in enumerate(rows.itertuples(index=False)):
        lines += _dot(row, x, ROW * (place + 1))
    width = LABEL + PLOT + RIGHT
    label = escape(f"Differences of {len(rows)} models to {reference}, best first")
    return f'<svg role="img" aria-label="{label}" width="{width}" height="{height}">{"".join(lines)}</svg>'


def _scale(rows: pd.DataFrame) -> tuple[float, float]:
    """Limits that show the better half with its intervals; what lies beyond is drawn at the edge."""
    better = rows.head((len(rows) + 1) // 2)
    ends = [float(each) for name in ("lower", "upper", "difference") for each in better[name] if isfinite(each)]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    room = (high - low) or 1.0
    return low - 0.6 * room, high + 0.1 * room


def _dot(row: Any, x: Callable[[float], float], y: int) -> list[str]:
    model, loss, difference = str(row.model), float(row.loss), float(row.difference)
    lower, upper, best = row.lower, row.upper, row.best_set
    inside = best is True or (not pd.isna(best) and bool(best))
    fill = "#0b5fa5" if inside else "#fff"
    place, weight = x(difference), ' font-weight="600"' if inside else ""
    found = [
        f'<text x="{LABEL - 12}" y="{y + 4}" text-anchor="end"{weight}>'
        f"<title>{escape(model)}</title>{escape(_short(model))}</text>"
    ]
    if isfinite(lower):
        found.append(
            f'<line x1="{x(lower):.1f}" y1="{y}" x2="{x(upper):.1f}" y2="{y}" stroke="#0b5fa5" stroke-width="1.5"/>'
        )
    if x(difference - 1e-12) == x(float("-inf")):
        left = LABEL
        found.append(f'<path d="M{left - 4} {y}l9 -5v10z" fill="#0b5fa5"><title>beyond the edge</title></path>')
    else:
        found.append(f'<circle cx="{place:.1f}" cy="{y}" r="4.5" fill="{fill}" stroke="#0b5fa5" stroke-width="1.5"/>')
    found.append(f'<text class="soft" x="{LABEL + PLOT + 10}" y="{y + 4}">{loss:.4f} ({difference:+.4f})</text>')
    return found


def _by_horizon(table: pd.DataFrame) -> str:
    horizons = [*sorted(set(table["horizon"]) - {OVERALL}, key=int), OVERALL]
    order = list(table.loc[table["horizon"] == OVERALL, "model"])
    cells = {(row.model, row.horizon): row for row in table.itertuples(index=False)}
    best = set(table.loc[table["best_set"].fillna(False).astype(bool), "model"])
    head = "".join(f"<th>{'all' if each == OVERALL else each + ' mo.'}</th>" for each in horizons)
    lines = []
    for model in order:
        texts = [_loss(cells[(model, each)]) for each in horizons]
        mark = ' class="best"' if model in best else ""
        lines.append(f"<tr{mark}><td>{escape(str(model))}</td>{''.join(f'<td>{each}</td>' for each in texts)}</tr>")
    return f"<table><tr><th>model</th>{head}</tr>{''.join(lines)}</table>"


def _loss(row: Any) -> str:
    loss, lower, upper = row.loss, row.lower, row.upper
    interval = f" <small>[{lower:+.3f}, {upper:+.3f}]</small>" if isfinite(lower) else ""
    return f"{loss:.4f}{interval}"


def _heading(title: str, table: pd.DataFrame, empty: str) -> str:
    if table.empty or table.shape[1] < 2:
        return f"<h2>{escape(title)}</h2><p>{escape(empty)}</p>" if empty else ""
    return f'<h2>{escape(title)}</h2><div class="wide">{_table(table)}</div>'


def _table(table: pd.DataFrame) -> str:
    head = "".join(f"<th>{escape(str(each))}</th>" for each in table.columns)
    lines = "".join(f"<tr>{''.join(_cell(each) for each in row)}</tr>" for row in table.itertuples(index=False))
    return f"<table><tr>{head}</tr>{lines}</table>"


def _cell(value: object) -> str:
    blank = value is False or value is None or (isinstance(value, float) and not isfinite(value))
    text = "" if blank else "yes" if value is True else str(value)
    return f"<td>{escape(_short(text, 60))}</td>"


def _short(text: str, longest: int = 34) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"

"""An assessment as one HTML page to print, which needs nothing else."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from html import escape

import pandas as pd

from harmattan.protect.assessment import Assessment
from harmattan.protect.cells import share
from harmattan.protect.scales import BANDS, CRITERIA, NAMES
from harmattan.protect.scoring import TOTAL
from harmattan.protect.sheet import MARKING
from harmattan.protect.stability import HIGH, LOW

STYLE = """
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;margin:0}
.leaf{width:100%;table-layout:fixed;max-width:1060px;margin:0 auto;border-collapse:collapse}
.leaf>*>tr>td{padding:0 .8rem;border:0;text-align:left}
.mark{color:#a0001c;font-weight:700;border:2px solid #a0001c;padding:.3rem .7rem;margin:.8rem 0;text-align:center}
h1{font-size:1.5rem;margin:.4rem 0 .2rem}h2{font-size:1.15rem;margin:1.8rem 0 .4rem;border-bottom:1px solid #d5dae0}
h1,h2{break-after:avoid}p{margin:.4rem 0}p.soft{color:#4a5560;font-size:14px}
.wide{overflow-x:auto}table.data{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums;width:100%}
.data th,.data td{padding:.28rem .55rem;text-align:right;border-bottom:1px solid #dfe3e8;vertical-align:top}
.data th{font-weight:600;vertical-align:bottom}.data td{white-space:nowrap}
.data td.text,.data th.text{text-align:left;white-space:normal;min-width:6rem}
.data tr{break-inside:avoid}.data small{color:#4a5560}
svg{display:block;margin-left:auto}
@page{size:A4;margin:12mm}
@media print{
body{font-size:10pt}.leaf{max-width:none}.leaf>*>tr>td{padding:0}.mark{margin:0 0 3mm}
.wide{overflow:visible;break-inside:avoid}.data{font-size:8.5pt}p.soft{font-size:9pt;break-after:avoid}
}
"""
LEAD = (
    "Sites scored by the raters of those who protect them. A high total says that a site needs protection more than "
    "the others in this sheet; it is no chance of an attack."
)
HOW = (
    "Totals go from 6 to 60. <em>First</em> is the share of draws in which a site has the highest total, when weights "
    "vary around those given and each score of each rater goes one point up, one down or stays. The line shows the "
    "ranks that hold in 90 % of draws, from the best on the left to the last, and the dot the rank."
)


def page(found: Assessment) -> str:
    """Return the page."""
    parts = [
        "<h1>Worksheet for the protection of sites</h1>",
        f'<p class="soft">{LEAD}</p>',
        *(f"<p>{escape(each)}</p>" for each in found.in_words()),
        f'<h2>Totals and ranks</h2><p class="soft">{HOW}</p>{_ranking(found)}',
        _changed(found),
        f"<h2>Scores</h2>{_scores(found)}",
        f"<h2>Agreement and weights</h2>{_agreement(found)}",
        f"<h2>What the scores mean</h2>{_scales()}",
    ]
    mark = f'<div class="mark">{MARKING}</div>'
    # Heads of tables are repeated on every printed page, so the marking is too.
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="robots" content="noindex"><meta name="viewport" content="width=device-width">'
        f"<title>{MARKING}</title><style>{STYLE}</style></head><body>"
        f'<table class="leaf" role="presentation"><thead><tr><td>{mark}</td></tr></thead>'
        f"<tbody><tr><td>{''.join(part for part in parts if part)}</td></tr></tbody></table></body></html>\n"
    )


def _ranking(found: Assessment) -> str:
    head = ["rank", ".site", "total", "first", "rank in 90 %", ""]
    if found.months:
        head += [".region", f"chance in the region, {found.months}"]
    rows = []
    for site, row in found.ranking.iterrows():
        cells = [str(row["rank"]), f".{escape(str(site))}", f"<b>{row[TOTAL]:.1f}</b>", share(row["first"])]
        cells += [_run(row["rank_low"], row["rank_high"]), _bar(row, len(found.ranking))]
        if found.months:
            chance = "not given" if pd.isna(row["chance"]) else share(row["chance"])
            cells += [f".{escape(row['region'])}", chance]
        rows.append(cells)
    return _table(head, rows)


def _changed(found: Assessment) -> str:
    if found.changed.empty:
        return ""
    head = [
        ".site",
        "total",
        "new total",
        f"difference ({100 * LOW:.0f} to {100 * HIGH:.0f} % of draws)",
        "rank",
        "new rank",
    ]
    head += ["new rank in 90 %", "first", "new first"]
    rows = [
        [
            f".{escape(str(site))}",
            f"{row['total']:.1f}",
            f"<b>{row['new_total']:.1f}</b>",
            f"{row['difference']:+.1f} ({row['difference_low']:+.1f} to {row['difference_high']:+.1f})"
            if row["difference"]
            else "0.0",
            f"{row['rank']:.0f}",
            f"<b>{row['new_rank']:.0f}</b>",
            _run(row["new_rank_low"], row["new_rank_high"]),
            share(row["first"]),
            share(row["new_first"]),
        ]
        for site, row in found.changed.iterrows()
    ]
    asked = "; ".join(escape(str(each)) for each in found.measures)
    return f"<h2>What if</h2><p>{asked}</p>{_table(head, rows)}"


def _scores(found: Assessment) -> str:
    several = len(found.sheet.raters) > 1
    told = (
        "Mean over the raters, in brackets their lowest and highest score." if several else "Scores of the one rater."
    )
    cells: dict[str, dict[str, Mapping[Hashable, float]]] = {}
    for row in found.spread.to_dict("records"):
        cells.setdefault(str(row["site"]), {})[str(row["criterion"])] = row
    rows = []
    for site in found.ranking.index:
        of = cells[str(site)]
        rows.append([f".{escape(str(site))}", *(_mean(of[name], several) for name in (*NAMES, TOTAL))])
    raters = ", ".join(escape(each) for each in found.sheet.raters)
    return f'<p class="soft">{told} Raters: {raters}.</p>{_table([".site", *NAMES, TOTAL], rows)}'


def _mean(row: Mapping[Hashable, float], several: bool) -> str:
    apart = f" <small>({row['low']:.0f}–{row['high']:.0f})</small>" if several else ""
    return f"{row['mean']:.1f}{apart}"


def _agreement(found: Assessment) -> str:
    head = [".criterion", "weight", "alpha", "standard deviation", "widest range", ".at"]
    rows = [
        [
            f".{name}",
            _or_none(row["weight"], ".0%"),
            _or_none(row["alpha"], ".2f"),
            _or_none(row["sd"], ".1f"),
            _or_none(row["widest"], ".0f"),
            f".{escape(row['widest_at']) if row['widest'] else ''}",
        ]
        for name, row in found.agreement.iterrows()
    ]
    said = (
        "Alpha is Krippendorff's for interval data: 1 is full agreement, 0 what chance gives; firm from 0.80, "
        "tentative from 0.67. With few sites it is rough, and it is low where the sites hardly differ. The "
        "standard deviation is that between raters, mean over sites."
    )
    return f'<p class="soft">{said}</p>{_table(head, rows)}'


def _scales() -> str:
    rows = [
        [
            f".<b>{each.name}</b><br><small>{escape(each.question)}</small>",
            *(f".{escape(words)}" for words in each.anchors),
        ]
        for each in CRITERIA
    ]
    return _table([".criterion", *(f".{band}" for band in BANDS)], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already; a point before one says that it is text, to the left."""
    lines = "".join(f"<tr>{''.join(_cell(each, 'td') for each in row)}</tr>" for row in rows)
    top = "".join(_cell(escape(each), "th") for each in head)
    return f'<div class="wide"><table class="data"><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>'


def _cell(text: str, tag: str) -> str:
    return f'<{tag} class="text">{text[1:]}</{tag}>' if text.startswith(".") else f"<{tag}>{text}</{tag}>"


def _bar(row: pd.Series, sites: int) -> str:
    """The ranks that hold in 90 % of draws as a line, the rank itself as a dot; the best rank on the left."""
    width, margin = 150, 8

    def x(rank: float) -> float:
        return margin + (width - 2 * margin) * (rank - 1) / max(sites - 1, 1)

    label = f"rank {row['rank']}, {_run(row['rank_low'], row['rank_high'])} in 90 % of draws"
    ends = f'x1="{x(row["rank_low"]):.1f}" x2="{x(row["rank_high"]):.1f}" y1="8" y2="8"'
    return (
        f'<svg role="img" aria-label="{label}" width="{width}" height="16">'
        f'<line x1="{x(1):.1f}" x2="{x(sites):.1f}" y1="8" y2="8" stroke="#dfe3e8" stroke-width="2"/>'
        f'<line {ends} stroke="#0b5fa5" stroke-width="4"/>'
        f'<circle cx="{x(row["rank"]):.1f}" cy="8" r="6" fill="#0b5fa5"/></svg>'
    )


def _run(low: float, high: float) -> str:
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"


def _or_none(value: float, form: str) -> str:
    return "–" if pd.isna(value) else format(value, form).replace("%", " %")

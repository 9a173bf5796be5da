"""Alerts after attacks on real and on made-up data: who was under alert, near repeats, and how good past alerts were.

Run as ``python benchmarks/alerts.py [--shared ../shared] [--worlds 20]``; it writes docs/alerts.png and the tables of
docs/alerts.md.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import pandas as pd

from harmattan.alerts import (
    Bulletin,
    bulletin,
    economic_value,
    molchan,
    molchan_area,
    past_alerts,
    rule_table,
    usual_rules,
)
from harmattan.alerts.judged import hit_rate_interval
from harmattan.alerts.pictures import alert_map
from harmattan.alerts.raised import SHARE
from harmattan.inputs import read_data
from harmattan.maps.sheet import write_png
from harmattan.months import month_range
from harmattan.panel import Panel
from harmattan.regions import bundled
from harmattan.settings import load
from harmattan.synthetic import self_exciting_world

ROOT = Path(__file__).parents[1]
PAGE, PICTURE = ROOT / "docs" / "alerts.md", ROOT / "docs" / "alerts.png"
START, END = "<!-- made by benchmarks/alerts.py -->", "<!-- end of alerts -->"

EVENTS = Path("data") / "events" / "ucdp_ged_burkina_faso_2016_2023.parquet"
AT, PAST_FROM = pd.Timestamp("2023-06-30"), pd.Timestamp("2019-01-06")
SHOWN = 10
SIMPLE, MODEL = "attacked in the last 30 days", "as many, by the model"
RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
SCORES = {
    "expected": "attacks the model expects",
    "windows": "share of the last 12 windows with an attack",
    "year": "mean rate of the last 365 days",
    "recent": "attacks in the last 30 days",
    "ratio": "ratio to the background",
}
WORLDS = {"contagious (7 of 10 attacks bring another, 40 days, 10 km)": 0.7, "without contagion": 0.0}


def main() -> None:
    """Compute the tables and put them between the marks of the page."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder of the real data")
    parser.add_argument("--worlds", type=int, default=20, help="made-up worlds of each kind")
    given = parser.parse_args()
    settings = load("burkina").with_data(str(given.shared / EVENTS))
    settings = settings.model_copy(update={"data": settings.data.model_copy(update={"actor": "JNIM"})})
    panel, caption = read_data(settings)
    found = bulletin(panel, caption, at=AT, share=SHARE)
    write_png(alert_map(found), PICTURE)
    parts = ["\n\n".join(f"> {line}" for line in found.in_words()), alert_table(found), *knox_tables(found)]
    for days in (7, 30):
        last = panel.origin.end_time.normalize()
        rows = past_alerts(panel, first=PAST_FROM, last=last, every=days, ahead=days)
        parts += [past_table(rows, days), score_table(rows, days), value_table(rows, days)]
    parts.append(world_table(given.worlds))
    part = "\n\n".join(parts)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(f"{before}{START}\n\n{part}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(part)


def markdown(head: str, header: list[str], lines: list[list[str]]) -> str:
    """A table with a heading."""
    return "\n".join(
        [f"**{head}**", "", *(f"| {' | '.join(line)} |" for line in [header, ["---"] * len(header), *lines])]
    )


def alert_table(found: Bulletin) -> str:
    """The regions under alert with the most attacks expected."""
    lines = [
        [
            str(row["name"]), f"{row['since']:%Y-%m-%d}", f"{row['until']:%Y-%m-%d}", str(row["attacks"]),
            f"{row['ratio']:.1f}", f"{100 * row['from_others']:.0f} %",
            f"{row['expected_7']:.2f} ({row['background_7']:.2f})", f"{100 * row['chance_7']:.0f} %",
            f"{row['expected_30']:.2f} ({row['background_30']:.2f})",
        ]
        for row in found.alerts.head(SHOWN).to_dict("records")
    ]  # fmt: skip
    header = [
        "province", "raised since", "until", "attacks, 180 days", "ratio now", "from other provinces",
        "expected in 7 days (background)", "chance in 7 days", "expected in 30 days (background)",
    ]  # fmt: skip
    return markdown(
        f"Under alert on {found.now.at:%Y-%m-%d}: the first {len(lines)} of {len(found.alerts)}", header, lines
    )


def knox_tables(found: Bulletin) -> list[str]:
    """Observed over expected pairs, bold where p is at most 0.05, with the number of pairs."""
    made = []
    for name, table in found.knox.groupby("dealt", sort=False):
        days = table[["days_from", "days_to"]].drop_duplicates().to_numpy()
        lines = []
        for km, row in table.groupby("km_from"):
            cells = [
                f"**{cell['ratio']:.2f}** ({cell['observed']})" if cell["p"] <= 0.05
                else f"{cell['ratio']:.2f} ({cell['observed']})"
                for cell in row.to_dict("records")
            ]  # fmt: skip
            lines.append([band(float(str(km)), float(row["km_to"].iloc[0])), *cells])
        header = ["km \\ days", *(band(*each) for each in days)]
        made.append(markdown(f"Near repeats to {found.now.at:%Y-%m-%d}, dates dealt: {name}", header, lines))
    return made


def band(low: float, high: float) -> str:
    """A half-open band: '0 to <2', or '50 +'."""
    return f"{low:g} +" if np.isinf(high) else f"{low:g} to <{high:g}"


def past_table(rows: pd.DataFrame, days: int) -> str:
    """The rules of the past side by side."""
    rules = usual_rules(rows, share=SHARE)
    judged = rule_table(rows, rules)
    lines = []
    for row in judged.to_dict("records"):
        rng = np.random.default_rng(1)
        gain, low, high = hit_rate_interval(rows, rules[row["rule"]], rules[SIMPLE], rng=rng)
        same = abs(row["area"] - judged["area"].iloc[0]) < 1e-9 and row["rule"] != SIMPLE
        lines.append(
            [
                str(row["rule"]), f"{row['area']:.3f}", f"{row['hit_rate']:.3f}",
                f"{100 * gain:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})" if same else "",
                f"{row['after_quiet']:.3f}", f"{row['false_alerts']:.3f}", f"{row['lead']:.0f}",
            ]
        )  # fmt: skip
    header = [
        "rule", "area", "hit rate", "points above the 30 days rule", "hit rate after 30 quiet days", "false alerts",
        "lead, days",
    ]  # fmt: skip
    dates = rows["day"].unique()
    head = (
        f"{days} days ahead: {len(dates)} days from {dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}, "
        f"{rows['attacks'].sum()} attacks, {100 * (rows['attacks'] > 0).mean():.1f} % of rows with one"
    )
    return markdown(head, header, lines)


def score_table(rows: pd.DataFrame, days: int) -> str:
    """Area above the Molchan curve of each score."""
    lines = [[label, f"{molchan_area(molchan(rows, name)):.3f}"] for name, label in SCORES.items()]
    return markdown(f"{days} days ahead: area above the Molchan curve (0.5 by chance)", ["score", "area"], lines)


def value_table(rows: pd.DataFrame, days: int) -> str:
    """Relative economic value at some cost-loss ratios."""
    rules = {SIMPLE: (rows["recent"] > 0).to_numpy().astype(float)}
    found = economic_value(rows, rules=rules, ratios=RATIOS)
    told = {"chance": "chance by the model", "windows": SCORES["windows"], "year": SCORES["year"], SIMPLE: SIMPLE}
    lines = [
        [label, *(f"{value:.2f}" for value in found.loc[found["rule"] == name, "value"])]
        for name, label in told.items()
    ]
    header = ["acts by", *(f"{each:g}" for each in RATIOS)]
    return markdown(f"{days} days ahead: relative economic value by cost-loss ratio", header, lines)


def world(offspring: float, number: int) -> Panel:
    """A made-up world of 13 regions and five years; without contagion all regions are alike."""
    regions, rng = bundled("admin1", ["BFA"]), np.random.default_rng([number, int(10 * offspring)])
    uneven = np.exp(rng.standard_normal(len(regions))) if offspring else np.ones(len(regions))
    return self_exciting_world(
        regions,
        months=month_range("2018-01", "2022-12"),
        rng=rng,
        background=(0.15 if offspring else 0.5) * uneven,
        offspring=offspring,
        decay_days=40.0,
        spread_km=10.0,
    )


def world_table(worlds: int) -> str:
    """Hit rates of the simple rule and of the model in worlds with and without contagion."""
    lines = []
    for name, offspring in WORLDS.items():
        tried = []
        for number in range(worlds):
            first, last = pd.Timestamp("2020-01-05"), pd.Timestamp("2022-12-25")
            rows = past_alerts(world(offspring, number), first=first, last=last, every=14, refit_months=12)
            judged = rule_table(rows, usual_rules(rows, share=SHARE)).set_index("rule")
            tried.append([judged.loc[SIMPLE, "area"], judged.loc[SIMPLE, "hit_rate"], judged.loc[MODEL, "hit_rate"]])
        area, simple, model = (np.array(each, dtype=float) for each in zip(*tried, strict=True))
        gain = model - simple
        error = gain.std(ddof=1) / np.sqrt(worlds)
        told = f"{100 * gain.mean():+.1f} ± {100 * error:.1f}"
        lines.append([name, f"{area.mean():.3f}", f"{simple.mean():.3f}", f"{model.mean():.3f}", told])
    header = ["worlds", "area", "hit rate, 30 days rule", "hit rate, model, as many", "difference, points"]
    return markdown(f"Made-up worlds, {worlds} of each kind, 7 days ahead", header, lines)


if __name__ == "__main__":
    main()

"""Pictures of alerts: the map of one day, the Knox test as a heat map, and how good past alerts were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter

from harmattan import maps
from harmattan.alerts.bulletin import BLOCK_DAYS, SIGNIFICANT, Bulletin, spoken
from harmattan.alerts.judged import economic_value, molchan
from harmattan.charts.sheet import chart, percent
from harmattan.figures import region_table
from harmattan.maps import cartography
from harmattan.maps.scales import CHANGE, NO_DATA, NO_DATA_LINES, RISK, Scale
from harmattan.maps.sheet import FAINT, INK, new_sheet, place_axes, put_text, text_height
from harmattan.regions import bundled, shapes
from harmattan.words import percent as in_percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RAISED = Scale(
    (1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 1000.0),
    RISK.colours[:7],
    ("under 1.1 times", "1.1 to 1.25", "1.25 to 1.5", "1.5 to 2", "2 to 3", "3 to 5", "5 times and over"),
)
SIZE = (1500, 1050)
EDGE = maps.EDGE
LISTED = 12
MOST_NAMES = 14
UNDER_ALERT = "#4d004b"
KNOX_SIZE = (1400, 620)
CHART_SIZE = (1000, 640)
COLOURS = ("#cc4c02", "#542788", "#1a6e5c", "#6b6b6b", "#2b6cb0")
NAMED = {
    "expected": "attacks the model expects",
    "chance": "chance of an attack by the model",
    "ratio": "ratio to the background",
    "recent": "attacks in the last 30 days",
    "windows": "share of the last 12 windows with an attack",
    "year": "mean rate of the last 365 days",
}
LOWEST_VALUE = -0.2
STEPS = (0.35, 0.5, 0.7, 0.9, 1.1, 1.4, 2.0, 4.0)
"""Ratios at which the colours of the heat map change."""

BRIEF_FROM = 10


def alert_map(found: Bulletin) -> Figure:
    """Draw the regions by how much attacks on record raise the risk, with a list of those most at risk under alert.

    Returns
    -------
    matplotlib.figure.Figure
        1500 x 1050 pixels at 150 dpi.
    """
    figure = new_sheet(*SIZE)
    regions = found.regions.set_index("region")
    title = f"Where attacks on record raise the risk, at the end of {spoken(found.now.at)}"
    told = f"{found.caption.title}. Self-exciting model, fitted to data to {found.now.fitted_to}."
    top = maps.banner(figure, title, told, sizes=(13, 8.5)) + EDGE / 2
    width = SIZE[0] - 3 * EDGE - maps.KEY_WIDTH
    height = maps.room(top, _foot(figure, found) - EDGE / 2)
    axes = place_axes(figure, left=EDGE, top=top, width=width, height=height)
    _regions_on(axes, found, regions, shape=width / height)
    _key(figure, found, left=2 * EDGE + width, top=top)
    return figure


def knox_chart(table: pd.DataFrame) -> Figure:
    """Draw the Knox tests of a bulletin: pairs observed over pairs expected, by distance and time, one panel per test.

    Parameters
    ----------
    table
        `Bulletin.knox`.

    Returns
    -------
    matplotlib.figure.Figure
        1400 x 620 pixels at 100 dpi.
    """
    figure = new_sheet(*KNOX_SIZE, dpi=100)
    below = (
        "Pairs of attacks observed / expected, by the distance and the days between them; small: number of pairs. "
        f"Coloured where at most {100 * SIGNIFICANT:.0f} in 100 catalogues with dates dealt anew have as many (bold), "
        "or as few. Dealing all dates anew takes places and dates as independent, so a war that moves counts as "
        f"repeats; dealing within {BLOCK_DAYS} days leaves out changes slower than that."
    )
    top = maps.banner(figure, "Are attacks that are near in space also near in time?", below, sizes=(15, 9.5)) + EDGE
    tests = list(dict.fromkeys(table["dealt"]))
    width = (KNOX_SIZE[0] - 2 * EDGE - 90 * len(tests)) / len(tests)
    for place, name in enumerate(tests):
        left = EDGE + 80 + place * (width + 90)
        put_text(figure, f"Dates dealt: {name}", left=left, top=top, width=width, size=10, weight="bold")
        axes = place_axes(figure, left=left, top=top + 24, width=width, height=KNOX_SIZE[1] - top - 24 - 62)
        _heat(axes, table[table["dealt"] == name])
    return figure


def molchan_chart(rows: pd.DataFrame, scores: Mapping[str, str] | None = None) -> Figure:
    """Draw the Molchan diagram of past alerts: attacks missed against the area under alert.

    Parameters
    ----------
    rows
        From `harmattan.alerts.past.past_alerts`.
    scores
        Columns and what they are called; all by default.
    """
    named = dict(scores or {name: NAMED[name] for name in ("expected", "ratio", "recent", "windows", "year")})
    below = (
        f"{len(rows['day'].unique())} past days from {rows['day'].min():%Y-%m-%d} to {rows['day'].max():%Y-%m-%d}. "
        "The lower the better; the dashed line is chance. The dot is the rule: every region attacked in the last 30 "
        "days."
    )
    figure, axes, _ = chart("How many attacks come where there is no alert?", below, CHART_SIZE)
    for (name, label), colour in zip(named.items(), COLOURS, strict=False):
        curve = molchan(rows, name)
        axes.plot(curve["area"], curve["missed"], color=colour, linewidth=2 if name == "expected" else 1.2, label=label)
    alert, attacks = (rows["recent"] > 0).to_numpy(), rows["attacks"].to_numpy()
    axes.plot([alert.mean()], [attacks[~alert].sum() / attacks.sum()], "o", color=INK, markersize=6)
    axes.plot([0, 1], [1, 0], color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("share of region-days under alert", color=INK)
    axes.set_ylabel("share of attacks missed", color=INK)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(percent))
    axes.legend(loc="upper right", frameon=False, fontsize=9)
    return figure


def value_chart(rows: pd.DataFrame) -> Figure:
    """Draw the relative economic value of past alerts by cost-loss ratio.

    Parameters
    ----------
    rows
        From `harmattan.alerts.past.past_alerts`.
    """
    rule = "every region attacked in the last 30 days"
    found = economic_value(rows, rules={rule: (rows["recent"] > 0).to_numpy(dtype=np.float64)})
    hit = (rows["attacks"] > 0).mean()
    below = (
        "Cost of being alert as a share of the loss it saves. 1: as good as knowing what comes; 0: no better than "
        f"being alert always or never. {in_percent(float(hit))} of regions and windows had an attack, where alerts are "
        "worth most."
    )
    figure, axes, _ = chart("For whom are alerts worth their cost?", below, CHART_SIZE)
    for (name, part), colour in zip(found.groupby("rule", sort=False), COLOURS, strict=False):
        label = NAMED.get(str(name), str(name))
        wide = 2 if name == "chance" else 1.2
        axes.plot(part["ratio"], part["value"], color=colour, linewidth=wide, label=label)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(0.01, 1)
    axes.set_ylim(LOWEST_VALUE, 1)
    axes.xaxis.set_major_locator(FixedLocator([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]))
    axes.xaxis.set_major_formatter(FuncFormatter(percent))
    axes.xaxis.set_minor_formatter(FuncFormatter(lambda _, __: ""))
    axes.set_xlabel("cost of an alert / loss it saves", color=INK)
    axes.set_ylabel("relative economic value", color=INK)
    axes.legend(loc="upper right", frameon=False, fontsize=9)
    return figure


def _regions_on(axes: Axes, found: Bulletin, regions: pd.DataFrame, *, shape: float) -> None:
    """Draw the regions in their classes, those under alert with a strong outline, and name those most at risk."""
    outlines, countries = shapes(found.now.regions), shapes(bundled("country"))
    view = cartography.view_of(outlines.total_bounds, shape)
    cartography.prepare(axes, view)
    taken = set(regions["country"])
    names = {str(code): str(name) for code, name in region_table()["name"].items()}
    cartography.surroundings(axes, countries, names, view, taken)
    classes = dict(zip(regions.index, RAISED.classify(regions["ratio"]), strict=True))
    for code, shape_of in outlines.items():
        colour = RAISED.colours[classes[code]]
        cartography.fill(axes, shape_of, colour=colour, border="#8a8a8a", width=0.5)
        if regions.loc[code, "alert"]:
            cartography.fill(axes, shape_of, colour="none", border=UNDER_ALERT, width=1.2, above=3.5)
    if len(regions) > len(taken) and found.now.regions.geometry is None:
        cartography.frontiers(axes, countries[countries.index.isin(taken)])
    cartography.scale_bar(axes, view)
    order = regions.sort_values("expected_7", ascending=False, kind="stable").head(2 * MOST_NAMES)
    table = found.now.regions.table.loc[order.index]
    texts = [f"{row['name']}\n×{row['ratio']:.1f}" for row in order.to_dict("records")]
    cartography.name_spots(axes, list(zip(table["lon"], table["lat"], strict=True)), texts, most=MOST_NAMES)


def _key(figure: Figure, found: Bulletin, *, left: float, top: float) -> None:
    """Draw the legend, and below it the alerts with the most attacks expected."""
    width, size = float(maps.KEY_WIDTH), 8.0
    head = "Risk of an attack tomorrow, times what the model expects without the attacks of the last 180 days"
    used = put_text(figure, head, left=left, top=top, width=width, size=size, weight="bold")
    handles = [
        Patch(facecolor=colour, edgecolor="#8a8a8a", linewidth=0.5, label=label)
        for colour, label in zip(RAISED.colours[::-1], RAISED.labels[::-1], strict=True)
    ]
    edge = f"under alert: {1 + found.share:g} times and over"
    handles.append(Patch(facecolor="white", edgecolor=UNDER_ALERT, linewidth=1.3, label=edge))
    pattern = cartography.NO_DATA_HATCH
    handles.append(Patch(facecolor=NO_DATA, edgecolor=NO_DATA_LINES, linewidth=0, hatch=pattern, label="not covered"))
    corner = (left / figure.bbox.width, 1 - (top + used) / figure.bbox.height)
    legend = figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=corner, frameon=False, fontsize=size, borderaxespad=0,
        borderpad=0.3, handlelength=2.2, handleheight=1.2, labelspacing=0.4, labelcolor=INK,
    )  # fmt: skip
    below = figure.bbox.height - legend.get_window_extent().y0 + EDGE / 2
    shown = found.alerts.head(LISTED)
    title = f"Most attacks expected, {len(shown)} of {len(found.alerts)} regions under alert: in 7 days, until when"
    below += put_text(figure, title, left=left, top=below, width=width, size=size, weight="bold") + 4
    for row in shown.to_dict("records"):
        until = f"{row['until']:%Y-%m-%d}"
        step = put_text(figure, str(row["name"]), left=left, top=below, width=width - 150, size=size)
        put_text(figure, f"{row['expected_7']:.2f}", left=left + width - 145, top=below, width=50, size=size)
        put_text(figure, until, left=left + width - 90, top=below, width=100, size=size)
        below += step + 2


def _foot(figure: Figure, found: Bulletin) -> float:
    """Write source, licence and what alerts are at the foot of the sheet; return its top edge in pixels."""
    said = found.caption
    text = (
        f"Data: {said.source}. Licence: {said.licence}. Figures on the map: times the background. A region attacked "
        "all the time has a high background: the list tells where most attacks are expected. Alerts are of regions, by "
        "a statistical model; they name no target."
    )
    width = figure.bbox.width - 2 * EDGE
    top = figure.bbox.height - EDGE * 0.7 - text_height(figure, text, width=width, size=7)
    put_text(figure, text, left=EDGE, top=top, width=width, size=7, colour=FAINT)
    return float(top)


def _heat(axes: Axes, table: pd.DataFrame) -> None:
    """Draw one Knox test: the nearest band of distance at the bottom, time to the right."""
    names = ("ratio", "p", "p_fewer", "observed")
    wide = {name: table.pivot(index="km_from", columns="days_from", values=name) for name in names}
    ratios, p = wide["ratio"].to_numpy(dtype=np.float64), wide["p"].to_numpy(dtype=np.float64)
    level = np.searchsorted(STEPS, np.nan_to_num(ratios, nan=1.0))
    level[(p > SIGNIFICANT) & (wide["p_fewer"].to_numpy() > SIGNIFICANT)] = len(CHANGE.colours) // 2
    observed = wide["observed"].to_numpy(dtype=np.int64)
    rows, columns = ratios.shape
    for row, column in np.ndindex(rows, columns):
        colour, ratio = CHANGE.colours[level[row, column]], ratios[row, column]
        axes.fill([column, column + 1, column + 1, column], [row, row, row + 1, row + 1], color=colour, linewidth=0)
        text = "–" if np.isnan(ratio) else f"{ratio:.2f}" if ratio < BRIEF_FROM else f"{ratio:.0f}"
        weight, ink = "bold" if p[row, column] <= SIGNIFICANT else "normal", cartography.legible_on(colour)
        axes.text(column + 0.5, row + 0.56, text, ha="center", va="center", size=9, weight=weight, color=ink)
        axes.text(column + 0.5, row + 0.22, f"{observed[row, column]:,}", ha="center", va="center", size=6, color=ink)
    axes.set_xlim(0, columns)
    axes.set_ylim(0, rows)
    axes.set_xticks(np.arange(columns) + 0.5, _bands(table, "days"), size=8)
    axes.set_yticks(np.arange(rows) + 0.5, _bands(table, "km"), size=8)
    axes.set_xlabel("days between (from, to below)", size=9, color=INK)
    axes.set_ylabel("km between (from, to below)", size=9, color=INK)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _bands(table: pd.DataFrame, unit: str) -> list[str]:
    """Names of the bands: '0–7', and '180 +' for the open one."""
    pairs = table[[f"{unit}_from", f"{unit}_to"]].drop_duplicates().to_numpy()
    return [f"{low:g} +" if np.isinf(high) else f"{low:g}–{high:g}" for low, high in pairs]

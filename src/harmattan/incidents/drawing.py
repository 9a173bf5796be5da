"""The pictures of a profile: a map, a time line, the rhythm, and tactics against targets. They compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from harmattan import maps
from harmattan.figures import region_table
from harmattan.incidents.profile import Profile, drawn
from harmattan.incidents.table import ATTRIBUTIONS
from harmattan.incidents.templates import MONTHS
from harmattan.incidents.wording import country_words, period_words, phrases
from harmattan.maps import cartography
from harmattan.maps.overview import plain
from harmattan.maps.scales import NO_DATA, NO_DATA_LINES, RISK, Scale
from harmattan.maps.sheet import FAINT, INK, new_sheet, place_axes, put_text, text_height, wrapped
from harmattan.regions import LEVELS, bundled, shapes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EDGE = maps.EDGE
MAP_SIZE, TIME_SIZE, RHYTHM_SIZE = (1500, 1050), (1500, 720), (1500, 800)
KEY_WIDTH = 330
MOST_NAMES = 16
EDGES = (0, 1, 2, 3, 6, 11, 21, 51, 10**9)
SHADES = {"claimed": "#8c2d04", "suspected": "#ec7014", "unattributed": "#fec44f", "not stated": "#8a8a8a"}
PALE = 0.35
CELL = 0.9


def attack_map(told: Profile, language: str) -> Figure:
    """Draw the attacks of every region of the countries hit, each country at one level."""
    say, (layer, lost) = phrases(language), drawn(told)
    figure = new_sheet(*MAP_SIZE)
    title, below = _heads(told, language, "map_title", "map_below")
    top = maps.banner(figure, title, below, sizes=(13, 8.5)) + EDGE / 2
    remarks = [say["outlines"]] if told.incidents.regions.geometry is None else []
    if len(lost):
        names = [f"{say.get(str(name), str(name))} {number}" for name, number in lost.items()]
        remarks.insert(0, say["not_drawn"].format(list=", ".join(names)))
    bottom = _foot(figure, " ".join(remarks))
    width, height = MAP_SIZE[0] - 3 * EDGE - KEY_WIDTH, maps.room(top, bottom - EDGE / 2)
    axes = place_axes(figure, left=EDGE, top=top, width=width, height=height)
    scale = _scale(say)
    _regions_on(axes, told, layer, scale, language, shape=width / height)
    _key(figure, scale, say, left=EDGE * 2 + width, top=top)
    return figure


def time_line(told: Profile, language: str) -> Figure:
    """Draw attacks by month and attribution, with the period before where it is covered, and every known day below."""
    say = phrases(language)
    figure = new_sheet(*TIME_SIZE)
    title, below = _heads(told, language, "time_title", "time_below")
    top = maps.banner(figure, title, below + (say["time_before"] if told.before is not None else ""), sizes=(13, 8.5))
    top += EDGE
    width, height = TIME_SIZE[0] - 2 * EDGE - 60, TIME_SIZE[1] - top - 210
    axes = place_axes(figure, left=EDGE + 60, top=top, width=width, height=height)
    under = place_axes(figure, left=EDGE + 60, top=top + height + 90, width=width, height=80)
    months = told.months if told.before is None else pd.concat([told.before, told.months])
    _bars(axes, told, months, say)
    _month_ticks(axes, pd.PeriodIndex(months.index), language)
    _days(under, told, pd.PeriodIndex(months.index))
    axes.set_ylabel(say["attacks"], color=INK, size=8)
    under.set_title(say["several"], loc="left", size=8, color=FAINT, pad=4)
    return figure


def rhythm_chart(told: Profile, language: str) -> Figure:
    """Draw the times between attacks against those of a steady Poisson process.

    Raises
    ------
    ValueError
        If too few attacks are known to the day.
    """
    say, band = phrases(language), told.rhythm.band
    if band is None:
        raise ValueError(f"the rhythm needs more attacks known to the day; there are {told.rhythm.known}")
    figure = new_sheet(*RHYTHM_SIZE)
    below = say["rhythm_below"].format(known=told.rhythm.known)
    top = maps.banner(figure, say["rhythm_question"], below, sizes=(13, 8.5)) + EDGE
    width, height = RHYTHM_SIZE[0] - 2 * EDGE - 90, RHYTHM_SIZE[1] - top - 110
    axes = place_axes(figure, left=EDGE + 90, top=top, width=width, height=height)
    floor = 0.5 / max(len(told.rhythm.intervals), 1)
    curves = {name: band[name].clip(lower=floor) for name in ("lower", "upper", "expected")}
    axes.fill_between(
        band["days"], curves["lower"], curves["upper"], color="#d9d9d9", linewidth=0, label=say["poisson"]
    )
    axes.plot(band["days"], curves["expected"], color=FAINT, linewidth=1)
    seen = band[band["observed"] > 0]
    axes.plot(
        seen["days"],
        seen["observed"],
        color=RISK.colours[6],
        linewidth=2,
        marker="o",
        markersize=4,
        label=say["observed"],
    )
    axes.set_yscale("log")
    axes.set_ylim(floor, 1.15)
    axes.set_xlim(0, max(float(band["days"].max()), 1))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g} %".replace(".", say["decimal"])))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    plain(axes)
    axes.set_xlabel(say["rhythm_x"], color=INK, size=9)
    axes.set_ylabel(say["rhythm_y"], color=INK, size=9)
    axes.legend(loc="upper right", frameon=False, fontsize=9)
    return figure


def kinds_chart(told: Profile, language: str) -> Figure:
    """Draw how many attacks there were by tactic and target, with the totals of both."""
    say, table = phrases(language), told.crossed
    rows, columns = len(table), len(table.columns)
    width, left = max(TIME_SIZE[0], 330 + 150 * (columns + 1) + 2 * EDGE), EDGE + 330
    figure = new_sheet(width, 250 + 62 * (rows + 1))
    title, below = _heads(told, language, "kinds_title", "kinds_below")
    top = maps.banner(figure, title, below, sizes=(13, 8.5)) + EDGE + 60
    axes = place_axes(figure, left=left, top=top, width=150 * (columns + 1), height=62 * (rows + 1))
    axes.set_xlim(-0.5, columns + 0.5)
    axes.set_ylim(rows + 0.5, -0.5)
    scale, numbers = _scale(say), table.to_numpy()
    for (row, column), number in np.ndenumerate(numbers):
        colour = scale.colours[int(scale.classify([number])[0])]
        axes.add_patch(_cell(column, row, colour))
        axes.text(column, row, str(number) if number else "–", ha="center", va="center", size=9,
                  color=cartography.legible_on(colour))  # fmt: skip
    for place, number in enumerate(numbers.sum(axis=1)):
        axes.text(columns, place, str(number), ha="center", va="center", size=9, weight="bold", color=INK)
    for place, number in enumerate(numbers.sum(axis=0)):
        axes.text(place, rows, str(number), ha="center", va="center", size=9, weight="bold", color=INK)
    axes.text(columns, rows, str(numbers.sum()), ha="center", va="center", size=9, weight="bold", color=INK)
    heads = ["\n".join(wrapped(figure, say.get(name, name), width=140, size=8)) for name in table.columns]
    axes.set_xticks(range(columns + 1), [*heads, say["total"]])
    axes.set_yticks(range(rows + 1), [*(say.get(name, name) for name in table.index), say["total"]])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=8, colors=INK)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def _heads(told: Profile, language: str, title: str, below: str) -> tuple[str, str]:
    say, period = phrases(language), period_words(*told.period, language)
    number = f"{len(told.table)} {say['attack' if len(told.table) == 1 else 'attacks']}"
    return say[title].format(period=period), say[below].format(actor=told.incidents.actor, n=number)


def _foot(figure: Figure, text: str) -> float:
    width = figure.bbox.width - 2 * EDGE
    top = figure.bbox.height - EDGE * 0.7 - text_height(figure, text, width=width, size=7)
    put_text(figure, text, left=EDGE, top=top, width=width, size=7, colour=FAINT)
    return float(top)


def _scale(say: Mapping[str, str]) -> Scale:
    labels = [say["map_none"]]
    for low, above in pairwise(EDGES[1:-1]):
        labels.append(str(low) if above == low + 1 else say["map_range"].format(low=low, high=above - 1))
    labels.append(say["map_over"].format(low=EDGES[-2] - 1))
    return Scale(EDGES, ("#ffffff", *RISK.colours[1:]), tuple(labels))


def _regions_on(axes: Axes, told: Profile, layer: pd.DataFrame, scale: Scale, language: str, *, shape: float) -> None:
    """Draw the regions of a layer, the countries around them, and the names of the regions with most attacks."""
    outlines, countries = _outlines(told, layer), shapes(bundled("country"))
    bounds = outlines.total_bounds if len(outlines) else countries.total_bounds
    view = cartography.view_of(bounds, shape)
    cartography.prepare(axes, view)
    names = {str(code): country_words(str(code), language) for code in countries.index}
    taken = set(layer["country"])
    cartography.surroundings(axes, countries, names, view, taken)
    classes = scale.classify(layer["attacks"].reindex(outlines.index))
    for code, number in zip(outlines.index, classes, strict=True):
        cartography.fill(axes, outlines[code], colour=scale.colours[number], border="#8a8a8a", width=0.5)
    if told.incidents.regions.geometry is None:
        cartography.frontiers(axes, countries[countries.index.isin(taken)])
    cartography.scale_bar(axes, view)
    hit = layer[(layer["attacks"] > 0) & layer.index.isin(outlines.index)].sort_values(
        "attacks", ascending=False, kind="stable"
    )
    spots = list(zip(hit["lon"], hit["lat"], strict=True))
    texts = [f"{name}\n{number}" for name, number in zip(hit["name"], hit["attacks"], strict=True)]
    cartography.name_spots(axes, spots, texts, most=MOST_NAMES)


def _outlines(told: Profile, layer: pd.DataFrame) -> gpd.GeoSeries:
    """Outlines of the units drawn: bundled ones by level, or the user's own polygons where they are the level drawn."""
    own, parts = told.incidents.regions.geometry, []
    known = region_table().index
    for level, name in {number: name for name, number in LEVELS.items()}.items():
        codes = layer.index[layer["level"] == level]
        if own is not None and level == LEVELS["province"]:
            parts.append(own[own.index.isin(codes)])
        elif len(codes.intersection(known)):
            parts.append(shapes(bundled(name)).reindex(codes.intersection(known)))
    return gpd.GeoSeries(pd.concat(parts)) if parts else gpd.GeoSeries([], crs="EPSG:4326")


def _key(figure: Figure, scale: Scale, say: Mapping[str, str], *, left: float, top: float) -> None:
    used = put_text(figure, say["map_key"], left=left, top=top, width=KEY_WIDTH, size=8.5, weight="bold")
    handles = [
        Patch(facecolor=colour, edgecolor="#8a8a8a", linewidth=0.5, label=label)
        for colour, label in zip(scale.colours[::-1], scale.labels[::-1], strict=True)
    ]
    other = "\n".join(wrapped(figure, say["map_other"], width=KEY_WIDTH - 60, size=8.5))
    pattern = cartography.NO_DATA_HATCH
    handles.append(Patch(facecolor=NO_DATA, edgecolor=NO_DATA_LINES, linewidth=0, hatch=pattern, label=other))
    corner = (left / figure.bbox.width, 1 - (top + used) / figure.bbox.height)
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=corner, frameon=False, fontsize=8.5,
        borderaxespad=0, borderpad=0.3, handlelength=2.2, handleheight=1.3, labelspacing=0.45, labelcolor=INK,
    )  # fmt: skip


def _bars(axes: Axes, told: Profile, months: pd.DataFrame, say: Mapping[str, str]) -> None:
    """Stacked bars by attribution; what is before the period is pale, months without an attack are named."""
    at, below = np.arange(len(months)), np.zeros(len(months))
    inside = pd.PeriodIndex(months.index) >= told.period[0]
    shown, broad = [name for name in ATTRIBUTIONS if months[name].any()], min(0.8, 0.1 * len(months))
    for name in shown:
        heights = months[name].to_numpy(dtype=float)
        for part, opacity in ((inside, 1.0), (~inside, PALE)):
            bars = axes.bar(at[part], heights[part], bottom=below[part], width=broad, color=SHADES[name], alpha=opacity)
            if opacity == 1.0:
                bars.set_label(say[name])
        below += heights
    axes.set_ylim(0, max(1.0, 1.15 * float(below.max())))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    plain(axes)
    if len(shown) > 1 or shown != ["not stated"]:
        axes.legend(loc="upper left", frameon=False, fontsize=8, ncols=len(shown))
    for place, month in enumerate(months.index):
        if month in told.silent or month in told.uncovered:
            word = say["none"] if month in told.silent else say["unknown"]
            axes.text(
                place, 0.02 * axes.get_ylim()[1], word, rotation=90, ha="center", va="bottom", size=8, color=FAINT
            )
    if not inside.all():
        axes.axvline(float(at[inside][0]) - 0.5, color=INK, linewidth=0.8)


def _month_ticks(axes: Axes, months: pd.PeriodIndex, language: str) -> None:
    step = max(1, -(-len(months) // 24))
    ticks = range(0, len(months), step)
    names = [
        f"{MONTHS[language][months[at].month - 1][: 3 if language == 'en' else 4]}"
        + (f"\n{months[at].year}" if at == 0 or months[at].year != months[max(at - step, 0)].year else "")
        for at in ticks
    ]
    axes.set_xticks(list(ticks), names)
    axes.set_xlim(-0.6, len(months) - 0.4)


def _days(axes: Axes, told: Profile, months: pd.PeriodIndex) -> None:
    """One tick for every day with attacks, at its place within the months drawn above."""
    table = told.incidents.between(months[0], months[-1])
    days = table.loc[table["day_known"], "day"].value_counts().sort_index()
    when = pd.DatetimeIndex(days.index)
    place = (when.to_period("M").astype("int64") - months.astype("int64")[0]).to_numpy()
    at = place + (when.day.to_numpy() - 0.5) / when.days_in_month.to_numpy() - 0.5
    pale = np.where(when.to_period("M") >= told.period[0], 1.0, PALE)
    axes.vlines(at, 0, days.to_numpy(), color=INK, linewidth=1, alpha=pale)
    axes.set_xlim(-0.6, len(months) - 0.4)
    axes.set_ylim(0, max(1.2, 1.1 * float(days.max()) if len(days) else 1.2))
    axes.set_xticks([])
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    plain(axes)


def _cell(column: int, row: int, colour: str) -> Patch:
    corner = (column - CELL / 2, row - CELL / 2)
    return Rectangle(corner, CELL, CELL, facecolor=colour, edgecolor="#cccccc", linewidth=0.5)

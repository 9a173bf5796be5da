"""Toward the coast: where a first attack may come, how near to the sea, and when coastal states may be reached."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from harmattan import maps, words
from harmattan.figures import corridor_towns, region_table
from harmattan.maps import cartography, themes
from harmattan.maps.overview import FAN, PAST, by_month, plain
from harmattan.maps.scales import NO_DATA, NO_DATA_LINES, RISK
from harmattan.maps.sheet import FAINT, INK, new_sheet, place_axes, put_text, wrapped, write_png
from harmattan.months import target
from harmattan.regions import COASTAL, bundled, shapes
from harmattan.result import Result

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

SIZE = (1400, 900)
EDGE = maps.EDGE
MAP_WIDTH = 790
ACTIVE = "#a7a7a7"
FRONT = "#111111"
ROAD = "#2b5c8a"
WINDOW = 6
WITHIN = (3, 6, 12)
YEARS_SHOWN = 5
MOST_NAMES = 10
MOST_ROWS = 12
NAME_SIZE = 7.5


def draw(result: Result) -> Figure:
    """Draw where the armed group may appear next and how near the coast is.

    Parameters
    ----------
    result
        What the experiment found, with its tables of expansion.

    Returns
    -------
    matplotlib.figure.Figure
        1400 x 900 pixels at 100 dpi: a map of P(first attack) of the regions that were quiet for a year, with the
        regions attacked in the last year, the front and the corridors; the distance from active regions to the coast,
        past and forecast; and the chance of an attack in each coastal state and border belt within 3, 6 and 12 months.

    Raises
    ------
    ValueError
        If the result has no tables of expansion.
    """
    if "first_attacks" not in result.expansion:
        raise ValueError("this map needs tables of expansion, which are made for attacks; the result has none")
    within = min(WINDOW, len(result.forecast.horizons))
    figure = new_sheet(*SIZE, dpi=100)
    months = words.span([target(result.forecast.origin, h) for h in (1, within)])
    title = f"Toward the coast: where may a first attack come? {months}"
    top = maps.banner(figure, title, themes.subtitle(result), sizes=(17, 10.5)) + 12
    bottom = top + maps.room(top, maps.caption(figure, result, size=8.5) - 16)
    axes = place_axes(figure, left=EDGE, top=top, width=MAP_WIDTH, height=bottom - top)
    said = result.expansion["first_attacks"]
    now = said[said["horizon"] == within].set_index("region")
    outside = _map(axes, result, now, shape=MAP_WIDTH / (bottom - top))
    left = 2 * EDGE + MAP_WIDTH
    width = SIZE[0] - left - EDGE
    free = _key(figure, within, left=left, top=top, width=width, outside=outside)
    free = _reach(figure, result, left=left, top=free + 14, width=width, height=170.0)
    _table(figure, result, left=left, top=free + 10, width=width, bottom=bottom)
    return figure


def write(result: Result, path: Path) -> Path:
    """Draw the sheet into a PNG file and return its path."""
    return write_png(draw(result), path)


def _map(axes: Axes, result: Result, now: pd.DataFrame, *, shape: float) -> bool:
    """Draw the regions; return whether any has no forecast."""
    outlines, countries = shapes(result.panel.regions), shapes(bundled("country"))
    view = cartography.view_of(outlines.total_bounds, shape)
    cartography.prepare(axes, view)
    taken = set(now["country"])
    names = {str(code): str(name) for code, name in region_table()["name"].items()}
    outside = cartography.surroundings(axes, countries, names, view, taken) > 0
    outside = quiet_and_active(axes, now, outlines) or outside
    for code in now.index[now["frontier_now"]]:
        cartography.fill(axes, outlines[code], colour="none", border=FRONT, width=1.5, above=3.5)
    cartography.frontiers(axes, countries[countries.index.isin(taken)])
    corridors_on(axes)
    cartography.scale_bar(axes, view)
    likely = now["first_attack"].dropna().sort_values(ascending=False, kind="stable").head(3 * MOST_NAMES)
    table = result.panel.regions.table.loc[likely.index]
    texts = [f"{name}\n{words.brief_percent(p)}" for name, p in zip(table["name"], likely, strict=True)]
    spots = list(zip(table["lon"], table["lat"], strict=True))
    cartography.name_spots(axes, spots, texts, size=NAME_SIZE, most=MOST_NAMES)
    return outside


def quiet_and_active(axes: Axes, now: pd.DataFrame, outlines: gpd.GeoSeries) -> bool:
    """Draw quiet regions by the chance of a first attack and active ones grey; return whether any has no forecast.

    Parameters
    ----------
    now
        Index ``region``, in the order of `outlines`; ``first_attack`` (NaN where not quiet) and ``active_now``.
    outlines
        Their outlines, whole or what can be seen of them.
    """
    unknown = False
    for code, number in zip(now.index, RISK.classify(now["first_attack"]), strict=True):
        active = bool(now.loc[code, "active_now"])
        colour = RISK.colours[number] if number >= 0 else ACTIVE if active else NO_DATA
        cartography.fill(axes, outlines[code], colour=colour, border="#8a8a8a", width=0.5)
        if number < 0 and not active:
            cartography.hatch(axes, outlines[code], pattern=cartography.NO_DATA_HATCH, colour=NO_DATA_LINES)
            unknown = True
    return unknown


def corridors_on(axes: Axes) -> None:
    """Draw the bundled corridors, straight between their towns."""
    for _, stops in corridor_towns().groupby("corridor"):
        axes.plot(stops["lon"], stops["lat"], color=ROAD, linewidth=1.1, linestyle=(0, (4, 2)), zorder=4.5, alpha=0.8)


def _key(figure: Figure, within: int, *, left: float, top: float, width: float, outside: bool) -> float:
    """Draw the legend in two columns and return where it ends."""
    head = f"Quiet for a year: chance of an attack within {within} months"
    used = put_text(figure, head, left=left, top=top, width=width, size=9.5, weight="bold")
    handles: list[Any] = [
        Patch(facecolor=colour, edgecolor="#8a8a8a", linewidth=0.5, label=label)
        for colour, label in zip(RISK.colours[::-1], RISK.labels[::-1], strict=True)
    ]
    handles += [
        Patch(facecolor=ACTIVE, edgecolor="#8a8a8a", linewidth=0.5, label="attacked in the last 12 months"),
        Patch(facecolor="white", edgecolor=FRONT, linewidth=1.5, label="front: a neighbour is still quiet"),
        Line2D([], [], color=ROAD, linewidth=1.1, linestyle=(0, (4, 2)), label="corridor (straight between towns)"),
    ]
    if outside:
        pattern = cartography.NO_DATA_HATCH
        handles.append(
            Patch(facecolor=NO_DATA, edgecolor=NO_DATA_LINES, linewidth=0, hatch=pattern, label="no forecast")
        )
    corner = (left / figure.bbox.width, 1 - (top + used) / figure.bbox.height)
    legend = figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=corner, frameon=False, fontsize=8.5, ncols=2,
        borderaxespad=0, borderpad=0.3, handlelength=2.2, handleheight=1.2, labelspacing=0.4, labelcolor=INK,
        columnspacing=1.2,
    )  # fmt: skip
    return float(figure.bbox.height - legend.get_window_extent().y0)


def _reach(figure: Figure, result: Result, *, left: float, top: float, width: float, height: float) -> float:
    """Draw the distance from the active regions to the coast by month; return where the chart ends."""
    past, ahead = result.expansion["replay"], result.expansion["ahead"]
    if "reach" not in past:
        return top
    title = "Km from the nearest active region to the coast: recorded, and forecast (median, 90 % interval)"
    used = put_text(figure, title, left=left, top=top, width=width, size=9.5, weight="bold") + 6
    axes = place_axes(figure, left=left + 46, top=top + used, width=width - 54, height=height)
    past = past[past["scope"] == "all"].iloc[-12 * YEARS_SHOWN :]
    axes.step(
        pd.PeriodIndex(past["month"]).to_timestamp(), past["reach"].to_numpy(), where="mid", color=PAST, linewidth=1.4
    )
    future = ahead[(ahead["quantity"] == "reach") & (ahead["scope"] == "all")]
    dates = pd.PeriodIndex(future["month"]).to_timestamp()
    axes.fill_between(dates, future["q05"], future["q95"], color=FAN, alpha=0.2, linewidth=0)
    axes.plot(dates, future["q50"], color=FAN, linewidth=1.6, marker="o", markersize=2.5)
    by_month(axes)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylim(bottom=0)
    plain(axes)
    return top + used + height + 26


def coming(result: Result) -> pd.DataFrame:
    """Return how likely an attack is in each coastal state and border belt, the likeliest first.

    Returns
    -------
    pandas.DataFrame
        ``name`` in words, ``standing`` in words, and a column for each of 3, 6 and 12 months (as far as forecast):
        P(at least one attack within so many months).
    """
    ahead, stands = result.expansion["ahead"], result.expansion["arrivals"].set_index(["scope", "name"])
    chosen = ahead[(ahead["quantity"] == "attacks_within") & ahead["horizon"].isin(WITHIN)]
    coastal = (chosen["scope"] == "country") & chosen["name"].isin(COASTAL)
    chosen = chosen[coastal | (chosen["scope"] == "set")]
    if chosen.empty:
        return pd.DataFrame(columns=["name", "standing"])
    wide = chosen.pivot(index=["scope", "name"], columns="horizon", values="p")
    wide = wide.sort_values(list(wide.columns)[::-1], ascending=False, kind="stable")
    table = wide.reset_index()
    table.insert(2, "standing", [_standing(stands.loc[key]) for key in wide.index])
    table["name"] = [_named(scope, name) for scope, name in wide.index]
    return table.drop(columns="scope")


def _standing(row: pd.Series) -> str:
    last = "" if pd.isna(row["last_attack"]) else f", last {row['last_attack']}"
    return {"active": "active", "quiet": "quiet", "unknown": "not all covered"}[row["status"]] + (
        last or ("" if row["status"] == "active" else ", none on record")
    )


def _named(scope: str, name: str) -> str:
    """``BFA near BEN`` in words; country names for codes."""
    names = region_table()["name"]
    here, _, there = name.partition(" near ")
    if scope == "set" and there in names.index and here in names.index:
        return f"{names[here]} near {names[there]}"
    return str(names.get(name, name)) if scope == "country" else name


def _table(figure: Figure, result: Result, *, left: float, top: float, width: float, bottom: float) -> None:
    """Write the chances of coastal states and belts, as many rows as there is room for."""
    told = coming(result)
    head = "Chance of an attack in coastal states and border belts within"
    used = put_text(figure, head, left=left, top=top, width=width, size=9.5, weight="bold") + 4
    months = [name for name in told.columns if isinstance(name, int | np.integer)]
    places = [left + width - 52 * (len(months) - place) for place in range(len(months))]
    rows: list[Sequence[str]] = [("", "", *(f"{month} m" for month in months))]
    rows += [
        (row["name"], row["standing"], *(words.brief_percent(row[m]) for m in months)) for _, row in told.iterrows()
    ]
    step = 17.0
    fitting = min(int((bottom - top - used) // step), MOST_ROWS + 1)
    for number, (name, standing, *chances) in enumerate(rows[:fitting]):
        at = top + used + number * step
        text = f"{name} ({standing})" if name else ""
        put_text(figure, _short(figure, text, width - 52 * len(months) - 8), left=left, top=at, width=width, size=8.5)
        for x, chance in zip(places, chances, strict=True):
            put_text(figure, chance, left=x, top=at, width=52, size=8.5, colour=INK if number else FAINT)


def _short(figure: Figure, text: str, width: float) -> str:
    """As many words of a text as fit on a line."""
    lines = wrapped(figure, text, width=width, size=8.5)
    return text if len(lines) <= 1 else f"{lines[0].rstrip(',')} …"

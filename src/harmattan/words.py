"""Plain sentences: the months, chances and scores of a result in words that can be read aloud."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from harmattan import layers
from harmattan.months import target
from harmattan.result import Result

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
ONE_OF = {"attacks": "attack", "deaths": "death"}
KINDS = {0: ("country", "countries"), 2: ("province", "provinces")}
NAMED = 3
SMALLEST_SHIFT = 0.045


def percent(probability: float) -> str:
    """Return a probability in whole percent, never as certain or impossible.

    Examples
    --------
    >>> percent(0.917), percent(0.0002), percent(0.9996)
    ('92 %', 'under 1 %', 'over 99 %')
    """
    if probability <= 0.005:
        return "under 1 %"
    return "over 99 %" if probability >= 0.995 else f"{probability * 100:.0f} %"


def brief_percent(probability: float) -> str:
    """Return a probability in as few letters as a map has room for.

    Examples
    --------
    >>> brief_percent(0.9996)
    '>99 %'
    """
    return percent(probability).replace("over ", ">").replace("under ", "<")


def month_name(month: pd.Period) -> str:
    """Return a month as it is spoken.

    Examples
    --------
    >>> month_name(pd.Period("2024-01", "M"))
    'January 2024'
    """
    return f"{MONTH_NAMES[month.month - 1]} {month.year}"


def span(months: Sequence[pd.Period]) -> str:
    """Return the first and last of several months as they are spoken.

    Examples
    --------
    >>> span(pd.period_range("2023-12", "2024-02", freq="M"))
    'December 2023 to February 2024'
    >>> span(pd.period_range("2024-01", "2024-03", freq="M"))
    'January to March 2024'
    """
    first, last = min(months), max(months)
    if first == last:
        return month_name(first)
    opening = MONTH_NAMES[first.month - 1] if first.year == last.year else month_name(first)
    return f"{opening} to {month_name(last)}"


def singular(measure: str) -> str:
    """Return what one of the measure is called.

    Examples
    --------
    >>> singular("attacks"), singular("deaths")
    ('attack', 'death')
    """
    return ONE_OF.get(measure, f"of {measure}")


def window_phrase(origin: pd.Period, horizons: Sequence[int]) -> str:
    """Return a window as the opening of a sentence.

    Examples
    --------
    >>> window_phrase(pd.Period("2023-12", "M"), (1, 2, 3))
    'In the next three months (January to March 2024)'
    """
    months = span([target(origin, h) for h in horizons])
    if tuple(horizons) == (1,):
        return f"Next month ({months})"
    if tuple(horizons) == tuple(range(1, len(horizons) + 1)) and len(horizons) < len(NUMBERS):
        return f"In the next {NUMBERS[len(horizons)]} months ({months})"
    return f"In {months}" if len(horizons) == 1 else f"In the months {months}"


def and_list(items: Sequence[str]) -> str:
    """Join items with commas and a last "and".

    Examples
    --------
    >>> and_list(["Soum", "Yagha", "Sourou"])
    'Soum, Yagha and Sourou'
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def labels(table: pd.DataFrame) -> pd.Series:
    """Return each region's name, with its country's code where names of several countries stand side by side.

    Parameters
    ----------
    table
        Index ``region``, columns ``name`` and ``country``.
    """
    if len(table["country"].unique()) == 1 or table["country"].is_unique:
        return table["name"]
    return table["name"] + " (" + table["country"] + ")"


def in_words(result: Result) -> list[str]:
    """Return what a result says, in sentences: where, how many, what is new, what changed, how sure.

    Each number is one that the release's tables hold, rounded.

    Returns
    -------
    list
        Sentences in the order in which they should be read.
    """
    shown = layers.windows(result.forecast.horizons)
    tables = {name: layers.layer(result, horizons) for name, horizons in shown.items()}
    sentences = [_likeliest(result, tables[name], horizons) for name, horizons in shown.items()]
    sentences.append(_total(result))
    last = list(shown)[-1]
    sentences.append(_new(result, tables[last], shown[last]))
    sentences.append(_changed(result, tables[last], shown[last]))
    sentences += _trust(result)
    if result.caption.caveats:
        sentences.append(f"Bear in mind: {' '.join(result.caption.caveats)}")
    return sentences


def _kind(result: Result, count: int) -> str:
    levels = result.panel.regions.table.get("level", pd.Series([-1])).unique()
    one, several = KINDS.get(int(levels[0]), ("region", "regions")) if len(levels) == 1 else ("region", "regions")
    return one if count == 1 else several


def _counted(number: int, words: str) -> str:
    return f"{NUMBERS[number] if number < len(NUMBERS) else number} {words}"


def _with_chances(table: pd.DataFrame, names: pd.Series) -> str:
    return and_list([f"{names[code]} ({percent(p)})" for code, p in zip(table.index, table["p1"], strict=True)])


def _likeliest(result: Result, table: pd.DataFrame, horizons: Sequence[int]) -> str:
    top = table[table["covered"]].nlargest(NAMED, "p1")
    opening = window_phrase(result.forecast.origin, horizons)
    kind = _kind(result, len(top))
    noun = kind if len(top) == 1 else _counted(len(top), kind)
    verb = "is" if len(top) == 1 else "are"
    return (
        f"{opening} the {noun} most likely to see at least one {singular(result.forecast.measure)} {verb} "
        f"{_with_chances(top, labels(table))}."
    )


def _total(result: Result) -> str:
    forecast = result.forecast
    total, past = layers.fan(forecast).iloc[0], layers.recorded(result, 1)
    return (
        f"In all, {total['expected']:.0f} {forecast.measure} are expected in "
        f"{month_name(forecast.months[0])} (90 % interval {total['q05']:.0f} to {total['q95']:.0f}); "
        f"{past.iloc[-1]:.0f} were recorded in {month_name(past.index[-1])}."
    )


def _new(result: Result, table: pd.DataFrame, horizons: Sequence[int]) -> str:
    calm = table[table["covered"] & table["quiet"]]
    until = month_name(layers.data_to(result))
    if calm.empty:
        return f"New: every {_kind(result, 1)} had an attack in the twelve months to {until}."
    top = calm.nlargest(NAMED, "p1")
    opening = window_phrase(result.forecast.origin, horizons)
    return (
        f"New: {_counted(len(calm), _kind(result, len(calm)))} had no attack in the twelve months to "
        f"{until}. {opening} the likeliest to see at least one {singular(result.forecast.measure)} "
        f"{'is' if len(top) == 1 else 'are'} {_with_chances(top, labels(table))}."
    )


def _changed(result: Result, table: pd.DataFrame, horizons: Sequence[int]) -> str:
    moved = table[(table["change"].abs() >= SMALLEST_SHIFT) & ~table["within_noise"]]
    months = span([target(result.forecast.origin, h) for h in horizons])
    opening = f"Since the forecast made a month before, for {months}:"
    names = labels(table)
    parts = []
    for word, side in (
        ("up most", moved.nlargest(NAMED, "change")),
        ("down most", moved.nsmallest(NAMED, "change")),
    ):
        side = side[side["change"] > 0] if word == "up most" else side[side["change"] < 0]
        if len(side):
            rows = side[["earlier", "p1"]].itertuples()
            parts.append(f"{word} {and_list([f'{names[c]} ({percent(a)} to {percent(b)})' for c, a, b in rows])}")
    return f"{opening} {'; '.join(parts) if parts else 'no change of 5 points or more'}."


def _trust(result: Result) -> list[str]:
    against, champion = layers.rival(result), result.champion
    rows = result.rows[result.rows["model"] == champion]
    origins = rows["origin"].nunique()
    where = f"over the {origins} origins from {rows['origin'].min()} to {rows['origin'].max()}"
    if against is None:
        return [f"How far to trust it: {champion} was not compared with another baseline {where}."]
    table = layers.skill(result.scores, champion, against)
    everywhere = table[table["set"] == "all"]
    chosen = everywhere[everywhere["horizon"].isin({everywhere["horizon"].min(), everywhere["horizon"].max()})]
    parts = [f"{_better(v)} at {_ahead(h)} (n = {n})" for _, h, v, n in chosen.itertuples(index=False)]
    sentences = [f"How far to trust it: {where} the log score of {champion} was, against {against}, {and_list(parts)}."]
    tried = result.rows["model"].nunique()
    if tried > 1:
        sentences.append(f"It was chosen as the best of {tried} models on these same origins, which flatters it.")
    onset = table[(table["set"] == "onset") & (table["horizon"] == everywhere["horizon"].min())]
    if len(onset):
        _, h, v, n = next(onset.itertuples(index=False))
        sentences.append(
            f"Where the last twelve months were quiet {champion} was {_better(v)} at {_ahead(h)} (n = {n})."
        )
    return sentences


def _better(skill: float) -> str:
    return f"{abs(skill) * 100:.1f} % {'better' if skill >= 0 else 'worse'}"


def _ahead(horizon: int) -> str:
    return "1 month" if horizon == 1 else f"{horizon} months"

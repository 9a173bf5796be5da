"""Sheets to try."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import strategies as st

from harmattan.protect import Worksheet, WorksheetError, example, read
from harmattan.protect.cells import alike, name
from harmattan.protect.reading import COLUMNS, WEIGHT
from harmattan.protect.scales import NAMES


def _usable(text: str) -> bool:
    try:
        return name(text, "here") == text and alike(text) != WEIGHT
    except WorksheetError:
        return False


STARTS = st.sampled_from(["", "=", "+", "-", "@", "＝", "'", "'=", "#", '"', ";", "1"])
NAMES_GIVEN = st.builds("{}{}".format, STARTS, st.text(min_size=1, max_size=12)).filter(_usable)
WEIGHTS = st.lists(
    st.just(0.0) | st.integers(10, 10_000).map(lambda each: each / 1000), min_size=len(NAMES), max_size=len(NAMES)
).filter(any)


@st.composite
def _worksheets(draw: st.DrawFn) -> Worksheet:
    """Up to four sites and three raters; names that a spreadsheet might run, weights of any size."""
    sites = draw(st.lists(NAMES_GIVEN, min_size=1, max_size=4, unique_by=alike))
    raters = draw(st.lists(NAMES_GIVEN, min_size=1, max_size=3, unique_by=alike))
    size = len(sites) * len(raters) * len(NAMES)
    scores = draw(st.lists(st.integers(1, 10), min_size=size, max_size=size))
    shape = (len(sites), len(raters), len(NAMES))
    regions = draw(st.lists(st.just("") | NAMES_GIVEN, min_size=len(sites), max_size=len(sites)))
    return Worksheet(
        tuple(sites), tuple(raters), np.array(scores).reshape(shape), np.array(draw(WEIGHTS)), tuple(regions)
    )


@pytest.fixture(scope="session")
def worksheets() -> st.SearchStrategy[Worksheet]:
    """Worksheets of any kind, for Hypothesis."""
    return _worksheets()


@pytest.fixture(scope="session")
def sheet() -> Worksheet:
    """The example that ships with Harmattan."""
    return read(example())


@pytest.fixture(scope="session")
def lines() -> list[str]:
    """A small sheet as lines of CSV: two sites, two raters, no marking."""
    rows = [",".join(COLUMNS), "weight,,1,1,1,1,1,2,"]
    rng = np.random.default_rng(3)
    for site in ("Depot", "Clinic"):
        for rater in ("Awa", "Issa"):
            rows.append(f"{site},{rater},{','.join(map(str, rng.integers(1, 11, 6)))},BF5204")
    return rows

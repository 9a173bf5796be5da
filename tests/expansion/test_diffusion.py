from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.expansion import join_counts, quantities
from harmattan.expansion.diffusion import KINDS
from harmattan.forecast import Forecast
from harmattan.neighbours import contiguity
from harmattan.panel import Panel
from harmattan.regions import Regions

SIDE = 10
FLAGS = st.lists(st.booleans(), min_size=6, max_size=6)


@pytest.fixture(scope="module")
def chessboard() -> Callable[[np.ndarray, np.ndarray], Panel]:
    """A panel of two months on ten by ten squares, from the squares that are active in each."""
    index = pd.Index([f"{row}{column}" for row in range(SIDE) for column in range(SIDE)], name="region")
    pairs = [(f"{r}{c}", f"{r}{c + 1}") for r in range(SIDE) for c in range(SIDE - 1)]
    pairs += [(f"{r}{c}", f"{r + 1}{c}") for r in range(SIDE - 1) for c in range(SIDE)]
    table = pd.DataFrame({"name": index, "country": "XXX", "lon": 0.0, "lat": 0.0, "area_km2": 1.0}, index=index)
    regions = Regions(table, None, contiguity(pd.DataFrame(pairs, columns=["a", "b"]), index))

    def build(earlier: np.ndarray, later: np.ndarray) -> Panel:
        months = pd.period_range("2023-11", periods=2, freq="M", name="month")
        attacks = pd.DataFrame(np.stack([earlier.ravel(), later.ravel()]).astype(np.float32), months, index)
        return Panel(regions, {"attacks": attacks}, attacks.notna())

    return build


def square(size: int, at: int) -> np.ndarray:
    board = np.zeros((SIDE, SIDE), dtype=bool)
    board[at : at + size, at : at + size] = True
    return board


def count_by_hand(first: list[bool], second: list[bool], newly: set[int], links: np.ndarray) -> dict[str, int]:
    """Joins by walking over all pairs."""
    found = dict.fromkeys(KINDS, 0)
    for j in newly:
        beside = [i for i in range(len(first)) if links[i, j] and first[i]]
        found["escalation"] += sum(second[i] for i in beside)
        found["relocation"] += sum(not second[i] for i in beside)
        found["jumps"] += not beside
    return found


def test_an_area_that_grows_escalates(chessboard: Callable[[np.ndarray, np.ndarray], Panel]) -> None:
    panel = chessboard(square(2, 4), square(4, 3))
    told = join_counts(panel, rng=np.random.default_rng(1), months=1, permutations=999).set_index("kind")
    assert told.loc["escalation", "joins"] == 8 and told.loc["escalation", "p"] == 0.001
    assert told.loc["relocation", "joins"] == 0 and told.loc["relocation", "p"] == 1
    assert told.loc["jumps", "joins"] == 4 and told.loc["jumps", "p"] == 1
    assert (told["newly_hit"] == 12).all() and (told["quiet"] == 96).all()


def test_an_area_that_moves_relocates(chessboard: Callable[[np.ndarray, np.ndarray], Panel]) -> None:
    ring = square(4, 3) & ~square(2, 4)
    told = join_counts(chessboard(square(2, 4), ring), rng=np.random.default_rng(1), months=1).set_index("kind")
    assert told.loc["relocation", "joins"] == 8 and told.loc["relocation", "p"] == 0.001
    assert told.loc["escalation", "joins"] == 0 and told.loc["escalation", "p"] == 1


def test_scattered_new_attacks_are_neither(chessboard: Callable[[np.ndarray, np.ndarray], Panel]) -> None:
    small = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        earlier = rng.random((SIDE, SIDE)) < 0.2
        later = (rng.random((SIDE, SIDE)) < 0.2) | (earlier & (rng.random((SIDE, SIDE)) < 0.5))
        told = join_counts(chessboard(earlier, later), rng=rng, months=1, permutations=199)
        small.append((told["p"] <= 0.1).to_numpy())
    # Counts are whole, so the test keeps to its level or stays below it; 5 of 60 standard errors above is far out.
    assert (np.mean(small, axis=0) <= 0.1 + 3 * np.sqrt(0.09 / 60)).all()


@settings(max_examples=40, deadline=None)
@given(FLAGS, FLAGS)
def test_counts_and_expectation_over_all_permutations_by_hand(
    panel_of: Callable[[np.ndarray], Panel], first: list[bool], second: list[bool]
) -> None:
    panel = panel_of(np.array([first, second], dtype=float))
    links = panel.regions.neighbours.weights.toarray() > 0
    quiet = [place for place in range(6) if not first[place]]
    newly = {place for place in quiet if second[place]}
    told = join_counts(panel, rng=np.random.default_rng(0), months=1, permutations=400).set_index("kind")
    seen = count_by_hand(first, second, newly, links)
    every = [count_by_hand(first, second, set(each), links) for each in combinations(quiet, len(newly))]
    for kind in KINDS:
        assert told.loc[kind, "joins"] == seen[kind]
        assert told.loc[kind, "expected"] == pytest.approx(np.mean([each[kind] for each in every]), abs=1e-5)
        exact = np.mean([each[kind] >= seen[kind] for each in every])
        assert told.loc[kind, "p"] == pytest.approx(exact, abs=0.1)


def test_pairs_of_periods_add_up(panel_of: Callable[[np.ndarray], Panel]) -> None:
    panel = panel_of(np.random.default_rng(5).poisson(0.15, (24, 6)))
    told = join_counts(panel, rng=np.random.default_rng(1), months=4, pairs=5, permutations=99)
    assert told["later"].unique().tolist() == ["2022-05", "2022-09", "2023-01", "2023-05", "2023-09", "all"]
    apart, whole = told[told["later"] != "all"], told[told["later"] == "all"].set_index("kind")
    sums = apart.groupby("kind")[["newly_hit", "quiet", "joins", "expected"]].sum()
    np.testing.assert_allclose(whole.loc[sums.index, sums.columns], sums)
    again = join_counts(panel, rng=np.random.default_rng(1), months=4, pairs=5, permutations=99)
    pd.testing.assert_frame_equal(told, again)


def test_regions_not_covered_are_no_place_for_new_attacks(panel_of: Callable[[np.ndarray], Panel]) -> None:
    counts = np.zeros((2, 6))
    counts[:, 0], counts[1, 1], counts[0, 3] = 1, 1, np.nan
    told = join_counts(panel_of(counts), rng=np.random.default_rng(1), months=1)
    assert (told["quiet"] == 4).all() and (told["newly_hit"] == 1).all()


def test_joins_of_a_draw_are_those_of_the_record_once_it_has_happened(
    panel_of: Callable[[np.ndarray], Panel], forecast_of: Callable[[Panel, np.ndarray], Forecast]
) -> None:
    rng = np.random.default_rng(6)
    for months in (4, 12, 15):
        record, draws = rng.poisson(0.08, (20, 6)), rng.poisson(0.08, (20, months, 6))
        panel = panel_of(record)
        found = quantities(panel, forecast_of(panel, draws))
        window = min(months, 12)
        for place, draw in enumerate(draws):
            after = panel_of(np.concatenate([record, draw[:window]]))
            told = join_counts(after, rng=rng, months=window, permutations=1).set_index("kind")["joins"]
            assert [found[kind].values[place, 0] for kind in KINDS] == [told[kind] for kind in KINDS]


def test_what_does_not_fit_says_so(panel_of: Callable[[np.ndarray], Panel]) -> None:
    panel = panel_of(np.zeros((20, 6)))
    with pytest.raises(ValueError, match="2 pairs of periods of 12 months need 36 months on record; the panel has 20"):
        join_counts(panel, rng=np.random.default_rng(1), pairs=2)
    with pytest.raises(ValueError, match="permutations must be at least 1; got 0"):
        join_counts(panel, rng=np.random.default_rng(1), months=2, permutations=0)

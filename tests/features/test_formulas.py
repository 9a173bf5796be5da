"""Every feature against its formula written plainly with pandas and matrices of all pairs, known and unknown months."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harmattan import features
from harmattan.features import FEATURES, design, feature, full, links, windows
from harmattan.features.cores import cores_allowed
from harmattan.features.history import recent_mean
from harmattan.features.shared import once
from harmattan.figures import bundled_counts
from harmattan.neighbours import Neighbours
from harmattan.panel import Panel, from_counts
from harmattan.regions import Regions, bundled
from harmattan.sphere import great_circle_km

FEWEST = 12
Frame = pd.DataFrame


def mean(wide: Frame, months: int) -> Frame:
    return wide.rolling(months, min_periods=min(months, FEWEST)).mean()


def decay(wide: Frame, half_life: float) -> Frame:
    return wide.ewm(halflife=half_life, min_periods=FEWEST).mean()


def active(wide: Frame) -> Frame:
    return (wide > 0).astype("float64").where(wide.notna())


def all_pairs(panel: Panel) -> np.ndarray:
    return great_circle_km(panel.regions.table["lon"], panel.regions.table["lat"])


def spread(wide: Frame, weights: np.ndarray) -> Frame:
    return Frame((weights @ wide.to_numpy().T).T, wide.index, wide.columns)


def adjacency(panel: Panel, order: int) -> np.ndarray:
    near = panel.regions.neighbours.weights.toarray() > 0
    if order == 2:
        near = ((near.astype(int) @ near) > 0) & ~near & ~np.eye(len(near), dtype=bool)
    return near / np.maximum(near.sum(axis=1, keepdims=True), 1)


def around(wide: Frame, weights: np.ndarray) -> Frame:
    """As a sparse product: what is not linked does not make a sum unknown."""
    total = np.zeros(wide.shape)
    for receiver in range(len(weights)):
        for sender in np.flatnonzero(weights[receiver]):
            total[:, receiver] += weights[receiver, sender] * wide.to_numpy()[:, sender]
    return Frame(total, wide.index, wide.columns)


def since(hit: Frame, most: float) -> Frame:
    step = np.arange(len(hit), dtype=float)[:, None]
    latest = np.maximum.accumulate(np.where(hit, step, -np.inf), axis=0)
    return np.log1p(Frame(np.minimum(step - latest, most), hit.index, hit.columns))


def frontier(panel: Panel, wide: Frame, months: int, km: np.ndarray) -> np.ndarray:
    hit = (mean(wide, months) > 0).to_numpy()
    return np.where(hit[:, None, :], km, np.inf).min(axis=2)


def kernel_sum(panel: Panel, wide: Frame, half_life: float, km: float) -> Frame:
    weights = np.exp(-all_pairs(panel) / km)
    np.fill_diagonal(weights, 0)
    return np.log1p(spread(12 * decay(wide, half_life), weights))


def frontier_distance(panel: Panel, wide: Frame, months: int, most: float) -> Frame:
    km = np.minimum(frontier(panel, wide, months, all_pairs(panel)), most)
    return np.log1p(Frame(km, wide.index, wide.columns).where(wide.rolling(months, min_periods=1).count() > 0))


def frontier_nearness(panel: Panel, wide: Frame, months: int, km: float) -> Frame:
    others = all_pairs(panel)
    np.fill_diagonal(others, np.inf)
    near = np.exp(-frontier(panel, wide, months, others) / km)
    near[: min(months, FEWEST) - 1] = np.nan
    return Frame(near, wide.index, wide.columns)


def same_country(panel: Panel) -> np.ndarray:
    country = panel.regions.table["country"].to_numpy()
    return (country[:, None] == country[None, :]).astype(float)


def log_spread(wide: Frame, months: int) -> Frame:
    return np.log1p(wide).rolling(months, min_periods=min(months, FEWEST)).std(ddof=0)


def large(wide: Frame, at_least: int) -> Frame:
    return (wide >= at_least).astype("float64").where(wide.notna())


PLAIN: list[tuple[str, dict[str, float], Callable[[Panel, Frame], Frame]]] = [
    *(("lag", {"months": m}, lambda p, x, m=m: np.log1p(x.shift(m))) for m in (0, 1, 3, 500)),
    *(("recent_mean", {"months": m}, lambda p, x, m=m: np.log1p(12 * mean(x, m))) for m in (1, 3, 12, 36, 500)),
    *(("active_share", {"months": m}, lambda p, x, m=m: mean(active(x), m)) for m in (2, 24)),
    *(("decayed_mean", {"half_life": h}, lambda p, x, h=h: np.log1p(12 * decay(x, h))) for h in (0.5, 6, 96)),
    ("decayed_share", {"half_life": 6}, lambda p, x: decay(active(x), 6)),
    ("months_since", {"most": 7}, lambda p, x: since(x > 0, 7)),
    ("total_so_far", {}, lambda p, x: np.log1p(x.cumsum())),
    ("decayed_log", {"half_life": 3}, lambda p, x: decay(np.log1p(x), 3)),
    *(("log_spread", {"months": m}, lambda p, x, m=m: log_spread(x, m)) for m in (6, 36)),
    *(
        (
            "largest",
            {"months": m},
            lambda p, x, m=m: np.log1p(x.rolling(m, min_periods=min(m, FEWEST)).max()),
        )
        for m in (1, 5, 12, 60)
    ),
    ("large_share", {"at_least": 3, "half_life": 24}, lambda p, x: decay(large(x, 3), 24)),
    ("months_since_large", {"at_least": 3, "most": 240}, lambda p, x: since(x >= 3, 240)),
    *(
        (
            "neighbour_mean",
            {"months": 12, "order": o},
            lambda p, x, o=o: np.log1p(around(12 * mean(x, 12), adjacency(p, o))),
        )
        for o in (1, 2)
    ),
    ("neighbour_share", {"months": 3}, lambda p, x: around(mean(active(x), 3), adjacency(p, 1))),
    *(("kernel_sum", {"half_life": 12, "km": km}, lambda p, x, km=km: kernel_sum(p, x, 12, km)) for km in (40, 160)),
    *(("frontier_distance", {"months": m}, lambda p, x, m=m: frontier_distance(p, x, m, 2000)) for m in (3, 12)),
    *(("frontier_nearness", {"months": m}, lambda p, x, m=m: frontier_nearness(p, x, m, 80)) for m in (3, 12)),
    ("country_mean", {"months": 3}, lambda p, x: np.log1p(spread(12 * mean(x, 3), same_country(p)))),
    ("total_mean", {"months": 12}, lambda p, x: np.log1p(spread(12 * mean(x, 12), np.ones((len(p.regions),) * 2)))),
]


@pytest.fixture(params=["known", "holes", "known, as if many", "holes, as if many"])
def panel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Panel:
    """Attacks in three countries, one region without neighbours; with holes some months of some regions are unknown.

    As if there were many regions, sums come first and go from month to month, and kernels are sparse, here with
    nothing left out.
    """
    if "many" in request.param:
        monkeypatch.setattr(links, "WHOLE", 0)
        monkeypatch.setattr(links, "CUT", 1e-300)
        monkeypatch.setattr(links, "SUMMED_TOGETHER", 7)
    regions = bundled("province+country", ["BFA", "MLI", "NER"])
    cut = regions.neighbours.weights.tolil()
    cut[3], cut[:, 3] = 0, 0
    alone = Regions(regions.table, None, Neighbours(regions.table.index, cut.tocsr()))
    whole = from_counts(bundled_counts("attacks_bfa")[0], alone)
    rng = np.random.default_rng(4)
    attacks = whole.attacks + rng.poisson(0.02, whole.attacks.shape).astype("float32")
    covered = whole.covered.copy()
    if "holes" in request.param:
        covered.iloc[20:70, 5] = False
        covered.iloc[:30, 8:10] = False
        covered.iloc[80:, 12] = False
        covered.iloc[40] = False
        covered = covered & (rng.random(covered.shape) > 0.002)
    return Panel(alone, {"attacks": attacks.where(covered)}, covered)


@pytest.mark.parametrize(
    ("name", "parameters", "plain"), PLAIN, ids=[f"{name} {parameters}" for name, parameters, _ in PLAIN]
)
def test_a_feature_is_its_formula(
    panel: Panel, name: str, parameters: dict[str, float], plain: Callable[[Panel, Frame], Frame]
) -> None:
    found = feature(name, **parameters)(panel)
    expected = plain(panel, panel.attacks.astype("float64"))
    pd.testing.assert_index_equal(found.index, expected.index)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_every_feature_of_the_counts_has_its_formula() -> None:
    assert {name for name, _, _ in PLAIN} == set(FEATURES) - {"static", "season"}


def test_a_design_that_shares_is_each_feature_alone(panel: Panel) -> None:
    chosen = full(panel)
    values = design(panel, chosen)
    for place, each in enumerate(chosen):
        np.testing.assert_array_equal(values[..., place], each(panel).to_numpy())
    assert design(panel, chosen) is values and not values.flags.writeable


def test_a_frame_of_another_shape_is_refused(panel: Panel) -> None:
    with pytest.raises(ValueError, match=r"must have the panel's 96 months and 47 regions; it has the shape \(1, 47\)"):
        design(panel, (feature(f"{__name__}:one_month"),))


def one_month(panel: Panel) -> Frame:
    return panel.attacks.iloc[:1]


@pytest.mark.parametrize("km", [40.0, 80.0, 160.0])
def test_a_cut_kernel_leaves_out_only_what_weighs_less_than_the_cut(km: float) -> None:
    regions = bundled("admin1")
    whole, cut = links.kernel(regions, km), links.kernel(regions, km, whole=0)
    assert isinstance(whole, np.ndarray)
    kept = cut.toarray()
    np.testing.assert_allclose(kept[kept > 0], whole[kept > 0], rtol=1e-5)
    assert whole[kept == 0].max() < links.CUT * 1.001


@pytest.mark.parametrize("together", [1, 5000, 1 << 18])
def test_the_nearest_by_tree_is_the_nearest_of_all_pairs(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "COMPARED_TOGETHER", together)
    regions = bundled("admin1")
    hit = np.random.default_rng(2).random((12, len(regions))) < np.array([0, 0.004, 0.02, 0.3])[np.arange(12) % 4, None]
    whole, tree = (links.nearest(hit, regions, whole=most) for most in (9999, 0))
    # Distances near zero suffer from the rounding of float32 on one side.
    np.testing.assert_allclose(tree, whole, rtol=1e-5, atol=1e-3)


@settings(max_examples=60)
@given(
    arrays(np.float32, st.tuples(st.integers(1, 40), st.just(3)), elements=st.sampled_from([0, 1, 2, 7, 900, np.nan])),
    st.integers(1, 50),
    st.integers(1, 12),
)
def test_windows_are_those_of_pandas(values: np.ndarray, months: int, fewest: int) -> None:
    fewest = min(months, fewest)
    rolling = Frame(values.astype("float64")).rolling(months, min_periods=fewest)
    for ours, theirs in (
        (windows.window_mean(values, months, fewest=fewest), rolling.mean()),
        (windows.window_most(values, months, fewest=fewest), rolling.max()),
        (windows.window_deviation(values, months, fewest=fewest), rolling.std(ddof=0)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@settings(max_examples=60)
@given(
    arrays(
        np.float32, st.tuples(st.integers(1, 40), st.just(7)), elements=st.sampled_from([0, 1, 0.3, 7, 900, np.nan])
    ),
    st.integers(1, 50),
    st.integers(1, 12),
)
def test_other_regions_change_no_byte(values: np.ndarray, months: int, fewest: int) -> None:
    """Of whole counts and of fractions, in blocks of three regions and in one."""

    def every(values: np.ndarray) -> np.ndarray:
        made = [
            windows.window_mean(values, months, fewest=min(months, fewest), times=12, logged=True),
            windows.window_deviation(values, months, fewest=min(months, fewest)),
            windows.decayed_mean(values, months, fewest=fewest),
            windows.since(values > 0, months),
            windows.running_total(values),
        ]
        return np.stack(made).view(np.uint32)

    together = every(values)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "REGIONS_TOGETHER", 3)
        np.testing.assert_array_equal(every(values), together)
    for region in range(values.shape[1]):
        np.testing.assert_array_equal(every(values[:, [region]])[:, :, 0], together[:, :, region])


def test_a_design_holds_what_each_feature_gives_alone(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of features made of others, which must not meet in the place where one of them is to lie."""

    def rise(panel: Panel) -> Frame:
        return recent_mean(panel, months=3) - recent_mean(panel, months=12)

    def kept(panel: Panel) -> Frame:
        return 2 * once(panel, "a year's mean", lambda: recent_mean(panel))

    def newest(panel: Panel) -> Frame:
        return pd.concat([recent_mean(panel.as_of(panel.months[-20])), recent_mean(panel).iloc[-19:]])

    for each in (rise, kept, newest):
        monkeypatch.setitem(FEATURES, each.__name__, each)
    own = [feature(name) for name in ("kept", "rise", "newest", "kept")]
    chosen = (*own, *full(panel), *(feature(name, **parameters) for name, parameters, _ in PLAIN), *own)
    values = design(panel, chosen)
    for place, each in enumerate(chosen):
        np.testing.assert_array_equal(values[..., place], each(panel).to_numpy(), err_msg=each.column)


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_no_byte_of_a_design(panel: Panel, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = (*full(panel), *(feature(name, **parameters) for name, parameters, _ in PLAIN))
    alone = design(panel.as_of(panel.origin), chosen)
    monkeypatch.setattr(features, "WORTH_THREADS", 1)
    monkeypatch.setattr(features, "cores_allowed", lambda: threads)
    assert design(panel.as_of(panel.origin), chosen).tobytes() == alone.tobytes()


def test_what_goes_wrong_in_a_thread_is_told(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "WORTH_THREADS", 1)
    monkeypatch.setattr(features, "cores_allowed", lambda: 2)
    with pytest.raises(ValueError, match="km must be a positive number of km; got 0"):
        design(panel, (feature("lag"), feature("kernel_sum", km=0)))


def test_no_more_cores_are_used_than_the_libraries_for_arrays_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harmattan.features.cores.cpu_count", lambda: 8)
    found = []
    for asked in ("3", "16", "0", "many", ""):
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
        found.append(cores_allowed())
    assert found == [3, 8, 8, 8, 8]


def test_a_window_or_lag_that_looks_ahead_is_refused(burkina: Panel) -> None:
    with pytest.raises(ValueError, match="months must be a whole number of 0 or more; got -1"):
        feature("lag", months=-1)(burkina)
    with pytest.raises(ValueError, match="months must be a whole number of 1 or more; got 0"):
        feature("recent_mean", months=0)(burkina)
    with pytest.raises(ValueError, match="half_life must be a positive number of months; got 0"):
        feature("decayed_mean", half_life=0)(burkina)
    with pytest.raises(ValueError, match="order must be 1, the adjacent regions, or 2, those behind them; got 3"):
        feature("neighbour_mean", order=3)(burkina)
    with pytest.raises(ValueError, match="km must be a positive number of km; got 0"):
        feature("kernel_sum", km=0)(burkina)

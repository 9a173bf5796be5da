"""Do the statements on expansion hold? Laws of the verification, and a short version of the benchmarks."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harmattan.expansion.verification import AREA, pits, recorded
from harmattan.forecast import Forecast
from harmattan.models.combine import Pool
from harmattan.models.hazard import FirstAttack
from harmattan.models.selfexciting import SelfExciting
from harmattan.months import month, month_range
from harmattan.panel import Panel
from harmattan.regions import bundled
from harmattan.scores.diagnostics import pit_coverage
from harmattan.scores.reliability import corp

PanelOf = Callable[[np.ndarray], Panel]
ForecastOf = Callable[[Panel, np.ndarray], Forecast]
Nonsense = Callable[[Panel, pd.Period], Panel]

WORLDS = 24
NORTH_ONLY = np.tile([1, 1, 0, 0, 0, 0], (14, 1))


def loaded(name: str) -> ModuleType:
    """A benchmark as a module."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[2] / "benchmarks" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def expansion() -> ModuleType:
    return loaded("expansion")


@pytest.fixture(scope="module")
def fronts() -> ModuleType:
    return loaded("fronts")


def future(rng: np.random.Generator, draws: int) -> np.ndarray:
    """Joint futures of six regions over four months: a shared level, calm regions that are hit at times."""
    level = rng.gamma(1.0, 1.0, (draws, 1, 1)) * np.array([1.0, 0.5, 0.2, 0.1, 0.1, 0.05])
    return rng.poisson(np.broadcast_to(level, (draws, 4, 6)))


def test_pits_are_uniform_where_what_comes_is_one_more_draw(
    panel_of: PanelOf, forecast_of: ForecastOf, sets: dict[str, list[str]]
) -> None:
    found = []
    for world in range(WORLDS):
        rng = np.random.default_rng(world)
        draws = future(rng, 200)
        panel = panel_of(np.concatenate([NORTH_ONLY, draws[0]]))
        forecast = forecast_of(panel.as_of(panel.origin - 4), draws[1:])
        found.append(pits(panel, forecast, sets=sets, rng=rng, windows=(1, 4)))
    rows = pd.concat(found)
    assert set(rows["quantity"]) == {"arrival", *AREA}
    assert set(rows.loc[rows["quantity"] == "arrival", "scope"]) == {"region", "country", "set"}
    for key, part in rows.groupby(["quantity", "scope", "name", "horizon"]):
        assert len(part) == WORLDS
        assert stats.kstest(part["pit"], "uniform").pvalue > 1e-3, key


def test_a_forecast_that_is_too_sure_is_found_out(panel_of: PanelOf, forecast_of: ForecastOf) -> None:
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(8):
        draws = future(rng, 200)
        panel = panel_of(np.concatenate([NORTH_ONLY, draws[0]]))
        calm = rng.poisson(0.05, draws[1:].shape)
        rows.append(pits(panel, forecast_of(panel.as_of(panel.origin - 4), calm), rng=rng, windows=(4,)))
    told = pd.concat(rows).query("quantity == 'attacks_within'")
    assert pit_coverage(told["pit"], 0.9) < 0.6 and (told["pit"] > 0.95).mean() > 0.4
    assert (told["expected"] < told["came"]).mean() > 0.5


def test_what_came_must_be_on_record(panel_of: PanelOf, forecast_of: ForecastOf) -> None:
    panel = panel_of(NORTH_ONLY)
    forecast = forecast_of(panel.as_of(panel.origin - 2), np.zeros((5, 4, 6)))
    with pytest.raises(ValueError, match=r"12 are not, first a 2024-01: shorten the forecast with Forecast.select"):
        recorded(panel, forecast)
    assert recorded(panel, forecast.select((1, 2))).draws[0].tolist() == NORTH_ONLY[:2].tolist()


def test_the_baseline_of_distance_finds_the_gradient_and_sees_no_future(
    expansion: ModuleType, burkina: Panel, nonsense_after: Nonsense
) -> None:
    origin = month("2021-06")
    known = burkina.as_of(origin)
    by_distance, rate = expansion.from_quiet_past(known, 6)
    again = expansion.from_quiet_past(nonsense_after(burkina, origin).as_of(origin), 6)
    np.testing.assert_array_equal(by_distance, again[0])
    assert len(by_distance) == int(known.quiet.sum()) and np.ptp(by_distance) > 0
    hit = known.attacks.to_numpy() > 0
    rows = [
        hit[t + 1 : t + 7, region].any()
        for t in range(11, len(hit) - 6)
        for region in range(hit.shape[1])
        if not hit[t - 11 : t + 1, region].any()
    ]
    np.testing.assert_allclose(rate, (sum(rows) + 0.25) / (len(rows) + 0.5))


def test_chances_of_first_attacks_are_calibrated_and_better_than_distance(
    expansion: ModuleType, burkina: Panel
) -> None:
    members = {"selfexciting": SelfExciting(), "first_attack": FirstAttack()}
    origins = list(month_range("2018-12", "2022-12"))[::12]
    found = expansion.try_pool(burkina, {**members, "pool": Pool(members)}, origins, sets={})
    for window in (3, 6, 12):
        of = found.rows[found.rows["horizon"] == window]
        pool = of[of["model"] == "pool"]
        split = corp(pool["observed"], pool["p1"])
        assert split.miscalibration < max(0.1, expansion.by_chance(pool)) * split.uncertainty
        scores = of.groupby("model")["log_score"].mean()
        assert scores["pool"] < min(scores["distance"], scores["onset rate"])
    arrivals = found.pits.query("quantity == 'arrival' and scope == 'region'")
    assert 0.85 <= pit_coverage(arrivals["pit"], 0.9) <= 0.95


def test_fronts_of_known_speed_are_forecast(fronts: ModuleType) -> None:
    regions = bundled("admin1", fronts.COUNTRIES)
    sets = fronts.near_the_front(regions)
    rows = pd.concat([fronts.tried(world, regions, sets) for world in range(2)])
    arrivals = rows.query("model == 'pool' and quantity == 'arrival' and scope == 'region'")
    assert len(arrivals) > 100
    assert 0.85 <= pit_coverage(arrivals["pit"], 0.9) <= 0.97
    quiet = arrivals.groupby("world")["came"].agg(lambda months: int(months.notna().sum()))
    hit = rows.query("model == 'pool' and quantity == 'newly_hit' and horizon == 12").set_index("world")["came"]
    assert hit.astype(int).to_dict() == quiet.to_dict()

"""Laws that every model keeps, over the whole catalogue."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from harmattan.backtest import forecast_all
from harmattan.models import ESTIMATORS, MODELS, Forecaster
from harmattan.models.baselines import Bootstrap, Conflictology, Last, NeighbourRate, OwnRate, Zero
from harmattan.models.bins import Binned
from harmattan.models.combine import Pool
from harmattan.models.counts import HurdleRegressor, NegativeBinomialRegressor
from harmattan.models.decayed import Decayed
from harmattan.models.discounted import Discounted
from harmattan.models.endemic import Endemic
from harmattan.models.hazard import FirstAttack
from harmattan.models.learners import Direct
from harmattan.models.quantiles import QuantileForest
from harmattan.models.relative import relative_forest
from harmattan.models.selfexciting import SelfExciting
from harmattan.months import month
from harmattan.panel import Panel

ORIGIN = month("2021-06")

Nonsense = Callable[[Panel, pd.Period], Panel]
HORIZONS = (1, 3)


def logistic() -> Direct:
    return Direct(make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500)))


ALL: dict[str, Callable[[], Forecaster]] = {
    "zero": Zero,
    "last": Last,
    "conflictology": Conflictology,
    "neighbours": NeighbourRate,
    "rate": OwnRate,
    "bootstrap": Bootstrap,
    "discounted": Discounted,
    "first_attack": FirstAttack,
    "selfexciting": SelfExciting,
    "endemic": Endemic,
    "decayed": Decayed,
    "bins": lambda: Binned(rounds=10),
    "quantile_forest": lambda: QuantileForest(trees=10),
    "quantile_forest-ratio": lambda: QuantileForest(half_life=6, trees=10),
    "relative_forest": lambda: relative_forest(trees=10),
    "direct": logistic,
    "direct-forest": lambda: Direct(ESTIMATORS["forest"](n_estimators=10, min_samples_leaf=10, random_state=1)),
    "direct-boosting": lambda: Direct(ESTIMATORS["boosting"](max_iter=10, random_state=1)),
    "direct-counts": lambda: Direct(make_pipeline(StandardScaler(), PoissonRegressor(alpha=1.0))),
    "direct-negative-binomial": lambda: Direct(NegativeBinomialRegressor()),
    "direct-hurdle": lambda: Direct(HurdleRegressor()),
    "pool": lambda: Pool({"a": Conflictology(), "b": logistic()}),
}


@pytest.fixture(params=ALL)
def model(request: pytest.FixtureRequest) -> Forecaster:
    return ALL[request.param]()


def test_every_model_of_the_catalogue_is_tried() -> None:
    assert {name.partition("-")[0] for name in ALL} == set(MODELS)


@pytest.mark.parametrize("lag", [0, 2])
def test_nothing_after_the_origin_changes_a_forecast(
    burkina: Panel, nonsense_after: Nonsense, model: Forecaster, lag: int
) -> None:
    asked = {"origin": ORIGIN, "horizons": HORIZONS, "lag": lag, "draws": 100, "seed": 3}
    _, honest = forecast_all(burkina, {"m": model}, **asked)
    _, fooled = forecast_all(nonsense_after(burkina, ORIGIN - lag), {"m": model}, **asked)
    np.testing.assert_array_equal(honest["m"].draws, fooled["m"].draws)


def test_the_seed_decides_every_draw_and_the_order_of_models_does_not(burkina: Panel, model: Forecaster) -> None:
    asked = {"origin": ORIGIN, "horizons": HORIZONS, "draws": 100}
    _, once = forecast_all(burkina, {"m": model, "z": Zero()}, seed=3, **asked)
    _, again = forecast_all(burkina, {"z": Zero(), "m": model}, seed=3, **asked)
    np.testing.assert_array_equal(once["m"].draws, again["m"].draws)


def test_a_forecast_says_what_it_is_of(burkina: Panel, model: Forecaster) -> None:
    made = model.fit(burkina.as_of(ORIGIN), HORIZONS).forecast(100, np.random.default_rng(1))
    assert made.origin == ORIGIN and made.horizons == HORIZONS
    assert list(made.regions) == list(burkina.regions.table.index)
    assert made.draws.dtype == np.int32


def test_a_region_with_attacks_every_month_is_likelier_than_one_without(burkina: Panel, model: Forecaster) -> None:
    if isinstance(model, Zero | Bootstrap):
        pytest.skip("says the same of every region by design")
    made = model.fit(burkina, HORIZONS).forecast(200, np.random.default_rng(1)).probability()
    share = (burkina.attacks.iloc[-12:] > 0).mean()
    assert made[share.idxmax()].mean() > made[share.idxmin()].mean()


def test_a_quiet_panel_can_be_forecast(burkina: Panel, model: Forecaster) -> None:
    quiet = {name: frame * 0 for name, frame in burkina.measures.items()}
    made = model.fit(Panel(burkina.regions, quiet, burkina.covered), HORIZONS).forecast(100, np.random.default_rng(1))
    assert (made.probability().to_numpy() < 0.05).all()


def test_fitting_changes_no_input(burkina: Panel, model: Forecaster) -> None:
    before = burkina.content_hash()
    model.fit(burkina, HORIZONS).forecast(100, np.random.default_rng(1))
    assert burkina.content_hash() == before

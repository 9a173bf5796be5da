"""The hazard of first attacks: what it learns, what it leaves to its partner, and what it says when it cannot."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from skops.io import dumps, get_untrusted_types
from statsmodels.genmod.families.links import CLogLog

from harmattan.backtest import backtest, forecast_all
from harmattan.features import design, feature
from harmattan.features.surroundings import frontier_nearness
from harmattan.models.baselines import Conflictology
from harmattan.models.discounted import Discounted
from harmattan.models.hazard import FirstAttack, hazard_features
from harmattan.models.learners import training_pairs
from harmattan.months import month, month_range
from harmattan.panel import Panel
from harmattan.regions import bundled
from harmattan.scores.table import score_table
from harmattan.sphere import great_circle_km

ORIGIN = month("2021-06")
HORIZONS = (1, 3)


def panel_of(rows: Mapping[str, list[float]], first: str) -> Panel:
    """A panel of Burkina Faso's provinces, zero but for the regions given."""
    regions = bundled("province")
    months = month_range(month(first), month(first) + len(next(iter(rows.values()))) - 1)
    attacks = pd.DataFrame(np.float32(0), index=months, columns=regions.table.index)
    for code, values in rows.items():
        attacks[code] = np.asarray(values, dtype=np.float32)
    return Panel(regions, {"attacks": attacks}, attacks.notna())


@pytest.fixture(scope="module")
def fitted(burkina: Panel) -> FirstAttack:
    return FirstAttack().fit(burkina.as_of(ORIGIN), HORIZONS)


def test_active_regions_get_the_partner_and_quiet_regions_the_hazard(burkina: Panel, fitted: FirstAttack) -> None:
    known = burkina.as_of(ORIGIN)
    partner = Discounted().fit(known, HORIZONS)
    quiet = (known.attacks.iloc[-12:] == 0).all().to_numpy()
    assert 0 < quiet.sum() < len(quiet)
    np.testing.assert_array_equal(fitted.quiet_, quiet)
    np.testing.assert_array_equal(fitted.probability_[:, ~quiet], partner.probability_[:, ~quiet])
    assert not np.isclose(fitted.probability_[:, quiet], partner.probability_[:, quiet]).any()


def test_without_ridge_it_is_the_complementary_log_log_regression_of_statsmodels(burkina: Panel) -> None:
    known = burkina.as_of(ORIGIN)
    chosen = (feature("decayed_share", half_life=6), feature("static", column="area_km2"))
    model = FirstAttack(features=chosen, ridge=0.0).fit(known, (1,))
    x, y = training_pairs(design(known, chosen), known.attacks.to_numpy(), 1)
    z = sm.add_constant((x - model.center_[0]) / model.scale_[0])
    free = sm.GLM(y > 0, z, family=sm.families.Binomial(link=CLogLog())).fit()
    np.testing.assert_allclose(model.coef_[0], free.params, atol=2e-3)
    now = np.column_stack([np.ones(45), (design(known, chosen)[-1] - model.center_[0]) / model.scale_[0]])
    np.testing.assert_allclose(
        model.probability_[0][model.quiet_], free.predict(now)[model.quiet_], rtol=0.02
    )  # fit_regularized stops earlier than fit


def test_a_stronger_ridge_leaves_smaller_coefficients(burkina: Panel) -> None:
    sizes = [np.abs(FirstAttack(ridge=r).fit(burkina.as_of(ORIGIN), (1,)).coef_[0, 1:]).sum() for r in (0.003, 0.1, 5)]
    assert sizes[0] > sizes[1] > sizes[2]


def test_forecast_probabilities_are_the_fitted_ones(fitted: FirstAttack) -> None:
    made = fitted.forecast(2000, np.random.default_rng(1)).probability().to_numpy()
    np.testing.assert_allclose(made, fitted.probability_, atol=1e-3)


def test_hazard_ratios_say_that_larger_regions_and_those_near_the_front_are_hit_first(fitted: FirstAttack) -> None:
    ratios = fitted.hazard_ratios()
    assert list(ratios.index) == list(HORIZONS)
    assert (ratios["static(column=area_km2)"] > 1).all()
    assert (ratios.filter(like="frontier_nearness").to_numpy() > 1).all()


def test_first_attacks_in_burkina_faso_are_ranked_well(burkina: Panel) -> None:
    models = {"hazard": FirstAttack(), "conflictology": Conflictology()}
    tried = list(month_range("2019-12", "2023-11"))[::3]
    rows = backtest(burkina, models, origins=tried, horizons=(1, 3, 6), draws=500, seed=1).rows
    table = score_table(rows, ("conflictology",))
    onset = table[(table["set"] == "onset") & (table["model"] == "hazard")].set_index(["score", "horizon"])["value"]
    assert (onset["auc"] > 0.75).all()
    assert (onset["log_score_skill_vs_conflictology"] > 0.05).all()


def test_nothing_after_the_origin_changes_a_forecast(burkina: Panel) -> None:
    later = {name: frame.copy() for name, frame in burkina.measures.items()}
    for frame in later.values():
        frame.loc[ORIGIN + 1 :] = 7.0
    asked = {"origin": ORIGIN, "horizons": HORIZONS, "draws": 100, "seed": 3}
    _, honest = forecast_all(burkina, {"m": FirstAttack()}, **asked)
    _, fooled = forecast_all(Panel(burkina.regions, later, burkina.covered), {"m": FirstAttack()}, **asked)
    np.testing.assert_array_equal(honest["m"].draws, fooled["m"].draws)


def test_a_quiet_panel_and_a_panel_never_quiet_can_be_forecast(burkina: Panel) -> None:
    for level, most in ((0, 0.05), (1, 1.0)):
        measures = {name: frame * 0 + level for name, frame in burkina.measures.items()}
        made = FirstAttack().fit(Panel(burkina.regions, measures, burkina.covered), HORIZONS)
        chance = made.forecast(100, np.random.default_rng(1)).probability().to_numpy()
        assert (chance < most).all() and (chance > 0).all()
        assert (made.hazard_ratios() == 1).all().all()


def test_one_region_that_attacks_in_all_months_of_a_short_panel(burkina: Panel) -> None:
    made = FirstAttack().fit(panel_of({"BF5603": [2.0] * 16}, "2020-01"), (1,)).probability_[0]
    assert np.isfinite(made).all() and made.argmax() == bundled("province").table.index.get_loc("BF5603")


def test_it_can_be_stored_without_pickle(fitted: FirstAttack) -> None:
    known = {"harmattan.models.hazard.FirstAttack", "harmattan.models.dependence.Setting"}
    assert set(get_untrusted_types(data=dumps(fitted))) <= known | {"harmattan.models.sizes.Sizes"}


def test_other_attacks_are_used_only_where_the_panel_has_them(burkina: Panel) -> None:
    names = [each.column for each in hazard_features(burkina)]
    without = Panel(burkina.regions, {"attacks": burkina.attacks}, burkina.covered)
    assert [each.column for each in hazard_features(without)] == [n for n in names if "other_attacks" not in n]


def test_nearness_falls_with_the_distance_to_the_nearest_other_active_region() -> None:
    panel = panel_of({"BF5603": [1.0] + [0.0] * 23}, "2020-01")
    near = frontier_nearness(panel, km=80)
    assert near.iloc[:11].isna().all().all()
    assert near["BF5603"].iloc[11] == 0  # no other region is active
    table = panel.regions.table
    away = great_circle_km(table["lon"], table["lat"])[table.index.get_loc("BF5603")]
    others = table.index != "BF5603"
    np.testing.assert_allclose(near.iloc[11][others], np.exp(-away[others] / 80), rtol=1e-4)
    assert (near.iloc[12:] == 0).all().all()  # a year later the front is gone


def test_messages(burkina: Panel) -> None:
    with pytest.raises(ValueError, match="ridge must be zero or more; got -1"):
        FirstAttack(ridge=-1).fit(burkina, (1,))
    with pytest.raises(
        ValueError,
        match="known at the origin 2016-06; decayed_share.* of BF1300 is not: its window is not covered",
    ):
        FirstAttack().fit(burkina.as_of(month("2016-06")), (1,))
    with pytest.raises(ValueError, match="nothing to learn from for horizon 6: 14 months hold none"):
        FirstAttack().fit(burkina.as_of(month("2017-02")), (1, 6))
    with pytest.raises(ValueError, match="km must be a positive number of km; got 0"):
        frontier_nearness(burkina, km=0)

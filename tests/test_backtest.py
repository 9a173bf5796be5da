import numpy as np
import pandas as pd
import pytest

from harmattan.backtest import backtest, forecast_all, map_rows, score_rows
from harmattan.models.baselines import Conflictology, Zero
from harmattan.models.combine import Pool
from harmattan.models.discounted import Discounted
from harmattan.months import month, month_range
from harmattan.panel import Panel

ORIGINS = list(month_range("2023-06", "2023-11"))


@pytest.fixture(scope="module")
def rows(burkina: Panel) -> pd.DataFrame:
    models = {"conflictology": Conflictology(), "zero": Zero()}
    return backtest(burkina, models, origins=ORIGINS, horizons=(1, 3), draws=100).rows


def test_every_row_whose_target_is_known_is_scored_once(rows: pd.DataFrame) -> None:
    found = rows.groupby(["model", "horizon"]).size().to_dict()
    assert found == {(m, h): n * 45 for m in ("conflictology", "zero") for h, n in ((1, 6), (3, 4))}
    assert not rows.duplicated(["model", "origin", "horizon", "region"]).any()


def test_the_observed_count_is_the_panels(rows: pd.DataFrame, burkina: Panel) -> None:
    some = rows.sample(50, random_state=1)
    expected = [burkina.attacks.loc[r.month, r.region] for r in some.itertuples()]
    assert some["observed"].tolist() == expected


def test_conflictology_gives_the_probability_by_hand(rows: pd.DataFrame, burkina: Panel) -> None:
    row = rows[(rows["model"] == "conflictology") & (rows["origin"] == "2023-08") & (rows["region"] == "BF5602")].iloc[
        0
    ]
    hits = (burkina.attacks["BF5602"].loc["2022-09":"2023-08"] > 0).sum()
    assert row["p1"] == pytest.approx((hits + 0.25) / 12.5)
    assert row["log_score"] == pytest.approx(-np.log(row["p1"] if row["observed"] else 1 - row["p1"]))


def test_onset_rows_had_no_attack_for_a_year(rows: pd.DataFrame, burkina: Panel) -> None:
    marked = rows[(rows["model"] == "zero") & (rows["origin"] == "2023-08") & (rows["horizon"] == 1)].set_index(
        "region"
    )
    calm = (burkina.attacks.loc["2022-09":"2023-08"].sum() == 0).rename("onset")
    pd.testing.assert_series_equal(marked["onset"], calm, check_names=False, check_index_type=False)
    assert 0 < burkina.as_of(month("2023-08")).quiet.sum() < 45


def test_the_number_of_workers_changes_nothing(burkina: Panel) -> None:
    models = {"c": Conflictology(), "d": Discounted()}
    models["p"] = Pool({"c": models["c"], "d": models["d"]})
    asked = {"origins": ORIGINS[:3], "horizons": (1, 2), "draws": 100, "seed": 9}
    pd.testing.assert_frame_equal(
        backtest(burkina, models, workers=1, **asked).rows, backtest(burkina, models, workers=2, **asked).rows
    )


def test_with_a_lag_the_newest_months_are_withheld(burkina: Panel) -> None:
    asked = {"origin": month("2023-08"), "horizons": (1, 2), "draws": 100}
    _, lagged = forecast_all(burkina, {"c": Conflictology()}, lag=2, **asked)
    assert lagged["c"].origin == month("2023-08") and lagged["c"].horizons == (1, 2)
    hits = (burkina.attacks["BF5602"].loc["2022-07":"2023-06"] > 0).sum()
    assert lagged["c"].probability().loc[1, "BF5602"] == pytest.approx((hits + 0.25) / 12.5)


def test_models_given_are_left_unfitted(burkina: Panel) -> None:
    model = Conflictology()
    forecast_all(burkina, {"c": model}, origin=month("2023-08"), horizons=(1,))
    assert not hasattr(model, "setting_")


def test_unknown_outcomes_are_not_scored(burkina: Panel) -> None:
    covered = burkina.covered.copy()
    covered.loc["2023-09", "BF1300"] = False
    masked = Panel(burkina.regions, {"attacks": burkina.attacks.where(covered)}, covered)
    _, made = forecast_all(burkina, {"c": Conflictology()}, origin=month("2023-08"), horizons=(1,))
    scored = score_rows(masked, made)
    assert len(scored) == 44 and "BF1300" not in set(scored["region"])


def test_origins_without_a_known_target_are_refused(burkina: Panel) -> None:
    with pytest.raises(ValueError, match="nothing to score: no origin has a month 3 ahead up to 2023-12"):
        backtest(burkina, {"z": Zero()}, origins=[month("2023-11")], horizons=(3,))


def test_whole_maps_are_scored_where_every_region_is_known(burkina: Panel) -> None:
    models = {"conflictology": Conflictology(), "zero": Zero()}
    models["pool"] = Pool({**models}, criterion="crps")
    tried = backtest(burkina, models, origins=ORIGINS[-2:], horizons=(1, 2), draws=200, maps=True)
    found = tried.maps.set_index(["model", "origin", "horizon"]).sort_index()
    assert len(found) == 3 * 3 and not found[["energy_score", "variogram_score", "number_upto"]].isna().any().any()
    assert (found.loc["pool", "energy_score"] <= found.loc["zero", "energy_score"]).all()
    nothing = found.loc[("zero", "2023-10", 1)]
    assert nothing["number_below"] == 1.0 and np.isnan(nothing["spatial_upto"])
    assert (found["number_below"] <= found["number_upto"]).all()
    covered = burkina.covered.copy()
    covered.loc["2023-11", "BF1300"] = False
    masked = Panel(burkina.regions, {"attacks": burkina.attacks.where(covered)}, covered)
    _, made = forecast_all(masked, {"c": Conflictology()}, origin=month("2023-10"), horizons=(1, 2), draws=200)
    assert map_rows(masked, made)["horizon"].tolist() == [2]

import numpy as np
import pytest

from harmattan.expansion import by_country, pressures
from harmattan.models.endemic import Endemic
from harmattan.models.endemic.explanation import contributions
from harmattan.months import month_range
from harmattan.regions import Regions, bundled
from harmattan.synthetic import endemic_epidemic_world


@pytest.fixture(scope="module")
def border() -> Regions:
    return bundled("admin1", ["BEN", "BFA", "TGO"])


@pytest.fixture(scope="module")
def model(border: Regions) -> Endemic:
    active = np.where(border.table["country"] == "BFA", 0.8, 0.01)
    world = endemic_epidemic_world(
        border,
        months=month_range("2019-01", "2023-12"),
        rng=np.random.default_rng(1),
        background=active,
        own=0.3,
        neighbour=0.4,
        overdispersion=0.3,
    )
    return Endemic(lags=2).fit(world, (1, 2, 3))


def test_shares_of_a_receiver_sum_to_one_and_amounts_to_the_expected_count(model: Endemic) -> None:
    told = pressures(model, (1, 2, 3))
    expected = sum(contributions(model, h).sum(axis=1) for h in (1, 2, 3))
    sums = told.groupby("receiver")[["expected", "share"]].sum()
    np.testing.assert_allclose(sums["share"], 1)
    np.testing.assert_allclose(sums.loc[expected.index, "expected"], expected)
    assert (told["expected"] > 0).all()
    assert all((np.diff(rows["share"]) <= 0).all() for _, rows in told.groupby("receiver"))


def test_each_row_is_the_models_own_split(model: Endemic) -> None:
    told = pressures(model, (2,), ["BJ02", "TG04"])
    assert told["receiver"].unique().tolist() == ["BJ02", "TG04"]
    split = contributions(model, 2)
    for _, row in told.iterrows():
        assert row["expected"] == pytest.approx(split.loc[row["receiver"], row["sender"]])


def test_of_a_countrys_attacks_so_much_comes_from_a_region_across_the_border(model: Endemic, border: Regions) -> None:
    told = by_country(pressures(model, (1,)), border)
    split, home = contributions(model, 1), border.table["country"]
    benin = split[home == "BEN"]
    row = told[(told["receiver"] == "BEN") & (told["sender"] == "BF52")].iloc[0]
    assert row["country"] == "BFA"
    assert row["expected"] == pytest.approx(benin["BF52"].sum())
    assert row["share"] == pytest.approx(benin["BF52"].sum() / benin.to_numpy().sum())
    whole = by_country(pressures(model, (1,)), border, senders="country").set_index(["receiver", "sender"])
    from_burkina = benin[home.index[home == "BFA"]].to_numpy().sum()
    assert whole.loc[("BEN", "BFA"), "expected"] == pytest.approx(from_burkina)
    assert whole.loc[("BEN", "own past"), "country"] == ""
    np.testing.assert_allclose(whole.groupby("receiver")["share"].sum(), 1)


def test_what_does_not_fit_says_so(model: Endemic, border: Regions) -> None:
    with pytest.raises(ValueError, match="receivers must be among the model's .* regions; 'ML01' is not"):
        pressures(model, (1,), ["ML01"])
    with pytest.raises(ValueError, match="at least one month ahead; got none"):
        pressures(model, ())
    with pytest.raises(ValueError, match="month from 1 to 3"):
        pressures(model, (4,))
    with pytest.raises(ValueError, match="senders must be 'region' or 'country'; got 'state'"):
        by_country(pressures(model, (1,)), border, senders="state")

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harmattan.models.combine import Pool, mixture
from harmattan.models.dependence import coupled, recorded_paths, setting
from harmattan.models.marginal import from_probabilities, hurdle, levels, moment_dispersion, negative_binomial
from harmattan.models.sizes import growth, recorded_sizes
from harmattan.panel import Panel


@given(st.floats(0.001, 0.999))
def test_a_hurdle_is_positive_as_often_as_it_should_be(p: float) -> None:
    draws = hurdle(np.array([p]), np.array([1, 4], dtype=np.int32), np.array([[1.0, 1.0]]), 1000)
    assert (draws > 0).mean() == pytest.approx(p, abs=1e-3)


@given(st.floats(0.05, 30), st.floats(0, 3))
def test_negative_binomial_draws_have_the_quantiles_of_scipy(mean: float, dispersion: float) -> None:
    draws = negative_binomial(np.array([mean]), dispersion, 400)
    law = stats.poisson(mean) if dispersion < 1e-6 else stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean))
    np.testing.assert_array_equal(draws[:, 0], law.ppf((np.arange(400) + 0.5) / 400))


def test_dispersion_by_moments_finds_the_truth() -> None:
    rng = np.random.default_rng(5)
    mean = rng.gamma(2, 2, 200_000)
    observed = rng.negative_binomial(1 / 0.7, 1 / (1 + 0.7 * mean))
    assert moment_dispersion(observed, mean) == pytest.approx(0.7, abs=0.03)
    assert moment_dispersion(rng.poisson(mean), mean) < 0.02


def test_the_shuffle_keeps_marginals_and_takes_the_ranks_of_the_paths() -> None:
    rng = np.random.default_rng(2)
    marginals = np.sort(rng.poisson(5, (300, 2, 3)), axis=0).astype(np.int32)
    level = rng.normal(size=(60, 1, 1))
    paths = (level + 0.1 * rng.normal(size=(60, 2, 3))).astype(np.float32)
    joint = coupled(marginals, 10 * paths, rng)
    np.testing.assert_array_equal(np.sort(joint, axis=0), marginals)
    assert np.corrcoef(joint[:, 0, 0], joint[:, 1, 2])[0, 1] > 0.9


def test_what_persists_gathers_attacks_in_fewer_regions_and_what_is_shared_widens_totals() -> None:
    rng = np.random.default_rng(3)
    marginals = np.sort(rng.binomial(1, 0.1, (4000, 6, 20)), axis=0).astype(np.int32)
    nothing = np.zeros((1, 6, 20), dtype=np.float32)
    apart = coupled(marginals, nothing, rng)
    held = coupled(marginals, nothing, rng, persistence=0.4)
    shared = coupled(marginals, nothing, rng, persistence=np.full(20, 0.1), common=0.3)
    hit = [float((each > 0).any(axis=1).mean()) for each in (apart, held)]
    assert hit[0] == pytest.approx(1 - 0.9**6, abs=0.01) and hit[1] < hit[0] - 0.1
    spread = [float(each.sum(axis=(1, 2)).std()) for each in (apart, held, shared)]
    assert spread[0] < spread[1] < spread[2] / 1.5
    for each in (held, shared):
        np.testing.assert_array_equal(np.sort(each, axis=0), marginals)


def test_paths_are_what_followed(burkina: Panel) -> None:
    paths = recorded_paths(burkina, "attacks", (1, 3))
    assert paths.shape == (93, 2, 45)
    np.testing.assert_array_equal(paths[-1, 1], burkina.attacks.iloc[-1])
    np.testing.assert_array_equal(paths[-1, 0], burkina.attacks.iloc[-3])


def test_a_mixture_lies_between_its_members_as_weighted() -> None:
    zero, four = np.zeros((10, 1, 1), dtype=np.int32), np.full((500, 1, 1), 4, dtype=np.int32)
    mixed = mixture([zero, four], [0.7, 0.3], levels(1000))
    assert (mixed == 4).mean() == pytest.approx(0.3, abs=1e-3) and set(np.unique(mixed)) == {0, 4}


def test_a_pool_without_members_or_with_wrong_weights_is_refused(burkina: Panel) -> None:
    from harmattan.models.baselines import Zero

    with pytest.raises(ValueError, match="a pool needs at least one member; it has none"):
        Pool({}).fit(burkina, (1,))
    with pytest.raises(
        ValueError, match=r"weights, not negative and not all zero, of its members \['z'\]; got \{'y': 1\}"
    ):
        Pool({"z": Zero()}, weights={"y": 1}).fit(burkina, (1,))


def test_sizes_are_the_regions_own_where_it_has_many(burkina: Panel) -> None:
    sizes = recorded_sizes(burkina, "attacks", 1)
    busiest = int(burkina.attacks.iloc[-12:].sum().to_numpy().argmax())
    quiet = int(burkina.attacks.sum().to_numpy().argmin())
    mean = sizes.weights @ sizes.values / sizes.weights.sum(axis=1)
    assert sizes.values.min() == 1
    assert mean[busiest] > mean[quiet] > 1


def test_growth_is_one_where_nothing_changes_and_grows_with_the_totals() -> None:
    np.testing.assert_allclose(growth(np.full(80, 30.0), 3), 1.0)
    assert growth(np.arange(80.0), 12).min() > 1
    np.testing.assert_array_equal(growth(np.full(5, 30.0), 3), [1.0])


def test_probabilities_become_draws_in_proportion() -> None:
    draws = from_probabilities(np.array([0, 2, 9], dtype=np.int32), np.array([[5.0, 3.0, 2.0]]), 10)
    assert draws[:, 0].tolist() == [0] * 5 + [2] * 3 + [9] * 2


def test_quiet_regions_may_have_weights_of_their_own(burkina: Panel) -> None:
    from harmattan.models.baselines import Conflictology, Zero

    pool = Pool({"z": Zero(), "c": Conflictology()}, weights={"c": 1}, quiet_weights={"z": 1}).fit(burkina, (1,))
    chance = pool.forecast(1200, np.random.default_rng(1)).probability().loc[1]
    alone = Conflictology().fit(burkina, (1,)).forecast(12, np.random.default_rng(1)).probability().loc[1]
    calm = burkina.quiet
    assert (chance[calm] < 0.001).all()
    np.testing.assert_allclose(chance[~calm], alone[~calm], atol=0.02)


def test_simulated_futures_keep_their_marginals_when_recorded_paths_join_them(burkina: Panel) -> None:
    where = setting(burkina, (1, 3), "attacks")
    draws = np.random.default_rng(3).poisson(2, (300, 2, 45)).astype(np.int32)
    joined = where.simulated(draws, "recorded", np.random.default_rng(1)).draws
    np.testing.assert_array_equal(np.sort(joined, axis=0), np.sort(draws, axis=0))
    assert joined.sum(axis=2).std() > draws.sum(axis=2).std()
    np.testing.assert_array_equal(where.simulated(draws, "simulated", np.random.default_rng(1)).draws, draws)
    with pytest.raises(ValueError, match="joined must be recorded or simulated; got 'glued'"):
        where.simulated(draws, "glued", np.random.default_rng(1))

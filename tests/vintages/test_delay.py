"""How late reports are, and what the newest months will come to: against a known truth, by simulation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from harmattan.backtest import forecast_all
from harmattan.models.baselines import Conflictology, OwnRate
from harmattan.models.combine import Pool
from harmattan.models.discounted import Discounted
from harmattan.panel import Panel
from harmattan.scores.proper import crps
from harmattan.synthetic.reporting import with_reporting_delay
from harmattan.vintages.delay import Delay, estimate, given
from harmattan.vintages.nowcast import FromNowcast, completed, learning_from_nowcasts, nowcast, plain
from harmattan.vintages.panels import KnownPanel

SHARES = (0.35, 0.6, 0.8, 0.92)


def reported(truth: Panel, seed: int, delay: Delay | None = None) -> KnownPanel:
    seen = with_reporting_delay(truth, np.random.default_rng(seed), probability_by_age=SHARES)
    return KnownPanel(seen.regions, seen.measures, seen.covered, delay=delay or given(SHARES), ages=(0, 1, 2, 3))


def successive(truth: Panel, rng: np.random.Generator, *, months: int) -> list[tuple[Panel, tuple[int, ...]]]:
    """The panel as known one month later each time; every attack is reported once, at an age drawn from the shares."""
    numbers = truth.attacks.to_numpy().astype(np.int64)
    arrives = np.diff([0.0, *SHARES, 1.0])
    by_age = rng.multinomial(numbers, arrives)
    found = []
    for last in range(len(numbers) - months, len(numbers)):
        ages = np.minimum(last - np.arange(last + 1), len(SHARES))
        known = np.stack([by_age[row, :, : age + 1].sum(axis=1) for row, age in enumerate(ages)])
        frame = pd.DataFrame(known.astype(np.float32), truth.months[: last + 1], truth.attacks.columns)
        frame.index.name = "month"
        found.append((Panel(truth.regions, {"attacks": frame}, frame.notna()), tuple(range(last + 1))))
    return found


def test_the_delay_behind_successive_panels_is_found(burkina: Panel) -> None:
    delay = estimate(successive(burkina, np.random.default_rng(1), months=24), oldest=6)
    assert np.abs(delay.reported([0, 1, 2, 3, 4]) - [*SHARES, 1.0]).max() < 0.06
    assert delay.kept([0, 1, 2]).tolist() == [1.0, 1.0, 1.0]
    drawn = np.array([delay.reported([0], np.random.default_rng(seed)) for seed in range(200)])
    assert 0.005 < drawn.std() < 0.05 and abs(drawn.mean() - 0.35) < 0.06


def test_months_that_are_still_filling_up_do_not_bias_the_estimate(burkina: Panel) -> None:
    """The naive share, reported at age 0 over reported by now, is too high; the reverse-time hazard is not."""
    panels = successive(burkina, np.random.default_rng(2), months=4)
    first, newest = panels[0][0], panels[-1][0]
    naive = first.attacks.iloc[-1].sum() / newest.attacks.loc[first.origin].sum()
    assert abs(estimate(panels, oldest=4).reported([0])[0] - 0.35) < abs(naive - 0.35)


def test_what_is_taken_back_is_found(burkina: Panel) -> None:
    rng = np.random.default_rng(3)
    over = burkina.attacks + rng.poisson(burkina.attacks)
    early = Panel(burkina.regions, {"attacks": over.astype(np.float32)}, burkina.covered)
    number = len(burkina.months)
    delay = estimate([(early, [0] * number), (burkina, [1] * number)], oldest=1)
    assert delay.kept([0])[0] == pytest.approx(0.5, abs=0.03) and delay.reported([0])[0] == 1.0
    late = KnownPanel(early.regions, early.measures, early.covered, delay=delay, ages=(0,))
    drawn = nowcast(late, draws=200, rng=rng)
    assert drawn.draws.mean() == pytest.approx(over.iloc[-1].mean() / 2, rel=0.1)


def test_delay_needs_two_days_and_shares_that_grow(burkina: Panel) -> None:
    with pytest.raises(ValueError, match="delay cannot be estimated: no month is told of by two snapshots"):
        estimate([(burkina, (0, 1))])
    for wrong in ([], [0.0, 1.0], [0.8, 0.5], [1.2]):
        with pytest.raises(ValueError, match="must lie above 0 and up to 1, and not fall with age"):
            given(wrong)


def test_nowcast_intervals_cover_the_truth(burkina: Panel) -> None:
    """90 % intervals of the sum of all regions over twenty origins and four months each."""
    inside, narrow, biased = [], [], []
    for end in range(36, 96, 3):
        truth = burkina.as_of(burkina.months[end - 1])
        found = nowcast(reported(truth, end), draws=200, rng=np.random.default_rng(end))
        true = truth.attacks.iloc[-4:]
        sums, whole = found.totals(), true.sum(axis=1).to_numpy()
        inside.append((sums["q05"] <= whole) & (whole <= sums["q95"]))
        low, high = np.quantile(found.draws, [0.05, 0.95], axis=0)
        narrow.append(((low <= true) & (true <= high)).to_numpy().mean())
        biased.append(sums["expected"].sum() / whole.sum())
    assert 0.8 <= np.mean(inside) <= 0.97
    assert 0.9 <= np.mean(narrow) <= 1.0
    assert 0.93 < np.mean(biased) < 1.07


def test_months_of_the_whole_age_are_left_as_they_are(burkina: Panel) -> None:
    late = reported(burkina, 1)
    done = completed(late, np.random.default_rng(1))
    assert (done.attacks.iloc[:-4] == late.attacks.iloc[:-4]).all(axis=None)
    assert (done.attacks.iloc[-4:] >= late.attacks.iloc[-4:]).all(axis=None)
    again = completed(late, np.random.default_rng(1))
    assert again.content_hash() == done.content_hash()


@pytest.mark.parametrize("model", [Discounted, Conflictology])
def test_forecasts_from_nowcasts_beat_those_from_what_is_reported(
    burkina: Panel, model: Callable[[], Discounted]
) -> None:
    """CRPS of the number of attacks in all regions, over twelve origins."""
    losses = {"plain": [], "late": []}
    for end in range(48, 93, 4):
        truth = burkina.as_of(burkina.months[end - 1])
        seen = reported(truth, end)
        models = {"plain": model(), "late": FromNowcast(model(), seed=1)}
        _, made = forecast_all(seen, models, origin=seen.origin, horizons=(1, 2), draws=200, seed=1)
        came = burkina.attacks.loc[made["late"].months].sum(axis=1).to_numpy()
        for name, each in made.items():
            losses[name].append(crps(came, each.draws.sum(axis=2)).mean())
    assert np.mean(losses["late"]) < 0.97 * np.mean(losses["plain"])


def test_a_panel_that_is_complete_is_forecast_by_the_model_alone(burkina: Panel) -> None:
    alone = OwnRate().fit(burkina, (1, 2)).forecast(50, np.random.default_rng(1))
    wrapped = FromNowcast(OwnRate()).fit(burkina, (1, 2)).forecast(50, np.random.default_rng(1))
    assert (alone.draws == wrapped.draws).all()
    assert isinstance(plain(FromNowcast(OwnRate())), OwnRate)


def test_pools_mix_members_that_learn_from_nowcasts(burkina: Panel) -> None:
    rate, flat = OwnRate(), Conflictology()
    models = learning_from_nowcasts({"rate": rate, "flat": flat, "pool": Pool({"rate": rate, "flat": flat})}, seed=1)
    pool = models["pool"]
    assert isinstance(pool, Pool) and all(isinstance(each, FromNowcast) for each in pool.members.values())
    seen = reported(burkina, 1)
    fitted, made = forecast_all(seen, models, origin=seen.origin, horizons=(1,), draws=100, seed=1)
    assert len(made["pool"].draws) == 100 and len(fitted["rate"].fitted_) == 5  # type: ignore[attr-defined]
    mean = {name: each.draws.sum(axis=(1, 2)).mean() for name, each in made.items()}
    assert min(mean["rate"], mean["flat"]) <= mean["pool"] <= max(mean["rate"], mean["flat"])

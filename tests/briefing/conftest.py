"""Releases for every case that a briefing must put into words, from bundled counts and quick models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan import exports, release
from harmattan.backtest import forecast_all
from harmattan.briefing.facts import Facts, facts_of
from harmattan.expansion.tables import belts, expansion_tables
from harmattan.figures import bundled_counts
from harmattan.forecast import Forecast
from harmattan.models.baselines import Conflictology, OwnRate
from harmattan.months import month
from harmattan.panel import Panel, from_counts
from harmattan.regions import bundled
from harmattan.release import manifest
from harmattan.result import Caption, Result

BEFORE, NOW = "2023-05", "2023-06"


Issue = Callable[[Result, Path], Path]


@pytest.fixture(scope="session")
def issue() -> Issue:
    """Writes a release without the printed maps and charts, which a briefing does not use."""

    def issued(result: Result, folder: Path) -> Path:
        with pytest.MonkeyPatch.context() as patch:
            for module in (release.maps, release.overview, release.coast, release.outlooks):
                patch.setattr(module, "write", lambda *_, **__: [])
            patch.setattr(release.record, "write_charts", lambda *_: [])
            return release.write(result, folder)

    return issued


@pytest.fixture(scope="session")
def older(small_result: Result) -> Result:
    """The result of a month before."""
    earlier = small_result.earlier
    long_ago = Forecast(earlier.draws, earlier.origin - 1, earlier.horizons, earlier.regions)
    return replace(
        small_result,
        panel=small_result.panel.as_of(month(BEFORE)),
        forecasts={"rate": earlier},
        earlier=long_ago,
        expansion={},
    )


@pytest.fixture(scope="session")
def results(small_result: Result, older: Result) -> dict[str, tuple[Result, Result | None]]:
    """The release and the one before it, by case."""
    draws, earlier = small_result.forecast.draws, small_result.earlier
    same = earlier.draws[:, [1, 2, 3, 3]]
    conflictology = replace(older, forecasts={**small_result.forecasts, "rate": earlier}, champion="conflictology")
    before = {name: _at(each, BEFORE) for name, each in conflictology.forecasts.items()}
    return {
        "usual": (small_result, older),
        "alone": (small_result, None),
        "calm": (_with_draws(small_result, np.zeros_like(draws)), older),
        "unchanged": (_with_draws(small_result, same), older),
        "raised": (_with_draws(small_result, draws + (np.arange(len(draws)) % 2)[:, None, None]), older),
        "other model": (small_result, replace(conflictology, forecasts=before)),
        "other settings": (small_result, replace(older, settings={**older.settings, "forecast.seed": "2"})),
        "not all covered": (_partly_covered(small_result), None),
        "deaths": (_deaths(small_result), _deaths(older)),
        "one region": (_one_region(small_result, 0), None),
        "one quiet region": (_one_region(small_result, 1), None),
        "never attacked": (_emptied(small_result), _emptied(older)),
        "always attacked": (_filled(small_result), None),
        "coast": (_coast(small_result), None),
        "longer ago": (small_result, _long_before(older)),
        "withheld": (replace(small_result, settings={**small_result.settings, "forecast.lag": "1"}), older),
    }


@pytest.fixture(scope="session")
def folder(
    results: dict[str, tuple[Result, Result | None]], issue: Issue, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Where the two releases of the usual case are."""
    place = tmp_path_factory.mktemp("releases")
    for each in results["usual"][::-1]:
        assert each is not None
        issue(each, place)
    return place / "small"


@pytest.fixture(scope="session")
def cases(results: dict[str, tuple[Result, Result | None]], folder: Path) -> dict[str, Facts]:
    """What a briefing tells of every case; the usual one is read from disk, the others are never written."""
    usual = facts_of(release.read(folder / NOW), release.read(folder / BEFORE))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("in_words", "coast_in_words"):
            patch.setattr(manifest, name, lambda _: [])
        patch.setattr(manifest, "checkout", lambda _: {"commit": None, "changed": False})
        made = {
            name: facts_of(_held(now), None if before is None else _held(before))
            for name, (now, before) in results.items()
            if name != "usual"
        }
    return {"usual": usual} | made


def _held(result: Result) -> release.Release:
    """A release as it would be read back, without its files."""
    models = [exports.tidy(each, result.panel.regions).assign(model=name) for name, each in result.forecasts.items()]
    told = {
        name: release._with_months_as_text(table.drop(columns=release.RECORDED.get(name, [])))
        for name, table in result.expansion.items()
    }
    said = {**manifest.describe(result), "files": {}, "sha256": "0" * 64}
    path = Path("releases") / result.name / str(result.forecast.origin)
    whole = pd.concat(models, ignore_index=True)
    table = exports.tidy(result.forecast, result.panel.regions)
    windows = release._windows(result)
    return release.Release(path, said, result.forecast, table, whole, windows, result.scores, told)


def _at(forecast: Forecast, origin: str) -> Forecast:
    return Forecast(forecast.draws, month(origin), forecast.horizons, forecast.regions)


def _with_draws(result: Result, draws: np.ndarray) -> Result:
    made = Forecast(draws.astype(np.int32), result.forecast.origin, result.forecast.horizons, result.forecast.regions)
    return replace(result, forecasts={**result.forecasts, result.champion: made})


def _partly_covered(result: Result) -> Result:
    """The newest year of a third of the provinces is not covered."""
    panel = result.panel
    covered = panel.covered.copy()
    covered.iloc[-12:, ::3] = False
    measures = {name: frame.where(covered) for name, frame in panel.measures.items()}
    return replace(result, panel=Panel(panel.regions, measures, covered), expansion={})


def _deaths(result: Result) -> Result:
    forecasts = {name: replace(each, measure="deaths") for name, each in result.forecasts.items()}
    caption = replace(result.caption, title="Deaths in a file of one's own", caveats=("Left out: 3 events.",))
    return replace(
        result,
        forecasts=forecasts,
        earlier=replace(result.earlier, measure="deaths"),
        caption=caption,
        expansion={},
        baselines=(),
    )


def _one_region(result: Result, quiet: int) -> Result:
    """Mali as one region, from counts of one's own, attacked every month or never."""
    regions, months = bundled("country", ["MLI"]), result.panel.months
    counts = pd.DataFrame(float(1 - quiet), index=months, columns=regions.table.index, dtype="float32")
    panel = Panel(regions, {"attacks": counts}, counts.notna())
    models = {"rate": OwnRate()}
    fitted, forecasts = forecast_all(panel, models, origin=month(NOW), horizons=(1, 2, 3, 4), draws=200, seed=1)
    _, before = forecast_all(panel, models, origin=month(BEFORE), horizons=(1, 2, 3, 4), draws=200, seed=1)
    return replace(
        result,
        settings={"data.file": "own.csv", "regions.level": "country", "forecast.lag": "0"},
        panel=panel,
        fitted=fitted,
        forecasts=forecasts,
        earlier=before["rate"],
        expansion=expansion_tables(panel, forecasts["rate"], rng=np.random.default_rng(1)),
    )


def _emptied(result: Result) -> Result:
    """Nothing was ever recorded."""
    panel = Panel(result.panel.regions, {"attacks": result.panel.attacks * 0}, result.panel.covered)
    settings = {"data.file": "own.csv", "regions.level": "province", "forecast.lag": "0"}
    told = {}
    if result.expansion:
        told = expansion_tables(panel, result.forecast, rng=np.random.default_rng(1))
    return replace(result, panel=panel, settings=settings, expansion=told)


def _filled(result: Result) -> Result:
    """Every region was attacked every month."""
    panel = Panel(result.panel.regions, {"attacks": result.panel.attacks * 0 + 1}, result.panel.covered)
    told = expansion_tables(panel, result.forecast, rng=np.random.default_rng(1))
    return replace(result, panel=panel, settings={"data.file": "own.csv", "regions.level": "province"}, expansion=told)


def _coast(result: Result) -> Result:
    """Burkina Faso's provinces and the countries around."""
    counts, about = bundled_counts("attacks_coast")
    regions = bundled(about["level"], about["countries"])
    panel = from_counts(counts, regions).as_of(month(NOW))
    models = {"rate": OwnRate(), "conflictology": Conflictology()}
    fitted, forecasts = forecast_all(panel, models, origin=month(NOW), horizons=(1, 2, 3, 4, 5, 6), draws=300, seed=1)
    _, before = forecast_all(panel, models, origin=month(BEFORE), horizons=(1, 2, 3, 4), draws=300, seed=1)
    return replace(
        result,
        settings={"data.bundled": "attacks_coast", "forecast.lag": "0"},
        caption=Caption(about["title"], about["source"], about["licence"], tuple(about["caveats"])),
        panel=panel,
        fitted=fitted,
        forecasts=forecasts,
        earlier=before["rate"],
        expansion=expansion_tables(panel, forecasts["rate"], sets=belts(regions), rng=np.random.default_rng(1)),
    )


def _long_before(result: Result) -> Result:
    """Two years ago: it says nothing of the months ahead."""
    origin = month("2021-06")
    made = {name: Forecast(each.draws, origin, each.horizons, each.regions) for name, each in result.forecasts.items()}
    earlier = Forecast(result.earlier.draws, origin - 1, result.earlier.horizons, result.earlier.regions)
    return replace(result, panel=result.panel.as_of(origin), forecasts=made, earlier=earlier)


@pytest.fixture
def run_command() -> Callable[[list[str]], int]:
    """Runs `harmattan briefing` with these arguments and returns its exit code."""
    import typer

    from harmattan.cli.briefing import briefing

    app = typer.Typer()
    app.command()(briefing)

    def run(arguments: list[str]) -> int:
        return app(arguments, standalone_mode=False) or 0

    return run

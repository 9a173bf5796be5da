"""Experiments on snapshots: each origin sees what was known then, and says what it used."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harmattan.backtest import backtest, forecast_all
from harmattan.inputs import models_of, read_data
from harmattan.intake import read_panel
from harmattan.models.baselines import Last, OwnRate
from harmattan.months import month
from harmattan.panel import Panel
from harmattan.regions import bundled
from harmattan.release.manifest import describe
from harmattan.settings import Experiment, SettingsError
from harmattan.snapshots import snapshot_settings
from harmattan.vintages import add
from harmattan.vintages.kept import FOLDER
from harmattan.vintages.nowcast import FromNowcast
from harmattan.vintages.panels import KnownPanel, known_origins, known_panel

Rows = list[dict[str, Any]]
Write = Callable[[str, Rows], Path]
SOUM = "BF5606"


def at(panel: Panel, text: str) -> float:
    return float(panel.attacks.loc[month(text)].sum())


@pytest.fixture(scope="module")
def versions() -> KnownPanel:
    """Two years of one attack a month in each region; each month is first known on the 20th of the next, as ten."""
    regions = bundled("country", ["BFA", "BEN"])
    months = pd.period_range("2022-01", "2023-12", freq="M", name="month")

    def panel(last: int, known: str, earlier: tuple[KnownPanel, ...]) -> KnownPanel:
        frame = pd.DataFrame(1.0, months[: last + 1], regions.table.index).astype(np.float32)
        if last < len(months) - 1 or not earlier:
            frame.iloc[-1] = 10.0
        plain = Panel(regions, {"attacks": frame}, frame.notna())
        return known_panel(plain, known=known, snapshots=[{"name": f"s{last}"}], earlier=earlier)

    before: list[KnownPanel] = []
    for last in range(18, 23):
        before.append(panel(last, f"{months[last] + 1}-20", ()))
    return panel(23, "2024-06-01", tuple(before))


def test_an_origin_sees_its_own_time(versions: KnownPanel) -> None:
    assert [str(each) for each in known_origins(versions)] == [f"2023-{number:02d}" for number in range(7, 13)]
    then = versions.as_of(month("2023-09"))
    assert (then.known, then.origin, at(then, "2023-09"), at(then, "2023-08")) == (
        "2023-10-20",
        month("2023-09"),
        20,
        2,
    )
    assert [each.known for each in then.earlier] == ["2023-08-20", "2023-09-20"]
    assert (
        versions.as_of(month("2023-12")).known == "2024-06-01" and at(versions.as_of(month("2023-12")), "2023-12") == 2
    )
    old = versions.as_of(month("2023-01"))
    assert old.known == "" and at(old, "2023-01") == 2 and old.earlier == versions.earlier


def test_withheld_months_give_snapshots_time_to_come(versions: KnownPanel) -> None:
    then = versions.as_of(month("2023-09"), lag=1)
    assert (str(then.origin), then.known) == ("2023-08", "2023-09-20")
    assert at(then, "2023-08") == 20
    with pytest.raises(ValueError, match="the origin 2024-01 lies after the panel's last month 2023-12"):
        versions.as_of(month("2024-01"))


def test_a_backtest_uses_what_was_known_and_scores_by_what_came(versions: KnownPanel) -> None:
    origins = [month("2023-05"), month("2023-09")]
    rows = backtest(versions, {"last": Last()}, origins=origins, horizons=(1,), draws=400, seed=1).rows
    expected = rows.groupby("origin")["expected"].mean()
    assert expected.to_numpy() == pytest.approx([1.0, 10.0], rel=0.1)
    assert set(rows["observed"]) == {1}
    _, now = forecast_all(versions, {"rate": OwnRate()}, origin=versions.origin, horizons=(1,), draws=50)
    assert now["rate"].origin == versions.origin


def test_the_hash_covers_what_was_known_before(versions: KnownPanel) -> None:
    same = Panel(versions.regions, versions.measures, versions.covered)
    one = known_panel(same, known="2024-06-01", earlier=versions.earlier[:1])
    assert len({each.content_hash() for each in (same, one, versions)}) == 3
    assert known_panel(same, known="2024-06-01").content_hash() == same.content_hash()
    with pytest.raises(ValueError, match="panels of earlier days must ascend and end before 2023-08-01"):
        known_panel(same, known="2023-08-01", earlier=versions.earlier)


@pytest.fixture
def store(ged: Write, monthly: Callable[..., Rows], tmp_path: Path) -> Path:
    """Two years of three attacks a month; the last two months came as Candidate releases, of six."""
    base = monthly("2021-12", 24, 3)
    folder = tmp_path / "vintages"
    add(ged("GEDEvent_v23_1.csv", base), folder, known="2023-10-25", first="2021-12", last="2023-09", release="base")
    for name, number, day in (("2023-10", 10, "2023-11-20"), ("2023-11", 11, "2023-12-20")):
        add(ged(f"GEDEvent_v23_0_{number}.csv", monthly(name, 1, 6)), folder, known=day)
    return folder


def experiment(store: Path, **data: Any) -> Experiment:
    return Experiment.model_validate({
        "name": "mine", "title": "t", "data": {"vintages": str(store), "actor": "JNIM", **data},
        "regions": {"level": "province"}, "forecast": {"draws": 100},
        "models": {"rate": {"kind": "rate", "baseline": True}},
    })  # fmt: skip


def test_an_experiment_reads_what_was_known_on_a_day(store: Path, burkina: Panel) -> None:
    panel, caption = read_data(experiment(store, known="2023-12-01"))
    assert isinstance(panel, KnownPanel) and (str(panel.months[0]), str(panel.origin)) == ("2021-12", "2023-10")
    assert (at(panel, "2023-10"), at(panel, "2023-09")) == (6, 3)
    assert [each["name"] for each in panel.snapshots] == ["ucdp-23.0.10", "ucdp-base"]
    newest, told = read_data(experiment(store, vintage="ucdp"))
    assert (at(newest, "2023-11"), str(newest.origin)) == (6, "2023-11")
    assert "Snapshots: ucdp-23.0.11 (known 2023-12-20, " in told.caveats[-2]
    assert "2023-09 to 2023-10 (2 months); all others with the newest" in told.caveats[-1]
    assert caption.licence == "CC BY 4.0"
    named = snapshot_settings(panel)["data.snapshots"]
    assert named.startswith("ucdp-23.0.10@") and named.count("@") == 2 and snapshot_settings(burkina) == {}
    assert experiment(store, known="2023-12-01").with_data("mine.csv").data.known is None
    one, _ = read_data(experiment(store, vintage="ucdp-base"))
    assert str(one.origin) == "2023-09" and isinstance(one, KnownPanel) and not one.earlier


def test_the_panel_of_a_snapshot_is_that_of_the_file(store: Path, ged: Write, monthly: Callable[..., Rows]) -> None:
    file = ged("GEDEvent_v23_1.csv", monthly("2021-12", 24, 3))
    by_file, _ = read_panel(
        file, bundled("province"), title="t", level="province", actor="JNIM", first="2021-12", last="2023-09"
    )
    by_store, _ = read_data(experiment(store, vintage="ucdp-base"))
    assert by_store.content_hash() == by_file.content_hash()
    kept = list((store / FOLDER).glob("*.npz"))
    again, _ = read_data(experiment(store, vintage="ucdp-base"))
    assert len(kept) == 1 and again.content_hash() == by_file.content_hash()
    kept[0].write_bytes(kept[0].read_bytes()[:-100])
    assert read_data(experiment(store, vintage="ucdp-base"))[0].content_hash() == by_file.content_hash()


def test_an_altered_snapshot_is_found_even_where_its_panel_is_kept(store: Path) -> None:
    read_data(experiment(store, known="2023-12-01"))
    for file in store.glob("*/table.parquet"):
        file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(ValueError, match="was altered after it was written"):
        read_data(experiment(store, known="2023-12-01"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"known": "2023-13-01"}, "a day must be written YYYY-MM-DD"),
        ({"known": "2020-01-01"}, "data: no snapshot in .* was known by 2020-01-01"),
        ({"vintage": "ucdp-bas"}, r"called 'ucdp-bas' \(did you mean 'ucdp-base'\?\)"),
        ({"vintage": "ucdp-base", "known": "2023-12-01"}, "so data.known has nothing to choose"),
        ({"vintage": "ucdp", "file": "mine.csv"}, "data needs either bundled"),
        ({"vintage": "ucdp", "measure": "deaths", "delay": [0.5]}, "data.delay completes attacks"),
        ({"vintage": "ucdp", "delay": [1.5]}, "data.delay: the shares reported must lie above 0"),
        ({"vintage": "ucdp", "vintages": "nowhere"}, "there is no snapshot in nowhere"),
    ],
)
def test_settings_that_do_not_fit(data: dict[str, Any], message: str, store: Path) -> None:
    with pytest.raises(ValueError, match=message):
        read_data(experiment(store, **data))


def test_a_delay_makes_every_model_learn_from_nowcasts(store: Path, burkina: Panel) -> None:
    asked = experiment(store, vintage="ucdp", delay=[0.5, 0.8])
    panel, caption = read_data(asked)
    assert isinstance(panel, KnownPanel) and panel.ages == (0, 1)
    assert panel.as_of(panel.origin, 1).ages == (1,) and panel.as_of(panel.origin - 1).ages == (0, 1)
    assert "The newest 2 months are still filling up" in caption.caveats[-1]
    model = models_of(asked)["rate"].fit(panel.as_of(panel.origin), (1,))
    assert isinstance(model, FromNowcast) and len(model.fitted_) == 5
    bundle = Experiment.model_validate({**asked.model_dump(), "data": {"bundled": "attacks_bfa", "delay": [0.5]}})
    late, _ = read_data(bundle)
    assert isinstance(late, KnownPanel) and late.ages == (0,) and late.attacks.equals(burkina.attacks)
    with pytest.raises(SettingsError, match="is estimated from snapshots"):
        read_data(
            Experiment.model_validate({**asked.model_dump(), "data": {"bundled": "attacks_bfa", "delay": "nowcast"}})
        )


def test_a_delay_is_estimated_from_snapshots_known_by_then(
    ged: Write, monthly: Callable[..., Rows], tmp_path: Path
) -> None:
    """Every month is first reported with three attacks, six a month later, and with those from then on."""
    folder = tmp_path / "v"
    base = monthly("2022-01", 12, 6)
    for number in range(1, 7):
        done = monthly("2023-01", number - 1, 6) if number > 1 else []
        rows = [*base, *done, *monthly(f"2023-{number:02d}", 1, 3)]
        add(ged("all.csv", rows), folder, known=f"2023-{number + 1:02d}-10", first="2022-01", release=str(number))
    panel, _ = read_data(experiment(folder, vintage="ucdp", delay="nowcast"))
    assert isinstance(panel, KnownPanel) and panel.delay is not None
    assert panel.delay.reported([0, 1]).round(2).tolist() == [0.5, 1.0] and panel.ages[:1] == (0,)
    assert panel.earlier[0].delay is None and panel.earlier[1].delay is not None
    assert sum(panel.earlier[1].delay.new) < sum(panel.delay.new)


def test_a_release_names_its_snapshots(store: Path, small_result: Any) -> None:
    panel, _ = read_data(experiment(store, known="2023-12-25"))
    assert isinstance(panel, KnownPanel)
    plain = small_result.panel
    known = known_panel(plain, known=panel.known, snapshots=panel.snapshots)
    said = describe(replace(small_result, panel=known))["data"]
    assert said["known"] == "2023-12-20" and said["earlier"] == []
    assert [each["name"] for each in said["snapshots"]] == ["ucdp-23.0.11", "ucdp-23.0.10", "ucdp-base"]
    assert json.loads(json.dumps(said)) == said

"""Every sentence agrees with the numbers it is made of."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan import layers, words
from harmattan.forecast import Forecast
from harmattan.regions import bundled
from harmattan.result import Caption, Result

NAMED = re.compile(r"([^,()]+?) \(((?:under |over )?\d+ %)\)")


def sentence(result: Result, start: str) -> str:
    found = [each for each in words.in_words(result) if each.startswith(start)]
    assert len(found) == 1, (start, words.in_words(result))
    return found[0]


def with_draws(result: Result, draws: np.ndarray) -> Result:
    made = replace(result.forecast, draws=draws.astype(np.int32))
    return replace(result, forecasts={**result.forecasts, result.champion: made})


def named(text: str) -> list[tuple[str, str]]:
    return [(name.split(" and ")[-1].split(" are ")[-1].strip(), chance) for name, chance in NAMED.findall(text)]


def test_the_likeliest_regions_are_the_likeliest(small_result: Result) -> None:
    openings = {
        (1,): "Next month (July 2023)",
        (1, 2, 3): "In the next three months (July to September 2023)",
    }
    for horizons, start in openings.items():
        top = layers.layer(small_result, horizons).nlargest(3, "p1")
        said = sentence(small_result, start)
        assert "the three provinces most likely to see at least one attack are" in said
        assert named(said.partition("attack")[2]) == [
            (name, words.percent(p)) for name, p in zip(top["name"], top["p1"], strict=True)
        ]


def test_the_total_is_that_of_the_fan_and_the_record(small_result: Result) -> None:
    total = layers.fan(small_result.forecast).iloc[0]
    assert sentence(small_result, "In all,") == (
        f"In all, {total['expected']:.0f} attacks are expected in July 2023 (90 % interval "
        f"{total['q05']:.0f} to {total['q95']:.0f}); "
        f"{small_result.panel.attacks.iloc[-1].sum():.0f} were recorded in June 2023."
    )


def test_new_regions_were_quiet_for_a_year(small_result: Result) -> None:
    recent = small_result.panel.attacks.iloc[-12:].sum()
    calm = recent.index[recent == 0]
    said = sentence(small_result, "New:")
    count = words.NUMBERS[len(calm)] if len(calm) <= 12 else str(len(calm))
    assert said.startswith(f"New: {count} provinces had no attack in the twelve months to June 2023.")
    p1 = layers.risk(small_result.forecast, (1, 2, 3)).loc[calm, "p1"].nlargest(3)
    names = small_result.panel.regions.table["name"]
    listed = named(said.partition("at least one attack")[2])
    assert listed == [(names[code], words.percent(p)) for code, p in p1.items()]


def test_without_a_quiet_region_it_says_so(small_result: Result) -> None:
    everywhere = small_result.panel.attacks.copy()
    everywhere.iloc[-1] = 1
    busy = replace(small_result, panel=replace(small_result.panel, measures={"attacks": everywhere}))
    assert sentence(busy, "New:") == "New: every province had an attack in the twelve months to June 2023."


def test_changes_are_named_with_both_figures(small_result: Result) -> None:
    draws = small_result.forecast.draws.copy()
    draws[:, :, 0], draws[:, :, 1] = 1, 0
    table = layers.layer(with_draws(small_result, draws), (1, 2, 3))
    said = sentence(
        with_draws(small_result, draws), "Since the forecast made a month before, for July to September 2023:"
    )
    for position in (0, 1):
        row = table.iloc[position]
        assert f"{row['name']} ({words.percent(row['earlier'])} to {words.percent(row['p1'])})" in said
    assert said.index("up most") < said.index("down most")


def test_no_change_is_said_as_such(small_result: Result) -> None:
    old = small_result.earlier
    same = Forecast(old.draws[:, 1:], old.origin + 1, (1, 2, 3), old.regions)
    calm = replace(small_result, forecasts={"rate": same})
    assert sentence(calm, "Since the forecast").endswith("no change of 5 points or more.")


def test_trust_is_read_from_the_score_table(small_result: Result) -> None:
    table = small_result.scores[
        (small_result.scores["model"] == "rate") & (small_result.scores["score"] == "log_score_skill_vs_conflictology")
    ].set_index(["set", "horizon"])
    said = sentence(small_result, "How far to trust it:")
    assert "over the 4 origins from 2023-02 to 2023-05" in said
    for horizon, when in ((1, "1 month"), (4, "4 months")):
        value, n = table.loc[("all", horizon), ["value", "n"]]
        side = "better" if value >= 0 else "worse"
        assert f"{abs(value) * 100:.1f} % {side} at {when} (n = {n:.0f})" in said
    value, n = table.loc[("onset", 1), ["value", "n"]]
    quiet = sentence(small_result, "Where the last twelve months were quiet")
    assert f"{abs(value) * 100:.1f} % {'better' if value >= 0 else 'worse'} at 1 month (n = {n:.0f})" in quiet


def test_the_choice_on_the_same_origins_is_owned_up_to(small_result: Result) -> None:
    assert "the best of 3 models on these same origins" in sentence(small_result, "It was chosen")
    rows = small_result.rows[small_result.rows["model"] == "rate"]
    assert not any(each.startswith("It was chosen") for each in words.in_words(replace(small_result, rows=rows)))


def test_a_champion_without_rival_is_not_praised(small_result: Result) -> None:
    alone = replace(small_result, champion="conflictology")
    assert "conflictology was not compared with another baseline" in sentence(alone, "How far to trust it:")


def test_caveats_come_last(small_result: Result) -> None:
    assert words.in_words(small_result)[-1] == f"Bear in mind: {' '.join(small_result.caption.caveats)}"
    plain = replace(small_result, caption=Caption("t", "s", "l"))
    assert not words.in_words(plain)[-1].startswith("Bear")


def test_names_carry_their_country_where_several_stand_together() -> None:
    assert words.labels(bundled("admin1", ["BEN", "TGO"]).table)["BJ02"] == "Atacora (BEN)"
    assert words.labels(bundled("admin1", ["BEN"]).table)["BJ02"] == "Atacora"
    assert words.labels(bundled("country").table)["BEN"] == "Benin"


@given(p=st.floats(0, 1))
def test_percentages_are_right_to_half_a_point_and_never_certain(p: float) -> None:
    said = words.percent(p)
    number = int(re.sub(r"\D", "", said))
    if said.startswith("under"):
        assert p <= 0.005
    elif said.startswith("over"):
        assert p >= 0.995
    else:
        assert abs(number - 100 * p) <= 0.5 + 1e-9
        assert 0 < number < 100


@pytest.mark.parametrize(
    ("horizons", "said"),
    [
        ((1,), "Next month (January 2024)"),
        ((1, 2), "In the next two months (January to February 2024)"),
        ((4,), "In April 2024"),
        ((2, 3), "In the months February to March 2024"),
    ],
)
def test_windows_are_spoken(horizons: tuple[int, ...], said: str) -> None:
    assert words.window_phrase(pd.Period("2023-12", "M"), horizons) == said

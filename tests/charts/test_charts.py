"""Charts show what was computed: the same numbers, nothing cut off, readable words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from harmattan import charts
from harmattan.scores.diagnostics import pit_histogram
from harmattan.scores.reliability import consistency, corp, murphy

RNG = np.random.default_rng(1)
CHANCES = RNG.beta(0.5, 1.5, 400).round(2)
HAPPENED = RNG.random(400) < CHANCES
EVENT = "at least one attack, 3 months ahead"
THRESHOLDS = np.linspace(0, 1, 101)
SKILL = pd.DataFrame({
    "model": ["pool"] * 2 + ["last"] * 2, "horizon": [1, 3] * 2, "skill": [0.1, 0.05, -1.2, 0.02],
    "lower": [0.05, -0.02, -1.4, -0.1], "upper": [0.15, 0.12, -1.0, 0.14],
})  # fmt: skip
TIME = pd.DataFrame({"origin": [f"2020-{m:02d}" for m in range(1, 13)], "difference": RNG.normal(0, 0.05, 12)})
TIME["total"] = TIME["difference"].cumsum()


def figures() -> dict[str, Figure]:
    bands, _ = consistency(HAPPENED, CHANCES, draws=100, rng=RNG)
    curves = {"pool": murphy(HAPPENED, CHANCES, THRESHOLDS), "rate": murphy(HAPPENED, np.full(400, 0.3), THRESHOLDS)}
    return {
        "reliability": charts.reliability(corp(HAPPENED, CHANCES), bands, model="pool", event=EVENT),
        "pit": charts.pit(pit_histogram(RNG.random(400)), model="pool"),
        "murphy": charts.murphy(curves, THRESHOLDS, event=EVENT),
        "skill": charts.skill(SKILL, baseline="conflictology"),
        "over_time": charts.over_time(TIME, model="pool", baseline="conflictology", horizon=3),
    }


@pytest.mark.parametrize("name", list(figures()))
def test_every_text_lies_on_the_sheet(name: str) -> None:
    figure = figures()[name]
    figure.canvas.draw()
    box = figure.bbox
    # A tick label at the end of an axis may reach a little into the margin.
    texts = [each for each in figure.findobj(match=lambda a: hasattr(a, "get_text")) if each.get_visible()]
    written = [each for each in texts if each.get_text().strip()]
    assert len(written) > 8
    for each in written:
        extent = each.get_window_extent()
        assert extent.x0 >= box.x0 - 1 and extent.x1 <= box.x1 + 1, each.get_text()
        assert extent.y0 >= box.y0 - 1 and extent.y1 <= box.y1 + 1, each.get_text()


def test_the_reliability_curve_and_its_split_are_those_computed() -> None:
    found = corp(HAPPENED, CHANCES)
    figure = charts.reliability(found, model="pool", event=EVENT)
    drawn = figure.axes[0].get_lines()[1]
    np.testing.assert_array_equal(drawn.get_xdata(), found.curve["probability"])
    np.testing.assert_array_equal(drawn.get_ydata(), found.curve["recalibrated"])
    words = " ".join(each.get_text() for each in figure.texts)
    assert f"{found.miscalibration:.3f}" in words.replace("\n", " ")
    assert sum(bar.get_height() for bar in figure.axes[1].patches) == pytest.approx(1)


def test_bars_are_the_shares_and_the_differences() -> None:
    histogram = pit_histogram(RNG.random(300), bins=5)
    heights = [bar.get_height() for bar in charts.pit(histogram, model="m").axes[0].patches[:5]]
    assert heights == pytest.approx(histogram["share"].tolist())
    upper, lower = charts.over_time(TIME, model="m", baseline="b", horizon=1).axes
    assert [bar.get_height() for bar in upper.patches] == pytest.approx(TIME["difference"].tolist())
    np.testing.assert_allclose(lower.get_lines()[0].get_ydata(), TIME["total"])


def test_a_hopeless_model_is_written_and_does_not_flatten_the_others() -> None:
    axes = charts.skill(SKILL, baseline="conflictology").axes[0]
    assert axes.get_ylim()[0] > -0.7
    assert any("last\n−120 %" in each.get_text() for each in axes.texts)


def test_more_lines_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="a chart shows 1 to 6 models that readers can tell apart; got 7"):
        charts.murphy({str(k): THRESHOLDS for k in range(7)}, THRESHOLDS, event=EVENT)
    with pytest.raises(ValueError, match="got 0"):
        charts.skill(SKILL.iloc[:0], baseline="b")


def test_a_chart_is_written_with_its_pixels(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = charts.write_png(figures()["skill"], tmp_path / "skill.png")
    assert path.read_bytes().startswith(b"\x89PNG")

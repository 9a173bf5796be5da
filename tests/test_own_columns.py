"""Columns of the user's own: joined by code, read by features and models, refused where they do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan.features import feature
from harmattan.models.endemic import Endemic
from harmattan.own_columns import read_columns, with_columns
from harmattan.panel import Panel
from harmattan.regions import bundled

REGIONS = bundled("province")
OWN = pd.DataFrame({"region": REGIONS.table.index, "protected_share": np.linspace(0, 1, 45), "garrisons": range(45)})


def test_columns_are_joined_by_code_whatever_the_order(tmp_path: Path) -> None:
    OWN.iloc[::-1].to_csv(tmp_path / "own.csv", index=False)
    joined = with_columns(REGIONS, read_columns(tmp_path / "own.csv"))
    np.testing.assert_allclose(joined.table["protected_share"], OWN["protected_share"])
    assert joined.table[REGIONS.table.columns].equals(REGIONS.table)
    assert joined.neighbours is REGIONS.neighbours
    assert "garrisons" not in REGIONS.table


def test_rows_of_other_regions_are_left_out() -> None:
    more = pd.concat([OWN, pd.DataFrame({"region": ["TGO"], "protected_share": [0.2], "garrisons": [3]})])
    assert with_columns(REGIONS, more).table.equals(with_columns(REGIONS, OWN).table)


def test_features_and_models_read_them(burkina: Panel) -> None:
    panel = Panel(with_columns(burkina.regions, OWN), burkina.measures, burkina.covered)
    frame = feature("static", column="garrisons")(panel)
    np.testing.assert_allclose(frame.iloc[-1], np.log1p(np.arange(45)), rtol=1e-6)
    model = Endemic(background=("season", "garrisons"), lags=1).fit(panel.as_of(panel.origin - 60), (1,))
    assert any("garrisons" in name for name in model.names_)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="region"), "need a column region and others; got protected_share, garrisons"),
        (lambda t: t[["region"]], "need a column region and others; got region"),
        (lambda t: t.rename(columns={"garrisons": "population"}), "regions already have population"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "one row per region; 'BF1300' comes twice"),
        (lambda t: t.iloc[2:], "must have every region; 2 of 45 are missing, first 'BF1300'"),
        (lambda t: t.assign(garrisons=["many", *range(44)]), "garrisons of BF1300 is 'many', 1 in all"),
        (lambda t: t.assign(garrisons=[np.nan, *range(44)]), "garrisons of BF1300 is 'nan'"),
        (lambda t: t.assign(garrisons=[0, -1, *range(43)]), "garrisons of BF4601 is '-1'"),
        (lambda t: t.assign(garrisons=[np.inf, *range(44)]), "garrisons of BF1300 is 'inf'"),
    ],
)
def test_unfit_columns_are_refused(change: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        with_columns(REGIONS, change(OWN))  # type: ignore[operator]


def test_files_are_checked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected a table of the regions at .*own\.csv"):
        read_columns(tmp_path / "own.csv")
    (tmp_path / "own.csv").write_text("code,x\nBF1300,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"own\.csv must begin with a column region and have others; it has code, x"):
        read_columns(tmp_path / "own.csv")


def test_an_empty_cell_is_no_zero(tmp_path: Path) -> None:
    text = OWN.astype({"garrisons": str}).assign(garrisons=["", *map(str, range(44))])
    text.to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(ValueError, match="garrisons of BF1300 is ''"):
        with_columns(REGIONS, read_columns(tmp_path / "own.csv"))

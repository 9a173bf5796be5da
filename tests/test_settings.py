from pathlib import Path

import pytest

from harmattan.paths import experiments_dir
from harmattan.settings import Experiment, SettingsError, load

GOOD = """
name = "try"
title = "A try"
[data]
bundled = "attacks_bfa"
[regions]
level = "province"
[models.zero]
kind = "zero"
"""


def read(tmp_path: Path, text: str) -> Experiment:
    file = tmp_path / "try.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


@pytest.mark.parametrize("name", sorted(each.stem for each in experiments_dir().glob("*.toml")))
def test_every_shipped_experiment_reads_by_name_and_by_path(name: str) -> None:
    assert load(name) == load(experiments_dir() / f"{name}.toml")
    assert load(name).name == name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("[data]", "[data]\nacter = 'JNIM'"),
            r"data\.acter is not a key \(did you mean 'actor'\?\); known: bundled, ",
        ),
        (
            ("[models.zero]", "[models.zero]\nwieghts = 1"),
            r"models\.zero\.wieghts is not a key; known: kind, ",
        ),
        (("[regions]", "[region]"), r"region is not a key \(did you mean 'regions'\?\)"),
        (('name = "try"', ""), "name is missing"),
        (('name = "try"', 'name = "../up"'), r"name: string should match pattern .*; got '../up'"),
        (
            ("[data]", "[forecast]\nhorizons = 99\n[data]"),
            r"forecast\.horizons: input should be less than or equal to 36; got 99",
        ),
        (
            ("[data]", "[data]\nfirst = '2016-1'"),
            r"data\.first: .*a month must be written YYYY-MM, such as 2023-05; got '2016-1'",
        ),
        (
            ('"province"', '"village"'),
            r"regions\.level: input should be 'country', .*'province\+country' or 'province\+admin1'; got 'village'",
        ),
        (("[data]", "[data"), "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read(tmp_path, GOOD.replace(*change))


def test_a_missing_experiment_names_those_there_are() -> None:
    with pytest.raises(
        SettingsError,
        match=r"there is no experiment 'burkino' \(did you mean 'burkina'\?\); shipped: burkina, coast, countries",
    ):
        load("burkino")


def test_settings_are_frozen(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        read(tmp_path, GOOD).data.actor = "other"  # type: ignore[misc]


def test_changes_make_a_new_experiment_and_are_checked(tmp_path: Path) -> None:
    before = read(tmp_path, GOOD)
    after = before.with_data("events.csv").with_origin("2023-01").with_backtest({"origins": 3})
    assert (after.data.file, after.data.bundled, after.forecast.origin, after.backtest.origins) == (
        "events.csv",
        None,
        "2023-01",
        3,
    )
    assert before == read(tmp_path, GOOD)
    with pytest.raises(SettingsError, match="backtest.origins: input should be greater than or equal to 1; got 0"):
        before.with_backtest({"origins": 0})


def test_flat_settings_name_every_key_that_is_set(tmp_path: Path) -> None:
    flat = read(tmp_path, GOOD).flat()
    assert flat["data.bundled"] == "attacks_bfa" and flat["models.zero.kind"] == "zero"
    assert flat["backtest.horizons"] == "(1, 3, 6, 12)"


def test_models_may_come_from_another_file_and_be_changed(tmp_path: Path) -> None:
    (tmp_path / "all.toml").write_text('[models.last]\nkind = "last"\n[models.zero]\nkind = "rate"\n', encoding="utf-8")
    read_back = read(tmp_path, 'models_from = "all.toml"\n' + GOOD)
    assert {name: each.kind for name, each in read_back.models.items()} == {"last": "last", "zero": "zero"}
    with pytest.raises(SettingsError, match=r"models_from names none.toml; there is no such file in"):
        read(tmp_path, 'models_from = "none.toml"\n' + GOOD)
    (tmp_path / "all.toml").write_text("[data]\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="all.toml: must have models and nothing else; it has data"):
        read(tmp_path, 'models_from = "all.toml"\n' + GOOD)

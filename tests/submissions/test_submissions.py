"""Forecasts made elsewhere are scored as ours are, or refused with the reason."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.backtest import forecast_all, score_rows
from harmattan.forecast import Forecast
from harmattan.models.baselines import Conflictology, OwnRate
from harmattan.months import month
from harmattan.panel import Panel
from harmattan.scores.intervals import weighted_interval_score
from harmattan.scores.table import score_table
from harmattan.submissions import Submission, SubmissionError, beside, read, read_submission, score_submission
from harmattan.submissions.checks import WIS_LEVELS

ORIGINS = (month("2023-05"), month("2023-06"))
HORIZONS = (1, 3)


@pytest.fixture(scope="module")
def made(burkina: Panel) -> list[Forecast]:
    models = {"rate": OwnRate()}
    return [
        forecast_all(burkina, models, origin=origin, horizons=HORIZONS, draws=60, seed=3)[1]["rate"]
        for origin in ORIGINS
    ]


@pytest.fixture(scope="module")
def ours(burkina: Panel) -> pd.DataFrame:
    models = {"conflictology": Conflictology(), "rate": OwnRate()}
    parts = [
        score_rows(
            burkina, forecast_all(burkina, models, origin=origin, horizons=HORIZONS, draws=60, seed=3)[1], seed=0
        )
        for origin in ORIGINS
    ]
    return pd.concat(parts, ignore_index=True)


def long_draws(made: list[Forecast]) -> pd.DataFrame:
    parts = []
    for each in made:
        grid = pd.MultiIndex.from_product(
            [range(len(each.draws)), each.horizons, each.regions], names=["draw", "horizon", "region"]
        )
        parts.append(grid.to_frame(index=False).assign(origin=str(each.origin), value=each.draws.ravel()))
    return pd.concat(parts, ignore_index=True)


def long_probabilities(made: list[Forecast]) -> pd.DataFrame:
    tables = pd.concat([each.table() for each in made])[["origin", "horizon", "region", "p1"]]
    return tables.rename(columns={"p1": "probability"}).assign(at_least=1)


def long_quantiles(made: list[Forecast]) -> pd.DataFrame:
    parts = [
        each.quantile(level).stack().rename("value").reset_index().assign(origin=str(each.origin), level=level)
        for each in made
        for level in WIS_LEVELS
    ]
    return pd.concat(parts, ignore_index=True)


KINDS = {"draws": long_draws, "probabilities": long_probabilities, "quantiles": long_quantiles}


def write(table: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(table.to_csv(index=False).encode()))
    else:
        table.to_csv(path, index=False, sep=";" if path.stem == "semicolons" else ",")
    return path


def test_our_draws_handed_in_are_scored_as_ours(made: list[Forecast], burkina: Panel, tmp_path: Path) -> None:
    shuffled = long_draws(made).sample(frac=1, random_state=1)
    found = read_submission(write(shuffled, tmp_path / "rate.parquet"))
    assert (found.kind, found.name, found.steps[:2], found.notes) == ("draws", "rate", (0.0, 1.0), ())
    expected = pd.concat([score_rows(burkina, {"rate": each}) for each in made], ignore_index=True)
    rows = score_submission(found, burkina)
    keys = ["origin", "horizon", "region"]
    pd.testing.assert_frame_equal(
        rows.sort_values(keys, ignore_index=True).drop(columns="pit"),
        expected.sort_values(keys, ignore_index=True).drop(columns="pit"),
        check_dtype=False,
    )


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_the_scores_of_the_same_draws(
    kind: str, made: list[Forecast], burkina: Panel, tmp_path: Path
) -> None:
    rows = score_submission(read_submission(write(KINDS[kind](made), tmp_path / "their.csv")), burkina)
    whole = pd.concat([score_rows(burkina, {"their": each}) for each in made], ignore_index=True)
    observed, draws = [], []
    for each in made:
        observed.append(burkina.attacks.loc[each.months].to_numpy().ravel())
        draws.append(each.draws.reshape(len(each.draws), -1))
    whole["wis"] = weighted_interval_score(np.concatenate(observed), np.concatenate(draws, axis=1))
    keys = ["origin", "horizon", "region"]
    rows = rows.set_index(keys)
    whole = whole.set_index(keys).loc[rows.index]
    assert not rows.isna().any(axis=None)
    for column in rows.columns.drop("pit", errors="ignore"):
        if rows[column].dtype.kind == "f":
            np.testing.assert_allclose(rows[column], whole[column], err_msg=column)
        else:
            assert (rows[column] == whole[column]).all(), column
    table = score_table(rows.reset_index())
    assert {"draws": "crps", "probabilities": "log_score", "quantiles": "wis"}[kind] in set(table["score"])


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet", "semicolons.csv"])
def test_the_form_of_the_file_changes_nothing(name: str, made: list[Forecast], tmp_path: Path) -> None:
    table = long_probabilities(made)
    found = read_submission(write(table, tmp_path / name))
    by_month = table.assign(month=[str(month(o) + h) for o, h in zip(table["origin"], table["horizon"], strict=True)])
    again = read_submission(write(by_month.drop(columns="horizon"), tmp_path / f"m-{name}"))
    pd.testing.assert_frame_equal(found.cells, again.cells)
    np.testing.assert_array_equal(found.values, again.values)
    assert found.values.shape == (2 * 2 * 45, 1)


def test_reading_in_small_batches_changes_nothing(
    made: list[Forecast], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(long_draws(made), tmp_path / "a.parquet")
    whole = read_submission(path)
    monkeypatch.setattr(read, "BATCH", 777)
    parts = read_submission(path)
    pd.testing.assert_frame_equal(whole.cells, parts.cells)
    np.testing.assert_array_equal(whole.values, parts.values)
    assert whole.sha256 == parts.sha256


Change = Callable[[pd.DataFrame], pd.DataFrame]


def _set(column: str, value: object, rows: slice = slice(3, 5)) -> Change:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype({column: object})
        table.iloc[rows, table.columns.get_loc(column)] = value
        return table

    return change


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("probabilities",
         lambda t: pd.concat([t[t["region"] != "BF1300"], t[t["region"] == "BF1300"].head(1)]),
         r"must have all 45 regions of the file; 3 do not, first BF1300 origin 2023-05 horizon 3: add them"),
        ("probabilities", lambda t: t[~((t["origin"] == "2023-06") & (t["horizon"] == 3) & (t["region"] == "BF1300"))],
         r"all 45 regions of the file; 1 does not, first BF1300 origin 2023-06 horizon 3"),
        ("probabilities", _set("probability", 1.5),
         r"between 0 and 1; 2 do not, first 1\.5 at .* origin 2023-05 .*not percent"),
        ("probabilities", _set("probability", "high"),
         r"probability must be a finite number; 2 do not, first 'high' in line 4"),
        ("probabilities", _set("probability", np.nan),
         r"probability must be a finite number; 2 do not, first '.*' in line 4"),
        ("probabilities", _set("probability", np.inf), r"probability must be a finite number; 2 do not"),
        ("probabilities", lambda t: pd.concat([t, t.tail(3)]),
         r"another origin, horizon, region and at_least; 3 do not.*keep one"),
        ("probabilities", lambda t: t.assign(at_least=2), r"there must be a probability of at least 1"),
        ("probabilities", lambda t: pd.concat([t, t.assign(at_least=2, probability=t["probability"] + 1e-3)]),
         r"P\(at least k\) must not rise with k; 180 do not"),
        ("probabilities", _set("horizon", 0), r"every month must lie after its origin; 2 do not"),
        ("probabilities", _set("horizon", 1.5),
         r"horizon must be a whole number of months; 2 do not, first 1\.5 in line 4"),
        ("probabilities", _set("origin", "May 2023"),
         r"origin must be a month; 2 do not, first 'May 2023' in line 4: write it YYYY-MM"),
        ("probabilities", _set("region", ""), r"region must be a code; 2 do not, first nothing in line 4"),
        ("probabilities", lambda t: t.assign(month="2023-06"),
         r"month must be origin \+ horizon; 135 do not, first line 46 says "
         r"2023-06 where origin and horizon give 2023-08"),
        ("probabilities", lambda t: t.drop(columns="region"),
         r"need the columns origin, horizon .*'region' is missing"),
        ("probabilities", lambda t: t.drop(columns=["horizon"]), r"'horizon' is missing"),
        ("probabilities", lambda t: t.rename(columns={"probability": "p"}),
         r"no known layout; expected draws: origin, horizon"),
        ("probabilities", lambda t: t.head(0), r"has a header but no line"),
        ("draws", lambda t: t[~((t["draw"] == 7) & (t["region"] == "BF1300"))],
         r"the same number of draws, here 60; 4 do not, first BF1300 origin 2023-05 horizon 1 with 59"),
        ("draws", lambda t: t.assign(draw=t["draw"] + (t["region"] == "BF1300")),
         r"every forecast must have the same draws, .*; 4 do not, first BF1300 origin 2023-05 horizon 1"),
        ("draws", _set("value", 1.5), r"every draw must be a whole count; 2 do not"),
        ("draws", _set("value", -1), r"every count must be zero or more; 2 do not, first -1"),
        ("quantiles", lambda t: t[t["level"] != 0.9],
         r"quantiles must have the levels 0\.05, .*; 1 does not, first 0\.9"),
        ("quantiles", lambda t: t.assign(level=t["level"] * 100), r"every level must lie strictly between 0 and 1"),
        ("quantiles", lambda t: t.assign(value=t["value"] + 9 * (t["level"] == 0.5)),
         r"quantiles must not fall as levels rise; \d+ do not"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_count_place_and_remedy(
    kind: str, change: Change, message: str, made: list[Forecast], tmp_path: Path
) -> None:
    path = write(change(KINDS[kind](made)), tmp_path / "a.csv")
    with pytest.raises(SubmissionError, match=rf"(?s)a\.csv: .*{message}"):
        read_submission(path)


def test_all_broken_rules_are_named_at_once(made: list[Forecast], tmp_path: Path) -> None:
    table = _set("region", "")(_set("probability", "x")(long_probabilities(made)))
    with pytest.raises(SubmissionError, match=r"(?s)region must be a code.*probability must be a finite number"):
        read_submission(write(table, tmp_path / "a.csv"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(region=t["region"].str.replace("BF1300", "BF130")),
         r"one of the 45 codes of the data, .*; 1 are not, first 'BF130' \(did you mean 'BF1300'\?\)"),
        (lambda t: t.assign(region=t["region"].str.replace("BF1300", "Mouhoun")),
         r"first 'Mouhoun' \(did you mean|first 'Mouhoun', whose code is"),
        (lambda t: t.assign(origin=t["origin"].str.replace("2023-05", "2025-05")),
         r"every origin must lie in the data, 2016-01 to 2023-12; 1 do not, first 2025-05: leave"),
        (lambda t: t.assign(
            origin=t["origin"].map({"2023-05": "2023-12", "2023-06": "2023-11"}), horizon=t["horizon"] + 1
         ),
         r"no month it forecasts is known yet; the data end 2023-12"),
        (lambda t: t.assign(probability=0.0), r"no probability may be 0 or 1.*180 are, first .*--least"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_data_is_refused(
    change: Change, message: str, made: list[Forecast], burkina: Panel, tmp_path: Path
) -> None:
    found = read_submission(write(change(long_probabilities(made)), tmp_path / "a.csv"))
    with pytest.raises(SubmissionError, match=message):
        score_submission(found, burkina)


def test_a_smallest_probability_is_the_users_choice(made: list[Forecast], burkina: Panel, tmp_path: Path) -> None:
    found = read_submission(write(long_probabilities(made).assign(probability=0.0), tmp_path / "a.csv"))
    rows = score_submission(found, burkina, least=0.01)
    assert set(rows["p1"]) == {0.01}
    with pytest.raises(SubmissionError, match="least must lie strictly between 0 and 0.5; got 0.7"):
        score_submission(found, burkina, least=0.7)


def test_ours_are_restricted_to_the_rows_handed_in(
    made: list[Forecast], ours: pd.DataFrame, burkina: Panel, tmp_path: Path
) -> None:
    part = long_probabilities(made)
    part = part[part["region"].isin(sorted(part["region"].unique())[:20])]
    late = part[part["horizon"] == 1].assign(horizon=7)
    found = read_submission(write(pd.concat([part, late]), tmp_path / "they.csv"))
    theirs = score_submission(found, burkina)
    pair = beside(found, theirs, ours)
    assert pair.notes == (
        "20 of 120 forecasts of the submission are not scored: their month is not known (yet).",
        "20 of 100 scored rows of the submission have no forecast of ours beside them.",
        "100 of 180 rows of ours are left out: the submission does not forecast them.",
    )
    assert pair.rows.groupby("model").size().to_dict() == {"conflictology": 80, "rate": 80, "they": 80}
    assert "crps" not in pair.rows
    scores = score_table(pair.rows, ["conflictology"]).set_index(["model", "set", "horizon", "score"])["value"]
    assert scores["they", "all", 1, "log_score"] == pytest.approx(scores["rate", "all", 1, "log_score"])
    assert scores["they", "all", 1, "log_score_skill_vs_conflictology"] == pytest.approx(
        scores["rate", "all", 1, "log_score_skill_vs_conflictology"]
    )


def test_a_name_of_ours_and_rows_apart_are_refused(
    made: list[Forecast], ours: pd.DataFrame, burkina: Panel, tmp_path: Path
) -> None:
    found = read_submission(write(long_probabilities(made), tmp_path / "rate.csv"))
    theirs = score_submission(found, burkina)
    with pytest.raises(SubmissionError, match="a model of ours is called 'rate' too"):
        beside(found, theirs, ours)
    found = read_submission(tmp_path / "rate.csv", name="they")
    theirs = score_submission(found, burkina)
    with pytest.raises(
        SubmissionError, match=r"no row is in common; it has origins 2023-05 to 2023-06 and horizons 1, 3, ours"
    ):
        beside(found, theirs, ours.assign(origin="2020-01"))


def test_quantiles_beside_rows_without_their_score_are_refused(
    made: list[Forecast], ours: pd.DataFrame, burkina: Panel, tmp_path: Path
) -> None:
    found = read_submission(write(long_quantiles(made), tmp_path / "they.csv"))
    theirs = score_submission(found, burkina)
    with pytest.raises(SubmissionError, match=r"quantiles are scored by wis, which our rows do not have \(.*log_score"):
        beside(found, theirs, ours.drop(columns="wis", errors="ignore"))
    pair = beside(found, theirs, ours.assign(wis=1.0))
    assert set(score_table(pair.rows)["score"]) >= {"wis", "coverage_raw_90"}


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [("MOST_LINES", 100, "more than 100 lines; give fewer draws"), ("LARGEST_FILE", 1000, "larger than 1,000 bytes")],
)
def test_what_would_not_fit_into_memory_is_refused(
    limit: str, value: int, message: str, made: list[Forecast], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, limit, value)
    for name in ("a.csv", "a.parquet"):
        with pytest.raises(SubmissionError, match=message):
            read_submission(write(long_draws(made), tmp_path / name))


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(SubmissionError, match=r"a\.parquet: is a Parquet file that is damaged"):
        read_submission(tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("origin,horizon,region,at_least,probability\n2023-05,1,BF1300,1,0.5\n2023-05,1\n")
    with pytest.raises(SubmissionError, match=r"a\.csv: cannot be read to its end: .*Expected 5 columns, got 2"):
        read_submission(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("origin,origin,region\n")
    with pytest.raises(SubmissionError, match=r"has the column 'origin' twice"):
        read_submission(tmp_path / "b.csv")
    with pytest.raises(SubmissionError, match=r"there is no such file"):
        read_submission(tmp_path / "c.csv")


@settings(max_examples=40, deadline=None)
@given(junk=st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6), st.text(max_size=6)), max_size=5))
def test_any_text_is_read_or_refused_with_one_kind_of_error(
    junk: list[tuple[str, str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("junk") / "a.csv"
    table = pd.DataFrame(
        [("2023-05", "1", region, at, p) for region, at, p in junk],
        columns=["origin", "horizon", "region", "at_least", "probability"],
    )
    table.to_csv(path, index=False)
    try:
        found = read_submission(path)
    except SubmissionError as error:
        assert str(error).startswith("a.csv")
    else:
        assert isinstance(found, Submission) and np.isfinite(found.values).all()


def test_a_forecast_of_the_views_challenge_gets_its_official_crps(shared: Path) -> None:
    from harmattan.views import layout

    folder = shared / "data" / "bench" / "views_challenge"
    countries, window = layout.countries(folder), 2018
    wide = layout.actuals(folder, window, countries)
    months = pd.period_range(layout.origin_of(window) - 12, wide.index[-1], freq="M", name="month")
    deaths = wide.reindex(index=months, columns=countries.table.index).fillna(0.0).astype("float32")
    covered = pd.DataFrame(True, index=months, columns=deaths.columns)
    panel = Panel(countries, {"attacks": (deaths > 0).astype("float32"), "deaths": deaths}, covered)
    numbers = pd.read_csv(folder / "country_id_to_gw.csv").sort_values("country_id")["country_id"].astype(str)
    found = read_submission(
        folder / str(window) / "forecast_conflictology.parquet",
        measure="deaths",
        codes=dict(zip(numbers, countries.table.index, strict=True)),
    )
    rows = score_submission(found, panel)
    assert sorted(rows["horizon"].unique()) == list(range(3, 15)) and set(rows["origin"]) == {"2017-10"}
    official = layout.official_scores(folder, window, "conflictology", "crps")
    assert rows["crps"].mean() == pytest.approx(official.mean())
    assert len(rows) == len(official)

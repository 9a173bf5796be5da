"""Scoring a submission as our own forecasts are, and setting the two side by side on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from harmattan.backtest import score_rows
from harmattan.forecast import Forecast
from harmattan.named import nearest
from harmattan.panel import Panel
from harmattan.scores.catalogue import ROW_SCORES
from harmattan.scores.intervals import quantile_score
from harmattan.scores.proper import brier, log_score
from harmattan.scores.sets import sets_in
from harmattan.submissions.checks import WIS_LEVELS, Submission, SubmissionError

ROW = ["origin", "horizon", "region"]
PLACE = ["model", "origin", "horizon", "month", "region", "observed"]


@dataclass(frozen=True, eq=False)
class Beside:
    """A submission beside our models.

    Attributes
    ----------
    rows
        Scored rows of all of them, the same rows for each, with the scores that all have, for
        `harmattan.scores.table.score_table` and every comparison.
    notes
        How many rows were left out on either side, in sentences.
    """

    rows: pd.DataFrame
    notes: tuple[str, ...]


def score_submission(
    submission: Submission, panel: Panel, *, least: float | None = None, seed: int = 0
) -> pd.DataFrame:
    """Score a submission against what came.

    Parameters
    ----------
    submission
        From `harmattan.submissions.read_submission`.
    panel
        The counts it is scored against.
    least
        The smallest probability to take for a probability of attack, and the largest is 1 - `least`: a log score
        cannot judge a forecast that calls something impossible. None refuses 0 and 1.
    seed
        Decides the randomised PIT of draws.

    Returns
    -------
    pandas.DataFrame
        One row per horizon and region whose target month is covered, with the columns that
        `harmattan.backtest.score_rows` gives and its kind allows: draws all, probabilities
        ``p1, log_score, brier``, quantiles ``q05, q95, wis``.

    Raises
    ------
    SubmissionError
        If a region is unknown, an origin lies outside the data, the panel lacks the measure, no target month is known
        yet, or a probability is 0 or 1.
    """
    _check_fit(submission, panel)
    inside = (submission.cells["month"] <= panel.origin).to_numpy()
    if not inside.any():
        raise SubmissionError(
            f"{submission.file}: no month it forecasts is known yet; the data end {panel.origin}, its first month is "
            f"{submission.cells['month'].min()}: score it when the months are in"
        )
    cells, values = submission.cells[inside], submission.values[inside]
    if submission.kind == "draws":
        return _scored(submission, cells, values.astype(np.int32), panel, seed)
    rows = _scored(submission, cells, np.zeros((len(cells), 1), np.int32), panel, seed)
    rows = rows[[*PLACE, *sets_in(rows)[1:]]]
    keys = pd.MultiIndex.from_arrays([cells["origin"].astype(str), cells["horizon"], cells["region"]])
    chosen = values[keys.get_indexer(pd.MultiIndex.from_frame(rows[ROW]))]
    if submission.kind == "probabilities":
        return _with_probabilities(submission, rows, chosen[:, 0], least)
    return _with_quantiles(submission, rows, chosen)


def beside(submission: Submission, theirs: pd.DataFrame, ours: pd.DataFrame) -> Beside:
    """Set a scored submission beside our scored models, on the rows that both have.

    Parameters
    ----------
    submission
        The submission.
    theirs
        Its rows, from `score_submission`.
    ours
        Rows of our models, from `harmattan.backtest.backtest` or a `harmattan.result.Result`.

    Raises
    ------
    SubmissionError
        If it is called as one of our models, or there is no row or no score in common.
    """
    if submission.name in set(ours["model"]):
        raise SubmissionError(f"a model of ours is called {submission.name!r} too; give the submission another name")
    keys = [pd.MultiIndex.from_frame(each[ROW].assign(origin=each["origin"].astype(str))) for each in (theirs, ours)]
    both = keys[0][keys[0].isin(keys[1])]
    if both.empty:
        raise SubmissionError(
            f"{submission.file}: no row is in common; it has origins {_span(theirs)}, ours are {_span(ours)}: try our "
            "models at these origins (--origins, --last, --horizons)"
        )
    scores = [each for each in ROW_SCORES if each in theirs and each in ours]
    if not scores:
        raise SubmissionError(
            f"{submission.file}: {submission.kind} are scored by {_held(theirs)}, which our rows do not have "
            f"({_held(ours)}); give probabilities or draws"
        )
    columns = [name for name in ours if name in theirs]
    left = keys[1].isin(both)
    rows = pd.concat([theirs[keys[0].isin(both)][columns], ours[left][columns]], ignore_index=True)
    unknown = len(submission.cells) - len(theirs)
    distinct = keys[1].unique()
    notes = [
        f"{count:,} of {total:,} {what}."
        for count, total, what in (
            (
                unknown,
                len(submission.cells),
                "forecasts of the submission are not scored: their month is not known (yet)",
            ),
            (
                len(theirs) - len(both),
                len(theirs),
                "scored rows of the submission have no forecast of ours beside them",
            ),
            (
                len(distinct) - len(both),
                len(distinct),
                "rows of ours are left out: the submission does not forecast them",
            ),
        )
        if count
    ]
    return Beside(rows, (*submission.notes, *notes))


def _check_fit(submission: Submission, panel: Panel) -> None:
    if submission.measure not in panel.measures:
        raise SubmissionError(
            f"{submission.file}: forecasts {submission.measure}; the data have {', '.join(panel.measures)}"
        )
    table = panel.regions.table
    unknown = [each for each in submission.cells["region"].unique() if each not in table.index]
    if unknown:
        names = {str(name): str(code) for code, name in table["name"].items()}
        near = nearest(unknown[0], [*map(str, table.index), *names])
        code = f", whose code is {names[unknown[0]]!r}" if unknown[0] in names else near
        raise SubmissionError(
            f"{submission.file}: every region must be one of the {len(table)} codes of the data, such as "
            f"{table.index[0]!r}; {len(unknown)} are not, first {unknown[0]!r}{code}: write the codes of the data"
        )
    origins = submission.cells["origin"]
    outside = origins[(origins < panel.months[0]) | (origins > panel.origin)]
    if len(outside):
        raise SubmissionError(
            f"{submission.file}: every origin must lie in the data, {panel.months[0]} to {panel.origin}; "
            f"{outside.nunique()} do not, first {outside.iloc[0]}: leave them out"
        )


def _scored(submission: Submission, cells: pd.DataFrame, draws: np.ndarray, panel: Panel, seed: int) -> pd.DataFrame:
    """Score draws, shape (row of `cells`, draw), origin by origin."""
    parts = []
    places = np.arange(len(cells))
    for _, group in pd.Series(places).groupby(cells["origin"].astype(str).to_numpy()):
        here = cells.iloc[group.to_numpy()]
        horizons, regions = tuple(map(int, here["horizon"].unique())), here["region"].unique()
        block = draws[group.to_numpy()].reshape(len(horizons), len(regions), -1)
        made = Forecast(
            np.moveaxis(block, 2, 0), here["origin"].iloc[0], horizons, pd.Index(regions), submission.measure
        )
        parts.append(score_rows(panel, {submission.name: made}, seed=seed))
    return pd.concat(parts, ignore_index=True)


def _with_probabilities(submission: Submission, rows: pd.DataFrame, p: np.ndarray, least: float | None) -> pd.DataFrame:
    certain = (p <= 0) | (p >= 1)
    if certain.any() and least is None:
        first = rows.iloc[int(np.flatnonzero(certain)[0])]
        raise SubmissionError(
            f"{submission.file}: no probability may be 0 or 1, since a log score cannot judge what is called "
            f"impossible; {int(certain.sum()):,} are, first {first['region']} origin {first['origin']} "
            f"horizon {first['horizon']}: give what you would bet on, or allow a smallest probability (--least 0.001)"
        )
    if least is not None:
        if not 0 < least < 0.5:
            raise SubmissionError(f"least must lie strictly between 0 and 0.5; got {least:g}")
        p = np.clip(p, least, 1 - least)
    happened = rows["observed"] > 0
    return rows.assign(p1=p, log_score=log_score(happened, p), brier=brier(happened, p))


def _with_quantiles(submission: Submission, rows: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    """Weighted interval score: the sum of quantile scores over half the number of levels (Bracher et al. 2021)."""
    places = {level: int(np.argmin(np.abs(np.asarray(submission.steps) - level))) for level in WIS_LEVELS}
    observed = rows["observed"].to_numpy()
    total = sum(quantile_score(observed, values[:, place], level) for level, place in places.items())
    return rows.assign(q05=values[:, places[0.05]], q95=values[:, places[0.95]], wis=total / (len(WIS_LEVELS) / 2))


def _held(rows: pd.DataFrame) -> str:
    return ", ".join(each for each in ROW_SCORES if each in rows)


def _span(rows: pd.DataFrame) -> str:
    origins = rows["origin"].astype(str)
    return f"{origins.min()} to {origins.max()} and horizons {', '.join(map(str, sorted(rows['horizon'].unique())))}"

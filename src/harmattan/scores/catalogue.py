"""Every score by name, with what its laws are; the tests hold each score to them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from harmattan.named import nearest
from harmattan.scores import intervals, joint, proper
from harmattan.scores.inputs import Floats

Takes = Literal["probability", "draws", "maps"]


@dataclass(frozen=True)
class Score:
    """A proper score: a function of what happened and what was forecast, one value per row, the lower the better.

    Attributes
    ----------
    function
        Takes what happened and the forecast.
    takes
        What the forecast is: the ``probability`` of an event, shape (row,); ``draws`` of a count, shape (draw, row); or
        ``maps``, draws of all regions, shape (draw, row, region).
    unit
        Unit of the values.
    any_order
        Whether the order of the draws does not matter.
    any_number
        Whether repeating all draws changes nothing.
    zero_at_best
        Whether a certain and right forecast scores 0; if not, its score nears 0 with more draws.
    """

    function: Callable[[Any, Any], Floats]
    takes: Takes
    unit: str
    any_order: bool = True
    any_number: bool = True
    zero_at_best: bool = True

    def __call__(self, observed: npt.ArrayLike, forecast: npt.ArrayLike) -> Floats:
        """Return one value per row."""
        return self.function(observed, forecast)


SCORES: dict[str, Score] = {
    "log_score": Score(proper.log_score, "probability", "nats", zero_at_best=False),
    "brier": Score(proper.brier, "probability", "squared probability"),
    "crps": Score(proper.crps, "draws", "counts"),
    "twcrps": Score(proper.threshold_weighted_crps, "draws", "counts"),
    "ign": Score(proper.ign, "draws", "bits", any_order=False, any_number=False, zero_at_best=False),
    "mis": Score(intervals.mis, "draws", "counts", any_number=False),
    "wis": Score(intervals.weighted_interval_score, "draws", "counts"),
    "count_log_score": Score(proper.count_log_score, "draws", "nats", any_number=False, zero_at_best=False),
    "energy_score": Score(joint.energy_score, "maps", "counts"),
    "variogram_score": Score(joint.variogram_score, "maps", "square roots of counts, squared"),
}

ROW_SCORES = tuple(name for name, each in SCORES.items() if each.takes != "maps")
MAP_SCORES = tuple(name for name, each in SCORES.items() if each.takes == "maps")


def row_scores(
    observed: npt.ArrayLike, draws: npt.ArrayLike, probability: npt.ArrayLike, names: Collection[str] = ROW_SCORES
) -> dict[str, Floats]:
    """Return the scores of counts, one value per row, by name.

    Parameters
    ----------
    observed
        Counts, shape (row,).
    draws
        Equally likely draws, shape (draw, row).
    probability
        Forecast probability of at least one, shape (row,).
    names
        Which of `ROW_SCORES`.

    Raises
    ------
    ValueError
        If a name is not among them, or as the score raises.

    Examples
    --------
    >>> row_scores([0], [[0], [2]], [0.5], ["brier", "crps"])
    {'brier': array([0.25]), 'crps': array([0.5])}
    """
    _check_names(names, ROW_SCORES)
    happened = np.where(np.isnan(np.asarray(observed, dtype=np.float64)), np.nan, np.asarray(observed) > 0)
    return {
        name: SCORES[name](happened, probability)
        if SCORES[name].takes == "probability"
        else SCORES[name](observed, draws)
        for name in names
    }


def map_scores(observed: npt.ArrayLike, draws: npt.ArrayLike, names: Collection[str] = MAP_SCORES) -> dict[str, Floats]:
    """Return the scores of whole maps, one value per row, by name.

    Parameters
    ----------
    observed
        Counts, shape (row, region), such as one row per horizon.
    draws
        Equally likely joint draws, shape (draw, row, region).
    names
        Which of `MAP_SCORES`.

    Raises
    ------
    ValueError
        If a name is not among them, or as the score raises.

    Examples
    --------
    >>> map_scores([[3, 4]], [[[0, 0]]], ["energy_score"])
    {'energy_score': array([5.])}
    """
    _check_names(names, MAP_SCORES)
    return {name: SCORES[name](observed, draws) for name in names}


def _check_names(names: Collection[str], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"no score is called {name!r}{nearest(name, list(known))}; known: {', '.join(known)}")

"""What one experiment found: the frozen record that is tracked, released and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from harmattan.forecast import Forecast
from harmattan.models import Forecaster
from harmattan.panel import Panel


@dataclass(frozen=True)
class Caption:
    """Words that every map and table of an experiment must carry.

    Attributes
    ----------
    title
        What is forecast, where.
    source, licence
        Where the counts come from and on what terms.
    caveats
        What the data cannot see.
    """

    title: str
    source: str
    licence: str
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """One run of one experiment.

    Attributes
    ----------
    name
        Name of the experiment.
    settings
        The experiment as read, flattened to ``section.key`` -> text.
    caption
        Title, source, licence, caveats.
    panel
        The data the forecasts are made from.
    fitted
        Models fitted at the origin, by name.
    forecasts
        Their forecasts, by name.
    earlier
        The champion's forecast made one month before the origin, for what changed.
    rows
        Scored forecasts of the rolling origins (`harmattan.backtest.score_rows`).
    scores
        The score table (`harmattan.scores.table.score_table`).
    baselines
        Names of the models that are baselines.
    champion
        The model with the best log score and CRPS together, baselines included (`harmattan.experiment.best`).
    seed
        Decides every random number.
    expansion
        What the champion's forecast and the record say of the way to the coast, by table
        (`harmattan.expansion.tables.expansion_tables`); empty where the measure is not attacks.
    """

    name: str
    settings: Mapping[str, str]
    caption: Caption
    panel: Panel
    fitted: Mapping[str, Forecaster]
    forecasts: Mapping[str, Forecast]
    earlier: Forecast
    rows: pd.DataFrame
    scores: pd.DataFrame
    baselines: tuple[str, ...]
    champion: str
    seed: int
    expansion: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def forecast(self) -> Forecast:
        """The champion's forecast."""
        return self.forecasts[self.champion]

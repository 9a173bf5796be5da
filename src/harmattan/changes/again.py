"""Making the forecast of a release again, or with one thing changed: only its champion and what that needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harmattan.backtest import forecast_all
from harmattan.changes.data import fingerprint
from harmattan.experiment import Progress, needed, try_on_past
from harmattan.forecast import Forecast
from harmattan.inputs import models_of
from harmattan.models.combine import Pool
from harmattan.panel import Panel
from harmattan.release.manifest import LIBRARIES, checkout
from harmattan.settings import Experiment

WITHOUT_EFFECT = ("name", "title", "data", "expansion")


@dataclass(frozen=True)
class Step:
    """Everything that decides a forecast.

    Attributes
    ----------
    experiment
        Its settings; those of the data say nothing here but the measure and the delay.
    champion
        The model that forecasts.
    panel
        The data; may reach beyond the origin.
    origin
        The last month to use.
    """

    experiment: Experiment
    champion: str
    panel: Panel
    origin: pd.Period

    def key(self) -> tuple[object, ...]:
        """Return what two steps have in common if and only if nothing is changed between them."""
        asked = self.experiment.model_dump(exclude=set(WITHOUT_EFFECT))
        asked["forecast"] = {**asked["forecast"], "origin": None}
        # A delay given as shares is part of the panel; that models learn from nowcasts is not.
        late = self.experiment.data.delay is not None, self.experiment.data.measure
        return self.champion, repr(asked), late, str(self.origin), fingerprint(self.panel.as_of(self.origin))


def champion_again(step: Step, *, workers: int = 1, progress: Progress | None = None) -> Forecast:
    """Return the champion's forecast, to the bit as `harmattan.experiment.run` makes it.

    A pool that learns needs its members' forecasts of the past, which takes as long as its part of a whole run.

    Raises
    ------
    ValueError
        If the champion is none of the models, or the settings do not fit the data.
    """
    models = models_of(step.experiment)
    if step.champion not in models:
        raise ValueError(f"the champion {step.champion} is not among the models of its settings, {', '.join(models)}")
    members = needed(models, step.champion)
    chosen, asked = models[step.champion], step.experiment.forecast
    past = None
    if isinstance(chosen, Pool) and chosen.learns:
        past = try_on_past(
            step.experiment, step.panel, members, origin=step.origin, workers=workers, progress=progress
        ).past
    _, made = forecast_all(
        step.panel,
        members,
        origin=step.origin,
        horizons=range(1, asked.horizons + 1),
        lag=asked.lag,
        draws=asked.draws,
        seed=asked.seed,
        past=past,
    )
    return made[step.champion]


def same_code(manifest: Mapping[str, Any]) -> bool:
    """Return whether a release was made by the code that is installed, for certain.

    A checkout with changes that are not committed is never certain.
    """
    from importlib.metadata import version
    from platform import python_version

    import harmattan
    from harmattan.paths import PACKAGE

    code = {"harmattan": harmattan.__version__, **checkout(PACKAGE.parents[1])}
    libraries = {"python": python_version(), **{name: version(name) for name in LIBRARIES}}
    return not code["dirty"] and manifest["code"] == code and manifest["libraries"] == libraries

"""Fitted models as files without pickle: what is needed to make the same forecast again, in skops format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from zipfile import ZIP_DEFLATED
from zlib import crc32

import numpy as np
import pandas as pd
import skops.io
from skops.io.exceptions import UnsupportedTypeException

from harmattan.forecast import Forecast
from harmattan.models import Forecaster
from harmattan.models.combine import Pool
from harmattan.months import month
from harmattan.result import Result
from harmattan.tracking.errors import UntrustedTypeError

KEYS = ["region", "horizon"]
OWN = "harmattan."
LEARNT_BY_SKLEARN = frozenset(
    {
        "sklearn.tree._tree.Tree",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.calibration._CalibratedClassifier",
    }
)


@dataclass(frozen=True)
class Stored:
    """A fitted model with all that decides its forecast.

    Attributes
    ----------
    name
        Name of the model; with seed and origin it decides every draw.
    model
        The fitted forecaster.
    origin, horizons, regions
        Of the forecast. The model's own differ from them where the newest months were withheld from it.
    draws, seed
        Of the forecast; both are defaults that a call may change.
    apart
        Names of the pools whose members draw by their own names, as they do when they are models of the
        experiment themselves.
    """

    name: str
    model: Forecaster
    origin: str
    horizons: tuple[int, ...]
    regions: tuple[str, ...]
    draws: int
    seed: int
    apart: tuple[str, ...]

    def forecast(self, draws: int, seed: int) -> Forecast:
        """Return the forecast, to the last bit that of `harmattan.backtest.forecast_all`."""
        made = self._draw(self.name, self.model, draws, seed)
        return Forecast(made.draws, month(self.origin), self.horizons, made.regions, made.measure)

    def _draw(self, name: str, model: Forecaster, draws: int, seed: int) -> Forecast:
        rng = np.random.default_rng([seed, month(self.origin).ordinal, crc32(name.encode())])
        if isinstance(model, Pool) and name in self.apart:
            made = {each: self._draw(each, member, draws, seed) for each, member in model.members.items()}
            return model.combine(made, draws, rng)
        return model.forecast(draws, rng)


def stored(result: Result, name: str) -> Stored:
    """Return the model called `name` of a result, ready to be written."""
    made = result.forecasts[name]
    draws = max(len(each.draws) for each in result.forecasts.values())
    apart = _pools_of_models(result.fitted)
    model = _with_members(name, result.fitted, apart)
    regions = tuple(map(str, made.regions))
    return Stored(name, model, str(made.origin), made.horizons, regions, draws, result.seed, apart)


def rows(forecast: Forecast, wanted: pd.DataFrame, at_least: int = 1) -> pd.DataFrame:
    """Return the lines of a forecast's table for the regions and horizons wanted, in their order.

    Parameters
    ----------
    forecast
        The forecast.
    wanted
        Columns `region` and `horizon`, one line each.
    at_least
        If above 1, a column ``p<at_least>`` gives the probability of at least so many.

    Raises
    ------
    ValueError
        If a region or horizon is not in the forecast.
    """
    table = forecast.table()
    if at_least > 1:
        table[f"p{at_least}"] = forecast.probability(at_least).to_numpy().ravel()
    found = table.set_index(KEYS)
    asked = pd.MultiIndex.from_frame(wanted[KEYS].astype({"region": "str", "horizon": "int64"}))
    unknown = asked[~asked.isin(found.index)]
    if len(unknown):
        region, horizon = unknown[0]
        raise ValueError(
            f"lines must ask for one of {len(forecast.regions)} regions, such as {forecast.regions[0]!r}, "
            f"and one of the horizons {forecast.horizons}; {len(unknown)} of {len(asked)} do not, "
            f"first region {region!r} horizon {horizon}"
        )
    first = ["origin", "month", *KEYS]
    return found.loc[asked].reset_index()[[*first, *(name for name in table if name not in first)]]


def untrusted(types: Sequence[str]) -> list[str]:
    """Return the types among `types` that Harmattan does not load.

    Besides what skops trusts, it loads its own classes (not functions, nor what its modules import) and
    the fitted trees of scikit-learn.

    Examples
    --------
    >>> untrusted(["harmattan.models.learners.Direct", "harmattan.models.learners.np", "os.system"])
    ['harmattan.models.learners.np', 'os.system']
    """
    return [name for name in types if name not in LEARNT_BY_SKLEARN and not _is_own_class(name)]


def write(model: Stored, path: Path) -> None:
    """Write a fitted model.

    Raises
    ------
    UntrustedTypeError
        If it could not be read again because it holds a type of another package, or one without such a form.
    """
    try:
        skops.io.dump(model, path, compression=ZIP_DEFLATED, compresslevel=1)
    except UnsupportedTypeException as error:
        raise UntrustedTypeError(f"the model {model.name!r} cannot be stored without pickle: {error}") from error
    _check(path)


def read(path: Path) -> Stored:
    """Read what `write` wrote.

    Raises
    ------
    UntrustedTypeError
        If the file holds a type that Harmattan does not load; nothing of it has been loaded then.
    """
    loaded = skops.io.load(path, trusted=_check(path))
    if not isinstance(loaded, Stored):
        held = type(loaded).__name__
        raise UntrustedTypeError(f"{path.name} must hold a stored forecast model; it holds a {held}")
    return loaded


def _pools_of_models(fitted: Mapping[str, Forecaster]) -> tuple[str, ...]:
    """Pools that mixed forecasts made before them: single models first, then pools in the order given."""
    order = sorted(fitted, key=lambda name: isinstance(fitted[name], Pool))
    return tuple(
        name
        for place, name in enumerate(order)
        if isinstance(model := fitted[name], Pool) and set(model.members) <= set(order[:place])
    )


def _with_members(name: str, fitted: Mapping[str, Forecaster], apart: tuple[str, ...]) -> Forecaster:
    """Return a model; if it is a pool of the experiment's models, with these, fitted, as its members."""
    model = fitted[name]
    if not (isinstance(model, Pool) and name in apart):
        return model
    whole = copy(model)
    whole.members = {each: _with_members(each, fitted, apart) for each in model.members}
    return whole


def _check(path: Path) -> list[str]:
    types = skops.io.get_untrusted_types(file=path)
    foreign = untrusted(types)
    if foreign:
        raise UntrustedTypeError(
            f"a stored model may hold classes of Harmattan, numpy and scikit-learn only; {path.name} holds "
            f"{', '.join(foreign)}: keep such a model as code and fit it again"
        )
    return list(types)


def _is_own_class(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    if not module.startswith(OWN):
        return False
    try:
        found = getattr(import_module(module), attribute, None)
    except ImportError:
        return False
    return isinstance(found, type) and found.__module__ == module

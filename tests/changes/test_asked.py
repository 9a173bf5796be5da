"""Settings that became text become the same experiment again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan.changes.asked import experiment_of, unflattened
from harmattan.paths import experiments_dir
from harmattan.settings import Experiment, load

SHIPPED = sorted(path.stem for path in experiments_dir().glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_experiment_comes_back(name: str) -> None:
    experiment = load(name)
    back = unflattened(experiment.flat())
    assert back == experiment
    assert list(back.models) == list(experiment.models)


def experiment(**changed: Any) -> Experiment:
    values = {
        "name": "small",
        "title": "12",
        "data": {"file": "2023", "first": "2016-01", "delay": (0.5, 0.8)},
        "regions": {"level": "province"},
        "models": {"a.b": {"kind": "rate"}},
    }
    return Experiment(**{**values, **changed})


def test_text_that_looks_like_a_number_stays_text() -> None:
    one = experiment(expansion={"sets": {"north.east": ("BF5603",)}, "belt_km": 20})
    assert unflattened(one.flat()) == one


NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
WORDS = st.sampled_from(["squared_error", "sqrt", "crps", "a b"])
KEYS = st.sampled_from(["C", "max_iter", "loss", "depth"])


@given(st.dictionaries(KEYS, st.one_of(NUMBERS, WORDS, st.lists(NUMBERS, max_size=3)), max_size=4))
def test_parameters_keep_their_types(parameters: dict[str, Any]) -> None:
    one = experiment(models={"m": {"kind": "direct", "estimator": "logistic", "parameters": parameters}})
    back = unflattened(one.flat())
    assert back == one
    assert [type(each) for each in back.models["m"].parameters.values()] == [type(v) for v in parameters.values()]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"data.bundled": "attacks_bfa"}, "name: Field required"),
        ({**experiment().flat(), "forecast.speed": "3"}, "forecast.speed: Extra inputs"),
        ({**experiment().flat(), "forecast.seed": "3.0"}, "forecast.seed is '3.0' and would become '3'"),
    ],
)
def test_settings_that_are_no_experiment_are_named(settings: dict[str, str], message: str) -> None:
    release = SimpleNamespace(path="releases/small/2023-06", manifest={"settings": settings})
    with pytest.raises(ValueError, match=r"manifest of releases/small/2023-06 .* run again: .*" + message):
        experiment_of(release)  # type: ignore[arg-type]

"""Experiments in TOML that are wrong: types, keys, ranges, names, code that is no model, sweeps without end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .cases import Case, Make, raw, text

BEGIN = 'name = "mine"\ntitle = "Mine"\n'
DATA = '[data]\nbundled = "attacks_bfa"\n'
REGIONS = '[regions]\nlevel = "province"\n'
MODELS = '[models.rate]\nkind = "rate"\n'
GOOD = BEGIN + DATA + REGIONS + MODELS


def refused(kind: str, name: str, make: Make | str, message: str) -> Case:
    return Case("settings", kind, name, text("a.toml", make) if isinstance(make, str) else make, message)


def right(kind: str, name: str, make: Make | str, look: Any, expected: object) -> Case:
    return Case("settings", kind, name, text("a.toml", make) if isinstance(make, str) else make, None, look, expected)


def added(kind: str, name: str, section: str, line: str, message: str) -> Case:
    """One line more in a section of a good experiment."""
    known = f"[{section}]\n" in GOOD
    whole = GOOD.replace(f"[{section}]\n", f"[{section}]\n{line}\n") if known else f"{GOOD}[{section}]\n{line}\n"
    return refused(kind, name, whole, message)


def model(name: str, lines: str, message: str) -> Case:
    return refused("models", name, f"{GOOD}[models.mine]\n{lines}\n", message)


def sweep(name: str, lines: str, message: str) -> Case:
    return refused("sweeps", name, f"{GOOD}[sweep]\n{lines}\n", message)


def _folder(folder: Path) -> Path:
    (folder / "a.toml").mkdir()
    return folder / "a.toml"


TEXTS = [
    refused("TOML", "missing", lambda folder: folder / "none.toml", "there is no experiment .*none.toml"),
    refused("TOML", "a folder", _folder, "there is no experiment"),
    refused("TOML", "empty", "", "title is missing"),
    refused("TOML", "not closed", BEGIN + "[data", "a.toml: is not valid TOML"),
    refused("TOML", "no value", BEGIN + "[data]\nbundled =\n", "is not valid TOML"),
    refused("TOML", "key twice", BEGIN + "title = 'x'\n", "is not valid TOML"),
    refused("TOML", "section twice", GOOD + DATA, "is not valid TOML"),
    refused("TOML", "text without quotes", BEGIN + "[data]\nbundled = attacks\n", "is not valid TOML"),
    refused("TOML", "Windows path", BEGIN + '[data]\nfile = "C:\\Users\\me"\n', "is not valid TOML"),
    refused("TOML", "JSON", '{"name": "mine"}', "is not valid TOML"),
    refused("TOML", "YAML", "name: mine\n", "is not valid TOML"),
    refused("TOML", "Latin-1", raw("a.toml", GOOD.replace("Mine", "Épreuve").encode("latin-1")), "is not valid TOML"),
    refused("TOML", "UTF-16", raw("a.toml", GOOD.encode("utf-16")), "is not valid TOML"),
    refused("TOML", "NUL", raw("a.toml", GOOD.encode() + b"\0"), "is not valid TOML"),
    refused("TOML", "lists 10,000 deep", f"x = {'[' * 10_000}", "a.toml: is nested too deeply"),
    refused(
        "TOML", "tables 10,000 deep", f"{GOOD}[models.mine.parameters]\nx = {'{a = ' * 10_000}", "is nested too deeply"
    ),
    refused(
        "TOML",
        "keys 5,000 deep",
        f"{GOOD}[data]\n".replace("[data]", "[models.mine.parameters]") + f"{'.'.join('a' * 5000)} = 1",
        "nested too deeply|is not valid TOML|kind is missing",
    ),
    refused("TOML", "a number of 10,000 digits", f"{GOOD}[forecast]\nseed = {'9' * 10_000}\n", "is not valid TOML"),
    refused("TOML", "2 MB", GOOD + "# x\n" * 500_000, "is larger than"),
    right("TOML", "byte-order mark", raw("a.toml", GOOD.encode("utf-8-sig")), lambda found: found.name, "mine"),
    right("TOML", "line ends of Windows", GOOD.replace("\n", "\r\n"), lambda found: found.name, "mine"),
]

KEYS = [
    added(
        "keys", "key with a slip", "forecast", "horizon = 3", "forecast.horizon is not a key .did you mean 'horizons'"
    ),
    added("keys", "key of another section", "data", "level = 'province'", "data.level is not a key"),
    added(
        "keys", "key of a model", "models.rate", "parametres = {}", "parametres is not a key .did you mean 'parameters'"
    ),
    refused(
        "keys", "section with a slip", GOOD + "[forcast]\nlag = 1\n", "forcast is not a key .did you mean 'forecast'"
    ),
    refused("keys", "no name", GOOD.replace('name = "mine"\n', ""), "name is missing"),
    refused("keys", "no models", BEGIN + DATA + REGIONS, "models is missing"),
    refused("keys", "no data", BEGIN + REGIONS + MODELS, "data is missing"),
    refused("keys", "empty models", BEGIN + DATA + REGIONS + "[models]\n", "models: .*at least 1"),
    refused("keys", "section is a number", BEGIN + "data = 5\n" + REGIONS + MODELS, "data: .*got 5"),
    refused("keys", "section is a list", BEGIN + "models = [1]\n" + DATA + REGIONS, "models: .*got"),
    refused("keys", "sweep is a number", "sweep = 5\n" + GOOD, "sweep must be a table"),
    refused(
        "keys",
        "5,000 unknown keys",
        GOOD + "[forecast]\n" + "".join(f"k{n} = 1\n" for n in range(5000)),
        "k0 is not a key.* more",
    ),
    refused(
        "keys", "a value of 60,000 letters", GOOD.replace('"Mine"', "[" + "1," * 30_000 + "]"), "title: .*got .{1,300}$"
    ),
]

VALUES = [
    added("values", f"{section}.{line}", section, line, message)
    for section, line, message in (
        ("forecast", "horizons = 0", "forecast.horizons: .*greater than or equal to 1; got 0"),
        ("forecast", "horizons = -3", "forecast.horizons: .*got -3"),
        ("forecast", "horizons = 1000000000", "forecast.horizons: .*less than or equal to 36"),
        ("forecast", "horizons = 1.5", "forecast.horizons: .*got 1.5"),
        ("forecast", "horizons = 'three'", "forecast.horizons: .*got 'three'"),
        ("forecast", "horizons = [1, 2]", "forecast.horizons: .*got"),
        ("forecast", "horizons = nan", "forecast.horizons: .*got nan"),
        ("forecast", "lag = -1", "forecast.lag: .*got -1"),
        ("forecast", "draws = 99", "forecast.draws: .*got 99"),
        ("forecast", "draws = 1000000000", "forecast.draws: .*got 1000000000"),
        ("forecast", "draws = inf", "forecast.draws: .*got inf"),
        ("forecast", "seed = -1", "forecast.seed: .*got -1"),
        ("forecast", "seed = 99999999999", "forecast.seed: .*got 99999999999"),
        ("forecast", "learn_from = 1", "forecast.learn_from: .*got 1"),
        ("forecast", "origin = '2023-13'", "forecast.origin: .*YYYY-MM"),
        ("forecast", "origin = '2023'", "forecast.origin: .*YYYY-MM"),
        ("forecast", "origin = '12-2023'", "forecast.origin: .*YYYY-MM"),
        ("forecast", "origin = 2023-05-01", "forecast.origin: .*"),
        ("forecast", "origin = 202305", "forecast.origin: .*got 202305"),
        ("forecast", "origin = '9999-01'", "forecast.origin: .*1900 to 2100"),
        ("forecast", "origin = '0000-01'", "forecast.origin: .*1900 to 2100"),
        ("forecast", "origin = '٢٠٢٣-٠٥'", "forecast.origin: .*YYYY-MM"),
        ("forecast", "origin = '²²²²-⁰¹'", "forecast.origin: .*YYYY-MM"),
        ("backtest", "origins = 0", "backtest.origins: .*got 0"),
        ("backtest", "origins = 1000000000", "backtest.origins: .*got 1000000000"),
        ("backtest", "horizons = [0]", "backtest.horizons.0: .*got 0"),
        ("backtest", "horizons = [-1, 3]", "backtest.horizons.0: .*got -1"),
        ("backtest", "horizons = [1000000000]", "backtest.horizons.0: .*got 1000000000"),
        ("backtest", "horizons = []", "backtest.horizons: .*at least 1"),
        ("backtest", "horizons = 3", "backtest.horizons: .*got 3"),
        ("backtest", "last = 'May'", "backtest.last: .*YYYY-MM"),
        ("expansion", "belt_km = -1", "expansion.belt_km: .*got -1"),
        ("expansion", "belt_km = 1e6", "expansion.belt_km: .*got 1000000"),
        ("expansion", "belt_km = nan", "expansion.belt_km: .*got nan"),
        ("expansion", "sets = 5", "expansion.sets: .*got 5"),
        ("data", "measure = 'wounded'", "data.measure: .*'attacks' or 'deaths'"),
        ("data", "first = '2023-00'", "data.first: .*YYYY-MM"),
        ("data", "last = '9999-12'", "data.last: .*1900 to 2100"),
        ("data", "covers = 'MLI'", "data.covers: .*got 'MLI'"),
        ("data", "file = 'mine.csv'", "data needs either bundled"),
        ("data", "delay = [0.5, 2]", "delay"),
        ("data", "delay = [nan]", "delay"),
        ("data", "delay = []", "delay"),
        ("data", "delay = 'soon'", "data.delay"),
        ("data", "known = '2023-02-30'", "data.known"),
        ("regions", "countries = ['XXX']", "got 'XXX'"),
        ("regions", "countries = []", "region|countries"),
        ("regions", "polygons = 'mine.gpkg'", "regions needs either level"),
        ("regions", "columns = 'none.csv'", "none.csv; nothing is there"),
    )
]
VALUES += [
    refused("values", f"name {name!r}", GOOD.replace('"mine"', f"'{name}'"), "name: .*got")
    for name in ("../escaped", "/escaped", "a/b", "..", ".hidden", "-x", "a b", "Big", "nom-é", "", "a" * 200)
]
VALUES += [
    refused("values", "name with a line end", GOOD.replace('"mine"', '"mine\\n"'), "name: .*got"),
    refused("values", "name with NUL", GOOD.replace('"mine"', '"mine\\u0000"'), "name: .*got"),
    refused("values", "unknown level", GOOD.replace('"province"', '"village"'), "regions.level: .*got 'village'"),
    refused(
        "values",
        "unknown bundled table",
        GOOD.replace('"attacks_bfa"', '"attacks_xyz"'),
        "attacks_bfa.*got 'attacks_xyz'",
    ),
    refused("values", "bundled table climbs out", GOOD.replace('"attacks_bfa"', '"../regions"'), r"got '\.\./regions'"),
    refused("values", "no such file", GOOD.replace("bundled =", "file ="), "data.file: there is no file attacks_bfa"),
    refused(
        "values",
        "file is a folder",
        GOOD.replace('bundled = "attacks_bfa"', 'file = "/"'),
        "data.file: there is no file /",
    ),
    right(
        "values",
        "no level beside a bundled table",
        GOOD.replace(REGIONS, "[regions]\n"),
        lambda found: found.name,
        "mine",
    ),
    refused(
        "values",
        "no such polygons",
        GOOD.replace('level = "province"', 'polygons = "none.gpkg"').replace(
            'bundled = "attacks_bfa"', 'file = "a.toml"'
        ),
        "none.gpkg|a.toml",
    ),
    refused(
        "values",
        "no such vintage",
        GOOD.replace('bundled = "attacks_bfa"', 'vintage = "../../etc"'),
        "vintage|snapshot",
    ),
]

MODEL = [
    model("no kind", "baseline = true", "models.mine.kind is missing"),
    model("unknown kind", "kind = 'rates'", "models.mine: no model is called 'rates' .did you mean 'rate'"),
    model("kind is a number", "kind = 5", "models.mine.kind: .*got 5"),
    model(
        "no such module",
        "kind = 'nowhere.models:Mine'",
        "models.mine: the model 'nowhere.models:Mine' cannot be imported",
    ),
    model("no such class", "kind = 'harmattan.models.baselines:Mine'", "cannot be imported: .*no attribute"),
    model("not a class", "kind = 'math:pi'", "models.mine: .*'math:pi' is not a class with fit and forecast"),
    model("a function", "kind = 'os:getcwd'", "'os:getcwd' is not a class with fit and forecast"),
    model(
        "a program",
        "kind = 'subprocess:run'\nparameters = {args = ['touch', 'escaped']}",
        "is not a class with fit and forecast",
    ),
    model("a class that is no model", "kind = 'builtins:dict'", "'builtins:dict' is not a class with fit and forecast"),
    model("an estimator as model", "kind = 'sklearn.linear_model:Ridge'", "is not a class with fit and forecast"),
    model("colon only", "kind = ':'", "models.mine: .*cannot be imported"),
    model("relative module", "kind = '..:x'", "models.mine: .*cannot be imported"),
    model("path as module", "kind = '../evil.py:Mine'", "models.mine: .*cannot be imported"),
    model("module with NUL", 'kind = "a\\u0000b:Mine"', "models.mine: .*cannot be imported"),
    model("unknown parameter", "kind = 'rate'\nparameters = {colour = 1}", "models.mine: .*colour"),
    model("direct without estimator", "kind = 'direct'", "models.mine: a direct model needs estimator"),
    model("unknown estimator", "kind = 'direct'\nestimator = 'logistik'", "did you mean 'logistic'"),
    model("estimator that is none", "kind = 'direct'\nestimator = 'os:system'", "is not an estimator of scikit-learn"),
    model(
        "estimator parameter",
        "kind = 'direct'\nestimator = 'logistic'\nparameters = {trees = 5}",
        "models.mine: .*trees",
    ),
    model(
        "features without a name",
        "kind = 'direct'\nestimator = 'logistic'\nfeatures = [{lags = 3}]",
        "models.mine: .*name",
    ),
    model(
        "unknown feature",
        "kind = 'direct'\nestimator = 'logistic'\nfeatures = [{name = 'weather'}]",
        "models.mine: .*weather",
    ),
    model(
        "unknown set of features",
        "kind = 'direct'\nestimator = 'logistic'\nfeatures = 'all of them'",
        "models.mine: .*all of them",
    ),
    model("pool of nothing", "kind = 'pool'", "models.mine: members must be models named above it"),
    model("pool of itself", "kind = 'pool'\nmembers = ['mine']", "members must be models named above it"),
    model("pool of the unknown", "kind = 'pool'\nmembers = ['rates']", "members must be models named above it"),
    model("pool with negative weights", "kind = 'pool'\nmembers = {rate = -1.0}", "models.mine: .*weight"),
    model("pool with weights that are not numbers", "kind = 'pool'\nmembers = {rate = nan}", "models.mine: .*weight"),
    model("pool of weight nothing", "kind = 'pool'\nmembers = {rate = 0.0}", "models.mine: .*weight"),
    model("months to learn from", "kind = 'direct'\nestimator = 'logistic'\nmonths = 3", "models.mine.months: .*got 3"),
    refused(
        "models",
        "models_from: missing file",
        "models_from = 'none.toml'\n" + GOOD,
        "models_from names none.toml; there is no",
    ),
    refused("models", "models_from: a folder", "models_from = '..'\n" + GOOD, "models_from names ..; there is no"),
    refused("models", "models_from: itself", "models_from = 'a.toml'\n" + GOOD, "must have models and nothing else"),
    refused("models", "models_from: a number", "models_from = 5\n" + GOOD, "models_from names 5; there is no"),
    refused(
        "models", "models_from and a list", "models_from = 'b.toml'\nmodels = [1]\n" + BEGIN + DATA + REGIONS, "models"
    ),
]


def _with_other(other: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / "b.toml").write_text(other, encoding="utf-8")
        return text("a.toml", "models_from = 'b.toml'\n" + BEGIN + DATA + REGIONS)(folder)

    return make


MODEL += [
    refused("models", "models_from: models are a number", _with_other("models = 5"), "b.toml: models must be"),
    refused("models", "models_from: not TOML", _with_other("models ="), "b.toml: is not valid TOML"),
    refused("models", "models_from: another section", _with_other(MODELS + DATA), "must have models and nothing else"),
    right("models", "models_from: good", _with_other(MODELS), lambda found: list(found.models), ["rate"]),
]

TEN = "[" + ", ".join(str(12 + each) for each in range(10)) + "]"
SWEEPS = [
    sweep(
        "10^9 combinations",
        "\n".join(
            f"{key} = {TEN}"
            for key in (
                '"forecast.learn_from"',
                '"forecast.draws"',
                '"forecast.seed"',
                '"forecast.lag"',
                '"forecast.horizons"',
                '"backtest.origins"',
                '"expansion.belt_km"',
                '"regions.level"',
                '"data.first"',
            )
        ),
        "makes 1,000,000,000 combinations, more than 1,000",
    ),
    sweep("unknown key", '"forecast.learn_form" = [12]', "did you mean 'forecast.learn_from'"),
    sweep("not a list", '"forecast.lag" = 3', "must be a list of at least one value; got 3"),
    sweep("empty list", '"forecast.lag" = []', "must be a list of at least one value"),
    sweep("value out of range", '"forecast.lag" = [1, 99]', "lag=99: forecast.lag: .*got 99"),
    sweep("value twice", '"forecast.lag" = [1, 1]', "the same value twice"),
    sweep("tables 500 deep", f"{'.'.join('a' * 500)} = [1]", "is not a key of the experiment"),
    sweep("10,000 values", f'"forecast.seed" = [{", ".join(map(str, range(10_000)))}]', "makes 10,000 combinations"),
    sweep("of a model that is none", '"models.rate.kind" = ["os:getcwd"]', "is not a class with fit and forecast"),
]

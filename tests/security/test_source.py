"""No file is read in a way that can run a program: what every source file calls is looked at, not what it says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    [path for part in ("src/harmattan", "data", "benchmarks") for path in (ROOT / part).rglob("*.py")]
    + [ROOT / "conftest.py"]
)
MODULES = {
    "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal", "shelve", "jsonpickle", "telnetlib", "ftplib",
}  # fmt: skip
CALLS = {
    "eval", "exec", "compile", "__import__", "joblib.load", "joblib.dump", "torch.load", "mktemp", "read_pickle",
    "to_pickle", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "read_hdf",
    "unpack_archive", "extractall", "_create_unverified_context", "set_trace", "breakpoint",
}  # fmt: skip
VALUES = {"allow_pickle": True, "shell": True, "verify": False, "trusted": True, "autoescape": False}
IMPORTS_BY_NAME = {"named.py", "cache.py", "tracking/stored.py"}


def name_of(node: ast.expr) -> str:
    """``a.b.c`` of a call's function; only the last part where it hangs on something else than a name."""
    if isinstance(node, ast.Attribute):
        before = name_of(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dangers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name) for each in node.names if each.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom):
            said = [f"{node.module}.{each.name}" for each in node.names]
            yield from ((node.lineno, each) for each in said if each.partition(".")[0] in MODULES or each in CALLS)
        elif isinstance(node, ast.Call):
            called = name_of(node.func)
            own = called in ("re.compile", "tmp_path_factory.mktemp")
            if called in CALLS or (called.rpartition(".")[2] in CALLS and not own):
                yield node.lineno, called
            if called in ("np.load", "numpy.load") and not any(each.arg == "allow_pickle" for each in node.keywords):
                yield node.lineno, "np.load without allow_pickle=False"
            for each in node.keywords:
                given = each.value.value if isinstance(each.value, ast.Constant) else None
                if each.arg in VALUES and given is VALUES[each.arg]:
                    yield node.lineno, f"{each.arg}={given}"


@pytest.mark.parametrize(
    "line",
    [
        "import pickle", "from pickle import loads", "import joblib\njoblib.load('a')", "from joblib import load",
        "np.load('a', allow_pickle=True)", "np.load('a')", "pd.read_pickle('a')", "eval('1')", "exec('1')",
        "yaml.load('a')", "subprocess.run('a', shell=True)", "client(verify=False)", "tempfile.mktemp()",
        "torch.load('a')", "skops.io.load('a', trusted=True)", "zipfile.ZipFile('a').extractall()",
        "Environment(autoescape=False)",
    ],
)  # fmt: skip
def test_what_is_dangerous_is_found(line: str) -> None:
    assert list(dangers(ast.parse(line)))


def test_no_source_file_loads_pickle_runs_text_or_trusts_blindly() -> None:
    assert len(SOURCES) > 150
    found = [
        f"{path.relative_to(ROOT)}:{line} {what}"
        for path in SOURCES
        for line, what in dangers(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_modules_are_imported_by_name_in_three_known_places_only() -> None:
    package = ROOT / "src" / "harmattan"
    callers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and name_of(node.func).rpartition(".")[2] == "import_module"
    }
    assert callers == IMPORTS_BY_NAME


def test_programs_are_run_with_a_list_of_words_and_only_git() -> None:
    run = {
        (path.name, ast.unparse(node.args[0]))
        for path in (ROOT / "src" / "harmattan").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and name_of(node.func).startswith("subprocess.")
    }
    assert run == {("manifest.py", "['git', '-C', str(root), *arguments]"), ("summary.py", "command")}

"""The examples of README, docs and docstrings are run as tests.

In Markdown, a ``python`` block is executed; the commands of a ``console`` block, ``$ harmattan ...``, are run in a new
folder, and the lines below each must be in what it prints, where ``...`` stands for anything.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser


class Console(CodeBlockParser):
    """Runs the commands of a console block."""

    language = "console"

    def evaluate(self, example: Example) -> None:
        """Run each command and compare what it prints with the lines that follow it."""
        for command, expected in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n?)*)", example.parsed, flags=re.M):
            words = shlex.split(command)
            if words[0] != "harmattan":
                raise AssertionError(f"console examples are commands of harmattan; got {command!r}")
            done = subprocess.run(
                [sys.executable, "-c", "from harmattan.cli import main; main()", *words[1:]],
                capture_output=True,
                text=True,
                cwd=example.namespace["folder"],
                check=False,
            )
            assert done.returncode == 0, done.stderr
            printed = [line.rstrip() for line in done.stdout.splitlines()]
            for line in filter(None, (each.rstrip() for each in expected.splitlines())):
                pattern = line.replace("[", "[[]").replace("...", "*")
                assert any(fnmatchcase(each, pattern) for each in printed), f"{line!r} is not in\n{done.stdout}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new folder to work in, one for each page."""
    place = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        yield place


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), Console()], patterns=["README.md", "docs/*.md"], fixtures=["folder"]
).pytest()

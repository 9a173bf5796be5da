"""The server stands at the top: nothing below needs it, and nothing else needs what it is built of."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import harmattan

OURS = {"fastapi", "starlette", "uvicorn", "cachetools"}
SOURCE = Path(harmattan.__file__).parent


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_only_the_server_imports_fastapi() -> None:
    for path in SOURCE.rglob("*.py"):
        if path.relative_to(SOURCE).parts[0] != "api":
            assert not imported(path) & OURS, path


def test_the_command_line_starts_without_it() -> None:
    code = "import sys, harmattan.cli; sys.exit(any(name in sys.modules for name in ('fastapi', 'uvicorn')))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0

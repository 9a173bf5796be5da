"""The page says of the corpus what the corpus is."""

from __future__ import annotations

from pathlib import Path

from .table import HEADING, table

PAGE = Path(__file__).parents[2] / "docs" / "hostile.md"


def test_the_numbers_of_the_page_are_those_of_the_corpus() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index(HEADING)
    shown = [line for line in lines[start:] if line.startswith("|")]
    assert shown == table(), "run python -m tests.hostile.table and put what it prints into docs/hostile.md"

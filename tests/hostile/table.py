"""The table of docs/hostile.md, counted from the corpus: ``python -m tests.hostile.table`` prints it."""

from __future__ import annotations

from collections import Counter

from .beside import STORES
from .bombs import BOMBS
from .corpus import CASES

HEADING = "| input | what is bad about it | tried | refused with a message | read right |"


def table() -> list[str]:
    """The lines of the table, in Markdown."""
    cases = [*CASES, *BOMBS]
    refused = Counter((case.door, case.kind) for case in cases if case.message is not None)
    refused["stores", "stores of runs"] = len(STORES)
    read = Counter((case.door, case.kind) for case in cases if case.message is None)
    lines = [HEADING, "|---|---|---:|---:|---:|"]
    for door, kind in sorted({*refused, *read}, key=lambda each: (_order().index(each[0]), each[1])):
        one, other = refused[door, kind], read[door, kind]
        lines.append(f"| {door} | {kind} | {one + other} | {one} | {other} |")
    one, other = refused.total(), read.total()
    return [*lines, f"| all | | {one + other} | {one} | {other} |"]


def _order() -> list[str]:
    """The doors, in the order in which the corpus has them."""
    return list(dict.fromkeys([*(case.door for case in CASES), "stores"]))


if __name__ == "__main__":
    print("\n".join(table()))

"""All cases, but for the large ones of `tests.hostile.bombs` and the stores of `tests.hostile.beside`."""

from __future__ import annotations

from . import beside, experiments, files, folders, handed_in, packed, shapes, values
from .cases import Case

CASES: tuple[Case, ...] = (
    *files.PLACES,
    *files.ENCODINGS,
    *files.ARCHIVES,
    *files.FORMS,
    *values.NUMBERS,
    *values.DATES,
    *values.PLACES,
    *values.IDENTITIES,
    *packed.PARQUET,
    *packed.EXCEL,
    *packed.JSON,
    *shapes.GEOMETRY,
    *shapes.COORDINATES,
    *shapes.COLUMNS,
    *shapes.FILES,
    *beside.OWN,
    *beside.LINES,
    *experiments.TEXTS,
    *experiments.KEYS,
    *experiments.VALUES,
    *experiments.MODEL,
    *experiments.SWEEPS,
    *handed_in.FILES,
    *handed_in.LAYOUTS,
    *handed_in.VALUES,
    *folders.ALTERED,
    *folders.SEALED,
    *folders.STATED,
    *folders.OUTLINES,
    *folders.RIGHT,
)

"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data that tests measure against; its README says what it holds."""
    folder = Path(os.environ.get("HARMATTAN_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data").is_dir():
        message = f"there is no shared data at {folder}; set HARMATTAN_SHARED to the folder that holds data/"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder

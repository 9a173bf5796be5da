"""Where the files that ship with Harmattan live: bundled figures and experiments.

An installed wheel carries them inside the package, in ``harmattan/bundled``; an editable checkout reads them
from ``data`` and ``experiments`` beside ``src``. No other module builds these paths.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def data_dir() -> Path:
    """Return the folder of bundled figures: regions, neighbours, region grid, monthly counts.

    Returns
    -------
    Path
        An existing folder.

    Raises
    ------
    FileNotFoundError
        If neither the installed nor the checked-out folder exists.

    Examples
    --------
    >>> (data_dir() / "regions.csv").exists()
    True
    """
    return _shipped("data")


def experiments_dir() -> Path:
    """Return the folder of experiments, one TOML file each.

    Returns
    -------
    Path
        An existing folder.

    Raises
    ------
    FileNotFoundError
        If neither the installed nor the checked-out folder exists.

    Examples
    --------
    >>> experiments_dir().name
    'experiments'
    """
    return _shipped("experiments")


def _shipped(name: str) -> Path:
    places = [PACKAGE / "bundled" / name, PACKAGE.parents[1] / name]
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(
        f"expected the folder {name!r} that ships with harmattan in {places[0]} (installed) or {places[1]} "
        "(checkout); neither exists: reinstall the package"
    )

"""Things found by name: in a plain dict, or as ``package.module:object`` for code of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")


def find(name: str, known: Mapping[str, T], *, what: str) -> T:
    """Return ``known[name]``, or the object that ``package.module:object`` names.

    Parameters
    ----------
    name
        A key of `known`, or an import path with one colon.
    known
        The catalogue.
    what
        What is looked for, in the singular, for messages.

    Raises
    ------
    ValueError
        If there is no such name; the message gives the nearest known one.

    Examples
    --------
    >>> find("zer", {"zero": 0}, what="model")
    Traceback (most recent call last):
        ...
    ValueError: no model is called 'zer' (did you mean 'zero'?); known: zero, or package.module:object
    """
    if name in known:
        return known[name]
    if ":" in name:
        found: T = _imported(name, what)
        return found
    raise ValueError(
        f"no {what} is called {name!r}{nearest(name, known)}; known: {', '.join(known)}, or package.module:object"
    )


def nearest(name: str, known: Mapping[str, object] | list[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the most similar known name, nothing if none is similar."""
    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _imported(name: str, what: str) -> Any:
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:
        # A module runs when it is imported, so any error may come out of it.
        raise ValueError(f"the {what} {name!r} cannot be imported: {error or type(error).__name__}") from error

"""The words of a language: one TOML file each, and a reader's own changes to it, checked before a word is used."""

from __future__ import annotations

import difflib
import string
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "fr")
FORMS = ("none", "one", "many")
FREE = ("bundled", "countries", "models", "nouns", "events")
FIXED_TABLES = ("page", "sentences")


class WordsError(ValueError):
    """A file of words that cannot be used as it is."""


def words_of(language: str, own: Path | None = None) -> dict[str, Any]:
    """Return the words of a language.

    Parameters
    ----------
    language
        One of `LANGUAGES`.
    own
        TOML file with the keys of ``<language>.toml`` that shall read otherwise; the others stay.

    Raises
    ------
    ValueError
        If the language is unknown.
    WordsError
        If the file is not TOML, or has a key or a field in braces that the language's own file does not have; the
        message names it and the nearest known one.

    Examples
    --------
    >>> words_of("fr")["sentences"]["model_same"]
    'Modèle : inchangé.'
    """
    if language not in LANGUAGES:
        raise ValueError(f"lang must be one of {', '.join(LANGUAGES)}; got {language!r}")
    words = _read(Path(__file__).with_name(f"{language}.toml"))
    if own is None:
        return words
    changes = _read(own)
    _check(changes, words, own)
    return _merged(words, changes)


def fields_of(entry: str | Mapping[str, str]) -> set[str]:
    """Return the names in braces of a sentence, of all its forms together.

    Examples
    --------
    >>> sorted(fields_of("{window:in}, {n} of {regions:words}"))
    ['n', 'regions', 'window']
    """
    return {name for text in forms_of(entry) for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def forms_of(entry: str | Mapping[str, str]) -> Iterator[str]:
    """Yield every form of a sentence."""
    if isinstance(entry, str):
        yield entry
    else:
        yield from (text for name, text in entry.items() if name in FORMS)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WordsError(f"there is no file of words {path}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WordsError(f"{path} must be TOML in UTF-8: {error}") from error


def _check(changes: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> None:
    for key, value in changes.items():
        _known(key, words, path)
        if isinstance(value, dict) != isinstance(words[key], dict):
            raise WordsError(f"{path}: {key} must be {'a table' if isinstance(words[key], dict) else 'a text'}")
        if key in FIXED_TABLES:
            for name, entry in value.items():
                _known(name, words[key], path)
                _check_entry(f"{key}.{name}", entry, words[key][name], path)


def _check_entry(name: str, entry: Any, ours: Any, path: Path) -> None:
    """A sentence is a text, or texts by form; it may leave fields out, yet have none that we do not fill in."""
    if isinstance(entry, dict):
        by, forms = entry.get("by"), set(entry) - {"by"}
        if by not in fields_of(entry) | fields_of(ours) or "many" not in forms or forms - set(FORMS):
            raise WordsError(f'{path}: {name} must have "by", a field, and forms {", ".join(FORMS)}, "many" among them')
    elif not isinstance(entry, str):
        raise WordsError(f"{path}: {name} must be a text; got {entry!r}")
    try:
        unknown = fields_of(entry) - fields_of(ours)
    except ValueError as error:
        raise WordsError(f"{path}: {name} has a brace without its partner: {error}") from error
    if unknown:
        known = ", ".join(sorted(fields_of(ours))) or "none"
        raise WordsError(f"{path}: {name} has no field {{{min(unknown)}}}; its fields are: {known}")


def _known(key: str, words: Mapping[str, Any], path: Path) -> None:
    if key not in words:
        near = difflib.get_close_matches(key, list(words), n=1)
        raise WordsError(f"{path}: there is no key {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def _merged(words: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    tables = {key: {**words[key], **value} for key, value in changes.items() if isinstance(value, dict)}
    return {**words, **changes, **tables}

"""Tokens and passwords: taken from the environment or the system's keyring, shown to no one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harmattan.fetching.problems import FetchError

SERVICE = "harmattan"
"""Name of the service in the keyring; the user name there is that of the variable."""

Lookup = Callable[[str], str | None]


@dataclass(frozen=True)
class Secret:
    """A token or password. Only `reveal` gives its text; it never shows in a message, a log or a traceback.

    Examples
    --------
    >>> print([Secret("HARMATTAN_UCDP_TOKEN", "abc")])
    [Secret(HARMATTAN_UCDP_TOKEN)]
    """

    name: str
    _text: str

    def __post_init__(self) -> None:
        if not self._text.isprintable() or (not self._text.isascii() and self.name.endswith("_TOKEN")):
            raise FetchError(
                f"{self.name} holds a line break or a letter that a token cannot have; copy it again from its page"
            )

    def reveal(self) -> str:
        """Return the text, to be sent and nothing else."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    __str__ = __repr__


def lookup(environment: Mapping[str, str]) -> Lookup:
    """Return a function that looks a name up in the environment, then in the keyring if that library is installed.

    Examples
    --------
    >>> lookup({"HARMATTAN_UCDP_TOKEN": " abc "})("HARMATTAN_UCDP_TOKEN")
    'abc'
    """

    def look(name: str) -> str | None:
        text = environment.get(name, "").strip() or (_from_keyring(name) or "").strip()
        return text or None

    return look


def found(wanted: Sequence[Sequence[str]], look: Lookup, *, title: str, page: str) -> dict[str, Secret]:
    """Return the secrets of the first set of names that is complete; none are needed if `wanted` is empty.

    Raises
    ------
    FetchError
        If no set is complete; it says which variables to set and where to get their values.
    """
    for names in wanted:
        texts = {name: look(name) for name in names}
        if all(texts.values()):
            return {name: Secret(name, text) for name, text in texts.items() if text}
    if not wanted:
        return {}
    choices = ", or ".join(" and ".join(names) for names in wanted)
    raise FetchError(f"{title} asks for a login: set {choices} in the environment or the keyring; see {page}")


def _from_keyring(name: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        kept: str | None = keyring.get_password(SERVICE, name)
    except KeyringError:
        # No keyring on this machine, or a locked one: the same as a name that is not in it.
        return None
    return kept

"""What can go wrong with a store."""

from __future__ import annotations


class TrackingError(RuntimeError):
    """The store could not be used; the message names it."""


class UntrustedTypeError(TypeError):
    """A stored model holds an object of a type that Harmattan does not load."""

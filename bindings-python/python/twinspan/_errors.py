"""The exceptions that the codec raises."""

from __future__ import annotations


class Error(Exception):
    """The root of everything that Twinspan raises."""

    def __init__(self, message: str = "", *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n{self.advice}" if self.advice else self.message


class Unserializable(Error, TypeError):
    """A value can't cross; the message names its path."""


class BadArguments(Error, TypeError):
    """The arguments don't fit the method; its handler did not run."""

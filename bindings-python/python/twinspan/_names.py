"""Names that were probably meant."""

from __future__ import annotations


def near(name: str, names: list[str]) -> str:
    """The one of `names` that was probably meant, or ""."""
    import difflib

    found = difflib.get_close_matches(name, names, 1, 0.5)
    return found[0] if found else ""

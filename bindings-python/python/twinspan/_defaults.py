"""Defaults as JSON, in the words that `twinspan call` reads: the type beside a default says what a text stands for."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

LONGEST = 1024
"""Longest default that is told, in characters."""


def json_of(value: Any, kind: str) -> str | None:
    """A value as JSON under its type in the neutral grammar; None where JSON can't say it, or not that briefly."""
    try:
        said = _said(value, kind.removesuffix("?"), 0)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return None if said is None or len(said) > LONGEST else said


def _said(value: Any, kind: str, depth: int) -> str | None:
    if value is None or value is True or value is False:
        return json.dumps(value)
    enum = sys.modules.get("enum")
    if enum is not None and isinstance(value, enum.Enum):
        return json.dumps(value.name, ensure_ascii=False) if kind.startswith("enum ") and value.name else None
    cls = type(value)
    if cls is int:
        return _number(float(value)) if kind == "float" else str(value)
    if cls is float:
        return _number(value)
    if cls is str:
        value.encode()  # lone surrogates don't cross
        return json.dumps(value, ensure_ascii=False) if kind in ("text", "any") else None
    if cls in (list, tuple, set, frozenset, dict):
        return None if depth > 8 else _many(value, kind, depth)
    text = _text(value, cls.__name__, kind)
    return None if text is None else json.dumps(text)


def _number(value: float) -> str | None:
    return repr(value) if math.isfinite(value) else None


def _many(value: Any, kind: str, depth: int) -> str | None:
    name, _, rest = kind.partition("<")
    inner = split(rest.removesuffix(">"))
    if isinstance(value, dict):
        if kind != "any" and (name != "map" or len(inner) != 2):
            return None
        if not all(type(key) is str for key in value):
            return None
        of = inner[1] if name == "map" else "any"
        pairs = [(json.dumps(key, ensure_ascii=False), _said(item, of.removesuffix("?"), depth + 1)) for key, item in value.items()]
        return None if any(item is None for _, item in pairs) else "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    if name not in ("list", "set", "tuple", "any"):
        return None
    kinds = inner if name == "tuple" and len(inner) == len(value) else [inner[0] if inner and name != "tuple" else "any"] * len(value)
    items = [_said(item, of.removesuffix("?"), depth + 1) for item, of in zip(value, kinds, strict=True)]
    if isinstance(value, (set, frozenset)):
        items.sort(key=str)
    return None if None in items else f"[{', '.join(map(str, items))}]"


def split(inner: str) -> list[str]:
    """The types between the brackets of a type, at the commas that stand in no further brackets."""
    parts, deep, start = [], 0, 0
    for at, c in enumerate(inner):
        deep += (c == "<") - (c == ">")
        if c == "," and deep == 0:
            parts.append(inner[start:at])
            start = at + 1
    return [*parts, inner[start:]] if inner else []


def _text(value: Any, name: str, kind: str) -> str | None:
    if name == "Decimal" and kind == "decimal":
        return str(value) if value.is_finite() else None
    if name == "UUID" and kind == "uuid":
        return str(value)
    if (name, kind) in (("ServiceRef", "service_ref"), ("NodeRef", "node_ref")):
        return str(value)
    if name == "bytes" and kind == "bytes":
        import base64

        return base64.b64encode(value).decode()
    if name == "date" and kind == "date":
        return str(value.isoformat())
    if name == "time" and kind == "time" and value.tzinfo is None:
        return _short(value.isoformat())
    if name == "datetime" and kind == "datetime":
        return _moment(value)
    if name == "timedelta" and kind == "duration":
        return _duration(value)
    return None


def _moment(value: Any) -> str | None:
    if value.tzinfo is None:
        return _short(value.isoformat())
    offset = value.utcoffset()
    local = _short(value.replace(tzinfo=None).isoformat())
    minutes = round(offset.total_seconds()) // 60
    if offset.total_seconds() != minutes * 60:
        return None
    told = "Z" if minutes == 0 else f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    zone = getattr(value.tzinfo, "key", None)
    return f"{local}{told}" + (f"[{zone}]" if zone else "")


def _short(iso: str) -> str:
    """Without the zeros behind the last digit of the seconds."""
    return iso.rstrip("0").removesuffix(".") if "." in iso else iso


def _duration(value: Any) -> str:
    micros = (value.days * 86400 + value.seconds) * 10**6 + value.microseconds
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, fraction = divmod(micros, 10**6)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = (f"{sign}{hours}H" if hours else "") + (f"{sign}{minutes}M" if minutes else "")
    if seconds or fraction or not parts:
        parts += f"{sign}{_short(f'{seconds}.{fraction:06}')}S"
    return f"PT{parts}"

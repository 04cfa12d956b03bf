"""What a test is told of an exception."""

from __future__ import annotations

import traceback
from typing import Any

import twinspan
from values import literal_of


def error_of(error: BaseException, depth: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "also": [cls.__qualname__ for cls in type(error).__mro__],
        "text": str(error),
        "trace": "".join(traceback.format_exception(error)) if depth == 0 else "",
    }
    if isinstance(error, twinspan.Error):
        told |= {key: getattr(error, key) for key in ("kind", "executed", "retryable", "node", "advice", "trace_id")}
    if isinstance(error, twinspan.RemoteError):
        told["remote"] = {
            "type": error.type,
            "language": error.language,
            "frames": error.frames,
            "details": literal_of(error.details),
            "is_value_error": error.is_("builtins.ValueError"),
            "is_illegal_argument": error.is_("java.lang.IllegalArgumentException"),
        }
    told |= {key: getattr(error, key) for key in ("order", "score", "part", "pieces") if hasattr(error, key)}
    told["notes"] = list(getattr(error, "__notes__", ()))
    if error.__cause__ is not None and depth < 8:
        told["cause"] = error_of(error.__cause__, depth + 1)
    return told

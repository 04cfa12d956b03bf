"""The cases, each written once: what a handler raises in either language, and what its caller must see of it in either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Each = str | Mapping[str, str]
"""The same whoever raises, or by the language of the handler."""

PYTHON, JAVA = "python", "java"


def both(python: str, java: str) -> dict[str, str]:
    return {PYTHON: python, JAVA: java}


@dataclass(frozen=True)
class Case:
    name: str
    type: Each
    """Name of the class that the handler raises."""
    text: Each = ""
    """Is in the text of the error."""
    method: str = ""
    """The handler; the case's own name if it isn't given."""
    args: tuple[Any, ...] = ()
    via: str = "call"
    """How it is called: `call`, `async`, `typed` (a contract that declares classes), `stream`, `input`."""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names to which the error answers, by the language of the handler."""
    denies: tuple[str, ...] = ()
    """Names to which it doesn't."""
    caught: Each = field(default_factory=lambda: both("RemoteError", "RemoteCallException"))
    """Class of what is raised at the caller, by its language."""
    cause: Each = ""
    """Name of the class that caused it; "" if nothing did."""
    suppressed: Mapping[str, int] = field(default_factory=lambda: {PYTHON: 0, JAVA: 0})
    items: int = 0
    """Items that came before."""

    def of(self, what: str, language: str) -> str:
        """One of the fields that may differ between the languages."""
        each: Each = getattr(self, what)
        return each if isinstance(each, str) else each[language]


VALUE = both("builtins.ValueError", "java.lang.IllegalArgumentException")
RUNTIME = both("builtins.RuntimeError", "java.lang.IllegalStateException")
CANCELLED = both("asyncio.CancelledError", "java.util.concurrent.CancellationException")
REMOTE = both("twinspan.RemoteError", "io.twinspan.RemoteCallException")
GROUP = "builtins.ExceptionGroup"


def standard(name: str, python: str, java: str, *, answers: tuple[str, ...] = (), denies: tuple[str, ...] = (), **more: Any) -> Case:
    """A standard pair: each language's class answers to the other's name."""
    return Case(
        f"standard_{name}",
        both(f"builtins.{python}", java),
        "boom",
        "standard",
        (name,),
        answers={PYTHON: (f"builtins.{python}", java, *answers), JAVA: (java, *answers)},
        denies=denies,
        **more,
    )


NO_SUCH_ELEMENT = "java.util.NoSuchElementException"

STANDARD = [
    standard("value", "ValueError", VALUE[JAVA], answers=("builtins.ValueError",), denies=("builtins.RuntimeError", "builtins.KeyError")),
    standard("key", "KeyError", NO_SUCH_ELEMENT, answers=("builtins.LookupError",), denies=("builtins.ValueError",)),
    standard("lookup", "LookupError", NO_SUCH_ELEMENT, answers=("builtins.LookupError",), denies=("builtins.KeyError",)),
    standard("index", "IndexError", "java.lang.IndexOutOfBoundsException", answers=("builtins.IndexError", "builtins.LookupError")),
    standard("type", "TypeError", "java.lang.ClassCastException", answers=("builtins.TypeError",), denies=("builtins.ValueError",)),
    standard("timeout", "TimeoutError", "java.util.concurrent.TimeoutException", answers=("builtins.TimeoutError",)),
    standard("permission", "PermissionError", "java.lang.SecurityException", answers=("builtins.PermissionError",)),
    standard("unsupported", "NotImplementedError", "java.lang.UnsupportedOperationException", answers=("builtins.NotImplementedError",)),
    standard("zero_division", "ZeroDivisionError", "java.lang.ArithmeticException", answers=("builtins.ArithmeticError",)),
    standard(
        "arithmetic",
        "ArithmeticError",
        "java.lang.ArithmeticException",
        answers=("builtins.ArithmeticError",),
        denies=("builtins.ZeroDivisionError",),
    ),
    standard(
        "no_file", "FileNotFoundError", "java.nio.file.NoSuchFileException", answers=("builtins.FileNotFoundError", "java.io.IOException")
    ),
    standard("io", "OSError", "java.io.IOException", answers=("builtins.OSError",), denies=("builtins.FileNotFoundError",)),
    standard("state", "RuntimeError", RUNTIME[JAVA], answers=("builtins.RuntimeError",)),
    Case(
        "standard_runtime",
        both("builtins.RuntimeError", "java.lang.RuntimeException"),
        "boom",
        "standard",
        ("runtime",),
        answers={PYTHON: (RUNTIME[JAVA],), JAVA: ("builtins.RuntimeError",)},
    ),
    Case(
        "standard_cancelled",
        CANCELLED,
        "boom",
        "standard",
        ("cancelled",),
        answers={PYTHON: tuple(CANCELLED.values()), JAVA: tuple(CANCELLED.values())},
        caught=both("RemoteCancelled", "RemoteCancelledException"),
    ),
]

OTHERS = [
    Case("no_text", VALUE),
    Case("own", "faulty.Rejected", "o-1 scored 0.9", denies=("builtins.ValueError",)),
    Case("own_declared", "faulty.Rejected", "o-1 scored 0.9", "own", via="typed", caught="Rejected"),
    Case("value_declared", VALUE, "boom", "standard", ("value",), "typed", caught=both("ValueError", "IllegalArgumentException")),
    Case("value_undeclared", both("builtins.KeyError", NO_SUCH_ELEMENT), "boom", "standard", ("key",), "typed"),
    Case("plain", both("faulty.Plain", "agents.Faults$Plain"), "plain o-2"),
    Case("plain_undeclared", both("faulty.Plain", "agents.Faults$Plain"), "plain o-2", "plain", via="typed"),
    Case("two_arguments", "faulty.TwoArguments", "not from 1 to 9", answers={PYTHON: tuple(VALUE.values()), JAVA: tuple(VALUE.values())}),
    Case(
        "two_arguments_declared",
        "faulty.TwoArguments",
        "not from 1 to 9",
        "two_arguments",
        via="typed",
        caught=both("TwoArguments", "RemoteCallException"),
    ),
    Case("chain", RUNTIME, "outer", cause=VALUE),
    Case("context", RUNTIME, "while that was handled", cause=VALUE),
    Case("hidden_context", RUNTIME, "alone"),
    Case("notes", VALUE, "noted", suppressed={PYTHON: 0, JAVA: 2}),
    Case("several", both(GROUP, "java.lang.IllegalStateException"), "several", suppressed={PYTHON: 2, JAVA: 2}),
    Case("circle", VALUE, "one", cause=RUNTIME),
    Case("long_chain", VALUE, "number 39", cause=VALUE),
    Case("wide", both(GROUP, "java.lang.IllegalStateException"), "wide", suppressed={PYTHON: 16, JAVA: 16}),
    Case("overflows", both("builtins.RecursionError", "java.lang.StackOverflowError")),
    Case("memory", both("builtins.MemoryError", "java.lang.OutOfMemoryError")),
    Case("asserts", both("builtins.AssertionError", "java.lang.AssertionError"), "not so"),
    Case("interrupt", both("builtins.KeyboardInterrupt", "java.lang.InterruptedException"), "by hand"),
    Case("exits", both("builtins.SystemExit", "java.lang.LinkageError"), "bye"),
    Case("stops", both("builtins.StopIteration", NO_SUCH_ELEMENT), "at the end"),
    Case("generator_exit", both("builtins.GeneratorExit", "java.lang.InternalError"), "left"),
    Case("undeclared", both("builtins.OSError", "java.io.IOException"), "the disk is gone", via="typed"),
    Case("anonymous", both("faulty.", "agents.Faulty$1"), "without a name", answers={PYTHON: (VALUE[JAVA],), JAVA: (VALUE[PYTHON],)}),
    Case("local_class", both("faulty.Faulty.local_class.<locals>.Local", "agents.Faulty$1Local"), "of a method"),
    Case("in_lambda", VALUE, "deep"),
    Case("loaded", "faulty.Loaded", "loaded"),
    Case("mute", both("faulty.Mute", "agents.Faults$Mute"), "its text could not be made"),
    Case("fatal", both("faulty.Fatal", "agents.Faults$Fatal"), "its text could not be made"),
    Case("broken", both("faulty.Broken", "agents.Faults$Broken")),
    Case("deep", VALUE, "deep"),
    Case("half", VALUE, "a character"),
    Case("lines", VALUE, "secret.py"),
    Case("awaited", VALUE, "awaited", via="async"),
    Case("awaited_cancelled", CANCELLED, "by itself", via="async", caught=both("RemoteCancelled", "RemoteCancelledException")),
    Case("awaited_exit", both("builtins.KeyboardInterrupt", "java.lang.InternalError"), "on the loop", via="async"),
    Case(
        "together",
        both(GROUP, "java.util.concurrent.ExecutionException"),
        via="async",
        cause=both("", VALUE[JAVA]),
        suppressed={PYTHON: 1, JAVA: 0},
    ),
    Case("items", VALUE, "after three", via="stream", items=3),
    Case("items_async", VALUE, both("after three", "it broke after 3"), via="stream", items=3),
]

CASES = [*STANDARD, *OTHERS]

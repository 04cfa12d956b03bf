"""Every case in each pair of languages: class, text, names, causes, and the trace as the caller's language prints it."""

from __future__ import annotations

import re

import pytest

from agents import literal as lit

from . import traces
from .cases import CASES, GROUP, REMOTE, RUNTIME, VALUE, Case
from .faults import SERVICE, Faults
from .traces import GOLDEN, check, normal


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(pair: Faults, case: Case) -> None:
    caller, provider = pair.languages
    names = [*case.answers.get(provider, ()), *case.denies]
    error = pair.error(case.method or case.name, *case.args, via=case.via, names=names)

    assert error["class"].rpartition(".")[2].rpartition("$")[2] == case.of("caught", caller)
    # The class itself is raised with the remote error as its cause; otherwise that is what is raised.
    declared = "kind" not in error
    remote = error["cause"] if declared else error
    assert (remote["kind"], remote["executed"], remote["retryable"], remote["node"]) == ("Remote", "yes", False, pair.provider)
    assert (remote["remote"]["type"], remote["remote"]["language"]) == (case.of("type", provider), provider)
    assert case.of("text", provider) in remote["text"]
    assert declared or len(error["text"].splitlines()) >= 2
    assert error["is"] == {**dict.fromkeys(case.answers.get(provider, ()), True), **dict.fromkeys(case.denies, False)}
    if case.of("cause", provider):
        assert remote["cause"]["remote"]["type"] == case.of("cause", provider)
    else:
        assert "cause" not in remote
    assert len(error["suppressed"]) == case.suppressed[provider]
    assert len(error["items"]) == case.items
    check(case.name, pair.name, caller, error["trace"])
    pair.goes_on()


@pytest.mark.parametrize("last", ["p1", "j1"])
def test_all_legs_are_in_one_trace(pair: Faults, last: str) -> None:
    """Caller, provider, the other language, back to the provider, and the last one fails: for a Python caller Python, Java, Python, Java."""
    caller, provider = pair.languages
    over = "j1" if provider == "python" else "p1"
    path = [f"{SERVICE}.{name}" for name in (over, pair.provider, last)]
    error = pair.error("relay", path, "standard", ["value"])
    trace = check(f"nested_{last[0]}", pair.name, caller, error["trace"])
    ends = ["Faulty.java" if name[0] == "j" else "faulty.py" for name in (last, pair.provider, over, pair.provider)]
    # Python begins with the innermost cause, Java with what was thrown here.
    in_order = [next(end for end in ("faulty.py", "Faulty.java") if end in line) for line in trace.splitlines() if _is_frame(line)]
    assert in_order == (ends if caller == "python" else ends[::-1])
    assert "boom" in trace
    innermost = error
    while "cause" in innermost:
        innermost = innermost["cause"]
    assert innermost["remote"]["type"] == VALUE[pair.nodes[last].language]
    assert innermost["node"] == last
    pair.goes_on()


def _is_frame(line: str) -> bool:
    return line.strip().startswith(("at ", "File "))


def test_a_handlers_own_error_for_a_remote_one(pair: Faults) -> None:
    caller, provider = pair.languages
    last = "j1" if provider == "python" else "p1"
    error = pair.error("translate", [f"{SERVICE}.{last}"], "own", [])
    assert (error["remote"]["type"], error["node"]) == (RUNTIME[provider], pair.provider)
    assert error["cause"]["remote"]["type"] == REMOTE[provider]
    assert error["cause"]["cause"]["remote"]["type"] == "faulty.Rejected"
    assert error["cause"]["cause"]["node"] == last
    check("translated", pair.name, caller, error["trace"])
    pair.goes_on()


def test_an_error_of_the_callers_input(pair: Faults) -> None:
    """The source that the caller sends breaks: its handler meets a remote error of the caller, and lets it through."""
    caller, provider = pair.languages
    error = pair.error("take", via="input")
    assert (error["kind"], error["executed"], error["node"]) == ("Remote", "yes", pair.provider)
    assert error["remote"]["type"] == REMOTE[provider]
    assert (error["cause"]["remote"]["type"], error["cause"]["node"]) == (VALUE[caller], pair.caller)
    assert "the source ran dry" in error["cause"]["text"]
    check("source", pair.name, caller, error["trace"])
    pair.goes_on()


def test_a_result_that_fails_while_it_is_encoded(pair: Faults) -> None:
    error = pair.error("odd_result")
    assert (error["kind"], error["executed"], error["node"]) == ("Unserializable", "yes", pair.provider)
    assert "not measured" in error["text"]
    pair.goes_on()


def test_rebuilt_by_name(pair: Faults) -> None:
    """`as` makes an instance of a class that the error answers to, and nothing else."""
    caller, provider = pair.languages
    built = pair.error("own")["as"]
    assert built.pop("rejected")["fields"] == {"order": "o-1", "score": lit.number(0.9) if caller == "python" else 0.9}
    assert set(built.values()) == {None}
    built = pair.error("standard", "value")["as"]
    value = built.pop("value")
    assert (value["text"], value["exact"]) == ("boom", True)
    assert set(built.values()) == {None}
    assert pair.error("standard", "key")["as"]["key"] is not None or (caller, provider) == ("python", "java")
    if pair.languages == ("python", "python"):
        group = pair.error("several")["as"]["group"]
        assert (group["text"], group["members"]) == ("several (2 sub-exceptions)", ["builtins.ValueError", GROUP])


def test_there_are_enough() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 50


def test_no_golden_file_is_left_over() -> None:
    known = {case.name for case in CASES} | {"nested_p", "nested_j", "translated", "source"}
    assert {file.stem for file in GOLDEN.glob("*.txt")} == known


def test_a_trace_that_differs_is_seen(pair: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are compared, and nothing of a remote frame is normalised away."""
    caller, provider = pair.languages
    trace = pair.error("standard", "value")["trace"]
    line = next(line for line in trace.splitlines() if "aulty." in line and "standard" in line and _is_frame(line))
    for wrong in (
        trace.replace("boom", "bang"),
        trace.replace("standard", "sub"),
        trace.replace(line, line + "\n" + line),
        trace.replace(line, re.sub(r"\d+(?=\)|, in)", "7", line)),
    ):
        assert normal(wrong, caller) != normal(trace, caller)
        monkeypatch.setattr(traces, "REWRITE", False)
        with pytest.raises(AssertionError, match="the trace differs"):
            check("standard_value", f"{caller}-{provider}", caller, wrong)

"""What bench.json holds: one row for each work, pair, face, pace, cores and transport."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Any

from .plan import LANGUAGES, Condition, conditions
from .session import RUNS, Block, Session

Row = dict[str, Any]
PAIRS = [f"{caller}-{provider}" for caller in LANGUAGES for provider in LANGUAGES]
CALLBACK = "py4j_callback"


def rows(session: Session) -> list[Row]:
    made = []
    for condition in conditions():
        for cores in session.cores:
            measured = session.blocks.get((condition, cores), {})
            made += [row(condition, cores, pair, measured) for pair in PAIRS if pair in measured]
    return made


def row(condition: Condition, cores: str, pair: str, measured: dict[str, list[Block]]) -> Row:
    ours = measured[pair]
    made: Row = {
        "work": condition.work,
        "pair": pair,
        "face": condition.face,
        "pace": condition.pace,
        "cores": cores,
        "transport": condition.transport,
        "tls": True,
        "p50_us": rounded(block.p50_us for block in ours),
        "p99_us": rounded(block.p99_us for block in ours),
        "rate": rounded(block.rate for block in ours) if condition.is_rate else None,
        "cpu_us": rounded(block.cpu_us for block in ours),
        "runs": [rounded([block.rate if condition.is_stream else block.p50_us]) for block in ours],
        "ping_pong_us": figure(condition, measured.get("ping_pong")),
        "peers": peers(condition, pair, measured),
    }
    if condition.face == "threads64":
        made["spread"] = rounded(block.spread for block in ours)
    if condition.is_stream:
        made["gb_s"] = round(made["rate"] * condition.size / 1e9, 3)
    return made


def peers(condition: Condition, pair: str, measured: dict[str, list[Block]]) -> dict[str, float | None]:
    """Every peer of the condition. Py4J calls Python back where Java calls."""
    found = {key: figure(condition, blocks) for key, blocks in measured.items() if key not in PAIRS and key != "ping_pong"}
    callback = found.pop(CALLBACK, None)
    if pair == "java-python" and callback is not None:
        found["py4j"] = callback
    return found


def figure(condition: Condition, blocks: list[Block] | None) -> float | None:
    """Microseconds; calls a second where 64 are in flight, items a second of a stream."""
    if not blocks:
        return None
    return rounded(block.rate if condition.is_rate else block.p50_us for block in blocks)


def rounded(figures: Iterable[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return round(median(known), 2) if known else None


def missing(session: Session, made: list[Row]) -> list[str]:
    """What a whole run has and this one lacks."""
    lacking = []
    have = {(each["work"], each["pair"], each["face"], each["pace"], each["cores"], each["transport"]): each for each in made}
    for condition in conditions():
        for cores in session.cores:
            for pair in PAIRS:
                name = (condition.work, pair, condition.face, condition.pace, cores, condition.transport)
                found = have.get(name)
                if found is None:
                    lacking.append(f"no row {' '.join(name)}")
                elif len(found["runs"]) < RUNS or "grpcio" not in found["peers"]:
                    lacking.append(f"row {' '.join(name)} lacks runs or grpcio")
                elif found["ping_pong_us"] is None and not condition.is_stream:
                    lacking.append(f"row {' '.join(name)} lacks the ping-pong")
    return lacking

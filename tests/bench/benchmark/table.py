"""The rows for people: a block for each condition, ours beside the peers with ratios."""

from __future__ import annotations

from itertools import groupby

from .rows import Row

CORES = {"idle": "cores idle", "awake": "cores kept awake"}


def table(rows: list[Row]) -> str:
    lines: list[str] = []
    for _, group in groupby(rows, key=lambda row: (row["work"], row["face"], row["pace"], row["transport"], row["cores"])):
        lines += ["", *block(list(group))]
    return "\n".join(lines)


def block(rows: list[Row]) -> list[str]:
    """The rows of one condition."""
    first = rows[0]
    is_rate = first["rate"] is not None
    is_stream = "gb_s" in first
    peers = sorted({key for row in rows for key in row["peers"]}, key=lambda key: (key.startswith("grpc"), key))
    if is_stream:
        heads = ["pair", "items/s", "GB/s"]
    else:
        heads = ["pair", *(("calls/s", "p50 us") if is_rate else ("p50 us", "- ping-pong")), "p99 us"]
    lines = [[*heads, "cpu us", *peers], *([*cells(row), *(beside(row, key, is_rate) for key in peers)] for row in rows)]
    where = " · ".join((first["work"], first["face"], first["pace"], first["transport"], CORES[first["cores"]]))
    floor = f" (bare ping-pong {number(first['ping_pong_us'])} {'messages/s' if is_rate else 'us'})"
    return [where if is_stream else where + floor, *aligned(lines)]


def cells(row: Row) -> list[str]:
    """Our own figures of a row."""
    if "gb_s" in row:
        measured = [number(row["rate"]), f"{row['gb_s']:.3f}"]
    elif row["rate"] is not None:
        measured = [number(row["rate"]), number(row["p50_us"]), number(row["p99_us"])]
    else:
        measured = [number(row["p50_us"]), above(row["p50_us"], row["ping_pong_us"]), number(row["p99_us"])]
    return [row["pair"], *measured, number(row["cpu_us"])]


def above(ours: float, floor: float | None) -> str:
    return "-" if floor is None else f"{ours - floor:+,.1f}"


def beside(row: Row, key: str, is_rate: bool) -> str:
    """`706.0 (x16.0)`: their figure, and how many times better ours is."""
    theirs = row["peers"].get(key)
    ours = row["rate"] if is_rate else row["p50_us"]
    if not theirs or not ours:
        return "-"
    return f"{number(theirs)} (x{ours / theirs if is_rate else theirs / ours:.1f})"


def number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"


def aligned(lines: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  " + "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]) for line in lines]

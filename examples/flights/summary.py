"""What a run has to show: demo.json, and a table for people."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

SHORT = {"python": "py", "java": "java"}
LOST = {"model": "a model node", "ledger": "the desk that kept the ledger"}
VERDICTS = {
    0: "Cluster and baseline agree on every flight.",
    10: "MISSING: the cluster did not decide on every flight.",
    11: "DUPLICATES: the ledger holds a flight twice.",
    12: "DIFFERENT: the cluster decided otherwise than the baseline.",
}


def result(
    checked: Mapping[str, Any],
    nodes: Sequence[dict[str, Any]],
    kills: Sequence[dict[str, Any]],
    reports: Mapping[str, Mapping[str, Any]],
    seconds: float,
) -> dict[str, Any]:
    """The content of demo.json. Each figure is a count of who did it: calls are counted by the node that served them. What a killed
    process had counted is lost with it."""
    calls = {f"{caller}_{provider}": 0 for caller in SHORT.values() for provider in SHORT.values()}
    for node in nodes:
        for language, count in reports[node["name"]]["calls"].items():
            calls[f"{SHORT[language]}_{SHORT[node['lang']]}"] += count
    latencies = sorted(latency for report in reports.values() for latency in report["latencies_us"])
    return {
        "flights_in": checked["flights_in"],
        "decided": checked["decided"],
        "missing": checked["missing"],
        "duplicates": checked["duplicates"],
        "different": checked["different"],
        "pred_max_abs_diff": checked["pred_max_abs_diff"],
        "explained": sum(report.get("explained", 0) for report in reports.values()),
        "unconfirmed": sum(report.get("unconfirmed", 0) for report in reports.values()),
        "kills": list(kills),
        "calls": calls,
        "calls_per_s": round(sum(calls.values()) / seconds, 1),
        "flights_per_s": round(checked["decided"] / seconds, 1),
        "p50_us": percentile(latencies, 50),
        "p99_us": percentile(latencies, 99),
        "nodes": [{**node, "served": reports[node["name"]]["served"]} for node in nodes],
        "seconds": round(seconds, 3),
        "cpu_count": os.cpu_count(),
    }


def percentile(ordered: Sequence[int], percent: float) -> int:
    """The smallest value that so many percent do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0


def example(reports: Mapping[str, Mapping[str, Any]]) -> str:
    """One explanation, in words."""
    return next((report["example"] for report in reports.values() if report.get("example")), "")


def table(found: Mapping[str, Any], explanation: str, code: int) -> str:
    """The summary."""
    calls = found["calls"]
    lines = [
        "",
        f"  {'node':<10}{'language':<10}{'pid':>9}{'calls served':>15}",
        *(f"  {node['name']:<10}{node['lang']:<10}{node['pid']:>9}{node['served']:>15,}" for node in found["nodes"]),
        *([""] if found["kills"] else []),
        *(
            f"  killed    {LOST[kill['role']]} (pid {kill['pid']}) with {kill['at_decided']:,} flights decided; started again"
            for kill in found["kills"]
        ),
        "",
        f"  {'caller':<10}{'to Python':>12}{'to Java':>12}",
        f"  {'Python':<10}{calls['py_py']:>12,}{calls['py_java']:>12,}",
        f"  {'Java':<10}{calls['java_py']:>12,}{calls['java_java']:>12,}",
        "",
        f"  flights   {found['flights_in']:,} in, {found['decided']:,} decided, {found['explained']:,} diverted and explained",
        f"  wrong     {found['missing']:,} missing, {found['duplicates']:,} twice, {found['different']:,} different;"
        f" predictions differ by at most {found['pred_max_abs_diff']}",
        f"  speed     {found['seconds']:.1f} s, {found['flights_per_s']:,.0f} flights/s, {found['calls_per_s']:,.0f} calls/s",
        f"  a call    took {found['p50_us'] / 1000:.2f} ms (median), {found['p99_us'] / 1000:.2f} ms (99th percentile), model included",
        *([f"  e.g.      {explanation}"] if explanation else []),
        "",
        VERDICTS.get(code, f"The checker failed with {code}."),
    ]
    return "\n".join(lines)

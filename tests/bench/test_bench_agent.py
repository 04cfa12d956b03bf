"""Agents that fail, keep silent or would outlive their driver."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmark.agent import Agent, AgentFailed
from benchmark.process import threads

BENCH = Path(__file__).parent
ECHO = "import sys\nprint('ready a=1', flush=True)\nfor line in sys.stdin: print('done said=' + line.strip(), flush=True)"
Start = Callable[[str], Agent]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    agents: list[Agent] = []

    def started(program: str) -> Agent:
        agents.append(Agent(f"a{len(agents)}", [sys.executable, "-c", program], tmp_path, dict(os.environ)))
        return agents[-1]

    yield started
    for agent in agents:
        agent.end(time.monotonic() + 5)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def within(seconds: float, true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_it_answers_and_ends_with_its_stdin(start: Start) -> None:
    agent = start(ECHO)
    assert agent.answer(10) == {"a": "1"}
    assert agent.ask("go", 10) == {"said": "go"}
    agent.close()
    assert within(10, lambda: gone(agent.pid))


def test_a_silent_one_is_killed_at_its_deadline(start: Start) -> None:
    agent = start("import sys; print('ready', flush=True); sys.stderr.write('why\\n'); sys.stderr.flush(); sys.stdin.read()")
    agent.answer(10)
    with pytest.raises(AgentFailed, match="kept silent"):
        agent.ask("go", 0.2)
    assert within(10, lambda: gone(agent.pid))
    with pytest.raises(AgentFailed, match="why"):
        agent.ask("go", 10)


def test_one_that_ended_is_named_with_the_end_of_its_log(start: Start) -> None:
    agent = start("raise SystemExit('no such library')")
    with pytest.raises(AgentFailed, match="ended with 1\n    no such library"):
        agent.answer(10)


def test_a_failed_order_leaves_it_alive(start: Start) -> None:
    agent = start("print('failed for once', flush=True); print('done calls=3', flush=True); input()")
    with pytest.raises(AgentFailed, match="for once"):
        agent.answer(10)
    assert agent.answer(10) == {"calls": "3"}


def test_agents_die_with_a_driver_that_is_killed(tmp_path: Path) -> None:
    program = f"""
import os, sys, time
from pathlib import Path
from benchmark.agent import Agent
agent = Agent("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], Path({str(tmp_path)!r}), dict(os.environ))
print(agent.pid, flush=True)
time.sleep(600)
"""
    driver = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=BENCH, env={**os.environ, "PYTHONPATH": str(BENCH)}
    )
    assert driver.stdout is not None
    pid = int(driver.stdout.readline())
    assert not gone(pid)
    driver.send_signal(signal.SIGKILL)
    driver.wait(10)
    driver.stdout.close()
    assert within(10, lambda: gone(pid))


def test_cpu_time_counts_what_a_process_burns(start: Start) -> None:
    agent = start("""
import time
print("ready", flush=True)
input()
end = time.process_time() + 0.2
while time.process_time() < end: pass
print("done", flush=True)
input()
""")
    agent.answer(10)
    before = agent.cpu()
    agent.ask("go", 30)
    assert 0.18 <= agent.cpu() - before < 0.4


def test_threads_are_named(start: Start) -> None:
    agent = start(ECHO)
    agent.answer(10)
    assert len(threads(agent.pid)) == 1


def test_one_that_was_killed_is_noticed_by_its_clock(start: Start) -> None:
    agent = start(ECHO)
    agent.answer(10)
    os.kill(agent.pid, signal.SIGKILL)

    def noticed() -> bool:
        try:
            agent.cpu()
        except AgentFailed as error:
            return "ended with -9" in str(error)
        return False

    assert within(10, noticed)

"""Whole processes: import, exit, signals, fork, the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

APP = """
import os, sys, threading, time
from collections.abc import Iterator
import twinspan
app = twinspan.App("p")
@app.function("p.wait")
def wait(seconds: float) -> str:
    time.sleep(seconds)
    return "done"
@app.function("p.pid")
def pid() -> int:
    return os.getpid()
@app.function("p.twice")
async def twice(x: int) -> int:
    return 2 * x
@app.function("p.ticks")
def ticks(pause: float):
    yield 1
    time.sleep(pause)
    yield 2
@app.function("p.aticks")
async def aticks(n: int):
    for i in range(n):
        yield i
@app.function("p.total")
def total(xs: Iterator[int]) -> int:
    return sum(xs)
CLUSTER = sys.argv[1] if len(sys.argv) > 1 else None
"""


def run(code: str, cluster: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "faulthandler", "-c", APP + textwrap.dedent(code), cluster]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def test_import_is_cheap() -> None:
    code = (
        "import time; t = time.perf_counter(); import twinspan; print(time.perf_counter() - t); import sys; print('asyncio' in sys.modules)"
    )
    times = []
    for _ in range(5):
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        times.append(float(out[0]))
        assert out[1] == "False"
    assert min(times) < 0.1


@pytest.mark.parametrize(
    "code",
    [
        "node = twinspan.join(app, cluster=CLUSTER); print(node.call('p.pid') == os.getpid())",
        "node = twinspan.join(app, cluster=CLUSTER); print(node.call('p.twice', 1) == 2)",
        "node = twinspan.join(app, cluster=CLUSTER); node.close(); print(True)",
        "node = twinspan.join(cluster=CLUSTER); print(True); sys.exit(0)",
        """
        import asyncio
        async def main():
            node = await twinspan.join_async(app, cluster=CLUSTER)
            print(await node.call('p.twice', 1) == 2)
        asyncio.run(main())
        """,
    ],
)
def test_exit_without_close_is_clean(code: str, cluster: str) -> None:
    begun = time.monotonic()
    done = run(code, cluster)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "True", "")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("closes", [True, False])
def test_exit_with_streams_is_clean(cluster: str, closes: bool) -> None:
    """Streams that nobody reads on, a generator and a source that block in their own code, a thread that waits for an item."""
    begun = time.monotonic()
    done = run(
        f"""
        def source():
            yield 1
            blocked.set()
            time.sleep(60)
        blocked = threading.Event()
        waiting = threading.Event()
        def read(items):
            next(items)
            waiting.set()
            next(items, None)
        node = twinspan.join(app, cluster=CLUSTER)
        other = twinspan.join(cluster=CLUSTER)
        client = other.client("p")
        kept = [client.aticks(10**9), client.ticks(60.0)]
        assert [next(items) for items in kept] == [0, 1]
        threading.Thread(target=lambda: read(client.ticks(60.0)), daemon=True).start()
        threading.Thread(target=lambda: client.total(source()), daemon=True).start()
        assert blocked.wait(10) and waiting.wait(10)
        print("end", flush=True)
        if not {closes}:
            raise SystemError("over")
        node.close(drain=0)
        other.close(drain=0)
        """,
        cluster,
    )
    assert (done.returncode, done.stdout) == (0 if closes else 1, "end\n"), done.stderr
    assert "FATAL" not in done.stderr
    assert time.monotonic() - begun < 15


def test_exit_drains(cluster: str) -> None:
    done = run(
        """
        node = twinspan.join(app, cluster=CLUSTER)
        def call():
            print(node.call("p.wait", 1.0), flush=True)
        threading.Thread(target=call).start()
        time.sleep(0.3)
        """,
        cluster,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_exit_with_an_exception_is_quick(cluster: str) -> None:
    begun = time.monotonic()
    done = run(
        """
        node = twinspan.join(app, cluster=CLUSTER)
        threading.Thread(target=lambda: node.call("p.wait", 60.0), daemon=True).start()
        time.sleep(0.3)
        raise SystemError("over")
        """,
        cluster,
    )
    assert done.returncode == 1
    assert "SystemError: over" in done.stderr
    assert time.monotonic() - begun < 5


def test_ctrl_c_in_a_blocking_call(cluster: str) -> None:
    code = APP + textwrap.dedent(
        """
        with twinspan.join(app, cluster=CLUSTER) as node:
            print("ready", flush=True)
            try:
                node.call("p.wait", 20.0)
            except KeyboardInterrupt:
                print("interrupted", flush=True)
                os._exit(0)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", code, cluster], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10)[0] == "interrupted\n"
    assert time.monotonic() - begun < 2


def test_a_forked_child(cluster: str) -> None:
    done = run(
        """
        import warnings
        warnings.simplefilter("ignore")  # since 3.12 Python warns of forks beside threads
        node = twinspan.join(app, cluster=CLUSTER)
        client = node.client("p")
        client.pid()
        child = os.fork()
        if child == 0:
            code = 0
            for what in (lambda: client.pid(), lambda: node.call("p.pid"), lambda: node.members, lambda: node.client("p")):
                try:
                    what()
                    code |= 1
                except twinspan.Forked:
                    pass
            node.close()
            sys.exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), client.pid() == os.getpid())
        node.close()
        """,
        cluster,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "0 True", "")


def test_run_serves_until_sigterm(cluster: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP.replace("CLUSTER = ", "_ = ") + "os.write(1, b'loaded\\n')\n")
    command = [sys.executable, "-m", "twinspan", "run", "shop:app", "--cluster", cluster, "--drain", "1"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "loaded\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 0, err


def test_run_in_several_processes(cluster: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP.replace("CLUSTER = ", "_ = ") + "os.write(1, b'loaded\\n')\n")
    command = [sys.executable, "-m", "twinspan", "run", "shop:app", "--cluster", cluster, "--processes", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["loaded\n"] * 2
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=15)
    assert process.returncode == 0, err


@pytest.mark.parametrize(
    ("target", "says"),
    [("nocolon", "module:app"), ("missing_module:app", "no module"), ("os:app", "has no `app`"), ("os:path", "not a twinspan.App")],
)
def test_run_says_what_is_wrong(target: str, says: str) -> None:
    done = subprocess.run([sys.executable, "-m", "twinspan", "run", target], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_threads_end_with_their_node(cluster: str) -> None:
    done = run(
        """
        for _ in range(5):
            with twinspan.join(app, cluster=CLUSTER, name="n") as node:
                node.call("p.pid"); node.call("p.twice", 1)
        left = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
        print(left)
        """,
        cluster,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
    assert os.environ.get("TWINSPAN_HOME")


def test_a_second_signal_ends_at_once(cluster: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP.replace("CLUSTER = ", "_ = "))
    (tmp_path / "main.py").write_text(
        textwrap.dedent(
            f"""
            import threading, shop, twinspan
            node = twinspan.join(cluster={cluster!r}, name="caller")
            def call():
                node.wait_for("p", timeout=10)
                print("calling", flush=True)
                node.call("p.wait", 30.0)
            threading.Thread(target=call, daemon=True).start()
            twinspan.run(shop.app, cluster={cluster!r}, drain=30)
            """
        )
    )
    process = subprocess.Popen([sys.executable, "main.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "calling\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None, "the first signal waits for running handlers"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 128 + signal.SIGTERM


def test_processes_never_start_processes_themselves() -> None:
    from twinspan import _processes, _serve

    words = [
        "--name=n",
        "--seeds",
        "a:1",
        "--seeds=b:2,c:3",
        "--local",
        "--hide-errors",
        "--workers",
        "3",
        "--processes=2",
        "shop:app",
        "--drain=2",
    ]
    chosen = _serve._parser().parse_args([*words, "--listen=127.0.0.1:7700", "--health=[::1]:0"])
    command = _processes.command(chosen, 2)
    again = _serve._parser().parse_args(command[4:])
    assert command[1:4] == ["-m", "twinspan", "run"]
    assert vars(again) == {**vars(chosen), "name": "n-2", "processes": 1, "listen": "127.0.0.1:7701"}
    for refused in (["--proc", "2"], ["--processes", "0"], ["--workers", "-1"]):
        with pytest.raises(SystemExit):
            _serve._parser().parse_args(["shop:app", *refused])


def test_a_process_that_dies_is_started_again(cluster: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP.replace("CLUSTER = ", "_ = ") + "os.write(1, b'%d\\n' % os.getpid())\n")
    command = [sys.executable, "-m", "twinspan", "run", "shop:app", "--cluster", cluster, "--processes", "2", "--name", "shop"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    pids = [int(process.stdout.readline()) for _ in range(2)]
    os.kill(pids[0], signal.SIGKILL)
    assert int(process.stdout.readline()) not in pids
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=15)
    assert process.returncode == 0, err
    assert f"(pid {pids[0]}) ended with 137; started again in 0.5 s" in err


def test_a_wrong_app_ends_all_processes(cluster: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "twinspan", "run", "shop:app", "--cluster", cluster, "--processes", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "no module `shop`" in done.stderr
    assert "not started again" in done.stderr


def test_deaths_in_a_row_are_bounded() -> None:
    from twinspan import _processes, _serve

    process = _processes.Process(_serve._parser().parse_args(["shop:app"]), 1)
    process._began = time.monotonic()
    assert [process.died() for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, None]
    process._began = time.monotonic() - _processes.STEADY
    assert process.died() == 0.5


def test_help_of_run() -> None:
    done = subprocess.run([sys.executable, "-m", "twinspan", "run", "--help"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0
    for word in ("--processes", "--health", "--hide-errors", "--identity", "SIGTERM", "Exit codes", "shop.main:app"):
        assert word in done.stdout

"""Generated values of both languages, sent round all four pairs over real calls."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from agents import places
from agents.driver import START, Agents, new_cluster

from . import jvm

HERE = Path(__file__).resolve().parent
LANGUAGES = ("python", "java")


def _serve(language: str, cluster: str) -> list[str]:
    return [places.python(), str(HERE / "serve.py"), cluster] if language == "python" else jvm.command("Serve", cluster)


def _generate(language: str, cluster: str, count: int, seed: int) -> list[str]:
    said = [cluster, str(count), str(seed)]
    return [places.python(), str(HERE / "generate.py"), *said] if language == "python" else jvm.command("Generate", *said)


def run(count: int, seed: int, languages: tuple[str, ...] = LANGUAGES) -> tuple[dict[str, Any], list[str]]:
    """So many values a pair; answers the counts of each pair and what drifted."""
    pairs: dict[str, Any] = {}
    shown: list[str] = []
    with Agents() as agents:
        environment, cluster, processes = agents.environment(), new_cluster(), []

        def start(command: list[str], log: str) -> subprocess.Popen[str]:
            with open(agents.folder / log, "wb") as errors:
                process = subprocess.Popen(
                    command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=agents.home
                )
            processes.append(process)
            return process

        try:
            for language, provider in [(each, start(_serve(each, cluster), f"serve-{each}.log")) for each in LANGUAGES]:
                if provider.stdout.readline() != "up\n":  # type: ignore[union-attr]
                    raise RuntimeError(f"the {language} provider ended\n{(agents.folder / f'serve-{language}.log').read_text()[-2000:]}")
            callers = [(each, start(_generate(each, cluster, count, seed), f"generate-{each}.log")) for each in languages]
            for language, caller in callers:
                told, _ = caller.communicate(timeout=START + count / 50)
                if caller.returncode != 0:
                    raise RuntimeError(f"the {language} caller ended\n{(agents.folder / f'generate-{language}.log').read_text()[-2000:]}")
                for provider, counts in json.loads(told).items():
                    pair = f"{language}-{provider}"
                    shown += [f"{pair}, {one}" for one in counts.pop("shown")]
                    pairs[pair] = counts
        finally:
            for process in processes:
                process.kill()
                process.wait(10)
    return pairs, shown

"""How the Java programs of this folder are started."""

from __future__ import annotations

from pathlib import Path

from agents import places

HERE = Path(__file__).resolve().parent


def command(program: str, *arguments: str, heap: str = "512m") -> list[str]:
    built = HERE / "java/target"
    if not (built / "drift.jar").exists():
        raise places.Missing(f"{built}/drift.jar is missing\nRun `make drift-java`.")
    classpath = f"{places.jar()}:{built}/drift.jar:{built}/lib/*"
    tuned = ["-XX:+UseSerialGC", f"-Xmx{heap}", f"-Dtwinspan.library={places.library()}"]
    return ["java", *tuned, "-cp", classpath, f"io.twinspan.drift.{program}", *arguments]

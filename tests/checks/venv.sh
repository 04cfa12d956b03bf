#!/usr/bin/env bash
# Makes the virtual environment of the tests. Whoever waited for its lock may find it made.
set -euo pipefail
python=$1 venv=$2 requirements=$3
[ ! -e "$venv/done" ] || [ "$requirements" -nt "$venv/done" ] || exit 0
if [ ! -e "$venv/done" ]; then
    "$python" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$requirements"
fi
touch "$venv/done"

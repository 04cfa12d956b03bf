#!/usr/bin/env bash
# Names every tool that is missing or too old, with the way to get it.
set -u
missing=0
need() { # tool, what it is for, how to get it
    command -v "$1" >/dev/null 2>&1 && return
    echo "missing: $1 ($2). $3" >&2
    missing=1
}
at_least() { # name, found, wanted, how to get it
    [ "$(printf '%s\n%s\n' "$3" "$2" | sort -V | head -n 1)" = "$3" ] && return
    echo "too old: $1 $2, at least $3 is needed. $4" >&2
    missing=1
}
need cargo "builds the core" "Install Rust with rustup."
need cc "builds the cipher library" "Install gcc: apt-get install build-essential"
need python3 "runs tests and the demo" "Install Python 3.11 or newer: apt-get install python3 python3-venv"
need javac "builds the Java library" "Install a JDK, 17 or newer: apt-get install openjdk-17-jdk-headless"
need mvn "builds the Java library" "Install Maven: apt-get install maven"
need column "formats help" "Install it: apt-get install bsdextrautils"
[ "$missing" = 0 ] || exit 1
at_least rustc "$(rustc --version | cut -d ' ' -f 2)" 1.95.0 "rustup update stable"
at_least python3 "$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')" 3.11 "apt-get install python3.11 python3.11-venv, then make PYTHON=python3.11 ..."
at_least javac "$(javac -version 2>&1 | cut -d ' ' -f 2)" 17 "apt-get install openjdk-17-jdk-headless"
python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "missing: venv (isolates Python packages). apt-get install python3-venv" >&2; missing=1; }
exit "$missing"

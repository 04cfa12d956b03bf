#!/usr/bin/env bash
# Names every tool that is missing or too old, with the way to get it.
set -u
python=${PYTHON:-python3}
missing=0
lack() { # what is wrong and how to mend it
    echo "$1" >&2
    missing=1
}
need() { # tool, what it is for, how to get it
    command -v "$1" >/dev/null 2>&1 || lack "missing: $1 ($2). $3"
}
at_least() { # name, found, wanted, how to get it
    [ "$(printf '%s\n%s\n' "$3" "$2" | sort -V | head -n 1)" = "$3" ] || lack "too old: $1 $2, at least $3 is needed. $4"
}
jdk="Install a JDK, 17 or newer: apt-get install openjdk-17-jdk-headless; or set JAVA_HOME to one."
need git "lists the project's files" "apt-get install git"
need cargo "builds the core" "Install Rust 1.95 or newer with rustup."
need cc "builds the cipher library" "apt-get install build-essential"
need "$python" "runs tests and the demo" "apt-get install python3 python3-venv; or name another one: make PYTHON=python3.12 ..."
if [ -n "${JAVA_HOME:-}" ]; then
    [ -x "$JAVA_HOME/bin/javac" ] || lack "missing: $JAVA_HOME/bin/javac (JAVA_HOME names no JDK). $jdk"
else
    need javac "builds the Java library" "$jdk"
fi
need go "builds grpcurl, which tests call the cluster with" "Install Go 1.25 or newer from its own site or your distribution."
need npm "installs pyright, which tests hold stubs against" "apt-get install nodejs npm"
need ip "makes hosts for the tests of faults" "apt-get install iproute2"
need mvn "builds the Java library" "apt-get install maven"
[ "$missing" = 0 ] || exit 1

at_least rustc "$(rustc --version | cut -d ' ' -f 2)" 1.95.0 "rustup update stable && rustup default stable"
cargo fmt --version >/dev/null 2>&1 || lack "missing: rustfmt (formats the core). rustup component add rustfmt"
cargo clippy --version >/dev/null 2>&1 || lack "missing: clippy (lints the core). rustup component add clippy"
at_least "$python" "$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" 3.11 \
    "apt-get install python3.11 python3.11-venv, then make PYTHON=python3.11 ..."
"$python" -c 'import ensurepip, venv' 2>/dev/null || lack "missing: venv (keeps Python packages apart). apt-get install python3-venv"
at_least go "$(go env GOVERSION | sed "s/^go//")" 1.21 "Install Go 1.25 or newer; from 1.21 on it fetches a newer one by itself."
at_least javac "$("${JAVA_HOME:+$JAVA_HOME/bin/}javac" -version 2>&1 | cut -d ' ' -f 2)" 17 "$jdk"
exit "$missing"

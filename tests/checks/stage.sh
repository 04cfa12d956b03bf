#!/usr/bin/env bash
# Runs one stage of the gate, says how long it took, and notes it in the file $STAGES if that is set.
set -u
name=$1
shift
echo "== $name"
began=$EPOCHREALTIME
# Whoever is started in the background ignores Ctrl-C, and so would all processes of the tests.
env --default-signal=INT,QUIT "$@"
code=$?
took=$(((${EPOCHREALTIME/./} - ${began/./}) / 100000))
took="$((took / 10)).$((took % 10))"
verdict=""
[ "$code" = 0 ] || verdict=" FAILED"
echo "   $took s$verdict"
[ -z "${STAGES:-}" ] || printf '%8s s  %s%s\n' "$took" "$name" "$verdict" >>"$STAGES"
exit "$code"

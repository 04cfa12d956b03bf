#!/usr/bin/env bash
# Runs google-java-format over every Java file of the project.
set -euo pipefail
jar=$1
shift
exports=()
for package in api code file parser tree util; do
    exports+=("--add-exports=jdk.compiler/com.sun.tools.javac.$package=ALL-UNNAMED")
done
git ls-files -z --cached --others --exclude-standard -- '*.java' |
    xargs -0 "${JAVA_HOME:+$JAVA_HOME/bin/}java" "${exports[@]}" -jar "$jar" --aosp "$@"

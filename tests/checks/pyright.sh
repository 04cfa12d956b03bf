#!/usr/bin/env bash
# Installs pyright, a type checker for Python, once: into a folder of its own, then by one rename to where it is looked for.
set -euo pipefail
version=$1 target=$2
[ ! -e "$target" ] || exit 0
rm -rf "$target.new"
npm install --silent --no-audit --no-fund --no-save --omit=optional --prefix "$target.new" "pyright@$version" >&2
mv "$target.new" "$target"

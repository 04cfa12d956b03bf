#!/usr/bin/env bash
# Builds grpcurl, a gRPC client for shells, once: into a folder of its own, then by one rename to where it is looked for.
set -euo pipefail
version=$1 target=$2
[ ! -e "$target" ] || exit 0
mkdir -p "$target.new"
GOBIN="$target.new" GOFLAGS="${GOFLAGS:-}" go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@v$version"
mv "$target.new/grpcurl" "$target"
rmdir "$target.new"

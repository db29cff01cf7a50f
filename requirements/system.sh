#!/bin/bash
# Check the system packages for `serve` or `test`; install what is missing when we are root, else name the command.
set -euo pipefail
what="${1:-serve}"
sentence() { echo "$1" >&2; }

if ! python3 -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
  sentence "需要 Python 3.11 以上。 Python 3.11 or newer is needed (python3 is what we call)."
  exit 1
fi
if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null || ! command -v npm >/dev/null; then
  sentence "需要 Node.js 20 以上和 npm。 Node.js 20 or newer and npm are needed."
  exit 1
fi

library() { ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p 2>/dev/null | grep -q "$1"; }
missing=()
library libpangoft2-1.0.so.0 || missing+=(libpangoft2-1.0-0)
library libharfbuzz-subset.so.0 || missing+=(libharfbuzz-subset0)
if [ ! -x .venv/bin/python ] && ! python3 -c 'import ensurepip, venv' 2>/dev/null; then missing+=(python3-venv); fi
if [ "$what" = test ]; then
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing+=(chromium)
  command -v pdfsig >/dev/null || missing+=(poppler-utils)
  command -v qpdf >/dev/null || missing+=(qpdf)
  fc-list :lang=zh 2>/dev/null | grep -q . || missing+=(fonts-noto-cjk)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

command="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "安装系统软件包 installing system packages: ${missing[*]} …"
  apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive $command -qq >/dev/null && exit 0
  sentence "没有装上：$command  The system packages could not be installed; please run that command."
  exit 1
fi
sentence "缺少系统软件包，请先运行 System packages are missing; please run:"
sentence "  sudo apt-get update && sudo $command"
exit 1

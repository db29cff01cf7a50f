#!/bin/bash
# Run every check and test, or with `lint` the checks alone; the closing lines say how many of what passed.
set -euo pipefail
what="${1:-test}"
bin="$PWD/.venv/bin"
# What Python compiles is kept: each test process, server and worker would else compile hundreds of modules again.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX="$PWD/.stamps/pycache"
sums=()
step() {
  local name="$1" started=$SECONDS
  shift
  echo "== $name"
  "$@" || { echo "没有通过 failed: $name" >&2; exit 1; }
  sums+=("$name $((SECONDS - started))s")
}
types() {
  "$bin/python" -m server openapi > pwa/build/openapi.json
  (cd pwa && node build.mjs --types build/openapi.json && npm run -s check)
}
passed=0
tests() {
  local name="$1" started=$SECONDS count
  shift
  echo "== $name"
  # Three on two cores: a test often waits for a page, a server or a process that ends.
  "$bin/python" -m pytest -n 3 --dist loadscope -rfEs "$@" | tee .stamps/pytest.out || { tail -1 .stamps/pytest.out; exit 1; }
  count=$(tail -1 .stamps/pytest.out | grep -oE '[0-9]+ passed' | cut -d' ' -f1)
  passed=$((passed + count))
  sums+=("$name $count passed $((SECONDS - started))s")
}
phone() { (cd pwa && npm test -s); }

step ruff "$bin/ruff" check -q .
step "ruff format" "$bin/ruff" format -q --check .
[ "$what" = test ] || step mypy "$bin/mypy"
step lint-imports "$bin/lint-imports"
mkdir -p pwa/build
step tsc types
if [ "$what" = test ]; then
  # One process each, which would leave a core idle: they run beside the others.
  beside() { "$bin/mypy" && phone; }
  beside > .stamps/beside.out 2>&1 & beside=$!
  # The browser's driver keeps an event loop running in its process, which signing a report there cannot share.
  tests "pytest" --ignore=tests/e2e
  wait "$beside" || { cat .stamps/beside.out; echo "没有通过 failed: mypy or node tests" >&2; exit 1; }
  sums+=("mypy and node tests beside them")
  [ ! -d tests/e2e ] || tests "pytest e2e" tests/e2e
fi
echo "全部通过 all passed: $(IFS=,; echo "${sums[*]}" | sed 's/,/, /g')"
[ "$what" = lint ] || echo "$passed passed in ${SECONDS}s"

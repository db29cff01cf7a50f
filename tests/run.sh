#!/bin/bash
# Run every check and test, or with `lint` the checks alone; the closing lines say how many of what passed.
set -euo pipefail
what="${1:-test}"
bin="$PWD/.venv/bin"
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
phone() { (cd pwa && npm test -s); }

step ruff "$bin/ruff" check -q .
step "ruff format" "$bin/ruff" format -q --check .
step mypy "$bin/mypy"
step lint-imports "$bin/lint-imports"
mkdir -p pwa/build
step tsc types
if [ "$what" = test ]; then
  step "node tests" phone
  echo "== pytest"
  started=$SECONDS
  "$bin/python" -m pytest -n 2 --dist loadgroup -rs "${@:2}" | tee .stamps/pytest.out || { tail -1 .stamps/pytest.out; exit 1; }
  sums+=("pytest $((SECONDS - started))s")
fi
echo "全部通过 all passed: $(IFS=,; echo "${sums[*]}" | sed 's/,/, /g')"
[ "$what" = lint ] || tail -1 .stamps/pytest.out

#!/usr/bin/env bash
# Makes every table and figure whose data is there: runs the experiments, puts our numbers beside the
# papers', writes results/README.md, puts tables into the pages, and says what moved, where the time
# went, what is absent, and how many of the papers' numbers came out.
set -euo pipefail
cd "$(dirname "$0")/.."
program="${1:?usage: reproduce-tables.sh ERPC_PIPE}"

ABSENT="$(mktemp)"
export ABSENT
trap 'rm -f "$ABSENT"' EXIT
./scripts/run-experiments.sh "$program"

summaries=""
for outline in experiments/published/*.toml; do
    summaries+="$("$program" paper "$outline")"$'\n'
done
"$program" index
pages=()
for page in README.md docs/baselines.md docs/erpcnet.md docs/reproducing-erpcnet.md; do
    ./scripts/insert-results.sh "$page" &
    pages+=("$!")
done
for page in "${pages[@]}"; do
    wait "$page"
done
git diff --stat -- README.md docs results

printf '\n'
"$program" times
if grep -q . "$ABSENT"; then
    printf '\nAbsent, for want of data or weights (erpc-pipe plan MANIFEST says which):\n'
    sed -e '/^$/d' -e 's/^/  /' "$ABSENT"
fi
printf '\n%s' "$summaries"

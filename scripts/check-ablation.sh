#!/usr/bin/env bash
# Runs experiments/ablation_ci.toml from nothing and compares what comes out with what is committed.
#   scripts/check-ablation.sh [PROGRAM]
# Trainings give the same bytes on machines with the same vector unit; on another one the tables are
# shown side by side and nothing is decided.
set -euo pipefail
cd "$(dirname "$0")/.."
program="${1:-target/release/erpc-pipe}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

"$program" run experiments/ablation_ci.toml --quiet --store "$folder/store" --results "$folder/results"
committed=results/ablation_ci
found="$folder/results/ablation_ci"
if cmp -s "$committed/provenance.json" "$found/provenance.json"; then
    echo "ablation_ci: every digest is as committed"
    exit 0
fi
class() { grep -o '"\(x86_64\|aarch64\)-[a-z0-9-]*"' "$1/provenance.json" | sort -u; }
if [ "$(class "$committed")" != "$(class "$found")" ]; then
    echo "ablation_ci: skipped, this machine is another class than the committed results'"
    exit 0
fi
echo "ablation_ci: the results have moved. If they were meant to, run experiments/ablation_ci.toml and"
echo "commit results/ablation_ci with the reason."
diff "$committed/accuracy.md" "$found/accuracy.md" || true
"$program" diff "$committed" "$found" || true
exit 1

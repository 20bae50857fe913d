#!/usr/bin/env bash
# Runs every benchmark for which the peers and the data are there.
# usage: benches/run.sh ERPC_BINARY VIRTUAL_ENVIRONMENT [options of dag.py]
set -uo pipefail
cd "$(dirname "$0")/.."
erpc="$1"
python="$2/bin/python"
shift 2
if [ ! -x "$python" ]; then
    echo "skipped: the peers are not installed (\`make bench-setup\` installs them)"
    python="$(command -v python3)" || { echo "skipped: there is no python3"; exit 0; }
fi
failed=0
"$python" benches/dag.py "$erpc" "$@" || failed=1
"$python" benches/extract.py "$erpc" || failed=1
"$python" benches/xlsa17.py "$erpc" || failed=1
"$python" benches/resampling.py "$erpc" || failed=1
steps="$(cargo build --release --bench steps --message-format=json 2> /dev/null \
    | sed -n 's/.*"executable":"\([^"]*steps[^"]*\)".*/\1/p' | tail -1)"
"$python" benches/steps.py "$steps" || failed=1
"$python" benches/hardnet.py "$steps" || failed=1
exit "$failed"

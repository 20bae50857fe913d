#!/usr/bin/env bash
# Runs every experiment; what is known is reused. One whose data or weights are not there is passed over
# and named at the end, and in the file that `$ABSENT` names.
set -euo pipefail
cd "$(dirname "$0")/.."
program="${1:?usage: run-experiments.sh ERPC_PIPE}"

absent=()
for manifest in experiments/*.toml; do
    code=0
    "$program" run "$manifest" || code=$?
    case $code in
        0) ;;
        7) absent+=("$manifest") ;;
        *) exit "$code" ;;
    esac
done
[ -z "${ABSENT:-}" ] || printf '%s\n' "${absent[@]:-}" > "$ABSENT"
[ ${#absent[@]} -eq 0 ] || printf 'Data or weights are missing for %s\n' "${absent[@]}"

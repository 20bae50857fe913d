#!/usr/bin/env bash
# Puts result tables into a Markdown file, between `<!-- results:NAME begin -->` and
# `<!-- results:NAME end -->`. NAME is an experiment (all its results/NAME/*.md, sorted by name)
# or one table of it (results/NAME.md). A block without a result yet is left as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
file="${1:?usage: insert-results.sh FILE.md}"

tables() {
    if [ -f "results/$1.md" ]; then
        cat "results/$1.md"
        return
    fi
    for table in "results/$1"/*.md; do
        [ -f "$table" ] || continue
        cat "$table"
        echo
    done
}

copy="$(mktemp "$(dirname "$file")/.insert-results-XXXXXX")"
trap 'rm -f "$copy"' EXIT
inside=""
while IFS= read -r line || [ -n "$line" ]; do
    if [[ "$line" =~ ^\<!--\ results:([a-z0-9_/-]+)\ begin ]]; then
        printf '%s\n' "$line"
        content="$(tables "${BASH_REMATCH[1]}")"
        if [ -n "$content" ]; then
            inside="${BASH_REMATCH[1]}"
            printf '\n%s\n\n' "$content"
        fi
    elif [[ "$line" =~ ^\<!--\ results:([a-z0-9_/-]+)\ end ]]; then
        inside=""
        printf '%s\n' "$line"
    elif [ -z "$inside" ]; then
        printf '%s\n' "$line"
    fi
done < "$file" > "$copy"
if [ -n "$inside" ]; then
    echo "the block \`results:$inside\` of $file has no end line" >&2
    exit 1
fi
cmp -s "$copy" "$file" || cat "$copy" > "$file"

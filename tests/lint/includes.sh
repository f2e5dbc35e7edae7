#!/usr/bin/env bash
# Every #include "folder/…" goes the way the table allows, and every folder links what it includes.
set -euo pipefail
cd "${SOURCE_DIR:-$(dirname "$0")/../..}"

# The same table as in ARCHITECTURE.md; every folder may use itself and base.
declare -A may_use=(
    [base]=""
    [disk]=""
    [registry]=""
    [profiles]=""
    [fs]="disk"
    [inspect]="registry fs disk profiles"
    [convert]="disk"
    [windows]="inspect registry fs profiles"
    [linux]="inspect fs profiles"
    [domain]="convert inspect profiles"
    [migrate]="domain windows linux inspect convert fs registry disk profiles"
)

allowed() { # FOLDER OTHER
    [ "$1" = "$2" ] || [ "$2" = base ] || [[ " ${may_use[$1]} " == *" $2 "* ]]
}

failed=0
while IFS=: read -r file include; do
    folder=${file%%/*}
    other=${include#*\"}
    other=${other%%/*}
    if [ -z "${may_use[$folder]+known}" ] || [ -z "${may_use[$other]+known}" ]; then
        continue
    fi
    if ! allowed "$folder" "$other"; then
        echo "$file: $folder/ must not use $other/ ($include)"
        failed=1
    fi
done < <(grep -HE '^#include "[a-z]+/' -- */*.c */*.h */*/*.c */*/*.h)

while IFS=: read -r file uses; do
    folder=${file%%/*}
    for other in ${uses#*USES}; do
        [ -n "${may_use[$other]+known}" ] || continue
        allowed "$folder" "$other" || { echo "$file: $folder/ must not link $other/"; failed=1; }
    done
done < <(grep -HE '^ *USES ' -- */CMakeLists.txt)

# The check itself must be able to fail.
if allowed fs windows || allowed linux windows || allowed base disk; then
    echo "the table allows what it must not"
    failed=1
fi
exit $failed

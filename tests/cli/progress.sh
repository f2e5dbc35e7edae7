#!/usr/bin/env bash
# What is shown while it works: progress.sh json | lines | terminal.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
requires qemu-img
requires mmdebstrap
requires python3

"$SOURCE_DIR/tests/images/debian-guest" web.vmdk
stages="open inspect plan apply trim describe copy"

case ${1:?which case} in
json)
    expect 0 "$MIGRATE" web.vmdk -o out.d --progress=json
    [ "$(cat out)" = "$work/out.d/web.xml" ] || fail "stdout carries more than the result"
    python3 - "$stages" err <<'PYTHON'
import json, sys
events = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
assert [e["stage"] for e in events if e["event"] == "stage"] == sys.argv[1].split(), events
copy = [e for e in events if e["event"] == "progress" and e["stage"] == "copy"]
assert copy, "no progress of the copy"
percents = [e["percent"] for e in copy]
assert percents == sorted(percents) and 0 <= percents[0] and percents[-1] <= 100, percents
assert all({"done_bytes", "total_bytes", "bytes_per_second", "seconds_left"} <= e.keys() for e in copy[1:])
PYTHON
    ;;
lines)
    expect 0 "$MIGRATE" web.vmdk -o out.d
    for stage in $stages; do
        says err "^$stage +.*[0-9.]+ s$"
    done
    says err '^copy +50 %$'
    ! grep -q $'\r' err || fail "a bar was drawn where there is no terminal"
    ;;
terminal)
    requires script
    expect 0 env -u NO_COLOR script -qec "'$MIGRATE' web.vmdk -o out.d" typescript
    says typescript $'copy +\\[#+\\.*\\] +[0-9]+ %  [0-9.]+[^0-9]+iB/s  [0-9]+:[0-9]{2} left'
    says typescript $'\033\\[1mcopy'
    rm -r out.d
    expect 0 env NO_COLOR=1 script -qec "'$MIGRATE' web.vmdk -o out.d" typescript
    ! grep -q $'\033\\[1m' typescript || fail "colour in spite of NO_COLOR"
    ;;
*)
    fail "no such case: $1"
    ;;
esac

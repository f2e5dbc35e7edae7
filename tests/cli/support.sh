# Sourced by the tests of the finished program: a private folder, and the ways to say what is expected.
# shellcheck shell=bash
set -euo pipefail

MIGRATE=${MIGRATE:?the program under test}
SOURCE_DIR=${SOURCE_DIR:?the source tree}
export IMAGE_CACHE=${IMAGE_CACHE:-$SOURCE_DIR/build/images}

work=$(mktemp -d)
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
cd "$work"

requires() { # PROGRAM: the test is skipped (77) where it is not installed
    command -v "$1" >/dev/null || { echo "skipped: no $1 here"; exit 77; }
}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# expect STATUS COMMAND…: runs it, keeps its output in ./out and ./err, checks the exit status.
expect() {
    local wanted=$1 status=0
    shift
    "$@" >out 2>err || status=$?
    if [ "$status" -ne "$wanted" ]; then
        cat out err >&2
        fail "exit status $status instead of $wanted: $*"
    fi
}

# says FILE PATTERN: an extended regular expression that some line must match.
says() {
    grep -qE -- "$2" "$1" || { cat "$1" >&2; fail "no line of $1 matches: $2"; }
}

# listing FOLDER: what is in it, with sizes and times, to be compared later.
listing() {
    (cd "$1" && find . -mindepth 1 -printf '%p %s %T@\n' | LC_ALL=C sort)
}

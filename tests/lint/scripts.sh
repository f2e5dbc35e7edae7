#!/usr/bin/env bash
# Every shell script passes shellcheck.
set -euo pipefail
cd "${SOURCE_DIR:-$(dirname "$0")/../..}"
command -v shellcheck >/dev/null || { echo "skipped: no shellcheck here"; exit 77; }

mapfile -t scripts < <(grep -rlE '^#!(/usr/bin/env bash|/bin/sh|/sbin/openrc-run)|^# shellcheck shell=bash' --include='*' \
    quickstart .ci man packaging tests linux | grep -v '\.py$')
[ ${#scripts[@]} -gt 10 ] || { echo "found only ${scripts[*]}"; exit 1; }
shellcheck -x "${scripts[@]}"

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# lint.sh PAGE…: mandoc finds nothing wrong with the pages.
set -u

command -v mandoc >/dev/null || exit 77
status=0
for page in "$@"; do
    # Pages of other projects are looked up on this host; they need not be installed.
    if ! report=$(mandoc -Tlint -W warning "$page" 2>&1) || [ -n "$report" ]; then
        printf '%s\n' "$report"
        status=1
    fi
done
exit $status

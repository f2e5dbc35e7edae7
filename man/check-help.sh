#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check-help.sh DIRECTORY: every command and option that --help shows is in its manual page.
set -eu

directory=$1
status=0

# options COMMAND PAGE…
check_options() {
    local command=$1 option
    shift
    while read -r option; do
        [ "$option" = --help ] && continue
        if ! grep -q -- "Fl.* -\{1\}${option#--}\b" "$@"; then
            echo "$command $option is in no manual page"
            status=1
        fi
    done < <("$MIGRATE" "$command" --help | grep -o -- '--[a-z][a-z-]*' | sort -u)
}

commands=$("$MIGRATE" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ -n "$commands" ]
for command in $commands; do
    if ! grep -q "^\.It Cm $command" "$directory/migrate.1"; then
        echo "$command is not in migrate.1"
        status=1
    fi
    pages=("$directory/migrate.1")
    [ -e "$directory/migrate-$command.1" ] && pages+=("$directory/migrate-$command.1")
    check_options "$command" "${pages[@]}"
done
exit $status

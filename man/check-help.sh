#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check-help.sh DIRECTORY: every command and option that --help shows is in its manual page.
set -eu

directory=$1
status=0

# check_options "COMMAND [ACTION]" PAGE…
check_options() {
    local command=$1 option
    local -a words
    read -ra words <<<"$command"
    shift
    while read -r option; do
        [ "$option" = --help ] && continue
        if ! grep -q -- "Fl.* -\{1\}${option#--}\b" "$@"; then
            echo "$command $option is in no manual page"
            status=1
        fi
    done < <("$MIGRATE" "${words[@]}" --help | grep -o -- '--[a-z][a-z0-9-]*' | sort -u)
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
    for action in $("$MIGRATE" "$command" --help | sed -n '/^Actions/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
        if ! grep -q "^\.It Cm $action" "${pages[@]}"; then
            echo "$command $action is in no manual page"
            status=1
        fi
        check_options "$command $action" "${pages[@]}"
    done
done
exit $status

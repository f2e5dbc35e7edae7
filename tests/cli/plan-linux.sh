#!/usr/bin/env bash
# What would be changed in a guest of each distribution, compared with texts that are kept: a change shows as a
# difference to be read.
#   plan-linux.sh            all of them
#   plan-linux.sh DISTRIBUTION…
# UPDATE_GOLDEN=1 rewrites tests/golden/plan-linux-DISTRIBUTION.txt.
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mke2fs mkfs.vfat mcopy mkswap sfdisk qemu-img qemu-nbd xz zstd; do
    requires $tool
done

# How well the compressors of this host do is not the plan's affair.
shorten() {
    sed 's/^    binary, [0-9]* bytes$/    binary/'
}

check() { # DISTRIBUTION
    local golden=$SOURCE_DIR/tests/golden/plan-linux-$1.txt
    "$SOURCE_DIR/tests/images/linux-guest" "$1" guest
    expect 0 "$MIGRATE" plan -q guest
    shorten <out >plan
    rm -rf guest
    if [ -n "${UPDATE_GOLDEN:-}" ]; then
        cp plan "$golden"
    else
        diff -u "$golden" plan >difference || { cat difference >&2; fail "another plan for $1"; }
    fi
}

if [ $# -eq 0 ]; then
    mapfile -t distributions < <("$SOURCE_DIR/tests/images/linux-guest" --list)
    set -- "${distributions[@]}"
fi
for distribution; do
    check "$distribution"
done

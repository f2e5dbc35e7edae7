#!/usr/bin/env bash
# A Debian guest whose root is on layers, layers.sh LAYOUT CASE: LAYOUT is one of debian-guest's (lvm, uefi, raid, luks),
# CASE is before (it does not find its root on virtio) or after (once migrated it does).
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/../cli/support.sh"
# shellcheck source=tests/boot/support.sh
. "$SOURCE_DIR/tests/boot/support.sh"
requires qemu-system-x86_64
requires mmdebstrap

[ "$1" != uefi ] || export firmware=uefi
if [ "$2" = before ]; then
    "$SOURCE_DIR/tests/images/debian-guest" --layout "$1" guest.raw
    pattern='Gave up waiting for root|UEFI Interactive Shell|Boot Failed|encrypted source device [^ ]+ does not exist, dropping|^drydock-guest-up '
    line=$(boot_guest "$work/guest.raw" virtio-blk 600 "$pattern")
    [[ $line != *drydock-guest-up* ]] || fail "the guest boots from virtio before it was migrated: $line"
    exit 0
fi

"$SOURCE_DIR/tests/images/debian-guest" --layout "$1" guest.vmdk
options=()
if [ "$1" = luks ]; then
    printf 'vmguest key' > key # also debian-guest's
    options=(--key all:file:key)
fi
expect 0 "$MIGRATE" guest.vmdk -o out.d --name guest "${options[@]}"
line=$(boot_guest "$work/out.d/guest-sda.qcow2" virtio-blk 600 '^drydock-guest-up ' "$(mac_of out.d/guest.xml)")
echo "$line"
# The identifier is debian-guest's.
[[ $line == *" root=/dev/mapper/vmguest--vg-root fs=b5c9a3f2-6f0e-4b43-8d0c-1d7a5e2f9a61 "* ]] ||
    fail "it did not boot from its own root filesystem"
[[ $line == *" addresses=ens192=10.0.2.77/24"* ]] || fail "the interface has lost its name or address"

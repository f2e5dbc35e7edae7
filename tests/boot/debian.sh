#!/usr/bin/env bash
# The Debian guest boots from virtio after its migration, and did not before: debian.sh before, or
# debian.sh FORMAT BUS with FORMAT vmdk, stream.vmdk, vhdx or vhd, and BUS virtio-blk or virtio-scsi.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/../cli/support.sh"
# shellcheck source=tests/boot/support.sh
. "$SOURCE_DIR/tests/boot/support.sh"
requires qemu-system-x86_64
requires mmdebstrap

if [ "$1" = before ]; then
    "$SOURCE_DIR/tests/images/debian-guest" guest.raw
    # initramfs-tools gives up on the root filesystem; were it found, the marker would come instead.
    line=$(boot_guest "$work/guest.raw" virtio-blk 600 'Gave up waiting for root|^drydock-guest-up ')
    [[ $line == *"Gave up waiting"* ]] || fail "the guest boots from virtio before it was migrated: $line"
    exit 0
fi

"$SOURCE_DIR/tests/images/debian-guest" "guest.$1"
bus=virtio
[ "$2" != virtio-scsi ] || bus=scsi
expect 0 "$MIGRATE" "guest.$1" -o out.d --name guest --disk-bus "$bus"
"$SOURCE_DIR/tests/images/debian-guest" guest.raw
uuid=$(/sbin/blkid -o value -s UUID -p -O 1048576 guest.raw)
line=$(boot_guest "$work/out.d/guest-sda.qcow2" "$2" 600 '^drydock-guest-up ' "$(mac_of out.d/guest.xml)")
echo "$line"
[[ $line == *" fs=$uuid "* ]] || fail "it did not boot from its own root filesystem ($uuid)"
[[ $line == *" addresses=ens192=10.0.2.77/24"* ]] || fail "the interface has lost its name or address"

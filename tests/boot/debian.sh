#!/usr/bin/env bash
# The Debian guest boots from virtio after its migration, and did not before: debian.sh before, or
# debian.sh FORMAT BUS with FORMAT vmdk, stream.vmdk, vhdx or vhd, and BUS virtio-blk or virtio-scsi. debian.sh firstboot:
# what was to be run at the first start is run, once, and cleared away. debian.sh xfs|btrfs BUS: with such a root.
# debian.sh address: with --mac and --ip.
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

# shellcheck disable=SC2016 # the guest's shell expands it
if [ "$1" = firstboot ]; then
    "$SOURCE_DIR/tests/images/debian-guest" guest.vmdk
    printf '#!/bin/sh\necho "drydock-kernel $(uname -r) $(id -u)" >/dev/console\nexit 3\n' > script
    # The second script restarts the machine: it is not repeated, and what is behind it is still done.
    expect 0 "$MIGRATE" guest.vmdk -o out.d --firstboot script \
        --firstboot-command 'systemctl --no-block reboot; sleep 600' \
        --firstboot-command 'echo "drydock-left $(ls /etc/drydock/firstboot.d) $(cat /etc/hostname)" >/dev/console'
    line=$(restarts=1 boot_guest "$work/out.d/guest-sda.qcow2" virtio-blk 900 '^drydock: done' "$(mac_of out.d/guest.xml)" console)
    echo "$line"
    says console '^drydock-kernel [0-9.]+-[^ ]+ 0$'
    says console '^drydock: 001-script ended with status 3$'
    [ "$(grep -ac '^drydock: 002-command begins' console)" -eq 1 ] || fail "a script was repeated"
    says console '^drydock-left running '
    says console '^drydock: 003-command ended with status 0$'
    exit 0
fi

# Another MAC address and another IP address: still the same interface.
if [ "$1" = address ]; then
    mac=52:54:00:12:34:56
    "$SOURCE_DIR/tests/images/debian-guest" guest.vmdk
    expect 0 "$MIGRATE" guest.vmdk -o out.d --mac 0=$mac --ip 0=10.0.2.99/24,gateway=10.0.2.2
    [ "$(mac_of out.d/guest.xml)" = $mac ] || fail "the domain has another MAC address than was asked for"
    line=$(boot_guest "$work/out.d/guest-sda.qcow2" virtio-blk 900 '^drydock-guest-up ' $mac)
    echo "$line"
    [[ $line == *" addresses=ens192=10.0.2.99/24"* ]] || fail "the interface has lost its name, or has another address"
    exit 0
fi

guest=("$SOURCE_DIR/tests/images/debian-guest")
format=$1
case $1 in
xfs | btrfs)
    requires linux.uml
    guest=("$SOURCE_DIR/tests/images/debian-guest-filesystem" "$1")
    format=vmdk
    ;;
esac
"${guest[@]}" "guest.$format"
bus=virtio
[ "$2" != virtio-scsi ] || bus=scsi
expect 0 "$MIGRATE" "guest.$format" -o out.d --name guest --disk-bus "$bus"
"${guest[@]}" guest.raw
uuid=$(/sbin/blkid -o value -s UUID -p -O 1048576 guest.raw)
line=$(boot_guest "$work/out.d/guest-sda.qcow2" "$2" 600 '^drydock-guest-up ' "$(mac_of out.d/guest.xml)")
echo "$line"
[[ $line == *" fs=$uuid "* ]] || fail "it did not boot from its own root filesystem ($uuid)"
[[ $line == *" addresses=ens192=10.0.2.77/24"* ]] || fail "the interface has lost its name or address"

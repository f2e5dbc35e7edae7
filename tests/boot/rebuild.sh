#!/usr/bin/env bash
# A migrated guest makes its initramfs anew, from nothing, with its own tool, and starts from virtio once more: what was
# added to the image that it had is gone then, and what its tool was told has to do. rebuild.sh initramfs-tools, whose
# kernel package is configured again, which is what reinstalling it does; rebuild.sh dracut: the guest with dracut and XFS.
# rebuild.sh dracut-before: that one does not find its root on virtio before it was migrated.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/../cli/support.sh"
# shellcheck source=tests/boot/support.sh
. "$SOURCE_DIR/tests/boot/support.sh"
requires qemu-system-x86_64
requires mmdebstrap
requires dpkg-deb
PATH=$PATH:/usr/sbin:/sbin

guest=("$SOURCE_DIR/tests/images/debian-guest")
# shellcheck disable=SC2016 # the guest's shell expands them
make='dpkg-reconfigure "linux-image-$(uname -r)"'
case $1 in
dracut*)
    requires linux.uml
    guest=("$SOURCE_DIR/tests/images/debian-guest-filesystem" dracut)
    # shellcheck disable=SC2016
    make='dracut -f "/boot/initrd.img-$(uname -r)" "$(uname -r)"'
    ;;
esac

if [ "$1" = dracut-before ]; then
    "${guest[@]}" guest.raw
    line=$(boot_guest "$work/guest.raw" virtio-blk 900 'dracut-initqueue.*timeout|^drydock-guest-up ')
    [[ $line != *drydock-guest-up* ]] || fail "the guest boots from virtio before it was migrated: $line"
    exit 0
fi

"${guest[@]}" guest.vmdk
# A package without anything that it needs, so that what is shown is the installation.
mkdir -p agent/DEBIAN agent/usr/sbin
printf 'Package: qemu-guest-agent\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: none\n' > agent/DEBIAN/control
printf '#!/bin/sh\n' > agent/usr/sbin/qemu-ga
dpkg-deb -b --root-owner-group agent agent.deb > /dev/null
# shellcheck disable=SC2016 # the guest's shell expands it
expect 0 "$MIGRATE" guest.vmdk -o out.d --name guest --agent-package agent.deb \
    --firstboot-command 'rm /boot/initrd.img-*' \
    --firstboot-command "$make" \
    --firstboot-command 'test -s "/boot/initrd.img-$(uname -r)" && systemctl --no-block reboot; sleep 600' \
    --firstboot-command 'echo "drydock-again $(findmnt -no UUID /) $(ip -o -4 addr show scope global)" >/dev/console' \
    --firstboot-command 'echo "drydock-agent $(dpkg-query -W qemu-guest-agent)" >/dev/console'
"${guest[@]}" guest.raw
uuid=$(blkid -o value -s UUID -p -O 1048576 guest.raw)
restarts=1 boot_guest "$work/out.d/guest-sda.qcow2" virtio-blk 1800 'drydock: done' "$(mac_of out.d/guest.xml)" console
says console 'drydock: 002-command ended with status 0$'
says console 'drydock: 003-command ended with status 0$'
[ "$(grep -ac 'drydock: 004-command begins' console)" -eq 1 ] || fail "the machine did not start again"
says console "^drydock-again $uuid .*ens192 +inet 10\.0\.2\.77/24 "
says console '^drydock-agent qemu-guest-agent.1$'

#!/usr/bin/env bash
# Two systems on the disks: the boot loader's default, or the one that --root names.
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mke2fs mkswap sfdisk qemu-img qemu-nbd xz; do
    requires $tool
done

"$SOURCE_DIR/tests/images/linux-guest" debian-12 first
"$SOURCE_DIR/tests/images/linux-guest" rhel-8 second
disks=(first/web01.vmdk second/web01.vmdk)

is() { # PATTERN [OPTION]…
    local pattern=$1
    shift
    expect 0 "$MIGRATE" inspect "${disks[@]}" "$@" </dev/null
    says out "$pattern"
}

is 'Debian GNU/Linux 12'
says out 'Linux on sdb1 is a second operating system'
is 'Red Hat Enterprise Linux 8\.9' --root sdb1
says out 'Linux on sda1 is a second operating system'
is 'Red Hat Enterprise Linux 8\.9' --root /dev/sdb1
is 'Debian GNU/Linux 12' --root sda1
expect 0 "$MIGRATE" plan -q "${disks[@]}" --root sdb1
says out '^change /boot/loader/entries/'

expect 2 "$MIGRATE" inspect "${disks[@]}" --root sdc1
says err "there is no volume 'sdc1'"
says err 'hint: the volumes are sda1, sda2, sdb1, sdb2'
expect 1 "$MIGRATE" inspect "${disks[@]}" --root sda2
says err "found no operating system on 'sda2'"
says err 'hint: systems are on sda1, sdb1'

#!/usr/bin/env bash
# What a guest's kernels decide. kernels.sh too-old: one without virtio starts from an IDE disk, with a network card of Intel's.
# kernels.sh several: all that can are changed, the one that cannot is named.
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mke2fs mkswap sfdisk qemu-img qemu-nbd xz zstd xmllint; do
    requires $tool
done

case $1 in
too-old)
    "$SOURCE_DIR/tests/images/linux-guest" centos-5-old guest
    expect 0 "$MIGRATE" guest -o out.d
    says out.d/*.report.json 'linux-kernel-without-virtio'
    domain=$(echo out.d/*.xml)
    [ "$(xmllint --xpath 'string(//devices/disk/target/@bus)' "$domain")" = ide ] || fail "the disk is not on IDE"
    [ "$(xmllint --xpath 'string(//interface/model/@type)' "$domain")" = e1000 ] || fail "another network card"
    [[ $(xmllint --xpath 'string(//os/type/@machine)' "$domain") == pc* ]] || fail "another machine"
    expect 0 "$MIGRATE" plan guest
    says out '^    \+alias eth0 e1000$'
    ! grep -q 'virtio_blk$' out || fail "mkinitrd would look for a module that is not there"
    ;;
several)
    "$SOURCE_DIR/tests/images/linux-guest" debian-12-kernels guest
    expect 0 "$MIGRATE" guest -o out.d
    says out.d/*.report.json 'kernel 5\.10\.0-own \(no virtio_pci, virtio_blk\) lacks drivers'
    domain=$(echo out.d/*.xml)
    [ "$(xmllint --xpath 'string(//devices/disk/target/@bus)' "$domain")" = virtio ] || fail "the default kernel has virtio"
    expect 0 "$MIGRATE" plan guest
    for version in 18 17; do
        says out "^change /boot/initrd.img-6.1.0-$version-amd64$"
    done
    ! grep -q 'initrd.img-5.10.0-own$' out || fail "an initramfs was changed for nothing"
    ;;
esac

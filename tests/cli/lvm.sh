#!/usr/bin/env bash
# Guests on LVM whose filesystem a User-Mode Linux kernel reads, as the installer of RHEL lays them out: lvm.sh xfs, or
# lvm.sh xfs-luks with the volume group on LUKS2.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
export PATH=$PATH:/usr/sbin:/sbin
requires qemu-img
requires python3
requires mkfs.xfs
requires mke2fs
requires linux.uml

make_files() {
    mkdir files
    printf 'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n' > files/os-release
    printf '%s\n' '/dev/mapper/vmguest--vg-root / xfs defaults 0 0' '/dev/sda1 /boot ext4 defaults 0 0' > files/fstab
    echo '#!/bin/sh' > files/init
    # mkfs.xfs -p: a tree of names, modes, owners and files of the host.
    cat > files/tree <<'TREE'
/
0 0
d--755 0 0
etc d--755 0 0
os-release ---644 0 0 files/os-release
fstab ---644 0 0 files/fstab
$
sbin d--755 0 0
init ---755 0 0 files/init
$
boot d--755 0 0
$
$
TREE
}

layout=lvm
key=()
case ${1:?which case} in
xfs | xfs-luks)
    if [ "$1" = xfs-luks ]; then
        requires cryptsetup
        layout=luks
        printf 'vmguest key' > key # layouts.py's
        key=(--key all:file:key)
    fi
    make_files
    truncate -s 1200M root.img
    mkfs.xfs -q -p files/tree root.img
    truncate -s 100M boot.img
    mke2fs -q -t ext4 boot.img
    python3 "$SOURCE_DIR/tests/images/layouts.py" $layout guest.raw boot.img root.img
    expect 0 "$MIGRATE" inspect --json guest.raw "${key[@]}"
    python3 - out <<'PYTHON'
import json, sys
guest = json.load(open(sys.argv[1], encoding="utf-8"))["guest"]
assert guest["root"] == "vmguest-vg/root" and guest["linux"]["id"] == "rocky", guest
root = [volume for volume in guest["volumes"] if volume["name"] == guest["root"]][0]
assert root["type"] == "xfs" and root["readable"], root
PYTHON
    expect 0 "$MIGRATE" guest.raw -o out.d --name guest "${key[@]}"
    qemu-img convert -O raw out.d/guest-sda.qcow2 result.raw
    python3 "$SOURCE_DIR/tests/images/layouts.py" --extract $layout result.raw boot.img root.img
    xfs_repair -n -f root.img > repair 2>&1 || { cat repair >&2; fail "xfs_repair is not content"; }
    e2fsck -fn boot.img > fsck 2>&1 || { cat fsck >&2; fail "e2fsck is not content"; }
    # The changed file, wherever its blocks lie on the stripes.
    grep -aqE "^UUID=$(blkid -o value -s UUID -p boot.img) /boot ext4 defaults 0 0$" root.img ||
        fail "fstab was not changed"
    ;;
*) fail "no case $1" ;;
esac

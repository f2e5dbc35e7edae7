#!/usr/bin/env bash
# A volume group over two disks without partition tables, lvm-disks.sh CASE: both or one (the second is not given);
# lvm-disks.sh make FOLDER: just the disks, for other tests.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
export PATH=$PATH:/usr/sbin:/sbin
requires qemu-img
requires python3
requires mke2fs

# first.raw and second.raw: root is on the first, home begins there and ends on the second.
make_disks() {
    mkdir -p root/etc root/sbin root/home home/user
    printf 'ID=debian\nVERSION_ID=12\n' > root/etc/os-release
    printf '%s\n' '/dev/vg/root / ext4 defaults 0 1' '/dev/mapper/vg-home /home ext4 defaults 0 2' > root/etc/fstab
    echo '#!/bin/sh' > root/sbin/init
    local name
    for name in root home; do
        truncate -s 48M $name.img
        mke2fs -q -t ext4 -d $name $name.img
    done
    PYTHONPATH=$SOURCE_DIR/tests/images python3 - <<'PYTHON'
import lvm
disk = lvm.MIB * 100
group = lvm.Group("vg", [(0, disk), (disk, disk)])
runs = {"root": group.add("root", [(12, [0], 0)]), "home": group.add("home", [(4, [0], 0), (8, [1], 0)])}
with open("both.raw", "wb") as file:
    file.truncate(2 * disk)
group.write("both.raw")
with open("both.raw", "r+b") as target:
    for name, segments in runs.items():
        with open(name + ".img", "rb") as source:
            for offset, length in group.runs(segments):
                target.seek(offset)
                target.write(source.read(length))
PYTHON
    dd if=both.raw of=first.raw bs=1M count=100 status=none
    dd if=both.raw of=second.raw bs=1M skip=100 status=none
}

check_json() { # JSON HAS_HOME
    python3 - "$1" "$2" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
guest, has_home = report["guest"], sys.argv[2] == "yes"
assert guest["root"] == "vg/root", guest
names = [volume["name"] for volume in guest["volumes"]]
assert ("vg/home" in names) == has_home, names
mounts = {mount["mount_point"]: mount["volume"] for mount in guest["linux"]["mounts"]}
assert mounts == {"/": "vg/root", "/home": "vg/home" if has_home else None}, mounts
codes = {finding["code"] for finding in report["findings"]}
lost = {"lvm-missing", "lvm-incomplete"}
assert codes.isdisjoint(lost) if has_home else lost <= codes, codes
PYTHON
}

check_filesystem() { # IMAGE
    e2fsck -fn "$1" > fsck 2>&1 || { cat fsck >&2; fail "e2fsck is not content with $1"; }
}

make_disks
case ${1:?which case} in
both)
    # The order does not matter to LVM.
    expect 0 "$MIGRATE" inspect --json second.raw first.raw
    check_json out yes
    expect 0 "$MIGRATE" first.raw second.raw -o out.d --name guest
    for disk in sda sdb; do
        qemu-img convert -O raw out.d/guest-$disk.qcow2 $disk.raw
    done
    # Root is twelve extents behind the metadata, home the four behind it and the other disk's first eight.
    dd if=sda.raw bs=1M skip=1 count=48 status=none > root.img
    (dd if=sda.raw bs=1M skip=49 count=16 status=none && dd if=sdb.raw bs=1M skip=1 count=32 status=none) > home.img
    check_filesystem root.img
    check_filesystem home.img
    debugfs -R 'stat /user' home.img 2>/dev/null > stat
    says stat 'Type: directory'
    ;;
one)
    expect 0 "$MIGRATE" inspect --json first.raw
    check_json out no
    expect 0 "$MIGRATE" first.raw -o out.d --name guest
    # Of the second disk alone nothing can be started.
    expect 1 "$MIGRATE" inspect second.raw
    says err 'vg/root \(incomplete\)'
    ;;
make) mv first.raw second.raw "${2:?where}" ;;
*) fail "no case $1" ;;
esac

#!/usr/bin/env bash
# Linux guests whose root is on a volume that only a kernel puts together, made by lvm2 and mdadm in a kernel of their own:
#   thin           ext4 on a thin logical volume is inspected, planned and migrated; LVM finds it in order afterwards
#   raid5          the same on a RAID 5 of whole disks
#   thin-xfs       a second kernel for the filesystem above
#   nobody         thin-xfs as an ordinary user without capabilities, /dev/kvm and /dev/fuse
#   none           --fs-backend none: the volumes are findings that say what to do
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
export PATH=$PATH:/usr/sbin:/sbin
for program in qemu-img python3 linux.uml lvm mdadm mke2fs mkfs.xfs; do
    requires $program
done
images=$SOURCE_DIR/tests/images

# make_guest {thin|raid5} {ext4|xfs}: disks/sda.img to sdc.img.
make_guest() {
    mkdir -p disks files/etc files/sbin
    printf 'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n' > files/etc/os-release
    echo "/dev/$([ "$1" = thin ] && echo mapper/vmguest--vg-root || echo md/root) / $2 defaults 0 0" > files/etc/fstab
    echo '/dev/sdf1 /gone ext4 defaults 0 0' >> files/etc/fstab
    echo '#!/bin/sh' > files/sbin/init
    truncate -s 320M disks/root.img
    if [ "$2" = ext4 ]; then
        mke2fs -q -t ext4 -d files disks/root.img
    else
        printf '%s\n' / '0 0' 'd--755 0 0' 'etc d--755 0 0' 'os-release ---644 0 0 files/etc/os-release' \
            'fstab ---644 0 0 files/etc/fstab' '$' 'sbin d--755 0 0' 'init ---755 0 0 files/sbin/init' '$' '$' > tree
        mkfs.xfs -q -f -p tree disks/root.img
    fi
    "$images/kernel-volumes" "put-$1" disks
    rm disks/root.img
}

# check_result {thin|raid5} {ext4|xfs}: of out.d.
check_result() {
    local disk
    mkdir result
    for disk in sda sdb sdc; do
        qemu-img check -q "out.d/guest-$disk.qcow2"
        qemu-img convert -O raw "out.d/guest-$disk.qcow2" "result/$disk.img"
        # Arrays were left as after an orderly end.
        [ "$1" = thin ] || mdadm --examine "result/$disk.img" | grep -q 'State : clean' || fail "$disk was not closed"
    done
    "$images/kernel-volumes" "get-$1" result
    if [ "$2" = ext4 ]; then
        truncate -s 320M result/root.img # an array is larger
        e2fsck -fn result/root.img > fsck 2>&1 || { cat fsck >&2; fail "e2fsck is not content"; }
        debugfs -R 'cat /etc/fstab' result/root.img > fstab 2> /dev/null
        says fstab '^/dev/sdf1 /gone ext4 defaults,nofail'
    else
        xfs_repair -n -f result/root.img > repair 2>&1 || { cat repair >&2; fail "xfs_repair is not content"; }
        grep -aq '^/dev/sdf1 /gone ext4 defaults,nofail' result/root.img || fail "fstab was not changed"
    fi
}

# check_guest {thin|raid5} {ext4|xfs} NAME
check_guest() {
    make_guest "$1" "$2"
    listing disks > before
    expect 0 "$MIGRATE" inspect disks/sd?.img
    says out '^system +Rocky Linux'
    says out "^volume +$3 $2"
    expect 0 "$MIGRATE" plan disks/sd?.img
    says out '/etc/fstab'
    expect 0 "$MIGRATE" disks/sd?.img -o out.d --name guest
    listing disks | diff before - || fail "the source was changed"
    check_result "$1" "$2"
}

case ${1:?which case} in
thin) check_guest thin ext4 vmguest-vg/root ;;
thin-xfs) check_guest thin xfs vmguest-vg/root ;;
raid5) check_guest raid5 ext4 md/root ;;
nobody)
    [ "$(id -u)" -eq 0 ] || { echo "skipped: not root, so every other case runs as an ordinary user"; exit 77; }
    make_guest thin xfs
    chmod 755 . disks
    chmod 644 disks/*
    mkdir -m 777 out.d
    setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$MIGRATE" ||
        { echo "skipped: nobody cannot reach the program"; exit 77; }
    cat > inside.sh <<'INSIDE'
mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 444 /dev/urandom c 1 9 || exit 77
exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all \
    "$MIGRATE" disks/sda.img disks/sdb.img disks/sdc.img -o out.d --name guest
INSIDE
    export MIGRATE
    expect 0 unshare -m bash inside.sh
    check_result thin xfs
    ;;
none)
    make_guest thin ext4
    status=0
    "$MIGRATE" inspect disks/sd?.img --fs-backend none > out 2> err || status=$?
    [ $status -ne 0 ] || fail "it found a system on a volume that it was to leave alone"
    says err 'vmguest-vg/root \(thin\)'
    ;;
*) fail "no case $1" ;;
esac

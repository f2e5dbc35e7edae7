#!/usr/bin/env bash
# Guests whose root is on a filesystem that a User-Mode Linux kernel reads and writes:
#   xfs, btrfs           a Debian guest is migrated, and the filesystem's own tools are content with the result
#   nobody               the same (xfs) as an ordinary user without capabilities, /dev/kvm and /dev/fuse
#   missing              no User-Mode Linux: exit status 5, and the hint names the package
#   host                 the host's own kernel, for root: by name, and where there is no User-Mode Linux
#   none                 --fs-backend none: the volume is a finding
#   killed               the kernel dies while it is asked: an error, and nothing stays behind
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
export PATH=$PATH:/usr/sbin:/sbin
requires qemu-img
requires mkfs.xfs
requires btrfs
requires linux.uml

debian_guest() { # TYPE
    requires mmdebstrap
    "$SOURCE_DIR/tests/images/debian-guest-filesystem" "$1" guest.vmdk
}

check_result() { # TYPE QCOW2
    qemu-img check -q "$2"
    qemu-img convert -O raw "$2" result.raw
    dd if=result.raw of=root.img bs=1M skip=1 conv=sparse status=none
    local uuid mount=" / xfs defaults 0 0"
    uuid=$(blkid -o value -s UUID -p root.img)
    if [ "$1" = xfs ]; then
        xfs_repair -n root.img > repair 2>&1 || { cat repair >&2; fail "xfs_repair is not content"; }
    else
        btrfs check --readonly root.img > repair 2>&1 || { cat repair >&2; fail "btrfs check is not content"; }
        mkdir restored
        btrfs restore --path-regex '^/(|@(|/etc(|/fstab)))$' root.img restored > /dev/null
        cmp restored/@/etc/fstab <("$MIGRATE" files cat "$2" /etc/fstab) || fail "btrfs restore reads another fstab"
        mount=" / btrfs defaults,subvol=@ 0 0"
    fi
    expect 0 "$MIGRATE" files cat "$2" /etc/fstab
    says out "^UUID=$uuid$mount$"
    expect 0 "$MIGRATE" files cat "$2" /boot/grub/grub.cfg
    says out "root=UUID=$uuid "
    expect 0 "$MIGRATE" files cat "$2" /etc/systemd/network/10-drydock-ens192.link
}

# Enough of a system to be recognised.
small_guest() {
    printf 'NAME="Rocky Linux"\nID="rocky"\nVERSION_ID="9.4"\n' > os-release
    echo '#!/bin/sh' > init
    printf '%s\n' / '0 0' 'd--755 0 0' 'etc d--755 0 0' 'os-release ---644 0 0 os-release' '$' 'sbin d--755 0 0' \
        'init ---755 0 0 init' '$' '$' > tree
    truncate -s 320M guest.raw
    mkfs.xfs -q -p tree guest.raw
}

case ${1:?which case} in
xfs | btrfs)
    debian_guest "$1"
    listing . > before
    expect 0 "$MIGRATE" inspect guest.vmdk
    says out '^system +Debian'
    says out "^volume +sda1 $1"
    expect 0 "$MIGRATE" guest.vmdk -o out.d --name guest
    check_result "$1" out.d/guest-sda.qcow2
    ;;
nobody)
    [ "$(id -u)" -eq 0 ] || { echo "skipped: not root, so every other case runs as an ordinary user"; exit 77; }
    debian_guest xfs
    chmod 755 . && chmod 644 guest.vmdk
    mkdir -m 777 out.d
    setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$MIGRATE" ||
        { echo "skipped: nobody cannot reach the program"; exit 77; }
    cat > inside.sh <<'INSIDE'
mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 444 /dev/urandom c 1 9 || exit 77
exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all "$MIGRATE" guest.vmdk -o out.d
INSIDE
    export MIGRATE
    expect 0 unshare -m bash inside.sh
    check_result xfs out.d/guest-sda.qcow2
    ;;
missing)
    small_guest
    mkdir bin
    for program in qemu-nbd qemu-img nbdkit; do
        ln -s "$(command -v $program)" "bin/$program"
    done
    PATH=$work/bin expect 5 "$MIGRATE" inspect guest.raw --fs-backend uml
    says err 'User-Mode Linux, which is not installed'
    says err 'hint: install user-mode-linux'
    ;;
host)
    small_guest
    if [ "$(id -u)" -ne 0 ]; then
        expect 3 "$MIGRATE" inspect guest.raw --fs-backend host
        says err 'only root'
        echo "skipped the rest: not root"
        exit 0
    fi
    for device in /dev/fuse /dev/loop-control; do
        [ -w $device ] || { echo "skipped: no $device here"; exit 77; }
    done
    grep -qw xfs /proc/filesystems || modprobe xfs || { echo "skipped: no XFS in this kernel"; exit 77; }
    expect 0 "$MIGRATE" inspect guest.raw --fs-backend host
    says out '^system +Rocky Linux'
    # Where User-Mode Linux is missing, root has the host's kernel without asking for it.
    mkdir bin
    for program in qemu-nbd qemu-img nbdkit; do
        ln -s "$(command -v $program)" "bin/$program"
    done
    PATH=$work/bin expect 0 "$MIGRATE" inspect guest.raw
    says out '^system +Rocky Linux'
    losetup -l | grep 1125899906842624 && fail "a loop device is left"
    grep drydock /proc/mounts && fail "something is mounted"
    [ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'drydock-host-*' -user root -mmin -1)" ] || fail "a folder is left"
    ;;
none)
    small_guest
    status=0
    "$MIGRATE" inspect guest.raw --fs-backend none > out 2> err || status=$?
    [ $status -ne 0 ] || fail "it found a system on a volume that it was to leave alone"
    says err 'sda \(xfs\)'
    expect 2 "$MIGRATE" inspect guest.raw --fs-backend fuse
    ;;
killed)
    small_guest
    "$MIGRATE" inspect guest.raw > out 2> err &
    pid=$!
    # The supervisor is a copy of the program, the kernel its child.
    until supervisor=$(pgrep -d, -P $pid) &&
        kernel=$(pgrep -f "^/[^ ]*(linux.uml|drydock-uml) .*initrd=.*/initramfs" -P "$supervisor"); do
        kill -0 $pid || fail "it ended before its kernel was seen"
        sleep 0.02
    done
    for one in $kernel; do kill -KILL "$one"; done
    status=0
    wait $pid || status=$?
    [ $status -ne 0 ] || fail "nothing was noticed"
    says err 'User-Mode Linux'
    for one in $kernel; do
        ! kill -0 "$one" 2>/dev/null || fail "a process of the kernel is left"
    done
    ;;
*) fail "no case $1" ;;
esac

#!/usr/bin/env bash
# Disks that are repaired in place, and brought back: fix.sh CASE.
#   raw, qcow2, vmdk       a Debian-like guest is repaired as convert would do it, and comes back
#   nobody                 the same (raw) as an ordinary user
#   memory                 the undo file in memory
#   question               without a terminal, and without --yes, nothing is done
#   bad-input              command lines, undo files and disks that are refused
#   no-space               there is no room for the undo file
#   windows                a Windows guest; its registry is read by hivexget
#   lvm                    a volume group over two disks
#   killed                 SIGKILL at many moments, then undo
#   undo-killed            SIGKILL during undo, then undo again
#   xfs-host, btrfs-host   a Debian guest, through the host's kernel (root); also killed, then undo
#   xfs-uml                the same through User-Mode Linux
#   devices                loop devices: in use, read-only, the undo file on them, repaired and brought back (root)
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mke2fs mkswap sfdisk qemu-img qemu-nbd xz zstd; do
    requires $tool
done

# disk.raw and original.raw: a Debian 12 of a few files.
debian() {
    "$SOURCE_DIR/tests/images/linux-guest" debian-12 guest
    qemu-img convert -O raw guest/web01.vmdk disk.raw
    rm -rf guest
    cp --sparse=always disk.raw original.raw
}

as_before() { # DISK ORIGINAL
    cmp "$1" "$2" || fail "$1 is not what it was"
}

# What convert would have made of it is there; the filesystem's own tools are content.
check_repaired() { # RAW
    dd if="$1" of=root.img bs=1M skip=1 conv=sparse status=none
    /sbin/e2fsck -fn root.img > fsck 2>&1 || { cat fsck >&2; fail "e2fsck is not content"; }
    /sbin/debugfs -R "cat /etc/fstab" root.img 2>/dev/null > fstab
    says fstab '^UUID=5f0e2c1a-7c3b-4d6e-9a10-0b5c8d7e6f01 / ext4'
    /sbin/debugfs -R "cat /etc/initramfs-tools/modules" root.img 2>/dev/null > modules
    says modules '^virtio_blk$'
    rm root.img
}

check_report() { # REPORT DISKS
    python3 - "$1" "$2" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
assert report["schema"] == 1 and "outputs" not in report, report.keys()
assert len(report["fix"]["disks"]) == int(sys.argv[2]), report["fix"]
assert sum(disk["changed_bytes"] for disk in report["fix"]["disks"]) > 0, report["fix"]
assert all(change["reason"] for change in report["changes"])
assert [stage["stage"] for stage in report["stages"]] == [
    "open", "inspect", "plan", "apply", "compare", "undo", "write"], report["stages"]
PYTHON
}

# More to change than a moment's work: a file of 24 MiB goes in.
larger() {
    head -c 25165824 /dev/urandom > big
    set -- "$MIGRATE"
    MIGRATE=./with-file
    printf '#!/bin/sh\ncase $* in *--undo-file*) set -- "$@" --copy-in "%s:/root";; esac\nexec "%s" "$@"\n' "$work/big" "$1" > with-file
    chmod +x with-file
}

# seconds: how long a command takes.
run_seconds() { # COMMAND…
    local start end
    start=$(date +%s.%N)
    expect 0 "$@"
    end=$(date +%s.%N)
    seconds=$(python3 -c "print($end - $start)")
}

# Ends a command with SIGKILL after part NUMBER of COUNT of the time it takes.
kill_within() { # NUMBER COUNT COMMAND…
    local delay process status=0
    delay=$(python3 -c "print($seconds * ($1 - 0.5) / $2)")
    shift 2
    "$@" > out 2> err &
    process=$!
    sleep "$delay"
    kill -9 $process 2>/dev/null || status=ended
    wait $process 2>/dev/null || status=killed
    echo "after $delay s: $status"
    # What it started dies with it, a little later.
    for _ in $(seq 50); do
        flock -n disk.raw true && ! pgrep -f "$work" >/dev/null && return
        sleep 0.1
    done
}

case ${1:?which case} in
raw)
    debian
    expect 0 "$MIGRATE" fix disk.raw --dry-run
    says out '^change /etc/fstab$'
    as_before disk.raw original.raw
    [ "$(find . -name '.drydock*' -o -name '*.undo')" = "" ] || fail "a dry run has left something"
    expect 0 "$MIGRATE" fix disk.raw --undo-file u.undo --yes
    says out '^change /etc/fstab$'
    says out "^undo file: $work/u.undo$"
    says out "^report: $work/u.undo.report.json$"
    [ "$(stat -c %a u.undo)" = 600 ] || fail "others may read the undo file"
    check_repaired disk.raw
    check_report u.undo.report.json 1
    listing . > before
    expect 0 "$MIGRATE" fix --undo u.undo --dry-run
    says out 'would be brought back'
    expect 0 "$MIGRATE" fix --undo u.undo
    says out 'KiB brought back'
    as_before disk.raw original.raw
    expect 0 "$MIGRATE" fix --undo u.undo
    says out '^0 bytes brought back'
    mv disk.raw moved.raw
    expect 0 "$MIGRATE" fix --undo u.undo moved.raw
    # Once more, over what was repaired already: idempotent.
    expect 0 "$MIGRATE" fix moved.raw --undo-file first.undo --yes
    expect 0 "$MIGRATE" fix moved.raw --undo-file second.undo --yes
    check_repaired moved.raw
    [ ! -e second.undo ] || expect 0 "$MIGRATE" fix --undo second.undo
    expect 0 "$MIGRATE" fix --undo first.undo
    as_before moved.raw original.raw
    ;;
qcow2 | vmdk)
    debian
    qemu-img convert -O "$1" disk.raw "disk.$1"
    expect 0 "$MIGRATE" fix "disk.$1" --undo-file u.undo --yes
    qemu-img convert -f "$1" -O raw "disk.$1" repaired.raw
    check_repaired repaired.raw
    expect 0 "$MIGRATE" fix --undo u.undo
    [ "$1" != qcow2 ] || qemu-img check -q disk.qcow2
    qemu-img convert -f "$1" -O raw "disk.$1" back.raw
    as_before back.raw original.raw
    ;;
nobody)
    [ "$(id -u)" -eq 0 ] || { echo "skipped: not root, so every other case runs as an ordinary user"; exit 77; }
    debian
    mkdir -m 755 home.d
    cp --sparse=always disk.raw home.d
    chown -R 65534:65534 home.d
    chmod 755 .
    cat > inside.sh <<'INSIDE'
mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 444 /dev/urandom c 1 9 || exit 77
exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all env TMPDIR="$PWD" "$@"
INSIDE
    setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$MIGRATE" ||
        { echo "skipped: nobody cannot reach the program"; exit 77; }
    cd home.d
    expect 0 unshare -m bash ../inside.sh "$MIGRATE" fix disk.raw --undo-file u.undo --yes
    mv disk.raw ..
    check_repaired ../disk.raw
    mv ../disk.raw .
    expect 0 unshare -m bash ../inside.sh "$MIGRATE" fix --undo u.undo
    as_before disk.raw ../original.raw
    ;;
memory)
    debian
    expect 0 "$MIGRATE" fix disk.raw --undo-in-memory --yes
    undo=$(sed -n 's/^undo file: //p' out)
    case $(stat -f -c %T "$undo") in tmpfs | ramfs) ;; *) fail "$undo is not in memory" ;; esac
    check_repaired disk.raw
    cp "$undo" saved.undo
    rm "$undo" "$undo.report.json"
    expect 0 "$MIGRATE" fix --undo saved.undo
    as_before disk.raw original.raw
    ;;
question)
    debian
    expect 2 "$MIGRATE" fix disk.raw --undo-file u.undo </dev/null
    says err 'no terminal'
    expect 2 "$MIGRATE" fix disk.raw --yes
    says err 'stored'
    requires script
    TERM=dumb script -qec "'$MIGRATE' fix -q disk.raw --undo-file u.undo" typescript <<<n >/dev/null &&
        fail "no was taken for yes"
    says typescript 'Write these changes'
    says typescript 'nothing was changed'
    as_before disk.raw original.raw
    [ ! -e u.undo ] || fail "an undo file of nothing"
    TERM=dumb script -qec "'$MIGRATE' fix -q disk.raw --undo-file u.undo" typescript <<<y >/dev/null
    check_repaired disk.raw
    ;;
bad-input)
    debian
    expect 2 "$MIGRATE" fix
    expect 2 "$MIGRATE" fix disk.raw --undo-file u.undo --undo-in-memory --yes
    expect 2 "$MIGRATE" fix nothing.raw --undo-file u.undo --yes
    expect 2 "$MIGRATE" fix . --undo-file u.undo --yes
    expect 2 "$MIGRATE" fix disk.raw disk.raw --undo-file u.undo --yes
    expect 2 "$MIGRATE" fix disk.raw --undo-file u.undo --yes --disk-bus floppy
    expect 2 "$MIGRATE" fix disk.raw --undo-file disk.raw --yes
    qemu-img convert -O vmdk -o subformat=streamOptimized disk.raw stream.vmdk
    expect 1 "$MIGRATE" fix stream.vmdk --undo-file u.undo --yes
    qemu-img convert -O vhdx disk.raw disk.vhdx
    expect 1 "$MIGRATE" fix disk.vhdx --undo-file u.undo --yes
    as_before disk.raw original.raw
    [ ! -e u.undo ] || fail "an undo file of nothing"
    requires flock
    expect 3 flock disk.raw "$MIGRATE" fix disk.raw --undo-file u.undo --yes
    says err 'in use'

    expect 0 "$MIGRATE" fix disk.raw --undo-file u.undo --yes
    cp --sparse=always disk.raw repaired.raw
    expect 2 "$MIGRATE" fix disk.raw --undo-file u.undo --yes
    says err 'exists already'
    expect 2 "$MIGRATE" fix --undo original.raw
    says err 'no undo file'
    size=$(stat -c %s u.undo)
    for length in 20 100 3000 $((size / 2)) $((size - 150)); do
        head -c "$length" u.undo > torn.undo
        expect 6 "$MIGRATE" fix --undo torn.undo
        says err 'cut off'
    done
    # A mark that was cut off is none; the rest is whole.
    head -c $((size - 5)) u.undo > mark.undo
    expect 0 "$MIGRATE" fix --undo mark.undo --dry-run
    cp u.undo bad.undo
    printf 'X' | dd of=bad.undo bs=1 seek=$((size / 2)) conv=notrunc status=none
    expect 6 "$MIGRATE" fix --undo bad.undo
    # Other disks, and this one after somebody else was at it.
    truncate -s +1M disk.raw
    expect 2 "$MIGRATE" fix --undo u.undo
    cp --sparse=always repaired.raw disk.raw
    printf 'XXXX' | dd of=disk.raw bs=1 seek=440 conv=notrunc status=none
    expect 2 "$MIGRATE" fix --undo u.undo
    says err 'not the disk'
    cp --sparse=always repaired.raw disk.raw
    cmp -l original.raw disk.raw | head -n 1 > first || [ -s first ]
    read -r position _ < first
    printf 'Q' | dd of=disk.raw bs=1 seek=$((position - 1)) conv=notrunc status=none
    cp --sparse=always disk.raw touched.raw
    expect 3 "$MIGRATE" fix --undo u.undo
    says err 'changed since'
    as_before disk.raw touched.raw
    expect 0 "$MIGRATE" fix --undo u.undo --force
    as_before disk.raw original.raw
    expect 2 "$MIGRATE" fix --undo u.undo disk.raw original.raw
    ;;
no-space)
    [ "$(id -u)" -eq 0 ] || { echo "skipped: a small filesystem takes root"; exit 77; }
    debian
    mkdir small
    cat > inside.sh <<'INSIDE'
mount -t tmpfs -o size=48k tmpfs small || exit 77
"$MIGRATE" fix disk.raw --undo-file small/u.undo --yes
status=$?
ls -A small > left
exit $status
INSIDE
    export MIGRATE
    expect 4 unshare -m bash inside.sh
    [ ! -s left ] || fail "left behind: $(cat left)"
    as_before disk.raw original.raw
    ;;
killed)
    debian
    larger
    run_seconds "$MIGRATE" fix -q disk.raw --undo-file u.undo --yes
    expect 0 "$MIGRATE" fix --undo u.undo
    changed=0
    for i in $(seq "${ROUNDS:-20}"); do
        rm -f u.undo*
        kill_within "$i" "${ROUNDS:-20}" "$MIGRATE" fix -q disk.raw --undo-file u.undo --yes
        cmp -s disk.raw original.raw || changed=$((changed + 1))
        if [ -e u.undo ]; then
            expect 0 "$MIGRATE" fix --undo u.undo
        fi
        as_before disk.raw original.raw
    done
    [ "$changed" -gt 0 ] || fail "no run was far enough to have changed anything"
    ;;
undo-killed)
    debian
    larger
    expect 0 "$MIGRATE" fix disk.raw --undo-file u.undo --yes
    cp --sparse=always disk.raw repaired.raw
    run_seconds "$MIGRATE" fix -q --undo u.undo
    partly=0
    for i in $(seq "${ROUNDS:-10}"); do
        cp --sparse=always repaired.raw disk.raw
        kill_within "$i" "${ROUNDS:-10}" "$MIGRATE" fix -q --undo u.undo
        cmp -s disk.raw original.raw || partly=$((partly + 1))
        expect 0 "$MIGRATE" fix --undo u.undo
        as_before disk.raw original.raw
    done
    [ "$partly" -gt 0 ] || fail "every run had finished"
    ;;
windows)
    for tool in mkntfs wimlib-imagex osslsigncode xorriso hivexget; do
        requires $tool
    done
    "$SOURCE_DIR/tests/images/windows-guest" 10-x64 disk.raw --disk-mib 512
    "$SOURCE_DIR/tests/images/virtio-win" drivers drivers.iso
    cp --sparse=always disk.raw original.raw
    expect 0 "$MIGRATE" fix disk.raw --undo-file u.undo --yes --virtio-win drivers.iso
    check_report u.undo.report.json 1
    "$MIGRATE" files get disk.raw 'C:\Windows\System32\config\SYSTEM' .
    [ "$(hivexget SYSTEM 'ControlSet001\Services\viostor' Start)" = 0 ] || fail "viostor is not started at boot"
    [ "$(hivexget SYSTEM 'ControlSet001\Services\vioscsi' Start)" = 0 ] || fail "vioscsi is not started at boot"
    expect 0 "$MIGRATE" fix --undo u.undo
    as_before disk.raw original.raw
    ;;
lvm)
    bash "$SOURCE_DIR/tests/cli/lvm-disks.sh" make "$work" || fail "no disks"
    for name in first second; do
        cp --sparse=always $name.raw $name.original
    done
    head -c 20971520 /dev/urandom > big
    expect 0 "$MIGRATE" fix first.raw second.raw --undo-file u.undo --yes --copy-in big:/home/user --write /home/user/mark:here
    check_report u.undo.report.json 2
    # Home is four extents of the first disk and the first eight of the other.
    (dd if=first.raw bs=1M skip=49 count=16 status=none && dd if=second.raw bs=1M skip=1 count=32 status=none) > home.img
    [ "$(debugfs -R 'cat /user/mark' home.img 2>/dev/null)" = here ] || fail "the file is not there"
    e2fsck -fn home.img > fsck 2>&1 || { cat fsck >&2; fail "e2fsck is not content"; }
    cmp -s second.raw second.original && fail "nothing was written to the second disk"
    expect 2 "$MIGRATE" fix --undo u.undo second.raw first.raw
    expect 0 "$MIGRATE" fix --undo u.undo
    as_before first.raw first.original
    as_before second.raw second.original
    ;;
devices)
    [ "$(id -u)" -eq 0 ] || { echo "skipped: devices take root"; exit 77; }
    debian
    device=$(losetup -f --show -P disk.raw) || { echo "skipped: no loop device here"; exit 77; }
    trap 'mountpoint -q mnt && umount mnt; losetup -d "$device"; chmod -R u+rwX "$work"; rm -rf --one-file-system "$work"' EXIT
    expect 3 "$MIGRATE" fix disk.raw --undo-file u.undo --yes
    says err "in use: $device stands on it"
    expect 0 "$MIGRATE" inspect "$device"
    says out '^system +Debian'
    mkdir mnt
    mount -o ro,noload,loop,offset=1048576 "$device" mnt
    expect 3 "$MIGRATE" fix "$device" --undo-file u.undo --yes
    says err 'in use'
    expect 3 "$MIGRATE" fix "$device" --undo-file mnt/u.undo --yes
    umount mnt
    blockdev --setro "$device"
    expect 3 "$MIGRATE" fix "$device" --undo-file u.undo --yes
    says err 'read-only'
    blockdev --setrw "$device"
    as_before disk.raw original.raw
    expect 0 "$MIGRATE" fix "$device" --undo-file u.undo --yes
    sync
    check_repaired disk.raw
    expect 0 "$MIGRATE" fix --undo u.undo
    as_before disk.raw original.raw
    ;;
xfs-host | btrfs-host | xfs-uml)
    type=${1%-*} backend=${1#*-}
    requires mmdebstrap
    requires mkfs.xfs
    requires btrfs
    if [ "$backend" = host ]; then
        [ "$(id -u)" -eq 0 ] || { echo "skipped: only root has the host's kernel do it"; exit 77; }
        for device in /dev/fuse /dev/loop-control; do
            [ -w $device ] || { echo "skipped: no $device here"; exit 77; }
        done
        grep -qw "$type" /proc/filesystems || modprobe "$type" || { echo "skipped: no $type here"; exit 77; }
    else
        requires linux.uml
    fi
    "$SOURCE_DIR/tests/images/debian-guest-filesystem" "$type" guest.vmdk
    qemu-img convert -O raw guest.vmdk disk.raw
    rm guest.vmdk
    cp --sparse=always disk.raw original.raw
    run_seconds "$MIGRATE" fix disk.raw --undo-file u.undo --yes --fs-backend "$backend"
    check_report u.undo.report.json 1
    dd if=disk.raw of=root.img bs=1M skip=1 conv=sparse status=none
    if [ "$type" = xfs ]; then
        xfs_repair -n root.img > repair 2>&1 || { cat repair >&2; fail "xfs_repair is not content"; }
    else
        btrfs check --readonly root.img > repair 2>&1 || { cat repair >&2; fail "btrfs check is not content"; }
    fi
    expect 0 "$MIGRATE" files cat disk.raw /etc/initramfs-tools/modules --fs-backend "$backend"
    says out '^virtio_blk$'
    expect 0 "$MIGRATE" fix --undo u.undo
    as_before disk.raw original.raw
    for i in 1 2 3; do
        rm -f u.undo*
        kill_within "$i" 3 "$MIGRATE" fix -q disk.raw --undo-file u.undo --yes --fs-backend "$backend"
        [ ! -e u.undo ] || expect 0 "$MIGRATE" fix --undo u.undo
        as_before disk.raw original.raw
    done
    # What a killed run had mounted goes with it, when the kernel is done with it.
    for _ in $(seq 100); do
        losetup -l | grep -q 1125899906842624 || exit 0
        sleep 0.1
    done
    fail "a loop device is left: $(losetup -l)"
    ;;
*) fail "no case $1" ;;
esac

#!/usr/bin/env bash
# One kind of bad input per call: bad-input.sh CASE. Each must end with its exit status, one clear sentence and a
# hint, and leave the output directory as it was.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
requires qemu-img
requires qemu-nbd

mkdir out.d
echo precious > out.d/kept

# refused STATUS CODE PATTERN SOURCE…: migrate says so, with a hint, and out.d is untouched.
refused() {
    local status=$1 code=$2 pattern=$3
    shift 3
    listing out.d > before
    expect "$status" "$MIGRATE" "$@" -o out.d
    says err "^migrate: error \($code\): .*$pattern"
    says err '^  hint: .+'
    [ "$(grep -c '^migrate: error' err)" -eq 1 ] || fail "more than one error"
    [ ! -s out ] || fail "something on stdout"
    listing out.d > after
    cmp before after || fail "the output directory has changed"
}

# A disk with a partition and an empty ext4 on it.
data_disk() { # RAW
    truncate -s 64M "$1"
    echo 'start=2048, type=83' | /sbin/sfdisk -q "$1"
    /sbin/mke2fs -q -t ext4 -E offset=1048576 "$1" 62M
}

case ${1:?which case} in
empty-file)
    : > disk.vmdk
    refused 6 corrupt 'is empty' disk.vmdk
    ;;
text-file)
    printf 'Dear administrator,\nthis is not a disk.\n' > disk.vmdk
    refused 2 usage 'is not a disk image' disk.vmdk
    ;;
truncated-vmdk)
    head -c 8M /dev/urandom > disk.raw
    qemu-img convert -O vmdk disk.raw disk.vmdk
    truncate -s 4M disk.vmdk
    refused 6 corrupt 'cut short' disk.vmdk
    ;;
truncated-stream-vmdk)
    head -c 8M /dev/urandom > disk.raw
    qemu-img convert -O vmdk -o subformat=streamOptimized disk.raw disk.vmdk
    truncate -s 4M disk.vmdk
    refused 6 corrupt 'cut short' disk.vmdk
    ;;
truncated-vhdx)
    head -c 64M /dev/urandom > disk.raw
    qemu-img convert -O vhdx -o subformat=dynamic disk.raw disk.vhdx
    truncate -s 40M disk.vhdx
    refused 6 corrupt 'cut short' disk.vhdx
    ;;
truncated-vhd)
    head -c 8M /dev/urandom > disk.raw
    qemu-img convert -O vpc -o subformat=dynamic,force_size disk.raw disk.vhd
    truncate -s 4M disk.vhd
    refused 6 corrupt 'cut short' disk.vhd
    ;;
no-system)
    requires /sbin/mke2fs
    data_disk disk.raw
    qemu-img convert -O vmdk disk.raw disk.vmdk
    refused 1 unsupported 'operating system' disk.vmdk
    ;;
differencing-vhd)
    requires python3
    qemu-img create -q -f vpc -o subformat=dynamic,force_size disk.vhd 8M
    # Type 4 in both copies of the footer, and a parent's name in the header, with checksums made right again.
    python3 - disk.vhd <<'PYTHON'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
def seal(start, length, field):
    data[start + field:start + field + 4] = bytes(4)
    data[start + field:start + field + 4] = struct.pack(">I", ~sum(data[start:start + length]) & 0xFFFFFFFF)
for start in (0, len(data) - 512):
    data[start + 60:start + 64] = struct.pack(">I", 4)
    seal(start, 512, 64)
data[512 + 40:512 + 56] = bytes(range(16))
name = "base.vhd".encode("utf-16-be")
data[512 + 64:512 + 64 + len(name)] = name
seal(512, 1024, 36)
open(sys.argv[1], "wb").write(data)
PYTHON
    refused 1 not-found "its parent 'base.vhd' is missing" disk.vhd
    ;;
missing-extent)
    truncate -s 8M disk.raw
    qemu-img convert -O vmdk -o subformat=monolithicFlat disk.raw disk.vmdk
    rm disk-flat.vmdk
    refused 1 not-found "'disk-flat.vmdk' is missing" disk.vmdk
    ;;
escaping-extent)
    truncate -s 8M disk.raw
    qemu-img convert -O vmdk -o subformat=monolithicFlat disk.raw disk.vmdk
    sed -i 's|"disk-flat.vmdk"|"/etc/hostname"|' disk.vmdk
    refused 3 precondition 'leads out of' disk.vmdk
    ;;
directory)
    mkdir machine
    echo notes > machine/README
    refused 2 usage 'there is no machine in' machine
    ;;
no-such-path)
    refused 2 usage 'does not exist' nowhere/disk.vmdk
    ;;
no-space)
    requires mmdebstrap
    "$SOURCE_DIR/tests/images/debian-guest" disk.vmdk
    # A small filesystem of our own, in a namespace where we may mount one.
    unshare -rm true 2>/dev/null || { echo "skipped: no user namespaces here"; exit 77; }
    cat > inside.sh <<'INSIDE'
mount -t tmpfs -o size=48m tmpfs out.d && echo precious > out.d/kept || exit 77
listing() { (cd "$1" && find . -mindepth 1 -printf '%p %s %T@\n' | LC_ALL=C sort); }
listing out.d > before
status=0
"$MIGRATE" disk.vmdk -o out.d >out 2>err || status=$?
listing out.d > after
exit $status
INSIDE
    export MIGRATE
    expect 4 unshare -rm bash inside.sh
    says err '^migrate: error \(no-space\): .*free'
    says err '^  hint: .+'
    cmp before after || fail "the output directory has changed"
    ;;
not-writable)
    qemu-img create -q -f vmdk disk.vmdk 8M
    chmod 555 out.d
    if [ "$(id -u)" -eq 0 ]; then
        # Root may write anywhere: do it as nobody.
        chmod 755 . && chmod 644 disk.vmdk
        as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
        as_nobody test -x "$MIGRATE" || { echo "skipped: nobody cannot reach the program"; exit 77; }
        listing out.d > before
        expect 1 as_nobody "$MIGRATE" disk.vmdk -o out.d
        says err '^migrate: error \(system\): .*Permission denied'
        says err '^  hint: .*-o'
        listing out.d > after
        cmp before after || fail "the output directory has changed"
    else
        refused 1 system 'Permission denied' disk.vmdk
    fi
    ;;
no-qemu-nbd)
    qemu-img create -q -f vmdk disk.vmdk 8M
    mkdir bin
    ln -s "$(command -v qemu-img)" bin/
    listing out.d > before
    expect 5 env PATH="$work/bin" "$MIGRATE" disk.vmdk -o out.d
    says err "^migrate: error \(missing-tool\): .*'qemu-nbd'"
    says err '^  hint: .+'
    listing out.d > after
    cmp before after || fail "the output directory has changed"
    ;;
no-virtio-win)
    requires wimlib-imagex
    "$SOURCE_DIR/tests/images/windows-guest" 10-x64 disk.vmdk
    refused 5 missing-tool 'no virtio drivers' --virtio-win "$work/nowhere" disk.vmdk
    ;;
existing-result)
    requires mmdebstrap
    "$SOURCE_DIR/tests/images/debian-guest" disk.vmdk
    echo mine > out.d/disk-sda.qcow2
    refused 2 usage 'exists already' disk.vmdk
    ;;
*)
    fail "no such case: $1"
    ;;
esac

#!/usr/bin/env bash
# The guests of tests/images are what they say they are, according to other people's tools.
#   images.sh GENERATION | options | virtio-win
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"

guest() { # as windows-guest, on a disk that is quickly read as a whole
    "$SOURCE_DIR/tests/images/windows-guest" "$@" --disk-mib 512
}
for tool in python3 mkntfs wimlib-imagex mkfs.vfat mcopy sfdisk qemu-img ntfscat hivexget blkid; do
    PATH=$PATH:/usr/sbin:/sbin requires $tool
done
PATH=$PATH:/usr/sbin:/sbin

# partition DISK NUMBER FILE: a copy of one partition.
partition() {
    local start size
    read -r start size < <(sfdisk -J "$1" | python3 -c '
import json, sys
entry = json.load(sys.stdin)["partitiontable"]["partitions"][int(sys.argv[1]) - 1]
print(entry["start"] * 512, entry["size"] * 512)' "$2")
    dd if="$1" of="$3" bs=1M iflag=skip_bytes,count_bytes skip="$start" count="$size" conv=sparse status=none
    truncate -s "$size" "$3"
}

# machine FILE: the processor a PE file is for.
machine() {
    local header
    header=$(od -An -tu4 -j60 -N4 "$1")
    od -An -tx2 -j$((header + 4)) -N2 "$1" | tr -d ' '
}

# same EXPECTED ACTUAL WHAT
same() {
    [ "$1" = "$2" ] || fail "$3 is '$2', not '$1'"
}

sequences() { # FILE: the two numbers of a hive that are equal when it is clean
    od -An -tu4 -j4 -N8 "$1" | tr -s ' ' | sed 's/^ //'
}

check_system_volume() { # VOLUME PRODUCT MACHINE
    ntfsfix -n "$1" >out 2>&1 || { cat out >&2; fail "ntfsfix is not content"; }
    expect 0 ntfs-3g.probe --readwrite "$1"
    ntfsls "$1" >out
    local name
    for name in Windows Users pagefile.sys hiberfil.sys "Program Files" "Documents and Settings"; do
        says out "^$name\$"
    done
    for name in SYSTEM SOFTWARE SAM SECURITY DEFAULT; do
        ntfscat "$1" "/Windows/System32/config/$name" >"$name"
        hivexml "$name" >/dev/null || fail "hivex does not read $name"
    done
    ntfscat "$1" /Windows/System32/ntoskrnl.exe >kernel
    same "$3" "$(machine kernel)" "ntoskrnl.exe's processor"
    same "$2" "$(hivexget SOFTWARE '\Microsoft\Windows NT\CurrentVersion' ProductName)" "the product"
    same 1 "$(hivexget SYSTEM '\Select' Current)" "the control set"
    same 0 "$(hivexget SYSTEM '\ControlSet001\Services\disk' Start)" "Start of disk"
    printf 'cd ControlSet001\\Services\nls\n' | hivexsh SYSTEM >out
    [ "$(wc -l <out)" -ge 400 ] || fail "only $(wc -l <out) services"
}

check_driver_database() {
    printf 'cd DriverDatabase\\DeviceIds\\PCI\nls\n' | hivexsh SYSTEM >out
    [ "$(wc -l <out)" -ge 2600 ] || fail "only $(wc -l <out) PCI ids"
    same 3 "$(hivexget SYSTEM '\ControlSet001\Services\storahci\StartOverride' 0)" "the override"
}

check_gpt() { # DISK PRODUCT
    sgdisk -v "$1" >out 2>&1
    says out "No problems found"
    partition "$1" 1 esp
    partition "$1" 3 system
    fsck.vfat -n esp >out 2>&1 || { cat out >&2; fail "fsck.vfat is not content"; }
    mcopy -i esp ::/EFI/Microsoft/Boot/BCD BCD
    hivexml BCD | tr -d '\n' >out
    says out 'winload\.efi'
    check_system_volume system "$2" 8664
    check_driver_database
}

check_mbr() { # DISK PRODUCT MACHINE
    sfdisk --verify "$1" >out 2>&1 || { cat out >&2; fail "sfdisk is not content"; }
    partition "$1" 1 reserved
    partition "$1" 2 system
    ntfscat reserved /Boot/BCD >BCD
    hivexml BCD | tr -d '\n' >out
    says out 'winload\.exe'
    check_system_volume system "$2" "$3"
}

check_generation() {
    requires sgdisk
    guest "$1" guest.raw guest.vmdk guest.vhdx
    case $1 in
    7-x86)
        check_mbr guest.raw "Windows 7 Professional" 014c
        printf 'cd ControlSet001\\Control\\CriticalDeviceDatabase\nls\n' | hivexsh SYSTEM >out
        same 2548 "$(wc -l <out)" "the number of critical devices"
        ;;
    10-x64) check_gpt guest.raw "Windows 10 Pro" ;;
    2022-x64) check_gpt guest.raw "Windows Server 2022 Standard" ;;
    esac
    for other in vmdk vhdx; do
        expect 0 qemu-img check -f $other guest.$other
        expect 0 qemu-img compare -f raw -F $other guest.raw guest.$other
    done
    # From the cache, the same again.
    guest "$1" again.raw
    cmp guest.raw again.raw || fail "the second time it is another guest"
}

check_options() {
    local option row status
    # What ntfs-3g makes of them: 14 is hibernated, or metadata in Windows' cache; 15 an unclean log; 12 no NTFS.
    for row in hibernated:14 fast-started:14 log-dirty:15 bitlocker:12; do
        option=${row%:*} status=${row#*:}
        guest 10-x64 guest.raw --"$option" --pagefile-mib 1
        partition guest.raw 3 system
        expect "$status" ntfs-3g.probe --readwrite system
    done
    same BitLocker "$(blkid -p -s TYPE -o value system)" "the type of an encrypted volume"
    guest 10-x64 guest.raw --bios --dirty-hive --pagefile-mib 1
    partition guest.raw 2 system
    ntfscat system /Windows/System32/config/SYSTEM >SYSTEM
    ntfscat system /Windows/System32/config/SYSTEM.LOG1 >LOG1
    same "1501 1500" "$(sequences SYSTEM)" "the sequence"
    same "1500 1500" "$(sequences LOG1)" "the sequence of the log"
    same HvLE "$(dd if=LOG1 bs=1 skip=512 count=4 status=none)" "the first entry's magic"
    same XXXXXXXXXXXXX "$(hivexget SYSTEM '\ControlSet001\Services\Tcpip\Parameters' Hostname)" "the old name"
}

check_virtio_win() {
    requires osslsigncode
    requires xorriso
    "$SOURCE_DIR/tests/images/virtio-win" tree virtio.iso
    local row set issuer
    for row in 'w7:Trust Assured' 'w10:Microsoft Windows Third Party Component CA 2014' 'w8.1:CN=Red Hat Inc.'; do
        set=${row%%:*} issuer=${row#*:}
        osslsigncode verify -in "tree/viostor/$set/amd64/viostor.sys" >out 2>&1 || true
        says out "Issuer ?: .*$issuer"
        # Without a trusted root it cannot be more than right.
        same 1 "$(grep -E '(Current|Calculated) message digest' out | sed 's/.*: //' | sort -u | wc -l)" \
            "the number of different digests"
    done
    # The chain ends at an authority nobody knows; the signature itself is right.
    openssl cms -verify -noverify -binary -inform DER -in tree/NetKVM/w10/amd64/netkvm.cat >/dev/null 2>err ||
        { cat err >&2; fail "the catalogue's signature is wrong"; }
    [ ! -e tree/NetKVM/w8/amd64/netkvm.cat ] || fail "an unsigned driver with a catalogue"
    osslsigncode verify -in tree/viostor/w8/amd64/viostor.sys >out 2>&1 || true
    says out "No signature found"
    same 014c "$(machine tree/viostor/w7/x86/viostor.sys)" "the processor of an x86 driver"
    xorriso -osirrox on -indev virtio.iso -extract / from-iso >/dev/null 2>&1
    chmod -R u+w from-iso
    diff -r tree from-iso || fail "the image holds something else"
}

case $1 in
options) check_options ;;
virtio-win) check_virtio_win ;;
*) check_generation "$1" ;;
esac

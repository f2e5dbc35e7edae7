#!/usr/bin/env bash
# The rescue ISO in QEMU without KVM, rescue.sh CASE:
#   bios-cd, bios-usb, uefi-cd, uefi-usb, secure-boot   it starts there, and shows what is on the disks
#   reproducible   the same bytes come out of the same packages
#   plan           by the kernel's command line; nothing is written
#   unattended     by a config disk: the Debian guest that does not boot from virtio is repaired, and boots
#   menu           the same by keystrokes
#   windows        a Windows guest is repaired, and its registry looked at from outside
#   power-cut      in the middle of a repair; undo brings back every byte
#   bad-input      config disks and command lines that are wrong
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/../cli/support.sh"
# shellcheck source=tests/boot/support.sh
. "$SOURCE_DIR/tests/boot/support.sh"
# shellcheck source=tests/iso/support.sh
. "$SOURCE_DIR/tests/iso/support.sh"
for program in qemu-system-x86_64 mmdebstrap mksquashfs xorriso mcopy grub-mkimage python3; do
    requires $program
done
! ldd "$MIGRATE" | grep -q 'lib.san' || { echo "skipped: the ISO takes the release build"; exit 77; }
machine_process=
trap '[ -z "$machine_process" ] || kill -9 "$machine_process" 2>/dev/null; rm -rf "$work"' EXIT
export MIGRATE
"$SOURCE_DIR/tests/images/rescue-iso" rescue.iso
marker='^drydock-guest-up '

# From GRUB to the menu. The first entry copies to memory, which takes long without KVM; the second does not.
start_menu() { # memory|medium
    if [ "$1" = medium ]; then
        talk "300:little memory" '=>' '=' "900:Your choice:"
    else
        talk "300:Copying the system to memory" "1500:Your choice:"
    fi
    console_says 'Debian GNU/Linux 12 \(bookworm\), x86_64, BIOS'
    console_says '/dev/sda .*\(of the machine\)'
}

console_says() { # PATTERN
    tr -d '\r' < "$console" > lines
    says lines "$1"
}

medium_case() { # FIRMWARE MEDIUM memory|medium
    firmware=$1
    medium "$2"
    "$SOURCE_DIR/tests/images/debian-guest" guest.raw
    sata "$work/guest.raw" ,snapshot=on
    start_machine "${media[@]}" "${disk[@]}"
    start_menu "$3"
    # No network, no open ports; and where the system is: in memory, or on the medium.
    # shellcheck disable=SC2016 # the machine's shell expands it
    talk '=s' '60:drydock:.*#' '=ss -Hltun | wc -l | sed s/^/ports-/; findmnt -rno TARGET /run/medium; echo asked' '60:^ports-0$' '60:^asked'
    if [ "$3" = medium ]; then console_says '^/run/medium'; else ! grep -a '^/run/medium' lines || fail "it is not in memory"; fi
    if [ "$1" = secure ]; then
        talk '=dmesg | grep -i "secureboot: "' '60:secureboot: Secure boot enabled'
    fi
    talk '=exit' '60:Your choice:' '=o' '120:Requesting system poweroff|Power down'
    [ "$1" != bios ] || says lines 'ports-0'
}

guest_boots() { # DISK
    local line
    line=$(boot_guest "$1" virtio-blk 900 "$marker")
    echo "$line"
    [[ $line == *" fs=$(/sbin/blkid -o value -s UUID -p -O 1048576 "$1") "* ]] || fail "it did not boot from its own root"
}

# After a run by a config disk: what it says about it.
result_says() { # PATTERN…
    mcopy -n -i config.img ::/drydock-result.ini result.ini
    local pattern
    for pattern in "$@"; do
        says result.ini "$pattern"
    done
}

wait_for_end() { # of the machine
    wait "$machine_process" || fail "QEMU ended badly: $(cat qemu.log)"
    machine_process=
}

case $1 in
bios-cd) medium_case bios cd medium ;;
bios-usb) medium_case bios usb memory ;;
uefi-cd) medium_case uefi cd memory ;;
uefi-usb) medium_case uefi usb medium ;;
secure-boot) medium_case secure cd memory ;;

reproducible)
    PACKAGE_CACHE=$IMAGE_CACHE/iso-packages "$SOURCE_DIR/packaging/iso/build" again.iso
    cmp rescue.iso again.iso
    [ "$(stat -L -c %s rescue.iso)" -le 200000000 ] || fail "it is larger than 200 MB"
    xorriso -osirrox on -indev rescue.iso -extract /packages.txt packages.txt -extract /licences licences > /dev/null 2>&1
    [ "$(wc -l < packages.txt)" -gt 100 ]
    while IFS=$'\t' read -r package version licence; do
        [ -n "$version" ] || fail "no version of $package"
        [ -n "$licence" ] || fail "no licence of $package"
        [ -s "licences/$package.txt" ] || fail "no copyright file of $package"
    done < packages.txt
    ;;

plan)
    "$SOURCE_DIR/tests/images/debian-guest" guest.raw
    cp --sparse=always guest.raw before.raw
    sata "$work/guest.raw"
    direct drydock.run=plan drydock.disk=/dev/sda drydock.then=poweroff
    start_machine "${media[@]}" "${disk[@]}"
    talk '600:^drydock: disk /dev/sda' '300:^drydock: > change /etc/fstab' '120:^drydock: result run=plan status=0$' \
        '30:^drydock: then poweroff$'
    wait_for_end
    cmp guest.raw before.raw
    ;;

unattended)
    "$SOURCE_DIR/tests/images/debian-guest" guest.raw
    sata "$work/guest.raw"
    backup_disk
    config_disk '# by night' 'run = fix' 'undo = LABEL=BACKUP/guest.undo' 'then = poweroff'
    medium cd
    start_machine "${media[@]}" "${disk[@]}" "${backup[@]}" "${config[@]}"
    talk '300:little memory' '=>' '=' '900:^drydock: run fix$' '600:^drydock: result run=fix status=0$' '30:^drydock: then poweroff$'
    wait_for_end
    result_says '^state = done$' '^run = fix$' '^status = 0$' '^disks = /dev/sda$' '^undo = LABEL=BACKUP/guest.undo$'
    debugfs -R 'dump /guest.undo guest.undo' backup.img 2> /dev/null
    [ -s guest.undo ] || fail "there is no undo file"
    guest_boots "$work/guest.raw"
    # The undo file is good outside too.
    "$SOURCE_DIR/tests/images/debian-guest" before.raw
    expect 0 "$MIGRATE" fix --undo guest.undo --yes guest.raw
    cmp guest.raw before.raw
    ;;

menu)
    "$SOURCE_DIR/tests/images/debian-guest" guest.raw
    sata "$work/guest.raw"
    backup_disk
    direct
    start_machine "${media[@]}" "${disk[@]}" "${backup[@]}"
    talk '600:Your choice:' '=k' '30:back\):' '=de' '30:The layout is de now' \
        '60:Your choice:' '=p' '300:change /boot/initrd' '60:Space: next page' '=q' '60:Press Enter' '=' \
        '60:Your choice:' '=r' '60:BACKUP' '30:Your choice:' '=1' '60:Type yes to repair:' '=no' '60:Nothing was changed' \
        '60:Your choice:' '=r' '60:BACKUP' '30:Your choice:' '=1' '60:Type yes to repair:' '=yes' \
        '600:^Done\. The undo file: .*\.undo' '60:Press Enter' '=' '60:Your choice:' '=o' '120:Requesting system poweroff|Power down'
    wait_for_end
    guest_boots "$work/guest.raw"
    ;;

windows)
    requires hivexget
    "$SOURCE_DIR/tests/images/windows-guest" 10-x64 guest.raw
    "$SOURCE_DIR/tests/images/virtio-win" virtio-win.iso
    sata "$work/guest.raw"
    backup_disk
    config_disk 'run = fix' 'undo = LABEL=BACKUP' 'then = poweroff'
    direct
    start_machine "${media[@]}" "${disk[@]}" "${backup[@]}" "${config[@]}" \
        -drive "if=none,id=drivers,format=raw,readonly=on,media=cdrom,file=$work/virtio-win.iso" -device ide-cd,bus=ide.2,drive=drivers
    talk '600:^drydock: run fix$' '900:^drydock: result run=fix status=0$' '30:^drydock: then poweroff$'
    wait_for_end
    result_says '^status = 0$'
    expect 0 "$MIGRATE" registry get guest.raw 'HKLM\SYSTEM\CurrentControlSet\Services\viostor' Start
    says out '^dword:00000000$'
    expect 0 "$MIGRATE" files get guest.raw 'C:\Windows\System32\config\SYSTEM' .
    [ "$(hivexget SYSTEM 'ControlSet001\Services\viostor' ImagePath)" = 'system32\drivers\viostor.sys' ] ||
        fail "hivex sees no viostor: $(hivexget SYSTEM 'ControlSet001\Services\viostor')"
    ;;

power-cut)
    "$SOURCE_DIR/tests/images/debian-guest" guest.raw
    cp --sparse=always guest.raw before.raw
    # The repair changes half a megabyte: with a slow disk that takes a while.
    sata "$work/guest.raw" ,throttling.bps-write=10000
    backup_disk
    direct drydock.run=fix drydock.undo=LABEL=BACKUP/cut.undo drydock.then=poweroff
    start_machine "${media[@]}" "${disk[@]}" "${backup[@]}"
    talk '900:^drydock: run fix'
    # The undo file is stored before that: the first write to this disk is the repair.
    touch started
    until [ guest.raw -nt started ]; do
        ! grep -aq '^drydock: result' "$console" || fail "it is over"
        sleep 0.2
    done
    cut_power
    ! grep -aq '^drydock: result' "$console" || fail "it was over before the power was cut"
    ! cmp -s guest.raw before.raw || fail "nothing was written yet"
    sata "$work/guest.raw"
    direct drydock.run=undo drydock.undo=LABEL=BACKUP/cut.undo drydock.then=poweroff
    start_machine "${media[@]}" "${disk[@]}" "${backup[@]}"
    talk '900:^drydock: result run=undo status=0$' '30:^drydock: then poweroff$'
    wait_for_end
    cmp guest.raw before.raw
    ;;

bad-input)
    "$SOURCE_DIR/tests/images/debian-guest" guest.raw
    cp --sparse=always guest.raw before.raw
    sata "$work/guest.raw"
    # A word that is not known, a value that is not, an undo file on the disk itself: nothing is run, and it is said why.
    # shellcheck disable=SC2016 # nobody is to expand it
    config_disk 'run = fix' 'disk = $(reboot)' 'colour = red' 'undo = memory'
    direct drydock.then=poweroff
    start_machine "${media[@]}" "${disk[@]}" "${config[@]}"
    talk "600:^drydock: error: drydock.ini line 3: '.*' is no value for 'disk'" \
        "30:^drydock: error: drydock.ini line 4: there is no 'colour'" '60:^drydock: result run=fix status=2$'
    wait_for_end
    result_says '^status = 2$'
    direct drydock.run=fix drydock.undo=LABEL=debian-root/x.undo drydock.then=poweroff
    start_machine "${media[@]}" "${disk[@]}"
    talk '600:^drydock: error: .*' '60:^drydock: result run=fix status=3$'
    wait_for_end
    cmp guest.raw before.raw
    ;;

*) fail "no such case: $1" ;;
esac

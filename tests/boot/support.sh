# Sourced by the tests that start a guest: QEMU without KVM, the serial console in a file, a marker to wait for.
# shellcheck shell=bash

# mac_of DOMAIN.xml: the address of its first network card.
mac_of() {
    sed -n "s/.*<mac address=[\"']\([0-9a-f:]*\).*/\1/p" "$1" | head -n 1
}

# boot_guest DISK BUS SECONDS PATTERN: starts DISK (qcow2 or raw, by its ending) on virtio-blk, virtio-scsi or sata
# and waits until a line of the serial console matches PATTERN (an extended regular expression), which is printed.
# 1: it did not come in time; the console's last lines go to stderr. The disk is not changed. MAC: of the network
# card, by default one of QEMU's. The whole console goes to CONSOLE. With restarts=1 the guest may restart itself, with
# firmware=uefi it starts from UEFI without any boot entry.
boot_guest() { # DISK BUS SECONDS PATTERN [MAC [CONSOLE]]
    local disk=$1 bus=$2 seconds=$3 pattern=$4 mac=${5:-52:54:00:12:34:56}
    local console format=raw device status=1 reboot=(-no-reboot)
    console=$(mktemp)
    [[ $disk != *.qcow2 ]] || format=qcow2
    [ -z "${restarts:-}" ] || reboot=()
    [ "${firmware:-bios}" = bios ] || reboot+=(-bios /usr/share/ovmf/OVMF.fd)
    case $bus in
    virtio-blk) device=(-device "virtio-blk-pci,drive=disk") ;;
    virtio-scsi) device=(-device virtio-scsi-pci -device "scsi-hd,drive=disk") ;;
    sata) device=(-device "ide-hd,drive=disk") ;;
    *) echo "no such bus: $bus" >&2; return 2 ;;
    esac
    qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 768 -display none "${reboot[@]}" \
        -drive "if=none,id=disk,format=$format,file=$disk,snapshot=on" "${device[@]}" \
        -netdev user,id=net,restrict=on -device "virtio-net-pci,netdev=net,mac=$mac" \
        -serial "file:$console" -monitor none &
    local qemu=$! deadline=$((SECONDS + seconds))
    while [ $SECONDS -lt $deadline ] && kill -0 "$qemu" 2>/dev/null; do
        # GRUB ends its lines with "\n\r".
        tr -d '\r' < "$console" > "$console.lines"
        if grep -aE -m 1 -- "$pattern" "$console.lines"; then
            status=0
            break
        fi
        sleep 1
    done
    kill "$qemu" 2>/dev/null || :
    wait "$qemu" 2>/dev/null || :
    [ $status -eq 0 ] || { echo "--- console of $disk on $bus:"; tail -n 25 "$console"; } >&2
    [ -z "${6:-}" ] || cp "$console.lines" "$6"
    rm -f "$console" "$console.lines"
    return $status
}

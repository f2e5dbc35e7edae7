# Sourced by the tests of the rescue ISO: QEMU without KVM, its serial console on a socket.
# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with the script that sources it

# start_machine ARGUMENT…: QEMU with these devices; $console is what its serial line has said. Every machine has 768 MB.
# With firmware=uefi or firmware=secure it has UEFI, the latter with Microsoft's keys and Secure Boot enforced.
start_machine() {
    local machine=q35
    console=$work/console
    rm -f "$work/serial"
    firmware_arguments=()
    case ${firmware:-bios} in
    bios) ;;
    uefi | secure)
        local code=OVMF_CODE_4M.fd variables=OVMF_VARS_4M.fd
        if [ "$firmware" = secure ]; then
            code=OVMF_CODE_4M.ms.fd variables=OVMF_VARS_4M.ms.fd
            machine+=,smm=on
            firmware_arguments+=(-global "driver=cfi.pflash01,property=secure,value=on" -global ICH9-LPC.disable_s3=1)
        fi
        cp "/usr/share/OVMF/$variables" "$work/variables"
        firmware_arguments+=(-drive "if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/$code"
            -drive "if=pflash,format=raw,unit=1,file=$work/variables")
        ;;
    esac
    qemu-system-x86_64 -machine $machine -accel tcg,thread=multi -cpu max -smp 2 -m 768 -display none -no-reboot \
        -monitor none -net none "${firmware_arguments[@]}" \
        -chardev "socket,id=serial,path=$work/serial,server=on,wait=on,logfile=$console" -serial chardev:serial \
        "$@" > "$work/qemu.log" 2>&1 &
    machine_process=$!
}

# Ends it as a power cut does: what QEMU was told to write is with the host, what the guest still had is lost.
cut_power() {
    kill -9 "$machine_process" 2>/dev/null || :
    wait "$machine_process" 2>/dev/null || :
    machine_process=
}

# talk STEP…: see serial.py.
talk() {
    python3 -B "$SOURCE_DIR/tests/iso/serial.py" "$work/serial" "$@" || { cat "$work/qemu.log" >&2; fail "the console did not say what was expected"; }
}

# The rescue ISO is drive "medium"; where it is: cd or usb.
medium() { # cd|usb
    local drive="if=none,id=medium,format=raw,readonly=on,file=$work/rescue.iso"
    case $1 in
    cd) media=(-drive "$drive,media=cdrom" -device "ide-cd,bus=ide.1,drive=medium,bootindex=0") ;;
    usb) media=(-drive "$drive" -device qemu-xhci -device "usb-storage,drive=medium,removable=on,bootindex=0") ;;
    esac
}

# A disk of the machine under repair, as VMware would have had it.
sata() { # FILE [OPTIONS]
    disk=(-drive "if=none,id=disk,format=raw,file=$1${2:-}" -device "ide-hd,bus=ide.0,drive=disk,serial=repaired,bootindex=9")
}

# The config disk, with a drydock.ini of these lines.
config_disk() { # LINE…
    truncate -s 40M config.img
    /sbin/mkfs.vfat -n DRYDOCK config.img > /dev/null
    printf '%s\n' '[drydock]' "$@" > drydock.ini
    mcopy -i config.img drydock.ini ::/
    config=(-drive "if=none,id=config,format=raw,file=$work/config.img" -device "virtio-blk-pci,drive=config")
}

# The disk for undo files, labelled BACKUP.
backup_disk() {
    truncate -s 256M backup.img
    /sbin/mke2fs -q -t ext4 -L BACKUP backup.img
    backup=(-drive "if=none,id=backup,format=raw,file=$work/backup.img" -device "virtio-blk-pci,drive=backup")
}

# The kernel and the system straight from the medium's files, as from a network: with this command line.
direct() { # WORD…
    if [ ! -e vmlinuz ]; then
        xorriso -osirrox on -indev rescue.iso -extract /drydock boot > /dev/null 2>&1
        mv boot/vmlinuz vmlinuz
        cat boot/initrd.img boot/root.cpio > initrd
    fi
    media=(-kernel "$work/vmlinuz" -initrd "$work/initrd" -append "console=tty0 console=ttyS0,115200 no_timer_check $*")
}

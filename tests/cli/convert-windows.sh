#!/usr/bin/env bash
# Windows guests are converted as an ordinary user; then other people's tools look at what came out.
#   convert-windows.sh GENERATION vmdk|vhdx | real-hive GENERATION | CASE
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mkntfs wimlib-imagex mkfs.vfat mcopy sfdisk qemu-img qemu-nbd osslsigncode xorriso; do
    requires $tool
done

check=$SOURCE_DIR/tests/cli/check_windows.py
schema=${LIBVIRT_SCHEMA:-/usr/share/libvirt/schemas/domain.rng}

# The program runs as nobody where the test runs as root: for it everything but out.d and tmp.d is read-only.
mkdir out.d tmp.d
echo precious >out.d/kept
chmod 755 .
as_user=()
if [ "$(id -u)" -eq 0 ]; then
    chown 65534:65534 out.d tmp.d
    as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    "${as_user[@]}" test -x "$MIGRATE" || { echo "skipped: nobody cannot reach the program"; exit 77; }
fi
migrate() {
    "${as_user[@]}" env TMPDIR="$work/tmp.d" HOME="$work/tmp.d" "$MIGRATE" "$@"
}

guest() { # as windows-guest, on a disk that is quickly read as a whole
    "$SOURCE_DIR/tests/images/windows-guest" "$@" --disk-mib 512
}

drivers() {
    "$SOURCE_DIR/tests/images/virtio-win" drivers drivers.iso
}

# raid/: the folder of another vendor's driver for a disk controller, signed as it should be.
vendor_driver() {
    mkdir -p raid/x64
    cp drivers/viostor/w10/amd64/viostor.sys raid/x64/raid.sys
    cp drivers/viostor/w10/amd64/viostor.cat raid/x64/raid.cat
    sed "s/^ *//" >raid/x64/raid.inf <<'INF'
        [Version]
        Signature = "$WINDOWS NT$"
        Class = SCSIAdapter
        ClassGuid = {4D36E97B-E325-11CE-BFC1-08002BE10318}
        Provider = %Vendor%
        DriverVer = 01/31/2024,1.2.3.4
        CatalogFile = raid.cat
        [SourceDisksNames]
        1 = %Disk%
        [SourceDisksFiles]
        raid.sys = 1
        [DestinationDirs]
        DefaultDestDir = 12
        [Manufacturer]
        %Vendor% = Raid, NTamd64
        [Raid.NTamd64]
        %Disk% = raid_Install, PCI\VEN_1000&DEV_0014
        [raid_Install]
        CopyFiles = @raid.sys
        [raid_Install.Services]
        AddService = raid, 2, raid_Service
        [raid_Service]
        ServiceType = 1
        StartType = 0
        ErrorControl = 1
        ServiceBinary = %12%\raid.sys
        LoadOrderGroup = SCSI miniport
        [Strings]
        Vendor = "Example"
        Disk = "Example RAID"
INF
}

fingerprint() { # FILE: what shows that it was written to
    sha256sum "$1"
    stat -c '%s %y %i' "$1"
}

# convert SOURCE OPTION…: the source stays as it was, nothing is left in tmp.d, and the raw result is after.raw.
convert() {
    local source=$1
    shift
    fingerprint "$source" >before
    expect 0 migrate "$source" -o out.d "$@"
    fingerprint "$source" >after
    cmp before after || fail "the source has changed"
    [ -z "$(ls -A tmp.d)" ] || fail "left behind: $(ls -A tmp.d)"
    says out "^.*/out\.d/guest\.xml$"
    [ "$(cat out.d/kept)" = precious ] || fail "a file that was there already has changed"
    [ "$(find out.d -mindepth 1 -printf '%f\n' | LC_ALL=C sort | tr '\n' ' ')" = \
        "guest-sda.qcow2 guest.report.json guest.xml kept " ] || fail "outputs: $(ls -A out.d)"
    check_image "$source"
}

# A complete image that stands alone, smaller than what would have been copied without looking at it.
check_image() { # SOURCE
    expect 0 qemu-img check -f qcow2 out.d/guest-sda.qcow2
    expect 0 qemu-img info -f qcow2 out.d/guest-sda.qcow2
    ! grep -q 'backing file' out || fail "the image has a backing file"
    qemu-img convert -O qcow2 "$1" plain.qcow2
    local plain ours
    plain=$(stat -c %s plain.qcow2) ours=$(stat -c %s out.d/guest-sda.qcow2)
    [ "$ours" -lt $((plain * 2 / 3)) ] || fail "the image has $ours bytes, a plain copy $plain"
    qemu-img convert -f qcow2 -O raw out.d/guest-sda.qcow2 after.raw
}

# changed GENERATION OPTION…: before.raw has become after.raw, in the right way.
changed() {
    requires hivexml
    requires ntfsresize
    requires xmllint
    [ -e "$schema" ] || { echo "skipped: no $schema"; exit 77; }
    # Not there where the program was built without mingw-w64.
    local service=$BUILD_DIR/windows/firstboot/firstboot-amd64.exe
    [ "$1" != 7-x86 ] || service=$BUILD_DIR/windows/firstboot/firstboot-x86.exe
    [ -n "${without_service:-}" ] || [ ! -e "$service" ] || set -- "$@" --first-boot "$service"
    mkdir check.d
    (cd check.d && python3 "$check" "$@" --before ../before.raw --after ../after.raw --virtio ../drivers \
        --report ../out.d/guest.report.json --domain ../out.d/guest.xml --schema "$schema") ||
        fail "the guest is not what it should be"
    if command -v virt-xml-validate >/dev/null; then
        expect 0 virt-xml-validate out.d/guest.xml domain
    fi
}

# refused OPTION CODE PATTERN: a guest in that state ends with status 3, and out.d stays as it was.
refused() {
    guest 10-x64 before.raw guest.vmdk --"$1" --pagefile-mib 1
    drivers
    listing out.d >before
    fingerprint guest.vmdk >>before
    expect 3 migrate guest.vmdk -o out.d --virtio-win drivers.iso
    says err "^migrate: error \(precondition\): .*$3.* \[$2\]\$"
    says err '^  hint: .+'
    [ "$(grep -c '^migrate: error' err)" -eq 1 ] || fail "more than one error"
    [ ! -s out ] || fail "something on stdout"
    expect 3 migrate plan guest.vmdk --virtio-win drivers.iso
    says err "\[$2\]\$"
    listing out.d >after
    fingerprint guest.vmdk >>after
    cmp before after || fail "the output directory or the source has changed"
    [ -z "$(ls -A tmp.d)" ] || fail "left behind: $(ls -A tmp.d)"
}

# All files but our own notes, and the folder for what is temporary.
everything() {
    listing . | grep -vE '^\./(out|err|before|after|tmp\.d) '
}

# Where the system volume of before.raw is, in MiB: start and size.
system_extent() {
    sfdisk -J before.raw | python3 -c '
import json, sys
entry = json.load(sys.stdin)["partitiontable"]["partitions"][-1]
print(entry["start"] // 2048, entry["size"] // 2048)'
}

# Takes the system volume out of before.raw, and SYSTEM out of that.
take_system() {
    requires ntfscp
    local start size
    read -r start size < <(system_extent)
    dd if=before.raw of=system.volume bs=1M skip="$start" count="$size" conv=sparse status=none
    ntfscat system.volume /Windows/System32/config/SYSTEM >SYSTEM
}

# put_system FILE…: puts both back, each FILE into System32\drivers, and makes guest.vmdk.
put_system() {
    local start size file
    ntfscp -q system.volume SYSTEM /Windows/System32/config/SYSTEM
    for file in "$@"; do
        ntfscp -q system.volume "$file" "/Windows/System32/drivers/$file"
    done
    read -r start size < <(system_extent)
    dd if=system.volume of=before.raw bs=1M seek="$start" count="$size" conv=notrunc status=none
    qemu-img convert -f raw -O vmdk before.raw guest.vmdk
}

# In bytes, as bitlocker-volume wants it.
system_bytes() {
    local start size
    read -r start size < <(system_extent)
    echo $((start << 20)) $((size << 20))
}

# encrypted PROTECTOR…: what makes guest.vmdk of before.raw with its system volume encrypted; places for the metadata
# are files of that volume, as Windows has them.
encrypted() {
    requires ntfscp
    local tool=$BUILD_DIR/tests/images/bitlocker-volume start size number places
    [ -x "$tool" ] || { echo "skipped: no $tool"; exit 77; }
    guest 10-x64 before.raw
    read -r start size < <(system_extent)
    dd if=before.raw of=system.volume bs=1M skip="$start" count="$size" conv=sparse status=none
    head -c 8192 /dev/zero >FVE0
    for number in 0 1 2 3; do
        [ "$number" -eq 0 ] || head -c 65536 /dev/zero >FVE$number
        ntfscp -q system.volume "FVE$number" "/FVE$number"
    done
    dd if=system.volume of=before.raw bs=1M seek="$start" count="$size" conv=notrunc status=none
    places=$(PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$SOURCE_DIR/tests/cli python3 -c '
import guest_volumes
for number in range(4):
    ((first, place, length),) = guest_volumes.ntfs_runs("system.volume", "/FVE%d" % number)
    assert first == 0 and length == (65536 if number else 8192)
    print(place)')
    cp --sparse=always before.raw encrypted.raw
    # shellcheck disable=SC2046,SC2086
    "$tool" encrypt encrypted.raw $(system_bytes) 0x8004 $places "$@"
    qemu-img convert -f raw -O vmdk encrypted.raw guest.vmdk
    rm encrypted.raw system.volume
}

# decrypted [SECRET]: after.raw becomes what the guest sees of it.
decrypted() {
    dislocked "$@"
    # shellcheck disable=SC2046
    "$BUILD_DIR/tests/images/bitlocker-volume" decrypt after.raw $(system_bytes) "$@"
}

# Another reader finds the files that were put there; it is not installed everywhere.
dislocked() {
    command -v dislocker-file >/dev/null || return 0
    local start size
    read -r start size < <(system_bytes)
    local by=-c
    [ $# -eq 0 ] || by=-p$1
    expect 0 dislocker-file -r -O "$start" -V after.raw "$by" -- dislocked.raw
    ntfscat dislocked.raw /Windows/System32/drivers/viostor.sys | cmp - drivers/viostor/w10/amd64/viostor.sys ||
        fail "dislocker does not see the new driver"
    rm -f dislocked.raw
}

# power_lost VERSION [MAGIC]: files are changed in before.raw; guest.vmdk is what a crash on the way there has left, with a
# log of that version, half of whose changes had reached the disk; hiberfil.sys begins with MAGIC.
power_lost() {
    requires ntfscp
    local start size number
    guest 10-x64 before.raw
    read -r start size < <(system_extent)
    dd if=before.raw of=old.volume bs=1M skip="$start" count="$size" conv=sparse status=none
    cp --sparse=always old.volume new.volume
    printf '; changed in the last minute\r\n' >changed
    ntfscp -q new.volume changed /Windows/win.ini
    for number in $(seq 40); do
        head -c $((number * 60)) /dev/zero | tr '\0' x >"lost power $number.txt"
        ntfscp -q new.volume "lost power $number.txt" "/Windows/System32/drivers/lost power $number.txt"
    done
    "$SOURCE_DIR/tests/images/ntfs-crash" make crashed.volume old.volume new.volume --version="$1" --flushed=half
    [ $# -eq 1 ] || PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$SOURCE_DIR/tests/cli python3 -c '
import guest_volumes, sys
place = guest_volumes.ntfs_runs("new.volume", "/hiberfil.sys")[0][1]
with open("crashed.volume", "r+b") as volume:
    volume.seek(place)
    volume.write(sys.argv[1].encode())' "$2"
    dd if=new.volume of=before.raw bs=1M seek="$start" conv=notrunc status=none
    cp --sparse=always before.raw crashed.raw
    dd if=crashed.volume of=crashed.raw bs=1M seek="$start" conv=notrunc status=none
    qemu-img convert -f raw -O vmdk crashed.raw guest.vmdk
    rm -f old.volume new.volume crashed.volume crashed.raw
}

# after.raw has those files, ntfs-3g would mount its system volume for writing, and chkdsk is asked for.
power_is_back() {
    local number
    take_after
    for number in $(seq 40); do
        ntfscat -f system.volume "/Windows/System32/drivers/lost power $number.txt" 2>err | cmp - "lost power $number.txt"
    done
    settled
}

take_after() {
    local start size
    read -r start size < <(system_extent)
    dd if=after.raw of=system.volume bs=1M skip="$start" count="$size" conv=sparse status=none
}

# system.volume has an empty log, no image to resume from, and its dirty flag.
settled() {
    expect 0 ntfs-3g.probe --readwrite system.volume
    expect 0 ntfsinfo -m -f system.volume
    says out 'Volume Flags: 0x0001 DIRTY'
    ntfscat -i 2 -f system.volume | tr -d '\377' >rest
    [ ! -s rest ] || fail "the log is not empty"
    ntfscat -f system.volume /hiberfil.sys >hiberfile
    cmp -n 4096 hiberfile /dev/zero || fail "hiberfil.sys has a header"
    rm hiberfile
    # As if chkdsk had been there: other tools read no volume that waits for it.
    expect 0 ntfsfix -d system.volume
    local start size
    read -r start size < <(system_extent)
    dd if=system.volume of=after.raw bs=1M seek="$start" conv=notrunc status=none
}

recovery=042647-302313-590458-071500-554323-116567-412181-516978
recovery_id=22222222-2222-2222-2222-222222222222

case ${1:?which case} in
7-x86 | 10-x64 | 2022-x64)
    guest "$1" before.raw "guest.$2"
    drivers
    convert "guest.$2" --virtio-win drivers.iso
    changed "$1"
    ;;
bios)
    guest 10-x64 before.raw guest.vmdk --bios
    drivers
    convert guest.vmdk --virtio-win drivers
    changed 10-x64 --bios
    ;;
no-fallback-loader)
    guest 10-x64 before.raw guest.vmdk --no-fallback-loader
    drivers
    convert guest.vmdk --virtio-win drivers.iso
    changed 10-x64 --new-loader
    ;;
other-default-set)
    # The control set that starts next is not the one that ran last.
    requires hivexsh
    guest 10-x64 before.raw
    take_system
    hivexsh -w SYSTEM <<'HIVEX'
cd Select
setval 4
Current
dword:1
Default
dword:2
Failed
dword:0
LastKnownGood
dword:2
commit
HIVEX
    put_system
    drivers
    convert guest.vmdk --virtio-win drivers.iso
    changed 10-x64 --control-sets ControlSet001 ControlSet002
    ;;
staged-driver)
    # As the guest tools leave it where there is no such device: there, but not bootable.
    requires hivexsh
    guest 10-x64 before.raw
    head -c 4000 /dev/zero >VioStor.SYS
    take_system
    hivexsh -w SYSTEM <<'HIVEX'
cd ControlSet001\Services
add VIOSTOR
cd VIOSTOR
setval 4
Type
dword:1
Start
dword:3
DisplayName
string:an older driver
ImagePath
expandstring:\SystemRoot\System32\DriverStore\viostor.sys
add StartOverride
cd StartOverride
setval 1
0
dword:3
cd \ControlSet001\Services\disk
add StartOverride
cd StartOverride
setval 1
0
dword:3
commit
HIVEX
    put_system VioStor.SYS
    drivers
    convert guest.vmdk --virtio-win drivers.iso
    changed 10-x64
    ;;
real-hive)
    # SYSTEM of a machine that has lived, with the structures Windows itself makes.
    guest "$2" before.raw
    take_system
    case $2 in
    7-x86) real=win7sp1-x86-vmware/SYSTEM.xz unpack=xz adapter='{6AAFC9A9-0542-4DB2-8760-CCFFA953737C}' ;;
    10-x64) real=win10-2004-x64-vmware/SYSTEM.gz unpack=gzip adapter='{C43669B3-AB3E-4D0E-8FDE-69579925A20F}' ;;
    esac
    real=${TESTDATA:-none}/registry/$real
    [ -e "$real" ] || { echo "skipped: no $real"; exit 77; }
    $unpack -dc "$real" >SYSTEM
    put_system
    drivers
    convert guest.vmdk --virtio-win drivers.iso
    changed "$2" --adapter "$adapter"
    ;;
dirty-hive)
    # What the log holds, and only then our changes: compared with the hive Windows would have written.
    guest 10-x64 before.raw guest.vmdk --dirty-hive
    guest 10-x64 hives.raw
    drivers
    convert guest.vmdk --virtio-win drivers.iso
    changed 10-x64 --hives ../hives.raw
    ;;
test-signed)
    guest 10-x64 before.raw guest.vmdk
    drivers
    mkdir refused
    for folder in viostor vioscsi NetKVM Balloon vioserial viorng; do
        mkdir "refused/$folder"
        cp -r "drivers/$folder/w8.1" "refused/$folder/w10"
    done
    convert guest.vmdk --virtio-win refused
    grep -c '"windows-driver-refused"' out.d/guest.report.json >count || fail "no finding about refused drivers"
    says out.d/guest.report.json '"windows-no-block-driver"'
    says out.d/guest.report.json '"windows-no-net-driver"'
    changed 10-x64 --refused
    ;;
no-matching-driver)
    # A collection for other versions: Windows boots with the drivers it has itself.
    guest 10-x64 before.raw guest.vmdk
    drivers
    mkdir -p other/viostor
    cp -r drivers/viostor/w7 other/viostor/
    rm -r other/viostor/w7/amd64
    convert guest.vmdk --virtio-win other
    says out.d/guest.report.json '"windows-no-block-driver"'
    changed 10-x64 --refused
    ;;
disk-bus-ide)
    # Without any virtio driver, on the board that has IDE.
    guest 7-x86 before.raw guest.vmdk
    convert guest.vmdk --disk-bus ide
    says out.d/guest.xml 'machine="pc"'
    says out.d/guest.xml '<target dev="hda" bus="ide"/>'
    ! grep -q '"windows-bus-not-bootable"' out.d/guest.report.json || fail "7 has a driver for IDE"
    ;;
disk-bus-sata)
    guest 2022-x64 before.raw guest.vmdk
    convert guest.vmdk --disk-bus sata
    says out.d/guest.xml 'machine="q35"'
    says out.d/guest.xml '<target dev="sda" bus="sata"/>'
    says out.d/guest.xml '<model type="e1000e"/>'
    ;;
vendor-driver)
    # A controller of another vendor's is bootable beside virtio; what was looked at and why is told.
    guest 10-x64 before.raw guest.vmdk
    drivers
    vendor_driver
    convert guest.vmdk --virtio-win drivers.iso --driver raid
    python3 - out.d/guest.report.json <<'PYTHON' || fail "the report does not tell of the drivers"
import json, sys
report = json.load(open(sys.argv[1]))
drivers = {(d["folder"], d["inf"]): d for d in report["drivers"]}
taken = drivers["x64", "raid.inf"]
assert taken["taken"] and taken["version"] == "1.2.3.4" and taken["date"] == "2024-01-31", taken
assert taken["reason"] == "raid.sys is signed by Microsoft" and taken["collection"].endswith("raid"), taken
assert drivers["viostor/w10/amd64", "viostor.inf"]["taken"], drivers
for folder, reason in (("w11/amd64", "viostor/w10/amd64/viostor.inf fits better"),
                       ("w7/amd64", "viostor/w10/amd64/viostor.inf fits better"),
                       ("w10/x86", "in a folder for another processor")):
    other = drivers["viostor/" + folder, "viostor.inf"]
    assert not other["taken"] and other["reason"] == reason, other
changes = {change["path"]: change for change in report["changes"]}
assert "/Windows/System32/drivers/raid.sys" in changes
assert "/Windows/Drivers/Vendor/raid/raid.cat" in changes
keys = {value["key"] for value in changes["/Windows/System32/config/SYSTEM"]["values"]}
for key in (r"ControlSet001\Services\raid", r"DriverDatabase\DeviceIds\PCI\VEN_1000&DEV_0014",
            r"DriverDatabase\DriverInfFiles\drydock_raid.inf"):
    assert r"HKLM\SYSTEM" "\\" + key in keys, key
PYTHON
    read -r start size < <(system_extent)
    dd if=after.raw of=system.volume bs=1M skip="$start" count="$size" conv=sparse status=none
    ntfscat system.volume /Windows/System32/drivers/raid.sys | cmp - raid/x64/raid.sys
    expect 0 migrate plan guest.vmdk --virtio-win drivers.iso --driver raid
    says out '^driver raid 1\.2\.3\.4 of 2024-01-31, made bootable$'
    says out '^    # x64/raid\.inf of raid$'
    says out '^driver netkvm [0-9.]* of [0-9-]*, for the first start to install$'
    says out '^not viostor/w7/amd64/viostor\.inf 61\.77\.104\.17200 of 2023-08-14: viostor/w10/.* fits better$'
    says out '^not [0-9]* drivers in folders for another processor$'
    ;;
vendor-driver-refused)
    guest 10-x64 before.raw guest.vmdk
    drivers
    vendor_driver
    mkdir empty
    cp -r raid unsigned
    osslsigncode remove-signature -in raid/x64/raid.sys -out bare.sys >/dev/null
    cp bare.sys unsigned/x64/raid.sys
    cp -r raid old
    sed -i 's/NTamd64/NTamd64.11.0/' old/x64/raid.inf
    listing out.d >before
    for row in 'nowhere|there are no drivers at' 'empty|no \.inf file' 'guest.vmdk|not a readable ISO' \
        'unsigned|x64/raid\.inf: raid\.sys is not signed$' \
        'old|raid\.inf: it has no section for Windows 10\.0 build [0-9]* on amd64$'; do
        expect 2 migrate guest.vmdk -o out.d --virtio-win drivers.iso --driver "${row%%|*}"
        says err "^migrate: error \(usage\): .*${row#*|}"
        says err '^  hint: .+'
        [ ! -s out ] || fail "something on stdout"
    done
    listing out.d >after
    cmp before after || fail "the output directory has changed"
    ;;
no-first-boot)
    guest 2022-x64 before.raw guest.vmdk
    drivers
    convert guest.vmdk --virtio-win drivers.iso --no-firstboot-service
    says out.d/guest.report.json '"windows-san-policy"'
    without_service=yes changed 2022-x64
    ;;
network)
    # A machine with the configuration that its cards stand in.
    guest 10-x64 before.raw guest.vmdk
    drivers
    [ -e "$BUILD_DIR/windows/firstboot/firstboot-amd64.exe" ] || { echo "skipped: no service in this build"; exit 77; }
    cat >guest.vmx <<'VMX'
.encoding = "UTF-8"
config.version = "8"
virtualHW.version = "19"
displayName = "guest"
guestOS = "windows9-64"
memSize = "2048"
firmware = "efi"
scsi0.present = "TRUE"
scsi0.virtualDev = "pvscsi"
scsi0:0.present = "TRUE"
scsi0:0.fileName = "guest.vmdk"
ethernet0.present = "TRUE"
ethernet0.virtualDev = "vmxnet3"
ethernet0.addressType = "generated"
ethernet0.generatedAddress = "00:0c:29:66:1a:a2"
ethernet0.pciSlotNumber = "192"
VMX
    expect 0 migrate guest.vmx -o out.d --virtio-win drivers.iso
    check_image guest.vmdk
    if grep -q "not carried over" out.d/guest.report.json; then fail "a setting was lost"; fi
    if grep -q '"windows-network-by-order"' out.d/guest.report.json; then fail "a card was guessed"; fi
    changed 10-x64
    says out.d/guest.xml '<mac address=.00:0c:29:66:1a:a2.'
    # Another card: the old addresses stay where they are, and it is said.
    sed -i 's/:66:1a:a2/:00:00:01/' guest.vmx
    expect 0 migrate plan guest.vmx --virtio-win drivers.iso
    says out '10\.0\.2\.55/24 of Ethernet0 \[windows-network-lost\]$'
    if grep -q 'before migration' out; then fail "an adapter that was not replaced lost its name"; fi
    ;;
first-boot-scripts)
    # In the order of the command line, batch files with the line ends of Windows.
    guest 10-x64 before.raw guest.vmdk
    drivers
    [ -e "$BUILD_DIR/windows/firstboot/firstboot-amd64.exe" ] || { echo "skipped: no service in this build"; exit 77; }
    printf 'echo one\ngoto :eof\n' >"zz last.CMD"
    printf 'Write-Output two\n' >a.ps1
    expect 2 migrate guest.vmdk -o out.d --virtio-win drivers.iso --firstboot no-such.cmd
    expect 2 migrate guest.vmdk -o out.d --virtio-win drivers.iso --firstboot guest.vmdk
    says err 'is not a file of at most 16 MiB'
    printf '#!/bin/sh\n' >a.sh
    expect 2 migrate guest.vmdk -o out.d --virtio-win drivers.iso --firstboot a.sh
    says err "Windows cannot run 'a.sh'"
    expect 2 migrate guest.vmdk -o out.d --virtio-win drivers.iso --firstboot a.ps1 --no-firstboot-service
    says err 'needs the service'
    convert guest.vmdk --virtio-win drivers.iso --firstboot "zz last.CMD" --firstboot a.ps1
    says out.d/guest.report.json '"windows-no-powershell"'
    read -r start size < <(system_extent)
    dd if=after.raw of=system.volume bs=1M skip="$start" count="$size" conv=sparse status=none
    ntfscat system.volume /Windows/Drydock/firstboot.ini >settings
    grep '^script=' settings >scripts
    printf 'script=0001-zz last.CMD\r\nscript=0002-a.ps1\r\n' | cmp - scripts
    ntfscat system.volume '/Windows/Drydock/scripts/0001-zz last.CMD' >script
    printf 'echo one\r\ngoto :eof\r\n' | cmp - script
    ntfscat system.volume /Windows/Drydock/scripts/0002-a.ps1 | cmp - a.ps1
    ;;
power-lost-1 | power-lost-2)
    power_lost "${1#power-lost-}"
    drivers
    fingerprint guest.vmdk >before
    expect 0 migrate inspect guest.vmdk
    says out '\[windows-log-replayed\]$'
    expect 0 migrate plan guest.vmdk --virtio-win drivers.iso
    says out '\[windows-log-replayed\]$'
    says out '\[windows-dirty-flag\]$'
    fingerprint guest.vmdk >after
    cmp before after || fail "the source has changed"
    convert guest.vmdk --virtio-win drivers.iso
    says out.d/guest.report.json '"windows-log-replayed"'
    power_is_back
    changed 10-x64
    ;;
power-lost-damaged)
    # Nothing of a log is replayed when one of its records cannot be.
    power_lost 1
    drivers
    qemu-img convert -f vmdk -O raw guest.vmdk damaged.raw
    python3 - damaged.raw <<'PYTHON'
import mmap, struct, sys
with open(sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 0) as image:
    at, last = image.find(b"RCRD"), None
    while at >= 0:  # the page of the ring that was written last
        lsn = struct.unpack_from("<Q", image, at + 32)[0]
        if at % 4096 == 0 and (last is None or lsn >= last[0]):
            last = lsn, at
        at = image.find(b"RCRD", at + 1)
    record = last[1] + (last[0] << 3) % 4096
    struct.pack_into("<H", image, record + 48, 0x23)  # an operation that cannot be replayed
PYTHON
    qemu-img convert -f raw -O vmdk damaged.raw guest.vmdk
    listing out.d >before
    fingerprint guest.vmdk >>before
    expect 3 migrate guest.vmdk -o out.d --virtio-win drivers.iso
    says err "^migrate: error \(precondition\): .*log of sda3 \(record 0x[0-9a-f]+ .*\) is not clean .*\[windows-log-dirty\]\$"
    listing out.d >after
    fingerprint guest.vmdk >>after
    cmp before after || fail "the output directory or the source has changed"
    ;;
discard-hibernation)
    guest 10-x64 before.raw guest.vmdk --hibernated
    drivers
    expect 3 migrate plan guest.vmdk --virtio-win drivers.iso
    says err '^  hint: .*--discard-hibernation'
    expect 0 migrate plan guest.vmdk --virtio-win drivers.iso --discard-hibernation
    says out '\[windows-hibernation-discarded\]$'
    convert guest.vmdk --virtio-win drivers.iso --discard-hibernation
    says out.d/guest.report.json '"windows-hibernation-discarded"'
    take_after
    settled
    ;;
discard-fast-startup)
    # The kernel's image in hiberfil.sys, and a log of Windows 8 and later that was left as it was.
    power_lost 2 HIBR
    drivers
    expect 3 migrate guest.vmdk -o out.d --virtio-win drivers.iso
    says err '\[windows-(hibernated|fast-started)\]$'
    convert guest.vmdk --virtio-win drivers.iso --discard-hibernation
    says out.d/guest.report.json '"windows-hibernation-discarded"'
    says out.d/guest.report.json '"windows-log-replayed"'
    power_is_back
    changed 10-x64
    ;;
hibernated) refused hibernated windows-hibernated 'is hibernated' ;;
fast-started) refused fast-started windows-fast-started 'fast startup' ;;
log-dirty) refused log-dirty windows-log-dirty 'log of .* is not clean' ;;
bitlocker) refused bitlocker bitlocker 'encrypted with BitLocker' ;;
bitlocker-key)
    encrypted tpm "recovery:$recovery"
    drivers
    KEY=$recovery convert guest.vmdk --virtio-win drivers.iso --key "$recovery_id:env:KEY"
    says out.d/guest.report.json '"bitlocker-opened"'
    says out.d/guest.report.json '"bitlocker-tpm"'
    ! grep -rqF "$recovery" out.d || fail "the recovery password is in the results"
    decrypted "$recovery"
    changed 10-x64
    ;;
bitlocker-suspended)
    encrypted tpm clear
    drivers
    convert guest.vmdk --virtio-win drivers.iso
    says out.d/guest.report.json '"bitlocker-suspended"'
    ! grep -q '"bitlocker-tpm"' out.d/guest.report.json || fail "a suspended guest starts by itself"
    decrypted
    changed 10-x64
    ;;
bitlocker-locked)
    encrypted tpm "recovery:$recovery"
    drivers
    echo 616319-601744-502117-534017-367994-176748-607299-663201 >wrong
    chmod 644 wrong
    listing out.d >before
    for key in '' any:file:wrong; do
        expect 3 migrate guest.vmdk -o out.d --virtio-win drivers.iso ${key:+--key "$key"}
        says err "^migrate: error \(precondition\): .*recovery password $recovery_id.* \[bitlocker\]\$"
        says err '^  hint: .*manage-bde -protectors -get'
    done
    expect 2 migrate guest.vmdk -o out.d --key any
    expect 1 migrate guest.vmdk -o out.d --key any:file:no-such-file
    expect 1 migrate guest.vmdk -o out.d --key any:env:NO_SUCH_VARIABLE
    expect 2 migrate guest.vmdk -o out.d --key :file:wrong
    expect 2 migrate guest.vmdk -o out.d --key "$recovery"
    ! grep -qF "$recovery" err || fail "a secret is repeated in a message"
    listing out.d >after
    cmp before after || fail "the output directory has changed"
    ;;
bitlocker-data)
    # A volume of somebody else's beside Windows: it stays locked, and is in nobody's way.
    guest 10-x64 guest.vmdk
    drivers
    data=${TESTDATA:-none}/crypto/dissect-fve/bde-recovery_password.bin.gz
    [ -e "$data" ] || { echo "skipped: no $data"; exit 77; }
    gzip -dc "$data" >data.raw
    truncate -s %512 data.raw
    expect 0 migrate inspect --json guest.vmdk data.raw
    python3 -c '
import json, sys
guest = json.load(open("out"))["guest"]
system, data = [v for v in guest["volumes"] if v["name"] in ("sda3", "sdb")]
assert system["encryption"] is None, system
encryption = data["encryption"]
assert encryption["state"] == "locked" and encryption["method"] == "AES-XTS-128", encryption
assert {"id": "3c116b76-c67b-484e-b439-ce2ed68b561e", "kind": "recovery password"} in encryption["protectors"], encryption
assert not data["readable"]' || fail "the locked volume is described otherwise"
    expect 0 migrate guest.vmdk data.raw -o out.d --virtio-win drivers.iso
    says out.d/guest.report.json '"bitlocker-data"'
    # Its password opens it.
    KEY=284867-596541-514998-422114-660297-261613-215424-199408 \
        expect 0 migrate inspect --json guest.vmdk data.raw --key any:env:KEY
    says out '"state" : "unlocked"'
    ;;
plan)
    guest 10-x64 before.raw guest.vhdx
    drivers
    convert guest.vhdx --virtio-win drivers.iso
    touch out err
    everything >before
    fingerprint guest.vhdx >>before
    expect 0 migrate plan guest.vhdx --virtio-win drivers.iso
    everything >after
    fingerprint guest.vhdx >>after
    [ -z "$(ls -A tmp.d)" ] || fail "left behind: $(ls -A tmp.d)"
    cmp before after || fail "something was written: $(diff before after)"
    # What is planned is what was done.
    python3 - <<'PYTHON' >paths
import json
for change in json.load(open("out.d/guest.report.json"))["changes"]:
    is_new = change["action"].startswith("create")
    slash = "/" if change["action"] == "create-directory" else ""
    print("%s %s%s" % ("create" if is_new else "change", change["path"], slash))
PYTHON
    grep -E '^(create|change|delete) ' out | LC_ALL=C sort >planned
    LC_ALL=C sort paths | cmp - planned || fail "the plan is another one: $(LC_ALL=C sort paths | diff - planned)"
    ;;
*)
    fail "no such case: $1"
    ;;
esac

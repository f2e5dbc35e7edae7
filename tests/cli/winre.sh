#!/usr/bin/env bash
# The recovery environment of a Windows guest gets drivers, or is left alone and says why; the guest itself is
# converted all the same.
#   winre.sh CASE
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mkntfs ntfscp wimlib-imagex mkfs.vfat mcopy sfdisk qemu-img qemu-nbd osslsigncode xorriso \
    hivexget hivexml ntfsfix; do
    requires $tool
done
mkdir out.d tmp.d
export TMPDIR=$work/tmp.d
archive_path=/Recovery/WindowsRE/Winre.wim
wim() { wimlib-imagex "$@" >>wim.log 2>&1 || { cat wim.log >&2; fail "wimlib-imagex $*"; }; }

# extent RAW NUMBER: where that partition is, in MiB: start and size; the last one without NUMBER.
extent() {
    sfdisk -J "$1" | python3 -c '
import json, sys
entry = json.load(sys.stdin)["partitiontable"]["partitions"][int(sys.argv[1])]
print(entry["start"] // 2048, entry["size"] // 2048)' "${2:--1}"
}

# take RAW FILE [NUMBER], put RAW FILE [NUMBER]: a partition out of the disk, and back into it.
take() {
    local start size
    read -r start size < <(extent "$1" "${3:--1}")
    dd if="$1" of="$2" bs=1M skip="$start" count="$size" conv=sparse status=none
}
put() {
    local start size
    read -r start size < <(extent "$1" "${3:--1}")
    dd if="$2" of="$1" bs=1M seek="$start" count="$size" conv=notrunc status=none
}

guest() { # GENERATION: before.raw, and the archive in it, before.wim
    "$SOURCE_DIR/tests/images/windows-guest" "$1" before.raw --small --recovery --disk-mib 512 --pagefile-mib 1
    take before.raw recovery.volume
    ntfscat recovery.volume $archive_path >before.wim
    "$SOURCE_DIR/tests/images/virtio-win" drivers drivers.iso
}

give() { # FILE: it is the guest's archive
    cp "$1" before.wim
    ntfscp -q recovery.volume before.wim $archive_path
    put before.raw recovery.volume
}

# image GENERATION COMPRESSION: an archive of that Windows, as the guests have it, is other.wim.
image() {
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$SOURCE_DIR/tests/images python3 -c '
import importlib.machinery, importlib.util, sys
loader = importlib.machinery.SourceFileLoader("guest", sys.argv[1])
guest = importlib.util.module_from_spec(importlib.util.spec_from_loader("guest", loader))
loader.exec_module(guest)
import argparse, windows_recovery
options = argparse.Namespace(
    generation=sys.argv[2], bios=False, size="small", no_fallback_loader=False, recovery=True, disk_mib=512)
windows_recovery.make_archive(".", guest.describe_guest(options), "other.wim", sys.argv[3])' \
        "$SOURCE_DIR/tests/images/windows-guest" "$1" "$2"
    rm -rf recovery-image
}

convert() {
    sha256sum before.raw >sum.before
    expect 0 "$MIGRATE" before.raw -o out.d --virtio-win drivers.iso --winre
    sha256sum before.raw | cmp - sum.before || fail "the source has changed"
    [ -z "$(ls -A tmp.d)" ] || fail "left behind: $(ls -A tmp.d)"
    [ "$(find out.d -mindepth 1 -printf '%f\n' | LC_ALL=C sort | tr '\n' ' ')" = \
        "before-sda.qcow2 before.report.json before.xml " ] || fail "outputs: $(ls -A out.d)"
    qemu-img convert -f qcow2 -O raw out.d/before-sda.qcow2 after.raw
    take after.raw after.volume "${number:--1}"
    ntfsfix -n after.volume >/dev/null || fail "the volume is damaged"
    ntfscat after.volume "$archive_path" >after.wim
}

# finding CODE [PATTERN]: the report has it, for this sentence.
finding() {
    python3 -c '
import json, re, sys
findings = [f for f in json.load(open("out.d/before.report.json"))["findings"] if f["code"].startswith("windows-winre")]
assert [f["code"] for f in findings] == [sys.argv[1]], findings
assert re.search(sys.argv[2], findings[0]["sentence"] if "sentence" in findings[0] else str(findings[0])), findings' \
        "$1" "${2:-.}" || fail "not the finding $1"
}

# files ARCHIVE: a line for every file: path, attributes, digest.
files() {
    wimlib-imagex dir "$1" 1 --detailed | python3 -c '
import re, sys
for block in re.split(r"^-{20,}$", sys.stdin.read(), flags=re.M):
    path = re.search(r"^Full Path += \"(.*)\"", block, re.M)
    if path:
        print(path.group(1), re.findall(r"^Attributes += (\S+)", block, re.M),
              re.findall(r"^Hash += (\S+)", block, re.M))' | LC_ALL=C sort
}

header() { # ARCHIVE: what its header says, without what tells its size
    wimlib-imagex info "$1" | grep -E '^(GUID|Compression|Chunk Size|Boot Index|Image Count|Attributes|Name):'
}

# changed FOLDER ARCHITECTURE: after.wim is before.wim with the drivers of that folder of the collection.
changed() {
    wim verify after.wim
    header before.wim >header.before
    header after.wim >header.after
    diff header.before header.after || fail "the archive is another kind of archive"
    files before.wim >files.before
    files after.wim >files.after
    local allowed='^[<>] /Windows/(Drivers|System32/config/SYSTEM|System32/drivers/(viostor|vioscsi)\.sys)'
    diff files.before files.after | grep '^[<>]' | grep -vE "$allowed" && fail "other files of the image have changed"
    mkdir image.d
    wim apply after.wim 1 image.d
    local name
    for name in viostor vioscsi; do
        cmp "drivers/$name/$1/$2/$name.sys" "image.d/Windows/System32/drivers/$name.sys" || fail "$name.sys"
        for suffix in inf sys cat; do
            cmp "drivers/$name/$1/$2/$name.$suffix" "image.d/Windows/Drivers/VirtIO/$name/$name.$suffix" ||
                fail "$name.$suffix"
        done
    done
    hivexml image.d/Windows/System32/config/SYSTEM >/dev/null || fail "the registry is damaged"
    expect 0 hivexget image.d/Windows/System32/config/SYSTEM 'ControlSet001\Services\viostor'
    says out '"Start"=dword:00000000'
    says out '"ImagePath"=.*drivers\\\\viostor\.sys'
    expect 0 hivexget image.d/Windows/System32/config/SYSTEM 'ControlSet001\Services\vioscsi\Parameters'
    says out '"BusType"=dword:0000000a'
    [ ! -s image.d/Windows/System32/config/SYSTEM.LOG1 ] || fail "a log of the old hive is left"
}

bound_by_database() {
    expect 0 hivexget image.d/Windows/System32/config/SYSTEM \
        'DriverDatabase\DeviceIds\PCI\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01'
    says out 'drydock_viostor\.inf'
}

# left PATTERN: it is as it was, the report says why, and nothing else failed.
left() {
    convert
    cmp before.wim after.wim || fail "it was changed"
    finding windows-winre-left "$1"
    grep -q "<target dev=.vda. bus=.virtio." out.d/before.xml || fail "the guest itself is not converted"
}

case ${1:?which case} in
gpt)
    guest 10-x64
    convert
    finding windows-winre 'Winre\.wim on sda4'
    changed w10 amd64
    bound_by_database
    # Done once more, there is nothing new.
    cp after.raw before.raw
    cp after.wim before.wim
    rm -r out.d image.d
    mkdir out.d
    convert
    changed w10 amd64
    ;;
mbr-xpress)
    guest 7-x86
    image 7-x86 XPRESS
    give other.wim
    convert
    finding windows-winre 'Winre\.wim on sda3'
    changed w7 x86
    expect 0 hivexget image.d/Windows/System32/config/SYSTEM \
        'ControlSet001\Control\CriticalDeviceDatabase\PCI#VEN_1AF4&DEV_1001'
    says out '"Service"="viostor"'
    ;;
other-windows)
    # What was left of the Windows before the upgrade.
    guest 10-x64
    image 7-x86 none
    give other.wim
    convert
    changed w7 x86
    ;;
real-hive)
    guest 10-x64
    real=$TESTDATA/registry/win10-2004-x64-vmware/SYSTEM.gz
    [ -e "$real" ] || { echo "skipped: no $real"; exit 77; }
    gzip -dc "$real" >SYSTEM
    image 10-x64 LZX
    echo 'add SYSTEM /Windows/System32/config/SYSTEM' >commands
    wim update other.wim 1 --check <commands
    give other.wim
    convert
    changed w10 amd64
    bound_by_database
    ;;
switched-off)
    # Then it is in the system volume, and no partition has it.
    guest 10-x64
    take before.raw system.volume 2
    ntfscp -q system.volume before.wim /Windows/System32/Recovery/Winre.wim
    echo '<WindowsRE version="2.0"><WinreLocation path="" id="0" offset="0"/></WindowsRE>' >ReAgent.xml
    ntfscp -q system.volume ReAgent.xml /Windows/System32/Recovery/ReAgent.xml
    put before.raw system.volume 2
    head -c 4096 /dev/zero >empty.volume
    truncate -s 48M empty.volume
    put before.raw empty.volume
    archive_path=/Windows/System32/Recovery/Winre.wim number=2
    convert
    finding windows-winre 'System32.Recovery.Winre\.wim on sda3'
    changed w10 amd64
    ;;
plan)
    guest 10-x64
    listing . | grep -vE '^\./(out|err|before|tmp\.d|listing\..*) ' >listing.before
    expect 0 "$MIGRATE" plan before.raw --virtio-win drivers.iso --winre
    says out '^change /Recovery Partition/Recovery/WindowsRE/Winre\.wim$'
    says out 'virtio disk drivers for the recovery environment \(Windows 10\.0\.19044, amd64\)'
    says out '\[windows-winre\]$'
    [ -z "$(ls -A tmp.d)" ] || fail "left behind: $(ls -A tmp.d)"
    listing . | grep -vE '^\./(out|err|before|tmp\.d|listing\..*) ' | cmp - listing.before || fail "something was written"
    expect 0 "$MIGRATE" plan before.raw --virtio-win drivers.iso
    ! grep -q Winre.wim out || fail "it was not asked for"
    ;;
none)
    "$SOURCE_DIR/tests/images/windows-guest" 10-x64 before.raw --small --disk-mib 512 --pagefile-mib 1
    "$SOURCE_DIR/tests/images/virtio-win" drivers drivers.iso
    expect 0 "$MIGRATE" before.raw -o out.d --virtio-win drivers.iso --winre
    finding windows-winre-not-found
    ;;
no-room)
    guest 10-x64
    # Room for an archive as it is, and not for a driver more.
    # Incompressible content of the drivers is needed for that: the archive gets larger by them.
    while head -c 1M /dev/urandom >filler && ntfscp -q recovery.volume filler "/filler-$((count = ${count:-0} + 1))" 2>/dev/null; do
        :
    done
    put before.raw recovery.volume
    convert
    cmp before.wim after.wim || fail "it was changed"
    finding windows-winre-no-room
    ;;
garbage)
    guest 10-x64
    head -c 300000 /dev/urandom >other.wim
    give other.wim
    left 'cannot read the archive'
    ;;
cut-off)
    guest 10-x64
    head -c $(($(stat -c %s before.wim) * 2 / 3)) before.wim >other.wim
    give other.wim
    left 'cannot read the archive'
    ;;
damaged)
    # Somewhere in the content: the integrity table tells.
    guest 10-x64
    cp before.wim other.wim
    printf '\xff\xfe\xfd\xfc' | dd of=other.wim bs=1 seek=$(($(stat -c %s other.wim) / 2)) conv=notrunc status=none
    give other.wim
    left 'cannot read the archive'
    ;;
damaged-hive)
    # Without an integrity table it is the digest of the file that tells.
    guest 10-x64
    wim export before.wim 1 other.wim --boot --no-check
    python3 -c '
import re, subprocess
text = subprocess.run(["wimlib-imagex", "info", "other.wim", "--blobs"], capture_output=True, text=True, check=True).stdout
hive = subprocess.run(["wimlib-imagex", "dir", "other.wim", "1", "--detailed", "--path=/Windows/System32/config/SYSTEM"],
                      capture_output=True, text=True, check=True).stdout
digest = re.search(r"^Hash += (0x)?([0-9a-f]+)", hive, re.M).group(2)
for block in text.split("\n\n"):
    if digest in block:
        offset = int(re.search(r"^(?:Raw )?[Oo]ffset(?: in WIM)? += (\d+)", block, re.M).group(1))
        size = int(re.search(r"^Compressed size += (\d+)", block, re.M).group(1))
with open("other.wim", "r+b") as file:
    file.seek(offset + size // 2)
    file.write(bytes(16))'
    give other.wim
    left 'is damaged|digest'
    ;;
esd)
    guest 10-x64
    wim export before.wim 1 other.wim --boot --solid
    give other.wim
    left 'LZMS'
    ;;
split)
    guest 10-x64
    # Content of a MiB, so that there are two parts.
    head -c 1M /dev/urandom >filler
    cp before.wim large.wim
    echo 'add filler /filler' | wimlib-imagex update large.wim 1 >/dev/null
    wim split large.wim other.swm 1
    give other.swm
    left 'split'
    ;;
no-windows)
    guest 10-x64
    mkdir data.d
    echo data >data.d/file
    wim capture data.d other.wim data
    give other.wim
    left 'no Windows in it'
    ;;
encrypted)
    # A volume that asks for a key is in nobody's way when Windows is elsewhere; what is on it stays as it is.
    guest 10-x64
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$SOURCE_DIR/tests/images python3 -c '
import volumes
volumes.make_bitlocker("recovery.volume")'
    put before.raw recovery.volume
    expect 0 "$MIGRATE" plan before.raw --virtio-win drivers.iso --winre
    says out 'sda4.*\[bitlocker-data\]$'
    says out 'its volume sda4 cannot be read \[windows-winre-left\]$'
    expect 0 "$MIGRATE" plan before.raw --virtio-win drivers.iso
    says out 'sda4.*\[bitlocker-data\]$'
    [ -z "$(ls -A tmp.d)" ] || fail "left behind: $(ls -A tmp.d)"
    ;;
unreadable)
    guest 10-x64
    head -c 4096 /dev/zero >recovery.volume
    truncate -s 48M recovery.volume
    put before.raw recovery.volume
    expect 0 "$MIGRATE" plan before.raw --virtio-win drivers.iso --winre
    says out 'its volume sda4 cannot be read \[windows-winre-left\]$'
    ;;
log-dirty)
    guest 10-x64
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$SOURCE_DIR/tests/images python3 -c '
import volumes
ntfs = volumes.Ntfs("recovery.volume")
ntfs.write_restart_pages(1, is_clean=False)
ntfs.close()'
    put before.raw recovery.volume
    expect 0 "$MIGRATE" plan before.raw --virtio-win drivers.iso --winre
    says out 'was not dismounted.*\[windows-winre-left\]$'
    ;;
*) fail "no such case" ;;
esac

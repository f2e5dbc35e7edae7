#!/usr/bin/env bash
# Drivers by hand: drivers.sh CASE. What was added is looked at with ntfs-3g's programs and hivexget.
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 openssl osslsigncode xorriso; do
    requires $tool
done
"$SOURCE_DIR/tests/images/virtio-win" drivers drivers.iso

drivers() {
    "$MIGRATE" drivers "$@"
}

make_guest() { # GENERATION
    for tool in mkntfs wimlib-imagex mkfs.vfat mcopy sfdisk qemu-img qemu-nbd ntfscat hivexget; do
        requires $tool
    done
    "$SOURCE_DIR/tests/images/windows-guest" "$1" before.raw guest.vmdk --disk-mib 512
}

# take IMAGE: the system volume of that raw image, and SYSTEM out of it.
take() {
    local start size
    read -r start size < <(sfdisk -J "$1" | python3 -c '
import json, sys
entry = json.load(sys.stdin)["partitiontable"]["partitions"][-1]
print(entry["start"] // 2048, entry["size"] // 2048)')
    dd if="$1" of=system.volume bs=1M skip="$start" count="$size" conv=sparse status=none
    ntfscat system.volume /Windows/System32/config/SYSTEM >SYSTEM
}

refused() { # STATUS PATTERN ARGUMENT…
    local status=$1 pattern=$2
    shift 2
    expect "$status" drivers "$@"
    says err "^migrate: error \([a-z-]*\): .*$pattern"
    says err '^  hint: .+'
    [ ! -s out ] || fail "something on stdout"
}

case ${1:?which case} in
list)
    expect 0 drivers list --virtio-win drivers.iso
    says out '^viostor/w10/amd64/viostor\.inf  100\.95\.104\.26200 of 2023-08-14  SCSIAdapter  NTamd64\.10\.0$'
    cp out iso
    expect 0 drivers list --virtio-win drivers
    cmp out iso || fail "the folder is not what the image is"
    [ "$(wc -l <out)" -eq "$(find drivers -name '*.inf' | wc -l)" ] || fail "not one line for each INF"
    expect 0 drivers list --driver drivers/viostor/w7 --long
    says out '^amd64/viostor\.inf  61\.77\.104\.17200 of 2023-08-14  SCSIAdapter  NTamd64\.6\.1$'
    says out '^    PCI\\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01$'
    mkdir bad
    head -c 5000000 /dev/zero >bad/large.inf
    printf '\033[31m[Version]\nClass="\033[31mx"\n' >bad/escape.inf
    expect 0 drivers list --driver bad --json
    python3 - <<'PYTHON'
import json
rows = {row["path"]: row for row in json.load(open("out"))}
assert "too large" in rows["large.inf"]["problem"] and rows["large.inf"]["version"] is None, rows
assert rows["escape.inf"]["problem"] is None and rows["escape.inf"]["targets"] == [], rows
PYTHON
    expect 0 drivers list --driver bad
    says out "^large\.inf: 'large\.inf' is too large"
    ! grep -q $'\033' out || fail "a control character reaches the terminal"
    ;;
add)
    # The machine stays what it is: a driver and its keys, and no service, no other value.
    make_guest 10-x64
    take before.raw
    mv SYSTEM before.SYSTEM
    expect 0 drivers add guest.vmdk --driver drivers/vioscsi -o out.d
    says out '^driver vioscsi 100\.95\.104\.26200 of 2023-08-14, made bootable$'
    says out '/out\.d/guest-sda\.qcow2$|^out\.d/guest-sda\.qcow2$'
    qemu-img convert -f qcow2 -O raw out.d/guest-sda.qcow2 after.raw
    take after.raw
    ntfscat system.volume /Windows/System32/drivers/vioscsi.sys | cmp - drivers/vioscsi/w10/amd64/vioscsi.sys
    ntfscat system.volume /Windows/Drivers/Vendor/vioscsi/vioscsi.cat | cmp - drivers/vioscsi/w10/amd64/vioscsi.cat
    [ "$(hivexget SYSTEM 'ControlSet001\Services\vioscsi' Start)" = 0x0 ] ||
        [ "$(hivexget SYSTEM 'ControlSet001\Services\vioscsi' Start)" = 0 ] || fail "vioscsi does not start"
    hivexget SYSTEM 'DriverDatabase\DriverInfFiles\drydock_vioscsi.inf' Active >/dev/null
    ! hivexget SYSTEM 'ControlSet001\Services\DrydockFirstBoot' Start 2>/dev/null || fail "a service was added"
    ! ntfscat system.volume /Windows/System32/drivers/viostor.sys >/dev/null 2>&1 || fail "viostor was added too"
    PYTHONPATH="$SOURCE_DIR/tests/cli" python3 -B - <<'PYTHON' || fail "another value has changed"
import hive_reader
def values(key, path=""):
    for name, kind, data in key.values.values():
        yield (path + "\\" + name).lower(), (kind, data)
    for below in key.keys.values():
        yield from values(below, path + "\\" + below.name)
before, after = (dict(values(hive_reader.Hive(open(name, "rb").read()).root)) for name in ("before.SYSTEM", "SYSTEM"))
changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
assert changed and all("vioscsi" in name for name in changed), sorted(changed)[:5]
PYTHON
    # Once more, to the image itself: now nothing changes any more.
    qemu-img convert -f vmdk -O qcow2 guest.vmdk guest.qcow2
    expect 0 drivers add guest.qcow2 --driver drivers/vioscsi --in-place
    sha256sum guest.qcow2 >sum
    expect 0 drivers add guest.qcow2 --driver drivers/vioscsi --dry-run
    sha256sum --quiet -c sum || fail "a dry run writes"
    qemu-img convert -f qcow2 -O raw guest.qcow2 after.raw
    take after.raw
    ntfscat system.volume /Windows/System32/drivers/vioscsi.sys | cmp - drivers/vioscsi/w10/amd64/vioscsi.sys
    ;;
bad-input)
    make_guest 7-x86
    mkdir empty
    sha256sum guest.vmdk >sum
    refused 2 'which drivers are to be added' add guest.vmdk --dry-run
    refused 2 'where should the changes go' add guest.vmdk --driver drivers
    refused 2 'exclude each other' add guest.vmdk --driver drivers --dry-run --in-place
    refused 2 'no \.inf file' add guest.vmdk --driver empty --dry-run
    refused 2 'there are no drivers at' add guest.vmdk --driver nowhere -o out.d
    refused 5 'no virtio drivers' add guest.vmdk --virtio-win nowhere -o out.d
    refused 2 "no driver of 'drivers/viostor/2k22'" add guest.vmdk --driver drivers/viostor/2k22 -o out.d
    refused 2 'argument too many' list guest.vmdk
    refused 2 'too few arguments' add --driver drivers --dry-run
    refused 2 "is no action of migrate drivers" remove guest.vmdk
    [ ! -e out.d ] || [ -z "$(ls -A out.d)" ] || fail "left behind: $(ls -A out.d)"
    sha256sum --quiet -c sum || fail "the source has changed"
    "$SOURCE_DIR/tests/images/windows-guest" 10-x64 before.raw hibernated.vmdk --hibernated --disk-mib 512
    refused 3 'is hibernated' add hibernated.vmdk --driver drivers/viostor -o out.d
    ;;
*)
    fail "no such case: $1"
    ;;
esac

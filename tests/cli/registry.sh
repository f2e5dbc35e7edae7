#!/usr/bin/env bash
# Values by hand: registry.sh CASE. Lone hives – made here, and real ones where the test data is – and Windows guests;
# what was changed is looked at with hivex's own tools.
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
requires python3
requires hivexget
requires hivexml

registry() {
    "$MIGRATE" registry "$@"
}

# A small SYSTEM hive; dirty: SYSTEM lacks what LOG1 has.
make_hive() { # [dirty]
    PYTHONPATH="$SOURCE_DIR/tests/images" python3 -B - "$@" <<'PYTHON'
import sys
import hive
root = hive.Key("ROOT")
root.key("Select").dword("Current", 1)
service = root.key("ControlSet001\\Services\\Fan")
service.dword("Start", 3).sz("DisplayName", "Fan").expand("ImagePath", "%SystemRoot%\\fan.sys").multi("Needs", "A", "B")
service.binary("Blob", bytes(range(100))).qword("Size", 1 << 40).sz("", "default")
service.key("Parameters").sz("Speed", "fast").key("Deep\\Deeper").dword("x", 1)
root.key("ControlSet001\\Services\\Long").binary("Long", bytes(20000)).dword("Start", 1)
made = hive.Hive(root, "SYSTEM", flags=1, sequence=7)
image, log = made.image, b""
if "dirty" in sys.argv:
    image, log, _ = hive.make_dirty(made, {("ControlSet001\\Services\\Fan", "Start"): b"\x04\0\0\0"})
open("SYSTEM", "wb").write(image)
open("system.log1", "wb").write(log)
open("SYSTEM.LOG2", "wb").write(b"")
PYTHON
}

fan='HKLM\SYSTEM\CurrentControlSet\Services\Fan'

all_files() { # but our own notes
    find . -type f ! -name out ! -name err ! -name before ! -name after -printf '%p %s %T@ %i\n' | LC_ALL=C sort
}

# refused STATUS PATTERN ARGUMENT…: with a hint or without, and nothing in this folder changes.
refused() {
    local status=$1 pattern=$2
    shift 2
    all_files >before
    expect "$status" registry "$@"
    says err "^migrate: error \([a-z-]*\): .*$pattern"
    [ "$(grep -c '^migrate: error' err)" -eq 1 ] || fail "more than one error"
    all_files >after
    cmp before after || fail "something was written"
}

clean_hive() { # FILE: other people's tools read it, and its logs are empty
    expect 0 hivexml "$1"
    local log
    for log in system.log1 SYSTEM.LOG1 SYSTEM.LOG2; do
        [ ! -s "$log" ] || fail "$log is not empty"
    done
}

# Everything that is said of a key, by hivex.
dump() { # FILE KEY
    hivexget "$1" "$2" | LC_ALL=C sort
}

unpack() { # NAME FILE: of the test data
    [ -e "$TESTDATA/registry/$1" ] || { echo "skipped: no test data"; exit 77; }
    case $1 in
    *.xz) xz -dc "$TESTDATA/registry/$1" ;;
    *.gz) gzip -dc "$TESTDATA/registry/$1" ;;
    *) cat "$TESTDATA/registry/$1" ;;
    esac >"$2"
}

case ${1:?which case} in
read)
    make_hive
    expect 0 registry get SYSTEM "$fan" start
    [ "$(cat out)" = dword:00000003 ] || fail "Start is $(cat out)"
    expect 0 registry get SYSTEM 'ControlSet001\Services\Fan' DisplayName
    [ "$(cat out)" = Fan ] || fail "DisplayName is $(cat out)"
    expect 0 registry get SYSTEM "$fan" ''
    [ "$(cat out)" = default ] || fail "the default value is $(cat out)"
    expect 0 registry get SYSTEM 'hkey_local_machine\system\controlset001\services\FAN'
    says out '^ImagePath = expand:"%SystemRoot%\\\\fan.sys"$'
    says out '^Needs = multi:"A","B"$'
    says out '^\(default\) = "default"$'
    expect 0 registry get SYSTEM "$fan" --json
    python3 - out <<'PYTHON'
import json, sys
key = json.load(open(sys.argv[1]))
assert key["key"] == r"HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Fan", key["key"]
values = {value["name"]: value for value in key["values"]}
assert values["Start"] == {"name": "Start", "type": "REG_DWORD", "data": 3}
assert values["Size"] == {"name": "Size", "type": "REG_QWORD", "data": 1 << 40}
assert values["Needs"]["data"] == ["A", "B"] and values["ImagePath"]["type"] == "REG_EXPAND_SZ"
assert values["Blob"] == {"name": "Blob", "type": "REG_BINARY", "hex": bytes(range(100)).hex()}
PYTHON
    expect 0 registry list SYSTEM "$fan"
    [ "$(cat out)" = 'HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Fan\Parameters' ] || fail "list: $(cat out)"
    expect 0 registry list -r SYSTEM ControlSet001
    [ "$(wc -l <out)" -eq 6 ] || fail "list -r: $(cat out)"
    says out '\\Fan\\Parameters\\Deep\\Deeper$'
    expect 0 registry list -l SYSTEM 'ControlSet001\Services'
    says out '^2022-06-18T04:26:40Z +1 +7 .*\\Fan$'
    expect 0 registry list SYSTEM "$fan" --json
    [ "$(python3 -c 'import json; print(json.load(open("out"))[0]["subkeys"])')" = 1 ] || fail "JSON: $(cat out)"
    expect 0 registry search SYSTEM '' FAST
    [ "$(cat out)" = 'HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Fan\Parameters: Speed = "fast"' ] || fail "search"
    expect 0 registry search SYSTEM '' fan --keys
    [ "$(wc -l <out)" -eq 1 ] || fail "search --keys: $(cat out)"
    expect 0 registry search SYSTEM '' fan --data --limit 1
    [ "$(wc -l <out)" -eq 1 ] || fail "search --limit: $(cat out)"
    says err 'more than these 1'
    expect 0 registry search SYSTEM "$fan" 00000003 --json
    python3 -c 'import json; assert [find["name"] for find in json.load(open("out"))] == ["Start"]'
    expect 0 registry search SYSTEM '' nothing
    [ ! -s out ] || fail "found: $(cat out)"
    ;;
edit)
    make_hive
    cp SYSTEM SYSTEM.before
    chmod 640 SYSTEM
    expect 0 registry set SYSTEM "$fan" Start 2 --in-place
    says out '^    Start: dword:00000003 → dword:00000002'
    [ "$(stat -c %a SYSTEM)" = 640 ] || fail "the permissions have changed"
    expect 0 registry set SYSTEM "$fan" DisplayName 'Füße' --in-place
    expect 0 registry set SYSTEM "$fan" Needs C D E --in-place
    expect 0 registry set SYSTEM 'HKLM\SYSTEM\New\Key' n 0x10 --type qword --in-place
    expect 0 registry set SYSTEM 'HKLM\SYSTEM\New\Key' b '00 ff' --type binary --in-place
    clean_hive SYSTEM
    [ "$(hivexget SYSTEM 'ControlSet001\Services\Fan' Start)" = 2 ] || fail "Start"
    [ "$(hivexget SYSTEM 'ControlSet001\Services\Fan' DisplayName)" = Füße ] || fail "DisplayName"
    dump SYSTEM 'ControlSet001\Services\Fan' >now
    says now '^"Needs"=hex\(7\):43,00,00,00,44,00,00,00,45,00,00,00,00,00$'
    says now '^"ImagePath"=str\(2\):"%SystemRoot%'
    dump SYSTEM 'New\Key' >now
    says now '^"b"=hex\(3\):00,ff$'
    # Nothing else: of the other keys hivex says what it said before.
    for key in Select 'ControlSet001\Services\Fan\Parameters' 'ControlSet001\Services\Long'; do
        [ "$(dump SYSTEM "$key")" = "$(dump SYSTEM.before "$key")" ] || fail "$key has changed"
    done
    # The same again changes nothing, not even the file's time.
    stat -c '%Y %i' SYSTEM >before
    expect 0 registry set SYSTEM "$fan" Start 2 --in-place
    says err 'nothing changes'
    stat -c '%Y %i' SYSTEM >after
    cmp before after || fail "the file was written again"

    expect 0 registry delete SYSTEM "$fan" Start --in-place
    refused 1 "no value 'Start'" get SYSTEM "$fan" Start
    refused 2 'has 1 keys below' delete SYSTEM "$fan" --in-place
    expect 0 registry delete SYSTEM "$fan" --recursive --in-place
    clean_hive SYSTEM
    ! hivexget SYSTEM 'ControlSet001\Services\Fan' >out 2>&1 || fail "the key is still there"

    # Into another folder: the source stays as it was, and so do its logs.
    make_hive dirty
    sha256sum SYSTEM system.log1 >source
    expect 0 registry set SYSTEM "$fan" DisplayName other -o new
    [ "$(sed '/^$/d' out | tail -n 1)" = "$work/new/SYSTEM" ] || fail "it did not say where"
    sha256sum --quiet -c source || fail "the source has changed"
    [ "$(ls -A new)" = SYSTEM ] || fail "outputs: $(ls -A new)"
    [ "$(hivexget new/SYSTEM 'ControlSet001\Services\Fan' DisplayName)" = other ] || fail "not changed"
    [ "$(hivexget new/SYSTEM 'ControlSet001\Services\Fan' Start)" = 3 ] || fail "the log was not replayed"
    refused 2 'exists already' set SYSTEM "$fan" DisplayName third -o new
    expect 0 registry set SYSTEM "$fan" DisplayName third --dry-run
    says out 'DisplayName: "Fan" → "third"'
    sha256sum --quiet -c source || fail "--dry-run has changed something"
    ;;
dirty)
    make_hive dirty
    expect 0 registry get SYSTEM "$fan" Start
    [ "$(cat out)" = dword:00000003 ] || fail "the log was not replayed: $(cat out)"
    [ "$(hivexget SYSTEM 'ControlSet001\Services\Fan' Start)" = 4 ] || fail "this test proves nothing"
    expect 0 registry set SYSTEM "$fan" DisplayName other --in-place
    clean_hive SYSTEM
    [ "$(hivexget SYSTEM 'ControlSet001\Services\Fan' Start)" = 3 ] || fail "the log's changes are lost"
    # Without its log it can be read, which is said, and is not edited.
    make_hive dirty
    rm system.log1
    expect 0 registry get SYSTEM "$fan" Start
    [ "$(cat out)" = dword:00000004 ] || fail "read as $(cat out)"
    says err 'dirty and no log fits'
    refused 3 'hive' set SYSTEM "$fan" Start 1 --in-place
    ;;
import)
    make_hive
    cat >a.reg <<'REG'
Windows Registry Editor Version 5.00

; everything at once
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Fan]
"DisplayName"="a \"b\" \\c"
"Start"=-
"Blob"=hex:01,\
  02
@=dword:00000009

[-HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Fan\Parameters\Deep]

[HKEY_LOCAL_MACHINE\SYSTEM\Empty]
REG
    expect 0 registry import SYSTEM a.reg --in-place
    says out 'Start: dword:00000003 → \(deleted\) +# a.reg:6$'
    clean_hive SYSTEM
    dump SYSTEM 'ControlSet001\Services\Fan' >now
    says now '^"Blob"=hex\(3\):01,02$'
    ! grep -q '"Start"' now || fail "Start is still there"
    [ "$(hivexget SYSTEM 'ControlSet001\Services\Fan' DisplayName)" = 'a "b" \c' ] || fail "DisplayName"
    expect 0 hivexget SYSTEM Empty
    ! hivexget SYSTEM 'ControlSet001\Services\Fan\Parameters\Deep' >out 2>&1 || fail "Deep is still there"
    # The same as UTF-16, and with the line ends of Windows.
    sed 's/$/\r/' a.reg | iconv -t UTF-16 >b.reg
    make_hive
    expect 0 registry import SYSTEM b.reg --in-place
    dump SYSTEM 'ControlSet001\Services\Fan' >again
    cmp now again || fail "UTF-16 makes a difference"
    printf 'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\Four]\n"e"=hex(2):25,80,00\n"t"="\xe4"\n' >c.reg
    expect 0 registry import SYSTEM c.reg --in-place
    dump SYSTEM Four >now
    says now '^"e"=str\(2\):"%€"$'
    [ "$(hivexget SYSTEM Four t)" = ä ] || fail "REGEDIT4 text"
    # A hive whose name says nothing takes any, but one.
    mv SYSTEM any
    printf 'REGEDIT4\n[HKEY_LOCAL_MACHINE\\SYSTEM\\A]\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\B]\n' >d.reg
    refused 2 'd.reg:3: .*cannot be both' import any d.reg --in-place
    printf 'Windows Registry Editor Version 5.00\n[\\A]\n"x"=dword:1\n' >e.reg
    expect 0 registry import any e.reg --in-place
    [ "$(hivexget any A x)" = 1 ] || fail "keys without a root"
    ;;
round-trip)
    unpack win10-2004-x64-vmware/SYSTEM.gz SYSTEM
    key='HKLM\SYSTEM\CurrentControlSet\Services\Tcpip'
    hivexml SYSTEM >whole.before
    expect 0 registry export SYSTEM "$key" a.reg
    [ "$(head -c 2 a.reg | od -An -tx1)" = ' ff fe' ] || fail "no byte order mark"
    expect 0 registry export SYSTEM "$key" --utf8
    [ "$(iconv -f UTF-16 -t UTF-8 a.reg | cksum)" = "$(cksum <out)" ] || fail "--utf8 says something else"
    expect 0 registry delete SYSTEM "$key" --recursive --in-place
    expect 0 registry import SYSTEM a.reg --in-place
    expect 0 registry export SYSTEM "$key" b.reg
    cmp a.reg b.reg || fail "what was imported is not what was exported"
    # Also what hivex has to say of the whole hive, but for times and where things are.
    hivexml SYSTEM >whole.after
    for file in whole.before whole.after; do
        python3 - $file <<'PYTHON'
import re, sys
text = open(sys.argv[1], encoding="utf-8", errors="replace").read()
text = re.sub(r"<mtime>[^<]*</mtime>|<byte_runs>.*?</byte_runs>", "", text)
open(sys.argv[1] + ".plain", "w", encoding="utf-8").write(text)
PYTHON
    done
    cmp whole.before.plain whole.after.plain || fail "something else of the hive has changed"
    # What an export says hivexget says too.
    for key in Select 'ControlSet001\Control\Session Manager'; do
        registry get SYSTEM "$key" --json >json
        hivexget SYSTEM "$key" >hivex
        [ "$(python3 -c 'import json; print(len(json.load(open("json"))["values"]))')" = "$(grep -c = hivex)" ] ||
            fail "$key has another number of values"
    done
    ;;
real)
    # Hives of several versions: everything is listed and exported, and one value changed.
    for name in win7sp1-x86-vmware/SYSTEM.xz misc/NTUSER-win7.DAT.xz misc/SAM-win8-2013 nt4sp3-server/SYSTEM \
        bcd/win10-regipy/BCD.xz misc/offreg-testhive; do
        unpack "$name" hive
        expect 0 registry list -r hive ''
        [ "$(wc -l <out)" -gt 5 ] || fail "$name has no keys"
        expect 0 registry export hive '' --utf8
        says out '^Windows Registry Editor'
        expect 0 registry set hive '' DrydockTest 1 --type dword --in-place
        [ "$(hivexget hive "\\" DrydockTest)" = 1 ] || fail "$name"
        expect 0 hivexml hive
    done
    unpack ntuser-dirty-newformat/NTUSER.DAT.xz NTUSER.DAT
    unpack ntuser-dirty-newformat/ntuser.dat.LOG1.xz ntuser.dat.LOG1
    unpack ntuser-dirty-newformat/ntuser.dat.LOG2.xz ntuser.dat.LOG2
    unpack ntuser-dirty-newformat/ORACLE-recovered.NTUSER.DAT.xz oracle
    expect 0 registry export NTUSER.DAT HKCU --utf8
    mv out replayed
    expect 0 registry export oracle HKCU --utf8
    cmp replayed out || fail "the replayed hive is not what Windows made of it"
    ;;
bad-input)
    make_hive
    for arguments in '' 'frobnicate SYSTEM x' 'get' 'get SYSTEM' 'get SYSTEM a b c' 'set SYSTEM a b' 'list SYSTEM' \
        'import SYSTEM' 'search SYSTEM x' 'get --limit 3 SYSTEM x' 'get --in-place SYSTEM x'; do
        # shellcheck disable=SC2086
        refused 2 . $arguments
    done
    refused 2 'where should the changes go' set SYSTEM "$fan" Start 1
    refused 2 'exclude each other' set SYSTEM "$fan" Start 1 --in-place --dry-run
    refused 2 'exclude each other' set SYSTEM "$fan" Start 1 --in-place -o new
    refused 2 'is not a type' set SYSTEM "$fan" Start 1 --type number --in-place
    refused 2 'not a number of 32 bits' set SYSTEM "$fan" Start x --in-place
    refused 2 'not a number of 32 bits' set SYSTEM "$fan" Start 4294967296 --in-place
    refused 2 'exactly one word' set SYSTEM "$fan" Start 1 2 --in-place
    refused 2 'not binary data' set SYSTEM "$fan" Blob 0 --in-place
    refused 2 'no limit' search SYSTEM '' x --limit=-1
    refused 2 'does not exist' get nowhere "$fan"
    refused 2 'not HKEY_LOCAL_MACHINE.SOFTWARE' get SYSTEM 'HKLM\SOFTWARE\A'
    refused 2 'root of all hives' get SYSTEM 'HKLM'
    refused 1 "no key 'Nothing'" get SYSTEM 'HKLM\SYSTEM\Nothing\Here'
    refused 1 "no key" delete SYSTEM 'HKLM\SYSTEM\Nothing' --in-place
    refused 1 "no value 'Nothing'" delete SYSTEM "$fan" Nothing --in-place
    refused 2 'root key' delete SYSTEM '' --recursive --in-place
    refused 1 'above 16344' set SYSTEM 'HKLM\SYSTEM\CurrentControlSet\Services\Long' Start 2 --in-place
    refused 1 'not ASCII' set SYSTEM 'HKLM\SYSTEM\Grüße' a b --in-place
    refused 2 'No such file' import SYSTEM nowhere.reg --in-place
    echo no >a.reg
    refused 2 'a.reg:1: ' import SYSTEM a.reg --in-place
    printf 'REGEDIT4\n[HKEY_LOCAL_MACHINE\\SYSTEM\\A]\n"b"="C:\\Windows"\n' >a.reg
    refused 2 'a.reg:3: a backslash' import SYSTEM a.reg --in-place
    printf 'REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\A]\n' >a.reg
    refused 2 'a.reg:2: .*SYSTEM' import SYSTEM a.reg --in-place
    refused 2 'exists already' export SYSTEM "$fan" a.reg
    # Damaged: cut, no hive, and what a strict walk does not let pass.
    head -c 5000 SYSTEM >cut.hive
    refused 6 . get cut.hive Select
    { head -c 8192 SYSTEM; head -c 8192 /dev/zero; tail -c +16385 SYSTEM; } >zeros
    refused 6 'damaged' set zeros '' a b --in-place
    if [ "$(id -u)" -ne 0 ]; then
        mkdir locked && cp SYSTEM locked && chmod 555 locked
        refused 1 'cannot write' set locked/SYSTEM "$fan" Start 1 --in-place
    fi
    ;;
guest | guest-7)
    for tool in mkntfs qemu-img qemu-nbd mcopy wimlib-imagex ntfscat ntfscp sfdisk; do
        requires $tool
    done
    generation=10-x64
    [ "$1" = guest ] || generation=7-x86
    "$SOURCE_DIR/tests/images/windows-guest" $generation guest.raw guest.vmdk --disk-mib 512
    sha256sum guest.vmdk >source
    expect 0 registry get guest.vmdk 'HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion' ProductName
    says out '^Windows'
    for key in 'HKLM\SAM\SAM\Domains' 'HKLM\SECURITY\Policy' 'HKU\.DEFAULT\Control Panel' 'HKU\S-1-5-18' \
        'HKLM\BCD00000000\Objects' 'HKLM\SYSTEM\CurrentControlSet\Services'; do
        expect 0 registry list guest.vmdk "$key"
        [ -s out ] || fail "nothing below $key"
    done
    refused 1 'no hive HKEY_LOCAL_MACHINE.NOTHING' list guest.vmdk 'HKLM\NOTHING'
    refused 2 'different hive for every user' list guest.vmdk HKCU
    refused 1 "no profile of a user 'Nobody'" list guest.vmdk HKCU --user Nobody
    refused 2 'does not say in which hive' list guest.vmdk 'Select'
    expect 0 registry set guest.vmdk 'HKLM\SYSTEM\CurrentControlSet\Services\Fan' Start 4 --type dword -o out.d
    says out '^    \[HKEY_LOCAL_MACHINE.SYSTEM.ControlSet00[0-9].Services.Fan\]$'
    [ "$(tail -n 1 out)" = "$work/out.d/guest-sda.qcow2" ] || fail "it did not say where"
    [ "$(ls -A out.d)" = guest-sda.qcow2 ] || fail "outputs: $(ls -A out.d)"
    sha256sum --quiet -c source || fail "the source has changed"
    expect 0 registry get out.d/guest-sda.qcow2 'HKLM\SYSTEM\CurrentControlSet\Services\Fan' Start
    [ "$(cat out)" = dword:00000004 ] || fail "the new image says $(cat out)"
    expect 0 registry set guest.vmdk 'HKLM\SYSTEM\Fan' Start 4 --dry-run
    refused 1 'in place' set guest.vmdk 'HKLM\SYSTEM\Fan' Start 4 --in-place

    # In place: two hives in one import; then the volume by other people's tools.
    printf 'Windows Registry Editor Version 5.00\n[%s]\n"a"="b"\n[%s]\n"c"=dword:5\n' \
        'HKEY_LOCAL_MACHINE\SYSTEM\Hand' 'HKEY_LOCAL_MACHINE\SOFTWARE\Hand' >a.reg
    expect 0 registry import guest.raw a.reg --in-place
    [ -z "$(find . -name '*drydock-edit*')" ] || fail "left behind: $(find . -name '*drydock-edit*')"
    read -r start size < <(sfdisk -J guest.raw | python3 -c '
import json, sys
entry = json.load(sys.stdin)["partitiontable"]["partitions"][-1]
print(entry["start"] // 2048, entry["size"] // 2048)')
    dd if=guest.raw of=volume bs=1M skip="$start" count="$size" conv=sparse status=none
    ntfscat volume /Windows/System32/config/SYSTEM >SYSTEM
    ntfscat volume /Windows/System32/config/SOFTWARE >SOFTWARE
    [ "$(hivexget SYSTEM Hand a)" = b ] || fail "SYSTEM has not changed"
    [ "$(hivexget SOFTWARE Hand c)" = 5 ] || fail "SOFTWARE has not changed"
    expect 0 hivexml SYSTEM

    # A user's hive: put there by ntfscp, found through the list of profiles.
    ntfscat volume /Windows/System32/config/DEFAULT >NTUSER.DAT
    ntfscp -q volume NTUSER.DAT /Users/Administrator/NTUSER.DAT 2>err ||
        { cat err; fail "the guest has no profile of Administrator"; }
    dd if=volume of=guest.raw bs=1M seek="$start" conv=notrunc status=none
    expect 0 registry list guest.raw HKCU --user administrator
    [ "$(cat out)" = 'HKEY_CURRENT_USER\Control Panel' ] || fail "HKCU: $(cat out)"
    expect 0 registry set guest.raw 'HKCU\Software\Hand' a b --user administrator --in-place
    expect 0 registry get guest.raw 'HKU\Administrator\Software\Hand' a
    [ "$(cat out)" = b ] || fail "HKU: $(cat out)"
    ;;
interrupted)
    # An edit in place that was killed while it was copied into the image is finished by the next one.
    for tool in mkntfs qemu-img qemu-nbd qemu-io mcopy wimlib-imagex; do
        requires $tool
    done
    "$SOURCE_DIR/tests/images/windows-guest" 7-x86 guest.raw --disk-mib 512
    size=$(stat -c %s guest.raw)
    qemu-img create -q -f qcow2 guest.raw.drydock-edit "$size"
    qemu-io -c 'write -P 7 128k 64k' -f qcow2 guest.raw.drydock-edit >/dev/null
    expect 0 registry set guest.raw 'HKLM\SYSTEM\Hand' a b --in-place
    [ ! -e guest.raw.drydock-edit ] || fail "it is still there"
    qemu-io -c 'read -P 7 128k 64k' -f raw guest.raw | grep -q '^read 65536' || fail "it is not in the image"
    expect 0 registry get guest.raw 'HKLM\SYSTEM\Hand' a
    ;;
in-place)
    # Not while somebody else has the image open, and of a snapshot only the snapshot.
    for tool in mkntfs qemu-img qemu-nbd mcopy wimlib-imagex flock; do
        requires $tool
    done
    "$SOURCE_DIR/tests/images/windows-guest" 7-x86 guest.raw --disk-mib 512
    qemu-img create -q -f qcow2 -b guest.raw -F raw snapshot.qcow2
    sha256sum guest.raw >base
    expect 0 registry set snapshot.qcow2 'HKLM\SYSTEM\Hand' a b --in-place
    sha256sum --quiet -c base || fail "the image below has changed"
    expect 0 registry get snapshot.qcow2 'HKLM\SYSTEM\Hand' a
    refused 1 'no key' get guest.raw 'HKLM\SYSTEM\Hand'

    qemu-nbd --fork --pid-file="$work/nbd.pid" -f raw -k "$work/socket" guest.raw
    refused 3 'in use by another program' set guest.raw 'HKLM\SYSTEM\Hand' a b --in-place
    kill "$(cat nbd.pid)"
    while [ -e nbd.pid ] && kill -0 "$(cat nbd.pid)" 2>/dev/null; do sleep 0.1; done
    flock guest.raw "$MIGRATE" registry set guest.raw 'HKLM\SYSTEM\Hand' a b --in-place 2>err &&
        fail "two at once"
    says err 'in use by another program'
    expect 0 registry set guest.raw 'HKLM\SYSTEM\Hand' a b --in-place
    make_hive
    flock SYSTEM "$MIGRATE" registry set SYSTEM "$fan" Start 1 --in-place 2>err && fail "two at once"
    says err 'being edited by another run'
    [ -z "$(find . -name '.drydock-edit*' -o -name '*.drydock-edit')" ] || fail "left behind"
    ;;
*)
    fail "no such case"
    ;;
esac

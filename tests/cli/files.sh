#!/usr/bin/env bash
# Files by hand: files.sh CASE. What was put into a guest is looked at by ntfscat and debugfs.
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 qemu-img qemu-nbd sfdisk; do
    requires $tool
done

files() {
    "$MIGRATE" files "$@"
}

all_files() { # but our own notes
    find . -type f ! -name out ! -name err ! -name before ! -name after -printf '%p %s %T@ %i\n' | LC_ALL=C sort
}

# refused STATUS PATTERN ARGUMENT…: and nothing in this folder changes.
refused() {
    local status=$1 pattern=$2
    shift 2
    all_files >before
    expect "$status" files "$@"
    says err "^migrate: error \([a-z-]*\): .*$pattern"
    [ "$(grep -c '^migrate: error' err)" -eq 1 ] || fail "more than one error"
    all_files >after
    cmp before after || fail "something was written"
}

# The last volume of guest.raw, as a file.
take_volume() {
    local start size
    read -r start size < <(sfdisk -J guest.raw | python3 -c '
import json, sys
entry = json.load(sys.stdin)["partitiontable"]["partitions"][-1]
print(entry["start"] // 2048, entry["size"] // 2048)')
    dd if=guest.raw of=volume bs=1M skip="$start" count="$size" conv=sparse status=none
}

put_volume() {
    dd if=volume of=guest.raw bs=1M seek="$(sfdisk -J guest.raw | python3 -c '
import json, sys
print(json.load(sys.stdin)["partitiontable"]["partitions"][-1]["start"] // 2048)')" conv=notrunc status=none
}

windows() {
    for tool in mkntfs ntfscat ntfsls mcopy wimlib-imagex; do
        requires $tool
    done
    "$SOURCE_DIR/tests/images/windows-guest" 10-x64 guest.raw --disk-mib 512
}

linux() {
    requires debugfs
    "$SOURCE_DIR/tests/images/debian-guest" guest.raw
}

system32='C:\Windows\System32'

case ${1:?which case} in
windows-read)
    windows
    expect 0 files ls guest.raw
    says out '^Windows$'
    says out '^Program Files \(x86\)$'
    ! grep -q : out || fail "other drives are listed as folders"
    expect 0 files ls guest.raw 'c:/windows/SYSTEM32/config' --json
    python3 - <<'PYTHON'
import json
entries = {entry["path"]: entry for entry in json.load(open("out"))}
system = entries[r"C:\windows\SYSTEM32\config\SYSTEM"]
assert system["type"] == "file" and system["size_bytes"] > 1 << 20, system
PYTHON
    take_volume
    ntfscat volume /Windows/System32/config/SOFTWARE >expected
    expect 0 files cat guest.raw "$system32\\config\\software"
    cmp out expected || fail "cat says something else than ntfscat"
    expect 0 files get guest.raw "$system32\\config\\SOFTWARE" got
    cmp got expected || fail "get"
    mkdir into
    expect 0 files get guest.raw "$system32\\config\\SOFTWARE" into
    cmp into/SOFTWARE expected || fail "get into a folder"
    expect 0 files get -r guest.raw "$system32\\config" folder
    cmp folder/SOFTWARE expected || fail "get -r"
    [ -d folder/RegBack ] || fail "folders are missing"
    [ "$(find folder -type f | wc -l)" -eq "$(files ls -r guest.raw "$system32\\config" --json |
        python3 -c 'import json, sys; print(sum(e["type"] == "file" for e in json.load(sys.stdin)))')" ] ||
        fail "another number of files"
    [ "$(find . -name '.folder-*')" = '' ] || fail "left behind"
    expect 0 files stat guest.raw "$system32"
    says out '^path +C:\\Windows\\System32$'
    says out '^type +folder$'
    expect 0 files find guest.raw 'C:\Windows' 'NTOSKRNL.*'
    says out '^C:\\Windows\\System32\\ntoskrnl.exe$'
    [ "$(wc -l <out)" -eq 1 ] || fail "find: $(cat out)"
    expect 0 files find guest.raw 'C:\Windows\System32\config' '*.nothing' --json
    [ "$(tr -d '[:space:]' <out)" = '[]' ] || fail "find of nothing: $(cat out)"
    ;;
windows-write)
    windows
    head -c 3000000 /dev/urandom >random
    echo text >text
    expect 0 files put guest.raw random 'C:\Neu Ö\Deep\random.bin' --dry-run
    says out '^create C:\\Neu Ö\\Deep\\random.bin \(3000000 bytes\)$'
    refused 1 'there is no' stat guest.raw 'C:\Neu Ö'
    qemu-img convert -f raw -O qcow2 guest.raw source.qcow2
    sha256sum source.qcow2 >source
    expect 0 files put source.qcow2 random 'C:\Neu Ö\Deep\random.bin' -o out.d
    [ "$(tail -n 1 out)" = "$work/out.d/source-sda.qcow2" ] || fail "it did not say where"
    sha256sum --quiet -c source || fail "the source has changed"
    expect 0 files cat out.d/source-sda.qcow2 'c:\neu ö\deep\RANDOM.BIN'
    cmp out random || fail "the new image has something else"

    expect 0 files put guest.raw random 'C:\Neu Ö\Deep\random.bin' --in-place
    expect 0 files put guest.raw text 'C:\Windows\Temp' --in-place
    says out '^create C:\\Windows\\Temp\\text '
    expect 0 files put guest.raw random 'c:\windows\temp\TEXT' --in-place
    says out '^change C:\\windows\\temp\\TEXT '
    expect 0 files put guest.raw random 'c:\windows\temp\TEXT' --in-place
    says err 'nothing changes'
    mkdir -p tree/a/b
    echo 1 >tree/a/one
    echo 2 >tree/a/b/two
    expect 0 files put -r guest.raw tree 'C:\Users' --in-place
    expect 0 files put -r guest.raw tree 'C:\Tree' --in-place
    expect 0 files mkdir guest.raw 'C:\X\Y\Z' --in-place
    take_volume
    ntfscat volume '/Neu Ö/Deep/random.bin' | cmp - random || fail "ntfscat does not find it"
    ntfscat volume /Windows/Temp/text | cmp - random || fail "the file was not replaced"
    ntfsls -p /Windows/Temp volume | grep -q '^text$' || fail "the name was changed"
    find . -name '*drydock-edit*' | grep . && fail "left behind"
    ntfscat volume /Users/tree/a/b/two | cmp - tree/a/b/two || fail "put -r into a folder"
    ntfscat volume /Tree/a/one | cmp - tree/a/one || fail "put -r to a name"
    expect 0 files ls guest.raw 'C:\X\Y'
    [ "$(cat out)" = Z ] || fail "mkdir"

    refused 2 'is not empty' rm guest.raw 'C:\X' --in-place
    expect 0 files rm guest.raw 'C:\X\Y\Z' --in-place
    expect 0 files rm -r guest.raw 'c:\x' --in-place
    expect 0 files rm guest.raw 'C:\Windows\Temp\text' --in-place
    refused 1 'there is no' stat guest.raw 'C:\X'
    take_volume
    ! ntfscat volume /Windows/Temp/text >out 2>&1 || fail "the file is still there"
    expect 0 ntfsls -p / volume
    ! grep -q '^X$' out || fail "the folder is still there"
    ;;
linux)
    linux
    expect 0 files cat guest.raw /etc/os-release
    says out '^ID=debian'
    expect 0 files ls -l guest.raw /etc
    says out '^-rw-r--r-- +0 +0 .* /?fstab$'
    expect 0 files find guest.raw /etc 'os-rel*' --json
    python3 -c 'import json; assert "/etc/os-release" in [entry["path"] for entry in json.load(open("out"))]'
    refused 1 'there is no' cat guest.raw /etc/OS-RELEASE
    refused 2 'begin|not an absolute' cat guest.raw etc/os-release
    printf '#!/bin/sh\n' >script
    chmod 755 script
    expect 0 files put guest.raw script /usr/local/bin/script --in-place
    expect 0 files stat guest.raw /usr/local/bin/script --json
    [ "$(python3 -c 'import json; print(json.load(open("out"))["mode"])')" = 0755 ] || fail "mode: $(cat out)"
    take_volume
    debugfs -R 'cat /usr/local/bin/script' volume 2>/dev/null | cmp - script || fail "debugfs does not find it"
    # A link is followed inside the guest, and removed as itself.
    debugfs -w -R 'symlink /etc/to-passwd /etc/passwd' volume 2>/dev/null
    put_volume
    expect 0 files stat guest.raw /etc/to-passwd
    says out '^target +/etc/passwd$'
    expect 0 files cat guest.raw /etc/to-passwd
    says out '^root:'
    ! cmp -s out /etc/passwd || fail "this is the host's"
    expect 0 files rm guest.raw /etc/to-passwd --in-place
    expect 0 files stat guest.raw /etc/passwd
    refused 1 'there is no' stat guest.raw /etc/to-passwd
    expect 0 files rm guest.raw /usr/local/bin/script --in-place
    take_volume
    expect 0 e2fsck -fn volume
    refused 2 'root of a filesystem' rm -r guest.raw / --in-place
    expect 0 files get -r guest.raw /etc etc
    [ -e etc/fstab ] || fail "get -r"
    ;;
bad-input)
    windows
    echo x >host
    mkdir folder
    for arguments in '' 'frobnicate guest.raw' ls 'stat guest.raw' 'get guest.raw a' 'put guest.raw host' \
        'ls --type=sz guest.raw' 'cat --json guest.raw x'; do
        # shellcheck disable=SC2086
        refused 2 . $arguments
    done
    refused 2 'not an absolute path' ls guest.raw Windows
    refused 2 'not an absolute path' ls guest.raw 'C:Windows'
    refused 1 'no drive Q:' ls guest.raw "Q:\\"
    refused 1 'drive D: .*not on the disks' ls guest.raw "D:\\"
    refused 1 'alternate data stream' cat guest.raw 'C:\Windows\System32\ntoskrnl.exe:x'
    refused 1 'there is no' cat guest.raw 'C:\nothing'
    refused 2 'is no file' cat guest.raw 'C:\Windows'
    refused 2 'is a folder' get guest.raw 'C:\Windows' got
    refused 2 'is no folder' find guest.raw 'C:\Windows\System32\ntoskrnl.exe'
    refused 2 'exists already' get guest.raw 'C:\Windows\System32\ntoskrnl.exe' host
    refused 2 'exists already' get -r guest.raw 'C:\Windows' host
    refused 1 'cannot write' get guest.raw 'C:\Windows\System32\ntoskrnl.exe' missing/file
    refused 1 'cannot read' put guest.raw nowhere 'C:\x' --in-place
    refused 2 'is a folder' put guest.raw folder 'C:\x' --in-place
    refused 2 'where should the changes go' put guest.raw host 'C:\x'
    for name in con NUL.txt com1 'a.' 'b ' 'a?b' 'a"b' 'a|b'; do
        refused 2 'cannot make' put guest.raw host "C:\\$name" --in-place
        refused 2 'cannot make' mkdir guest.raw "C:\\$name\\x" --in-place
    done
    refused 1 'is no directory' put guest.raw host 'C:\Windows\System32\ntoskrnl.exe\x' --in-place
    refused 1 'no directory' mkdir guest.raw 'C:\Windows\System32\ntoskrnl.exe' --in-place
    refused 1 'there is no' rm guest.raw 'C:\nothing' --in-place
    refused 2 'root of a filesystem' rm -r guest.raw "C:\\" --in-place
    refused 2 'does not exist' ls nowhere.raw
    # A guest whose volume must not be written is read.
    "$SOURCE_DIR/tests/images/windows-guest" 10-x64 asleep.raw --disk-mib 512 --hibernated
    expect 0 files ls asleep.raw
    refused 3 . put asleep.raw host 'C:\x' --in-place
    ;;
*)
    fail "no such case"
    ;;
esac

#!/usr/bin/env bash
# Services by hand: services.sh CASE. What was changed is looked at with hivexget.
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
requires python3
requires hivexget
requires hivexml

services() {
    "$MIGRATE" services "$@"
}

# Two control sets: 1 is in use, 2 is next.
make_hive() {
    PYTHONPATH="$SOURCE_DIR/tests/images" python3 -B - <<'PYTHON'
import hive
root = hive.Key("ROOT")
root.key("Select").dword("Current", 1).dword("Default", 2)
for number in (1, 2):
    services = root.key("ControlSet00%d\\Services" % number)
    services.key("fan").dword("Type", 1).dword("Start", 3).sz("DisplayName", "Fan").expand("ImagePath", "fan.sys")
    services.key("fan\\StartOverride").dword("0", 4)
    services.key("Clock").dword("Type", 0x110).dword("Start", 2).sz("ImagePath", "clock.exe")
    services.key("Settings").dword("x", 1)
root.key("ControlSet001\\Services\\Only").dword("Type", 0x20).dword("Start", 4)
open("SYSTEM", "wb").write(hive.Hive(root, "SYSTEM", flags=1, sequence=7).image)
PYTHON
}

refused() { # STATUS PATTERN ARGUMENT…
    local status=$1 pattern=$2
    shift 2
    sha256sum SYSTEM >source
    expect "$status" services "$@"
    says err "^migrate: error \([a-z-]*\): .*$pattern"
    sha256sum --quiet -c source || fail "the hive has changed"
}

start() { # CONTROL-SET NAME
    hivexget SYSTEM "ControlSet00$1\\Services\\$2" Start
}

case ${1:?which case} in
list)
    make_hive
    expect 0 services list SYSTEM
    says out '^Clock +auto +own +-  clock.exe$'
    says out '^fan +demand>disabled +driver +Fan  fan.sys$'
    says out '^Only +disabled +share +-  -$'
    [ "$(wc -l <out)" -eq 3 ] || fail "a service too many: $(cat out)"
    expect 0 services list SYSTEM --json
    python3 - <<'PYTHON'
import json
names = {service["name"]: service for service in json.load(open("out"))}
assert names["fan"] == {"name": "fan", "display_name": "Fan", "type": 1, "start": 3, "start_override": 4,
                        "image_path": "fan.sys", "group": None, "account": None}, names["fan"]
assert names["Clock"]["start_override"] is None
PYTHON
    ;;
start-type)
    make_hive
    expect 0 services start-type SYSTEM FAN boot --in-place
    [ "$(start 1 fan)$(start 2 fan)" = 00 ] || fail "Start is $(start 1 fan) and $(start 2 fan)"
    ! hivexget SYSTEM 'ControlSet001\Services\fan\StartOverride' >out 2>&1 || fail "StartOverride is still there"
    expect 0 services start-type SYSTEM Only manual --in-place
    [ "$(start 1 Only)" = 3 ] || fail "Start is $(start 1 Only)"
    expect 0 services start-type SYSTEM clock Disabled -o new
    [ "$(start 1 Clock)" = 2 ] || fail "the source has changed"
    [ "$(hivexget new/SYSTEM 'ControlSet002\Services\Clock' Start)" = 4 ] || fail "not changed"
    expect 0 services start-type SYSTEM clock disabled --dry-run
    says out 'Start: dword:00000002 → dword:00000004'
    [ "$(start 1 Clock)" = 2 ] || fail "--dry-run has changed it"
    expect 0 hivexml SYSTEM
    ;;
bad-input)
    make_hive
    refused 2 'where should the changes go' start-type SYSTEM fan boot
    refused 2 'not when a service can start' start-type SYSTEM fan never --in-place
    refused 2 'is no driver' start-type SYSTEM Clock boot --in-place
    refused 1 "no service 'Settings'" start-type SYSTEM Settings auto --in-place
    refused 1 "no service 'Nothing'" start-type SYSTEM Nothing auto --in-place
    refused 2 'no name of a service' start-type SYSTEM 'fan\StartOverride' auto --in-place
    refused 2 'no name of a service' start-type SYSTEM '' auto --in-place
    refused 2 'too few' start-type SYSTEM fan --in-place
    refused 2 'no action' stop SYSTEM fan
    cp SYSTEM SOFTWARE
    refused 2 'not HKEY_LOCAL_MACHINE.SYSTEM' list SOFTWARE
    ;;
guest)
    for tool in mkntfs qemu-img qemu-nbd mcopy wimlib-imagex; do
        requires $tool
    done
    "$SOURCE_DIR/tests/images/windows-guest" 10-x64 guest.raw --disk-mib 512
    expect 0 services list guest.raw
    says out '^disk +boot +driver '
    expect 0 services start-type guest.raw disk demand --in-place
    expect 0 services list guest.raw
    says out '^disk +demand +driver '
    expect 0 "$MIGRATE" inspect guest.raw --json
    python3 - <<'PYTHON'
import json
services = json.load(open("out"))["guest"]["windows"]["services"]
assert [service["start"] for service in services if service["name"] == "disk"] == [3]
PYTHON
    ;;
*)
    fail "no such case"
    ;;
esac

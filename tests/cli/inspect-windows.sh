#!/usr/bin/env bash
# What is said of a Windows guest, compared with a text that is kept: a change shows as a
# difference to be read.
#   inspect-windows.sh GENERATION
# UPDATE_GOLDEN=1 rewrites tests/golden/inspect-windows-GENERATION.json.
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mkntfs wimlib-imagex mkfs.vfat mcopy sfdisk qemu-img qemu-nbd; do
    requires $tool
done
golden=$SOURCE_DIR/tests/golden/inspect-windows-$1.json

# shorten <JSON: without paths of this run, and with few of the services, which are much alike.
shorten() {
    python3 -c '
import json, os, sys

inspection = json.load(sys.stdin)
for disk in inspection["machine"]["disks"]:
    disk["path"] = os.path.basename(disk["path"])
for nic in inspection["machine"]["nics"]:
    del nic["mac"]  # made from the path
for volume in inspection["guest"]["volumes"]:
    if volume["uuid"]:
        volume["uuid"] = "made by mkfs"
windows = inspection["guest"]["windows"]
services = windows["services"]
names = ("disk", "storahci", "VMTools", "LSI_SAS", "Tcpip")
windows["services"] = [len(services) > 300] + [s for s in services if s["name"] in names]
json.dump(inspection, sys.stdout, indent=2, ensure_ascii=False)
print()'
}

"$SOURCE_DIR/tests/images/windows-guest" "$1" guest.vmdk --disk-mib 512
expect 0 "$MIGRATE" inspect --json guest.vmdk
shorten <out >inspection
if [ -n "${UPDATE_GOLDEN:-}" ]; then
    cp inspection "$golden"
    exit 0
fi
diff -u "$golden" inspection >difference || { cat difference >&2; fail "it is described otherwise"; }

# People read the same.
expect 0 "$MIGRATE" inspect guest.vmdk
says out '^connection +Ethernet0, 00:0c:29:66:1a:a2, 10\.0\.2\.55/24'
says out '^route +10\.20\.0\.0/16 10\.0\.2\.3 1$'
says out '^workgroup +WORKGROUP$'
says out '^installed +2024-04-03T16:17:59Z$'

#!/usr/bin/env bash
# Every change that is planned for a Windows guest, compared with a text that is kept: a change shows as a
# difference to be read.
#   plan-windows.sh GENERATION
# UPDATE_GOLDEN=1 rewrites tests/golden/plan-windows-GENERATION.txt.
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mkntfs wimlib-imagex mkfs.vfat mcopy sfdisk qemu-img qemu-nbd osslsigncode; do
    requires $tool
done
golden=$SOURCE_DIR/tests/golden/plan-windows-$1.txt
[ -e "$BUILD_DIR/windows/firstboot/firstboot-x86.exe" ] ||
    { echo "skipped: the program was built without its first-boot service"; exit 77; }

"$SOURCE_DIR/tests/images/windows-guest" "$1" guest.raw --small --link --disk-mib 192 --pagefile-mib 1
"$SOURCE_DIR/tests/images/virtio-win" drivers --every --link
# The network card's address is given, so that it is the same each time.
cat >guest.vmdk <<'VMDK'
# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="monolithicFlat"
RW 393216 FLAT "guest.raw" 0
ddb.adapterType = "lsilogic"
VMDK
cat >guest.vmx <<'VMX'
.encoding = "UTF-8"
displayName = "guest"
numvcpus = "2"
memsize = "2048"
scsi0.present = "TRUE"
scsi0.virtualDev = "lsisas1068"
scsi0:0.present = "TRUE"
scsi0:0.fileName = "guest.vmdk"
ethernet0.present = "TRUE"
ethernet0.virtualDev = "vmxnet3"
ethernet0.addressType = "generated"
ethernet0.generatedAddress = "00:0c:29:66:1a:a2"
VMX
expect 0 "$MIGRATE" plan guest.vmx --virtio-win drivers
# How large programs and signatures are depends on the compiler and on openssl.
sed -E 's/^(    binary, )[0-9]+( bytes)$/\1N\2/' out >plan
if [ -n "${UPDATE_GOLDEN:-}" ]; then
    cp plan "$golden"
    exit 0
fi
diff -u "$golden" plan >difference || { cat difference >&2; fail "something else is planned"; }

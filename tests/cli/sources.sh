#!/usr/bin/env bash
# What an administrator exported, through the finished program: sources.sh CASE.
#   vmx-folder, snapshot, ova, ova-gz, hyperv, libvirt, nbd   a real guest in each of these, converted
#   archives, several, lone-disk, lone-disks, broken-config, no-disks   what a folder or an archive may hold
#   two-parents, missing-disk, mismatch, escape, allow-path, encrypted      what is refused, or only on request
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
requires qemu-img
requires python3

debian_guest() {
    requires mmdebstrap
    "$SOURCE_DIR/tests/images/debian-guest" "$@"
}

# A VMX in the words of ESXi: vmx FILE NAME DISK.
vmx() {
    cat > "$1" <<VMX
.encoding = "UTF-8"
config.version = "8"
virtualHW.version = "19"
displayName = "$2"
guestOS = "debian11-64"
numvcpus = "4"
cpuid.coresPerSocket = "2"
memSize = "3072"
uuid.bios = "56 4d 12 34 56 78 9a bc-de f0 11 22 33 44 55 66"
scsi0.present = "TRUE"
scsi0.virtualDev = "pvscsi"
scsi0:0.present = "TRUE"
scsi0:0.deviceType = "scsi-hardDisk"
scsi0:0.fileName = "$3"
sata0.present = "TRUE"
sata0:0.present = "TRUE"
sata0:0.deviceType = "cdrom-image"
sata0:0.fileName = "/vmfs/volumes/iso/debian.iso"
ethernet0.present = "TRUE"
ethernet0.virtualDev = "vmxnet3"
ethernet0.networkName = "VM Network"
ethernet0.addressType = "generated"
ethernet0.generatedAddress = "00:0c:29:aa:bb:cc"
ethernet0.pciSlotNumber = "192"
VMX
}

small_disk() { # FILE FORMAT
    truncate -s 8M "$1.raw"
    echo 'start=2048, type=83' | /sbin/sfdisk -q "$1.raw"
    qemu-img convert -O "$2" "$1.raw" "$1"
    rm "$1.raw"
}

# The query of a JSON report: json FILE EXPRESSION, of Python over "report".
json() {
    python3 -c 'import json, sys; report = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

is() { # FILE EXPRESSION WANTED
    local got
    got=$(json "$1" "$2")
    [ "$got" = "$3" ] || { cat "$1" >&2; fail "$2 is '$got', not '$3'"; }
}

refused() { # STATUS CODE PATTERN ARGUMENT…
    local status=$1 code=$2 pattern=$3
    shift 3
    expect "$status" "$MIGRATE" "$@" -o out.d
    says err "^migrate: error \($code\): .*$pattern"
    says err '^  hint: .+'
    [ ! -e out.d ] || [ -z "$(find out.d -mindepth 1)" ] || fail "something was left in out.d"
}

# The machine of vmx() came through as a whole.
check_machine() { # NAME
    says "out.d/$1.xml" '<vcpu>4</vcpu>'
    says "out.d/$1.xml" '<memory unit="KiB">3145728</memory>'
    says "out.d/$1.xml" '<mac address="00:0c:29:aa:bb:cc"/>'
    check_network_name "out.d/$1-sda.qcow2"
}

# ens192 keeps its name: the MAC of the source's configuration is tied to it in the guest.
check_network_name() { # QCOW2
    qemu-img convert -O raw "$1" result.raw
    dd if=result.raw of=root.img bs=1M skip=1 conv=sparse status=none
    /sbin/debugfs -R "ls -p /etc/systemd/network" root.img 2>/dev/null > links
    local link
    link=$(grep -o '[^/]*ens192[^/]*\.link' links) || { cat links >&2; fail "no .link file for ens192"; }
    /sbin/debugfs -R "cat /etc/systemd/network/$link" root.img 2>/dev/null > link.txt
    says link.txt '^Name=ens192$'
    says link.txt 'MACAddress=00:0c:29:aa:bb:cc'
    rm -f result.raw root.img
}

make_ovf() { # FILE NAME HREF SIZE CAPACITY
    cat > "$1" <<OVF
<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
    xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
    xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References><File ovf:id="file1" ovf:href="$3" ovf:size="$4"/></References>
  <DiskSection><Info>disks</Info>
    <Disk ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:capacity="$5"
        ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <NetworkSection><Info>networks</Info><Network ovf:name="VM Network"/></NetworkSection>
  <VirtualSystem ovf:id="$2"><Info>machine</Info><Name>$2</Name>
    <OperatingSystemSection ovf:id="96" vmw:osType="debian11_64Guest"><Info>system</Info></OperatingSystemSection>
    <VirtualHardwareSection><Info>hardware</Info>
      <System><vssd:ElementName>hw</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>$2</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-19</vssd:VirtualSystemType></System>
      <Item><rasd:AllocationUnits>hertz * 10^6</rasd:AllocationUnits><rasd:ElementName>4 CPUs</rasd:ElementName>
        <rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType>
        <rasd:VirtualQuantity>4</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ElementName>memory</rasd:ElementName>
        <rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType>
        <rasd:VirtualQuantity>3072</rasd:VirtualQuantity></Item>
      <Item><rasd:Address>0</rasd:Address><rasd:ElementName>SCSI</rasd:ElementName><rasd:InstanceID>3</rasd:InstanceID>
        <rasd:ResourceSubType>VirtualSCSI</rasd:ResourceSubType><rasd:ResourceType>6</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>disk</rasd:ElementName>
        <rasd:HostResource>ovf:/disk/vmdisk1</rasd:HostResource><rasd:InstanceID>4</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>7</rasd:AddressOnParent><rasd:Connection>VM Network</rasd:Connection>
        <rasd:ElementName>NIC</rasd:ElementName><rasd:InstanceID>5</rasd:InstanceID>
        <rasd:ResourceSubType>VmxNet3</rasd:ResourceSubType><rasd:ResourceType>10</rasd:ResourceType></Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
OVF
}

make_package() { # NAME: NAME.ovf, NAME-disk1.vmdk and NAME.mf with the Debian guest
    debian_guest "$1-disk1.stream.vmdk"
    mv "$1-disk1.stream.vmdk" "$1-disk1.vmdk"
    make_ovf "$1.ovf" "$1" "$1-disk1.vmdk" "$(stat -c %s "$1-disk1.vmdk")" \
        "$(qemu-img info -f vmdk --output=json "$1-disk1.vmdk" | json /dev/stdin "report['virtual-size']")"
    printf 'SHA256(%s)= %s\n' "$1.ovf" "$(sha256sum < "$1.ovf" | cut -d' ' -f1)" > "$1.mf"
    printf 'SHA1 (%s) =%s\r\n' "$1-disk1.vmdk" "$(sha1sum < "$1-disk1.vmdk" | cut -d' ' -f1)" >> "$1.mf"
}

check_guest() { # NAME
    qemu-img check -q "out.d/$1-sda.qcow2"
    is "out.d/$1.report.json" 'report["guest"]["osinfo"]' http://debian.org/debian/12
}

case ${1:?which case} in
vmx-folder)
    mkdir -p machine
    debian_guest machine/web.vmdk
    vmx machine/web.vmx 'Web Server (1)' '[datastore1] web/web.vmdk'
    find machine -type f -exec sha256sum {} + > before
    expect 0 "$MIGRATE" inspect --source-only --json machine
    is out 'report["machine"]["nics"][0]["guest_name"]' ens192
    is out 'report["machine"]["disks"][0]["controller_model"]' pvscsi
    expect 0 "$MIGRATE" machine -o out.d
    check_machine Web_Server__1_
    check_guest Web_Server__1_
    is out.d/Web_Server__1_.report.json \
        '[finding["sentence"] for finding in report["findings"] if finding["code"] == "source-medium"]' \
        "['the medium in a CD or floppy drive is not migrated; the drive is empty: /vmfs/volumes/iso/debian.iso']"
    sha256sum --quiet -c before || fail "the source has changed"
    ;;
snapshot)
    mkdir machine
    debian_guest machine/web.vmdk
    # The snapshot holds a file that the parent lacks; its stored parent is a path of the old host.
    qemu-img create -q -f vmdk -b web.vmdk -F vmdk machine/web-000001.vmdk
    qemu-io -f vmdk -c 'write -P 0x5a 1048576 512' machine/web-000001.vmdk > /dev/null
    qemu-io -f vmdk -c 'read -P 0 1048576 512' machine/web.vmdk > /dev/null
    python3 - machine/web-000001.vmdk <<'PYTHON'
import sys
data = open(sys.argv[1], "rb").read()
old, new = b'parentFileNameHint="web.vmdk"', b'parentFileNameHint="/vmfs/volumes/old/web/web.vmdk"'
assert data.count(old) == 1
start = data.index(old)
padding = len(new) - len(old)
end = data.index(b"\0", start)
assert data[end:end + padding] == bytes(padding)
open(sys.argv[1], "wb").write(data[:start] + new + data[start + len(old):end] + data[end + padding:])
PYTHON
    vmx machine/web.vmx web web-000001.vmdk
    expect 0 "$MIGRATE" inspect --source-only --json machine
    is out '[parent.rsplit("/", 1)[1] for parent in report["machine"]["disks"][0]["parents"]]' "['web.vmdk']"
    expect 0 "$MIGRATE" machine -o out.d
    check_machine web
    check_guest web
    mv machine/web.vmdk elsewhere.vmdk
    rm -r out.d
    refused 1 not-found "its parent '/vmfs/volumes/old/web/web.vmdk' is missing" machine
    ;;
ova)
    make_package web
    tar -cf web.ova web.ovf web.mf web-disk1.vmdk
    rm web.ovf web.mf web-disk1.vmdk
    expect 0 "$MIGRATE" inspect --source-only --json web.ova
    is out 'report["machine"]["disks"][0]["path"].rsplit("/", 1)[1]' web.ova
    is out 'report["machine"]["disks"][0]["member"]' web-disk1.vmdk
    expect 0 "$MIGRATE" web.ova -o out.d
    says out.d/web.xml '<vcpu>4</vcpu>'
    check_guest web
    ;;
ova-gz)
    make_package web
    tar -czf web.ova web.ovf web.mf web-disk1.vmdk
    expect 0 "$MIGRATE" web.ova -o out.d
    check_guest web
    [ "$(cd out.d && echo .[!.]* *)" = ".[!.]* web-sda.qcow2 web.report.json web.xml" ] || fail "other files in out.d"
    ;;
mismatch)
    small_disk disk.raw raw
    qemu-img convert -O vmdk -o subformat=streamOptimized disk.raw web-disk1.vmdk
    make_ovf web.ovf web web-disk1.vmdk 0 8388608
    printf 'SHA256(web-disk1.vmdk)= %s\n' "$(printf x | sha256sum | cut -d' ' -f1)" > web.mf
    refused 6 corrupt web-disk1.vmdk web.ovf
    expect 6 "$MIGRATE" inspect --source-only --json web.ovf
    is out 'report["machine"]["disks"][0]["variant"]' streamOptimized
    expect 0 "$MIGRATE" inspect --source-only --json --skip-checksums web.ovf
    ;;
libvirt)
    debian_guest web.vmdk
    cat > web.xml <<'XML'
<domain type='kvm'><name>web</name><memory unit='GiB'>3</memory><vcpu>4</vcpu>
<os><type arch='x86_64'>hvm</type></os>
<devices><disk type='file' device='disk'><driver name='qemu' type='vmdk'/><source file='/var/lib/libvirt/images/web.vmdk'/>
<target dev='sda' bus='scsi'/></disk>
<interface type='network'><source network='lan'/><mac address='00:0c:29:aa:bb:cc'/><model type='e1000'/></interface>
</devices></domain>
XML
    expect 0 "$MIGRATE" web.xml -o out.d
    says out.d/web.xml '<mac address="00:0c:29:aa:bb:cc"/>'
    check_guest web
    ;;
nbd)
    requires qemu-nbd
    debian_guest web.vmdk
    qemu-nbd -r -f vmdk -k "$work/socket" -x disk --persistent web.vmdk &
    server=$!
    for _ in {1..100}; do [ -S socket ] && break; sleep 0.05; done
    expect 0 "$MIGRATE" "nbd+unix:///disk?socket=$work/socket" -o out.d --name web
    kill $server
    check_guest web
    rm -r out.d
    refused 1 system . "nbd+unix:///disk?socket=$work/nothing"
    ;;
hyperv)
    mkdir -p 'export/web/Virtual Machines' 'export/web/Virtual Hard Disks'
    debian_guest web.vhdx
    mv web.vhdx 'export/web/Virtual Hard Disks/web.vhdx'
    cat > config.xml <<'XML'
<?xml version="1.0" encoding="UTF-16" standalone="yes"?>
<configuration>
  <_83f8638b-8dca-4152-9eda-2ca8b33039b4_>
    <controller0><drive0><pathname type="string">C:\VMs\web\web.vhdx</pathname><type type="string">VHD</type></drive0></controller0>
  </_83f8638b-8dca-4152-9eda-2ca8b33039b4_>
  <_2fc216b0-d2e2-4967-9b6d-b8a5c9ca2778_>
    <MacAddressIsStatic type="bool">True</MacAddressIsStatic><MacAddress type="string">00-0C-29-AA-BB-CC</MacAddress>
  </_2fc216b0-d2e2-4967-9b6d-b8a5c9ca2778_>
  <manifest><size type="integer">2</size>
    <vdev001><device type="string">83f8638b-8dca-4152-9eda-2ca8b33039b4</device>
      <instance type="string">83f8638b-8dca-4152-9eda-2ca8b33039b4</instance></vdev001>
    <vdev002><device type="string">2fc216b0-d2e2-4967-9b6d-b8a5c9ca2778</device>
      <instance type="string">2fc216b0-d2e2-4967-9b6d-b8a5c9ca2778</instance></vdev002>
  </manifest>
  <properties><name type="string">web</name><subtype type="integer">0</subtype><version type="integer">1280</version></properties>
  <settings><memory><bank><size type="integer">3072</size></bank></memory>
    <processors><count type="integer">4</count></processors></settings>
</configuration>
XML
    { printf '\xff\xfe'; iconv -f utf-8 -t utf-16le config.xml; } > 'export/web/Virtual Machines/B90AC31B-C6F8-479F-9B91-07B894A6A3F6.xml'
    expect 0 "$MIGRATE" export -o out.d
    says out.d/web.xml '<mac address="00:0c:29:aa:bb:cc"/>'
    says out.d/web.xml '<vcpu>4</vcpu>'
    check_guest web
    ;;
several)
    mkdir -p exports/{one,two}
    small_disk exports/one/one.vmdk vmdk
    small_disk exports/two/two.vmdk vmdk
    vmx exports/one/one.vmx one one.vmdk
    vmx exports/two/two.vmx two two.vmdk
    # What is wrong with one machine does not stand in the way of the other.
    echo 'checkpoint.vmState = "one.vmss"' >> exports/one/one.vmx
    expect 2 "$MIGRATE" inspect --source-only exports
    says err '^migrate: error \(usage\): there are 2 machines in '
    says err '^  one \(.*one/one.vmx\)$'
    says err '^  two \(.*two/two.vmx\)$'
    says err '^  hint: .*--name'
    expect 0 "$MIGRATE" inspect --source-only --json exports --name two
    is out 'report["machine"]["disks"][0]["path"].rsplit("/", 1)[1]' two.vmdk
    is out '[finding["code"] for finding in report["findings"]]' "['source-medium']"
    expect 0 "$MIGRATE" inspect --source-only --json exports --name one
    is out '[finding["code"] for finding in report["findings"]]' "['source-suspended', 'source-medium']"
    expect 2 "$MIGRATE" inspect --source-only exports --name three
    ;;
lone-disk)
    mkdir machine
    small_disk machine/base.qcow2 qcow2
    ln -s machine link
    qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 machine/top.qcow2
    echo notes > machine/README
    expect 0 "$MIGRATE" inspect --source-only --json machine
    is out 'report["machine"]["name"]' top
    is out 'len(report["machine"]["nics"])' 1
    # The same through a link to the folder.
    expect 0 "$MIGRATE" inspect --source-only --json link/top.qcow2
    is out 'report["machine"]["disks"][0]["parents"][0].rsplit("/", 1)[1]' base.qcow2
    ;;
lone-disks)
    mkdir machine
    small_disk machine/a.vmdk vmdk
    small_disk machine/b.vhdx vhdx
    expect 2 "$MIGRATE" inspect --source-only machine
    says err '^  a \(.*/a.vmdk\)$'
    says err '^  b \(.*/b.vhdx\)$'
    expect 0 "$MIGRATE" inspect --source-only --json machine/a.vmdk machine/b.vhdx
    is out '[disk["format"] for disk in report["machine"]["disks"]]' "['vmdk', 'vhdx']"
    ;;
archives)
    # A machine's folder in archives of other kinds; the snapshot's parent is inside too.
    mkdir web
    small_disk web/base.vmdk vmdk
    (cd web && qemu-img create -q -f vmdk -b base.vmdk -F vmdk web-000001.vmdk)
    vmx web/web.vmx web web-000001.vmdk
    tar -cf web.tar web
    tar -czf web.tar.gz web
    tar -cJf web.tar.xz web
    for archive in web.tar web.tar.gz web.tar.xz; do
        expect 0 "$MIGRATE" inspect --source-only --json $archive
        is out 'report["machine"]["disks"][0]["member"]' web/web-000001.vmdk
        is out 'len(report["machine"]["disks"][0]["parents"])' 1
    done
    ;;
two-parents)
    # Without its name, two files answer to what the snapshot calls its parent.
    small_disk base.vmdk vmdk
    qemu-img create -q -f vmdk -b base.vmdk -F vmdk top.vmdk
    mkdir machine
    mv top.vmdk machine
    cp base.vmdk machine/one.vmdk
    expect 0 "$MIGRATE" inspect --source-only --json machine/top.vmdk
    is out 'report["machine"]["disks"][0]["parents"][0].rsplit("/", 1)[1]' one.vmdk
    cp base.vmdk machine/two.vmdk
    expect 2 "$MIGRATE" inspect --source-only machine/top.vmdk
    says err "could be '.*/one.vmdk' or '.*/two.vmdk'"
    ;;
broken-config)
    mkdir machine
    small_disk machine/web.vmdk vmdk
    printf '<?xml version="1.0"?>\n<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"><References>' > machine/web.ovf
    expect 0 "$MIGRATE" inspect --source-only --json machine
    is out '[finding["code"] for finding in report["findings"]]' "['source-config-unreadable']"
    is out 'report["machine"]["disks"][0]["format"]' vmdk
    ;;
no-disks)
    vmx web.vmx web nothing.vmdk
    sed -i '/^scsi0:0/d' web.vmx
    expect 0 "$MIGRATE" inspect --source-only --json web.vmx
    refused 1 unsupported 'has no disks' web.vmx
    mkdir empty
    refused 2 usage 'there is no machine in' empty
    ;;
missing-disk)
    vmx web.vmx web web.vmdk
    refused 1 not-found "'web.vmdk' is missing" web.vmx
    # Everything else is told all the same.
    expect 1 "$MIGRATE" inspect --source-only --json web.vmx
    is out 'report["machine"]["cpus"]' 4
    is out 'report["machine"]["disks"][0]["error"]["code"]' not-found
    # What is missing on this host is no fact of the source.
    expect 1 env TMPDIR="$work/nowhere" "$MIGRATE" inspect --source-only --json web.vmx
    says err '^migrate: error \(system\): cannot create a temporary folder'
    [ ! -s out ] || fail "something on stdout"
    ;;
escape)
    mkdir machine
    small_disk secret.vmdk vmdk
    cp secret.vmdk machine/own.vmdk
    ln -s ../secret.vmdk machine/link.vmdk
    for name in ../secret.vmdk "$work/secret.vmdk" link.vmdk 'json:{|22driver|22:|22file|22}' nbd://127.0.0.1/x /dev/zero; do
        vmx machine/web.vmx web "$name"
        status=0
        "$MIGRATE" inspect --source-only --json machine/web.vmx > out 2> err || status=$?
        [ $status -eq 3 ] || [ $status -eq 1 ] || { cat err >&2; fail "exit status $status for $name"; }
        says err '^migrate: error \((precondition|not-found)\): '
        [ "$(json out 'report["machine"]["disks"][0]["path"]')" = None ] || fail "$name was opened"
    done
    ;;
allow-path)
    mkdir machine templates
    small_disk templates/base.vmdk vmdk
    qemu-img create -q -f vmdk -b "$work/templates/base.vmdk" -F vmdk machine/clone.vmdk
    vmx machine/web.vmx web clone.vmdk
    expect 1 "$MIGRATE" inspect --source-only machine
    says err "its parent '.*/templates/base.vmdk' is missing"
    says err '^  hint: .*--allow-path'
    expect 0 "$MIGRATE" inspect --source-only --json machine --allow-path templates
    is out '[parent.rsplit("/", 2)[1] for parent in report["machine"]["disks"][0]["parents"]]' "['templates']"
    ;;
encrypted)
    # All that is in the clear of a VMX that is encrypted as a whole.
    printf 'config.version = "8"\ndisplayName = "web"\n' > web.vmx
    echo 'encryption.keySafe = "vmware:key/list/(pair/(phrase/x/pass2key))"' >> web.vmx
    refused 3 precondition encrypted web.vmx
    ;;
overrides)
    debian_guest web.vmdk
    expect 0 "$MIGRATE" web.vmdk -o out.d --cpus 3 --memory 1536M --firmware bios --name other
    says out.d/other.xml '<vcpu>3</vcpu>'
    says out.d/other.xml '<memory unit="KiB">1572864</memory>'
    rm -r out.d
    for wrong in '--cpus 0' '--cpus x' '--memory 10X' '--memory -1' '--firmware dos'; do
        # shellcheck disable=SC2086  # an option and its value
        refused 2 usage "'" web.vmdk --name x $wrong
    done
    ;;
*)
    fail "no such case: $1"
    ;;
esac

#!/usr/bin/env bash
# Other addresses for network cards: --mac, --ip, --regenerate-macs.
#   network.sh plans [DISTRIBUTION…]   what changes, in a guest of each kind of network configuration
#   network.sh macs                    plan, domain and guest agree on them, run after run
#   network.sh refused                 what is no address, no card or no choice
# UPDATE_GOLDEN=1 rewrites tests/golden/network-DISTRIBUTION.txt.
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mke2fs mkfs.vfat mcopy mkswap sfdisk qemu-img qemu-nbd xz zstd debugfs; do
    requires $tool
done
old=00:50:56:00:00:0a
new=52:54:00:12:34:56

# network_edits PLAN: those whose reason is about interfaces and addresses.
network_edits() {
    awk '/^(create|change|remove|link) /{block = $0; wanted = 0; next}
         block != "" && /^    # /{wanted = /address|interface/; if (wanted) print block; block = ""}
         wanted && /^    /{print; next}
         {wanted = 0}' "$1"
}

check_plan() { # DISTRIBUTION
    local golden=$SOURCE_DIR/tests/golden/network-$1.txt
    "$SOURCE_DIR/tests/images/linux-guest" "$1" guest
    for ip in '10.0.2.99/24,2001:db8::5/64,gateway=10.0.2.2,dns=10.0.2.3' dhcp; do
        expect 0 "$MIGRATE" plan -q guest --mac "0=$new" --ip "0=$ip"
        echo "--ip 0=$ip"
        network_edits out
    done >edits
    rm -rf guest
    if grep -E "^    [+ ].*$old" edits; then fail "the old address has stayed in $1"; fi
    if [ -n "${UPDATE_GOLDEN:-}" ]; then
        cp edits "$golden"
    else
        diff -u "$golden" edits >difference || { cat difference >&2; fail "another plan for $1"; }
    fi
}

# refused OPTION VALUE PATTERN HINT: before anything is opened, or as soon as the machine is known.
refused() {
    expect 2 "$MIGRATE" guest -o out.d "$1" "$2"
    says err "^migrate: error \(usage\): .*$3"
    says err "^  hint: .*$4"
    [ ! -e out.d ] || fail "something was written"
}

mac_of() { # DIRECTORY
    sed -n "s/.*<mac address=[\"']\([0-9a-f:]*\).*/\1/p" "$1/web01.xml"
}

case ${1:?which case} in
plans)
    shift
    [ $# -gt 0 ] || set -- centos-6 centos-7 almalinux-9 ubuntu-22.04 ubuntu-22.04-curtin debian-12 debian-12-connman \
        sles-11 photon-5 alpine-3.19 gentoo void
    for distribution; do
        check_plan "$distribution"
    done
    ;;
macs)
    "$SOURCE_DIR/tests/images/linux-guest" centos-6 guest
    expect 0 "$MIGRATE" guest -o given --mac "$old=52-54-00-12-34-56"
    [ "$(mac_of given)" = $new ] || fail "the domain has another address than was asked for"
    qemu-img convert -O raw given/web01-sda.qcow2 disk.raw
    start=$(sfdisk -l -o Start disk.raw | tail -n 2 | head -n 1 | tr -d ' ')
    dd if=disk.raw of=root.img bs=512 skip="$start" status=none
    for file in etc/udev/rules.d/70-persistent-net.rules etc/sysconfig/network-scripts/ifcfg-eth0; do
        debugfs -R "cat /$file" root.img 2>/dev/null >text
        says text "$new"
        if grep -qi $old text; then fail "the old address has stayed in $file"; fi
    done
    rm disk.raw root.img
    for name in first second; do
        expect 0 "$MIGRATE" guest -o $name --regenerate-macs
    done
    mac=$(mac_of first)
    [[ $mac == 52:54:00:* ]] || fail "not in QEMU's range: $mac"
    [ "$mac" = "$(mac_of second)" ] || fail "another run, another address"
    expect 0 "$MIGRATE" plan -q guest --regenerate-macs
    says out "ATTR\{address\}==\"$mac\""
    expect 0 "$MIGRATE" guest -o named --regenerate-macs --mac "0=$new"
    [ "$(mac_of named)" = $new ] || fail "--mac counts less than --regenerate-macs"
    # Its disk alone: the guest knows the address of its card.
    expect 0 "$MIGRATE" guest/web01.vmdk -o alone
    [ "$(mac_of alone)" = $old ] || fail "a disk alone: $(mac_of alone) instead of what the guest says"
    says alone/web01.report.json "\"mac\" *: *\"$old\""
    expect 0 "$MIGRATE" guest/web01.vmdk -o alone-new --mac 0=$new
    [ "$(mac_of alone-new)" = $new ] || fail "a disk alone, and another address than was asked for"
    ;;
refused)
    "$SOURCE_DIR/tests/images/linux-guest" debian-12 guest
    refused --mac 0 'does not say which network card gets what' 'write --mac ID=MAC'
    refused --mac 0=52:54:00:12:34 'is no MAC address' 'write --mac ID=MAC'
    refused --mac 0=01:00:5e:00:00:01 'is a group address' 'write --mac ID=MAC'
    refused --mac 0=00:00:00:00:00:00 'is a group address or none' 'write --mac ID=MAC'
    refused --mac "1=$new" "no network card '1'" "its network cards are 0 \($old, VM Network\)"
    refused --mac "LAN=$new" "no network card 'LAN'" 'its network cards are 0'
    refused --ip 0 'does not say which network card gets what' 'write --ip ID=ADDRESS/PREFIX'
    refused --ip 0=10.0.2.99 'has no prefix length' 'ADDRESS/PREFIX'
    refused --ip 0=10.0.2.0/24 'is the address of a network' 'ADDRESS/PREFIX'
    refused --ip 0=10.0.2.99/24,gateway=10.0.3.2 'in none of the networks' 'ADDRESS/PREFIX'
    refused --ip 0=dhcp,10.0.2.99/24 'DHCP and' 'ADDRESS/PREFIX'
    refused --ip 0=10.0.2.99/24,metric=5 'is nothing that a network card has' 'ADDRESS/PREFIX'
    refused --ip 4=10.0.2.99/24 "no network card '4'" 'its network cards are 0'
    "$SOURCE_DIR/tests/images/linux-guest" unknown odd
    expect 3 "$MIGRATE" odd -o out.d --ip 0=dhcp
    says err '^migrate: error \(precondition\): the network interface ens192 cannot .*\[linux-network-style-unknown\]$'
    says err '^  hint: leave out --ip'
    [ -z "$(ls out.d 2>/dev/null)" ] || fail "something was written"
    if command -v wimlib-imagex >/dev/null; then
        "$SOURCE_DIR/tests/images/virtio-win" drivers drivers.iso
        "$SOURCE_DIR/tests/images/windows-guest" 10-x64 win.vmdk
        expect 2 "$MIGRATE" win.vmdk -o out.d --virtio-win drivers --no-firstboot-service --ip 0=dhcp
        says err 'error \(usage\): --ip needs the service that sets addresses at the first start$'
    fi
    ;;
*)
    fail "no such case: $1"
    ;;
esac

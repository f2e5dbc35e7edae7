#!/usr/bin/env bash
# Profiles of the target domain with the finished program: target-profile.sh convert|plan|batch|refused.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mke2fs sfdisk qemu-img qemu-nbd xz zstd; do
    requires $tool
done
schema=${LIBVIRT_SCHEMA:-/usr/share/libvirt/schemas/domain.rng}

mkdir -p site/target
cat >site/target/ours.ini <<'END'
[ours]
extends = headless
network = bridge:br0
cpu = EPYC
title = {name} (moved)
END

guest() {
    "$SOURCE_DIR/tests/images/linux-guest" debian-12 guest
}

case ${1:?which case} in
convert)
    guest
    expect 0 "$MIGRATE" guest --name web01 --profile-dir site --target-profile ours -o out.d
    xml=out.d/web01.xml
    says $xml '<title>web01 \(moved\)</title>'
    says $xml '<source bridge="br0"/>'
    says $xml '<model fallback="forbid">EPYC</model>'
    says $xml '<driver name="qemu" type="qcow2" cache="none" io="native" discard="unmap"'
    says $xml '<watchdog model="i6300esb" action="reset"/>'
    if grep -q '<graphics' $xml; then
        fail "headless has a display"
    fi
    if [ -e "$schema" ] && command -v xmllint >/dev/null; then
        expect 0 xmllint --noout --relaxng "$schema" $xml
    fi
    # Profiles of operating systems beside them are read, too.
    printf '[debian]\nlike = linux\nmatch = id:debian\nmachine = pc\n' >site/systems.ini
    expect 0 "$MIGRATE" guest --name web00 --profile-dir site -o out.d
    says out.d/web00.xml 'machine="pc"'
    rm site/systems.ini
    # The command line wins over the profile.
    expect 0 "$MIGRATE" guest --name web02 --profile-dir site --target-profile ours -o out.d --network lan \
        --disk-bus sata
    says out.d/web02.xml '<source network="lan"/>'
    says out.d/web02.xml 'bus="sata"/>'
    expect 0 "$MIGRATE" guest --name web03 -o out.d --network bridge:br1
    says out.d/web03.xml '<source bridge="br1"/>'
    ;;
plan)
    guest
    printf '[odd]\nsecure-boot = yes\n' >site/target/odd.ini
    expect 0 "$MIGRATE" plan guest --profile-dir site --target-profile odd
    says out '^warning: .*secure-boot = yes: only UEFI.*\[domain-profile-overruled\]'
    ;;
batch)
    guest
    cat >fleet.yaml <<'END'
defaults: {output: out.d, profile: ours, profile_dir: site}
machines:
  - {id: a, source: guest, name: a}
  - {id: b, source: guest, name: b, profile: minimal}
  - {id: c, source: guest, name: c, profile: minimall}
END
    expect 8 "$MIGRATE" batch fleet.yaml
    says out.d/a.xml '<source bridge="br0"/>'
    says out.d/b.xml '<memballoon model="none"/>'
    says err "c: failed \(usage\): 'minimall' is no target profile"
    ;;
refused)
    # Before any source is opened.
    expect 2 "$MIGRATE" nowhere -o out.d --target-profile sever
    says err "'sever' is no target profile"
    says err 'hint: did you mean server\?'
    printf '[ours]\ndisk-bus = scsi\nvideo = vgaa\n' >site/target/ours.ini
    expect 2 "$MIGRATE" nowhere -o out.d --profile-dir site
    says err "site/target/ours.ini:3: 'vgaa' is no value of video"
    says err 'hint: did you mean vga\? use auto, virtio'
    expect 2 "$MIGRATE" plan nowhere --profile-dir site
    [ ! -e out.d ] || fail "something was written"
    ;;
*)
    fail "no such case: $1"
    ;;
esac

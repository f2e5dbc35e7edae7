#!/usr/bin/env bash
# hyper2kvm's manifests, unchanged: batch-hyper2kvm.sh artifact|batch|checksum|refused.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for program in qemu-img qemu-nbd python3 mke2fs sfdisk sha256sum; do
    requires "$program"
done

"$SOURCE_DIR/tests/images/linux-guest" alpine-3.19 guest
mkdir in
cp guest/web01.vmdk in/web01.vmdk
sum=$(sha256sum in/web01.vmdk | cut -d' ' -f1)

artifact() { # FILE CHECKSUM
    cat >"$1" <<END
{"manifest_version": "1.0",
 "source": {"provider": "vsphere", "vm_id": "vm-42", "vm_name": "web01"},
 "vm": {"cpu": 3, "mem_gb": 1.5, "firmware": "bios", "secureboot": false},
 "disks": [{"id": "disk-0", "source_format": "vmdk", "bytes": 1, "local_path": "$work/in/web01.vmdk",
            "checksum": "sha256:$2", "boot_order_hint": 0, "disk_type": "boot"}],
 "nics": [{"id": "nic-0", "mac": "00:50:56:aa:bb:cc", "network": "VM Network"}],
 "pipeline": {"fix": {"enabled": true, "fstab_mode": "noop"}, "convert": {"compress": true}},
 "output": {"directory": "$work/out.d", "format": "qcow2"},
 "network_mapping": {"source_networks": {"VM Network": "br0"}, "mac_address_policy": "preserve"},
 "hooks": {"post_convert": [{"type": "script", "path": "$work/note", "args": ["{{ stage }}", "{{ vm_name }}"]}]}}
END
}
printf '#!/bin/sh\necho "$*" >>"%s/notes"\n' "$work" >note
chmod 755 note

case ${1:?which case} in
artifact)
    mkdir elsewhere
    artifact elsewhere/web01.json "$sum"
    expect 0 "$MIGRATE" batch --check elsewhere/web01.json
    says out 'web01 +artifact +1 '
    [ ! -e out.d ] || fail "a check has written something"
    expect 0 "$MIGRATE" batch elsewhere/web01.json
    says err 'web01: warning: .*pipeline.fix.fstab_mode = noop \[manifest-key-ignored\]'
    says err "web01: info: 'br0' is taken for a bridge"
    says out.d/web01.xml '<vcpu>3</vcpu>'
    says out.d/web01.xml '<memory unit="KiB">1572864</memory>'
    says out.d/web01.xml '<mac address="00:50:56:aa:bb:cc"/>'
    says out.d/web01.xml '<source bridge="br0"/>'
    says notes '^post_convert web01$'
    says out.d/batch.report.html 'manifest-key-ignored'
    says out.d/batch.report.json '"manifest_kind" : "hyper2kvm-artifact"'
    # The same machine without a batch.
    expect 0 "$MIGRATE" inspect --source-only elsewhere/web01.json --allow-path "$work/in"
    says out 'web01'
    ;;
batch)
    artifact web01.json "$sum"
    cat >batch.json <<'END'
{"batch_version": "1.0", "batch_metadata": {"batch_id": "b1", "parallel_limit": 2, "continue_on_error": true},
 "shared_config": {"output_directory": "ignored.d", "profile": "production"},
 "vms": [{"manifest": "web01.json", "id": "first", "priority": 10, "enabled": true,
          "overrides": {"vm": {"cpu": 2}, "output": {"directory": "two.d"}}},
         {"manifest": "web01.json", "id": "second", "enabled": false}]}
END
    expect 0 "$MIGRATE" batch batch.json
    says err '^1 done, 0 failed, 1 skipped'
    says two.d/web01.xml '<vcpu>2</vcpu>'
    [ ! -e ignored.d ] || fail "the shared configuration won"
    ;;
checksum)
    artifact web01.json "$(printf '%064d' 7)"
    expect 8 "$MIGRATE" batch web01.json
    says err 'web01: failed \(corrupt\).*is not the file that was exported: its SHA256 is'
    [ ! -e out.d/web01.xml ] || fail "it was converted"
    ;;
refused)
    artifact web01.json "$sum"
    sed 's/"type": "script"/"type": "python", "module": "m"/' web01.json >python.json
    expect 2 "$MIGRATE" batch python.json
    says err "there are no 'python' hooks"
    says err 'hint: .*#!/usr/bin/env python3'
    printf 'parallel_processing: true\nvms:\n  - {vmdk: a.vmdk, to_output: a.qcow2}\n' >old.yaml
    expect 2 "$MIGRATE" batch old.yaml
    says err "old.yaml:3:3: this is a list of hyper2kvm's older, flat keys"
    says err "hint: list them below 'machines:'"
    # A disk that leads out of the manifest's own folders.
    mkdir elsewhere
    ln -s "$work/in/web01.vmdk" elsewhere/link.vmdk
    sed "s|$work/in/web01.vmdk|$work/elsewhere/link.vmdk|" web01.json >elsewhere/link.json
    expect 8 "$MIGRATE" batch elsewhere/link.json
    says err 'web01: failed \(precondition\)'
    ;;
*)
    fail "no such case: $1"
    ;;
esac

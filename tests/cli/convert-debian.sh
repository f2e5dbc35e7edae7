#!/usr/bin/env bash
# The Debian guest through the finished program: convert-debian.sh CASE.
#   vmdk, stream.vmdk, vhdx, vhd   converted from that format; results, report and XML are checked
#   two-disks                      a data disk comes along
#   lvm, raid                      /boot apart, root on striped logical volumes, or on LVM on a RAID 1
#   luks                           the same with LVM on LUKS: with its key, with a wrong one, and without
#   nobody                         the same as an ordinary user without /dev/kvm and /dev/fuse
#   interrupt, kill                a run that is stopped leaves nothing that looks finished
#   plan                           prints the changes and writes nothing
#   customise                      the user's own changes, and those that cannot be made
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
requires qemu-img
requires mmdebstrap
requires python3

debian_guest() {
    "$SOURCE_DIR/tests/images/debian-guest" "$@"
}

# What the guest's root filesystem must and must not contain, by e2fsprogs' own tools.
check_disk() { # QCOW2
    qemu-img check -q "$1"
    qemu-img convert -O raw "$1" result.raw
    truncate -s 0 root.img
    dd if=result.raw of=root.img bs=1M skip=1 conv=sparse status=none
    /sbin/e2fsck -fn root.img >fsck.out 2>&1 || { cat fsck.out >&2; fail "e2fsck is not content"; }
    local uuid
    uuid=$(/sbin/blkid -o value -s UUID -p root.img)
    /sbin/debugfs -R "cat /etc/fstab" root.img 2>/dev/null > fstab
    says fstab "^UUID=$uuid +/ +ext4 +errors=remount-ro 0 1$"
    says fstab '^# <file system> <mount point>'
    /sbin/debugfs -R "cat /boot/grub/grub.cfg" root.img 2>/dev/null > grub.cfg
    says grub.cfg "root=UUID=$uuid ro console=tty0"
    /sbin/debugfs -R "cat /etc/initramfs-tools/modules" root.img 2>/dev/null > modules
    says modules '^virtio_blk$'
    /sbin/debugfs -R "stat /etc/systemd/system/open-vm-tools.service" root.img 2>/dev/null > unit
    says unit 'Fast link dest: "/dev/null"'
    rm -f result.raw root.img
}

check_report() { # REPORT
    python3 - "$1" <<'PYTHON'
import json, os, sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
assert report["schema"] == 1
assert report["guest"]["kind"] == "linux", report["guest"]
assert [stage["stage"] for stage in report["stages"]] == [
    "open", "inspect", "plan", "apply", "trim", "describe", "copy"], report["stages"]
assert all(change["reason"] for change in report["changes"])
assert {"/etc/fstab", "/boot/grub/grub.cfg"} <= {change["path"] for change in report["changes"]}
for disk in report["outputs"]["disks"]:
    assert os.path.getsize(disk["path"]) == disk["size_bytes"]
assert os.path.exists(report["outputs"]["domain"])
assert report["trimmed_bytes"] > 0
PYTHON
}

check_domain() { # XML
    local schema=/usr/share/libvirt/schemas/domain.rng
    if [ -e $schema ]; then
        xmllint --noout --relaxng $schema "$1" 2>lint || { cat lint >&2; fail "$1 is not valid"; }
    fi
    says "$1" '<type arch="x86_64" machine="q35">hvm</type>'
    says "$1" 'libosinfo:os id="http://debian.org/debian/12"'
}

nothing_left() { # DIR
    [ -z "$(find "$1" -mindepth 1)" ] || { find "$1" >&2; fail "something was left in $1"; }
}

# /boot and root of a guest with layers, by layouts.py's own arithmetic and e2fsprogs.
check_layers() { # LAYOUT QCOW2
    qemu-img check -q "$2"
    qemu-img convert -O raw "$2" result.raw
    python3 "$SOURCE_DIR/tests/images/layouts.py" --extract "$1" result.raw boot.img root.img ||
        fail "the copies of the root filesystem differ"
    local image
    for image in boot.img root.img; do
        /sbin/e2fsck -fn $image >fsck.out 2>&1 || { cat fsck.out >&2; fail "e2fsck is not content with $image"; }
    done
    /sbin/debugfs -R "cat /etc/fstab" root.img 2>/dev/null > fstab
    says fstab '^/dev/mapper/vmguest--vg-root +/ +ext4 +errors=remount-ro 0 1$'
    says fstab "^UUID=$(/sbin/blkid -o value -s UUID -p boot.img) /boot ext4 defaults 0 2$"
    /sbin/debugfs -R "cat /etc/crypttab" root.img 2>/dev/null > crypttab
    /sbin/debugfs -R "cat /grub/grub.cfg" boot.img 2>/dev/null > grub.cfg
    says grub.cfg 'root=/dev/mapper/vmguest--vg-root ro console=tty0'
    /sbin/debugfs -R "cat /etc/initramfs-tools/modules" root.img 2>/dev/null > modules
    says modules '^virtio_blk$'
    rm -f result.raw boot.img root.img
}

check_layers_json() { # JSON LAYOUT
    python3 - "$1" "$2" <<'PYTHON'
import json, sys
guest = json.load(open(sys.argv[1], encoding="utf-8"))["guest"]
volumes = {volume["name"]: volume for volume in guest["volumes"]}
root = volumes["vmguest-vg/root"]
assert guest["root"] == "vmguest-vg/root", guest["root"]
assert root["device"] == "/dev/vmguest-vg/root" and root["layer"] == "LVM", root
assert root["size_bytes"] == 1200 << 20 and root["readable"], root
assert volumes["sda1"]["device"] is None and volumes["sda1"]["layer"] is None
mounts = {mount["mount_point"]: mount["volume"] for mount in guest["linux"]["mounts"]}
assert mounts["/"] == "vmguest-vg/root" and mounts["/boot"] == "sda1", mounts
if sys.argv[2] == "luks":
    partition = volumes["sda2"]
    encryption = partition["encryption"]
    assert partition["type"] == "LVM2_member" and encryption["type"] == "LUKS2", partition
    assert encryption["id"] == "64727964-0102-4304-8506-0708090a0b0c", encryption
if sys.argv[2] == "raid":
    array = volumes["md0"]
    assert array["device"] == "/dev/md0" and array["layer"] == "RAID", array
    assert array["layer_uuid"] == "64727964:01020304:a5b6c7d8:e9fa0b1c", array
PYTHON
}

case ${1:?which case} in
vmdk | stream.vmdk | vhdx | vhd)
    debian_guest "web.$1"
    sha256sum "web.$1" > before
    expect 0 "$MIGRATE" "web.$1" -o out.d --name web
    says out "^$work/out.d/web.xml$"
    [ "$(cd out.d && echo .[!.]* *)" = ".[!.]* web-sda.qcow2 web.report.json web.xml" ] || fail "other files in out.d"
    sha256sum --quiet -c before || fail "the source has changed"
    check_disk out.d/web-sda.qcow2
    check_report out.d/web.report.json
    check_domain out.d/web.xml
    ;;
lvm | raid)
    debian_guest --layout "$1" web.vmdk
    sha256sum web.vmdk > before
    expect 0 "$MIGRATE" inspect --json web.vmdk
    check_layers_json out "$1"
    expect 0 "$MIGRATE" web.vmdk -o out.d --name web
    sha256sum --quiet -c before || fail "the source has changed"
    check_layers "$1" out.d/web-sda.qcow2
    python3 -c 'import json; assert json.load(open("out.d/web.report.json"))["trimmed_bytes"] > 300 << 20'
    ;;
luks)
    requires cryptsetup
    debian_guest --layout luks web.vmdk
    sha256sum web.vmdk > before
    uuid=64727964-0102-4304-8506-0708090a0b0c
    printf 'vmguest key\n' > key # its line break is nothing to worry about
    expect 3 "$MIGRATE" web.vmdk -o out.d --name web
    says err "^migrate: error \(precondition\): .*sda2, UUID $uuid \(no key was given for .*\[volume-luks\]$"
    says err '^  hint: give its passphrase or key file with --key UUID:file:PATH'
    export WRONG=wrong
    expect 3 "$MIGRATE" web.vmdk -o out.d --name web --key $uuid:env:WRONG
    says err '^migrate: error \(precondition\): .*\(no key that was given opens .*\[luks-not-opened\]$'
    [ ! -e out.d ] || nothing_left out.d
    expect 0 "$MIGRATE" inspect --json web.vmdk --key sda2:file:key
    check_layers_json out luks
    expect 0 "$MIGRATE" web.vmdk -o out.d --name web --key all:file:key
    sha256sum --quiet -c before || fail "the source has changed"
    check_layers luks out.d/web-sda.qcow2
    says crypttab "^vmguest_crypt UUID=$uuid /etc/keys/root.key luks,discard,initramfs$"
    says out.d/web.report.json '"luks-opened"'
    ! grep -q 'vmguest key' out err out.d/web.report.json out.d/web.xml || fail "the key is told"
    python3 -c 'import json; assert json.load(open("out.d/web.report.json"))["trimmed_bytes"] > 300 << 20'
    ;;
two-disks)
    debian_guest web.vmdk
    truncate -s 64M data.raw
    echo 'start=2048, type=83' | /sbin/sfdisk -q data.raw
    /sbin/mke2fs -q -t ext4 -E offset=1048576 data.raw 62M
    expect 0 "$MIGRATE" web.vmdk data.raw -o out.d
    [ -e out.d/web-sdb.qcow2 ] || fail "no second disk"
    says out.d/web.xml '<source file=".*/web-sdb.qcow2"/>'
    qemu-img compare -q -F qcow2 data.raw out.d/web-sdb.qcow2 || fail "the data disk differs"
    ;;
nobody)
    [ "$(id -u)" -eq 0 ] || { echo "skipped: not root, so every other case runs as an ordinary user"; exit 77; }
    debian_guest web.vmdk
    chmod 755 . && chmod 644 web.vmdk
    mkdir -m 777 out.d
    as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all "$@"; }
    as_nobody test -x "$MIGRATE" || { echo "skipped: nobody cannot reach the program"; exit 77; }
    # Devices that must not be needed are not there at all.
    cat > inside.sh <<'INSIDE'
mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 444 /dev/urandom c 1 9 || exit 77
exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all "$MIGRATE" web.vmdk -o out.d
INSIDE
    export MIGRATE
    expect 0 unshare -m bash inside.sh
    check_disk out.d/web-sda.qcow2
    [ "$(stat -c %u out.d/web.xml)" -eq 65534 ] || fail "nobody did not write it"
    ;;
interrupt)
    debian_guest web.vmdk
    mkdir out.d
    "$MIGRATE" web.vmdk -o out.d --progress=json >out 2>err &
    pid=$!
    until grep -q '"stage":"copy"' err; do kill -0 $pid || fail "it ended early"; sleep 0.02; done
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ $status -eq 130 ] || { cat err >&2; fail "exit status $status instead of 130"; }
    says err '"event":"error".*"code":"interrupted"'
    nothing_left out.d
    ;;
kill)
    debian_guest web.vmdk
    mkdir out.d
    "$MIGRATE" web.vmdk -o out.d --progress=json >out 2>err &
    pid=$!
    until grep -q '"stage":"copy"' err; do kill -0 $pid || fail "it ended early"; sleep 0.02; done
    kill -KILL $pid
    wait $pid 2>/dev/null || :
    [ -z "$(find out.d -maxdepth 1 -name 'web*')" ] || fail "something looks finished"
    sleep 0.5
    ! pgrep -f "$work/out.d" >/dev/null || fail "a program of the killed run still works"
    # The next run clears up and does the whole job.
    expect 0 "$MIGRATE" web.vmdk -o out.d
    [ "$(cd out.d && echo .[!.]* *)" = ".[!.]* web-sda.qcow2 web.report.json web.xml" ] || fail "leftovers in out.d"
    ;;
plan)
    debian_guest web.vmdk
    listing . > before
    "$MIGRATE" plan web.vmdk -q > /dev/null
    listing . > after
    sed -i '/ \.\/after /d; / \.\/before /d; /^\.\/after /d; /^\.\/before /d' before after
    cmp before after || fail "plan has written something"
    expect 0 "$MIGRATE" plan web.vmdk
    says out '^change /etc/fstab$'
    says out '^    -/dev/sda1 +/ '
    says out '^    \+UUID=[0-9a-f-]+ +/ '
    says out '^link /etc/systemd/system/open-vm-tools.service → /dev/null$'
    mkdir raid
    printf '[Version]\n' > raid/raid.inf
    expect 2 "$MIGRATE" plan web.vmdk --driver raid
    says err '^migrate: error \(usage\): .*into Windows guests only'
    expect 2 "$MIGRATE" drivers add web.vmdk --driver raid --dry-run
    says err '^migrate: error \(usage\): .*to Windows guests only'
    ;;
customise)
    debian_guest web.vmdk
    printf 'correct horse\n' > password
    printf 'ssh-ed25519 AAAAC3 someone@example\n' > key.pub
    printf '#!/bin/sh\necho hello\n' > hello.sh
    mkdir -p tool/bin && printf '#!/bin/sh\n' > tool/bin/run && chmod 755 tool/bin/run
    expect 0 "$MIGRATE" web.vmdk -o out.d --hostname db02.example.org --timezone Europe/Berlin \
        --password root:file:password --ssh-key root:file:key.pub --enable systemd-networkd-wait-online \
        --write '/etc/motd:migrated' --append-line '/etc/motd:at night' --copy-in tool:/opt --delete /usr/share/doc \
        --firstboot hello.sh --firstboot-command 'touch /var/tmp/started' --rebuild-initramfs firstboot
    # What is secret is in no report and no plan.
    expect 0 "$MIGRATE" plan web.vmdk --password root:file:password
    says out '^change /etc/shadow$'
    says out '^    secret, [0-9]+ bytes$'
    ! grep -qF "\$6\$" out out.d/web.report.json || fail "a hash is shown"
    qemu-img convert -O raw out.d/web-sda.qcow2 result.raw
    dd if=result.raw of=root.img bs=1M skip=1 conv=sparse status=none
    /sbin/e2fsck -fn root.img >fsck.out 2>&1 || { cat fsck.out >&2; fail "e2fsck is not content"; }
    file() { /sbin/debugfs -R "cat $1" root.img 2>/dev/null; }
    stat_of() { /sbin/debugfs -R "stat $1" root.img 2>/dev/null; }
    [ "$(file /etc/hostname)" = db02.example.org ] || fail "another host name"
    [ "$(file /etc/motd)" = "$(printf 'migrated\nat night')" ] || fail "another motd"
    stat_of /etc/localtime > localtime
    says localtime 'Fast link dest: "../usr/share/zoneinfo/Europe/Berlin"'
    hash=$(file /etc/shadow | sed -n 's/^root:\([^:]*\):.*/\1/p')
    salt=${hash#\$6\$}
    [ "$(openssl passwd -6 -salt "${salt%%\$*}" 'correct horse')" = "$hash" ] || fail "it is not the password's hash"
    [ "$(file /root/.ssh/authorized_keys)" = "$(cat key.pub)" ] || fail "another key"
    stat_of /root/.ssh/authorized_keys > authorized
    says authorized 'Mode:  0600'
    stat_of /opt/tool/bin/run > run
    says run 'Mode:  0755'
    [ "$(file /etc/drydock/firstboot.d/003-command)" = "$(printf '#!/bin/sh\ntouch /var/tmp/started')" ] || fail "no command"
    stat_of /etc/systemd/system/multi-user.target.wants/drydock-firstboot.service > unit
    says unit 'Type: symlink'
    stat_of /etc/systemd/system/network-online.target.wants/systemd-networkd-wait-online.service > unit
    says unit 'Type: symlink'
    ! stat_of /usr/share/doc | grep -q Inode || fail "it is still there"
    expect 2 "$MIGRATE" plan web.vmdk --firstboot password
    says err 'begins with #!'
    expect 2 "$MIGRATE" plan web.vmdk --password root:secret
    ! grep -q 'root:secret' err || fail "what may be a password is shown"
    expect 2 "$MIGRATE" plan web.vmdk --hostname 'not a name'
    expect 2 "$MIGRATE" plan web.vmdk --rebuild-initramfs now
    expect 2 "$MIGRATE" plan web.vmdk --ssh-key root:string:'-----BEGIN OPENSSH PRIVATE KEY-----'
    printf 'echo hello\n' > hello.cmd
    expect 2 "$MIGRATE" plan web.vmdk --firstboot hello.cmd
    says err "Linux cannot run 'hello.cmd'"
    expect 1 "$MIGRATE" plan web.vmdk --enable no-such-service
    says err "the guest has no service 'no-such-service.service'"
    expect 1 "$MIGRATE" plan web.vmdk --password nobody-here:locked
    ;;
*)
    fail "no such case: $1"
    ;;
esac

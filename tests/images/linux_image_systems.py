# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the tree of a distribution into the disk of a system whose /usr is an image: deployments of ostree, or Flatcar's
partitions. The same files, elsewhere."""

import os
import shutil

import volumes
from tools import run

MIB = volumes.MIB
LINUX, ESP, BIOS_BOOT = (
    "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
    "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
    "21686148-6449-6E6F-744E-656564454649",
)
COREOS_USR = "5DFBF5F4-2848-4BAC-AA5E-0D9A20B745A6"
# The platform is what the image was downloaded for.
OPTIONS = "root=UUID=%s rw ignition.platform.id=vmware console=ttyS0 ostree=/ostree/boot.1/%s/%s/0"


def move(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.move(source, target)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def merge_usr(tree):
    """/bin, /sbin and /lib become links into /usr."""
    for name in ("bin", "sbin", "lib"):
        old, new = os.path.join(tree, name), os.path.join(tree, "usr", name)
        if os.path.isdir(old):
            shutil.copytree(old, new, dirs_exist_ok=True)
            shutil.rmtree(old)
        os.makedirs(new, exist_ok=True)
        os.symlink("usr/" + name, old)


def make_ostree(row, tree, work, root_uuid):
    """Two deployments with a kernel each; the newer one, which starts, is the second by name."""
    name, root, boot = row["ostree"], os.path.join(work, "sysroot"), os.path.join(tree, "boot")
    merge_usr(tree)
    shutil.rmtree(boot + "/loader")
    new, old = row["kernels"]
    for number, (version, checksum) in enumerate([(old, "0a"), (new, "1b")]):
        deployment = "%s/ostree/deploy/%s/deploy/%s.0" % (root, name, checksum * 32)
        kernel = "ostree/%s-%s" % (name, checksum * 32)
        shutil.copytree(tree, deployment, symlinks=True)
        shutil.rmtree(deployment + "/boot")
        os.mkdir(deployment + "/boot")
        os.mkdir(deployment + "/sysroot")
        os.symlink("sysroot/ostree", deployment + "/ostree")
        shutil.rmtree("%s/usr/lib/modules/%s" % (deployment, new if version == old else old))
        if version == old:
            write(deployment + "/etc/os-release", 'ID=%s\nPRETTY_NAME="The one before"\n' % name)
        for file in ("vmlinuz-%s", "initramfs-%s.img"):
            move(os.path.join(boot, file % version), "%s/%s/%s" % (boot, kernel, file % version))
        link = "%s/ostree/boot.1.1/%s/%s" % (root, name, checksum * 32)
        os.makedirs(link)
        os.symlink("../../../deploy/%s/deploy/%s.0" % (name, checksum * 32), link + "/0")
        prefix = "" if row["separate_boot"] else "/boot"
        write(
            "%s/loader.1/entries/ostree-%d.conf" % (boot, number + 1),
            "title %s %d\nversion %d\noptions %s\nlinux %s/%s/vmlinuz-%s\ninitrd %s/%s/initramfs-%s.img\n"
            % (name, number, number + 1, OPTIONS % (root_uuid, name, checksum * 32), prefix, kernel, version, prefix, kernel, version),
        )
    os.symlink("boot.1.1", root + "/ostree/boot.1")
    os.symlink("loader.1", boot + "/loader")
    os.makedirs("%s/ostree/deploy/%s/var/lib" % (root, name))
    if not row["separate_boot"]:
        move(boot, root + "/boot")
        return [("root", LINUX, "ext4", "", root)]
    return [("BIOS-BOOT", BIOS_BOOT, None, "", None), ("boot", LINUX, "ext4", "", boot), ("root", LINUX, "ext4", "", root)]


def make_flatcar(row, tree, work, root_uuid):
    """/usr on USR-B, which has the higher priority; what is on USR-A is older."""
    (version,) = row["kernels"]
    merge_usr(tree)
    usr, old, esp, oem = (os.path.join(work, name) for name in ("usr", "old", "esp", "oem"))
    move(os.path.join(tree, "usr"), usr)
    for path in ("etc/os-release", "etc/fstab"):
        os.remove(os.path.join(tree, path))
    write(usr + "/lib/os-release", row["release"])
    write(old + "/lib/os-release", row["release"].replace("PRETTY_NAME=", "PRETTY_NAME=Old"))
    move(tree + "/boot/vmlinuz-" + version, esp + "/flatcar/vmlinuz-b")
    shutil.rmtree(tree + "/boot")
    write(esp + "/EFI/boot/bootx64.efi", "MZ")
    write(oem + "/grub.cfg", 'set oem_id="vmware"\nset linux_append="flatcar.autologin"\n')
    write(oem + "/oem-release", "ID=vmware\n")
    for name in ("boot", "usr", "oem", "var"):
        os.makedirs(os.path.join(tree, name), exist_ok=True)
    return [
        ("EFI-SYSTEM", ESP, "vfat", "", esp),
        ("USR-A", COREOS_USR, "ext4", "GUID:48,56", old),
        ("USR-B", COREOS_USR, "ext4", "GUID:49,56", usr),
        ("OEM", LINUX, "ext4", "", oem),
        ("ROOT", LINUX, "ext4", "", tree),
    ]


def make_nixos(row, tree, work, root_uuid):
    """Packages and what is in /etc are in the store; GRUB has its own copies of kernels."""
    (version,) = row["kernels"]
    store, etc = tree + "/nix/store", tree + "/nix/store/3c-etc/etc"
    system = "/nix/store/1a-nixos-system-web01-23.11"
    move(tree + "/lib/modules", "%s/2b-linux-%s-modules/lib/modules" % (store, version))
    os.makedirs(tree + system)
    os.symlink("/nix/store/2b-linux-%s-modules" % version, tree + system + "/kernel-modules")
    move(tree + "/boot/vmlinuz-" + version, "%s/boot/kernels/2b-linux-%s-bzImage" % (tree, version))
    move(tree + "/boot/initrd-" + version, "%s/boot/kernels/5e-initrd-linux-%s-initrd" % (tree, version))
    write(
        tree + "/boot/grub/grub.cfg",
        "set default=0\nmenuentry \"NixOS\" {\nsearch --set=drive1 --fs-uuid %s\n  linux ($drive1)/boot/kernels/2b-linux-%s-bzImage "
        "init=%s/init loglevel=4 root=/dev/sda1\n  initrd ($drive1)/boot/kernels/5e-initrd-linux-%s-initrd\n}\n"
        % (root_uuid, version, system, version),
    )
    os.remove(tree + "/etc/default/grub")
    write(etc + "/systemd/system/vmtoolsd.service", "[Unit]\n")
    os.makedirs(tree + "/etc/systemd", exist_ok=True)
    os.symlink("/etc/static/systemd/system", tree + "/etc/systemd/system")
    os.symlink("/nix/store/3c-etc/etc", tree + "/etc/static")
    for name in ("fstab", "os-release"):
        move("%s/etc/%s" % (tree, name), "%s/%s" % (etc, name))
        os.symlink("/etc/static/" + name, "%s/etc/%s" % (tree, name))
    return [("root", LINUX, "ext4", "", tree)]


KINDS = {"ostree": make_ostree, "flatcar": make_flatcar, "nixos": make_nixos}


def make_disk(row, tree, work, disk, root_uuid):
    parts = KINDS[row["system"]](row, tree, work, root_uuid)
    table = "label: gpt\nlabel-id: 5EED0000-0000-4000-8000-000000000000\nunit: sectors\n"
    start, offsets = MIB, []
    for number, (name, kind, filesystem, attributes, _) in enumerate(parts):
        size = (80 if filesystem == "vfat" else 64 if filesystem else 1) * MIB
        table += 'start=%d, size=%d, type=%s, name="%s", uuid=5EED0000-0000-4000-8000-%012d' % (
            start // 512, size // 512, kind, name, number + 1)
        table += ', attrs="%s"\n' % attributes if attributes else "\n"
        offsets.append((start, size))
        start += size
    volumes.make_disk(disk, start + MIB, table)
    for number, ((name, _, filesystem, _, folder), (offset, size)) in enumerate(zip(parts, offsets)):
        volume = os.path.join(work, "volume-%d" % number)
        if filesystem == "vfat":
            volumes.make_fat(volume, size, name, folder)
            run("mlabel", "-N", "5EED0002", "-i", volume, "::")
        elif filesystem:
            uuid = root_uuid if name.lower() == "root" else "5eed0000-0000-4000-8000-%012d" % number
            run("mke2fs", "-q", "-F", "-t", "ext4", "-L", name, "-U", uuid, "-d", folder, volume, "%dM" % (size // MIB))
        else:
            continue
        volumes.copy_into(disk, offset, volume)

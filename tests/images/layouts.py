#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""layouts.py LAYOUT DISK BOOT ROOT [ESP]: puts a disk together from two filesystems, /boot (at most 200
MiB) and root (at most 1200 MiB), and where the layout has one an EFI system partition (64 MiB), as an
installer would have laid it out.
layouts.py --extract LAYOUT DISK BOOT ROOT: takes the filesystems out of such a disk; 1 when copies
of root differ."""

import os
import sys
import tempfile

import md
from lvm import MIB, Group
from tools import run
from volumes import copy_into, make_disk, make_sparse

BOOT_START, BOOT_SIZE = 1 * MIB, 255 * MIB
TABLE = "label: dos\nlabel-id: 0x44727964\nunit: sectors\nstart=2048, size=%d, type=83, bootable\n"
STRIPE_BYTES = 64 * 1024
RAID_UUID = bytes.fromhex("6472796401020304a5b6c7d8e9fa0b1c")  # also in debian-guest
RAID_DATA_OFFSET = 8 * MIB
LUKS_UUID = "64727964-0102-4304-8506-0708090a0b0c"  # of both also debian-guest, convert-debian.sh
LUKS_KEY = "vmguest key"
LUKS_HEADER = 16 * MIB


class Layout:
    """parts: offset and size of the partitions behind /boot; kind: their type. esp: where the EFI
    system partition is, the last one."""

    esp = None

    def finish(self, disk):
        """When everything is written."""

    def open(self, disk):
        """Undoes finish()."""


class Lvm(Layout):
    """Root's first 512 MiB are striped over two physical volumes, the rest is on the second."""

    parts = [(256 * MIB, 400 * MIB), (656 * MIB, 1200 * MIB)]
    kind = "8e"

    def __init__(self):
        self.group = Group("vmguest-vg", self.parts)
        self.group.add("swap_1", [(4, [0], 0)])
        self.root = self.group.add("root", [(128, [0, 1], STRIPE_BYTES), (172, [1], 0)])

    def write(self, disk):
        self.group.write(disk)

    def copies(self):
        """Runs of the root filesystem, of each of its copies."""
        return [list(self.group.runs(self.root))]


class Uefi(Lvm):
    """The same on a machine with UEFI."""

    esp = (1856 * MIB, 64 * MIB)


class Raid(Layout):
    """Root on a logical volume on a RAID 1 of two partitions."""

    parts = [(256 * MIB, 1230 * MIB), (1486 * MIB, 1230 * MIB)]
    kind = "fd"

    def __init__(self):
        size = self.parts[0][1] - RAID_DATA_OFFSET
        self.groups = []
        for start, _ in self.parts:
            group = Group("vmguest-vg", [(start + RAID_DATA_OFFSET, size)])
            self.groups.append((group, group.add("root", [(300, [0], 0)])))

    def write(self, disk):
        md.write_members(disk, self.parts, 2, 1, RAID_UUID, "vmguest:0", RAID_DATA_OFFSET)
        for group, _ in self.groups:
            group.write(disk)

    def copies(self):
        return [list(group.runs(root)) for group, root in self.groups]


class Luks(Layout):
    """Root on a logical volume on a LUKS2 partition; cryptsetup encrypts and decrypts it, offline. For
    that it moves the data behind its header, and needs the same room once more."""

    parts = [(256 * MIB, 1240 * MIB)]
    kind = "83"

    def __init__(self):
        start, size = self.parts[0]
        self.group = Group("vmguest-vg", [(start, size - LUKS_HEADER)])
        self.root = self.group.add("root", [(300, [0], 0)])

    def write(self, disk):
        self.group.write(disk)

    def copies(self):
        return [list(self.group.runs(self.root))]

    def finish(self, disk):
        self.recrypt(
            disk, "--encrypt", "--type", "luks2", "--uuid", LUKS_UUID, "--reduce-device-size", "32M",
            "--sector-size", 512, "--pbkdf-memory", 32768, "--pbkdf-force-iterations", 4)

    def open(self, disk):
        self.recrypt(disk, "--decrypt", "--force-offline-reencrypt", "--header", "HEADER")

    def recrypt(self, disk, *options):
        start, size = self.parts[0]
        with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(disk))) as folder:
            volume, key = os.path.join(folder, "volume"), os.path.join(folder, "key")
            header = os.path.join(folder, "header")
            with open(key, "w", encoding="utf-8") as file:
                file.write(LUKS_KEY)
            copy_range(disk, start, volume, 0, size)
            run("cryptsetup", "reencrypt", "--disable-locks", "-q", "--key-file", key,
                *(header if option == "HEADER" else option for option in options), volume)
            copy_range(volume, 0, disk, start, size)


LAYOUTS = {"lvm": Lvm, "uefi": Uefi, "raid": Raid, "luks": Luks}


def copy_range(source, offset, target, target_offset, size):
    """Creates target if it is not there; holes where there are zeros, unless something was there."""
    exists = os.path.exists(target)
    if not exists:
        make_sparse(target, size)
    with open(source, "rb") as reader, open(target, "r+b") as writer:
        reader.seek(offset)
        writer.seek(target_offset)
        while size > 0:
            data = reader.read(min(size, 4 * MIB))
            if not data:
                break
            if exists or data.strip(b"\0"):
                writer.write(data)
            else:
                writer.seek(len(data), 1)
            size -= len(data)


def make(layout, disk, boot, root, esp=None):
    table = TABLE % (BOOT_SIZE // 512)
    for start, size in layout.parts:
        table += "start=%d, size=%d, type=%s\n" % (start // 512, size // 512, layout.kind)
    start, size = layout.esp or layout.parts[-1]
    if layout.esp:
        table += "start=%d, size=%d, type=ef\n" % (start // 512, size // 512)
    make_disk(disk, start + size + MIB, table)
    copy_into(disk, BOOT_START, boot)
    if layout.esp:
        copy_into(disk, start, esp)
    layout.write(disk)
    for runs in layout.copies():
        with open(root, "rb") as source, open(disk, "r+b") as target:
            for offset, length in runs:
                data = source.read(length)
                if data.strip(b"\0"):
                    target.seek(offset)
                    target.write(data)
    layout.finish(disk)


def read_runs(disk, runs):
    with open(disk, "rb") as source:
        for offset, length in runs:
            source.seek(offset)
            yield source.read(length)


def extract(layout, disk, boot, root):
    with open(disk, "rb") as source, open(boot, "wb") as target:
        source.seek(BOOT_START)
        target.write(source.read(BOOT_SIZE))
    layout.open(disk)
    copies = layout.copies()
    size = sum(length for _, length in copies[0])
    make_sparse(root, size)
    with open(root, "r+b") as target:
        for pieces in zip(*(read_runs(disk, runs) for runs in copies)):
            if any(piece != pieces[0] for piece in pieces):
                sys.exit("the copies differ at %d" % target.tell())
            if pieces[0].strip(b"\0"):
                target.write(pieces[0])
            else:
                target.seek(len(pieces[0]), 1)


if __name__ == "__main__":
    action = make
    arguments = sys.argv[1:]
    if arguments[0] == "--extract":
        action = extract
        arguments = arguments[1:]
    action(LAYOUTS[arguments[0]](), *arguments[1:])

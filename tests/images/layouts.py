#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""layouts.py LAYOUT DISK BOOT ROOT: puts a disk together from two filesystems, /boot (at most 200
MiB) and root (at most 1200 MiB), as an installer would have laid it out."""

import sys

import md
from lvm import MIB, Group
from volumes import copy_into, make_disk

BOOT_START, BOOT_SIZE = 1 * MIB, 255 * MIB
TABLE = "label: dos\nlabel-id: 0x44727964\nunit: sectors\nstart=2048, size=%d, type=83, bootable\n"
STRIPE_BYTES = 64 * 1024
RAID_UUID = bytes.fromhex("6472796401020304a5b6c7d8e9fa0b1c")  # also in debian-guest


def partition(start, size, kind):
    return "start=%d, size=%d, type=%s\n" % (start // 512, size // 512, kind)


def lvm(disk, boot, root):
    """Root's first 512 MiB are striped over two physical volumes, the rest is on the second."""
    physical = [(256 * MIB, 400 * MIB), (656 * MIB, 1200 * MIB)]
    table = TABLE % (BOOT_SIZE // 512) + "".join(partition(*p, "8e") for p in physical)
    make_disk(disk, 1860 * MIB, table)
    copy_into(disk, BOOT_START, boot)
    group = Group("vmguest-vg", physical)
    group.add("swap_1", [(4, [0], 0)])
    segments = group.add("root", [(128, [0, 1], STRIPE_BYTES), (172, [1], 0)])
    group.write(disk)
    group.place(disk, segments, root)


def raid(disk, boot, root):
    """Root on a logical volume on a RAID 1 of two partitions."""
    members = [(256 * MIB, 1230 * MIB), (1486 * MIB, 1230 * MIB)]
    data_offset = 8 * MIB
    table = TABLE % (BOOT_SIZE // 512) + "".join(partition(*p, "fd") for p in members)
    make_disk(disk, 2720 * MIB, table)
    copy_into(disk, BOOT_START, boot)
    size = md.write_members(disk, members, 2, 1, RAID_UUID, "vmguest:0", data_offset)
    for start, _ in members:
        group = Group("vmguest-vg", [(start + data_offset, size)])
        segments = group.add("root", [(300, [0], 0)])
        group.write(disk)
        group.place(disk, segments, root)


LAYOUTS = {"lvm": lvm, "raid": raid}

if __name__ == "__main__":
    LAYOUTS[sys.argv[1]](*sys.argv[2:5])

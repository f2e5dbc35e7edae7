# SPDX-License-Identifier: GPL-3.0-or-later
"""Superblocks of Linux software RAID, version 1.x, as mdadm --create would have written them without
a bitmap. mdadm --examine reads them."""

import struct

SECTOR = 512
SUPER_OFFSET = {0: None, 1: 0, 2: 4096}  # of the minor version; 1.0 is at the end


def checksum(block):
    total = sum(struct.unpack("<%dI" % (len(block) // 4), block[: len(block) // 4 * 4]))
    if len(block) % 4:
        total += struct.unpack("<H", block[-2:])[0]
    return (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF


def write_members(path, members, minor, level, uuid, name, data_offset, chunk=0, layout=0):
    """members: (offset on the disk, size), in the order of their slots. Returns the bytes that each
    has for data."""
    size = min(length for _, length in members) - data_offset
    if minor == 0:
        size = (min(length for _, length in members) - 16 * SECTOR) // 4096 * 4096
    size = size // (chunk or 4096) * (chunk or 4096)
    with open(path, "r+b") as disk:
        for index, (offset, length) in enumerate(members):
            at = SUPER_OFFSET[minor]
            if at is None:
                at = (length // SECTOR - 16) // 8 * 8 * SECTOR
            block = bytearray(256 + 2 * 128)
            struct.pack_into("<II8x16s32s", block, 0, 0xA92B4EFC, 1, uuid, name.encode())
            struct.pack_into("<QiiQII", block, 64, 1700000000, level, layout, size // SECTOR,
                             chunk // SECTOR, len(members))
            struct.pack_into("<QQQQ", block, 128, data_offset // SECTOR, size // SECTOR,
                             at // SECTOR, 0)
            struct.pack_into("<II16s", block, 160, index, 0, bytes([index + 1]) * 16)
            # Events, and that all of it is in sync.
            struct.pack_into("<QQQ", block, 192, 1700000001, 17, 0xFFFFFFFFFFFFFFFF)
            struct.pack_into("<I", block, 220, 128)
            roles = list(range(len(members))) + [0xFFFF] * (128 - len(members))
            struct.pack_into("<128H", block, 256, *roles)
            struct.pack_into("<I", block, 216, checksum(bytes(block)))
            disk.seek(offset + at)
            disk.write(block)
    return size

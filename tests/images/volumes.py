# SPDX-License-Identifier: GPL-3.0-or-later
"""NTFS and FAT volumes filled from a folder, and a disk put together from volumes; all of it as an
ordinary user, without mounts or loop devices."""

import os
import struct

from tools import run

SECTOR = 512
MIB = 1024 * 1024


def make_sparse(path, size):
    with open(path, "wb") as file:
        file.truncate(size)


def make_ntfs(path, size, start_sector, label, folder):
    """wimlib writes NTFS with its own code on top of libntfs-3g, far from ours."""
    make_sparse(path, size)
    run(
        "mkntfs",
        "-F",
        "-Q",
        "-q",
        "-s",
        SECTOR,
        "-p",
        start_sector,
        "-H",
        255,
        "-S",
        63,
        "-c",
        4096,
        "-L",
        label,
        path,
    )
    archive = path + ".wim"
    # Its own list of exclusions would leave out pagefile.sys and its like.
    config = path + ".ini"
    with open(config, "w") as file:
        file.write("[ExclusionList]\n")
    run(
        "wimlib-imagex",
        "capture",
        folder,
        archive,
        "--compress=none",
        "--no-acls",
        "--config=" + config,
    )
    run("wimlib-imagex", "apply", archive, 1, path)
    os.remove(archive)


def make_fat(path, size, label, folder):
    make_sparse(path, size)
    run("mkfs.vfat", "-F", 32, "-s", 1, "-n", label, path)
    names = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    run("mcopy", "-s", "-Q", "-i", path, *names, "::/")


def copy_into(disk, offset, volume):
    """Writes the parts of volume that are not holes into disk at offset."""
    with open(volume, "rb") as source, open(disk, "r+b") as target:
        size = os.fstat(source.fileno()).st_size
        position = 0
        while position < size:
            try:
                start = os.lseek(source.fileno(), position, os.SEEK_DATA)
            except OSError:
                return  # only a hole is left
            position = os.lseek(source.fileno(), start, os.SEEK_HOLE)
            source.seek(start)
            target.seek(offset + start)
            left = position - start
            while left > 0:
                block = source.read(min(left, 4 * MIB))
                target.write(block)
                left -= len(block)


def make_disk(path, size, table):
    """table: what sfdisk reads."""
    make_sparse(path, size)
    run("sfdisk", "-q", "--no-reread", "--no-tell-kernel", path, input=table.encode())


class Ntfs:
    """Just enough of a volume's metadata to find where a file's content is."""

    def __init__(self, path):
        self.file = open(path, "r+b")
        boot = self.file.read(SECTOR)
        self.cluster = struct.unpack_from("<H", boot, 11)[0] * boot[13]
        self.mft = struct.unpack_from("<Q", boot, 48)[0] * self.cluster
        record_size = struct.unpack_from("<b", boot, 64)[0]
        self.record_size = 1 << -record_size if record_size < 0 else record_size * self.cluster

    def close(self):
        self.file.close()

    def extent_of(self, record):
        """Offset of the first run, and size, of the data of one of the first files of the MFT."""
        self.file.seek(self.mft + record * self.record_size)
        entry = self.file.read(self.record_size)
        attribute = struct.unpack_from("<H", entry, 20)[0]
        while struct.unpack_from("<I", entry, attribute)[0] != 0x80:
            attribute += struct.unpack_from("<I", entry, attribute + 4)[0]
        run_list = attribute + struct.unpack_from("<H", entry, attribute + 32)[0]
        length_bytes, start_bytes = entry[run_list] & 15, entry[run_list] >> 4
        start = run_list + 1 + length_bytes
        size = struct.unpack_from("<Q", entry, attribute + 48)[0]
        return int.from_bytes(entry[start : start + start_bytes], "little") * self.cluster, size

    def write_restart_pages(self, major, is_clean):
        """Makes $LogFile look as Windows leaves it: version 2 is the one of fast startup, and a log
        with a client in use was not closed."""
        log, size = self.extent_of(2)
        page = bytearray(4096)
        struct.pack_into(
            "<4sHHQIIHhh", page, 0, b"RSTR", 30, 9, 0, 4096, 4096, 48, 0 if major == 2 else 1, major
        )
        struct.pack_into(
            "<QHHHHIHHQIHHII",
            page,
            48,
            0x200100,
            1,
            0xFFFF,
            0xFFFF if is_clean else 0,
            2 if is_clean else 0,
            67 - size.bit_length(),
            224,
            64,
            size,
            0,
            48,
            64,
            1,
            0,
        )
        name = "NTFS".encode("utf-16-le")
        struct.pack_into("<QQHHH6xI", page, 112, 0x200000, 0x200100, 0xFFFF, 0xFFFF, 0, len(name))
        page[144 : 144 + len(name)] = name
        # The update sequence: the last word of each sector is kept in the array behind the header.
        struct.pack_into("<H", page, 30, 1)
        for sector in range(8):
            end = (sector + 1) * SECTOR - 2
            page[32 + 2 * sector : 34 + 2 * sector] = page[end : end + 2]
            struct.pack_into("<H", page, end, 1)
        self.file.seek(log)
        self.file.write(page + page)


def make_bitlocker(path):
    """What is left to see of an encrypted volume: boot sector and three metadata blocks."""
    size = os.path.getsize(path)
    make_sparse(path, size)
    offsets = (size // 4 & ~0xFFFF, size // 2 & ~0xFFFF, size // 4 * 3 & ~0xFFFF)
    boot = bytearray(SECTOR)
    boot[0:11] = b"\xeb\x58\x90-FVE-FS-"
    struct.pack_into("<HB", boot, 11, SECTOR, 8)
    boot[160:176] = bytes.fromhex("3bd66749292ed84a8399f6a339e3d001")
    struct.pack_into("<QQQ", boot, 176, *offsets)
    boot[510:512] = b"\x55\xaa"
    block = bytearray(4096)
    # Fully encrypted (state 4), with a TPM protector only.
    struct.pack_into("<8sHHHHQIIQQQ", block, 0, b"-FVE-FS-", 64, 2, 4, 4, size, 0, 16, *offsets)
    struct.pack_into("<IIII", block, 64, 48, 1, 48, 48)
    with open(path, "r+b") as file:
        file.write(boot)
        for offset in offsets:
            file.seek(offset)
            file.write(block)
        # Ciphertext looks like noise.
        file.seek(MIB)
        file.write(os.urandom(8 * MIB))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes Windows registry hives (regf) from a tree of keys, with no code of the program under test.

Layout as in msuhanov's regf specification: one security descriptor for all keys, lf or lh lists
below 512 subkeys and ri above, big data cells above 16344 bytes.
"""

import struct

SZ, EXPAND_SZ, BINARY, DWORD, MULTI_SZ, QWORD = 1, 2, 3, 4, 7, 11

NONE = 0xFFFFFFFF
BIG_DATA = 16344
LIST_LIMIT = 512
FILETIME = 133000000000000000  # June 2022, for every key: hives come out the same every time


class Key:
    """A key with values (name, type, data) and subkeys; names keep their case."""

    def __init__(self, name=""):
        self.name = name
        self.values = []
        self.subkeys = {}

    def key(self, path):
        """The key at path below this one, made where it is missing."""
        node = self
        for name in path.split("\\"):
            node = node.subkeys.setdefault(name.upper(), Key(name))
        return node

    def set(self, name, kind, data):
        self.values = [value for value in self.values if value[0].upper() != name.upper()]
        self.values.append((name, kind, data))
        return self

    def sz(self, name, text):
        return self.set(name, SZ, utf16(text))

    def expand(self, name, text):
        return self.set(name, EXPAND_SZ, utf16(text))

    def multi(self, name, *texts):
        return self.set(name, MULTI_SZ, b"".join(utf16(text) for text in texts) + b"\0\0")

    def dword(self, name, number):
        return self.set(name, DWORD, struct.pack("<I", number))

    def qword(self, name, number):
        return self.set(name, QWORD, struct.pack("<Q", number))

    def binary(self, name, data):
        return self.set(name, BINARY, bytes(data))


def utf16(text):
    return (text + "\0").encode("utf-16-le")


def _name_bytes(name):
    """A name as stored, and whether it is in the one-byte form."""
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le"), False


def _sid(authority, *parts):
    return struct.pack(">BBHI", 1, len(parts), 0, authority) + struct.pack(
        "<%dI" % len(parts), *parts
    )


def _security_descriptor():
    administrators, system = _sid(5, 32, 544), _sid(5, 18)
    users = _sid(5, 32, 545)
    aces = b""
    for sid, mask in ((users, 0x20019), (administrators, 0xF003F), (system, 0xF003F)):
        aces += struct.pack("<BBHI", 0, 2, 8 + len(sid), mask) + sid
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(aces), 3, 0) + aces
    owner = 20
    group = owner + len(administrators)
    dacl = group + len(system)
    return (
        struct.pack("<BBHIIII", 1, 0, 0x8004, owner, group, 0, dacl) + administrators + system + acl
    )


class _Writer:
    """Cells in bins; one is reserved first and filled when its references are known."""

    def __init__(self, minor):
        self.minor = minor
        self.bins = bytearray()
        self.bin_end = 0
        self.position = 0
        self.keys = 0
        self.inline = {}  # (key path, value name) -> offset in the file of a value's data

    def _new_bin(self, need):
        self._close_bin()
        start = len(self.bins)
        size = (32 + need + 4095) & ~4095
        self.bins += struct.pack("<4sIIQQI", b"hbin", start, size, 0, FILETIME, 0)
        self.bins += bytes(size - 32)
        self.position = start + 32
        self.bin_end = start + size

    def _close_bin(self):
        left = self.bin_end - self.position
        if left > 0:
            struct.pack_into("<i", self.bins, self.position, left)

    def reserve(self, length):
        size = (length + 4 + 7) & ~7
        if self.position + size > self.bin_end:
            self._new_bin(size)
        offset = self.position
        struct.pack_into("<i", self.bins, offset, -size)
        self.position += size
        return offset

    def fill(self, offset, data):
        self.bins[offset + 4 : offset + 4 + len(data)] = data

    def cell(self, data):
        offset = self.reserve(len(data))
        self.fill(offset, data)
        return offset

    def data(self, data):
        if len(data) <= BIG_DATA or self.minor < 4:
            return self.cell(data)
        segments = [
            self.cell(data[i : i + BIG_DATA] + bytes(4)) for i in range(0, len(data), BIG_DATA)
        ]
        table = self.cell(struct.pack("<%dI" % len(segments), *segments))
        return self.cell(struct.pack("<2sHII", b"db", len(segments), table, 0))

    def value(self, path, value):
        name, kind, data = value
        stored, short = _name_bytes(name)
        if len(data) <= 4:
            size, where = len(data) | 0x80000000, data.ljust(4, b"\0")
        else:
            size, where = len(data), struct.pack("<I", self.data(data))
        header = struct.pack("<2sHI", b"vk", len(stored), size) + where
        offset = self.cell(
            header + struct.pack("<IHH", kind, 1 if short and name else 0, 0) + stored
        )
        in_file = offset + 12 if len(data) <= 4 else struct.unpack("<I", where)[0] + 4
        self.inline[(path.upper(), name.upper())] = 4096 + in_file
        return offset

    def list_entry(self, name, offset):
        upper = name.upper()
        if self.minor < 5:
            return struct.pack("<I4s", offset, name[:4].encode("latin-1", "replace"))
        hashed = 0
        for char in upper:
            hashed = (hashed * 37 + ord(char)) & 0xFFFFFFFF
        return struct.pack("<II", offset, hashed)

    def subkey_list(self, children):
        kind = b"lf" if self.minor < 5 else b"lh"
        leaves = []
        for i in range(0, len(children), LIST_LIMIT):
            part = children[i : i + LIST_LIMIT]
            entries = b"".join(self.list_entry(name, offset) for name, offset in part)
            leaves.append(self.cell(struct.pack("<2sH", kind, len(part)) + entries))
        if len(leaves) == 1:
            return leaves[0]
        return self.cell(
            struct.pack("<2sH", b"ri", len(leaves)) + struct.pack("<%dI" % len(leaves), *leaves)
        )

    def key(self, key, parent, path, security):
        self.keys += 1
        stored, short = _name_bytes(key.name)
        offset = self.reserve(76 + len(stored))
        values = [self.value(path, value) for value in key.values]
        value_list = self.cell(struct.pack("<%dI" % len(values), *values)) if values else NONE
        children = []
        for child in sorted(key.subkeys.values(), key=lambda child: child.name.upper()):
            below = path + "\\" + child.name if path else child.name
            children.append((child.name, self.key(child, offset, below, security)))
        subkeys = self.subkey_list(children) if children else NONE
        flags = (0x20 if short else 0) | (0x0C if parent is None else 0)
        longest = lambda names: max((2 * len(name) for name in names), default=0)
        self.fill(
            offset,
            struct.pack(
                "<2sHQIIIIIIIIIIIIIIIHH",
                b"nk",
                flags,
                FILETIME,
                0,
                parent or 0,
                len(children),
                0,
                subkeys,
                NONE,
                len(values),
                value_list,
                security,
                NONE,
                longest(name for name, _ in children),
                0,
                longest(value[0] for value in key.values),
                max((len(value[2]) for value in key.values), default=0),
                0,
                len(stored),
                0,
            )
            + stored,
        )
        return offset


def checksum(header):
    result = 0
    for word in struct.unpack("<127I", header[:508]):
        result ^= word
    return {0: 1, 0xFFFFFFFF: 0xFFFFFFFE}.get(result, result)


def set_header(image, primary, secondary):
    """Sequence numbers and checksum of a hive or of the first 512 bytes of a log (a bytearray)."""
    struct.pack_into("<II", image, 4, primary, secondary)
    struct.pack_into("<I", image, 508, checksum(image))


class Hive:
    """The finished file, and where the data of its values are."""

    def __init__(self, root, file_name, minor=5, flags=0, sequence=100, pad_to=4096):
        writer = _Writer(minor)
        if not root.name:
            root.name = "ROOT"
        descriptor = _security_descriptor()
        # The security cell is first: its offset is in every key. Filled when keys are counted.
        security = writer.reserve(20 + len(descriptor))
        root_offset = writer.key(root, None, "", security)
        writer._close_bin()
        writer.fill(
            security,
            struct.pack("<2sHIIII", b"sk", 0, security, security, writer.keys, len(descriptor))
            + descriptor,
        )
        header = bytearray(4096)
        tail = file_name[-31:].encode("utf-16-le")
        struct.pack_into(
            "<4sIIQIIIIIII",
            header,
            0,
            b"regf",
            0,
            0,
            FILETIME,
            1,
            minor,
            0,
            1,
            root_offset,
            len(writer.bins),
            1,
        )
        header[48 : 48 + len(tail)] = tail
        struct.pack_into("<I", header, 144, flags)
        set_header(header, sequence, sequence)
        self.image = header + writer.bins
        self.image += bytes(-len(self.image) % pad_to)
        self.sequence = sequence
        self.keys = writer.keys
        self.places = writer.inline

    def place(self, path, name):
        """Offset in the file of the data of a value."""
        return self.places[(path.upper(), name.upper())]


def _rotl(value, bits):
    return ((value << bits) | (value >> (32 - bits))) & 0xFFFFFFFF


def marvin32(data):
    """The hash of new-format log entries, with the seed that Windows uses there."""
    low, high = 0x7A4E55C5, 0x82EF4D88
    data = bytes(data) + b"\x80"
    data += bytes(-len(data) % 4) + bytes(4)
    for word in struct.unpack("<%dI" % (len(data) // 4), data):
        low = (low + word) & 0xFFFFFFFF
        high ^= low
        low = (_rotl(low, 20) + high) & 0xFFFFFFFF
        high = _rotl(high, 9) ^ low
        low = (_rotl(low, 27) + high) & 0xFFFFFFFF
        high = _rotl(high, 19)
    return high << 32 | low


def _log_entry(sequence, bins_size, pages):
    references = b"".join(struct.pack("<II", offset, len(data)) for offset, data in pages)
    body = references + b"".join(data for _, data in pages)
    size = (40 + len(body) + 511) & ~511
    body += bytes(size - 40 - len(body))
    header = struct.pack("<4sIIIII", b"HvLE", size, 0, sequence, bins_size, len(pages))
    header += struct.pack("<Q", marvin32(body))
    return header + struct.pack("<Q", marvin32(header)) + body


def make_dirty(hive, old_values):
    """The hive as it would be found after a power cut, and its LOG1 (Windows 8.1 and later).

    old_values: {(key path, value name): bytes} says what the hive file still holds; the log brings
    back what hive has, in two entries, and lets the hive grow by one bin.
    Returns (file, log, final).
    """
    sequence = hive.sequence
    final = bytearray(hive.image)
    bins_size = struct.unpack_from("<I", final, 40)[0]
    del final[4096 + bins_size :]
    final += struct.pack("<4sIIQQI", b"hbin", bins_size, 4096, 0, 0, 0)
    final += struct.pack("<i", 4096 - 32) + bytes(4096 - 36)
    struct.pack_into("<I", final, 40, bins_size + 4096)
    old = bytearray(hive.image)
    pages = set()
    for (path, name), data in old_values.items():
        start = hive.place(path, name)
        old[start : start + len(data)] = data
        pages.update(range((start - 4096) // 4096, (start - 4096 + len(data) - 1) // 4096 + 1))
    set_header(old, sequence + 1, sequence)
    page = lambda number: (number * 4096, bytes(final[(number + 1) * 4096 : (number + 2) * 4096]))
    log = bytearray(old[:512])
    struct.pack_into("<I", log, 28, 6)
    set_header(log, sequence, sequence)
    log += _log_entry(sequence, bins_size, [page(number) for number in sorted(pages)])
    log += _log_entry(sequence + 1, bins_size + 4096, [page(bins_size // 4096)])
    set_header(final, sequence + 2, sequence + 2)
    return bytes(old), bytes(log), bytes(final)

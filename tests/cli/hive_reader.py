# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a whole registry hive (regf) and insists on what Windows relies on: header, cells, order and hashes
of lists, counts, and the references to security descriptors. Layout: msuhanov's regf specification."""

import struct

NONE = 0xFFFFFFFF
BIG_DATA = 16344
KEY_IS_ASCII, VALUE_IS_ASCII = 0x20, 1


class HiveError(Exception):
    """What is wrong, and where."""


def require(condition, what):
    if not condition:
        raise HiveError(what)


class Key:
    """values: folded name → (name, type, data); keys: folded name → Key. volatile_keys: how many there
    were in memory when the hive was written; only XP and 2003 mind."""

    def __init__(self, name, time, security):
        self.name, self.time, self.security = name, time, security
        self.values, self.keys, self.volatile_keys = {}, {}, 0

    def at(self, path):
        """The key below this one, or None."""
        key = self
        for name in path.split("\\"):
            key = key.keys.get(name.upper()) if key else None
        return key

    def get(self, name):
        """(type, data) of a value, or None."""
        value = self.values.get(name.upper())
        return value[1:] if value else None


def checksum(header):
    result = 0
    for (word,) in struct.iter_unpack("<I", header[:508]):
        result ^= word
    return {0: 1, NONE: NONE - 1}.get(result, result)


class Hive:
    """root: the tree; sequence: the number both header fields have."""

    def __init__(self, data):
        self.data = data
        self._check_header()
        self._check_bins()
        self.references = {}
        self.security = {}
        self.root = self._key(self._u32(36), NONE, 0)
        for offset, counted in self.references.items():
            _, stored = self.security[offset]
            require(
                counted == stored,
                "descriptor %#x: %d references, not %d" % (offset, counted, stored),
            )
        self._check_security_list()

    def _u32(self, offset):
        return struct.unpack_from("<I", self.data, offset)[0]

    def _check_header(self):
        header = self.data[:4096]
        require(len(header) == 4096 and header[:4] == b"regf", "no hive")
        first, second = struct.unpack_from("<II", header, 4)
        require(first == second, "sequence numbers %d and %d" % (first, second))
        self.sequence = first
        major, self.minor, kind, form = struct.unpack_from("<IIII", header, 20)
        require(
            (major, kind, form) == (1, 0, 1),
            "version %d, file type %d, format %d" % (major, kind, form),
        )
        require(self._u32(508) == checksum(header), "checksum")

    def _check_bins(self):
        """Every byte belongs to a cell of a bin; self.cells: offset → content of those in use."""
        size = self._u32(40)
        require(size % 4096 == 0 and 4096 + size <= len(self.data), "the size of the bins")
        self.bins, self.cells = self.data[4096 : 4096 + size], {}
        start = 0
        while start < size:
            magic, own, length = struct.unpack_from("<4sII", self.bins, start)
            require(
                magic == b"hbin" and own == start and length and length % 4096 == 0,
                "bin %#x" % start,
            )
            position, end = start + 32, start + length
            require(end <= size, "bin %#x is too long" % start)
            while position < end:
                (cell,) = struct.unpack_from("<i", self.bins, position)
                require(
                    cell and cell % 8 == 0 and position + abs(cell) <= end, "cell %#x" % position
                )
                if cell < 0:
                    self.cells[position] = self.bins[position + 4 : position - cell]
                position += abs(cell)
            start = end

    def _cell(self, offset, magic=None):
        require(offset in self.cells, "no cell in use at %#x" % offset)
        cell = self.cells[offset]
        require(magic is None or cell[:2] == magic, "%r at %#x, not %r" % (cell[:2], offset, magic))
        return cell

    def _check_security_list(self):
        """The descriptors form one ring."""
        if not self.references:
            return
        start = offset = next(iter(self.references))
        ring = set()
        while offset not in ring:
            ring.add(offset)
            following = struct.unpack_from("<I", self._cell(offset, b"sk"), 4)[0]
            require(
                struct.unpack_from("<I", self._cell(following, b"sk"), 8)[0] == offset,
                "the ring of descriptors",
            )
            offset = following
        require(offset == start and ring >= set(self.references), "the ring of descriptors")

    def _descriptor(self, offset):
        if offset not in self.security:
            cell = self._cell(offset, b"sk")
            count, size = struct.unpack_from("<II", cell, 12)
            self.security[offset] = (cell[20 : 20 + size], count)
        self.references[offset] = self.references.get(offset, 0) + 1
        return self.security[offset][0]

    def _key(self, offset, parent, depth):
        cell = self._cell(offset, b"nk")
        require(depth < 512, "too deep")
        flags, time = struct.unpack_from("<HQ", cell, 2)
        above, count, volatile, subkeys = struct.unpack_from("<IIII", cell, 16)
        values, value_list, security = struct.unpack_from("<III", cell, 36)
        require(parent in (NONE, above), "the parent of key %#x" % offset)
        stored = cell[76 : 76 + struct.unpack_from("<H", cell, 72)[0]]
        key = Key(
            stored.decode("latin-1" if flags & KEY_IS_ASCII else "utf-16-le"),
            time,
            self._descriptor(security),
        )
        key.volatile_keys = volatile
        offsets = self._list(subkeys, count) if count else []
        for child in offsets:
            below = self._key(child, offset, depth + 1)
            require(below.name.upper() not in key.keys, "two keys '%s'" % below.name)
            key.keys[below.name.upper()] = below
        names = [below.name.upper().encode("utf-16-be") for below in key.keys.values()]
        require(names == sorted(names), "the order of the keys in '%s'" % key.name)
        if values:
            table = self._cell(value_list)
            require(len(table) >= 4 * values, "the value list of '%s'" % key.name)
            for position in struct.unpack_from("<%dI" % values, table):
                self._add_value(key, position)
        return key

    def _list(self, offset, count):
        """Offsets of the keys of a list; hashes are checked against the names."""
        cell = self._cell(offset)
        magic, entries = struct.unpack_from("<2sH", cell)
        result = []
        if magic == b"ri":
            for (child,) in struct.iter_unpack("<I", cell[4 : 4 + 4 * entries]):
                require(self._cell(child)[:2] != b"ri", "nested lists at %#x" % offset)
                result += self._list(child, None)
        elif magic == b"li":
            result = [child for (child,) in struct.iter_unpack("<I", cell[4 : 4 + 4 * entries])]
        else:
            require(magic in (b"lf", b"lh"), "a list of kind %r" % magic)
            require(
                magic == b"lf" or self.minor >= 5, "hashes in a hive of version 1.%d" % self.minor
            )
            for child, hint in struct.iter_unpack("<I4s", cell[4 : 4 + 8 * entries]):
                require(self._hint(child, magic) in (None, hint), "the hash of key %#x" % child)
                result.append(child)
        require(
            count is None or len(result) == count,
            "%d keys in list %#x, not %s" % (len(result), offset, count),
        )
        return result

    def _hint(self, offset, magic):
        cell = self._cell(offset, b"nk")
        if not struct.unpack_from("<H", cell, 2)[0] & KEY_IS_ASCII:
            return None
        name = cell[76 : 76 + struct.unpack_from("<H", cell, 72)[0]].decode("latin-1")
        if magic == b"lf":
            return name.encode("latin-1")[:4].ljust(4, b"\0")
        result = 0
        for character in name.upper():
            result = (result * 37 + ord(character)) & NONE
        return struct.pack("<I", result)

    def _add_value(self, key, offset):
        cell = self._cell(offset, b"vk")
        length, size, where, kind, flags = struct.unpack_from("<HIIIH", cell, 2)
        name = cell[20 : 20 + length].decode("latin-1" if flags & VALUE_IS_ASCII else "utf-16-le")
        require(name.upper() not in key.values, "two values '%s' in '%s'" % (name, key.name))
        if size & 0x80000000:
            data = cell[8 : 8 + (size & 0x7FFFFFFF)]
        else:
            data = self._data(where, size)
        key.values[name.upper()] = (name, kind, data)

    def _data(self, offset, size):
        if size == 0:
            return b""
        if size <= BIG_DATA or self.minor < 4:
            cell = self._cell(offset)
            require(len(cell) >= size, "the data at %#x" % offset)
            return cell[:size]
        segments, table = struct.unpack_from("<HI", self._cell(offset, b"db"), 2)
        data = b"".join(
            self._cell(segment)[:BIG_DATA]
            for segment in struct.unpack_from("<%dI" % segments, self._cell(table))
        )
        require(len(data) >= size, "the segments at %#x" % offset)
        return data[:size]

# SPDX-License-Identifier: GPL-3.0-or-later
"""An NTFS volume as file records, attributes, index entries and bitmaps: for tests that write logs
about them, and that compare what a replay makes of them. Shares nothing with the program."""

import mmap
import struct

STRIDE = 512
MFT, MIRROR, LOG, VOLUME, BITMAP_FILE = 0, 1, 2, 3, 6
TYPE_INDEX_ROOT, TYPE_INDEX_ALLOCATION, TYPE_BITMAP, TYPE_DATA = 0x90, 0xA0, 0xB0, 0x80
TYPE_END = 0xFFFFFFFF


def u16(data, offset):
    return struct.unpack_from("<H", data, offset)[0]


def u32(data, offset):
    return struct.unpack_from("<I", data, offset)[0]


def u64(data, offset):
    return struct.unpack_from("<Q", data, offset)[0]


def unprotect(block):
    """The content behind the update sequence; None when the block is torn or none at all."""
    block = bytearray(block)
    array, count = u16(block, 4), u16(block, 6)
    if count != len(block) // STRIDE + 1 or array + 2 * count > STRIDE - 2:
        return None
    for i in range(1, count):
        if block[i * STRIDE - 2 : i * STRIDE] != block[array : array + 2]:
            return None
        block[i * STRIDE - 2 : i * STRIDE] = block[array + 2 * i : array + 2 * i + 2]
    return block


def protect(block, number):
    block = bytearray(block)
    array, count = u16(block, 4), u16(block, 6)
    struct.pack_into("<H", block, array, number)
    for i in range(1, count):
        block[array + 2 * i : array + 2 * i + 2] = block[i * STRIDE - 2 : i * STRIDE]
        struct.pack_into("<H", block, i * STRIDE - 2, number)
    return block


class Attribute:
    def __init__(self, data):
        self.data = bytes(data)
        self.type = u32(data, 0)
        self.is_resident = data[8] == 0
        name = u16(data, 10)
        self.name = bytes(data[name : name + 2 * data[9]])
        self.key = (self.type, self.name, u16(data, 14), u64(data, 16) if data[8] else 0)

    @property
    def value_offset(self):
        return u16(self.data, 20)

    @property
    def value(self):
        return self.data[self.value_offset : self.value_offset + u32(self.data, 16)]

    @property
    def pairs_offset(self):
        return u16(self.data, 32)

    def runs(self):
        """Of (vcn, lcn, length); lcn None: a hole."""
        at, vcn, lcn = self.pairs_offset, u64(self.data, 16), 0
        while self.data[at]:
            sizes = self.data[at]
            length_bytes, lcn_bytes = sizes & 15, sizes >> 4
            length = int.from_bytes(self.data[at + 1 : at + 1 + length_bytes], "little")
            at += 1 + length_bytes
            if lcn_bytes:
                lcn += int.from_bytes(self.data[at : at + lcn_bytes], "little", signed=True)
                yield vcn, lcn, length
            else:
                yield vcn, None, length
            vcn, at = vcn + length, at + lcn_bytes

    def pairs(self):
        """With the end mark."""
        at = self.pairs_offset
        while self.data[at]:
            at += 1 + (self.data[at] & 15) + (self.data[at] >> 4)
        return self.data[self.pairs_offset : at + 1]

    def content(self):
        """What counts: without padding."""
        if self.is_resident:
            end = self.value_offset + u32(self.data, 16)
        else:
            end = self.pairs_offset + len(self.pairs())
        return self.data[:end]


class Record:
    def __init__(self, data):
        at = u16(data, 20)
        self.header = bytearray(data[:at])
        self.attributes = []
        while u32(data, at) != TYPE_END:
            length = u32(data, at + 4)
            self.attributes.append(Attribute(data[at : at + length]))
            at += length

    def offset_of(self, index):
        return len(self.header) + sum(len(other.data) for other in self.attributes[:index])

    def used(self):
        return self.offset_of(len(self.attributes)) + 8

    def encode(self):
        header = bytearray(self.header)
        struct.pack_into("<I", header, 24, self.used())
        return bytes(
            header + b"".join(a.data for a in self.attributes) + struct.pack("<II", TYPE_END, 0)
        )

    def find(self, kind, name=None):
        for attribute in self.attributes:
            if attribute.type == kind and name in (None, attribute.name):
                return attribute
        return None


def split_entries(data, header):
    """The index entries behind the header at this offset: each as bytes, the end mark last."""
    at, entries = header + u32(data, header), []
    while True:
        size = u16(data, at + 8)
        entries.append(bytes(data[at : at + size]))
        if u16(data, at + 12) & 2:
            return entries
        at += size


class Volume:
    def __init__(self, path, writable=False):
        self.file = open(path, "r+b" if writable else "rb")
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        self.image = mmap.mmap(self.file.fileno(), 0, access=access)
        boot = self.image[:STRIDE]
        self.cluster = u16(boot, 11) * (boot[13] if boot[13] <= 128 else 1 << 256 - boot[13])
        size = struct.unpack_from("<b", boot, 64)[0]
        self.record_size = 1 << -size if size < 0 else size * self.cluster
        self.mft_start = u64(boot, 48) * self.cluster
        self.mirror_start = u64(boot, 56) * self.cluster
        first = Record(unprotect(self.image[self.mft_start : self.mft_start + self.record_size]))
        self.mft_runs = list(first.find(TYPE_DATA).runs())
        self.record_count = u64(first.find(TYPE_DATA).data, 48) // self.record_size

    def close(self):
        self.image.close()
        self.file.close()

    def locate(self, runs, offset):
        """Where a byte of an attribute is on the volume; None: in a hole, or beyond the end."""
        for vcn, lcn, length in runs:
            if vcn * self.cluster <= offset < (vcn + length) * self.cluster:
                return None if lcn is None else lcn * self.cluster + offset - vcn * self.cluster
        return None

    def record_place(self, number):
        return self.locate(self.mft_runs, number * self.record_size)

    def raw_record(self, number):
        if number >= self.record_count:
            return None
        place = self.record_place(number)
        data = self.image[place : place + self.record_size]
        return unprotect(data) if data[:4] == b"FILE" else None

    def record(self, number):
        """None: not in use."""
        data = self.raw_record(number)
        return Record(data) if data and u16(data, 22) & 1 else None

    def records(self):
        for number in range(self.record_count):
            record = self.record(number)
            if record:
                yield number, record

    def content(self, attribute):
        if attribute.is_resident:
            return attribute.value
        pieces = []
        for _, lcn, length in attribute.runs():
            size = length * self.cluster
            start = None if lcn is None else lcn * self.cluster
            pieces.append(bytes(size) if lcn is None else self.image[start : start + size])
        return b"".join(pieces)[: u64(attribute.data, 48)]

    def find_attribute(self, number, kind, name):
        """In the file's record, or in the others that belong to it."""
        for other, record in self.records():
            base = u64(record.header, 32) & 0xFFFFFFFFFFFF
            if number in (other, base) and record.find(kind, name):
                return record.find(kind, name)
        return None

    def index_blocks(self):
        """Of (record, attribute, block size, offset in it, place, content); the content of blocks
        in no use is None."""
        for number, record in self.records():
            for attribute in record.attributes:
                if attribute.type != TYPE_INDEX_ALLOCATION:
                    continue
                number = u64(record.header, 32) & 0xFFFFFFFFFFFF or number
                size = u32(self.find_attribute(number, TYPE_INDEX_ROOT, attribute.name).value, 8)
                used = self.content(self.find_attribute(number, TYPE_BITMAP, attribute.name))
                runs = list(attribute.runs())
                for offset in range(0, u64(attribute.data, 48), size):
                    place = self.locate(runs, offset)
                    bit = offset // size
                    is_used = used[bit // 8] >> bit % 8 & 1
                    content = unprotect(self.image[place : place + size]) if is_used else None
                    yield number, attribute, size, offset, place, content

    def bitmaps(self):
        """Of (record, attribute): the cluster bitmap and that of the file records."""
        yield BITMAP_FILE, self.record(BITMAP_FILE).find(TYPE_DATA)
        yield MFT, self.record(MFT).find(TYPE_BITMAP)


def compare(one, other):
    """What is different, in words; nothing: the same files, names, indexes and clusters. $LogFile's
    content and the dirty flag do not count, nor what is in no use."""
    problems = []
    records = {number: record for number, record in one.records()}
    wanted = {number: record for number, record in other.records()}
    for number in sorted(set(records) ^ set(wanted)):
        problems.append("record %d is in use in one only" % number)
    for number in sorted(set(records) & set(wanted)):
        first, second = records[number], wanted[number]
        if first.header[16:24] + first.header[32:42] != second.header[16:24] + second.header[32:42]:
            problems.append("record %d has another header" % number)
        ours = [a.content() for a in first.attributes]
        theirs = [a.content() for a in second.attributes]
        if number == VOLUME:
            ours, theirs = ([x for x in y if u32(x, 0) != 0x70] for y in (ours, theirs))
        if ours != theirs:
            problems.append("record %d has other attributes" % number)
    blocks = [
        [(block[0], block[3], block[5] and split_entries(block[5], 24)) for block in blocks]
        for blocks in (one.index_blocks(), other.index_blocks())
    ]
    if blocks[0] != blocks[1]:
        problems.append("index blocks differ")
    for (_, first), (_, second) in zip(one.bitmaps(), other.bitmaps()):
        if one.content(first) != other.content(second):
            problems.append("a bitmap differs")
    return problems

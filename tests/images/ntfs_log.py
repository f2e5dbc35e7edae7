# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes $LogFile as Windows does: version 1.1, and 2.0 of Windows 8 and later. Layout as in Linux,
fs/ntfs3/fslog.c; the details were compared with logs of Windows 7. Shares nothing with the
program."""

import struct
from collections import namedtuple

from ntfs_metadata import protect

PAGE = 4096
DATA_START = 64
HEADER = 48
RING_START = {1: 4, 2: 0x22}  # pages
TABLE_HEADER, TRANSACTION_SIZE = 24, 40
ALLOCATED = 0xFFFFFFFF

NOOP, COMPENSATION, INITIALIZE, DEALLOCATE, WRITE_END = range(5)
CREATE, DELETE, UPDATE_VALUE, UPDATE_BYTES, UPDATE_PAIRS = range(5, 10)
SET_SIZES, ADD_ROOT, DELETE_ROOT, ADD_BLOCK, DELETE_BLOCK = range(11, 16)
WRITE_END_BLOCK, SET_CHILD_ROOT, SET_CHILD_BLOCK = range(16, 19)
UPDATE_NAME_ROOT, UPDATE_NAME_BLOCK = range(19, 21)
SET_BITS, CLEAR_BITS, FORGET, OPEN = 0x15, 0x16, 0x1B, 0x1C
OPEN_TABLE, NAMES, DIRTY_TABLE, TRANSACTION_TABLE = 0x1D, 0x1E, 0x1F, 0x20

# target: (file reference, type, name, bytes of an index block); undo, redo: (operation, data)
Action = namedtuple(
    "Action", "redo undo target vcn lcns cluster_offset record_offset attribute_offset"
)


def round_up(value, unit):
    return (value + unit - 1) // unit * unit


class Log:
    def __init__(self, size, version, is_wide, start_page=None):
        """start_page: where in the ring the log begins; what does not fit behind it wraps. Not at
        the ring's start unless asked: ntfsrecover looks at what comes before."""
        self.size, self.version, self.is_wide = size, version, is_wide
        self.bits = size.bit_length() - 3
        self.image = bytearray(b"\xff" * size)
        self.first = RING_START[version] * PAGE
        self.fill_with_old_records()
        self.at = (start_page or RING_START[version] + 4) * PAGE + DATA_START
        self.round = 5
        self.pages = []  # as [offset, content], in the order of writing
        self.last = self.oldest = self.checkpoint = 0
        self.last_length = 0
        self.open = {}  # target: place in the table
        self.dirty = {}  # (place, first vcn of the page): [lcns, oldest LSN]
        self.running = {}  # id: [first LSN, last LSN]
        self.new_page()

    def fill_with_old_records(self):
        """The round before, as in a log that has been in use for long."""
        for at in range(self.first, self.size, PAGE):
            lsn = 4 << self.bits | at + DATA_START >> 3
            page = bytearray(PAGE)
            struct.pack_into("<4sHHQ", page, 0, b"RCRD", 40, PAGE // 512 + 1, lsn)
            struct.pack_into("<IHHH", page, 16, 1, 1, 1, PAGE)
            struct.pack_into("<Q", page, 32, lsn)
            body = bytes(PAGE - DATA_START - HEADER)
            struct.pack_into(
                "<QQQIHHIIH6x", page, DATA_START, lsn, 0, 0, len(body), 0, 0, 1, TABLE_HEADER, 0
            )
            struct.pack_into("<HHHHHH", page, DATA_START + HEADER, 0, 0, 40, 0, 40, 0)
            self.image[at : at + PAGE] = protect(page, 9)

    def new_page(self):
        page = bytearray(PAGE)
        struct.pack_into("<4sHH", page, 0, b"RCRD", 40, PAGE // 512 + 1)
        struct.pack_into("<IHHH", page, 16, 0, 1, 1, DATA_START)
        self.pages.append([self.at - self.at % PAGE, page])

    def advance(self):
        following = self.at - self.at % PAGE + PAGE
        if following >= self.size:
            following, self.round = self.first, self.round + 1
        self.at = following + DATA_START
        self.new_page()

    def append(self, data, transaction, undo_next=0, kind=1):
        if self.at % PAGE == 0 or PAGE - self.at % PAGE < HEADER:
            self.at = self.pages[-1][0]
            self.advance()
        lsn = self.round << self.bits | self.at >> 3
        spans = self.at % PAGE + HEADER + len(data) > PAGE
        record = struct.pack(
            "<QQQIHHIIH6x", lsn, self.last, undo_next, len(data), 0, 0, kind, transaction, spans
        )
        record += data
        while True:
            page = self.pages[-1][1]
            in_page = self.at % PAGE
            chunk = record[: PAGE - in_page]
            page[in_page : in_page + len(chunk)] = chunk
            struct.pack_into("<Q", page, 8, lsn)
            record = record[len(chunk) :]
            if not record:
                break
            self.advance()
        end = round_up(in_page + len(chunk), 8)
        struct.pack_into("<I", page, 16, 1)
        struct.pack_into("<H", page, 24, end)
        struct.pack_into("<Q", page, 32, lsn)
        self.at = self.pages[-1][0] + end
        self.last, self.last_length = lsn, len(data)
        self.oldest = self.oldest or lsn
        return lsn

    def place_of(self, target, transaction):
        """Opens the attribute when it is not."""
        if target not in self.open:
            place = TABLE_HEADER + len(self.open) * (40 if self.is_wide else 44)
            self.open[target] = place
            self.write(OPEN, self.open_entry(target), NOOP, target[2], place, [], 0, transaction)
        return self.open[target]

    def open_entry(self, target):
        reference, kind, _, index_size = target
        if self.is_wide:
            return struct.pack("<IIIIQQQ", ALLOCATED, index_size, kind, 0, reference, self.last, 0)
        return struct.pack(
            "<IIQQIIIII", ALLOCATED, 0, reference, self.last, 0, kind, 0, 0, index_size
        )

    def write(self, redo, redo_data, undo, undo_data, place, lcns, vcn, transaction, undo_next=0,
              offsets=(0, 0, 0)):
        body = b"".join(struct.pack("<Q", lcn) for lcn in lcns) or bytes(8)
        redo_at = 32 + len(body)
        undo_at = round_up(redo_at + len(redo_data), 8)
        header = struct.pack(
            "<HHHHHHHHHHHHQ", redo, undo, redo_at, len(redo_data), undo_at, len(undo_data), place,
            len(lcns), offsets[1], offsets[2], offsets[0], 0, vcn,
        )
        data = (header + body + redo_data).ljust(undo_at, b"\0") + undo_data
        return self.append(data.ljust(round_up(len(data), 8), b"\0"), transaction, undo_next)

    def act(self, action, transaction):
        """Logs it; returns its LSN."""
        place = self.place_of(action.target, transaction)
        running = self.running.setdefault(transaction, [0, 0])
        lsn = self.write(
            *action.redo, *action.undo, place, action.lcns, action.vcn, transaction, running[1],
            (action.cluster_offset // 512, action.record_offset, action.attribute_offset),
        )
        self.running[transaction] = [running[0] or lsn, lsn]
        self.dirty.setdefault((place, action.vcn), [list(action.lcns), lsn])
        return lsn

    def commit(self, transaction):
        self.write(FORGET, b"", COMPENSATION, b"", TABLE_HEADER, [], 0, transaction)
        self.running.pop(transaction, None)

    def table(self, entries, size):
        """entries: by place."""
        count = max([TABLE_HEADER, *entries]) // size + 1
        data = bytearray(TABLE_HEADER + count * size)
        struct.pack_into("<HHHxxxxxxIII", data, 0, size, count, len(entries), ALLOCATED, 0, 0)
        for place, entry in entries.items():
            data[place : place + len(entry)] = entry
        return bytes(data)

    def dirty_table(self):
        longest = max([1, *(len(lcns) for lcns, _ in self.dirty.values())])
        start = 32 if self.is_wide else 36
        size, entries = start + 8 * longest, {}
        for (place, vcn), (lcns, lsn) in self.dirty.items():
            entry = struct.pack("<IIII", ALLOCATED, place, 4096, len(lcns))
            entry += struct.pack("<QQ" if self.is_wide else "<4xQQ", vcn, lsn)
            entry += b"".join(struct.pack("<Q", lcn) for lcn in lcns)
            entries[TABLE_HEADER + len(entries) * size] = entry
        return self.table(entries, size)

    def write_checkpoint(self):
        start = self.last
        dumps = []
        names = b"".join(
            struct.pack("<HH", place, len(target[2])) + target[2]
            for target, place in self.open.items() if target[2]
        )
        running = {
            key: struct.pack("<IIQQQQ", ALLOCATED, 1, first, last, last, 0)
            for key, (first, last) in self.running.items()
        }
        size = 40 if self.is_wide else 44
        opened = {place: self.open_entry(target) for target, place in self.open.items()}
        for operation, used, data in (
            (OPEN_TABLE, opened, self.table(opened, size)),
            (NAMES, names, names + bytes(4)),
            (DIRTY_TABLE, self.dirty, self.dirty_table()),
            (TRANSACTION_TABLE, running, self.table(running, TRANSACTION_SIZE)),
        ):
            lsn = used and self.write(operation, data, NOOP, b"", TABLE_HEADER, [], 0, TABLE_HEADER)
            dumps.append((lsn, len(data)) if used else (0, 0))
        data = struct.pack("<IIQ", int(self.is_wide), 0, start)
        data += b"".join(struct.pack("<Q", lsn) for lsn, _ in dumps)
        data += b"".join(struct.pack("<I", length) for _, length in dumps)
        self.checkpoint = self.append(data.ljust(112, b"\0"), 0, kind=2)

    def restart_page(self):
        page = bytearray(PAGE)
        major, minor = (2, 0) if self.version == 2 else (1, 1)
        struct.pack_into("<4sHHQIIHHH", page, 0, b"RSTR", 30, 9, 0, PAGE, PAGE, 48, minor, major)
        struct.pack_into(
            "<QHHHHIHHQIHHI", page, 48, self.last, 1, 0xFFFF, 0, 0, 67 - self.size.bit_length(),
            224, 64, self.size, self.last_length, HEADER, DATA_START, 7,
        )
        name = "NTFS".encode("utf-16-le")
        struct.pack_into(
            "<QQHHH6xI", page, 112, self.oldest, self.checkpoint, 0xFFFF, 0xFFFF, 0, len(name)
        )
        page[144 : 144 + len(name)] = name
        return protect(page, 3)

    def finish(self, tail=0):
        """The whole log. tail: how many of its last pages were only written aside: 1 in version 1,
        up to 16 in version 2."""
        self.image[0:PAGE] = self.image[PAGE : 2 * PAGE] = self.restart_page()
        kept = len(self.pages) - tail
        for offset, page in self.pages[:kept]:
            self.image[offset : offset + PAGE] = protect(page, 9)
        # Copies of pages that are in the ring as well are never missing in life.
        aside = self.pages[kept:] or self.pages[-1:]
        for at in range(2 * PAGE, self.first, PAGE):
            number = at // PAGE - 2
            known = number < len(aside)
            offset, page = aside[number] if known else self.pages[max(0, kept - 1)]
            page = bytearray(page)
            if self.version == 2:
                struct.pack_into("<I", page, 60, offset)
            else:
                struct.pack_into("<Q", page, 8, offset)
            self.image[at : at + PAGE] = protect(page, 9)
        return bytes(self.image)

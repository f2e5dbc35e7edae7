# SPDX-License-Identifier: GPL-3.0-or-later
"""From two states of an NTFS volume to the actions that Windows would log on the way."""

import struct

import ntfs_log as log
from ntfs_metadata import (
    MFT,
    STRIDE,
    TYPE_DATA,
    TYPE_INDEX_ALLOCATION,
    TYPE_INDEX_ROOT,
    split_entries,
    u16,
    u32,
    u64,
)

NAME_INFORMATION = slice(24, 80)  # of an index entry that is a file name: times, sizes, flags
BLOCK_ENTRIES = 24  # of an index block: where the header of its entries is
BITMAP_PAGE = 4096


def first_difference(one, other):
    for i, (a, b) in enumerate(zip(one, other)):
        if a != b:
            return i
    return min(len(one), len(other))


def entry_key(entry):
    """Reference and key; not the child behind them."""
    if u16(entry, 12) & 2:
        return "end"
    key = entry[16 : 16 + u16(entry, 10)]
    return entry[:8] + key[:8] + key[64:]


def without_child(entry):
    return entry[:-8] if u16(entry, 12) & 1 else entry


def entry_steps(old, new):
    """Turns the old list of entries into the new one: of (index, what, before, after)."""
    current, i = list(old), 0
    keys = {entry_key(entry) for entry in new}
    while i < len(new):
        before, after = current[i], new[i]
        if before == after:
            i += 1
        elif entry_key(before) == entry_key(after) and len(before) == len(after):
            child = without_child(after) + before[len(without_child(before)) :]
            if child != before:
                yield i, "name", before, child
            if child != after:
                yield i, "child", child, after
            current[i] = after
            i += 1
        elif entry_key(before) not in keys:
            yield i, "delete", before, None
            del current[i]
        else:
            yield i, "add", None, after
            current.insert(i, after)
            i += 1


class Changes:
    """The actions, in self.actions as (action, block): the block is what it changes, as (place,
    size), so that a test can say which had reached the disk."""

    def __init__(self, old, new):
        self.old, self.new = old, new
        self.actions = []
        self.mft = (MFT | u16(new.raw_record(MFT), 16) << 48, TYPE_DATA, b"", 0)
        self.add_records()
        self.add_blocks()
        self.add_bitmaps()

    def add(self, redo, undo, target, runs, offset, size, record_offset=0, attribute_offset=0):
        cluster = self.new.cluster
        vcn, inside = divmod(offset, cluster)
        inside -= inside % STRIDE
        lcns = [
            self.new.locate(runs, (vcn + i) * cluster) // cluster
            for i in range(max(1, -(-(inside + size) // cluster)))
        ]
        action = log.Action(
            redo, undo, target, vcn, tuple(lcns), inside, record_offset, attribute_offset
        )
        self.actions.append((action, (self.new.locate(runs, offset), size)))

    # File records

    def add_records(self):
        for number in range(self.new.record_count):
            old, new = self.old.record(number), self.new.record(number)
            if old and new and old.header[16:18] == new.header[16:18]:
                self.change_record(number, old, new)
                continue
            if old:
                self.record_action(number, (log.DEALLOCATE, b""), (log.INITIALIZE, old.encode()))
            if new:
                self.record_action(number, (log.NOOP, b""), (log.DEALLOCATE, b""))
                self.record_action(number, (log.INITIALIZE, new.encode()), (log.NOOP, b""))

    def record_action(self, number, redo, undo, *offsets):
        size = self.new.record_size
        self.add(redo, undo, self.mft, self.new.mft_runs, number * size, size, *offsets)

    def change_record(self, number, current, new):
        """current is changed along with the actions, so that offsets are right."""
        keys = {attribute.key for attribute in new.attributes}
        i = 0
        while i < len(new.attributes) or i < len(current.attributes):
            before = current.attributes[i] if i < len(current.attributes) else None
            after = new.attributes[i] if i < len(new.attributes) else None
            if before and after and before.content() == after.content():
                i += 1
            elif self.is_changed(before, after):
                i += self.change_attribute(number, current, i, after)
            elif before and (not after or before.key == after.key or before.key not in keys):
                self.delete_attribute(number, current, i)
            else:
                self.create_attribute(number, current, i, after)
                i += 1
        if self.header(current) != self.header(new):
            self.record_action(
                number, (log.INITIALIZE, new.encode()), (log.INITIALIZE, current.encode())
            )

    @staticmethod
    def is_changed(before, after):
        """Rather than replaced."""
        both = before and after
        return both and before.key == after.key and before.is_resident == after.is_resident

    @staticmethod
    def header(record):
        return bytes(record.header[16:24] + record.header[32:42])

    @staticmethod
    def count_link(record, attribute, count):
        if attribute.is_resident and attribute.data[22] & 1:
            struct.pack_into("<H", record.header, 18, u16(record.header, 18) + count)

    def delete_attribute(self, number, current, i):
        gone = current.attributes[i]
        offset = current.offset_of(i)
        self.record_action(number, (log.DELETE, b""), (log.CREATE, gone.data), offset)
        del current.attributes[i]
        self.count_link(current, gone, -1)

    def create_attribute(self, number, current, i, attribute):
        offset = current.offset_of(i)
        self.record_action(number, (log.CREATE, attribute.data), (log.DELETE, b""), offset)
        current.attributes.insert(i, attribute)
        self.count_link(current, attribute, 1)
        instance = u16(attribute.data, 14)
        if u16(current.header, 40) <= instance:
            struct.pack_into("<H", current.header, 40, instance + 1)

    def change_attribute(self, number, current, i, after):
        """1, or 0 when the attribute was deleted, to be created next."""
        before, offset = current.attributes[i], current.offset_of(i)
        if before.type == TYPE_INDEX_ROOT:
            done = self.change_root(number, offset, before, after)
        elif before.is_resident:
            done = self.change_value(number, offset, before, after)
        else:
            done = self.change_mapping(number, offset, before, after)
        if not done:
            self.delete_attribute(number, current, i)
            return 0
        current.attributes[i] = after
        return 1

    def change_value(self, number, offset, before, after):
        if before.data[8:16] + before.data[20:24] != after.data[8:16] + after.data[20:24]:
            return False
        old, new = before.value, after.value
        start = first_difference(old, new)
        if len(old) == len(new):
            stop = len(old) - first_difference(old[::-1], new[::-1])
            old, new = old[:stop], new[:stop]
        self.record_action(
            number, (log.UPDATE_VALUE, new[start:]), (log.UPDATE_VALUE, old[start:]), offset,
            before.value_offset + start,
        )
        return True

    def change_mapping(self, number, offset, before, after):
        if before.data[32:40] != after.data[32:40]:
            return False
        sizes = [
            struct.pack("<QQQ", u64(a.data, 40), u64(a.data, 56), u64(a.data, 48))
            for a in (before, after)
        ]
        if sizes[0] != sizes[1]:
            self.record_action(number, (log.SET_SIZES, sizes[1]), (log.SET_SIZES, sizes[0]), offset)
        if before.pairs() != after.pairs():
            start = before.pairs_offset + first_difference(before.pairs(), after.pairs())
            self.record_action(  # to the end of the attribute, as Windows logs it
                number, (log.UPDATE_PAIRS, after.data[start:]),
                (log.UPDATE_PAIRS, before.data[start:]), offset, start,
            )
        if before.data[8:16] != after.data[8:16]:
            headers = [a.data[8:16] for a in (before, after)]
            self.record_action(
                number, (log.UPDATE_VALUE, headers[1]), (log.UPDATE_VALUE, headers[0]), offset, 8
            )
        return True

    def change_root(self, number, offset, before, after):
        old, new = before.value, after.value
        if old[:16] + old[28:32] != new[:16] + new[28:32]:
            return False
        entries = split_entries(old, 16)
        for i, what, gone, added in entry_steps(list(entries), split_entries(new, 16)):
            place = before.value_offset + 32 + sum(len(entry) for entry in entries[:i])
            self.entry_action(what, gone, added, True, lambda redo, undo: self.record_action(
                number, redo, undo, offset, place))
            self.follow(entries, i, what, added)
        return True

    @staticmethod
    def follow(entries, i, what, added):
        if what == "delete":
            del entries[i]
        elif what == "add":
            entries.insert(i, added)
        else:
            entries[i] = added

    @staticmethod
    def entry_action(what, gone, added, is_root, emit):
        add = log.ADD_ROOT if is_root else log.ADD_BLOCK
        delete = log.DELETE_ROOT if is_root else log.DELETE_BLOCK
        name = log.UPDATE_NAME_ROOT if is_root else log.UPDATE_NAME_BLOCK
        child = log.SET_CHILD_ROOT if is_root else log.SET_CHILD_BLOCK
        if what == "add":
            emit((add, added), (delete, b""))
        elif what == "delete":
            emit((delete, b""), (add, gone))
        elif what == "name":
            emit((name, added[NAME_INFORMATION]), (name, gone[NAME_INFORMATION]))
        else:
            emit((child, added[-8:]), (child, gone[-8:]))

    # Index blocks

    def add_blocks(self):
        old = {(b[0], b[1].name, b[3]): (b[4], b[5]) for b in self.old.index_blocks()}
        for number, attribute, size, offset, place, content in self.new.index_blocks():
            was_at, was = old.get((number, attribute.name, offset), (None, None))
            if content is None or (was and was_at == place and was[24:] == content[24:]):
                continue
            reference = number | u16(self.new.raw_record(number), 16) << 48
            target = (reference, TYPE_INDEX_ALLOCATION, attribute.name, size)
            runs = list(attribute.runs())

            def emit(redo, undo, attribute_offset=0):
                self.add(redo, undo, target, runs, offset, size, 0, attribute_offset)

            if was is None or was_at != place:
                used = BLOCK_ENTRIES + u32(content, BLOCK_ENTRIES + 4)
                emit((log.UPDATE_BYTES, bytes(content[:used])), (log.NOOP, b""))
            elif was[24:28] + was[32:40] != content[24:28] + content[32:40]:
                emit((log.UPDATE_BYTES, bytes(content)), (log.UPDATE_BYTES, bytes(was)))
            else:
                self.change_block(was, content, emit)

    def change_block(self, was, content, emit):
        entries, wanted = split_entries(was, BLOCK_ENTRIES), split_entries(content, BLOCK_ENTRIES)
        start = BLOCK_ENTRIES + u32(was, BLOCK_ENTRIES)
        same = first_difference(entries, wanted)
        if len(entries) - same > 3 and len(wanted) - same < 3:  # the block was split
            emit(
                (log.WRITE_END_BLOCK, b"".join(wanted[same:])),
                (log.WRITE_END_BLOCK, b"".join(entries[same:])),
                start + sum(len(entry) for entry in entries[:same]),
            )
            return
        for i, what, gone, added in entry_steps(list(entries), wanted):
            place = start + sum(len(entry) for entry in entries[:i])
            self.entry_action(what, gone, added, False, lambda redo, undo: emit(redo, undo, place))
            self.follow(entries, i, what, added)

    # Bitmaps

    def add_bitmaps(self):
        old = dict(self.old.bitmaps())
        for number, attribute in self.new.bitmaps():
            if attribute.is_resident:
                continue
            before, after = self.old.content(old[number]), self.new.content(attribute)
            reference = number | u16(self.new.raw_record(number), 16) << 48
            target = (reference, attribute.type, b"", 0)
            runs = list(attribute.runs())
            for page in range(0, len(after), BITMAP_PAGE):
                bits = [
                    int.from_bytes(part[page : page + BITMAP_PAGE], "little")
                    for part in (before, after)
                ]
                allocated = -(-len(after) // self.new.cluster) * self.new.cluster
                size = min(BITMAP_PAGE, allocated - page)
                for changed, redo, undo in (
                    (bits[1] & ~bits[0], log.SET_BITS, log.CLEAR_BITS),
                    (bits[0] & ~bits[1], log.CLEAR_BITS, log.SET_BITS),
                ):
                    for first, count in bit_runs(changed):
                        data = struct.pack("<II", first, count)
                        self.add((redo, data), (undo, data), target, runs, page, size)


def bit_runs(bits):
    first = 0
    while bits:
        skip = (bits & -bits).bit_length() - 1
        bits, first = bits >> skip, first + skip
        count = (~bits & bits + 1).bit_length() - 1
        yield first, count
        bits, first = bits >> count, first + count

# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tools of each filesystem's own people read on a volume, for volume_table.py."""

import hashlib
import os
import re
import shutil
import stat
import subprocess

TOOLS = ("blkid", "7z", "debugfs", "e2fsck", "xfs_db", "btrfs", "qemu-img", "linux.uml")
BLOCK = 1 << 20
LARGE = 64 * BLOCK
# Damaged on purpose: what a tool repairs or gives up differs from what can be read of it.
DAMAGED = {
    "53e61395-9651-44c9-affc-c1c13e64cdfc": "e2fsprogs-f_extents-image: extents that e2fsck repairs",
    "962a3396-e718-4104-bc36-35826746b133": "e2fsprogs-f_encrypted_lpf-image: lost+found is encrypted",
    "2675d6bb-fa5f-4fa0-9177-e8b078e21fcb": "e2fsprogs-j_corrupt_journal_block-image",
    "8c0f153d-062d-4792-aad9-f19c410e42b7": "fsck-tests-055: it says that it has two devices",
}
# Single files on which a tool differs, and why ours is right.
KNOWN = {
    ("26A7A1E93D3A46ED", "/test/1.txt"): "ntfs3.raw: in no folder's index; ntfsls does not list it either",
    ("76ff837b-94dc-4175-ba1e-1a08a4260b58", "/ext2_saved/image"): "fsck-tests-018: restore gives up in it",
}
# What is so by the type of its partition and not by its content.
BY_PARTITION = {"ldm_member"}
# Volumes whose beginning alone is in the sample.
CUT_OFF = {"BitLocker"}
# As blkid -o udev writes what is no letter.
ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


def find_missing():
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    os.environ["PATH"] = path
    return [tool for tool in TOOLS if shutil.which(tool, path=path) is None]


def run(*argv, **options):
    return subprocess.run(argv, capture_output=True, check=False, timeout=600, **options)


def cut_out(volume, disks, dumps, scratch):
    """The volume as a file: what volume-contents made of it, the disk, or a sparse copy of a part."""
    if volume.dumped == "dumped":
        return dumps / volume.number
    disk = disks[int(volume.disk)]
    start, size = int(volume.start), int(volume.size)
    if start == 0 and size == disk.stat().st_size:
        return disk
    image = scratch / f"part-{volume.number}"
    with open(disk, "rb") as source, open(image, "wb") as target:
        target.truncate(size)
        at = start
        while at < start + size:
            try:
                at = os.lseek(source.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            if at >= start + size:
                break
            source.seek(at)
            block = source.read(min(BLOCK, start + size - at))
            target.seek(at - start)
            target.write(block)
            at += len(block)
    return image


def unescape(text):
    return ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), text.encode()).decode("utf-8", "replace")


def plain(text):
    """A field of volume-contents as text."""
    return "" if text == "-" else text.encode("latin-1", "replace").decode("unicode_escape").encode(
        "latin-1", "replace").decode("utf-8", "replace")


def compare_identity(volume, image):
    done = run("blkid", "-p", "-o", "udev", image, text=True, errors="replace")
    said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    # A disk of its own that has a partition table is none of one volume.
    if "ID_PART_TABLE_TYPE" in said and "ID_FS_TYPE" not in said:
        return []
    wrong = []
    for name, ours in (("TYPE", volume.type), ("UUID_ENC", volume.uuid), ("LABEL_ENC", volume.label)):
        theirs = unescape(said.get(f"ID_FS_{name}", ""))
        if plain(ours) != theirs:
            wrong.append(f"{volume.name}: {name} is '{plain(ours)}', blkid says '{theirs}'")
    return wrong


def digest(path):
    """As volume-contents does: of large files the two ends."""
    total = hashlib.sha256()
    with open(path, "rb") as file:
        if os.path.getsize(path) > LARGE:
            total.update(file.read(BLOCK))
            file.seek(-BLOCK, os.SEEK_END)
        while block := file.read(BLOCK):
            total.update(block)
    return total.hexdigest()


def read_tree(folder):
    """Of a copy on this host: path -> (type, size, digest or target)."""
    tree = {}
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(place, name)
            key = "/" + os.path.relpath(path, folder)
            if os.path.islink(path):
                tree[key] = ("link", 0, os.readlink(path))
            elif os.path.isdir(path):
                tree[key] = ("folder", 0, "-")
            elif os.path.isfile(path):
                tree[key] = ("file", os.path.getsize(path), digest(path))
            else:
                tree[key] = ("other", 0, "-")
    return tree


def read_ext(image, scratch):
    copy, out = scratch / "copy", scratch / "out"
    shutil.copyfile(image, copy)
    out.mkdir()
    run("e2fsck", "-fy", copy)
    run("debugfs", "-R", f"rdump / {out}", copy)
    return read_tree(out)


def read_btrfs(image, scratch):
    out = scratch / "out"
    out.mkdir()
    run("btrfs", "restore", "-s", "-S", image, out)
    return read_tree(out)


def read_with_7z(image, scratch):
    out = scratch / "out"
    out.mkdir()
    run("7z", "x", "-y", f"-o{out}", image)
    tree = read_tree(out)
    return {path: facts for path, facts in tree.items()
            if not path.startswith(("/[SYSTEM]", "/[DELETED]", "/[LOST]")) and ":" not in path}


class XfsReader:
    """xfs_db: entries of folders, extents of files, read from the image."""

    def __init__(self, image):
        self.image = image
        self.tree = {}
        text = self.ask(["sb 0", "print blocksize agblocks"])
        self.block = int(re.search(r"blocksize = (\d+)", text)[1])
        self.group = int(re.search(r"agblocks = (\d+)", text)[1])

    def ask(self, commands):
        done = run("xfs_db", "-r", self.image, input="\n".join(commands) + "\n", text=True)
        return done.stdout

    def answers(self, commands):
        """One text for each list of commands."""
        lines = [line for number, some in enumerate(commands) for line in [f"echo drydock {number}", *some]]
        parts = re.split(r"^.*drydock \d+ *$", self.ask(lines), flags=re.M)
        return parts[1:]

    def read_folder(self, places):
        """What is in folders; of (path, inode)."""
        found = []
        texts = self.answers([[f"inode {inode}", "ls"] for _, inode in places])
        for (path, _), text in zip(places, texts):
            for line in text.splitlines():
                match = re.match(r"^\d+\s+(\d+)\s+\w+\s+0x[0-9a-f]+\s+\d+\s+(.*?)(?: \(\w+\))?$", line)
                if match and match[2] not in (".", ".."):
                    found.append((f"{path}/{match[2]}", match[1]))
        # Without the feature ftype a folder does not say what is in it.
        modes = self.answers([[f"inode {inode}", "print core.mode"] for _, inode in found])
        return [(path, inode, int(re.search(r"core\.mode = (\d+)", text)[1], 8))
                for (path, inode), text in zip(found, modes)]

    def read_content(self, text, size):
        content = bytearray(size)
        with open(self.image, "rb") as image:
            for match in re.finditer(r"data offset (\d+) startblock \d+ \((\d+)/(\d+)\) count (\d+) flag (\d)", text):
                at, group, block, count, unwritten = (int(field) for field in match.groups())
                if unwritten:
                    continue
                image.seek((group * self.group + block) * self.block)
                data = image.read(count * self.block)
                at *= self.block
                content[at:at + len(data)] = data[:max(0, size - at)]
        return bytes(content[:size])

    def read_target(self, text, size):
        match = re.search(r'u3?\.symlink = "(.*)"', text)
        return match[1] if match else self.read_content(text, size).decode()

    def read(self):
        root = re.search(r"rootino = (\d+)", self.ask(["sb 0", "print rootino"]))[1]
        folders = [("", root)]
        while folders:
            entries = self.read_folder(folders)
            folders = [(path, inode) for path, inode, kind in entries if stat.S_ISDIR(kind)]
            self.tree.update({path: ("folder", 0, "-") for path, _ in folders})
            others = [entry for entry in entries if stat.S_ISREG(entry[2]) or stat.S_ISLNK(entry[2])]
            texts = self.answers([[f"inode {inode}", "print core.size", "print u3.symlink",
                                   "print u.symlink", "bmap"]
                                  for _, inode, _ in others])
            for (path, _, kind), text in zip(others, texts):
                size = int(re.search(r"core\.size = (\d+)", text)[1])
                if stat.S_ISLNK(kind):
                    self.tree[path] = ("link", 0, self.read_target(text, size))
                else:
                    content = self.read_content(text, size)
                    if size > LARGE:
                        content = content[:BLOCK] + content[-BLOCK:]
                    self.tree[path] = ("file", size, hashlib.sha256(content).hexdigest())
        return self.tree


def read_xfs(image, _scratch):
    return XfsReader(image).read()


READERS = {
    "ext2": read_ext, "ext3": read_ext, "ext4": read_ext, "btrfs": read_btrfs, "xfs": read_xfs,
    "ntfs": read_with_7z, "vfat": read_with_7z,
}
# 7z has no links.
NO_LINKS = {"ntfs", "vfat"}


def compare_files(volume, image, scratch):
    theirs = READERS[volume.type](image, scratch)
    ours = {plain(path): (kind, int(size), plain(content) if kind == "link" else content)
            for path, (kind, size, content) in volume.files.items()}
    if volume.type in NO_LINKS:
        ours = {path: facts for path, facts in ours.items() if facts[0] != "link"}
    wrong = []
    for path in sorted(ours.keys() | theirs.keys()):
        if ours.get(path) != theirs.get(path) and (volume.uuid, path) not in KNOWN:
            wrong.append(f"{volume.name}: {path} is {ours.get(path)}, other tools say {theirs.get(path)}")
    return wrong


def compare(volume, image, scratch):
    wrong = []
    if volume.encryption not in CUT_OFF and volume.type not in BY_PARTITION:
        wrong += compare_identity(volume, image)
        if volume.driver != "-" and volume.uuid not in DAMAGED:
            wrong += compare_files(volume, image, scratch)
    shutil.rmtree(scratch / "out", ignore_errors=True)
    return wrong

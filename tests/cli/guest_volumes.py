# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes of a raw disk and all that is in them, as other people's tools see them."""

import json
import os
import re
import subprocess

SECTOR = 512
BLOCK = 1 << 20


def run(*command, status=(0,)):
    """Output of a tool that has to end with one of these statuses."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = result.stdout.decode(errors="replace")
    if result.returncode not in status:
        raise SystemExit("%s: status %d\n%s" % (" ".join(command), result.returncode, text))
    return text


def partitions(disk):
    """(start, size) in bytes of each partition, in the order of the table."""
    table = json.loads(run("sfdisk", "-J", disk))["partitiontable"]["partitions"]
    return [(entry["start"] * SECTOR, entry["size"] * SECTOR) for entry in table]


def gaps(disk):
    """All that is in no partition: tables, boot code, what lies between."""
    content, position = [], 0
    with open(disk, "rb") as file:
        for start, size in sorted(partitions(disk)) + [(os.path.getsize(disk), 0)]:
            file.seek(position)
            content.append((position, file.read(start - position)))
            position = start + size
    return content


def carve(disk, partition, target):
    """A sparse copy of one partition."""
    start, size = partition
    with open(disk, "rb") as source, open(target, "wb") as volume:
        volume.truncate(size)
        position = start
        while position < start + size:
            try:
                position = os.lseek(source.fileno(), position, os.SEEK_DATA)
            except OSError:
                break  # only a hole is left
            end = min(os.lseek(source.fileno(), position, os.SEEK_HOLE), start + size)
            while position < end:
                block = os.pread(source.fileno(), min(BLOCK, end - position), position)
                os.pwrite(volume.fileno(), block, position - start)
                position += len(block)
    return target


def check_ntfs(volume):
    """ntfs-3g's own checks, and the count of clusters: each belongs to one file and is marked so."""
    run("ntfsfix", "-n", volume)
    run("ntfs-3g.probe", "--readwrite", volume)
    run("ntfsresize", "--info", "--force", volume)


def check_fat(volume):
    run("fsck.vfat", "-n", volume)


def ntfs_flags(volume):
    """State, version and serial number of a volume."""
    text = run("ntfsinfo", "-m", volume)
    return re.findall(r"^\s*(Volume (?:Name|State|Flags|Version|Serial).*)$", text, re.MULTILINE)


def ntfs_file(volume, path):
    result = subprocess.run(["ntfscat", volume, path], stdout=subprocess.PIPE, check=True)
    return result.stdout


def ntfs_runs(volume, path):
    """(offset in the file, offset in the volume, length) of a file's runs, in bytes."""
    cluster = int(re.search(r"Cluster Size: (\d+)", run("ntfsinfo", "-m", volume)).group(1))
    data = run("ntfscluster", "-F", path, volume).partition("0x80 - non-resident")[2]
    return [
        (int(first) * cluster, int(place) * cluster, int(length) * cluster)
        for first, place, length in re.findall(r"^ +(\d+) +(\d+) +(\d+)$", data, re.MULTILINE)
    ]


def _parse_entry(text):
    """One file of `wimlib-imagex dir --detailed`: its facts, and the SHA-1 of each stream."""
    facts = dict(re.findall(r"^([A-Z][A-Za-z ]+?) += (.*)$", text, re.MULTILINE))
    streams = re.findall(
        r"^\t(.*? stream.*?):\nHash += 0x([0-9a-f]+)\nUncompressed size += (\d+)",
        text,
        re.MULTILINE,
    )
    names = ("Short Name", "Attributes", "Security Descriptor", "Creation Time", "Last Write Time")
    entry = {name: facts.get(name) for name in names + ("Reparse Tag", "Link Count")}
    entry["streams"] = {name: (digest, int(size)) for name, digest, size in streams}
    return facts["Full Path"].strip('"'), entry


def ntfs_tree(volume, work):
    """path → facts of every file; wimlib reads them with code of its own on top of libntfs-3g."""
    archive, config = os.path.join(work, "tree.wim"), os.path.join(work, "tree.ini")
    with open(config, "w") as file:
        file.write("[ExclusionList]\n")  # its own list leaves out pagefile.sys
    run("wimlib-imagex", "capture", volume, archive, "--compress=none", "--config=" + config)
    text = run("wimlib-imagex", "dir", archive, "1", "--detailed")
    os.remove(archive)
    blocks = [block for block in re.split(r"^-{20,}$", text, flags=re.MULTILINE) if block.strip()]
    return dict(_parse_entry(block) for block in blocks)


def content_of(entry):
    """(SHA-1, size) of a file's unnamed stream; None for folders and links."""
    for name, stream in entry["streams"].items():
        if name.startswith("Unnamed"):
            return stream
    return None


def is_folder(entry):
    return bool(int(entry["Attributes"], 16) & 0x10)


def fat_tree(volume, folder):
    """path → (content, time of change) of every file, None for folders."""
    os.makedirs(folder)
    run("mcopy", "-s", "-m", "-n", "-Q", "-i", volume, "::/", folder)
    tree = {}
    for place, folders, files in os.walk(folder):
        inside = os.path.join("/", os.path.relpath(place, folder))
        for name in folders:
            tree[os.path.normpath(os.path.join(inside, name))] = None
        for name in files:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                tree[os.path.normpath(os.path.join(inside, name))] = (
                    file.read(),
                    int(os.path.getmtime(path)),
                )
    return tree

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every filesystem and volume of the test data: recognised, opened or refused as in the table.

volume_table.py VOLUME-CONTENTS MIGRATE TESTDATA GOLDEN: prints the difference to the table in GOLDEN,
which UPDATE_GOLDEN=1 rewrites. An image that the table does not know is such a difference. Whatever
the table says, type, UUID and label are what blkid says, and names and contents are what the
filesystem's own tools read (volume_oracles.py).
"""

import configparser
import difflib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import volume_oracles
from source_table import UNPACKERS, describe_refusal, unpack

FOLDERS = ("crypto", "disk-images", "filesystems", "partition-tables", "volumes")
NOT_DISKS = (".expected", ".txt", ".conf", ".BEK", ".ova", ".ovf", "README", "keyfile1", ".directory")
# What qemu-img has to unwrap first. The gate in front of it is what source_table.py looks at.
WRAPPED = (".qcow2", ".vhd", ".vhdx", ".avhdx", ".vmdk", ".vdi", "parallels-v1")
# Disks of one machine.
MACHINE = re.compile(r"^(?P<name>.*/(ldm-\w+-[a-z]+\d?|lvm-mirror))-\d\.(img|bin)$")
BITLOCKER = "crypto/bitlk-images-2.6.1.tar/bitlk-images/"
SECRETS = {
    "crypto/dissect-fve/luks": "password",
    "crypto/dissect-fve/bde-aes": "password12!@",
    "crypto/dissect-fve/bde-rec": "284867-596541-514998-422114-660297-261613-215424-199408",
}
TIMEOUT_SECONDS = 240


def extract(archive, folder):
    """The members of an archive, in a folder with its name."""
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            if not member.isfile() or ".." in Path(member.name).parts:
                continue
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with tar.extractfile(member) as source, open(target, "wb") as plain:
                shutil.copyfileobj(source, plain)


def lay_out(testdata, folder):
    """A plain copy of the test data below folder."""
    for top in FOLDERS:
        for source in sorted((testdata / top).rglob("*")):
            if not source.is_file() or source.name.endswith(NOT_DISKS):
                continue
            name = source.relative_to(testdata)
            target = folder / (name.with_suffix("") if name.suffix in UNPACKERS else name)
            target.parent.mkdir(parents=True, exist_ok=True)
            unpack(source, target)
            if target.suffix == ".tar":
                archive = target.with_name("archive")
                target.rename(archive)
                extract(archive, target)
                archive.unlink()


def list_machines(folder):
    """Of (name, disks): what belongs together is one."""
    machines = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.endswith(NOT_DISKS):
            continue
        name = str(path.relative_to(folder))
        match = MACHINE.match(name)
        machines.setdefault(match["name"] if match else name, []).append(path)
    return machines.items()


def run(argv, **options):
    return subprocess.run(argv, capture_output=True, timeout=TIMEOUT_SECONDS, check=False,
                          stdin=subprocess.DEVNULL, **options)


def unwrap(path, scratch):
    """A raw disk with what path holds, or None and what qemu-img says of it."""
    if not path.name.endswith(WRAPPED):
        return path, None
    raw = scratch / "raw"
    done = run(["qemu-img", "convert", "-O", "raw", path, raw], text=True)
    if done.returncode == 0:
        return raw, None
    return None, "not for qemu-img: see source-table.txt"


def list_secrets(name, folder):
    """For -k of volume-contents."""
    secrets = [f"all={secret}" for start, secret in SECRETS.items() if name.startswith(start)]
    if name.startswith(BITLOCKER):
        config = configparser.ConfigParser()
        config.read(folder / BITLOCKER / "images.conf")
        section = Path(name).stem
        if config.has_section(section):
            secrets += [f"all={config[section][key]}" for key in ("PW", "RP") if config[section].get(key)]
    return [word for secret in secrets for word in ("-k", secret)]


class Volume:
    """What volume-contents says of one volume, and of the files on it."""

    def __init__(self, fields):
        (self.number, self.name, self.type, self.uuid, self.label, self.encryption, self.driver, self.disk,
         self.start, self.size, self.dumped) = fields
        self.files = {}

    def describe(self):
        known = [f"{name} {value}" for name, value in (("UUID", self.uuid), ("label", self.label),
                                                       ("decrypted from", self.encryption)) if value != "-"]
        kind = "nothing known" if self.type == "-" else self.type
        return ", ".join([f"volume {self.name} {kind}", *known, f"{self.size} bytes"])

    def describe_files(self):
        listing = "".join(f"{path}\t{kind}\t{size}\t{content}\n"
                          for path, (kind, size, content) in sorted(self.files.items()))
        digest = hashlib.sha256(listing.encode()).hexdigest()
        return f"  {len(self.files)} files, {digest}"


def read_contents(text):
    """Volumes, and the lines that are none: findings and errors."""
    volumes, others = {}, []
    for line in text.rstrip("\n").split("\n") if text else []:
        kind, *fields = line.split("\t")
        if kind == "volume":
            volumes[fields[0]] = Volume(fields)
        elif kind == "file":
            number, path, *facts = fields
            volumes[number].files[path] = tuple(facts)
        else:
            others.append(line.replace("\t", " "))
    return list(volumes.values()), others


def describe_disks(name, contents, folder, disks, scratch):
    """The lines of one machine, and what other tools say otherwise."""
    dumps = scratch / "dumps"
    dumps.mkdir()
    done = run([contents, *list_secrets(name, folder), "-d", dumps, *disks], text=True)
    if done.returncode != 0:
        raise AssertionError(f"{name}: volume-contents ended with {done.returncode}\n{done.stderr}")
    volumes, lines = read_contents(done.stdout)
    rows, wrong = [], []
    for volume in volumes:
        rows.append(volume.describe())
        if volume.driver != "-":
            rows.append(volume.describe_files())
        image = volume_oracles.cut_out(volume, disks, dumps, scratch)
        wrong += volume_oracles.compare(volume, image, scratch)
    return rows + lines, wrong


def describe_source(migrate, disks):
    """What the finished program says of the image as it is."""
    done = run([migrate, "inspect", "--progress=none", *disks], text=True)
    if done.returncode == 0:
        return "inspect: a system"
    return f"inspect: {describe_refusal(done.stderr)}"


def row(tools, name, folder, disks):
    with tempfile.TemporaryDirectory(prefix="row-", dir=folder.parent) as made:
        scratch = Path(made)
        raw, refusals = zip(*(unwrap(disk, scratch) for disk in disks))
        if None in raw:
            lines, wrong = list(refusals), []
        else:
            lines, wrong = describe_disks(name, tools[0], folder, raw, scratch)
        if len(disks) == 1:
            lines.append(describe_source(tools[1], disks))
    text = "\n".join(f"    {line}" for line in lines).replace(str(folder), "DATA")
    return f"{name}\n{text}\n", [f"{name}: {fact}" for fact in wrong]


def main():
    *tools, testdata, golden = sys.argv[1:]
    testdata, golden = Path(testdata), Path(golden)
    if not testdata.is_dir():
        print("no test data: skipped")
        return 77
    missing = volume_oracles.find_missing()
    if missing:
        print(f"skipped: {', '.join(missing)} not installed")
        return 77
    rows, wrong = [], []
    with tempfile.TemporaryDirectory(prefix="drydock-volumes-") as made:
        folder = Path(made).resolve() / "data"
        folder.mkdir()
        lay_out(testdata, folder)
        with ThreadPoolExecutor(max_workers=2) as pool:
            for text, differences in pool.map(lambda machine: row(tools, machine[0], folder, machine[1]),
                                              list_machines(folder)):
                rows.append(text)
                wrong += differences
    table = "\n".join(rows)
    print("\n".join(wrong))
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(table, encoding="utf-8")
        return 1 if wrong else 0
    expected = golden.read_text(encoding="utf-8")
    difference = list(difflib.unified_diff(expected.splitlines(), table.splitlines(), str(golden), "now",
                                           lineterm=""))
    print("\n".join(difference) if difference else f"{len(rows)} machines, as in the table")
    return 1 if difference or wrong else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the results of two runs of a batch: batch_compare.py FOLDER OTHER COUNT.

Both runs wrote into a folder of the same name, so that domains are the same bytes. Guests have the same files; of
the bytes of their disks only times, and the checksums that follow from them, are allowed to differ.
"""

import filecmp
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

LINUX_TYPES = {"83", "0FC63DAF-8483-4772-8E79-3D69D8477DE4"}
TIMES_LIMIT_BYTES = 1500


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def raw_of(image, folder, name):
    raw = os.path.join(folder, name + ".raw")
    run("qemu-img", "convert", "-O", "raw", image, raw)
    return raw


def root_of(raw):
    table = json.loads(run("sfdisk", "--json", raw))["partitiontable"]
    starts = [p["start"] for p in table["partitions"] if p["type"].upper() in LINUX_TYPES]
    assert len(starts) == 1, table
    return f"{raw}?offset={starts[0] * 512}"


def files_of(raw, folder, name):
    tree = os.path.join(folder, name)
    os.mkdir(tree)
    run("e2fsck", "-fn", root_of(raw))
    run("debugfs", "-R", f"rdump / {tree}", root_of(raw))
    return tree


def differing_bytes(one, other):
    with open(one, "rb") as a, open(other, "rb") as b:
        count = 0
        while chunk := a.read(1 << 20):
            match = b.read(1 << 20)
            assert len(chunk) == len(match), f"{one} and {other} are not equally large"
            if chunk != match:
                count += sum(x != y for x, y in zip(chunk, match))
        assert not b.read(1)
        return count


def compare_trees(one, other):
    comparison = filecmp.dircmp(one, other)
    pending = [comparison]
    while pending:
        here = pending.pop()
        assert not here.left_only and not here.right_only, (here.left, here.left_only, here.right_only)
        _, different, errors = filecmp.cmpfiles(here.left, here.right, here.common_files, shallow=False)
        assert not different and not errors, (here.left, different, errors)
        pending += here.subdirs.values()


def compare_reports(one, other):
    reports = []
    for path in one, other:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        for changing in "stages", "peak_memory_bytes":
            del report[changing]
        for disk in report["outputs"]["disks"]:
            del disk["size_bytes"]
        reports.append(report)
    assert reports[0] == reports[1], f"{one} and {other} differ"


def compare_disks(one, other):
    with tempfile.TemporaryDirectory() as folder:
        raws = [raw_of(image, folder, str(i)) for i, image in enumerate((one, other))]
        count = differing_bytes(*raws)
        assert count <= TIMES_LIMIT_BYTES, f"{one}: {count} bytes differ"
        trees = [files_of(raw, folder, "tree" + str(i)) for i, raw in enumerate(raws)]
        compare_trees(*trees)
        for tree in trees:
            shutil.rmtree(tree)


def main():
    folder, other, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    names = [
        sorted(os.path.basename(path) for path in glob.glob(f"{place}/*") if "/batch." not in path)
        for place in (folder, other)
    ]
    assert names[0] == names[1], set(names[0]) ^ set(names[1])
    domains = [name for name in names[0] if name.endswith(".xml")]
    assert len(domains) == count, domains
    for name in names[0]:
        paths = os.path.join(folder, name), os.path.join(other, name)
        if name.endswith(".xml"):
            assert filecmp.cmp(*paths, shallow=False), f"{name} differs"
        elif name.endswith(".report.json"):
            compare_reports(*paths)
        elif name.endswith(".qcow2"):
            compare_disks(*paths)


if __name__ == "__main__":
    main()

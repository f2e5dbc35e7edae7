#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file of the test data through `migrate inspect --source-only --json`: a result or a refusal.

source_table.py MIGRATE TESTDATA GOLDEN: prints the difference to the table in GOLDEN, which
UPDATE_GOLDEN=1 rewrites. A crash, a hang or silence fails whatever the table says.
"""

import bz2
import difflib
import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDERS = ("disk-images", "vm-config")
NOT_SOURCES = (".expected.xml", ".expected", "ORACLE-raw-content.txt")
UNPACKERS = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}
TIMEOUT_SECONDS = 60
BLOCK = 1 << 20
# The exit statuses of migrate(1) that are a refusal.
REFUSALS = {1, 2, 3, 4, 5, 6}


def unpack(source, target):
    """Copies a file, without its compression and with holes for zeros."""
    opener = UNPACKERS.get(source.suffix)
    if opener is None:
        shutil.copyfile(source, target)
        return
    with opener(source, "rb") as packed, open(target, "wb") as plain:
        while block := packed.read(BLOCK):
            if block.count(0) == len(block):
                plain.seek(len(block), os.SEEK_CUR)
            else:
                plain.write(block)
        plain.truncate()


def lay_out(testdata, folder):
    """A plain copy of the test data's sources; returns their paths below folder."""
    names = []
    for top in FOLDERS:
        for source in sorted((testdata / top).rglob("*")):
            if not source.is_file() or source.name.endswith(NOT_SOURCES):
                continue
            name = source.relative_to(testdata)
            if name.suffix in UNPACKERS:
                name = name.with_suffix("")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            unpack(source, target)
            names.append(name)
    return names


def describe_size(count):
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if count < 1024 or unit == "TiB":
            return f"{count:g} {unit}"
        count /= 1024
    return None


def describe_disk(disk):
    if disk["error"]:
        return f"{disk['error']['code']}: {disk['error']['message']}"
    kind = " ".join(filter(None, (disk["format"], disk["variant"])))
    below = f" on {len(disk['parents'])} more" if disk["parents"] else ""
    sectors = f", {disk['sector_size']}-byte sectors" if disk["sector_size"] != 512 else ""
    return f"{kind} {disk['size_bytes']} bytes{sectors}{below}"


def describe_place(thing):
    return f"{thing['bus']}{thing['controller']}:{thing['unit']}" if thing["bus"] else "-"


def describe_nic(nic):
    facts = [nic["mac"] or "no address", nic["model"], nic["network"], nic["guest_name"]]
    return ", ".join(filter(None, facts))


def describe_machine(machine):
    """The lines of one machine's row."""
    facts = [
        machine["kind"],
        f"'{machine['title'] or machine['name']}'",
        machine["firmware"] + (" secure boot" if machine["secure_boot"] else "")
        + (" TPM" if machine["tpm"] else ""),
        f"{machine['cpus']} CPUs" if machine["cpus"] else "CPUs unknown",
        describe_size(machine["memory_bytes"]) if machine["memory_bytes"] else "memory unknown",
        machine["guest_os"] or "system unknown",
        machine["uuid"] or "no UUID",
    ]
    lines = [", ".join(facts)]
    lines += [f"disk {describe_place(disk)} {describe_disk(disk)}" for disk in machine["disks"]]
    lines += [f"{drive['kind']} {describe_place(drive)} {drive['medium'] or 'empty'}"
              for drive in machine["drives"]]
    lines += [f"nic {describe_nic(nic)}" for nic in machine["nics"]]
    return lines


def describe_refusal(stderr):
    """The first error of stderr, which has to have one."""
    lines = [line for line in stderr.splitlines() if line.startswith("migrate: error (")]
    if not lines:
        raise AssertionError(f"no error on stderr: {stderr!r}")
    return lines[0].removeprefix("migrate: ")


def row(migrate, folder, name):
    """What the program says of one file: the lines of its row."""
    path = folder / name
    argv = [migrate, "inspect", "--source-only", "--json", "--progress=none", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
                          check=False, stdin=subprocess.DEVNULL)
    lines = []
    if done.stdout:
        report = json.loads(done.stdout)
        lines += describe_machine(report["machine"])
        lines += [f"finding {finding['code']}: {finding['sentence']}"
                  for finding in report["findings"]]
    if done.returncode != 0:
        if done.returncode not in REFUSALS:
            raise AssertionError(f"{name}: exit status {done.returncode}\n{done.stderr}")
        refusal = describe_refusal(done.stderr)
        if not done.stdout:
            lines.append(refusal)
        lines.append(f"exit status {done.returncode}")
    elif not done.stdout:
        raise AssertionError(f"{name}: neither a result nor an error")
    # Addresses that are made from the file's place differ from run to run.
    text = "\n".join(f"    {line}" for line in lines).replace(str(folder), "DATA")
    return f"{name}\n{hide_made_address(text)}\n"


def hide_made_address(text):
    return "\n".join("    nic (made)" if line.startswith("    nic 52:54:00:") and "," not in line
                     else line for line in text.split("\n"))


def main():
    migrate, testdata, golden = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if not testdata.is_dir():
        print("no test data: skipped")
        return 77
    with tempfile.TemporaryDirectory(prefix="drydock-table-") as made:
        folder = Path(made).resolve()
        names = lay_out(testdata, folder)
        with ThreadPoolExecutor(max_workers=2) as pool:
            table = "\n".join(pool.map(lambda name: row(migrate, folder, name), names))
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(table, encoding="utf-8")
        return 0
    expected = golden.read_text(encoding="utf-8")
    difference = list(difflib.unified_diff(expected.splitlines(), table.splitlines(),
                                           str(golden), "now", lineterm=""))
    print("\n".join(difference) if difference else f"{len(names)} files, as in the table")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares a Windows guest before and after its migration, with nothing of the program under test: the
changes are the wanted ones and no others, the report lists them, and the domain fits the guest.

Needs: ntfs-3g, wimtools, mtools, dosfstools, fdisk (sfdisk), hivexml, libxml2-utils (xmllint).
"""

import argparse
import base64
import hashlib
import json
import os
import sys
import xml.etree.ElementTree as ElementTree

sys.dont_write_bytecode = True  # nothing is left in the source tree

import guest_volumes
import hive_reader
import windows_expected

CONFIG = "/Windows/System32/config/"
FIRST_BOOT = "/Windows/Drydock/"
BCD = "/EFI/Microsoft/Boot/BCD"
ESP = "/EFI System Partition"
# Worthless to another machine; what they held is not copied.
VOLATILE = ["/pagefile.sys", "/swapfile.sys", "/hiberfil.sys"]
IMAGE_CLUSTER = 65536  # qcow2's: what is discarded is rounded to it
OSINFO = {"7-x86": "7", "10-x64": "10", "2022-x64": "2k22"}
HYPERV = {"relaxed", "vapic", "spinlocks", "vpindex", "runtime", "synic", "stimer", "frequencies"}


def same(expected, actual, what):
    if expected != actual:
        sys.exit("FAILED: %s: expected %r, found %r" % (what, expected, actual))


def same_members(expected, actual, what):
    missing, unwanted = sorted(expected - actual), sorted(actual - expected)
    if missing or unwanted:
        sys.exit(
            "FAILED: %s:\n  missing: %s\n  not wanted: %s"
            % (what, "\n    ".join(map(str, missing)), "\n    ".join(map(str, unwanted)))
        )


def file_digest(path):
    with open(path, "rb") as file:
        return hashlib.sha1(file.read()).hexdigest()


def quoted(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def value_text(value):
    """A value as the report shows it."""
    if value is None:
        return None
    _, kind, data = value
    if kind == windows_expected.DWORD:
        return "dword:%08x" % int.from_bytes(data, "little")
    if kind == windows_expected.BINARY:
        return "hex:" + ",".join("%02x" % byte for byte in data)
    strings = data.decode("utf-16-le").rstrip("\0").split("\0")
    prefix = {windows_expected.SZ: "", windows_expected.EXPAND_SZ: "expand:"}.get(kind, "multi:")
    return prefix + ",".join(map(quoted, strings))


def registry_changes(prefix, before, after):
    """(key, value name, old, new) of every difference, as the report lists them."""
    changes = set()
    for path in before.keys.keys() | after.keys.keys():
        old, new = before.keys.get(path), after.keys.get(path)
        name = "%s\\%s" % (prefix, (new or old)[0])
        if new is None:
            if path.rpartition("\\")[0] in after.keys:
                changes.add((name, None, "key", None))
            continue
        if old is None:
            changes.add((name, None, None, "key"))
        for value in (old[1] if old else {}).keys() | new[1].keys():
            first, second = (old[1] if old else {}).get(value), new[1].get(value)
            if first != second:
                changes.add((name, (second or first)[0], value_text(first), value_text(second)))
    return {tuple("" if part is None else part for part in change) for change in changes}


def fold_keys(changes):
    """The report names keys and values as they were asked for; the registry keeps their case."""
    return {(key.upper(), name.upper(), old, new) for key, name, old, new in changes}


def check_hivex_agrees(path, root):
    """Another reader sees the same keys and the same values in them."""
    tree = ElementTree.fromstring(guest_volumes.run("hivexml", path)).find("node")

    def text_of(kind, data):
        if kind in (windows_expected.SZ, windows_expected.EXPAND_SZ):
            return data.decode("utf-16-le", "replace").split("\0")[0]
        if kind == windows_expected.DWORD:
            return str(int.from_bytes(data, "little", signed=True))
        return None

    def compare(node, key, path):
        same(
            {name for name in key.keys}, {n.get("name").upper() for n in node.findall("node")}, path
        )
        same(len(key.values), len(node.findall("value")), "values in " + path)
        for value in node.findall("value"):
            name, kind, data = key.values[value.get("key", "").upper()]
            wanted, found = text_of(kind, data), value.get("value")
            if value.get("encoding") == "base64":
                found = base64.b64decode(found or "")
                wanted = data
            if wanted is not None:
                same(wanted, found, "%s\\%s" % (path, name))
        for below in node.findall("node"):
            name = below.get("name")
            compare(below, key.keys[name.upper()], "%s\\%s" % (path, name))

    compare(tree, root, os.path.basename(path))


class Check:
    """One migration; each step adds to changes what the report has to list."""

    def __init__(self, options):
        self.options = options
        self.is_7 = options.generation == "7-x86"
        self.is_uefi = not self.is_7 and not options.bios
        self.packages = [] if options.refused else windows_expected.PACKAGES
        self.paths = {}  # path → action
        self.values = {}  # path of a hive → changes
        self.disks = {"before": options.before, "after": options.after}
        self.volumes = {
            (name, number): guest_volumes.carve(disk, partition, "%s-%d.volume" % (name, number))
            for name, disk in self.disks.items()
            for number, partition in enumerate(guest_volumes.partitions(disk))
        }
        self.system = 2 if self.is_uefi else 1

    def check_hive(self, label, before, after, change):
        """Bytes of a hive before and after; change makes a Registry what it should be."""
        expected = windows_expected.Registry(hive_reader.Hive(before))
        old = windows_expected.Registry(hive_reader.Hive(before))
        hive = hive_reader.Hive(after)
        change(expected)
        actual = windows_expected.Registry(hive)
        self.values[label] = registry_changes("HKLM\\" + label, old, actual)
        same_members(registry_changes("HKLM\\" + label, old, expected), self.values[label], label)
        for path, (name, _, security) in expected.keys.items():
            same(security, actual.keys[path][2], "the security descriptor of " + name)
        self._check_times(hive_reader.Hive(before).root, hive.root, label)
        with open(label + ".after", "wb") as file:
            file.write(after)
        check_hivex_agrees(label + ".after", hive.root)
        return hive

    def _check_times(self, old, new, path):
        """A key in which nothing has changed keeps its time; new ones have no volatile keys."""
        if old.values == new.values and old.keys.keys() == new.keys.keys():
            same(old.time, new.time, "the time of " + path)
        for name in old.keys.keys() & new.keys.keys():
            self._check_times(old.keys[name], new.keys[name], "%s\\%s" % (path, name))
        for name in new.keys.keys() - old.keys.keys():
            same(0, new.keys[name].volatile_keys, "volatile keys in %s\\%s" % (path, name))

    def check_hives(self):
        options = self.options
        before, after = self.volumes["before", self.system], self.volumes["after", self.system]
        if options.hives:
            partition = guest_volumes.partitions(options.hives)[self.system]
            before = guest_volumes.carve(options.hives, partition, "hives.volume")
        for name, change in (
            (
                "SYSTEM",
                lambda system: windows_expected.change_system(
                    system,
                    options.generation,
                    options.control_sets,
                    not options.refused,
                    options.first_boot is not None,
                    options.adapter,
                ),
            ),
            ("SOFTWARE", lambda s: windows_expected.change_software(s, self.packages)),
        ):
            path = CONFIG + name
            old = guest_volumes.ntfs_file(before, path)
            new = guest_volumes.ntfs_file(after, path)
            hive = self.check_hive(name, old, new, change)
            if name == "SYSTEM":
                registry = windows_expected.Registry(hive_reader.Hive(old))
                self.facts = windows_expected.machine_facts(registry)
                self._check_first_boot_settings(registry, after)
            if not self.values[name]:
                same(old, new, "content of " + name)
                continue
            self.paths[path] = "change"
            # Windows must not take a log for the continuation of the hive.
            replaced = guest_volumes.ntfs_file(self.volumes["before", self.system], path)
            number = int.from_bytes(replaced[4:8], "little")
            same(True, hive.sequence > number, "a new sequence number of " + name)

    def _agent(self):
        return "qemu-ga-%s.msi" % ("i386" if self.is_7 else "x86_64")

    def _mac(self):
        """Of the new machine's only card."""
        domain = ElementTree.parse(self.options.domain).getroot()
        return domain.find("devices/interface/mac").get("address")

    def _check_first_boot_settings(self, system, volume):
        """Against SYSTEM as it was."""
        if not self.options.first_boot:
            return
        text = guest_volumes.ntfs_file(volume, FIRST_BOOT + "firstboot.ini").decode()
        same(text.count("\n"), text.count("\r\n"), "line ends of firstboot.ini")
        lines = text.splitlines()
        expected = windows_expected.first_boot_settings(
            system, self.options.control_sets, self.packages, self.options.adapter, self._mac()
        )
        if self.packages:
            expected.append("agent=agent\\" + self._agent())
        same(
            expected, [line for line in lines if not line.startswith("device=")], "firstboot.ini"
        )
        # A driver has its devices behind it, the ones it boots from with all their ids.
        for number, line in enumerate(lines):
            if line.startswith("driver="):
                same(True, lines[number + 1].startswith("device=PCI\\VEN_1AF4&DEV_"), line)
        for _, *devices in windows_expected.STORAGE.values() if self.packages else ():
            for device, tail in devices:
                same(
                    True, "device=PCI\\VEN_1AF4&%s&%s" % (device, tail) in lines, "ids of " + device
                )

    def check_system_volume(self):
        volume = self.volumes["after", self.system]
        guest_volumes.check_ntfs(volume)
        old = guest_volumes.ntfs_tree(self.volumes["before", self.system], ".")
        new = guest_volumes.ntfs_tree(volume, ".")
        files, folders = windows_expected.new_files(
            self.options.generation, self.options.virtio, not self.options.refused, self.packages
        )
        if self.options.first_boot:
            folders.add(FIRST_BOOT.rstrip("/"))
            files[FIRST_BOOT + "firstboot.exe"] = self.options.first_boot
            files[FIRST_BOOT + "firstboot.ini"] = None  # see _check_first_boot_settings()
            if self.packages:
                folders.add(FIRST_BOOT + "agent")
                files[FIRST_BOOT + "agent/" + self._agent()] = os.path.join(
                    self.options.virtio, "guest-agent", self._agent()
                )
        # Names keep their case where a file is replaced.
        present = {path.upper(): path for path in old}
        files = {present.get(path.upper(), path): source for path, source in files.items()}
        replaced = files.keys() & old.keys()
        same_members((set(files) | folders) - replaced, new.keys() - old.keys(), "new files")
        same_members(set(), old.keys() - new.keys(), "files that are gone")
        self._check_new(files, folders, new)
        self.paths.update((path, "change") for path in replaced)
        for path in old.keys() - replaced:
            if path in (CONFIG + "SYSTEM", CONFIG + "SOFTWARE"):
                for fact in ("Attributes", "Security Descriptor", "Creation Time", "Short Name"):
                    same(old[path][fact], new[path][fact], "%s of %s" % (fact, path))
            else:
                self._check_kept(path, old[path], new[path], files.keys() | folders)

    def _check_new(self, files, folders, new):
        like = new["/Windows/System32/drivers/disk.sys"]
        for path, source in files.items():
            if source:
                same(file_digest(source), guest_volumes.content_of(new[path])[0], path)
            self.paths[path] = "create"
            if path.startswith("/Windows/System32"):
                same(
                    like["Security Descriptor"],
                    new[path]["Security Descriptor"],
                    "security of " + path,
                )
            # What Windows gives to a new file: to be archived.
            same(0x20, int(new[path]["Attributes"], 16), "attributes of " + path)
        for path in folders:
            same(True, guest_volumes.is_folder(new[path]), "a folder: " + path)
            self.paths[path] = "create-directory"

    def _check_kept(self, path, old, new, created):
        if path in VOLATILE:
            size = guest_volumes.content_of(old)[1]
            same(size, guest_volumes.content_of(new)[1], "size of " + path)
            self._check_worthless(path)
        elif path.startswith(CONFIG) and path.endswith((".LOG1", ".LOG2")):
            same(0, guest_volumes.content_of(new)[1], "size of " + path)
            if guest_volumes.content_of(old)[1]:
                self.paths[path] = "change"
        else:
            facts = dict(old)
            if any(os.path.dirname(name) == path for name in created):
                facts["Last Write Time"] = new["Last Write Time"]
            same(facts, new, path)

    def _check_worthless(self, path):
        """Of what such a file held nothing is left but in clusters of the image that others share."""
        volume = self.volumes["after", self.system]
        start = guest_volumes.partitions(self.disks["after"])[self.system][0]
        content = guest_volumes.ntfs_file(volume, path)
        runs = guest_volumes.ntfs_runs(volume, path)
        same(len(content), sum(length for _, _, length in runs), "length of the runs of " + path)
        for offset, place, length in runs:
            first = -(start + place) % IMAGE_CLUSTER
            last = length - (start + place + length) % IMAGE_CLUSTER
            run = content[offset + first : offset + last]
            same(0, len(run) - run.count(0), "bytes of %s that are left at %d" % (path, offset))

    def check_boot_volume(self):
        before, after = self.volumes["before", 0], self.volumes["after", 0]
        if not self.is_uefi:
            guest_volumes.check_ntfs(after)
            trees = [guest_volumes.ntfs_tree(volume, ".") for volume in (before, after)]
            same(trees[0], trees[1], "the boot volume")
            return
        guest_volumes.check_fat(after)
        old = guest_volumes.fat_tree(before, "before.esp")
        new = guest_volumes.fat_tree(after, "after.esp")
        if self.options.new_loader:
            loader = new.pop("/EFI/BOOT/BOOTX64.EFI", (None,))[0]
            same(old["/EFI/Microsoft/Boot/bootmgfw.efi"][0], loader, "the loader that was missing")
            same({"/EFI/BOOT"}, new.keys() - old.keys(), "new folders in the ESP")
            new.pop("/EFI/BOOT")
            self.paths[ESP + "/EFI/BOOT/BOOTX64.EFI"] = "create"
            self.paths[ESP + "/EFI/BOOT"] = "create-directory"
        same_members(set(old), set(new), "files in the EFI system partition")
        self.check_hive(
            "BCD00000000", old[BCD][0], new[BCD][0], windows_expected.change_boot_configuration
        )
        self.paths[ESP + BCD] = "change"
        for path in old.keys() - {BCD}:
            same(old[path], new[path], ESP + path)

    def check_rest_of_disk(self):
        same(
            guest_volumes.partitions(self.disks["before"]),
            guest_volumes.partitions(self.disks["after"]),
            "the partition table",
        )
        for old, new in zip(*(guest_volumes.gaps(disk) for disk in self.disks.values())):
            same(True, old == new, "what is in no partition, from byte %d on" % old[0])
        flags = [guest_volumes.ntfs_flags(self.volumes[name, self.system]) for name in self.disks]
        same(flags[0], flags[1], "state of the volume")

    def check_report(self):
        with open(self.options.report) as file:
            report = json.load(file)
        listed = [(change["path"], change["action"]) for change in report["changes"]]
        same_members(
            {(path.upper(), action) for path, action in self.paths.items()},
            {(path.upper(), action) for path, action in listed},
            "changes in the report",
        )
        same(len(listed), len(set(listed)), "the number of different changes in the report")
        hives = {
            CONFIG + "SYSTEM": "SYSTEM",
            CONFIG + "SOFTWARE": "SOFTWARE",
            ESP + BCD: "BCD00000000",
        }
        for change in report["changes"]:
            self._check_reported(change, hives)
        same(
            True, all(change["reason"] for change in report["changes"]), "a reason for each change"
        )
        same("windows", report["guest"]["kind"], "kind of guest")
        same("uefi" if self.is_uefi else "bios", report["guest"]["firmware"], "firmware")
        same(True, report["trimmed_bytes"] >= 64 << 20, "at least the page file is not copied")
        return report

    def _check_reported(self, change, hives):
        values = {
            tuple(
                "" if value[part] is None else value[part] for part in ("key", "name", "old", "new")
            )
            for value in change.get("values", [])
        }
        if change["path"] in hives:
            expected = fold_keys(self.values[hives[change["path"]]])
            same_members(expected, fold_keys(values), "values of " + change["path"])
            same(
                True, all(value["reason"] for value in change["values"]), "a reason for each value"
            )
        else:
            same(set(), values, "values of " + change["path"])
        if change["action"] == "create":
            path, volume = change["path"], self.system
            if path.startswith(ESP):
                return
            size = len(guest_volumes.ntfs_file(self.volumes["after", volume], path))
            same(size, change["size_bytes"], "size of " + path)

    def check_domain(self, report):
        root = ElementTree.parse(self.options.domain).getroot()
        guest_volumes.run(
            "xmllint", "--noout", "--relaxng", self.options.schema, self.options.domain
        )
        is_virtio = not self.options.refused

        def get(path, attribute=None):
            element = root.find(path)
            if element is None:
                return None
            return element.get(attribute) if attribute else element.text

        same("efi" if self.is_uefi else None, get("os", "firmware"), "firmware of the domain")
        same("q35", get("os/type", "machine"), "board")
        same("virtio" if is_virtio else "sata", get("devices/disk/target", "bus"), "disk bus")
        same("vda" if is_virtio else "sda", get("devices/disk/target", "dev"), "disk name")
        same("qcow2", get("devices/disk/driver", "type"), "disk format")
        same(1, len(root.findall("devices/disk")), "number of disks")
        same(report["outputs"]["disks"][0]["path"], get("devices/disk/source", "file"), "disk file")
        same(
            os.path.getsize(get("devices/disk/source", "file")),
            report["outputs"]["disks"][0]["size_bytes"],
            "size of the disk file",
        )
        same("virtio" if is_virtio else "e1000e", get("devices/interface/model", "type"), "NIC")
        enabled = {
            item.tag for item in root.findall("features/hyperv/*") if item.get("state") == "on"
        }
        same(set(), HYPERV - enabled, "enlightenments that are off")
        # The guest keeps its clock in local time, whatever the host's zone.
        same(
            ("variable", "utc", str(self.facts[1])),
            tuple(get("clock", name) for name in ("offset", "basis", "adjustment")),
            "clock",
        )
        same("yes", get("clock/timer[@name='hypervclock']", "present"), "the clock of Hyper-V")
        # Windows 7 does not keep it.
        same(self.facts[0], get("uuid"), "UUID")
        osinfo = "{http://libosinfo.org/xmlns/libvirt/domain/1.0}"
        same(
            "http://microsoft.com/win/" + OSINFO[self.options.generation],
            get("metadata/%slibosinfo/%sos" % (osinfo, osinfo), "id"),
            "osinfo",
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("generation", choices=sorted(windows_expected.GENERATIONS))
    for name in ("before", "after", "report", "domain", "virtio"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--schema", default="/usr/share/libvirt/schemas/domain.rng")
    parser.add_argument("--hives", help="a disk with the hives as they are after their logs")
    parser.add_argument("--first-boot", help="the program of the first-boot service, if there is one")
    parser.add_argument(
        "--adapter",
        default="{5ac24e08-9b5c-4f05-a0e7-6b2d4d7f1f01}",
        help="the one whose connection keeps its settings; empty: none",
    )
    parser.add_argument("--control-sets", nargs="+", default=["ControlSet001"])
    parser.add_argument("--bios", action="store_true", help="an MBR disk, also where UEFI is usual")
    parser.add_argument("--refused", action="store_true", help="no driver was good enough")
    parser.add_argument("--new-loader", action="store_true", help="the ESP had no BOOTX64.EFI")
    try:
        check = Check(parser.parse_args())
        check.check_rest_of_disk()
        check.check_system_volume()
        check.check_hives()
        check.check_boot_volume()
        check.check_domain(check.check_report())
    except hive_reader.HiveError as error:
        sys.exit("FAILED: a hive is not as Windows needs it: %s" % error)
    print(
        "%d files and %d values changed" % (len(check.paths), sum(map(len, check.values.values())))
    )


if __name__ == "__main__":
    main()

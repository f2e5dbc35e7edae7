# SPDX-License-Identifier: GPL-3.0-or-later
"""The recovery partition of a Windows guest: an archive with a small Windows of its own in it."""

import os
import types

import hive
import pe
import tools
import windows_registry
import windows_services

PARTITION_SECTORS = 48 * 2048
GPT_TYPE, MBR_TYPE = "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC", "27"
FOLDER = "Recovery/WindowsRE"


def _write(folder, path, content):
    full = os.path.join(folder, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as file:
        file.write(content)


def _fill_image(folder, guest):
    machine = pe.MACHINES[guest.architecture]
    config = "Windows/System32/config/"
    system = hive.Hive(windows_registry.system_root(guest), "SYSTEM", sequence=70)
    software = hive.Hive(windows_registry.software_root(guest), "SOFTWARE", sequence=80)
    _write(folder, config + "SYSTEM", system.image)
    _write(folder, config + "SYSTEM.LOG1", b"left from its making".ljust(1024, b"\0"))
    _write(folder, config + "SOFTWARE", software.image)
    for name, *_ in windows_services.drivers(guest)[:30]:
        image = pe.build(machine, pe.NATIVE, name, is_driver=True)
        _write(folder, "Windows/System32/drivers/%s.sys" % name, image)
    for name in ("cmd.exe", "winpeshl.exe", "startnet.cmd", "ntoskrnl.exe"):
        _write(folder, "Windows/System32/" + name, pe.build(machine, pe.CONSOLE, name))
    _write(folder, "sources/recovery/RecEnv.exe", pe.build(machine, pe.CONSOLE, "RecEnv"))


def make_archive(work, guest, target, compression="LZX"):
    """target: Winre.wim for that guest; with an integrity table, and bootable, as Windows has it."""
    image = types.SimpleNamespace(**vars(guest))
    image.packages, image.strings_per_package, image.classes = min(guest.packages, 20), 1, 50
    image.host_name, image.product_name = "MININT-1", "Windows PE"
    image.installation_type, image.is_server = "WindowsPE", False
    folder = os.path.join(work, "recovery-image")
    _fill_image(folder, image)
    tools.run(
        "wimlib-imagex",
        "capture",
        folder,
        target,
        "Microsoft Windows Recovery Environment",
        "--compress=" + compression,
        "--check",
        "--boot",
    )


def fill_volume(folder, work, guest):
    os.makedirs(os.path.join(folder, FOLDER))
    make_archive(work, guest, os.path.join(folder, FOLDER, "Winre.wim"))
    _write(folder, FOLDER + "/boot.sdi", b"$SDI0001".ljust(4096, b"\0"))
    os.makedirs(os.path.join(folder, "System Volume Information"))


def re_agent(guest, start):
    """ReAgent.xml, which says where it is."""
    return (
        "<?xml version='1.0' encoding='utf-8'?>\r\n\r\n"
        '<WindowsRE version="2.0">\r\n'
        '  <WinreBCD id="{3ca4c1a2-5ab3-11ee-9cf6-000c29661aa2}"/>\r\n'
        '  <WinreLocation path="\\%s" id="%d" offset="%d" guid="{%s}"/>\r\n'
        '  <ImageLocation path="" id="0" offset="0" guid="{%s}"/>\r\n'
        '  <InstallState state="1"/>\r\n'
        "</WindowsRE>\r\n"
        % (
            FOLDER.replace("/", "\\"),
            0 if guest.is_uefi else guest.disk_signature,
            start * 512,
            guest.disk_guid if guest.is_uefi else "0" * 8 + "-0000-0000-0000-" + "0" * 12,
            "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        )
    ).encode()

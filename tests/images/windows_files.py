# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a Windows guest, made in folders that become its volumes."""

import os
import random
import struct

import hive
import pe
import windows_recovery
import windows_registry
import windows_services

PROGRAMS = {
    "Windows": ["explorer.exe", "notepad.exe", "regedit.exe"],
    "Windows/System32": [
        "ntoskrnl.exe",
        "cmd.exe",
        "winload.exe",
        "winresume.exe",
        "services.exe",
        "svchost.exe",
        "lsass.exe",
        "smss.exe",
        "pnputil.exe",
        "reg.exe",
        "netsh.exe",
        "hal.dll",
        "kernel32.dll",
        "ntdll.dll",
        "IoLogMsg.dll",
        "vm3dservice.exe",
    ],
    "Program Files/VMware/VMware Tools": ["vmtoolsd.exe"],
    "Program Files/VMware/VMware Tools/VMware VGAuth": ["VGAuthService.exe"],
}
FOLDERS = [
    "PerfLogs",
    "Users/Administrator/Desktop",
    "Users/Default",
    "Users/Public/Documents",
    "ProgramData/Microsoft/Windows/Start Menu/Programs",
    "Windows/Temp",
    "Windows/Fonts",
    "Windows/System32/config/RegBack",
    "Windows/System32/config/TxR",
    "Windows/System32/Tasks",
    "Windows/System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}",
    "Windows/System32/GroupPolicy",
    "Windows/System32/LogFiles",
    "Windows/System32/en-US",
    "Windows/System32/drivers/etc",
    "Windows/Boot",
    "$Recycle.Bin",
    "System Volume Information",
    "Recovery/WindowsRE",
]


def _write(folder, path, content):
    full = os.path.join(folder, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as file:
        file.write(content)


def _write_hive(folder, path, image, log=b"", is_xp=False):
    _write(folder, path, image)
    if is_xp:
        _write(folder, path + ".LOG", b"")
        return
    _write(folder, path + ".LOG1", log)
    _write(folder, path + ".LOG2", b"")


def _write_hives(folder, guest, options):
    config = "Windows/System32/config/"
    system = hive.Hive(windows_registry.system_root(guest), "SYSTEM", flags=1, sequence=1500)
    image, log = system.image, b""
    if options.dirty_hive:
        name = hive.utf16(guest.host_name)
        image, log, _ = hive.make_dirty(
            system,
            {
                ("ControlSet001\\Control\\ComputerName\\ComputerName", "ComputerName"): hive.utf16(
                    "X" * (len(name) // 2 - 1)
                ),
                ("ControlSet001\\Services\\Tcpip\\Parameters", "Hostname"): hive.utf16(
                    "X" * (len(name) // 2 - 1)
                ),
                ("ControlSet001\\Services\\disk", "Start"): b"\x03\0\0\0",
            },
        )
    _write_hive(folder, config + "SYSTEM", image, log, guest.is_xp)
    software = hive.Hive(
        windows_registry.software_root(guest),
        "emRoot\\System32\\Config\\SOFTWARE",
        flags=1,
        sequence=2900,
    )
    _write_hive(folder, config + "SOFTWARE", software.image, is_xp=guest.is_xp)
    for name in ("SAM", "SECURITY", "DEFAULT"):
        small = hive.Hive(
            windows_registry.small_root(name),
            "\\SystemRoot\\System32\\Config\\" + name,
            pad_to=262144,
        )
        _write_hive(folder, config + name, small.image, is_xp=guest.is_xp)


def _write_drivers(folder, guest, machine):
    system32 = "Windows/System32/"
    for name, *_ in windows_services.drivers(guest):
        image = pe.build(machine, pe.NATIVE, name, is_driver=True)
        _write(folder, "%sdrivers/%s.sys" % (system32, name), image)
    for number, (inf, sys) in enumerate(
        (("mshdc", "atapi"), ("disk", "disk"), ("vmci", "vmci"), ("pvscsi", "pvscsi"))
    ):
        neutral = "neutral_" if guest.is_7 else ""
        package = "%sDriverStore/FileRepository/%s.inf_%s_%s%016x/" % (
            system32,
            inf,
            guest.architecture,
            neutral,
            0x5E38A278D114B813 + number,
        )
        text = '[Version]\r\nSignature="$WINDOWS NT$"\r\nProvider=%%msft%%\r\n; %s\r\n' % inf
        _write(folder, package + inf + ".inf", text.encode("utf-16"))
        _write(folder, package + sys + ".sys", pe.build(machine, pe.NATIVE, sys, is_driver=True))
        _write(folder, "Windows/INF/%s.inf" % inf, text.encode("utf-16"))
    for number in range(3):
        _write(
            folder, "Windows/INF/oem%d.inf" % number, b'[Version]\r\nSignature="$Windows NT$"\r\n'
        )
    if guest.is_7:
        for name in ("infpub.dat", "infstor.dat", "infstrng.dat"):
            _write(folder, "%sDriverStore/%s" % (system32, name), os.urandom(4096))


def _write_bulk(folder, guest):
    """Many small files in few folders, as in WinSxS; their indexes have several levels."""
    chance = random.Random(guest.build)
    for number in range(40):
        name = "Windows/WinSxS/amd64_component-%04d_31bf3856ad364e35_%d.1_none_%016x/" % (
            number,
            guest.build,
            chance.getrandbits(64),
        )
        for file in range(12):
            _write(
                folder,
                "%sfile%02d.dll" % (name, file),
                chance.randbytes(chance.randrange(200, 9000)),
            )
    for number in range(900):
        _write(
            folder,
            "Windows/System32/api-ms-win-core-part-l1-%d-%d.dll" % (number // 30, number % 30),
            chance.randbytes(300 + number % 700),
        )


def _write_old_loader(folder):
    """What starts XP and 2003, in the one partition they have."""
    _write(
        folder,
        "boot.ini",
        b"[boot loader]\r\ntimeout=30\r\ndefault=multi(0)disk(0)rdisk(0)partition(1)\\Windows\r\n"
        b'[operating systems]\r\nmulti(0)disk(0)rdisk(0)partition(1)\\Windows="Windows" /fastdetect\r\n',
    )
    _write(folder, "ntldr", b"\xeb\x3e ntldr".ljust(8192, b"\0"))
    _write(folder, "NTDETECT.COM", bytes(4096))


def fill_system_volume(folder, guest, options):
    machine = pe.MACHINES[guest.architecture]
    for name in FOLDERS:
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    if not guest.is_x86:
        os.makedirs(os.path.join(folder, "Program Files (x86)"))
        _write(folder, "Windows/SysWOW64/cmd.exe", pe.build(pe.X86, pe.CONSOLE, "cmd"))
        _write(folder, "Windows/SysWOW64/ntdll.dll", pe.build(pe.X86, pe.CONSOLE, "ntdll"))
    for place, names in PROGRAMS.items():
        for name in names:
            _write(folder, place + "/" + name, pe.build(machine, pe.CONSOLE, name))
    _write(folder, "Windows/System32/winload.efi", pe.build(machine, pe.EFI_APPLICATION, "winload"))
    _write(
        folder, "Windows/Boot/EFI/bootmgfw.efi", pe.build(machine, pe.EFI_APPLICATION, "bootmgfw")
    )
    _write(folder, "Windows/Boot/PCAT/bootmgr", b"\xeb\x3e bootmgr".ljust(4096, b"\0"))
    _write(folder, "Windows/System32/drivers/etc/hosts", b"# 127.0.0.1 localhost\r\n")
    # Closed, as a shutdown leaves it.
    log = b"ElfFile\0" + bytes(24) + struct.pack("<IHHHH", 128, 1, 3, 4096, 0)
    _write(folder, "Windows/System32/winevt/Logs/System.evtx", log.ljust(4096, b"\0"))
    _write(folder, "Windows/win.ini", b"; for 16-bit app support\r\n")
    if guest.recovery_start is not None:
        _write(
            folder,
            "Windows/System32/Recovery/ReAgent.xml",
            windows_recovery.re_agent(guest, guest.recovery_start),
        )
    odd_name = "Users/Administrator/Desktop/Übersicht – 日本語.txt"
    _write(folder, odd_name, "Grüße\r\n".encode("utf-16"))
    _write_hives(folder, guest, options)
    _write_drivers(folder, guest, machine)
    if not guest.is_small:
        _write_bulk(folder, guest)
    # Worthless content that must not be copied: random, so that it shows.
    chance = random.Random(5)
    _write(folder, "pagefile.sys", chance.randbytes(options.pagefile_mib << 20))
    if not guest.is_7 and not guest.is_small:
        _write(folder, "swapfile.sys", chance.randbytes(4 << 20))
    magic = b"HIBR" if options.hibernated else b"\0\0\0\0"
    _write(folder, "hiberfil.sys", magic + bytes((8 << 20) - 4))
    if guest.is_xp:
        _write_old_loader(folder)
        return
    os.symlink("Users", os.path.join(folder, "Documents and Settings"))
    os.symlink("../ProgramData", os.path.join(folder, "Users/All Users"))


def fill_boot_volume(folder, guest):
    """The EFI system partition, or System Reserved."""
    machine = pe.MACHINES[guest.architecture]
    store = hive.Hive(
        windows_registry.bcd_root(guest),
        "\\Device\\HarddiskVolume1\\Boot\\BCD",
        minor=3,
        sequence=30,
    )
    if not guest.is_uefi:
        _write_hive(folder, "Boot/BCD", store.image)
        _write(folder, "Boot/memtest.exe", pe.build(machine, pe.CONSOLE, "memtest"))
        _write(folder, "bootmgr", b"\xeb\x3e bootmgr".ljust(8192, b"\0"))
        _write(folder, "BOOTSECT.BAK", bytes(8192))
        os.makedirs(os.path.join(folder, "System Volume Information"))
        return
    _write_hive(folder, "EFI/Microsoft/Boot/BCD", store.image)
    for name in ("bootmgfw.efi", "bootmgr.efi", "memtest.efi"):
        _write(folder, "EFI/Microsoft/Boot/" + name, pe.build(machine, pe.EFI_APPLICATION, name))
    _write(
        folder,
        "EFI/Microsoft/Boot/en-US/bootmgfw.efi.mui",
        pe.build(machine, pe.EFI_APPLICATION, "mui"),
    )
    if not guest.no_fallback:
        _write(
            folder, "EFI/Boot/bootx64.efi", pe.build(machine, pe.EFI_APPLICATION, "old bootmgfw")
        )

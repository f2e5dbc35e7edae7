# SPDX-License-Identifier: GPL-3.0-or-later
"""The hives of a Windows guest: what stands in SYSTEM, SOFTWARE, SAM, SECURITY, DEFAULT and BCD."""

import random
import struct
import uuid

import hive
import windows_services

SCSI_ADAPTER = "{4d36e97b-e325-11ce-bfc1-08002be10318}"
HDC = "{4d36e96a-e325-11ce-bfc1-08002be10318}"
DISK_DRIVE = "{4d36e967-e325-11ce-bfc1-08002be10318}"
NET = "{4d36e972-e325-11ce-bfc1-08002be10318}"
ADAPTER = "{5ac24e08-9b5c-4f05-a0e7-6b2d4d7f1f01}"
# NET_LUID of the adapter: index 32769 of the Ethernet adapters.
ADAPTER_LUID = struct.pack("<HBHBH", 0, 0, 0x8001, 0, 6).hex()
MACHINE_SID = (1004336348, 1177238915, 682003330)
ARCHITECTURES = {"x86": 0, "amd64": 9, "arm64": 12}  # PROCESSOR_ARCHITECTURE_*
MAC = "00:0c:29:66:1a:a2"
BOOTMGR = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"


def _add_control(control, guest):
    control.key("Session Manager\\Environment").sz(
        "PROCESSOR_ARCHITECTURE", "x86" if guest.is_x86 else guest.architecture.upper()
    ).sz("OS", "Windows_NT").expand("Path", "%SystemRoot%\\system32;%SystemRoot%").dword(
        "NUMBER_OF_PROCESSORS", 2
    )
    manager = control.key("Session Manager")
    manager.multi("BootExecute", "autocheck autochk *").multi("SetupExecute")
    manager.key("Memory Management").multi("PagingFiles", "?:\\pagefile.sys").multi(
        "ExistingPageFiles", "\\??\\C:\\pagefile.sys"
    ).dword("ClearPageFileAtShutdown", 0)
    manager.key("Power").dword("HiberbootEnabled", 0 if guest.is_7 else 1)
    control.key("Power").dword("HibernateEnabled", 1)
    control.key("ComputerName\\ComputerName").sz("ComputerName", guest.host_name)
    control.key("ComputerName\\ActiveComputerName").sz("ComputerName", guest.host_name)
    zone = control.key("TimeZoneInformation")
    zone.dword("ActiveTimeBias", 0xFFFFFFC4).dword("Bias", 0xFFFFFFC4).dword(
        "DaylightBias", 0xFFFFFFC4
    )
    # A fixed buffer of 128 characters; what stands after the NUL is left over.
    name = "W. Europe Standard Time"
    zone.set(
        "TimeZoneKeyName",
        hive.SZ,
        (hive.utf16(name) + "\u4343abc".encode("utf-16-le")).ljust(256, b"\0"),
    )
    zone.sz("StandardName", "@tzres.dll,-322").sz("DaylightName", "@tzres.dll,-321")
    control.key("ProductOptions").sz("ProductType", guest.product_type).multi(
        "ProductSuite", "Terminal Server"
    )
    control.key("CrashControl").dword("AutoReboot", 1).dword("CrashDumpEnabled", 7).expand(
        "DumpFile", "%SystemRoot%\\MEMORY.DMP"
    )
    control.key("Windows").dword("CSDVersion", guest.service_pack << 8).binary(
        "ShutdownTime", struct.pack("<Q", hive.FILETIME)
    )
    control.key("Nls\\Language").sz("InstallLanguage", "0409").sz("Default", "0409")
    control.key("MUI\\UILanguages\\en-US").dword("LCID", 0x409)
    control.key("SystemInformation").sz("SystemManufacturer", "VMware, Inc.").sz(
        "SystemProductName", "VMware7,1"
    )
    if not guest.is_7:
        control.dword("PEFirmwareType", 2 if guest.is_uefi else 1)
    control.sz("SystemBootDevice", "multi(0)disk(0)rdisk(0)partition(2)").expand(
        "SystemStartOptions", " NOEXECUTE=OPTIN"
    )
    for class_guid, name, filters in (
        (DISK_DRIVE, "DiskDrive", ["partmgr"]),
        (SCSI_ADAPTER, "SCSIAdapter", []),
        (HDC, "hdc", []),
        (NET, "Net", []),
    ):
        key = control.key("Class\\" + class_guid).sz("Class", name).sz("", name)
        if filters:
            key.multi("UpperFilters", *filters)
        for number in range(3):
            key.key("%04d" % number).sz("InfPath", "%s.inf" % name.lower()).sz(
                "ProviderName", "Microsoft"
            ).sz("DriverVersion", "10.0.1.1")
    control.key("Class\\%s\\0001" % NET).sz("NetCfgInstanceId", ADAPTER).sz(
        "DriverDesc", "vmxnet3 Ethernet Adapter"
    ).dword("Characteristics", 0x84).dword("*IfType", 6).dword("NetLuidIndex", 0x8001).sz(
        "ComponentId", "PCI\\VEN_15AD&DEV_07B0").sz(
        "DeviceInstanceID", "PCI\\VEN_15AD&DEV_07B0&SUBSYS_07B015AD&REV_01\\000C29FFFF661AA200"
    )
    control.key("Network\\%s\\%s\\Connection" % (NET, ADAPTER)).sz("Name", "Ethernet0").sz(
        "PnpInstanceID", "PCI\\VEN_15AD&DEV_07B0&SUBSYS_07B015AD&REV_01\\000C29FFFF661AA200"
    )
    control.key("NetworkProvider\\Order").sz("ProviderOrder", "RDPNP,vmhgfs,LanmanWorkstation")
    for mode in ("Minimal", "Network"):
        for name in ("disk", "PlugPlay", "Base", "Boot file system"):
            control.key("SafeBoot\\%s\\%s" % (mode, name)).sz("", "Service")


def _add_tcpip(services, guest):
    parameters = services.key("Tcpip\\Parameters")
    parameters.sz("Hostname", guest.host_name).sz("NV Hostname", guest.host_name)
    parameters.sz("Domain", "").sz("NV Domain", "").expand(
        "DataBasePath", "%SystemRoot%\\System32\\drivers\\etc"
    )
    parameters.key("PersistentRoutes").sz("10.20.0.0,255.255.0.0,10.0.2.3,1", "")
    parameters.key("Interfaces\\" + ADAPTER).dword("EnableDHCP", 0).multi(
        "IPAddress", "10.0.2.55"
    ).multi("SubnetMask", "255.255.255.0").multi("DefaultGateway", "10.0.2.2").multi(
        "DefaultGatewayMetric", "0"
    ).sz(
        "NameServer", "10.0.2.3,10.0.2.4"
    ).sz(
        "Domain", "example.test"
    )
    services.key("Tcpip6\\Parameters\\Interfaces\\" + ADAPTER).sz("NameServer", "2001:db8::3")
    services.key("partmgr\\Parameters").dword("SanPolicy", 2 if guest.is_server else 1)


def _add_nsi(control):
    """The static IPv6 address of the adapter, and its gateway."""
    store = control.key("Nsi\\{eb004a01-9b1a-11d4-9123-0050047759bc}")
    address = bytes.fromhex("20010db8000000000000000000000055")
    gateway = bytes.fromhex("fe800000000000000000000000000001")
    store.key("10").binary(
        ADAPTER_LUID + address.hex(),
        struct.pack("<QIII", 2**64 - 1, 16, 16, 64).ljust(48, b"\xff"),
    )
    store.key("16").binary(bytes(40).hex() + 2 * ADAPTER_LUID + gateway.hex(), bytes(56))


def _pci_ids(count, seed):
    """Distinct hardware ids as INFs of storage, chipset and network drivers name them."""
    chance = random.Random(seed)
    ids = set()
    while len(ids) < count:
        device = "VEN_%04X&DEV_%04X" % (
            chance.choice(
                (0x8086, 0x1022, 0x10DE, 0x1000, 0x1077, 0x15B3, 0x14E4, 0x9005, 0x1106, 0x1166)
            ),
            chance.randrange(0x10000),
        )
        form = chance.randrange(4)
        if form == 0:
            device += "&SUBSYS_%08X" % chance.randrange(2**32)
        elif form == 1:
            device += "&CC_%04X" % chance.choice((0x0106, 0x0104, 0x0107, 0x0601))
        ids.add(device)
    return sorted(ids)


def _add_critical_devices(database, guest):
    """The boot devices of Windows 7 and before, about as many as a stock machine has."""

    def add(name, service, class_guid):
        database.key(name).sz("Service", service).sz("ClassGUID", class_guid).sz(
            "DriverPackageId", "%s.inf_x86_neutral_%016x" % (service, len(database.subkeys) * 77)
        )

    for name in ("primary_ide_channel", "secondary_ide_channel", "*pnp0600"):
        add(name, "atapi", HDC)
    add("gendisk", "disk", DISK_DRIVE)
    add("pci#cc_0101", "pciide", HDC)
    add("pci#cc_0106", "msahci", HDC)
    for device in ("7010", "7111", "2411", "2421", "7601"):
        add("pci#ven_8086&dev_" + device, "intelide", HDC)
    add("pci#ven_1000&dev_0030&subsys_197615ad", "LSI_SCSI", SCSI_ADAPTER)
    add("pci#ven_1000&dev_0054", "LSI_SAS", SCSI_ADAPTER)
    for device in _pci_ids(guest.critical_devices - len(database.subkeys), 7):
        add("pci#" + device.lower(), "amdsata", SCSI_ADAPTER)


def package_version(class_guid, architecture, version=(10, 0, 19041, 1), inbox=True):
    """The 48 bytes that DriverPackages\\...\\Version holds."""
    return (
        struct.pack("<BBHI", 0xFF if inbox else 0, 0xFF, architecture, 0)
        + uuid.UUID(class_guid).bytes_le
        + struct.pack("<QHHHHQ", 127953216000000000, *reversed(version), 0)
    )


def _add_package(database, architecture, name, inf, class_guid, service, ids, strings):
    package = database.key("DriverPackages\\" + name)
    package.binary("Version", package_version(class_guid, ARCHITECTURES[architecture])).sz("Provider", "Microsoft")
    package.sz("InfName", inf).sz("SignerName", "Microsoft Windows").dword(
        "SignerScore", 0x0D000003
    )
    package.binary("ImportDate", struct.pack("<Q", hive.FILETIME)).dword("StatusFlags", 0x12)
    package.sz("", inf).sz("OemPath", "").sz("Catalog", "")
    configuration = package.key("Configurations\\%s_Inst" % service)
    configuration.sz("Service", service).dword("ConfigScope", 7).dword("ConfigFlags", 0)
    configuration.key("Device\\Interrupt Management\\MessageSignaledInterruptProperties").dword(
        "MSISupported", 1
    )
    for position, device in enumerate(ids):
        bus, _, rest = device.partition("\\")
        package.key("Descriptors\\%s\\%s" % (bus, rest)).sz("Configuration", service + "_Inst").sz(
            "Manufacturer", "%msft%"
        ).sz("Description", "%%%s.dev%d%%" % (service, position))
        database.key("DeviceIds\\%s\\%s" % (bus, rest)).binary(inf, bytes((1, 0xFF, 0, 0)))
    for number in range(strings):
        package.key("Strings").sz(
            "%s.dev%d" % (service, number), "%s %s adapter, model %d" % (service, inf, number)
        )
    entry = database.key("DriverInfFiles\\" + inf)
    entry.multi("", name).sz("Active", name).multi("Configurations", service + "_Inst")


def _add_driver_database(database, guest):
    database.dword("Version", guest.version[0] << 24 | guest.version[1] << 16).dword("SchemaVersion", 0x00010000)
    database.dword("Architecture", ARCHITECTURES[guest.architecture]).dword("SetupStatus", 0)
    database.binary("UpdateDate", struct.pack("<Q", hive.FILETIME)).binary("OemInfMap", b"\xe0\0")
    known = [
        ("mshdc.inf", HDC, "storahci", ["PCI\\CC_0106", "PCI\\CC_010601"]),
        ("mshdc.inf", HDC, "pciide", ["PCI\\CC_0101"]),
        ("stornvme.inf", SCSI_ADAPTER, "stornvme", ["PCI\\CC_010802"]),
        ("lsi_sas.inf", SCSI_ADAPTER, "LSI_SAS", ["PCI\\VEN_1000&DEV_0054"]),
        ("disk.inf", DISK_DRIVE, "disk", ["GenDisk"]),
        ("vmci.inf", HDC, "vmci", ["PCI\\VEN_15AD&DEV_0740"]),
    ]
    ids = _pci_ids(guest.device_ids, 10)
    count = guest.packages
    for number, (inf, class_guid, service, devices) in enumerate(known):
        _add_package(
            database,
            guest.architecture,
            "%s_%s_%016x" % (inf, guest.architecture, 0x5E38A278D114B813 + number),
            inf,
            class_guid,
            service,
            [d if "\\" in d else "SCSI\\" + d for d in devices],
            8,
        )
    for number in range(count - len(known)):
        inf = "dev%03d.inf" % number
        own = ids[
            number
            * len(ids)
            // (count - len(known)) : (number + 1)
            * len(ids)
            // (count - len(known))
        ]
        _add_package(
            database,
            guest.architecture,
            "%s_%s_%016x" % (inf, guest.architecture, (number + 1) * 0x9E3779B97F4A7C15 % 2**64),
            inf,
            SCSI_ADAPTER,
            "dev%03d" % number,
            ["PCI\\" + device for device in own],
            len(own) + guest.strings_per_package,
        )
    # Staged by VMware Tools but not configured: no Configurations, no Descriptors, no DeviceIds.
    name = "pvscsi.inf_%s_cd0a3ba4c6b8a8a1" % guest.architecture
    staged = database.key("DriverPackages\\" + name)
    staged.binary(
        "Version",
        package_version(
            SCSI_ADAPTER, ARCHITECTURES[guest.architecture], (1, 3, 15, 0), inbox=False
        ),
    )
    staged.sz("Provider", "VMware, Inc.").dword("StatusFlags", 0x112).sz("", "oem1.inf")
    database.key("DriverInfFiles\\oem1.inf").multi("", name).sz("Active", name)
    for bus in (
        "ACPI",
        "HID",
        "HDAUDIO",
        "ROOT",
        "SCSI",
        "STORAGE",
        "SW",
        "USB",
        "USBSTOR",
        "VMBUS",
    ):
        for number in range(25):
            database.key("DeviceIds\\%s\\%s%04X" % (bus, bus, number)).binary(
                "dev%03d.inf" % (number % max(1, count - len(known))), bytes((1, 0xFF, 0, 0))
            )


def _add_enum(enum):
    for bus_id, serial, description, service in (
        ("PCI\\VEN_15AD&DEV_07C0&SUBSYS_07C015AD&REV_02", "4&1f16fef7&0&00A8", "pvscsi", "pvscsi"),
        ("PCI\\VEN_1000&DEV_0054&SUBSYS_197615AD&REV_01", "3&61aaa01&0&98", "LSI SAS", "LSI_SAS"),
        (
            "PCI\\VEN_15AD&DEV_07B0&SUBSYS_07B015AD&REV_01",
            "000C29FFFF661AA200",
            "vmxnet3",
            "vmxnet3ndis6",
        ),
        ("PCI\\VEN_15AD&DEV_0740&SUBSYS_074015AD&REV_10", "3&61aaa01&0&3F", "VMCI", "vmci"),
        ("PCI\\VEN_8086&DEV_7111&SUBSYS_197615AD&REV_01", "3&61aaa01&0&39", "IDE", "intelide"),
    ):
        key = enum.key(bus_id).key(serial)
        key.sz("DeviceDesc", description).sz("Service", service).multi(
            "HardwareID", bus_id, bus_id[:-7]
        )
        key.dword("ConfigFlags", 0).dword("Capabilities", 0)
        if service == "vmxnet3ndis6":
            key.dword("UINumber", 192)
    key = enum.key("SCSI\\Disk&Ven_VMware&Prod_Virtual_disk\\5&1982005&0&000000")
    key.sz("FriendlyName", "VMware Virtual disk SCSI Disk Device").sz("Service", "disk")


def _partition_id(guest):
    """What MountedDevices keeps for C: on an MBR disk, or on a GPT one."""
    if guest.is_uefi:
        return b"DMIO:ID:" + guest.system_partition_guid.bytes_le
    return struct.pack("<IQ", guest.disk_signature, guest.system_start * 512)


def system_root(guest):
    root = hive.Key("CMI-CreateHive{2A7FB991-7BBE-4F9D-B91E-7CB51D4737F5}")
    first = root.key("ControlSet001")
    _add_control(first.key("Control"), guest)
    if guest.is_server and not guest.is_xp:
        _add_nsi(first.key("Control"))
    services = first.key("Services")
    windows_services.add_services(services, guest)
    _add_tcpip(services, guest)
    _add_enum(first.key("Enum"))
    if guest.is_xp:
        first.key("Enum\\Root\\ACPI_HAL\\0000").multi("HardwareID", "acpiapic_up").sz(
            "Service", "\\Driver\\ACPI_HAL"
        )
    first.key("Hardware Profiles\\0001\\Software\\Fonts").dword("LogPixels", 96)
    if guest.is_7:
        _add_critical_devices(first.key("Control\\CriticalDeviceDatabase"), guest)
    else:
        _add_driver_database(root.key("DriverDatabase"), guest)
        config = (
            root.key("HardwareConfig")
            .sz("LastConfig", "{%s}" % guest.smbios_uuid)
            .dword("LastId", 0)
        )
        config.key("{%s}" % guest.smbios_uuid).dword("Id", 0).dword("BootDriverFlags", 0).sz(
            "SystemManufacturer", "VMware, Inc."
        ).sz("SystemProductName", "VMware7,1")
    # The last known good set: the same, except for what changed at the last start.
    root.subkeys["CONTROLSET002"] = second = hive.Key("ControlSet002")
    second.subkeys = dict(first.subkeys)
    root.key("Select").dword("Current", 1).dword("Default", 1).dword("Failed", 0).dword(
        "LastKnownGood", 2
    )
    mounted = root.key("MountedDevices").binary("\\DosDevices\\C:", _partition_id(guest))
    mounted.binary(
        "\\??\\Volume{%s}" % uuid.uuid5(guest.smbios_uuid, "volume"), _partition_id(guest)
    )
    mounted.binary(
        "\\DosDevices\\D:",
        "\\??\\IDE#CdRomNECVMWar_VMware_IDE_CDR10#5&2ba6a2a0&0&1.0.0".encode("utf-16-le"),
    )
    root.key("Setup").sz("CmdLine", "").dword("SetupType", 0).dword(
        "SystemSetupInProgress", 0
    ).dword("OOBEInProgress", 0)
    root.key("WPA").dword("x", 1)
    return root


def software_root(guest):
    root = hive.Key("CMI-CreateHive{199DAFC2-6F16-4946-BF90-5A3FC3A60902}")
    nt = root.key("Microsoft\\Windows NT\\CurrentVersion")
    nt.sz("ProductName", guest.product_name).sz("CurrentVersion", guest.current_version)
    nt.sz("CurrentBuildNumber", str(guest.build)).sz("CurrentBuild", str(guest.build))
    if not guest.is_xp:
        nt.sz("EditionID", guest.edition).sz("InstallationType", guest.installation_type)
    nt.dword("InstallDate", 0x660D8137)
    nt.sz("SystemRoot", "C:\\Windows").sz("PathName", "C:\\Windows").sz("RegisteredOwner", "Owner")
    nt.sz(
        "BuildLabEx",
        "%d.1.%s.release.220101-0000" % (guest.build, "%sfre" % guest.architecture),
    )
    if guest.service_pack:
        nt.sz("CSDVersion", "Service Pack %d" % guest.service_pack)
    if guest.version >= (10, 0):
        nt.dword("CurrentMajorVersionNumber", 10).dword("CurrentMinorVersionNumber", 0)
        nt.dword("UBR", guest.revision)
        if guest.release:
            nt.sz("ReleaseId", "2009").sz("DisplayVersion", guest.release)
    nt.key("Winlogon").sz("Shell", "explorer.exe").sz(
        "Userinit", "C:\\Windows\\system32\\userinit.exe,"
    ).sz("DefaultDomainName", guest.host_name)
    nt.key("ProfileList\\S-1-5-21-%u-%u-%u-500" % MACHINE_SID).expand(
        "ProfileImagePath", "C:\\Users\\Administrator"
    )
    windows = root.key("Microsoft\\Windows\\CurrentVersion")
    windows.expand("DevicePath", "%SystemRoot%\\inf").sz("ProgramFilesDir", "C:\\Program Files")
    windows.sz("CommonFilesDir", "C:\\Program Files\\Common Files").expand(
        "ProgramFilesPath", "%ProgramFiles%"
    )
    windows.key("Run").sz(
        "VMware User Process", '"C:\\Program Files\\VMware\\VMware Tools\\vmtoolsd.exe" -n vmusr'
    )
    windows.key("Policies\\System").dword("EnableLUA", 1)
    windows.key("Uninstall\\{F32C4E7B-2BF8-4788-8408-824C6896E1BB}").sz(
        "DisplayName", "VMware Tools"
    ).sz("Publisher", "VMware, Inc.").sz("DisplayVersion", "11.3.5.18557794").expand(
        "UninstallString", "MsiExec.exe /I{F32C4E7B-2BF8-4788-8408-824C6896E1BB}"
    )
    windows.key("Uninstall\\7-Zip").sz("DisplayName", "7-Zip 22.01").sz("Publisher", "Igor Pavlov")
    if not guest.is_x86:
        root.key("Wow6432Node\\Microsoft\\Windows\\CurrentVersion").sz(
            "ProgramFilesDir", "C:\\Program Files (x86)"
        ).key("Uninstall\\Old").sz("DisplayName", "Old Program").dword("SystemComponent", 1)
    for number in range(guest.classes):
        class_key = root.key("Classes\\CLSID\\{%s}" % uuid.uuid5(guest.smbios_uuid, str(number)))
        class_key.sz("", "Class %d" % number).key("InprocServer32").expand(
            "", "%%SystemRoot%%\\system32\\class%d.dll" % number
        ).sz("ThreadingModel", "Both")
    return root


def _device_element(guest, is_esp):
    """A BCD device: the qualified partition a loader or its system is on."""
    if guest.is_uefi:
        partition = guest.esp_partition_guid if is_esp else guest.system_partition_guid
        where, style, disk = partition.bytes_le, 0, guest.disk_guid.bytes_le
    else:
        start = guest.boot_start if is_esp else guest.system_start
        where, style = struct.pack("<QQ", start * 512, 0), 1
        disk = struct.pack("<I", guest.disk_signature).ljust(16, b"\0")
    return (
        bytes(16)
        + struct.pack("<IIII", 6, 0, 0x48, 0)
        + where
        + struct.pack("<II", 0, style)
        + disk
        + bytes(16)
    )


def bcd_root(guest):
    root = hive.Key("NewStoreRoot")
    root.key("Description").sz("KeyName", "BCD00000000").dword("System", 1).dword(
        "TreatAsSystem", 1
    )
    loader = "{%s}" % uuid.uuid5(guest.smbios_uuid, "loader")

    def add(identifier, kind, elements):
        entry = root.key("Objects\\" + identifier)
        entry.key("Description").dword("Type", kind)
        for element, (store, value) in elements.items():
            getattr(entry.key("Elements\\%08x" % element), store)("Element", value)

    add(
        BOOTMGR,
        0x10100002,
        {
            0x11000001: ("binary", _device_element(guest, True)),
            0x12000002: (
                "sz",
                "\\EFI\\Microsoft\\Boot\\bootmgfw.efi" if guest.is_uefi else "\\bootmgr",
            ),
            0x12000004: ("sz", "Windows Boot Manager"),
            0x12000005: ("sz", "en-US"),
            0x23000003: ("sz", loader),
            0x24000001: ("multi", loader),
            0x25000004: ("binary", struct.pack("<Q", 30)),
        },
    )
    add(
        loader,
        0x10200003,
        {
            0x11000001: ("binary", _device_element(guest, False)),
            0x12000002: (
                "sz",
                "\\Windows\\system32\\winload." + ("efi" if guest.is_uefi else "exe"),
            ),
            0x12000004: ("sz", guest.product_name),
            0x16000009: ("binary", b"\x01"),
            0x21000001: ("binary", _device_element(guest, False)),
            0x22000002: ("sz", "\\Windows"),
            0x25000020: ("binary", struct.pack("<Q", 0)),
            **({0x16000046: ("binary", b"\x01")} if guest.is_uefi else {}),
        },
    )
    add(
        "{b2721d73-1db4-4c62-bf78-c548a880142d}",
        0x10200005,
        {
            0x11000001: ("binary", _device_element(guest, True)),
            0x12000002: (
                "sz",
                "\\EFI\\Microsoft\\Boot\\memtest.efi" if guest.is_uefi else "\\boot\\memtest.exe",
            ),
            0x12000004: ("sz", "Windows Memory Diagnostic"),
        },
    )
    return root


def small_root(name):
    """SAM, SECURITY and DEFAULT: hardly more than what says that they are there."""
    root = hive.Key("CMI-CreateHive{%s}" % uuid.uuid5(uuid.NAMESPACE_DNS, name))
    if name == "SAM":
        account = root.key("SAM\\Domains\\Account").binary(
            "V", bytes(40) + struct.pack("<BBHIIIII", 1, 4, 0, 5 << 24, 21, *MACHINE_SID)
        )
        for user, number, flags in (("Administrator", 500, 0x210), ("Guest", 501, 0x215)):
            account.key("Users\\%08X" % number).binary(
                "F", bytes(0x38) + struct.pack("<H", flags) + bytes(22)
            )
            # The number of an account is the type of a value without data.
            account.key("Users\\Names\\" + user).set("", number, b"")
    elif name == "SECURITY":
        root.key("Policy\\PolPrDmN").binary("", b"\x12\0\x14\0\x08\0\0\0" + hive.utf16("WORKGROUP"))
    else:
        root.key("Control Panel\\Desktop").sz("SCRNSAVE.EXE", "")
    return root

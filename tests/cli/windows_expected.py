# SPDX-License-Identifier: GPL-3.0-or-later
"""What a migration has to change in the Windows guests of tests/images: registry values and files, written
down from what Windows itself and other migration tools put there, not from the program under test."""

import datetime
import ipaddress
import os
import struct
import uuid

SZ, EXPAND_SZ, BINARY, DWORD, MULTI_SZ = 1, 2, 3, 4, 7

SCSI_ADAPTER = "{4D36E97B-E325-11CE-BFC1-08002BE10318}"
# service: BusType, (transitional device, its ids' tail), (modern device, its ids' tail)
STORAGE = {
    "viostor": (1, ("DEV_1001", "SUBSYS_00021AF4&REV_00"), ("DEV_1042", "SUBSYS_11001AF4&REV_01")),
    "vioscsi": (10, ("DEV_1004", "SUBSYS_00081AF4&REV_00"), ("DEV_1048", "SUBSYS_11001AF4&REV_01")),
}
# folder in a virtio-win collection, name of the package
PACKAGES = [
    ("viostor", "viostor"),
    ("vioscsi", "vioscsi"),
    ("NetKVM", "netkvm"),
    ("Balloon", "balloon"),
    ("vioserial", "vioser"),
    ("viorng", "viorng"),
]
HDC, DISK_DRIVE = (
    "{4D36E96A-E325-11CE-BFC1-08002BE10318}",
    "{4D36E967-E325-11CE-BFC1-08002BE10318}",
)
# What Windows 7 has to have registered to boot from emulated disks, unless it has it already.
EMULATED_DEVICES = {
    "primary_ide_channel": ("atapi", HDC),
    "secondary_ide_channel": ("atapi", HDC),
    "internal_ide_channel": ("atapi", HDC),
    "*pnp0600": ("atapi", HDC),
    "gendisk": ("disk", DISK_DRIVE),
    "pci#cc_0101": ("pciide", HDC),
    "pci#ven_8086&dev_7010": ("intelide", HDC),
    "pci#cc_010601": ("msahci", HDC),
}
FALLBACKS = ["disk", "pci", "storahci", "msahci", "atapi", "intelide", "pciide", "stornvme"]
TOOLS = [
    "VMTools",
    "VGAuthService",
    "vm3dservice",
    "vmvss",
    "vmhgfs",
    "vmrawdsk",
    "VMMemCtl",
    "vmdebug",
    "VMUpgradeHelper",
]
SETTINGS = [
    ("Control\\CrashControl", "AutoReboot"),
    ("Control\\Session Manager\\Power", "HiberbootEnabled"),
    ("Control\\Power", "HibernateEnabled"),
]
# generation: folder of the drivers, PROCESSOR_ARCHITECTURE, DriverVer
GENERATIONS = {
    "7-x86": ("w7", "x86", (61, 77, 104, 17200)),
    "10-x64": ("w10", "amd64", (100, 95, 104, 26200)),
    "2022-x64": ("2k22", "amd64", (100, 95, 104, 26200)),
}
FIRST_BOOT = "DrydockFirstBoot"
NET = "{4d36e972-e325-11ce-bfc1-08002be10318}"
ADDRESS_VALUES = (
    "IPAddress",
    "SubnetMask",
    "DefaultGateway",
    "DefaultGatewayMetric",
    "NameServer",
)
DRIVER_DATE = datetime.datetime(2023, 8, 14)


def sz(text):
    return (text + "\0").encode("utf-16-le")


def multi(*texts):
    return b"".join(sz(text) for text in texts) + b"\0\0"


def dword(number):
    return struct.pack("<I", number)


class Registry:
    """A tree as plain data, so that it can be changed: folded path → (path, values, security), values:
    folded name → (name, type, data)."""

    def __init__(self, hive):
        self.keys = {}
        self._add(hive.root, "")

    def _add(self, key, path):
        self.keys[path.upper()] = (path, dict(key.values), key.security)
        for below in key.keys.values():
            self._add(below, path + "\\" + below.name if path else below.name)

    def has(self, path):
        return path.upper() in self.keys

    def create(self, path):
        """Makes a key with its parents; it inherits its security from the one above."""
        if not self.has(path):
            above, _, name = path.rpartition("\\")
            self.create(above)
            above, _, security = self.keys[above.upper()]
            self.keys[path.upper()] = (above + "\\" + name if above else name, {}, security)

    def set(self, path, name, kind, data):
        self.create(path)
        self.keys[path.upper()][1][name.upper()] = (name, kind, data)

    def get(self, path, name):
        key = self.keys.get(path.upper())
        value = key and key[1].get(name.upper())
        return value and value[2]

    def delete(self, path):
        for folded in list(self.keys):
            if folded == path.upper() or folded.startswith(path.upper() + "\\"):
                del self.keys[folded]


def machine_facts(system):
    """What of SYSTEM the domain depends on: the machine's UUID or None, and its clock in seconds from UTC."""
    uuid_text = system.get("HardwareConfig", "LastConfig")
    zone = "ControlSet001\\Control\\TimeZoneInformation"
    bias = struct.unpack("<i", system.get(zone, "ActiveTimeBias"))[0]
    is_utc = system.get(zone, "RealTimeIsUniversal") not in (None, dword(0))
    return (
        uuid_text and uuid_text.decode("utf-16-le").rstrip("\0").strip("{}").lower(),
        0 if is_utc else -60 * bias,
    )


def _version(architecture, version):
    """The 48 bytes of DriverPackages\\…\\Version of a third party's driver."""
    filetime = int((DRIVER_DATE - datetime.datetime(1601, 1, 1)).total_seconds()) * 10**7
    return (
        struct.pack("<BBHI", 0, 0xFF, {"x86": 0, "amd64": 9}[architecture], 0)
        + uuid.UUID(SCSI_ADAPTER).bytes_le
        + struct.pack("<QHHHHQ", filetime, *reversed(version), 0)
    )


def _add_service(system, control_set, name, bus_type):
    key = "%s\\Services\\%s" % (control_set, name)
    for value, number in (("Type", 1), ("Start", 0), ("ErrorControl", 1)):
        system.set(key, value, DWORD, dword(number))
    system.set(key, "Group", SZ, sz("SCSI miniport"))
    system.set(key, "ImagePath", EXPAND_SZ, sz("system32\\drivers\\%s.sys" % name))
    system.set(key + "\\Parameters", "BusType", DWORD, dword(bus_type))
    system.set(key + "\\Parameters", "DmaRemappingCompatible", DWORD, dword(0))
    system.set(key + "\\Parameters\\PnpInterface", "5", DWORD, dword(1))
    system.delete(key + "\\StartOverride")
    events = "%s\\Services\\EventLog\\System\\%s" % (control_set, name)
    system.set(events, "EventMessageFile", EXPAND_SZ, sz("%SystemRoot%\\System32\\IoLogMsg.dll"))
    system.set(events, "TypesSupported", DWORD, dword(7))


def _add_critical_devices(system, control_set, name, devices):
    database = "%s\\Control\\CriticalDeviceDatabase\\PCI#VEN_1AF4&" % control_set
    for device, tail in devices:
        for form in (device, "%s&%s" % (device, tail), "%s&%s" % (device, tail.split("&")[1])):
            system.set(database + form, "Service", SZ, sz(name))
            system.set(database + form, "ClassGUID", SZ, sz(SCSI_ADAPTER))


def _add_emulated_devices(system, control_set):
    for device, (service, class_guid) in EMULATED_DEVICES.items():
        key = "%s\\Control\\CriticalDeviceDatabase\\%s" % (control_set, device)
        bound = system.get(key, "Service")
        if not system.has("%s\\Services\\%s" % (control_set, service)):
            continue
        if bound and bound.decode("utf-16-le").rstrip("\0").lower() == service:
            continue
        system.set(key, "Service", SZ, sz(service))
        system.set(key, "ClassGUID", SZ, sz(class_guid))


def _add_package(system, name, bus_type, devices, architecture, version):
    alias = "drydock_%s.inf" % name
    package = "%s_%s_0000000000000000" % (alias, architecture)
    section = "%s_Install.nt" % name
    inf_file = "DriverDatabase\\DriverInfFiles\\" + alias
    system.set(inf_file, "", MULTI_SZ, multi(package))
    system.set(inf_file, "Active", SZ, sz(package))
    system.set(inf_file, "Configurations", MULTI_SZ, multi(section))
    key = "DriverDatabase\\DriverPackages\\" + package
    system.set(key, "Version", BINARY, _version(architecture, version))
    system.set(key, "Provider", SZ, sz("Red Hat, Inc."))
    system.set(key, "", SZ, sz(alias))
    system.set(key + "\\Strings", "vendor", SZ, sz("Red Hat, Inc."))
    device_name = 'VirtIO device "%s" (test)' % name
    system.set(key + "\\Strings", name + ".device", SZ, sz(device_name))
    configuration = "%s\\Configurations\\%s" % (key, section)
    system.set(configuration, "ConfigFlags", DWORD, dword(0))
    system.set(configuration, "ConfigScope", DWORD, dword(7))
    system.set(configuration, "Service", SZ, sz(name))
    interrupts = (
        configuration + "\\Device\\Interrupt Management\\MessageSignaledInterruptProperties"
    )
    system.set(interrupts, "MSISupported", DWORD, dword(1))
    system.set(interrupts, "MessageNumberLimit", DWORD, dword(256))
    parameters = "%s\\Services\\%s\\Parameters" % (configuration, name)
    system.set(parameters, "BusType", DWORD, dword(bus_type))
    system.set(parameters, "DmaRemappingCompatible", DWORD, dword(0))
    system.set(parameters + "\\PnpInterface", "5", DWORD, dword(1))
    for device, tail in devices:
        # The first byte says how well an id fits: 1 the hardware id, 2 the first compatible one.
        for form, rank in (("%s&%s" % (device, tail), 1), (device, 2)):
            path = "PCI\\VEN_1AF4&" + form
            system.set(
                "DriverDatabase\\DeviceIds\\" + path, alias, BINARY, bytes((rank, 0xFF, 0, 0))
            )
            descriptor = "%s\\Descriptors\\%s" % (key, path)
            system.set(descriptor, "Configuration", SZ, sz(section))
            system.set(descriptor, "Manufacturer", SZ, sz("%vendor%"))
            system.set(descriptor, "Description", SZ, sz("%%%s.device%%" % name))


def _add_first_boot(system, control_set):
    """The service, in safe mode too; disks on the new bus come online."""
    services = control_set + "\\Services\\"
    key = services + FIRST_BOOT
    for value, number in (("Type", 0x10), ("Start", 2), ("ErrorControl", 0)):
        system.set(key, value, DWORD, dword(number))
    system.set(key, "ImagePath", EXPAND_SZ, sz("%SystemRoot%\\Drydock\\firstboot.exe"))
    system.set(key, "DisplayName", SZ, sz("Drydock first boot"))
    description = "Finishes the migration of this machine, then removes itself."
    system.set(key, "Description", SZ, sz(description))
    system.set(key, "ObjectName", SZ, sz("LocalSystem"))
    present = [n for n in ("PlugPlay", "RpcSs") if system.get(services + n, "Start") is not None]
    if present:
        system.set(key, "DependOnService", MULTI_SZ, multi(*present))
    for mode in ("Minimal", "Network"):
        mode_key = "%s\\Control\\SafeBoot\\%s\\%s" % (control_set, mode, FIRST_BOOT)
        system.set(mode_key, "", SZ, sz("Service"))
    if system.get(services + "partmgr\\Parameters", "SanPolicy") in (dword(2), dword(3)):
        system.set(services + "partmgr\\Parameters", "SanPolicy", DWORD, dword(1))


def _texts(system, key, name):
    """Strings of a MULTI_SZ, or of a list with commas."""
    data = system.get(key, name) or b""
    return [text for text in data.decode("utf-16-le").replace(",", "\0").split("\0") if text]


def _is_static(system, key):
    return system.get(key, "EnableDHCP") == dword(0) and bool(_texts(system, key, "IPAddress"))


def _move_network(system, control_set, adapter):
    """The old adapter gives its settings away."""
    key = "%s\\Services\\Tcpip\\Parameters\\Interfaces\\%s" % (control_set, adapter)
    if _is_static(system, key):
        for name in ADDRESS_VALUES:
            system.keys[key.upper()][1].pop(name.upper(), None)
        system.set(key, "EnableDHCP", DWORD, dword(1))
    connection = "%s\\Control\\Network\\%s\\%s\\Connection" % (control_set, NET, adapter)
    (name,) = _texts(system, connection, "Name")
    system.set(connection, "Name", SZ, sz(name + " (before migration)"))


def _ipv6_settings(system, control_set):
    """Addresses and gateways of the network store, which has those of one adapter only."""
    store = control_set + "\\Control\\Nsi\\{eb004a01-9b1a-11d4-9123-0050047759bc}\\"
    addresses, gateways = [], []
    for name, _, data in system.keys.get((store + "10").upper(), ("", {}))[1].values():
        address = ipaddress.IPv6Address(bytes.fromhex(name)[8:24])
        addresses.append("%s/%d" % (address, data[16]))
    for name, _, _ in system.keys.get((store + "16").upper(), ("", {}))[1].values():
        gateways.append(str(ipaddress.IPv6Address(bytes.fromhex(name)[56:72])))
    return addresses, gateways


def _network_settings(system, control_set, adapter, mac):
    """What the service is told of the adapter's connection."""
    parameters = control_set + "\\Services\\Tcpip%s\\Parameters\\"
    key = parameters % "" + "Interfaces\\" + adapter
    key_v6 = parameters % "6" + "Interfaces\\" + adapter
    connection = "%s\\Control\\Network\\%s\\%s\\Connection" % (control_set, NET, adapter)
    lines = ["adapter=" + mac.replace(":", "")]
    lines.append("connection-name=" + _texts(system, connection, "Name")[0])
    addresses, gateways = _ipv6_settings(system, control_set)
    if _is_static(system, key):
        masks = _texts(system, key, "SubnetMask")
        addresses[:0] = map("/".join, zip(_texts(system, key, "IPAddress"), masks, strict=True))
        gateways[:0] = _texts(system, key, "DefaultGateway")
    for text in addresses:
        lines.append("address=" + ipaddress.ip_interface(text).with_prefixlen)
    lines += ["gateway=" + text for text in gateways]
    for place in (key, key_v6):
        lines += ["dns=" + text for text in _texts(system, place, "NameServer")]
    netbios = "%s\\Services\\NetBT\\Parameters\\Interfaces\\Tcpip_%s" % (control_set, adapter)
    lines += ["wins=" + text for text in _texts(system, netbios, "NameServerList") if text]
    lines += ["dns-suffix=" + text for text in _texts(system, key, "Domain") if text]
    routes = system.keys.get((parameters % "" + "PersistentRoutes").upper(), ("", {}))[1]
    for name, *_ in routes.values():
        destination, mask, gateway, metric = name.split(",")
        if destination != "0.0.0.0":
            network = ipaddress.ip_network("%s/%s" % (destination, mask))
            lines.append("route=%s %s %s" % (network, gateway, metric))
    return lines


def first_boot_settings(system, control_sets, packages, adapter, mac):
    """What the service is told, line by line, but for the devices of the drivers."""
    lines = ["drydock-first-boot 1"]
    for control_set in control_sets:
        path = control_set + "\\Services\\partmgr\\Parameters"
        policy = system.get(path, "SanPolicy")
        if policy in (dword(2), dword(3)):
            lines.append("set-dword=SYSTEM\\%s|SanPolicy|%d" % (path, policy[0]))
        lines.append("delete-key=SYSTEM\\%s\\Services\\%s" % (control_set, FIRST_BOOT))
        for mode in ("Minimal", "Network"):
            key = "SYSTEM\\%s\\Control\\SafeBoot\\%s\\%s" % (control_set, mode, FIRST_BOOT)
            lines.append("delete-key=" + key)
    lines += ["reboot=when-wanted", "uninstall=tools", "disks=online"]
    for _, name in sorted(packages, key=lambda row: row[1]):
        lines.append("driver=Drivers\\VirtIO\\%s\\%s.inf" % (name, name))
    if adapter:
        lines += _network_settings(system, control_sets[0], adapter, mac)
    return lines


def change_system(
    system, generation, control_sets, with_drivers=True, with_first_boot=True, adapter=None
):
    """Makes a Registry of SYSTEM what it should be afterwards."""
    _, architecture, version = GENERATIONS[generation]
    for control_set in control_sets:
        services = control_set + "\\Services\\"
        for name, (bus_type, *devices) in STORAGE.items() if with_drivers else ():
            _add_service(system, control_set, name, bus_type)
            if generation == "7-x86":
                _add_critical_devices(system, control_set, name, devices)
        if generation == "7-x86":
            _add_emulated_devices(system, control_set)
        for name in FALLBACKS:
            if system.has(services + name):
                system.set(services + name, "Start", DWORD, dword(0))
                system.delete(services + name + "\\StartOverride")
        for name in TOOLS:
            if system.has(services + name):
                system.set(services + name, "Start", DWORD, dword(4))
        for name in ("Order", "HwOrder"):
            order = "%s\\Control\\NetworkProvider\\%s" % (control_set, name)
            text = system.get(order, "ProviderOrder")
            if text is not None:
                names = text.decode("utf-16-le").rstrip("\0").split(",")
                kept = ",".join(name for name in names if name != "vmhgfs")
                system.set(order, "ProviderOrder", SZ, sz(kept))
        if with_first_boot:
            _add_first_boot(system, control_set)
        if with_first_boot and adapter:
            _move_network(system, control_set, adapter)
        for path, name in SETTINGS:
            if system.get("%s\\%s" % (control_set, path), name) is not None:
                system.set("%s\\%s" % (control_set, path), name, DWORD, dword(0))
    if generation != "7-x86":
        for name, (bus_type, *devices) in STORAGE.items() if with_drivers else ():
            _add_package(system, name, bus_type, devices, architecture, version)


def change_software(software, packages):
    if not packages:
        return  # no folder to be searched
    folders = [""] + ["\\" + name for _, name in sorted(packages, key=lambda row: row[1])]
    path = ["%SystemRoot%\\inf"] + ["%SystemRoot%\\Drivers\\VirtIO" + name for name in folders]
    software.set("Microsoft\\Windows\\CurrentVersion", "DevicePath", EXPAND_SZ, sz(";".join(path)))


def change_boot_configuration(store):
    """Without the element that keeps a boot loader from showing anything under UEFI."""
    manager = "Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\23000003"
    loader = store.get(manager, "Element").decode("utf-16-le").rstrip("\0")
    store.delete("Objects\\%s\\Elements\\16000046" % loader)


def new_files(generation, virtio, with_boot_drivers, packages):
    """path in the guest → path in the collection, and the folders they need."""
    system, architecture, _ = GENERATIONS[generation]
    files, folders = {}, set()
    for folder, name in packages:
        source = os.path.join(virtio, folder, system, architecture)
        if name in STORAGE and with_boot_drivers:
            files["/Windows/System32/drivers/%s.sys" % name] = os.path.join(source, name + ".sys")
        target = "/Windows/Drivers/VirtIO/" + name
        folders |= {"/Windows/Drivers", "/Windows/Drivers/VirtIO", target}
        for file in os.listdir(source):
            if not file.endswith(".pdb"):  # for a debugger only
                files["%s/%s" % (target, file.lower())] = os.path.join(source, file)
    return files, folders

# SPDX-License-Identifier: GPL-3.0-or-later
"""INF files in the shapes that virtio drivers for Windows come in."""

SCSI_ADAPTER = "{4D36E97B-E325-11CE-BFC1-08002BE10318}"
NET = "{4D36E972-E325-11CE-BFC1-08002BE10318}"
SYSTEM = "{4D36E97D-E325-11CE-BFC1-08002BE10318}"

# folder, service: class, class GUID, legacy and modern device, legacy subsystem, bus type or None
DRIVERS = {
    ("viostor", "viostor"): ("SCSIAdapter", SCSI_ADAPTER, "1001", "1042", "0002", 1),
    ("vioscsi", "vioscsi"): ("SCSIAdapter", SCSI_ADAPTER, "1004", "1048", "0008", 10),
    ("NetKVM", "netkvm"): ("Net", NET, "1000", "1041", "0001", None),
    ("Balloon", "balloon"): ("System", SYSTEM, "1002", "1045", "0005", None),
    ("vioserial", "vioser"): ("System", SYSTEM, "1003", "1043", "0003", None),
    ("viorng", "viorng"): ("System", SYSTEM, "1005", "1044", "0004", None),
}

# What there is for Windows before Vista.
OLD_DRIVERS = [
    ("viostor", "viostor"),
    ("NetKVM", "netkvm"),
    ("Balloon", "balloon"),
    ("vioserial", "vioser"),
]

# TargetOS decoration of the models section, and whether files stay in the driver store (dirid 13).
SHAPES = {
    "xp": ("5.1", False),
    "2k3": ("5.2", False),
    "2k8": ("6.0", False),
    "w7": ("6.1", False),
    "2k8R2": ("6.1", False),
    "w8": ("6.2", False),
    "2k12": ("6.2", False),
    "w8.1": ("6.3", False),
    "2k12R2": ("6.3", False),
    "w10": ("10.0", False),
    "2k16": ("10.0", False),
    "2k19": ("10.0", False),
    "2k22": ("10.0", False),
    "w11": ("10.0...16299", True),
    "2k25": ("10.0...16299", True),
}


def _hardware_ids(legacy, modern, subsystem):
    return (
        "PCI\\VEN_1AF4&DEV_%s&SUBSYS_%s1AF4&REV_00" % (legacy, subsystem),
        "PCI\\VEN_1AF4&DEV_%s&SUBSYS_11001AF4&REV_01" % modern,
    )


def _service(service, bus_type, directory, boot):
    group = "\nLoadOrderGroup = SCSI miniport" if bus_type else ""
    parameters = ""
    if bus_type:
        parameters = """AddReg         = {service}_Parameters

[{service}_Parameters]
HKR, "Parameters\\PnpInterface", "5", %REG_DWORD%, 1 ; the PCI bus
HKR, "Parameters", "BusType", %REG_DWORD%, {bus:#010x}
HKR, Parameters, DmaRemappingCompatible, %REG_DWORD%, 0
""".format(
            service=service, bus=bus_type
        )
    return """[{service}_Service]
DisplayName    = %{service}.Service%
ServiceType    = %SERVICE_KERNEL_DRIVER%
StartType      = {start}
ErrorControl   = %SERVICE_ERROR_NORMAL%
ServiceBinary  = %{directory}%\\{service}.sys{group}
{parameters}""".format(
        service=service,
        start="%SERVICE_BOOT_START%" if boot else 3,
        directory=directory,
        group=group,
        parameters=parameters,
    )


def make(folder, service, system, architecture, version):
    """The text of one INF; version: "100.95.104.26200"."""
    class_name, class_guid, legacy, modern, subsystem, bus_type = DRIVERS[(folder, service)]
    target, in_store = SHAPES[system]
    decoration = "NT%s.%s" % (architecture, target)
    first, second = _hardware_ids(legacy, modern, subsystem)
    directory = 13 if in_store else 12
    compatible = ", PCI\\VEN_1AF4&DEV_%s" % legacy if bus_type is None else ""
    event_log = ", %s_EventLog" % service if bus_type else ""
    text = """; Test driver {service} for {system}, {architecture}

[Version]
Signature   = "$WINDOWS NT$"
Class       = {class_name}
ClassGuid   = {class_guid}
Provider    = %Vendor%
DriverVer   = 08/14/2023,{version}
CatalogFile = {service}.cat
PnpLockdown = 1

[DestinationDirs]
DefaultDestDir = {directory}

[SourceDisksNames]
1 = %Disk%,,,""

[SourceDisksFiles]
{service}.sys = 1,,

[Manufacturer]
%Vendor% = Models, {decoration}

[Models.{decoration}]
%{service}.Device% = {service}_Install, {first}{compatible}
%{service}.Device% = {service}_Install, \\
    {second}

[{service}_Install.NT]
CopyFiles = {service}_Files

[{service}_Files]
{service}.sys

[{service}_Install.NT.Services]
AddService = {service}, 0x00000002, {service}_Service{event_log}

{service_section}
[{service}_Install.NT.HW]
AddReg = {service}_Interrupts

[{service}_Interrupts]
HKR, "Interrupt Management",, 0x00000010
HKR, "Interrupt Management\\MessageSignaledInterruptProperties",, 0x00000010
HKR, "Interrupt Management\\MessageSignaledInterruptProperties", MSISupported, 0x00010001, 1
HKR, "Interrupt Management\\MessageSignaledInterruptProperties", MessageNumberLimit, 0x00010001, 256
""".format(
        service=service,
        system=system,
        architecture=architecture,
        class_name=class_name,
        class_guid=class_guid,
        version=version,
        directory=directory,
        decoration=decoration,
        first=first,
        second=second,
        compatible=compatible,
        event_log=event_log,
        service_section=_service(service, bus_type, directory, bus_type is not None),
    )
    if bus_type:
        text += """
[{service}_EventLog]
AddReg = {service}_EventLog_Values

[{service}_EventLog_Values]
HKR,,EventMessageFile,%REG_EXPAND_SZ%,"%%SystemRoot%%\\System32\\IoLogMsg.dll"
HKR,,TypesSupported,%REG_DWORD%,7
""".format(
            service=service
        )
    return (
        text
        + """
[Strings]
Vendor = "Red Hat, Inc."
Disk = "Installation disk of {service}"
{service}.Device = "VirtIO device ""{service}"" (test)"
{service}.Service = "{service} driver"
SERVICE_KERNEL_DRIVER = 1
SERVICE_BOOT_START = 0
SERVICE_ERROR_NORMAL = 1
REG_DWORD = 0x00010001
REG_EXPAND_SZ = 0x00020000
""".format(
            service=service
        )
    )

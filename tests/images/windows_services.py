# SPDX-License-Identifier: GPL-3.0-or-later
"""Services of a Windows guest as rows: what stands in ControlSet001\\Services."""

# Boot and system drivers: name, Start, ErrorControl, Group, StartOverride on Windows 8 and later.
# A driver file of each lies in System32\drivers.
DRIVERS = [
    ("ACPI", 0, 3, "Core", False),
    ("pci", 0, 3, "Boot Bus Extender", False),
    ("msisadrv", 0, 3, "Boot Bus Extender", False),
    ("isapnp", 0, 3, "Boot Bus Extender", False),
    ("vdrvroot", 0, 3, "Boot Bus Extender", False),
    ("volmgr", 0, 3, "System Bus Extender", False),
    ("volmgrx", 0, 3, "System Bus Extender", False),
    ("mountmgr", 0, 3, "System Bus Extender", False),
    ("partmgr", 0, 3, "Boot Bus Extender", False),
    ("disk", 0, 3, "SCSI Class", False),
    ("CLFS", 0, 3, "Filter", False),
    ("FltMgr", 0, 3, "FSFilter Infrastructure", False),
    ("fvevol", 0, 3, "", False),
    ("volsnap", 0, 3, "", False),
    ("rdyboost", 0, 3, "PnP Filter", False),
    ("Mup", 0, 1, "Network", False),
    ("NDIS", 0, 3, "NDIS Wrapper", False),
    ("KSecDD", 0, 3, "Base", False),
    ("KSecPkg", 0, 3, "Cryptography", False),
    ("pcw", 0, 1, "Base", False),
    ("CNG", 0, 3, "Core", False),
    ("Wdf01000", 0, 1, "WdfLoadGroup", False),
    ("hwpolicy", 0, 1, "", False),
    ("Tcpip", 0, 1, "PNP_TDI", False),
    ("storahci", 0, 3, "SCSI Miniport", True),
    ("stornvme", 0, 1, "SCSI Miniport", True),
    ("atapi", 0, 3, "SCSI Miniport", True),
    ("intelide", 0, 3, "System Bus Extender", True),
    ("pciide", 0, 3, "System Bus Extender", True),
    ("msahci", 3, 3, "System Bus Extender", False),
    ("LSI_SAS", 0, 1, "SCSI Miniport", True),
    ("LSI_SAS2i", 0, 1, "SCSI Miniport", True),
    ("LSI_SCSI", 3, 1, "SCSI Miniport", False),
    ("megasas", 0, 1, "SCSI Miniport", True),
    ("amdsata", 0, 1, "SCSI Miniport", True),
    ("amdxata", 0, 1, "SCSI Miniport", True),
    ("arcsas", 0, 1, "SCSI Miniport", True),
    ("iaStorV", 0, 1, "SCSI Miniport", True),
    ("nvraid", 0, 1, "SCSI Miniport", True),
    ("nvstor", 0, 1, "SCSI Miniport", True),
    ("SiSRaid2", 0, 1, "SCSI Miniport", True),
    ("SiSRaid4", 0, 1, "SCSI Miniport", True),
    ("vsmraid", 0, 1, "SCSI Miniport", True),
    ("vmbus", 0, 1, "System Bus Extender", True),
    ("storvsc", 0, 1, "SCSI Miniport", True),
    ("storflt", 0, 1, "PnP Filter", True),
    ("pvscsi", 0, 1, "SCSI Miniport", False),
    ("vmci", 0, 1, "System Bus Extender", False),
    ("vsock", 0, 1, "System Bus Extender", False),
    ("cdrom", 1, 1, "SCSI CDROM Class", False),
    ("Null", 1, 1, "Base", False),
    ("Beep", 1, 1, "Base", False),
    ("Npfs", 1, 1, "File system", False),
    ("Msfs", 1, 1, "File system", False),
    ("AFD", 1, 1, "PNP_TDI", False),
    ("NetBT", 1, 1, "PNP_TDI", False),
    ("tdx", 1, 1, "PNP_TDI", False),
    ("rdbss", 1, 1, "Network", False),
    ("vmrawdsk", 1, 1, "", False),
    ("spldr", 1, 1, "Base", False),
    ("BasicDisplay", 1, 0, "Video", False),
    ("mssmbios", 1, 1, "", False),
    ("CompositeBus", 3, 1, "", False),
    ("e1i65x64", 3, 1, "NDIS", False),
    ("vmxnet3ndis6", 3, 1, "NDIS", False),
    ("vm3dmp", 3, 0, "Video", False),
    ("vmmouse", 3, 0, "Pointer Port", False),
    ("vmusbmouse", 3, 0, "Pointer Port", False),
    ("vmhgfs", 3, 1, "Network", False),
    ("VMMemCtl", 2, 1, "", False),
    ("i8042prt", 3, 1, "Keyboard Port", False),
    ("kbdclass", 3, 1, "Keyboard Class", False),
    ("mouclass", 3, 1, "Pointer Class", False),
    ("HidUsb", 3, 1, "Extended Base", False),
    ("usbehci", 3, 1, "Base", False),
    ("usbuhci", 3, 1, "Base", False),
    ("usbhub", 3, 1, "Base", False),
    ("USBSTOR", 3, 1, "", False),
    ("fdc", 3, 1, "", False),
    ("flpydisk", 3, 1, "", False),
    ("Serial", 3, 0, "Extended Base", False),
    ("Parport", 3, 0, "Parallel arbitrator", False),
    ("HDAudBus", 3, 1, "Extended Base", False),
    ("srv2", 3, 1, "Network", False),
    ("srvnet", 3, 1, "Network", False),
    ("luafv", 2, 1, "FSFilter Virtualization", False),
    ("tcpipreg", 2, 1, "", False),
]

NOT_IN_7 = {"storahci", "stornvme", "LSI_SAS2i", "BasicDisplay", "e1i65x64", "vsock"}
ONLY_IN_7 = {"msahci", "LSI_SCSI", "spldr"}
# XP and 2003 have neither msahci nor what came with Vista; they have drivers for kinds of processors.
NOT_IN_XP = NOT_IN_7 | {
    "msahci", "vdrvroot", "volmgr", "volmgrx", "CLFS", "fvevol", "rdyboost", "KSecPkg", "pcw", "CNG",
    "Wdf01000", "hwpolicy", "storflt", "spldr", "tdx", "CompositeBus", "luafv", "srv2", "srvnet", "vmbus",
    "storvsc", "vsock", "vmxnet3ndis6", "vm3dmp",
}
XP_DRIVERS = [
    ("intelppm", 1, 1, "Extended Base", False),
    ("agp440", 0, 1, "PnP Filter", False),
    ("vmscsi", 0, 1, "SCSI Miniport", False),
    ("vmxnet", 3, 1, "NDIS", False),
    ("vmx_svga", 3, 0, "Video", False),
]

# Programs and shared processes: name, Start, ImagePath without the system folder.
PROGRAMS = [
    ("VMTools", 2, '"C:\\Program Files\\VMware\\VMware Tools\\vmtoolsd.exe"'),
    (
        "VGAuthService",
        2,
        '"C:\\Program Files\\VMware\\VMware Tools\\VMware VGAuth\\VGAuthService.exe"',
    ),
    ("vm3dservice", 2, "%SystemRoot%\\system32\\vm3dservice.exe"),
    ("vmvss", 3, "%SystemRoot%\\system32\\dllhost.exe /Processid:{00000000}"),
]
for _group, _names in {
    "netsvcs": "Appinfo BITS gpsvc IKEEXT iphlpsvc LanmanServer ProfSvc RasMan Schedule seclogon "
    "SENS SessionEnv ShellHWDetection Themes wuauserv Winmgmt AppMgmt BDESVC "
    "CertPropSvc DsmSvc dmwappushservice lfsvc NetSetupSvc RasAuto RemoteAccess "
    "SCPolicySvc SharedAccess UserManager UsoSvc wisvc wlidsvc XblAuthManager",
    "LocalService": "EventSystem FontCache netprofm nsi WdiServiceHost W32Time SstpSvc bthserv "
    "fdPHost QWAVE SSDPSRV upnphost WebClient RemoteRegistry lltdsvc PhoneSvc",
    "LocalServiceNetworkRestricted": "AudioSrv Dhcp EventLog lmhosts wscsvc TimeBrokerSvc "
    "vmictimesync AppIDSvc homegrp NgcCtnrSvc RmSvc",
    "LocalSystemNetworkRestricted": "AudioEndpointBuilder Netman PcaSvc SysMain TrkWks UmRdpService "
    "WdiSystemHost hidserv StorSvc UxSms wlansvc WPDBusEnum "
    "DeviceAssociationService ScDeviceEnum vmickvpexchange",
    "NetworkService": "CryptSvc Dnscache LanmanWorkstation NlaSvc TermService WinRM Wecsvc TapiSrv",
    "DcomLaunch": "DcomLaunch PlugPlay Power BrokerInfrastructure LSM SystemEventsBroker "
    "DeviceInstall",
    "RPCSS": "RpcSs RpcEptMapper",
}.items():
    for _name in _names.split():
        PROGRAMS.append(
            (
                _name,
                3 if _name[0] in "ABCDEFGH" else 2,
                "%%SystemRoot%%\\system32\\svchost.exe -k %s" % _group,
            )
        )


def image_path(name):
    return "System32\\drivers\\%s.sys" % name


def drivers(guest):
    if guest.is_xp:
        return [row for row in DRIVERS if row[0] not in NOT_IN_XP] + XP_DRIVERS
    skipped = NOT_IN_7 if guest.is_7 else ONLY_IN_7
    return [row for row in DRIVERS if row[0] not in skipped]


def add_services(services, guest):
    """Fills a Services key with at least guest.services services."""
    for name, start, error_control, group, override in drivers(guest):
        key = services.key(name)
        key.expand("ImagePath", image_path(name))
        key.dword("Type", 2 if group.lower() == "file system" else 1)
        key.dword("Start", start).dword("ErrorControl", error_control)
        key.sz("DisplayName", "@%s.inf,%%%s.Description%%;%s Driver" % (name.lower(), name, name))
        if group:
            key.sz("Group", group)
        if "miniport" in group.lower():
            key.dword("Tag", 0x10 + len(services.subkeys) % 64).multi(
                "Owners", name.lower() + ".inf"
            )
            key.key("Parameters\\PnpInterface").dword("5", 1)
            key.key("Parameters").dword("BusType", 10)
        if override and not guest.is_7:
            key.key("StartOverride").dword("0", 3)
    for name, start, path in PROGRAMS:
        key = services.key(name)
        key.expand("ImagePath", path).dword("Type", 0x20 if "svchost" in path else 0x10)
        key.dword("Start", start).dword("ErrorControl", 1).sz("ObjectName", "LocalSystem")
        key.sz("DisplayName", "@%%SystemRoot%%\\system32\\%s.dll,-100" % name.lower())
        key.sz("Description", "@%%SystemRoot%%\\system32\\%s.dll,-101" % name.lower())
        key.multi("DependOnService", "RPCSS")
        key.key("Parameters").expand(
            "ServiceDll", "%%SystemRoot%%\\System32\\%s.dll" % name.lower()
        )
        key.key("Security").binary("Security", bytes.fromhex("01001480") + bytes(140))
    for number in range(guest.services - len(services.subkeys)):
        # Drivers of devices that are not there: the bulk on every machine.
        key = services.key("%s%02d" % (("hid", "net", "usb", "aud", "scs")[number % 5], number))
        name = key.name
        key.expand(
            "ImagePath",
            "\\SystemRoot\\System32\\DriverStore\\FileRepository\\"
            "%s.inf_%s_%016x\\%s.sys"
            % (name, guest.architecture, number * 0x9E3779B97F4A7C15 % 2**64, name),
        )
        key.dword("Type", 1).dword("Start", 3).dword("ErrorControl", 1)
        key.sz("DisplayName", "@oem%d.inf,%%Svc%%;%s device" % (number, name))
        key.multi("Owners", "%s.inf" % name)

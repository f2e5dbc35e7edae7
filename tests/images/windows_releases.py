# SPDX-License-Identifier: GPL-3.0-or-later
"""The Windows releases that guests are made of: what their registry calls them."""


def _release(
    version,
    build,
    product_name,
    edition,
    host_name,
    architecture="amd64",
    is_server=False,
    service_pack=0,
    revision=0,
    release=None,
    is_uefi=None,
):
    """version: of the kernel; is_7: of 7 and before, is_xp: before Vista."""
    return dict(
        version=version,
        is_7=version < (6, 2),
        is_xp=version < (6, 0),
        architecture=architecture,
        is_x86=architecture == "x86",
        is_uefi=version >= (10, 0) if is_uefi is None else is_uefi,
        is_server=is_server,
        build=build,
        revision=revision,
        release=release,
        service_pack=service_pack,
        host_name=host_name,
        product_name=product_name,
        edition=edition,
        installation_type="Server" if is_server else "Client",
        # Windows 10 and later still say 6.3 there.
        current_version="6.3" if version >= (10, 0) else "%d.%d" % version,
        product_type="ServerNT" if is_server else "WinNT",
    )


def _server(version, build, product_name, host_name, **more):
    return _release(
        version,
        build,
        product_name,
        more.pop("edition", "ServerStandard"),
        host_name,
        is_server=True,
        **more
    )


RELEASES = {
    "xp-x86": _release(
        (5, 1), 2600, "Microsoft Windows XP", None, "XP-PC", architecture="x86", service_pack=3
    ),
    "2003-x86": _server(
        (5, 2),
        3790,
        "Microsoft Windows Server 2003",
        "WIN-SRV2003",
        edition=None,
        architecture="x86",
        service_pack=2,
    ),
    "2003-r2-x64": _server(
        (5, 2),
        3790,
        "Microsoft Windows Server 2003 R2",
        "WIN-SRV2003R2",
        edition=None,
        service_pack=2,
    ),
    "vista-x86": _release(
        (6, 0),
        6002,
        "Windows Vista (TM) Business",
        "Business",
        "VISTA-PC",
        architecture="x86",
        service_pack=2,
    ),
    "2008-x64": _server(
        (6, 0),
        6002,
        "Windows Server (R) 2008 Standard",
        "WIN-SRV2008",
        service_pack=2,
    ),
    "7-x86": _release(
        (6, 1),
        7601,
        "Windows 7 Professional",
        "Professional",
        "WIN7-PC",
        architecture="x86",
        service_pack=1,
    ),
    "7-x64": _release(
        (6, 1), 7601, "Windows 7 Ultimate", "Ultimate", "WIN7-X64", service_pack=1
    ),
    "2008-r2-x64": _server(
        (6, 1), 7601, "Windows Server 2008 R2 Standard", "WIN-SRV2008R2", service_pack=1
    ),
    "8-x64": _release((6, 2), 9200, "Windows 8 Pro", "Professional", "WIN8-PC"),
    "2012-x64": _server((6, 2), 9200, "Windows Server 2012 Standard", "WIN-SRV2012"),
    "8.1-x64": _release((6, 3), 9600, "Windows 8.1 Pro", "Professional", "WIN81-PC"),
    "2012-r2-x64": _server(
        (6, 3), 9600, "Windows Server 2012 R2 Standard", "WIN-SRV2012R2", is_uefi=True
    ),
    "10-x86": _release(
        (10, 0),
        19045,
        "Windows 10 Home",
        "Core",
        "WIN10-X86",
        architecture="x86",
        revision=3803,
        release="22H2",
        is_uefi=False,
    ),
    "10-x64": _release(
        (10, 0),
        19044,
        "Windows 10 Pro",
        "Professional",
        "DESKTOP-4K2J1",
        revision=1706,
        release="21H2",
    ),
    # It calls itself Windows 10.
    "11-x64": _release(
        (10, 0),
        22631,
        "Windows 10 Pro",
        "Professional",
        "WIN11-PC",
        revision=3296,
        release="23H2",
    ),
    "11-arm64": _release(
        (10, 0),
        26100,
        "Windows 10 Pro",
        "Professional",
        "WIN11-ARM",
        architecture="arm64",
        revision=1742,
        release="24H2",
    ),
    "2016-x64": _server(
        (10, 0), 14393, "Windows Server 2016 Standard", "WIN-SRV2016", revision=4886, is_uefi=False
    ),
    "2019-x64": _server(
        (10, 0), 17763, "Windows Server 2019 Standard", "WIN-SRV2019", revision=5206
    ),
    "2022-x64": _server(
        (10, 0),
        20348,
        "Windows Server 2022 Standard",
        "WIN-SRV2022",
        revision=740,
        release="21H2",
    ),
    "2025-x64": _server(
        (10, 0),
        26100,
        "Windows Server 2025 Standard",
        "WIN-SRV2025",
        revision=1742,
        release="24H2",
    ),
}

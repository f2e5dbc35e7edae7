# SPDX-License-Identifier: GPL-3.0-or-later
"""What distributions leave on a disk, as far as a migration looks at it: one row each.

Written after their documentation and after real configuration files; sizes and contents that nobody looks at are left
out. Keys of a row: see linux-guest, which turns it into a tree."""

MAC = "00:50:56:00:00:0a"
ROOT_UUID = "5f0e2c1a-7c3b-4d6e-9a10-0b5c8d7e6f01"
SWAP_UUID = "5f0e2c1a-7c3b-4d6e-9a10-0b5c8d7e6f02"

IFCFG = "TYPE=Ethernet\nBOOTPROTO=static\nDEVICE=%s\nNAME=%s\nONBOOT=yes\nIPADDR=192.0.2.10\nPREFIX=24\nGATEWAY=192.0.2.1\n"
IFCFG_HWADDR = "DEVICE=%s\nHWADDR=" + MAC.upper() + "\nBOOTPROTO=static\nONBOOT=yes\nIPADDR=192.0.2.10\nNETMASK=255.255.255.0\n"
KEYFILE = "[connection]\nid=%s\ntype=ethernet\ninterface-name=%s\n\n[ipv4]\nmethod=manual\naddress1=192.0.2.10/24,192.0.2.1\n"
NETPLAN = "network:\n  version: 2\n  ethernets:\n    %s:\n      addresses: [192.0.2.10/24]\n"
INTERFACES = "auto lo\niface lo inet loopback\n\nauto %s\niface %s inet static\n    address 192.0.2.10/24\n"
NETWORKD = "[Match]\nName=%s\n\n[Network]\nAddress=192.0.2.10/24\n"
WICKED = "BOOTPROTO='static'\nIPADDR='192.0.2.10/24'\nSTARTMODE='auto'\n"
NETPLAN_BY_MAC = (
    "# by cloud-init\nnetwork:\n  version: 2\n  ethernets:\n    lan:\n      match:\n        macaddress: %s\n"
    "      set-name: ens192\n      addresses: [192.0.2.10/24]\n      gateway4: 192.0.2.1\n" % MAC
)
CURTIN = (
    "network:\n  version: 1\n  config:\n  - type: physical\n    name: ens192\n    mac_address: %s\n    subnets:\n"
    "    - type: static\n      address: 192.0.2.10/24\n      gateway: 192.0.2.1\n" % MAC
)
CONNMAN_FOLDER = "var/lib/connman/ethernet_%s_cable" % MAC.replace(":", "")
CONNMAN = "[%s]\nName=Wired\nIPv4.method=manual\nIPv4.local_address=192.0.2.10\nIPv4.netmask_prefixlen=24\n" % (
    CONNMAN_FOLDER.split("/")[-1]
)
PERSISTENT = (
    'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="' + MAC + '", ATTR{dev_id}=="0x0", '
    'ATTR{type}=="1", KERNEL=="eth*", NAME="eth0"\n'
)


MULTIPATH = {
    "etc/multipath.conf": "defaults {\n\tuser_friendly_names yes\n\tfind_multipaths no\n}\n",
    "etc/multipath/wwids": "# Valid WWIDs:\n/36000c29a1b2c3d4e5f60718293a4b5c6/\n/360a98000375331726d2b4d4a6f2d7a2f/\n",
    "etc/multipath/bindings": "mpatha 36000c29a1b2c3d4e5f60718293a4b5c6\nmpathb 360a98000375331726d2b4d4a6f2d7a2f\n",
}

CLOUD_INIT = {
    "etc/cloud/cloud.cfg": "users:\n - default\nssh_deletekeys: true\ndisable_vmware_customization: false\n",
    "etc/cloud/cloud.cfg.d/90_dpkg.cfg": "datasource_list: [ VMware, OVF, None ]\n",
    "etc/cloud/ds-identify.cfg": "datasource: VMware\n",
    "var/lib/cloud/instance/datasource": "DataSourceVMware: DataSourceVMware [seed=guestinfo]\n",
    "var/lib/cloud/instance/obj.pkl": "",
}


def red_hat(version, kernel, grub="bls", nic="ens192", network="keyfile", compression="xz", **more):
    """Fedora and everything built from it, from 7 on."""
    files = {"etc/sysconfig/kernel": "UPDATEDEFAULT=yes\nDEFAULTKERNEL=kernel\n", "usr/bin/rpm": ""}
    if network == "keyfile":
        path = "etc/NetworkManager/system-connections/%s.nmconnection" % nic
        files[path] = KEYFILE % (nic, nic)
    else:
        files["etc/sysconfig/network-scripts/ifcfg-" + nic] = IFCFG % (nic, nic)
    return dict(
        release=version,
        kernels=[kernel],
        image="boot/vmlinuz-%s",
        initramfs="boot/initramfs-%s.img",
        tool="dracut",
        boot=grub,
        grub="grub2",
        compression=compression,
        modules=".ko.xz",
        files={**files, **more.pop("files", {})},
        **more,
    )


def os_release(name, identity, version, like=None, pretty=None):
    lines = ['NAME="%s"' % name, "ID=%s" % identity]
    lines += ['VERSION_ID="%s"' % version] if version else []
    lines += ['ID_LIKE="%s"' % like] if like else []
    return "\n".join(lines + ['PRETTY_NAME="%s"' % (pretty or name + " " + (version or ""))]) + "\n"


def debian(release, kernel, nic="ens192", network="interfaces", compression="gzip", **more):
    """Debian and everything built from it."""
    files = {"etc/initramfs-tools/modules": "# List of modules that you want to include.\n", "etc/debian_version": "1\n"}
    if network == "interfaces":
        files["etc/network/interfaces"] = INTERFACES % (nic, nic)
    elif network == "netplan":
        files["etc/netplan/50-cloud-init.yaml"] = NETPLAN % nic
    files.update(more.pop("files", {}))
    return dict(
        release=release,
        kernels=[kernel],
        image="boot/vmlinuz-%s",
        initramfs="boot/initrd.img-%s",
        tool="initramfs-tools",
        boot="grub2",
        grub="grub",
        compression=compression,
        modules=".ko",
        files=files,
        **more,
    )


DISTRIBUTIONS = {
    "centos-5": dict(
        release={"etc/redhat-release": "CentOS release 5.11 (Final)\n"},
        kernels=["2.6.18-398.el5"],
        image="boot/vmlinuz-%s",
        initramfs="boot/initrd-%s.img",
        tool="nash",
        boot="grub-legacy",
        compression="gzip",
        modules=".ko",
        init="sysv",
        disk="sda",
        files={
            "etc/modprobe.conf": "alias scsi_hostadapter mptbase\nalias scsi_hostadapter1 mptspi\nalias eth0 e1000\n",
            "etc/sysconfig/network": "NETWORKING=yes\nHOSTNAME=web01\n",
            "etc/sysconfig/network-scripts/ifcfg-eth0": IFCFG_HWADDR % "eth0",
        },
    ),
    "centos-5-old": dict(
        release={"etc/redhat-release": "CentOS release 5 (Final)\n"},
        kernels=["2.6.18-8.el5"],
        without_virtio=["2.6.18-8.el5"],
        image="boot/vmlinuz-%s",
        initramfs="boot/initrd-%s.img",
        tool="nash",
        boot="grub-legacy",
        compression="gzip",
        modules=".ko",
        init="sysv",
        files={
            "etc/modprobe.conf": "alias scsi_hostadapter mptbase\nalias scsi_hostadapter1 mptspi\nalias eth0 vmxnet\n",
            "etc/sysconfig/network": "NETWORKING=yes\nHOSTNAME=web01\n",
            "etc/sysconfig/network-scripts/ifcfg-eth0": IFCFG_HWADDR % "eth0",
        },
    ),
    "centos-6": red_hat(
        {"etc/redhat-release": "CentOS release 6.10 (Final)\n", "etc/centos-release": "CentOS release 6.10 (Final)\n"},
        "2.6.32-754.el6.x86_64",
        grub="grub-legacy",
        compression="gzip",
        network="none",
        nic="eth0",
        init="upstart",
        files={
            "etc/sysconfig/network-scripts/ifcfg-eth0": IFCFG_HWADDR % "eth0",
            "etc/udev/rules.d/70-persistent-net.rules": PERSISTENT,
        },
    ),
    "centos-7": red_hat(
        os_release("CentOS Linux", "centos", "7", "rhel fedora"),
        "3.10.0-1160.el7.x86_64",
        grub="grub2",
        network="ifcfg",
        compression="gzip",
        words=" noapic crashkernel=auto clocksource=acpi_pm",
        files={
            "etc/modprobe.d/pvscsi.conf": "options vmw_pvscsi cmd_per_lun=254 ring_pages=32\n",
            "etc/chrony.conf": "server 0.centos.pool.ntp.org iburst\nrefclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0\n",
        },
    ),
    "rhel-8": red_hat(os_release("Red Hat Enterprise Linux", "rhel", "8.9", "fedora"), "4.18.0-513.el8.x86_64", network="ifcfg", files=MULTIPATH),
    "almalinux-9": red_hat(os_release("AlmaLinux", "almalinux", "9.3", "rhel centos fedora"), "5.14.0-362.el9.x86_64"),
    "rocky-9": red_hat(os_release("Rocky Linux", "rocky", "9.3", "rhel centos fedora"), "5.14.0-362.el9.x86_64"),
    "oracle-8": red_hat(os_release("Oracle Linux Server", "ol", "8.9", "fedora"), "5.15.0-200.el8uek.x86_64", network="ifcfg"),
    "fedora-40": red_hat(os_release("Fedora Linux", "fedora", "40"), "6.8.5-301.fc40.x86_64", compression="zstd"),
    "amazon-2": red_hat(
        os_release("Amazon Linux", "amzn", "2", "centos rhel fedora"), "4.14.336-257.amzn2.x86_64", grub="grub2", network="ifcfg", nic="eth0"
    ),
    "amazon-2023": red_hat(
        os_release("Amazon Linux", "amzn", "2023", "fedora"),
        "6.1.79-99.amzn2023.x86_64",
        network="none",
        files={"etc/systemd/network/70-ens192.network": NETWORKD % "ens192"},
    ),
    "anolis-8": red_hat(os_release("Anolis OS", "anolis", "8.8", "rhel fedora centos"), "4.18.0-477.an8.x86_64", network="ifcfg"),
    "openeuler-22.03": red_hat(os_release("openEuler", "openEuler", "22.03"), "5.10.0-60.oe2203.x86_64", grub="grub2", network="ifcfg"),
    "kylin-v10": red_hat(os_release("Kylin Linux Advanced Server", "kylin", "V10"), "4.19.90-52.ky10.x86_64", grub="grub2", network="ifcfg"),
    "photon-5": red_hat(
        os_release("VMware Photon OS", "photon", "5.0"),
        "6.1.10-11.ph5",
        grub="photon",
        network="none",
        nic="eth0",
        files={"etc/systemd/network/50-static-en.network": NETWORKD % "eth0"},
    ),
    "mageia-9": red_hat(
        os_release("Mageia", "mageia", "9", "mandriva fedora"), "6.4.9-desktop-4.mga9", grub="grub2", network="ifcfg", compression="zstd"
    ),
    "sles-11": dict(
        release={"etc/SuSE-release": "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n"},
        kernels=["3.0.101-63-default"],
        image="boot/vmlinuz-%s",
        initramfs="boot/initrd-%s",
        tool="mkinitrd",
        boot="grub-legacy",
        compression="gzip",
        modules=".ko",
        init="sysv",
        files={
            "etc/sysconfig/kernel": 'INITRD_MODULES="vmw_pvscsi ata_piix"\n',
            "etc/sysconfig/network/ifcfg-eth0": WICKED,
            "etc/udev/rules.d/70-persistent-net.rules": PERSISTENT,
            "boot/grub/device.map": "(hd0)\t/dev/sda\n",
        },
    ),
    "sles-15": red_hat(
        os_release("SLES", "sles", "15.5", "suse"),
        "5.14.21-150500-default",
        grub="grub2",
        network="none",
        nic="eth0",
        compression="xz",
        files={"etc/sysconfig/network/ifcfg-eth0": WICKED, "etc/sysconfig/kernel": 'INITRD_MODULES=""\n'},
    )
    | dict(initramfs="boot/initrd-%s", modules=".ko.zst"),
    "opensuse-tumbleweed": red_hat(
        os_release("openSUSE Tumbleweed", "opensuse-tumbleweed", "20240401", "opensuse suse"), "6.8.2-1-default", grub="grub2", compression="zstd"
    )
    | dict(initramfs="boot/initrd-%s", modules=".ko.zst"),
    "debian-8": debian(
        os_release("Debian GNU/Linux", "debian", "8"),
        "3.16.0-11-amd64",
        nic="eth0",
        files={"etc/udev/rules.d/70-persistent-net.rules": PERSISTENT},
    ),
    "debian-12": debian(os_release("Debian GNU/Linux", "debian", "12"), "6.1.0-18-amd64", compression="zstd"),
    "debian-12-kernels": debian(os_release("Debian GNU/Linux", "debian", "12"), "6.1.0-18-amd64", compression="zstd")
    | dict(kernels=["6.1.0-18-amd64", "6.1.0-17-amd64", "5.10.0-own"], without_virtio=["5.10.0-own"]),
    "debian-12-uefi": debian(
        os_release("Debian GNU/Linux", "debian", "12"),
        "6.1.0-18-amd64",
        compression="zstd",
        esp="boot/efi",
        files={
            "boot/efi/EFI/debian/shimx64.efi": "MZ shim",
            "boot/efi/EFI/debian/grubx64.efi": "MZ grub",
            "boot/efi/EFI/debian/mmx64.efi": "MZ MokManager",
            "boot/efi/EFI/debian/grub.cfg": "search.fs_uuid " + ROOT_UUID + " root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n",
        },
    ),
    "ubuntu-14.04": debian(
        os_release("Ubuntu", "ubuntu", "14.04", "debian"),
        "3.13.0-170-generic",
        nic="eth0",
        init="upstart",
        files={"etc/init/open-vm-tools.conf": "start on runlevel [2345]\n", "etc/udev/rules.d/70-persistent-net.rules": PERSISTENT},
    ),
    "ubuntu-22.04": debian(os_release("Ubuntu", "ubuntu", "22.04", "debian"), "5.15.0-101-generic", network="netplan", compression="zstd", files=CLOUD_INIT),
    "ubuntu-22.04-curtin": debian(
        os_release("Ubuntu", "ubuntu", "22.04", "debian"),
        "5.15.0-101-generic",
        network="none",
        compression="zstd",
        files={
            "etc/cloud/cloud.cfg": "users:\n  - default\n",
            "etc/cloud/cloud.cfg.d/50-curtin-networking.cfg": CURTIN,
            "etc/netplan/50-cloud-init.yaml": NETPLAN_BY_MAC,
            "etc/hosts": "127.0.0.1 localhost\n192.0.2.10 web01.example.org web01\n",
        },
    ),
    "debian-12-connman": debian(
        os_release("Debian GNU/Linux", "debian", "12"),
        "6.1.0-18-amd64",
        network="none",
        compression="zstd",
        files={CONNMAN_FOLDER + "/settings": CONNMAN, CONNMAN_FOLDER + "/data": "counters"},
    ),
    "linuxmint-21": debian(
        os_release("Linux Mint", "linuxmint", "21.3", "ubuntu debian"),
        "5.15.0-91-generic",
        network="none",
        compression="zstd",
        files={"etc/NetworkManager/system-connections/Wired connection 1.nmconnection": KEYFILE % ("Wired connection 1", "ens192")},
    ),
    "kali": debian(os_release("Kali GNU/Linux", "kali", "2024.1", "debian"), "6.6.9-amd64", nic="eth0", compression="zstd"),
    "arch": dict(
        release=os_release("Arch Linux", "arch", None, pretty="Arch Linux"),
        kernels=["6.8.1-arch1-1"],
        image="boot/vmlinuz-linux",
        initramfs="boot/initramfs-linux.img",
        tool="mkinitcpio",
        boot="systemd-boot",
        esp="boot",
        compression="zstd",
        modules=".ko.zst",
        files={
            "etc/mkinitcpio.conf": "MODULES=()\nBINARIES=()\nHOOKS=(base udev autodetect modconf block filesystems fsck)\n",
            "etc/systemd/network/20-wired.network": NETWORKD % "ens192",
        },
    ),
    "alpine-3.19": dict(
        release=os_release("Alpine Linux", "alpine", "3.19.1"),
        kernels=["6.6.14-0-lts"],
        image="boot/vmlinuz-lts",
        initramfs="boot/initramfs-lts",
        tool="mkinitfs",
        boot="extlinux",
        compression="gzip",
        modules=".ko.gz",
        init="openrc",
        files={
            "etc/mkinitfs/mkinitfs.conf": 'features="ata base ide scsi usb ext4"\n',
            "etc/network/interfaces": INTERFACES % ("eth0", "eth0"),
            "etc/update-extlinux.conf": "root=/dev/sda1\nmodules=sd-mod,usb-storage,ext4\ndefault_kernel_opts=quiet\n",
        },
    ),
    "gentoo": dict(
        release=os_release("Gentoo", "gentoo", "2.14", pretty="Gentoo Linux"),
        kernels=["6.6.21-gentoo"],
        image="boot/vmlinuz-%s",
        initramfs="boot/initramfs-%s.img",
        tool="dracut",
        boot="grub2",
        grub="grub",
        compression="xz",
        modules=".ko",
        init="openrc",
        files={"etc/conf.d/net": 'config_ens192="192.0.2.10/24"\n', "etc/conf.d/hostname": 'hostname="web01"\n'},
    ),
    "void": dict(
        release=os_release("Void", "void", None, pretty="Void Linux"),
        kernels=["6.6.22_1"],
        image="boot/vmlinuz-%s",
        initramfs="boot/initramfs-%s.img",
        tool="dracut",
        boot="grub2",
        grub="grub",
        compression="zstd",
        modules=".ko.zst",
        init="runit",
        files={"etc/dhcpcd.conf": "interface ens192\nstatic ip_address=192.0.2.10/24\n"},
    ),
    "fedora-coreos": red_hat(
        os_release("Fedora Linux", "fedora", "40", pretty="Fedora CoreOS 40.20240602.3.0"),
        "6.8.11-300.fc40.x86_64",
        compression="zstd",
        system="ostree",
        ostree="fedora-coreos",
        separate_boot=True,
    )
    | dict(kernels=["6.8.11-300.fc40.x86_64", "6.8.8-300.fc40.x86_64"]),
    "rhel-9-image": red_hat(
        os_release("Red Hat Enterprise Linux", "rhel", "9.4", "fedora"),
        "5.14.0-427.el9.x86_64",
        system="ostree",
        ostree="default",
        separate_boot=False,
    )
    | dict(kernels=["5.14.0-427.el9.x86_64", "5.14.0-362.el9.x86_64"]),
    "flatcar": red_hat(
        os_release("Flatcar Container Linux by Kinvolk", "flatcar", "3815.2.2", "coreos"),
        "6.1.90-flatcar",
        network="none",
        system="flatcar",
        files={"etc/systemd/network/static.network": NETWORKD % "ens192"},
    )
    | dict(modules=".ko"),
    "nixos": dict(
        release=os_release("NixOS", "nixos", "23.11", pretty="NixOS 23.11 (Tapir)"),
        kernels=["6.1.69"],
        image="boot/vmlinuz-%s",
        initramfs="boot/initrd-%s",
        tool="nixos",
        boot="grub2",
        grub="grub",
        compression="zstd",
        modules=".ko.xz",
        system="nixos",
        files={
            "etc/nixos/hardware-configuration.nix": "{ config, lib, pkgs, modulesPath, ... }:\n{\n"
            '  boot.initrd.availableKernelModules = [ "ata_piix" "vmw_pvscsi" "sd_mod" "sr_mod" ];\n}\n',
        },
    ),
    "unknown": dict(
        release=os_release("Nobody's Linux", "nobodys", "1"),
        kernels=["6.1.0"],
        image="boot/vmlinuz-%s",
        initramfs="boot/initramfs-%s.img",
        tool="dracut",
        boot="grub2",
        grub="grub",
        compression="gzip",
        modules=".ko",
        files={},
    ),
}

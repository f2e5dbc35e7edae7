/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every finding: FINDING(symbol, code, severity, sentence, hint).
   "{}" in a sentence is the subject given to findings_add(). A NULL hint: nothing to do. No include
   guard: finding.h and finding.c include it with their own FINDING(). Codes are stable. */

/* Sources and disks */
FINDING(DISK_BACKUP_GPT, "disk-backup-gpt", WARNING,
        "the primary partition table of {} is damaged; its backup was used",
        "repair it in the guest afterwards (sgdisk --verify, or diskpart)")

/* Windows */
FINDING(WINDOWS_HIBERNATED, "windows-hibernated", BLOCKER, "Windows on {} is hibernated",
        "start the source machine and shut it down fully (shutdown /s /t 0), then export it again")

/* Linux */
FINDING(LINUX_NO_KERNEL, "linux-no-kernel", WARNING,
        "no installed kernel was found in {}; nothing was done to boot it on virtio",
        "check that /boot is on one of the disks that were given")
FINDING(LINUX_KERNEL_WITHOUT_VIRTIO, "linux-kernel-without-virtio", WARNING,
        "kernel {} lacks drivers for virtio disks and cannot boot from one",
        "install a kernel with them in the source, or give the machine SATA disks (--bus sata)")
FINDING(LINUX_KERNEL_WITHOUT_MODULES, "linux-kernel-without-modules", WARNING,
        "kernel {} has no modules folder; it was left alone", NULL)
FINDING(LINUX_NO_INITRAMFS, "linux-no-initramfs", WARNING,
        "kernel {} has its virtio drivers in modules and no initramfs to load them from",
        "make one in the source (update-initramfs -c, dracut), then export it again")
FINDING(LINUX_INITRAMFS_UNREADABLE, "linux-initramfs-unreadable", WARNING,
        "the initramfs {} was left alone",
        "make it again in the source (update-initramfs -u, dracut -f), then export it again")
FINDING(LINUX_DEVICE_NAME_UNKNOWN, "linux-device-name-unknown", WARNING,
        "it is not known which volume {} means; the name may be another one now",
        "replace the name by a UUID, or give all disks of the machine")
FINDING(LINUX_BOOT_LOADER_NOT_EDITED, "linux-boot-loader-not-edited", WARNING,
        "the boot loader configuration {} names disks and has to be installed from inside",
        "boot a rescue system after the migration and run the boot loader's installer")
FINDING(LINUX_LVM_FILTER, "linux-lvm-filter", WARNING,
        "an LVM filter in {} names disks; volume groups may not be found on virtio disks",
        "remove the filter in the source, or make it accept /dev/vd*")
FINDING(LINUX_NETWORK_MAC_UNKNOWN, "linux-network-mac-unknown", WARNING,
        "network interface {} may get another name: its MAC address is not known",
        "give the machine's configuration with its disks, or name the interface by its MAC")
FINDING(LINUX_NETWORK_NAME_BY_ORDER, "linux-network-name-by-order", WARNING,
        "network interfaces were matched with MAC addresses by their order: {}",
        "check the addresses at the first boot")
FINDING(LINUX_TOOLS_DISABLED, "linux-tools-disabled", INFO,
        "tools of the source's hypervisor are switched off: {}",
        "remove their packages at leisure")
FINDING(LINUX_GUEST_AGENT_MISSING, "linux-guest-agent-missing", INFO,
        "qemu-guest-agent is not installed in {}", "install it from the distribution")

/* Host */
FINDING(HOST_NO_LANDLOCK, "host-no-landlock", WARNING,
        "this host's kernel has no Landlock: the process that reads the guest can open files",
        "use a host with Linux 5.13 or later, Landlock among its security modules")

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every finding: FINDING(symbol, code, severity, sentence, hint).
   "{}" in a sentence is the subject given to findings_add(). A NULL hint: nothing to do. No include
   guard: finding.h and finding.c include it with their own FINDING(). Codes are stable. */

/* Sources and disks */
FINDING(SOURCE_CONFIG_UNREADABLE, "source-config-unreadable", WARNING,
        "the machine's configuration cannot be read: {}",
        "say what it would have said: --cpus, --memory, --firmware")
FINDING(SOURCE_DISK_NONPERSISTENT, "source-disk-nonpersistent", WARNING,
        "the source forgot all changes of {} at every stop; from now on they stay",
        "keep a copy of the disk if the guest counts on a fresh one")
FINDING(SOURCE_DISK_SHARED, "source-disk-shared", WARNING,
        "{} is shared with other machines of the source; its copy is not",
        "stop all of them before the migration, and share one copy of the disk afterwards")
FINDING(SOURCE_DISK_WITHOUT_FILE, "source-disk-without-file", WARNING,
        "the configuration names no file for the disk {}; it was left out",
        "give the disk image itself with the others if it has one")
FINDING(SOURCE_HOST_DEVICE, "source-host-device", WARNING,
        "{} is a device of the source's host and stays there",
        "give the guest a device of the new host if it needs one")
FINDING(SOURCE_NOT_SHUT_DOWN, "source-not-shut-down", WARNING,
        "the machine was running, or its host crashed, when this was copied: {}",
        "shut it down in the source and export it again, unless this is a consistent snapshot")
FINDING(SOURCE_SHARED_FOLDER, "source-shared-folder", INFO,
        "the shared folder {} is not there any more",
        "share a folder of the new host (virtiofs) if the guest needs it")
FINDING(SOURCE_SUSPENDED, "source-suspended", BLOCKER,
        "the machine is suspended, not shut down; its memory is in {}",
        "resume it in the source and shut it down, then export it again")
FINDING(SOURCE_MEDIUM, "source-medium", INFO,
        "the medium in a CD or floppy drive is not migrated; the drive is empty: {}",
        "copy the file to the new host if the guest needs it")
FINDING(SOURCE_MERGE_PENDING, "source-merge-pending", INFO,
        "Hyper-V had not merged the disks of a deleted checkpoint of '{}' yet; they are read together",
        NULL)
FINDING(SOURCE_OVF_CERTIFICATE, "source-ovf-certificate", INFO,
        "the package is signed ({}); the signature was not checked", NULL)
FINDING(SOURCE_OVF_NVRAM, "source-ovf-nvram", INFO,
        "the firmware's variables in {} are not carried over; boot entries are made anew", NULL)
FINDING(SOURCE_OVF_SECTION, "source-ovf-section", WARNING,
        "the OVF has a section '{}' that is required and not known",
        "see what it asks for; the machine and its disks are read without it")
FINDING(SOURCE_PHYSICAL_DISK, "source-physical-disk", WARNING,
        "a disk of the host is given to the machine as it is and not part of an export: {}",
        "copy it to an image and give that as a further disk")
FINDING(SOURCE_SAVED_STATE, "source-saved-state", BLOCKER,
        "'{}' was saved, not shut down: its memory holds what is not on its disks yet",
        "start the machine in Hyper-V and shut it down from inside, then export it again")
FINDING(SOURCE_VHD_FOOTER, "source-vhd-footer", WARNING,
        "the footer at the end of {} is damaged; the copy at its beginning was used",
        "compare the size of the file with the original's")
FINDING(SOURCE_VHDX_LOG, "source-vhdx-log", WARNING,
        "{} was not closed cleanly; what its log still had to write is read as if it were written",
        "shut the machine down in the source and export it again, unless its host crashed")
FINDING(SOURCE_VLAN, "source-vlan", WARNING,
        "the network adapter {} has a VLAN setting, which is not documented by its maker",
        "compare it with Get-VMNetworkAdapterVlan")
FINDING(DISK_BACKUP_GPT, "disk-backup-gpt", WARNING,
        "the primary partition table of {} is damaged; its backup was used",
        "repair it in the guest afterwards (sgdisk --verify, or diskpart)")
FINDING(BITLOCKER, "bitlocker", BLOCKER,
        "a volume is encrypted with BitLocker and could not be opened: {}",
        "give its recovery password with --key UUID:file:PATH; in the source, manage-bde -protectors "
        "-get X: shows it by that UUID; or decrypt the volume there (manage-bde -off X:)")
FINDING(BITLOCKER_DATA, "bitlocker-data", WARNING,
        "a volume beside the system is encrypted with BitLocker and was left as it is: {}",
        "give its recovery password with --key UUID:file:PATH where something is to be read there")
FINDING(BITLOCKER_OPENED, "bitlocker-opened", INFO,
        "{} is encrypted with BitLocker and stays so; what is changed on it is written encrypted",
        NULL)
FINDING(BITLOCKER_SUSPENDED, "bitlocker-suspended", INFO,
        "BitLocker is suspended on {}: its key is readable on the disk, and it starts by itself until "
        "Windows resumes the protection",
        "let Windows resume it once the guest has a TPM or a password of its own")
FINDING(BITLOCKER_TPM, "bitlocker-tpm", WARNING,
        "BitLocker on {} asks for the recovery password at the first start: its key stays in the TPM "
        "of the old machine",
        "have the recovery password at hand, or suspend the protection in the source before the export "
        "(manage-bde -protectors -disable X: -RebootCount 0)")
FINDING(BITLOCKER_CONVERTING, "bitlocker-converting", WARNING,
        "BitLocker has encrypted or decrypted only a part of {}; Windows goes on with it",
        "let it finish in the source where there is time for that")
FINDING(VOLUME_LUKS, "volume-luks", WARNING,
        "a volume is encrypted with LUKS and was not looked into: {}",
        "give its passphrase or key file with --key UUID:file:PATH (or env:NAME, prompt)")
FINDING(LUKS_NOT_OPENED, "luks-not-opened", BLOCKER,
        "a volume encrypted with LUKS is not opened by the key that was given for it: {}",
        "give the right key; or none, where nothing on the volume has to be changed")
FINDING(LUKS_OPENED, "luks-opened", INFO,
        "{} is encrypted with LUKS and stays so; what is changed on it is written encrypted", NULL)
FINDING(LUKS_UNSUPPORTED, "luks-unsupported", WARNING,
        "a volume is encrypted in a way that is not read, and was not looked into: {}",
        "let a reencryption finish in the source before the export; where the cipher is another than "
        "AES, change it there (cryptsetup reencrypt --cipher aes-xts-plain64)")
FINDING(LUKS_TANG, "luks-tang", WARNING,
        "{} is unlocked by a Tang server, which the new machine has to reach as well",
        "have a passphrase at hand for the first start")
FINDING(LUKS_TOKEN, "luks-token", WARNING,
        "{} is unlocked by a TPM, a security key or the like, which stays with the old machine",
        "have a passphrase or recovery key at hand for the first start, then enrol the new machine "
        "(clevis luks bind, systemd-cryptenroll)")
FINDING(VOLUME_LVM, "volume-lvm", WARNING,
        "{} belongs to LVM and could not be read: what is in it was not looked at",
        "check it in the source (vgck, vgcfgrestore), then export it again")
FINDING(LVM_MISSING, "lvm-missing", WARNING,
        "a physical volume of the LVM volume group {} is on none of the disks",
        "give all disks of the machine")
FINDING(LVM_INCOMPLETE, "lvm-incomplete", WARNING,
        "{} is not whole and was not looked into, or not into all of it",
        "give all disks of the machine")
FINDING(LVM_TYPE, "lvm-type", WARNING,
        "the logical volume {} is of a kind that is not read: what is in it was not looked at",
        "thin, RAID, mirrored, cached volumes and snapshots are read through User-Mode Linux: leave out "
        "--fs-backend none; move others to a linear volume in the source (pvmove, lvconvert)")
FINDING(VOLUME_ASSEMBLY, "volume-assembly", WARNING,
        "{} could not be put together: what is in it was not looked at",
        "check it in the source (lvs -a, lvconvert --repair), then export it again")
FINDING(LVM_SNAPSHOTS, "lvm-snapshots", WARNING,
        "the logical volume {} has snapshots: what is changed here makes them inconsistent",
        "remove or merge them before the migration; make new ones after it")
FINDING(LVM_SAME_NAME, "lvm-same-name", WARNING,
        "there are two LVM volume groups called {}; they are told apart by their identifiers",
        "rename one of them (vgrename UUID NAME) before the guest sees both")
FINDING(LVM_DUPLICATE, "lvm-duplicate", WARNING,
        "{} is a copy of another physical volume of LVM; it was left alone",
        "leave the copy's disk out, or give it identifiers of its own (vgimportclone)")
FINDING(LVM_DAMAGED, "lvm-damaged", WARNING,
        "a copy of the LVM metadata on {} is damaged; another one was used",
        "repair it in the guest afterwards (vgck --updatemetadata)")
FINDING(VOLUME_RAID, "volume-raid", WARNING,
        "{} belongs to a software RAID, which is not read: what is in it was not looked at", NULL)
FINDING(RAID_TYPE, "raid-type", WARNING,
        "the RAID array {} is of a kind that is not read: what is in it was not looked at",
        "RAID 4, 5, 6 and other layouts of RAID 10 are read through User-Mode Linux: leave out "
        "--fs-backend none")
FINDING(RAID_INCOMPLETE, "raid-incomplete", WARNING,
        "the RAID array {} cannot be put together",
        "give all disks of the machine; check it in the source (mdadm --examine, mdadm --assemble), then "
        "export it again")
FINDING(RAID_DEGRADED, "raid-degraded", WARNING, "the RAID array {} lacks members",
        "give all disks of the machine; a member that comes back later has to be added as a new one "
        "(mdadm --zero-superblock, then --add), because what was changed here is not on it")
FINDING(RAID_STALE, "raid-stale", WARNING,
        "{} fell out of its RAID array earlier; it was left alone",
        "add it again in the guest once it runs (mdadm --zero-superblock, then --add)")
FINDING(RAID_DUPLICATE, "raid-duplicate", WARNING,
        "{} is a copy of another member of its RAID array; it was left alone",
        "leave the copy's disk out")
FINDING(VOLUME_FILESYSTEM, "volume-filesystem", WARNING,
        "{} has a filesystem that is not read: what is in it was not looked at",
        "it is copied as it is; look after the migration whether anything names its disk")
FINDING(VOLUME_LINUX_FILESYSTEM, "volume-linux-filesystem", WARNING,
        "{} has a filesystem of Linux that is not read: what is in it was not looked at",
        "a system on it cannot be migrated: move it to ext4, XFS or Btrfs before the export; data "
        "alone is copied as it is, and fstab has to name it by UUID or label")
FINDING(VOLUME_ZFS, "volume-zfs", WARNING,
        "{} belongs to a ZFS pool, which is not read: what is in it was not looked at",
        "a system on it cannot be migrated: move it to ext4, XFS or Btrfs before the export; a "
        "pool of data is copied as it is, with all its disks: export it in the source (zpool "
        "export), import it in the new machine (zpool import)")
FINDING(VOLUME_VMFS, "volume-vmfs", WARNING,
        "{} belongs to a datastore of a VMware host, and not to a virtual machine",
        "give the machine's .vmx file, or its .vmdk files, from the datastore instead")
FINDING(VOLUME_LAYER, "volume-layer", WARNING,
        "{} belongs to a kind of storage that is not read: what is in it was not looked at",
        "a system on it cannot be migrated; give all disks that belong together")
FINDING(VOLUME_DYNAMIC_DISK, "volume-dynamic-disk", WARNING,
        "{} is part of a Windows dynamic disk whose database is not readable; it was taken for an "
        "ordinary partition",
        "look at the disk with Windows' disk management before the export")
FINDING(LDM_INCOMPLETE, "ldm-incomplete", WARNING,
        "the dynamic volume {} is not whole and was not looked into",
        "give all disks of the machine")
FINDING(LDM_DEGRADED, "ldm-degraded", WARNING,
        "the mirrored dynamic volume {} lacks a copy that is whole",
        "give all disks of the machine; a disk that comes back later has to be added to the mirror "
        "as a new one, because what was changed here is not on it")
FINDING(LDM_TYPE, "ldm-type", WARNING,
        "the dynamic volume {} is of a kind that is not read: what is in it was not looked at",
        "it is copied as it is; give all its disks to the new machine")
FINDING(VOLUME_STORAGE_SPACES, "volume-storage-spaces", WARNING,
        "{} belongs to a Windows storage pool, which is not read: what is in it was not looked at",
        "give all disks of the pool to the new machine")
FINDING(VOLUME_DAMAGED, "volume-damaged", WARNING, "{} cannot be opened",
        "check the volume in the source, then export it again")
FINDING(VOLUME_JOURNAL, "volume-journal", WARNING,
        "the journal of {} could not be replayed: what is in the volume was not looked at",
        "start the guest once more, shut it down cleanly, and export it again; fast commits of ext4 are "
        "replayed through User-Mode Linux: leave out --fs-backend none")
FINDING(OTHER_SYSTEM, "other-system", WARNING,
        "{} is a second operating system on the same disks; it was left alone",
        "choose another one with --root VOLUME")

/* Windows */
FINDING(WINDOWS_HIBERNATED, "windows-hibernated", BLOCKER, "Windows on {} is hibernated",
        "start the source machine and shut it down fully (shutdown /s /t 0), then export it again, "
        "or give up its session with --discard-hibernation")
FINDING(WINDOWS_FAST_STARTED, "windows-fast-started", BLOCKER,
        "Windows on {} was shut down with fast startup: its kernel still holds part of the disk",
        "start the source machine and shut it down fully (shutdown /s /t 0), then export it again, "
        "or give up its session with --discard-hibernation")
FINDING(WINDOWS_HIBERNATION_DISCARDED, "windows-hibernation-discarded", WARNING,
        "the session that Windows kept on {} when it was hibernated is given up: what was not saved "
        "in it is lost",
        NULL)
FINDING(WINDOWS_LOG_DIRTY, "windows-log-dirty", BLOCKER,
        "the NTFS log of {} is not clean and was not replayed: Windows was not shut down",
        "start the source machine and shut it down fully (shutdown /s /t 0), then export it again")
FINDING(WINDOWS_LOG_REPLAYED, "windows-log-replayed", INFO,
        "Windows was not shut down: the NTFS log of {} was replayed", NULL)
FINDING(WINDOWS_HIVE_DIRTY, "windows-hive-dirty", BLOCKER,
        "the registry hive {} is not clean and its logs do not fit it",
        "start the source machine and shut it down fully (shutdown /s /t 0), then export it again")
FINDING(WINDOWS_DIRTY_FLAG, "windows-dirty-flag", INFO,
        "Windows will check the file system of {} at its first boot", NULL)
FINDING(WINDOWS_DRIVER_REFUSED, "windows-driver-refused", WARNING,
        "this Windows would not load the driver {}",
        "use the virtio-win collection of a distribution, which has signed drivers")
FINDING(WINDOWS_NO_BLOCK_DRIVER, "windows-no-block-driver", WARNING,
        "no virtio disk driver was put in place; the guest boots from an emulated disk",
        "use another virtio-win collection (--virtio-win PATH)")
FINDING(WINDOWS_BUS_NOT_BOOTABLE, "windows-bus-not-bootable", WARNING,
        "Windows lacks a driver to boot from the bus that was asked for: {}",
        "leave out --disk-bus, or install what is missing in the source")
FINDING(WINDOWS_NO_SCSI_DRIVER, "windows-no-scsi-driver", INFO,
        "there is no virtio-scsi driver for this Windows; virtio-blk is bootable", NULL)
FINDING(WINDOWS_NO_NET_DRIVER, "windows-no-net-driver", WARNING,
        "there is no virtio network driver for this Windows; its network card is emulated",
        "use another virtio-win collection (--virtio-win PATH)")
FINDING(WINDOWS_LEGACY_VIRTIO, "windows-legacy-virtio", INFO,
        "the driver {} knows transitional virtio devices only", NULL)
FINDING(WINDOWS_TOOLS_DISABLED, "windows-tools-disabled", INFO,
        "the services of {} are switched off; the program itself stays installed",
        "uninstall it in the guest when convenient")
FINDING(WINDOWS_TOOLS_UNINSTALLED, "windows-tools-uninstalled", INFO,
        "the services of {} are switched off; the program itself is uninstalled at the first start",
        NULL)
FINDING(WINDOWS_SAN_POLICY, "windows-san-policy", WARNING,
        "disks other than the boot disk may be offline after the migration (SAN policy {})",
        "bring them online in the guest: Get-Disk | Set-Disk -IsOffline $false")
FINDING(
    WINDOWS_UPDATE_PENDING, "windows-update-pending", WARNING,
    "updates are half installed; the first boot goes on with them and may restart several times",
    NULL)
FINDING(WINDOWS_EVENT_LOG_OPEN, "windows-event-log-open", INFO,
        "Windows did not close its event log: it was probably switched off, not shut down",
        "shut it down in the source and export it again, unless this is a consistent snapshot")
FINDING(WINDOWS_HIVE_UNREADABLE, "windows-hive-unreadable", WARNING,
        "a part of the registry is damaged; what it says is left out: {}",
        "start the source machine, let it check its disk, then export it again")
FINDING(WINDOWS_LIST_CUT, "windows-list-cut", INFO, "there are more {}", NULL)
FINDING(
    WINDOWS_SHADOW_COPIES, "windows-shadow-copies", WARNING,
    "{} has shadow copies (restore points, previous versions): what is changed here makes older "
    "ones inconsistent",
    "restore from them before the migration; make new ones after it")
FINDING(WINDOWS_SETUP, "windows-setup", WARNING,
        "Windows is in the middle of being set up, and goes on with it at its next start",
        "let it finish in the source, then export it again")
FINDING(WINDOWS_GENERALISED, "windows-generalised", INFO,
        "this is a generalised image (sysprep): it is set up anew at its first start", NULL)
FINDING(WINDOWS_DEVICE_POLICY, "windows-device-policy", WARNING,
        "a group policy restricts which devices get a driver: {}",
        "allow the virtio devices in the policy, or take the machine out of its scope first")
FINDING(WINDOWS_CLUSTER, "windows-cluster", WARNING,
        "this is a node of a failover cluster; its shared disks are left alone",
        "move its roles to another node first, and give the new machine the same shared disks")
FINDING(WINDOWS_DOMAIN_CONTROLLER, "windows-domain-controller", WARNING,
        "this is a domain controller: it must never run at two places",
        "do not start the source again once the new machine has run")
FINDING(WINDOWS_ISCSI, "windows-iscsi", INFO,
        "Windows connects to iSCSI disks by itself; they are not part of the machine",
        "check that the new host's network reaches them")
FINDING(WINDOWS_HAL_ONE_CPU, "windows-hal-one-cpu", INFO,
        "Windows was installed for a machine with one processor (HAL {}) and uses only one", NULL)
FINDING(WINDOWS_HAL_NO_ACPI, "windows-hal-no-acpi", WARNING,
        "Windows was installed without ACPI (HAL {}): the host cannot ask it to shut down",
        "shut it down from inside")
FINDING(
    WINDOWS_UEFI_VGA, "windows-uefi-vga", WARNING,
    "{} on UEFI needs a VGA BIOS, which the new firmware does not have; it may stop at its logo",
    "test it; where it stops, install it for BIOS")
FINDING(WINDOWS_ACTIVATION, "windows-activation", INFO,
        "{} may ask to be activated again: it counts changes of the hardware", NULL)
FINDING(WINDOWS_NETWORK_BY_ORDER, "windows-network-by-order", WARNING,
        "network connections were matched with network cards by their order: {}",
        "check the addresses at the first start")
FINDING(WINDOWS_NETWORK_LOST, "windows-network-lost", WARNING,
        "network settings are not carried over: {}", "set them in the guest")
FINDING(WINDOWS_NETWORK_IPV6, "windows-network-ipv6", WARNING,
        "the static IPv6 settings of {} were read from where Windows does not document them (Nsi)",
        "compare them in the guest: netsh interface ipv6 show addresses")
FINDING(
    WINDOWS_NETWORK_VIRTUAL, "windows-network-virtual", WARNING,
    "the network connection {} stands on others (a team, a bridge, a virtual switch), which are "
    "replaced",
    "make it again in the guest")
FINDING(
    WINDOWS_NETWORK_CATEGORY, "windows-network-category", INFO,
    "behind another gateway Windows takes a private network for a public one; its firewall then "
    "closes what was open",
    "set it in the guest: Set-NetConnectionProfile -NetworkCategory Private")
FINDING(WINDOWS_WINRE, "windows-winre", INFO,
        "the recovery environment has virtio disk drivers now: {}", NULL)
FINDING(WINDOWS_WINRE_NOT_FOUND, "windows-winre-not-found", WARNING,
        "Windows has no recovery environment (Winre.wim) that could get virtio disk drivers",
        "look at it in the guest: reagentc /info")
FINDING(WINDOWS_WINRE_NO_ROOM, "windows-winre-no-room", WARNING,
        "the volume has no room for a recovery environment with virtio disk drivers: {}",
        "make the recovery partition larger in the source, or repair Windows from its installation "
        "medium with the drivers at hand")
FINDING(WINDOWS_WINRE_LEFT, "windows-winre-left", WARNING,
        "the recovery environment was left as it is, without virtio disk drivers: {}",
        "repair Windows from its installation medium with the drivers at hand, or give the machine a "
        "SATA disk for that")
FINDING(WINDOWS_CODE_INTEGRITY, "windows-code-integrity", WARNING,
        "a code integrity policy is active ({}); it may keep virtio drivers from loading",
        "allow the drivers' publisher in the policy, or boot from an emulated disk first")
FINDING(WINDOWS_EFI_FALLBACK, "windows-efi-fallback", INFO,
        "the boot loader was copied to {}, where firmware without boot entries looks", NULL)
FINDING(WINDOWS_NO_EFI_PARTITION, "windows-no-efi-partition", WARNING,
        "the EFI system partition could not be read; a boot entry may have to be made by hand",
        "in the firmware's setup, boot from \\EFI\\Microsoft\\Boot\\bootmgfw.efi")
FINDING(WINDOWS_FIRST_BOOT, "windows-first-boot", INFO,
        "at its first start the guest finishes its migration by itself, and may restart once; see {}",
        NULL)
FINDING(WINDOWS_FIRST_BOOT_SETTING, "windows-first-boot-setting", WARNING,
        "a setting that Windows would not take is left out of the first start: {}",
        "set it in the guest")
FINDING(WINDOWS_NO_FIRST_BOOT, "windows-no-first-boot", WARNING,
        "this program was built without its first-boot service: nothing is installed, removed or set "
        "inside the guest",
        "build it with mingw-w64, or install the drivers in the guest by hand")
FINDING(WINDOWS_NO_POWERSHELL, "windows-no-powershell", WARNING,
        "this Windows has no PowerShell, which {} needs", "give a .cmd file instead")

/* Linux */
FINDING(LINUX_DISTRIBUTION_UNKNOWN, "linux-distribution-unknown", INFO,
        "{} is not among the distributions that are known by name; what was found on it decides",
        "look at the plan first: migrate plan")
FINDING(LINUX_IMAGE_SYSTEM, "linux-image-system", INFO,
        "/usr of {} is an image that nothing is written into: the changes are in /etc, /boot and the "
        "kernel's arguments, which its updates keep",
        "packages are added with its own tools, rpm-ostree or a system extension")
FINDING(LINUX_STORE_SYSTEM, "linux-store-system", INFO,
        "{} is made from /etc/nixos: boot files are changed, and hardware-configuration.nix for later ones; "
        "nothing is written into /nix/store",
        "remove virtualisation.vmware.guest and its like from the configuration, add services.qemuGuest.enable")
FINDING(LINUX_STORE_FILE, "linux-store-file", WARNING,
        "{} is in /nix/store, made from the guest's own configuration, and was left as it is",
        "change it in /etc/nixos, then nixos-rebuild switch")
FINDING(LINUX_SNAPSHOT_SYSTEM, "linux-snapshot-system", INFO,
        "the root of {} is a read-only snapshot; the changes are made in it, and it stays read-only",
        "after a rollback to an earlier snapshot they are not there")
FINDING(LINUX_ETC_OVERLAY, "linux-etc-overlay", WARNING,
        "/etc of {} is an overlay: the changes are in its lower layer, and files of the upper one hide them",
        "compare /etc with the report at the first start, or update transactional-update to 5 in the source")
FINDING(LINUX_BOOT_NOT_FOUND, "linux-boot-not-found", WARNING,
        "fstab mounts {}, which is on none of the disks: kernels and boot files are out of reach",
        "give all disks of the machine")
FINDING(LINUX_NO_KERNEL, "linux-no-kernel", WARNING,
        "no installed kernel was found in {}; nothing was done to boot it on virtio",
        "check that /boot is on one of the disks that were given")
FINDING(LINUX_KERNEL_WITHOUT_VIRTIO, "linux-kernel-without-virtio", WARNING,
        "kernel {} lacks drivers for virtio disks and cannot boot from one",
        "install a kernel with them in the source; until then the machine gets SATA disks")
FINDING(LINUX_KERNEL_WITHOUT_MODULES, "linux-kernel-without-modules", WARNING,
        "kernel {} has no modules folder; it was left alone", NULL)
FINDING(LINUX_KERNEL_FOR_XEN, "linux-kernel-for-xen", WARNING,
        "kernel {} is made for Xen and does not start on KVM; it was left alone",
        "install the distribution's ordinary kernel in the source and make it the default")
FINDING(LINUX_NO_INITRAMFS, "linux-no-initramfs", WARNING,
        "kernel {} has its virtio drivers in modules and no initramfs to load them from",
        "make one in the source (update-initramfs -c, dracut), then export it again")
FINDING(LINUX_UNIFIED_IMAGE, "linux-unified-image", WARNING,
        "the unified kernel image {} has no virtio drivers in its initramfs, and was left alone",
        "make it again in the source with them (dracut --add-drivers, MODULES= of mkinitcpio); until then "
        "the machine gets SATA disks")
FINDING(LINUX_INITRAMFS_UNREADABLE, "linux-initramfs-unreadable", WARNING,
        "the initramfs {} was left alone",
        "make it again in the source (update-initramfs -u, dracut -f), then export it again")
FINDING(LINUX_CRASH_IMAGE, "linux-crash-image", WARNING,
        "the crash kernel's initramfs {} was made for the old hardware, and nothing can be added to it",
        "make it again in the guest: kdump-config unload, remove the file, dpkg-reconfigure kdump-tools")
FINDING(LINUX_DEVICE_NAME_UNKNOWN, "linux-device-name-unknown", WARNING,
        "it is not known which volume {} means; the name may be another one now",
        "replace the name by a UUID, or give all disks of the machine")
FINDING(LINUX_DEVICE_GONE, "linux-device-gone", WARNING,
        "{} is on none of the disks; the guest starts without it from now on (nofail)",
        "give all disks of the machine, or remove the line")
FINDING(LINUX_BOOT_LOADER_NOT_EDITED, "linux-boot-loader-not-edited", WARNING,
        "the boot loader configuration {} names disks and has to be installed from inside",
        "boot a rescue system after the migration and run the boot loader's installer")
FINDING(LINUX_EFI_FALLBACK, "linux-efi-fallback", INFO,
        "the boot loader was copied to {}, where firmware without boot entries looks", NULL)
FINDING(LINUX_NO_EFI_LOADER, "linux-no-efi-loader", WARNING,
        "no boot loader that is known was found in {}; a boot entry may have to be made by hand",
        "in the firmware's setup, boot from the loader's file")
FINDING(LINUX_LVM_FILTER, "linux-lvm-filter", WARNING,
        "an LVM filter in {} names disks; volume groups may not be found on virtio disks",
        "remove the filter in the source, or make it accept /dev/vd*")
FINDING(LINUX_NETWORK_MAC_UNKNOWN, "linux-network-mac-unknown", WARNING,
        "network interface {} may get another name: its MAC address is not known",
        "give the machine's configuration with its disks, or name the interface by its MAC")
FINDING(LINUX_NETWORK_NAME_BY_ORDER, "linux-network-name-by-order", WARNING,
        "network interfaces were matched with MAC addresses by their order: {}",
        "check the addresses at the first boot")
FINDING(LINUX_NETWORK_MAC_OWN, "linux-network-mac-own", WARNING,
        "the guest gives an interface a MAC address itself, whatever its network card has: {}",
        "take it out of the guest's configuration if the card's new one is to be seen")
FINDING(LINUX_NETWORK_MATCH_LOST, "linux-network-match-lost", WARNING,
        "{} is for a network card in a place or with a driver that the new machine does not have",
        "name the card by its MAC address there, before the migration or afterwards")
FINDING(LINUX_NETWORK_STYLE_UNKNOWN, "linux-network-style-unknown", BLOCKER,
        "the network interface {} cannot be given an address: nothing that is known here "
        "configures the guest's network",
        "leave out --ip for it, and set the address in the guest")
FINDING(LINUX_TOOLS_DISABLED, "linux-tools-disabled", INFO,
        "tools of the source's hypervisor are switched off: {}", "remove their packages at leisure")
FINDING(LINUX_CLOCK, "linux-clock", INFO,
        "{} had the old host's clock as a reference, without which chrony does not start; it is a comment now",
        "name a time server there, or load ptp_kvm and refer to /dev/ptp_kvm")
FINDING(LINUX_CLOUD_INIT, "linux-cloud-init", INFO,
        "cloud-init had this machine's data from {}; it keeps them from now on, and asks nobody",
        "to have it set the machine up anew: remove zz-drydock.cfg, run cloud-init clean, attach a seed")
FINDING(LINUX_GUEST_AGENT_MISSING, "linux-guest-agent-missing", INFO,
        "qemu-guest-agent is not installed in {}", "install it from the distribution")

/* Domain */
FINDING(DOMAIN_CPUS_LIMITED, "domain-cpus-limited", WARNING,
        "the machine had {} processors; it gets 255, the most a domain has without an IOMMU",
        "to have more, add an <iommu> with eim='on' to the domain, then raise <vcpu>")
FINDING(DOMAIN_MEMORY_NOT_DYNAMIC, "domain-memory-not-dynamic", INFO,
        "the machine's dynamic memory had no limit of its own; the domain has what it started with",
        "raise <memory> above <currentMemory> if it shall grow")
FINDING(DOMAIN_IDE_FULL, "domain-ide-full", WARNING,
        "IDE has four places: {} is on SATA, for which the guest may have no driver",
        "choose another bus with --disk-bus if the guest does not see the disk")
FINDING(DOMAIN_FLOPPY_LEFT_OUT, "domain-floppy-left-out", INFO,
        "a floppy drive was left out: not every host's QEMU has one for this board", NULL)
FINDING(DOMAIN_VLAN_LEFT_OUT, "domain-vlan-left-out", WARNING,
        "the source tagged frames with a VLAN, which the new network has to do: {}",
        "give the card a network of that VLAN (--network-map)")
FINDING(DOMAIN_TPM_EMPTY, "domain-tpm-empty", WARNING,
        "the machine had a TPM, whose secrets stay in the source; the domain's starts empty",
        "have recovery keys at hand (BitLocker, LUKS) for what was sealed to it")
FINDING(DOMAIN_PROFILE_OVERRULED, "domain-profile-overruled", WARNING,
        "the guest does not go with what the target profile says: {}",
        "choose another --target-profile for machines like this one if that matters")
FINDING(DOMAIN_SECURE_BOOT_ADDED, "domain-secure-boot-added", WARNING,
        "the target profile switches Secure Boot on, which the source had off",
        "check that all the guest loads at its start is signed, or leave secure-boot at auto")

/* Manifests of other programs */
FINDING(MANIFEST_BRIDGE, "manifest-bridge", INFO,
        "'{}' is taken for a bridge of the host, by its name",
        "say in a manifest of ours what it is, if it is a network of libvirt")
FINDING(MANIFEST_DRY_RUN, "manifest-dry-run", WARNING,
        "the manifest wants a dry run of '{}', which is left out",
        "migrate batch --check shows what would be done; without options.dry_run it is done")
FINDING(MANIFEST_EXPORT_WARNING, "manifest-export-warning", WARNING,
        "the export that made the manifest warned: {}", "see whether the export has to be repeated")
FINDING(MANIFEST_HOOK_MOVED, "manifest-hook-moved", INFO,
        "a machine is one step here: hooks of {} run before or after all of it", NULL)
FINDING(MANIFEST_KEY_IGNORED, "manifest-key-ignored", WARNING,
        "the manifest asks for what is not done: {}",
        "migrate-manifest(5) says what is done instead; there may be an option for it")
FINDING(MANIFEST_KEY_UNKNOWN, "manifest-key-unknown", WARNING,
        "the manifest has a key that is not known: {}", "see whether it is misspelt")
FINDING(MANIFEST_KEY_UNNEEDED, "manifest-key-unneeded", INFO,
        "the manifest says what makes no difference here: {}", NULL)
FINDING(MANIFEST_PROFILE, "manifest-profile", INFO,
        "the profile '{}' is another program's; what it sets is as without it, but for compression",
        "set the keys themselves, or a profile of ours")

/* Host */
FINDING(HOST_NO_LANDLOCK, "host-no-landlock", WARNING,
        "this host's kernel has no Landlock: the process that reads the guest can open files",
        "use a host with Linux 5.13 or later, Landlock among its security modules")

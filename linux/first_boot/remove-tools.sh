#!/bin/sh
# Removes the packages of the hypervisor that this machine came from.
has() {
    command -v "$1" >/dev/null
}

[ ! -x /usr/bin/vmware-uninstall-tools.pl ] || /usr/bin/vmware-uninstall-tools.pl
for uninstaller in /opt/VBoxGuestAdditions-*/uninstall.sh; do
    [ ! -x "$uninstaller" ] || "$uninstaller"
done

for package in \
    open-vm-tools-desktop open-vm-tools-containers open-vm-tools vmware-tools-esx-nox \
    hyperv-daemons hypervkvpd hypervvssd hypervfcopyd hyperv-tools linux-cloud-tools-virtual \
    virtualbox-guest-utils virtualbox-guest-x11 virtualbox-guest-additions virtualbox-guest-tools \
    xe-guest-utilities xe-guest-utilities-latest nutanix-guest-agent; do
    if has apt-get && has dpkg-query; then
        dpkg-query -W "$package" >/dev/null 2>&1 || continue
        DEBIAN_FRONTEND=noninteractive apt-get purge -y -q "$package"
    elif has rpm; then
        rpm -q "$package" >/dev/null 2>&1 || continue
        rpm -e "$package"
    elif has pacman; then
        pacman -Q "$package" >/dev/null 2>&1 || continue
        pacman -Rns --noconfirm "$package"
    elif has apk; then
        apk info -e "$package" >/dev/null 2>&1 || continue
        apk del "$package"
    fi
done
exit 0

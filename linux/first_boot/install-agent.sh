#!/bin/sh
# Installs the QEMU guest agent: from the packages that were given, without a network, or else from the distribution's own.
has() {
    command -v "$1" >/dev/null
}

package=qemu-guest-agent
given=/etc/drydock/packages
if [ -d $given ] && has transactional-update; then
    transactional-update -n pkg install $given/*.rpm || exit # it is there after the next start
elif [ -d $given ] && has rpm-ostree; then
    rpm-ostree install -A -C --idempotent --allow-inactive $given/*.rpm || exit
elif [ -d $given ] && has dpkg; then
    DEBIAN_FRONTEND=noninteractive dpkg -i $given/*.deb || exit
elif [ -d $given ] && has rpm; then
    rpm -U --replacepkgs $given/*.rpm || exit
elif [ -d $given ] && has apk; then
    apk add --no-network --allow-untrusted $given/*.apk || exit
elif has transactional-update; then
    transactional-update -n pkg install $package || exit
elif has rpm-ostree; then
    rpm-ostree install -A --idempotent --allow-inactive $package || exit
elif has apt-get; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -y -q --no-install-recommends $package || exit
elif has dnf; then
    dnf install -y $package || exit
elif has tdnf; then
    tdnf install -y $package || exit
elif has yum; then
    yum install -y $package || exit
elif has zypper; then
    zypper --non-interactive install $package || exit
elif has pacman; then
    pacman -Sy --noconfirm $package || exit
elif has apk; then
    apk add $package || exit
elif has xbps-install; then
    xbps-install -Sy qemu-ga || exit
else
    echo "no package manager was found"
    exit 1
fi

if has systemctl; then
    systemctl enable $package 2>/dev/null # Debian's unit is started by its device, and has nothing to enable
    systemctl start $package
elif has rc-update; then
    rc-update add $package default && rc-service $package start
elif has chkconfig; then
    chkconfig qemu-ga on && service qemu-ga start
else
    service $package start
fi

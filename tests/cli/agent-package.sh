#!/usr/bin/env bash
# --agent-package FILE: packages that the distributions' own tools make; refused where the guest has another package manager
# or architecture. agent-package.sh deb|rpm|apk
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in python3 mke2fs mkswap sfdisk qemu-img qemu-nbd xz zstd; do
    requires $tool
done

make_deb() { # NAME ARCHITECTURE
    mkdir -p tree/DEBIAN tree/usr/sbin
    printf 'Package: %s\nVersion: 8.2\nArchitecture: %s\nMaintainer: nobody\nDescription: none\n' "$1" "$2" > tree/DEBIAN/control
    touch tree/usr/sbin/qemu-ga
    dpkg-deb -b --root-owner-group "${@:3}" tree "$1-$2.deb" > /dev/null
}

make_rpm() { # NAME ARCHITECTURE
    printf '%s\n' "Name: $1" 'Version: 8.2' 'Release: 1' 'Summary: none' 'License: none' '%description' '%files' > spec
    HOME=$work rpmbuild -bb --quiet --target "$2" --define "_topdir $work/rpm" --define "_rpmdir $work/rpm" spec
    mv "rpm/$2/$1-8.2-1.$2.rpm" "$1-$2.rpm"
}

# apk(5): a signature and the control file, tar archives without their ends, then the files; each compressed by itself.
make_apk() { # NAME ARCHITECTURE
    printf 'pkgname = %s\npkgver = 8.2-r0\narch = %s\n' "$1" "$2" > .PKGINFO
    echo signature > .SIGN.RSA.key
    touch qemu-ga
    for member in .SIGN.RSA.key .PKGINFO; do
        tar -c --format=ustar "$member" | head -c 1024 | gzip -n
    done > "$1-$2.apk"
    tar -c --format=ustar qemu-ga | gzip -n >> "$1-$2.apk"
}

case $1 in
deb) requires dpkg-deb; distribution=debian-12 good=amd64 bad=arm64 ;;
rpm) requires rpmbuild; distribution=rocky-9 good=x86_64 bad=aarch64 ;;
apk) distribution=alpine-3.19 good=x86_64 bad=aarch64 ;;
esac
"$SOURCE_DIR/tests/images/linux-guest" "$distribution" guest
"make_$1" qemu-guest-agent "$good"
"make_$1" qemu-guest-agent "$bad"
"make_$1" libnuma1 "$good"
expect 0 "$MIGRATE" plan guest --agent-package "qemu-guest-agent-$good.$1" --agent-package "libnuma1-$good.$1"
says out "^create /etc/drydock/packages/qemu-guest-agent\.$1$"
says out "^create /etc/drydock/packages/libnuma1\.$1$"
says out '^create /etc/drydock/firstboot.d/001-install-agent$'
if [ "$1" = deb ]; then
    for compression in gzip zstd none; do
        make_deb qemu-guest-agent all -Z$compression
        expect 0 "$MIGRATE" plan guest --agent-package qemu-guest-agent-all.deb
    done
fi

expect 1 "$MIGRATE" plan guest --agent-package "qemu-guest-agent-$bad.$1"
says err "error \(unsupported\): .*'qemu-guest-agent' is for $bad, and the guest is x86_64"
expect 2 "$MIGRATE" plan guest --agent-package "libnuma1-$good.$1"
says err 'none of the packages is the QEMU guest agent'
expect 2 "$MIGRATE" plan guest --agent-package no-such.deb
expect 2 "$MIGRATE" plan guest --agent-package guest/web01.vmx
says err "'guest/web01.vmx' is not a package"
head -c 200 "qemu-guest-agent-$good.$1" > short
expect 6 "$MIGRATE" plan guest --agent-package short
says err "error \(corrupt\): the package 'short'"
if [ "$1" != apk ]; then
    make_apk qemu-guest-agent x86_64
    expect 1 "$MIGRATE" plan guest --agent-package qemu-guest-agent-x86_64.apk
    says err "cannot install the \.apk package"
fi

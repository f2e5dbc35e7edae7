#!/bin/sh
# Makes the initramfs images anew, with the guest's own tool, on the machine they are for.
has() {
    command -v "$1" >/dev/null
}

if has update-initramfs; then
    exec update-initramfs -u -k all
elif has dracut; then
    dracut --regenerate-all --force || exec dracut --force # before 008 it knows no --regenerate-all
elif has mkinitcpio; then
    exec mkinitcpio -P
elif [ -x /usr/lib/booster/regenerate_images ]; then
    exec /usr/lib/booster/regenerate_images
elif has mkinitfs; then
    for modules in /lib/modules/*; do
        mkinitfs "${modules##*/}" || exit
    done
elif has mkinitrd && [ -f /etc/sysconfig/kernel ]; then
    exec mkinitrd # SUSE's takes all kernels
elif has mkinitrd; then
    exec mkinitrd -f "/boot/initrd-$(uname -r).img" "$(uname -r)"
else
    echo "no tool that makes initramfs images was found"
    exit 1
fi

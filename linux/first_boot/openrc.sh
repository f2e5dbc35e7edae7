#!/sbin/openrc-run
# shellcheck shell=sh disable=SC2034
description="Finish the migration to KVM"

depend() {
    need localmount
    after net
}

start() {
    ebegin "Finishing the migration to KVM"
    /bin/sh /etc/drydock/firstboot
    eend $?
}

#!/bin/sh
# Runs what was to be run once after the migration to KVM, and removes itself.
#
# A script is moved away before it runs: neither a restart nor a crash in the middle makes it run twice.
folder=/etc/drydock/firstboot.d
log=/var/log/drydock-firstboot.log
service=drydock-firstboot
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
export PATH
umask 077

say() {
    echo "drydock: $*" >>"$log"
    echo "drydock: $*" >/dev/console
}

rm -f "$folder/running"
for script in "$folder"/[0-9]*; do
    [ -f "$script" ] || continue
    name=${script##*/}
    mv "$script" "$folder/running" || exit 1
    sync
    say "$name begins, $(date '+%Y-%m-%d %H:%M:%S')"
    (umask 022 && cd / && exec "$folder/running") >>"$log" 2>&1 </dev/null
    status=$?
    rm -f "$folder/running"
    say "$name ended with status $status"
done

rm -f "/etc/systemd/system/multi-user.target.wants/$service.service" "/etc/systemd/system/$service.service"
rm -f "/etc/runlevels/default/$service" "/etc/init.d/$service"
rm -f "/etc/rc"?".d/S99$service" "/etc/rc.d/rc"?".d/S99$service" "/etc/init.d/rc"?".d/S99$service"
rm -rf /etc/drydock
say "done"
exit 0

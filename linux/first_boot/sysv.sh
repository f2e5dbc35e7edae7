#!/bin/sh
# chkconfig: 2345 99 01
# description: Finish the migration to KVM
### BEGIN INIT INFO
# Provides: drydock-firstboot
# Required-Start: $local_fs $network
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop:
# Short-Description: Finish the migration to KVM
### END INIT INFO
[ "$1" != start ] || exec /bin/sh /etc/drydock/firstboot

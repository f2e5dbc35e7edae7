#!/usr/bin/env bash
# The first-boot service runs under Wine: from its start to its own removal, and through what can go wrong.
#   [ARCHITECTURE=x86] first-boot.sh CASE
# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"

xp=winxp64
[ "$architecture" = amd64 ] || xp=winxp

service_is_gone() {
    ! registry_has "HKLM\\System\\CurrentControlSet\\Services\\$service"
}

# Nothing but the log is left, and the program that still ran, which the next start of Windows removes.
has_left() {
    wait_for 20 test ! -e "$folder/firstboot.state"
    wait_for 20 service_is_gone
    local rest
    rest=$(cd "$folder" && find . -mindepth 1 | LC_ALL=C sort | sed 's/delete-[0-9a-f]*/delete-N/' | tr '\n' ' ')
    [ "$rest" = './delete-N.tmp ./firstboot.log ' ] || fail "left behind: $rest"
    registry_has 'HKLM\System\CurrentControlSet\Control\Session Manager' PendingFileRenameOperations ||
        fail "nothing is to be removed"
    says registry.out 'Drydock\\delete-[0-9a-f]+\.tmp'
}

case ${1:?which case} in
scripts)
    # In order, once each, whatever they end with; output, also the wrong one, into the log.
    windows_starts
    install_service <<'SETTINGS'
reboot=when-wanted
uninstall=tools
disks=online
script=0001-first one & only.cmd
script=0002-second.bat
script=0003-missing.cmd
SETTINGS
    script '0001-first one & only.cmd' <<'SCRIPT'
@echo hello
@echo to the other stream 1>&2
@echo "%~nx0">>C:\order.txt
@cd >C:\where.txt
SCRIPT
    script 0002-second.bat <<'SCRIPT'
@echo "%~nx0">>C:\order.txt
@exit 7
SCRIPT
    start_service
    done_with 'status=failed steps=scripts'
    says log.txt 'Z   \| hello$'
    says log.txt 'Z   \| to the other stream'
    says log.txt 'Z exit code 7$'
    says log.txt 'not there: 0003-missing\.cmd$'
    printf '"0001-first one & only.cmd"\r\n"0002-second.bat"\r\n' | cmp - "$drive/order.txt"
    grep -qi 'C:\\windows\\Drydock' "$drive/where.txt"
    has_left
    ;;
registry)
    # What was changed for the first start only is put back; keys of others are never deleted.
    windows_starts
    current='HKLM\System\CurrentControlSet\Services'
    registry_add "$current\\partmgr\\Parameters" SanPolicy REG_DWORD 1
    registry_add 'HKLM\Software\Drydock Test' SuppressNewHWUI REG_DWORD 1
    registry_add 'HKLM\Software\Drydock Test' Kept REG_DWORD 1
    registry_add "HKLM\\System\\CurrentControlSet\\Control\\SafeBoot\\Minimal\\$service" x REG_SZ Service
    install_service <<SETTINGS
set-dword=SYSTEM\\CurrentControlSet\\Services\\partmgr\\Parameters|SanPolicy|3
set-dword=SYSTEM\\CurrentControlSet\\Services\\no-such|SanPolicy|3
delete-value=SOFTWARE\\Drydock Test|SuppressNewHWUI
delete-value=SOFTWARE\\Drydock Test|NoSuch
delete-key=SYSTEM\\CurrentControlSet\\Control\\SafeBoot\\Minimal\\$service
delete-key=SOFTWARE\\Drydock Test
delete-key=SYSTEM\\ControlSet001\\Services\\$service
SETTINGS
    start_service
    done_with 'status=ok'
    says log.txt '1 lines of .* are left out, the first is line 7$'
    registry_has "$current\\partmgr\\Parameters" SanPolicy
    says registry.out 'SanPolicy +REG_DWORD +0x3'
    ! registry_has 'HKLM\Software\Drydock Test' SuppressNewHWUI || fail "SuppressNewHWUI is still there"
    registry_has 'HKLM\Software\Drydock Test' Kept || fail "another value is gone"
    ! registry_has "HKLM\\System\\CurrentControlSet\\Control\\SafeBoot\\Minimal\\$service" ||
        fail "safe mode still knows the service"
    has_left
    ;;
power-failure)
    # In the middle of the first of two scripts: it does not run again, the second one does.
    windows_starts
    install_service <<'SETTINGS'
script=0001-long.cmd
script=0002-next.cmd
SETTINGS
    printf '@echo long >>C:\\order.txt\r\n:again\r\n@goto again\r\n' >"$folder/scripts/0001-long.cmd"
    printf '@echo next >>C:\\order.txt\r\n' >"$folder/scripts/0002-next.cmd"
    start_service
    wait_for 60 test -s "$drive/order.txt"
    power_fails
    [ "$(cat "$folder/firstboot.state")" = '5 0 0 0' ] || fail "state: $(cat "$folder/firstboot.state")"
    windows_starts
    start_service
    done_with 'status=ok'
    [ "$(tr -d ' \r' <"$drive/order.txt" | tr '\n' ' ')" = 'long next ' ] || fail "order: $(cat "$drive/order.txt")"
    [ "$(grep -c 'step network' log.txt)" -eq 1 ] || fail "a step that was done is done again"
    has_left
    ;;
stop)
    # Told to end by the service manager: ends what it runs, and goes on at the next start.
    windows_starts
    install_service <<'SETTINGS'
script=0001-long.cmd
script=0002-next.cmd
SETTINGS
    printf '@echo long >>C:\\order.txt\r\n:again\r\n@goto again\r\n' >"$folder/scripts/0001-long.cmd"
    printf '@echo next >>C:\\order.txt\r\n' >"$folder/scripts/0002-next.cmd"
    start_service
    wait_for 60 test -s "$drive/order.txt"
    wine sc stop $service >/dev/null 2>&1
    wait_for 60 log_says 'stopped; goes on at the next start'
    ! log_says drydock-firstboot-done || fail "a stopped service says that it is done"
    wait_for 20 service_is_stopped
    start_service
    done_with 'status=ok'
    [ "$(tr -d ' \r' <"$drive/order.txt" | tr '\n' ' ')" = 'long next ' ] || fail "order: $(cat "$drive/order.txt")"
    has_left
    ;;
attempts)
    # A step that never came to an end is left out the fourth time; a damaged state begins again.
    windows_starts
    install_service </dev/null
    echo '3 3 1 0' >"$folder/firstboot.state"
    start_service
    done_with 'status=failed steps=drivers,uninstall'
    says log.txt 'step uninstall did not come to an end 3 times; it is left out$'
    ! grep -q 'step network' log.txt || fail "a step that was done is done again"
    has_left
    rm "$log"
    install_service </dev/null
    echo '99 rubbish' >"$folder/firstboot.state"
    start_service
    done_with 'status=ok'
    says log.txt 'the state file is damaged; all steps begin again$'
    ;;
hostile-settings)
    # Nothing usable: the service says so, and leaves all the same.
    windows_starts
    for content in empty random huge other-version none; do
        install_service </dev/null
        case $content in
        empty) : >"$folder/firstboot.ini" ;;
        random) head -c 100000 /dev/urandom >"$folder/firstboot.ini" ;;
        huge) head -c 1100000 /dev/zero >"$folder/firstboot.ini" ;;
        other-version) printf 'drydock-first-boot 2\r\nscript=evil.cmd\r\n' >"$folder/firstboot.ini" ;;
        none) rm "$folder/firstboot.ini" ;;
        esac
        start_service
        done_with 'status=failed steps=settings'
        wait_for 20 test ! -e "$folder/firstboot.exe"
        wait_for 20 sh -c "! wine sc query $service >/dev/null 2>&1 8>&-"
        rm "$log" "$folder"/delete-*.tmp
    done
    ;;
safe-mode)
    # Only what it takes to get out of it, and nothing is noted as done.
    windows_starts
    registry_add 'HKLM\System\CurrentControlSet\Control\SafeBoot\Option' OptionValue REG_DWORD 1
    install_service <<'SETTINGS'
script=0001-a.cmd
SETTINGS
    echo '@echo a' | script 0001-a.cmd
    start_service
    wait_for 60 log_says 'safe mode: only drivers and disks'
    wait_for 20 service_is_stopped
    ! log_says 'script 0001|drydock-firstboot-done' || fail "more is done in safe mode"
    [ -e "$folder/firstboot.exe" ] || fail "the service has left"
    [ -e "$folder/scripts/0001-a.cmd" ] || fail "the script is not waiting"
    wine reg delete 'HKLM\System\CurrentControlSet\Control\SafeBoot\Option' /f >/dev/null 2>&1
    start_service
    done_with 'status=ok'
    says log.txt 'script 0001-a\.cmd$'
    has_left
    ;;
powershell)
    windows_starts
    replace_program windows/system32/WindowsPowerShell/v1.0/powershell.exe
    install_service <<'SETTINGS'
script=0001-a b.PS1
SETTINGS
    echo 'Write-Output a' | script '0001-a b.PS1'
    start_service
    done_with 'status=ok'
    recorded >calls
    cat >wanted <<'CALLS'
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "C:\windows\Drydock\done\0001-a b.PS1"
CALLS
    diff -i wanted calls
    has_left
    ;;
drivers)
    # Wine's setup library takes the package; there is no such device here, and Wine does not mind.
    windows_starts
    mkdir -p "$drive/windows/Drivers/VirtIO/netkvm"
    sed "s/@/$architecture/" >"$drive/windows/Drivers/VirtIO/netkvm/netkvm.inf" <<'INF'
[Version]
Signature="$WINDOWS NT$"
Class=Net
ClassGUID={4d36e972-e325-11ce-bfc1-08002be10318}
Provider=drydock
[Manufacturer]
drydock=Models,NT@
[Models.NT@]
"a network card"=Install,PCI\VEN_1AF4&DEV_1000
[Install]
INF
    install_service <<'SETTINGS'
driver=Drivers\VirtIO\netkvm\netkvm.inf
device=PCI\VEN_1AF4&DEV_1000
driver=Drivers\VirtIO\missing\missing.inf
device=PCI\VEN_1AF4&DEV_1001
SETTINGS
    start_service
    done_with 'status=failed steps=drivers'
    says log.txt 'driver C:\\windows\\Drivers\\VirtIO\\netkvm\\netkvm.inf is staged$'
    says log.txt 'driver C:\\windows\\Drivers\\VirtIO\\missing\\missing.inf is not there$'
    local_copy=$(grep -rlF VEN_1AF4 "$drive/windows/inf" --include='*.inf')
    cmp "$local_copy" "$drive/windows/Drivers/VirtIO/netkvm/netkvm.inf"
    ;;
pnputil)
    # Where the two functions cannot be called, as by the x86 program on ARM64: Windows' own program does it. 259: no
    # device wants the package; 3010: it will after a restart.
    export WINEDLLOVERRIDES="$WINEDLLOVERRIDES;newdev=;pnputil.exe=n"
    windows_starts
    replace_program windows/system32/pnputil.exe
    for code in 0 259 3010 5; do
        echo $code >"$drive/pnputil.exe.answer"
        mkdir -p "$drive/windows/Drivers/VirtIO/a b"
        echo '[Version]' >"$drive/windows/Drivers/VirtIO/a b/netkvm.inf"
        install_service <<'SETTINGS'
reboot=when-wanted
driver=Drivers\VirtIO\a b\netkvm.inf
device=PCI\VEN_1AF4&DEV_1000
SETTINGS
        start_service
        case $code in
        3010) done_with 'status=ok restart=1' ;;
        5) done_with 'status=failed steps=drivers' ;;
        *) done_with 'status=ok' ;;
        esac
        recorded >calls
        cat >wanted <<'CALLS'
pnputil.exe /add-driver "C:\windows\Drivers\VirtIO\a b\netkvm.inf" /install
CALLS
        diff -i wanted calls
        wait_for 20 service_is_gone
        rm "$drive/record.txt" "$log" "$folder"/delete-*.tmp
    done
    ;;
restart)
    # Only when a step wanted it and the migration allows it; what wanted it may have been before a restart.
    windows_starts
    for setting in when-wanted none; do
        { [ $setting = none ] || echo "reboot=$setting"; } | install_service
        echo '5 1 0 1' >"$folder/firstboot.state"
        start_service
        if [ $setting = none ]; then
            done_with 'status=ok'
        else
            done_with 'status=ok restart=1'
        fi
        ! grep -q 'cannot restart' log.txt || fail "the restart is refused"
        has_left
        rm "$log" "$folder"/delete-*.tmp
    done
    ;;
tools)
    # Each product by the start of its name, in both lists; what only sounds like one stays.
    windows_starts
    list='Microsoft\Windows\CurrentVersion\Uninstall'
    mapfile -t names < <(sed -n '/^static const WCHAR \*const tools/,/^};/s/^    L"\(.*\)",$/\1/p' \
        "$SOURCE_DIR/windows/firstboot/uninstall.c")
    [ ${#names[@]} -ge 20 ] || fail "the list of products has another form now"
    replace_program tools/uninst.exe
    number=0
    : >wanted
    echo REGEDIT4 >products.reg
    add_product() { # NAME wanted|kept
        local view=Software
        [ "$architecture" = x86 ] || [ $((number % 2)) -eq 0 ] || view='Software\Wow6432Node'
        number=$((number + 1))
        mkdir "$drive/tools/$number"
        ln "$drive/tools/uninst.exe" "$drive/tools/$number/uninst.exe"
        printf '\n[HKEY_LOCAL_MACHINE\\%s\\%s\\Product%d]\n"DisplayName"="%s"\n"UninstallString"="C:\\\\tools\\\\%d\\\\uninst.exe"\n' \
            "$view" "$list" $number "$1" $number >>products.reg
        [ "$2" = kept ] ||
            printf '"C:\\tools\\%d\\uninst.exe" /S _?=C:\\tools\\%d\n' $number $number >>wanted
    }
    for name in "${names[@]}"; do
        add_product "$name 1.2" wanted
    done
    for name in 'VMware Workstation' 'Parallels Desktop' 'My VMware Tools' 'Oracle VM VirtualBox 7.0' XenCenter; do
        add_product "$name" kept
    done
    wine regedit /S products.reg >/dev/null 2>&1 || fail "cannot list the products"
    LC_ALL=C sort -o wanted wanted
    echo 'uninstall=tools' | install_service
    start_service
    done_with 'status=ok'
    tr -d '\r' <"$drive/record.txt" | LC_ALL=C sort >calls
    diff wanted calls
    has_left
    ;;
serial)
    # The same lines on the first serial port.
    requires python3
    python3 -c '
import os, sys, tty
master, slave = os.openpty()
tty.setraw(slave)
with open("tty", "w") as file:
    file.write(os.ttyname(slave))
while True:
    with open("serial.txt", "ab") as file:
        file.write(os.read(master, 4096))' &
    reader=$!
    wait_for 10 test -s tty
    windows_starts
    registry_add 'HKLM\Software\Wine\Ports' COM1 REG_SZ "$(cat tty)"
    power_fails
    windows_starts
    install_service </dev/null
    start_service
    done_with 'status=ok'
    sleep 1
    kill $reader
    tr -d '\r' <serial.txt >lines
    says lines 'drydock-firstboot-start'
    says lines 'drydock-firstboot-done status=ok$'
    # Whatever a start before this one wrote there too.
    sed 's/^[^ ]*Z //' lines >lines.text
    sed 's/^[^ ]*Z //' log.txt >log.text
    ! grep -vxFf lines.text log.text || fail "the serial port lacks these lines"
    ;;
network)
    # Which commands are run, in the words of each Windows; the addresses count, not what netsh says.
    requires ip
    adapter=$(ip -4 -o addr show | awk '$2 != "lo" { print $2; exit }')
    if [ -z "$adapter" ] || [ "$(cat "/sys/class/net/$adapter/type")" != 1 ]; then
        echo "skipped: no Ethernet here"
        exit 77
    fi
    mac=$(tr -d : <"/sys/class/net/$adapter/address")
    address=$(ip -4 -o addr show dev "$adapter" | awk '{ print $4; exit }')
    windows_starts
    replace_program windows/system32/netsh.exe
    replace_program windows/system32/route.exe
    registry_add 'HKCU\Software\Wine' Version REG_SZ win10
    install_service <<SETTINGS
wait=3
adapter=$mac
connection-name=LAN-Verbindung für alle
address=$address
address=192.0.2.6/20
gateway=192.0.2.1
gateway=2001:db8::1
dns=192.0.2.53
dns=192.0.2.54
dns=2001:db8::53
wins=192.0.2.60
wins=192.0.2.61
dns-suffix=corp.example
metric=10
mtu=1400
route=198.51.100.0/24 192.0.2.254
route=2001:db8:1::/48 2001:db8::2 7
adapter=000000000001
address=192.0.2.7/24
SETTINGS
    start_service
    done_with 'status=failed steps=network'
    says log.txt "network adapter $mac is $adapter\$"
    says log.txt "$adapter does not have the address 192\\.0\\.2\\.6/20\$"
    ! grep -qF "does not have the address $address" log.txt || fail "the address is there"
    says log.txt 'no network adapter has the address 000000000001$'
    recorded | sed -E 's/(name|interface)=[0-9]+( |$)/\1=N\2/' >calls
    cat >wanted <<CALLS
netsh.exe interface ipv4 set address name=N source=static address=${address%/*} mask=$(python3 -c '
import ipaddress, sys
print(ipaddress.ip_interface(sys.argv[1]).netmask)' "$address")
netsh.exe interface ipv4 add address name=N address=192.0.2.6 mask=255.255.240.0
netsh.exe interface ipv4 add address name=N gateway=192.0.2.1 gwmetric=1
netsh.exe interface ipv6 add route prefix=::/0 interface=N nexthop=2001:db8::1
netsh.exe interface ipv4 set dnsservers name=N source=static address=192.0.2.53 validate=no
netsh.exe interface ipv4 add dnsservers name=N address=192.0.2.54 index=2 validate=no
netsh.exe interface ipv6 set dnsservers name=N source=static address=2001:db8::53 validate=no
netsh.exe interface ipv4 set winsservers name=N source=static address=192.0.2.60
netsh.exe interface ipv4 add winsservers name=N address=192.0.2.61 index=2
netsh.exe interface ipv4 add route prefix=198.51.100.0/24 interface=N nexthop=192.0.2.254
netsh.exe interface ipv6 add route prefix=2001:db8:1::/48 interface=N nexthop=2001:db8::2 metric=7
netsh.exe interface ipv4 set interface interface=N metric=10 store=persistent
netsh.exe interface ipv4 set subinterface interface=N mtu=1400 store=persistent
netsh.exe interface set interface name="$adapter" newname="LAN-Verbindung für alle"
CALLS
    diff wanted calls
    has_left

    rm "$drive/record.txt" "$log" "$folder"/delete-*.tmp
    registry_add 'HKCU\Software\Wine' Version REG_SZ $xp
    install_service <<SETTINGS
adapter=$mac
address=$address
dns=192.0.2.53
dns=192.0.2.54
route=198.51.100.0/24 192.0.2.254 5
SETTINGS
    start_service
    done_with 'status=ok'
    recorded >calls
    cat >wanted <<CALLS
netsh.exe interface ip set address name="$adapter" source=static addr=${address%/*} mask=$(python3 -c '
import ipaddress, sys
print(ipaddress.ip_interface(sys.argv[1]).netmask)' "$address")
netsh.exe interface ip set dns name="$adapter" source=static addr=192.0.2.53
netsh.exe interface ip add dns name="$adapter" addr=192.0.2.54 index=2
route.exe -p add 198.51.100.0 mask 255.255.255.0 192.0.2.254 metric 5
CALLS
    diff wanted calls
    ;;
installers)
    # Windows Installer takes old guest tools off and puts the agent on; another product stays.
    requires wixl
    windows_starts
    product() { # NAME FILE UUID
        cat >product.wxs <<WXS
<?xml version="1.0"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Name="$1" Id="$3" UpgradeCode="*" Language="1033" Version="1.0.0" Manufacturer="drydock">
    <Package Id="*" InstallerVersion="200" Compressed="yes" InstallScope="perMachine"/>
    <Media Id="1" Cabinet="one.cab" EmbedCab="yes"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="$2">
          <Component Id="Main" Guid="${3%?}F" Win64="yes"><File Id="Only" Name="$2.txt" Source="content.txt" KeyPath="yes"/></Component>
        </Directory>
      </Directory>
    </Directory>
    <Feature Id="All" Level="1"><ComponentRef Id="Main"/></Feature>
  </Product>
</Wix>
WXS
        wixl -a x64 -o "$2.msi" product.wxs || fail "wixl does not make $2.msi"
    }
    installed() { # FILE
        [ -e "$drive/Program Files/$1/$1.txt" ]
    }
    echo content >content.txt
    product 'VMware Tools' tools 11111111-2222-3333-4444-555555555550
    product 'Other Tools' other 11111111-2222-3333-4444-666666666660
    product 'QEMU guest agent' agent 11111111-2222-3333-4444-777777777770
    for name in tools other; do
        wine msiexec /i "$name.msi" /qn >/dev/null 2>&1 || fail "cannot install $name.msi"
        installed $name || fail "$name.msi installs nothing"
    done
    # An NSIS uninstaller of 64 bits, and one of 32 bits that fails.
    list='Microsoft\Windows\CurrentVersion\Uninstall'
    replace_program 'Program Files/Oracle/VirtualBox Guest Additions/uninst.exe'
    registry_add "HKLM\\Software\\$list\\VBox" DisplayName REG_SZ 'Oracle VM VirtualBox Guest Additions 7.0.6'
    registry_add "HKLM\\Software\\$list\\VBox" UninstallString REG_EXPAND_SZ \
        '%ProgramFiles%\Oracle\VirtualBox Guest Additions\uninst.exe'
    replace_program 'Xen/remove.exe'
    echo 3 >"$drive/remove.exe.answer"
    registry_add "HKLM\\Software\\Wow6432Node\\$list\\Xen" DisplayName REG_SZ 'Citrix XenServer Tools'
    registry_add "HKLM\\Software\\Wow6432Node\\$list\\Xen" UninstallString REG_SZ '"C:\Xen\remove.exe" /ask'
    install_service <<'SETTINGS'
uninstall=tools
agent=agent\agent.msi
SETTINGS
    mkdir "$folder/agent"
    cp agent.msi "$folder/agent/agent.msi"
    start_service
    done_with 'status=failed steps=uninstall'
    ! installed tools || fail "VMware Tools are still there"
    installed other || fail "another product is gone"
    installed agent || fail "the guest agent is not there"
    says log.txt 'uninstalling VMware Tools$'
    says log.txt '/x \{11111111-2222-3333-4444-555555555550\} /qn /norestart'
    tr -d '\r' <"$drive/record.txt" | LC_ALL=C sort >calls
    cat >wanted <<'CALLS'
"C:\Program Files\Oracle\VirtualBox Guest Additions\uninst.exe" /S _?=C:\Program Files\Oracle\VirtualBox Guest Additions
"C:\Xen\remove.exe" /S _?=C:\Xen
CALLS
    diff wanted calls
    has_left
    ;;
*) fail "no such case: $1" ;;
esac

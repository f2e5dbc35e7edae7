# Sourced by the tests that run the first-boot service under Wine: a Windows of their own, and what happens in it.
# shellcheck shell=bash source-path=SCRIPTDIR/../cli source=../cli/support.sh
. "$SOURCE_DIR/tests/cli/support.sh"
requires wine
requires wineserver
architecture=${ARCHITECTURE:-amd64}
case $architecture in
amd64) compiler=x86_64-w64-mingw32-gcc ;;
x86) compiler=i686-w64-mingw32-gcc WINEARCH=win32 && export WINEARCH ;;
*) fail "no such architecture: $architecture" ;;
esac
requires $compiler

program=$BUILD_DIR/windows/firstboot/firstboot-$architecture.exe
[ -e "$program" ] || { echo "skipped: no first-boot service in this build"; exit 77; }
export WINEDEBUG=${WINEDEBUG:--all} WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=;netsh.exe=n'
unset DISPLAY WAYLAND_DISPLAY

# Making a Windows takes a quarter of a minute and 700 MB: one is made for all tests, and each gets links to its files.
template=$IMAGE_CACHE/wine-$(wine --version | tr -c 'A-Za-z0-9.\n' _)
[ "$architecture" = amd64 ] || template=$template-$architecture

# Debian's Wine keeps its server's socket in a folder whose name it notes in the prefix, and leaves it there. Two Windows
# must not share it.
forget_socket() { # PREFIX
    local name=none
    [ ! -f "$1/wineserver" ] || name=$(cat "$1/wineserver")
    [[ ! $name =~ ^wine-[A-Za-z0-9]{6}$ ]] || rm -rf "${TMPDIR:-/tmp}/$name" "/tmp/$name"
    rm -rf "$1/wineserver"
}

make_template() {
    mkdir -p "$IMAGE_CACHE"
    exec 9>"$template.lock"
    flock 9
    if [ ! -e "$template/system.reg" ]; then
        rm -rf "$template.new"
        if ! WINEPREFIX=$template.new wine wineboot --init >/dev/null 2>&1 9>&-; then
            # Wine may be there for 64 bits alone; its server has begun to write all the same.
            WINEPREFIX=$template.new wineserver --kill --wait 9>&- || :
            forget_socket "$template.new"
            rm -rf "$template.new"
            [ "$architecture" = amd64 ] || { echo "skipped: no 32-bit Wine here"; exit 77; }
            fail "Wine does not start"
        fi
        WINEPREFIX=$template.new wineserver --wait 9>&-
        forget_socket "$template.new"
        mv "$template.new" "$template"
    fi
    exec 9>&-
}

make_template
export WINEPREFIX=$work/prefix
cp -al "$template" "$WINEPREFIX" 2>/dev/null || { rm -rf "$WINEPREFIX"; cp -a "$template" "$WINEPREFIX"; }
# Registries are written to in place.
for hive in "$WINEPREFIX"/*.reg; do
    cp -p "$hive" own.reg
    mv own.reg "$hive"
done
clean_up() {
    wineserver --kill 2>/dev/null || true
    forget_socket "$WINEPREFIX"
    chmod -R u+rwX "$work"
    rm -rf "$work"
}
trap clean_up EXIT

drive=$WINEPREFIX/drive_c
folder=$drive/windows/Drydock
log=$folder/firstboot.log
service=DrydockFirstBoot

# Windows runs as long as there is a program in it that waits.
windows_starts() {
    rm -f running
    mkfifo running
    wine cmd <running >cmd.out 2>/dev/null &
    waiting=$!
    exec 8>running
    # What is asked of the registry before Windows is up may be lost.
    printf 'echo it-is-up\r\n' >&8
    wait_for 60 grep -q it-is-up cmd.out
}

power_fails() {
    wineserver --kill || true
    wineserver --wait || true
    exec 8>&-
    wait "$waiting" || true
}

# registry KEY NAME TYPE DATA
registry_add() {
    wine reg add "$1" /v "$2" /t "$3" /d "$4" /f >/dev/null 2>&1 || fail "cannot set $1 $2"
}

registry_has() { # KEY [NAME]
    wine reg query "$1" ${2:+/v "$2"} >registry.out 2>/dev/null
}

# As the migration leaves it; settings are on standard input, without their first line.
install_service() {
    mkdir -p "$folder/scripts"
    cp "$program" "$folder/firstboot.exe"
    { echo 'drydock-first-boot 1'; cat; } | sed 's/$/\r/' >"$folder/firstboot.ini"
    wine sc create $service binpath= 'C:\windows\Drydock\firstboot.exe' start= demand >/dev/null 2>&1 ||
        fail "the service cannot be created"
}

script() { # NAME, content on standard input
    sed 's/$/\r/' >"$folder/scripts/$1"
}

start_service() {
    wine sc start $service >sc.out 2>&1 || { cat sc.out >&2; fail "the service does not start"; }
}

service_is_stopped() {
    wine sc query $service | grep -q STOPPED
}

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
    local left=$(($1 * 5))
    shift
    until "$@" 2>/dev/null; do
        left=$((left - 1))
        if [ $left -eq 0 ]; then
            cat "$log" >&2 || true
            fail "in vain: $*"
        fi
        sleep 0.2
    done
}

log_says() { # PATTERN
    grep -qE -- "$1" "$log"
}

done_with() { # the rest of the last line
    wait_for 150 log_says 'drydock-firstboot-done'
    tr -d '\r' <"$log" >log.txt
    says log.txt "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z drydock-firstboot-done $1\$"
}

# record.txt without the path and quotes of the program.
recorded() {
    tr -d '\r' <"$drive/record.txt" | sed -E 's/^"[^"]*\\([a-z]+\.exe)" /\1 /I'
}

replace_program() { # PATH in drive_c: from now on it only writes down how it is called
    [ -e recorder.exe ] ||
        $compiler -O1 -Wall -Werror -o recorder.exe "$SOURCE_DIR/tests/wine/recorder.c" ||
        fail "cannot compile the recorder"
    mkdir -p "$(dirname "$drive/$1")"
    rm -f "$drive/$1"
    cp recorder.exe "$drive/$1"
}

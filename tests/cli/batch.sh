#!/usr/bin/env bash
# migrate batch: batch.sh CASE.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
for program in qemu-img python3 mkfs.ext4 sfdisk mcopy; do
    requires "$program"
done

guest() { # DISTRIBUTION: a small guest in the folder of that name
    python3 "$SOURCE_DIR/tests/images/linux-guest" "$1" "$1"
}

batch() {
    "$MIGRATE" batch "$@"
}

state() { # ID KEY: what is remembered of a machine of fleet.yaml
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
        "res/.migrate-batch/fleet.yaml/$1.json" "$2"
}

# refused PATTERN HINT <MANIFEST: status 2, and nothing is written.
refused() {
    cat >bad.yaml
    expect 2 batch bad.yaml -o res
    says err "^migrate: error \\(usage\\): $1"
    [ -z "$2" ] || says err "^  hint: $2"
    [ ! -e res ] || fail "something was written"
}

# Three machines of one guest, and one that is not there.
small_fleet() {
    guest alpine-3.19
    cat >fleet.yaml <<'MANIFEST'
defaults: {output: res, memory: 512M}
machines:
  - {id: a, source: alpine-3.19, name: a}
  - {id: b, source: alpine-3.19, name: b, cpus: 3, edits: {write: "/etc/motd:it costs $$5"}}
  - {id: c, source: alpine-3.19, name: c, priority: -1, format: raw}
  - {id: lost, source: nowhere}
MANIFEST
}

case ${1:?which case} in
run)
    small_fleet
    expect 8 batch fleet.yaml --jobs 2
    says err '^\[[0-9]/4\] a: done, .*iB in [0-9.]+ s$'
    says err "^\[[0-9]/4\] lost: failed \(usage\): '.*/nowhere' does not exist$"
    says err '^3 done, 1 failed, 0 skipped, 0 left$'
    says err '^migrate: error \(batch\): 1 of 4 machines have failed$'
    says res/b.xml '<vcpu.*>3</vcpu>'
    says res/c.xml "type=.raw."
    "$MIGRATE" files cat res/b-sda.qcow2 /etc/motd | grep -qx "it costs \$5" || fail "b was not edited"
    [ "$(qemu-img info --output=json res/c-sda.raw | grep -c '"format": "raw"')" -ge 1 ] || fail "c is not raw"
    # Lower priorities first.
    [ "$(grep -m1 -o '[abc]: started' err)" = "c: started" ] || fail "c was not first"

    # The same again: nothing to do. What failed stays so.
    listing res >before
    expect 8 batch fleet.yaml
    says err '^3 done \(3 before\), 1 failed, 0 skipped, 0 left$'
    says err "^lost: has failed before \(usage\): '.*/nowhere' does not exist"
    listing res >after
    cp -r alpine-3.19 nowhere
    expect 8 batch fleet.yaml
    expect 0 batch fleet.yaml --retry-failed
    says err '^4 done \(3 before\), 0 failed'
    [ -e res/web01.xml ] || fail "the machine that failed was not repeated"

    # An entry that says something else, a result that is gone, one that is in use.
    sed -i 's/cpus: 3/cpus: 4/' fleet.yaml
    rm res/a-sda.qcow2
    expect 0 batch fleet.yaml
    says err '^4 done \(2 before\)'
    says res/b.xml '<vcpu.*>4</vcpu>'
    [ -e res/a-sda.qcow2 ] || fail "a was not made again"
    printf x >>res/c-sda.raw
    listing res | grep c-sda >before
    expect 8 batch fleet.yaml
    says err "c: failed \(usage\): '.*/c-sda.raw' exists already"
    listing res | grep c-sda >after
    cmp before after || fail "an image that somebody uses was touched"
    ;;
stop)
    small_fleet
    sed -i 's/- {id: lost, /- {id: lost, priority: -5, /' fleet.yaml
    expect 8 batch fleet.yaml --jobs 1 --stop-on-error
    says err '^0 done, 1 failed, 0 skipped, 3 left$'
    sed -i 's/{id: b, /{id: b, enabled: false, /; s/{id: lost, /{id: lost, enabled: no, /' fleet.yaml
    expect 0 batch fleet.yaml --jobs 1
    says err '^2 done, 0 failed, 2 skipped, 0 left$'
    ;;
check)
    small_fleet
    expect 8 batch fleet.yaml --check
    says out '^a +vmx +1 +113.0.+MiB +[0-9.]+.+iB +.*/res/a$'
    says out "^lost +error \(usage\): '.*/nowhere' does not exist$"
    says out '^4 machines, 339.0.+MiB of disks, .* 1 cannot be migrated, 0 not enabled$'
    [ ! -d res ] || fail "something was written"
    expect 8 batch fleet.yaml --check --json
    python3 - <<'PYTHON'
import json
machines = json.load(open("out"))["machines"]
assert [m["id"] for m in machines] == ["a", "b", "c", "lost"]
assert machines[0]["size_bytes"] == 113 << 20 and machines[0]["kind"] == "vmx" and machines[0]["line"] == 3
assert machines[3]["error"]["code"] == "usage" and "size_bytes" not in machines[3]
PYTHON
    # What only shows when all are looked at: a script that is not there, two of one name.
    cat >fleet.yaml <<'MANIFEST'
defaults: {output: res}
machines:
  - {id: a, source: alpine-3.19}
  - {id: b, source: alpine-3.19}
  - {id: c, source: alpine-3.19, name: c, firstboot: nothing.sh}
MANIFEST
    expect 8 batch fleet.yaml --check
    says out "^b +error \(usage\): the machine 'a' makes '.*/res/web01' too$"
    says out "^c +error \(usage\): .*nothing.sh"
    # One of two with the same name is made, the other is told.
    sed -i '$d' fleet.yaml
    status=0
    batch fleet.yaml --jobs 2 2>err || status=$?
    [ "$status" -eq 8 ] || fail "exit status $status"
    says err "(a|b): failed \(usage\): the machine '(a|b)' makes"
    says err '^1 done, 1 failed'
    ;;
sources)
    guest alpine-3.19
    mkdir many
    cp -r alpine-3.19 many/one
    cp -r alpine-3.19 many/two
    sed -i 's/displayName = .*/displayName = "two"/' many/two/web01.vmx
    cp alpine-3.19/web01.vmdk lone.vmdk
    cat >fleet.json <<'MANIFEST'
{
	"defaults":{"output":"${WHERE}\/res","edits":[{"write":"/etc/motd:\ud83d\udea2 $${x}"}]},
	"machines":[{"source":"many"},{"source":"man?/o*/*.vmx","id":"glob","name":"globbed"},
		{"source":["lone.vmdk"],"cpus":2,"memory":"1G","firmware":null,"enabled":true}]
}
MANIFEST
    expect 2 batch fleet.json --check
    says err "fleet.json:2:23: 'output': there is no environment variable 'WHERE'$"
    export WHERE=$work
    expect 0 batch fleet.json --check
    says out '^web01 .*/res/web01$'
    says out '^two .*/res/two$'
    says out '^glob .*/res/globbed$'
    says out '^lone +disks .*/res/lone$'
    expect 0 batch fleet.json --only lone
    "$MIGRATE" files cat res/lone-sda.qcow2 /etc/motd | grep -qx "🚢 \${x}" || fail "the text is another"
    says res/lone.xml '<vcpu.*>2</vcpu>'
    ;;
bad-input)
    guest alpine-3.19
    one='machines: [{source: alpine-3.19, '
    refused '.*bad.yaml:1:1: there is nothing in it$' '' <<<''
    refused '.*bad.yaml:1:1: a manifest has to be a map$' '' <<<'[]'
    refused '.*bad.yaml:1:1: there are no machines in it$' "list them below 'machines:'" <<<'defaults: {}'
    refused ".*bad.yaml:1:1: there is no key 'machine'$" "did you mean 'machines'\\?" <<<'machine: []'
    refused ".*bad.yaml:2:3: .*'}'|.*bad.yaml:2:3: " 'it has to be YAML or JSON' <<<$'a: [\n  }'
    refused '.*bad.yaml:1:15: ' 'it has to be YAML or JSON' <<<'{"machines": [}'
    refused '.*bad.yaml:2:1: a second document begins$' 'make a file of each' <<<$'machines: []\n--- {}'
    refused ".*bad.yaml:2:1: the key 'jobs' is there twice$" '' <<<$'jobs: 1\njobs: 2'
    refused '.*bad.yaml:1:3: a key has to be a text$' '' <<<'? [a] : b'
    refused ".*bad.yaml:1:10: 'version' is not a number from 1 to 1$" '' <<<'version: 2'
    refused ".*bad.yaml:1:7: 'jobs' is not a number from 1 to 1024$" '' <<<'jobs: [4]'
    refused ".*bad.yaml:1:16: 'stop_on_error' is neither true nor false$" '' <<<'stop_on_error: 1'
    refused ".*bad.yaml:1:11: 'machines' has to be a list$" '' <<<'machines: {}'
    refused '.*bad.yaml:1:12: a machine has to be a map$' '' <<<'machines: [a]'
    refused ".*bad.yaml:1:12: the machine has no 'source'$" '' <<<'machines: [{id: a}]'
    refused ".*bad.yaml:1:21: 'source' is empty$" '' <<<'machines: [{source: ""}]'
    refused ".*bad.yaml:1:21: 'source': nothing matches '.*/x\\*.ova'$" '' <<<'machines: [{source: x*.ova}]'
    refused ".*bad.yaml:1:11: 'defaults' has to be a map$" '' <<<'defaults: []'
    refused ".*bad.yaml:1:18: 'name' is for one machine, not for all$" '' <<<'defaults: {name: a}'
    refused ".*bad.yaml:1:12: there is no key 'source'$" '' <<<'defaults: {source: a}'
    refused ".*bad.yaml:1:34: there is no key 'memry'$" "did you mean 'memory'\\?" <<<"${one}memry: 1G}]"
    refused ".*bad.yaml:1:42: 'memory': '1Q' is not a size of memory$" 'give a size' <<<"${one}memory: 1Q}]"
    refused ".*bad.yaml:1:40: 'cpus': '0' is not a number of CPUs$" '' <<<"${one}cpus: 0}]"
    refused ".*bad.yaml:1:44: 'firmware': 'efi' is not a firmware$" 'use bios or uefi' <<<"${one}firmware: efi}]"
    refused ".*bad.yaml:1:42: 'format' cannot be 'vdi'$" 'use one of qcow2, raw$' <<<"${one}format: vdi}]"
    refused ".*bad.yaml:1:44: 'compress' cannot be 'lz4'$" 'use one of zstd, zlib$' <<<"${one}compress: lz4}]"
    refused ".*bad.yaml:1:47: 'network_map': there is no '=' in 'x'$" '' <<<"${one}network_map: x}]"
    refused ".*bad.yaml:1:44: 'priority' is not a number" '' <<<"${one}priority: x}]"
    refused ".*bad.yaml:1:43: 'enabled' is neither true nor false$" '' <<<"${one}enabled: 7}]"
    refused ".*bad.yaml:1:12: '\\.a' cannot be an id$" 'use up to 128 letters' <<<"${one}id: .a}]"
    refused '.*bad.yaml:3:3: the machine in line 2 has the id .a. too$' 'give one of them another id' \
        <<<$'machines:\n- {id: a, source: alpine-3.19}\n- {id: a, source: alpine-3.19}'
    refused ".*bad.yaml:3:3: the machine 'a' has the name 'x' in '.*/res' too$" '' \
        <<<$'machines:\n- {id: a, source: alpine-3.19, name: x, output: res}\n- {id: b, source: alpine-3.19, name: x, output: res}'
    refused ".*bad.yaml:1:41: 'edits' has to be a map, or a list of maps$" '' <<<"${one}edits: x}]"
    refused ".*bad.yaml:1:42: there is no key 'wrte'$" "did you mean 'write'\\?" <<<"${one}edits: {wrte: x}}]"
    # What could be a secret is not repeated.
    refused ".*bad.yaml:1:39: 'key' does not say where the secret is$" 'give ID:file:PATH or ID:env:NAME$' \
        <<<"${one}key: sesame}]"
    refused ".*bad.yaml:1:39: 'key' does not say where" '' <<<"${one}key: 'all:prompt'}]"
    refused ".*bad.yaml:1:52: 'password' does not say where" '' <<<"${one}edits: {password: root:sesame}}]"
    ! grep -q sesame err || fail "a secret was shown"
    refused ".*bad.yaml:1:39: 'key': there is no environment variable 'NOT_THERE'$" '' <<<"${one}key: 'all:file:\${NOT_THERE}'}]"
    refused ".*bad.yaml:1:40: 'name' has a '\\$\\{' that names no variable$" '' <<<"${one}name: '\${a b}'}]"
    refused ".*bad.yaml:1:41: 'hooks' has to be a map$" 'name when they run' <<<"${one}hooks: x}]"
    refused ".*bad.yaml:1:42: there is no key 'befre'$" "did you mean 'before'\\?" <<<"${one}hooks: {befre: []}}]"
    refused ".*bad.yaml:1:50: a hook of this type needs a 'path'$" '' <<<"${one}hooks: {before: {args: [a]}}}]"
    refused ".*there are no 'python' hooks$" 'make a script of it' <<<"${one}hooks: {before: {type: python}}}]"
    # Bombs: aliases that multiply, depth, rings, size.
    python3 - >bomb.yaml <<'PYTHON'
print("a0: &a0 x")
for i in range(1, 30):
    print(f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 9) + "]")
PYTHON
    refused '.*bad.yaml:[0-9]+:[0-9]+: with its aliases this makes too many values$' '' <bomb.yaml
    python3 -c 'print("machines: " + "[" * 100000)' >deep.yaml
    refused '.*bad.yaml:1:42: this is nested too deeply$' '' <deep.yaml
    refused '.*bad.yaml:1:[0-9]+: this value holds itself$' '' <<<'machines: &a [*a]'
    truncate -s 65M bad.yaml
    expect 2 batch bad.yaml -o res
    says err "'bad.yaml' is not a file of at most 64 MiB$"
    printf 'machines: [{source: "\xff"}]' | refused '.*bad.yaml:1:22: ' 'it has to be YAML or JSON'
    expect 2 batch nothing.yaml
    says err 'nothing.yaml.* No such file or directory'
    expect 2 batch .
    # The command line.
    echo 'machines: [{source: alpine-3.19}]' >fleet.yaml
    expect 2 batch fleet.yaml
    says err "fleet.yaml:1:12: no output folder is named for 'alpine-3.19'$"
    expect 2 batch
    expect 2 batch fleet.yaml fleet.yaml
    expect 2 batch fleet.yaml -o res --jobs 0
    expect 2 batch fleet.yaml -o res --index 1
    says err 'there is no machine number 1 among the 1 of'
    expect 2 batch fleet.yaml -o res --index -1
    expect 2 batch fleet.yaml -o res --only x
    expect 2 batch fleet.yaml -o res --only alpine-3.19 --index 0
    [ ! -e res ] || fail "something was written"
    ;;
exclude)
    small_fleet
    # A run that waits for its hook would do; a lock that is held is the same to the other.
    mkdir -p res/.migrate-batch/fleet.yaml
    python3 - <<'PYTHON' &
import fcntl, os, time
lock = open("res/.migrate-batch/fleet.yaml/lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
lock.write(f"{os.getpid()}\n")
lock.flush()
open("locked", "w").close()
time.sleep(600)
PYTHON
    holder=$!
    while [ ! -e locked ]; do sleep 0.05; done
    expect 3 batch fleet.yaml
    says err "^migrate: error \(precondition\): '.*/fleet.yaml' is being run already, by process $holder$"
    expect 3 batch fleet.yaml --only a
    kill "$holder"
    wait "$holder" || [ $? -eq 143 ]
    expect 0 batch fleet.yaml --only a
    says err '^1 done, 0 failed'
    ;;
unit)
    small_fleet
    # All at once, as an array job on several nodes would.
    pids=()
    for index in 0 1 2; do
        batch fleet.yaml --index $index 2>"err$index" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || { cat err?; fail "a unit failed"; }
    done
    # A unit that fails does it as its convert would.
    expect 2 batch fleet.yaml --index 3
    says err "^migrate: error \(usage\): 'lost' has failed: '.*/nowhere' does not exist$"
    expect 2 batch fleet.yaml --only lost
    expect 0 batch fleet.yaml --only b
    says err '^1 done \(1 before\)'
    expect 8 batch fleet.yaml
    says err '^3 done \(3 before\), 1 failed'
    ;;
interrupt)
    small_fleet
    # So that a machine is not done before the signal comes.
    mkdir slow
    # shellcheck disable=SC2016 # the script expands them
    printf '#!/bin/sh\n[ "$1" != convert ] || sleep 2\nexec %q "$@"\n' "$(command -v qemu-img)" >slow/qemu-img
    chmod 755 slow/qemu-img
    PATH=$work/slow:$PATH
    for signal in INT TERM; do
        : >err # what the last round said
        "$MIGRATE" batch fleet.yaml --jobs 1 2>>err &
        pid=$!
        while ! grep -q 'b: started' err; do sleep 0.05; done
        sleep 0.2
        kill -"$signal" "$pid"
        status=0
        wait "$pid" || status=$?
        [ "$status" -eq 130 ] || { cat err; fail "exit status $status after SIG$signal"; }
        says err 'migrate: error \(interrupted\)'
        [ ! -e res/b.xml ] || fail "it was not interrupted"
        [ -z "$(find res -name '.migrate-b-*' -o -name 'b*.qcow2')" ] || fail "something of b was left"
        [ "$(state b status)" = pending ] || fail "b is $(state b status)"
    done
    expect 8 batch fleet.yaml
    says err '^3 done \([0-9] before\), 1 failed, 0 skipped, 0 left$'
    ;;
json)
    small_fleet
    expect 8 batch fleet.yaml --progress=json --jobs 2
    python3 - <<'PYTHON'
import json
events = [json.loads(line) for line in open("err", encoding="utf-8")]
ends = {e["machine"]: e for e in events if e["event"] == "machine" and e["status"] in ("done", "failed")}
assert set(ends) == {"a", "b", "c", "lost"}
assert ends["a"]["status"] == "done" and ends["a"]["seconds"] > 0 and ends["a"]["output_bytes"] > 0
assert ends["lost"]["code"] == "usage" and ends["lost"]["hint"] and ends["lost"]["exit_status"] == 2
stages = [e["stage"] for e in events if e["event"] == "stage" and e["machine"] == "b"]
assert stages == "open inspect plan apply trim describe copy".split(), stages
batch = [e for e in events if e["event"] == "batch"]
assert batch == [{"event": "batch", "pending": 0, "running": 0, "done": 3, "failed": 1, "skipped": 0}], batch
assert events[-1]["event"] == "error" and events[-1]["exit_status"] == 8
PYTHON
    ;;
terminal)
    requires script
    small_fleet
    expect 8 env -u NO_COLOR script -qec "'$MIGRATE' batch fleet.yaml --jobs 2" typescript
    says typescript '\[[0-9]/4\] [12] running, [01] failed, .*, [0-9]+:[0-9]{2}'
    says typescript '  [abc] +(open|inspect|plan|apply|trim|describe|copy)'
    says typescript $'\033\\[[0-9]A\r\033\\[J'
    says typescript '3 done, 1 failed'
    rm -r res
    expect 8 env NO_COLOR=1 script -qec "'$MIGRATE' batch fleet.yaml --jobs 2" typescript
    ! grep -q $'\033\\[31m' typescript || fail "colour in spite of NO_COLOR"
    ;;
space)
    small_fleet
    unshare -rm true 2>/dev/null || { echo "skipped: no user namespaces here"; exit 77; }
    # An image that looks full before anyone knows what in it is free.
    qemu-img convert -S 0 -f vmdk -O qcow2 alpine-3.19/web01.vmdk full.qcow2
    cat >fleet.yaml <<'MANIFEST'
defaults: {output: res}
machines:
  - {id: a, name: a, source: full.qcow2}
  - {id: b, name: b, source: full.qcow2}
MANIFEST
    cat >inside.sh <<'INSIDE'
mkdir -p res && mount -t tmpfs -o size=SIZE tmpfs res || exit 77
status=0
"$MIGRATE" batch fleet.yaml --jobs 4 2>err || status=$?
ls res >listing
exit $status
INSIDE
    export MIGRATE
    # Room for one besides what the first makes: the second waits until it has made that.
    sed 's/SIZE/150m/' inside.sh >roomy.sh
    expect 0 unshare -rm bash roomy.sh
    says err '^\[0/2\] (a|b): waits until there is enough free space$'
    says err '^2 done, 0 failed'
    # Room for none: told in seconds, nothing is left.
    sed 's/SIZE/700k/' inside.sh >tight.sh
    expect 8 unshare -rm bash tight.sh
    says err 'failed \(no-space\): .*free'
    ! grep -q '^[ab][.-]' listing || fail "something was made"
    ;;
secrets)
    small_fleet
    # Only the machine whose key it is gets the variable; a hook would see what a process of it sees.
    cat >fleet.yaml <<'MANIFEST'
defaults: {output: res}
machines:
  - {id: a, source: alpine-3.19, name: a, key: "all:env:DISK_KEY"}
  - {id: b, source: alpine-3.19, name: b}
MANIFEST
    mkdir bin
    cat >bin/qemu-img <<'WRAPPER'
#!/bin/sh
env >>"$ENVIRONMENTS"
exec "$REAL_QEMU_IMG" "$@"
WRAPPER
    chmod +x bin/qemu-img
    REAL_QEMU_IMG=$(command -v qemu-img)
    export REAL_QEMU_IMG ENVIRONMENTS=$work/environments DISK_KEY=sesame
    PATH=$work/bin:$PATH expect 0 batch fleet.yaml
    [ -s environments ] || fail "qemu-img was not called"
    ! grep -q sesame environments || fail "another program has seen the key"
    ! grep -rq sesame res/.migrate-batch err out || fail "the key was written down"
    unset DISK_KEY
    expect 8 batch fleet.yaml --check
    says out "^a +error \(not-found\): there is no environment variable 'DISK_KEY'$"
    ;;
format)
    guest alpine-3.19
    for method in zstd zlib; do
        expect 0 "$MIGRATE" alpine-3.19 -o "res-$method" --compress="$method"
        qemu-img info "res-$method/web01-sda.qcow2" | grep -q "compression type: $method" || fail "no $method"
        qemu-img check -q "res-$method/web01-sda.qcow2"
    done
    expect 0 "$MIGRATE" -o lone --compress alpine-3.19
    qemu-img info lone/web01-sda.qcow2 | grep -q "compression type: zstd" || fail "no zstd"
    expect 0 "$MIGRATE" alpine-3.19 -o plain
    [ "$(stat -c %s lone/web01-sda.qcow2)" -lt "$(stat -c %s plain/web01-sda.qcow2)" ] || fail "not smaller"
    expect 0 "$MIGRATE" alpine-3.19 -o raw --format raw
    says raw/web01.xml "type=.raw."
    says raw/web01.report.json '"format" : "raw"'
    "$MIGRATE" inspect raw/web01-sda.raw >inspected 2>/dev/null || fail "the raw image cannot be read"
    says inspected Alpine
    for bad in '--format=vdi' '--compress=lz4' '--format=raw --compress'; do
        # shellcheck disable=SC2086
        expect 2 "$MIGRATE" alpine-3.19 -o bad $bad
        [ ! -e bad ] || fail "something was written"
    done
    ;;
nobody)
    small_fleet
    [ "$(id -u)" -eq 0 ] || { echo "skipped: runs as an ordinary user anyway"; exit 77; }
    chmod 755 . && chmod -R a+rX . && mkdir -m 777 res
    as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent "$@"; }
    as_nobody test -x "$MIGRATE" || { echo "skipped: nobody cannot reach the program"; exit 77; }
    expect 8 as_nobody "$MIGRATE" batch fleet.yaml --jobs 2
    says err '^3 done, 1 failed'
    ;;
memory)
    # A large manifest: all of it is read, one machine is looked at. bench/run looks at all.
    guest alpine-3.19
    {
        echo 'defaults: {output: res}'
        echo 'machines:'
        for ((i = 0; i < 10000; i++)); do
            echo "  - {id: machine-$i, source: alpine-3.19/web01.vmx, name: machine-$i, cpus: 4, memory: 8G,"
            echo "     network_map: {VM Network: 'bridge:br0', Backup: lan}, driver: [vendor, other],"
            echo "     edits: [{hostname: host$i.example.org}, {write: '/etc/motd:machine $i'}]}"
        done
    } >fleet.yaml
    limit=$((100 * 1024))
    if grep -q __asan_init "$MIGRATE"; then
        limit=$((4 * limit))
    fi
    # The peak of the program and its children, in KiB; an error has its status.
    python3 - "$limit" <<'PYTHON'
import os, resource, subprocess, sys
command = [os.environ["MIGRATE"], "batch", "--check", "fleet.yaml", "--index", "9999"]
print(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
assert peak <= int(sys.argv[1]), f"{peak} KiB"
PYTHON
    ;;
kill)
    requires debugfs
    # SIGKILL at random moments: at the end it is as if nothing had happened.
    machines=${BATCH_MACHINES:-60} kills=${BATCH_KILLS:-15}
    distributions=(alpine-3.19 debian-12 gentoo void arch ubuntu-22.04)
    {
        echo 'defaults: {output: res}'
        echo 'machines:'
        for ((i = 0; i < machines; i++)); do
            distribution=${distributions[i % ${#distributions[@]}]}
            [ -d "$distribution" ] || guest "$distribution" >&2
            echo "  - {id: m$i, name: m$i, source: $distribution, cpus: $((i % 4 + 1)), priority: $((i % 7)),"
            echo "     edits: {write: ['/etc/number:$i', '/etc/motd:machine $i']}}"
        done
    } >fleet.yaml
    start=${EPOCHREALTIME/./}
    expect 0 batch fleet.yaml --jobs 4
    longest=$(((${EPOCHREALTIME/./} - start) * 12 / 10 / kills)) # microseconds of a run
    mv res undisturbed
    RANDOM=${BATCH_SEED:-$$}
    echo "runs take up to $((longest / 1000)) ms; the seed is ${BATCH_SEED:-$$}"
    declare -A seen=()
    for ((i = 0; i < kills; i++)); do
        "$MIGRATE" batch fleet.yaml --jobs 4 2>err &
        pid=$!
        # On average as much as lets half of the work be done by all runs together.
        microseconds=$((longest * RANDOM / 32768))
        sleep "$(printf '%d.%06d' $((microseconds / 1000000)) $((microseconds % 1000000)))"
        kill -KILL "$pid" 2>/dev/null || { cat err; fail "run $i had ended before it was killed"; }
        status=0
        wait "$pid" || status=$?
        [ "$status" -eq 137 ] || fail "run $i ended with $status"
        # Nothing partial under a final name, at any time.
        for image in res/*.qcow2; do
            if [ -e "$image" ] && [ -z "${seen[$image]:-}" ]; then
                qemu-img check -q "$image" || fail "$image is not complete"
                seen[$image]=1
            fi
        done
        for domain in res/*.xml; do
            name=${domain%.xml}
            if [ -e "$domain" ] && [ "$name" != res/batch.junit ]; then
                [ -e "$name-sda.qcow2" ] || fail "$domain has no image"
                [ -e "$name.report.json" ] || fail "$domain has no report"
            fi
        done
    done
    echo "${#seen[@]} images after $kills kills"
    [ "${#seen[@]}" -lt "$machines" ] || fail "there was nothing left to do"
    expect 0 batch fleet.yaml --jobs 4
    says err "^$machines done \([0-9]+ before\), 0 failed, 0 skipped, 0 left$"
    [ -z "$(find res -maxdepth 1 -name '.migrate-*' ! -name .migrate-batch)" ] || fail "a work folder was left"
    [ -z "$(find res/.migrate-batch -name '.*.json*')" ] || fail "a half-written state was left"
    python3 "$SOURCE_DIR/tests/cli/batch_compare.py" res undisturbed "$machines"
    [ "$(cat res/.migrate-batch/fleet.yaml/*.json | grep -c '"attempts" : [2-9]')" -gt 0 ] ||
        fail "no machine was killed while it ran"
    expect 0 batch fleet.yaml --jobs 4
    says err "^$machines done \($machines before\), 0 failed, 0 skipped, 0 left$"
    ;;
*)
    fail "no such case: $1"
    ;;
esac

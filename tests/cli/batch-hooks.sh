#!/usr/bin/env bash
# Hooks and reports of migrate batch: batch-hooks.sh run|after-fails|http|report|killed.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
PATH=$PATH:/usr/sbin:/sbin
for program in qemu-img qemu-nbd python3 mke2fs sfdisk; do
    requires "$program"
done

"$SOURCE_DIR/tests/images/linux-guest" alpine-3.19 guest
cat >note <<'END'
#!/bin/sh
echo "$DRYDOCK_STAGE $DRYDOCK_ID $DRYDOCK_STATUS $*" >>"$(dirname "$0")/notes"
END
cat >fails <<'END'
#!/bin/sh
echo "the monitor is not there" >&2
exit 4
END
chmod 755 note fails

case ${1:?which case} in
run)
    cat >fleet.yaml <<'END'
defaults:
  output: out.d
  hooks:
    before: {path: note, args: ["{{ source_path }}"]}
    after: [{path: note, args: ["{{ domain_path }}"]}, {path: fails, continue_on_error: true}]
    failure: {path: note, args: ["{{ error }}"]}
machines:
  - {id: good, source: guest, name: good}
  - {id: lost, source: nowhere}
  - {id: stopped, source: guest, name: stopped, hooks: {before: {path: fails}, failure: {path: note}}}
END
    expect 8 "$MIGRATE" batch fleet.yaml --jobs 1
    cat >wanted <<END
before good running $work/guest
after good done $work/out.d/good.xml
before lost running $work/nowhere
failure lost failed '$work/nowhere' does not exist
failure stopped failed 
END
    sed 's/ pending / running /' notes >seen
    diff -u wanted seen || fail "other hooks"
    says err "good: .*the hook 'after' \(fails\) failed: 'fails' failed with exit status 4: the monitor is not there"
    says err "stopped: failed .*the hook 'before' \(fails\) failed"
    [ -e out.d/good.xml ] || fail "good is not done"
    [ ! -e out.d/stopped.xml ] || fail "stopped was converted"
    ;;
after-fails)
    cat >fleet.yaml <<'END'
machines: [{id: a, source: guest, name: a, hooks: {after: {path: fails}}}]
END
    expect 8 "$MIGRATE" batch fleet.yaml -o out.d
    listing out.d | grep sda.qcow2 >before
    [ -s before ] || fail "what was made is gone"
    expect 8 "$MIGRATE" batch fleet.yaml -o out.d
    says err 'a: has failed before'
    # The machine is not made again: only the hook is tried.
    printf '#!/bin/sh\n' >fails
    expect 0 "$MIGRATE" batch fleet.yaml -o out.d --retry-failed
    listing out.d | grep sda.qcow2 >after
    cmp before after || fail "the image was made again"
    ;;
http)
    python3 "$SOURCE_DIR/tests/unit/migrate/http-server.py" "$work/port" "$work/log" &
    server=$!
    trap 'kill $server; chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
    for _ in $(seq 100); do
        [ ! -e port ] || break
        sleep 0.1
    done
    port=$(cat port)
    export no_proxy=127.0.0.1
    cat >fleet.yaml <<END
defaults: {output: out.d}
machines:
  - id: a
    source: guest
    name: a
    hooks: {after: {url: "http://127.0.0.1:$port/ok?vm={{ vm_name }}", body: {text: "{{ vm_name }} is {{ status }}"}}}
  - {id: b, source: guest, name: b, hooks: {before: {url: "http://127.0.0.1:$port/busy"}}}
END
    expect 8 "$MIGRATE" batch fleet.yaml
    says log '"path": "/ok\?vm=a", "body": "\{\\"text\\":\\"a is done\\"\}"'
    says err 'b: failed .*127.0.0.1/busy answered with status 503'
    ;;
report)
    cat >fleet.yaml <<'END'
machines:
  - {id: a, source: guest, name: a}
  - {id: b, source: guest, name: b, enabled: false}
  - {id: c, source: nowhere}
END
    expect 8 "$MIGRATE" batch fleet.yaml -o out.d
    expect 0 python3 - out.d/batch.report.json <<'END'
import json
import sys

report = json.load(open(sys.argv[1], encoding='utf-8'))
assert report['finished_run'] and report['schema'] == 1
assert [machine['status'] for machine in report['machines']] == ['done', 'skipped', 'failed'], report
assert report['totals']['done'] == report['totals']['failed'] == report['totals']['skipped'] == 1
done, _, failed = report['machines']
assert done['changes'] > 3 and done['output_bytes'] > 0 and done['seconds'] > 0, done
assert any(finding['code'] == 'linux-guest-agent-missing' for finding in done['findings']), done
assert failed['error']['code'] == 'usage' and failed['error']['exit_status'] == 2, failed
END
    says out.d/batch.report.html '1 of 2 machines failed'
    says out.d/batch.report.html 'linux-guest-agent-missing'
    says out.d/batch.junit.xml 'tests="3" failures="1" errors="0" skipped="1"'
    # Again: what was done before is in it with all it had.
    expect 8 "$MIGRATE" batch fleet.yaml -o out.d
    says out.d/batch.report.html 'linux-guest-agent-missing'
    says out.d/batch.report.html 'done by an earlier run'
    # A machine alone is no batch.
    cp out.d/batch.report.html before.html
    expect 0 "$MIGRATE" batch fleet.yaml -o out.d --only a
    cmp before.html out.d/batch.report.html || fail "a single machine wrote the report"
    ;;
killed)
    # A run that is killed leaves a report of how far it came.
    cat >waits <<'END'
#!/bin/sh
while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.1; done
END
    chmod 755 waits
    cat >fleet.yaml <<'END'
machines:
  - {id: a, source: guest, name: a}
  - {id: b, source: guest, name: b, hooks: {before: {path: waits}}}
END
    "$MIGRATE" batch fleet.yaml -o out.d --jobs 1 -q &
    batch=$!
    for _ in $(seq 300); do
        [ ! -e out.d/batch.report.html ] || break
        sleep 0.1
    done
    kill -9 $batch
    wait $batch || [ $? -eq 137 ] || fail "it ended before"
    expect 0 python3 - out.d/batch.report.json <<'END'
import json
import sys

report = json.load(open(sys.argv[1], encoding='utf-8'))
assert not report['finished_run'] and report['finished'] is None, report
assert [machine['status'] for machine in report['machines']] in (['done', 'pending'], ['done', 'running']), report
END
    says out.d/batch.report.html 'Running: 1 of 2 machines migrated'
    : >go
    expect 0 "$MIGRATE" batch fleet.yaml -o out.d
    says out.d/batch.report.html 'All 2 machines are migrated'
    ;;
*)
    fail "no such case: $1"
    ;;
esac

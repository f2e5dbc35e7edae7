#!/usr/bin/env bash
# migrate batch --index as an array job of a real Slurm, on this host alone: as root, with its own configuration.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
for program in slurmctld slurmd sbatch scontrol munged mungekey python3 mkfs.ext4 sfdisk mcopy; do
    requires "$program"
done
[ "$(id -u)" -eq 0 ] || { echo "skipped: Slurm's daemons need root"; exit 77; }

daemons=()
stop() {
    for pid in "${daemons[@]}"; do
        kill "$pid" 2>/dev/null || echo "process $pid has ended"
    done
    wait
    rm -rf "$work"
}
trap stop EXIT

python3 "$SOURCE_DIR/tests/images/linux-guest" alpine-3.19 alpine-3.19
{
    echo 'defaults: {output: res}'
    echo 'machines:'
    for ((i = 0; i < 6; i++)); do
        echo "  - {id: m$i, name: m$i, source: alpine-3.19}"
    done
    echo '  - {id: lost, source: nowhere}'
} >fleet.yaml

# Its own munge: a key, a socket and a log in the work folder, whose way in nobody else may write to.
chmod 755 "$work"
mkdir -m 755 munge && mkdir spool state
mungekey --create --keyfile="$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" \
    --seed-file="$work/munge/seed" >munged.log 2>&1 &
daemons+=($!)
host=$(hostname -s)
cat >slurm.conf <<CONF
ClusterName=test
SlurmctldHost=$host
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
NodeName=$host CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$work/slurm.conf MIGRATE
for ((i = 0; i < 100; i++)); do
    [ ! -S munge/socket ] || break
    sleep 0.1
done
slurmctld -D -f slurm.conf >slurmctld.log 2>&1 &
daemons+=($!)
slurmd -D -f slurm.conf >slurmd.log 2>&1 &
daemons+=($!)
for ((i = 0; i < 300; i++)); do
    ! sinfo -h -o %T 2>/dev/null | grep -qx idle || break
    sleep 0.2
done
sinfo -h -o %T | grep -qx idle || {
    tail -5 slurmctld.log slurmd.log munged.log
    fail "Slurm's daemons do not start"
}

# shellcheck disable=SC2016 # for the shell of the task
job=$(sbatch --parsable --array=0-6 --output="$work/task-%a.log" --chdir="$work" \
    --wrap 'exec "$MIGRATE" batch --index "$SLURM_ARRAY_TASK_ID" fleet.yaml')
for ((i = 0; i < 600; i++)); do
    [ -n "$(squeue -h -j "$job" 2>/dev/null)" ] || break
    sleep 0.5
done
for ((i = 0; i < 6; i++)); do
    [ -e "res/m$i.xml" ] || { cat "task-$i.log"; fail "task $i made nothing"; }
    scontrol show job "${job}_$i" | grep -q 'ExitCode=0:0' || fail "task $i has failed"
done
# The one that cannot be migrated fails as its convert does.
scontrol show job "${job}_6" | grep -q 'ExitCode=2:0' || fail "the lost machine is no failure"
expect 8 "$MIGRATE" batch fleet.yaml
says err '^6 done \(6 before\), 1 failed'

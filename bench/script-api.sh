#!/usr/bin/env bash
# Calls of the script API and of the library it replaces, side by side: for each round and call one line
# `NAME KGIT YQ` with times in microseconds; then `flat FIRST LAST`, add_event at the first and the last size;
# and `helper PID`, which ends by itself behind the script. FOLDER holds kgit-N/state and yq-N for each size N.
# usage: script-api.sh ROUNDS FOLDER LIBRARY KGIT... -- SIZE...
set -euo pipefail
export LC_ALL=C
rounds=$1 folder=$2 library=$3
shift 3
command=()
while [[ $1 != -- ]]; do command+=("$1") && shift; done
shift
# shellcheck source=/dev/null
source "$library"
eval "$("${command[@]}" shell-init bash)"

timed() {
    local began=${EPOCHREALTIME/./}
    "$@" >/dev/null
    took=$((${EPOCHREALTIME/./} - began))
}

both() {
    local own=0 label=$1
    shift
    if ((round % 2)); then timed "$@" && own=$took && timed "yq_$1" "${@:2}"; else
        timed "yq_$1" "${@:2}" && local other=$took && timed "$@" && own=$took && took=$other
    fi
    if ((round > 0)); then echo "$label $own $took"; fi
}

for ((round = -1; round <= rounds; round++)); do
    for size in "$@"; do
        cd "$folder/kgit-$size"
        # shellcheck disable=SC2034 # the library uses it
        yq_FILES=$folder/yq-$size
        both "get_state-$size" get_state k0rdent_installed
        both "update_state-$size" update_state k0rdent_installed "$( ((round % 2)) && echo true || echo false)"
        both "add_event-$size" add_event measured "round $round"
        both "phase_mark_completed-$size" phase_mark_completed create_vms
    done
done

# Without yq between them: while it runs the helper publishes, and so disturbs one size more than another.
for ((round = -1; round <= rounds; round++)); do
    for size in "$@"; do
        cd "$folder/kgit-$size"
        timed add_event flat "round $round"
        [[ $size != "$1" ]] || first=$took
    done
    if ((round > 0)); then echo "flat $first $took"; fi
done

# shellcheck disable=SC2154 # the evaluated code sets it
read -r helper _ <"$__kgit_folder/pid"
echo "helper $helper"

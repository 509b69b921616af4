#!/usr/bin/env bash
# Reads the WireGuard keys of hosts by the script API, in the folder that has their `state`, twice. Prints `FIRST AGAIN PID`: times of all
# reads in microseconds, and the helper, which ends by itself behind the script.
# usage: read-secrets.sh KGIT... -- HOST...
set -euo pipefail
export LC_ALL=C
command=()
while [[ $1 != -- ]]; do command+=("$1") && shift; done
shift
eval "$("${command[@]}" shell-init bash)"
# Starts the helper.
get_state phase >/dev/null

times=()
for _ in first again; do
    began=${EPOCHREALTIME/./}
    for host in "$@"; do get_wireguard_private_key "$host" >/dev/null; done
    times+=($((${EPOCHREALTIME/./} - began)))
done

# shellcheck disable=SC2154 # the evaluated code sets it
read -r helper _ <"$__kgit_folder/pid"
echo "${times[*]} $helper"

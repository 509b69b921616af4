# The state library of the deployment scripts, over kgit. In its place: eval "$(kgit shell-init bash)"
# The files under state/ are current when a function returns; what it did is durable, and published in the background.
# `kgit shell-init` puts __kgit_command, __kgit_flags and PHASE_SEQUENCE before this text.

STATE_DIR="./state"
DEPLOYMENT_STATE_FILE="$STATE_DIR/deployment-state.yaml"
DEPLOYMENT_EVENTS_FILE="$STATE_DIR/deployment-events.yaml"
KOF_STATE_FILE="$STATE_DIR/kof-state.yaml"
KOF_EVENTS_FILE="$STATE_DIR/kof-events.yaml"
AZURE_STATE_FILE="$STATE_DIR/azure-state.yaml"
AZURE_EVENTS_FILE="$STATE_DIR/azure-events.yaml"

# ---- The helper: one process serves the calls of a script and of the scripts that it starts, over fifos ----

# Runs once in each script, however often the script evaluates this text. KGIT_SHELL_HELPER hands the folder of the
# fifos down to the scripts that this one starts; the helper ends with the script whose process id is in its name.
if [[ ${__kgit_script:-} != "$$" ]]; then
    __kgit_script=$$
    __kgit_out=''
    __kgit_known=''
    __kgit_folder="${TMPDIR:-/tmp}/kgit-shell-$$-$RANDOM$RANDOM$RANDOM"
    # For a script that cannot use the helper that it was handed. It hands this one down to nobody.
    __kgit_private="${__kgit_folder}0"
    if [[ ${KGIT_SHELL_HELPER:-} =~ ^/.*/kgit-shell-([0-9]+)-[0-9]+$ ]] && kill -0 "${BASH_REMATCH[1]}" 2>/dev/null; then
        __kgit_folder=$KGIT_SHELL_HELPER
    fi
    export KGIT_SHELL_HELPER=$__kgit_folder
fi

# Sets __kgit_settings to what decides where a helper writes and as whom. A script with other settings needs another.
__kgit_read_settings() {
    local name='' mask=''
    mask=$(umask)
    __kgit_settings="${__kgit_command[*]} ${__kgit_flags[*]-} $mask $PWD"
    for name in HOME TZ XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME GIT_CONFIG_GLOBAL SOPS_AGE_KEY_FILE "${!KGIT_@}"; do
        # Tokens are not copied into a file.
        [[ $name == KGIT_SHELL_HELPER || $name == KGIT_TOKEN* ]] || __kgit_settings+=$'\n'"$name=${!name:-}"
    done
}

# Finds a helper that serves this script, and starts one where there is none. Sets __kgit_folder.
__kgit_find() {
    local pid='' last='' tender='' script='' settings='' ended=0
    while true; do
        [[ -p $__kgit_folder/pool ]] || __kgit_start || return
        # Another user's helper would write as that user.
        if [[ ! -O $__kgit_folder ]]; then
            printf 'kgit: %s belongs to another user\n' "$__kgit_folder" >&2
            return 18
        fi
        pid=''
        { read -r pid tender <"$__kgit_folder/pid"; } 2>/dev/null || true
        if [[ -n $pid ]] && ! kill -0 "$pid" 2>/dev/null; then
            if [[ $pid != "$last" ]]; then ((++ended)); fi
            last=$pid
            __kgit_clear "$pid" "$tender" "$ended" || return
            continue
        fi
        [[ $__kgit_known != "$__kgit_folder $pid" ]] || return 0
        { IFS= read -r -d '' script && IFS= read -r -d '' settings; } 2>/dev/null <"$__kgit_folder/settings" || continue
        __kgit_read_settings
        # A script may change its own variables and folder: it keeps the helper that it started.
        if [[ $script == "$__kgit_private" || $settings == "$__kgit_settings" ]]; then
            __kgit_known="$__kgit_folder $pid"
            return 0
        fi
        __kgit_folder=$__kgit_private
    done
}

# Starts a helper, or waits until another part of these scripts has: whoever makes the folder starts it.
__kgit_start() {
    local tries=0 owner=''
    while [[ ! -p $__kgit_folder/pool ]]; do
        owner=${__kgit_folder##*/kgit-shell-}
        owner=${owner%%-*}
        # The script that handed it down has ended, and this one goes on.
        if ! kill -0 "$owner" 2>/dev/null; then
            __kgit_folder=$__kgit_private
            owner=$$
        fi
        if mkdir -m 700 -- "$__kgit_folder" 2>/dev/null; then
            __kgit_read_settings
            printf '%s\0' "$__kgit_private" "$__kgit_settings" >"$__kgit_folder/settings" || return
            mkfifo -m 600 -- "$__kgit_folder"/{0..9}.{in,out} "$__kgit_folder"/{a..v}.{in,out} \
                "$__kgit_folder/pool" || return
            # It is nobody's job, keeps no file of the script's open, and outlives it for what is to be published.
            (
                trap '' HUP INT QUIT
                __kgit_tend "$owner" </dev/null >/dev/null 2>"$__kgit_folder/error" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
            )
            return
        fi
        if ((++tries > 200)); then
            printf 'kgit: cannot make %s\n' "$__kgit_folder" >&2
            return 18
        fi
        sleep 0.05
    done
}

# Runs the helper, and removes its folder however it ends.
__kgit_tend() {
    local folder=$__kgit_folder tries=0
    set +e
    "${__kgit_command[@]}" shell-server "$folder" "$1" ${__kgit_flags[@]+"${__kgit_flags[@]}"} &
    printf '%s %s\n' "$!" "$BASHPID" >"$folder/pid"
    wait "$!"
    # Whoever waits for it reads why it could not begin.
    while [[ -e $folder/failed ]] && ((tries++ < 20)); do sleep 0.1; done
    until rm -rf -- "$folder" || ((tries++ > 40)); do sleep 0.1; done
}

# Has the folder of a helper that has ended removed: it had the process id $1, and the shell around it $2. Says why and
# fails where it could not begin, and where $3 of them have ended in one call.
__kgit_clear() {
    local code=1 reason='' pid=''
    if { read -r code && IFS= read -r reason; } 2>/dev/null <"$__kgit_folder/failed"; then
        rm -f -- "$__kgit_folder/failed"
        printf 'kgit: %s\n' "$reason" >&2
        return "$code"
    fi
    if (($3 > 3)); then
        printf 'kgit: the helper process ends as soon as it is started\n' >&2
        return 1
    fi
    if kill -0 "$2" 2>/dev/null; then
        sleep 0.02
        return
    fi
    { read -r pid _ <"$__kgit_folder/pid"; } 2>/dev/null || true
    if [[ $pid == "$1" ]]; then rm -rf -- "$__kgit_folder"; fi
}

# Has the helper carry a function out: its output goes to __kgit_out, its notes to stderr.
__kgit_ask() {
    local __kgit_slot='' __kgit_part='' __kgit_head='' __kgit_pid='' __kgit_in='' __kgit_tries=0
    while true; do
        __kgit_find || return
        IFS= read -r -N 1 -t 2 __kgit_slot 2>/dev/null <>"$__kgit_folder/pool" || continue
        { read -r __kgit_pid _ <"$__kgit_folder/pid"; } 2>/dev/null || continue
        # Both ways, so that to open it waits for nobody, and what a helper that ended has not read is still there.
        { exec {__kgit_in}<>"$__kgit_folder/$__kgit_slot.in"; } 2>/dev/null || continue
        printf '%s\0' "$(($# + 6))" "$1" "$PWD" "$STATE_DIR" "$DEPLOYMENT_STATE_FILE" "$DEPLOYMENT_EVENTS_FILE" \
            "$AZURE_STATE_FILE" "$AZURE_EVENTS_FILE" "${@:2}" >&"$__kgit_in"
        if __kgit_receive; then
            exec {__kgit_in}>&-
            break
        fi
        __kgit_out=''
        IFS= read -r -d '' -t 0.01 __kgit_out <&"$__kgit_in" || true
        exec {__kgit_in}>&-
        # It had not begun, so another can.
        if [[ $__kgit_out == "$(($# + 6))" ]] && ((__kgit_tries++ < 3)); then continue; fi
        __kgit_out=''
        printf 'kgit: the helper process ended in the middle of %s; the next call starts another, which records what the files have of it\n' \
            "$1" >&2
        return 1
    done
    __kgit_head=${__kgit_out:0:4}
    __kgit_out=${__kgit_out:4}
    if [[ ${__kgit_head:3:1} == n ]]; then
        IFS= read -r -d '' -t 10 __kgit_part <>"$__kgit_folder/$__kgit_slot.out" || true
        printf '%s\n' "$__kgit_part" >&2
    fi
    { printf '%s' "$__kgit_slot" 1<>"$__kgit_folder/pool"; } 2>/dev/null || true
    return "$((10#${__kgit_head:0:3}))"
}

# Reads the answer to a call into __kgit_out. Fails where the helper has ended without one.
__kgit_receive() {
    __kgit_out=''
    until IFS= read -r -d '' -t 2 __kgit_part 2>/dev/null <>"$__kgit_folder/$__kgit_slot.out"; do
        __kgit_out+=$__kgit_part
        kill -0 "$__kgit_pid" 2>/dev/null || return
    done
    __kgit_out+=$__kgit_part
}

__kgit_print() {
    __kgit_ask "$@" || return
    printf '%s\n' "$__kgit_out"
}

__kgit_print_lines() {
    __kgit_ask "$@" || return
    if [[ -n $__kgit_out ]]; then printf '%s\n' "$__kgit_out"; fi
}

# ---- Deployment ----

archive_existing_state() {
    local dir='' name=''
    if [[ ! -f "$DEPLOYMENT_STATE_FILE" && ! -f "$DEPLOYMENT_EVENTS_FILE" ]]; then return 0; fi
    __kgit_ask archive_existing_state "${1:-deployment}" || return
    {
        IFS= read -r dir
        while IFS= read -r name; do print_info "Archived $name to $dir/"; done
    } <<<"$__kgit_out"
    print_success "State files archived to $dir/"
}

init_deployment_state() {
    local deployer=unknown
    if command -v get_deployer_identity &>/dev/null; then
        get_deployer_identity
        deployer="${DEPLOYER_IDENTITY:-unknown}"
    fi
    __kgit_ask init_deployment_state "$1" "$deployer" "${CONFIG_YAML:-}" "$AZURE_LOCATION" \
        "$K0S_CONTROLLER_COUNT" "$K0S_WORKER_COUNT" "$WG_NETWORK" "${PHASE_SEQUENCE[@]}" || return
    print_info "Initialized deployment state: $DEPLOYMENT_STATE_FILE"
    print_info "Initialized deployment events: $DEPLOYMENT_EVENTS_FILE"
}

get_state() {
    [[ -f "$DEPLOYMENT_STATE_FILE" ]] || return 1
    __kgit_print get_state "$1"
}

update_state() {
    if [[ ! -f "$DEPLOYMENT_STATE_FILE" ]]; then
        print_error "State file not found: $DEPLOYMENT_STATE_FILE"
        return 1
    fi
    __kgit_ask update_state "$1" "$2"
}

add_event() { __kgit_ask add_event "$1" "$2" "${3:-}"; }

state_file_exists() {
    [[ -f "$DEPLOYMENT_STATE_FILE" ]] || return 1
    __kgit_ask state_file_exists
}

complete_deployment() {
    if [[ ! -f "$DEPLOYMENT_STATE_FILE" ]]; then
        print_error "State file not found: $DEPLOYMENT_STATE_FILE"
        return 1
    fi
    __kgit_ask complete_deployment "${1:-completed}"
}

cleanup_deployment_state() {
    local had_state='' had_events='' had_folder=''
    [[ ! -f "$DEPLOYMENT_STATE_FILE" ]] || had_state=yes
    [[ ! -f "$DEPLOYMENT_EVENTS_FILE" ]] || had_events=yes
    [[ ! -d "$STATE_DIR" ]] || had_folder=yes
    __kgit_ask cleanup_deployment_state "${1:-cleanup}" || return
    if [[ -n $had_state ]]; then print_info "Removed deployment state file"; fi
    if [[ -n $had_events ]]; then print_info "Removed deployment events file"; fi
    if [[ -n $had_folder && ! -d "$STATE_DIR" ]]; then print_info "Removed empty state directory"; fi
    print_success "Deployment state cleanup completed"
}

show_state_summary() {
    local lines=''
    if ! state_file_exists; then
        print_error "No deployment state found"
        return 1
    fi
    echo
    print_info "=== Deployment State Summary ==="
    echo "  Deployment ID: $(get_state deployment_id)"
    echo "  Phase: $(get_state phase)"
    echo "  Status: $(get_state status)"
    echo "  Created: $(get_state created_at)"
    echo
    __kgit_ask vm_lines || return
    lines=$__kgit_out
    if [[ -n $lines ]]; then
        print_info "=== VM States ==="
        printf '%s\n\n' "$lines"
    fi
}

# ---- Phases ----

phase_status() { __kgit_print phase_status "$1"; }

phase_is_completed() {
    __kgit_ask phase_status "$1" || return
    [[ $__kgit_out == completed ]]
}

phase_is_skipped() {
    __kgit_ask phase_status "$1" || return
    [[ $__kgit_out == skipped ]]
}

phase_needs_run() {
    __kgit_ask phase_status "$1" || return
    [[ $__kgit_out != completed && $__kgit_out != skipped ]]
}

check_phase_completion() { phase_is_completed "$1"; }

phase_mark_in_progress() {
    if [[ ! -f "$DEPLOYMENT_STATE_FILE" ]]; then
        print_error "State file not found: $DEPLOYMENT_STATE_FILE"
        return 1
    fi
    __kgit_ask phase_mark_in_progress "$1"
}

phase_mark_completed() {
    if [[ ! -f "$DEPLOYMENT_STATE_FILE" ]]; then
        print_error "State file not found: $DEPLOYMENT_STATE_FILE"
        [[ $- != *e* ]] || return 1
    fi
    __kgit_ask phase_mark_completed "$1"
}

phase_mark_pending() { __kgit_ask phase_mark_pending "$1"; }

phase_mark_skipped() { __kgit_ask phase_mark_skipped "$1" "${2:-}"; }

phase_reset_from() { __kgit_ask phase_reset_from "$1" "${PHASE_SEQUENCE[@]}"; }

# ---- Artifacts ----

record_artifact() {
    [[ -f "$DEPLOYMENT_STATE_FILE" ]] || return 1
    __kgit_ask record_artifact "$1" "$2" "${3:-}"
}

artifact_exists() {
    [[ -f "$DEPLOYMENT_STATE_FILE" ]] || return 1
    __kgit_ask get_state "artifacts.$1.path" || return
    [[ -n $__kgit_out && $__kgit_out != null && -e $__kgit_out ]]
}

# ---- Virtual machines ----

update_vm_state() { __kgit_ask update_vm_state "$1" "$2" "$3" "$4"; }

get_vm_info() {
    [[ -f "$DEPLOYMENT_STATE_FILE" ]] || return 1
    __kgit_print get_vm_info "$1" "$2"
}

refresh_all_vm_data() {
    local rg='' rows='' name='' public='' private='' state=''
    rg=$(get_state "config.resource_group")
    print_info "Refreshing VM data from Azure..."
    rows=$(az vm list --resource-group "$rg" --show-details \
        --query "[].{name:name, publicIps:publicIps, privateIps:privateIps, state:provisioningState}" \
        -o tsv 2>/dev/null)
    if [[ -z $rows ]]; then
        print_warning "Could not refresh VM data from Azure"
        return 0
    fi
    # Tabs are blanks to read, which would move the columns up where a VM has no public address.
    while IFS=$'\x1f' read -r name public private state; do
        if [[ -n $name ]]; then update_vm_state "$name" "$public" "$private" "$state"; fi
    done <<<"${rows//$'\t'/$'\x1f'}"
    print_info "VM data refreshed from Azure"
}

# ---- WireGuard ----

assign_wireguard_ips() {
    __kgit_ask assign_wireguard_ips "$@" || return
    populate_wg_ips_array
}

get_wireguard_ip() {
    [[ -f "$DEPLOYMENT_STATE_FILE" ]] || return 1
    __kgit_print get_wireguard_ip "$1"
}

update_wireguard_peer() {
    local status=0
    __kgit_ask update_wireguard_peer "$@" || status=$?
    if ((status == 1)); then
        print_error "WireGuard peer $1 not found in state. Run assign_wireguard_ips first."
    fi
    return "$status"
}

populate_wg_ips_array() {
    local peer='' ip=''
    [[ -f "$DEPLOYMENT_STATE_FILE" ]] || return 1
    __kgit_ask peer_addresses || return
    while read -r peer ip; do
        if [[ -n $peer ]]; then WG_IPS["$peer"]="$ip"; fi
    done <<<"$__kgit_out"
}

get_wireguard_private_key() { __kgit_print get_wireguard_private_key "$1"; }

get_wireguard_public_key() { __kgit_print get_wireguard_public_key "$1"; }

# ---- Azure credentials ----

update_azure_state() { __kgit_ask update_azure_state "$1" "$2"; }

get_azure_state() {
    if [[ ! -f "$AZURE_STATE_FILE" ]]; then
        echo "null"
        return
    fi
    __kgit_print get_azure_state "$1"
}

add_azure_event() { __kgit_ask add_azure_event "$1" "$2"; }

remove_azure_state_key() {
    [[ -f "$AZURE_STATE_FILE" ]] || return 0
    __kgit_ask remove_azure_state_key "$1"
}

# ---- Clusters ----

get_cluster_state_file() { echo "$STATE_DIR/cluster-$1-state.yaml"; }

get_cluster_events_file() { echo "$STATE_DIR/cluster-$1-events.yaml"; }

init_cluster_events() {
    __kgit_ask init_cluster_events "$1" || return
    print_info "Initialized cluster events: $STATE_DIR/cluster-$1-events.yaml"
}

add_cluster_event() { __kgit_ask add_cluster_event "$1" "$2" "$3"; }

# ---- History ----

record_deployment_history() {
    __kgit_ask record_deployment_history "$1" "${2:-${CONFIG_YAML:-unknown}}" \
        "${3:-${DEPLOYER_IDENTITY:-unknown}}" || return
    print_info "Recorded deployment in history: $1"
}

show_deployment_history() {
    if [[ ! -f ./old_deployments/deployment-history.yaml ]]; then
        print_info "No deployment history found"
        return 0
    fi
    print_header "Deployment History"
    __kgit_print_lines history_lines
}

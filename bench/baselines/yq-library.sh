# The state library of the deployment scripts, as it calls yq: sourced by bench/script-api.sh.
# yq_FILES: the folder of deployment-state.yaml and deployment-events.yaml.

yq_now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

yq_get_state() { yq eval ".$1" "$yq_FILES/deployment-state.yaml"; }

yq_update_state() {
    if [[ $2 == true || $2 == false ]]; then
        yq eval ".$1 = $2" -i "$yq_FILES/deployment-state.yaml"
    else
        yq eval ".$1 = \"$2\"" -i "$yq_FILES/deployment-state.yaml"
    fi
    yq eval ".last_updated = \"$(yq_now)\"" -i "$yq_FILES/deployment-state.yaml"
}

yq_add_event() {
    local now
    now=$(yq_now)
    yq eval ".events += [{\"timestamp\": \"$now\", \"action\": \"$1\", \"message\": \"$2\"}]" \
        -i "$yq_FILES/deployment-events.yaml"
    yq eval ".last_updated = \"$now\"" -i "$yq_FILES/deployment-events.yaml"
    yq eval ".last_updated = \"$now\"" -i "$yq_FILES/deployment-state.yaml"
}

yq_phase_mark_completed() {
    yq_update_state "phases.$1.status" completed
    yq eval ".phases.$1.updated_at = \"$(yq_now)\"" -i "$yq_FILES/deployment-state.yaml"
    yq_update_state phase "$1"
    yq_add_event phase_completed "Phase completed: $1"
}

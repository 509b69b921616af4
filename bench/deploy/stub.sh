#!/bin/sh
# What the deployment scripts call in clouds and clusters, answered at once. Each command is a link to this file.
# STUB_FOLDER: where it remembers what was made.
name=${0##*/}
case $name in
  sleep | sudo | scp | nc | ping) exit 0 ;;
  wg)
    case ${1:-} in
      genkey) echo 'aGVsbG8gdGhpcyBpcyBub3QgYSByZWFsIGtleSBhdCAgPQ=' ;;
      pubkey) cat >/dev/null && echo 'cHVibGljIGtleSB0aGF0IG5vYm9keSBoYXMgaW4gdXNlPQ=' ;;
      *) echo 'interface: wg0' ;;
    esac
    ;;
  wg-wrapper) case ${1:-} in wg-show) echo 'interface: wg0' ;; *) echo '[#] ip link add' ;; esac ;;
  ssh)
    for word; do last=$word; done
    case $last in
      *'wg show'*) echo 'interface: wg0' ;;
      *is-active*) echo active ;;
      *'wc -l') echo 0 ;;
      *) echo ok ;;
    esac
    ;;
  ssh-keygen)
    while [ $# -gt 0 ]; do
      if [ "$1" = -f ]; then echo key >"$2" && echo 'ssh-rsa AAAA stub' >"$2.pub"; fi
      shift
    done
    ;;
  k0sctl)
    case ${1:-} in
      version) echo 'version: v0.25.1' ;;
      kubeconfig) printf 'apiVersion: v1\nkind: Config\ncontexts:\n- name: stub\n' ;;
      *) echo "k0sctl $1 done" ;;
    esac
    ;;
  helm)
    case ${1:-} in
      version) echo v3.18.0 ;;
      *) echo "release $1 done" ;;
    esac
    ;;
  kubectl)
    case "$*" in
      'version '*) echo 'Client Version: v1.33.0' ;;
      'get pods -A '*) echo 'kcm-system capz-controller 1/1 Running 0 1m' ;;
      'get namespace istio-system'* | 'get secret azure-cluster-identity-secret'* | 'get azureclusteridentity '* | \
        'get credential azure-cluster-credential -n kcm-system'*)
        # Made by the scripts: not there at the first look.
        mark=$STUB_FOLDER/$(printf %s "$2-$3" | tr -c 'a-z0-9-' _)
        if [ -e "$mark" ]; then exit 0; fi
        : >"$mark"
        exit 1
        ;;
      *'.status.conditions[?(@.type=="Ready")].status'*) printf True ;;
      *'{.data.value}'*) printf 'a3ViZWNvbmZpZwo=' ;;
      *'.status.readyReplicas'*) printf 1 ;;
      *jsonpath*) printf 'k0s-worker-1 \n' ;;
      apply*) cat >/dev/null && echo applied ;;
      *) echo "kubectl ${1:-}" ;;
    esac
    ;;
  az)
    case "$*" in
      --version) echo 'azure-cli                         2.77.0' ;;
      'account show --query name'*) echo stub ;;
      'account show --output json') echo '{"id": "00000000-0000-4000-8000-000000000001", "tenantId": "00000000-0000-4000-8000-000000000002"}' ;;
      'ad sp create-for-rbac'*) echo '{"appId": "00000000-0000-4000-8000-000000000003", "password": "stub"}' ;;
      'vm list-skus'*) printf -- '- locationInfo:\n    - zones:\n        - "1"\n        - "2"\n' ;;
      'vm create'*) shift 4 && : >"$STUB_FOLDER/vm-$2" ;;
      'vm list '*'--show-details --query'*)
        for vm in "$STUB_FOLDER"/vm-*; do
          printf '%s\t20.0.0.4\t10.0.1.4\tSucceeded\n' "${vm##*/vm-}"
        done
        ;;
      'vm list '*)
        for vm in "$STUB_FOLDER"/vm-*; do
          [ -e "$vm" ] || continue
          printf -- '- name: %s\n  provisioningState: Succeeded\n  publicIps: 20.0.0.4\n' "${vm##*/vm-}"
        done
        ;;
      *) echo "az ${1:-} ${2:-}" ;;
    esac
    ;;
  *)
    echo "stub of $name" >&2
    exit 1
    ;;
esac

#!/bin/sh
# The ClusterDeployments of a k0rdent, page by page, by kubectl alone, without looking into them.
# usage: pages.sh KUBECONFIG FOLDER
set -e
base='/apis/k0rdent.mirantis.com/v1beta1/clusterdeployments?limit=500'
next=
while :; do
  kubectl --kubeconfig "$1" get --raw "$base${next:+&continue=$next}" >"$2/page"
  next=$(grep -ao '"continue":"[^"]*"' "$2/page" | head -n 1 | cut -d'"' -f4)
  [ -n "$next" ] || break
done

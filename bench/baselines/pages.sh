#!/bin/sh
# The ClusterDeployments of a k0rdent, page by page, by kubectl alone.
# usage: pages.sh KUBECONFIG
set -e
base='/apis/k0rdent.mirantis.com/v1beta1/clusterdeployments?limit=500'
next=
while :; do
  page=$(kubectl --kubeconfig "$1" get --raw "$base${next:+&continue=$next}")
  next=$(printf '%s' "$page" | sed -n 's/^{[^[]*"continue":"\([^"]*\)".*/\1/p')
  [ -n "$next" ] || break
done

#!/usr/bin/env bash
# Builds the kube-apiserver and the etcd of the long campaign from the sources of their Go modules, unless this version
# is built already. The module of Kubernetes names its staging modules by folders that its zip does not hold: they are
# taken from the module proxy, in the same version, by the checksums in staging.sum.
set -euo pipefail
cd "$(dirname "$0")"
version=1.33.13
# As go.sum would have it: another source than this one is not built.
checksum='h1:bmH31xUdSzeA5vk0wZAK9MZp11mdLuzUSeKk0qN3hPQ='

[[ -x built-$version/kube-apiserver ]] && exit 0
command -v go >/dev/null || {
  echo "The long campaign needs go (1.24 or later) to build kube-apiserver $version (Debian: golang-go)" >&2
  exit 1
}
echo "Building kube-apiserver $version and its etcd: about 15 minutes of one core, once" >&2
module=$(go mod download -json "k8s.io/kubernetes@v$version")
field() { sed -n "s/^[[:space:]]*\"$1\": \"\(.*\)\",\{0,1\}$/\1/p" <<<"$module"; }
[[ $(field Sum) == "$checksum" ]] || {
  echo "The source of Kubernetes $version has the checksum $(field Sum), not $checksum" >&2
  exit 1
}
# The folder appears by one rename: a build that was broken off leaves nothing that looks whole.
work=$(mktemp -d built.XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir "$work/source" "$work/done"
for part in go.mod go.sum pkg cmd plugin third_party; do cp -R "$(field Dir)/$part" "$work/source/"; done
chmod -R u+w "$work/source"
cat staging.sum >>"$work/source/go.sum"
cd "$work/source"
mapfile -t stagings < <(sed -n 's|^[[:space:]]*\(k8s.io/[a-z-]*\) => ./staging/.*|\1|p' go.mod)
for staging in "${stagings[@]}"; do
  go mod edit -replace="$staging=$staging@v0.${version#1.}"
done
info=k8s.io/component-base/version
GOFLAGS=-mod=mod GOWORK=off CGO_ENABLED=0 nice go build -trimpath -buildvcs=false \
  -ldflags "-s -w -X $info.gitVersion=v$version -X $info.gitMajor=1 -X $info.gitMinor=33" \
  -o ../done/ ./cmd/kube-apiserver go.etcd.io/etcd/server/v3 >&2
cd ../..
mv "$work/done/server" "$work/done/etcd"
mv -T "$work/done" "built-$version" 2>/dev/null || [[ -x built-$version/kube-apiserver ]]

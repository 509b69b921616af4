#!/usr/bin/env bash
# Builds the Consul server of the tests from its Go module, unless this version is built already: about 10 minutes of
# one core, once. What is built is kept outside of the checkout. Prints the path of the program.
# With --if-built it builds nothing.
set -euo pipefail
version=1.14.11
# As go.sum would have it: another source than this one is not built.
checksum='h1:AQqgpdtUQcQIh86DtcPfkOignrSWgRTpzByLgRzTOAc='

# The home that the system knows: tests have one of their own.
folder=$(node -p 'os.userInfo().homedir')/.cache/kgit-tests/consul-$version
if [[ ! -x $folder/consul ]]; then
  [[ ${1:-} != --if-built ]] || exit 1
  command -v go >/dev/null || {
    echo "Go is needed to build Consul $version (Debian: golang-go)" >&2
    exit 1
  }
  mkdir -p "${folder%/*}"
  # The folder appears by one rename: a build that was broken off leaves nothing that looks whole.
  work=$(mktemp -d "${folder%/*}/built.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  # A module that requires Consul gets the versions of Consul's own submodules that it names.
  cat >go.mod <<END
module consul.test

go 1.20

require github.com/hashicorp/consul v$version
END
  echo "github.com/hashicorp/consul v$version $checksum" >go.sum
  printf '//go:build tools\n\npackage tools\n\nimport _ "github.com/hashicorp/consul"\n' >tools.go
  GOFLAGS=-mod=mod CGO_ENABLED=0 nice -n 19 go build -trimpath -ldflags '-s -w' -o consul github.com/hashicorp/consul >&2
  mkdir "done"
  mv consul done/
  mv -T "done" "$folder" 2>/dev/null || [[ -x $folder/consul ]]
fi
echo "$folder/consul"

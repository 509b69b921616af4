#!/usr/bin/env bash
# Builds the sops of the tests from its Go module, unless this version is built already. It is kept outside of the checkout. Prints its folder.
# With --if-built it builds nothing.
set -euo pipefail
version=v3.13.3
# The home that the system knows: tests have one of their own.
folder=$(node -p 'os.userInfo().homedir')/.cache/kgit-tests/sops-$version
if [[ ! -x $folder/sops ]]; then
  [[ ${1:-} != --if-built ]] || exit 1
  mkdir -p "${folder%/*}"
  # The folder appears by one rename: two runs may build it at the same time.
  work=$(mktemp -d "${folder%/*}/built.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  GOBIN="$work" nice go install "github.com/getsops/sops/v3/cmd/sops@$version" >&2
  mv -T "$work" "$folder" 2>/dev/null || [[ -x $folder/sops ]]
fi
echo "$folder"

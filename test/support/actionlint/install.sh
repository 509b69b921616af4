#!/usr/bin/env bash
# Builds actionlint from its Go module, unless this version is built already. It is kept outside of the checkout. Prints its folder.
# With --if-built it builds nothing.
set -euo pipefail
version=v1.7.12
# The home that the system knows: tests have one of their own.
folder=$(node -p 'os.userInfo().homedir')/.cache/kgit-tests/actionlint-$version
if [[ ! -x $folder/actionlint ]]; then
  [[ ${1:-} != --if-built ]] || exit 1
  mkdir -p "${folder%/*}"
  # The folder appears by one rename: two runs may build it at the same time.
  work=$(mktemp -d "${folder%/*}/built.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  GOBIN="$work" nice go install "github.com/rhysd/actionlint/cmd/actionlint@$version" >&2
  mv -T "$work" "$folder" 2>/dev/null || [[ -x $folder/actionlint ]]
fi
echo "$folder"

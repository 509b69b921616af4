#!/usr/bin/env bash
# Builds the yq that the deployment scripts call from its Go module, unless this version is built already. It is kept outside of the checkout. Prints its folder.
set -euo pipefail
version=v4.44.6
# The home that the system knows: tests have one of their own.
home=$(node -p 'os.userInfo().homedir')
folder=$home/.cache/kgit-tests/yq-$version
if [[ ! -x $folder/yq ]]; then
  command -v go >/dev/null || {
    echo "The tests of YAML need Go 1.21 or later to build yq $version (Debian: golang-go)" >&2
    exit 1
  }
  mkdir -p "${folder%/*}"
  # The folder appears by one rename: two test files may build it at the same time.
  work=$(mktemp -d "${folder%/*}/built.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # Of the developer: what was downloaded or compiled once is kept.
  HOME=$home XDG_CACHE_HOME='' GOBIN="$work" nice go install "github.com/mikefarah/yq/v4@$version" >&2
  mv -T "$work" "$folder" 2>/dev/null || [[ -x $folder/yq ]]
fi
echo "$folder"

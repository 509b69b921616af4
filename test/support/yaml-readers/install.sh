#!/usr/bin/env bash
# Builds the yq that the deployment scripts call from its Go module, unless this version is built already.
set -euo pipefail
cd "$(dirname "$0")"
version=v4.44.6
[[ -x built-$version/yq ]] && exit 0
command -v go >/dev/null || {
  echo "The tests of YAML need Go 1.21 or later to build yq $version (Debian: golang-go)" >&2
  exit 1
}
# The folder appears by one rename: two test files may build it at the same time.
built=$(mktemp -d built.XXXXXX)
trap 'rm -rf "$built"' EXIT
GOBIN="$PWD/$built" nice go install "github.com/mikefarah/yq/v4@$version" >&2
mv -T "$built" "built-$version" 2>/dev/null || [[ -x built-$version/yq ]]

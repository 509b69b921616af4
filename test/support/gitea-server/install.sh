#!/usr/bin/env bash
# Builds the Gitea server of the long campaign from the source of its Go module, unless this version is built already.
# The module is a program's own: built in a copy of its folder, it keeps its replacements and its checksums.
set -euo pipefail
cd "$(dirname "$0")"
version=1.26.1
# As go.sum would have it: another source than this one is not built.
checksum='h1:3DHld7sL5KbQUl7qJCs46uUdER0r/UkwXXe/UKTuw+4='

[[ -x built-$version/gitea ]] && exit 0
for program in go gcc; do
  command -v "$program" >/dev/null || {
    echo "The long campaign needs $program to build Gitea $version (Debian: golang-go, gcc; Gitea asks for Go 1.26)" >&2
    exit 1
  }
done
echo "Building Gitea $version: about 10 minutes of one core, once" >&2
module=$(go mod download -json "code.gitea.io/gitea@v$version")
field() { sed -n "s/^[[:space:]]*\"$1\": \"\(.*\)\",\{0,1\}$/\1/p" <<<"$module"; }
[[ $(field Sum) == "$checksum" ]] || {
  echo "The source of Gitea $version has the checksum $(field Sum), not $checksum" >&2
  exit 1
}
# The folder appears by one rename: a build that was broken off leaves nothing that looks whole.
work=$(mktemp -d built.XXXXXX)
trap 'rm -rf "$work"' EXIT
cp -R "$(field Dir)" "$work/source"
chmod -R u+w "$work/source"
mkdir "$work/done"
(cd "$work/source" && nice go build -tags 'sqlite sqlite_unlock_notify' -ldflags "-X main.Version=$version" -o "../done/gitea" .) >&2
cp -R "$work/source/templates" "$work/source/options" "$work/source/public" "$work/done/"
mv -T "$work/done" "built-$version" 2>/dev/null || [[ -x built-$version/gitea ]]

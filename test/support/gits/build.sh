#!/usr/bin/env bash
# Builds versions of git for the tests from a clone of git's repository, unless they are there already; for machines with a C
# compiler, zlib and libcurl. They are kept outside of the checkout.
# usage: test/support/gits/build.sh CLONE VERSION...      test/support/gits/build.sh ~/git 2.34.0 2.55.0
set -euo pipefail
clone=$1
shift
# The home that the system knows: tests have one of their own.
cache=$(node -p 'os.userInfo().homedir')/.cache/kgit-tests
mkdir -p "$cache"
for version in "$@"; do
  folder=$cache/git-$version
  [[ ! -x $folder/bin/git ]] || continue
  work=$(mktemp -d "$cache/built.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  git -C "$clone" archive "v$version" | tar -x -C "$work"
  echo "$version" >"$work/version"
  make --silent --directory="$work" prefix="$folder" NO_GETTEXT=1 NO_TCLTK=1 NO_PERL=1 NO_PYTHON=1 NO_EXPAT=1 all install >&2
  rm -rf "$work"
done

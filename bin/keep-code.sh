#!/bin/sh
# Compiles kgit's everyday commands once for all users, into dist/code beside the program, and records there that git is
# new enough. Installers run it as the owner of that folder, and run it again when Node.js is another version. What it
# keeps only saves time, so this never fails an installation: if something goes wrong, one line on stderr says what, and
# it ends with 0.
set -eu
umask 022
code=$(cd "$(dirname "$0")/.." && pwd -P)/dist/code
work=
step="making $code"

finish() {
  [ "$1" -eq 0 ] || echo "kgit keeps no compiled code for all users, so first runs are slower: $step failed" >&2
  rm -rf "$code.new" ${work:+"$work"} 2>/dev/null || :
  exit 0
}
trap 'finish $?' EXIT
trap 'exit 1' HUP INT TERM

# Runs that find code there keep none.
rm -rf "$code" "$code.new" 2>/dev/null
mkdir "$code.new" 2>/dev/null
step='making a temporary folder'
work=$(mktemp -d 2>/dev/null)

# Nothing of the user who installs takes part: no setting, no identity, no repository, no compiled code.
for name in $(env | sed -n -E 's/^((KGIT|GIT|XDG|NODE)_[A-Za-z0-9_]*)=.*/\1/p'); do unset "$name"; done
unset CI
export HOME="$work/home" TMPDIR="$work" GIT_CONFIG_NOSYSTEM=1
kept=$HOME/.cache/kgit/code
mkdir "$HOME"
printf '[user]\n\tname = kgit\n\temail = kgit@localhost\n' >"$HOME/.gitconfig"

kgit() {
  step="kgit $*"
  # If the code is old, a run looks whether it compiled more. A first run also asks git for its version.
  touch -c -t 202001010000 "$kept"/* 2>/dev/null || :
  rm -f "$HOME/.cache/kgit/git-checked"
  "${code%/dist/code}/bin/run.js" "$@" </dev/null >/dev/null 2>&1
}

cd "$work"
kgit version
step='noting first runs'
# A first run keeps no code, only an empty file: here each command counts as run before.
noted=$(echo "$kept"/*-version)
for name in get help init push-event set list log sync status validate; do : >"${noted%version}$name"; done
kgit version
kgit get --help
kgit --help
kgit init state
step='git clone'
git clone --quiet --bare state server >/dev/null 2>&1
git clone --quiet server clone >/dev/null 2>&1
cd clone
kgit push-event installed --deployment one --create
kgit set deployment.phase=deploying --deployment one
kgit get deployment.phase
kgit list
kgit log
kgit push-event installed --deployment one --queue
kgit get deployment.phase
kgit list
kgit log
kgit sync
kgit status --offline
kgit validate

step="writing $code"
rm "$kept"/*-init 2>/dev/null
cp "$kept"/* "$kept/../git-checked" "$code.new" 2>/dev/null
chmod 755 "$code.new"
chmod 644 "$code.new"/*
mv "$code.new" "$code"

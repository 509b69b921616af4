#!/bin/sh
# What a script does without kgit where others push, too. One event file, already written, becomes a commit on the server.
# usage: add-commit-pull-push.sh CLONE FILE PATH-IN-THE-CLONE
set -e
cd "$1"
mkdir -p "$(dirname "$3")"
cp "$2" "$3"
git add -- "$3"
git commit --quiet --message "touched: bench"
git pull --quiet --rebase origin main
git push --quiet origin main

#!/bin/sh
# What a script does without kgit where others push, too: commit, push, and after a lost race pull and push again.
# One event file, already written; prints how many times it pushed.
# usage: commit-push-loop.sh CLONE FILE PATH-IN-THE-CLONE
set -e
cd "$1"
mkdir -p "$(dirname "$3")"
cp "$2" "$3"
git add -- "$3"
git commit --quiet --message "touched: bench"
pushes=1
until git push --quiet origin main 2>/dev/null; do
  git pull --quiet --rebase origin main
  pushes=$((pushes + 1))
done
echo "$pushes"

#!/bin/sh
# The answer of `kgit log --limit 20` by git alone: the files that the last 20 commits added, as they are.
# usage: log.sh REPOSITORY
git -C "$1" log -n 20 --first-parent --format= --diff-filter=A --no-renames -p main -- clusters deployments

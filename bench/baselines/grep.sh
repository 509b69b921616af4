#!/bin/sh
# The events with a text anywhere, in any case, by git alone; in the order of their paths.
# usage: grep.sh REPOSITORY TEXT
set -e
cd "$1"
git grep --name-only --ignore-case --fixed-strings -e "$2" main -- clusters deployments | git cat-file --batch

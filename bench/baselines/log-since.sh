#!/bin/sh
# The events of the last days by git alone: the files that commits since then added, as they are.
# usage: log-since.sh REPOSITORY DATE
git -C "$1" log --since="$2" --first-parent --format= --diff-filter=A --no-renames -p main -- clusters deployments

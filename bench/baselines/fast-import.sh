#!/bin/sh
# The least that makes a commit of many files, and pushes it: git fast-import of a stream that is there already.
# usage: fast-import.sh CLONE STREAM [push]
set -e
cd "$1"
git fast-import --quiet --done --date-format=raw <"$2"
if [ "$3" = push ]; then git push --quiet origin main; fi

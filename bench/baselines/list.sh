#!/bin/sh
# The answer of `kgit list` by git alone: each subject, how many events it has, and the file of the last one.
# usage: list.sh REPOSITORY
set -e
cd "$1"
git ls-tree -r --name-only main -- clusters deployments |
  awk -F/ '/\/events\/[0-9]+-[0-9]+\/[^\/]*\.yaml$/ {
      subject = substr($0, 1, index($0, "/events/") - 1)
      count[subject]++
      name = $(NF - 1) "/" $NF
      if (name > last[subject]) last[subject] = name
    }
    END { for (subject in count) print "main:" subject "/events/" last[subject], subject, count[subject] }' |
  git cat-file --batch='%(rest)'

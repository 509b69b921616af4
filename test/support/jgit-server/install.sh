#!/usr/bin/env bash
# Fetches the jars of the JGit test server with Maven, unless those that pom.xml names are there already.
set -euo pipefail
cd "$(dirname "$0")"
cmp -s pom.xml jars/pom.xml && exit 0
command -v mvn >/dev/null || {
  echo 'The tests of the JGit server need mvn (Debian: maven) to fetch its jars' >&2
  exit 1
}
# The folder appears by one rename: two test files may start a server at the same time.
fetched=$(mktemp -d jars.XXXXXX)
trap 'rm -rf "$fetched"' EXIT
mvn --batch-mode --quiet --file pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies "-DoutputDirectory=$PWD/$fetched" >&2
cp pom.xml "$fetched/"
[[ -d jars ]] && ! cmp -s pom.xml jars/pom.xml && rm -rf jars
mv -T "$fetched" jars 2>/dev/null || cmp -s pom.xml jars/pom.xml

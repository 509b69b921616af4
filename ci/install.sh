#!/usr/bin/env bash
# Makes kgit available to a job of GitHub or Forgejo Actions: the one that the job has, else that of this checkout, built with
# exactly the packages that package-lock.json names.
set -euo pipefail
if command -v kgit >/dev/null; then exit 0; fi
if ! command -v node >/dev/null; then
  echo '::error::kgit needs Node 20.19 or later: use actions/setup-node before'
  exit 1
fi
source=$(cd "$(dirname "$0")/.." && pwd)
node "$source/scripts/prepare.mjs"
mkdir -p "$RUNNER_TEMP/kgit-bin"
ln -sfn "$source/bin/run.js" "$RUNNER_TEMP/kgit-bin/kgit"
echo "$RUNNER_TEMP/kgit-bin" >>"$GITHUB_PATH"

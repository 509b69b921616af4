#!/usr/bin/env node
// kubectl_complete-kgit: kubectl calls it with the words behind `kubectl kgit`, of which the last is being typed.
process.argv.splice(2, 0, 'complete', 'words', '--');
require('./run.js');

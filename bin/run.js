#!/usr/bin/env node
// An absolute path: Node looks for a relative one in more places.
const { start } = require(`${__dirname}/../dist/start.cjs`);

start();

/** The token stays with the host that was named, wherever that host sends git. */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { git } from '../../support/git-fixtures.js';
import { kgit } from '../../support/kgit.js';
import { type Field, heard, openField, TOKEN } from '../../support/red-team/field.js';
import { expectFailure } from '../../support/state-repository.js';

let field: Field;
let server: Server;
let host: string;
/** What the server that sends elsewhere heard of passwords. */
const told: string[] = [];
let asksFirst = false;

beforeAll(async () => {
  field = await openField();
  server = createServer(field.certificate, (request, response) => {
    const { authorization } = request.headers;
    if (authorization) told.push(authorization);
    if (asksFirst && !authorization)
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
    else response.writeHead(302, { location: `https://${field.evil.host}${request.url}` }).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  told.length = 0;
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  await field.stop();
});

it.each([
  ['at once', false, 'initial'],
  ['after it has heard the token', true, 'initial'],
  ['at every request', true, 'true'],
])('a server that sends git to another host %s', async (_name, asks, configured) => {
  asksFirst = asks;
  const path = field.clone();
  git(path, 'remote', 'set-url', 'origin', `https://${host}/state.git`);
  git(path, 'config', 'http.followRedirects', configured);
  const before = field.evil.requests.length;
  const args = ['push-event', 'noted', '--cluster', 'prod', '--json', '--require-publish'];
  const run = await kgit(path, args, { env: field.env });
  expectFailure(run, 'REMOTE', 16);
  expect(run.stdout + run.stderr).not.toContain(TOKEN);
  expect(told.length > 0).toBe(asks);
  expect(field.evil.requests.length).toBeGreaterThan(before);
  expect(heard(field.evil)).toEqual([]);
});

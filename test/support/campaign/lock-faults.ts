import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpBackend } from '../transport/http-backend.js';
import type { Random } from './random.js';

/** Texts of refusals and lost races; none of them may decide who has a lock. */
export const REFUSALS = [
  'internal service unreachable',
  'GitLab: Internal API unreachable',
  'Internal Server Error (no message for end users)',
  'Not allowed to push to protected files',
  'invalid old id sent',
  'failed to lock',
  'transaction aborted',
  "TF401028: The reference 'refs/heads/main' has already been updated by another client",
  'FATAL: W any repo user DENIED by fallthru',
  'GH013: Repository rule violations found',
] as const;

const HTTP_FAULTS = ['500', 'cut before', 'cut after', 'late'] as const;
const HOOKS = ['pre-receive', 'update'] as const;
const LATE_MS = 400;

/** A git server over http with failing requests, and a record of the failures. */
export interface FaultyServer {
  readonly url: string;
  readonly struck: ReadonlyMap<string, number>;
  /** Sets the probability that a request fails. */
  strike(likelihood: number): void;
  stop(): Promise<void>;
}

/** Executes a request and drops its answer. */
function unheard(done: () => void): ServerResponse {
  const sink = { headersSent: false, writeHead: () => undefined, write: () => true, end: done };
  return sink as unknown as ServerResponse;
}

/** A hook that refuses once with the text of its flag, after giving others time to interfere. */
function refusingHook(remote: string, name: string, flag: string): void {
  const path = join(remote, 'hooks', name);
  const script = [
    '#!/bin/sh',
    `mv ${flag} ${flag}.$$ 2>/dev/null || exit 0`,
    'sleep 0.3',
    `cat ${flag}.$$ >&2`,
    `rm ${flag}.$$`,
    'exit 1',
  ];
  writeFileSync(path, `${script.join('\n')}\n`);
  chmodSync(path, 0o755);
}

/** Serves the bare repository `remote` on a free port of 127.0.0.1; faults strike its requests and its hooks. */
export async function startFaultyServer(remote: string, random: Random): Promise<FaultyServer> {
  const flags = HOOKS.map((name) => join(remote, `kgit-fault-${name}`));
  for (const [i, name] of HOOKS.entries()) refusingHook(remote, name, flags[i] ?? '');
  const struck = new Map<string, number>();
  let likelihood = 0;
  const note = (what: string) => struck.set(what, (struck.get(what) ?? 0) + 1);
  const serve = (request: IncomingMessage, response: ServerResponse) =>
    httpBackend(dirname(remote), 'writer', request, response);
  const server = createServer(async (request, response) => {
    const service = /git-(receive|upload)-pack/.exec(request.url ?? '')?.[1] ?? '';
    const what = `${request.method} ${service}`;
    if (random.next() >= likelihood) return serve(request, response);
    const isPush = request.method === 'POST' && service === 'receive';
    if (isPush && random.next() < 0.5) {
      const i = random.below(HOOKS.length);
      const text = random.pick(REFUSALS);
      writeFileSync(flags[i] ?? '', `${text}\n`);
      note(`${HOOKS[i]}: ${text}`);
      return serve(request, response);
    }
    const fault = random.pick(HTTP_FAULTS);
    note(`${what}: ${fault}`);
    if (fault === '500') response.writeHead(500).end();
    else if (fault === 'cut before') response.destroy();
    else if (fault === 'cut after')
      httpBackend(
        dirname(remote),
        'writer',
        request,
        unheard(() => response.destroy()),
      );
    else {
      await sleep(LATE_MS);
      serve(request, response);
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/${basename(remote)}`,
    struck,
    strike: (next) => {
      likelihood = next;
      if (next === 0) for (const flag of flags) if (existsSync(flag)) rmSync(flag, { force: true });
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Demo, startDemo } from '../../src/demo/demo.js';
import { openGit } from '../../src/setup/git-driver.js';
import { DEFAULT_SETTINGS } from '../../src/setup/settings.js';
import { requireKubectl } from '../k0rdent/support.js';
import { cloneOf, temporaryFolder } from '../support/git-fixtures.js';
import { startKgit } from '../support/kgit.js';
import { until } from '../support/patience.js';

/** The built `kgit serve` over a clone of the demo's repository, and the demo's stand-in for k0rdent. */
export interface ServedDemo {
  /** `stop` and `start` keep the address. */
  readonly url: string;
  /** `demo.place.state` is another clone than the server's, whose writes are published. */
  readonly demo: Demo;
  start(): Promise<void>;
  /** Ends the server as its supervisor would. */
  stop(): Promise<void>;
  /** Ends all of it. */
  end(): Promise<void>;
}

export async function serveDemo(): Promise<ServedDemo> {
  requireKubectl();
  const environment = process.env;
  const demo = await startDemo(join(temporaryFolder(), 'demo'), {
    root: join(import.meta.dirname, '../..'),
    openGit: (path) => openGit(path, environment),
    settings: DEFAULT_SETTINGS,
    environment,
    now: () => Date.now(),
  });
  const clone = cloneOf(demo.place.remote);
  let child: ChildProcess | null = null;
  let url = '';
  const start = async () => {
    const address = url === '' ? '127.0.0.1:0' : new URL(url).host;
    const started = startKgit(clone, ['serve', '--listen', address, '--refresh', '1s'], {
      env: { KUBECONFIG: demo.place.kubeconfig, KGIT_USER: 'server' },
    });
    let said = '';
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
      });
    child = started;
    await until(
      () => {
        if (started.exitCode !== null) throw new Error(`kgit serve ended with ${started.exitCode}: ${said}`);
        url = /http:\/\/[\d.]+:\d+/.exec(said)?.[0] ?? url;
        return /http:\/\/[\d.]+:\d+/.test(said);
      },
      () => said,
    );
    // Before that it knows a part of the fleet.
    await until(
      async () => (await fetch(`${url}/readyz`)).ok,
      () => said,
    );
  };
  const stop = async () => {
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
    child = null;
  };
  await start();
  return {
    get url() {
      return url;
    },
    ...{ demo, start, stop },
    end: async () => {
      await stop();
      await demo.server.stop();
    },
  };
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareRepository, cloneOf, temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { type Receiver, startReceiver } from '../support/notify/receiver.js';
import { until } from '../support/patience.js';
import { runningServer } from '../support/serve/running-server.js';

describe('kgit serve', () => {
  it('notifies of what another clone has published, and goes on after a kill', async () => {
    const receiver = await startReceiver();
    const remote = bareRepository();
    const other = cloneOf(remote);
    await kgitJson(other, ['init']);
    const folder = temporaryFolder();
    const file = join(folder, 'settings.yaml');
    writeFileSync(file, 'state_management: {notify: {targets: {chat: {type: slack, url_env: HOOK}}}}\n');
    const clone = cloneOf(remote);
    const start = async () => {
      const args = ['--config', file, '--refresh', '1s', '--no-learn'];
      const server = await runningServer(clone, args, {
        env: { HOOK: receiver.url, KUBECONFIG: join(folder, 'none') },
      });
      onTestFinished(async () => void (await server.end('SIGKILL')));
      return server;
    };
    const fail = (cluster: string) =>
      kgitJson(other, ['push-event', 'upgraded', '--cluster', cluster, '--outcome', 'failed']);
    const server = await start();
    await until(
      async () => (await kgitJson(clone, ['notify', ...['--config', file]])).targets[0].place === 'kept',
    );
    await fail('one');
    await until(() => told(receiver).some((text) => text.includes('/one: upgraded failed')));
    const answer = await fetch(new URL('api/v1/server', server.document.url));
    expect(await answer.json()).toMatchObject({
      notifications: [{ name: 'chat', type: 'slack', delivered: 1 }],
    });
    await server.end('SIGKILL');
    await fail('two');
    const again = await start();
    await until(() => told(receiver).some((text) => text.includes('/two: upgraded failed')));
    expect(await again.end('SIGTERM')).toBe(130);
    const { targets } = await kgitJson(clone, ['notify', '--config', file]);
    expect(targets).toMatchObject([{ name: 'chat', delivered: 2, dead: 0, waiting: 0 }]);
  });
});

const told = ({ received }: Receiver): string[] => received.map(({ body }) => JSON.parse(body).text);

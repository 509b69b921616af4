import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { bareRepository, cloneOf, temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { says, startReceiver } from '../support/notify/receiver.js';
import { until } from '../support/patience.js';
import { runningServer } from '../support/serve/running-server.js';
import { openPage, startBrowser } from './browser.js';

it('the page says which notifications were given up, and why', async () => {
  const receiver = await startReceiver(says(404, {}, '<b>no such channel</b>'));
  const remote = bareRepository();
  const other = cloneOf(remote);
  await kgitJson(other, ['init']);
  const folder = temporaryFolder();
  const file = join(folder, 'settings.yaml');
  writeFileSync(file, 'state_management: {notify: {targets: {chat: {type: slack, url_env: HOOK}}}}\n');
  const args = ['--config', file, '--refresh', '1s', '--no-learn'];
  const env = { HOOK: receiver.url, KUBECONFIG: join(folder, 'none') };
  const server = await runningServer(cloneOf(remote), args, { env });
  onTestFinished(async () => void (await server.end('SIGKILL')));
  await kgitJson(other, ['push-event', 'upgraded', '--cluster', 'one', '--outcome', 'failed']);
  await until(async () => {
    const answer = await fetch(new URL('api/v1/server', server.document.url));
    return (await answer.text()).includes('"dead":1');
  });
  const browser = await startBrowser();
  onTestFinished(() => browser.close());
  const { page } = await openPage(browser);
  await page.goto(server.document.url);
  const notices = page.getByRole('region', { name: 'Notices' });
  await until(async () => (await notices.textContent())?.includes('that were given up: 1.') === true);
  expect(await notices.textContent()).toMatch(
    /Notifications to chat that were given up: 1\. The last, .* ago: it answered 404: <b>no such channel<\/b>\./,
  );
});

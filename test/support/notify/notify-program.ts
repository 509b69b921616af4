/**
 * A server without its other parts: appends news to a journal, and notifies a target of them, until it is killed.
 * Arguments: folder, address of the receiver, first number of its news. Prints `NUMBER ID` for each that is durable.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Journal } from '../../../src/news/journal.js';
import { parseNotifyConfig } from '../../../src/notify/config/notify-config.js';
import { startNotifier } from '../../../src/notify/notifier.js';
import { systemClock, thisHost } from '../../../src/setup/this-host.js';
import { changeNews, eventDocument } from './news.js';

const SUBJECTS = 3;
/** Behind this many, it waits for the kill. */
const MOST = 200;

const [folder = '', hook = '', first = '0', last = String(MOST)] = process.argv.slice(2);
const parsed = parseNotifyConfig({
  targets: {
    each: { type: 'webhook', url_env: 'HOOK', rules: [{ name: 'all', on: 'event' }] },
    digests: {
      ...{ type: 'webhook', url_env: 'DIGEST_HOOK', rules: [{ name: 'all', on: 'event' }] },
      burst: { messages: 2, window: '1s' },
    },
  },
});
if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));

const journal = await Journal.open({ localFolder: folder, host: thisHost, now: systemClock.now });
startNotifier({
  config: parsed.config,
  log: journal,
  folder,
  clock: systemClock,
  environment: { HOOK: `${hook}/each`, DIGEST_HOOK: `${hook}/digests` },
  cwd: folder,
  onFault: (error) => process.stderr.write(`${String(error)}\n`),
});
for (let number = Number(first); number < Number(first) + Number(last); number++) {
  const event = eventDocument({ subject: `deployment/d${number % SUBJECTS}`, message: `number ${number}` });
  const [item] = await journal.append([changeNews(event)]);
  process.stdout.write(`${number} ${item?.id}\n`);
  await sleep(systemClock.random() * 10);
}
// It ends by a kill alone.
setInterval(() => undefined, 60_000);

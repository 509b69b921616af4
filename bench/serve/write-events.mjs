/** Writes COUNT events, spread over SECONDS, through the library: node bench/serve/write-events.mjs REPOSITORY COUNT SECONDS */
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../dist/library.js';

const [repository, count, seconds] = process.argv.slice(2);
const store = await openStore(repository, { user: 'bench' });
const began = performance.now();
for (let n = 0; n < Number(count); n++) {
  await store.pushEvent({
    subject: `cluster/kcm-system/c${n % 2000}`,
    action: 'touched',
    message: `news ${n}`,
  });
  const due = ((n + 1) * Number(seconds) * 1000) / Number(count);
  await sleep(Math.max(due - (performance.now() - began), 0));
}
await store.close();

/**
 * A program that uses the library on one store: `node backend-client.mjs LIBRARY write|read|bulk COUNT NUMBER`. It opens
 * the store of its environment, prints a line, waits for one, and prints the time of each call in ms as JSON.
 */
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';

const [library, mode, count, number] = process.argv.slice(2);
const { openStore } = await import(pathToFileURL(library).href);
const store = await openStore(undefined, { user: 'bench', timeout: 300_000, deployment: 'd' });
const event = (i) => ({
  subject: `cluster/c${(Number(number) * 7 + i) % 100}`,
  action: 'touched',
  message: `event ${i} of writer ${number}, with a message of the usual length`,
  context: { region: 'westeurope', nodes: i },
});
const CALLS = {
  write: (i) => store.pushEvent(event(i)),
  read: () => store.get('deployment.phase'),
  bulk: () => store.pushEvents(Array.from({ length: Number(number) }, (_, i) => event(i))),
};
if (mode !== 'bulk') await CALLS.read();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const times = [];
for (let i = 0; i < Number(count); i++) {
  const began = performance.now();
  const answer = await CALLS[mode](i);
  times.push(performance.now() - began);
  if (mode !== 'read' && answer.delivery !== 'published') throw new Error(JSON.stringify(answer));
}
process.stdout.write(JSON.stringify(times));
await store.close();
process.stdin.destroy();

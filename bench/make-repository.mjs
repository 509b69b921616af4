/**
 * Makes a bare state repository of any size with one fast-import stream: node bench/make-repository.mjs DIR EVENTS [CLUSTERS] [FORM]
 * FORM sealed: all events in sealed months, as after kgit compact, with one commit per month instead of per event.
 * FORM grown: the same, and a tenth more in the weeks after, unsealed, with a commit for each.
 * FORM changed: a deployment instead of the first cluster, whose events change its state like kgit set.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const START = Date.UTC(2025, 0, 1);
const SPAN = 365 * 24 * 3600 * 1000;

function ulid(time, random) {
  let text = '';
  for (let i = 0, rest = time; i < 10; i++, rest = Math.floor(rest / 32)) text = DIGITS[rest % 32] + text;
  return text + String(random).padStart(16, '0');
}

const marker = 'apiVersion: kgit/v1\nkind: StateRepository\nmanagements:\n  default: {}\n';
const state = 'deployment:\n  deployment_id: d\n  phase: create_vms\n';
const eventsFolder = (cluster) => `clusters/default/kcm-system/c${cluster}/events`;

function commit(n, seconds, files) {
  const message = `touched: ${n}\n`;
  let text = `commit refs/heads/main\nmark :${n}\ncommitter kgit <kgit@bench> ${seconds} +0000\ndata ${message.length}\n${message}\n`;
  if (n > 1) text += `from :${n - 1}\n`;
  for (const [path, body] of files) text += `M 100644 inline ${path}\ndata ${body.length}\n${body}\n`;
  return text;
}

function eventOf(n, events) {
  const time = START + Math.floor((n * SPAN) / events);
  const id = ulid(time, n);
  const stamp = new Date(time).toISOString();
  const body = `id: ${id}\ntimestamp: "${stamp}"\naction: touched\nuser: bench\nmessage: event ${n} of the benchmark\n`;
  return { id, body, month: stamp.slice(0, 7), seconds: Math.floor(time / 1000) };
}

function* first() {
  yield commit(1, START / 1000, [
    ['kgit.yaml', marker],
    ['deployments/d/state.yaml', state],
  ]);
}

/** A commit for each event from `from` up to `to`, after `commits` other commits. */
function* single(from, to, events, clusters, commits) {
  for (let n = from; n < to; n++) {
    const { id, body, month, seconds } = eventOf(n, events);
    const path = `${eventsFolder(n % clusters)}/${month}/${id}-touched.yaml`;
    yield commit(commits + 1 + n - from, seconds, [[path, body]]);
  }
}

function* open(events, clusters) {
  yield* first();
  yield* single(0, events, events, clusters, 1);
  yield 'done\n';
}

/** Makes the event that begins the deployment, then those that change its phase from the value before. */
function changeOf(n, events) {
  const { id, body, ...when } = eventOf(n, events);
  const [before, after] = [n === 0 ? 'create_vms' : `phase-${n - 1}`, `phase-${n}`];
  const changes = `changes:\n  - path: deployment.phase\n    before: ${before}\n    after: ${after}\n`;
  return {
    ...when,
    id,
    after,
    body: `${body.replace('action: touched', 'action: state_changed')}${changes}`,
  };
}

function* changed(events, subjects) {
  const id = ulid(START - 1000, 0);
  const stamp = new Date(START - 1000).toISOString();
  const set = (path, after) => `  - path: deployment.${path}\n    after: ${after}\n`;
  const begun = `id: ${id}\ntimestamp: "${stamp}"\naction: deployment_initialized\nuser: bench\nchanges:\n${set('deployment_id', 'd')}${set('phase', 'create_vms')}`;
  yield commit(1, START / 1000, [
    ['kgit.yaml', marker],
    ['deployments/d/state.yaml', state],
    [`deployments/d/events/${stamp.slice(0, 7)}/${id}-deployment_initialized.yaml`, begun],
  ]);
  for (let n = 0; n < events; n++) {
    const subject = n % subjects;
    const { id, body, month, seconds } = eventOf(n, events);
    if (subject > 0) {
      yield commit(n + 2, seconds, [[`${eventsFolder(subject)}/${month}/${id}-touched.yaml`, body]]);
      continue;
    }
    const change = changeOf(n / subjects, events / subjects);
    yield commit(n + 2, seconds, [
      ['deployments/d/state.yaml', state.replace('create_vms', change.after)],
      [`deployments/d/events/${change.month}/${change.id}-state_changed.yaml`, change.body],
    ]);
  }
  yield 'done\n';
}

const asItem = (body) => `  - ${body.trimEnd().replaceAll('\n', '\n    ')}\n`;

/** A commit for each month of sealed events. Returns the number of commits so far. */
function* months(events, clusters) {
  let commits = 1;
  let now = null;
  let files = new Map();
  const close = () => commit(++commits, now.seconds, [...files.entries()]);
  for (let n = 0; n < events; n++) {
    const event = eventOf(n, events);
    if (now !== null && event.month !== now.month) {
      yield close();
      files = new Map();
    }
    now = event;
    const cluster = n % clusters;
    const path = `${eventsFolder(cluster)}/${event.month}.yaml`;
    files.set(path, (files.get(path) ?? `cluster_name: "c${cluster}"\nevents:\n`) + asItem(event.body));
  }
  yield close();
  return commits;
}

function* sealed(events, clusters) {
  yield* first();
  yield* months(events, clusters);
  yield 'done\n';
}

function* grown(events, clusters) {
  yield* first();
  const commits = yield* months(events, clusters);
  yield* single(events, events * 1.1, events, clusters, commits);
  yield 'done\n';
}

const [dir, events, clusters = '1000', form = 'open'] = process.argv.slice(2);
const stream = { open, sealed, grown, changed }[form];
mkdirSync(dir, { recursive: true });
spawnSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', dir], { stdio: 'inherit' });
for (const setting of ['uploadpack.allowFilter', 'uploadpack.allowAnySHA1InWant'])
  spawnSync('git', ['-C', dir, 'config', setting, 'true']);
const child = spawn('git', ['-C', dir, 'fast-import', '--quiet', '--done', '--date-format=raw'], {
  stdio: ['pipe', 'inherit', 'inherit'],
});
for (const chunk of stream(Number(events), Number(clusters)))
  if (!child.stdin.write(chunk)) await once(child.stdin, 'drain');
child.stdin.end();
const [code] = await once(child, 'close');
process.exit(code);

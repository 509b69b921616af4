import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Random } from '../support/campaign/random.js';
import { count, seed } from '../support/campaign/size.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { type Received, says, startReceiver } from '../support/notify/receiver.js';
import { until } from '../support/patience.js';

const KILLS = count('CAMPAIGN_NOTIFY_KILLS', 5, 50);
const NOTE = `CAMPAIGN_SEED=${seed}`;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function notifyProgram(): Promise<string> {
  const outfile = join(ROOT, 'node_modules/.cache/kgit/notify-program.mjs');
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/support/notify/notify-program.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

interface Running {
  readonly child: ChildProcess;
  /** Ids of the news that are durable. */
  told(): readonly string[];
  readonly ended: Promise<void>;
}

function startServer(program: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [program, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, problems] = ['', ''];
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    problems += text;
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === null && problems === '') resolve();
      else reject(new Error(`the server ended with ${code}: ${problems}`));
    });
  });
  // A line that is not whole was not told.
  const told = () =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ')[1] ?? '');
  return { child, told, ended };
}

/** What a receiver got of one message. */
interface Got {
  readonly id: string;
  readonly subject: string;
}

/** The messages in a body, those of a digest each. */
function messagesIn(body: string): Got[] {
  const event: { id: string; subject: string; data: { messages?: Got[] } } = JSON.parse(body);
  return (event.data.messages ?? [event]).map(({ id, subject }) => ({ id, subject }));
}

const numberOf = (id: string) => Number(/-(\d+)\//.exec(id)?.[1]);

/** How often a message came again, and where the order of a subject was broken: repeats may step back, first arrivals not. */
function judge(got: readonly Got[]): { readonly repeated: number; readonly disordered: readonly string[] } {
  const seen = new Set<string>();
  const newest = new Map<string, number>();
  const disordered: string[] = [];
  let repeated = 0;
  for (const { id, subject } of got) {
    if (seen.has(id)) {
      repeated += 1;
      continue;
    }
    seen.add(id);
    const number = numberOf(id);
    if (number < (newest.get(subject) ?? 0)) disordered.push(id);
    newest.set(subject, number);
  }
  return { repeated, disordered };
}

describe('a notifier', () => {
  it(`killed ${KILLS} times while news come in, delivers each at least once, in the order of its subject (${NOTE})`, async () => {
    const program = await notifyProgram();
    const random = new Random(seed);
    const folder = temporaryFolder();
    const refused = new Set<Received>();
    const receiver = await startReceiver((response, received, number) => {
      // Some fail, and some are slow enough to be under way when the server is killed.
      if (random.below(12) === 0) {
        refused.add(received);
        says(503)(response, received, number);
      } else setTimeout(() => says(200)(response, received, number), random.below(15));
    });
    const at = new URL(receiver.url).origin;
    const told: string[] = [];
    let running: Running | null = null;
    onTestFinished(() => void running?.child.kill('SIGKILL'));
    for (let kill = 0; kill < KILLS; kill++) {
      running = startServer(program, folder, at, String(told.length));
      const { child, told: toldNow } = running;
      const enough = 1 + random.below(30);
      await Promise.race([until(() => toldNow().length >= enough), running.ended]);
      await sleep(random.below(20));
      child.kill('SIGKILL');
      await running.ended;
      told.push(...toldNow());
    }
    running = startServer(program, folder, at, String(told.length), '0');
    const arrived = (path: string) =>
      receiver.received
        .filter((one) => one.path === path && !refused.has(one))
        .flatMap(({ body }) => messagesIn(body));
    const missing = (path: string) => {
      const ids = new Set(arrived(path).map(({ id }) => id.split('/')[0]));
      return told.filter((id) => !ids.has(id));
    };
    for (const path of ['/each', '/digests'])
      await until(
        () => missing(path).length === 0,
        () => `${path} lacks ${missing(path).slice(0, 5)}, ${NOTE}`,
      );
    running.child.kill('SIGKILL');
    await running.ended;
    for (const path of ['/each', '/digests']) {
      const got = arrived(path);
      const { repeated, disordered } = judge(got);
      const requests = receiver.received.filter((one) => one.path === path).length;
      process.stdout.write(
        `${path}: ${KILLS} kills, ${told.length} news, ${requests} requests, ${repeated} duplicates\n`,
      );
      expect(disordered, NOTE).toEqual([]);
    }
  }, 3_600_000);
});
